/**
 * When to seal an epoch: a coordinator as soon as it began; nodes, one after another, when none does.
 *
 * Sealing is asked for, again and again with doubling delays, until the chain says that the epoch is sealed. Whether it
 * is already is looked up by the job itself, so nothing here needs to be right at the start or after a reorganisation.
 * @module
 */
import type { Log } from '../ports/log.ts'
import type { EpochClock, MarketReads } from '../ports/market.ts'
import type { Address } from '../protocol/types.ts'
import type { KnownNode } from './nodes.ts'

/** Repeats double up to this many times. */
export const DOUBLINGS_MAX = 6
/** A sealed epoch serves for several: members wait this many times longer than for a request. */
const PATIENCE = 5
const EPOCHS_RETRY_MS = 2_000

export interface SealingOptions {
  readonly reads: Pick<MarketReads, 'epochClock'>
  readonly log: Log
  readonly repeatMs: number
  /** Undefined in a process that seals at once. */
  readonly standIn:
    | { readonly attestor: Address | undefined; readonly standInMs: number; readonly standInStepMs: number }
    | undefined
  readonly nodes: () => Iterable<KnownNode>
  readonly seal: (epoch: number) => void
}

export class Sealing {
  readonly #options: SealingOptions
  #epochs: EpochClock | undefined
  #epochsAskedMs = Number.NEGATIVE_INFINITY
  /** The newest epoch known to be sealed; -1 when nothing is known. */
  #sealed = -1
  #asked: { readonly epoch: number; readonly atMs: number; readonly times: number } | undefined

  constructor(options: SealingOptions) {
    this.#options = options
  }

  sealed(epoch: number): void {
    this.#sealed = Math.max(this.#sealed, epoch)
  }

  /** The newest epoch known to be sealed. */
  get newest(): number | undefined {
    return this.#sealed < 0 ? undefined : this.#sealed
  }

  /** What is known may have been undone. */
  reset(): void {
    this.#sealed = -1
    this.#asked = undefined
  }

  /** The epoch of a time; undefined before the registry's clock was read and before its first epoch. */
  epochAt(nowMs: number): number | undefined {
    const epochs = this.#epochs
    if (epochs === undefined) return undefined
    const epoch = Math.floor((nowMs - Number(epochs.genesis) * 1000) / (Number(epochs.epochSeconds) * 1000))
    return epoch < 0 ? undefined : epoch
  }

  /** Asks for what is due. */
  tick(nowMs: number): void {
    if (this.#epochs === undefined) this.#readEpochs(nowMs)
    const epoch = this.due(nowMs)
    if (epoch === undefined) return
    const before = this.#asked?.epoch === epoch ? this.#asked : undefined
    if (before !== undefined) {
      const waitMs = this.#options.repeatMs * 2 ** Math.min(before.times - 1, DOUBLINGS_MAX)
      if (nowMs >= before.atMs && nowMs < before.atMs + waitMs) return
    }
    this.#asked = { epoch, atMs: nowMs, times: (before?.times ?? 0) + 1 }
    this.#options.seal(epoch)
  }

  /** The epoch this process should seal now, as far as it knows. */
  due(nowMs: number): number | undefined {
    const epochs = this.#epochs
    const current = this.epochAt(nowMs)
    if (epochs === undefined || current === undefined || current <= this.#sealed) return undefined
    const genesisMs = Number(epochs.genesis) * 1000
    const epochMs = Number(epochs.epochSeconds) * 1000
    // Patience runs from the first epoch nobody sealed: epochs may be shorter than it.
    const unsealedSinceMs = genesisMs + (this.#sealed + 1) * epochMs
    const delayMs = this.delayMs(current)
    return delayMs === undefined || nowMs < unsealedSinceMs + delayMs ? undefined : current
  }

  /**
   * How long this process leaves a seal of an epoch to others. Undefined when it is not this process's to seal: without
   * stake anywhere a seal reverts.
   */
  delayMs(epoch: number): number | undefined {
    const { standIn } = this.#options
    const bonded = [...this.#options.nodes()].filter((node) => node.bonded)
    if (bonded.length === 0) return undefined
    if (standIn === undefined) return 0
    const self = standIn.attestor?.toLowerCase()
    if (self === undefined || !bonded.some(({ attestor }) => attestor === self)) return undefined
    const place = bonded.filter(({ attestor }) => attestor < self).length
    const rank = (place + epoch) % bonded.length
    return PATIENCE * standIn.standInMs + rank * standIn.standInStepMs
  }

  #readEpochs(nowMs: number): void {
    if (nowMs < this.#epochsAskedMs + EPOCHS_RETRY_MS) return
    this.#epochsAskedMs = nowMs
    this.#options.reads.epochClock().then(
      (epochs) => {
        this.#epochs = epochs
      },
      (error: unknown) => this.#options.log.warn('epochs not read', { reason: String(error) }),
    )
  }
}
