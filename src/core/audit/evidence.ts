/**
 * What an audit reads: logs and state any RPC node serves. All of it is hostile until a step has checked it.
 * @module
 */
import type { Address, Digest, Fulfillment, Hex, Request, RequestId } from '../../protocol/types.ts'

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
  /** Undefined when the request was not fulfilled. */
  readonly fulfilled: FulfilledEvidence | undefined
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
}

export interface FulfilledEvidence {
  readonly fulfillment: Fulfillment
  /** The report digests its certificate is over, when these are several. */
  readonly batch?: readonly Digest[] | undefined
  readonly payment: {
    readonly perSeat: bigint
    readonly pool: bigint
    readonly submitter: bigint
    readonly refund: bigint
  }
  readonly time: bigint
  readonly baseFeePerGas: bigint
  /** The round that drew the committee. Undefined when it was never posted. */
  readonly round: PostedRound | undefined
  /** The committee as the market computes it: snapshot indices in the order drawn. Undefined when it computes none. */
  readonly committee: readonly number[] | undefined
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
  'output',
  'attestations',
  'certificate',
  'payment',
] as const
export type AuditStepId = (typeof AUDIT_STEPS)[number]

export interface AuditStep {
  readonly id: AuditStepId | 'reexecution'
  /** `skipped`: not checked, since a step it builds on failed, or the means are missing (re-execution alone). */
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}
