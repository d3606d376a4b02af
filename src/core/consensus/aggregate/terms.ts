/**
 * What an aggregating committee is told of its request, and how it bounds what members see (AGG-1, AGG-2).
 * @module
 */
import type { SigningDomain } from '../../../crypto/eip712.ts'
import { PROPOSED_EVIDENCE_BYTES_MAX } from '../../../protocol/limits.ts'
import type { Digest } from '../../../protocol/types.ts'
import type { AggregateRule } from '../agreement.ts'
import type { ConsensusContext } from '../core.ts'
import { evidenceBytesMax } from './evidence.ts'
import {
  boundsProblem,
  isObservationSignature,
  type Observation,
  type Observed,
  observationDigest,
} from './observation.ts'
import { EXIT_NO_VALUE } from './report.ts'
import { decodeValues } from './values.ts'

/** Of one request, the same for all its members. */
export interface AggregateTerms {
  readonly rule: AggregateRule
  /** Milliseconds a leader waits for further observations once it has a quorum of them. */
  readonly graceMs: number
  /** Chain and market: bound into what members sign. */
  readonly domain: SigningDomain
  readonly fuelLimit: bigint
  readonly outputBytesMax: number
  /** Of a seat, in the snapshot. */
  readonly weightOf: (seat: number) => bigint
}

/** An ABI word. */
const VALUE_BYTES = 32

/** Of an observation's output: the request's bound, and that of the rule's type where it has one. */
export function observedBytesMax({
  rule,
  outputBytesMax,
}: Pick<AggregateTerms, 'rule' | 'outputBytesMax'>): number {
  return rule.kind === 'custom' ? outputBytesMax : Math.min(outputBytesMax, rule.type.length * VALUE_BYTES)
}

/** Whether what a whole committee may observe fits a proposal (AGR-2): else one might be made that nobody can read. */
export function observationsFit(
  terms: Pick<AggregateTerms, 'rule' | 'outputBytesMax'>,
  committeeSize: number,
): boolean {
  return evidenceBytesMax(committeeSize, observedBytesMax(terms)) <= PROPOSED_EVIDENCE_BYTES_MAX
}

/** AGG-1: what a member says its run gave. Undefined for a run that breaks the request's bounds, which is none. */
export function observedOf(terms: AggregateTerms, run: Observed): Observed | undefined {
  if (boundsProblem(terms, run) !== undefined) return undefined
  const { exit, fuelUsed, output } = run
  const { rule } = terms
  if (rule.kind === 'custom') return { exit, fuelUsed, output }
  if (exit === 0 && decodeValues(rule.type, rule.bounds, output) !== undefined)
    return { exit, fuelUsed, output }
  return { exit: exit === 0 ? EXIT_NO_VALUE : exit, fuelUsed, output: new Uint8Array() }
}

export function digestOfObserved(
  { instance }: ConsensusContext,
  { domain }: AggregateTerms,
  observed: Observed,
): Digest {
  return observationDigest({ domain, ...instance }, observed)
}

/** Whether it is one that its seat can have made. Whether that seat signed it is another question. */
export function isWithinBounds(terms: AggregateTerms, { signature, ...observed }: Observation): boolean {
  const { fuelLimit } = terms
  const problem = boundsProblem({ fuelLimit, outputBytesMax: observedBytesMax(terms) }, observed)
  return problem === undefined && isObservationSignature(signature)
}
