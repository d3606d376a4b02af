import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Hash } from '../protocol/types.ts'
import { toHex } from './bytes.ts'

export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes)
}

export function keccakHex(bytes: Uint8Array): Hash {
  return toHex(keccak_256(bytes))
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

export function sha256Hex(bytes: Uint8Array): Hash {
  return toHex(nobleSha256(bytes))
}

/** keccak of a domain tag such as `dikast.seed.v1`. */
export function tagHash(tag: string): Hash {
  return keccakHex(utf8ToBytes(tag))
}
