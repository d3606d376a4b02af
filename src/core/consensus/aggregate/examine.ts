/**
 * Whether a proposed report is the one its evidence makes (AGG-10), and the rules that the safety of *aggregate* stands on beside
 * pBFT's: each by itself, so that a test puts a wrong one in its place and sees it caught.
 * @module
 */
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { Digest } from '../../../protocol/types.ts'
import type { ConsensusContext, Proposal } from '../core.ts'
import { decodeEvidence, evidenceBytesMax, evidenceHashOf } from './evidence.ts'
import { type Observation, sameObserved } from './observation.ts'
import { type AggregateTerms, digestOfObserved, isWithinBounds, observedBytesMax } from './terms.ts'

export interface AggregateRules {
  /** Whether its seat signed it. */
  readonly isSigned: (context: ConsensusContext, terms: AggregateTerms, observation: Observation) => boolean
  /** Whether a proposal is the report that its evidence makes, by their roots. */
  readonly isReport: (proposed: Digest, made: Digest | undefined) => boolean
  /** What a member that restarts has signed already. */
  readonly remembered: (record: { readonly observation: Observation | undefined }) => Observation | undefined
}

export const AGGREGATE_RULES: AggregateRules = {
  isSigned: (context, terms, observation) =>
    context.verify(observation.seat, digestOfObserved(context, terms, observation), observation.signature),
  isReport: (proposed, made) => proposed === made,
  remembered: ({ observation }) => observation,
}

/** Whether the evidence is no longer than it can be, and hashes to what the outcome says. */
export function isEvidence(
  { committeeSize }: Pick<ConsensusContext, 'committeeSize'>,
  terms: AggregateTerms,
  { outcome, evidence }: Proposal,
): boolean {
  return (
    evidence.length <= evidenceBytesMax(committeeSize, observedBytesMax(terms)) &&
    evidenceHashOf(evidence) === outcome.evidenceHash
  )
}

/**
 * The observations a proposal rests on: a quorum's or more, each within its bounds and signed. Undefined when they are not that.
 * @param held what this member has checked already, by seat.
 */
export function observationsIn(
  rules: AggregateRules,
  context: ConsensusContext,
  terms: AggregateTerms,
  { evidence }: Proposal,
  held: ReadonlyMap<number, Observation>,
): readonly Observation[] | undefined {
  const observations = decoded(evidence, context.committeeSize)
  if (observations === undefined || observations.length < context.quorum) return undefined
  const isGood = (one: Observation): boolean =>
    isWithinBounds(terms, one) && (isSame(held.get(one.seat), one) || rules.isSigned(context, terms, one))
  return observations.every(isGood) ? observations : undefined
}

/** To the letter: a signature that was checked over these very bytes. */
function isSame(held: Observation | undefined, one: Observation): boolean {
  return held !== undefined && held.signature === one.signature && sameObserved(held, one)
}

function decoded(evidence: Uint8Array, committeeSize: number): readonly Observation[] | undefined {
  try {
    return decodeEvidence(evidence, committeeSize)
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}
