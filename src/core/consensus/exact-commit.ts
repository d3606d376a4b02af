/**
 * *exact* with a commitment before every result: all run the function, say that they have a result, and show it only to those
 * who said so too (EXC-1 to EXC-5).
 *
 *   execute --> commitment to all --Q commitments and a grace period--> reveal to those who committed --Q alike--> decided
 *
 * A member that did not run the function has nothing to commit to until the results are out, and what it commits to then is
 * revealed to too few: whoever copies is late. It is safe as the tally of *exact* is: two quorums share an honest member, and an honest member
 * attests one root.
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import { keccak, tagHash } from '../../crypto/hash.ts'
import type { Digest } from '../../protocol/types.ts'
import type { SignedOutcome } from '../request/attestation.ts'
import {
  type Attestations,
  attestationsIn,
  countAttestation,
  decisionIn,
  isDecision,
  NO_ATTESTATIONS,
  withSeals,
} from './attestations.ts'
import {
  type ConsensusContext,
  type ConsensusCore,
  type ConsensusEffect,
  type ConsensusEvent,
  type Decision,
  others,
  type Proposal,
} from './core.ts'

/** All of *exact* signs this view (QC-3). */
const VIEW = 0
const RESEND_FACTOR_MAX = 64
const COMMITMENT_TAG = fromHex(tagHash('dikast.commitment.v1'))
const BLINDING_TAG = fromHex(tagHash('dikast.blinding.v1'))

export interface ExactRecord {
  /** What its own run gave: committed to, and nothing else is ever attested. */
  readonly executed: Proposal | undefined
  readonly decision: Decision | undefined
}

export type ExactMessage =
  | { readonly type: 'commit'; readonly commitment: Digest }
  /** Opens the sender's commitment, of whoever has committed. */
  | { readonly type: 'reveal'; readonly blinding: Digest; readonly message: SignedOutcome }
  | { readonly type: 'decision'; readonly decision: Decision }

export interface ExactCommitState {
  readonly record: ExactRecord
  readonly isExecuting: boolean
  /** Of each seat its first. */
  readonly commitments: ReadonlyMap<number, Digest>
  readonly attestations: Attestations
  /** A quorum has committed; results are shown from here on. */
  readonly revealAtMs: number | undefined
  /** This member's own, once it may be shown. */
  readonly own: SignedOutcome | undefined
  readonly shownTo: ReadonlySet<number>
  readonly resendAtMs: number
  readonly resendMs: number
}

export interface ExactTiming {
  /** Milliseconds to wait for other commitments once a quorum has committed. */
  readonly graceMs: number
}

type Effect = ConsensusEffect<ExactRecord, ExactMessage>
export type ExactCommitCore = ConsensusCore<ExactCommitState, ExactRecord, ExactMessage>

interface Turn {
  readonly context: ConsensusContext
  readonly graceMs: number
  readonly nowMs: number
  state: ExactCommitState
  readonly effects: Effect[]
}

/** EXC-1: unknown to others until it is shown, and the same after a restart. */
export function blindingOf(context: ConsensusContext): Digest {
  const known = blindings.get(context)
  if (known !== undefined) return known
  const signature = context.sign(toHex(keccak(concat(BLINDING_TAG, placeOf(context)))))
  const blinding = toHex(keccak(fromHex(signature)))
  blindings.set(context, blinding)
  return blinding
}

/** A signature costs a millisecond, and each message needs this one. */
const blindings = new WeakMap<ConsensusContext, Digest>()

/** EXC-1. The seat stands for the attestor: a commitment of one is none of another. */
export function commitmentOf(
  context: ConsensusContext,
  seat: number,
  root: Digest,
  blinding: Digest,
): Digest {
  const of = concat(toBytesBE(BigInt(seat), 2), fromHex(root, 'root', 32), fromHex(blinding, 'blinding', 32))
  return toHex(keccak(concat(COMMITMENT_TAG, placeOf(context), of)))
}

