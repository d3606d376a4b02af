/**
 * Merkle trees of report digests, shaped as in RFC 6962 section 2.1 with Keccak-256 (FMT-5).
 *
 *   root([d])    = keccak(0x00 || d)
 *   root(D[0:n]) = keccak(0x01 || root(D[0:k]) || root(D[k:n]))    k the largest power of two below n
 * @module
 */
import { InvalidInputError } from '../protocol/errors.ts'
import type { Digest } from '../protocol/types.ts'
import { concat, fromHex, toHex } from './bytes.ts'
import { keccak } from './hash.ts'

/** Throws `InvalidInputError` on an empty list. */
export function merkleRoot(digests: readonly Digest[]): Digest {
  if (digests.length === 0) throw new InvalidInputError('digests', 'a tree has at least one leaf')
  return toHex(root(digests.map((digest) => fromHex(digest, 'digest', 32))))
}

function root(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves
  if (leaves.length === 1 && first !== undefined) return keccak(concat(Uint8Array.of(0), first))
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return keccak(concat(Uint8Array.of(1), root(leaves.slice(0, split)), root(leaves.slice(split))))
}
