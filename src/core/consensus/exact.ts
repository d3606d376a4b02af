/**
 * Consensus *exact*: a quorum of identical reports, all of view 0 (QC-1, QC-3).
 *
 * A pure tally of one attempt. Each seat counts once, with the first root it signed; a second, different root is
 * equivocation and is handed out as evidence. With at most f faulty seats only one root can reach the quorum, because
 * two quorums share more than f seats.
 *
 * Not here: a commit phase. A lazy member can copy a report it has seen; what a copier cannot do is change the result.
 * @module
 */
import type { Digest, Hex } from '../../protocol/types.ts'
import { type BlsScheme, encodeBlsCertificate } from '../bls-certificate.ts'
import { encodeCertificate, type SeatSignature } from '../certificate.ts'

export interface SeatVote {
  readonly root: Digest
  readonly signature: Hex
  /** The seat's part of an aggregate, when the certificate is one. */
  readonly share?: Hex | undefined
}

export interface ExactState {
  readonly quorum: number
  readonly votes: ReadonlyMap<number, SeatVote>
}

export type ExactStep =
  | { readonly type: 'counted'; readonly state: ExactState; readonly certifiedRoot: Digest | undefined }
  | { readonly type: 'duplicate' }
  | { readonly type: 'equivocation'; readonly first: SeatVote; readonly second: SeatVote }

export function openExact(quorum: number): ExactState {
  return { quorum, votes: new Map() }
}

/** Counts a verified signature of a seat. */
export function countVote(state: ExactState, seat: number, vote: SeatVote): ExactStep {
  const first = state.votes.get(seat)
  if (first?.root === vote.root) return { type: 'duplicate' }
  if (first !== undefined) return { type: 'equivocation', first, second: vote }
  const next: ExactState = { ...state, votes: new Map(state.votes).set(seat, vote) }
  return { type: 'counted', state: next, certifiedRoot: certifiedRoot(next) }
}

/** The root a quorum signed, if one did. */
export function certifiedRoot(state: ExactState): Digest | undefined {
  const counts = new Map<Digest, number>()
  for (const { root } of state.votes.values()) {
    const count = (counts.get(root) ?? 0) + 1
    if (count >= state.quorum) return root
    counts.set(root, count)
  }
  return undefined
}

/** Every signature of a root so far: leaving one out would profit nobody. */
export function signaturesOf(state: ExactState, root: Digest): readonly SeatSignature[] {
  return [...state.votes]
    .filter(([, vote]) => vote.root === root)
    .map(([seat, { signature }]) => ({ seat, signature }))
}

export function certificateOf(state: ExactState, root: Digest): Hex {
  return encodeCertificate(signaturesOf(state, root))
}

/** Of votes that each came with a share. */
export function blsCertificateOf(state: ExactState, root: Digest, aggregate: BlsScheme['aggregate']): Hex {
  return encodeBlsCertificate(
    [...state.votes].flatMap(([seat, vote]) =>
      vote.root === root && vote.share !== undefined ? [{ seat, signature: vote.share }] : [],
    ),
    aggregate,
  )
}
