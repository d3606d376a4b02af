/**
 * Points of BN254 as the EVM's precompiles write them (EIP-196, EIP-197): coordinates of 32 bytes, big-endian, in G2 the
 * imaginary part first.
 *
 * A point has one encoding: coordinates stand below the field's order, and infinity is none, so that nothing is accepted here
 * that a contract refuses, or the other way round.
 * @module
 */
import { psiFrobenius } from '@noble/curves/abstract/tower.js'
import { bn254 } from '@noble/curves/bn254.js'
import { concat, fromBytesBE, toBytesBE } from './bytes.ts'

const { G1, G2 } = bn254

/** Order of the group: public inputs stand below it. */
export const FIELD_ORDER = G1.Point.Fn.ORDER
/** Order of the field of coordinates. */
export const COORDINATE_ORDER = G1.Point.Fp.ORDER

export const WORD_BYTES = 32
export const G1_BYTES = 2 * WORD_BYTES
export const G2_BYTES = 4 * WORD_BYTES

export type G1Point = InstanceType<typeof G1.Point>
export type G2Point = InstanceType<typeof G2.Point>

type Fp2Element = G2Point['X']

export type PointFailure = 'point not on curve' | 'not in subgroup'

/** Coordinates of a point that is on the curve and not infinity; of no other. */
export function g1Of(x: bigint, y: bigint): G1Point | PointFailure {
  if (!areCoordinates(x, y)) return 'point not on curve'
  try {
    const point = G1.Point.fromAffine({ x, y })
    point.assertValidity()
    // The curve's order is the group's: every point of it is in the group.
    return point
  } catch {
    return 'point not on curve'
  }
}

/** The same of the twist, of which only a subgroup serves. `c1` is the imaginary part. */
export function g2Of(
  x: { readonly c0: bigint; readonly c1: bigint },
  y: { readonly c0: bigint; readonly c1: bigint },
): G2Point | PointFailure {
  if (!areCoordinates(x.c0, x.c1, y.c0, y.c1)) return 'point not on curve'
  if (!isOnTwist(x, y)) return 'point not on curve'
  const point = G2.Point.fromAffine({ x, y })
  return isInSubgroup(point) ? point : 'not in subgroup'
}

export function decodeG1(bytes: Uint8Array): G1Point | PointFailure {
  const [x = 0n, y = 0n] = words(bytes, 2)
  return g1Of(x, y)
}

export function decodeG2(bytes: Uint8Array): G2Point | PointFailure {
  const [x1 = 0n, x0 = 0n, y1 = 0n, y0 = 0n] = words(bytes, 4)
  return g2Of({ c0: x0, c1: x1 }, { c0: y0, c1: y1 })
}

export function encodeG1(point: G1Point): Uint8Array {
  const { x, y } = point.toAffine()
  return concat(toBytesBE(x, WORD_BYTES), toBytesBE(y, WORD_BYTES))
}

export function encodeG2(point: G2Point): Uint8Array {
  const { x, y } = point.toAffine()
  return concat(...[x.c1, x.c0, y.c1, y.c0].map((word) => toBytesBE(word, WORD_BYTES)))
}

function words(bytes: Uint8Array, count: number): readonly bigint[] {
  if (bytes.length !== count * WORD_BYTES) throw new RangeError(`a point of ${bytes.length} bytes`)
  return Array.from({ length: count }, (_, i) =>
    fromBytesBE(bytes.subarray(i * WORD_BYTES, (i + 1) * WORD_BYTES)),
  )
}

/** Below the order, and not all zero, which is how infinity is written. */
function areCoordinates(...values: readonly bigint[]): boolean {
  return (
    values.every((value) => value >= 0n && value < COORDINATE_ORDER) && values.some((value) => value !== 0n)
  )
}

/** The curve's parameter: its orders are polynomials of it. */
const SEED = 4_965_661_367_192_848_881n
let frobenius: readonly [Fp2Element, Fp2Element] | undefined

/**
 * Whether a point of the twist is of the group's order r: [x + 1] P + psi([x] P) + psi^2([x] P) = psi^3([2 x] P), with psi the Frobenius carried over
 * from the curve. That is one multiplication by 63 bits where [r] P takes 254.
 * Source: https://eprint.iacr.org/2022/352, section 4.3; as told in https://ethresear.ch/t/13974.
 */
export function isInSubgroup(point: G2Point): boolean {
  const multiple = point.multiplyUnsafe(SEED)
  const once = psi(multiple)
  const twice = psi(once)
  return psi(twice).double().equals(multiple.add(point).add(once).add(twice))
}

/** (x, y) to (x^p (9 + u)^((p - 1) / 3), y^p (9 + u)^((p - 1) / 2)), in projective coordinates. */
function psi({ X, Y, Z }: G2Point): G2Point {
  const { Fp, Fp2 } = bn254.fields
  frobenius ??= psiFrobenius(Fp, Fp2, Fp2.NONRESIDUE).psi(Fp2.ONE, Fp2.ONE)
  const [x, y] = frobenius
  const conjugate = (value: Fp2Element): Fp2Element => Fp2.frobeniusMap(value, 1)
  return new G2.Point(Fp2.mul(conjugate(X), x), Fp2.mul(conjugate(Y), y), conjugate(Z))
}

let twistB: { c0: bigint; c1: bigint } | undefined

/** y^2 = x^3 + 3 / (9 + u). Told apart from the subgroup, of which noble's own check tells in the same error. */
function isOnTwist(x: { c0: bigint; c1: bigint }, y: { c0: bigint; c1: bigint }): boolean {
  const { Fp2 } = bn254.fields
  twistB ??= Fp2.mul(Fp2.fromBigTuple([3n, 0n]), Fp2.inv(Fp2.fromBigTuple([9n, 1n])))
  const b = twistB
  return Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), b))
}
