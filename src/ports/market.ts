/**
 * Reads and calls of the contracts, as the runtime needs them. Reads are at the head unless they say otherwise.
 * @module
 */
import type { VerificationKey } from '../crypto/groth16-key.ts'
import type {
  Address,
  Certified,
  Digest,
  Fulfillment,
  FunctionId,
  FunctionSpec,
  Hex,
  Request,
  RequestId,
  Snapshot,
  StandingCommittee,
} from '../protocol/types.ts'

export interface DeployedFunction {
  readonly functionId: FunctionId
  readonly owner: Address
  readonly spec: FunctionSpec
  readonly uris: readonly string[]
}

export interface EpochClock {
  /** Seconds since 1970 of epoch 0's first second. */
  readonly genesis: bigint
  readonly epochSeconds: bigint
}

/** In which epochs a node is drawn. */
export interface Liveness {
  readonly stake: bigint
  /** Before this one. */
  readonly liveUntil: number
  /** The first epoch a slashed node may renew in. */
  readonly jailedUntil: number
  /** How many epochs a renewal lasts. */
  readonly renewEpochs: number
}

export interface SnapshotRef {
  readonly epoch: number
  readonly blob: Address
  /** Its nodes. */
  readonly count: number
}

export interface SealProgress {
  /** What was begun; it says nothing of any other epoch. */
  readonly epoch: number
  /** Nodes of that epoch's snapshot already looked at. */
  readonly next: number
}

export interface CommitteeReads {
  /** The committee whose keys have this root, once it is final. Undefined for no such one, and in a network without them. */
  standingCommittee(keyRoot: bigint): Promise<StandingCommittee | undefined>
  /** Of a block, seconds since 1970. Throws when the chain's node does not know it. */
  blockTime(blockNumber: bigint): Promise<bigint>
}

export interface MarketReads {
  /** A sealed snapshot by its blob. Blobs are code: the answer never changes. */
  snapshot(blob: Address): Promise<Snapshot>
  /** By the contract a request names as its verifier; undefined for one that is not the network's. Keys never change. */
  verificationKey(verifier: Address): Promise<VerificationKey | undefined>
  /** A posted round's randomness. */
  randomness(round: bigint): Promise<Digest | undefined>
  /** The signature a round was posted with, as emitted: see `Beacon.randomnessOf`. A scan of logs. */
  roundSignature(round: bigint): Promise<Hex | undefined>
  /** What a request's requester raised `maxFeePerGas` to, if it was. A scan of logs. */
  raisedFee(requestId: RequestId): Promise<bigint | undefined>
  /** A function by its id, from the log of its deployment. */
  functionById(functionId: FunctionId): Promise<DeployedFunction | undefined>
  epochClock(): Promise<EpochClock>
  /** The newest sealed epoch, if one was ever sealed. */
  latestSealedEpoch(): Promise<number | undefined>
  /** The snapshot of that epoch. */
  latestSnapshot(): Promise<SnapshotRef | undefined>
  /** The newest epoch whose nodes with these capabilities have a snapshot of their own. */
  sealedEpochOf(capabilities: Hex): Promise<number | undefined>
  /** How far the steps of a capability set's seal have come. */
  sealProgress(capabilities: Hex): Promise<SealProgress>
  /** Places in the registry's list: what a seal looks at. */
  placeCount(): Promise<number>
  /** Undefined when the node was never registered. */
  liveness(attestor: Address): Promise<Liveness | undefined>
}

/** A contract call, ready to send. */
export interface Call {
  readonly to: Address
  readonly data: Hex
}

export interface MarketCalls {
  /** `signature` is the beacon's 48-byte compressed point. */
  postRound(round: bigint, signature: Hex): Call
  /** The same, paid for from the market's pool; undefined in a network without bounties. */
  postRoundPaid(request: Request, attempt: number, signature: Hex): Call | undefined
  /** All at once, or one step that looks at so many nodes at most. */
  sealEpoch(nodesMax?: number): Call
  /** A step of `SEAL_STEP_NODES`, paid for from the market's pool; undefined in a network without bounties. */
  sealEpochPaid(): Call | undefined
  /** One step of sealing a capability set of the newest sealed epoch, which looks at so many nodes at most. */
  sealCapabilities(capabilities: Hex, nodesMax: number): Call
  /** Keeps a node drawn: by its attestor or its operator. */
  renew(attestor: Address): Call
  fulfill(request: Request, fulfillment: Fulfillment): Call
  expire(request: Request): Call
  /** Undefined in a network without a court. */
  resolve(request: Request, certified: Certified, fulfillment: Fulfillment): Call | undefined
  finalize(request: Request, certified: Certified, output: Hex): Call
}
