/**
 * Reading a chain over JSON-RPC: bounded in time, retries and answer size, every answer checked, every failure a
 * `ChainError`. The chain's id is checked before the first answer counts, and again after the node was lost.
 * @module
 */
import { createClient, http } from 'viem'
import type { z } from 'zod'
import { type Block, ChainError } from '../../ports/chain.ts'
import type { Address, Hash, Hex } from '../../protocol/types.ts'
import { asChainError, revertDataOf } from './rpc-errors.ts'
import * as wire from './wire.ts'

const TIMEOUT_MS = 10_000
const RETRIES_MAX = 2
const RETRY_DELAY_MS = 150
/** A block full of our largest logs is a few megabytes; a batch holds a handful of blocks. */
const RESPONSE_BYTES_MAX = 32 * 1024 * 1024
const BATCH_CALLS_MAX = 24

export interface ChainReaderOptions {
  readonly rpcUrl: string
  readonly expectedChainId: number
  /** For one HTTP answer. */
  readonly timeoutMs?: number
  readonly retriesMax?: number
  readonly responseBytesMax?: number
}

/** At a block of this number, or at the head. */
export type At = bigint | 'latest'

export interface LogFilter {
  readonly addresses: readonly Address[]
  /** Topics from the first on; null for any. */
  readonly topics?: readonly (Hash | readonly Hash[] | null)[]
}

export type CallResult =
  | { readonly type: 'returned'; readonly data: Hex }
  | { readonly type: 'reverted'; readonly data: Hex }

export interface CallRequest {
  readonly to: Address
  readonly data: Hex
  readonly from?: Address
  readonly value?: bigint
  readonly gas?: bigint
}

/** What an account has for the length of a call, instead of what it has (geth's state overrides). */
export interface StateOverride {
  readonly address: Address
  readonly code: Hex
  readonly nonce?: bigint
}

export interface ChainReader {
  readonly chainId: number
  /** Checks that the node is there and on the expected chain. */
  connect(): Promise<void>
  /** Undefined when there is no such block. */
  block(which: bigint | Hash | 'latest'): Promise<Block | undefined>
  /** Throws `missing` when the node does not know the block. */
  logsOfBlock(blockHash: Hash, filter: LogFilter): Promise<readonly wire.RawLog[]>
  /** In order of block and index. */
  logsInRange(fromBlock: bigint, toBlock: bigint, filter: LogFilter): Promise<readonly wire.RawLog[]>
  code(address: Address, at?: At): Promise<Hex>
  /** A node that knows no overrides ignores them, or refuses the call. */
  call(request: CallRequest, at?: At, overrides?: readonly StateOverride[]): Promise<CallResult>
  /** The gas a call needs, or its revert data. */
  estimateGas(request: CallRequest): Promise<bigint | { readonly reverted: Hex }>
  balance(account: Address): Promise<bigint>
  /** Transactions of the account in mined blocks: its next nonce. */
  transactionCount(account: Address): Promise<bigint>
  receipt(hash: Hash): Promise<wire.Receipt | undefined>
  /** Whether the node knows the transaction, waiting or mined. */
  knowsTransaction(hash: Hash): Promise<boolean>
  /** Undefined when the node has no opinion. */
  priorityFee(): Promise<bigint | undefined>
  /** Throws what the node answered, unmapped: the sender reads it. */
  broadcast(raw: Hex): Promise<void>
}

export function createChainReader(options: ChainReaderOptions): ChainReader {
  return new RpcReader(options)
}

type RpcRequest = (call: { method: string; params: readonly unknown[] }) => Promise<unknown>

class RpcReader implements ChainReader {
  readonly chainId: number
  readonly #request: RpcRequest
  #checking: Promise<void> | undefined

  constructor(options: ChainReaderOptions) {
    this.chainId = options.expectedChainId
    const client = createClient({
      transport: http(options.rpcUrl, {
        batch: { batchSize: BATCH_CALLS_MAX },
        timeout: options.timeoutMs ?? TIMEOUT_MS,
        retryCount: options.retriesMax ?? RETRIES_MAX,
        retryDelay: RETRY_DELAY_MS,
        maxResponseBodySize: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
      }),
    })
    // viem types each method's answer; here none is believed before it is parsed.
    this.#request = client.request as unknown as RpcRequest
  }

