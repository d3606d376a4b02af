import type { Stream } from '@libp2p/interface'
import type { Log } from '../../ports/log.ts'
import type { Handler, Protocol } from '../../ports/transport.ts'
import type { PeerId } from '../../protocol/types.ts'
import { FramedStream } from './framed-stream.ts'
import { decodeMessage, encodeFrame, frameLengthMax, type Message } from './frames.ts'

/** How many calls of each peer run, for one protocol. A stream that closes does not free what it started. */
export class InFlight {
  readonly #counts = new Map<PeerId, number>()

  /** False when the peer already has `max` running. */
  enter(peer: PeerId, max: number): boolean {
    const count = this.#counts.get(peer) ?? 0
    if (count >= max) return false
    this.#counts.set(peer, count + 1)
    return true
  }

  leave(peer: PeerId): void {
    const count = (this.#counts.get(peer) ?? 1) - 1
    if (count === 0) this.#counts.delete(peer)
    else this.#counts.set(peer, count)
  }
}

export interface Served {
  readonly protocol: Protocol
  readonly handler: Handler
  readonly inFlight: InFlight
}

/** The answering end of one stream. The peer may be hostile: every way to misbehave ends in `cut` or a refusal. */
export class InboundStream {
  readonly #peer: PeerId
  readonly #served: Served
  readonly #permitted: () => boolean
  readonly #cut: (reason: string) => void
  readonly #onRefused: () => void
  readonly #log: Log
  readonly #framed: FramedStream
  #running = 0
  #refused = false
  #framesAfterRefusal = 0

  constructor(
    stream: Stream,
    options: {
      readonly peer: PeerId
      readonly served: Served
      /** Asked when the stream opens and at each call. */
      readonly permitted: () => boolean
      readonly cut: (reason: string) => void
      /** At most once. */
      readonly onRefused: () => void
      readonly onEnd: () => void
      readonly log: Log
    },
  ) {
    this.#peer = options.peer
    this.#served = options.served
    this.#permitted = options.permitted
    this.#cut = options.cut
    this.#onRefused = options.onRefused
    this.#log = options.log
    this.#framed = new FramedStream(stream, frameLengthMax(options.served.protocol.frameBytesMax), {
      onFrame: (frame) => this.#receive(frame),
      onMalformed: (detail) => options.cut(detail),
      onEnd: () => {
        options.onEnd()
        void this.#framed.close()
      },
    })
    if (!options.permitted()) this.#refuse()
  }

  /** Closes an idle stream; cuts a peer that leaves a frame unfinished or an answer unread. */
  sweep(nowMs: number, idleMs: number): void {
    if (this.#framed.stalledMs(nowMs) > this.#served.protocol.timeoutMs) this.#cut('the peer stalled')
    else if (this.#running === 0 && nowMs - this.#framed.activeAtMs > idleMs) this.#framed.abort('idle')
  }

  abort(reason: string): void {
    this.#framed.abort(reason)
  }

  #receive(frame: Uint8Array): void {
    if (this.#refused) {
      this.#ignore()
      return
    }
    let message: Message
    try {
      message = decodeMessage(frame)
    } catch (error) {
      this.#cut(error instanceof Error ? error.message : 'malformed')
      return
    }
    const { protocol } = this.#served
    if (message.kind !== 'request') this.#cut('an answer on the asking side')
    else if (message.payload.length > protocol.frameBytesMax) this.#cut('a payload above the bound')
    else if (!this.#permitted()) this.#refuse()
    else if (!this.#served.inFlight.enter(this.#peer, protocol.inFlightMax))
      this.#cut('too many calls in flight')
    else void this.#answer(message.id, message.payload)
  }

  async #answer(id: number, payload: Uint8Array): Promise<void> {
    const { protocol, handler, inFlight } = this.#served
    this.#running++
    try {
      const message = await run(handler, this.#peer, id, payload, protocol)
      if (!isSilence(protocol, message)) await this.#framed.send(encodeFrame(message))
    } catch (error) {
      // The peer went away before its answer: its call fails there, nothing is lost here.
      this.#log.debug('answer-unsent', { peer: this.#peer, protocol: protocol.id, detail: String(error) })
    } finally {
      this.#running--
      inFlight.leave(this.#peer)
    }
  }

  /** What an honest peer had on its way when it was refused: as many calls as it may have in flight. */
  #ignore(): void {
    if (++this.#framesAfterRefusal > this.#served.protocol.inFlightMax) this.#cut('calls after a refusal')
  }

  #refuse(): void {
    this.#refused = true
    this.#onRefused()
    const text = 'peer is not registered'
    this.#framed.send(encodeFrame({ kind: 'refused', id: 0, text })).catch(() => {})
    void this.#framed.close()
  }
}

function isSilence({ silenceMs }: Protocol, message: Message): boolean {
  return silenceMs !== undefined && message.kind === 'answer' && message.payload.length === 0
}

/** Runs the handler and puts whatever comes of it into a message. Never rejects. */
async function run(
  handler: Handler,
  peer: PeerId,
  id: number,
  payload: Uint8Array,
  protocol: Protocol,
): Promise<Message> {
  try {
    const answer = await handler(peer, payload)
    if (answer.length <= protocol.frameBytesMax) return { kind: 'answer', id, payload: answer }
    return { kind: 'frame-too-large', id, text: `answer of ${answer.length} bytes` }
  } catch (error) {
    return { kind: 'remote-error', id, text: error instanceof Error ? error.message : 'failed' }
  }
}
