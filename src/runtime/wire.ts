/**
 * The frames peers exchange: deterministic CBOR (RFC 8949 section 4.2), decoded strictly.
 *
 * Every decoder takes hostile bytes and throws `InvalidInputError`; sizes are bounded by the protocol's frame before a
 * decoder sees them.
 * @module
 */
import { encode } from 'cborg'
import type { SignedOutcome } from '../core/request/attestation.ts'
import { TRANSCRIPT_FILE_BYTES_MAX } from '../core/transcript.ts'
import { EXIT_MAX } from '../core/wasm/exit.ts'
import { BLS_SIGNATURE_BYTES } from '../crypto/bls.ts'
import { fromHex } from '../crypto/bytes.ts'
import type { Protocol } from '../ports/transport.ts'
import { InvalidInputError } from '../protocol/errors.ts'
import {
  ATTESTATION_FRAME_BYTES_MAX,
  CHALLENGE_ATTEMPT,
  isTurn,
  MODULE_CHUNK_BYTES_MAX,
  OUTPUT_BYTES_MAX,
  PROVING_KEY_BYTES_MAX,
} from '../protocol/limits.ts'
import type { Hex, PeerId } from '../protocol/types.ts'
import { bytesOf, type Fields, hexOf, numberOf, read, uint64Of } from './fields.ts'

/** A member's signed outcome; answered with whether it counted. */
export const ATTEST: Protocol = {
  id: '/dikast/attest/1.0.0',
  frameBytesMax: ATTESTATION_FRAME_BYTES_MAX,
  timeoutMs: 5_000,
  inFlightMax: 32,
  access: 'registered',
}

/** Reads a part of a module by its hash. */
export const MODULE_GET: Protocol = {
  id: '/dikast/module-get/1.0.0',
  frameBytesMax: MODULE_CHUNK_BYTES_MAX + 1024,
  timeoutMs: 10_000,
  inFlightMax: 4,
  access: 'anyone',
}

/** Reads a part of what a report's evidence hash names, a transcript or observations. */
export const EVIDENCE_GET: Protocol = {
  id: '/dikast/evidence/1.0.0',
  frameBytesMax: MODULE_CHUNK_BYTES_MAX + 1024,
  timeoutMs: 10_000,
  inFlightMax: 4,
  access: 'anyone',
}

/** Brings a module of a deployed function, part by part; the last part is answered with a signed receipt. */
export const MODULE_PUT: Protocol = {
  id: '/dikast/module-put/1.0.0',
  frameBytesMax: MODULE_CHUNK_BYTES_MAX + 1024,
  timeoutMs: 15_000,
  inFlightMax: 2,
  access: 'anyone',
}

/** Tells a peer where we listen; answered with the addresses it knows. */
export const PEERS: Protocol = {
  id: '/dikast/peers/1.0.0',
  frameBytesMax: 65_536,
  timeoutMs: 5_000,
  inFlightMax: 2,
  access: 'anyone',
}

export const PEERS_MAX = 128
export const ADDRESSES_PER_PEER_MAX = 4
const ADDRESS_CHARS_MAX = 256

