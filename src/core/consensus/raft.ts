/**
 * Raft for one entry (Ongaro and Ousterhout 2014), with PreVote (Ongaro's thesis, section 9.6): a leader runs the function once,
 * the others keep what it reports and attest it when a majority has it.
 *
 *   trial --majority would vote--> candidate --majority voted--> leader --executes--> append --majority has it--> commit
 *   commit --> every member attests in that term; a majority's attestations of one term are the certificate for the chain
 *
 * Crash faults only: members are believed. One that lies while it leads has its lie certified. A root that may be certified is
 * with a majority, so every later leader has it and replicates it again, under its own term, which alone it commits (section 5.4.2
 * of the paper). The view of what members sign is the term.
 * @module
 */
import type { Digest } from '../../protocol/types.ts'
import type { SignedOutcome } from '../request/attestation.ts'
import { attestationsIn, countAttestation, decisionIn, isDecision, withSeals } from './attestations.ts'
import {
  type ConsensusContext,
  type ConsensusCore,
  type ConsensusEvent,
  type Decision,
  others,
  type Proposal,
} from './core.ts'
import {
  change,
  type Entry,
  electionMs,
  FIRST_RECORD,
  isMajority,
  note,
  persist,
  RAFT_RULES,
  type RaftMessage,
  type RaftRecord,
  type RaftRules,
  type RaftState,
  send,
  stateOf,
  type Turn,
} from './raft-state.ts'
import { TERM_MAX } from './views.ts'

/** What was not answered is sent again after pauses that double up to this many times the first. */
const RESEND_FACTOR_MAX = 4

export type RaftCore = ConsensusCore<RaftState, RaftRecord, RaftMessage>

/** Raft under given rules: those of `RAFT_RULES`, but for a test of what each is for. */
export function raftUnder(rules: RaftRules): RaftCore {
  const turnOf = (context: ConsensusContext, state: RaftState, nowMs: number): Turn => ({
    context,
    rules,
    nowMs,
    state,
    effects: [],
  })
  return {
    open: (context, nowMs) => {
      const turn = turnOf(context, stateOf(context, FIRST_RECORD, nowMs), nowMs)
      onTick(turn)
      return { state: turn.state, effects: turn.effects }
    },
    restore: (context, record, nowMs) => {
      const turn = turnOf(context, stateOf(context, record, nowMs), nowMs)
      const { decision } = record
      if (decision !== undefined)
        turn.effects.push({ type: 'decided', view: decision.view, root: decision.root })
      attest(turn)
      return { state: turn.state, effects: turn.effects }
    },
    step: (context, state, event) => {
      const turn = turnOf(context, state, event.nowMs)
      take(turn, event)
      lead(turn)
      return { state: turn.state, effects: turn.effects }
    },
    decision: decisionOf,
    wakeAtMs: ({ record, role, electionAtMs, resendAtMs }) => {
      if (record.decision !== undefined) return undefined
      return role === 'leader' ? resendAtMs : Math.min(electionAtMs, resendAtMs)
    },
  }
}

export const raft: RaftCore = raftUnder(RAFT_RULES)

function decisionOf({ record, attestations }: RaftState): Decision | undefined {
  return record.decision && withSeals(record.decision, attestations)
}

function take(turn: Turn, event: ConsensusEvent<RaftMessage>): void {
  if (event.type === 'tick') onTick(turn)
  else if (event.type === 'message') onMessage(turn, event.from, event.message)
  else if (event.type === 'executed') onExecuted(turn, event.proposal)
  else if (event.type === 'attested' && onAttestation(turn, turn.context.seat, event.message))
    send(turn, others(turn.context), { type: 'attestation', message: event.message })
}

function onTick(turn: Turn): void {
  const { state, nowMs } = turn
  if (state.record.decision !== undefined) return
  if (state.role !== 'leader' && nowMs >= state.electionAtMs) tryElection(turn)
  else if (nowMs >= state.resendAtMs) resend(turn)
}

