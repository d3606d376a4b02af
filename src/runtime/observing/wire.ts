/**
 * What a committee's prover asks its members, and what they answer (OBS-5). Deterministic CBOR, decoded strictly.
 * @module
 */
import { encode } from 'cborg'
import { fromBytesBE, fromHex, toBytesBE } from '../../crypto/bytes.ts'
import type { SignedObservation } from '../../crypto/committee-proof.ts'
import type { Protocol } from '../../ports/transport.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { RequestId } from '../../protocol/types.ts'
import { bytesOf, hexOf, read } from '../fields.ts'

const VALUE_BYTES = 16
const CHALLENGE_BYTES = 16
const SCALAR_BYTES = 32
const REASON_CHARS_MAX = 64

/** Asks a member of a standing committee for its signed observation. It runs the function first, unless it has. */
export const OBSERVE: Protocol = {
  id: '/dikast/observe/1.0.0',
  frameBytesMax: 1024,
  timeoutMs: 30_000,
  inFlightMax: 8,
  access: 'registered',
}

/** Why a member does not observe. */
export type Refusal =
  | 'request-unknown'
  | 'not-the-prover'
  | 'not-observed'
  | 'no-committee'
  | 'not-a-member'
  | 'no-value'
  | 'busy'

export type Answer = { readonly observation: SignedObservation } | { readonly refused: string }

export function encodeQuery(requestId: RequestId): Uint8Array {
  return encode({ requestId: fromHex(requestId) })
}

export function decodeQuery(bytes: Uint8Array): RequestId {
  return hexOf(read(bytes, 'observation query'), 'requestId', 32)
}

export function encodeAnswer(answer: Answer): Uint8Array {
  if ('refused' in answer) return encode({ refused: answer.refused })
  const { value, signature } = answer.observation
  return encode({
    value: toBytesBE(value, VALUE_BYTES),
    e: toBytesBE(signature.e, CHALLENGE_BYTES),
    s: toBytesBE(signature.s, SCALAR_BYTES),
  })
}

/** Whether the signature holds is another question. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const fields = read(bytes, 'observation')
  if (fields.refused !== undefined) {
    const { refused } = fields
    if (typeof refused !== 'string' || refused.length > REASON_CHARS_MAX)
      throw new InvalidInputError('refused', 'is not a short text')
    return { refused }
  }
  const number = (key: string, length: number): bigint => {
    const value = bytesOf(fields, key, length)
    if (value.length !== length) throw new InvalidInputError(key, `is not ${length} bytes`)
    return fromBytesBE(value)
  }
  return {
    observation: {
      value: number('value', VALUE_BYTES),
      signature: { e: number('e', CHALLENGE_BYTES), s: number('s', SCALAR_BYTES) },
    },
  }
}