export function exactCommit({ graceMs }: ExactTiming): ExactCommitCore {
  const turnOf = (context: ConsensusContext, state: ExactCommitState, nowMs: number): Turn => ({
    context,
    graceMs,
    nowMs,
    state,
    effects: [],
  })
  const enter = (context: ConsensusContext, record: ExactRecord, nowMs: number) => {
    const turn = turnOf(context, stateOf(context, record, nowMs), nowMs)
    const { decision } = record
    if (decision !== undefined)
      turn.effects.push({ type: 'decided', view: decision.view, root: decision.root })
    commit(turn)
    settle(turn)
    return { state: turn.state, effects: turn.effects }
  }
  return {
    open: (context, nowMs) => enter(context, { executed: undefined, decision: undefined }, nowMs),
    restore: enter,
    step: (context, state, event) => {
      const turn = turnOf(context, state, event.nowMs)
      take(turn, event)
      settle(turn)
      return { state: turn.state, effects: turn.effects }
    },
    decision: decisionOf,
    wakeAtMs: ({ record, revealAtMs, own, resendAtMs, isExecuting }) => {
      const isDue = record.executed !== undefined && own === undefined && revealAtMs !== undefined
      // What was asked for is asked for again with whatever else may have been lost, and not all the time.
      const toReveal = isDue ? (isExecuting ? resendAtMs : revealAtMs) : undefined
      if (record.decision !== undefined) return toReveal
      return Math.min(toReveal ?? Number.POSITIVE_INFINITY, resendAtMs)
    },
  }
}

function stateOf({ timing }: ConsensusContext, record: ExactRecord, nowMs: number): ExactCommitState {
  return {
    record,
    isExecuting: false,
    commitments: new Map(),
    attestations: NO_ATTESTATIONS,
    revealAtMs: undefined,
    own: undefined,
    shownTo: new Set(),
    resendAtMs: nowMs + timing.resendMs,
    resendMs: timing.resendMs,
  }
}

function decisionOf({ record, attestations }: ExactCommitState): Decision | undefined {
  return record.decision && withSeals(record.decision, attestations)
}

function take(turn: Turn, event: ConsensusEvent<ExactMessage>): void {
  if (event.type === 'tick') resend(turn)
  else if (event.type === 'executed') onExecuted(turn, event.proposal)
  else if (event.type === 'attested') onAttested(turn, event.message)
  else if (event.type === 'message') onMessage(turn, event.from, event.message)
}

/** Runs what was not run, and shows what may be shown. */
function settle(turn: Turn): void {
  const { context, state, nowMs, graceMs } = turn
  const { executed } = state.record
  if (executed === undefined) {
    if (state.isExecuting || state.record.decision !== undefined) return
    change(turn, { isExecuting: true })
    turn.effects.push({ type: 'execute' })
    return
  }
  const { size } = state.commitments
  if (size < context.quorum) return
  const all = size === context.committeeSize
  const revealAtMs = all ? nowMs : (state.revealAtMs ?? nowMs + graceMs)
  if (revealAtMs !== state.revealAtMs) change(turn, { revealAtMs })
  if (nowMs < revealAtMs) return
  if (state.own === undefined) {
    if (state.isExecuting) return
    // Until it is on disk, which is asked for again with whatever else may have been lost.
    change(turn, { isExecuting: true })
    turn.effects.push({ type: 'attest', view: VIEW, proposal: executed })
    return
  }
  const { shownTo } = turn.state
  show(
    turn,
    [...state.commitments.keys()].filter((seat) => seat !== context.seat && !shownTo.has(seat)),
  )
}

function onExecuted(turn: Turn, proposal: Proposal): void {
  const { context, state } = turn
  change(turn, { isExecuting: false })
  if (state.record.executed !== undefined || context.rootOf(proposal.outcome) === undefined) return
  if (!context.isBacked(proposal)) return
  note(turn, { executed: proposal })
  turn.effects.push({ type: 'persist', record: turn.state.record })
  commit(turn)
}

/** Says that it has a result. */
function commit(turn: Turn): void {
  const { context, state } = turn
  const { executed } = state.record
  const root = executed && context.rootOf(executed.outcome)
  if (root === undefined) return
  const commitment = commitmentOf(context, context.seat, root, blindingOf(context))
  change(turn, { commitments: new Map(state.commitments).set(context.seat, commitment) })
  send(turn, others(context), { type: 'commit', commitment })
}

function show(turn: Turn, to: readonly number[]): void {
  const { context, state } = turn
  if (state.own === undefined || to.length === 0) return
  change(turn, { shownTo: new Set([...state.shownTo, ...to]) })
  send(turn, to, { type: 'reveal', blinding: blindingOf(context), message: state.own })
}

