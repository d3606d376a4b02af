/**
 * What *aggregate* promises beside agreement: an honest member signs one observation; a report that honest members accept rests on
 * a quorum's observations, each signed by its seat, and is the one they make; and a median lies between honest ones.
 *
 * It computes reports by itself, in its own words: a rule that the core has wrong is not wrong here in the same way.
 */
import { decodeEvidence } from '../../../src/core/consensus/aggregate/evidence.ts'
import {
  type Observation,
  type Observed,
  observationDigest,
  sameObserved,
} from '../../../src/core/consensus/aggregate/observation.ts'
import type { AggregateMessage } from '../../../src/core/consensus/aggregate/state.ts'
import type { ConsensusContext, Proposal } from '../../../src/core/consensus/core.ts'
import type { Outcome } from '../../../src/core/request/attestation.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import { type AggregateKit, FUEL_LIMIT, observedValue } from './aggregate-kit.ts'
import type { Judge, JudgedWorld } from './mode.ts'
import { type Oracles, Violation } from './oracles.ts'

export class AggregateJudge implements Judge<AggregateMessage> {
  readonly #kit: AggregateKit
  readonly #oracles: Oracles
  readonly #faulty: ReadonlySet<number>
  readonly #context: ConsensusContext
  /** What each honest seat says it saw. */
  readonly #honest = new Map<number, Observed>()
  readonly #looked = new Set<string>()

  constructor(kit: AggregateKit, { oracles, faulty, context }: JudgedWorld) {
    this.#kit = kit
    this.#oracles = oracles
    this.#faulty = faulty
    this.#context = context
  }

  said(seat: number, message: AggregateMessage): void {
    if (message.type !== 'observation') return
    const first = this.#honest.get(seat)
    if (first !== undefined && !sameObserved(first, message.observed))
      throw new Violation('one-observation', `seat ${seat} signed two observations`)
    this.#honest.set(seat, message.observed)
  }

  /** Of whoever proposes it: what rests on a quorum's true observations may be certified, and nothing else. */
  passed(message: AggregateMessage): void {
    if (message.type !== 'propose') return
    const { proposal } = message
    const root = this.#context.rootOf(proposal.outcome)
    if (root === undefined || this.#looked.has(root)) return
    this.#looked.add(root)
    if (this.#isTrue(proposal)) this.#oracles.accepted(root)
  }

  decided(outcome: Outcome): void {
    const honest = [...this.#honest.values()]
    const value = observedValue(outcome)
    if (outcome.exit !== 0) {
      if (honest.every((observed) => observedValue(observed) !== undefined))
        throw new Violation('beyond', `a failure, exit ${outcome.exit}, that no honest member had`)
      return
    }
    const values = honest.map(observedValue).filter((one) => one !== undefined)
    if (value === undefined || !values.some((one) => one <= value) || !values.some((one) => one >= value))
      throw new Violation('beyond', `${value} is not between what honest members saw`)
  }

  #isTrue({ outcome, evidence }: Proposal): boolean {
    const observations = this.#observationsIn(evidence)
    if (observations === undefined || observations.length < this.#context.quorum) return false
    if (!observations.every((one) => this.#isSeen(one))) return false
    const values = observations.map(observedValue).filter((one) => one !== undefined)
    const isCustom = this.#kit.terms.rule.kind === 'custom'
    const faults = this.#context.faults
    if (isCustom || values.length > 2 * faults) {
      const [middle] = values.sort((a, b) => Number(a - b)).slice((values.length - 1) >> 1)
      return outcome.exit === 0 && observedValue(outcome) === middle
    }
    return observations.length - values.length > faults && isFailureOf(outcome, observations, faults)
  }

  #observationsIn(evidence: Uint8Array): readonly Observation[] | undefined {
    try {
      return decodeEvidence(evidence, this.#context.committeeSize)
    } catch (error) {
      if (error instanceof InvalidInputError) return undefined
      throw error
    }
  }

  /** Its seat signed it, and an honest seat said so. */
  #isSeen(observation: Observation): boolean {
    const { seat, signature } = observation
    const { instance, verify } = this.#context
    const digest = observationDigest({ domain: this.#kit.terms.domain, ...instance }, observation)
    if (!verify(seat, digest, signature)) return false
    if (this.#faulty.has(seat)) return true
    const said = this.#honest.get(seat)
    return said !== undefined && sameObserved(said, observation)
  }
}

/** An exit that none of the others is more frequent than, if an honest member may have had it; else 255; and no output. */
function isFailureOf(
  { exit, fuelUsed, output }: Outcome,
  observations: readonly Observation[],
  faults: number,
): boolean {
  const exits = observations.map((one) => (observedValue(one) !== undefined ? 0 : one.exit || 0xff))
  const countOf = (wanted: number): number => exits.filter((one) => one === wanted).length
  const most = Math.max(...exits.filter((one) => one !== 0).map(countOf))
  const isRight = most > faults ? countOf(exit) === most : exit === 0xff
  return exit !== 0 && isRight && output.length === 0 && (exit < 0x100 || fuelUsed === FUEL_LIMIT)
}
