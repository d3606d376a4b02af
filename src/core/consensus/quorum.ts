/**
 * How many members of a committee must agree (QC-1), and how many it may have.
 *
 * With Q = floor((n + f) / 2) + 1 two quorums share more than f members, so at least one honest one, for every n.
 * (2f + 1 does not: at n = 6, f = 1 two quorums of 3 can be disjoint.)
 * @module
 */
import { AGREEING_COMMITTEE_SIZE_MAX, COMMITTEE_SIZE_MAX } from '../../protocol/limits.ts'
import type { Consensus } from '../../protocol/types.ts'

/** Members that may be faulty: floor((n - 1) / 3). */
export function faultsTolerated(committeeSize: number): number {
  return Math.floor((committeeSize - 1) / 3)
}

/** Seats beyond which no node takes part (AGR-2): a proposal may carry the square of them in signatures. */
export function committeeSizeMax(consensus: Consensus): number {
  return consensus === 'exact' ? COMMITTEE_SIZE_MAX : AGREEING_COMMITTEE_SIZE_MAX
}

/** Signatures a certificate needs; 0 for proofs, which have no committee. */
export function quorumOf(consensus: Consensus, committeeSize: number): number {
  if (consensus === 'zk') return 0
  if (consensus === 'raft') return Math.floor(committeeSize / 2) + 1
  return Math.floor((committeeSize + faultsTolerated(committeeSize)) / 2) + 1
}
