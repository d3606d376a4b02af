import { ChainError } from '../../ports/chain.ts'
import type { ChainReader, LogFilter } from './client.ts'
import type { RawLog } from './wire.ts'

/** What providers commonly allow at once. A refusal halves it; an answer doubles it, or adds an eighth once refused. */
const CHUNK_BLOCKS_FIRST = 2_000n
const CHUNK_BLOCKS_MAX = 50_000n

export interface ScannedRange {
  readonly toBlock: bigint
  readonly logs: readonly RawLog[]
}

/**
 * Logs of a long range, chunk by chunk. Nodes bound a range by blocks, by logs or by time and say so in as many ways:
 * any failure of a chunk is tried again at half its size, and counts only once the chunk is a single block.
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
      const logs = await reader.logsInRange(next, last, filter)
      yield { toBlock: last, logs }
      next = last + 1n
      const grown = refused ? chunk + chunk / 8n : chunk * 2n
      chunk = grown < CHUNK_BLOCKS_MAX ? grown : CHUNK_BLOCKS_MAX
    } catch (error) {
      const retriable = error instanceof ChainError && error.reason !== 'wrong-chain'
      if (!retriable || last === next) throw error
      refused = true
      chunk = (last - next + 1n) / 2n
    }
  }
}
