/**
 * The steps of an audit that look at a certificate: what was signed, by whom, and whether they were enough.
 * @module
 */
import { verifyBlsAggregate } from '../../crypto/bls.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { reportDigest } from '../../crypto/eip712.ts'
import { recoverSigner } from '../../crypto/signature.ts'
import type { Address, Consensus, Digest, Fulfillment, Request } from '../../protocol/types.ts'
import { decodeBlsCertificate, wantsBls } from '../bls-certificate.ts'
import { decodeCertificate, type SeatSignature, signedSeats } from '../certificate.ts'
import { faultsTolerated, quorumOf } from '../consensus/quorum.ts'
import { isViewOf, TERM_MAX, VIEW_MAX } from '../consensus/views.ts'
import { leafOf, NO_EVIDENCE, reportOf, usesAllFuel } from '../request/attestation.ts'
import type { AuditEvidence } from './evidence.ts'
import { expect, lengthOf, Mismatch } from './mismatch.ts'

/** A certificate and the committee it must be by. */
export interface Signed {
  readonly fulfillment: Fulfillment
  /** The report digests it is over, when these are several. */
  readonly batch?: readonly Digest[] | undefined
  /** The committee's attestors, in the order drawn. */
  readonly members: readonly Address[]
  /** That drew them; `undefined` for the request's own of that attempt. */
  readonly round?: bigint
}

/** The emitted output is what was signed: were it another, no signature at all would fit it. */
export function checkOutput(evidence: AuditEvidence, signed: Signed): string {
  const digest = digestOf(evidence, signed)
  checkTerms(evidence.submitted.request, signed.fulfillment)
  const { seats, wrong } = notBySeats(evidence, signed, digest)
  expect(wrong.length < seats.length, 'no member signed the emitted output')
  const { output, exit, fuelUsed } = signed.fulfillment
  return `exit ${exit}, ${lengthOf(output)} bytes and ${fuelUsed} fuel, as signed`
}

export function checkAttestations(evidence: AuditEvidence, signed: Signed): string {
  const { seats, wrong } = notBySeats(evidence, signed, digestOf(evidence, signed))
  const [first] = wrong
  if (first !== undefined)
    throw new Mismatch(`the signature of seat ${first} is not by ${signed.members[first]}`)
  const how = wantsBls(evidence.submitted.request, evidence.bls) ? ', in one aggregate' : ''
  return `seats ${seats.join(', ')} each signed with their own key${how}`
}

/** Enough of them signed (QC-1); and what that says of the result, while no more than the mode allows are faulty. */
export function checkCertificate(evidence: AuditEvidence, signed: Signed): string {
  const { request } = evidence.submitted
  const quorum = checkQuorum(evidence, signed)
  return `${modeIn(request.consensus, signed.fulfillment)}: ${quorum}; ${provenBy(request.consensus, signed)}`
}

export function checkQuorum(evidence: AuditEvidence, signed: Signed): string {
  const size = signed.members.length
  const quorum = quorumOf(evidence.submitted.request.consensus, size)
  const count = seatsSigned(signed)
  expect(count >= quorum, `${count} signatures of the ${quorum} that ${size} members need`)
  return `${count} of ${size} signed, ${quorum} needed`
}

/** How many must sign, and how many of them may be faulty. */
export function trustIn(consensus: Consensus, size: number): string {
  const quorum = quorumOf(consensus, size)
  // Raft's leader alone runs the function, whoever it is.
  return consensus === 'raft'
    ? `raft: ${quorum} must sign, and none may lie`
    : `${consensus}: ${quorum} must sign, and ${faultsTolerated(size)} may be faulty`
}

/** Raft's views are terms of its leaders (RAFT-3); *exact* has one. */
function modeIn(consensus: Consensus, { view }: Fulfillment): string {
  if (consensus === 'exact') return consensus
  return `${consensus}, ${consensus === 'raft' ? 'term' : 'view'} ${view}`
}

