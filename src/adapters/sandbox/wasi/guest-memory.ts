import { ERRNO, fail } from './abi.ts'
import { PATH_BYTES_MAX, VECTORS_MAX } from './limits.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const NO_MEMORY = new Uint8Array()
const NO_VIEW = new DataView(NO_MEMORY.buffer)

/**
 * The guest's linear memory behind bounds checks: a pointer outside it is `fault`, never an exception of the host.
 * Pointers and lengths are unsigned.
 */
export class GuestMemory {
  readonly #charge: (bytes: number) => void
  #memory: WebAssembly.Memory | undefined
  #bytes = NO_MEMORY
  #view = NO_VIEW

  /** `charge` hears of bytes before they pass between guest and host, single numbers aside. */
  constructor(charge: (bytes: number) => void = () => {}) {
    this.#charge = charge
  }

  bind(memory: WebAssembly.Memory): void {
    this.#memory = memory
  }

  /** Bytes at `pointer`; valid until the guest runs again. */
  bytes(pointer: number, length: number): Uint8Array {
    this.check(pointer, length)
    this.#charge(length)
    return this.#bytes.subarray(pointer, pointer + length)
  }

  check(pointer: number, length: number): void {
    this.#refresh()
    if (pointer + length > this.#bytes.length) fail(ERRNO.fault)
  }

  u8(pointer: number): number {
    this.check(pointer, 1)
    return this.#view.getUint8(pointer)
  }

  u16(pointer: number): number {
    this.check(pointer, 2)
    return this.#view.getUint16(pointer, true)
  }

  u32(pointer: number): number {
    this.check(pointer, 4)
    return this.#view.getUint32(pointer, true)
  }

  u64(pointer: number): bigint {
    this.check(pointer, 8)
    return this.#view.getBigUint64(pointer, true)
  }

  setU8(pointer: number, value: number): void {
    this.check(pointer, 1)
    this.#view.setUint8(pointer, value)
  }

  setU16(pointer: number, value: number): void {
    this.check(pointer, 2)
    this.#view.setUint16(pointer, value, true)
  }

  setU32(pointer: number, value: number): void {
    this.check(pointer, 4)
    this.#view.setUint32(pointer, value, true)
  }

  /** Modulo 2^64. */
  setU64(pointer: number, value: bigint): void {
    this.check(pointer, 8)
    this.#view.setBigUint64(pointer, value, true)
  }

  setBytes(pointer: number, bytes: Uint8Array): void {
    this.check(pointer, bytes.length)
    this.#charge(bytes.length)
    this.#bytes.set(bytes, pointer)
  }

  path(pointer: number, length: number): string {
    const bytes = this.bytes(pointer, length)
    if (length > PATH_BYTES_MAX) fail(ERRNO.nametoolong)
    let text: string
    try {
      text = decoder.decode(bytes)
    } catch (error) {
      // Anything else, such as this host's exhausted stack, is not the guest's to see: it differs between machines.
      if (!(error instanceof TypeError)) throw error
      return fail(ERRNO.ilseq)
    }
    if (text.includes('\0')) fail(ERRNO.inval)
    return text
  }

  /**
   * Hands the non-empty buffers of an iovec array to `move`, which says how many bytes it moved, until it moves fewer
   * than a buffer holds. All buffers are checked before the first is used.
   */
  vectors(pointer: number, count: number, move: (buffer: Uint8Array) => number): number {
    const vectors = this.checkedVectors(pointer, count)
    let total = 0
    for (const { at, length } of vectors) {
      if (length === 0) continue
      this.check(at, length)
      const moved = move(this.#bytes.subarray(at, at + length))
      this.#charge(moved)
      total += moved
      if (moved < length) break
    }
    return total
  }

  /** The buffers of an iovec array, all of them there. */
  checkedVectors(
    pointer: number,
    count: number,
  ): readonly { readonly at: number; readonly length: number }[] {
    if (count > VECTORS_MAX) fail(ERRNO.inval)
    this.check(pointer, 8 * count)
    this.#charge(8 * count)
    const vectors = Array.from({ length: count }, (_, i) => ({
      at: this.u32(pointer + 8 * i),
      length: this.u32(pointer + 8 * i + 4),
    }))
    for (const { at, length } of vectors) this.check(at, length)
    return vectors
  }

  /** A copy, free of charge: for what the host must put back. */
  copy(pointer: number, length: number): Uint8Array {
    this.check(pointer, length)
    return this.#bytes.slice(pointer, pointer + length)
  }

  /** Puts back what `copy` gave. */
  paste(pointer: number, bytes: Uint8Array): void {
    this.check(pointer, bytes.length)
    this.#bytes.set(bytes, pointer)
  }

  /** `memory.grow` detaches the buffer. */
  #refresh(): void {
    const buffer = this.#memory?.buffer
    if (buffer === undefined || buffer === this.#bytes.buffer) return
    this.#bytes = new Uint8Array(buffer)
    this.#view = new DataView(buffer)
  }
}
