/**
 * What large committees earned and has not been claimed: the market keeps a settlement's signers as a root alone, and who
 * they were stands in the log of what paid them, in the same transaction. Anybody may pay nodes in that way
 * (`depositShares`), and needs to log nothing: such a gift has no candidate.
 * @module
 */
import { decodeEventLog, encodeEventTopics } from 'viem'
import { bitmapOf } from '../../core/certificate.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { ChainError } from '../../ports/chain.ts'
import { challengeCourtAbi } from '../../protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import type {
  Address,
  Certified,
  Deployment,
  Digest,
  Hash,
  Hex,
  Request,
  RequestId,
} from '../../protocol/types.ts'
import { requestToAbi } from './abi-values.ts'
import { fulfilledFrom, fulfilledInBatch } from './audit-reads.ts'
import { type ChallengeReads, createChallengeReads } from './challenge-reads.ts'
import type { ChainReader, LogFilter } from './client.ts'
import { contractReader } from './reads.ts'
import { scanLogs } from './scan.ts'
import type { RawLog } from './wire.ts'

/** A settlement of a committee too large to credit each of its signers. */
export interface RecordedShares {
  readonly settlement: bigint
  readonly perSeat: bigint
  readonly signers: number
  /** The lowest 168 bits of the Merkle root of the signers. */
  readonly root: bigint
  /** What paid a committee in the same transaction: a fulfilment or a batch, a final certificate, or a challenge's verdict. */
  readonly candidates: readonly PaidCommittee[]
}

/** Who signed what, by a request and a bitmap of seats. */
export interface PaidCommittee {
  readonly requestId: RequestId
  readonly attempt: number
  readonly signers: bigint
  /** A challenge's committee is drawn by the court, and knows what was certified. */
  readonly court?: { readonly address: Address; readonly certified: Certified }
}

export interface ShareReads {
  /** Settlements below this can no longer be claimed from by the node. */
  claimedBelow(attestor: Address): Promise<bigint>
  /** From this one on, in ascending order. */
  recordedFrom(settlement: bigint): AsyncGenerator<RecordedShares>
  /** Snapshot indices in the order drawn. */
  committeeOf(paid: PaidCommittee, request: Request): Promise<readonly number[]>
}

const abi = computeMarketAbi

export function createShareReads(reader: ChainReader, deployment: Deployment): ShareReads {
  const { market, fromBlock } = deployment
  const { value } = contractReader(reader)
  const challenges = createChallengeReads(reader, deployment)
  return {
    claimedBelow: (attestor) => value(abi, market, 'sharesClaimedBelow', [attestor]),
    committeeOf: async ({ attempt, court }, request) => {
      const asked = requestToAbi(request)
      const indices =
        court === undefined
          ? await value(abi, market, 'committeeOf', [asked, attempt])
          : await value(challengeCourtAbi, court.address, 'committeeOf', [market, asked, court.certified])
      return indices.map(Number)
    },
    async *recordedFrom(first) {
      for await (const { raw, settlement } of recordsFrom(reader, market, fromBlock, first)) {
        const [perSeat, signers, root] = await value(abi, market, 'sharesOf', [settlement])
        const candidates = await committeesPaidWith(reader, challenges, deployment, raw)
        yield { settlement, perSeat, signers: Number(signers), root: BigInt(root), candidates }
      }
    },
  }
}

interface Recorded {
  readonly raw: RawLog
  readonly settlement: bigint
}

/** They are counted without a gap: one that a node leaves out would be passed over, and lost. */
async function* recordsFrom(
  reader: ChainReader,
  market: Address,
  fromBlock: bigint,
  first: bigint,
): AsyncGenerator<Recorded> {
  const head = await reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const topics = encodeEventTopics({ abi, eventName: 'SharesRecorded' }) as Hash[]
  let next = first === 0n ? 1n : first
  for await (const { logs } of scanLogs(reader, fromBlock, head.number, { addresses: [market], topics })) {
    const records = logs
      .map((raw) => ({ raw, settlement: settlementOf(raw) }))
      .filter(({ settlement }) => settlement >= first)
      .sort((a, b) => (a.settlement < b.settlement ? -1 : 1))
    for (const record of records) {
      if (record.settlement !== next)
        throw new ChainError('missing', `the log of settlement ${next} is not served`)
      next++
      yield record
    }
  }
}

function settlementOf(raw: RawLog): bigint {
  return decodeEventLog({ abi, eventName: 'SharesRecorded', ...parts(raw) }).args.settlement
}

async function committeesPaidWith(
  reader: ChainReader,
  challenges: ChallengeReads,
  { market, challengeCourt }: Deployment,
  { blockHash, transactionHash, logIndex }: RawLog,
): Promise<readonly PaidCommittee[]> {
  const kinds = ['SharesRecorded', 'RequestFulfilled', 'RequestFulfilledInBatch', 'RequestFinalized'] as const
  const topics = [kinds.map((eventName) => encodeEventTopics({ abi, eventName })[0] as Hash)]
  const inTransaction = async (filter: LogFilter) =>
    (await reader.logsOfBlock(blockHash, filter)).filter((raw) =>
      sameHex(raw.transactionHash, transactionHash),
    )
  const paid: PaidCommittee[] = []
  const ofMarket = await inTransaction({ addresses: [market], topics })
  // A node that is behind has no logs of the block, and what paid for the record would be taken for a gift.
  if (!ofMarket.some((raw) => raw.logIndex === logIndex))
    throw new ChainError('missing', `the logs of transaction ${transactionHash} are not served`)
  for (const raw of ofMarket) {
    const { eventName } = decodeEventLog({ abi, ...parts(raw) })
    if (eventName === 'SharesRecorded') continue
    if (eventName === 'RequestFinalized') {
      const { requestId } = decodeEventLog({ abi, eventName, ...parts(raw) }).args
      const certified = await certifiedOf(challenges, requestId)
      paid.push({ requestId, attempt: certified.attempt, signers: certified.signers })
      continue
    }
    const fulfilled =
      eventName === 'RequestFulfilled' ? fulfilledFrom(raw) : await fulfilledInBatch(reader, market, raw)
    const { attempt, certificate } = fulfilled.fulfillment
    paid.push({ requestId: fulfilled.requestId, attempt, signers: bitmapOf(fromHex(certificate)) })
  }
  if (challengeCourt === undefined) return paid
  const eventName = 'ChallengeResolved'
  const resolved = encodeEventTopics({ abi: challengeCourtAbi, eventName, args: { market } }) as Hash[]
  for (const raw of await inTransaction({ addresses: [challengeCourt], topics: resolved })) {
    const { requestId, fulfillment } = decodeEventLog({
      abi: challengeCourtAbi,
      eventName,
      ...parts(raw),
    }).args
    const certified = await certifiedOf(challenges, requestId)
    const signers = bitmapOf(fromHex(fulfillment.certificate))
    paid.push({
      requestId,
      attempt: fulfillment.attempt,
      signers,
      court: { address: challengeCourt, certified },
    })
  }
  return paid
}

async function certifiedOf(challenges: ChallengeReads, requestId: RequestId): Promise<Certified> {
  const found = await challenges.certified(requestId)
  if (found === undefined) throw new ChainError('missing', `the certificate of ${requestId} is not served`)
  return found.certified
}

function parts(raw: RawLog): { topics: [Hash, ...Hash[]]; data: Hex } {
  return { topics: raw.topics as [Hash, ...Hash[]], data: raw.data } // a log that was asked for by its topic has it
}

/** What the market keeps of a root. */
export function keptOfRoot(root: Digest): bigint {
  return BigInt(root) & (2n ** 168n - 1n)
}
