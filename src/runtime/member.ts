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
import { attemptOf, openTurn } from '../core/request/turn.ts'
import { sameHex } from '../crypto/bytes.ts'
import type { SigningDomain } from '../crypto/eip712.ts'
import { guestSeed } from '../crypto/seeds.ts'
import { DikastError } from '../protocol/errors.ts'
import { CHALLENGE_ATTEMPT } from '../protocol/limits.ts'
import type { Address, Digest, Request, RequestId } from '../protocol/types.ts'
import type { Run } from './dependencies.ts'
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

/** The evidence an outcome names is gone from here. */
export class EvidenceLostError extends DikastError {
  readonly code = 'EVIDENCE_LOST'

  constructor(evidenceHash: Digest) {
    super(`evidence ${evidenceHash} is not here any more: nothing that names it is attested`, {
      fix: 'check the disk of the data folder',
    })
  }
}

/** Throws `EvidenceLostError` unless this node could show what the outcome rests on. */
export function assertHeld(
  { evidence }: { readonly evidence: { has(digest: Digest): boolean } },
  { evidenceHash }: Outcome,
): void {
  if (evidenceHash !== NO_EVIDENCE && !evidence.has(evidenceHash)) throw new EvidenceLostError(evidenceHash)
}

/** This node's own part of the certificate, as it was counted. */
export function ownMessage(state: RequestState, attempt: number, self: Address): SignedOutcome | undefined {
  const turn = attemptOf(state, attempt)
  const seat = turn?.committee?.findIndex((attestor) => sameHex(attestor, self)) ?? -1
  const view = turn?.decision?.view
  return turn?.attestations.bySeat.get(seat)?.find(({ message }) => message.view === view)?.message
}

/** A run for the request in the window that is open. Throws when there is none, or its world is not known yet. */
export function runOf(state: RequestState, nowMs: number, lagMs: number): Run {
  const { request, attempts } = state
  const randomness = attempts[0]?.randomness
  const [first] = request.attempts
  const turn = openTurn(state, BigInt(Math.floor(nowMs / 1000)))
  if (randomness === undefined || first === undefined || turn === undefined)
    throw new Error('no window of the request is open')
  return {
    request,
    attempt: turn.attempt,
    seed: guestSeed(state.id, randomness),
    firstRound: first.round,
    closesAtMs: Number(turn.closesAt) * 1000 + lagMs,
  }
}
