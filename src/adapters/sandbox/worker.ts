/** A warm worker thread: runs one job after another. Started by the executor. */
import { parentPort } from 'node:worker_threads'
import { isBlocklessNamespace } from '../../core/wasm/blockless.ts'
import { WASMER } from '../../ports/sandbox.ts'
import { askThrough } from './host-bridge.ts'
import type { WorkerJob, WorkerReply } from './messages.ts'
import type { WasiProvider } from './provider.ts'
import { type BlocklessOf, type GuestRun, runGuest } from './run-guest.ts'

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

function reply({ outcome, memoryBytes }: GuestRun): void {
  const spent = memoryBytes > MEMORY_KEPT_BYTES_MAX || outcome.type !== 'finished'
  const message: WorkerReply = { outcome, spent }
  parentPort?.postMessage(message)
}

const importsBlockless = (compiled: WebAssembly.Module) =>
  WebAssembly.Module.imports(compiled).some(({ module }) => isBlocklessNamespace(module))

/** Most modules reach for nothing outside, and their workers load nothing for it. */
async function loadBlockless({ run, bridge }: WorkerJob): Promise<BlocklessOf> {
  const { createBlockless } = await import('./blockless/imports.ts')
  return (world) => createBlockless(world, run, bridge && askThrough(bridge))
}

async function runWithParts(job: WorkerJob): Promise<void> {
  const { compiled, run, bridge } = job
  if (run.runtime === WASMER) wasmer ??= loadWasmer()
  const provider = run.runtime === WASMER ? await wasmer : undefined
  const blockless = importsBlockless(compiled) ? await loadBlockless(job) : undefined
  const ran = runGuest(compiled, run, provider, blockless)
  bridge?.port.close()
  reply(ran)
}

parentPort?.on('message', (job: WorkerJob) => {
  const { compiled, run } = job
  if (run.runtime !== WASMER && job.bridge === undefined && !importsBlockless(compiled)) {
    reply(runGuest(compiled, run))
    return
  }
  // A rejection ends the worker, as any other error of its own.
  void runWithParts(job)
})
