/**
 * What a member says about a request, and the ladder of checks a message climbs before it counts.
 * A Byzantine peer may send anything; each check names the reason it drops a message for.
 * @module
 */
import { sameHex } from '../../crypto/bytes.ts'
import { attestationDigest, reportDigest, type SigningDomain } from '../../crypto/eip712.ts'
import { keccakHex } from '../../crypto/hash.ts'
import { merkleRoot } from '../../crypto/merkle.ts'
import { recoverSigner } from '../../crypto/signature.ts'
import type { Address, Digest, Hex, Report, Request, RequestId } from '../../protocol/types.ts'
import { type BlsScheme, wantsBls } from '../bls-certificate.ts'
import { isViewOf } from '../consensus/views.ts'
import { EXIT_CODE_MAX } from '../wasm/exit.ts'

/** A result, as it is reported: what a run gave or, of an aggregate, what its observations make. */
export interface Outcome {
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Uint8Array
  /** Digest of what it rests on, a transcript or observations; `NO_EVIDENCE` for nothing. */
  readonly evidenceHash: Digest
}

/** FEE-6: a trap or a limit costs all the fuel there was; trapping buys no free compute. */
export function usesAllFuel(exit: number): boolean {
  return exit > EXIT_CODE_MAX
}

/** A member's signed outcome, as it travels. */
export interface SignedOutcome extends Outcome {
  readonly requestId: RequestId
  readonly attempt: number
  readonly view: number
  readonly signature: Hex
  /** The same digest under the member's BLS key, for a certificate that is an aggregate; 96 bytes. */
  readonly share?: Hex | undefined
}

export type DropReason =
  | 'request-closed'
  | 'unknown-attempt'
  | 'attempt-over'
  | 'committee-unknown'
  /** Of a circuit function, which is proved. */
  | 'nothing-to-sign'
  | 'wrong-view'
  | 'evidence-not-allowed'
  | 'output-too-large'
  | 'fuel-above-limit'
  | 'fuel-below-limit'
  | 'bad-signature'
  | 'not-a-member'
  | 'no-bls-key'
  | 'bad-share'
  | 'duplicate'
  | 'equivocation'

export const NO_EVIDENCE: Digest = `0x${'00'.repeat(32)}`

export function reportOf(requestId: RequestId, outcome: Outcome): Report {
  const { exit, fuelUsed, output, evidenceHash } = outcome
  return { requestId, outputHash: keccakHex(output), exit, fuelUsed, evidenceHash }
}

/** The root and digest a member of an attempt signs for one report (FMT-4, FMT-5). */
export function leafOf(
  domain: SigningDomain,
  request: Request,
  /** `round` unless it is that of one of the request's attempts. */
  at: { readonly attempt: number; readonly view: number; readonly round?: bigint },
  report: Report,
  leaves: readonly Digest[] = [reportDigest(report)],
): { readonly root: Digest; readonly digest: Digest } {
  const root = merkleRoot(leaves)
  const { functionId, epoch } = request
  const { attempt, view, round = request.attempts[attempt]?.round ?? 0n } = at
  return { root, digest: attestationDigest(domain, { functionId, epoch, round, attempt, view, root }) }
}

/** Checks a message against its request and the attempt's committee. */
export function checkOutcome(
  domain: SigningDomain,
  request: Request,
  committee: readonly Address[],
  message: SignedOutcome,
  /** Of the attempt. */
  round: bigint,
  bls?: BlsScheme,
): { readonly seat: number; readonly root: Digest } | { readonly dropped: DropReason } {
  if (!isViewOf(request.consensus, message.view)) return { dropped: 'wrong-view' }
  const unfit = checkReport(request, message)
  if (unfit !== undefined) return { dropped: unfit }
  const report = reportOf(message.requestId, message)
  const { root, digest } = leafOf(domain, request, { ...message, round }, report)
  const signer = recoverSigner(digest, message.signature)
  if (signer === undefined) return { dropped: 'bad-signature' }
  const seat = committee.findIndex((attestor) => sameHex(attestor, signer))
  if (seat < 0) return { dropped: 'not-a-member' }
  const dropped = wantsBls(request, bls) ? checkShare(bls, signer, digest, message.share) : undefined
  return dropped === undefined ? { seat, root } : { dropped }
}

/** The bounds a request sets its reports (MKT-8). Undefined when all are kept. */
export function checkReport(request: Request, outcome: Outcome): DropReason | undefined {
  const { exit, fuelUsed, output, evidenceHash } = outcome
  if (request.consensus === 'exact' && evidenceHash !== NO_EVIDENCE) return 'evidence-not-allowed'
  if (output.length > request.outputBytesMax) return 'output-too-large'
  if (fuelUsed > request.fuelLimit) return 'fuel-above-limit'
  if (usesAllFuel(exit) && fuelUsed !== request.fuelLimit) return 'fuel-below-limit'
  return undefined
}

/** One bad part would spoil the sum: who sends it does not count. */
function checkShare(
  bls: BlsScheme,
  attestor: Address,
  digest: Digest,
  share: Hex | undefined,
): DropReason | undefined {
  const key = bls.keyOf(attestor)
  if (key === undefined) return 'no-bls-key'
  return share !== undefined && bls.verify(key, digest, share) ? undefined : 'bad-share'
}
