/**
 * A warm worker thread that prepares modules. That takes time in proportion to a module's size, and a module may be made to
 * take the most: the executor's own thread has timers to keep.
 */
import { parentPort } from 'node:worker_threads'
import type { PrepareRequest } from './messages.ts'
import { prepare } from './preparation.ts'

parentPort?.on('message', (request: PrepareRequest) => {
  const reply = prepare(request)
  parentPort?.postMessage(reply, reply.type === 'prepared' ? [reply.bytes.buffer] : [])
})
