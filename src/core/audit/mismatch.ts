/**
 * How a step of an audit finds: in words when it passed, by throwing when it failed.
 * @module
 */

/** A step's own reason to fail. */
export class Mismatch extends Error {}

/** In words; or why it cannot be told yet. */
export type Finding = string | { readonly pending: string }

export function expect(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Mismatch(problem)
}

export function short(hex: string): string {
  return `${hex.slice(0, 10)}…`
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** Bytes of `0x…`. */
export function lengthOf(hex: string): number {
  return (hex.length - 2) / 2
}

/** Seconds since 1970 as people read them. */
export function utc(seconds: bigint): string {
  const milliseconds = Number(seconds) * 1000
  // What a hostile node says need not be a time.
  if (Math.abs(milliseconds) > 8.64e15) return `second ${seconds}`
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
