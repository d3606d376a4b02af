/** What no stream has written to yet: a world costs no memory before it is used. */
const EMPTY = new Uint8Array()
const CAPACITY_BYTES_MIN = 256

/** Standard input: the request's input, once. */
export class InputStream {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  read(target: Uint8Array): number {
    const count = Math.min(target.length, this.left)
    target.set(this.#bytes.subarray(this.#at, this.#at + count))
    this.#at += count
    return count
  }
}

/** Keeps what the guest writes, up to a bound; what happens beyond it is `onFull`'s decision. */
export class OutputStream {
  readonly #bytesMax: number
  readonly #onFull: () => void
  #buffer = EMPTY
  #length = 0

  constructor(bytesMax: number, onFull: () => void) {
    this.#bytesMax = bytesMax
    this.#onFull = onFull
  }

  /** Always takes all: bytes beyond the bound are dropped unless `onFull` throws. */
  write(bytes: Uint8Array): number {
    const kept = Math.min(bytes.length, this.#bytesMax - this.#length)
    if (kept < bytes.length) this.#onFull()
    this.#reserve(kept)
    this.#buffer.set(bytes.subarray(0, kept), this.#length)
    this.#length += kept
    return bytes.length
  }

  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = new Uint8Array(
      Math.min(this.#bytesMax, Math.max(this.#buffer.length * 2, this.#length + count, CAPACITY_BYTES_MIN)),
    )
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }
}
