/**
 * Gathers what an audit needs, from logs and state of one RPC and nothing else.
 * @module
 */
import type { AuditEvidence, FulfilledEvidence } from '../../core/audit/evidence.ts'
import { ChainError } from '../../ports/chain.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Request, RequestId } from '../../protocol/types.ts'
import type { ChainAccess } from './chain-access.ts'

/** Throws `InvalidInputError` for an id the market never emitted, `ChainError` when the RPC does not serve. */
export async function gatherEvidence(chain: ChainAccess, requestId: RequestId): Promise<AuditEvidence> {
  const { audits } = chain
  const { chainId, market } = chain.network.deployment
  const submitted = await audits.submitted(requestId)
  if (submitted === undefined) {
    throw new InvalidInputError('request', `${requestId} is not a request of market ${market}`, {
      fix: 'check the id, and that --network names the network it was made on',
    })
  }
  const { request, escrow, at } = submitted
  const [block, registeredBeacon, sealed, code, stakes, stakeMin, fees, fulfilled] = await Promise.all([
    blockOf(chain, at.blockHash),
    audits.beacon(),
    chain.reads.snapshotOf(request.epoch),
    chain.reader.code(request.snapshot),
    audits.stakesAt(request.epoch, at.blockNumber),
    audits.stakeMin(),
    audits.gasConstants(),
    gatherFulfilled(chain, requestId, request),
  ])
  if (sealed === undefined) throw new ChainError('missing', `epoch ${request.epoch} was never sealed`)
  return {
    chainId,
    market,
    requestId,
    submitted: { request, escrow, time: block.time },
    beacon: pinnedBeacon(chain),
    registeredBeacon,
    snapshot: { blob: sealed.blob, sealedAt: sealed.sealedAt, code, stakes, stakeMin },
    fees,
    fulfilled,
  }
}

function pinnedBeacon({ network }: ChainAccess) {
  const { publicKey, genesisTime, periodSeconds } = network.beacon
  return { publicKey, genesisTime: BigInt(genesisTime), periodSeconds: BigInt(periodSeconds) }
}

async function gatherFulfilled(
  chain: ChainAccess,
  requestId: RequestId,
  request: Request,
): Promise<FulfilledEvidence | undefined> {
  const { audits } = chain
  const found = await audits.fulfilled(requestId)
  if (found === undefined) return undefined
  const { fulfillment, payment, at } = found
  const attempt = request.attempts[fulfillment.attempt]
  if (attempt === undefined)
    throw new ChainError('malformed', `attempt ${fulfillment.attempt} is not the request's`)
  const [block, round, committee] = await Promise.all([
    blockOf(chain, at.blockHash),
    postedRound(chain, attempt.round),
    audits.committeeOf(request, fulfillment.attempt),
  ])
  if (round === undefined) throw new ChainError('missing', `round ${attempt.round} was never posted`)
  const { time, baseFeePerGas } = block
  return { fulfillment, payment, time, baseFeePerGas, round, committee }
}

async function postedRound(chain: ChainAccess, round: bigint) {
  try {
    return await chain.audits.postedRound(round)
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause
    throw new ChainError('malformed', `drand signature: round ${round} as posted is no signature at all`, {
      cause,
    })
  }
}

async function blockOf(chain: ChainAccess, hash: `0x${string}`) {
  const block = await chain.reader.block(hash)
  if (block === undefined) throw new ChainError('missing', `block ${hash} is not served`)
  return block
}
