/** Integers below a bound, from a seed: the same numbers in every run. */
export function mulberry(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** A number of so many bits, from such a generator. */
export function bitsFrom(random: (below: number) => number, bits: number): bigint {
  let value = 0n
  for (let left = bits; left > 0; left -= 16) {
    const part = Math.min(16, left)
    value = (value << BigInt(part)) | BigInt(random(1 << part))
  }
  return value
}
