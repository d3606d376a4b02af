/**
 * BLS12-381 signatures with keys in G1 and signatures in G2 (draft-irtf-cfrg-bls-signature, proof-of-possession scheme):
 *
 *   key = secret x g1,  S = secret x H(digest),  e(g1, S) = e(key, H(digest)),  and sums of keys verify sums of signatures
 *
 * with H hashing to G2 per RFC 9380 (BLS-1). A sum says something about each signer only when every key came with a proof of
 * possession: else whoever chooses a key last can choose one that cancels the others (a rogue key).
 *
 * Keys travel compressed (48 bytes), signatures too (96). Contracts take coordinates of 48 bytes, since they cannot take a
 * square root at a fair price: a key is 96 bytes, a signature 192 (BLS-2).
 * This file is the reference, and what browsers run; nodes sign with a faster library held to it.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { InvalidInputError } from '../protocol/errors.ts'
import type { Address, Digest, Hex } from '../protocol/types.ts'
import { concat, fromBytesBE, fromHex, toBytesBE, toHex } from './bytes.ts'
import { keccak, tagHash } from './hash.ts'

export const BLS_SECRET_BYTES = 32
export const BLS_KEY_BYTES = 48
export const BLS_SIGNATURE_BYTES = 96
/** As contracts take them. */
export const BLS_KEY_POINT_BYTES = 96
export const BLS_SIGNATURE_POINT_BYTES = 192
export const BLS_SIGNATURE_TAG = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'
export const BLS_POSSESSION_TAG = 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

const POSSESSION_TYPE = tagHash('dikast.bls-possession.v1')
const SECRET_TYPE = tagHash('dikast.bls-secret.v1')
const COORDINATE_BYTES = 48

const { longSignatures, G1, G2 } = bls12_381
const GROUP_ORDER = G1.Point.Fn.ORDER

type G1Point = InstanceType<typeof G1.Point>
type G2Point = InstanceType<typeof G2.Point>

/**
 * The BLS secret that goes with a node's attestation key: one key to keep, back up and lose. Whoever has the one has the other,
 * and nobody finds either from the other's signatures.
 */
export function blsSecretOf(attestorKey: Uint8Array): Uint8Array {
  if (attestorKey.length !== 32) throw new InvalidInputError('key', 'is not 32 bytes long')
  const half = (index: number) => keccak(concat(fromHex(SECRET_TYPE), Uint8Array.of(index), attestorKey))
  // 512 bits modulo one of 255: as good as uniform.
  const scalar = fromBytesBE(concat(half(0), half(1))) % (GROUP_ORDER - 1n)
  return toBytesBE(scalar + 1n, BLS_SECRET_BYTES)
}

/** The 48-byte key of a secret: 32 bytes, a number from 1 to the group's order less one. */
export function blsPublicKey(secret: Uint8Array): Hex {
  return toHex(longSignatures.getPublicKey(checkedSecret(secret)).toBytes(true))
}

/** Signs a digest, 96 bytes. The same secret and digest give the same signature. */
export function signBls(secret: Uint8Array, digest: Digest): Hex {
  return toHex(longSignatures.sign(hashed(digest, BLS_SIGNATURE_TAG), checkedSecret(secret)).toBytes(true))
}

/** Whether a signature (96 bytes) is the digest's under a key (48 bytes). What is malformed is not. */
export function verifyBls(key: Hex, digest: Digest, signature: Hex): boolean {
  return verifyUnder(key, digest, signature, BLS_SIGNATURE_TAG)
}

/**
 * Whether an aggregate is the sum of signatures of the same digest under each of the keys: 48 bytes a key, 96 the signature.
 * Warning: only for keys that came with a proof of possession. No keys have no aggregate.
 */
export function verifyBlsAggregate(keys: readonly Hex[], digest: Digest, signature: Hex): boolean {
  const points = attempt(() => keys.map(keyPoint))
  if (points === undefined || points.length === 0) return false
  const sum = points.reduce((a, b) => a.add(b), G1.Point.ZERO)
  const aggregate = attempt(() => signaturePoint(signature))
  if (aggregate === undefined || sum.is0()) return false
  return longSignatures.verify(aggregate, hashed(digest, BLS_SIGNATURE_TAG), sum)
}

/** The sum of signatures, 96 bytes. Throws `InvalidInputError` for what is no signature, and for none at all. */
export function aggregateBlsSignatures(signatures: readonly Hex[]): Hex {
  if (signatures.length === 0) throw new InvalidInputError('signatures', 'are none')
  const sum = signatures.map(signaturePoint).reduce((a, b) => a.add(b), G2.Point.ZERO)
  if (sum.is0()) throw new InvalidInputError('signatures', 'cancel one another')
  return toHex(sum.toBytes(true))
}

