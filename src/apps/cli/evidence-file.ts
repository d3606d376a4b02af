/**
 * What a result rests on, from a file: a transcript, for running it again without the outside, or observations, for putting them
 * together again.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { isEvidenceOf } from '../../core/evidence.ts'
import { TRANSCRIPT_FILE_BYTES_MAX } from '../../core/transcript.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'

/** Throws `InvalidInputError` or `LimitExceededError` for what is not the evidence with this hash. */
export function readEvidence(file: string, evidenceHash: Hash): Uint8Array {
  const bytes = bytesOf(file)
  if (!isEvidenceOf(bytes, evidenceHash))
    throw new InvalidInputError('--evidence', `${file} is not evidence ${evidenceHash}`, {
      fix: 'leave --evidence out to fetch it from the nodes that attested it',
    })
  return bytes
}

/** Observations are shorter than a transcript may be. */
function bytesOf(file: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > TRANSCRIPT_FILE_BYTES_MAX)
      throw new LimitExceededError('evidence file bytes', size, TRANSCRIPT_FILE_BYTES_MAX)
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('--evidence', `${file} cannot be read`, {
      cause,
      fix: 'name the file of a transcript, or of observations',
    })
  }
}
