/** A warm worker thread: runs one job after another. Started by the executor. */
import { parentPort } from 'node:worker_threads'
import { isBlocklessNamespace } from '../../core/wasm/blockless.ts'
import { WASMER } from '../../ports/sandbox.ts'
import { Claims } from './batches.ts'
import { askThrough } from './host-bridge.ts'
import type { CompiledModule, Outcome, RunMessage, WorkerJob, WorkerReply } from './messages.ts'
import { packedOutcomes } from './packing.ts'
import type { WasiProvider } from './provider.ts'
import { type BlocklessOf, runGuest } from './run-guest.ts'

/** A worker whose guest used more memory than this is replaced, rather than waiting for its garbage collector. */
const MEMORY_KEPT_BYTES_MAX = 16 * 1024 * 1024

// Failed WASI calls are exceptions; collecting their stacks would cost more than the calls.
Error.stackTraceLimit = 0

let wasmer: Promise<WasiProvider> | undefined

/** Loaded by the first job that needs it. */
async function loadWasmer(): Promise<WasiProvider> {
  const { createWasmerProvider } = await import('./wasmer/provider.ts')
  const { loadLibrary } = await import('./wasmer/library.ts')
  return createWasmerProvider(await loadLibrary())
}

const importsBlockless = ({ module }: CompiledModule) =>
  WebAssembly.Module.imports(module).some(({ module }) => isBlocklessNamespace(module))

/** What a guest needs beside the deterministic WASI. */
type Parts = (run: RunMessage) => readonly [WasiProvider | undefined, BlocklessOf | undefined]

/** Most modules reach for nothing outside, and their workers load nothing for it. */
async function loadParts({ compiled, runs, bridge }: WorkerJob): Promise<Parts> {
  if (runs[0]?.runtime === WASMER) wasmer ??= loadWasmer()
  const provider = await wasmer
  const create = importsBlockless(compiled)
    ? (await import('./blockless/imports.ts')).createBlockless
    : undefined
  return (run) => [
    run.runtime === WASMER ? provider : undefined,
    create && ((world) => create(world, run, bridge && askThrough(bridge))),
  ]
}

const NO_PARTS: Parts = () => [undefined, undefined]

function perform({ compiled, runs, claims, bridge }: WorkerJob, parts: Parts): void {
  const startedMs = performance.now()
  const claimed = claims && new Claims(claims)
  const outcomes: Outcome[] = []
  let spent = false
  for (const [i, run] of runs.entries()) {
    if (spent || claimed?.begin(i) === false) break
    const { outcome, memoryBytes } = runGuest(compiled, run, ...parts(run))
    outcomes.push(outcome)
    spent = memoryBytes > MEMORY_KEPT_BYTES_MAX || outcome.type !== 'finished'
  }
  bridge?.port.close()
  const reply: WorkerReply = { outcomes: packedOutcomes(outcomes), spent, ms: performance.now() - startedMs }
  parentPort?.postMessage(reply)
}

parentPort?.on('message', (job: WorkerJob) => {
  if (job.runs[0]?.runtime !== WASMER && !importsBlockless(job.compiled)) perform(job, NO_PARTS)
  // A rejection ends the worker, as any other error of its own.
  else void loadParts(job).then((parts) => perform(job, parts))
})
