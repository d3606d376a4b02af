/**
 * A beacon of drand's scheme `bls-unchained-g1-rfc9380` with a key of the test's own.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { fromHex, toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import type { Digest, Hex } from '../../../src/protocol/types.ts'

const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const SECRET_KEY = 0x5eedn

export const beaconPublicKey: Hex = toHex(
  bls12_381.G2.Point.BASE.multiply(SECRET_KEY).toBytes(true) as Uint8Array,
)

export interface BeaconRound {
  readonly randomness: Digest
  /** As `postRound` takes it. */
  readonly signature: Hex
}

export function signRound(round: bigint): BeaconRound {
  const point = bls12_381.G1.hashToCurve(sha256(toBytesBE(round, 8)), { DST })
  return encodeRound(bls12_381.G1.Point.fromAffine(point.toAffine()).multiply(SECRET_KEY).toHex(true))
}

/** A round from its compressed signature, as drand publishes it. */
export function encodeRound(compressed: string): BeaconRound {
  const { x, y } = bls12_381.G1.Point.fromHex(compressed).toAffine()
  const signature = toHex(new Uint8Array([...toBytesBE(x, 64), ...toBytesBE(y, 64)]))
  return { signature, randomness: toHex(sha256(fromHex(`0x${compressed}`))) }
}
