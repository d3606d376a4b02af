/**
 * BabyJubJub, the curve whose coordinates are elements of the field circuits compute in (EIP-2494):
 *
 *   168700 x^2 + y^2 = 1 + 168696 x^2 y^2     or, by u = (1 + y) / (1 - y) and v = u / x,     v^2 = u^3 + 168698 u^2 + u
 *
 * The group has 8 l points. Keys are points of the subgroup of prime order l, known by u alone: of the two points with it, a key is the
 * one whose v is even. A point and its opposite have the same u.
 * @module
 */
import { type EdwardsPoint, edwards } from '@noble/curves/abstract/edwards.js'
import { ScalarField as F, FIELD_ORDER, isFieldElement } from './scalar-field.ts'

/** l. */
export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n
const MONTGOMERY_A = 168698n

const Point = edwards({
  p: FIELD_ORDER,
  n: SUBGROUP_ORDER,
  h: 8n,
  a: 168700n,
  d: 168696n,
  Gx: 5299619240641551281634865583518297030282874472190772894086521144482721001553n,
  Gy: 16950150798460657717958625567821834550301663161624707787222815936182638968203n,
})
export type BabyJubJubPoint = EdwardsPoint

export const BASE: BabyJubJubPoint = Point.BASE

/** u of a point that is neither the neutral one nor of order 2. */
export function montgomeryU(point: BabyJubJubPoint): bigint {
  const { y } = point.toAffine()
  return F.div(F.add(F.ONE, y), F.sub(F.ONE, y))
}

/** The even v of the two points with this u; undefined when the curve has none. */
export function montgomeryV(u: bigint): bigint | undefined {
  const square = F.mul(u, F.add(F.mul(u, F.add(u, MONTGOMERY_A)), F.ONE))
  let root: bigint
  try {
    root = F.sqrt(square)
  } catch {
    return undefined
  }
  return root % 2n === 0n ? root : F.neg(root)
}

/** Whether the key of this point is the point itself, not its opposite. */
export function hasEvenV(point: BabyJubJubPoint): boolean {
  return F.div(montgomeryU(point), point.toAffine().x) % 2n === 0n
}

/** The point a key stands for: on the curve, of prime order, its v even. Undefined for what is no key. */
export function pointOfKey(u: bigint): BabyJubJubPoint | undefined {
  // 0 and -1 are of order 2 and 4, or of no point.
  if (!isFieldElement(u) || u === 0n || F.add(u, F.ONE) === 0n) return undefined
  const v = montgomeryV(u)
  if (v === undefined || v === 0n) return undefined
  const point = Point.fromAffine({ x: F.div(u, v), y: F.div(F.sub(u, F.ONE), F.add(u, F.ONE)) })
  return point.is0() || !point.isTorsionFree() ? undefined : point
}
