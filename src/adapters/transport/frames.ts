/**
 * The wire: each frame is a 4-byte big-endian length and that many bytes of deterministic CBOR, the array
 * `[kind, id, body]`. Ids are the caller's; an answer repeats its question's.
 *
 * Reading never allocates more than a small multiple of what arrived, never recurses, and stops at the bound before
 * the bytes come.
 * @module
 */
import { encode, Tokenizer, Type } from 'cborg'
import { InvalidInputError } from '../../protocol/errors.ts'

const LENGTH_BYTES = 4
/** Array header, kind, id and the body's header. */
export const ENVELOPE_BYTES_MAX = 32
/** Room for a failure's text even in a protocol of tiny frames: 200 characters of at most 4 bytes. */
const FAILURE_BYTES_MAX = 800
/** What a peer says about a failure is cut to this. */
export const FAILURE_TEXT_MAX = 200
/** A partial frame's first allocation; it grows only as bytes arrive. */
const BUFFER_BYTES_MIN = 4_096

const KINDS = ['request', 'answer', 'remote-error', 'frame-too-large', 'refused'] as const
export type FailureKind = 'remote-error' | 'frame-too-large' | 'refused'

export type Message =
  | { readonly kind: 'request' | 'answer'; readonly id: number; readonly payload: Uint8Array }
  | { readonly kind: FailureKind; readonly id: number; readonly text: string }

/** The longest frame of a protocol whose payloads are at most `payloadBytesMax`. */
export function frameLengthMax(payloadBytesMax: number): number {
  return Math.max(payloadBytesMax, FAILURE_BYTES_MAX) + ENVELOPE_BYTES_MAX
}

/** What a peer may read of a failure, and what we keep of a peer's: short, on one line. */
export function failureText(text: string): string {
  // Control characters would let a peer forge lines in the reader's log.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose.
  return text.slice(0, FAILURE_TEXT_MAX).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

/** A message with its length in front, ready to send. */
export function encodeFrame(message: Message): Uint8Array {
  const body = 'payload' in message ? message.payload : failureText(message.text)
  const bytes = encode([KINDS.indexOf(message.kind), message.id, body])
  const frame = new Uint8Array(LENGTH_BYTES + bytes.length)
  new DataView(frame.buffer).setUint32(0, bytes.length)
  frame.set(bytes, LENGTH_BYTES)
  return frame
}

/** Strict: exactly one array of three of the right types and nothing after it. Throws `InvalidInputError`. */
export function decodeMessage(bytes: Uint8Array): Message {
  try {
    const tokens = new Tokenizer(bytes, { strict: true, allowIndefinite: false })
    const array = tokens.next()
    if (!Type.equals(array.type, Type.array) || array.value !== 3) throw new Error('not an array of three')
    const kindToken = tokens.next()
    const idToken = tokens.next()
    const bodyToken = tokens.next()
    if (!tokens.done()) throw new Error('bytes after the message')
    const kind = Type.equals(kindToken.type, Type.uint) ? KINDS[Number(kindToken.value)] : undefined
    const id: unknown = idToken.value
    if (kind === undefined) throw new Error('unknown kind')
    if (!Type.equals(idToken.type, Type.uint) || !Number.isSafeInteger(id)) throw new Error('bad id')
    if (kind === 'request' || kind === 'answer') {
      if (!Type.equals(bodyToken.type, Type.bytes)) throw new Error('payload is not bytes')
      return { kind, id: id as number, payload: bodyToken.value as Uint8Array }
    }
    if (!Type.equals(bodyToken.type, Type.string)) throw new Error('text is not a string')
    return { kind, id: id as number, text: failureText(bodyToken.value as string) }
  } catch (cause) {
    throw new InvalidInputError('frame', cause instanceof Error ? cause.message.slice(0, 100) : 'malformed', {
      cause,
    })
  }
}

/** Cuts a byte stream into frames. After a throw the stream is beyond repair. */
export class FrameReader {
  readonly #lengthMax: number
  readonly #header = new Uint8Array(LENGTH_BYTES)
  #headerHave = 0
  #body: Uint8Array | undefined
  #bodyHave = 0
  #length = 0

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /** True while a frame has begun and not ended. */
  get partial(): boolean {
    return this.#headerHave > 0
  }

  /** The frames that end in this chunk, without their lengths. Throws `InvalidInputError` at the bound. */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#body === undefined) {
        this.#header[this.#headerHave++] = chunk[at++] as number
        if (this.#headerHave === LENGTH_BYTES) this.#begin()
        continue
      }
      const take = Math.min(chunk.length - at, this.#length - this.#bodyHave)
      this.#append(chunk.subarray(at, at + take))
      at += take
      if (this.#bodyHave === this.#length) frames.push(this.#end())
    }
    return frames
  }

  #begin(): void {
    this.#length = new DataView(this.#header.buffer).getUint32(0)
    if (this.#length === 0 || this.#length > this.#lengthMax) {
      throw new InvalidInputError('frame', `length ${this.#length} is not in 1..${this.#lengthMax}`)
    }
    this.#body = new Uint8Array(Math.min(this.#length, BUFFER_BYTES_MIN))
    this.#bodyHave = 0
  }

  #append(bytes: Uint8Array): void {
    let body = this.#body as Uint8Array
    const need = this.#bodyHave + bytes.length
    if (need > body.length) {
      const grown = new Uint8Array(Math.min(this.#length, Math.max(need, body.length * 2)))
      grown.set(body.subarray(0, this.#bodyHave))
      this.#body = body = grown
    }
    body.set(bytes, this.#bodyHave)
    this.#bodyHave = need
  }

  #end(): Uint8Array {
    const frame = this.#body as Uint8Array
    this.#body = undefined
    this.#headerHave = 0
    return frame
  }
}
