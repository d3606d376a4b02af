/**
 * What every consensus core is to its driver, and the driver to it: `step(context, state, event) -> { state, effects }`.
 *
 * A core decides on one report for one attempt of one request. It is pure: no clock, no I/O, no randomness. The driver
 * performs the effects of a step in their order, and none after a `persist` before that record is on disk; whatever a crash
 * loses is therefore something nobody was told. Every effect may be asked for again, and is safe to perform again.
 *
 * What members sign for the chain is FMT-4's leaf, whatever the core: Q attestations of one view are the certificate.
 * @module
 */
import type { Digest, Hex, RequestId } from '../../protocol/types.ts'
import type { Outcome, SignedOutcome } from '../request/attestation.ts'
import type { Observation } from './aggregate/observation.ts'

/** Bound into every digest a core signs, so that no message of one instance counts in another. */
export interface Instance {
  readonly requestId: RequestId
  readonly attempt: number
  /** Of the attempt: a challenge that a reorganisation moved is heard by another committee. */
  readonly round: bigint
}

/** What is agreed on, by the root of its report; `evidence` is what the report's evidence hash is of. */
export interface Proposal {
  readonly outcome: Outcome
  readonly evidence: Uint8Array
}

/** What a step may look up besides its state: the same in every step of an instance. Its functions are deterministic. */
export interface ConsensusContext {
  readonly instance: Instance
  readonly committeeSize: number
  /** Q of QC-1. */
  readonly quorum: number
  /** f of QC-1. */
  readonly faults: number
  /** This member's. */
  readonly seat: number
  readonly timing: {
    /** How long the first view may take, runs included; doubled with each view. */
    readonly viewMs: number
    /** The first pause before what may have been lost is sent again. */
    readonly resendMs: number
  }
  leaderOf(view: number): number
  /** With the attestation key, but never a leaf: those are signed by whoever performs `attest`. */
  sign(digest: Digest): Hex
  verify(seat: number, digest: Digest, signature: Hex): boolean
  /** Present where certificates are BLS aggregates: every attestation then needs a share that passes. */
  verifyShare?(seat: number, digest: Digest, share: Hex | undefined): boolean
  /** The root of the report (FMT-5); undefined when the outcome breaks a bound of its request. */
  rootOf(outcome: Outcome): Digest | undefined
  /** Whether the evidence is within its bound and hashes to what the outcome says. */
  isBacked(proposal: Proposal): boolean
  /** What members sign (FMT-4). */
  leafDigest(view: number, root: Digest): Digest
}

export type ConsensusEvent<Message> = { readonly nowMs: number } & (
  | { readonly type: 'tick' }
  /** `from` is the seat of the peer that sent it, as its authenticated connection says. */
  | { readonly type: 'message'; readonly from: number; readonly message: Message }
  /** Answers `execute`. */
  | { readonly type: 'executed'; readonly proposal: Proposal }
  /** Answers `validate`. */
  | { readonly type: 'validated'; readonly root: Digest; readonly valid: boolean }
  /** Answers `attest`: the leaf is signed, and on this node's disk. */
  | { readonly type: 'attested'; readonly message: SignedOutcome }
  /** Answers `combine`. Without a result the node could not run it, which says nothing of the function. */
  | { readonly type: 'combined'; readonly of: Digest; readonly result: Combined | undefined }
)

/** What the function's own `aggregate` gave: a deterministic function of what it was given. */
export interface Combined {
  readonly exit: number
  readonly output: Uint8Array
}

export type ConsensusEffect<Saved, Message> =
  /** On disk before any effect after it. Takes the place of the record before. */
  | { readonly type: 'persist'; readonly record: Saved }
  | { readonly type: 'send'; readonly to: readonly number[]; readonly message: Message }
  /** Run the function. */
  | { readonly type: 'execute' }
  /** Tell whether another's proposal is acceptable: by the function's own `validate`, or by running it. */
  | { readonly type: 'validate'; readonly root: Digest; readonly proposal: Proposal }
  /** Run the function's exported `aggregate` on `input` (AGG-7); `of` names the observations it is made of. */
  | { readonly type: 'combine'; readonly of: Digest; readonly input: Uint8Array }
  /** Sign the leaf of this outcome in this view, once its evidence is kept: a member serves what it attested. */
  | { readonly type: 'attest'; readonly view: number; readonly proposal: Proposal }
  /** `Core.decision` has the certificate. */
  | { readonly type: 'decided'; readonly view: number; readonly root: Digest }
  /** A seat attested two roots in one view. Once a seat. */
  | {
      readonly type: 'evidence'
      readonly seat: number
      readonly first: SignedOutcome
      readonly second: SignedOutcome
    }
  /** A seat signed two observations of one attempt. Once a seat, and for logs: no contract takes it for a fault. */
  | {
      readonly type: 'contradiction'
      readonly seat: number
      readonly first: Observation
      readonly second: Observation
    }

export interface ConsensusStep<State, Saved, Message> {
  readonly state: State
  readonly effects: readonly ConsensusEffect<Saved, Message>[]
}

/** A seat's signature of a leaf, and its part of an aggregate where certificates are aggregates. */
export interface SeatSeal {
  readonly seat: number
  readonly signature: Hex
  readonly share?: Hex | undefined
}

/** A report that is final, and why: attestations of one view by a quorum. */
export interface Decision {
  readonly view: number
  readonly root: Digest
  readonly outcome: Outcome
  /** In ascending order of seat: Q of them, and more as they come in. */
  readonly seals: readonly SeatSeal[]
}

/** One protocol. `Saved` is what a member must not forget, `Message` what members tell one another. */
export interface ConsensusCore<State, Saved, Message> {
  open(context: ConsensusContext, nowMs: number): ConsensusStep<State, Saved, Message>
  /** Goes on from the last record on disk, and never contradicts what was sent before. */
  restore(context: ConsensusContext, record: Saved, nowMs: number): ConsensusStep<State, Saved, Message>
  /** Advances by one event. Pure: the same arguments always give the same step. */
  step(
    context: ConsensusContext,
    state: State,
    event: ConsensusEvent<Message>,
  ): ConsensusStep<State, Saved, Message>
  decision(state: State): Decision | undefined
  /** When a tick can first change anything; undefined while none can. */
  wakeAtMs(state: State): number | undefined
}

/** Every seat but this member's, in ascending order. */
export function others({
  committeeSize,
  seat,
}: Pick<ConsensusContext, 'committeeSize' | 'seat'>): readonly number[] {
  return Array.from({ length: committeeSize }, (_, other) => other).filter((other) => other !== seat)
}
