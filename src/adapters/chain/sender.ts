/**
 * The transaction manager: one account, one lane.
 *
 * Invariants: what is signed is on disk before it is broadcast; an effect id has at most one nonce alive, so whatever
 * was broadcast for it, one transaction is mined; a nonce below a pending one never stays empty. Crashes, lost
 * answers and forks are settled by asking the chain for the receipts of what was signed.
 *
 * The key is this manager's alone. A transaction sent with it from elsewhere may take a nonce; ours is then not signed
 * anew by itself: that a node shows no receipt may mean that its index lags, or that it lies. Who sends it again has it
 * simulated and signed, unless it carries value, which would be paid as often as the node is wrong: people look at the
 * account and decide.
 * A call that reverted had no effect: its id may be sent again.
 * @module
 */
import { bytesToHex, keccak256 } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import {
  ChainError,
  type Transaction,
  type TransactionOutcome,
  type TransactionSender,
} from '../../ports/chain.ts'
import type { Log } from '../../ports/log.ts'
import type { Store } from '../../ports/store.ts'
import { LimitExceededError } from '../../protocol/errors.ts'
import type { Address, Hash, Hex } from '../../protocol/types.ts'
import type { ChainReader } from './client.ts'
import { bumpFees, type Fees, suggestFees } from './fees.ts'
import { type PendingTransaction, type SignedAttempt, TransactionLedger } from './ledger.ts'
import { assertFunds, explainRevert, outcomeOf, simulate } from './outcomes.ts'
import { refusalOf } from './rpc-errors.ts'
import type { Receipt } from './wire.ts'

const POLL_MS = 1_000
const BUMP_AFTER_MS = 30_000
const GWEI = 1_000_000_000n
const MAX_FEE_PER_GAS_MAX = 500n * GWEI
/** Outcomes remembered by id. */
const HISTORY_MAX = 2_048
/** Nodes keep some 64 transactions of an account. */
const PENDING_MAX = 48
/** Signatures of one transaction: enough to raise a fee forty-fold. */
const ATTEMPTS_MAX = 32
/** Looks without a receipt after which a used nonce was not used by us. */
const MISSES_MAX = 5
/** Refusals, for a reason that is not known to pass, after which a transaction is given up. */
const REFUSALS_MAX = 5
const CLOSE_TIMEOUT_MS = 1_000
/** Fills an empty nonce below a pending one. */
const GAP_ID = '~gap:'
const LOOK_FIX = 'look at the account’s transactions before sending it again'

export interface SenderOptions {
  /** 32 bytes. */
  readonly privateKey: Uint8Array
  readonly store: Store
  readonly reader: ChainReader
  readonly log: Log
  /** How often to look for receipts while something is pending. */
  readonly pollMs?: number
  /** How long the next transaction in line may wait before its fees rise. */
  readonly bumpAfterMs?: number
  /** Never paid more per gas. */
  readonly maxFeePerGasMax?: bigint
  readonly historyMax?: number
}

export function createSender(options: SenderOptions): TransactionSender {
  return new Sender(options)
}

interface Waiter {
  readonly promise: Promise<TransactionOutcome>
  readonly resolve: (outcome: TransactionOutcome) => void
  readonly reject: (error: unknown) => void
}

/** What this process saw of a pending transaction; a restart begins anew. */
interface Watch {
  /** Undefined until it was broadcast by this process. */
  broadcastAtMs: number | undefined
  bumpNow: boolean
  misses: number
  refusals: number
}

class Sender implements TransactionSender {
  readonly address: Address
  readonly #account: PrivateKeyAccount
  readonly #reader: ChainReader
  readonly #log: Log
  readonly #ledger: TransactionLedger
  readonly #pollMs: number
  readonly #bumpAfterMs: number
  readonly #maxFeePerGasMax: bigint
  readonly #waiting = new Map<string, Waiter>()
  readonly #watches = new Map<string, Watch>()
  #lane: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  /** The empty nonce last seen below a pending one, and in how many looks running. */
  #gap: { readonly nonce: bigint; readonly looks: number } | undefined
  #closed = false

