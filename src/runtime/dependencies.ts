/**
 * What an engine is built from: ports, and how its process takes part.
 * @module
 */
import type { Agreement } from '../core/consensus/agreement.ts'
import type { Combined, Proposal } from '../core/consensus/core.ts'
import type { Outcome } from '../core/request/attestation.ts'
import type { Proven, Role } from '../core/request/state.ts'
import type { Beacon } from '../ports/beacon.ts'
import type { BlsSuite } from '../ports/bls.ts'
import type { ChainFollower, TransactionSender } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Evidence } from '../ports/evidence.ts'
import type { Log } from '../ports/log.ts'
import type { MarketCalls, MarketReads } from '../ports/market.ts'
import type { Queue } from '../ports/queue.ts'
import type { Store } from '../ports/store.ts'
import type { Transport } from '../ports/transport.ts'
import type { Deployment, Hex, PeerId, Request } from '../protocol/types.ts'
import type { ProvingRun } from './proving.ts'
import type { Signer } from './signer.ts'

export interface EngineDependencies {
  readonly deployment: Deployment
  readonly role: Role
  readonly follower: ChainFollower
  readonly reads: MarketReads
  readonly calls: MarketCalls
  /** Absent in a node without funds: it then cannot stand in for a coordinator. */
  readonly sender: TransactionSender | undefined
  /** Pinned by its key: what the chain's node says of a round is checked against it. */
  readonly beacon: Beacon
  readonly transport: Transport
  readonly store: Store
  readonly queue: Queue
  readonly clock: Clock
  readonly log: Log
  /** Who gathers attestations besides the committee itself. */
  readonly coordinators: readonly PeerId[]
  readonly peerIdOf: (key: Hex) => PeerId
  readonly bls: BlsSuite
  /** Present in nodes. */
  readonly member: Member | undefined
  /** Seals epochs as soon as they begin. Members that do not still stand in when nobody else does. */
  readonly sealsEpochs: boolean
}

export interface Member {
  readonly signer: Signer
  readonly execute: (run: Run) => Promise<Outcome>
  /** Of circuit functions. Rejects with `UnprovableError` when nobody can. */
  readonly prove: (run: ProvingRun) => Promise<Proven>
  /** What this node's attestations rest on: it attests nothing it could not show. */
  readonly evidence: Pick<Evidence, 'has' | 'get' | 'keepFile'>
  /** Whether another's result is acceptable to this node, whose own run gave `own`. Rejects when that cannot be told now. */
  readonly judge: (run: Run, agreement: Agreement, own: Outcome, proposal: Proposal) => Promise<boolean>
  /** What the function's own rule makes of its members' observations (AGG-7). Rejects when that cannot be told now. */
  readonly combine: (run: Run, observations: Uint8Array) => Promise<Combined>
  /** For runs alone, so that functions that do not end leave transactions their places. */
  readonly runs: Queue
}

export interface Run {
  readonly request: Request
  /** The attempt it was first asked for in. What it gives serves them all. */
  readonly attempt: number
  readonly seed: Uint8Array
  readonly firstRound: bigint
  /** By this machine's clock. */
  readonly closesAtMs: number
}
