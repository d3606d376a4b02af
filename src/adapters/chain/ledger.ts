/**
 * The transactions of one account, on disk before they are on the wire: what was signed, and what came of it.
 * @module
 */
import { decode, encode } from 'cborg'
import type { Store } from '../../ports/store.ts'
import type { Address, Hash, Hex } from '../../protocol/types.ts'

/** One signature of a transaction; bumping its fees adds another with the same nonce. */
export interface SignedAttempt {
  readonly hash: Hash
  readonly raw: Hex
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export interface PendingTransaction {
  readonly id: string
  readonly nonce: bigint
  readonly to: Address
  readonly data: Hex
  readonly value: bigint
  readonly gas: bigint
  /** Oldest first; any of them may be the one that is mined. */
  readonly attempts: readonly SignedAttempt[]
}

/** What is remembered of a mined transaction: enough to find it again, and to know when a fork lost it. */
export interface MinedTransaction {
  readonly id: string
  readonly nonce: bigint
  readonly hash: Hash
}

const PAGE_ENTRIES = 256

export class TransactionLedger {
  readonly #store: Store
  readonly #space: string
  readonly #historyMax: number
  readonly #pending = new Map<string, PendingTransaction>()
  /** In order of mining: the oldest is forgotten first. */
  readonly #mined = new Map<string, MinedTransaction>()

  constructor(store: Store, space: string, historyMax: number) {
    this.#store = store
    this.#space = space
    this.#historyMax = historyMax
    const mined: MinedTransaction[] = []
    for (const entry of this.#readAll()) {
      if ('attempts' in entry) this.#pending.set(entry.id, entry)
      else mined.push(entry)
    }
    mined.sort((a, b) => Number(a.nonce - b.nonce))
    for (const entry of mined) this.#mined.set(entry.id, entry)
  }

  pendingOf(id: string): PendingTransaction | undefined {
    return this.#pending.get(id)
  }

  minedOf(id: string): MinedTransaction | undefined {
    return this.#mined.get(id)
  }

  /** In order of nonce. */
  pending(): readonly PendingTransaction[] {
    return [...this.#pending.values()].sort((a, b) => Number(a.nonce - b.nonce))
  }

  /** On disk when this returns. */
  put(entry: PendingTransaction): void {
    this.#store.write([{ type: 'put', space: this.#space, key: entry.id, value: toBytes(entry) }])
    this.#mined.delete(entry.id)
    this.#pending.set(entry.id, entry)
  }

  forget(id: string): void {
    this.#store.write([{ type: 'delete', space: this.#space, key: id }])
    this.#pending.delete(id)
    this.#mined.delete(id)
  }

  finish(entry: PendingTransaction, hash: Hash): void {
    const { id, nonce } = entry
    const mined: MinedTransaction = { id, nonce, hash }
    const [oldest] = this.#mined.keys()
    const full = this.#mined.size >= this.#historyMax && oldest !== undefined
    this.#store.write([
      { type: 'put', space: this.#space, key: id, value: toBytes(mined) },
      ...(full ? [{ type: 'delete' as const, space: this.#space, key: oldest }] : []),
    ])
    this.#pending.delete(id)
    if (full) this.#mined.delete(oldest)
    this.#mined.set(id, mined)
  }

  *#readAll(): Generator<PendingTransaction | MinedTransaction> {
    let after: string | undefined
    for (;;) {
      const page = this.#store.list(this.#space, {
        limit: PAGE_ENTRIES,
        ...(after !== undefined && { after }),
      })
      for (const { value } of page) yield fromBytes(value)
      after = page.at(-1)?.key
      if (page.length < PAGE_ENTRIES || after === undefined) return
    }
  }
}

/** Integers of any size travel as decimal text. */
type Plain<T> = {
  readonly [K in keyof T]: T[K] extends bigint
    ? string
    : T[K] extends readonly (infer E)[]
      ? readonly Plain<E>[]
      : T[K]
}

function toBytes(entry: PendingTransaction | MinedTransaction): Uint8Array {
  if (!('attempts' in entry))
    return encode({ ...entry, nonce: `${entry.nonce}` } satisfies Plain<MinedTransaction>)
  const plain: Plain<PendingTransaction> = {
    ...entry,
    nonce: `${entry.nonce}`,
    value: `${entry.value}`,
    gas: `${entry.gas}`,
    attempts: entry.attempts.map(({ hash, raw, maxFeePerGas, maxPriorityFeePerGas }) => ({
      hash,
      raw,
      maxFeePerGas: `${maxFeePerGas}`,
      maxPriorityFeePerGas: `${maxPriorityFeePerGas}`,
    })),
  }
  return encode(plain)
}

function fromBytes(bytes: Uint8Array): PendingTransaction | MinedTransaction {
  // Our own bytes, written above.
  const plain = decode(bytes) as Plain<PendingTransaction> | Plain<MinedTransaction>
  if (!('attempts' in plain)) return { ...plain, nonce: BigInt(plain.nonce) }
  return {
    ...plain,
    nonce: BigInt(plain.nonce),
    value: BigInt(plain.value),
    gas: BigInt(plain.gas),
    attempts: plain.attempts.map((attempt) => ({
      ...attempt,
      maxFeePerGas: BigInt(attempt.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas),
    })),
  }
}
