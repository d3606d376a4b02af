/**
 * A guest's call to the outside, and its answer, as they pass between sandbox and host (encoded by `host-codec.ts`).
 *
 * The guest's side of the sandbox makes calls, a host session answers them. A refusal is an answer: the guest learns of it,
 * by a code of the ABI. What the guest may not learn of (the host's own trouble) is an exception of the session, and
 * ends the run without a result.
 * @module
 */
import type { Capability } from './permissions/capability.ts'

/** Calls of one run to the outside. */
export const HOST_CALLS_MAX = 4_096
/** One call: a body of up to 1 MiB and what stands around it. */
export const HOST_PAYLOAD_BYTES_MAX = 1024 * 1024 + 65_536
/** One answer: a body of up to 4 MiB and its headers. */
export const HOST_ANSWER_BYTES_MAX = 4 * 1024 * 1024 + 65_536

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
