/**
 * What the chain says of a certificate that may be challenged: the certificate, its challenge, and how both ended.
 * @module
 */
import type { CertifiedRequest, ResolvedChallenge } from '../../adapters/chain/challenge-reads.ts'
import {
  type ChallengeEvidence,
  type FinalEvidence,
  type FinalityEvidence,
  VERDICTS,
  type Verdict,
} from '../../core/audit/evidence.ts'
import { ChainError, type LogPosition } from '../../ports/chain.ts'
import type { Certified, Request, RequestId } from '../../protocol/types.ts'
import type { ChainAccess } from './chain-access.ts'

export interface FinalityRead {
  readonly evidence: FinalityEvidence
  readonly certified: CertifiedRequest
  /** Of the settlement, or of the log that says the request expired. */
  readonly finalAt: LogPosition | undefined
  readonly resolvedAt: LogPosition | undefined
}

/**
 * Undefined when the market took no certificate that may be challenged.
 * @param readTime of the block `chain` is read as of.
 */
export async function readFinality(
  chain: ChainAccess,
  requestId: RequestId,
  request: Request,
  readTime: bigint,
): Promise<FinalityRead | undefined> {
  const { audits, challenges } = chain
  const certified = await challenges.certified(requestId)
  if (certified === undefined) return undefined
  const [final, expired, resolved] = await Promise.all([
    challenges.finalized(requestId),
    audits.expired(requestId),
    challenges.resolved(requestId),
  ])
  const challenge = await readChallenge(chain, requestId, request, certified.certified, resolved)
  const finalAt = final?.at ?? expired?.at
  return {
    certified,
    finalAt,
    resolvedAt: resolved?.at,
    evidence: {
      certified: certified.certified,
      submitter: certified.submitter,
      readTime,
      challenge,
      final: final && { ...finalOf(final), ...(await blockAt(chain, final.at)) },
      expired: expired && { ...expired, ...(await blockAt(chain, expired.at)) },
    },
  }
}

function finalOf({
  verdict,
  ...final
}: Omit<FinalEvidence, 'verdict' | 'time' | 'baseFeePerGas'> & { readonly verdict: number }) {
  return { ...final, verdict: verdictOf(verdict) }
}

async function readChallenge(
  chain: ChainAccess,
  requestId: RequestId,
  request: Request,
  certified: Certified,
  resolved: ResolvedChallenge | undefined,
): Promise<ChallengeEvidence | undefined> {
  const { audits, challenges } = chain
  const challenged = await challenges.challenged(requestId)
  if (challenged === undefined) return undefined
  const { challenger, bond, window, at } = challenged
  const [{ time }, round, committee, closed] = await Promise.all([
    blockAt(chain, at),
    audits.postedRound(window.round),
    committeeOf(chain, request, certified),
    challenges.closed(requestId),
  ])
  return {
    challenger,
    bond,
    window,
    time,
    round,
    committee,
    resolved: resolved && {
      ...resolved,
      verdict: verdictOf(resolved.verdict),
      ...(await blockAt(chain, resolved.at)),
    },
    closed: closed && { ...closed, time: (await blockAt(chain, closed.at)).time },
  }
}

/** The court refuses to draw by a round it does not have. */
async function committeeOf(chain: ChainAccess, request: Request, certified: Certified) {
  try {
    return await chain.challenges.committeeOf(request, certified)
  } catch (error) {
    if (error instanceof ChainError && error.reason === 'malformed') return undefined
    throw error
  }
}

export function verdictOf(number: number): Verdict {
  const verdict = VERDICTS[number]
  if (verdict === undefined) throw new ChainError('malformed', `verdict ${number}`)
  return verdict
}

async function blockAt(chain: ChainAccess, { blockHash }: LogPosition) {
  const block = await chain.reader.block(blockHash)
  if (block === undefined) throw new ChainError('missing', `block ${blockHash} is not served`)
  return { time: block.time, baseFeePerGas: block.baseFeePerGas }
}
