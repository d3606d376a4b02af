/**
 * From many observations to one value, in whole numbers and the same on every machine (AGG-4).
 *
 * With at most f liars among 2f + 1 observations or more the median lies between two honest ones, whatever the liars say. Of the
 * other kinds one liar moves mean, weighted mean, min, max and sum as far as the bounds allow, a trimmed mean not beyond honest
 * values while the part trimmed covers the liars, and the mode not at all, for what f members or fewer saw is no result.
 * @module
 */
import type { AggregateRule, ValueRule } from '../agreement.ts'

/** A member's values, and its weight of the snapshot. */
export interface Weighted {
  readonly values: readonly bigint[]
  readonly weight: bigint
}

const BPS = 10_000n

/** How far one liar can move the result beyond what honest members saw; of a custom rule only its author knows. */
export function reachOfOneLiar(
  rule: AggregateRule,
  committeeSize: number,
): 'none' | 'deviation' | 'bounds' | 'unknown' {
  if (rule.kind === 'custom') return 'unknown'
  const { kind, deviationBps, trimPercent } = rule
  if (kind === 'median' || kind === 'mode') return 'none'
  if (kind === 'trimmed-mean' && Math.floor((committeeSize * trimPercent) / 100) >= 1) return 'none'
  return deviationBps === undefined ? 'bounds' : 'deviation'
}

/** Those no further from the median than the rule allows, value by value. */
export function withinDeviation<T extends Weighted>(rule: ValueRule, members: readonly T[]): readonly T[] {
  const { deviationBps, type } = rule
  if (deviationBps === undefined || members.length === 0) return members
  const middle = Array.from({ length: type.length }, (_, i) => median(column(members, i)))
  return members.filter(({ values }) =>
    values.every((value, i) => {
      const center = middle[i] ?? 0n
      return abs(value - center) * BPS <= abs(center) * BigInt(deviationBps)
    }),
  )
}

/**
 * The result, a value for each place. Undefined when it does not fit the type, or when what is most frequent is what no more
 * than `faults` members saw, who may all be liars. `members` is not empty.
 */
export function aggregate(
  rule: ValueRule,
  members: readonly Weighted[],
  faults: number,
): readonly bigint[] | undefined {
  const { kind, type, trimPercent } = rule
  if (kind === 'mode') return mostFrequent(members, faults)
  const result = Array.from({ length: type.length }, (_, i) =>
    combine(kind, trimPercent, members, column(members, i)),
  )
  return result.every((value) => value >= type.min && value <= type.max) ? result : undefined
}

function combine(
  kind: Exclude<ValueRule['kind'], 'mode'>,
  trimPercent: number,
  members: readonly Weighted[],
  values: readonly bigint[],
): bigint {
  switch (kind) {
    case 'mean':
      return mean(values)
    case 'trimmed-mean': {
      const cut = Math.floor((values.length * trimPercent) / 100)
      return mean(sorted(values).slice(cut, values.length - cut))
    }
    case 'weighted-mean': {
      const total = members.reduce((sum, { weight }) => sum + weight, 0n)
      const sum = values.reduce((sum, value, i) => sum + value * (members[i]?.weight ?? 0n), 0n)
      return total === 0n ? mean(values) : floorDiv(sum, total)
    }
    case 'min':
      return sorted(values)[0] ?? 0n
    case 'max':
      return sorted(values).at(-1) ?? 0n
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0n)
    case 'median':
      return median(values)
  }
}

/** Of an even count the lower of the two in the middle: a value that was observed. */
function median(values: readonly bigint[]): bigint {
  return sorted(values)[Math.floor((values.length - 1) / 2)] ?? 0n
}

/** Rounded down. */
function mean(values: readonly bigint[]): bigint {
  return floorDiv(
    values.reduce((sum, value) => sum + value, 0n),
    BigInt(values.length),
  )
}

/** All places together; of those that tie the smallest, place by place. */
function mostFrequent(members: readonly Weighted[], faults: number): readonly bigint[] | undefined {
  const counts = new Map<string, { readonly values: readonly bigint[]; count: number }>()
  for (const { values } of members) {
    const key = values.join()
    const entry = counts.get(key) ?? { values, count: 0 }
    entry.count++
    counts.set(key, entry)
  }
  const [first] = [...counts.values()].toSorted((a, b) => b.count - a.count || compare(a.values, b.values))
  return first === undefined || first.count <= faults ? undefined : first.values
}

function compare(a: readonly bigint[], b: readonly bigint[]): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : (a[at] ?? 0n) < (b[at] ?? 0n) ? -1 : 1
}

function column(members: readonly Weighted[], place: number): readonly bigint[] {
  return members.map(({ values }) => values[place] ?? 0n)
}

function sorted(values: readonly bigint[]): readonly bigint[] {
  return values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}
