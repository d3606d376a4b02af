/**
 * Who hears a challenge: a larger committee, without the members whose certificate is challenged (CHA-4).
 *
 * A pure function of (seed, snapshot, first committee), and the same as `ChallengeCourt`'s: test/contracts/challenge.test.ts
 * holds both together.
 * @module
 */
import { InvalidInputError } from '../protocol/errors.ts'
import { CHALLENGED_COMMITTEE_SIZE_MAX, COMMITTEE_SIZE_MAX } from '../protocol/limits.ts'
import type { Digest, Snapshot } from '../protocol/types.ts'
import { selectCommittee } from './sortition.ts'

/** Seats of the committee that hears a challenge of one of `size`. Throws `InvalidInputError` above 127. */
export function challengeSeats(size: number): number {
  if (!Number.isSafeInteger(size) || size < 1 || size > CHALLENGED_COMMITTEE_SIZE_MAX)
    throw new InvalidInputError('committee size', `${size} is not 1 to ${CHALLENGED_COMMITTEE_SIZE_MAX}`)
  return Math.min(3 * size, COMMITTEE_SIZE_MAX - size)
}

/**
 * Snapshot indices in the order drawn.
 * @param seed of the challenge's round and of attempt 255 (SEL-1).
 * @param first indices of the committee that certified.
 * Throws `CommitteeTooSmallError` when there are fewer nodes than seats.
 */
export function selectChallengeCommittee(
  seed: Digest,
  snapshot: Snapshot,
  first: readonly number[],
): readonly number[] {
  const seats = challengeSeats(first.length)
  // Too few nodes to leave anyone out.
  if (snapshot.members.length < seats + first.length) return selectCommittee(seed, snapshot, seats)
  const leftOut = new Set(first)
  const drawn = selectCommittee(seed, snapshot, seats + first.length)
  return drawn.filter((index) => !leftOut.has(index)).slice(0, seats)
}
