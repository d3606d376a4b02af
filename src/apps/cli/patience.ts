/**
 * A sender for people who wait: it gives up when the node stops answering, or mines nothing, for too long.
 *
 * A daemon's sender never gives up; a command must end. What was broadcast may still be mined: the error says so.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChainReader } from '../../adapters/chain/client.ts'
import { ChainError, type TransactionSender } from '../../ports/chain.ts'

export interface Patience {
  readonly pollMs: number
  /** How long the node may not answer. */
  readonly silenceMsMax: number
  /** How long a transaction may wait for its block: a dozen slots of a slow chain. */
  readonly miningMsMax: number
}

const PATIENCE: Patience = { pollMs: 2_000, silenceMsMax: 12_000, miningMsMax: 300_000 }

export function patientSender(
  sender: TransactionSender,
  reader: Pick<ChainReader, 'block'>,
  patience: Partial<Patience> = {},
): TransactionSender {
  const limits = { ...PATIENCE, ...patience }
  return {
    address: sender.address,
    close: () => sender.close(),
    send: async (transaction) => {
      const over = new AbortController()
      try {
        return await Promise.race([
          sender.send(transaction),
          patienceLost(reader, transaction.id, limits, over.signal),
        ])
      } finally {
        over.abort()
      }
    },
  }
}

/** Rejects when waiting makes no more sense; never resolves. */
async function patienceLost(
  reader: Pick<ChainReader, 'block'>,
  id: string,
  limits: Patience,
  signal: AbortSignal,
): Promise<never> {
  const begunMs = Date.now()
  let answeredMs = begunMs
  for (;;) {
    await sleep(limits.pollMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return new Promise<never>(() => {})
    await reader.block('latest').then(
      () => {
        answeredMs = Date.now()
      },
      () => {}, // Silence: judged below.
    )
    if (Date.now() - answeredMs > limits.silenceMsMax) throw lostError('the node stopped answering', id)
    if (Date.now() - begunMs > limits.miningMsMax)
      throw lostError(`nothing was mined in ${limits.miningMsMax / 1000} s`, id)
  }
}

function lostError(what: string, id: string): ChainError {
  return new ChainError(
    'unreachable',
    `${what} while transaction «${id.slice(0, 100)}» was under way; it may still be mined`,
    {
      fix: 'look at the account’s transactions before running the command again, or name another JSON-RPC with --rpc',
    },
  )
}
