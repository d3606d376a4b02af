/**
 * The sign that somebody asks for a proof, which provers look at: renewed while they do, taken back when they give up, and gone
 * by itself when they are.
 * @module
 */
import type { Redis } from 'ioredis'

const WANTED_SECONDS = 30

export class Wanted {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  async renew(jobId: string): Promise<void> {
    await this.#redis.set(this.#path(jobId), 'yes', 'EX', WANTED_SECONDS)
  }

  async takeBack(jobId: string): Promise<void> {
    await this.#redis.set(this.#path(jobId), 'no', 'EX', WANTED_SECONDS)
  }

  async remove(jobId: string): Promise<void> {
    await this.#redis.del(this.#path(jobId))
  }

  /** `missing`: nobody renewed it in time. */
  async look(jobId: string): Promise<'yes' | 'no' | 'missing'> {
    const found = await this.#redis.get(this.#path(jobId))
    if (found === null) return 'missing'
    return found === 'yes' ? 'yes' : 'no'
  }

  #path(jobId: string): string {
    return `${this.#prefix}:wanted:${jobId}`
  }
}
