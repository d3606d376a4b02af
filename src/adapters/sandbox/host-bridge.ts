/**
 * The way of a guest's call to the outside: worker thread → executor → daemon, where a `HostSession` answers, and back.
 *
 * The worker waits on shared memory until its answer lies in its port: a guest's call is synchronous. Its thread can be ended
 * while it waits, so the wall clock holds; nothing but that thread waits. The executor only passes messages on, and knows a
 * job by its number, so jobs side by side do not see each other's answers.
 *
 * A session that throws ends the run as a failure of this node; the guest is never told, because it would differ from
 * node to node.
 * @module
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { HOST_ANSWER_BYTES_MAX, type HostCall } from '../../core/host-call.ts'
import type { HostSession } from '../../ports/host.ts'
import type { AskHost } from './blockless/outside.ts'

const DETAIL_LENGTH_MAX = 200

/** From the executor to the daemon. `id` is the job's. */
export interface HostCallMessage {
  readonly type: 'hostCall'
  readonly id: number
  readonly call: HostCall
}

/** From the daemon to the executor. */
export type HostAnswerMessage =
  | { readonly type: 'hostAnswer'; readonly id: number; readonly answer: Uint8Array }
  | { readonly type: 'hostAnswer'; readonly id: number; readonly failure: string }

/** The worker's end of the bridge. */
export interface WorkerBridge {
  readonly port: MessagePort
  /** One i32: answers so far. */
  readonly answers: SharedArrayBuffer
}

/** In the worker: a call that returns when the answer is there. */
export function askThrough({ port, answers }: WorkerBridge): AskHost {
  const counter = new Int32Array(answers)
  return ({ capability, operation, payload }) => {
    const before = Atomics.load(counter, 0)
    port.postMessage({ capability, operation, payload } satisfies HostCall)
    Atomics.wait(counter, 0, before)
    const received = receiveMessageOnPort(port)
    // The executor counts up only after it has posted.
    if (received === undefined) throw new Error('host bridge: woken without an answer')
    return received.message as Uint8Array
  }
}

interface Crossing {
  readonly worker: WorkerBridge
  close(): void
}

interface Open {
  readonly port: MessagePort
  readonly counter: Int32Array
  readonly onFailure: (detail: string) => void
}

/** In the executor: the bridges of the jobs that run. */
export class ExecutorBridges {
  readonly #send: (message: HostCallMessage) => void
  readonly #open = new Map<number, Open>()

  constructor(send: (message: HostCallMessage) => void) {
    this.#send = send
  }

  /** `onFailure` is called when the session failed: the guest will get no answer. */
  open(id: number, onFailure: (detail: string) => void): Crossing {
    const { port1: port, port2 } = new MessageChannel()
    const answers = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    this.#open.set(id, { port, counter: new Int32Array(answers), onFailure })
    port.on('message', (call: HostCall) => this.#send({ type: 'hostCall', id, call }))
    return {
      worker: { port: port2, answers },
      close: () => {
        this.#open.delete(id)
        port.close()
      },
    }
  }

  /** An answer for a job that has ended meanwhile is dropped. */
  deliver(message: HostAnswerMessage): void {
    const open = this.#open.get(message.id)
    if (open === undefined) return
    if ('failure' in message) {
      open.onFailure(message.failure)
      return
    }
    open.port.postMessage(message.answer)
    Atomics.add(open.counter, 0, 1)
    Atomics.notify(open.counter, 0)
  }
}

/** In the daemon: has the session answer. */
export async function answerHostCall(
  session: HostSession | undefined,
  { id, call }: HostCallMessage,
): Promise<HostAnswerMessage> {
  try {
    if (session === undefined) throw new Error('the job has no host session')
    const answer = await session.call({ ...call, payload: Uint8Array.from(call.payload) })
    if (answer.length > HOST_ANSWER_BYTES_MAX)
      throw new Error(`the answer is ${answer.length} bytes long, at most ${HOST_ANSWER_BYTES_MAX} are taken`)
    return { type: 'hostAnswer', id, answer }
  } catch (error) {
    return { type: 'hostAnswer', id, failure: String(error).slice(0, DETAIL_LENGTH_MAX) }
  }
}
