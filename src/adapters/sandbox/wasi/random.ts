/**
 * The guest's random bytes: the ChaCha20 key stream (RFC 8439 §2.3) with the job's seed as key, a nonce of zero and a
 * 64-bit block counter from 0, read in order. Public and reproducible: it is no source of secrets.
 * @module
 */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const
const BLOCK_BYTES = 64
/** Column and diagonal quarter rounds. */
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))

const NONE = new Uint32Array()
const NO_BYTES = new Uint8Array()

export class SeededRandom {
  readonly #seed: Uint8Array
  /** Made when the first byte is asked for. */
  #input = NONE
  #block = NO_BYTES
  #used = BLOCK_BYTES

  /** `seed` is 32 bytes. */
  constructor(seed: Uint8Array) {
    this.#seed = seed
  }

  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; ) {
      if (this.#used === BLOCK_BYTES) this.#nextBlock()
      const count = Math.min(BLOCK_BYTES - this.#used, target.length - at)
      target.set(this.#block.subarray(this.#used, this.#used + count), at)
      this.#used += count
      at += count
    }
  }

  #begin(): void {
    const { buffer, byteOffset, byteLength } = this.#seed
    const words = new DataView(buffer, byteOffset, byteLength)
    this.#input = new Uint32Array(16)
    this.#block = new Uint8Array(BLOCK_BYTES)
    this.#input.set(CONSTANTS)
    for (let i = 0; i < 8; i++) this.#input[4 + i] = words.getUint32(4 * i, true)
  }

  #nextBlock(): void {
    if (this.#input.length === 0) this.#begin()
    const state = Uint32Array.from(this.#input)
    const word = (i: number) => state[i] ?? 0
    for (let round = 0; round < 10; round++) {
      for (const [a, b, c, d] of QUARTERS) {
        state[a] = word(a) + word(b)
        state[d] = rotate(word(d) ^ word(a), 16)
        state[c] = word(c) + word(d)
        state[b] = rotate(word(b) ^ word(c), 12)
        state[a] = word(a) + word(b)
        state[d] = rotate(word(d) ^ word(a), 8)
        state[c] = word(c) + word(d)
        state[b] = rotate(word(b) ^ word(c), 7)
      }
    }
    const output = new DataView(this.#block.buffer)
    for (let i = 0; i < 16; i++) output.setUint32(4 * i, word(i) + (this.#input[i] ?? 0), true)
    const low = ((this.#input[12] ?? 0) + 1) >>> 0
    this.#input[12] = low
    if (low === 0) this.#input[13] = (this.#input[13] ?? 0) + 1
    this.#used = 0
  }
}
