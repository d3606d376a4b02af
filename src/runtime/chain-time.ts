/**
 * The chain's clock, as this machine can tell it. Windows are judged by block time, which may lag behind this machine's
 * clock or run ahead of it; going by the wrong one a node would sit out every window.
 *
 *   offset = the least (time of arrival − time of block) over the last blocks that came as they were made
 *
 * Blocks read while catching up come faster than they were made and say nothing: until blocks have come steadily for a
 * moment the offset is unknown and taken as zero.
 * @module
 */

/** How much faster than this machine's clock the chain's may seem to run: blocks arrive unevenly. */
const DRIFT_MS_MAX = 3_000
/** How long blocks must have come steadily, once. */
const STEADY_MS = 2_000
const SAMPLES_MAX = 64
/** How far the chain's clock may be behind; beyond it its node is not believed, and windows are judged by this machine's. */
export const LAG_MS_MAX = 3_600_000

export class ChainTime {
  /** Arrival less block time, of the blocks since the last that came faster than it was made. */
  readonly #lagsMs: number[] = []
  #anchor: { readonly arrivedMs: number; readonly lagMs: number } | undefined
  #steady = false

  /** A block came. */
  block(timeSeconds: bigint, arrivedMs: number): void {
    const lagMs = arrivedMs - Number(timeSeconds) * 1000
    if (this.#anchor === undefined || this.#anchor.lagMs - lagMs > DRIFT_MS_MAX) {
      this.#anchor = { arrivedMs, lagMs }
      this.#lagsMs.length = 0
    }
    this.#lagsMs.push(lagMs)
    if (this.#lagsMs.length > SAMPLES_MAX) this.#lagsMs.shift()
    this.#steady ||= arrivedMs - this.#anchor.arrivedMs >= STEADY_MS
  }

  /** Add to the chain's time to get this machine's. */
  get lagMs(): number {
    const lagMs = this.#steady ? Math.min(...this.#lagsMs) : 0
    return Math.min(lagMs, LAG_MS_MAX)
  }
}
