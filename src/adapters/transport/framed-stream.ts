import type { Stream } from '@libp2p/interface'
import { FrameReader } from './frames.ts'

export interface FrameEvents {
  /** One frame, in order. Must not throw. */
  readonly onFrame: (frame: Uint8Array) => void
  /** The peer broke the framing; the stream is useless from here on. */
  readonly onMalformed: (detail: string) => void
  /** Once, when the peer will send no more. */
  readonly onEnd: () => void
}

/**
 * Frames over one libp2p stream. Writes go out in order and wait for the peer to read: at most one frame stands in
 * the stream's own buffer. Nothing here throws into the stream's event dispatch, where it would end the process.
 */
export class FramedStream {
  readonly #stream: Stream
  readonly #events: FrameEvents
  readonly #reader: FrameReader
  #tail: Promise<void> = Promise.resolve()
  #ended = false
  /** Monotonic milliseconds of the last byte either way. */
  activeAtMs = performance.now()
  #partialSinceMs: number | undefined
  #writingSinceMs: number | undefined

  constructor(stream: Stream, lengthMax: number, events: FrameEvents) {
    this.#stream = stream
    this.#events = events
    this.#reader = new FrameReader(lengthMax)
    stream.addEventListener('close', () => this.#end())
    stream.addEventListener('remoteCloseWrite', () => this.#end())
    stream.addEventListener('message', (event) => {
      const { data } = event
      for (const chunk of data instanceof Uint8Array ? [data] : data) this.#read(chunk)
    })
    // Events that fired during protocol negotiation are not repeated; buffered bytes are, in an earlier microtask.
    queueMicrotask(() => {
      if (stream.status !== 'open' || stream.remoteWriteStatus !== 'writable') this.#end()
    })
  }

  get ended(): boolean {
    return this.#ended
  }

  /** How long the peer has left a frame unfinished, or a write unread. */
  stalledMs(nowMs: number): number {
    return nowMs - Math.min(this.#partialSinceMs ?? nowMs, this.#writingSinceMs ?? nowMs)
  }

  /** Resolves when the frame has left for the peer. */
  send(frame: Uint8Array): Promise<void> {
    const sent = this.#tail.then(() => this.#write(frame))
    this.#tail = sent.catch(() => {})
    return sent
  }

  /** Says no more after what is queued. */
  async close(): Promise<void> {
    try {
      await this.#tail
      await this.#stream.close({ signal: AbortSignal.timeout(1_000) })
    } catch {
      this.abort('close timed out')
    }
  }

  abort(reason: string): void {
    this.#stream.abort(new Error(reason))
    this.#end()
  }

  #read(chunk: Uint8Array): void {
    if (this.#ended) return
    this.activeAtMs = performance.now()
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (!this.#ended) this.#events.onFrame(frame)
      }
    } catch (error) {
      this.#ended = true
      this.#events.onMalformed(error instanceof Error ? error.message : 'malformed')
      return
    }
    this.#partialSinceMs = this.#reader.partial ? (this.#partialSinceMs ?? this.activeAtMs) : undefined
  }

  async #write(frame: Uint8Array): Promise<void> {
    if (this.#ended) throw new Error('stream ended')
    this.activeAtMs = this.#writingSinceMs = performance.now()
    try {
      this.#stream.send(frame)
      while (this.#stream.writableNeedsDrain) await this.#drained()
    } finally {
      this.#writingSinceMs = undefined
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#stream.removeEventListener('drain', onDrain)
        this.#stream.removeEventListener('close', onClose)
      }
      const onDrain = () => {
        stop()
        resolve()
      }
      const onClose = () => {
        stop()
        reject(new Error('stream closed'))
      }
      this.#stream.addEventListener('drain', onDrain)
      this.#stream.addEventListener('close', onClose)
      if (this.#stream.status !== 'open') onClose()
    })
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#events.onEnd()
  }
}
