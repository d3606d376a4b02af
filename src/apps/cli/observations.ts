/**
 * What members of an aggregating committee signed that they saw, as people read it.
 * @module
 */
import type { Observed } from '../../core/audit/observations.ts'
import type { AggregateRule } from '../../core/consensus/agreement.ts'
import type { Address, Hex } from '../../protocol/types.ts'

/** Bytes of an output without a type that a line has room for. */
const SHOWN_BYTES_MAX = 32

export interface ToldObservations {
  readonly observations: readonly ToldObservation[]
  /** Of a mode: how many saw each of what counts, the most frequent first. */
  readonly shares?: readonly Share[]
}

export interface ToldObservation {
  readonly seat: number
  readonly attestor: Address
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Hex
  /** With the agreement's decimals; undefined without a value, and for the function's own rule. */
  readonly values: readonly string[] | undefined
  /** Undefined for the function's own rule. */
  readonly counts: boolean | undefined
}

export interface Share {
  readonly values: readonly string[]
  readonly count: number
  /** Of those that count, rounded down to a tenth. */
  readonly percent: number
}

export function tellObserved(rule: AggregateRule, observed: readonly Observed[]): ToldObservations {
  const decimals = rule.kind === 'custom' ? 0 : rule.decimals
  const observations = observed.map((one) => ({
    ...one,
    values: one.values?.map((value) => decimalText(value, decimals)),
  }))
  return { observations, ...(rule.kind === 'mode' && { shares: sharesOf(observations) }) }
}

/** A whole number of the smallest unit, with its point. */
export function decimalText(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const sign = value < 0n ? '-' : ''
  if (decimals === 0) return `${sign}${digits}`
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** A line for each, and one for each share. */
export function linesOf({ observations, shares = [] }: ToldObservations): readonly string[] {
  return [
    ...observations.map((one) => `seat ${one.seat}  ${one.attestor}  ${describe(one)}`),
    ...shares.map(
      ({ values, count, percent }) => `${values.join(', ')}: ${count} that count, ${percent} % of them`,
    ),
  ]
}

function describe({ exit, values, counts, output }: ToldObservation): string {
  if (exit !== 0) return `failed with exit ${exit}`
  if (values !== undefined)
    return counts === true ? values.join(', ') : `${values.join(', ')}, left out: too far from the median`
  if (counts !== undefined) return 'no value of the function’s type'
  const bytes = (output.length - 2) / 2
  return bytes <= SHOWN_BYTES_MAX ? output : `${output.slice(0, 2 + 2 * SHOWN_BYTES_MAX)}…, ${bytes} bytes`
}

function sharesOf(observations: readonly ToldObservation[]): readonly Share[] {
  const counted = observations.flatMap(({ values, counts }) =>
    counts === true && values !== undefined ? [values] : [],
  )
  const counts = new Map<string, { readonly values: readonly string[]; count: number }>()
  for (const values of counted) {
    const share = counts.get(values.join()) ?? { values, count: 0 }
    share.count++
    counts.set(values.join(), share)
  }
  return [...counts.values()]
    .toSorted((a, b) => b.count - a.count)
    .map(({ values, count }) => ({
      values,
      count,
      percent: Math.floor((1_000 * count) / counted.length) / 10,
    }))
}
