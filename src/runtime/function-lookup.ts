/**
 * Functions by id, as peers ask for them. An id nobody deployed costs a scan of the chain's logs, and anyone can make
 * ids up: misses are remembered for a moment, few are looked up at a time, and fewer for one peer.
 * @module
 */
import type { Clock } from '../ports/clock.ts'
import type { DeployedFunction } from '../ports/market.ts'
import { LimitExceededError } from '../protocol/errors.ts'
import type { FunctionId, PeerId } from '../protocol/types.ts'
import { BoundedMap } from './bounded-map.ts'

/** Short: who pushes right after deploying may be ahead of this node's chain. */
const MISS_MS = 3_000
const MISSES_MAX = 512
export const LOOKUPS_MAX = 4
/** Unknown functions one peer may name in `PEER_MS`. */
export const PEER_MISSES_MAX = 8
const PEER_MS = 60_000
const PEERS_MAX = 1024

export class FunctionLookup {
  readonly #find: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
  readonly #clock: Clock
  readonly #missedAtMs = new BoundedMap<FunctionId, number>(MISSES_MAX)
  readonly #blame = new BoundedMap<PeerId, { readonly sinceMs: number; readonly misses: number }>(PEERS_MAX)
  readonly #looking = new Map<FunctionId, Promise<DeployedFunction | undefined>>()

  constructor(find: (functionId: FunctionId) => Promise<DeployedFunction | undefined>, clock: Clock) {
    this.#find = find
    this.#clock = clock
  }

  /** Throws `LimitExceededError` when this peer, or all of them, ask for too much. */
  async byId(functionId: FunctionId, from: PeerId): Promise<DeployedFunction | undefined> {
    const missedAtMs = this.#missedAtMs.get(functionId)
    if (missedAtMs !== undefined && this.#clock.nowMs() < missedAtMs + MISS_MS) return undefined
    if (this.#missesOf(from) >= PEER_MISSES_MAX)
      throw new LimitExceededError('unknown functions named', PEER_MISSES_MAX + 1, PEER_MISSES_MAX)
    const found = await this.#look(functionId)
    if (found === undefined) {
      const nowMs = this.#clock.nowMs()
      this.#missedAtMs.set(functionId, nowMs)
      const misses = this.#missesOf(from)
      const sinceMs = misses === 0 ? nowMs : (this.#blame.get(from)?.sinceMs ?? nowMs)
      this.#blame.set(from, { sinceMs, misses: misses + 1 })
    }
    return found
  }

  #look(functionId: FunctionId): Promise<DeployedFunction | undefined> {
    const looking = this.#looking.get(functionId)
    if (looking !== undefined) return looking
    if (this.#looking.size >= LOOKUPS_MAX)
      throw new LimitExceededError('lookups', this.#looking.size + 1, LOOKUPS_MAX, { fix: 'try again' })
    const lookup = this.#find(functionId).finally(() => this.#looking.delete(functionId))
    this.#looking.set(functionId, lookup)
    return lookup
  }

  #missesOf(peer: PeerId): number {
    const blame = this.#blame.get(peer)
    return blame === undefined || this.#clock.nowMs() >= blame.sinceMs + PEER_MS ? 0 : blame.misses
  }
}
