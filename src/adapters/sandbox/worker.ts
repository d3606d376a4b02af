/** A warm worker thread: runs one job after another. Started by the executor. */
import { parentPort } from 'node:worker_threads'
import { isBlocklessNamespace } from '../../core/wasm/blockless.ts'
import { askThrough } from './host-bridge.ts'
import type { WorkerJob, WorkerReply } from './messages.ts'
import { type BlocklessOf, runGuest } from './run-guest.ts'

/** A worker whose guest used more memory than this is replaced, rather than waiting for its garbage collector. */
const MEMORY_KEPT_BYTES_MAX = 16 * 1024 * 1024

// Failed WASI calls are exceptions; collecting their stacks would cost more than the calls.
Error.stackTraceLimit = 0

/** Most modules reach for nothing outside, and their workers load nothing for it. */
async function blocklessFor({ compiled, run, bridge }: WorkerJob): Promise<BlocklessOf | undefined> {
  if (!WebAssembly.Module.imports(compiled).some(({ module }) => isBlocklessNamespace(module)))
    return undefined
  const { createBlockless } = await import('./blockless/imports.ts')
  return (world) => createBlockless(world, run, bridge && askThrough(bridge))
}

parentPort?.on('message', async (job: WorkerJob) => {
  const { compiled, run, bridge } = job
  const { outcome, memoryBytes } = runGuest(compiled, run, await blocklessFor(job))
  const spent = memoryBytes > MEMORY_KEPT_BYTES_MAX || outcome.type !== 'finished'
  const reply: WorkerReply = { outcome, spent }
  bridge?.port.close()
  parentPort?.postMessage(reply)
})
