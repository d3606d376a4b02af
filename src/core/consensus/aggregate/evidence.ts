/**
 * What a report rests on: the observations it was made of, as bytes that are kept, served and hashed (AGG-3).
 *
 *   bitmap of seats (32) ‖ for each of them, in ascending order:
 *   exit (2) ‖ fuelUsed (8) ‖ length of the output (4) ‖ output ‖ signature (64)
 * @module
 */
import { concat, fromBytesBE, fromHex, toBytesBE, toHex } from '../../../crypto/bytes.ts'
import { keccak, tagHash } from '../../../crypto/hash.ts'
import { SIGNATURE_BYTES } from '../../../crypto/signature.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { Digest } from '../../../protocol/types.ts'
import { seatsOf } from '../../certificate.ts'
import type { Observation } from './observation.ts'

const TAG = tagHash('dikast.observations.v1')
const BITMAP_BYTES = 32
const HEAD_BYTES = 14

/** The most bytes it can have, all seats counting, when no output has more than so many. */
export function evidenceBytesMax(committeeSize: number, outputBytesMax: number): number {
  return BITMAP_BYTES + committeeSize * (HEAD_BYTES + outputBytesMax + SIGNATURE_BYTES)
}

/** Of seats that differ, in any order. Throws `InvalidInputError` for a seat that stands twice. */
export function encodeEvidence(observations: readonly Observation[]): Uint8Array {
  const inOrder = observations.toSorted((a, b) => a.seat - b.seat)
  let bitmap = 0n
  for (const { seat } of inOrder) {
    if ((bitmap >> BigInt(seat)) & 1n)
      throw new InvalidInputError('observations', `seat ${seat} stands twice`)
    bitmap |= 1n << BigInt(seat)
  }
  return concat(
    toBytesBE(bitmap, BITMAP_BYTES),
    ...inOrder.flatMap(({ exit, fuelUsed, output, signature }) => [
      toBytesBE(BigInt(exit), 2),
      toBytesBE(fuelUsed, 8),
      toBytesBE(BigInt(output.length), 4),
      output,
      fromHex(signature, 'signature', SIGNATURE_BYTES),
    ]),
  )
}

/** In ascending order of seats. Throws `InvalidInputError` for bytes that are not exactly such a list. */
export function decodeEvidence(bytes: Uint8Array, committeeSize: number): readonly Observation[] {
  const reader = new Reader(bytes)
  const bitmap = fromBytesBE(reader.take(BITMAP_BYTES))
  if (bitmap >> BigInt(committeeSize) !== 0n) throw malformed('it names a seat beyond the committee')
  const observations = seatsOf(bitmap, committeeSize).map((seat): Observation => {
    const head = reader.take(HEAD_BYTES)
    const length = Number(fromBytesBE(head.subarray(10)))
    return {
      seat,
      exit: Number(fromBytesBE(head.subarray(0, 2))),
      fuelUsed: fromBytesBE(head.subarray(2, 10)),
      output: reader.take(length),
      signature: toHex(reader.take(SIGNATURE_BYTES)),
    }
  })
  if (reader.left !== 0) throw malformed('bytes follow the last observation')
  return observations
}

export function evidenceHashOf(evidence: Uint8Array): Digest {
  return toHex(keccak(concat(fromHex(TAG), evidence)))
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw malformed('it is cut short')
    const taken = this.#bytes.slice(this.#at, this.#at + count)
    this.#at += count
    return taken
  }
}

function malformed(what: string): InvalidInputError {
  return new InvalidInputError('evidence of observations', what)
}
