/**
 * What the chain can never change, read once: deployed functions and snapshots. A read that fails is not kept.
 * A reorganisation can: another fork may hold another snapshot at the same address, so snapshots are forgotten then.
 * @module
 */
import type { DeployedFunction, MarketReads } from '../ports/market.ts'
import type { Address, FunctionId, Snapshot } from '../protocol/types.ts'
import { BoundedMap } from './bounded-map.ts'

/** A few epochs are in use at a time. */
const SNAPSHOTS_MAX = 16
const FUNCTIONS_MAX = 1024

export class ImmutableReads {
  readonly #reads: Pick<MarketReads, 'snapshot' | 'functionById'>
  readonly #snapshots = new BoundedMap<Address, Promise<Snapshot>>(SNAPSHOTS_MAX)
  readonly #functions = new BoundedMap<FunctionId, DeployedFunction>(FUNCTIONS_MAX)

  constructor(reads: Pick<MarketReads, 'snapshot' | 'functionById'>) {
    this.#reads = reads
  }

  /** A function already read or told of. */
  knownFunction(functionId: FunctionId): DeployedFunction | undefined {
    return this.#functions.get(functionId)
  }

  /** The chain told of a deployment: it need not be read. */
  functionDeployed({ functionId, owner, spec, uris }: DeployedFunction): void {
    this.#functions.set(functionId, { functionId, owner, spec, uris })
  }

  async functionById(functionId: FunctionId): Promise<DeployedFunction | undefined> {
    const cached = this.#functions.get(functionId)
    if (cached !== undefined) return cached
    const found = await this.#reads.functionById(functionId)
    if (found !== undefined) this.#functions.set(functionId, found)
    return found
  }

  /** One read for all requests of an epoch, also of those that ask at once. */
  snapshot(blob: Address): Promise<Snapshot> {
    const cached = this.#snapshots.get(blob)
    if (cached !== undefined) return cached
    const reading = this.#reads.snapshot(blob)
    this.#snapshots.set(blob, reading)
    reading.catch(() => this.#snapshots.delete(blob))
    return reading
  }

  /** After a rollback. A function's id binds its content, so functions stay. */
  forgetSnapshots(): void {
    this.#snapshots.clear()
  }
}
