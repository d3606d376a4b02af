/** A warm worker thread: runs one job after another. Started by the executor. */
import { parentPort } from 'node:worker_threads'
import { WASMER } from '../../ports/sandbox.ts'
import type { WorkerJob, WorkerReply } from './messages.ts'
import type { WasiProvider } from './provider.ts'
import { type GuestRun, runGuest } from './run-guest.ts'

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

parentPort?.on('message', ({ compiled, run }: WorkerJob) => {
  if (run.runtime !== WASMER) {
    reply(runGuest(compiled, run))
    return
  }
  wasmer ??= loadWasmer()
  // A rejection ends the worker, as any other error of its own.
  void wasmer.then((provider) => reply(runGuest(compiled, run, provider)))
})
