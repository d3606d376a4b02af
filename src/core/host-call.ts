/**
 * A guest's call to the outside, and its answer, as bytes: deterministic CBOR, so that the same call is the same bytes on
 * every machine and can be compared with a recorded one.
 *
 * The guest's side of the sandbox makes calls, a host session answers them. A refusal is an answer: the guest learns of it,
 * by a code of the ABI. What the guest may not learn of (the host's own trouble) is an exception of the session, and
 * ends the run without a result.
 * @module
 */
import { decode, encode } from 'cborg'
import { InvalidInputError } from '../protocol/errors.ts'
import type { Capability } from './permissions/capability.ts'

/** Calls of one run to the outside. */
export const HOST_CALLS_MAX = 4_096
/** One call: a body of up to 1 MiB and what stands around it. */
export const HOST_PAYLOAD_BYTES_MAX = 1024 * 1024 + 65_536
/** One answer: a body of up to 4 MiB and its headers. */
export const HOST_ANSWER_BYTES_MAX = 4 * 1024 * 1024 + 65_536
/** Nesting of a payload or answer. */
const DEPTH_MAX = 8

export interface HostCall {
  readonly capability: Capability
  readonly operation: string
  readonly payload: Uint8Array
}

export type HostValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly HostValue[]
  | { readonly [key: string]: HostValue }

/** Why a call was not done. Each namespace of the ABI has a code for each. */
export const REFUSALS = [
  /** The function did not declare it, or the operator did not grant it. */
  'permission',
  /** A parameter is missing, malformed or too large. */
  'invalid',
  'url',
  'method',
  'headers',
  /** Nothing by that name: no such extension, model or driver. */
  'absent',
  /** The other side does not answer, or not in time, or with too much, or with nonsense. */
  'failed',
  /** The other side refused the connection, or ended it. */
  'refused',
  'reset',
  /** No such process, stream or socket, or no longer. */
  'handle',
  'too-many',
] as const
export type Refusal = (typeof REFUSALS)[number]

export type HostAnswer = { readonly value: HostValue } | { readonly refused: Refusal }

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
