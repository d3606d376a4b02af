/**
 * BN254 as Groth16 uses it: the two primes, the curve's generators, and the roots of unity circom's tools agree on.
 *
 * G1: y² = x³ + 3 over F_q. G2: y² = x³ + 3/(9 + u) over F_q[u]/(u² + 1). Both have r points in the subgroup used.
 * @module
 */

/** The order of both groups, and the field of a circuit's values. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
/** The field of the points' coordinates. */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n
export const FIELD_BYTES = 32
export const G1_BYTES = 2 * FIELD_BYTES
export const G2_BYTES = 4 * FIELD_BYTES
/** r − 1 is 2^28 times an odd number: a domain has at most so many points. */
export const TWO_ADICITY = 28
/** 5 is the least number that is no square in F_r. */
const NON_RESIDUE = 5n
/** Files hold points' coordinates times 2^256 modulo q, and coefficients times 2^512 modulo r. */
export const MONTGOMERY = 1n << 256n

export const G1_GENERATOR = { x: 1n, y: 2n } as const
export const G2_GENERATOR = {
  x: [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  y: [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
} as const

export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = mod(base, modulus)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** By the extended Euclidean algorithm. The value must not be a multiple of the prime. */
export function inverse(value: bigint, prime: bigint): bigint {
  let [a, b] = [mod(value, prime), prime]
  let [x, y] = [1n, 0n]
  while (a !== 0n) {
    const quotient = b / a
    ;[a, b] = [b % a, a]
    ;[x, y] = [y - quotient * x, x]
  }
  if (b !== 1n) throw new RangeError('zero has no inverse')
  return mod(y, prime)
}

/** In place. No value may be zero. */
export function invertAll(values: bigint[], prime: bigint): void {
  const products: bigint[] = new Array(values.length)
  let product = 1n
  for (let i = 0; i < values.length; i++) {
    products[i] = product
    product = (product * (values[i] as bigint)) % prime
  }
  let rest = inverse(product, prime)
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i] as bigint
    values[i] = (rest * (products[i] as bigint)) % prime
    rest = (rest * value) % prime
  }
}

/** A primitive root of unity of order 2^log. */
export function rootOfUnity(log: number): bigint {
  return power(NON_RESIDUE, (R - 1n) >> BigInt(log), R)
}

/** Little-endian, 32 bytes. */
export function writeField(into: Uint8Array, at: number, value: bigint): void {
  const view = new DataView(into.buffer, into.byteOffset + at, FIELD_BYTES)
  for (let word = 0; word < 4; word++)
    view.setBigUint64(8 * word, BigInt.asUintN(64, value >> BigInt(64 * word)), true)
}

/** Little-endian, 32 bytes. */
export function readField(from: Uint8Array, at: number): bigint {
  const view = new DataView(from.buffer, from.byteOffset + at, FIELD_BYTES)
  let value = 0n
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(8 * word, true)
  return value
}
