/**
 * Opens requests in the background: what it takes is read from the chain's node, which may be slow or away, and nothing
 * else waits for that. What fails is tried again with doubling delays until it succeeds or is called off.
 * @module
 */
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { RequestId } from '../protocol/types.ts'

/** Requests being opened at a time: each may have four reads under way. */
const OPENING_MAX = 8
const BACKOFF_FIRST_MS = 500
const BACKOFF_MAX_MS = 30_000

interface Waiting {
  readonly notBeforeMs: number
  readonly failures: number
}

export class RequestOpener {
  readonly #open: (id: RequestId) => Promise<void>
  readonly #clock: Clock
  readonly #log: Log
  readonly #waiting = new Map<RequestId, Waiting>()
  #running = 0

  constructor(deps: {
    readonly open: (id: RequestId) => Promise<void>
    readonly clock: Clock
    readonly log: Log
  }) {
    this.#open = deps.open
    this.#clock = deps.clock
    this.#log = deps.log
  }

  /** Opens a request as soon as there is a place. */
  add(id: RequestId): void {
    this.#waiting.set(id, { notBeforeMs: 0, failures: 0 })
    this.work()
  }

  /** Opens a request again after something about it failed. */
  retry(id: RequestId, failures: number, error: unknown): void {
    const delayMs = Math.min(BACKOFF_FIRST_MS * 2 ** failures, BACKOFF_MAX_MS)
    this.#log.warn('request not opened', { requestId: id, reason: String(error), retryMs: delayMs })
    this.#waiting.set(id, { notBeforeMs: this.#clock.nowMs() + delayMs, failures: failures + 1 })
  }

  cancel(id: RequestId): void {
    this.#waiting.delete(id)
  }

  clear(): void {
    this.#waiting.clear()
  }

  /** Starts what is due; called at every tick. */
  work(): void {
    const nowMs = this.#clock.nowMs()
    for (const [id, waiting] of this.#waiting) {
      if (this.#running >= OPENING_MAX) return
      if (waiting.notBeforeMs > nowMs) continue
      this.#waiting.delete(id)
      this.#running++
      void this.#run(id, waiting.failures)
    }
  }

  async #run(id: RequestId, failures: number): Promise<void> {
    try {
      await this.#open(id)
    } catch (error) {
      // Called for again meanwhile: that one counts.
      if (!this.#waiting.has(id)) this.retry(id, failures, error)
    }
    this.#running--
    this.work()
  }
}
