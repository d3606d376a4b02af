import type { Transcript } from '../core/transcript.ts'
import { DikastError } from '../protocol/errors.ts'
import type { Hash } from '../protocol/types.ts'

/** No room for another transcript until one that is kept has had its period: none is given up before. */
export class EvidenceFullError extends DikastError {
  readonly code = 'EVIDENCE_FULL'

  constructor(bytes: number, freeBytes: number, quotaBytes: number) {
    super(
      `evidence of ${bytes} bytes has no room: ${Math.max(0, freeBytes)} of ${quotaBytes} bytes are free`,
      {
        fix: 'raise the quota, or grant fewer functions; what is kept goes when its period is over',
      },
    )
  }
}

/**
 * What this node's attestations rest on, transcripts and observations, by its digest. Each is kept for `EVIDENCE_PERIOD_SECONDS` and then goes;
 * nothing makes room for another before.
 */
export interface Evidence {
  /** Throws `EvidenceFullError` while the largest transcript there may be would find no room. */
  assertRoom(): void
  /** On disk when it resolves to the digest. Keeping it again begins its period anew. Throws `EvidenceFullError`. */
  keep(transcript: Transcript): Promise<Hash>
  /** Keeps what another rests on, as its file. On disk when it resolves. Throws `EvidenceFullError`, and when it is not of the digest. */
  keepFile(bytes: Uint8Array, digest: Hash): Promise<void>
  has(digest: Hash): boolean
  /** Its bytes, checked against its digest. */
  get(digest: Hash): Promise<Uint8Array | undefined>
}
