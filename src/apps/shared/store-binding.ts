/**
 * A data folder belongs to one deployment on one chain: its cursor, requests and signing records mean nothing elsewhere.
 * @module
 */
import { decode, encode } from 'cborg'
import { ChainError } from '../../ports/chain.ts'
import type { Store } from '../../ports/store.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'
import type { ChainAccess } from './chain-access.ts'

interface Binding {
  readonly chainId: number
  /** Lower case. */
  readonly market: string
  /** Decimal. */
  readonly fromBlock: string
  /** A development chain begun anew has the same id and addresses, but not this. */
  readonly fromHash: Hash
}

/** Binds the store to the network when it is opened for the first time; afterwards refuses it for any other. */
export async function bindStore(store: Store, chain: ChainAccess): Promise<void> {
  const { chainId, market, fromBlock } = chain.network.deployment
  const fromHash = await originOf(chain)
  const binding: Binding = { chainId, market: market.toLowerCase(), fromBlock: `${fromBlock}`, fromHash }
  const kept = store.get('binding', 'network')
  if (kept === undefined)
    return store.write([{ type: 'put', space: 'binding', key: 'network', value: encode(binding) }])
  const bound = decode(kept) as Binding // our own bytes, written above
  const differing = (Object.keys(binding) as (keyof Binding)[]).find((key) => bound[key] !== binding[key])
  if (differing === undefined) return
  const what =
    differing === 'fromHash'
      ? `block ${fromBlock} was ${bound.fromHash} and is ${fromHash}: the chain began anew, or the JSON-RPC shows another`
      : `${differing} was ${bound[differing]} and is ${binding[differing]}`
  throw new InvalidInputError('--data', `the folder belongs to another network: ${what}`, {
    fix: 'use the network file and the JSON-RPC it was made with, or another folder for this network',
  })
}

/** The hash of the deployment's first block: what tells chains of one id apart. */
export async function originOf({ reader, network }: ChainAccess): Promise<Hash> {
  const { fromBlock } = network.deployment
  const block = await reader.block(fromBlock)
  if (block !== undefined) return block.hash
  throw new ChainError('missing', `block ${fromBlock}, the network file’s fromBlock, is not served`, {
    fix: 'check fromBlock in the network file, or name a JSON-RPC with --rpc that has the whole chain since then',
  })
}
