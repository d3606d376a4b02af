/**
 * One request from submission to its end, as a pure step: `step(state, input) -> { state, effects }`.
 *
 * The same machine runs in nodes and in coordinators; what differs is `Role`. Time and randomness are inputs, effects are
 * data the runtime performs. Everything may come twice, late or in another order: an effect is keyed by request and
 * attempt and safe to repeat.
 *
 *   submitted --round--> assigned --own outcome or a vote--> collecting --quorum--> certified --chain--> fulfilled
 *        \________________________ deadline passed _______________________________________--chain--> expired
 *
 * Invariants: every `sign` effect of a request is for the one outcome this node computed; nothing is submitted outside its
 * attempt's window; a closed request has no effects. No effect is taken to have happened: each is asked for again until
 * its result comes in as an input, so that a lost job, a full queue or a failed write costs a delay and nothing else.
 * @module
 */
import { committeeSeed } from '../../crypto/seeds.ts'
import type { Digest, Request, RequestId } from '../../protocol/types.ts'
import { countVote, openExact, type SeatVote } from '../consensus/exact.ts'
import { quorumOf } from '../consensus/quorum.ts'
import { memberAt } from '../snapshot.ts'
import { selectCommittee } from '../sortition.ts'
import { checkOutcome, type DropReason, type SignedOutcome } from './attestation.ts'
import { settle } from './progress.ts'
import type { AttemptState, Context, Input, RequestState, Step } from './state.ts'

export function openRequest(id: RequestId, request: Request): RequestState {
  const quorum = quorumOf(request.consensus, request.committeeSize)
  const attempt: AttemptState = {
    randomness: undefined,
    committee: undefined,
    tally: openExact(quorum),
    outcomes: new Map(),
    certifiedAtMs: undefined,
    equivocators: new Set(),
  }
  return {
    id,
    request,
    phase: 'submitted',
    attempts: request.attempts.map(() => attempt),
    execution: undefined,
    runsTimedOut: 0,
    declined: false,
    asked: new Map(),
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
    case 'round':
      return settle(context, learnRound(context, state, input.round, input.randomness), input.nowMs)
    case 'executed':
      return settle(context, { ...state, execution: state.execution ?? input.outcome }, input.nowMs)
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

function learnRound(context: Context, state: RequestState, round: bigint, randomness: Digest): RequestState {
  const { domain, snapshot } = context
  const { request } = state
  const attempts = state.attempts.map((attempt, index): AttemptState => {
    if (request.attempts[index]?.round !== round || attempt.committee !== undefined) return attempt
    const { functionId, epoch, committeeSize } = request
    const draw = {
      chainId: domain.chainId,
      market: domain.contract,
      functionId,
      epoch,
      round,
      attempt: index,
      randomness,
    }
    const indices = selectCommittee(committeeSeed(draw), snapshot, committeeSize)
    return { ...attempt, randomness, committee: indices.map((i) => memberAt(snapshot, i).attestor) }
  })
  const assigned = attempts.some(({ committee }) => committee !== undefined)
  return { ...state, attempts, phase: state.phase === 'submitted' && assigned ? 'assigned' : state.phase }
}

function countOutcome(context: Context, state: RequestState, message: SignedOutcome, nowMs: number): Step {
  const drop = (dropped: DropReason): Step => ({ state, effects: [], dropped })
  const attempt = state.attempts[message.attempt]
  const window = state.request.attempts[message.attempt]
  if (attempt === undefined || window === undefined) return drop('unknown-attempt')
  if (BigInt(Math.floor(nowMs / 1000)) >= window.closesAt) return drop('attempt-over')
  if (attempt.committee === undefined) return drop('committee-unknown')
  // A signature that counted is of no other report, so nothing needs to be recovered to know it again.
  for (const { signature } of attempt.tally.votes.values())
    if (signature === message.signature) return drop('duplicate')
  const checked = checkOutcome(context.domain, state.request, attempt.committee, message, context.bls)
  if ('dropped' in checked) return drop(checked.dropped)
  const { seat, root } = checked
  const counted = countVote(attempt.tally, seat, {
    root,
    signature: message.signature,
    ...(message.share !== undefined && { share: message.share }),
  })
  if (counted.type === 'duplicate') return drop('duplicate')
  if (counted.type === 'equivocation') return equivocate(state, message, seat, counted.first)
  const { exit, fuelUsed, output, evidenceHash } = message
  const next: AttemptState = {
    ...attempt,
    tally: counted.state,
    outcomes: new Map(attempt.outcomes).set(root, { exit, fuelUsed, output, evidenceHash }),
    certifiedAtMs: attempt.certifiedAtMs ?? (counted.certifiedRoot === undefined ? undefined : nowMs),
  }
  const certified = state.phase === 'certified' || next.certifiedAtMs !== undefined
  const attempts = state.attempts.with(message.attempt, next)
  const phase = certified ? 'certified' : 'collecting'
  return { ...settle(context, { ...state, attempts, phase }, nowMs), seat }
}

/** A seat signed two reports: its first vote stands, and the pair is handed out once. */
function equivocate(state: RequestState, second: SignedOutcome, seat: number, vote: SeatVote): Step {
  const attempt = state.attempts[second.attempt]
  const attestor = attempt?.committee?.[seat]
  const outcome = attempt?.outcomes.get(vote.root)
  const dropped = 'equivocation'
  if (
    attempt === undefined ||
    attestor === undefined ||
    outcome === undefined ||
    attempt.equivocators.has(seat)
  )
    return { state, effects: [], dropped }
  const { share: _, ...rest } = second
  const own = vote.share === undefined ? {} : { share: vote.share }
  const first: SignedOutcome = { ...rest, ...outcome, signature: vote.signature, ...own }
  const marked = { ...attempt, equivocators: new Set(attempt.equivocators).add(seat) }
  return {
    state: { ...state, attempts: state.attempts.with(second.attempt, marked) },
    effects: [{ type: 'equivocation', attempt: second.attempt, seat, attestor, first, second }],
    dropped,
  }
}
