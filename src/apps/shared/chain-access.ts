/**
 * The chain of a network file, ready to read, call and send to.
 * @module
 */
import { type AuditReads, createAuditReads } from '../../adapters/chain/audit-reads.ts'
import { type ContractCalls, createCalls } from '../../adapters/chain/calls.ts'
import { type ChainReader, createChainReader } from '../../adapters/chain/client.ts'
import { type ContractReads, createReads } from '../../adapters/chain/reads.ts'
import { createSender } from '../../adapters/chain/sender.ts'
import type { TransactionSender } from '../../ports/chain.ts'
import type { Log } from '../../ports/log.ts'
import type { Store } from '../../ports/store.ts'
import type { NetworkFile } from './network-file.ts'

export interface ChainAccess {
  readonly network: NetworkFile
  readonly reader: ChainReader
  readonly reads: ContractReads
  readonly calls: ContractCalls
  /** For looking back: audits, lists, earnings. */
  readonly audits: AuditReads
}

/** Connects and checks the chain id. Throws `ChainError`. */
export async function openChain(network: NetworkFile, rpcUrl: string | undefined): Promise<ChainAccess> {
  const reader = createChainReader({
    rpcUrl: rpcUrl ?? network.rpcUrl,
    expectedChainId: network.deployment.chainId,
  })
  await reader.connect()
  return {
    network,
    reader,
    reads: createReads(reader, network.deployment),
    calls: createCalls(network.deployment),
    audits: createAuditReads(reader, network.deployment),
  }
}

/** A sender of this account's transactions; what it has under way is kept in `store`. */
export function openSender(
  chain: ChainAccess,
  options: { readonly privateKey: Uint8Array; readonly store: Store; readonly log: Log },
): TransactionSender {
  return createSender({ ...options, reader: chain.reader })
}
