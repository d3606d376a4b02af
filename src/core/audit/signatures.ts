/**
 * The steps of an audit that look at a certificate: what was signed, by whom, and whether they were enough.
 * @module
 */
import { verifyBlsAggregate } from '../../crypto/bls.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { reportDigest } from '../../crypto/eip712.ts'
import { recoverSigner } from '../../crypto/signature.ts'
import type { Address, Digest, Fulfillment, Request } from '../../protocol/types.ts'
import { decodeBlsCertificate, wantsBls } from '../bls-certificate.ts'
import { decodeCertificate, type SeatSignature, signedSeats } from '../certificate.ts'
import { quorumOf } from '../consensus/quorum.ts'
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

export function checkQuorum(evidence: AuditEvidence, signed: Signed): string {
  const size = signed.members.length
  const quorum = quorumOf(evidence.submitted.request.consensus, size)
  const count = seatsSigned(signed)
  expect(count >= quorum, `${count} signatures of the ${quorum} that ${size} members need`)
  return `${count} of ${size} signed, ${quorum} needed`
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

/** QC-3, MKT-8: what a market takes of a committee, whoever signed it. */
function checkTerms(request: Request, { view, evidenceHash, exit, fuelUsed, output }: Fulfillment): void {
  if (request.consensus === 'exact') {
    expect(view === 0, `an exact function has view 0 alone, not ${view}`)
    expect(sameHex(evidenceHash, NO_EVIDENCE), 'an exact function has no evidence')
  }
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
