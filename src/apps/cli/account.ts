/**
 * The account that pays: its key, its chain, and transactions that either happen or say why not.
 * @module
 */
import { createMemoryStore } from '../../adapters/store/memory.ts'
import type { TransactionOutcome, TransactionSender } from '../../ports/chain.ts'
import { silentLog } from '../../ports/log.ts'
import type { Call } from '../../ports/market.ts'
import { DikastError } from '../../protocol/errors.ts'
import type { Address, Hash } from '../../protocol/types.ts'
import { type ChainAccess, openChain, openSender } from '../shared/chain-access.ts'
import { readNetworkFile } from '../shared/network-file.ts'
import type { CommandContext, Options } from './command.ts'
import { accountKey } from './keys.ts'

/** A transaction was refused by the contracts. */
export class RevertedError extends DikastError {
  readonly code = 'REVERTED'
  /** The custom error's name, when it is one of ours. */
  readonly error: string | undefined

  constructor(error: string | undefined, detail: string) {
    super(`the contract refuses: ${detail}`)
    this.error = error
  }
}

export interface Account {
  readonly chain: ChainAccess
  readonly address: Address
  readonly sender: TransactionSender
  close(): Promise<void>
}

export async function openAccount(context: CommandContext, options: Options): Promise<Account> {
  const network = readNetworkFile(context.networkFile)
  const privateKey = await accountKey(options)
  const chain = await openChain(network, context.rpcUrl)
  const sender = openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog })
  return { chain, sender, address: sender.address, close: () => sender.close() }
}

/** Resolves when the transaction is mined; throws `RevertedError` when the contracts refuse it. */
export async function sendOrThrow(
  sender: TransactionSender,
  id: string,
  call: Call & { readonly value?: bigint },
): Promise<{ readonly hash: Hash; readonly blockNumber: bigint; readonly gasUsed: bigint }> {
  const outcome: TransactionOutcome = await sender.send({ id, ...call })
  if (outcome.type === 'reverted') throw new RevertedError(outcome.error, outcome.detail)
  return outcome
}
