/**
 * *aggregate*: every member runs the function once and signs what it saw; one report is made of a quorum's observations by a rule,
 * and pBFT agrees on it.
 *
 *   execute --> observation, on disk, to all --Q of them, and a grace period--> the leader proposes their report
 *   --> members check every signature and make the report again --> pBFT: prepare, attest, Q attestations of one view
 *
 * Safe as pBFT is (pbft.ts), whose cores this one drives: it answers pBFT's `execute` with the report of the observations it
 * holds, and its `validate` by making the report again. A leader that lies can leave observations out, as long as a quorum is left
 * (AGG-11); it can put none in that its seat did not sign. Live while the observations of honest members decide (AGG-5).
 * What a member was told from outside while it ran stays with it: the evidence of a report is observations.
 * @module
 */
import type { Digest } from '../../../protocol/types.ts'
import { areSeats } from '../attestations.ts'
import {
  type ConsensusContext,
  type ConsensusCore,
  type ConsensusEvent,
  type ConsensusStep,
  type Decision,
  others,
  type Proposal,
} from '../core.ts'
import { pbft } from '../pbft.ts'
import type { PbftMessage } from '../pbft-messages.ts'
import { INVALID_MESSAGES_MAX, type PbftRecord, type PbftState } from '../pbft-state.ts'
import { encodeCombineInput, reportOfCombined } from './custom.ts'
import { encodeEvidence, evidenceHashOf } from './evidence.ts'
import { AGGREGATE_RULES, type AggregateRules, isEvidence, observationsIn } from './examine.ts'
import { type Observation, sameObserved } from './observation.ts'
import { type AggregateReport, reportOfObservations } from './report.ts'
import {
  type AggregateMessage,
  type AggregateRecord,
  type AggregateState,
  type AggregateTurn,
  type Chosen,
  change,
  keepResult,
  type ObservationMessage,
  stateOf,
  wantsReport,
} from './state.ts'
import { type AggregateTerms, digestOfObserved, isWithinBounds, observedOf } from './terms.ts'

/** What was not answered is sent again after pauses that double up to this many times the first. */
const RESEND_FACTOR_MAX = 64

export type AggregateCore = ConsensusCore<AggregateState, AggregateRecord, AggregateMessage>
type PbftStep = ConsensusStep<PbftState, PbftRecord, PbftMessage>

/** Of one request. `isBacked` of the context is not asked: what evidence is here is AGG-3's. */
export function aggregateCore(terms: AggregateTerms): AggregateCore {
  return aggregateUnder(AGGREGATE_RULES, terms)
}

/** Under given rules: those of `AGGREGATE_RULES`, but for a test of what each is for. */
export function aggregateUnder(rules: AggregateRules, terms: AggregateTerms): AggregateCore {
  const enter = (context: ConsensusContext, record: AggregateRecord | undefined, nowMs: number) => {
    const inner = agreementContext(context, terms)
    const begun =
      record === undefined ? pbft.open(inner, nowMs) : pbft.restore(inner, record.agreement, nowMs)
    const observation = record && rules.remembered(record)
    const state = stateOf(context, observation, begun.state, nowMs)
    const turn: AggregateTurn = { context: inner, terms, rules, nowMs, state, effects: [] }
    agree(turn, begun)
    sendObservation(turn)
    settle(turn)
    return { state: turn.state, effects: turn.effects }
  }
  return {
    open: (context, nowMs) => enter(context, undefined, nowMs),
    restore: enter,
    step: (context, state, event) => {
      const inner = agreementContext(context, terms)
      const turn: AggregateTurn = {
        context: inner,
        terms,
        rules,
        nowMs: event.nowMs,
        state,
        effects: [],
      }
      take(turn, event)
      settle(turn)
      return { state: turn.state, effects: turn.effects }
    },
    decision: ({ agreement }) => pbft.decision(agreement),
    wakeAtMs: (state) => {
      const agreementAtMs = pbft.wakeAtMs(state.agreement)
      if (agreementAtMs === undefined) return undefined
      // Only a leader waits for the grace period, and it alone asks to be told of its end.
      const { graceEndsAtMs, isGraceOver, agreement } = state
      const isWaiting = !isGraceOver && agreement.isExecuting && agreement.executed === undefined
      const graceAtMs = isWaiting ? graceEndsAtMs : undefined
      return Math.min(agreementAtMs, state.resendAtMs, graceAtMs ?? Number.POSITIVE_INFINITY)
    },
  }
}

/** What pBFT is told: as this core is, but for what evidence is. */
function agreementContext(context: ConsensusContext, terms: AggregateTerms): ConsensusContext {
  return { ...context, isBacked: (proposal) => isEvidence(context, terms, proposal) }
}

