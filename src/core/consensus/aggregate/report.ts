/**
 * The one report that a set of observations makes: by whoever proposes it, by the members who check it, and by auditors (AGG-4,
 * AGG-5).
 *
 * Whoever proposes chooses the observations, up to f of which may be lies. So a value needs 2f + 1 of them, of which f + 1 are
 * honest, and a failure f + 1, of which one is; so does its exit, for one from 0x100 on costs all the fuel. A value that lies too far
 * off to count is no failure.
 * @module
 */
import { type Outcome, usesAllFuel } from '../../request/attestation.ts'
import type { ValueRule } from '../agreement.ts'
import { encodeEvidence, evidenceHashOf } from './evidence.ts'
import type { Observation, Observed } from './observation.ts'
import { aggregate, type Weighted, withinDeviation } from './rules.ts'
import { decodeValues, encodeValues } from './values.ts'

/** A run that ended well and gave no value of the function's type, or one out of its bounds. */
export const EXIT_NO_VALUE = 0xff

export interface ReportTerms {
  readonly rule: ValueRule
  readonly faults: number
  readonly quorum: number
  readonly fuelLimit: bigint
  /** Of a seat, in the snapshot. */
  readonly weightOf: (seat: number) => bigint
}

export interface AggregateReport {
  readonly outcome: Outcome
  readonly evidence: Uint8Array
}

/**
 * Of observations that count, one of each seat. Undefined when they decide nothing: too few, or neither enough values nor enough
 * failures; more of them may.
 */
export function reportOfObservations(
  terms: ReportTerms,
  observations: readonly Observation[],
): AggregateReport | undefined {
  const { rule, faults, quorum } = terms
  if (observations.length < quorum) return undefined
  const inOrder = observations.toSorted((a, b) => a.seat - b.seat)
  const kept = countedOf(terms, inOrder)
  if (kept.length <= 2 * faults) {
    const failed = inOrder.filter((one) => !hasValue(rule, one))
    return failed.length > faults ? failure(terms, inOrder, sharedExit(failed, faults)) : undefined
  }
  const result = aggregate(rule, kept, faults)
  // A sum that no longer fits its type, or a mode that no honest member need have seen.
  if (result === undefined) return failure(terms, inOrder, EXIT_NO_VALUE)
  const fuelUsed = middle(kept.map((one) => one.fuelUsed))
  return reported({ exit: 0, fuelUsed, output: encodeValues(rule.type, result) }, inOrder)
}

/** An observation that a result is made of. */
export interface Counted extends Weighted {
  readonly seat: number
  readonly fuelUsed: bigint
}

/** Those with values, no further from the median than the rule allows. */
export function countedOf(
  { rule, weightOf }: Pick<ReportTerms, 'rule' | 'weightOf'>,
  observations: readonly Observation[],
): readonly Counted[] {
  const values = observations.flatMap(({ seat, exit, fuelUsed, output }) => {
    const decoded = exit === 0 ? decodeValues(rule.type, rule.bounds, output) : undefined
    return decoded === undefined ? [] : [{ seat, values: decoded, weight: weightOf(seat), fuelUsed }]
  })
  return withinDeviation(rule, values)
}

function hasValue(rule: ValueRule, { exit, output }: Observed): boolean {
  return exit === 0 && decodeValues(rule.type, rule.bounds, output) !== undefined
}

/** The exit that most of these have, the smallest of several, if an honest member is among them; else that of no value. */
function sharedExit(failed: readonly Observed[], faults: number): number {
  const counts = new Map<number, number>()
  for (const { exit } of failed) {
    const found = exit === 0 ? EXIT_NO_VALUE : exit
    counts.set(found, (counts.get(found) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
  return most !== undefined && most[1] > faults ? most[0] : EXIT_NO_VALUE
}

function failure(
  { fuelLimit }: ReportTerms,
  observations: readonly Observation[],
  exit: number,
): AggregateReport {
  const fuelUsed = usesAllFuel(exit) ? fuelLimit : middle(observations.map(({ fuelUsed: used }) => used))
  return reported({ exit, fuelUsed, output: new Uint8Array() }, observations)
}

/** With the observations as its evidence. */
export function reported(result: Observed, observations: readonly Observation[]): AggregateReport {
  const evidence = encodeEvidence(observations)
  return { outcome: { ...result, evidenceHash: evidenceHashOf(evidence) }, evidence }
}

/** The lower of the two in the middle, which some member used. */
export function middle(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n
}
