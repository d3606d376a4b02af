/**
 * What a member of a pBFT committee knows: the record it must not forget, and what it may.
 *
 * All of it is bounded by the committee: of each seat one prepare and one view-change, the newest; of attestations
 * `ATTESTED_VIEWS_MAX`; one proposal accepted, one prepared.
 * @module
 */
import type { Digest } from '../../protocol/types.ts'
import { type Attestations, NO_ATTESTATIONS } from './attestations.ts'
import { type ConsensusContext, type ConsensusEffect, type Decision, others, type Proposal } from './core.ts'
import {
  type PbftMessage,
  type Prepare,
  type PreparedCertificate,
  type Propose,
  prepareDigest,
  signViewChange,
  type ViewChange,
} from './pbft-messages.ts'
import type { PbftRules } from './pbft-rules.ts'
import { VIEW_MAX } from './views.ts'

/** Messages of a seat that failed a check before it is heard no more. Honest seats send none. */
export const INVALID_MESSAGES_MAX = 16

/** On disk before anything it shows is sent: who restores it never contradicts itself. */
export interface PbftRecord {
  /** Views below it are left for good. */
  readonly view: number
  /** The proposal taken up in `view`, and its root: the first valid one. */
  readonly accepted: { readonly message: Propose; readonly root: Digest } | undefined
  /** Whether this member prepared it. */
  readonly hasVoted: boolean
  /** The newest proposal that a quorum prepared here: what this member attests, in that view. */
  readonly prepared: { readonly certificate: PreparedCertificate; readonly proposal: Proposal } | undefined
  readonly decision: Decision | undefined
}

export interface PbftState {
  readonly record: PbftRecord
  /** The newest of each seat. */
  readonly prepares: ReadonlyMap<number, Prepare>
  readonly changes: ReadonlyMap<
    number,
    { readonly change: ViewChange; readonly proposal: Proposal | undefined }
  >
  readonly attestations: Attestations
  /** What this member's own run gave. */
  readonly executed: { readonly proposal: Proposal; readonly root: Digest } | undefined
  /** The verdict on the proposal last looked at; undefined while it is being looked at. */
  readonly checked: { readonly root: Digest; readonly valid: boolean | undefined } | undefined
  readonly isExecuting: boolean
  /** When this view is given up; undefined while too few are known to be in it. */
  readonly timerAtMs: number | undefined
  readonly resendAtMs: number
  readonly resendMs: number
  /** When a seat was last told the decision. */
  readonly toldAtMs: ReadonlyMap<number, number>
  /** Messages of a seat that failed a check. */
  readonly invalid: ReadonlyMap<number, number>
}

export type PbftEffect = ConsensusEffect<PbftRecord, PbftMessage>

/** One step under way. What it changes is replaced, never altered. */
export interface Turn {
  readonly context: ConsensusContext
  readonly rules: PbftRules
  readonly nowMs: number
  state: PbftState
  readonly effects: PbftEffect[]
}

export const FIRST_RECORD: PbftRecord = {
  view: 0,
  accepted: undefined,
  hasVoted: false,
  prepared: undefined,
  decision: undefined,
}

/** The state of a member that knows its record and nothing else. */
export function stateOf(context: ConsensusContext, record: PbftRecord, nowMs: number): PbftState {
  const { view, accepted, hasVoted, prepared } = record
  const own = context.seat
  const prepares = new Map<number, Prepare>()
  if (hasVoted && accepted !== undefined) prepares.set(own, signPrepare(context, view, accepted.root))
  const changes = new Map<number, { change: ViewChange; proposal: Proposal | undefined }>()
  if (view > 0 && accepted === undefined) {
    const change = signViewChange(context, view, prepared?.certificate)
    changes.set(own, { change, proposal: prepared?.proposal })
  }
  return {
    record,
    prepares,
    changes,
    attestations: NO_ATTESTATIONS,
    executed: undefined,
    checked: undefined,
    isExecuting: false,
    timerAtMs: view === 0 || accepted !== undefined ? viewEndMs(context, view, nowMs) : undefined,
    resendAtMs: nowMs + context.timing.resendMs,
    resendMs: context.timing.resendMs,
    toldAtMs: new Map(),
    invalid: new Map(),
  }
}

/** The last view has no end. */
export function viewEndMs({ timing }: ConsensusContext, view: number, nowMs: number): number | undefined {
  return view < VIEW_MAX ? nowMs + timing.viewMs * 2 ** view : undefined
}

export function signPrepare(context: ConsensusContext, view: number, root: Digest): Prepare {
  return { type: 'prepare', view, root, signature: context.sign(prepareDigest(context, view, root)) }
}

export function change(turn: Turn, changed: Partial<PbftState>): void {
  turn.state = { ...turn.state, ...changed }
}

/** Changes the record. Nothing that shows the change may be sent before `persist`. */
export function note(turn: Turn, changed: Partial<PbftRecord>): void {
  change(turn, { record: { ...turn.state.record, ...changed } })
}

export function persist(turn: Turn): void {
  turn.effects.push({ type: 'persist', record: turn.state.record })
}

export function sendAll(turn: Turn, message: PbftMessage): void {
  turn.effects.push({ type: 'send', to: others(turn.context), message })
}

/** The message failed a check that no honest member's fails. */
export function blame(turn: Turn, seat: number): void {
  const invalid = new Map(turn.state.invalid).set(seat, (turn.state.invalid.get(seat) ?? 0) + 1)
  change(turn, { invalid })
}
