/**
 * The chain of a network file, ready to read, call and send to.
 * @module
 */
import { type AuditReads, createAuditReads } from '../../adapters/chain/audit-reads.ts'
import { type ContractCalls, createCalls } from '../../adapters/chain/calls.ts'
import { type ChallengeReads, createChallengeReads } from '../../adapters/chain/challenge-reads.ts'
import { type ChainReader, createChainReader } from '../../adapters/chain/client.ts'
import { pinnedTo } from '../../adapters/chain/pinned.ts'
import { type ContractReads, createReads } from '../../adapters/chain/reads.ts'
import { createSender } from '../../adapters/chain/sender.ts'
import { createShareReads, type ShareReads } from '../../adapters/chain/share-reads.ts'
import { createStandingReads, type StandingReads } from '../../adapters/chain/standing-reads.ts'
import { type Block, ChainError, type TransactionSender } from '../../ports/chain.ts'
import type { Log } from '../../ports/log.ts'
import type { Store } from '../../ports/store.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Deployment } from '../../protocol/types.ts'
import type { NetworkFile } from './network-file.ts'

export interface ChainAccess {
  readonly network: NetworkFile
  readonly reader: ChainReader
  readonly reads: ContractReads
  readonly calls: ContractCalls
  /** For looking back: audits, lists, earnings. */
  readonly audits: AuditReads
  /** Of certificates that may be challenged. */
  readonly challenges: ChallengeReads
  /** What large committees earned. */
  readonly shares: ShareReads
  /** Committees that stand for an epoch; undefined in a network without them. */
  readonly standing: StandingReads | undefined
}

/** Connects, and checks the chain's id and that the contracts are there. Throws `ChainError`. */
export async function openChain(network: NetworkFile, rpcUrl: string | undefined): Promise<ChainAccess> {
  const reader = await reachChain(network, rpcUrl)
  await assertContracts(reader, network.deployment)
  return accessThrough(reader, network)
}

/** Connects, and checks the chain's id alone. Throws `ChainError`. */
export async function reachChain(network: NetworkFile, rpcUrl: string | undefined): Promise<ChainReader> {
  const url = parseRpcUrl(rpcUrl ?? network.rpcUrl)
  const reader = createChainReader({ rpcUrl: url.href, expectedChainId: network.deployment.chainId })
  await connect(reader, url)
  return reader
}

/** The same chain as of a block: all reads agree with one another. */
export function asOf({ reader, network }: ChainAccess, block: Block): ChainAccess {
  return accessThrough(pinnedTo(reader, block), network)
}

function accessThrough(reader: ChainReader, network: NetworkFile): ChainAccess {
  return {
    network,
    reader,
    reads: createReads(reader, network.deployment),
    calls: createCalls(network.deployment),
    audits: createAuditReads(reader, network.deployment),
    challenges: createChallengeReads(reader, network.deployment),
    shares: createShareReads(reader, network.deployment),
    standing: createStandingReads(reader, network.deployment),
  }
}

function parseRpcUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw new InvalidInputError('--rpc', 'is not an http or https URL', {
    fix: 'give the JSON-RPC’s URL, such as http://127.0.0.1:8545',
  })
}

async function connect(reader: ChainReader, url: URL): Promise<void> {
  try {
    await reader.connect()
  } catch (cause) {
    if (!(cause instanceof ChainError) || cause.reason === 'wrong-chain') throw cause
    // The host alone: a path or a user often holds the key of a paid service.
    throw new ChainError(cause.reason, `${url.host} does not answer as a JSON-RPC node`, {
      cause,
      fix: 'check that the node runs and the URL is right: rpcUrl in the network file, or --rpc',
    })
  }
}

const CONTRACTS = ['market', 'nodeRegistry', 'beaconRegistry', 'functionRegistry', 'verifierRouter'] as const

/** A call to an address without code succeeds and does nothing, and its value is lost. */
async function assertContracts(reader: ChainReader, deployment: Deployment): Promise<void> {
  const codes = await Promise.all(CONTRACTS.map((name) => reader.code(deployment[name])))
  const absent = CONTRACTS.find((_, i) => codes[i] === '0x')
  if (absent === undefined) return
  throw new ChainError(
    'missing',
    `there is no contract at ${deployment[absent]}, the network file’s ${absent}`,
    {
      fix: 'take the network file from the network you want to use, and let rpcUrl be a node of its chain',
    },
  )
}

/** A sender of this account's transactions; what it has under way is kept in `store`. */
export function openSender(
  chain: ChainAccess,
  options: { readonly privateKey: Uint8Array; readonly store: Store; readonly log: Log },
): TransactionSender {
  return createSender({ ...options, reader: chain.reader })
}
