/**
 * When to seal the snapshots of capability sets: committees of functions that reach outside are drawn from them.
 *
 * A set is *in use* for eight epochs after a function with it was deployed or requested. Each set in use is sealed for the
 * newest sealed epoch, by whoever seals epochs, in the same order and with the same patience. What is in use is on disk;
 * whether it is sealed already is looked up by the job itself. What a rollback undid stays in use for its eight epochs.
 * @module
 */
import { decode, encode } from 'cborg'
import { CAPABILITIES } from '../core/permissions/capability.ts'
import type { Log } from '../ports/log.ts'
import type { DeployedFunction } from '../ports/market.ts'
import type { Store } from '../ports/store.ts'
import type { FunctionId, Hex, Request } from '../protocol/types.ts'
import { DOUBLINGS_MAX } from './sealing.ts'

const SPACE = 'capability-set'
/** As many sets as there are, but for the empty one: that is the epoch's own snapshot. */
export const SETS_MAX = 2 ** CAPABILITIES.length - 1
/** Sets sealed in an epoch, those last used: nobody pays for these seals, and `dikast function seal` makes any other. */
export const SEALED_SETS_MAX = 16
/** Whoever needs a set again in this time finds it sealed. */
export const UNUSED_EPOCHS_MAX = 8
/** Functions looked up side by side. A request that finds no place is no use; the function's next one may be. */
const LOOKUPS_MAX = 4

export interface CapabilitySealingOptions {
  readonly store: Store
  readonly log: Log
  readonly repeatMs: number
  /** Of `Sealing`, which this follows. */
  readonly epochs: {
    readonly newest: number | undefined
    epochAt(nowMs: number): number | undefined
    delayMs(epoch: number): number | undefined
  }
  readonly knownFunction: (id: FunctionId) => DeployedFunction | undefined
  readonly functionById: (id: FunctionId) => Promise<DeployedFunction | undefined>
  readonly seal: (capabilities: Hex, epoch: number) => void
}

interface SetInUse {
  /** Seconds since 1970: when a function with it was last deployed or requested. */
  usedAt: bigint
  /** What of that is on disk. */
  writtenAt: bigint | undefined
  /** Since when this process knows that its seal is wanting. */
  wantingSinceMs: number | undefined
  asked: { readonly epoch: number; readonly atMs: number; readonly times: number } | undefined
}

export class CapabilitySealing {
  readonly #options: CapabilitySealingOptions
  readonly #inUse = new Map<Hex, SetInUse>()
  /** The newest epoch each set is known to be sealed for, also those not in use: of valid sets only. */
  readonly #sealed = new Map<Hex, number>()
  /** The newest epoch in which no node is known to cover the set. */
  readonly #uncovered = new Map<Hex, number>()
  readonly #lookingUp = new Set<FunctionId>()

