/**
 * secp256k1 signatures over 32-byte digests, in EIP-2098 form (64 bytes: r, then yParity and s), low s only.
 * @module
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Address, Digest, Hex } from '../protocol/types.ts'
import { concat, fromHex, toHex } from './bytes.ts'
import { keccak } from './hash.ts'

export const SIGNATURE_BYTES = 64

/** Signs a digest. The nonce is deterministic (RFC 6979): the same key and digest give the same signature. */
export function signDigest(privateKey: Uint8Array, digest: Digest): Hex {
  const recovered = secp256k1.sign(fromHex(digest, 'digest', 32), privateKey, {
    prehash: false,
    format: 'recovered',
  })
  const compact = recovered.slice(1)
  if (recovered[0] === 1) compact[32] = (compact[32] ?? 0) | 0x80
  return toHex(compact)
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
  try {
    const compact = fromHex(signature, 'signature', SIGNATURE_BYTES)
    const parity = (compact[32] ?? 0) >> 7
    compact[32] = (compact[32] ?? 0) & 0x7f
    const parsed = secp256k1.Signature.fromBytes(compact, 'compact')
    if (parsed.hasHighS()) return undefined
    const key = secp256k1.recoverPublicKey(
      concat(Uint8Array.of(parity), compact),
      fromHex(digest, 'digest', 32),
      { prehash: false },
    )
    return publicKeyToAddress(key)
  } catch {
    return undefined
  }
}

/** The 65-byte form (r, s, v in {27, 28}) that contracts taking `bytes` signatures expect. */
export function expandSignature(signature: Hex): Hex {
  const compact = fromHex(signature, 'signature', SIGNATURE_BYTES)
  const parity = (compact[32] ?? 0) >> 7
  compact[32] = (compact[32] ?? 0) & 0x7f
  return toHex(concat(compact, Uint8Array.of(27 + parity)))
}

export function addressOfPrivateKey(privateKey: Uint8Array): Address {
  return publicKeyToAddress(secp256k1.getPublicKey(privateKey, true))
}

function publicKeyToAddress(publicKey: Uint8Array): Address {
  const uncompressed = secp256k1.Point.fromBytes(publicKey).toBytes(false)
  return toHex(keccak(uncompressed.subarray(1)).subarray(12))
}
