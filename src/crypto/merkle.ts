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

/**
 * The hashes beside the way from a leaf up to the root, from its sibling on: RFC 9162 section 2.1.3.1. Throws
 * `InvalidInputError` for an index that is no leaf's.
 */
export function merkleProof(digests: readonly Digest[], index: number): readonly Digest[] {
  if (!Number.isInteger(index) || index < 0 || index >= digests.length)
    throw new InvalidInputError('index', `${index} of ${digests.length} leaves`)
  return proof(
    digests.map((digest) => fromHex(digest, 'digest', 32)),
    index,
  ).map((node) => toHex(node))
}

function proof(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split ? [...proof(left, index), root(right)] : [...proof(right, index - split), root(left)]
}

/** The largest power of two below `count`, which is more than one. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

/** Throws `InvalidInputError` on an empty list. */
export function merkleRoot(digests: readonly Digest[]): Digest {
  if (digests.length === 0) throw new InvalidInputError('digests', 'a tree has at least one leaf')
  return toHex(root(digests.map((digest) => fromHex(digest, 'digest', 32))))
}

function root(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves
  if (leaves.length === 1 && first !== undefined) return keccak(concat(Uint8Array.of(0), first))
  const split = splitOf(leaves.length)
  return keccak(concat(Uint8Array.of(1), root(leaves.slice(0, split)), root(leaves.slice(split))))
}
