/**
 * drand rounds of the scheme `bls-unchained-g1-rfc9380` (quicknet's): a round's signature is
 *
 *   S = secret x H(sha256(uint64be(round))),  e(S, g2) = e(H(...), publicKey),  randomness = sha256(compressed S)
 *
 * with S in G1 (48 bytes), the key in G2 (96 bytes) and H hashing to G1 under the suite's own tag (RFC 9380).
 * Contracts check the same equation through EIP-2537, which takes points decompressed: 64-byte words per coordinate.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { InvalidInputError } from '../protocol/errors.ts'
import type { Hash, Hex } from '../protocol/types.ts'
import { concat, fromHex, toBytesBE, toHex } from './bytes.ts'
import { sha256 } from './hash.ts'

export const DRAND_SCHEME = 'bls-unchained-g1-rfc9380'

/** The public chain of this scheme that the League of Entropy runs: its key, its hash, when it began and how often it speaks. */
export const QUICKNET = {
  publicKey:
    '0x83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  genesisTime: 1_692_803_367,
  periodSeconds: 3,
  chainHash: '0x52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
} as const satisfies { publicKey: Hex; genesisTime: number; periodSeconds: number; chainHash: Hash }

const { shortSignatures, G1, G2 } = bls12_381
const ROUND_MAX = (1n << 64n) - 1n
const GROUP_ORDER = G1.Point.Fn.ORDER

type G1Point = InstanceType<typeof G1.Point>

/** Whether `signature` (48 bytes) is the round's under `publicKey` (96 bytes). Malformed signatures are not. */
export function verifyRound(publicKey: Hex, round: bigint, signature: Hex): boolean {
  const key = decodeG2(publicKey)
  const message = roundPoint(round)
  let point: G1Point
  try {
    point = decodeG1(signature)
  } catch {
    return false
  }
  return shortSignatures.verify(point, message, key)
}

/** sha256 of the compressed signature. */
export function randomnessOf(signature: Hex): Hash {
  return toHex(sha256(fromHex(signature, 'signature', 48)))
}

/** Signs a round: what the network does together, a local beacon does alone. `secret` is 32 bytes, below the order. */
export function signRound(secret: Hex, round: bigint): Hex {
  return toHex(shortSignatures.sign(roundPoint(round), decodeSecret(secret)).toBytes(true))
}

/** The 96-byte compressed public key of a secret. */
export function beaconPublicKey(secret: Hex): Hex {
  return toHex(shortSignatures.getPublicKey(decodeSecret(secret)).toBytes(true))
}

/** A 48-byte compressed G1 point as EIP-2537 writes it, 128 bytes. Throws unless it is in the subgroup and not zero. */
export function decompressG1(signature: Hex): Hex {
  const { x, y } = decodeG1(signature).toAffine()
  return toHex(concat(word(x), word(y)))
}

/** A 96-byte compressed G2 point as EIP-2537 writes it, 256 bytes: real part first. */
export function g2ToEip2537(publicKey: Hex): Hex {
  const { x, y } = decodeG2(publicKey).toAffine()
  return toHex(concat(word(x.c0), word(x.c1), word(y.c0), word(y.c1)))
}

/** Seconds since 1970 at which a round is emitted. Round 1 is emitted at genesis. */
export function timeOfRound(
  info: { readonly genesisTime: number; readonly periodSeconds: number },
  round: bigint,
): bigint {
  assertRound(round)
  return BigInt(info.genesisTime) + (round - 1n) * BigInt(info.periodSeconds)
}

/** The newest round emitted at `time` (seconds since 1970), or 0 before genesis. */
export function roundAt(
  info: { readonly genesisTime: number; readonly periodSeconds: number },
  time: bigint,
): bigint {
  const since = time - BigInt(info.genesisTime)
  return since < 0n ? 0n : since / BigInt(info.periodSeconds) + 1n
}

/**
 * The hash that names a drand chain: everything a client must know of it, so that a pinned hash pins the key.
 * `groupHash` is the genesis group's, 32 bytes; the default chain's id is left out.
 */
export function drandChainHash(chain: {
  readonly publicKey: Hex
  readonly genesisTime: number
  readonly periodSeconds: number
  readonly groupHash: Hex
  readonly beaconId: string
}): Hash {
  const id = chain.beaconId === 'default' ? '' : chain.beaconId
  return toHex(
    sha256(
      concat(
        toBytesBE(BigInt(chain.periodSeconds), 4),
        toBytesBE(BigInt(chain.genesisTime), 8),
        fromHex(chain.publicKey, 'publicKey', 96),
        fromHex(chain.groupHash, 'groupHash', 32),
        Uint8Array.from(id, (character) => character.charCodeAt(0)),
      ),
    ),
  )
}

function roundPoint(round: bigint): G1Point {
  assertRound(round)
  return shortSignatures.hash(sha256(toBytesBE(round, 8))) as G1Point
}

function assertRound(round: bigint): void {
  if (round < 1n || round > ROUND_MAX) throw new InvalidInputError('round', `${round} is not a round`)
}

function decodeSecret(secret: Hex): Uint8Array {
  const bytes = fromHex(secret, 'secret', 32)
  const scalar = BigInt(secret)
  if (scalar === 0n || scalar >= GROUP_ORDER) throw new InvalidInputError('secret', 'is not in 1..order - 1')
  return bytes
}

function decodeG1(signature: Hex): G1Point {
  const bytes = fromHex(signature, 'signature', 48)
  try {
    const point = G1.Point.fromBytes(bytes)
    point.assertValidity()
    if (point.is0()) throw new Error('is zero')
    return point
  } catch (cause) {
    throw new InvalidInputError('signature', 'is not a point of G1', { cause })
  }
}

function decodeG2(publicKey: Hex) {
  const bytes = fromHex(publicKey, 'publicKey', 96)
  try {
    const point = G2.Point.fromBytes(bytes)
    point.assertValidity()
    if (point.is0()) throw new Error('is zero')
    return point
  } catch (cause) {
    throw new InvalidInputError('publicKey', 'is not a point of G2', { cause })
  }
}

/** A coordinate as a 64-byte word: 16 zero bytes, then 48 of value. */
function word(coordinate: bigint): Uint8Array {
  return toBytesBE(coordinate, 64)
}
