/**
 * A transcript from a file, for running a result again without the outside.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import {
  decodeTranscript,
  TRANSCRIPT_FILE_BYTES_MAX,
  type Transcript,
  transcriptDigest,
} from '../../core/transcript.ts'
import { sameHex } from '../../crypto/bytes.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'

/** Throws `InvalidInputError` or `LimitExceededError` for what is not the transcript with this digest. */
export function readEvidence(file: string, evidenceHash: Hash): Transcript {
  const transcript = decodeTranscript(bytesOf(file))
  if (!sameHex(transcriptDigest(transcript), evidenceHash))
    throw new InvalidInputError('--evidence', `${file} is not evidence ${evidenceHash}`, {
      fix: 'leave --evidence out to fetch it from the nodes that attested it',
    })
  return transcript
}

function bytesOf(file: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > TRANSCRIPT_FILE_BYTES_MAX)
      throw new LimitExceededError('transcript file bytes', size, TRANSCRIPT_FILE_BYTES_MAX)
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('--evidence', `${file} cannot be read`, {
      cause,
      fix: 'name the file of a transcript',
    })
  }
}
