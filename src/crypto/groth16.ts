/**
 * Proofs of Groth16 over BN254. With a key (alpha, beta, gamma, delta, IC) and public inputs x a proof (A, B, C) holds iff
 *
 *   e(A, B) = e(alpha, beta) e(L, gamma) e(C, delta),   L = IC[0] + sum of x[j] IC[j + 1]
 *
 * A proof is A | B | C, 256 bytes (ZKP-3); every public input stands below the group's order, or x and x + r would be two
 * statements with one proof. What is fixed by the key is kept: e(alpha, beta), and the lines of gamma and delta.
 *
 * Proofs are malleable: from one anybody makes others of the same statement, (kA, B / k, C) for any k. So a proof's bytes name
 * nothing; what a proof is worth is decided by its public inputs (ZKP-7).
 * Reference: J. Groth, "On the Size of Pairing-based Non-interactive Arguments", 2016, section 3.2.
 * @module
 */
import { pippenger } from '@noble/curves/abstract/curve.js'
import { bn254 } from '@noble/curves/bn254.js'
import { PROOF_BYTES } from '../protocol/limits.ts'
import type { Address, RequestId } from '../protocol/types.ts'
import { concat, fromBytesBE, fromHex } from './bytes.ts'
import { publicInputCount, type VerificationKey } from './groth16-key.ts'
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  FIELD_ORDER,
  G1_BYTES,
  type G1Point,
  G2_BYTES,
  type G2Point,
  type PointFailure,
} from './groth16-points.ts'
import { keccak } from './hash.ts'

/** Below this many public inputs one multiplication each is quicker than all at once. */
const BATCHED_INPUTS_MIN = 4

const { utils, millerLoopBatch, fields, G1 } = bn254

export interface Proof {
  readonly a: G1Point
  readonly b: G2Point
  readonly c: G1Point
}

export type ProofFailure = PointFailure | 'input out of range' | 'wrong length' | 'pairing false'

export type ProofVerdict =
  | { readonly isValid: true }
  | { readonly isValid: false; readonly reason: ProofFailure }

type Lines = ReturnType<typeof utils.calcPairingPrecomputes>
type Product = ReturnType<typeof millerLoopBatch>

interface Prepared {
  readonly gamma: Lines
  readonly delta: Lines
  /** Of (-alpha, beta), before the final exponentiation. */
  readonly alphaBeta: Product
}

/** Keys in use, as long as somebody holds them. */
const preparedKeys = new WeakMap<VerificationKey, Prepared>()

/** Whether a proof of 256 bytes, from anywhere, holds under a key; and if not, why. The key's are decoded points. */
export function verifyProof(
  key: VerificationKey,
  publicInputs: readonly bigint[],
  proof: Uint8Array,
): ProofVerdict {
  if (publicInputs.length !== publicInputCount(key)) return failed('wrong length')
  const decoded = decodeProof(proof)
  if (typeof decoded === 'string') return failed(decoded)
  if (!publicInputs.every(isPublicInput)) return failed('input out of range')
  const { gamma, delta, alphaBeta } = prepare(key)
  const sum = sumOf(key, publicInputs)
  const pairs: [Lines, bigint, bigint][] = [
    pair(utils.calcPairingPrecomputes(decoded.b), decoded.a),
    pair(delta, decoded.c.negate()),
  ]
  // Infinity pairs to one with everything.
  if (!sum.is0()) pairs.push(pair(gamma, sum.negate()))
  const { Fp12 } = fields
  const product = Fp12.finalExponentiate(Fp12.mul(millerLoopBatch(pairs), alphaBeta))
  return Fp12.eql(product, Fp12.ONE) ? { isValid: true } : failed('pairing false')
}

/** Whether it is one of the field's numbers. */
export function isPublicInput(value: bigint): boolean {
  return value >= 0n && value < FIELD_ORDER
}

export function encodeProof({ a, b, c }: Proof): Uint8Array {
  return concat(encodeG1(a), encodeG2(b), encodeG1(c))
}

export function decodeProof(bytes: Uint8Array): Proof | PointFailure | 'wrong length' {
  if (bytes.length !== PROOF_BYTES) return 'wrong length'
  const a = decodeG1(bytes.subarray(0, G1_BYTES))
  if (typeof a === 'string') return a
  const c = decodeG1(bytes.subarray(G1_BYTES + G2_BYTES))
  if (typeof c === 'string') return c
  // Last: to tell whether it is in the subgroup costs the most.
  const b = decodeG2(bytes.subarray(G1_BYTES, G1_BYTES + G2_BYTES))
  if (typeof b === 'string') return b
  return { a, b, c }
}

/**
 * What a bound circuit's last public input says: the request, and who is paid for its proof. 253 bits of
 * `keccak(enc(requestId, payee))`: below the order of every field a circuit of this size has, without a bias.
 */
export function bindingOf(requestId: RequestId, payee: Address): bigint {
  const words = concat(fromHex(requestId, 'requestId', 32), new Uint8Array(12), fromHex(payee, 'payee', 20))
  return fromBytesBE(keccak(words)) >> 3n
}

function failed(reason: ProofFailure): ProofVerdict {
  return { isValid: false, reason }
}

function prepare(key: VerificationKey): Prepared {
  const known = preparedKeys.get(key)
  if (known !== undefined) return known
  const prepared: Prepared = {
    gamma: utils.calcPairingPrecomputes(key.gamma),
    delta: utils.calcPairingPrecomputes(key.delta),
    alphaBeta: millerLoopBatch([pair(utils.calcPairingPrecomputes(key.beta), key.alpha.negate())]),
  }
  preparedKeys.set(key, prepared)
  return prepared
}

function pair(lines: Lines, point: G1Point): [Lines, bigint, bigint] {
  const { x, y } = point.toAffine()
  return [lines, x, y]
}

/** L: public, so in variable time. */
function sumOf({ ic }: VerificationKey, publicInputs: readonly bigint[]): G1Point {
  const [first = G1.Point.ZERO, ...others] = ic
  if (publicInputs.length >= BATCHED_INPUTS_MIN) {
    return first.add(pippenger(G1.Point, others, [...publicInputs]))
  }
  return others.reduce((sum, point, j) => sum.add(point.multiplyUnsafe(publicInputs[j] ?? 0n)), first)
}
