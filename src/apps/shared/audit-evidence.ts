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
  return {
    chainId,
    market,
    requestId,
    submitted: { request, escrow, time: block.time },
    beacon: pinnedBeacon(chain),
    registeredBeacon,
    snapshot: { sealed, code, stakes, stakeMin },
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
  // Neither need be there, or be true: the audit says so of what is missing.
  const attempt = request.attempts[fulfillment.attempt]
  const [block, round, committee] = await Promise.all([
    blockOf(chain, at.blockHash),
    attempt === undefined ? undefined : audits.postedRound(attempt.round),
    committeeOf(chain, request, fulfillment.attempt),
  ])
  const { time, baseFeePerGas } = block
  return { fulfillment, payment, time, baseFeePerGas, round, committee }
}

/** The market refuses to draw by a round it does not have, and for an attempt that is none. */
async function committeeOf(chain: ChainAccess, request: Request, attempt: number) {
  try {
    return await chain.audits.committeeOf(request, attempt)
  } catch (error) {
    if (error instanceof ChainError && error.reason === 'malformed') return undefined
    throw error
  }
}

async function blockOf(chain: ChainAccess, hash: `0x${string}`) {
  const block = await chain.reader.block(hash)
  if (block === undefined) throw new ChainError('missing', `block ${hash} is not served`)
  return block
}
