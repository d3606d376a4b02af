/**
 * Where witnesses and keys lie for provers to fetch, in Redis, each under its SHA-256, written and read in parts: no command
 * moves more than one, so nobody else waits long for theirs.
 *
 * Everything has an end of its own: a witness is gone a minute after its asker is, a key an hour after its last use, or when
 * `KEYS_MAX` newer ones came. What was wanted and is gone is brought again by whoever asks for the proof.
 * @module
 */
import type { Redis } from 'ioredis'
import { PROVING_KEY_BYTES_MAX } from '../../protocol/limits.ts'
import type { Hash } from '../../protocol/types.ts'
import { WITNESS_BYTES_MAX } from './messages.ts'

const PART_BYTES = 1024 * 1024
/** Renewed while somebody asks for the proof. */
export const WITNESS_SECONDS = 60
const KEY_SECONDS = 3_600
/** Of 64 MiB each at most: a gigabyte of Redis's memory. */
const KEYS_MAX = 16

export type Kind = 'witness' | 'key'
const BYTES_MAX: Readonly<Record<Kind, number>> = { witness: WITNESS_BYTES_MAX, key: PROVING_KEY_BYTES_MAX }
const SECONDS: Readonly<Record<Kind, number>> = { witness: WITNESS_SECONDS, key: KEY_SECONDS }

/** Off the event loop: 64 MiB take a tenth of a second and more. */
export async function sha256(bytes: Uint8Array): Promise<Hash> {
  // Bytes of this process, none of them shared between threads.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return `0x${Buffer.from(digest).toString('hex')}`
}

export class Shelf {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** Whether it is there; if so, for longer. */
  async renew(kind: Kind, hash: Hash): Promise<boolean> {
    return (await this.#redis.expire(this.#path(kind, hash), SECONDS[kind])) === 1
  }

  /** Puts bytes down; the same bytes may be brought by several at once. */
  async put(kind: Kind, hash: Hash, bytes: Uint8Array): Promise<void> {
    const path = this.#path(kind, hash)
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const { buffer, byteOffset } = bytes
      const part = Buffer.from(buffer, byteOffset + at, Math.min(PART_BYTES, bytes.length - at))
      await this.#redis.setrange(path, at, part)
      await this.#redis.expire(path, SECONDS[kind])
    }
    if (kind === 'key') await this.#makeRoom(hash)
  }

  /** Undefined where nothing is, or something else than the hash says: that is removed. */
  async get(kind: Kind, hash: Hash): Promise<Uint8Array | undefined> {
    const path = this.#path(kind, hash)
    const length = await this.#redis.strlen(path)
    if (length === 0) return undefined
    if (length <= BYTES_MAX[kind]) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += PART_BYTES) {
        const part = await this.#redis.getrangeBuffer(path, at, Math.min(length, at + PART_BYTES) - 1)
        bytes.set(part.subarray(0, length - at), at)
      }
      if ((await sha256(bytes)) === hash) return bytes
    }
    await this.remove(kind, hash)
    return undefined
  }

  async remove(kind: Kind, hash: Hash): Promise<void> {
    await this.#redis.del(this.#path(kind, hash))
  }

  /** The keys brought longest ago go. */
  async #makeRoom(newest: Hash): Promise<void> {
    const brought = `${this.#prefix}:keys`
    await this.#redis.zadd(brought, Date.now(), newest)
    const over = (await this.#redis.zcard(brought)) - KEYS_MAX
    if (over <= 0) return
    const popped = await this.#redis.zpopmin(brought, over)
    // Members and scores by turns.
    for (let i = 0; i < popped.length; i += 2) await this.#redis.del(`${this.#prefix}:key:${popped[i] ?? ''}`)
  }

  #path(kind: Kind, hash: Hash): string {
    return `${this.#prefix}:${kind}:${hash}`
  }
}
