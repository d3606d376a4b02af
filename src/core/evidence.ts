/**
 * What a report may rest on: the transcript of what a run was told (RUN-91), or the observations it was made of (AGG-3). Either is
 * bytes that are kept, served, and named by their digest.
 * @module
 */
import { sameHex } from '../crypto/bytes.ts'
import type { Digest } from '../protocol/types.ts'
import { evidenceHashOf } from './consensus/aggregate/evidence.ts'
import { isTranscriptOf } from './transcript.ts'

/** Whether these bytes are what the digest names. */
export function isEvidenceOf(bytes: Uint8Array, digest: Digest): boolean {
  return isTranscriptOf(bytes, digest) || sameHex(evidenceHashOf(bytes), digest)
}
