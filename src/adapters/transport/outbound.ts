import type { Stream } from '@libp2p/interface'
import { type Protocol, TransportError, type TransportFailure } from '../../ports/transport.ts'
import type { PeerId } from '../../protocol/types.ts'
import { FramedStream } from './framed-stream.ts'
import { decodeMessage, encodeFrame, frameLengthMax } from './frames.ts'
import { Slots } from './slots.ts'

const NOTHING = new Uint8Array(0)
/** Calls whose silence was taken for an answer: one that comes later is no misbehaviour, once each. */
const HUSHED_MAX = 1_024

/** A frame that waits to be written is looked at again. */
const HUSH_MS_MIN = 20

interface Pending {
  readonly sentAtMs: number
  readonly settle: (result: Uint8Array | TransportError) => void
}

/**
 * The calling end of one (peer, protocol): one stream, answers matched by id, never more in flight than the peer
 * allows. A call that timed out keeps its place until its answer comes; a peer that leaves one unanswered for twice
 * the deadline has lost the stream.
 */
export class OutboundChannel {
  readonly #peer: PeerId
  readonly #protocol: Protocol
  readonly #framed: FramedStream
  readonly #slots: Slots
  /** In the order they were sent. */
  readonly #pending = new Map<number, Pending>()
  readonly #hushed = new Set<number>()
  #hushTimer: NodeJS.Timeout | undefined
  readonly #cut: (reason: string) => void
  readonly #onEnd: () => void
  #nextId = 1
  #failure: TransportError | undefined

  constructor(
    stream: Stream,
    options: {
      readonly peer: PeerId
      readonly protocol: Protocol
      readonly cut: (reason: string) => void
      readonly onEnd: () => void
    },
  ) {
    this.#peer = options.peer
    this.#protocol = options.protocol
    this.#cut = options.cut
    this.#onEnd = options.onEnd
    this.#slots = new Slots(options.protocol.inFlightMax)
    this.#framed = new FramedStream(stream, frameLengthMax(options.protocol.frameBytesMax), {
      onFrame: (frame) => this.#receive(frame),
      onMalformed: (detail) => this.#violate(detail),
      onEnd: () => {
        this.#fail('closed', 'the peer closed the stream')
        // Half a stream would keep its connection from ever being idle.
        void this.#framed.close()
      },
    })
  }

  get alive(): boolean {
    return this.#failure === undefined
  }

  /** Rejects with a `TransportError`, or with the signal's reason. */
  async call(payload: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    await this.#slots.take(signal)
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined || signal.aborted) {
        this.#slots.release()
        reject(this.#failure ?? signal.reason)
        return
      }
      const id = this.#nextId++
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      const settle = (result: Uint8Array | TransportError) => {
        signal.removeEventListener('abort', onAbort)
        this.#slots.release()
        if (result instanceof TransportError) reject(result)
        else resolve(result)
      }
      this.#pending.set(id, { sentAtMs: performance.now(), settle })
      this.#listen()
      this.#framed.send(encodeFrame({ kind: 'request', id, payload })).catch((error: unknown) => {
        this.#fail('closed', error instanceof Error ? error.message : 'write failed')
      })
    })
  }

  /** Closes an idle stream, gives up a dead one. */
  sweep(nowMs: number, idleMs: number): void {
    const [oldest] = this.#pending.values()
    const { timeoutMs } = this.#protocol
    if (oldest !== undefined && nowMs - oldest.sentAtMs > 2 * timeoutMs) {
      this.abort('closed', 'a call stayed unanswered for twice its deadline')
    } else if (this.#framed.stalledMs(nowMs) > timeoutMs) {
      this.abort('closed', 'the peer stalled')
    } else if (oldest === undefined && nowMs - this.#framed.activeAtMs > idleMs) {
      this.#fail('closed', 'idle')
      void this.#framed.close()
    }
  }

  abort(reason: TransportFailure, detail: string): void {
    this.#fail(reason, detail)
    this.#framed.abort(detail)
  }

  #receive(frame: Uint8Array): void {
    let message: ReturnType<typeof decodeMessage>
    try {
      message = decodeMessage(frame)
    } catch (error) {
      this.#violate(error instanceof Error ? error.message : 'malformed')
      return
    }
    if (message.kind === 'request') {
      this.#violate('a request on the answering side')
      return
    }
    if (message.kind === 'refused') {
      this.#fail('refused', message.text)
      void this.#framed.close()
      return
    }
    const call = this.#pending.get(message.id)
    if (call === undefined) {
      if (this.#hushed.delete(message.id)) return
      this.#violate('an answer nobody asked for')
      return
    }
    this.#pending.delete(message.id)
    if (!('payload' in message)) {
      call.settle(new TransportError(message.kind, this.#peer, message.text))
    } else if (message.payload.length > this.#protocol.frameBytesMax) {
      call.settle(
        new TransportError('frame-too-large', this.#peer, `answer of ${message.payload.length} bytes`),
      )
      this.#violate('an answer above the bound')
    } else {
      call.settle(message.payload)
    }
  }

  /** Sets the one timer for whoever was sent first. */
  #listen(): void {
    const { silenceMs } = this.#protocol
    const [oldest] = this.#pending.values()
    if (silenceMs === undefined || oldest === undefined || this.#hushTimer !== undefined) return
    const waitMs = Math.max(HUSH_MS_MIN, oldest.sentAtMs + silenceMs - performance.now())
    this.#hushTimer = setTimeout(() => this.#hush(silenceMs), waitMs).unref()
  }

  /** Those that have heard nothing for so long were given an empty answer. */
  #hush(silenceMs: number): void {
    this.#hushTimer = undefined
    const before = performance.now() - silenceMs
    for (const [id, call] of this.#pending) {
      if (call.sentAtMs > before) break
      // What has not left yet was not heard by anybody.
      if (this.#framed.stalledMs(performance.now()) > 0) break
      this.#pending.delete(id)
      const [first] = this.#hushed
      if (this.#hushed.size >= HUSHED_MAX && first !== undefined) this.#hushed.delete(first)
      this.#hushed.add(id)
      call.settle(NOTHING)
    }
    this.#listen()
  }

  #violate(detail: string): void {
    this.#fail('closed', `cut: ${detail}`)
    this.#cut(detail)
  }

  #fail(reason: TransportFailure, detail: string): void {
    if (this.#failure !== undefined) return
    this.#failure = new TransportError(reason, this.#peer, detail)
    clearTimeout(this.#hushTimer)
    this.#onEnd()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const call of pending) call.settle(this.#failure)
  }
}
