/** A warm worker thread: runs one job after another. Started by the executor. */
import { parentPort } from 'node:worker_threads'
import type { WorkerJob, WorkerReply } from './messages.ts'
import { runGuest } from './run-guest.ts'

/** A worker whose guest used more memory than this is replaced, rather than waiting for its garbage collector. */
const MEMORY_KEPT_BYTES_MAX = 16 * 1024 * 1024

// Failed WASI calls are exceptions; collecting their stacks would cost more than the calls.
Error.stackTraceLimit = 0

parentPort?.on('message', ({ compiled, run }: WorkerJob) => {
  const { outcome, memoryBytes } = runGuest(compiled, run)
  const spent = memoryBytes > MEMORY_KEPT_BYTES_MAX || outcome.type !== 'finished'
  const reply: WorkerReply = { outcome, spent }
  parentPort?.postMessage(reply)
})
