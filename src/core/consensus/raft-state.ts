/**
 * What a member of a Raft cluster knows: the record it must not forget, and what it may; and what members tell one another.
 *
 * One cluster agrees on one entry. All kept is bounded by the committee: of each seat one answer of the newest term.
 * @module
 */
import type { Digest } from '../../protocol/types.ts'
import type { SignedOutcome } from '../request/attestation.ts'
import { type Attestations, NO_ATTESTATIONS } from './attestations.ts'
import type { ConsensusContext, ConsensusEffect, Decision, Proposal } from './core.ts'

export interface Entry {
  /** In which its leader replicated it last. */
  readonly term: number
  readonly proposal: Proposal
  readonly root: Digest
}

/** On disk before anything it shows is sent. */
export interface RaftRecord {
  readonly term: number
  /** The seat this member voted for in `term`. */
  readonly votedFor: number | undefined
  readonly entry: Entry | undefined
  /** The newest term in which this member learned that its entry is committed. */
  readonly committed: number | undefined
  readonly decision: Decision | undefined
}

export type RaftMessage =
  /** `last` is the term of the sender's entry; 0 without one. A trial changes no term; a refusal tells the refusing member's. */
  | { readonly type: 'askVote'; readonly term: number; readonly last: number; readonly isTrial: boolean }
  | { readonly type: 'vote'; readonly term: number; readonly isTrial: boolean; readonly isGranted: boolean }
  /** Without an entry it says that its sender leads. */
  | { readonly type: 'append'; readonly term: number; readonly entry: Entry | undefined }
  | { readonly type: 'appended'; readonly term: number; readonly root: Digest | undefined }
  | { readonly type: 'commit'; readonly term: number; readonly root: Digest }
  | { readonly type: 'attestation'; readonly message: SignedOutcome }
  /** For who asks too late. */
  | { readonly type: 'decision'; readonly decision: Decision }

export interface RaftState {
  readonly record: RaftRecord
  readonly role: 'follower' | 'trial' | 'candidate' | 'leader'
  /** Of a trial, a candidacy or a leader's entry: the seats that agreed. */
  readonly agreed: ReadonlySet<number>
  /** When it last heard a leader of its term. */
  readonly heardAtMs: number | undefined
  /** What its own run gave, while it led. */
  readonly executed: { readonly proposal: Proposal; readonly root: Digest } | undefined
  readonly isExecuting: boolean
  readonly attestations: Attestations
  /** When it asks for votes unless a leader is heard. */
  readonly electionAtMs: number
  readonly resendAtMs: number
  readonly resendMs: number
  readonly toldAtMs: ReadonlyMap<number, number>
}

export type RaftEffect = ConsensusEffect<RaftRecord, RaftMessage>

/** What a vote hangs on. Each is what keeps two leaders from certifying two reports. */
export interface RaftRules {
  /** Whether a candidate with an entry of term `last` may lead one whose entry is of term `own` (section 5.4.1). */
  isRecent(last: number, own: number): boolean
  /** Whether a member that voted for `votedFor` in this term, or for nobody, may vote for `candidate` (section 5.2). */
  mayVote(votedFor: number | undefined, candidate: number): boolean
}

export const RAFT_RULES: RaftRules = {
  isRecent: (last, own) => last >= own,
  mayVote: (votedFor, candidate) => votedFor === undefined || votedFor === candidate,
}

/** One step under way. What it changes is replaced, never altered. */
export interface Turn {
  readonly context: ConsensusContext
  readonly rules: RaftRules
  readonly nowMs: number
  state: RaftState
  readonly effects: RaftEffect[]
}

export const FIRST_RECORD: RaftRecord = {
  term: 0,
  votedFor: undefined,
  entry: undefined,
  committed: undefined,
  decision: undefined,
}

/** The state of a member that knows its record and nothing else. */
export function stateOf(context: ConsensusContext, record: RaftRecord, nowMs: number): RaftState {
  const { resendMs } = context.timing
  return {
    record,
    role: 'follower',
    agreed: new Set(),
    heardAtMs: undefined,
    executed: undefined,
    isExecuting: false,
    attestations: NO_ATTESTATIONS,
    // The seat the beacon chose asks at once: nobody competes with it.
    electionAtMs:
      record.term === 0 && context.leaderOf(0) === context.seat
        ? nowMs
        : electionMs(context, record.term, nowMs),
    resendAtMs: nowMs + resendMs,
    resendMs,
    toldAtMs: new Map(),
  }
}

/**
 * A time-out for each seat and term that is no other seat's: in every term another rank asks first. Ranks are a whole resend
 * apart, so that who asks first is answered before the next one asks.
 */
export function electionMs(
  { timing, committeeSize, seat, leaderOf }: ConsensusContext,
  term: number,
  nowMs: number,
): number {
  const rank = (seat - leaderOf(term + 1) + committeeSize) % committeeSize
  return nowMs + timing.viewMs + rank * timing.resendMs
}

export function change(turn: Turn, changed: Partial<RaftState>): void {
  turn.state = { ...turn.state, ...changed }
}

/** Changes the record. Nothing that shows the change may be sent before `persist`. */
export function note(turn: Turn, changed: Partial<RaftRecord>): void {
  change(turn, { record: { ...turn.state.record, ...changed } })
}

export function persist(turn: Turn): void {
  turn.effects.push({ type: 'persist', record: turn.state.record })
}

export function send(turn: Turn, to: readonly number[], message: RaftMessage): void {
  if (to.length > 0) turn.effects.push({ type: 'send', to, message })
}

/** A majority; the quorum of this mode (QC-1). */
export function isMajority({ quorum }: ConsensusContext, agreed: ReadonlySet<number>): boolean {
  return agreed.size >= quorum
}
