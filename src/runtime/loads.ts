/**
 * What many may ask for by its hash, read from disk for them.
 *
 * Strangers' questions cost a read and a check of the whole, so the last few stay in memory and others are read one at a
 * time.
 * @module
 */
import type { Log } from '../ports/log.ts'
import type { Handler } from '../ports/transport.ts'
import { InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../protocol/limits.ts'
import type { Hash, PeerId } from '../protocol/types.ts'
import { NotTakenError } from './not-taken.ts'

/**
 * Held in memory. Before one more is read, those read longest ago go until the largest there is would fit: what is kept and what
 * is being read never come to more.
 */
const HELD_BYTES_MAX = 96 * 1024 * 1024
/** Reads waiting for their turn, and how many of them are strangers'. */
const LOADING_MAX = 32
export const STRANGERS_LOADING_MAX = 24

export interface LoadsOptions {
  /** For what a refused peer is told. */
  readonly what: string
  /** Gives bytes it has checked against their hash. */
  readonly source: {
    has(hash: Hash): boolean | Promise<boolean>
    get(hash: Hash): Promise<Uint8Array | undefined>
  }
  readonly isRegistered: (peer: PeerId) => boolean
}

export class Loads {
  readonly #options: LoadsOptions
  /** Read longest ago first. */
  readonly #loaded = new Map<Hash, Uint8Array>()
  #lastLoad: Promise<unknown> = Promise.resolve()
  #loading = 0
  #strangersLoading = 0

  constructor(options: LoadsOptions) {
    this.#options = options
  }

  /** One read at a time: each holds the whole in memory. Throws `LimitExceededError` when too many wait. */
  async load(hash: Hash, from: PeerId): Promise<Uint8Array | undefined> {
    const { what, source, isRegistered } = this.#options
    if (!(await source.has(hash))) {
      // What is no longer kept is no longer served.
      this.#loaded.delete(hash)
      return undefined
    }
    const loaded = this.#loaded.get(hash)
    if (loaded !== undefined) return loaded
    const strangers = isRegistered(from) ? 0 : 1
    if (this.#loading >= LOADING_MAX)
      throw new LimitExceededError(`${what} reads`, this.#loading + 1, LOADING_MAX, { fix: 'try again' })
    const waiting = this.#strangersLoading + strangers
    if (waiting > STRANGERS_LOADING_MAX)
      throw new LimitExceededError(`strangers' ${what} reads`, waiting, STRANGERS_LOADING_MAX, {
        fix: 'try again',
      })
    this.#loading++
    this.#strangersLoading += strangers
    const load = this.#lastLoad.then(async () => {
      const meanwhile = this.#loaded.get(hash)
      if (meanwhile !== undefined) return meanwhile
      this.#makeRoom()
      const bytes = await source.get(hash)
      if (bytes !== undefined) this.#loaded.set(hash, bytes)
      return bytes
    })
    this.#lastLoad = load.catch(() => {})
    try {
      return await load
    } finally {
      this.#loading--
      this.#strangersLoading -= strangers
    }
  }

  /** For whatever is read next. */
  #makeRoom(): void {
    let held = [...this.#loaded.values()].reduce((sum, { length }) => sum + length, 0)
    for (const [oldest, { length }] of this.#loaded) {
      if (held + PROVING_KEY_BYTES_MAX <= HELD_BYTES_MAX) return
      this.#loaded.delete(oldest)
      held -= length
    }
  }
}

/** A handler that tells what was refused on purpose, and nothing of what ails this machine. */
export function guarded(log: Log, what: string, handler: Handler): Handler {
  return async (from, payload) => {
    try {
      return await handler(from, payload)
    } catch (error) {
      if (error instanceof InvalidInputError || error instanceof LimitExceededError) throw error
      log.error(what, { from, reason: String(error) })
      throw new NotTakenError(error)
    }
  }
}
