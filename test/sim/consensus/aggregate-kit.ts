/**
 * What a simulated committee of *aggregate* puts together: whole numbers that honest members see near one another, by a median or
 * by a rule of the function's own that is one too. All of it is drawn from the seed.
 */
import { encodeCombineInput, reportOfCombined } from '../../../src/core/consensus/aggregate/custom.ts'
import type { Observation, Observed } from '../../../src/core/consensus/aggregate/observation.ts'
import { EXIT_NO_VALUE, reportOfObservations } from '../../../src/core/consensus/aggregate/report.ts'
import { type AggregateTerms, digestOfObserved } from '../../../src/core/consensus/aggregate/terms.ts'
import { decodeValues, encodeValues } from '../../../src/core/consensus/aggregate/values.ts'
import { parseAgreement, type ValueRule } from '../../../src/core/consensus/agreement.ts'
import type { Combined, ConsensusContext, Proposal } from '../../../src/core/consensus/core.ts'
import { faultsTolerated } from '../../../src/core/consensus/quorum.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { EXIT_MAX } from '../../../src/core/wasm/exit.ts'
import { fromBytesBE } from '../../../src/crypto/bytes.ts'
import { generator } from '../random.ts'

/** Of values within the bounds. */
export const VALUE_MAX = 10_000
const HONEST_MIN = 1_000
const HONEST_SPREAD = 50
export const FUEL_LIMIT = 1_000n
const TRAP = 0x101
const FAILED = 3

const agreement = parseAgreement(
  'aggregate',
  `grace=30;kind=median;max=${VALUE_MAX};min=-${VALUE_MAX};type=int32`,
)
if (agreement.mode !== 'aggregate' || agreement.rule.kind === 'custom') throw new Error('no rule of values')
export const MEDIAN: ValueRule = agreement.rule

export interface AggregateKit {
  readonly terms: AggregateTerms
  /** Another value with each run, as of a price; or a failure. */
  run(seat: number): Proposal
  combine(input: Uint8Array): Combined
  /** By the rules, for whoever leads; undefined when they decide nothing. */
  reportOf(context: ConsensusContext, observations: readonly Observation[]): Proposal | undefined
}

export function aggregateKit(seed: number, nodes: number): AggregateKit {
  const random = generator(Math.imul(seed, 0x85ebca6b) ^ nodes)
  const isCustom = random() < 0.25
  const failing = isCustom ? new Set<number>() : drawFailing(random, nodes)
  const terms: AggregateTerms = {
    rule: isCustom ? { kind: 'custom' } : MEDIAN,
    graceMs: agreement.mode === 'aggregate' ? agreement.graceMs : 0,
    domain: { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` },
    fuelLimit: FUEL_LIMIT,
    outputBytesMax: 32,
    weightOf: () => 1n,
  }
  return {
    terms,
    run: (seat) => {
      const value = HONEST_MIN + Math.floor(random() * HONEST_SPREAD)
      if (!failing.has(seat)) return runOf(seen(value))
      const fails = random() < 0.5 ? { exit: TRAP, fuelUsed: FUEL_LIMIT } : { exit: FAILED, fuelUsed: 5n }
      return runOf({ ...fails, output: new Uint8Array() })
    },
    combine,
    reportOf: (context, observations) => {
      if (isCustom)
        return reportOfCombined(FUEL_LIMIT, observations, combine(encodeCombineInput(observations)))
      const { faults, quorum } = context
      return reportOfObservations({ ...terms, rule: MEDIAN, faults, quorum }, observations)
    },
  }
}

/** Seats whose runs fail: none mostly; or all, or so many that f + 1 honest ones are among them. */
function drawFailing(random: () => number, nodes: number): ReadonlySet<number> {
  const kind = random()
  if (kind < 0.7) return new Set()
  const least = 2 * faultsTolerated(nodes) + 1
  const count = kind < 0.8 ? nodes : least + Math.floor(random() * (nodes - least + 1))
  const seats = Array.from({ length: nodes }, (_, seat) => ({ seat, order: random() }))
  return new Set(
    seats
      .sort((a, b) => a.order - b.order)
      .slice(0, count)
      .map(({ seat }) => seat),
  )
}

/** What a run gave that saw this value: within the type, if not within its bounds. */
export function seen(value: number): Observed {
  return {
    exit: 0,
    fuelUsed: BigInt(Math.abs(value) % 100),
    output: encodeValues(MEDIAN.type, [BigInt(value)]),
  }
}

/** A run has no evidence that anybody else is shown. */
export function runOf(observed: Observed): Proposal {
  return { outcome: { ...observed, evidenceHash: NO_EVIDENCE }, evidence: new Uint8Array() }
}

/** Undefined for a failure, or what is out of bounds. */
export function observedValue({ exit, output }: Pick<Observed, 'exit' | 'output'>): bigint | undefined {
  return exit === 0 ? decodeValues(MEDIAN.type, MEDIAN.bounds, output)?.[0] : undefined
}

export function signObserved(
  context: ConsensusContext,
  terms: AggregateTerms,
  observed: Observed,
): Observation {
  const signature = context.sign(digestOfObserved(context, terms, observed))
  return { ...observed, seat: context.seat, signature }
}

/** The function's own rule: the lower middle of the values there are. It reads what AGG-7 says, by its own hand. */
function combine(input: Uint8Array): Combined {
  const word = (at: number, bytes: number): number => Number(fromBytesBE(input.subarray(at, at + bytes)))
  const values: bigint[] = []
  let at = 2
  for (let left = word(0, 2); left > 0; left--) {
    const [exit, length] = [word(at + 2, 2), word(at + 12, 4)]
    const value = observedValue({ exit, output: input.subarray(at + 16, at + 16 + length) })
    if (value !== undefined) values.push(value)
    at += 16 + length
  }
  if (at !== input.length) return { exit: EXIT_MAX, output: new Uint8Array() }
  const middle = values.sort((a, b) => Number(a - b))[(values.length - 1) >> 1]
  if (middle === undefined) return { exit: EXIT_NO_VALUE, output: new Uint8Array() }
  return { exit: 0, output: encodeValues(MEDIAN.type, [middle]) }
}
