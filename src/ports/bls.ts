/**
 * BLS12-381 at the speed a node needs: a committee of 64 sends each member 63 signatures to verify.
 *
 * Keys are 48 bytes, signatures 96, secrets 32. Every implementation gives the same bytes as `src/crypto/bls.ts`.
 * @module
 */
import type { Digest, Hex } from '../protocol/types.ts'

export interface BlsSuite {
  sign(secret: Uint8Array, digest: Digest): Hex
  /** What is malformed, at infinity or outside the subgroup is no signature. */
  verify(key: Hex, digest: Digest, signature: Hex): boolean
  /** The sum of signatures. Throws `InvalidInputError` for what is none, for no signature at all, and for a sum of infinity. */
  aggregate(signatures: readonly Hex[]): Hex
}
