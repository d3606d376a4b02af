/**
 * secp256k1 signatures over 32-byte digests, in EIP-2098 form (64 bytes: r, then yParity and s), low s only.
 * @module
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Address, Digest, Hex } from '../protocol/types.ts'
import { concat, fromBytesBE, fromHex, toHex } from './bytes.ts'
import { keccak } from './hash.ts'

export const SIGNATURE_BYTES = 64

/** The curve itself, on bytes that were looked at: a digest of 32, a key of 32, r and s of 32 each with s not high. */
export interface Secp256k1 {
  /** r and a low s; whether the nonce's point has an odd y. The nonce is RFC 6979's. Throws when it is no key. */
  sign(digest: Uint8Array, privateKey: Uint8Array): { readonly compact: Uint8Array; readonly isOdd: boolean }
  /** The signer's key, uncompressed (65 bytes), or undefined when these are no signature. */
  recover(digest: Uint8Array, compact: Uint8Array, isOdd: boolean): Uint8Array | undefined
}

/** In JavaScript, which runs everywhere and is what every other implementation is held to. */
export const referenceSecp256k1: Secp256k1 = {
  sign: (digest, privateKey) => {
    const bytes = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' })
    return { compact: bytes.slice(1), isOdd: bytes[0] === 1 }
  },
  recover: (digest, compact, isOdd) => {
    try {
      const signature = concat(Uint8Array.of(isOdd ? 1 : 0), compact)
      const key = secp256k1.recoverPublicKey(signature, digest, { prehash: false })
      return secp256k1.Point.fromBytes(key).toBytes(false)
    } catch {
      return undefined
    }
  },
}

let curve = referenceSecp256k1

/** From here on this process signs and recovers with another implementation. What it answers is the same. */
export function useSecp256k1(implementation: Secp256k1): void {
  curve = implementation
}

/** Signs a digest. The nonce is deterministic (RFC 6979): the same key and digest give the same signature. */
export function signDigest(privateKey: Uint8Array, digest: Digest): Hex {
  const { compact, isOdd } = curve.sign(fromHex(digest, 'digest', 32), privateKey)
  const bytes = compact.slice()
  if (isOdd) bytes[32] = (bytes[32] ?? 0) | 0x80
  return toHex(bytes)
}

/** Signatures whose signer is remembered: a recovery costs a millisecond, and what a member counts its core has checked before. */
const RECOVERED_MAX = 4_096
const recovered = new Map<string, Address | undefined>()

/** The signer's address, or undefined when the bytes are no valid low-s signature of this digest. */
export function recoverSigner(digest: Digest, signature: Hex): Address | undefined {
  const key = `${digest}${signature}`
  if (recovered.has(key)) return recovered.get(key)
  const signer = signerOf(digest, signature)
  const [oldest] = recovered.keys()
  if (recovered.size >= RECOVERED_MAX && oldest !== undefined) recovered.delete(oldest)
  // Longer texts are no signatures, and would be kept.
  if (key.length <= KEY_CHARS) recovered.set(key, signer)
  return signer
}

/** A digest and a signature in hexadecimal. */
const KEY_CHARS = 2 + 64 + 2 + 2 * SIGNATURE_BYTES

function signerOf(digest: Digest, signature: Hex): Address | undefined {
  let compact: Uint8Array
  try {
    compact = fromHex(signature, 'signature', SIGNATURE_BYTES)
  } catch {
    return undefined
  }
  const isOdd = (compact[32] ?? 0) >= 0x80
  compact[32] = (compact[32] ?? 0) & 0x7f
  if (fromBytesBE(compact.subarray(32)) > S_MAX) return undefined
  const key = curve.recover(fromHex(digest, 'digest', 32), compact, isOdd)
  return key && addressOfKey(key)
}

/** Half the order: one of s and its negative, which sign alike, is above it (EIP-2). */
const S_MAX = secp256k1.Point.Fn.ORDER >> 1n

/** The 65-byte form (r, s, v in {27, 28}) that contracts taking `bytes` signatures expect. */
export function expandSignature(signature: Hex): Hex {
  const compact = fromHex(signature, 'signature', SIGNATURE_BYTES)
  const parity = (compact[32] ?? 0) >> 7
  compact[32] = (compact[32] ?? 0) & 0x7f
  return toHex(concat(compact, Uint8Array.of(27 + parity)))
}

export function addressOfPrivateKey(privateKey: Uint8Array): Address {
  return addressOfKey(secp256k1.getPublicKey(privateKey, false))
}

/** Of a key's 65 bytes. */
function addressOfKey(uncompressed: Uint8Array): Address {
  return toHex(keccak(uncompressed.subarray(1)).subarray(12))
}
