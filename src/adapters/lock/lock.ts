/**
 * A process lock: two processes never share one data directory or key.
 *
 * The lock is the operating system's own lock on a file, taken through SQLite: it goes with the process however that
 * ends, so there is no stale lock to judge, and no race in taking one over; it also holds between containers, where
 * process ids mean nothing. The file stays behind, empty. Beside it `<path>.pid` says who holds it, for people.
 * Not for network file systems without locks.
 * @module
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { DikastError } from '../../protocol/errors.ts'

/** What to tell people who find it locked. */
export interface LockOptions {
  /** What is in use; the path when absent. */
  readonly subject?: string
  /** What to do other than stop the holder. */
  readonly advice?: string
}

/** Thrown by `acquireLock` when another process, or this one, holds the lock. */
export class LockedError extends DikastError {
  readonly code = 'LOCKED'
  readonly path: string
  /** The holder, when it is known. */
  readonly pid: number | undefined

  constructor(path: string, pid: number | undefined, { subject, advice }: LockOptions = {}) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`
    super(`${subject ?? path} is in use by ${holder}`, {
      fix: `stop ${holder}, or ${advice ?? 'give this one a data directory of its own'}`,
    })
    this.path = path
    this.pid = pid
  }
}

export interface Lock {
  /** Lets go; harmless when repeated. */
  release(): void
}

const SQLITE_BUSY = 5

/** Takes the lock at `path` until it is released or the process ends. Throws `LockedError`. */
export function acquireLock(path: string, options: LockOptions = {}): Lock {
  mkdirSync(dirname(path), { recursive: true })
  const holderFile = `${path}.pid`
  const database = takeFileLock(path, holderFile, options)
  try {
    // Made anew: what lies there may be a link to something that must not be written over.
    rmSync(holderFile, { force: true })
    writeFileSync(holderFile, `${process.pid}\n`, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    database.close()
    throw error
  }
  const release = () => {
    if (!held.delete(release)) return
    rmSync(holderFile, { force: true })
    database.close()
  }
  if (!process.listeners('exit').includes(releaseAll)) process.on('exit', releaseAll)
  held.add(release)
  return { release }
}

/** What this process holds: one listener for all. */
const held = new Set<() => void>()

function releaseAll(): void {
  for (const release of [...held]) release()
}

function takeFileLock(path: string, holderFile: string, options: LockOptions): DatabaseSync {
  const { DatabaseSync } = sqlite()
  const database = new DatabaseSync(path)
  try {
    // Never committed: the transaction's exclusive lock is the lock.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (isBusy(error)) throw new LockedError(path, readHolder(holderFile), options)
    throw error
  }
}

const isBusy = (error: unknown) =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY

function readHolder(holderFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(holderFile, 'utf8').slice(0, 20))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
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
