/**
 * One request from submission to its end, as a pure step: `step(state, input) -> { state, effects }`.
 *
 * The same machine runs in nodes and in coordinators; what differs is `Role`. Time and randomness are inputs, effects are
 * data the runtime performs. Everything may come twice, late or in another order: an effect is keyed by request and
 * attempt and safe to repeat.
 *
 *   submitted --round--> assigned --an attestation--> collecting --quorum of one view--> certified --chain--> fulfilled
 *        \________________________ deadline passed _______________________________________--chain--> expired
 *
 * With a challenge window the certificate is on chain before that: until it is final a challenge may seat a larger committee,
 * which hears it as attempt 255 with the same steps.
 *
 * A circuit function's committee is one prover: what it proved it submits itself, for it is the one who is paid.
 *
 * How a committee agrees is not decided here: a member is asked to `join` its attempt's consensus, which says when to run the
 * function and what to attest; the attestations come back as inputs, like those of others.
 *
 * Invariants: nothing is submitted outside its attempt's window; a closed request has no effects. No effect is taken to have happened: each is asked for again until
 * its result comes in as an input, so that a lost job, a full queue or a failed write costs a delay and nothing else.
 * @module
 */
import { CHALLENGE_ATTEMPT } from '../../protocol/limits.ts'
import type { Digest, Request, RequestId } from '../../protocol/types.ts'
import { challengeSeats, selectChallengeCommittee } from '../challenge.ts'
import { decisionIn, keepAttestation, NO_ATTESTATIONS, withSeals } from '../consensus/attestations.ts'
import { quorumOf } from '../consensus/quorum.ts'
import { memberAt } from '../snapshot.ts'
import { selectCommittee } from '../sortition.ts'
import { checkOutcome, type DropReason, type SignedOutcome } from './attestation.ts'
import { settle } from './progress.ts'
import type { AttemptState, Context, Finality, Input, RequestState, Step } from './state.ts'
import { attemptOf, seedOf, windowOf, withAttempt } from './turn.ts'

export function openRequest(id: RequestId, request: Request): RequestState {
  const attempt = openAttempt(quorumOf(request.consensus, request.committeeSize))
  return {
    id,
    request,
    phase: 'submitted',
    attempts: request.attempts.map(() => attempt),
    finality: undefined,
    hearing: undefined,
    isRunWanted: false,
    execution: undefined,
    proven: undefined,
    runsTimedOut: 0,
    declined: false,
    asked: new Map(),
  }
}

function openAttempt(quorum: number): AttemptState {
  return {
    randomness: undefined,
    committee: undefined,
    quorum,
    attestations: NO_ATTESTATIONS,
    decision: undefined,
    certifiedAtMs: undefined,
  }
}

/** Advances a request by one input. Pure: the same arguments always give the same step. */
export function step(context: Context, state: RequestState, input: Input): Step {
  if (state.phase === 'fulfilled' || state.phase === 'expired') {
    return input.type === 'outcome'
      ? { state, effects: [], dropped: 'request-closed' }
      : { state, effects: [] }
  }
  switch (input.type) {
    case 'fulfilled':
    case 'expired':
      return { state: { ...state, phase: input.type }, effects: [] }
    case 'finality':
      return settle(context, learnFinality(state, input.finality), input.nowMs)
    case 'round':
      return settle(context, learnRound(context, state, input.round, input.randomness), input.nowMs)
    case 'runWanted':
      return settle(context, { ...state, isRunWanted: true }, input.nowMs)
    case 'executed':
      return settle(context, { ...state, execution: state.execution ?? input.outcome }, input.nowMs)
    case 'proven':
      return settle(context, { ...state, proven: state.proven ?? input.proven }, input.nowMs)
    case 'timedOut':
      return settle(context, { ...state, runsTimedOut: state.runsTimedOut + 1 }, input.nowMs)
    case 'declined':
      return settle(context, { ...state, declined: true }, input.nowMs)
    case 'outcome':
      return countOutcome(context, state, input.message, input.nowMs)
    case 'tick':
      return settle(context, state, input.nowMs)
  }
}

function learnFinality(state: RequestState, finality: Finality | undefined): RequestState {
  const { request } = state
  const round = finality?.challenge?.round
  if (round === undefined) return { ...state, finality, hearing: undefined }
  const isSame = state.hearing !== undefined && state.finality?.challenge?.round === round
  const quorum = quorumOf(request.consensus, challengeSeats(request.committeeSize))
  return { ...state, finality, hearing: isSame ? state.hearing : openAttempt(quorum) }
}

