/**
 * Functions by id, as peers ask for them. What was deployed while this process followed the chain is known. Any other id
 * costs a scan of the chain's logs, and anyone can make ids up: misses are remembered for a moment, few are looked up at
 * a time, fewer for one peer, and for all strangers together as many as for two peers.
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
/** What all strangers together may name in `PEER_MS`: identities cost nothing. */
export const STRANGERS_MISSES_MAX = 16
const PEERS_MAX = 1024

export interface FunctionLookupDependencies {
  /** Costs nothing. */
  readonly knownFunction: (functionId: FunctionId) => DeployedFunction | undefined
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
  readonly isRegistered: (peer: PeerId) => boolean
  readonly clock: Clock
}

interface Blame {
  readonly sinceMs: number
  readonly misses: number
}

export class FunctionLookup {
  readonly #deps: FunctionLookupDependencies
  readonly #missedAtMs = new BoundedMap<FunctionId, number>(MISSES_MAX)
  readonly #blame = new BoundedMap<PeerId, Blame>(PEERS_MAX)
  #strangersBlame: Blame = { sinceMs: 0, misses: 0 }
  readonly #looking = new Map<FunctionId, Promise<DeployedFunction | undefined>>()

  constructor(deps: FunctionLookupDependencies) {
    this.#deps = deps
  }

  /** Throws `LimitExceededError` when this peer, or all of them, ask for too much. */
  async byId(functionId: FunctionId, from: PeerId): Promise<DeployedFunction | undefined> {
    const { knownFunction, clock } = this.#deps
    const known = knownFunction(functionId)
    if (known !== undefined) return known
    const missedAtMs = this.#missedAtMs.get(functionId)
    if (missedAtMs !== undefined && clock.nowMs() < missedAtMs + MISS_MS) return undefined
    this.#checkBlame(from)
    const found = await this.#look(functionId)
    if (found === undefined) {
      this.#missedAtMs.set(functionId, clock.nowMs())
      this.#blameFor(from)
    }
    return found
  }

  #checkBlame(from: PeerId): void {
    const nowMs = this.#deps.clock.nowMs()
    if (missesOf(this.#blame.get(from), nowMs) >= PEER_MISSES_MAX)
      throw new LimitExceededError('unknown functions named', PEER_MISSES_MAX + 1, PEER_MISSES_MAX)
    if (this.#deps.isRegistered(from) || missesOf(this.#strangersBlame, nowMs) < STRANGERS_MISSES_MAX) return
    throw new LimitExceededError(
      'unknown functions named by strangers',
      STRANGERS_MISSES_MAX + 1,
      STRANGERS_MISSES_MAX,
      {
        fix: 'try again in a minute',
      },
    )
  }

  #blameFor(from: PeerId): void {
    const nowMs = this.#deps.clock.nowMs()
    this.#blame.set(from, oneMore(this.#blame.get(from), nowMs))
    if (!this.#deps.isRegistered(from)) this.#strangersBlame = oneMore(this.#strangersBlame, nowMs)
  }

  #look(functionId: FunctionId): Promise<DeployedFunction | undefined> {
    const looking = this.#looking.get(functionId)
    if (looking !== undefined) return looking
    if (this.#looking.size >= LOOKUPS_MAX)
      throw new LimitExceededError('lookups', this.#looking.size + 1, LOOKUPS_MAX, { fix: 'try again' })
    const lookup = this.#deps.functionById(functionId).finally(() => this.#looking.delete(functionId))
    this.#looking.set(functionId, lookup)
    return lookup
  }
}

function missesOf(blame: Blame | undefined, nowMs: number): number {
  return blame === undefined || nowMs >= blame.sinceMs + PEER_MS ? 0 : blame.misses
}

function oneMore(blame: Blame | undefined, nowMs: number): Blame {
  const misses = missesOf(blame, nowMs)
  return { sinceMs: misses === 0 ? nowMs : (blame?.sinceMs ?? nowMs), misses: misses + 1 }
}
