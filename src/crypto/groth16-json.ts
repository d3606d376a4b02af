/**
 * snarkjs's files of a proof: `verification_key.json`, `proof.json`, `public.json`.
 *
 * All three come from outside. A number is a string of decimal digits without a leading zero, a point three of them with the
 * last one 1 (snarkjs writes affine points as projective ones), and counts are bounded before anything is computed.
 * @module
 */
import { InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import type { Proof } from './groth16.ts'
import { checkKey, PUBLIC_INPUTS_MAX, type VerificationKey } from './groth16-key.ts'
import { type G1Point, type G2Point, g1Of, g2Of } from './groth16-points.ts'

/** Digits of the largest number of 256 bits. */
const DIGITS_MAX = 78

/** What a circuit's author knows of a key and snarkjs's file does not tell. */
export interface KeyShape {
  readonly isCeremony: boolean
  readonly isBound: boolean
  readonly outputs: number
}

const UNSHAPED: KeyShape = { isCeremony: false, isBound: false, outputs: 0 }

/** A parsed `verification_key.json`. Without a shape all its public inputs count as inputs. Throws `InvalidInputError`. */
export function parseSnarkjsKey(json: unknown, shape: KeyShape = UNSHAPED): VerificationKey {
  const file = objectOf('key', json)
  checkKind('key', file)
  const count = file.nPublic
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
    throw new InvalidInputError('key.nPublic', 'is not a count')
  }
  if (count > PUBLIC_INPUTS_MAX) throw new LimitExceededError('key.nPublic', count, PUBLIC_INPUTS_MAX)
  const inputs = count - shape.outputs - (shape.isBound ? 1 : 0)
  if (inputs < 0)
    throw new InvalidInputError('key.nPublic', `is ${count}: fewer than outputs and binding take`)
  const key: VerificationKey = {
    ...shape,
    inputs,
    alpha: g1('key.vk_alpha_1', file.vk_alpha_1),
    beta: g2('key.vk_beta_2', file.vk_beta_2),
    gamma: g2('key.vk_gamma_2', file.vk_gamma_2),
    delta: g2('key.vk_delta_2', file.vk_delta_2),
    ic: listOf('key.IC', file.IC, count + 1).map((point, i) => g1(`key.IC[${i}]`, point)),
  }
  checkKey(key)
  return key
}

/** A parsed `proof.json`. Throws `InvalidInputError`. */
export function parseSnarkjsProof(json: unknown): Proof {
  const file = objectOf('proof', json)
  checkKind('proof', file)
  return {
    a: g1('proof.pi_a', file.pi_a),
    b: g2('proof.pi_b', file.pi_b),
    c: g1('proof.pi_c', file.pi_c),
  }
}

/** A parsed `public.json`. That each is below the group's order is for `verifyProof` to say. Throws `InvalidInputError`. */
export function parseSnarkjsPublicInputs(json: unknown): readonly bigint[] {
  if (!Array.isArray(json)) throw new InvalidInputError('public', 'is not a list')
  if (json.length > PUBLIC_INPUTS_MAX) {
    throw new LimitExceededError('public inputs', json.length, PUBLIC_INPUTS_MAX)
  }
  return json.map((value, i) => numberOf(`public[${i}]`, value))
}

function checkKind(field: string, file: Readonly<Record<string, unknown>>): void {
  if (file.protocol !== 'groth16') throw new InvalidInputError(`${field}.protocol`, 'is not groth16')
  // Files of some tools leave it out.
  if (file.curve !== undefined && file.curve !== 'bn128' && file.curve !== 'bn254') {
    throw new InvalidInputError(`${field}.curve`, 'is not bn128')
  }
}

function objectOf(field: string, json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json }
  throw new InvalidInputError(field, 'is not an object')
}

function listOf(field: string, json: unknown, length: number): readonly unknown[] {
  if (Array.isArray(json) && json.length === length) return json
  throw new InvalidInputError(field, `is not a list of ${length}`)
}

function numberOf(field: string, json: unknown): bigint {
  if (typeof json === 'string' && json.length <= DIGITS_MAX && /^(?:0|[1-9][0-9]*)$/.test(json)) {
    return BigInt(json)
  }
  throw new InvalidInputError(field, `is not a decimal number of ${DIGITS_MAX} digits at most`)
}

function g1(field: string, json: unknown): G1Point {
  const [x, y, z] = listOf(field, json, 3).map((value, i) => numberOf(`${field}[${i}]`, value))
  if (z !== 1n) throw new InvalidInputError(`${field}[2]`, 'is not 1: infinity, or not affine')
  return valid(field, g1Of(x ?? 0n, y ?? 0n))
}

function g2(field: string, json: unknown): G2Point {
  const [x, y, z] = listOf(field, json, 3).map((value, i) => pairOf(`${field}[${i}]`, value))
  if (x === undefined || y === undefined || z?.c0 !== 1n || z.c1 !== 0n) {
    throw new InvalidInputError(`${field}[2]`, 'is not 1: infinity, or not affine')
  }
  return valid(field, g2Of(x, y))
}

function pairOf(field: string, json: unknown): { readonly c0: bigint; readonly c1: bigint } {
  const [c0 = 0n, c1 = 0n] = listOf(field, json, 2).map((value, i) => numberOf(`${field}[${i}]`, value))
  return { c0, c1 }
}

function valid<T extends object>(field: string, point: T | string): T {
  if (typeof point === 'string') throw new InvalidInputError(field, point)
  return point
}