  connect(): Promise<void> {
    this.#checking ??= this.#checkChain().catch((error: unknown) => {
      this.#checking = undefined
      throw error
    })
    return this.#checking
  }

  async block(which: bigint | Hash | 'latest'): Promise<Block | undefined> {
    const byHash = typeof which === 'string' && which !== 'latest'
    const method = byHash ? 'eth_getBlockByHash' : 'eth_getBlockByNumber'
    const tag = typeof which === 'bigint' ? toQuantity(which) : which
    const found = await this.#ask(method, [tag, false], wire.block.nullable())
    if (found === null) return undefined
    if ((byHash && found.hash !== which) || (typeof which === 'bigint' && found.number !== which)) {
      throw new ChainError('malformed', `asked for block ${which}, got ${found.number} ${found.hash}`)
    }
    return found
  }

  async logsOfBlock(blockHash: Hash, filter: LogFilter): Promise<readonly wire.RawLog[]> {
    const logs = await this.#logs({ blockHash }, filter)
    if (logs.some((log) => log.blockHash !== blockHash))
      throw new ChainError('malformed', 'a log of another block')
    return logs
  }

  async logsInRange(fromBlock: bigint, toBlock: bigint, filter: LogFilter): Promise<readonly wire.RawLog[]> {
    const range = { fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) }
    const logs = await this.#logs(range, filter)
    if (logs.some(({ blockNumber }) => blockNumber < fromBlock || blockNumber > toBlock)) {
      throw new ChainError('malformed', 'a log outside the range')
    }
    return logs
  }

  code(address: Address, at: At = 'latest'): Promise<Hex> {
    return this.#ask('eth_getCode', [address, toTag(at)], wire.code)
  }

  async call(
    request: CallRequest,
    at: At = 'latest',
    overrides: readonly StateOverride[] = [],
  ): Promise<CallResult> {
    await this.connect()
    try {
      const params = [toCall(request), toTag(at), ...(overrides.length > 0 ? [toOverrides(overrides)] : [])]
      const answer = await this.#request({ method: 'eth_call', params })
      return { type: 'returned', data: wire.returned.parse(answer) }
    } catch (error) {
      const data = revertDataOf(error)
      if (data !== undefined) return { type: 'reverted', data }
      throw this.#failed(error)
    }
  }

  async estimateGas(request: CallRequest): Promise<bigint | { readonly reverted: Hex }> {
    await this.connect()
    try {
      return wire.quantity.parse(
        await this.#request({ method: 'eth_estimateGas', params: [toCall(request)] }),
      )
    } catch (error) {
      const reverted = revertDataOf(error)
      if (reverted !== undefined) return { reverted }
      throw this.#failed(error)
    }
  }

  balance(account: Address): Promise<bigint> {
    return this.#ask('eth_getBalance', [account, 'latest'], wire.quantity)
  }

  transactionCount(account: Address): Promise<bigint> {
    return this.#ask('eth_getTransactionCount', [account, 'latest'], wire.quantity)
  }

  async receipt(hash: Hash): Promise<wire.Receipt | undefined> {
    const found = await this.#ask('eth_getTransactionReceipt', [hash], wire.receipt.nullable())
    if (found !== null && found.transactionHash !== hash) throw new ChainError('malformed', 'another receipt')
    return found ?? undefined
  }

  async knowsTransaction(hash: Hash): Promise<boolean> {
    const found = await this.#ask('eth_getTransactionByHash', [hash], wire.transaction.nullable())
    if (found !== null && found.hash !== hash) throw new ChainError('malformed', 'another transaction')
    return found !== null
  }

  async priorityFee(): Promise<bigint | undefined> {
    try {
      return await this.#ask('eth_maxPriorityFeePerGas', [], wire.quantity)
    } catch {
      return undefined
    }
  }

  async broadcast(raw: Hex): Promise<void> {
    await this.connect()
    await this.#request({ method: 'eth_sendRawTransaction', params: [raw] })
  }

  async #logs(range: Record<string, Hex>, filter: LogFilter): Promise<readonly wire.RawLog[]> {
    const addresses = new Set(filter.addresses.map((address) => address.toLowerCase()))
    const query = { ...range, address: [...addresses], ...(filter.topics && { topics: filter.topics }) }
    const logs = await this.#ask('eth_getLogs', [query], wire.log.array())
    if (logs.some(({ address }) => !addresses.has(address))) {
      throw new ChainError('malformed', 'a log of another contract')
    }
    // A genuine log of another request or function would decode as well as the one that was asked for.
    if (!logs.every(({ topics }) => hasTopics(topics, filter.topics ?? []))) {
      throw new ChainError('malformed', 'a log of another event or id')
    }
    return logs.toSorted((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex)
  }

  async #ask<T>(method: string, params: readonly unknown[], schema: z.ZodType<T, unknown>): Promise<T> {
    await this.connect()
    try {
      return schema.parse(await this.#request({ method, params }))
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async #checkChain(): Promise<void> {
    let chainId: bigint
    try {
      chainId = wire.quantity.parse(await this.#request({ method: 'eth_chainId', params: [] }))
    } catch (error) {
      throw asChainError(error)
    }
    if (chainId === BigInt(this.chainId)) return
    throw new ChainError('wrong-chain', `the node is on chain ${chainId}, not ${this.chainId}`, {
      fix: 'point the RPC URL at a node of the chain the contracts are deployed on',
    })
  }

  #failed(error: unknown): ChainError {
    const failure = asChainError(error)
    // Whoever answers next may be another node.
    if (failure.reason === 'unreachable') this.#checking = undefined
    return failure
  }
}

/** Whether a log's topics are what a filter asks: null is any, a list is any of it. */
function hasTopics(topics: readonly Hash[], wanted: NonNullable<LogFilter['topics']>): boolean {
  return (
    topics.length >= wanted.length &&
    wanted.every((want, i) => {
      if (want === null) return true
      const allowed = typeof want === 'string' ? [want] : want
      return allowed.some((topic) => topic.toLowerCase() === topics[i])
    })
  )
}

function toQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`
}

function toTag(at: At): string {
  return at === 'latest' ? at : toQuantity(at)
}

function toOverrides(overrides: readonly StateOverride[]): Record<Address, Record<string, Hex>> {
  return Object.fromEntries(
    overrides.map(({ address, code, nonce }) => [
      address,
      { code, ...(nonce !== undefined && { nonce: toQuantity(nonce) }) },
    ]),
  )
}

function toCall(request: CallRequest): Record<string, string> {
  const { to, data, from, value, gas } = request
  return {
    to,
    data,
    ...(from !== undefined && { from }),
    ...(value !== undefined && { value: toQuantity(value) }),
    ...(gas !== undefined && { gas: toQuantity(gas) }),
  }
}
