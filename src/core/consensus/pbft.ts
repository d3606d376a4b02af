/**
 * pBFT for one report (Castro and Liskov 1999): agreement where honest members' runs may differ.
 *
 *   leader: propose --> members: validate, prepare --> Q prepares: attest --> Q attestations of one view: decided
 *             ^                                                                   (the certificate for the chain)
 *             +-- Q view-changes, and what they prepared <-- the view's time is over
 *
 * Safe with at most f faulty seats at any time and under any network; live once messages arrive in time. A root that a
 * quorum may have attested is the only one any later view can prepare: whoever attests has prepared, whoever prepared
 * says so when it leaves the view, and a new view must propose that again (PBFT-7). Members that forget their record are
 * faulty. What the members' runs may do, and whether a proposal is acceptable, is the driver's to say.
 * @module
 */
import type { Digest } from '../../protocol/types.ts'
import type { SignedOutcome } from '../request/attestation.ts'
import { areSeats, attestationsIn, countAttestation, isDecision, withSeals } from './attestations.ts'
import type { ConsensusContext, ConsensusCore, ConsensusEvent, Decision, Proposal } from './core.ts'
import {
  isDigest,
  isView,
  type PbftMessage,
  type Prepare,
  type Propose,
  prepareDigest,
} from './pbft-messages.ts'
import { PBFT_RULES, type PbftRules } from './pbft-rules.ts'
import {
  blame,
  change,
  FIRST_RECORD,
  INVALID_MESSAGES_MAX,
  note,
  type PbftRecord,
  type PbftState,
  persist,
  sendAll,
  signPrepare,
  stateOf,
  type Turn,
  viewEndMs,
} from './pbft-state.ts'
import { enterView, giveUpView, onViewChange, settleViews } from './pbft-views.ts'

/** What was not answered is sent again after pauses that double up to this many times the first. */
const RESEND_FACTOR_MAX = 64

export type PbftCore = ConsensusCore<PbftState, PbftRecord, PbftMessage>

/** pBFT under given rules: those of `PBFT_RULES`, but for a test of what each is for. */
export function pbftUnder(rules: PbftRules): PbftCore {
  const turnOf = (context: ConsensusContext, state: PbftState, nowMs: number): Turn => ({
    context,
    rules,
    nowMs,
    state,
    effects: [],
  })
  return {
    open: (context, nowMs) => {
      const turn = turnOf(context, stateOf(context, FIRST_RECORD, nowMs), nowMs)
      settle(turn)
      return { state: turn.state, effects: turn.effects }
    },
    restore: (context, record, nowMs) => {
      const turn = turnOf(context, stateOf(context, record, nowMs), nowMs)
      const { decision } = record
      if (decision !== undefined) tellDecided(turn, decision)
      resend(turn)
      settle(turn)
      return { state: turn.state, effects: turn.effects }
    },
    step: (context, state, event) => {
      const turn = turnOf(context, state, event.nowMs)
      take(turn, event)
      settle(turn)
      return { state: turn.state, effects: turn.effects }
    },
    decision: ({ record, attestations }) => record.decision && withSeals(record.decision, attestations),
    wakeAtMs: ({ record, timerAtMs, resendAtMs }) =>
      record.decision !== undefined ? undefined : Math.min(timerAtMs ?? Number.POSITIVE_INFINITY, resendAtMs),
  }
}

export const pbft: PbftCore = pbftUnder(PBFT_RULES)

function take(turn: Turn, event: ConsensusEvent<PbftMessage>): void {
  if (event.type === 'tick') onTick(turn)
  else if (event.type === 'message') onMessage(turn, event.from, event.message)
  else if (event.type === 'executed') onExecuted(turn, event.proposal)
  else if (event.type === 'validated') onValidated(turn, event.root, event.valid)
  else if (event.type === 'attested' && onAttestation(turn, turn.context.seat, event.message))
    sendAll(turn, { type: 'attestation', message: event.message })
}

/** Whatever the event was: what can be done now is done. */
function settle(turn: Turn): void {
  settleViews(turn)
  vote(turn)
  prepare(turn)
}

function onTick(turn: Turn): void {
  if (turn.state.record.decision !== undefined) return
  if (turn.nowMs >= turn.state.resendAtMs) resend(turn)
  giveUpView(turn)
}

