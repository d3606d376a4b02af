/**
 * Evidence between peers: anyone may read what a report's evidence hash names, from whoever attested it. That is the transcript of
 * a run, or the observations that an aggregate is made of.
 * @module
 */
import { isEvidenceOf } from '../core/evidence.ts'
import { TRANSCRIPT_FILE_BYTES_MAX } from '../core/transcript.ts'
import type { Evidence } from '../ports/evidence.ts'
import type { Log } from '../ports/log.ts'
import type { Transport } from '../ports/transport.ts'
import { DikastError } from '../protocol/errors.ts'
import type { Hash, PeerId } from '../protocol/types.ts'
import { fetchParts } from './fetching.ts'
import { guarded, Loads } from './loads.ts'
import {
  decodeEvidenceBytes,
  decodeEvidenceQuery,
  EVIDENCE_GET,
  encodeEvidenceBytes,
  encodeEvidenceQuery,
  partOf,
} from './wire.ts'

/** No peer asked had the evidence. It says nothing of the report that names it. */
export class EvidenceUnavailableError extends DikastError {
  readonly code = 'EVIDENCE_UNAVAILABLE'

  constructor(evidenceHash: Hash, asked: number) {
    super(`none of ${asked} peers served evidence ${evidenceHash}: the result cannot be made again now`, {
      fix: 'give the evidence with --evidence: members must serve it for seven days, and may have deleted it since',
    })
  }
}

/** Fetches evidence, as its bytes, from whichever of a few peers, asked side by side, first serves what has this digest. */
export async function fetchEvidence(
  transport: Pick<Transport, 'call'>,
  evidenceHash: Hash,
  peers: readonly PeerId[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  const ask = async (peer: PeerId, offset: number, signal: AbortSignal) => {
    const query = encodeEvidenceQuery({ evidenceHash, offset })
    return decodeEvidenceBytes(await transport.call(peer, EVIDENCE_GET, query, { signal }))
  }
  const isRight = (bytes: Uint8Array): boolean => isEvidenceOf(bytes, evidenceHash)
  const { bytes, asked } = await fetchParts(
    { ask, isRight, bytesMax: TRANSCRIPT_FILE_BYTES_MAX },
    peers,
    options,
  )
  if (bytes === undefined) throw new EvidenceUnavailableError(evidenceHash, asked)
  return bytes
}

/** Serves EVIDENCE_GET. */
export async function serveEvidence(deps: {
  readonly transport: Transport
  readonly evidence: Pick<Evidence, 'has' | 'get'>
  readonly log: Log
  readonly isRegistered: (peer: PeerId) => boolean
}): Promise<void> {
  const { transport, evidence, log, isRegistered } = deps
  const loads = new Loads({ what: 'evidence', source: evidence, isRegistered })
  await transport.handle(
    EVIDENCE_GET,
    guarded(log, 'evidence not served', async (from, payload) => {
      const { evidenceHash, offset } = decodeEvidenceQuery(payload)
      return encodeEvidenceBytes(partOf(await loads.load(evidenceHash, from), offset))
    }),
  )
}