function onMessage(turn: Turn, from: number, message: ExactMessage): void {
  const { context, state } = turn
  if (!Number.isSafeInteger(from) || from < 0 || from >= context.committeeSize || from === context.seat)
    return
  switch (message.type) {
    case 'commit': {
      const known = state.commitments.get(from)
      if (known === undefined) {
        if (/^0x[0-9a-f]{64}$/.test(message.commitment))
          change(turn, { commitments: new Map(state.commitments).set(from, message.commitment) })
      } else if (known === message.commitment) answer(turn, from)
      break
    }
    case 'reveal':
      onReveal(turn, from, message.blinding, message.message)
      break
    case 'decision':
      onDecision(turn, message.decision)
      break
  }
}

/** Whoever commits again lacks something. */
function answer(turn: Turn, seat: number): void {
  const { context, state } = turn
  const { decision } = state.record
  if (decision !== undefined) {
    const seals = decisionOf(state)?.seals.slice(0, context.quorum) ?? decision.seals
    send(turn, [seat], { type: 'decision', decision: { ...decision, seals } })
  }
  if (state.shownTo.has(seat)) show(turn, [seat])
}

/** Counts when it opens what its seat committed to. */
function onReveal(turn: Turn, from: number, blinding: Digest, message: SignedOutcome): void {
  const { context, state } = turn
  const commitment = state.commitments.get(from)
  const root = context.rootOf(message)
  if (message.view !== VIEW || commitment === undefined || root === undefined) return
  if (!/^0x[0-9a-f]{64}$/.test(blinding) || commitmentOf(context, from, root, blinding) !== commitment) return
  count(turn, from, message)
}

function onAttested(turn: Turn, message: SignedOutcome): void {
  const { context, state } = turn
  change(turn, { isExecuting: false })
  const root = state.record.executed && context.rootOf(state.record.executed.outcome)
  if (message.view !== VIEW || root === undefined || context.rootOf(message) !== root) return
  change(turn, { own: message })
  count(turn, context.seat, message)
}

function count(turn: Turn, seat: number, message: SignedOutcome): void {
  const { context, state } = turn
  const counted = countAttestation(context, state.attestations, seat, message)
  if (counted.type !== 'counted' && counted.type !== 'equivocation') return
  change(turn, { attestations: counted.attestations })
  if (counted.type === 'equivocation') {
    const { first, second } = counted
    turn.effects.push({ type: 'evidence', seat, first, second })
    return
  }
  const decision = decisionIn(context, counted.attestations, VIEW)
  if (decision !== undefined) decide(turn, decision)
}

function onDecision(turn: Turn, decision: Decision): void {
  const { context, state } = turn
  if (state.record.decision !== undefined || decision.view !== VIEW || !isDecision(context, decision)) return
  decide(turn, decision)
  for (const { seat, message } of attestationsIn(context, decision))
    if (seat !== context.seat) count(turn, seat, message)
}

function decide(turn: Turn, decision: Decision): void {
  if (turn.state.record.decision !== undefined) return
  note(turn, { decision })
  turn.effects.push({ type: 'persist', record: turn.state.record })
  turn.effects.push({ type: 'decided', view: decision.view, root: decision.root })
}

/** Says again what the others may lack, and asks again for what was not answered. */
function resend(turn: Turn): void {
  const { context, state, nowMs } = turn
  if (nowMs < state.resendAtMs) return
  const resendMs = Math.min(state.resendMs * 2, context.timing.resendMs * RESEND_FACTOR_MAX)
  change(turn, { resendMs, resendAtMs: nowMs + resendMs, isExecuting: false })
  if (state.record.decision !== undefined) return
  commit(turn)
  const silent = [...state.shownTo].filter((seat) => !state.attestations.bySeat.has(seat))
  show(turn, silent)
}

function change(turn: Turn, changed: Partial<ExactCommitState>): void {
  turn.state = { ...turn.state, ...changed }
}

/** Changes the record. Nothing that shows the change may be sent before it is persisted. */
function note(turn: Turn, changed: Partial<ExactRecord>): void {
  change(turn, { record: { ...turn.state.record, ...changed } })
}

function send(turn: Turn, to: readonly number[], message: ExactMessage): void {
  if (to.length > 0) turn.effects.push({ type: 'send', to, message })
}

function placeOf({ instance: { requestId, attempt, round } }: ConsensusContext): Uint8Array {
  return concat(fromHex(requestId, 'requestId', 32), toBytesBE(BigInt(attempt), 1), toBytesBE(round, 8))
}
