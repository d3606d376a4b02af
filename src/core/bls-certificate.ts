/**
 * BLS quorum certificates: a bitmap of seats and the sum of their signatures, 192 bytes (QC-4). As long for 4 signers as for
 * 200. Members sign a digest twice: with their attestation key, which says who they are and is evidence against them, and
 * with their BLS key, which is what is added up.
 * @module
 */
import {
  aggregateBlsSignatures,
  BLS_SIGNATURE_POINT_BYTES,
  blsSignatureFromPoint,
  blsSignatureToPoint,
  verifyBlsAggregate,
} from '../crypto/bls.ts'
import { concat, fromHex, sameHex, toBytesBE, toHex } from '../crypto/bytes.ts'
import type { Address, Digest, Hex } from '../protocol/types.ts'
import { bitmapOf, CertificateError, type SeatSignature, seatsOf } from './certificate.ts'

/** What a network with BLS certificates has beside the rest. */
export interface BlsScheme {
  /** A request whose verifier this is wants BLS certificates. */
  readonly verifier: Address
  /** A node's key (48 bytes), which came with a proof of possession; undefined when it registered none. */
  readonly keyOf: (attestor: Address) => Hex | undefined
  /** Whether a signature (96 bytes) of a digest is a key's. */
  readonly verify: (key: Hex, digest: Digest, signature: Hex) => boolean
  /** The sum of signatures. */
  readonly aggregate: (signatures: readonly Hex[]) => Hex
}

const BITMAP_BYTES = 32

/** Whether a request's certificate is a BLS one. */
export function wantsBls<T extends { readonly verifier: Address }>(
  request: { readonly verifier: Address },
  bls: T | undefined,
): bls is T {
  return bls !== undefined && sameHex(request.verifier, bls.verifier)
}

/** From each seat's own signature, 96 bytes: every one must have been verified. */
export function encodeBlsCertificate(
  shares: readonly SeatSignature[],
  aggregate: BlsScheme['aggregate'] = aggregateBlsSignatures,
): Hex {
  const bitmap = shares.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n)
  const sum = blsSignatureToPoint(aggregate(shares.map(({ signature }) => signature)))
  return toHex(concat(toBytesBE(bitmap, BITMAP_BYTES), fromHex(sum)))
}

/** The seats named, and the aggregate, 96 bytes. Throws `CertificateError` unless the encoding is exact. */
export function decodeBlsCertificate(
  certificate: Hex,
  committeeSize: number,
): { readonly seats: readonly number[]; readonly aggregate: Hex } {
  const bytes = fromHex(certificate, 'certificate')
  if (bytes.length !== BITMAP_BYTES + BLS_SIGNATURE_POINT_BYTES)
    throw new CertificateError('malformed', `${bytes.length} bytes are no bitmap and aggregate`)
  const seats = seatsOf(bitmapOf(bytes), committeeSize)
  try {
    return { seats, aggregate: blsSignatureFromPoint(toHex(bytes.slice(BITMAP_BYTES))) }
  } catch (cause) {
    throw new CertificateError('malformed', 'the aggregate is not a point of its group', { cause })
  }
}

/** The seats that signed. Throws `CertificateError` unless at least `quorum` of them did, all under their own keys. */
export function verifyBlsCertificate(options: {
  readonly certificate: Hex
  /** The committee's BLS keys, in the order drawn; undefined for a node that has none. */
  readonly keys: readonly (Hex | undefined)[]
  readonly quorum: number
  readonly digest: Digest
}): readonly number[] {
  const { certificate, keys, quorum, digest } = options
  const { seats, aggregate } = decodeBlsCertificate(certificate, keys.length)
  if (seats.length < quorum)
    throw new CertificateError('quorum-not-reached', `has ${seats.length} signers of ${quorum}`)
  const signers = seats.map((seat) => {
    const key = keys[seat]
    if (key === undefined) throw new CertificateError('unknown-seat', `seat ${seat} has no BLS key`)
    return key
  })
  if (!verifyBlsAggregate(signers, digest, aggregate))
    throw new CertificateError('invalid-signature', `the aggregate is not by seats ${seats.join(', ')}`)
  return seats
}
