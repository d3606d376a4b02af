/**
 * What large committees earned and has not been claimed: the market keeps a settlement's signers as a root alone, and who
 * they were stands in the log of what it settled, in the same transaction.
 * @module
 */
import { decodeEventLog, encodeEventTopics } from 'viem'
import { sameHex } from '../../crypto/bytes.ts'
import { ChainError } from '../../ports/chain.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import type { Address, Deployment, Digest, Hash, Hex } from '../../protocol/types.ts'
import { type FulfilledRequest, fulfilledFrom, fulfilledInBatch } from './audit-reads.ts'
import type { ChainReader } from './client.ts'
import { contractReader } from './reads.ts'
import { scanLogs } from './scan.ts'
import type { RawLog } from './wire.ts'

/** Beyond it a node has waited years to claim, or the chain makes them up. */
const SETTLEMENTS_MAX = 100_000

/** A settlement of a committee too large to credit each of its signers. */
export interface RecordedShares {
  readonly settlement: bigint
  readonly perSeat: bigint
  readonly signers: number
  /** The lowest 168 bits of the Merkle root of the signers. */
  readonly root: bigint
  /** What was fulfilled in the same transaction: the settlement is of one of these, or of one batch. */
  readonly candidates: readonly FulfilledRequest[]
}

export interface ShareReads {
  /** Settlements below this can no longer be claimed from by the node. */
  claimedBelow(attestor: Address): Promise<bigint>
  /** From this one on, in ascending order. */
  recordedFrom(settlement: bigint): AsyncGenerator<RecordedShares>
}

const abi = computeMarketAbi

export function createShareReads(reader: ChainReader, deployment: Deployment): ShareReads {
  const { market, fromBlock } = deployment
  const { value } = contractReader(reader)
  return {
    claimedBelow: (attestor) => value(abi, market, 'sharesClaimedBelow', [attestor]),
    async *recordedFrom(first) {
      for (const { raw, settlement } of await recordsFrom(reader, market, fromBlock, first)) {
        const [perSeat, signers, root] = await value(abi, market, 'sharesOf', [settlement])
        const candidates = await fulfilledWith(reader, market, raw)
        yield { settlement, perSeat, signers: Number(signers), root: BigInt(root), candidates }
      }
    },
  }
}

interface Recorded {
  readonly raw: RawLog
  readonly settlement: bigint
}

async function recordsFrom(
  reader: ChainReader,
  market: Address,
  fromBlock: bigint,
  first: bigint,
): Promise<readonly Recorded[]> {
  const head = await reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const topics = encodeEventTopics({ abi, eventName: 'SharesRecorded' }) as Hash[]
  const found: Recorded[] = []
  for await (const { logs } of scanLogs(reader, fromBlock, head.number, { addresses: [market], topics })) {
    for (const raw of logs) {
      const { args } = decodeEventLog({ abi, eventName: 'SharesRecorded', ...parts(raw) })
      if (args.settlement >= first) found.push({ raw, settlement: args.settlement })
    }
    if (found.length > SETTLEMENTS_MAX)
      throw new ChainError('malformed', `more than ${SETTLEMENTS_MAX} settlements`)
  }
  const sorted = found.toSorted((a, b) => (a.settlement < b.settlement ? -1 : 1))
  assertWhole(sorted, first)
  return sorted
}

/** They are counted without a gap: one that a node leaves out would be passed over, and lost. */
function assertWhole(records: readonly Recorded[], first: bigint): void {
  const start = first === 0n ? 1n : first
  const gap = records.findIndex(({ settlement }, i) => settlement !== start + BigInt(i))
  if (gap >= 0) throw new ChainError('missing', `the log of settlement ${start + BigInt(gap)} is not served`)
}

async function fulfilledWith(
  reader: ChainReader,
  market: Address,
  { blockNumber, transactionHash }: RawLog,
): Promise<readonly FulfilledRequest[]> {
  const [single] = encodeEventTopics({ abi, eventName: 'RequestFulfilled' })
  const [batched] = encodeEventTopics({ abi, eventName: 'RequestFulfilledInBatch' })
  const topics = [[single as Hash, batched as Hash]]
  const logs = await reader.logsInRange(blockNumber, blockNumber, { addresses: [market], topics })
  const here = logs.filter((raw) => sameHex(raw.transactionHash, transactionHash))
  return await Promise.all(
    here.map((raw) =>
      raw.topics[0] === single ? fulfilledFrom(raw) : fulfilledInBatch(reader, market, raw),
    ),
  )
}

function parts(raw: RawLog): { topics: [Hash, ...Hash[]]; data: Hex } {
  return { topics: raw.topics as [Hash, ...Hash[]], data: raw.data } // a log that was asked for by its topic has it
}

/** What the market keeps of a root. */
export function keptOfRoot(root: Digest): bigint {
  return BigInt(root) & (2n ** 168n - 1n)
}
