/**
 * What the messages and records of all modes are made of, as CBOR maps and back. Lengths and counts are bounded here; whether a
 * root, a seat or a signature is right is the core's to say.
 * @module
 */
import type { SeatSignature } from '../../core/certificate.ts'
import type { Decision, Instance, Proposal, SeatSeal } from '../../core/consensus/core.ts'
import { VIEW_BITS_MAX } from '../../core/consensus/views.ts'
import type { Outcome, SignedOutcome } from '../../core/request/attestation.ts'
import { EXIT_MAX } from '../../core/wasm/exit.ts'
import { BLS_SIGNATURE_BYTES } from '../../crypto/bls.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { SIGNATURE_BYTES } from '../../crypto/signature.ts'
import { COMMITTEE_SIZE_MAX, OUTPUT_BYTES_MAX, PROPOSED_EVIDENCE_BYTES_MAX } from '../../protocol/limits.ts'
import type { Hex } from '../../protocol/types.ts'
import { bytesOf, type Fields, fieldsOf, hexOf, listOf, numberOf, optionalOf, uint64Of } from '../fields.ts'

/** What cborg encodes as a map. */
export type Plain = Readonly<Record<string, unknown>>

const DIGEST_BYTES = 32

export function outcomeToPlain({ exit, fuelUsed, output, evidenceHash }: Outcome): Plain {
  return { exit, fuelUsed, output, evidenceHash: fromHex(evidenceHash) }
}

export function outcomeOf(fields: Fields): Outcome {
  return {
    exit: numberOf(fields, 'exit', EXIT_MAX),
    fuelUsed: uint64Of(fields, 'fuelUsed'),
    output: bytesOf(fields, 'output', OUTPUT_BYTES_MAX),
    evidenceHash: digestOf(fields, 'evidenceHash'),
  }
}

export function proposalToPlain({ outcome, evidence }: Proposal): Plain {
  return { outcome: outcomeToPlain(outcome), evidence }
}

export function proposalOf(fields: Fields): Proposal {
  return {
    outcome: outcomeOf(fieldsOf(fields, 'outcome')),
    evidence: bytesOf(fields, 'evidence', PROPOSED_EVIDENCE_BYTES_MAX),
  }
}

/** Its request and attempt are the instance's. */
export function attestationToPlain(message: SignedOutcome): Plain {
  return { view: message.view, outcome: outcomeToPlain(message), ...signedToPlain(message) }
}

export function attestationOf(fields: Fields, { requestId, attempt }: Instance): SignedOutcome {
  const outcome = outcomeOf(fieldsOf(fields, 'outcome'))
  return { ...outcome, requestId, attempt, view: viewOf(fields), ...signedOf(fields) }
}

export function decisionToPlain({ view, root, outcome, seals }: Decision): Plain {
  return { view, root: fromHex(root), outcome: outcomeToPlain(outcome), seals: seals.map(sealToPlain) }
}

export function decisionOf(fields: Fields): Decision {
  return {
    view: viewOf(fields),
    root: digestOf(fields, 'root'),
    outcome: outcomeOf(fieldsOf(fields, 'outcome')),
    seals: listOf(fields, 'seals', COMMITTEE_SIZE_MAX).map(sealOf),
  }
}

export function signatureToPlain({ seat, signature }: SeatSignature): Plain {
  return { seat, signature: fromHex(signature) }
}

export function signatureOf(fields: Fields): SeatSignature {
  return { seat: seatOf(fields), signature: hexOf(fields, 'signature', SIGNATURE_BYTES) }
}

export function seatOf(fields: Fields): number {
  return numberOf(fields, 'seat', COMMITTEE_SIZE_MAX - 1)
}

export function viewOf(fields: Fields, key = 'view'): number {
  return numberOf(fields, key, VIEW_BITS_MAX)
}

export function digestOf(fields: Fields, key: string): Hex {
  return hexOf(fields, key, DIGEST_BYTES)
}

function sealToPlain({ seat, ...signed }: SeatSeal): Plain {
  return { seat, ...signedToPlain(signed) }
}

function sealOf(fields: Fields): SeatSeal {
  return { seat: seatOf(fields), ...signedOf(fields) }
}

type Signed = Omit<SeatSeal, 'seat'>

function signedToPlain({ signature, share }: Signed): Plain {
  return { signature: fromHex(signature), ...(share !== undefined && { share: fromHex(share) }) }
}

function signedOf(fields: Fields): Signed {
  const signature = hexOf(fields, 'signature', SIGNATURE_BYTES)
  const share = optionalOf(fields, 'share', () => hexOf(fields, 'share', BLS_SIGNATURE_BYTES))
  return { signature, ...(share !== undefined && { share }) }
}
