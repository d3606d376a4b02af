/**
 * Modules, and keys that circuits are proved with, on disk by their SHA-256.
 *
 * A file is checked against its name when it is written and whenever it is read: one that no longer matches is removed
 * and reported, never returned. Modules this node ran and modules it was only brought have half the quota each; in a full
 * half the least recently used goes. So nothing strangers bring displaces what is run here, and nothing that is run keeps
 * new functions out. Nothing is flushed: a file torn by a crash fails its check and is fetched again.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Log, silentLog } from '../../ports/log.ts'
import type { Modules } from '../../ports/modules.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../../protocol/limits.ts'
import type { Hash } from '../../protocol/types.ts'

export interface ModulesOptions {
  readonly dir: string
  readonly quotaBytes: number
  readonly log?: Log
}

type Kind = 'run' | 'brought'

interface Kept {
  readonly bytes: number
  readonly kind: Kind
}

export interface StoredModule extends Kept {
  readonly hash: Hash
}

/** Thrown when a module alone is more than its half of the quota. */
export class ModulesFullError extends DikastError {
  readonly code = 'MODULES_FULL'

  constructor(bytes: number, quotaBytes: number) {
    super(`no room for a module of ${bytes} bytes in half the quota of ${quotaBytes} bytes`, {
      fix: 'Raise the quota for modules.',
    })
  }
}

const FILE_NAME = /^([0-9a-f]{64})\.wasm$/
/** An empty file beside a module that was run here. */
const MARK_NAME = /^([0-9a-f]{64})\.run$/
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
  /** Least recently used first. */
  readonly #kept = new Map<Hash, Kept>()
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
    const found: (StoredModule & { readonly usedMs: number })[] = []
    const names = await readdir(this.#dir)
    for (const name of names) {
      const [, marked] = MARK_NAME.exec(name) ?? []
      const isStray = marked !== undefined && !names.includes(`${marked}.wasm`)
      if (TEMPORARY_NAME.test(name) || isStray) await rm(join(this.#dir, name), { force: true })
      const [, digits] = FILE_NAME.exec(name) ?? []
      if (digits === undefined) continue
      const { size, mtimeMs } = await stat(join(this.#dir, name))
      const kind = names.includes(`${digits}.run`) ? 'run' : 'brought'
      found.push({ hash: `0x${digits}`, bytes: size, kind, usedMs: mtimeMs })
    }
    for (const { hash, bytes, kind } of found.sort((a, b) => a.usedMs - b.usedMs))
      this.#kept.set(hash, { bytes, kind })
    for (const kind of ['run', 'brought'] as const) await this.#makeRoom(kind, 0)
  }

  async has(hash: Hash): Promise<boolean> {
    return this.#kept.has(hash)
  }

  /** The module, or undefined when it is not here, or no longer what its name says. */
  async get(hash: Hash): Promise<Uint8Array | undefined> {
    if (!this.#kept.has(hash)) return undefined
    const path = this.#path(hash)
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes === undefined || (await sha256(bytes)) !== hash) {
      this.#log.warn('module corrupt', { hash, path, missing: bytes === undefined })
      await this.delete(hash)
      return undefined
    }
    this.#touch(hash)
    const now = new Date()
    await utimes(path, now, now).catch(() => {})
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * Keeps a module. Throws `LimitExceededError` above `PROVING_KEY_BYTES_MAX`, `InvalidInputError` when the bytes are not
   * what the hash names, and `ModulesFullError`.
   */
  put(bytes: Uint8Array, expectedHash: Hash): Promise<void> {
    return this.#inTurn(async () => {
      if (bytes.length > PROVING_KEY_BYTES_MAX) {
        throw new LimitExceededError('module bytes', bytes.length, PROVING_KEY_BYTES_MAX)
      }
      if (!HASH.test(expectedHash)) throw new InvalidInputError('hash', 'not a lower-case hash')
      if ((await sha256(bytes)) !== expectedHash)
        throw new InvalidInputError('module', `its SHA-256 is not ${expectedHash}`)
      if (this.#kept.has(expectedHash)) return this.#touch(expectedHash)
      await this.#makeRoom('brought', bytes.length)
      const temporary = join(this.#dir, `.new-${randomUUID()}`)
      try {
        await writeFile(temporary, bytes, { mode: 0o600 })
        await rename(temporary, this.#path(expectedHash))
      } finally {
        await rm(temporary, { force: true })
      }
      this.#kept.set(expectedHash, { bytes: bytes.length, kind: 'brought' })
    })
  }

  ran(hash: Hash): Promise<void> {
    return this.#inTurn(async () => {
      const kept = this.#kept.get(hash)
      if (kept?.kind !== 'brought') return
      await this.#makeRoom('run', kept.bytes)
      await writeFile(this.#markOf(hash), '', { mode: 0o600 })
      this.#kept.set(hash, { ...kept, kind: 'run' })
      this.#touch(hash)
    })
  }

  delete(hash: Hash): Promise<void> {
    return this.#inTurn(() => this.#remove(hash))
  }

  /** Least recently used first. */
  list(): readonly StoredModule[] {
    return [...this.#kept].map(([hash, kept]) => ({ hash, ...kept }))
  }

  usedBytes(): number {
    return sum(this.list())
  }

  /** So that one more fits into its kind's half. */
  async #makeRoom(kind: Kind, bytes: number): Promise<void> {
    const room = this.#quotaBytes / 2 - bytes
    if (room < 0) throw new ModulesFullError(bytes, this.#quotaBytes)
    const ofKind = this.list().filter((module) => module.kind === kind)
    let used = sum(ofKind)
    for (const oldest of ofKind) {
      if (used <= room) return
      await this.#remove(oldest.hash)
      used -= oldest.bytes
    }
  }

  async #remove(hash: Hash): Promise<void> {
    if (!this.#kept.delete(hash)) return
    for (const path of [this.#markOf(hash), this.#path(hash)]) await rm(path, { force: true })
  }

  #touch(hash: Hash): void {
    const kept = this.#kept.get(hash)
    if (kept === undefined) return
    this.#kept.delete(hash)
    this.#kept.set(hash, kept)
  }

  #path(hash: Hash): string {
    return join(this.#dir, `${hash.slice(2)}.wasm`)
  }

  #markOf(hash: Hash): string {
    return join(this.#dir, `${hash.slice(2)}.run`)
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#lastWrite.then(action)
    this.#lastWrite = turn.catch(() => {})
    return turn
  }
}

function sum(modules: readonly StoredModule[]): number {
  return modules.reduce((total, { bytes }) => total + bytes, 0)
}

/** On a thread of the platform's: of the largest key it takes a tenth of a second and more. */
async function sha256(bytes: Uint8Array): Promise<Hash> {
  // Bytes of this process, none of them shared between threads.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return `0x${Buffer.from(digest).toString('hex')}`
}