function onExecuted(turn: Turn, proposal: Proposal): void {
  const root = turn.context.rootOf(proposal.outcome)
  // Its first run stands. One that breaks its own request's bounds is no run.
  if (turn.state.executed === undefined && root !== undefined && turn.context.isBacked(proposal))
    change(turn, { executed: { proposal, root }, isExecuting: false })
}

function onValidated(turn: Turn, root: Digest, valid: boolean): void {
  if (turn.state.checked?.root === root) change(turn, { checked: { root, valid } })
}

function onMessage(turn: Turn, from: number, message: PbftMessage): void {
  const { context, state } = turn
  if (!areSeats(context, [{ seat: from }]) || from === context.seat) return
  if ((state.invalid.get(from) ?? 0) >= INVALID_MESSAGES_MAX) return
  if (isAskedTooLate(state, from, message)) tellDecision(turn, from)
  else if (!hear(turn, from, message)) blame(turn, from)
}

/** Whether the message passes its checks; one that is not needed any more is not checked. */
function hear(turn: Turn, from: number, message: PbftMessage): boolean {
  switch (message.type) {
    case 'propose':
      return onPropose(turn, from, message)
    case 'prepare':
      return onPrepare(turn, from, message)
    case 'viewChange':
      return onViewChange(turn, from, message)
    case 'attestation':
      return onAttestation(turn, from, message.message)
    case 'decision':
      return onDecision(turn, message.decision)
  }
}

// ---- a proposal and its prepares

function onPropose(turn: Turn, from: number, message: Propose): boolean {
  const { context, rules, state } = turn
  const { view, proposal, signature } = message
  if (!isView(view) || from !== context.leaderOf(view)) return false
  const { record } = state
  // The first proposal of a view stands: who sends two loses the view.
  if (view < record.view || (view === record.view && record.accepted !== undefined)) return true
  const root = context.rootOf(proposal.outcome)
  if (root === undefined || !context.isBacked(proposal)) return false
  if (!context.verify(from, prepareDigest(context, view, root), signature)) return false
  if (!rules.isJustified(context, message, root)) return false
  if (view > record.view) enterView(turn, view)
  note(turn, { accepted: { message, root } })
  const { resendMs } = context.timing
  change(turn, {
    timerAtMs: turn.state.timerAtMs ?? viewEndMs(context, view, turn.nowMs),
    resendMs,
    resendAtMs: turn.nowMs + resendMs,
  })
  keepPrepare(turn, from, { type: 'prepare', view, root, signature })
  return true
}

function onPrepare(turn: Turn, from: number, message: Prepare): boolean {
  const { context, state } = turn
  const { view, root, signature } = message
  if (!isView(view) || !isDigest(root)) return false
  if ((state.prepares.get(from)?.view ?? -1) >= view) return true
  if (!context.verify(from, prepareDigest(context, view, root), signature)) return false
  keepPrepare(turn, from, message)
  return true
}

function keepPrepare(turn: Turn, seat: number, { view, root, signature }: Prepare): void {
  if ((turn.state.prepares.get(seat)?.view ?? -1) >= view) return
  const prepare: Prepare = { type: 'prepare', view, root, signature }
  change(turn, { prepares: new Map(turn.state.prepares).set(seat, prepare) })
}

/**
 * Prepares the accepted proposal when it is acceptable: one a quorum prepared before is, for honest members among them
 * found it so; this member's own result is; of any other the driver is asked.
 */
function vote(turn: Turn): void {
  const { context, state } = turn
  const { view, accepted, hasVoted, decision } = state.record
  if (accepted === undefined || hasVoted || decision !== undefined) return
  const { message, root } = accepted
  if (!isPreparedBefore(message) && state.executed?.root !== root) {
    if (state.checked?.root !== root) {
      change(turn, { checked: { root, valid: undefined } })
      turn.effects.push({ type: 'validate', root, proposal: message.proposal })
      return
    }
    if (state.checked.valid !== true) return
  }
  const own = signPrepare(context, view, root)
  note(turn, { hasVoted: true })
  change(turn, { prepares: new Map(state.prepares).set(context.seat, own) })
  persist(turn)
  sendAll(turn, own)
}

function isPreparedBefore({ justification }: Propose): boolean {
  return justification.some(({ prepared }) => prepared !== undefined)
}

/** Prepared: from here on this root alone can be certified in this view. On disk first, then attested. */
function prepare(turn: Turn): void {
  const { context, rules, state } = turn
  const { view, accepted, prepared, decision } = state.record
  if (accepted === undefined || decision !== undefined || prepared?.certificate.view === view) return
  const signatures = rules.prepared(state.prepares, view, accepted.root)
  if (signatures.length < context.quorum) return
  const certificate = { view, root: accepted.root, signatures: signatures.slice(0, context.quorum) }
  note(turn, { prepared: { certificate, proposal: accepted.message.proposal } })
  persist(turn)
  attest(turn)
}

