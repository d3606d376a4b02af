/**
 * What a member of an aggregating committee knows: the record it must not forget, and what it may; and what members tell one
 * another beside pBFT's messages.
 *
 * All of it is bounded by the committee: of each seat one observation, the first that passed; of the function's own rule
 * `RESULTS_MAX` results.
 * @module
 */
import type { Digest, Hex } from '../../../protocol/types.ts'
import type { Combined, ConsensusContext, ConsensusEffect } from '../core.ts'
import type { PbftMessage } from '../pbft-messages.ts'
import type { PbftRecord, PbftState } from '../pbft-state.ts'
import type { AggregateRules } from './examine.ts'
import type { Observation, Observed } from './observation.ts'
import type { AggregateTerms } from './terms.ts'

/** Of sets of observations put together by the function's own rule: one as leader, one a proposal, in two views. */
const RESULTS_MAX = 4

/** On disk before anything it shows is sent: a member that restarts signs no second observation. */
export interface AggregateRecord {
  readonly observation: Observation | undefined
  readonly agreement: PbftRecord
}

/** Of the seat that sends it: passed on by another it is none. */
export interface ObservationMessage {
  readonly type: 'observation'
  readonly observed: Observed
  readonly signature: Hex
}

export type AggregateMessage = ObservationMessage | PbftMessage

/** Observations that a report is made of, and the hash of the evidence they are. */
export interface Chosen {
  readonly of: Digest
  readonly observations: readonly Observation[]
}

export interface AggregateState {
  /** This member's own, on disk. */
  readonly observation: Observation | undefined
  readonly agreement: PbftState
  /** Of each seat the first that passed its checks. */
  readonly observations: ReadonlyMap<number, Observation>
  /** Seats that signed a second, different one. */
  readonly contradicted: ReadonlySet<number>
  readonly isExecuting: boolean
  /** Since a quorum of observations: when a leader waits for no more. */
  readonly graceEndsAtMs: number | undefined
  readonly isGraceOver: boolean
  /** What this member, leading, has the function put together. */
  readonly offered: Chosen | undefined
  /** The proposal last looked at, by its root; no observations when its evidence is none. */
  readonly examined:
    | { readonly root: Digest; readonly observations: readonly Observation[] | undefined }
    | undefined
  /** What the function's own rule made, by the hash of the evidence; undefined while it is asked. */
  readonly results: ReadonlyMap<Digest, Combined | undefined>
  readonly resendAtMs: number
  readonly resendMs: number
  /** When a seat was last told the decision for an observation of its. */
  readonly toldAtMs: ReadonlyMap<number, number>
}

export type AggregateEffect = ConsensusEffect<AggregateRecord, AggregateMessage>

/** One step under way. What it changes is replaced, never altered. */
export interface AggregateTurn {
  readonly context: ConsensusContext
  readonly terms: AggregateTerms
  readonly rules: AggregateRules
  readonly nowMs: number
  state: AggregateState
  readonly effects: AggregateEffect[]
}

export function stateOf(
  context: ConsensusContext,
  observation: Observation | undefined,
  agreement: PbftState,
  nowMs: number,
): AggregateState {
  const { resendMs } = context.timing
  return {
    observation,
    agreement,
    observations: new Map(observation === undefined ? [] : [[context.seat, observation]]),
    contradicted: new Set(),
    isExecuting: false,
    graceEndsAtMs: undefined,
    isGraceOver: false,
    offered: undefined,
    examined: undefined,
    results: new Map(),
    resendAtMs: nowMs + resendMs,
    resendMs,
    toldAtMs: new Map(),
  }
}

export function change(turn: AggregateTurn, changed: Partial<AggregateState>): void {
  turn.state = { ...turn.state, ...changed }
}

/** The newest `RESULTS_MAX`. */
export function keepResult(turn: AggregateTurn, of: Digest, result: Combined | undefined): void {
  const results = new Map(turn.state.results)
  results.delete(of)
  results.set(of, result)
  change(turn, { results: new Map([...results].slice(-RESULTS_MAX)) })
}

/** Whether this member leads, and has nothing to propose yet. */
export function wantsReport({ leaderOf, seat }: ConsensusContext, { agreement }: AggregateState): boolean {
  const { record, isExecuting, executed } = agreement
  return (
    isExecuting && executed === undefined && record.decision === undefined && leaderOf(record.view) === seat
  )
}