function take(turn: AggregateTurn, event: ConsensusEvent<AggregateMessage>): void {
  const { state, nowMs } = turn
  switch (event.type) {
    case 'executed':
      onExecuted(turn, event.proposal)
      return
    case 'combined':
      // What was not asked for is not kept; a node that could not run it is asked again.
      if (state.results.has(event.of) && event.result !== undefined) keepResult(turn, event.of, event.result)
      return
    case 'validated':
      // This core looks at proposals itself: the driver was not asked.
      return
    case 'message':
      if (event.message.type === 'observation') onObservation(turn, event.from, event.message)
      else stepAgreement(turn, { ...event, message: event.message })
      return
    case 'tick':
      stepAgreement(turn, event)
      if (nowMs >= turn.state.resendAtMs) resend(turn)
      return
    case 'attested':
      stepAgreement(turn, event)
  }
}

/** Whatever the event was: what can be done now is done. */
function settle(turn: AggregateTurn): void {
  if (isDecided(turn)) return
  observe(turn)
  awaitOthers(turn)
  examine(turn)
  offer(turn)
}

// ---- pBFT beneath

function stepAgreement(turn: AggregateTurn, event: ConsensusEvent<PbftMessage>): void {
  agree(turn, pbft.step(turn.context, turn.state.agreement, event))
}

/** Takes a step of pBFT over. What it asks of its driver this core answers itself, when it can (`settle`). */
function agree(turn: AggregateTurn, { state: agreement, effects }: PbftStep): void {
  const isNewView = agreement.record.view !== turn.state.agreement.record.view
  change(turn, { agreement })
  if (isNewView) freshResend(turn)
  for (const effect of effects) {
    if (effect.type === 'persist') persist(turn, effect.record)
    else if (effect.type !== 'execute' && effect.type !== 'validate') turn.effects.push(effect)
  }
}

function persist({ state: { observation }, effects }: AggregateTurn, agreement: PbftRecord): void {
  effects.push({ type: 'persist', record: { observation, agreement } })
}

function isDecided({ state }: AggregateTurn): boolean {
  return state.agreement.record.decision !== undefined
}

// ---- observations

/** Runs the function once, again only when `resend` comes to it. */
function observe(turn: AggregateTurn): void {
  if (turn.state.observation !== undefined || turn.state.isExecuting) return
  change(turn, { isExecuting: true })
  turn.effects.push({ type: 'execute' })
}

/** Its first run is what it saw. On disk first, then told. */
function onExecuted(turn: AggregateTurn, { outcome }: Proposal): void {
  const { context, terms, state } = turn
  const observed = observedOf(terms, outcome)
  if (state.observation !== undefined || observed === undefined || isDecided(turn)) return
  const signature = context.sign(digestOfObserved(context, terms, observed))
  const observation: Observation = { ...observed, seat: context.seat, signature }
  change(turn, {
    observation,
    isExecuting: false,
    observations: new Map(state.observations).set(context.seat, observation),
  })
  persist(turn, state.agreement.record)
  sendObservation(turn)
}

function sendObservation({ context, state, effects }: AggregateTurn): void {
  if (state.observation === undefined || state.agreement.record.decision !== undefined) return
  const { exit, fuelUsed, output, signature } = state.observation
  const message: ObservationMessage = { type: 'observation', observed: { exit, fuelUsed, output }, signature }
  effects.push({ type: 'send', to: others(context), message })
}

/** Whoever sends again what is known lacks something: a decided member tells it the decision. */
function onObservation(turn: AggregateTurn, from: number, message: ObservationMessage): void {
  const { context, state, terms, rules } = turn
  if (!areSeats(context, [{ seat: from }]) || from === context.seat) return
  if ((state.agreement.invalid.get(from) ?? 0) >= INVALID_MESSAGES_MAX) return
  const { observed, signature } = message
  const { exit, fuelUsed, output } = observed
  const observation: Observation = { seat: from, exit, fuelUsed, output, signature }
  const known = state.observations.get(from)
  if (known !== undefined && (state.contradicted.has(from) || sameObserved(known, observation)))
    tellDecision(turn, from)
  else if (isWithinBounds(terms, observation) && rules.isSigned(context, terms, observation))
    keep(turn, observation)
  else blame(turn, from)
}

/** One that passed its checks. A seat's first stands; a second that differs is told of, once. */
function keep(turn: AggregateTurn, observation: Observation): void {
  const { observations, contradicted } = turn.state
  const { seat } = observation
  const first = observations.get(seat)
  if (first === undefined) {
    change(turn, { observations: new Map(observations).set(seat, observation) })
  } else if (!contradicted.has(seat) && !sameObserved(first, observation)) {
    change(turn, { contradicted: new Set(contradicted).add(seat) })
    turn.effects.push({ type: 'contradiction', seat, first, second: observation })
  }
}

/** The count is pBFT's: a seat is heard or not, whatever it talks of. */
function blame(turn: AggregateTurn, seat: number): void {
  const { agreement } = turn.state
  const invalid = new Map(agreement.invalid).set(seat, (agreement.invalid.get(seat) ?? 0) + 1)
  change(turn, { agreement: { ...agreement, invalid } })
}

