/**
 * Schnorr signatures over BabyJubJub, cheap to check inside a circuit (CIR-8 to CIR-12; circuits/lib/schnorr.circom):
 *
 *   A = sk B,  R = k B,  h = poseidon(R.u, A.u, ctx, value),  e = h mod 2^128,  c = 2^128 + 2 e + 1,  s = k + c sk  mod l
 *
 * with h < 3 * 2^252, else another k. (e, s) is the signature; u (1 field element) is the key. The challenge has 128 bits, as in short
 * Schnorr signatures; to forge one takes about 2^127 hashes, or a logarithm.
 *
 * Secrets are used by @noble/curves, whose multiplications do not depend on them in what they do, but JavaScript's numbers
 * do in how long they take: sign where nobody measures.
 * @module
 */
import { InvalidInputError } from '../protocol/errors.ts'
import type { Address, Hex } from '../protocol/types.ts'
import { BASE, hasEvenV, montgomeryU, pointOfKey, SUBGROUP_ORDER } from './babyjubjub.ts'
import { concat, fromBytesBE, fromHex, toBytesBE } from './bytes.ts'
import { keccak, tagHash } from './hash.ts'
import { poseidon } from './poseidon.ts'
import { isFieldElement } from './scalar-field.ts'

const SECRET_TYPE = tagHash('dikast.schnorr-secret.v1')
const NONCE_TYPE = tagHash('dikast.schnorr-nonce.v1')
const POSSESSION_TYPE = tagHash('dikast.schnorr-possession.v1')
export const CHALLENGE_BITS = 128n
const CHALLENGE_ABOVE = 1n << CHALLENGE_BITS
/** Below it a hash has one decomposition in the circuit, and is below the field's order. */
const HASH_ABOVE = 3n << 252n
/** Each nonce fails with one chance in 127, so that so many fail never. */
const NONCES_MAX = 64

export interface SchnorrSignature {
  readonly e: bigint
  readonly s: bigint
}

/** The scalar of a secret of 32 random bytes: from 1 to l - 1, and that of the two whose key has an even v. */
export function schnorrSecret(seed: Uint8Array): bigint {
  if (seed.length !== 32) throw new InvalidInputError('secret', 'is not 32 bytes long')
  const scalar = 1n + (wide(SECRET_TYPE, seed) % (SUBGROUP_ORDER - 1n))
  return hasEvenV(BASE.multiply(scalar)) ? scalar : SUBGROUP_ORDER - scalar
}

/** 512 bits of keccak: modulo one of 251 they are as good as uniform. */
function wide(type: Hex, ...parts: readonly Uint8Array[]): bigint {
  const half = (index: number) => keccak(concat(fromHex(type), Uint8Array.of(index), ...parts))
  return fromBytesBE(concat(half(0), half(1)))
}

/** The key of a secret: one field element. */
export function schnorrKey(secret: bigint): bigint {
  return montgomeryU(BASE.multiply(secret))
}

/** What is signed is hashed as it is: a context is a digest of everything a value is for. */
export function signSchnorr(secret: bigint, ctx: bigint, value: bigint): SchnorrSignature {
  if (secret <= 0n || secret >= SUBGROUP_ORDER)
    throw new InvalidInputError('secret', 'is not from 1 to l - 1')
  if (!isFieldElement(ctx) || !isFieldElement(value))
    throw new InvalidInputError('value', 'it or its context is no field element')
  const key = schnorrKey(secret)
  const signed = [secret, ctx, value].map((word) => toBytesBE(word, 32))
  for (let attempt = 0; attempt < NONCES_MAX; attempt++) {
    const nonce = 1n + (wide(NONCE_TYPE, ...signed, Uint8Array.of(attempt)) % (SUBGROUP_ORDER - 1n))
    const e = challengeOf(montgomeryU(BASE.multiply(nonce)), key, ctx, value)
    if (e !== undefined) return { e, s: (nonce + multiplierOf(e) * secret) % SUBGROUP_ORDER }
  }
  throw new InvalidInputError('value', `none of ${NONCES_MAX} nonces gives a challenge`)
}

function challengeOf(r: bigint, key: bigint, ctx: bigint, value: bigint): bigint | undefined {
  const hash = poseidon([r, key, ctx, value])
  return hash < HASH_ABOVE ? hash % CHALLENGE_ABOVE : undefined
}

function multiplierOf(e: bigint): bigint {
  return CHALLENGE_ABOVE + 2n * e + 1n
}

/** Whether a signature is that of a value in a context, by a key. What is malformed is not. */
export function verifySchnorr(key: bigint, ctx: bigint, value: bigint, signature: SchnorrSignature): boolean {
  const { e, s } = signature
  if (e < 0n || e >= CHALLENGE_ABOVE || s < 0n || s >= SUBGROUP_ORDER) return false
  if (!isFieldElement(ctx) || !isFieldElement(value)) return false
  const point = pointOfKey(key)
  if (point === undefined) return false
  // Nothing here is secret.
  const sB = s === 0n ? BASE.subtract(BASE) : BASE.multiplyUnsafe(s)
  const nonce = sB.subtract(point.multiplyUnsafe(multiplierOf(e)))
  return !nonce.is0() && challengeOf(montgomeryU(nonce), key, ctx, value) === e
}

/** Who registers a key, and where. */
export interface KeyHolder {
  readonly chainId: number
  readonly registry: Address
  readonly holder: Address
}

/** A context of a kind: 253 bits of keccak, so that it is below the field's order. */
export function schnorrContext(type: Hex, ...words: readonly Uint8Array[]): bigint {
  return fromBytesBE(keccak(concat(fromHex(type, 'type', 32), ...words))) >> 3n
}

/**
 * Proves that the holder has the key's secret (CIR-9). Without it somebody could register another's key as his own, and one
 * signature would count twice in a committee.
 */
export function provePossession(secret: bigint, holder: KeyHolder): SchnorrSignature {
  return signSchnorr(secret, possessionContext(holder), 0n)
}

/** Whether a key is one, of prime order, and the holder's. */
export function verifyPossession(key: bigint, holder: KeyHolder, proof: SchnorrSignature): boolean {
  return verifySchnorr(key, possessionContext(holder), 0n, proof)
}

function possessionContext({ chainId, registry, holder }: KeyHolder): bigint {
  return schnorrContext(
    POSSESSION_TYPE,
    toBytesBE(BigInt(chainId), 32),
    accountWord(registry),
    accountWord(holder),
  )
}

/** An address as Solidity's `abi.encode` has it. */
export function accountWord(address: Address): Uint8Array {
  return concat(new Uint8Array(12), fromHex(address, 'address', 20))
}
