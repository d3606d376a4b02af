/**
 * What is said on chain of a proof before it is shown (ZKP-11): `keccak(enc(requestId, payee, keccak(proof), blinding))`.
 * @module
 */
import type { Address, Hash, Hex, RequestId } from '../protocol/types.ts'
import { concat, fromHex } from './bytes.ts'
import { keccak, keccakHex } from './hash.ts'

const ADDRESS_PADDING_BYTES = 12

/** @param blinding 32 bytes nobody can guess: who could would copy the commitment's content. */
export function proofCommitment(
  requestId: RequestId,
  payee: Address,
  proof: Uint8Array,
  blinding: Hex,
): Hash {
  return keccakHex(
    concat(
      fromHex(requestId, 'requestId', 32),
      new Uint8Array(ADDRESS_PADDING_BYTES),
      fromHex(payee, 'payee', 20),
      keccak(proof),
      fromHex(blinding, 'blinding', 32),
    ),
  )
}