function onMessage(turn: Turn, from: number, message: RaftMessage): void {
  const { context, state } = turn
  if (!Number.isSafeInteger(from) || from < 0 || from >= context.committeeSize || from === context.seat)
    return
  if (message.type === 'attestation') {
    onAttestation(turn, from, message.message)
    return
  }
  if (message.type === 'decision') {
    onDecision(turn, message.decision)
    return
  }
  if (!Number.isSafeInteger(message.term) || message.term < 1 || message.term > TERM_MAX) return
  if (state.record.decision !== undefined) {
    // What only members send that do not know it.
    if (message.type === 'askVote' || message.type === 'append' || message.type === 'commit')
      tellDecision(turn, from)
    return
  }
  switch (message.type) {
    case 'askVote':
      onAskVote(turn, from, message)
      break
    case 'vote':
      onVote(turn, from, message)
      break
    case 'append':
      onAppend(turn, from, message.term, message.entry)
      break
    case 'appended':
      onAppended(turn, from, message.term, message.root)
      break
    case 'commit':
      onCommit(turn, from, message.term, message.root)
      break
  }
}

// ---- elections

/** Asks whether a majority would vote: a member that was cut off raises nobody's term in vain. */
function tryElection(turn: Turn): void {
  const { context, state, nowMs } = turn
  const term = state.record.term + 1
  if (term > TERM_MAX) return
  change(turn, {
    role: 'trial',
    agreed: new Set([context.seat]),
    electionAtMs: electionMs(context, term, nowMs),
    ...freshResend(turn),
  })
  askVotes(turn)
}

function askVotes(turn: Turn): void {
  const { context, state } = turn
  const isTrial = state.role === 'trial'
  const term = state.record.term + (isTrial ? 1 : 0)
  const to = others(context).filter((seat) => !state.agreed.has(seat))
  send(turn, to, { type: 'askVote', term, last: lastOf(state), isTrial })
}

function onAskVote(
  turn: Turn,
  from: number,
  { term, last, isTrial }: Extract<RaftMessage, { type: 'askVote' }>,
): void {
  const { context, nowMs } = turn
  const isRecent = turn.rules.isRecent(last, lastOf(turn.state))
  const { heardAtMs, role } = turn.state
  const hasLeader =
    role === 'leader' || (heardAtMs !== undefined && nowMs < heardAtMs + context.timing.viewMs)
  if (isTrial) {
    const isGranted = term > turn.state.record.term && isRecent && !hasLeader
    // Refused, it learns of a newer term: what holds the newest entry may have missed it, and nobody else can lead.
    const answer = isGranted ? term : turn.state.record.term
    send(turn, [from], { type: 'vote', term: answer, isTrial, isGranted })
    return
  }
  if (term < turn.state.record.term) {
    send(turn, [from], { type: 'vote', term: turn.state.record.term, isTrial, isGranted: false })
    return
  }
  if (term > turn.state.record.term) followTerm(turn, term)
  const { votedFor } = turn.state.record
  const isGranted = isRecent && turn.rules.mayVote(votedFor, from)
  if (isGranted && votedFor === undefined) {
    note(turn, { votedFor: from })
    change(turn, { electionAtMs: electionMs(context, term, nowMs) })
  }
  persist(turn)
  send(turn, [from], { type: 'vote', term, isTrial, isGranted })
}

function onVote(
  turn: Turn,
  from: number,
  { term, isTrial, isGranted }: Extract<RaftMessage, { type: 'vote' }>,
): void {
  const { context, state } = turn
  if (!isGranted) {
    if (term <= state.record.term) return
    followTerm(turn, term)
    persist(turn)
    return
  }
  const asked = state.role === 'trial' ? state.record.term + 1 : state.record.term
  if (state.role !== (isTrial ? 'trial' : 'candidate') || term !== asked) return
  change(turn, { agreed: new Set(state.agreed).add(from) })
  if (!isMajority(context, turn.state.agreed)) return
  if (isTrial) stand(turn)
  else becomeLeader(turn)
}

function stand(turn: Turn): void {
  const { context, state, nowMs } = turn
  const term = state.record.term + 1
  note(turn, { term, votedFor: context.seat })
  change(turn, {
    role: 'candidate',
    agreed: new Set([context.seat]),
    heardAtMs: undefined,
    electionAtMs: electionMs(context, term, nowMs),
    ...freshResend(turn),
  })
  persist(turn)
  askVotes(turn)
}