function learnRound(context: Context, state: RequestState, round: bigint, randomness: Digest): RequestState {
  const { snapshot } = context
  const { request } = state
  const attempts = state.attempts.map((attempt, index): AttemptState => {
    if (request.attempts[index]?.round !== round || attempt.committee !== undefined) return attempt
    const indices = selectCommittee(
      seedOf(context, request, index, round, randomness),
      snapshot,
      request.committeeSize,
    )
    return { ...attempt, randomness, committee: indices.map((i) => memberAt(snapshot, i).attestor) }
  })
  const assigned = attempts.some(({ committee }) => committee !== undefined)
  const seated = seatHearing(context, { ...state, attempts }, round, randomness)
  return { ...seated, phase: state.phase === 'submitted' && assigned ? 'assigned' : state.phase }
}

/** The larger committee needs two rounds: its own, and the one that drew those it leaves out. */
function seatHearing(context: Context, state: RequestState, round: bigint, randomness: Digest): RequestState {
  const { hearing, finality, request } = state
  if (hearing === undefined || finality?.challenge === undefined || hearing.committee !== undefined)
    return state
  const known = finality.challenge.round === round ? { ...hearing, randomness } : hearing
  const at = finality.certified.attempt
  const first = state.attempts[at]?.randomness
  const firstRound = request.attempts[at]?.round
  if (known.randomness === undefined || first === undefined || firstRound === undefined)
    return { ...state, hearing: known }
  const { snapshot } = context
  const { committeeSize } = request
  const members = selectCommittee(seedOf(context, request, at, firstRound, first), snapshot, committeeSize)
  const seed = seedOf(context, request, CHALLENGE_ATTEMPT, finality.challenge.round, known.randomness)
  const indices = selectChallengeCommittee(seed, snapshot, members)
  return {
    ...state,
    hearing: { ...known, committee: indices.map((i) => memberAt(snapshot, i).attestor) },
  }
}

function countOutcome(context: Context, state: RequestState, message: SignedOutcome, nowMs: number): Step {
  const drop = (dropped: DropReason): Step => ({ state, effects: [], dropped })
  // [QC-1] A proof needs no quorum: what anybody signs beside it is nothing.
  if (state.request.consensus === 'zk') return drop('nothing-to-sign')
  const attempt = attemptOf(state, message.attempt)
  const window = windowOf(state, message.attempt)
  if (attempt === undefined || window === undefined) return drop('unknown-attempt')
  if (BigInt(Math.floor(nowMs / 1000)) >= window.closesAt) return drop('attempt-over')
  if (attempt.committee === undefined) return drop('committee-unknown')
  // A signature that counted is of no other report, so nothing needs to be recovered to know it again.
  for (const kept of attempt.attestations.bySeat.values())
    if (kept.some((known) => known.message.signature === message.signature)) return drop('duplicate')
  const checked = checkOutcome(
    context.domain,
    state.request,
    attempt.committee,
    message,
    window.round,
    context.bls,
  )
  if ('dropped' in checked) return drop(checked.dropped)
  const { seat, root } = checked
  const counted = keepAttestation(attempt.attestations, seat, { message, root })
  if (counted.type === 'known')
    return drop(attempt.attestations.caught.has(seat) ? 'equivocation' : 'duplicate')
  const { attestations } = counted
  const attestor = attempt.committee[seat]
  if (counted.type === 'equivocation') {
    const next = withAttempt(state, message.attempt, { ...attempt, attestations })
    if (attestor === undefined) return drop('not-a-member')
    const { first, second } = counted
    const effect = { type: 'equivocation', attempt: message.attempt, seat, attestor, first, second } as const
    return { state: next, effects: [effect], dropped: 'equivocation' }
  }
  const decision =
    attempt.decision === undefined
      ? decisionIn(attempt, attestations, message.view)
      : withSeals(attempt.decision, attestations)
  const next: AttemptState = {
    ...attempt,
    attestations,
    decision,
    certifiedAtMs: attempt.certifiedAtMs ?? (decision === undefined ? undefined : nowMs),
  }
  const certified = state.phase === 'certified' || next.certifiedAtMs !== undefined
  const phase = certified ? 'certified' : 'collecting'
  return { ...settle(context, { ...withAttempt(state, message.attempt, next), phase }, nowMs), seat }
}
