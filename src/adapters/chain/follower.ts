/**
 * Follows a chain by block hash.
 *
 * Blocks near the head are read one by one, their logs by their hash, and kept for a finality window: a block whose
 * parent is not the last one delivered means a reorganisation, which is told as a rollback to the newest block still
 * on the chain. Far behind the head, where blocks are final, ranges of logs are read at once and only blocks that have
 * logs are told. Logs are asked for even where a header's bloom filter is empty: several chains serve empty filters.
 *
 * A head is only a claim: no block is passed that the node did not serve. Should blocks have been told all the same that
 * no chain holds, its head stays below them, and below the window, for long; then everything is told anew.
 * @module
 */
import {
  type Block,
  ChainError,
  type ChainEvent,
  type ChainFollower,
  type ChainLog,
} from '../../ports/chain.ts'
import type { Log } from '../../ports/log.ts'
import type { Deployment, Hash } from '../../protocol/types.ts'
import type { ChainReader, LogFilter } from './client.ts'
import { decodeLog, emitters, positionOf } from './decode.ts'
import { scanLogs } from './scan.ts'
import { BlockWindow } from './window.ts'
import type { RawLog } from './wire.ts'

const POLL_MS = 400
/** Ethereum finalises two epochs of 32 slots behind its head. */
const FINALITY_BLOCKS = 64
/** Blocks asked for together when behind: one HTTP batch. */
const AHEAD_BLOCKS_MAX = 8n
/** Looks at a head out of reach before starting over: half a minute, which members of a pool differ by less than. */
const LOST_LOOKS_MAX = 75
const BACKOFF_FIRST_MS = 250
const BACKOFF_MAX_MS = 10_000

export interface FollowerOptions {
  readonly reader: ChainReader
  readonly deployment: Deployment
  readonly log: Log
  /** How often to look for a new head. */
  readonly pollMs?: number
  /** Blocks kept to undo; deeper reorganisations are reported and read anew from the window's start. */
  readonly finalityBlocks?: number
}

type Handler = (event: ChainEvent) => Promise<void>

export function createFollower(options: FollowerOptions): ChainFollower {
  return {
    follow: async ({ from, signal, handler }) => {
      const follower = new Follower(options, from, signal, handler)
      await follower.run()
    },
  }
}

/** A follow that ends because its signal aborted. */
class Aborted extends Error {}

/** The handler's error, kept apart from the node's: it ends the follow. */
class HandlerFailed extends Error {}

class Follower {
  readonly #reader: ChainReader
  readonly #deployment: Deployment
  readonly #filter: LogFilter
  readonly #log: Log
  readonly #pollMs: number
  readonly #signal: AbortSignal
  readonly #handler: Handler
  readonly #finality: bigint
  readonly #window: BlockWindow
  #next: bigint
  /** The last block told while catching up. */
  #told: Hash | undefined
  /** Looks in a row at a head below everything that is known. */
  #lostLooks = 0

  constructor(options: FollowerOptions, from: bigint, signal: AbortSignal, handler: Handler) {
    this.#reader = options.reader
    this.#deployment = options.deployment
    this.#filter = { addresses: emitters(options.deployment) }
    this.#log = options.log
    this.#pollMs = options.pollMs ?? POLL_MS
    this.#signal = signal
    this.#handler = handler
    const finalityBlocks = options.finalityBlocks ?? FINALITY_BLOCKS
    this.#finality = BigInt(finalityBlocks)
    this.#window = new BlockWindow(finalityBlocks + 1)
    this.#next = from
  }

