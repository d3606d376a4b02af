/**
 * Reads deterministic CBOR (RFC 8949 section 4.2) field by field, strictly. Every reader takes hostile bytes and throws
 * `InvalidInputError`; how many bytes there are is bounded before.
 * @module
 */
import { decode } from 'cborg'
import { toHex } from '../crypto/bytes.ts'
import { InvalidInputError } from '../protocol/errors.ts'
import type { Hex } from '../protocol/types.ts'

/** A map with string keys, whatever its values are. */
export type Fields = Readonly<Record<string, unknown>>

export function read(bytes: Uint8Array, what: string): Fields {
  let value: unknown
  try {
    value = decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      rejectDuplicateMapKeys: true,
    })
  } catch (cause) {
    throw new InvalidInputError(what, 'is not deterministic CBOR', { cause })
  }
  if (!isMap(value)) throw new InvalidInputError(what, 'is not a map')
  return value
}

/** A map inside another. */
export function fieldsOf(fields: Fields, key: string): Fields {
  const value = fields[key]
  if (!isMap(value)) throw new InvalidInputError(key, 'is not a map')
  return value
}

/** A list of up to `max` maps. */
export function listOf(fields: Fields, key: string, max: number): readonly Fields[] {
  const value = fields[key]
  if (!Array.isArray(value) || value.length > max || !value.every(isMap))
    throw new InvalidInputError(key, `is not a list of up to ${max}`)
  return value
}

export function booleanOf(fields: Fields, key: string): boolean {
  const value = fields[key]
  if (typeof value !== 'boolean') throw new InvalidInputError(key, 'is neither true nor false')
  return value
}

/** What is there, read; undefined without it. */
export function optionalOf<T>(fields: Fields, key: string, readIt: () => T): T | undefined {
  return fields[key] === undefined ? undefined : readIt()
}

function isMap(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  )
}

export function bytesOf(fields: Fields, key: string, max: number): Uint8Array {
  const value = fields[key]
  if (!(value instanceof Uint8Array) || value.length > max)
    throw new InvalidInputError(key, `is not up to ${max} bytes`)
  return value
}

export function hexOf(fields: Fields, key: string, length: number): Hex {
  const value = bytesOf(fields, key, length)
  if (value.length !== length) throw new InvalidInputError(key, `is not ${length} bytes`)
  return toHex(value)
}

export function numberOf(fields: Fields, key: string, max: number): number {
  const value = fields[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new InvalidInputError(key, `is not a whole number up to ${max}`)
  }
  return value
}

export function uint64Of(fields: Fields, key: string): bigint {
  const value = fields[key]
  const wide = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof wide !== 'bigint' || wide < 0n || wide >> 64n !== 0n) {
    throw new InvalidInputError(key, 'is not an unsigned 64-bit integer')
  }
  return wide
}
