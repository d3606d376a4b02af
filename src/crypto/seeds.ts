/**
 * Domain-separated seeds: of a committee draw (SEL-1) and of a guest's randomness (ENV-1).
 * @module
 */
import type { Address, Digest, FunctionId, RequestId } from '../protocol/types.ts'
import { concat, fromHex, toBytesBE, toHex } from './bytes.ts'
import { keccak, tagHash } from './hash.ts'

const SEED_TAG = tagHash('dikast.seed.v1')
const GUEST_SEED_TAG = tagHash('dikast.guest-seed.v1')

export interface DrawCoordinates {
  readonly chainId: number
  readonly market: Address
  readonly functionId: FunctionId
  readonly epoch: number
  readonly round: bigint
  readonly attempt: number
  readonly randomness: Digest
}

/** SEL-1. */
export function committeeSeed(draw: DrawCoordinates): Digest {
  const words = [
    fromHex(SEED_TAG),
    toBytesBE(BigInt(draw.chainId), 32),
    concat(new Uint8Array(12), fromHex(draw.market, 'market', 20)),
    fromHex(draw.functionId, 'functionId', 32),
    toBytesBE(BigInt(draw.epoch), 32),
    toBytesBE(draw.round, 32),
    toBytesBE(BigInt(draw.attempt), 32),
    fromHex(draw.randomness, 'randomness', 32),
  ]
  return toHex(keccak(concat(...words)))
}

/** ENV-1. */
export function guestSeed(requestId: RequestId, firstRandomness: Digest): Uint8Array {
  return keccak(
    concat(
      fromHex(GUEST_SEED_TAG),
      fromHex(requestId, 'requestId', 32),
      fromHex(firstRandomness, 'randomness', 32),
    ),
  )
}