function becomeLeader(turn: Turn): void {
  const { record } = turn.state
  change(turn, { role: 'leader', agreed: new Set(), ...freshResend(turn) })
  // What was replicated before is so again, under this term: of an older one nothing can be committed.
  if (record.entry !== undefined) replicate(turn, { ...record.entry, term: record.term })
  else send(turn, others(turn.context), { type: 'append', term: record.term, entry: undefined })
}

/** Another's term: whatever this member was, it follows. */
function followTerm(turn: Turn, term: number): void {
  note(turn, { term, votedFor: undefined })
  change(turn, { role: 'follower', agreed: new Set(), heardAtMs: undefined })
}

// ---- the entry

/** A leader without an entry runs the function. */
function lead(turn: Turn): void {
  const { state } = turn
  const { record, role, executed, isExecuting } = state
  if (role !== 'leader' || record.entry !== undefined || record.decision !== undefined) return
  if (executed !== undefined) replicate(turn, { ...executed, term: record.term })
  else if (!isExecuting) {
    change(turn, { isExecuting: true })
    turn.effects.push({ type: 'execute' })
  }
}

function onExecuted(turn: Turn, proposal: Proposal): void {
  const root = turn.context.rootOf(proposal.outcome)
  if (turn.state.executed === undefined && root !== undefined && turn.context.isBacked(proposal))
    change(turn, { executed: { proposal, root }, isExecuting: false })
}

function replicate(turn: Turn, entry: Entry): void {
  const { context } = turn
  note(turn, { entry })
  change(turn, { agreed: new Set([context.seat]), ...freshResend(turn) })
  persist(turn)
  send(turn, others(context), { type: 'append', term: entry.term, entry })
}

function onAppend(turn: Turn, from: number, term: number, entry: Entry | undefined): void {
  const { context, nowMs } = turn
  if (term < turn.state.record.term) {
    send(turn, [from], { type: 'appended', term: turn.state.record.term, root: undefined })
    return
  }
  if (entry !== undefined && !isEntry(context, entry, term)) return
  const isNew = term > turn.state.record.term
  if (isNew) followTerm(turn, term)
  // Two leaders of one term there are not.
  if (turn.state.role === 'leader') return
  const isKept = turn.state.record.entry?.term === term
  change(turn, { role: 'follower', heardAtMs: nowMs, electionAtMs: electionMs(context, term, nowMs) })
  if (entry !== undefined && !isKept) note(turn, { entry })
  if (isNew || (entry !== undefined && !isKept)) persist(turn)
  const kept = turn.state.record.entry
  if (kept?.term === term) send(turn, [from], { type: 'appended', term, root: kept.root })
}

/** Of a lying leader's bytes: within the request's bounds, and what its root says. */
function isEntry(context: ConsensusContext, entry: Entry, term: number): boolean {
  return (
    entry.term === term &&
    context.rootOf(entry.proposal.outcome) === entry.root &&
    context.isBacked(entry.proposal)
  )
}

function onAppended(turn: Turn, from: number, term: number, root: Digest | undefined): void {
  const { context, state } = turn
  const { record } = state
  if (term > record.term) {
    followTerm(turn, term)
    persist(turn)
    return
  }
  if (
    state.role !== 'leader' ||
    term !== record.term ||
    record.entry?.term !== term ||
    root !== record.entry.root
  )
    return
  change(turn, { agreed: new Set(state.agreed).add(from) })
  if (!isMajority(context, turn.state.agreed)) return
  if (record.committed === term) send(turn, [from], { type: 'commit', term, root })
  else commit(turn, term, others(context))
}

/** A majority has it: said, and attested. */
function commit(turn: Turn, term: number, to: readonly number[]): void {
  const { entry } = turn.state.record
  if (entry === undefined) return
  note(turn, { committed: term })
  persist(turn)
  send(turn, to, { type: 'commit', term, root: entry.root })
  attest(turn)
}

