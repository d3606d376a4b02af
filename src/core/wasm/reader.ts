import { ModuleRejectedError, type ModuleRejection } from './reject.ts'

/** Reads the WebAssembly binary format from a slice of a module, never past its end. */
export class Reader {
  readonly bytes: Uint8Array
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  reject(reason: ModuleRejection, detail: string): never {
    throw new ModuleRejectedError(reason, this.at, detail)
  }

  byte(): number {
    const value = this.at < this.end ? this.bytes[this.at] : undefined
    if (value === undefined) this.reject('malformed', 'unexpected end')
    this.at++
    return value
  }

  /** Skips `count` bytes. */
  skip(count: number): void {
    if (count > this.left) this.reject('malformed', 'unexpected end')
    this.at += count
  }

  /** An unsigned LEB128 of at most 32 bits in at most 5 bytes. */
  u32(): number {
    const first = this.at < this.end ? this.bytes[this.at] : undefined
    if (first !== undefined && first < 0x80) {
      this.at++
      return first
    }
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.byte()
    if (last > 0x0f) this.reject('malformed', 'integer of more than 32 bits')
    return (value | (last << 28)) >>> 0
  }

  /** Skips a signed or unsigned LEB128 of at most `bytesMax` bytes; its last byte is returned. */
  skipLeb(bytesMax: number): number {
    for (let i = 0; i < bytesMax; i++) {
      const byte = this.byte()
      if (byte < 0x80) return byte
    }
    return this.reject('malformed', 'integer too long')
  }

  /** The length of a vector. Every element takes a byte at least, so a length beyond the end is caught here. */
  count(what: string, max: number): number {
    const count = this.u32()
    if (count > max) this.reject('too-large', `${count} ${what}, at most ${max}`)
    if (count > this.left) this.reject('malformed', `${count} ${what} in ${this.left} bytes`)
    return count
  }

  /** The next `length` bytes as a reader of their own. */
  slice(length: number): Reader {
    const start = this.at
    this.skip(length)
    return new Reader(this.bytes, start, this.at)
  }

  /** A name: strict UTF-8. */
  name(lengthMax: number): string {
    const length = this.count('bytes of name', lengthMax)
    const start = this.at
    this.skip(length)
    let escaped = ''
    for (const byte of this.bytes.subarray(start, this.at))
      escaped += `%${byte.toString(16).padStart(2, '0')}`
    try {
      return decodeURIComponent(escaped)
    } catch {
      throw new ModuleRejectedError('malformed', start, 'name is not UTF-8')
    }
  }

  /** Says that nothing may be left. */
  finish(what: string): void {
    if (this.left > 0) this.reject('malformed', `${this.left} bytes after ${what}`)
  }
}
