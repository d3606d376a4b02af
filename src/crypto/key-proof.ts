/**
 * What a node's key for committee proofs is registered with (contracts/SchnorrKeyRegistry.sol, STC-1): the key's point, an eighth of
 * it, and a signature. The chain checks with these what is dear to find out without: that the point is of prime order, and whose it is.
 * @module
 */
import { InvalidInputError } from '../protocol/errors.ts'
import { BASE, type BabyJubJubPoint, montgomeryU, SUBGROUP_ORDER } from './babyjubjub.ts'
import { ScalarField as F } from './scalar-field.ts'
import { type KeyHolder, provePossession, schnorrKey } from './schnorr.ts'

/** As `ISchnorrKeyRegistry.KeyProof`: points in Montgomery form. */
export interface KeyProof {
  readonly u: bigint
  readonly v: bigint
  readonly eighthU: bigint
  readonly eighthV: bigint
  readonly e: bigint
  readonly s: bigint
}

/** 8 of it is 1, modulo l: l is 1 modulo 8. */
const EIGHTH = (7n * SUBGROUP_ORDER + 1n) / 8n

/** @param secret as `schnorrSecret` gives it: its key's v is even. */
export function proveKey(secret: bigint, holder: KeyHolder): KeyProof {
  const point = BASE.multiply(secret)
  const { u, v } = montgomery(point)
  if (u !== schnorrKey(secret) || v % 2n !== 0n) throw new InvalidInputError('secret', 'its key has an odd v')
  const eighth = montgomery(point.multiply(EIGHTH))
  return { u, v, eighthU: eighth.u, eighthV: eighth.v, ...provePossession(secret, holder) }
}

function montgomery(point: BabyJubJubPoint): { readonly u: bigint; readonly v: bigint } {
  const u = montgomeryU(point)
  return { u, v: F.div(u, point.toAffine().x) }
}
