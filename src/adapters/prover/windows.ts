/**
 * How wide the windows of a sum of multiples are: wide ones are few, and narrow ones have few buckets.
 * @module
 */

/** Below r, and one for the sign of the highest digit. */
const SCALAR_BITS = 255
const WINDOW_BITS_MIN = 2
/** Digits are kept in 16 bits. */
const WINDOW_BITS_MAX = 15
/** Additions a bucket costs, its row's and column's sums together. */
const BUCKET_ADDITIONS = 2.4

/** Parts of a sum, for each thread: so that the last one to end keeps others waiting for little. */
const RANGES_PER_WORKER = 2

export interface Windows {
  readonly bits: number
  /** Parts that are summed on their own: windows from the first up to, and without, the last. */
  readonly ranges: readonly (readonly [first: number, last: number])[]
}

export function windowsOf(count: number, workers: number): Windows {
  let bits = WINDOW_BITS_MIN
  for (let next = bits + 1; next <= WINDOW_BITS_MAX; next++)
    if (additions(next, count) < additions(bits, count)) bits = next
  const windows = windowsWith(bits)
  const parts = Math.min(windows, RANGES_PER_WORKER * workers)
  const ends = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * windows) / parts))
  return { bits, ranges: ends.slice(1).map((end, i) => [ends[i] as number, end] as const) }
}

function windowsWith(bits: number): number {
  return Math.ceil(SCALAR_BITS / bits)
}

function additions(bits: number, count: number): number {
  return windowsWith(bits) * (count + BUCKET_ADDITIONS * 2 ** (bits - 1))
}