// ---- attestations and the decision

/** Asks for the attestation that is due and was not seen yet. */
function attest(turn: Turn): void {
  const due = dueAttestation(turn.state.record)
  if (due === undefined) return
  const own = turn.state.attestations.bySeat.get(turn.context.seat) ?? []
  if (!own.some(({ message }) => message.view === due.view)) turn.effects.push({ type: 'attest', ...due })
}

/**
 * In the newest view in which this member prepared; or, so that a late member is paid as well, in the view that decided
 * on what it holds. Its views never go down: what is due only changes to a higher one.
 */
function dueAttestation({ accepted, prepared, decision }: PbftRecord) {
  if (decision !== undefined && accepted?.root === decision.root) {
    if ((prepared?.certificate.view ?? -1) < decision.view)
      return { view: decision.view, proposal: accepted.message.proposal }
  }
  if (prepared === undefined) return undefined
  return { view: prepared.certificate.view, proposal: prepared.proposal }
}

function onAttestation(turn: Turn, seat: number, message: SignedOutcome): boolean {
  const { context, rules, state } = turn
  if (!isView(message.view)) return false
  const counted = countAttestation(context, state.attestations, seat, message, rules.placeOf)
  if (counted.type === 'invalid') return false
  if (counted.type === 'known') return true
  change(turn, { attestations: counted.attestations })
  if (counted.type === 'equivocation') {
    const { first, second } = counted
    turn.effects.push({ type: 'evidence', seat, first, second })
    return true
  }
  const decision = rules.decisionIn(context, counted.attestations, message.view)
  if (decision !== undefined) decide(turn, decision)
  return true
}

/** A quorum's attestations are as good from one hand as from many. */
function onDecision(turn: Turn, decision: Decision): boolean {
  const { context, state } = turn
  if (state.record.decision !== undefined) return true
  if (!isView(decision.view) || !isDecision(context, decision)) return false
  decide(turn, decision)
  for (const { seat, message } of attestationsIn(context, decision))
    if (seat !== context.seat) onAttestation(turn, seat, message)
  return true
}

function decide(turn: Turn, decision: Decision): void {
  if (turn.state.record.decision !== undefined) return
  note(turn, { decision })
  change(turn, { timerAtMs: undefined })
  persist(turn)
  tellDecided(turn, decision)
}

function tellDecided(turn: Turn, { view, root }: Decision): void {
  turn.effects.push({ type: 'decided', view, root })
  attest(turn)
}

/** A decided member is asked by what only an undecided one sends: a view-change, a proposal, or a prepare sent again. */
function isAskedTooLate({ record, prepares }: PbftState, from: number, message: PbftMessage): boolean {
  if (record.decision === undefined) return false
  if (message.type === 'viewChange' || message.type === 'propose') return true
  return message.type === 'prepare' && (prepares.get(from)?.view ?? -1) >= message.view
}

function tellDecision(turn: Turn, seat: number): void {
  const { context, nowMs, state } = turn
  const toldAtMs = state.toldAtMs.get(seat)
  const { decision } = state.record
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

// ---- what may have been lost

/** Sends again what the others may lack, and asks again for what was not answered. */
function resend(turn: Turn): void {
  const { context, state, nowMs } = turn
  const { record } = state
  const resendMs = Math.min(state.resendMs * 2, context.timing.resendMs * RESEND_FACTOR_MAX)
  change(turn, { resendMs, resendAtMs: nowMs + resendMs, isExecuting: false })
  if (record.decision !== undefined) return
  if (state.checked?.valid === undefined) change(turn, { checked: undefined })
  attest(turn)
  const { view, accepted, hasVoted } = record
  const own = state.attestations.bySeat.get(context.seat)?.at(-1)
  if (own !== undefined) sendAll(turn, { type: 'attestation', message: own.message })
  const changed = state.changes.get(context.seat)
  if (accepted === undefined) {
    if (changed?.change.view === view) sendAll(turn, { type: 'viewChange', ...changed })
  } else if (context.leaderOf(view) === context.seat) {
    sendAll(turn, accepted.message)
  } else if (hasVoted) {
    sendAll(turn, signPrepare(context, view, accepted.root))
  }
}
