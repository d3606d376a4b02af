/**
 * The durable store: one SQLite file in write-ahead mode, flushed to disk with every write.
 *
 * Keys are kept as UTF-16BE bytes, so that SQLite's byte order is the order of JavaScript strings. One process at a
 * time is the caller's to ensure, with a lock beside the file.
 * @module
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Store, StoreEntry, StoreRange, StoreWrite } from '../../ports/store.ts'
import { checkLimit, checkName, checkWrites, NAME_LENGTH_MAX } from './bounds.ts'
import { StoreError } from './store-error.ts'

/** "dkst": tells our files from other SQLite files. */
const APPLICATION_ID = 0x646b7374
const SCHEMA_VERSION = 1
const SCHEMA = `
  CREATE TABLE entry (space TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key))
    STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`
/** `node:sqlite` binds an empty array as NULL. */
const BLOB = "ifnull(?, x'')"
/** One unit more than a key may have, each the largest. */
const BEHIND_ALL_KEYS = new Uint8Array(2 * (NAME_LENGTH_MAX + 1)).fill(0xff)
/** A second process that slipped past the lock waits this long, then fails. */
const BUSY_MS = 1_000

/** Opens or creates the store at `path`. Throws `StoreError`. */
export function openStore(path: string): Store {
  return failing(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    return new SqliteStore(path)
  })
}

class SqliteStore implements Store {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements
  #closed = false

  constructor(path: string) {
    this.#path = path
    const { DatabaseSync } = sqlite()
    const database = new DatabaseSync(path)
    this.#database = database
    try {
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
      migrate(database)
      this.#statements = {
        get: database.prepare(`SELECT value FROM entry WHERE space = ? AND key = ${BLOB}`),
        list: database.prepare(
          `SELECT key, value FROM entry WHERE space = ? AND key >= ${BLOB} AND key < ${BLOB} ORDER BY key LIMIT ?`,
        ),
        put: database.prepare(
          `INSERT OR REPLACE INTO entry (space, key, value) VALUES (?, ${BLOB}, ${BLOB})`,
        ),
        delete: database.prepare(`DELETE FROM entry WHERE space = ? AND key = ${BLOB}`),
      }
    } catch (error) {
      database.close()
      throw error
    }
  }

  get(space: string, key: string): Uint8Array | undefined {
    checkName('space', space)
    checkName('key', key)
    const row = this.#use(() => this.#statements.get.get(space, encodeKey(key)))
    return row === undefined ? undefined : blob(row.value)
  }

  list(space: string, { limit, after, before }: StoreRange): readonly StoreEntry[] {
    checkName('space', space)
    checkLimit(limit)
    // No key lies between one and the same with a zero behind it.
    const from = encodeKey(after === undefined ? '' : `${after}\0`)
    const to = before === undefined ? BEHIND_ALL_KEYS : encodeKey(before)
    const rows = this.#use(() => this.#statements.list.all(space, from, to, limit))
    return rows.map((row) => ({ key: decodeKey(blob(row.key)), value: blob(row.value) }))
  }

  write(writes: readonly StoreWrite[]): void {
    checkWrites(writes)
    this.#use(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        for (const write of writes) this.#apply(write)
        this.#database.exec('COMMIT')
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#database.close()
  }

  #apply(write: StoreWrite): void {
    const key = encodeKey(write.key)
    if (write.type === 'put') this.#statements.put.run(write.space, key, write.value)
    else this.#statements.delete.run(write.space, key)
  }

  #use<T>(action: () => T): T {
    if (this.#closed) throw new StoreError('closed', this.#path)
    return failing(this.#path, action)
  }
}

function migrate(database: DatabaseSync): void {
  const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  const version = pragma('user_version')
  if (version === 0 && Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n) === 0) {
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`)
    return
  }
  if (pragma('application_id') !== APPLICATION_ID) {
    throw new StoreError('unreadable', 'an SQLite file, but not a Dikast store', {
      fix: 'Give another path.',
    })
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreError('newer', `schema ${version}, this version knows ${SCHEMA_VERSION}`, {
      fix: 'Run the version of Dikast that wrote it, or a later one.',
    })
  }
}

const encodeKey = (key: string): Uint8Array => Buffer.from(key, 'utf16le').swap16()
const decodeKey = (bytes: Uint8Array): string => Buffer.from(bytes).swap16().toString('utf16le')

function blob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new StoreError('unreadable', 'a column is no blob')
}

function failing<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError('unreadable', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
      fix: 'Check the disk and the permissions; the store can be deleted and is rebuilt from the chain.',
    })
  }
}

/** `node:sqlite`, without the warning Node prints once for it: the version of Node is pinned. */
function sqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
