import { type Block, ChainError } from '../../ports/chain.ts'
import type { ChainReader, LogFilter } from './client.ts'
import type { RawLog } from './wire.ts'

/** What providers commonly allow at once. A refusal halves it; an answer doubles it, or adds an eighth once refused. */
const CHUNK_BLOCKS_FIRST = 2_000n
const CHUNK_BLOCKS_MAX = 50_000n

export interface ScannedRange {
  /** The range's last block. */
  readonly end: Block
  readonly logs: readonly RawLog[]
}

/** The node does not know the range's last block: halving the range would only find where its chain ends. */
class RangeMissing extends ChainError {
  constructor(last: bigint) {
    super('missing', `block ${last}, up to which logs were asked for`)
  }
}

/**
 * Logs of a long range, chunk by chunk. Nodes bound a range by blocks, by logs or by time and say so in as many ways:
 * any failure of a chunk is tried again at half its size, and counts only once the chunk is a single block.
 *
 * A node that is behind answers a range beyond its head with no logs at all, rather than an error: each chunk counts only
 * with its last block, asked for in the same HTTP batch. Without that block it throws `missing` at once.
 */
export async function* scanLogs(
  reader: ChainReader,
  fromBlock: bigint,
  toBlock: bigint,
  filter: LogFilter,
): AsyncGenerator<ScannedRange> {
  let chunk = CHUNK_BLOCKS_FIRST
  let refused = false
  let next = fromBlock
  while (next <= toBlock) {
    const last = next + chunk - 1n < toBlock ? next + chunk - 1n : toBlock
    try {
      // Together, but the block decides: some nodes refuse a range beyond their head, which must not be halved either.
      const logs = reader.logsInRange(next, last, filter)
      logs.catch(() => {})
      const end = await reader.block(last)
      if (end === undefined) throw new RangeMissing(last)
      yield { end, logs: await logs }
      next = last + 1n
      const grown = refused ? chunk + chunk / 8n : chunk * 2n
      chunk = grown < CHUNK_BLOCKS_MAX ? grown : CHUNK_BLOCKS_MAX
    } catch (error) {
      if (error instanceof RangeMissing) throw error
      const retriable = error instanceof ChainError && error.reason !== 'wrong-chain'
      if (!retriable || last === next) throw error
      refused = true
      chunk = (last - next + 1n) / 2n
    }
  }
}
