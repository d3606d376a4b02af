/**
 * What an audit reads: logs and state any RPC node serves. All of it is hostile until a step has checked it.
 * @module
 */
import type {
  Address,
  Attempt,
  Certified,
  Digest,
  Fulfillment,
  FunctionId,
  Hash,
  Hex,
  Request,
  RequestId,
  StandingCommittee,
} from '../../protocol/types.ts'

export interface AuditEvidence {
  readonly chainId: number
  readonly market: Address
  /** The id that was asked about. */
  readonly requestId: RequestId
  readonly submitted: {
    readonly request: Request
    readonly escrow: bigint
    /** What the escrow and its limit on the price of gas became, if its requester added to it. */
    readonly toppedUp?: { readonly escrow: bigint; readonly maxFeePerGas: bigint } | undefined
    /** Seconds since 1970 of the block that holds it. */
    readonly time: bigint
  }
  /** The beacon the auditor trusts: pinned by the network file, not told by the chain. */
  readonly beacon: BeaconParameters
  /** What the beacon registry verifies against. */
  readonly registeredBeacon: Omit<BeaconParameters, 'publicKey'> & {
    /** As the registry holds it: 256 bytes of EIP-2537, whatever they are. */
    readonly publicKey: Hex
  }
  readonly snapshot: {
    /** What the node registry says of the request's epoch. Undefined when it was never sealed. */
    readonly sealed: { readonly blob: Address; readonly sealedAt: bigint } | undefined
    /** The code at the request's snapshot address. */
    readonly code: Hex
    /** And at the addresses it names, in that order. */
    readonly parts: readonly Hex[]
    /** Stakes at the epoch's first second of the nodes that were live then, from the registry's logs, in wei. */
    readonly stakes: ReadonlyMap<Address, bigint>
    readonly stakeMin: bigint
  }
  readonly fees: FeeConstants
  /** Of a network with BLS certificates: which verifier takes them, and the nodes' keys (48 bytes) by attestor in lower case. */
  readonly bls?: { readonly verifier: Address; readonly keys: ReadonlyMap<string, Hex> } | undefined
  /** Of a circuit's request. */
  readonly proof?: ProofEvidence | undefined
  /** Of a circuit that proves what a standing committee observed. */
  readonly observers?: ObserversEvidence | undefined
  /** The certificate the market took, if it took one: it settled the request, or may be challenged before it does. */
  readonly fulfilled: FulfilledEvidence | undefined
  /** Of a certificate that may be challenged, or might have been. */
  readonly finality?: FinalityEvidence | undefined
}

export interface ProofEvidence {
  /** At the request's verifier: the key's contract, if it is one. */
  readonly code: Hex
  /** Which contract the network's proof system has for the key in that code. */
  readonly registered: Address | undefined
  /** Whom a settlement after the last attempt's window paid; undefined for the node that was drawn. */
  readonly openPayee: Address | undefined
  readonly gasPerProof: bigint
  readonly gasPerProvenByte: bigint
}

/** A standing committee, as the contract it stands in and the registries say. Undefined is what they do not say. */
export interface ObserversEvidence {
  /** The function its members run. */
  readonly functionId: FunctionId
  /** Of the circuit's constraints, as its function names them. */
  readonly constraints: Hash
  /** Where such committees stand in this network; undefined where the network file names nothing. */
  readonly registry: Address | undefined
  /** Whose key root the request names, if it ever counted. */
  readonly committee: StandingCommittee | undefined
  readonly leadSeconds: bigint
  readonly sealed: { readonly blob: Address; readonly sealedAt: bigint } | undefined
  /** The code of that snapshot, and of the parts it names. */
  readonly code: Hex
  readonly parts: readonly Hex[]
  /** The round that draws the epoch's committees. */
  readonly round: PostedRound | undefined
}

export interface BeaconParameters {
  /** 96-byte compressed G2 key. */
  readonly publicKey: Hex
  readonly genesisTime: bigint
  readonly periodSeconds: bigint
}