function tellDecision(turn: AggregateTurn, seat: number): void {
  const { context, nowMs, state } = turn
  const decision: Decision | undefined = pbft.decision(state.agreement)
  const toldAtMs = state.toldAtMs.get(seat)
  if (decision === undefined) return
  if (toldAtMs !== undefined && nowMs < toldAtMs + context.timing.resendMs) return
  change(turn, { toldAtMs: new Map(state.toldAtMs).set(seat, nowMs) })
  const seals = decision.seals.slice(0, context.quorum)
  turn.effects.push({
    type: 'send',
    to: [seat],
    message: { type: 'decision', decision: { ...decision, seals } },
  })
}

// ---- from observations to a report

/** A leader waits for more than a quorum, for a while. */
function awaitOthers(turn: AggregateTurn): void {
  const { context, terms, state, nowMs } = turn
  const { size } = state.observations
  if (state.isGraceOver || size < context.quorum) return
  const graceEndsAtMs = state.graceEndsAtMs ?? nowMs + terms.graceMs
  change(turn, { graceEndsAtMs, isGraceOver: size === context.committeeSize || nowMs >= graceEndsAtMs })
}

/** As leader: proposes the report of the observations it holds, once they decide. */
function offer(turn: AggregateTurn): void {
  if (!wantsReport(turn.context, turn.state) || !turn.state.isGraceOver) return
  const made = reportOf(turn, turn.state.offered ?? choose(turn))
  if (made === undefined || made === 'asked') return
  stepAgreement(turn, { type: 'executed', proposal: made, nowMs: turn.nowMs })
}

/** All it holds. What the function puts together itself is chosen once: it is not asked again with each one that comes late. */
function choose(turn: AggregateTurn): Chosen {
  const observations = [...turn.state.observations.values()]
  const chosen: Chosen = { of: evidenceHashOf(encodeEvidence(observations)), observations }
  if (turn.terms.rule.kind === 'custom') change(turn, { offered: chosen })
  return chosen
}

/** Tells pBFT whether the proposal it asks about is the report its evidence makes (AGG-10). */
function examine(turn: AggregateTurn): void {
  const { context, rules, state, nowMs } = turn
  const { record, checked } = state.agreement
  const { accepted } = record
  if (accepted === undefined || checked?.root !== accepted.root || checked.valid !== undefined) return
  const { root, message } = accepted
  const { proposal } = message
  const observations =
    state.examined?.root === root ? state.examined.observations : look(turn, root, proposal)
  const made = observations && reportOf(turn, { of: proposal.outcome.evidenceHash, observations })
  if (made === 'asked') return
  const valid = made !== undefined && rules.isReport(root, context.rootOf(made.outcome))
  stepAgreement(turn, { type: 'validated', root, valid, nowMs })
}

/** Checks each signature in it, once; what it did not know it learns from it. */
function look(turn: AggregateTurn, root: Digest, proposal: Proposal): readonly Observation[] | undefined {
  const { context, rules, terms, state } = turn
  const observations = observationsIn(rules, context, terms, proposal, state.observations)
  change(turn, { examined: { root, observations } })
  for (const observation of observations ?? []) keep(turn, observation)
  awaitOthers(turn)
  return observations
}

/** The report of these; undefined when they decide nothing, `asked` while the function puts them together. */
function reportOf(turn: AggregateTurn, { of, observations }: Chosen): AggregateReport | 'asked' | undefined {
  const { context, terms, state } = turn
  const { rule, fuelLimit, weightOf } = terms
  const { faults, quorum } = context
  if (rule.kind !== 'custom')
    return reportOfObservations({ rule, faults, quorum, fuelLimit, weightOf }, observations)
  const result = state.results.get(of)
  if (result !== undefined) return reportOfCombined(fuelLimit, observations, result)
  if (!state.results.has(of)) {
    keepResult(turn, of, undefined)
    turn.effects.push({ type: 'combine', of, input: encodeCombineInput(observations) })
  }
  return 'asked'
}

// ---- what may have been lost

function freshResend(turn: AggregateTurn): void {
  const { resendMs } = turn.context.timing
  change(turn, { resendMs, resendAtMs: turn.nowMs + resendMs })
}

/** Says again what it saw while nothing is proposed, and asks again for what was not answered. */
function resend(turn: AggregateTurn): void {
  const { context, state, nowMs } = turn
  const resendMs = Math.min(state.resendMs * 2, context.timing.resendMs * RESEND_FACTOR_MAX)
  const answered = [...state.results].filter(([, result]) => result !== undefined)
  change(turn, { resendMs, resendAtMs: nowMs + resendMs, isExecuting: false, results: new Map(answered) })
  if (state.agreement.record.accepted === undefined) sendObservation(turn)
}
