import type { Block } from '../../ports/chain.ts'
import type { ChainReader } from './client.ts'

/** The chain as of one block: whatever is asked for at the head is answered as of that one. */
export function pinnedTo(reader: ChainReader, head: Block): ChainReader {
  const at = head.number
  return {
    chainId: reader.chainId,
    connect: () => reader.connect(),
    block: async (which) => (which === 'latest' ? head : reader.block(which)),
    logsOfBlock: (blockHash, filter) => reader.logsOfBlock(blockHash, filter),
    logsInRange: (from, to, filter) => reader.logsInRange(from, to, filter),
    code: (address, which = 'latest') => reader.code(address, which === 'latest' ? at : which),
    call: (request, which = 'latest', overrides) =>
      reader.call(request, which === 'latest' ? at : which, overrides),
    // The rest is for sending, which nobody does in the past.
    estimateGas: (request) => reader.estimateGas(request),
    balance: (account) => reader.balance(account),
    transactionCount: (account) => reader.transactionCount(account),
    receipt: (hash) => reader.receipt(hash),
    knowsTransaction: (hash) => reader.knowsTransaction(hash),
    priorityFee: () => reader.priorityFee(),
    broadcast: (raw) => reader.broadcast(raw),
  }
}
