/**
 * What a transaction would do, and what a mined one did.
 * @module
 */
import { ChainError, type Transaction, type TransactionOutcome } from '../../ports/chain.ts'
import type { Address, Hex } from '../../protocol/types.ts'
import type { ChainReader } from './client.ts'
import type { PendingTransaction } from './ledger.ts'
import { decodeRevert, describeRevert } from './revert.ts'
import type { Receipt } from './wire.ts'

/** EIP-7825: no transaction may have more. */
const GAS_MAX = 16_777_216n

/** The gas limit to send with, or the outcome of a call that reverts at the head. */
export async function simulate(
  reader: ChainReader,
  from: Address,
  transaction: Transaction,
): Promise<bigint | TransactionOutcome> {
  const { to, data, gas, value = 0n } = transaction
  const call = { from, to, data, value }
  if (gas !== undefined) {
    const result = await reader.call({ ...call, gas })
    return result.type === 'reverted' ? revertedOutcome(result.data) : gas
  }
  const estimate = await reader.estimateGas(call)
  if (typeof estimate === 'object') {
    await assertFunds(reader, from, value)
    return revertedOutcome(estimate.reverted)
  }
  // The state it runs on is not the one it was estimated on.
  const padded = (estimate * 5n) / 4n
  return padded < GAS_MAX ? padded : GAS_MAX
}

/** Throws `insufficient-funds`, saying what to send where. */
export async function assertFunds(reader: ChainReader, account: Address, needed: bigint): Promise<void> {
  const balance = await reader.balance(account)
  if (balance >= needed) return
  throw new ChainError('insufficient-funds', `${account} has ${balance} wei, ${needed} are needed`, {
    fix: `send at least ${needed - balance} wei to ${account}`,
  })
}

/** Why a mined transaction reverted, as far as the state after its block still tells. */
export async function explainRevert(
  reader: ChainReader,
  from: Address,
  entry: PendingTransaction,
  receipt: Receipt,
): Promise<TransactionOutcome> {
  const { to, data, value, gas } = entry
  const hash = receipt.transactionHash
  const where = `in block ${receipt.blockNumber}`
  if (receipt.gasUsed >= gas)
    return { type: 'reverted', error: undefined, detail: `out of gas ${where}`, hash }
  try {
    const result = await reader.call({ from, to, data, value, gas }, receipt.blockNumber)
    if (result.type === 'reverted') return { ...revertedOutcome(result.data), hash }
  } catch {
    // The node no longer has that state.
  }
  return { type: 'reverted', error: undefined, detail: `reverted ${where}`, hash }
}

export function outcomeOf(receipt: Receipt): TransactionOutcome {
  const { transactionHash: hash, blockNumber, gasUsed } = receipt
  return { type: 'mined', hash, blockNumber, gasUsed }
}

function revertedOutcome(data: Hex): Extract<TransactionOutcome, { type: 'reverted' }> {
  return { type: 'reverted', error: decodeRevert(data)?.name, detail: describeRevert(data) }
}
