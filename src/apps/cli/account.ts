/**
 * The account that pays: its key, its chain, and transactions that either happen or say why not.
 * @module
 */
import { createMemoryStore } from '../../adapters/store/memory.ts'
import { ChainError, type TransactionOutcome, type TransactionSender } from '../../ports/chain.ts'
import { silentLog } from '../../ports/log.ts'
import type { Call } from '../../ports/market.ts'
import { DikastError } from '../../protocol/errors.ts'
import type { Address, Hash } from '../../protocol/types.ts'
import { type ChainAccess, openChain, openSender } from '../shared/chain-access.ts'
import { lockAccount } from '../shared/key-lock.ts'
import { readNetworkFile } from '../shared/network-file.ts'
import type { CommandContext, Options } from './command.ts'
import { accountKey } from './keys.ts'
import { patientSender } from './patience.ts'
import { RevertedError } from './reverts.ts'

/** The account does not hold what the transaction costs. */
export class InsufficientFundsError extends DikastError {
  readonly code = 'INSUFFICIENT_FUNDS'

  constructor(account: Address, cause: ChainError) {
    super(`${account} cannot pay: ${cause.message.replace(/^chain: [a-z-]+: /, '')}`, {
      fix: cause.fix ?? `send more ether to ${account}`,
      cause,
    })
  }
}

export interface Account {
  readonly chain: ChainAccess
  readonly address: Address
  readonly sender: TransactionSender
  close(): Promise<void>
}

/** Throws `LockedError` when a daemon or another command is sending from the account. */
export async function openAccount(context: CommandContext, options: Options): Promise<Account> {
  const network = readNetworkFile(context.networkFile)
  const privateKey = await accountKey(options)
  const chain = await openChain(network, context.rpcUrl)
  const lock = await lockAccount(chain, privateKey)
  const sender = patientSender(
    openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog }),
    chain.reader,
  )
  const close = async (): Promise<void> => {
    await sender.close()
    lock.release()
  }
  return { chain, sender, address: sender.address, close }
}

/** Resolves when the transaction is mined; throws `RevertedError` or `InsufficientFundsError` when it cannot be. */
export async function sendOrThrow(
  sender: TransactionSender,
  id: string,
  call: Call & { readonly value?: bigint },
): Promise<{ readonly hash: Hash; readonly blockNumber: bigint; readonly gasUsed: bigint }> {
  const outcome = await sender.send({ id, ...call }).catch((error: unknown): TransactionOutcome => {
    // Nodes refuse a gas estimate for what cannot be paid, each in its own words.
    const funds =
      error instanceof ChainError &&
      (error.reason === 'insufficient-funds' || /insufficient funds|enough funds/i.test(error.message))
    throw funds ? new InsufficientFundsError(sender.address, error) : error
  })
  if (outcome.type === 'reverted') throw new RevertedError(outcome.error, outcome.detail)
  return outcome
}