  constructor(options: CapabilitySealingOptions) {
    this.#options = options
    for (const { key, value } of options.store.list(SPACE, { limit: SETS_MAX })) {
      const usedAt = BigInt(decode(value) as number) // our own bytes, written by `#keep`
      this.#inUse.set(key as Hex, {
        usedAt,
        writtenAt: usedAt,
        wantingSinceMs: undefined,
        asked: undefined,
      })
    }
  }

  /** In the order they were first used. */
  get inUse(): readonly Hex[] {
    return [...this.#inUse.keys()]
  }

  /** A function with this set was deployed or requested at a time of the chain, in seconds. */
  used(capabilities: Hex, at: bigint): void {
    const set = setOf(capabilities)
    if (set === undefined) return
    const known = this.#inUse.get(set) ?? {
      usedAt: at,
      writtenAt: undefined,
      wantingSinceMs: undefined,
      asked: undefined,
    }
    if (at > known.usedAt) known.usedAt = at
    this.#inUse.set(set, known)
    this.#keep(set, known)
  }

  /** An exact function has no capabilities. Another that is not known here is looked up. */
  requested({ functionId, consensus }: Pick<Request, 'functionId' | 'consensus'>, at: bigint): void {
    if (consensus === 'exact') return
    const { knownFunction, functionById, log } = this.#options
    const known = knownFunction(functionId)
    if (known !== undefined) {
      this.used(known.spec.capabilities, at)
      return
    }
    if (this.#lookingUp.has(functionId) || this.#lookingUp.size >= LOOKUPS_MAX) return
    this.#lookingUp.add(functionId)
    functionById(functionId)
      .then((found) => {
        if (found !== undefined) this.used(found.spec.capabilities, at)
      })
      .catch((error: unknown) => log.warn('function not looked up', { functionId, reason: String(error) }))
      .finally(() => this.#lookingUp.delete(functionId))
  }

  sealed(capabilities: Hex, epoch: number): void {
    const set = setOf(capabilities)
    if (set !== undefined) this.#sealed.set(set, Math.max(this.#sealed.get(set) ?? -1, epoch))
  }

  /** No node of the epoch's snapshot covers the set: it is asked for again when another epoch is sealed. */
  uncovered(capabilities: Hex, epoch: number): void {
    const set = setOf(capabilities)
    if (set !== undefined) this.#uncovered.set(set, epoch)
  }

  /** What is known may have been undone. */
  reset(): void {
    this.#sealed.clear()
    this.#uncovered.clear()
    for (const one of this.#inUse.values()) one.asked = undefined
  }

  /** Forgets what nobody uses, and asks for what is due. */
  tick(nowMs: number): void {
    const current = this.#options.epochs.epochAt(nowMs)
    if (current === undefined) return
    this.#forgetUnused(current)
    for (const [set, one] of this.#newest()) {
      const epoch = this.#wanting(set)
      one.wantingSinceMs = epoch === undefined ? undefined : (one.wantingSinceMs ?? nowMs)
      if (epoch === undefined || !this.#isOurs(one, epoch, nowMs)) continue
      const before = one.asked?.epoch === epoch ? one.asked : undefined
      if (before !== undefined) {
        const waitMs = this.#options.repeatMs * 2 ** Math.min(before.times - 1, DOUBLINGS_MAX)
        if (nowMs >= before.atMs && nowMs < before.atMs + waitMs) continue
      }
      one.asked = { epoch, atMs: nowMs, times: (before?.times ?? 0) + 1 }
      this.#options.seal(set, epoch)
    }
  }

  /** The epoch this process should seal the set for now, as far as it knows. */
  due(capabilities: Hex, nowMs: number): number | undefined {
    const set = setOf(capabilities)
    const one = set && this.#inUse.get(set)
    const epoch = set && this.#wanting(set)
    return one === undefined || epoch === undefined || !this.#isOurs(one, epoch, nowMs) ? undefined : epoch
  }

  /** Those this process pays for: whoever deploys a function for each set that can be must not empty its account. */
  #newest(): readonly (readonly [Hex, SetInUse])[] {
    const sets = [...this.#inUse]
    if (sets.length <= SEALED_SETS_MAX) return sets
    return sets.toSorted(([, a], [, b]) => Number(b.usedAt - a.usedAt)).slice(0, SEALED_SETS_MAX)
  }

  #wanting(set: Hex): number | undefined {
    const { newest } = this.#options.epochs
    if (newest === undefined) return undefined
    const done = Math.max(this.#sealed.get(set) ?? -1, this.#uncovered.get(set) ?? -1)
    return newest > done ? newest : undefined
  }

  /** Patience runs from when the set was first found wanting: epochs may be shorter than it. */
  #isOurs({ wantingSinceMs }: SetInUse, epoch: number, nowMs: number): boolean {
    const delayMs = this.#options.epochs.delayMs(epoch)
    return delayMs !== undefined && wantingSinceMs !== undefined && nowMs >= wantingSinceMs + delayMs
  }

  #forgetUnused(current: number): void {
    for (const [set, { usedAt }] of this.#inUse) {
      const usedIn = this.#options.epochs.epochAt(Number(usedAt) * 1000) ?? 0
      if (current - usedIn <= UNUSED_EPOCHS_MAX) continue
      this.#inUse.delete(set)
      this.#options.store.write([{ type: 'delete', space: SPACE, key: set }])
    }
  }

  /** A use in the same epoch as the one on disk changes nothing that a restart would miss. */
  #keep(set: Hex, one: SetInUse): void {
    const { epochs, store } = this.#options
    const epochOf = (seconds: bigint): number | undefined => epochs.epochAt(Number(seconds) * 1000)
    const written = one.writtenAt === undefined ? undefined : epochOf(one.writtenAt)
    if (one.writtenAt === one.usedAt) return
    if (written !== undefined && written === epochOf(one.usedAt)) return
    store.write([{ type: 'put', space: SPACE, key: set, value: encode(Number(one.usedAt)) }])
    one.writtenAt = one.usedAt
  }
}

/** In the one spelling that compares. Undefined for the empty set, and for kinds this version does not know. */
function setOf(capabilities: Hex): Hex | undefined {
  const bits = BigInt(capabilities)
  return bits === 0n || bits > BigInt(SETS_MAX) ? undefined : `0x${bits.toString(16).padStart(64, '0')}`
}
