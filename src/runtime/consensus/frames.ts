/**
 * The protocol members of a committee speak: one message of one instance a frame, over one long-lived stream a pair of peers,
 * answered when it was not taken.
 *
 * The connection says which peer speaks; several nodes may stand behind one, so a frame names the seat it speaks for, and counts
 * only when that seat's node is behind that peer.
 * @module
 */
import { encode } from 'cborg'
import { concat, fromBytesBE, fromHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import type { Protocol } from '../../ports/transport.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { COMMITTEE_SIZE_MAX, isTurn } from '../../protocol/limits.ts'
import type { RequestId } from '../../protocol/types.ts'
import { read } from '../fields.ts'

/** A proposal with its evidence, an output, and 43 x 43 signatures of 64 seats' view-changes with what they report. */
export const CONSENSUS_FRAME_BYTES_MAX = 1024 * 1024

export const CONSENSUS: Protocol = {
  id: '/dikast/consensus/1.0.0',
  frameBytesMax: CONSENSUS_FRAME_BYTES_MAX,
  timeoutMs: 5_000,
  inFlightMax: 256,
  access: 'registered',
  silenceMs: 2_000,
}

export interface ConsensusFrame {
  readonly requestId: RequestId
  readonly attempt: number
  /** The sender's. */
  readonly seat: number
  /** Of the mode the request's function has. */
  readonly message: Uint8Array
}

const HEAD_BYTES = 32 + 1 + 2

/** Head and message: who speaks about what is read, and held against the connection, before anything is decoded. */
export function encodeFrame({ requestId, attempt, seat, message }: ConsensusFrame): Uint8Array {
  const head = concat(
    fromHex(requestId, 'requestId', 32),
    toBytesBE(BigInt(attempt), 1),
    toBytesBE(BigInt(seat), 2),
  )
  return concat(head, message)
}

/** Throws `InvalidInputError` when it has no head, or names an attempt or seat that no committee has. */
export function decodeFrame(bytes: Uint8Array): ConsensusFrame {
  if (bytes.length <= HEAD_BYTES) throw new InvalidInputError('consensus frame', 'is shorter than its head')
  const attempt = bytes[32] ?? 0
  const seat = Number(fromBytesBE(bytes.subarray(33, HEAD_BYTES)))
  if (!isTurn(attempt)) throw new InvalidInputError('attempt', 'is none a committee has')
  if (seat >= COMMITTEE_SIZE_MAX) throw new InvalidInputError('seat', 'is none a committee has')
  return {
    requestId: toHex(bytes.subarray(0, 32)),
    attempt,
    seat,
    message: bytes.subarray(HEAD_BYTES),
  }
}

/** `early`: the instance may still be opened here, and the frame be sent again; `refused`: it never counts. */
const ANSWERS = ['taken', 'early', 'refused'] as const
export type ConsensusAnswer = (typeof ANSWERS)[number]

/** To take a frame is to say nothing. */
const ENCODED = new Map(
  ANSWERS.map((answer) => [answer, answer === 'taken' ? new Uint8Array(0) : encode({ answer })]),
)

export function encodeAnswer(answer: ConsensusAnswer): Uint8Array {
  return ENCODED.get(answer) ?? encode({ answer })
}

export function decodeAnswer(bytes: Uint8Array): ConsensusAnswer {
  if (bytes.length === 0) return 'taken'
  const { answer } = read(bytes, 'consensus answer')
  const known = ANSWERS.find((one) => one === answer)
  if (known === undefined) throw new InvalidInputError('answer', 'is none of this protocol')
  return known
}
