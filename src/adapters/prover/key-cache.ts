/**
 * Keys kept loaded, up to a number of bytes: the one that has not been used for longest goes first.
 * @module
 */
import { createHash } from 'node:crypto'
import type { Hash } from '../../protocol/types.ts'
import type { Engine } from './engine.ts'
import { malformed } from './zkey.ts'

export class KeyCache<Key> {
  readonly #engine: Engine<Key>
  readonly #bytesMax: number
  /** The one used last is the last. */
  readonly #keys = new Map<Hash, Key>()

  constructor(engine: Engine<Key>, bytesMax: number) {
    this.#engine = engine
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return [...this.#keys.values()].reduce((sum, key) => sum + this.#engine.bytesOf(key), 0)
  }

  get hashes(): readonly Hash[] {
    return [...this.#keys.keys()]
  }

  /** Throws `ProverError`, and what `read` throws. */
  async get(hash: Hash, read: () => Promise<Uint8Array>): Promise<Key> {
    const known = this.#keys.get(hash)
    if (known !== undefined) {
      this.#keys.delete(hash)
      this.#keys.set(hash, known)
      return known
    }
    const file = await read()
    const found = `0x${createHash('sha256').update(file).digest('hex')}`
    if (found !== hash) throw malformed(`has the SHA-256 ${found}, not ${hash}`)
    const key = this.#engine.load(file, this.#bytesMax)
    this.#keys.set(hash, key)
    for (const [oldest, old] of this.#keys) {
      if (this.bytes <= this.#bytesMax) break
      this.#keys.delete(oldest)
      this.#engine.forget(old)
    }
    return key
  }
}