/** What a key signs to show that its secret is held (BLS-3): by whose node, and for which registry of which chain. */
export function blsPossessionDigest(of: {
  readonly chainId: number
  readonly registry: Address
  readonly attestor: Address
  readonly key: Hex
}): Digest {
  const account = (value: Address, name: string) => concat(new Uint8Array(12), fromHex(value, name, 20))
  return toHex(
    keccak(
      concat(
        fromHex(POSSESSION_TYPE),
        toBytesBE(BigInt(of.chainId), 32),
        account(of.registry, 'registry'),
        account(of.attestor, 'attestor'),
        keccak(fromHex(blsKeyToPoint(of.key))),
      ),
    ),
  )
}

/** The proof of possession over `blsPossessionDigest`, 96 bytes: under a tag of its own, so that it is never a signature. */
export function proveBlsPossession(secret: Uint8Array, digest: Digest): Hex {
  return toHex(longSignatures.sign(hashed(digest, BLS_POSSESSION_TAG), checkedSecret(secret)).toBytes(true))
}

export function verifyBlsPossession(key: Hex, digest: Digest, proof: Hex): boolean {
  return verifyUnder(key, digest, proof, BLS_POSSESSION_TAG)
}

/** A 48-byte key as contracts take it: x, y, 96 bytes. */
export function blsKeyToPoint(key: Hex): Hex {
  const { x, y } = keyPoint(key).toAffine()
  return toHex(concat(coordinate(x), coordinate(y)))
}

/** And back. Throws `InvalidInputError` unless it is a point of the right order, not infinity. */
export function blsKeyFromPoint(point: Hex): Hex {
  const [x = 0n, y = 0n] = coordinates(point, 'key', 2)
  return toHex(checkedPoint('key', () => G1.Point.fromAffine({ x, y })).toBytes(true))
}

/** A 96-byte signature as contracts take it: x.c0, x.c1, y.c0, y.c1, 192 bytes. */
export function blsSignatureToPoint(signature: Hex): Hex {
  const { x, y } = signaturePoint(signature).toAffine()
  return toHex(concat(coordinate(x.c0), coordinate(x.c1), coordinate(y.c0), coordinate(y.c1)))
}

export function blsSignatureFromPoint(point: Hex): Hex {
  const [x0 = 0n, x1 = 0n, y0 = 0n, y1 = 0n] = coordinates(point, 'signature', 4)
  const decode = () => G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } })
  return toHex(checkedPoint('signature', decode).toBytes(true))
}

function verifyUnder(key: Hex, digest: Digest, signature: Hex, tag: string): boolean {
  const points = attempt(() => ({ key: keyPoint(key), signature: signaturePoint(signature) }))
  return points !== undefined && longSignatures.verify(points.signature, hashed(digest, tag), points.key)
}

function hashed(digest: Digest, tag: string): G2Point {
  return longSignatures.hash(fromHex(digest, 'digest', 32), tag) as G2Point
}

function checkedSecret(secret: Uint8Array): Uint8Array {
  if (secret.length !== BLS_SECRET_BYTES) throw new InvalidInputError('secret', 'is not 32 bytes long')
  const scalar = fromBytesBE(secret)
  if (scalar === 0n || scalar >= GROUP_ORDER) throw new InvalidInputError('secret', 'is not in 1..order - 1')
  return secret
}

function keyPoint(key: Hex): G1Point {
  return checkedPoint('key', () => G1.Point.fromBytes(fromHex(key, 'key', BLS_KEY_BYTES)))
}

function signaturePoint(signature: Hex): G2Point {
  const bytes = fromHex(signature, 'signature', BLS_SIGNATURE_BYTES)
  return checkedPoint('signature', () => G2.Point.fromBytes(bytes))
}

/** Throws unless the point is on the curve, of the right order and not infinity. */
function checkedPoint<T extends { assertValidity(): void; is0(): boolean }>(
  field: string,
  decode: () => T,
): T {
  try {
    const point = decode()
    point.assertValidity()
    if (point.is0()) throw new Error('is infinity')
    return point
  } catch (cause) {
    throw new InvalidInputError(field, 'is not a point of its group', { cause })
  }
}

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}

function coordinate(value: bigint): Uint8Array {
  return toBytesBE(value, COORDINATE_BYTES)
}

function coordinates(point: Hex, field: string, count: number): readonly bigint[] {
  const bytes = fromHex(point, field, count * COORDINATE_BYTES)
  return Array.from({ length: count }, (_, i) =>
    fromBytesBE(bytes.subarray(i * COORDINATE_BYTES, (i + 1) * COORDINATE_BYTES)),
  )
}
