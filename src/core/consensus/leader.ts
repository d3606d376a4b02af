/**
 * Who leads a view: the seats in turn, from one that the beacon chose (PBFT-1).
 *
 * The first leader is drawn for each request: requests of one round share a committee, and are not all led by one seat.
 * @module
 */
import { concat, fromBytesBE, fromHex } from '../../crypto/bytes.ts'
import { keccak, tagHash } from '../../crypto/hash.ts'
import type { Digest, RequestId } from '../../protocol/types.ts'

const TAG = fromHex(tagHash('dikast.leader.v1'))

/** @param seed the committee's (SEL-1): nobody knows it before the round. */
export function leaderRotation(
  seed: Digest,
  requestId: RequestId,
  committeeSize: number,
): (view: number) => number {
  const drawn = fromBytesBE(keccak(concat(TAG, fromHex(seed, 'seed', 32), fromHex(requestId, 'id', 32))))
  const first = Number(drawn % BigInt(committeeSize))
  return (view) => (first + view) % committeeSize
}
