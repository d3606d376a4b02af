/**
 * What a standing committee's members follow from (STC-4): the seed of its draw. contracts/StandingCommittees.sol computes the same.
 * @module
 */
import type { Address, Digest } from '../protocol/types.ts'
import { concat, fromHex, toBytesBE, toHex } from './bytes.ts'
import { keccak, tagHash } from './hash.ts'
import { accountWord } from './schnorr.ts'

const SEED_TAG = tagHash('dikast.standing-committee.v1')

export interface StandingDraw {
  readonly chainId: number
  /** `StandingCommittees`. */
  readonly contract: Address
  readonly epoch: number
  readonly round: bigint
  readonly randomness: Digest
}

/** One for all sizes of an epoch: a larger committee extends a smaller one. */
export function standingCommitteeSeed(draw: StandingDraw): Digest {
  const words = [
    fromHex(SEED_TAG),
    toBytesBE(BigInt(draw.chainId), 32),
    accountWord(draw.contract),
    toBytesBE(BigInt(draw.epoch), 32),
    toBytesBE(draw.round, 32),
    fromHex(draw.randomness, 'randomness', 32),
  ]
  return toHex(keccak(concat(...words)))
}
