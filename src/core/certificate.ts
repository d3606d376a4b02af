/**
 * ECDSA quorum certificates: a bitmap of seats and one EIP-2098 signature a set bit, seats ascending (QC-2).
 * @module
 */
import { concat, fromBytesBE, fromHex, sameHex, toBytesBE, toHex } from '../crypto/bytes.ts'
import { recoverSigner, SIGNATURE_BYTES } from '../crypto/signature.ts'
import { DikastError } from '../protocol/errors.ts'
import type { Address, Digest, Hex } from '../protocol/types.ts'

const BITMAP_BYTES = 32

export interface SeatSignature {
  /** Place in the committee, from 0. */
  readonly seat: number
  /** 64 bytes, EIP-2098. */
  readonly signature: Hex
}

export type CertificateProblem = 'malformed' | 'unknown-seat' | 'quorum-not-reached' | 'invalid-signature'

/** A certificate does not prove what it should. */
export class CertificateError extends DikastError {
  readonly code = 'CERTIFICATE'
  readonly problem: CertificateProblem

  constructor(problem: CertificateProblem, detail: string, options: { readonly cause?: unknown } = {}) {
    super(`certificate: ${detail}`, options)
    this.problem = problem
  }
}

export function encodeCertificate(signatures: readonly SeatSignature[]): Hex {
  const sorted = signatures.toSorted((a, b) => a.seat - b.seat)
  const bitmap = sorted.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n)
  const bytes = sorted.map(({ signature }) => fromHex(signature, 'signature', SIGNATURE_BYTES))
  return toHex(concat(toBytesBE(bitmap, BITMAP_BYTES), ...bytes))
}

/** Throws `CertificateError` unless the encoding is exact. */
export function decodeCertificate(certificate: Hex, committeeSize: number): readonly SeatSignature[] {
  const bytes = fromHex(certificate, 'certificate')
  const seats = seatsOf(bitmapOf(bytes), committeeSize)
  if (bytes.length !== BITMAP_BYTES + SIGNATURE_BYTES * seats.length) {
    throw new CertificateError('malformed', `${bytes.length} bytes do not hold ${seats.length} signatures`)
  }
  return seats.map((seat, i) => {
    const at = BITMAP_BYTES + i * SIGNATURE_BYTES
    return { seat, signature: toHex(bytes.slice(at, at + SIGNATURE_BYTES)) }
  })
}

/** The seats a certificate names, of whatever scheme: each begins with its bitmap. */
export function signedSeats(certificate: Hex, committeeSize: number): readonly number[] {
  return seatsOf(bitmapOf(fromHex(certificate, 'certificate')), committeeSize)
}

/** Throws `CertificateError` when there is none. */
export function bitmapOf(certificate: Uint8Array): bigint {
  if (certificate.length < BITMAP_BYTES)
    throw new CertificateError('malformed', `${certificate.length} bytes are no bitmap`)
  return fromBytesBE(certificate.subarray(0, BITMAP_BYTES))
}

/** Ascending. Throws `CertificateError` for a bit outside the committee. */
export function seatsOf(bitmap: bigint, committeeSize: number): readonly number[] {
  if (bitmap >> BigInt(committeeSize) !== 0n) {
    throw new CertificateError('unknown-seat', `names a seat outside a committee of ${committeeSize}`)
  }
  const seats: number[] = []
  for (let seat = 0; seat < committeeSize; seat++) if ((bitmap >> BigInt(seat)) & 1n) seats.push(seat)
  return seats
}

/** The seats that signed. Throws `CertificateError` unless at least `quorum` of them did, each with its own key. */
export function verifyCertificate(options: {
  readonly certificate: Hex
  /** The committee's attestors, in the order drawn. */
  readonly committee: readonly Address[]
  readonly quorum: number
  readonly digest: Digest
}): readonly number[] {
  const { certificate, committee, quorum, digest } = options
  const signatures = decodeCertificate(certificate, committee.length)
  if (signatures.length < quorum) {
    throw new CertificateError('quorum-not-reached', `has ${signatures.length} signatures of ${quorum}`)
  }
  for (const { seat, signature } of signatures) {
    const signer = recoverSigner(digest, signature)
    const expected = committee[seat]
    if (signer === undefined || expected === undefined || !sameHex(signer, expected)) {
      throw new CertificateError('invalid-signature', `the signature of seat ${seat} is not by ${expected}`)
    }
  }
  return signatures.map(({ seat }) => seat)
}