function onCommit(turn: Turn, from: number, term: number, root: Digest): void {
  const { context, state, nowMs } = turn
  const { record } = state
  if (term !== record.term || state.role === 'leader') return
  change(turn, { heardAtMs: nowMs, electionAtMs: electionMs(context, term, nowMs) })
  const { entry } = record
  // Without it there is nothing to attest yet: asked for by saying so.
  if (entry?.term !== term || entry.root !== root) {
    send(turn, [from], { type: 'appended', term, root: undefined })
    return
  }
  if (record.committed === term) return
  note(turn, { committed: term })
  persist(turn)
  attest(turn)
}

// ---- attestations

/** Signs what is committed, in the term it was committed in; again until it is on disk. */
function attest(turn: Turn): void {
  const { context, state } = turn
  const { committed, entry } = state.record
  if (committed === undefined || entry === undefined) return
  const own = state.attestations.bySeat.get(context.seat) ?? []
  if (own.some(({ message }) => message.view >= committed)) return
  turn.effects.push({ type: 'attest', view: committed, proposal: entry.proposal })
}

function onAttestation(turn: Turn, seat: number, message: SignedOutcome): boolean {
  const { context, state } = turn
  const counted = countAttestation(context, state.attestations, seat, message)
  if (counted.type === 'equivocation') {
    const { first, second } = counted
    change(turn, { attestations: counted.attestations })
    turn.effects.push({ type: 'evidence', seat, first, second })
    return false
  }
  if (counted.type !== 'counted') return false
  change(turn, { attestations: counted.attestations })
  const decision = decisionIn(context, counted.attestations, message.view)
  if (decision !== undefined) decide(turn, decision)
  return true
}

function onDecision(turn: Turn, decision: Decision): void {
  const { context, state } = turn
  if (state.record.decision !== undefined || !isDecision(context, decision)) return
  decide(turn, decision)
  for (const { seat, message } of attestationsIn(context, decision))
    if (seat !== context.seat) onAttestation(turn, seat, message)
}

function decide(turn: Turn, decision: Decision): void {
  if (turn.state.record.decision !== undefined) return
  note(turn, { decision })
  persist(turn)
  turn.effects.push({ type: 'decided', view: decision.view, root: decision.root })
}

function tellDecision(turn: Turn, seat: number): void {
  const { context, nowMs, state } = turn
  const toldAtMs = state.toldAtMs.get(seat)
  const decision = decisionOf(state)
  if (decision === undefined) return
  if (toldAtMs !== undefined && nowMs < toldAtMs + context.timing.resendMs) return
  change(turn, { toldAtMs: new Map(state.toldAtMs).set(seat, nowMs) })
  const seals = decision.seals.slice(0, context.quorum)
  send(turn, [seat], { type: 'decision', decision: { ...decision, seals } })
}

// ---- what may have been lost

function freshResend({ context, nowMs }: Turn) {
  const { resendMs } = context.timing
  return { resendMs, resendAtMs: nowMs + resendMs }
}

function resend(turn: Turn): void {
  const { context, state, nowMs } = turn
  const { record, role, agreed } = state
  const limit = role === 'leader' ? 1 : RESEND_FACTOR_MAX
  const resendMs = Math.min(state.resendMs * 2, context.timing.resendMs * limit)
  change(turn, { resendMs, resendAtMs: nowMs + resendMs, isExecuting: false })
  attest(turn)
  const own = state.attestations.bySeat.get(context.seat)?.at(-1)
  if (own !== undefined) send(turn, others(context), { type: 'attestation', message: own.message })
  if (role === 'trial' || role === 'candidate') askVotes(turn)
  if (role !== 'leader') return
  // To those that have it the entry's bytes are not sent again; that it leads, to all.
  const { term, entry, committed } = record
  const rest = others(context)
  send(
    turn,
    rest.filter((seat) => !agreed.has(seat)),
    { type: 'append', term, entry },
  )
  const having = rest.filter((seat) => agreed.has(seat))
  if (entry !== undefined && committed === term)
    send(turn, having, { type: 'commit', term, root: entry.root })
  else send(turn, having, { type: 'append', term, entry: undefined })
}

function lastOf({ record }: RaftState): number {
  return record.entry?.term ?? 0
}
