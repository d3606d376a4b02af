/**
 * Hexadecimal, big-endian words and concatenation, with strict decoding.
 * @module
 */
import { bytesToHex as nobleToHex } from '@noble/hashes/utils.js'
import { InvalidInputError } from '../protocol/errors.ts'
import type { Hex } from '../protocol/types.ts'

export function toHex(bytes: Uint8Array): Hex {
  return `0x${nobleToHex(bytes)}`
}

/** Decodes `0x…`; throws `InvalidInputError` on odd length, bad digits or, when `length` is given, another length. */
export function fromHex(hex: string, field = 'hex', length?: number): Uint8Array {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(hex))
    throw new InvalidInputError(field, 'is not 0x-prefixed hexadecimal')
  const bytes = new Uint8Array((hex.length - 2) / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16)
  if (length !== undefined && bytes.length !== length) {
    throw new InvalidInputError(field, `is ${bytes.length} bytes long, not ${length}`)
  }
  return bytes
}

export function isHex(value: unknown, bytes?: number): value is Hex {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-fA-F]{2})*$/.test(value)) return false
  return bytes === undefined || value.length === 2 + 2 * bytes
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Big-endian, `size` bytes. The value must fit. */
export function toBytesBE(value: bigint, size: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * size) !== 0n) {
    throw new InvalidInputError('integer', `${value} does not fit ${size} bytes`)
  }
  const out = new Uint8Array(size)
  let rest = value
  for (let i = size - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return out
}

export function fromBytesBE(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${nobleToHex(bytes)}`)
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Same account or digest, whatever the case of its letters. */
export function sameHex(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
