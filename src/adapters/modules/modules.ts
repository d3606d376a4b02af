/**
 * Modules on disk, by their SHA-256.
 *
 * A file is checked against its name when it is written and whenever it is read: one that no longer matches is removed
 * and reported, never returned. When the quota is reached the least recently used module that is not pinned goes.
 * Nothing is flushed: a file torn by a crash fails its check and is fetched again.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Log, silentLog } from '../../ports/log.ts'
import type { Modules } from '../../ports/modules.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { MODULE_BYTES_MAX } from '../../protocol/limits.ts'
import type { Hash } from '../../protocol/types.ts'

export interface ModulesOptions {
  readonly dir: string
  readonly quotaBytes: number
  readonly log?: Log
}

export interface StoredModule {
  readonly hash: Hash
  readonly bytes: number
  readonly pinned: boolean
}

/** Thrown by `put` when what is pinned leaves no room. */
export class ModulesFullError extends DikastError {
  readonly code = 'MODULES_FULL'

  constructor(bytes: number, quotaBytes: number) {
    super(`no room for a module of ${bytes} bytes: pinned modules fill the quota of ${quotaBytes} bytes`, {
      fix: 'Raise the quota for modules.',
    })
  }
}

const FILE_NAME = /^([0-9a-f]{64})\.wasm$/
const TEMPORARY_NAME = /^\.new-/
const HASH = /^0x[0-9a-f]{64}$/

export async function openModules(options: ModulesOptions): Promise<ModuleFolder> {
  const modules = new ModuleFolder(options)
  await modules.scan()
  return modules
}

export class ModuleFolder implements Modules {
  readonly #dir: string
  readonly #quotaBytes: number
  readonly #log: Log
  /** Sizes, least recently used first. */
  readonly #sizes = new Map<Hash, number>()
  readonly #pinned = new Set<Hash>()
  /** Writes happen one after another, so that the quota holds. */
  #lastWrite: Promise<unknown> = Promise.resolve()

  constructor({ dir, quotaBytes, log = silentLog }: ModulesOptions) {
    this.#dir = dir
    this.#quotaBytes = quotaBytes
    this.#log = log
  }

  /** Reads what is there; called once, by `openModules`. */
  async scan(): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const found: { readonly hash: Hash; readonly bytes: number; readonly usedMs: number }[] = []
    for (const name of await readdir(this.#dir)) {
      if (TEMPORARY_NAME.test(name)) await rm(join(this.#dir, name), { force: true })
      const digits = FILE_NAME.exec(name)?.[1]
      if (digits === undefined) continue
      const { size, mtimeMs } = await stat(join(this.#dir, name))
      found.push({ hash: `0x${digits}`, bytes: size, usedMs: mtimeMs })
    }
    for (const { hash, bytes } of found.sort((a, b) => a.usedMs - b.usedMs)) this.#sizes.set(hash, bytes)
    await this.#makeRoom(0)
  }

  async has(hash: Hash): Promise<boolean> {
    return this.#sizes.has(hash)
  }

  /** The module, or undefined when it is not here, or no longer what its name says. */
  async get(hash: Hash): Promise<Uint8Array | undefined> {
    if (!this.#sizes.has(hash)) return undefined
    const path = this.#path(hash)
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes === undefined || sha256(bytes) !== hash) {
      this.#log.warn('module corrupt', { hash, path, missing: bytes === undefined })
      await this.delete(hash)
      return undefined
    }
    this.#touch(hash, bytes.length)
    const now = new Date()
    await utimes(path, now, now).catch(() => {})
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * Keeps a module. Throws `LimitExceededError` above `MODULE_BYTES_MAX`, `InvalidInputError` when the bytes are not
   * what the hash names, and `ModulesFullError`.
   */
  put(bytes: Uint8Array, expectedHash: Hash): Promise<void> {
    return this.#inTurn(async () => {
      if (bytes.length > MODULE_BYTES_MAX) {
        throw new LimitExceededError('module bytes', bytes.length, MODULE_BYTES_MAX)
      }
      if (!HASH.test(expectedHash)) throw new InvalidInputError('hash', 'not a lower-case hash')
      if (sha256(bytes) !== expectedHash)
        throw new InvalidInputError('module', `its SHA-256 is not ${expectedHash}`)
      if (this.#sizes.has(expectedHash)) return this.#touch(expectedHash, bytes.length)
      await this.#makeRoom(bytes.length)
      const temporary = join(this.#dir, `.new-${randomUUID()}`)
      try {
        await writeFile(temporary, bytes, { mode: 0o600 })
        await rename(temporary, this.#path(expectedHash))
      } finally {
        await rm(temporary, { force: true })
      }
      this.#sizes.set(expectedHash, bytes.length)
    })
  }

  delete(hash: Hash): Promise<void> {
    return this.#inTurn(() => this.#remove(hash))
  }

  /** Keeps a module from eviction, here or yet to come. Pins last as long as the process. */
  pin(hash: Hash): void {
    this.#pinned.add(hash)
  }

  unpin(hash: Hash): void {
    this.#pinned.delete(hash)
  }

  /** Least recently used first. */
  list(): readonly StoredModule[] {
    return [...this.#sizes].map(([hash, bytes]) => ({ hash, bytes, pinned: this.#pinned.has(hash) }))
  }

  usedBytes(): number {
    return [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  async #makeRoom(bytes: number): Promise<void> {
    const pinnedBytes = this.list().reduce((sum, module) => sum + (module.pinned ? module.bytes : 0), 0)
    if (pinnedBytes + bytes > this.#quotaBytes) throw new ModulesFullError(bytes, this.#quotaBytes)
    for (const { hash, pinned } of this.list()) {
      if (this.usedBytes() + bytes <= this.#quotaBytes) return
      if (!pinned) await this.#remove(hash)
    }
  }

  async #remove(hash: Hash): Promise<void> {
    if (!this.#sizes.delete(hash)) return
    await rm(this.#path(hash), { force: true })
  }

  #touch(hash: Hash, bytes: number): void {
    if (this.#sizes.delete(hash)) this.#sizes.set(hash, bytes)
  }

  #path(hash: Hash): string {
    return join(this.#dir, `${hash.slice(2)}.wasm`)
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#lastWrite.then(action)
    this.#lastWrite = turn.catch(() => {})
    return turn
  }
}

function sha256(bytes: Uint8Array): Hash {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}
