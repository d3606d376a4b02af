/**
 * The report of an aggregate, made again from the observations it names (AGG-3, AGG-10): signatures of the drawn committee, a
 * quorum of them, and what the function's rule makes of them.
 *
 * It shows that the report follows from what members signed, and that they signed it. What each of them saw is its own word.
 * Of the evidence of the audit it takes the snapshot and the round as checked (`audit`).
 * @module
 */
import { sameHex, toHex } from '../../crypto/bytes.ts'
import type { Address, Hex, SnapshotMember } from '../../protocol/types.ts'
import { reportOfCombined } from '../consensus/aggregate/custom.ts'
import { decodeEvidence, evidenceHashOf } from '../consensus/aggregate/evidence.ts'
import { type Observation, observationProblem } from '../consensus/aggregate/observation.ts'
import { type AggregateReport, countedOf, reportOfObservations } from '../consensus/aggregate/report.ts'
import { observedBytesMax } from '../consensus/aggregate/terms.ts'
import { decodeValues } from '../consensus/aggregate/values.ts'
import type { AggregateRule, ValueRule } from '../consensus/agreement.ts'
import type { Combined } from '../consensus/core.ts'
import { faultsTolerated, quorumOf } from '../consensus/quorum.ts'
import { memberAt } from '../snapshot.ts'
import { drawn, snapshotIn } from './draw.ts'
import type { AuditEvidence, FulfilledEvidence } from './evidence.ts'
import { expect } from './mismatch.ts'

/** What a member signed that it saw. */
export interface Observed {
  readonly seat: number
  readonly attestor: Address
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Hex
  /** Of the function's type; undefined when it gave none, and when the rule is the function's own. */
  readonly values: readonly bigint[] | undefined
  /** Whether the rule takes its values into account; undefined when the function's own does what it likes. */
  readonly counts: boolean | undefined
}

/** The members of the committee that certified, in the order drawn. Throws when they cannot be drawn. */
export function committeeIn(
  evidence: AuditEvidence,
  fulfilled: FulfilledEvidence,
): readonly SnapshotMember[] {
  const snapshot = snapshotIn(evidence)
  return drawn(evidence, fulfilled, snapshot).map((index) => memberAt(snapshot, index))
}

/** A quorum's or more, each within its bounds and signed by its seat. Throws what is wrong with them. */
export function checkObservations(
  evidence: AuditEvidence,
  { fulfillment }: FulfilledEvidence,
  committee: readonly SnapshotMember[],
  rule: AggregateRule,
  bytes: Uint8Array,
): readonly Observation[] {
  const { chainId, market, requestId } = evidence
  const { fuelLimit, outputBytesMax } = evidence.submitted.request
  // A transcript has a hash too, under another tag.
  expect(
    sameHex(evidenceHashOf(bytes), fulfillment.evidenceHash),
    'what it rests on is no list of observations',
  )
  const observations = decodeEvidence(bytes, committee.length)
  const quorum = quorumOf('aggregate', committee.length)
  expect(observations.length >= quorum, `${observations.length} observations of the ${quorum} a report needs`)
  const bounds = {
    domain: { chainId, contract: market },
    requestId,
    attempt: fulfillment.attempt,
    committee: committee.map(({ attestor }) => attestor),
    fuelLimit,
    outputBytesMax: observedBytesMax({ rule, outputBytesMax }),
  }
  for (const observation of observations) {
    const problem = observationProblem(bounds, observation)
    expect(problem === undefined, `the observation of seat ${observation.seat} does not count: ${problem}`)
  }
  return observations
}

/** AGG-5. Undefined when they decide nothing. */
export function reportByRule(
  { submitted: { request } }: AuditEvidence,
  committee: readonly SnapshotMember[],
  rule: ValueRule,
  observations: readonly Observation[],
): AggregateReport | undefined {
  const { fuelLimit } = request
  const terms = {
    rule,
    faults: faultsTolerated(committee.length),
    quorum: quorumOf('aggregate', committee.length),
    fuelLimit,
    weightOf: weightsOf(committee),
  }
  return reportOfObservations(terms, observations)
}

/** AGG-7. @param combined what the function's own `aggregate` gave. */
export function reportByFunction(
  { submitted: { request } }: AuditEvidence,
  observations: readonly Observation[],
  combined: Combined,
): AggregateReport {
  return reportOfCombined(request.fuelLimit, observations, combined)
}

/** For people to look at, one by one. */
export function observedBy(
  committee: readonly SnapshotMember[],
  rule: AggregateRule,
  observations: readonly Observation[],
): readonly Observed[] {
  const counted =
    rule.kind === 'custom'
      ? undefined
      : new Set(countedOf({ rule, weightOf: weightsOf(committee) }, observations).map(({ seat }) => seat))
  return observations.flatMap(({ seat, exit, fuelUsed, output }) => {
    const attestor = committee[seat]?.attestor
    if (attestor === undefined) return []
    const values =
      rule.kind === 'custom' || exit !== 0 ? undefined : decodeValues(rule.type, rule.bounds, output)
    return [{ seat, attestor, exit, fuelUsed, output: toHex(output), values, counts: counted?.has(seat) }]
  })
}

function weightsOf(committee: readonly SnapshotMember[]): (seat: number) => bigint {
  return (seat) => committee[seat]?.weight ?? 0n
}
