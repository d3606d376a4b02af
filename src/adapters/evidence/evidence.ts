/**
 * Transcripts on disk, by their digest, for the evidence period.
 *
 * An attestation that names one is signed only after `keep` resolved, so a file and its name are flushed before. A file's
 * time is when its period began. A file that is read and is not what its name says is removed and reported, never
 * returned: from then on this node does not attest it.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TRANSCRIPT_FILE_BYTES_MAX, type Transcript } from '../../core/transcript.ts'
import type { Clock } from '../../ports/clock.ts'
import { type Evidence, EvidenceFullError } from '../../ports/evidence.ts'
import { type Log, silentLog } from '../../ports/log.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { EVIDENCE_PERIOD_SECONDS } from '../../protocol/limits.ts'
import type { Hash } from '../../protocol/types.ts'
import { TranscriptHashing } from './hashing.ts'

export interface EvidenceOptions {
  readonly dir: string
  readonly quotaBytes: number
  readonly clock: Clock
  readonly log?: Log
}

interface Kept {
  readonly bytes: number
  readonly sinceMs: number
}

/** What a file counts as at the least: many small ones cost memory and a directory's room. */
const FILE_BYTES_MIN = 16_384
const PERIOD_MS = EVIDENCE_PERIOD_SECONDS * 1000
const FILE_NAME = /^([0-9a-f]{64})\.transcript$/
const TEMPORARY_NAME = /^\.new-/

export async function openEvidence(options: EvidenceOptions): Promise<EvidenceFolder> {
  const evidence = new EvidenceFolder(options)
  await evidence.scan()
  return evidence
}

export class EvidenceFolder implements Evidence {
  readonly #dir: string
  readonly #quotaBytes: number
  readonly #clock: Clock
  readonly #log: Log
  readonly #kept = new Map<Hash, Kept>()
  readonly #writing = new TranscriptHashing()
  /** Another: those who ask must not delay what this node is about to attest. */
  readonly #checking = new TranscriptHashing()
  #usedBytes = 0
  /** Writes happen one after another, so that the quota holds. */
  #lastWrite: Promise<unknown> = Promise.resolve()

  constructor({ dir, quotaBytes, clock, log = silentLog }: EvidenceOptions) {
    this.#dir = dir
    this.#quotaBytes = quotaBytes
    this.#clock = clock
    this.#log = log
  }

  /** Reads what is there; called once, by `openEvidence`. */
  async scan(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#dir)) {
      if (TEMPORARY_NAME.test(name)) await rm(join(this.#dir, name), { force: true })
      const [, digits] = FILE_NAME.exec(name) ?? []
      if (digits === undefined) continue
      const { size, mtimeMs } = await stat(join(this.#dir, name))
      this.#note(`0x${digits}`, size, mtimeMs)
    }
    await this.sweep()
  }

  assertRoom(): void {
    this.#assertFits(TRANSCRIPT_FILE_BYTES_MAX)
  }

  async keep(transcript: Transcript): Promise<Hash> {
    const { digest, bytes } = await this.#writing.fileOf(transcript)
    await this.#put(bytes, digest)
    return digest
  }

  async keepFile(bytes: Uint8Array, digest: Hash): Promise<void> {
    if (!(await this.#writing.isFileOf(bytes, digest)))
      throw new InvalidInputError('evidence', `${bytes.length} bytes are not what ${digest} is of`)
    await this.#put(bytes, digest)
  }

  #put(bytes: Uint8Array, digest: Hash): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#kept.get(digest)
      if (before === undefined) this.#assertFits(bytes.length)
      const sinceMs = this.#clock.nowMs()
      await this.#write(this.#path(digest), bytes, sinceMs)
      this.#note(digest, bytes.length, sinceMs)
    })
  }

  has(digest: Hash): boolean {
    const kept = this.#kept.get(digest)
    return kept !== undefined && !this.#isOver(kept)
  }

  async get(digest: Hash): Promise<Uint8Array | undefined> {
    if (!this.has(digest)) return undefined
    const path = this.#path(digest)
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes !== undefined && (await this.#checking.isFileOf(bytes, digest)))
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#log.error('evidence corrupt', { digest, path, missing: bytes === undefined })
    await this.#inTurn(() => this.#remove(digest))
    return undefined
  }

  /** Removes what has had its period. */
  sweep(): Promise<void> {
    return this.#inTurn(async () => {
      for (const [digest, kept] of [...this.#kept]) if (this.#isOver(kept)) await this.#remove(digest)
    })
  }

  usedBytes(): number {
    return this.#usedBytes
  }

  #isOver({ sinceMs }: Kept): boolean {
    return this.#clock.nowMs() - sinceMs >= PERIOD_MS
  }

  #assertFits(bytes: number): void {
    const freeBytes = this.#quotaBytes - this.#usedBytes
    if (counted(bytes) > freeBytes) throw new EvidenceFullError(bytes, freeBytes, this.#quotaBytes)
  }

  #note(digest: Hash, bytes: number, sinceMs: number): void {
    this.#usedBytes += counted(bytes) - counted(this.#kept.get(digest)?.bytes)
    this.#kept.set(digest, { bytes, sinceMs })
  }

  async #remove(digest: Hash): Promise<void> {
    const kept = this.#kept.get(digest)
    if (kept === undefined) return
    await rm(this.#path(digest), { force: true })
    this.#kept.delete(digest)
    this.#usedBytes -= counted(kept.bytes)
  }

  async #write(path: string, bytes: Uint8Array, sinceMs: number): Promise<void> {
    const temporary = join(this.#dir, `.new-${randomUUID()}`)
    try {
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(bytes)
        await file.utimes(new Date(sinceMs), new Date(sinceMs))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
      await flushFolder(this.#dir)
    } finally {
      await rm(temporary, { force: true })
    }
  }

  #path(digest: Hash): string {
    return join(this.#dir, `${digest.slice(2)}.transcript`)
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(action)
    this.#lastWrite = turn.catch(() => {})
    return turn
  }
}

function counted(bytes: number | undefined): number {
  return bytes === undefined ? 0 : Math.max(bytes, FILE_BYTES_MIN)
}

/** So that a new name survives a crash. */
async function flushFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