  async run(): Promise<void> {
    let backoffMs = BACKOFF_FIRST_MS
    while (!this.#signal.aborted) {
      try {
        await this.#advance()
        backoffMs = BACKOFF_FIRST_MS
        await this.#sleep(this.#pollMs)
      } catch (error) {
        if (error instanceof Aborted) return
        if (error instanceof HandlerFailed) throw error.cause
        if (!(error instanceof ChainError) || error.reason === 'wrong-chain') throw error
        this.#log.warn('chain-behind', { reason: error.reason, detail: error.message, retryMs: backoffMs })
        await this.#sleep(backoffMs)
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MAX_MS)
      }
    }
  }

  /** Delivers everything up to the head, as of one look at it. */
  async #advance(): Promise<void> {
    const head = await this.#read(this.#reader.block('latest'))
    if (head === undefined) throw new ChainError('missing', 'no head block')
    if (this.#isLost(head)) await this.#startOver(head)
    if (head.number - this.#next > this.#finality) await this.#catchUp(head.number - this.#finality)
    // The head itself may have been replaced without the chain growing.
    const delivered = this.#window.at(head.number)
    if (delivered !== undefined && delivered.hash !== head.hash) await this.#rollBack()
    while (this.#next <= head.number) {
      const ahead = head.number - this.#next + 1n
      const count = Number(ahead < AHEAD_BLOCKS_MAX ? ahead : AHEAD_BLOCKS_MAX)
      const blocks = await this.#blocks(this.#next, count)
      if (!(await this.#deliver(blocks))) await this.#rollBack()
    }
  }

  async #blocks(first: bigint, count: number): Promise<readonly Block[]> {
    const asked = Array.from({ length: count }, (_, i) => this.#reader.block(first + BigInt(i)))
    const blocks = await this.#read(Promise.all(asked))
    const present: Block[] = []
    for (const block of blocks) {
      if (block === undefined) break
      present.push(block)
    }
    // The head was there a moment ago: another node of a pool answered, or the chain got shorter.
    if (present.length === 0) throw new ChainError('missing', `block ${first}`)
    return present
  }

  /** False at the first block that does not follow the last one delivered. */
  async #deliver(blocks: readonly Block[]): Promise<boolean> {
    const logs = blocks.map((block) => this.#reader.logsOfBlock(block.hash, this.#filter))
    const settled = Promise.allSettled(logs)
    for (const [i, block] of blocks.entries()) {
      if (!this.#window.extends(block)) return false
      const found = await this.#read(settled.then((results) => results[i]))
      if (found?.status !== 'fulfilled') throw found?.reason
      await this.#tell(block, found.value)
      this.#window.push(block)
      this.#next = block.number + 1n
    }
    return true
  }

  async #tell(block: Block, logs: readonly RawLog[]): Promise<void> {
    await this.#emit({ type: 'block', block })
    for (const raw of logs) {
      const log = this.#decode(raw)
      if (log !== undefined) await this.#emit({ type: 'log', log, at: positionOf(raw), block })
    }
  }

  #decode(raw: RawLog): ChainLog | undefined {
    try {
      return decodeLog(raw, this.#deployment)
    } catch (error) {
      // The contracts cannot emit this: the node made it up, or the deployment is another version.
      const detail = error instanceof Error ? error.message : 'undecodable'
      this.#log.error('log-dropped', { transaction: raw.transactionHash, index: raw.logIndex, detail })
      return undefined
    }
  }

  // ---- undoing

  /** Forgets what is no longer on the chain, newest first. */
  async #rollBack(): Promise<void> {
    const { oldest, newest } = this.#window
    if (oldest === undefined || newest === undefined) return
    for (let number = newest.number; number >= oldest.number; number--) {
      const kept = this.#window.at(number)
      const canonical = await this.#read(this.#reader.block(number))
      if (kept !== undefined && canonical?.hash === kept.hash) {
        if (number < newest.number) return this.#undo(number, kept.hash)
        throw new ChainError('missing', 'the chain changed while it was read')
      }
    }
    this.#log.error('reorg-below-window', { from: String(oldest.number), blocks: this.#window.size })
    return this.#undo(oldest.number - 1n, oldest.parentHash)
  }

  async #undo(toNumber: bigint, toHash: Hash): Promise<void> {
    const undone = this.#next - 1n - toNumber
    this.#log.warn('reorg', { toNumber: String(toNumber), blocks: String(undone) })
    await this.#emit({ type: 'rollback', toNumber, toHash })
    this.#window.truncate(toNumber)
    this.#next = toNumber + 1n
  }

  // ---- losing one's way

  /** Whether the head is where nothing told can be compared with it, and was for long. */
  #isLost(head: Block): boolean {
    const lost = head.number + 1n < this.#next && this.#window.at(head.number) === undefined
    this.#lostLooks = lost ? this.#lostLooks + 1 : 0
    return this.#lostLooks >= LOST_LOOKS_MAX
  }

  /** Takes back everything, and tells it anew from the deployment on: nobody knows where what was told went wrong. */
  async #startOver(head: Block): Promise<void> {
    const first = await this.#read(this.#reader.block(this.#deployment.fromBlock))
    if (first === undefined) throw new ChainError('missing', `block ${this.#deployment.fromBlock}`)
    this.#log.warn('chain-starts-over', { head: String(head.number), next: String(this.#next) })
    await this.#undo(first.number - 1n, first.parentHash)
    this.#lostLooks = 0
  }

  // ---- catching up

  /** Reads everything up to `last`, which is final, by ranges; tells the blocks that have logs, and the last. */
  async #catchUp(last: bigint): Promise<void> {
    const { newest } = this.#window
    if (newest !== undefined) {
      const canonical = await this.#read(this.#reader.block(newest.number))
      if (canonical?.hash !== newest.hash) await this.#rollBack()
    }
    this.#log.info('chain-catching-up', { from: String(this.#next), to: String(last) })
    const ranges = scanLogs(this.#reader, this.#next, last, this.#filter)
    let anchor: Block | undefined
    for (;;) {
      const range = await this.#read(ranges.next())
      if (range.done) break
      for (const logs of byBlock(range.value.logs)) await this.#tellFinal(logs)
      anchor = range.value.end
      this.#passTo(anchor)
    }
    if (anchor === undefined) return
    if (this.#told !== anchor.hash) await this.#emit({ type: 'block', block: anchor })
    this.#window.push(anchor)
  }

  /** What is final needs no undoing: the window begins anew after it. */
  #passTo(block: Block): void {
    this.#window.clear()
    this.#next = block.number + 1n
  }

  async #tellFinal(logs: readonly RawLog[]): Promise<void> {
    const [first] = logs
    if (first === undefined) return
    const block = await this.#read(this.#reader.block(first.blockHash))
    if (block === undefined || block.number !== first.blockNumber) {
      throw new ChainError('missing', `block ${first.blockHash}`)
    }
    await this.#tell(block, logs)
    this.#told = block.hash
    // A range that fails from here on is read again from the block after.
    this.#passTo(block)
  }

  // ---- waiting

  async #emit(event: ChainEvent): Promise<void> {
    if (this.#signal.aborted) throw new Aborted()
    try {
      await this.#handler(event)
    } catch (cause) {
      throw new HandlerFailed('the handler failed', { cause })
    }
  }

  /** The answer, or `Aborted` as soon as the signal says so. */
  #read<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(new Aborted())
      this.#signal.addEventListener('abort', onAbort, { once: true })
      if (this.#signal.aborted) onAbort()
      const done = () => this.#signal.removeEventListener('abort', onAbort)
      answer.then(resolve, reject).finally(done)
    })
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#signal.addEventListener('abort', done, { once: true })
      if (this.#signal.aborted) done()
    })
  }
}

/** Logs in order, one list a block. */
function byBlock(logs: readonly RawLog[]): readonly (readonly RawLog[])[] {
  const groups: RawLog[][] = []
  for (const log of logs) {
    const group = groups.at(-1)
    if (group?.[0]?.blockHash === log.blockHash) group.push(log)
    else groups.push([log])
  }
  return groups
}
