/**
 * The rules pBFT's safety stands on, each by itself: a test puts a wrong one in its place and sees it caught.
 * @module
 */
import type { Digest } from '../../protocol/types.ts'
import type { SeatSignature } from '../certificate.ts'
import { type Attestations, areSeats, decisionIn, type PlaceOf, placeOf } from './attestations.ts'
import type { ConsensusContext, Decision } from './core.ts'
import { highestPrepared, isViewChange, type Prepare, type Propose } from './pbft-messages.ts'

export interface PbftRules {
  /** The prepares that count for a root in a view, in ascending order of seat. */
  readonly prepared: (
    prepares: ReadonlyMap<number, Prepare>,
    view: number,
    root: Digest,
  ) => readonly SeatSignature[]
  /** Whether a proposal may be made in its view. */
  readonly isJustified: (context: ConsensusContext, message: Propose, root: Digest) => boolean
  readonly placeOf: PlaceOf
  /** What a quorum attested in a view. */
  readonly decisionIn: (
    context: ConsensusContext,
    attestations: Attestations,
    view: number,
  ) => Decision | undefined
}

export const PBFT_RULES: PbftRules = {
  prepared: (prepares, view, root) =>
    [...prepares]
      .filter(([, prepare]) => prepare.view === view && prepare.root === root)
      .map(([seat, { signature }]) => ({ seat, signature }))
      .sort((a, b) => a.seat - b.seat),

  /**
   * View 0 needs nothing. Above it a quorum must have left every view below; what one of them prepared in the highest of
   * those views must be proposed again, for others may have attested it.
   */
  isJustified: (context, { view, justification }, root) => {
    if (view === 0) return justification.length === 0
    if (justification.length !== context.quorum || !areSeats(context, justification)) return false
    if (justification.some((change) => change.view !== view || !isViewChange(context, change))) return false
    const highest = highestPrepared(justification)
    return highest === undefined || highest.root === root
  },

  placeOf,
  decisionIn,
}
