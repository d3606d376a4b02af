/**
 * What pBFT's members tell one another, the digests they sign, and the checks a certificate must pass (PBFT-3 to PBFT-6).
 *
 *   digest(kind, view, …) = keccak(tag ‖ kind ‖ requestId ‖ attempt ‖ round ‖ view ‖ …)
 *
 * The leader's proposal is its prepare: one signature of (view, root) is both, so that a prepared certificate is Q
 * signatures of one digest. Attestations are FMT-4's leaves, and stand in for pBFT's commits.
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import { keccak, tagHash } from '../../crypto/hash.ts'
import type { Digest, Hex } from '../../protocol/types.ts'
import type { SeatSignature } from '../certificate.ts'
import type { SignedOutcome } from '../request/attestation.ts'
import { areSeats } from './attestations.ts'
import type { ConsensusContext, Decision, Proposal } from './core.ts'
import { VIEW_MAX } from './views.ts'

/** A quorum prepared this root in this view: no other root can ever be attested in it. */
export interface PreparedCertificate {
  readonly view: number
  readonly root: Digest
  /** Exactly Q, in ascending order of seat. */
  readonly signatures: readonly SeatSignature[]
}

/** A member's word that it is done with every view below `view`, and what it last prepared there. */
export interface ViewChange {
  readonly seat: number
  readonly view: number
  readonly prepared: PreparedCertificate | undefined
  readonly signature: Hex
}

/** Pre-prepare and new-view in one: a proposal, and above view 0 the Q view-changes that allow it. */
export interface Propose {
  readonly type: 'propose'
  readonly view: number
  readonly proposal: Proposal
  /** Empty in view 0; above it exactly Q view-changes to this view, in ascending order of seat. */
  readonly justification: readonly ViewChange[]
  /** Of the leader's prepare. */
  readonly signature: Hex
}

export interface Prepare {
  readonly type: 'prepare'
  readonly view: number
  readonly root: Digest
  readonly signature: Hex
}

export type PbftMessage =
  | Propose
  | Prepare
  /** With the bytes of what it prepared, which the next leader may lack. */
  | { readonly type: 'viewChange'; readonly change: ViewChange; readonly proposal: Proposal | undefined }
  | { readonly type: 'attestation'; readonly message: SignedOutcome }
  /** For who asks too late: why there is nothing left to agree on. */
  | { readonly type: 'decision'; readonly decision: Decision }

const TAG = fromHex(tagHash('dikast.pbft.v1'))
const PREPARE = 1
const VIEW_CHANGE = 2
const NOTHING = new Uint8Array(32)

function digestOf(
  { instance }: ConsensusContext,
  kind: number,
  view: number,
  ...rest: readonly Uint8Array[]
): Digest {
  const { requestId, attempt, round } = instance
  const place = concat(toBytesBE(BigInt(attempt), 1), toBytesBE(round, 8), toBytesBE(BigInt(view), 4))
  return toHex(keccak(concat(TAG, Uint8Array.of(kind), fromHex(requestId, 'requestId', 32), place, ...rest)))
}

export function prepareDigest(context: ConsensusContext, view: number, root: Digest): Digest {
  return digestOf(context, PREPARE, view, fromHex(root, 'root', 32))
}

/** What a member reports is signed by view and root: the signatures in its certificate stand for themselves. */
export function viewChangeDigest(
  context: ConsensusContext,
  view: number,
  prepared: { readonly view: number; readonly root: Digest } | undefined,
): Digest {
  const reported = prepared === undefined ? Uint8Array.of(0) : Uint8Array.of(1)
  const of = toBytesBE(BigInt(prepared?.view ?? 0), 4)
  const root = prepared === undefined ? NOTHING : fromHex(prepared.root, 'root', 32)
  return digestOf(context, VIEW_CHANGE, view, reported, of, root)
}

export function isView(view: number): boolean {
  return Number.isSafeInteger(view) && view >= 0 && view <= VIEW_MAX
}

/** In the one spelling that compares. */
export function isDigest(value: string): value is Digest {
  return /^0x[0-9a-f]{64}$/.test(value)
}

export function isPreparedCertificate(context: ConsensusContext, certificate: PreparedCertificate): boolean {
  const { view, root, signatures } = certificate
  if (!isView(view) || !isDigest(root)) return false
  if (signatures.length !== context.quorum || !areSeats(context, signatures)) return false
  const digest = prepareDigest(context, view, root)
  return signatures.every(({ seat, signature }) => context.verify(seat, digest, signature))
}

/** Whether its seat signed it, and what it reports is proven and older. The seat's own signature is checked first. */
export function isViewChange(context: ConsensusContext, change: ViewChange): boolean {
  const { seat, view, prepared, signature } = change
  if (!isView(view) || view === 0 || !areSeats(context, [{ seat }])) return false
  if (prepared !== undefined && !(isView(prepared.view) && prepared.view < view && isDigest(prepared.root)))
    return false
  if (!context.verify(seat, viewChangeDigest(context, view, prepared), signature)) return false
  return prepared === undefined || isPreparedCertificate(context, prepared)
}

export function signViewChange(
  context: ConsensusContext,
  view: number,
  prepared: PreparedCertificate | undefined,
): ViewChange {
  const signature = context.sign(viewChangeDigest(context, view, prepared))
  return { seat: context.seat, view, prepared, signature }
}

/** Of certificates the one of the highest view. */
export function highestPrepared(changes: readonly ViewChange[]): PreparedCertificate | undefined {
  return changes.reduce<PreparedCertificate | undefined>(
    (highest, { prepared }) =>
      prepared !== undefined && prepared.view > (highest?.view ?? -1) ? prepared : highest,
    undefined,
  )
}
