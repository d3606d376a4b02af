/**
 * The views a certificate may be of (QC-3).
 * @module
 */
import type { Consensus } from '../../protocol/types.ts'

/** pBFT's last view. Time-outs double: with a first one of a second it would begin after 34 years. */
export const VIEW_MAX = 30
/** A view is a uint32 of the chain (FMT-4). */
export const VIEW_BITS_MAX = 2 ** 32 - 1
/** Raft's last term, which is its view. Nothing runs long enough to reach it. */
export const TERM_MAX = 2 ** 31

/** *exact* has one view, Raft's are terms. */
export function isViewOf(consensus: Consensus, view: number): boolean {
  if (consensus === 'exact') return view === 0
  return consensus === 'raft' ? view > 0 && view <= TERM_MAX : view >= 0 && view <= VIEW_MAX
}
