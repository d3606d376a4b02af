/**
 * When to renew: a node that does not say every few epochs that it runs is drawn no longer.
 *
 * Asked once an epoch, from half of the time a renewal lasts on: so a transaction that fails, and a node that was stopped for
 * a while, have as many epochs again to make up for it. What the chain says decides, so nothing is kept here.
 * @module
 */
import type { Liveness } from '../ports/market.ts'

export interface RenewingOptions {
  /** The epoch of a time, as far as it is known. */
  readonly epochAt: (nowMs: number) => number | undefined
  readonly renew: (epoch: number) => void
}

export class Renewing {
  readonly #options: RenewingOptions
  #asked: number | undefined

  constructor(options: RenewingOptions) {
    this.#options = options
  }

  /** Asks once an epoch whether it is time. */
  tick(nowMs: number): void {
    const epoch = this.#options.epochAt(nowMs)
    if (epoch === undefined || epoch === this.#asked) return
    this.#asked = epoch
    this.#options.renew(epoch)
  }
}

/** Whether a node should renew in this epoch: it has stake, is in no jail, and half of its time is over. */
export function renewalDue(liveness: Liveness | undefined, epoch: number): boolean {
  if (liveness === undefined || liveness.stake === 0n || epoch < liveness.jailedUntil) return false
  return liveness.liveUntil - epoch <= Math.ceil(liveness.renewEpochs / 2)
}