/** The market's own constants (FEE-4). */
export interface FeeConstants {
  readonly gasBase: bigint
  readonly gasPerSignature: bigint
  readonly gasPerByte: bigint
  readonly tipMax: bigint
  /** What says how much a submitter is reimbursed for data beside; undefined on a chain without such a fee. */
  readonly dataFee: Address | undefined
}

export interface FulfilledEvidence {
  readonly fulfillment: Fulfillment
  /** The report digests its certificate is over, when these are several. */
  readonly batch?: readonly Digest[] | undefined
  /** Undefined when it may be challenged: it pays when it is final (`FinalityEvidence`). */
  readonly payment: PaymentEvidence | undefined
  readonly time: bigint
  readonly baseFeePerGas: bigint
  /** The round that drew the committee. Undefined when it was never posted. */
  readonly round: PostedRound | undefined
  /** The committee as the market computes it: snapshot indices in the order drawn. Undefined when it computes none. */
  readonly committee: readonly number[] | undefined
}

/** In wei. */
export interface PaymentEvidence {
  readonly perSeat: bigint
  readonly pool: bigint
  readonly submitter: bigint
  readonly refund: bigint
}

/** What became of a certificate that may be challenged (CHA-1). */
export interface FinalityEvidence {
  /** As the market logged it, beside the output and the certificate. */
  readonly certified: Certified
  /** Of the log that says so. */
  readonly submitter: Address
  /** Of the block all of this was read as of: what is not there did not happen before. */
  readonly readTime: bigint
  readonly challenge?: ChallengeEvidence | undefined
  /** How it was settled. */
  readonly final?: FinalEvidence | undefined
  /** What came back of the escrow when it was not. */
  readonly expired?:
    | {
        readonly refund: bigint
        readonly bounty: bigint
        readonly time: bigint
        readonly baseFeePerGas: bigint
      }
    | undefined
}

export const VERDICTS = ['none', 'pending', 'upheld', 'overturned', 'undecided'] as const
/** As the contracts number them. */
export type Verdict = (typeof VERDICTS)[number]

export interface FinalEvidence {
  readonly verdict: Verdict
  readonly payment: PaymentEvidence
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Hex
  readonly time: bigint
  readonly baseFeePerGas: bigint
}

/** A challenge as the court logged it. */
export interface ChallengeEvidence {
  readonly challenger: Address
  readonly bond: bigint
  readonly window: Attempt
  readonly time: bigint
  /** The round that drew the larger committee, if it was posted. */
  readonly round: PostedRound | undefined
  /** That committee as the court computes it. Undefined when it computes none. */
  readonly committee: readonly number[] | undefined
  readonly resolved?: ResolvedEvidence | undefined
  /** Ended without a verdict. */
  readonly closed?: { readonly burned: bigint; readonly returned: bigint; readonly time: bigint } | undefined
}

export interface ResolvedEvidence {
  readonly verdict: Verdict
  readonly resolver: Address
  readonly perSeat: bigint
  readonly unsignedPay: bigint
  readonly reimbursement: bigint
  readonly fulfillment: Fulfillment
  /** What the court credited in the market beside the committee's shares, in that order. */
  readonly deposits: readonly { readonly account: Address; readonly amount: bigint }[]
  readonly time: bigint
  readonly baseFeePerGas: bigint
}

/** As the registry emitted it. */
export interface PostedRound {
  readonly round: bigint
  readonly randomness: Digest
  /** 128 bytes of EIP-2537, whatever they are. */
  readonly signature: Hex
}

export const AUDIT_STEPS = [
  'request',
  'round',
  'beacon',
  'snapshot',
  'committee',
  'observers',
  'proof',
  'output',
  'attestations',
  'certificate',
  'certified',
  'challenge',
  'finality',
  'payment',
] as const
export type AuditStepId = (typeof AUDIT_STEPS)[number]

export interface AuditStep {
  readonly id: AuditStepId | 'reexecution'
  /**
   * `pending`: nothing is wrong so far, and it is not decided yet. `skipped`: not checked, since a step it builds on failed,
   * or the means are missing (re-execution alone).
   */
  readonly verdict: 'passed' | 'failed' | 'pending' | 'skipped'
  readonly detail: string
}
