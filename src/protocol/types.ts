/**
 * The protocol's nouns as plain data. Field names, order and widths follow `docs/spec/formats.md`.
 * @module
 */

/** Bytes as lower-case hexadecimal with `0x`. */
export type Hex = `0x${string}`
/** 20-byte account, EIP-55 or lower case; compare in lower case. */
export type Address = Hex
/** keccak-256 or sha-256 of raw bytes. */
export type Hash = Hex
/** keccak-256 of a structure. */
export type Digest = Hex
/** EIP-712 digest of a whole request. */
export type RequestId = Hex
export type FunctionId = Hex
/** libp2p peer id in its base58 text form (`12D3Koo…`). */
export type PeerId = string

export const CONSENSUS = ['exact', 'pbft', 'aggregate', 'raft', 'zk'] as const
export type Consensus = (typeof CONSENSUS)[number]

/** Runtime profiles: how a module is metered, and whose WASI it runs with. Reports of two profiles are never equal. */
export const RUNTIME_PROFILES = ['deterministic-1', 'wasmer-1'] as const
export type RuntimeProfile = (typeof RUNTIME_PROFILES)[number]

export interface Attempt {
  readonly round: bigint
  /** Seconds since 1970, inclusive. */
  readonly opensAt: bigint
  /** Seconds since 1970, exclusive. */
  readonly closesAt: bigint
}

export interface Request {
  readonly requester: Address
  readonly functionId: FunctionId
  readonly nonce: bigint
  readonly epoch: number
  readonly snapshot: Address
  readonly consensus: Consensus
  readonly committeeSize: number
  readonly verifier: Address
  readonly functionOwner: Address
  readonly deadline: bigint
  readonly callbackTarget: Address
  readonly callbackGas: number
  readonly outputBytesMax: number
  readonly challengeWindow: number
  readonly flatFeePerSeat: bigint
  readonly fuelPrice: bigint
  readonly fuelLimit: bigint
  readonly royalty: bigint
  readonly protocolFee: bigint
  readonly maxFeePerGas: bigint
  readonly input: Hex
  readonly attempts: readonly Attempt[]
}

export interface Report {
  readonly requestId: RequestId
  readonly outputHash: Hash
  readonly exit: number
  readonly fuelUsed: bigint
  readonly evidenceHash: Digest
}

export interface Attestation {
  readonly functionId: FunctionId
  readonly epoch: number
  readonly round: bigint
  readonly attempt: number
  readonly view: number
  readonly root: Digest
}

/** What a function is; its content address covers all of it and its owner. */
export interface FunctionSpec {
  readonly kind: 'wasm' | 'circuit'
  readonly moduleHash: Hash
  readonly entry: string
  /** One of `RUNTIME_PROFILES`, of those this version knows. */
  readonly runtime: string
  /** The kinds of host calls among the permissions, a bit each (FMT-7). */
  readonly capabilities: Hex
  /** URLs: what of the outside it may reach, if an operator grants it too. */
  readonly permissions: readonly string[]
  /** Index into `CONSENSUS`. */
  readonly consensus: number
  /** How its committee agrees in that mode (docs/spec/consensus.md); empty for the defaults. */
  readonly agreement: string
  readonly committeeSize: number
  readonly fuelLimit: bigint
  readonly memoryBytesMax: bigint
  readonly outputBytesMax: number
  readonly windowSeconds: number
  readonly flatFeePerSeat: bigint
  readonly fuelPrice: bigint
  readonly royalty: bigint
  readonly verifierSelector: Hex
  readonly verificationKeyHash: Hex
  /** Seconds in which a certificate may be challenged, in steps of `CHALLENGE_STEP_SECONDS`; zero for none. */
  readonly challengeWindow: number
}

/** A committee that stands for an epoch (STC-4), in the order of its seats. */
export interface StandingCommittee {
  readonly epoch: number
  readonly members: readonly Address[]
  /** BabyJubJub keys (CIR-8); 0 of a member that had none in time. */
  readonly keys: readonly bigint[]
}

/** A certified request of a function with a challenge window, until it is final: what the market keeps the hash of. */
export interface Certified {
  /** Wei. */
  readonly escrow: bigint
  readonly reimbursement: bigint
  readonly maxFeePerGas: bigint
  /** Seconds since 1970; the challenge window begins here. */
  readonly certifiedAt: bigint
  readonly submitter: Address
  readonly attempt: number
  readonly exit: number
  readonly fuelUsed: bigint
  readonly outputHash: Digest
  /** Bit i: seat i signed. */
  readonly signers: bigint
}

/** What a submitter brings to the market. */
export interface Fulfillment {
  readonly attempt: number
  readonly view: number
  readonly exit: number
  readonly fuelUsed: bigint
  readonly evidenceHash: Digest
  readonly output: Hex
  readonly certificate: Hex
}

/** A node's place in a sealed snapshot. */
export interface SnapshotMember {
  readonly attestor: Address
  /** Counts registrations from 0: never another node's. */
  readonly number: number
  /** Stake in gwei, rounded down. */
  readonly weight: bigint
}

export interface Snapshot {
  readonly members: readonly SnapshotMember[]
  readonly totalWeight: bigint
}

/** What the chain is and where its contracts stand. */
export interface Deployment {
  readonly chainId: number
  readonly nodeRegistry: Address
  readonly beaconRegistry: Address
  readonly functionRegistry: Address
  readonly verifierRouter: Address
  readonly market: Address
  /** Hears the market's challenges, and pays for rounds and seals out of its pool; older networks are without them. */
  readonly challengeCourt?: Address | undefined
  readonly bounties?: Address | undefined
  /** What BLS certificates take; a network may do without. */
  readonly bls?: { readonly verifier: Address; readonly keyRegistry: Address } | undefined
  /** Committees that stand for an epoch, the registry of their members' keys, and what hashes these; a network may do without. */
  readonly standingCommittees?: Address | undefined
  readonly schnorrKeys?: Address | undefined
  readonly poseidonTables?: Address | undefined
  /** Older networks are without the next three. */
  readonly slasher?: Address | undefined
  /** Owns the registry, the router, the slasher and, unless somebody else may pause it, the market. */
  readonly timelock?: Address | undefined
  readonly functionsAdapter?: Address | undefined
  /** Markets beside this one whose signatures the slasher believes: those this one replaced. */
  readonly otherMarkets?: readonly Address[] | undefined
  /** Slashers beside this one: those it replaced, which go on slashing for the markets they believe. */
  readonly otherSlashers?: readonly Address[] | undefined
  /** Other ways to ask, beside the market; a network may do without each. */
  readonly periphery?:
    | {
        readonly recurringRequests?: Address | undefined
        readonly signedRequests?: Address | undefined
        readonly resultStore?: Address | undefined
      }
    | undefined
  /** The first block worth reading. */
  readonly fromBlock: bigint
}
