/**
 * The data of the request machine: its state, inputs and effects.
 * @module
 */
import type { SigningDomain } from '../../crypto/eip712.ts'
import type {
  Address,
  Attempt,
  Certified,
  Digest,
  Fulfillment,
  Hex,
  Request,
  RequestId,
  Snapshot,
} from '../../protocol/types.ts'
import type { BlsScheme } from '../bls-certificate.ts'
import type { Attestations } from '../consensus/attestations.ts'
import type { Decision } from '../consensus/core.ts'
import type { DropReason, Outcome, SignedOutcome } from './attestation.ts'

/** How this process takes part. */
export interface Role {
  /** The attestation key's address; undefined in a coordinator. */
  readonly attestor: Address | undefined
  /** Milliseconds a member waits before it does a coordinator's work, plus `standInStepMs` for each seat before its own. */
  readonly standInMs: number
  readonly standInStepMs: number
  /** Milliseconds to wait after a quorum for the remaining signatures. */
  readonly graceMs: number
  /** Milliseconds between repeats of an effect that has not shown on chain; doubles each time, up to 16 times this. */
  readonly repeatMs: number
}

export type Phase = 'submitted' | 'assigned' | 'collecting' | 'certified' | 'fulfilled' | 'expired'

export interface AttemptState {
  readonly randomness: Digest | undefined
  /** Attestors in the order drawn, once the round is known. */
  readonly committee: readonly Address[] | undefined
  /** Q of QC-1. */
  readonly quorum: number
  readonly attestations: Attestations
  /** What a quorum attested in one view: the certificate, with every seal of it so far. */
  readonly decision: Decision | undefined
  readonly certifiedAtMs: number | undefined
}

/** A circuit's outputs, and a proof of them that pays this node. */
export interface Proven {
  readonly output: Uint8Array
  readonly proof: Uint8Array
  /** It names this request and this node: nobody else can use it. */
  readonly isBound: boolean
}

/** What the chain says of a certified request with a challenge window, until it is final. */
export interface Finality {
  readonly certified: Certified
  /** What was certified. */
  readonly output: Hex
  /** When the larger committee hears the challenge, and the round that draws it. */
  readonly challenge: Attempt | undefined
  /** The challenge's result, which may be another. */
  readonly verdict: { readonly output: Hex } | undefined
}

export interface RequestState {
  readonly id: RequestId
  readonly request: Request
  readonly phase: Phase
  readonly attempts: readonly AttemptState[]
  /** Undefined before a certificate is on chain, and for ever without a challenge window. */
  readonly finality: Finality | undefined
  /** The larger committee's turn, attempt 255. */
  readonly hearing: AttemptState | undefined
  /** The function is to be run here: the consensus of an attempt asked for it. */
  readonly isRunWanted: boolean
  /** What this node's run gave; undefined until one ended well. The first result stands: it may have been signed. */
  readonly execution: Outcome | undefined
  /** Of a circuit function, instead: one proof serves every attempt this node is drawn in. */
  readonly proven: Proven | undefined
  /** Runs here that did not end in time. */
  readonly runsTimedOut: number
  /** This node does not run the function: its operator does not grant what it needs, or nobody can prove it. */
  readonly declined: boolean
  /** When an effect was last asked for, and how often: `submit:0`, `postRound:1:1234`, … A handful for each attempt. */
  readonly asked: ReadonlyMap<string, { readonly atMs: number; readonly times: number }>
}

export type Input = { readonly nowMs: number } & (
  | { readonly type: 'tick' }
  | { readonly type: 'round'; readonly round: bigint; readonly randomness: Digest }
  | { readonly type: 'runWanted' }
  | { readonly type: 'executed'; readonly outcome: Outcome }
  | { readonly type: 'proven'; readonly proven: Proven }
  | { readonly type: 'timedOut' }
  | { readonly type: 'declined' }
  | { readonly type: 'outcome'; readonly message: SignedOutcome }
  /** Certified, challenged or judged; undefined when a reorganisation undid it. */
  | { readonly type: 'finality'; readonly finality: Finality | undefined }
  | { readonly type: 'fulfilled' }
  | { readonly type: 'expired' }
)

export type Effect =
  /** `attempt` is the open request's whose round it is: who posts it is paid. Undefined when nobody pays. */
  | { readonly type: 'postRound'; readonly round: bigint; readonly attempt: number | undefined }
  | {
      readonly type: 'execute'
      readonly attempt: number
      readonly seed: Uint8Array
      readonly firstRound: bigint
      readonly closesAt: bigint
    }
  /** Prove the circuit: this node is the one who was drawn. */
  | { readonly type: 'prove'; readonly attempt: number; readonly closesAt: bigint }
  /** Take part in the attempt's consensus, if this node does not yet. */
  | { readonly type: 'join'; readonly seat: Seat }
  /** Send this node's part of the certificate to the coordinators; again until acknowledged. */
  | { readonly type: 'share'; readonly attempt: number }
  | { readonly type: 'submit'; readonly attempt: number; readonly fulfillment: Fulfillment }
  | { readonly type: 'expire' }
  /** Decides the challenge, with the larger committee's certificate. */
  | { readonly type: 'resolve'; readonly certified: Certified; readonly fulfillment: Fulfillment }
  | { readonly type: 'finalize'; readonly certified: Certified; readonly output: Hex }
  | {
      readonly type: 'equivocation'
      readonly attempt: number
      readonly seat: number
      readonly attestor: Address
      readonly first: SignedOutcome
      readonly second: SignedOutcome
    }

/** A member's place in the committee of one attempt, or of a challenge. */
export interface Seat {
  readonly attempt: number
  readonly round: bigint
  /** Attestors in the order drawn. */
  readonly committee: readonly Address[]
  /** Of each, in the snapshot. */
  readonly weights: readonly bigint[]
  /** This member's place there. */
  readonly place: number
  /** Of the committee (SEL-1). */
  readonly seed: Digest
  /** Seconds since 1970. */
  readonly closesAt: bigint
}

export interface Step {
  readonly state: RequestState
  readonly effects: readonly Effect[]
  /** The seat whose `outcome` counted. */
  readonly seat?: number
  /** Why an `outcome` did not count. */
  readonly dropped?: DropReason
}

/** What a step may look up besides its state: all immutable for a request. */
export interface Context {
  readonly domain: SigningDomain
  readonly snapshot: Snapshot
  readonly role: Role
  /** Of a network that has BLS certificates. Keys are for ever: what is known of them only grows. */
  readonly bls?: BlsScheme | undefined
}
