/**
 * Proposing, and how a view ends (PBFT-5 to PBFT-9).
 *
 * A member leaves a view when its time is over, or when f + 1 seats, an honest one among them, are in a higher one. A
 * view's time begins when a quorum is known to have come at least that far: so nobody runs ahead of a committee that is
 * only slow.
 * @module
 */
import type { ConsensusContext, Proposal } from './core.ts'
import {
  highestPrepared,
  isView,
  isViewChange,
  type PbftMessage,
  type Propose,
  signViewChange,
  type ViewChange,
} from './pbft-messages.ts'
import {
  change,
  note,
  type PbftState,
  persist,
  sendAll,
  signPrepare,
  type Turn,
  viewEndMs,
} from './pbft-state.ts'

/** Moves to a view: everything below is over. Its time begins with `armTimer` or with its proposal. */
export function enterView(turn: Turn, view: number): void {
  note(turn, { view, accepted: undefined, hasVoted: false })
  const { resendMs } = turn.context.timing
  change(turn, { timerAtMs: undefined, resendMs, resendAtMs: turn.nowMs + resendMs })
}

/** Asks for a view, and says what was prepared below it. */
export function changeView(turn: Turn, view: number): void {
  enterView(turn, view)
  const { context } = turn
  const { prepared } = turn.state.record
  const own = { change: signViewChange(context, view, prepared?.certificate), proposal: prepared?.proposal }
  change(turn, { changes: new Map(turn.state.changes).set(context.seat, own) })
  persist(turn)
  sendAll(turn, { type: 'viewChange', ...own })
}

/** Whether the message passes its checks. */
export function onViewChange(
  turn: Turn,
  from: number,
  message: Extract<PbftMessage, { type: 'viewChange' }>,
): boolean {
  const { context, state } = turn
  const { change: changed, proposal } = message
  if (changed.seat !== from || !isView(changed.view)) return false
  if ((state.changes.get(from)?.change.view ?? 0) >= changed.view) return true
  if (!isViewChange(context, changed) || !holdsPrepared(context, changed, proposal)) return false
  change(turn, { changes: new Map(state.changes).set(from, { change: changed, proposal }) })
  return true
}

/** Whoever reports a certificate sends what it certifies: the next leader may have to propose it. */
function holdsPrepared(
  context: ConsensusContext,
  { prepared }: ViewChange,
  proposal: Proposal | undefined,
): boolean {
  if (prepared === undefined || proposal === undefined)
    return prepared === undefined && proposal === undefined
  return context.isBacked(proposal) && context.rootOf(proposal.outcome) === prepared.root
}

/** Follows f + 1 seats that are further, begins a view's time, and proposes when it is this member's turn. */
export function settleViews(turn: Turn): void {
  if (turn.state.record.decision !== undefined) return
  const reached = viewReachedBy(turn.state, turn.context.faults + 1)
  if (reached > turn.state.record.view) changeView(turn, reached)
  armTimer(turn)
  propose(turn)
}

/** The highest view that so many seats asked for, or a higher one. */
function viewReachedBy({ changes }: PbftState, seats: number): number {
  const views = [...changes.values()].map(({ change: { view } }) => view).sort((a, b) => b - a)
  return views[seats - 1] ?? 0
}

function armTimer(turn: Turn): void {
  const { context, state, nowMs } = turn
  const { view } = state.record
  if (state.timerAtMs !== undefined || viewReachedBy(state, context.quorum) < view) return
  change(turn, { timerAtMs: viewEndMs(context, view, nowMs) })
}

export function giveUpView(turn: Turn): void {
  const { timerAtMs, record } = turn.state
  if (timerAtMs !== undefined && turn.nowMs >= timerAtMs) changeView(turn, record.view + 1)
}

/** As leader: what must be proposed again, or else what this member's own run gave. */
function propose(turn: Turn): void {
  const { context, state } = turn
  const { view, accepted } = state.record
  if (context.leaderOf(view) !== context.seat || accepted !== undefined) return
  const justification = view === 0 ? [] : justificationFor(turn, view)
  if (justification === undefined) return
  const prepared = highestPrepared(justification)
  const again = prepared === undefined ? undefined : preparedBytes(state, view, prepared.root)
  const chosen = prepared === undefined ? state.executed : again && { proposal: again, root: prepared.root }
  if (chosen === undefined) {
    execute(turn)
    return
  }
  const { proposal, root } = chosen
  const prepare = signPrepare(context, view, root)
  const message: Propose = {
    type: 'propose',
    view,
    proposal,
    justification,
    signature: prepare.signature,
  }
  note(turn, { accepted: { message, root }, hasVoted: true })
  const { resendMs } = context.timing
  change(turn, {
    prepares: new Map(turn.state.prepares).set(context.seat, prepare),
    resendMs,
    resendAtMs: turn.nowMs + resendMs,
  })
  persist(turn)
  sendAll(turn, message)
}

/** Asks for a run, again only when `resend` comes to it. */
function execute(turn: Turn): void {
  if (turn.state.isExecuting) return
  change(turn, { isExecuting: true })
  turn.effects.push({ type: 'execute' })
}

/** Q view-changes to exactly this view, those that prepared in the highest view first. */
function justificationFor({ context, state }: Turn, view: number): readonly ViewChange[] | undefined {
  const changes = [...state.changes.values()].map(({ change: changed }) => changed)
  const chosen = changes
    .filter((changed) => changed.view === view)
    .sort((a, b) => (b.prepared?.view ?? -1) - (a.prepared?.view ?? -1) || a.seat - b.seat)
    .slice(0, context.quorum)
    .sort((a, b) => a.seat - b.seat)
  return chosen.length === context.quorum ? chosen : undefined
}

function preparedBytes({ changes }: PbftState, view: number, root: string) {
  for (const { change: changed, proposal } of changes.values())
    if (changed.view === view && changed.prepared?.root === root) return proposal
  return undefined
}
