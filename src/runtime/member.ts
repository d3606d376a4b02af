/**
 * A member's part in a request: what it signs, what it says, and to whom.
 * @module
 */
import { wantsBls } from '../core/bls-certificate.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../core/request/attestation.ts'
import type { RequestState } from '../core/request/state.ts'
import { attemptOf } from '../core/request/turn.ts'
import { sameHex } from '../crypto/bytes.ts'
import type { SigningDomain } from '../crypto/eip712.ts'
import { DikastError } from '../protocol/errors.ts'
import { CHALLENGE_ATTEMPT } from '../protocol/limits.ts'
import type { Address, Digest, PeerId, Request, RequestId } from '../protocol/types.ts'
import type { Signer } from './signer.ts'

/** Throws `SigningRefusedError` when another outcome was signed before. */
export function signOutcome(
  signer: Signer,
  domain: SigningDomain,
  request: Request,
  bls: { readonly verifier: Address } | undefined,
  at: {
    readonly requestId: RequestId
    readonly attempt: number
    readonly view: number
    /** Of the attempt, or of the challenge. */
    readonly round: bigint
    readonly outcome: Outcome
  },
): SignedOutcome {
  const { requestId, attempt, view, round, outcome } = at
  const report = reportOf(requestId, outcome)
  const { digest, root } = leafOf(domain, request, { attempt, view, round }, report)
  // The rounds of attempts are bound by the request's id: of them no second digest can be right.
  const leaf = { requestId, attempt, view, digest, ...(attempt === CHALLENGE_ATTEMPT && { root }) }
  const signature = signer.signLeaf(leaf)
  const share = wantsBls(request, bls) ? { share: signer.signShare(leaf) } : {}
  return { ...outcome, requestId, attempt, view, signature, ...share }
}

/** The transcript an outcome names is gone from here. */
export class EvidenceLostError extends DikastError {
  readonly code = 'EVIDENCE_LOST'

  constructor(evidenceHash: Digest) {
    super(`the transcript of ${evidenceHash} is not here any more: nothing that names it is attested`, {
      fix: 'check the disk of the data folder',
    })
  }
}

/** Throws `EvidenceLostError` unless this node could show what the outcome rests on. */
export function assertHeld(
  member: { readonly holdsEvidence: (evidenceHash: Digest) => boolean },
  { evidenceHash }: Outcome,
): void {
  if (evidenceHash !== NO_EVIDENCE && !member.holdsEvidence(evidenceHash))
    throw new EvidenceLostError(evidenceHash)
}

/** This node's own signed outcome, as it was counted. */
export function ownMessage(state: RequestState, attempt: number, self: Address): SignedOutcome | undefined {
  const turn = attemptOf(state, attempt)
  const seat = turn?.committee?.findIndex((attestor) => sameHex(attestor, self)) ?? -1
  const vote = turn?.tally.votes.get(seat)
  const outcome = vote === undefined ? undefined : turn?.outcomes.get(vote.root)
  if (vote === undefined || outcome === undefined) return undefined
  const own = vote.share === undefined ? {} : { share: vote.share }
  return { ...outcome, requestId: state.id, attempt, view: 0, signature: vote.signature, ...own }
}

/** The committee's peers, as far as they are known, and the coordinators; each once, not this one. */
export function peersToTell(
  committee: readonly Address[],
  coordinators: readonly PeerId[],
  nodes: { peerOf(attestor: Address): PeerId | undefined },
  self: PeerId,
): readonly PeerId[] {
  const members = committee.map((attestor) => nodes.peerOf(attestor)).filter((peer) => peer !== undefined)
  const peers = new Set([...coordinators, ...members])
  peers.delete(self)
  return [...peers]
}
