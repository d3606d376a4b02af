const COPY_LOOP_BYTES_MAX = 64

/** Writes the WebAssembly binary format into a buffer that grows. */
export class Writer {
  #buffer: Uint8Array
  #length = 0

  constructor(capacity: number) {
    this.#buffer = new Uint8Array(capacity)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length)
    this.#buffer.set(values, this.#length)
    this.#length += values.length
  }

  /** `source` from `start` to `end`; most ranges are a few bytes, for which a view costs more than a loop. */
  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    if (end - start > COPY_LOOP_BYTES_MAX) this.#buffer.set(source.subarray(start, end), this.#length)
    else for (let i = start; i < end; i++) this.#buffer[this.#length + i - start] = source[i] ?? 0
    this.#length += end - start
  }

  /** Shortest unsigned LEB128. */
  u32(value: number): void {
    if (value >= 0 && value <= 0x7f) {
      this.byte(value)
      return
    }
    let left = value >>> 0
    while (left > 0x7f) {
      this.byte((left & 0x7f) | 0x80)
      left >>>= 7
    }
    this.byte(left)
  }

  /** Shortest signed LEB128 of an integer of up to 53 bits. */
  signed(value: number): void {
    if (value >= -0x40 && value < 0x40) {
      this.byte(value & 0x7f)
      return
    }
    let left = value
    for (;;) {
      const low = ((left % 128) + 128) % 128
      left = (left - low) / 128
      const last = (left === 0 && low < 64) || (left === -1 && low >= 64)
      this.byte(last ? low : low | 0x80)
      if (last) return
    }
  }

  /** A name: UTF-8 behind its length. `TextEncoder` is no part of the language, so it is done by hand. */
  name(text: string): void {
    const utf8 = Uint8Array.from(encodeURIComponent(text).match(/%[0-9A-F]{2}|[^%]/g) ?? [], (part) =>
      part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0),
    )
    this.u32(utf8.length)
    this.bytes(utf8)
  }

  limits(minimum: number, maximum: number): void {
    this.byte(1)
    this.u32(minimum)
    this.u32(maximum)
  }

  section(id: number, content: Uint8Array): void {
    this.byte(id)
    this.u32(content.length)
    this.bytes(content)
  }

  get length(): number {
    return this.#length
  }

  /** What was written, until something else is. */
  get view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Starts over in the same buffer. */
  clear(): void {
    this.#length = 0
  }

  result(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + count))
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }
}