/** While no more are faulty than may be (`trustIn`). */
function provenBy(consensus: Consensus, signed: Signed): string {
  const size = signed.members.length
  const faults = faultsTolerated(size)
  switch (consensus) {
    case 'exact':
      return `the own runs of at least ${seatsSigned(signed) - faults} honest members gave this`
    case 'pbft':
      return 'one member’s run gave this, and at least one honest member found it acceptable'
    case 'aggregate':
      return `it is made of a quorum’s signed observations, at least ${quorumOf(consensus, size) - faults} of them honest`
    case 'raft':
      return 'its leader alone ran it: the word of one member, safe from crashes and not from lies'
    case 'zk':
      return 'a proof has no committee'
  }
}

export function seatsSigned({ fulfillment, members }: Signed): number {
  return signedSeats(fulfillment.certificate, members.length).length
}

function digestOf(evidence: AuditEvidence, { fulfillment, batch, round }: Signed): Digest {
  const { chainId, market, requestId, submitted } = evidence
  const outcome = { ...fulfillment, output: fromHex(fulfillment.output, 'output') }
  const report = reportOf(requestId, outcome)
  if (batch !== undefined) {
    const own = reportDigest(report)
    expect(
      batch.some((leaf) => sameHex(leaf, own)),
      'the certificate is over other reports than the emitted one',
    )
  }
  const at = { ...fulfillment, ...(round !== undefined && { round }) }
  return leafOf({ chainId, contract: market }, submitted.request, at, report, batch).digest
}

/** Seats the certificate names whose signature is not theirs; of an aggregate, all of them or none. */
function notBySeats(
  evidence: AuditEvidence,
  { fulfillment, members }: Signed,
  digest: Digest,
): { readonly seats: readonly number[]; readonly wrong: readonly number[] } {
  const { certificate } = fulfillment
  const { bls } = evidence
  if (!wantsBls(evidence.submitted.request, bls)) {
    const signatures = decodeCertificate(certificate, members.length)
    const wrong = signatures.filter((signature) => !isBySeat(digest, signature, members))
    return { seats: signatures.map(({ seat }) => seat), wrong: wrong.map(({ seat }) => seat) }
  }
  const { seats, aggregate } = decodeBlsCertificate(certificate, members.length)
  const keys = seats.flatMap((seat) => bls.keys.get(members[seat]?.toLowerCase() ?? '') ?? [])
  const right = keys.length === seats.length && verifyBlsAggregate(keys, digest, aggregate)
  return { seats, wrong: right ? [] : seats }
}

function isBySeat(digest: Digest, { seat, signature }: SeatSignature, members: readonly Address[]): boolean {
  const signer = recoverSigner(digest, signature)
  const member = members[seat]
  return signer !== undefined && member !== undefined && sameHex(signer, member)
}

const VIEWS: Readonly<Record<Consensus, string>> = {
  exact: 'an exact function has view 0 alone',
  pbft: `pbft has 0 to ${VIEW_MAX}`,
  aggregate: `aggregate has 0 to ${VIEW_MAX}`,
  raft: `raft has terms, 1 to ${TERM_MAX}`,
  zk: 'a proof has no committee',
}

/** QC-3, MKT-8: what a market takes of a committee, and what no honest member signs, whoever did. */
function checkTerms(request: Request, { view, evidenceHash, exit, fuelUsed, output }: Fulfillment): void {
  const { consensus } = request
  expect(isViewOf(consensus, view), `view ${view} is none of this mode: ${VIEWS[consensus]}`)
  const hasEvidence = !sameHex(evidenceHash, NO_EVIDENCE)
  if (consensus === 'exact') expect(!hasEvidence, 'an exact function has no evidence')
  // AGG-3: without them nobody could tell what it is made of.
  if (consensus === 'aggregate') expect(hasEvidence, 'an aggregate names no observations it is made of')
  expect(fuelUsed <= request.fuelLimit, `${fuelUsed} fuel were used, ${request.fuelLimit} at most`)
  expect(
    !usesAllFuel(exit) || fuelUsed === request.fuelLimit,
    `exit ${exit} costs all ${request.fuelLimit} fuel, not ${fuelUsed}`,
  )
  const length = lengthOf(output)
  expect(
    length <= request.outputBytesMax,
    `the output has ${length} bytes, ${request.outputBytesMax} at most`,
  )
}
