/**
 * Shares of large committees' pay as `claimShares` takes them: packed, one behind the other (FMT-11).
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../crypto/bytes.ts'
import type { Digest, Hex } from '../protocol/types.ts'

/** A signer's share: its place among those who signed, in the order of their seats, and the Merkle proof of it. */
export interface ShareClaim {
  readonly settlement: bigint
  readonly place: number
  readonly proof: readonly Digest[]
}

const DIGEST_BYTES = 32

/** Throws `InvalidInputError` for a number that does not fit its field. */
export function encodeShareClaims(claims: readonly ShareClaim[]): Hex {
  return toHex(concat(...claims.flatMap(encodeClaim)))
}

function encodeClaim({ settlement, place, proof }: ShareClaim): readonly Uint8Array[] {
  return [
    toBytesBE(settlement, 8),
    toBytesBE(BigInt(place), 2),
    ...proof.map((digest) => fromHex(digest, 'digest of a proof', DIGEST_BYTES)),
  ]
}
