/**
 * Verification keys of Groth16 over BN254 as the chain keeps them (ZKP-1):
 *
 *   flags (1) | outputs (2) | inputs (2) | alpha (64) | beta (128) | gamma (128) | delta (128) | IC (64 each)
 *
 * A circuit's public inputs are its outputs, then the request's input, then, if bit 1 of the flags says so, the binding: a
 * number that says which request a proof is for and who is paid for it. IC has one point more than these. A key's hash is
 * Keccak-256 of these bytes.
 *
 * Contract and this file refuse the same keys (ZKP-2), among them those whose proofs anybody forges: delta is what a second
 * phase contributes, and without one it is the group's generator, as gamma is.
 * @module
 */
import { bn254 } from '@noble/curves/bn254.js'
import { InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import type { Hash, Hex } from '../protocol/types.ts'
import { concat, fromBytesBE, toBytesBE } from './bytes.ts'
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  G1_BYTES,
  type G1Point,
  G2_BYTES,
  type G2Point,
} from './groth16-points.ts'
import { keccakHex, tagHash } from './hash.ts'

/** A key stands behind code in one contract, which has 24,576 bytes at most; and each costs 6,700 gas. */
export const PUBLIC_INPUTS_MAX = 256

/** In the router: the proof system that keys are registered with. */
export const GROTH16_SELECTOR = tagHash('dikast.groth16-bn254.v1').slice(0, 10) as Hex

const HEAD_BYTES = 5
const POINTS_BYTES = G1_BYTES + 3 * G2_BYTES
const FLAG_CEREMONY = 1
const FLAG_BOUND = 2

export interface VerificationKey {
  /** What whoever made it says: that independent parties contributed. Otherwise it is for development. */
  readonly isCeremony: boolean
  /** The last public input is the binding. */
  readonly isBound: boolean
  readonly outputs: number
  /** Words of the request's input. */
  readonly inputs: number
  readonly alpha: G1Point
  readonly beta: G2Point
  readonly gamma: G2Point
  readonly delta: G2Point
  readonly ic: readonly G1Point[]
}

/** How many public inputs a proof under the key has. */
export function publicInputCount(key: Pick<VerificationKey, 'outputs' | 'inputs' | 'isBound'>): number {
  return key.outputs + key.inputs + (key.isBound ? 1 : 0)
}

/** Throws `InvalidInputError` for a key the chain refuses. */
export function encodeVerificationKey(key: VerificationKey): Uint8Array {
  checkKey(key)
  const flags = (key.isCeremony ? FLAG_CEREMONY : 0) | (key.isBound ? FLAG_BOUND : 0)
  return concat(
    Uint8Array.of(flags),
    toBytesBE(BigInt(key.outputs), 2),
    toBytesBE(BigInt(key.inputs), 2),
    encodeG1(key.alpha),
    encodeG2(key.beta),
    encodeG2(key.gamma),
    encodeG2(key.delta),
    ...key.ic.map(encodeG1),
  )
}

/** Throws `InvalidInputError` unless the bytes are exactly a key the chain takes. */
export function decodeVerificationKey(bytes: Uint8Array): VerificationKey {
  if (bytes.length < HEAD_BYTES + POINTS_BYTES) {
    throw new InvalidInputError('key', `is ${bytes.length} bytes long: too short for a verification key`)
  }
  const flags = bytes[0] ?? 0
  if (flags > (FLAG_CEREMONY | FLAG_BOUND)) throw new InvalidInputError('key.flags', 'has unknown bits')
  const shape = {
    isCeremony: (flags & FLAG_CEREMONY) !== 0,
    isBound: (flags & FLAG_BOUND) !== 0,
    outputs: Number(fromBytesBE(bytes.subarray(1, 3))),
    inputs: Number(fromBytesBE(bytes.subarray(3, 5))),
  }
  const count = publicInputCount(shape)
  const length = HEAD_BYTES + POINTS_BYTES + G1_BYTES * (count + 1)
  if (bytes.length !== length) {
    throw new InvalidInputError('key', `is ${bytes.length} bytes long, not ${length} as ${count} inputs take`)
  }
  let at = HEAD_BYTES
  const take = (size: number): Uint8Array => {
    at += size
    return bytes.subarray(at - size, at)
  }
  const g1 = (field: string) => pointOf(field, decodeG1(take(G1_BYTES)))
  const g2 = (field: string) => pointOf(field, decodeG2(take(G2_BYTES)))
  const points = { alpha: g1('alpha'), beta: g2('beta'), gamma: g2('gamma'), delta: g2('delta') }
  const ic = Array.from({ length: count + 1 }, (_, i) => g1(`IC[${i}]`))
  const key = { ...shape, ...points, ic }
  checkKey(key)
  return key
}

/**
 * The key at the end of its contract's code, where its length stands in two bytes (ZKP-8). Any code may end so: whose key it is
 * the proof system says. Throws `InvalidInputError` when what stands there is no key.
 */
export function keyOfCode(code: Uint8Array): VerificationKey {
  const end = code.length - KEY_LENGTH_BYTES
  const length = Number(fromBytesBE(code.subarray(Math.max(0, end))))
  if (length >= end) throw new InvalidInputError('verifier', 'has no key at the end of its code')
  return decodeVerificationKey(code.slice(end - length, end))
}

const KEY_LENGTH_BYTES = 2

export function verificationKeyHash(key: VerificationKey): Hash {
  return keccakHex(encodeVerificationKey(key))
}

/** What an encoding cannot show: counts that fit, and a second phase that somebody contributed to. */
export function checkKey(key: VerificationKey): void {
  const count = publicInputCount(key)
  if (count > PUBLIC_INPUTS_MAX) throw new LimitExceededError('public inputs', count, PUBLIC_INPUTS_MAX)
  if (key.ic.length !== count + 1) {
    throw new InvalidInputError(
      'key.IC',
      `has ${key.ic.length} points for ${count} public inputs, not ${count + 1}`,
    )
  }
  // Of a point and its negative the ratio is as well known.
  const isKnown = (one: G2Point, other: G2Point) => one.equals(other) || one.equals(other.negate())
  if (isKnown(key.delta, key.gamma) || isKnown(key.delta, bn254.G2.Point.BASE)) {
    throw new InvalidInputError(
      'key.delta',
      'was never contributed to: anybody forges proofs under this key',
      {
        fix: 'contribute to the circuit’s second phase (`snarkjs zkey contribute`) and export the key again',
      },
    )
  }
}

function pointOf<T extends object>(field: string, point: T | string): T {
  if (typeof point === 'string') throw new InvalidInputError(`key.${field}`, point)
  return point
}