export interface PeerAddresses {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

export interface ModulePart {
  readonly functionId: Hex
  readonly moduleHash: Hex
  readonly offset: number
  readonly total: number
  readonly bytes: Uint8Array
}

export interface SignedReceipt {
  readonly attestor: Hex
  readonly moduleHash: Hex
  readonly bytes: number
  readonly storedAt: number
  readonly signature: Hex
}

function turnOf(fields: Fields): number {
  const attempt = numberOf(fields, 'attempt', CHALLENGE_ATTEMPT)
  if (!isTurn(attempt)) throw new InvalidInputError('attempt', 'is none a committee has')
  return attempt
}

export function encodeOutcome(message: SignedOutcome): Uint8Array {
  return encode({
    requestId: fromHex(message.requestId),
    attempt: message.attempt,
    view: message.view,
    exit: message.exit,
    fuelUsed: message.fuelUsed,
    evidenceHash: fromHex(message.evidenceHash),
    output: message.output,
    signature: fromHex(message.signature),
    ...(message.share !== undefined && { share: fromHex(message.share) }),
  })
}

export function decodeOutcome(bytes: Uint8Array): SignedOutcome {
  const fields = read(bytes, 'attestation')
  return {
    requestId: hexOf(fields, 'requestId', 32),
    attempt: turnOf(fields),
    view: numberOf(fields, 'view', 2 ** 32 - 1),
    exit: numberOf(fields, 'exit', EXIT_MAX),
    fuelUsed: uint64Of(fields, 'fuelUsed'),
    evidenceHash: hexOf(fields, 'evidenceHash', 32),
    output: bytesOf(fields, 'output', OUTPUT_BYTES_MAX),
    signature: hexOf(fields, 'signature', 64),
    ...(fields.share !== undefined && { share: hexOf(fields, 'share', BLS_SIGNATURE_BYTES) }),
  }
}

/** The answer to an attestation: empty when it counted, else why not. */
export function encodeVerdict(dropped: string | undefined): Uint8Array {
  return encode({ dropped: dropped ?? '' })
}

export function decodeVerdict(bytes: Uint8Array): string | undefined {
  const { dropped } = read(bytes, 'verdict')
  if (typeof dropped !== 'string' || dropped.length > 64)
    throw new InvalidInputError('dropped', 'is not a short text')
  return dropped === '' ? undefined : dropped
}

export function encodeModuleQuery(query: { readonly moduleHash: Hex; readonly offset: number }): Uint8Array {
  return encode({ moduleHash: fromHex(query.moduleHash), offset: query.offset })
}

export function decodeModuleQuery(bytes: Uint8Array): { readonly moduleHash: Hex; readonly offset: number } {
  const fields = read(bytes, 'module query')
  return {
    moduleHash: hexOf(fields, 'moduleHash', 32),
    offset: numberOf(fields, 'offset', PROVING_KEY_BYTES_MAX),
  }
}

/** Bytes of the part at an offset: every part but the last is full. */
export function partLength(total: number, offset: number): number {
  return Math.min(MODULE_CHUNK_BYTES_MAX, total - offset)
}

/** A part of something larger; `total` 0 says the peer does not have it. */
export interface Part {
  readonly total: number
  readonly bytes: Uint8Array
}

/** The part at an offset of what is here. */
export function partOf(whole: Uint8Array | undefined, offset: number): Part {
  if (whole === undefined || offset >= whole.length) return { total: 0, bytes: new Uint8Array(0) }
  const bytes = whole.subarray(offset, offset + partLength(whole.length, offset))
  return { total: whole.length, bytes }
}

export function encodeModuleBytes({ total, bytes }: Part): Uint8Array {
  return encode({ total, bytes })
}

export function decodeModuleBytes(bytes: Uint8Array): Part {
  return readPart(bytes, 'module part', PROVING_KEY_BYTES_MAX)
}

function readPart(bytes: Uint8Array, what: string, totalMax: number): Part {
  const fields = read(bytes, what)
  return {
    total: numberOf(fields, 'total', totalMax),
    bytes: bytesOf(fields, 'bytes', MODULE_CHUNK_BYTES_MAX),
  }
}

export interface EvidenceQuery {
  readonly evidenceHash: Hex
  readonly offset: number
}

export function encodeEvidenceQuery({ evidenceHash, offset }: EvidenceQuery): Uint8Array {
  return encode({ evidenceHash: fromHex(evidenceHash), offset })
}

export function decodeEvidenceQuery(bytes: Uint8Array): EvidenceQuery {
  const fields = read(bytes, 'evidence query')
  const offset = numberOf(fields, 'offset', TRANSCRIPT_FILE_BYTES_MAX)
  return { evidenceHash: hexOf(fields, 'evidenceHash', 32), offset }
}

export function encodeEvidenceBytes({ total, bytes }: Part): Uint8Array {
  return encode({ total, bytes })
}

export function decodeEvidenceBytes(bytes: Uint8Array): Part {
  return readPart(bytes, 'evidence part', TRANSCRIPT_FILE_BYTES_MAX)
}

export function encodeModulePart(part: ModulePart): Uint8Array {
  return encode({ ...part, functionId: fromHex(part.functionId), moduleHash: fromHex(part.moduleHash) })
}

export function decodeModulePart(bytes: Uint8Array): ModulePart {
  const fields = read(bytes, 'module part')
  const total = numberOf(fields, 'total', PROVING_KEY_BYTES_MAX)
  const part = bytesOf(fields, 'bytes', MODULE_CHUNK_BYTES_MAX)
  const offset = numberOf(fields, 'offset', total)
  if (
    part.length === 0 ||
    offset % MODULE_CHUNK_BYTES_MAX !== 0 ||
    part.length !== partLength(total, offset)
  ) {
    throw new InvalidInputError('bytes', `${part.length} bytes at ${offset} of ${total} are no part`)
  }
  return {
    functionId: hexOf(fields, 'functionId', 32),
    moduleHash: hexOf(fields, 'moduleHash', 32),
    offset,
    total,
    bytes: part,
  }
}

/** The answer to a part: a receipt once the module is whole and stored. */
export function encodeReceipt(receipt: SignedReceipt | undefined): Uint8Array {
  if (receipt === undefined) return encode({ stored: false })
  const { attestor, moduleHash, signature, bytes, storedAt } = receipt
  return encode({
    stored: true,
    bytes,
    storedAt,
    attestor: fromHex(attestor),
    moduleHash: fromHex(moduleHash),
    signature: fromHex(signature),
  })
}

export function decodeReceipt(bytes: Uint8Array): SignedReceipt | undefined {
  const fields = read(bytes, 'receipt')
  if (fields.stored === false) return undefined
  if (fields.stored !== true) throw new InvalidInputError('stored', 'is neither true nor false')
  return {
    attestor: hexOf(fields, 'attestor', 20),
    moduleHash: hexOf(fields, 'moduleHash', 32),
    bytes: numberOf(fields, 'bytes', PROVING_KEY_BYTES_MAX),
    storedAt: numberOf(fields, 'storedAt', Number.MAX_SAFE_INTEGER),
    signature: hexOf(fields, 'signature', 64),
  }
}

export function encodePeers(peers: readonly PeerAddresses[]): Uint8Array {
  return encode({
    peers: peers.slice(0, PEERS_MAX).map(({ peer, addresses }) => ({ peer, addresses: [...addresses] })),
  })
}

export function decodePeers(bytes: Uint8Array): readonly PeerAddresses[] {
  const { peers } = read(bytes, 'peers')
  if (!Array.isArray(peers) || peers.length > PEERS_MAX)
    throw new InvalidInputError('peers', `are not up to ${PEERS_MAX}`)
  return peers.map((entry: unknown) => {
    const { peer, addresses } = (entry ?? {}) as Fields // checked field by field below
    if (typeof peer !== 'string' || !/^[1-9A-HJ-NP-Za-km-z]{40,64}$/.test(peer)) {
      throw new InvalidInputError('peer', 'is not a peer id')
    }
    if (!Array.isArray(addresses) || addresses.length > ADDRESSES_PER_PEER_MAX) {
      throw new InvalidInputError('addresses', `are not up to ${ADDRESSES_PER_PEER_MAX}`)
    }
    return { peer, addresses: addresses.map(addressOf) }
  })
}

function addressOf(address: unknown): string {
  if (typeof address !== 'string' || address.length > ADDRESS_CHARS_MAX || !address.startsWith('/')) {
    throw new InvalidInputError('address', 'is not a multiaddr')
  }
  return address
}