  constructor(options: SenderOptions) {
    this.#account = privateKeyToAccount(bytesToHex(options.privateKey))
    this.address = this.#account.address
    this.#reader = options.reader
    this.#log = options.log
    this.#pollMs = options.pollMs ?? POLL_MS
    this.#bumpAfterMs = options.bumpAfterMs ?? BUMP_AFTER_MS
    this.#maxFeePerGasMax = options.maxFeePerGasMax ?? MAX_FEE_PER_GAS_MAX
    const space = `tx-${options.reader.chainId}-${this.address.toLowerCase()}`
    this.#ledger = new TransactionLedger(options.store, space, options.historyMax ?? HISTORY_MAX)
    if (this.#ledger.pending().length > 0) this.#schedule(0)
  }

  send(transaction: Transaction): Promise<TransactionOutcome> {
    if (this.#closed) return Promise.reject(new ChainError('closed', 'the sender is closed'))
    const already = this.#waiting.get(transaction.id)
    if (already !== undefined) return already.promise
    if (this.#waiting.size >= PENDING_MAX) {
      return Promise.reject(
        new LimitExceededError('transactions pending', this.#waiting.size + 1, PENDING_MAX),
      )
    }
    let waiter: Omit<Waiter, 'promise'> | undefined
    const promise = new Promise<TransactionOutcome>((resolve, reject) => {
      waiter = { resolve, reject }
    })
    this.#waiting.set(transaction.id, { promise, ...(waiter as Omit<Waiter, 'promise'>) })
    this.#begin(transaction).catch((error: unknown) => this.#settle(transaction.id, error))
    return promise
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    for (const id of [...this.#waiting.keys()])
      this.#settle(id, new ChainError('closed', 'the sender is closed'))
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
    })
    await Promise.race([this.#lane, patience])
    clearTimeout(timer)
  }

  // ---- sending

  async #begin(transaction: Transaction): Promise<void> {
    if (this.#ledger.pendingOf(transaction.id) !== undefined) return this.#schedule(0)
    const mined = this.#ledger.minedOf(transaction.id)
    if (mined !== undefined) {
      const receipt = await this.#receiptOf(mined.hash)
      if (receipt?.success) return this.#settle(transaction.id, outcomeOf(receipt))
      // A fork lost it, or made it revert. The same nonce, if still free, so that at most one of the two is mined.
      this.#log.warn('transaction-unmined', { id: transaction.id, hash: mined.hash })
    }
    const { to, data, value = 0n } = transaction
    const gas = await simulate(this.#reader, this.address, transaction)
    if (typeof gas === 'object') return this.#settle(transaction.id, gas)
    const fees = await suggestFees(this.#reader, this.#maxFeePerGasMax)
    await assertFunds(this.#reader, this.address, value + gas * fees.maxFeePerGas)
    await this.#inLane(async () => {
      const nonce = await this.#freeNonce(mined?.nonce)
      if (mined !== undefined && nonce !== mined.nonce) {
        // Should the node be wrong about the fork, both would count.
        if (value > 0n || (await this.#isKnown([mined.hash]))) throw outcomeUnknown(mined.nonce, [mined.hash])
      }
      const unsigned = { id: transaction.id, nonce, to, data, value, gas }
      await this.#persistAndBroadcast({ ...unsigned, attempts: [await this.#sign(unsigned, fees)] })
    })
    this.#schedule(this.#pollMs)
  }

  /** Asked several times over: a node of a pool may know a nonce is used before it has the receipt. */
  async #receiptOf(hash: Hash): Promise<Receipt | undefined> {
    for (let misses = 0; misses < MISSES_MAX && !this.#closed; misses++) {
      const receipt = await this.#reader.receipt(hash)
      if (receipt !== undefined) return receipt
      await new Promise((resolve) => setTimeout(resolve, this.#pollMs))
    }
    return undefined
  }

  /** The lowest nonce neither mined nor ours: whatever was lost below is filled first. */
  async #freeNonce(preferred: bigint | undefined): Promise<bigint> {
    const count = await this.#reader.transactionCount(this.address)
    const used = new Set(this.#ledger.pending().map(({ nonce }) => nonce))
    if (preferred !== undefined && preferred >= count && !used.has(preferred)) return preferred
    let nonce = count
    while (used.has(nonce)) nonce++
    return nonce
  }

  async #sign(unsigned: Omit<PendingTransaction, 'attempts'>, fees: Fees): Promise<SignedAttempt> {
    const { nonce, to, data, value, gas } = unsigned
    const raw = await this.#account.signTransaction({
      type: 'eip1559',
      chainId: this.#reader.chainId,
      nonce: Number(nonce),
      to,
      data,
      value,
      gas,
      ...fees,
    })
    return { hash: keccak256(raw), raw, ...fees }
  }

  async #persistAndBroadcast(entry: PendingTransaction): Promise<void> {
    if (this.#closed) throw new ChainError('closed', 'the sender is closed')
    this.#ledger.put(entry)
    await this.#broadcast(entry)
  }

  async #broadcast(entry: PendingTransaction): Promise<void> {
    const attempt = entry.attempts.at(-1) as SignedAttempt
    const watch = this.#watch(entry.id)
    watch.broadcastAtMs = performance.now()
    try {
      await this.#reader.broadcast(attempt.raw)
      this.#log.debug('transaction-broadcast', {
        id: entry.id,
        nonce: String(entry.nonce),
        hash: attempt.hash,
      })
    } catch (error) {
      await this.#refused(entry, watch, error)
    }
  }

  /** A broadcast failed. Unless the node said why, it may have arrived: only the chain can tell. */
  async #refused(entry: PendingTransaction, watch: Watch, error: unknown): Promise<void> {
    const refusal = refusalOf(error)
    const detail = refusal?.message ?? (error instanceof Error ? error.message.slice(0, 200) : 'failed')
    this.#log.info('broadcast-failed', { id: entry.id, detail })
    if (refusal === undefined || /already (known|imported|exists)|known transaction/i.test(detail)) return
    if (/nonce/i.test(detail)) {
      // Too low: the next look finds who used it. Too high: sent again as soon as what is missing below is there.
      if (/high/i.test(detail)) watch.broadcastAtMs = undefined
      return
    }
    if (/underpriced|fee.*(too low|less than|below)|tip.*too low/i.test(detail)) {
      watch.bumpNow = true
      return
    }
    // Some nodes mine a call that reverts and answer with an error.
    if (await this.#settleMined(entry)) return
    const funds = /insufficient funds|enough funds/i.test(detail)
    if ((!funds && ++watch.refusals < REFUSALS_MAX) || entry.attempts.length > 1) {
      watch.broadcastAtMs = undefined
      return
    }
    const attempt = entry.attempts.at(-1) as SignedAttempt
    this.#drop(entry.id)
    const reason = funds ? 'insufficient-funds' : 'malformed'
    // Every broadcast is tried several times: one whose answer was lost may be why the next is refused.
    const told = `the node refuses ${attempt.hash}, which may still be mined: ${detail}`
    this.#settle(entry.id, new ChainError(reason, told, { fix: LOOK_FIX }))
  }

  // ---- watching

  #schedule(delayMs: number): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#inLane(() => this.#look())
        .catch((error: unknown) => {
          const detail = error instanceof Error ? error.message : 'failed'
          this.#log.warn('transactions-unwatched', { detail })
        })
        .finally(() => {
          if (this.#ledger.pending().length > 0) this.#schedule(this.#pollMs)
        })
    }, delayMs)
  }

  async #look(): Promise<void> {
    const count = await this.#reader.transactionCount(this.address)
    let expected: bigint | undefined = count
    for (const entry of this.#ledger.pending()) {
      if (this.#closed) return
      if (entry.nonce < count) {
        await this.#lookForReceipt(entry)
        continue
      }
      // The lowest first; one a look.
      if (expected !== undefined && expected < entry.nonce) {
        await this.#lookAtGap(expected)
        expected = undefined
      } else if (expected !== undefined) {
        expected = entry.nonce + 1n
      }
      await this.#push(entry, entry.nonce === count)
    }
  }

  /** The nonce is used: by one of our signatures, or, when the node has seen none of them for long, by someone else. */
  async #lookForReceipt(entry: PendingTransaction): Promise<void> {
    if (await this.#settleMined(entry)) return
    const watch = this.#watch(entry.id)
    if (++watch.misses < MISSES_MAX) return
    watch.misses = 0
    const hashes = entry.attempts.map(({ hash }) => hash)
    const carriesValue = entry.value > 0n
    if (!carriesValue && (await this.#isKnown(hashes))) return
    if (this.#waiting.has(entry.id) || !carriesValue)
      this.#log.warn('nonce-taken', { id: entry.id, nonce: String(entry.nonce) })
    // With value it is kept: a receipt that comes late still tells, and whoever sends it again is told again.
    if (!carriesValue) this.#drop(entry.id)
    this.#settle(entry.id, outcomeUnknown(entry.nonce, hashes))
  }

  /** Whether the node knows one of them, though it shows no receipt. */
  async #isKnown(hashes: readonly Hash[]): Promise<boolean> {
    for (const hash of hashes) if (await this.#reader.knowsTransaction(hash)) return true
    return false
  }

  /** Broadcasts again what may have been dropped; raises the fees of what holds up the line. */
  async #push(entry: PendingTransaction, isNext: boolean): Promise<void> {
    const watch = this.#watch(entry.id)
    const waitedMs = performance.now() - (watch.broadcastAtMs ?? Number.NEGATIVE_INFINITY)
    if (watch.broadcastAtMs === undefined) return this.#broadcast(entry)
    if (!watch.bumpNow && waitedMs < this.#bumpAfterMs) return
    watch.bumpNow = false
    if (!isNext || entry.attempts.length >= ATTEMPTS_MAX) return this.#broadcast(entry)
    const last = entry.attempts.at(-1) as SignedAttempt
    const suggested = await suggestFees(this.#reader, this.#maxFeePerGasMax)
    const fees = bumpFees(last, suggested, this.#maxFeePerGasMax)
    if (fees === undefined) {
      this.#log.warn('fee-cap-reached', { id: entry.id, maxFeePerGas: String(last.maxFeePerGas) })
      return this.#broadcast(entry)
    }
    this.#log.info('fees-raised', { id: entry.id, maxFeePerGas: String(fees.maxFeePerGas) })
    const attempts = [...entry.attempts, await this.#sign(entry, fees)]
    await this.#persistAndBroadcast({ ...entry, attempts })
  }

  /**
   * A nonce below a pending one is empty. What a fork undid may yet be mined again by itself; then a transfer of
   * nothing to ourselves takes the nonce, so that what waits behind it can be mined.
   */
  async #lookAtGap(nonce: bigint): Promise<void> {
    const looks = this.#gap?.nonce === nonce ? this.#gap.looks + 1 : 1
    this.#gap = { nonce, looks }
    if (looks < MISSES_MAX) return
    this.#log.warn('nonce-gap-filled', { nonce: String(nonce) })
    const fees = await suggestFees(this.#reader, this.#maxFeePerGasMax)
    const id = `${GAP_ID}${nonce}`
    const unsigned = { id, nonce, to: this.address, data: '0x' as Hex, value: 0n, gas: 21_000n }
    await this.#persistAndBroadcast({ ...unsigned, attempts: [await this.#sign(unsigned, fees)] })
  }

  /** True when one of the signatures was mined; its outcome is then told. */
  async #settleMined(entry: PendingTransaction): Promise<boolean> {
    for (const { hash } of entry.attempts.toReversed()) {
      const receipt = await this.#reader.receipt(hash)
      if (receipt === undefined) continue
      this.#watches.delete(entry.id)
      if (receipt.success) {
        this.#ledger.finish(entry, hash)
        this.#settle(entry.id, outcomeOf(receipt))
      } else {
        const outcome = await explainRevert(this.#reader, this.address, entry, receipt)
        this.#ledger.forget(entry.id)
        this.#settle(entry.id, outcome)
      }
      return true
    }
    return false
  }

  // ---- keeping

  #watch(id: string): Watch {
    const known = this.#watches.get(id)
    if (known !== undefined) return known
    const watch: Watch = { broadcastAtMs: undefined, bumpNow: false, misses: 0, refusals: 0 }
    this.#watches.set(id, watch)
    return watch
  }

  #drop(id: string): void {
    this.#watches.delete(id)
    this.#ledger.forget(id)
  }

  #settle(id: string, result: unknown): void {
    const waiter = this.#waiting.get(id)
    if (waiter === undefined) return
    this.#waiting.delete(id)
    if (result instanceof Error) waiter.reject(result)
    else waiter.resolve(result as TransactionOutcome)
  }

  #inLane<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#lane.then(() => {
      if (this.#closed) throw new ChainError('closed', 'the sender is closed')
      return task()
    })
    this.#lane = done.catch(() => {})
    return done
  }
}

function outcomeUnknown(nonce: bigint, hashes: readonly Hash[]): ChainError {
  const told = `nonce ${nonce} is used, but the node shows no receipt of ${hashes.at(-1)}`
  return new ChainError('outcome-unknown', told, {
    fix: `look at the account before sending it again; any of these may have been mined: ${hashes.join(', ')}`,
  })
}
