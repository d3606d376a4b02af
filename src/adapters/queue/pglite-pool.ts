/**
 * An in-process PGlite database in the shape of a `pg.Pool`: as much of it as BullMQ's PostgreSQL backend uses.
 *
 * PGlite has one session. Queries run one after another, and a client that has begun a transaction keeps the session to
 * itself until it ends it; that is what several connections would have given it.
 * @module
 */
import { EventEmitter } from 'node:events'
import type { PGlite } from '@electric-sql/pglite'

interface Result<Row> {
  rows: Row[]
  rowCount: number
}

type Unlock = () => void

const LEADING_COMMENTS = /^(?:\s*--[^\n]*\n)+/
const LISTEN = /^\s*(UN)?LISTEN\s+"?([\w$]+|\*)"?/i
const TRANSACTION_WORD = /^\s*(BEGIN|COMMIT|ROLLBACK)\b/i

export class PglitePool extends EventEmitter {
  /** What BullMQ reads of a pool's options. */
  readonly options = { keepAlive: true }
  readonly #database: PGlite
  #lastTurn: Promise<void> = Promise.resolve()

  constructor(database: PGlite) {
    super()
    this.#database = database
  }

  async connect(): Promise<PgliteClient> {
    return new PgliteClient(this.#database, () => this.#lock())
  }

  async query<Row>(text: string, values?: readonly unknown[]): Promise<Result<Row>> {
    const client = await this.connect()
    return client.query(text, values)
  }

  /** The database is its owner's to close. */
  async end(): Promise<void> {}

  /** Waits for the session; the caller has it until it calls what it is given. */
  async #lock(): Promise<Unlock> {
    const before = this.#lastTurn
    let unlock: Unlock = () => {}
    this.#lastTurn = new Promise((resolve) => {
      unlock = resolve
    })
    await before
    return unlock
  }
}

class PgliteClient extends EventEmitter {
  readonly #database: PGlite
  readonly #lock: () => Promise<Unlock>
  readonly #subscriptions: (() => Promise<void>)[] = []
  /** Set while this client is in a transaction. */
  #unlock: Unlock | undefined

  constructor(database: PGlite, lock: () => Promise<Unlock>) {
    super()
    this.#database = database
    this.#lock = lock
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Result<Row>> {
    const statement = text.replace(LEADING_COMMENTS, '')
    const listen = LISTEN.exec(statement)
    if (listen !== null) {
      if (listen[1] === undefined) await this.#listen(listen[2] ?? '')
      return { rows: [], rowCount: 0 }
    }
    const word = TRANSACTION_WORD.exec(statement)?.[1]?.toUpperCase()
    const unlock = this.#unlock ?? (await this.#lock())
    if (word === 'BEGIN') this.#unlock = unlock
    try {
      return await this.#run(statement, values)
    } finally {
      if (word === 'COMMIT' || word === 'ROLLBACK') this.#unlock = undefined
      if (this.#unlock === undefined) unlock()
    }
  }

  /** Ends the client's subscriptions, and a transaction it left open. */
  release(): void {
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe().catch(() => {})
    if (this.#unlock !== undefined) this.query('ROLLBACK').catch(() => {})
  }

  /** What a row looks like is the caller's knowledge, as with `pg`. */
  async #run<Row>(statement: string, values: readonly unknown[]): Promise<Result<Row>> {
    if (values.length === 0 && statement.includes(';')) {
      const last = (await this.#database.exec(statement)).at(-1)
      return { rows: (last?.rows ?? []) as Row[], rowCount: last?.affectedRows ?? last?.rows.length ?? 0 }
    }
    const { rows, affectedRows } = await this.#database.query<Row>(statement, values.map(parameter))
    return { rows, rowCount: affectedRows ?? rows.length }
  }

  async #listen(channel: string): Promise<void> {
    const unlock = this.#unlock ?? (await this.#lock())
    try {
      const deliver = (payload: string) => this.emit('notification', { channel, payload })
      this.#subscriptions.push(await this.#database.listen(channel, deliver))
    } finally {
      if (this.#unlock === undefined) unlock()
    }
  }
}

/** A parameter as `pg` would send it: plain objects as JSON, undefined as NULL. */
function parameter(value: unknown): unknown {
  if (value === undefined) return null
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value)
  return plain && !(value instanceof Date) && !(value instanceof Uint8Array) ? JSON.stringify(value) : value
}
