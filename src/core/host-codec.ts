/**
 * Calls to the outside and their answers as bytes: deterministic CBOR, so that the same call is the same bytes on every
 * machine and can be compared with a recorded one.
 * @module
 */
import { decode, encode } from 'cborg'
import { InvalidInputError } from '../protocol/errors.ts'
import { type HostAnswer, type HostValue, REFUSALS } from './host-call.ts'

/** Nesting of a payload or answer. */
const DEPTH_MAX = 8

export function encodeValue(value: HostValue): Uint8Array {
  return encode(value)
}

/** Throws `InvalidInputError` for what `encodeValue` would not have written. */
export function decodeValue(bytes: Uint8Array, field: string): HostValue {
  let value: HostValue
  try {
    value = decode(bytes, { strict: true, allowUndefined: false, allowIndefinite: false, allowNaN: false })
  } catch (cause) {
    throw new InvalidInputError(field, 'is not deterministic CBOR', { cause })
  }
  if (depthOf(value) > DEPTH_MAX) throw new InvalidInputError(field, `is nested deeper than ${DEPTH_MAX}`)
  return value
}

function depthOf(value: HostValue): number {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return 0
  const inner = Array.isArray(value) ? value : Object.values(value)
  let deepest = 0
  for (const item of inner) deepest = Math.max(deepest, depthOf(item))
  return deepest + 1
}

export function encodeAnswer(answer: HostAnswer): Uint8Array {
  return encode('refused' in answer ? [REFUSALS.indexOf(answer.refused)] : [null, answer.value])
}

export function decodeAnswer(bytes: Uint8Array): HostAnswer {
  const value = decodeValue(bytes, 'host answer')
  if (Array.isArray(value) && value.length === 2 && value[0] === null) return { value: value[1] }
  const index = Array.isArray(value) && value.length === 1 ? value[0] : undefined
  const refused = typeof index === 'number' ? REFUSALS[index] : undefined
  if (refused === undefined) throw new InvalidInputError('host answer', 'is neither a value nor a refusal')
  return { refused }
}

/** The fields of a decoded map; everything else has none. */
export function fieldsOf(value: HostValue): { readonly [key: string]: HostValue } {
  const isMap =
    value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
  return isMap ? (value as { readonly [key: string]: HostValue }) : {}
}
