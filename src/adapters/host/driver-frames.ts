/**
 * The protocol between a node and a driver process, over the driver's standard input and output (docs/extensions.md).
 *
 *   frame   = length u32 · kind u8 · id u32 · body          numbers big-endian; length counts all after itself
 *   hello   = kind 0, id 0, body "dikast-driver/1"          from the node first; the driver answers with the same
 *   open    = kind 1, body = url length u32 · url · options
 *   read    = kind 2, body = stream u32 · at most u32
 *   write   = kind 3, body = stream u32 · bytes
 *   close   = kind 4, body = stream u32
 *   ok      = kind 128, the id it answers, body: of open the stream u32, of read bytes, of write a count u32, else nothing
 *   error   = kind 129, the id it answers, body: a short text for the operator
 * @module
 */
export const HELLO = 'dikast-driver/1'
export const FRAME = { hello: 0, open: 1, read: 2, write: 3, close: 4, ok: 128, error: 129 } as const

/** A read of 64 KiB and its header. */
export const FRAME_BYTES_MAX = 65_536 + 64
const LENGTH_BYTES = 4
const HEADER_BYTES = 5

export interface Frame {
  readonly kind: number
  readonly id: number
  readonly body: Uint8Array
}

export function encodeFrame(
  kind: number,
  id: number,
  ...parts: readonly (Uint8Array | number)[]
): Uint8Array {
  const bytes = parts.map((part) => (typeof part === 'number' ? u32(part) : part))
  const length = HEADER_BYTES + bytes.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([u32(length), Uint8Array.of(kind), u32(id), ...bytes])
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Cuts what a driver writes into frames; undefined as the answer of `push` when it is none of this protocol. */
export class DriverFrames {
  #rest: Buffer = Buffer.alloc(0)

  push(bytes: Uint8Array): readonly Frame[] | undefined {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const frames: Frame[] = []
    while (this.#rest.length >= LENGTH_BYTES) {
      const length = this.#rest.readUInt32BE(0)
      if (length < HEADER_BYTES || length > FRAME_BYTES_MAX) return undefined
      if (this.#rest.length < LENGTH_BYTES + length) break
      const frame = this.#rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
      frames.push({
        kind: frame.readUInt8(0),
        id: frame.readUInt32BE(1),
        body: Uint8Array.from(frame.subarray(5)),
      })
      this.#rest = this.#rest.subarray(LENGTH_BYTES + length)
    }
    return frames
  }
}
