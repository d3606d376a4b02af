/** What a conformance case works with: calls of a provider, with their answers read out of memory. @module */
import assert from 'node:assert/strict'
import type { WasiProvider } from '../../../../../src/adapters/sandbox/provider.ts'
import { DIRECTORY_RIGHTS, FILE_RIGHTS, RIGHT } from '../../../../../src/adapters/sandbox/wasi/abi.ts'
import type { WorldOptions } from '../../../../../src/adapters/sandbox/wasi/world.ts'
import type { WasiDialect } from '../../../../../src/core/wasm/wasi.ts'
import { Host, RESULT, ROOT_FD, SCRATCH } from '../../host.ts'

export interface Case {
  /** What holds; the case's name in docs/spec/wasi.md. */
  readonly says: string
  readonly options?: Partial<WorldOptions>
  readonly check: (guest: WasiGuest) => void
}

/** By the name of the official test each stands for. */
export type Cases = Readonly<Record<string, Case>>

export const CREATE = 1
export const DIRECTORY = 2
export const EXCLUSIVE = 4
export const TRUNCATE = 8
export const FOLLOW = 1
export const READ_WRITE = RIGHT.fdRead | RIGHT.fdWrite | RIGHT.fdSeek | RIGHT.fdTell | RIGHT.fdFilestatGet
export const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
/** A directory `/` with these files. */
export const withFiles = (...files: readonly (readonly [string, string])[]): Partial<WorldOptions> => ({
  directories: [{ guestPath: '/', files: files.map(([path, text]) => ({ path, bytes: encode(text) })) }],
})

export interface Stat {
  readonly device: bigint
  readonly inode: bigint
  readonly type: number
  readonly links: bigint
  readonly size: bigint
  readonly accessed: bigint
  readonly modified: bigint
}

interface OpenOptions {
  readonly flags?: number
  readonly follow?: number
  readonly rights?: bigint
  readonly inheriting?: bigint
  readonly fdFlags?: number
}

const SECOND = SCRATCH + 8192
const STAT = 512

export class WasiGuest extends Host {
  /** The directory the case works in. */
  dir = ROOT_FD

  constructor(options: Partial<WorldOptions>, provider: WasiProvider, dialect?: WasiDialect) {
    super(options, dialect, provider)
  }

  /** Opens below `dir`. */
  openAt(path: string, options: OpenOptions = {}, dir = this.dir): number | string {
    const { flags = 0, follow = 0, rights = 0n, inheriting = 0n, fdFlags = 0 } = options
    const { at, length } = this.put(SCRATCH, path)
    return this.call('path_open', dir, follow, at, length, flags, rights, inheriting, fdFlags, RESULT)
  }

  opened(path: string, options: OpenOptions = {}, dir = this.dir): number {
    assert.equal(this.openAt(path, options, dir), 0, `open ${path}`)
    const fd = this.u32(RESULT)
    assert.ok(fd > 2, 'a number of its own')
    return fd
  }

  /** An empty file, closed. */
  made(path: string): void {
    this.closes(this.opened(path, { flags: CREATE }))
  }

  closes(fd: number): void {
    assert.equal(this.call('fd_close', fd), 0, `close ${fd}`)
  }

  /** A directory of this name, open with all rights, to work in from here on. */
  enter(name: string): number {
    this.ok('path_create_directory', name)
    this.dir = this.opened(name, {
      flags: DIRECTORY,
      rights: DIRECTORY_RIGHTS,
      inheriting: DIRECTORY_RIGHTS | FILE_RIGHTS,
    })
    return this.dir
  }

  /** A call on one path below `dir`. */
  on(
    name: 'path_create_directory' | 'path_remove_directory' | 'path_unlink_file',
    path: string,
  ): number | string {
    const { at, length } = this.put(SCRATCH, path)
    return this.call(name, this.dir, at, length)
  }

  ok(name: 'path_create_directory' | 'path_remove_directory' | 'path_unlink_file', path: string): void {
    assert.equal(this.on(name, path), 0, `${name} ${path}`)
  }

  symlink(target: string, path: string): number | string {
    const text = this.put(SCRATCH, target)
    const name = this.put(SECOND, path)
    return this.call('path_symlink', text.at, text.length, this.dir, name.at, name.length)
  }

  rename(from: string, to: string): number | string {
    const a = this.put(SCRATCH, from)
    const b = this.put(SECOND, to)
    return this.call('path_rename', this.dir, a.at, a.length, this.dir, b.at, b.length)
  }

  link(from: string, to: string, { follow = 0, toDir = this.dir } = {}): number | string {
    const a = this.put(SCRATCH, from)
    const b = this.put(SECOND, to)
    return this.call('path_link', this.dir, follow, a.at, a.length, toDir, b.at, b.length)
  }

  writes(fd: number, text: string): void {
    assert.equal(this.write(fd, text), 0, `write to ${fd}`)
    assert.equal(this.u32(RESULT), encode(text).length)
  }

  /** What `pread` or `pwrite` moved, through buffers of these lengths from `SECOND` on. */
  at(name: 'fd_pread' | 'fd_pwrite', fd: number, offset: bigint, ...lengths: readonly number[]): number {
    let place = SECOND
    lengths.forEach((length, i) => {
      this.view.setUint32(SCRATCH + 8 * i, place, true)
      this.view.setUint32(SCRATCH + 8 * i + 4, length, true)
      place += length
    })
    assert.equal(this.call(name, fd, SCRATCH, lengths.length, offset, RESULT), 0, name)
    return this.u32(RESULT)
  }

  preads(fd: number, offset: bigint, ...lengths: readonly number[]): string {
    return this.text(SECOND, this.at('fd_pread', fd, offset, ...lengths))
  }

  pwrites(fd: number, offset: bigint, ...texts: readonly string[]): void {
    this.put(SECOND, texts.join(''))
    assert.equal(this.at('fd_pwrite', fd, offset, ...texts.map((text) => text.length)), texts.join('').length)
  }

  seeks(fd: number, offset: bigint, whence: number): bigint {
    assert.equal(this.call('fd_seek', fd, offset, whence, RESULT), 0, 'seek')
    return this.u64(RESULT)
  }

  tells(fd: number): bigint {
    assert.equal(this.call('fd_tell', fd, RESULT), 0, 'tell')
    return this.u64(RESULT)
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes(at, length))
  }

  fdStat(fd: number): { type: number; flags: number; rights: bigint; inheriting: bigint } {
    assert.equal(this.call('fd_fdstat_get', fd, STAT), 0, `fdstat of ${fd}`)
    return {
      type: this.view.getUint8(STAT),
      flags: this.view.getUint16(STAT + 2, true),
      rights: this.u64(STAT + 8),
      inheriting: this.u64(STAT + 16),
    }
  }

  stat(fd: number): Stat {
    assert.equal(this.call('fd_filestat_get', fd, STAT), 0, `filestat of ${fd}`)
    return this.#readStat()
  }

  statOf(path: string, follow = 0): Stat {
    const { at, length } = this.put(SCRATCH, path)
    assert.equal(this.call('path_filestat_get', this.dir, follow, at, length, STAT), 0, `filestat of ${path}`)
    return this.#readStat()
  }

  setTimes(path: string, follow: number, modified: bigint, flags: number): number | string {
    const { at, length } = this.put(SCRATCH, path)
    return this.call('path_filestat_set_times', this.dir, follow, at, length, 0n, modified, flags)
  }

  /** The entries one page of a listing gives, and whether it was the last. */
  list(
    fd: number,
    cookie: bigint,
  ): { entries: { name: string; next: bigint; inode: bigint; type: number }[]; last: boolean } {
    const PAGE = 256
    assert.equal(this.call('fd_readdir', fd, SCRATCH, PAGE, cookie, RESULT), 0, 'readdir')
    const used = this.u32(RESULT)
    assert.ok(used <= PAGE)
    const entries = []
    for (let at = SCRATCH; at + 24 <= SCRATCH + used; ) {
      const length = this.u32(at + 16)
      if (at + 24 + length > SCRATCH + used) break
      entries.push({
        name: this.text(at + 24, length),
        next: this.u64(at),
        inode: this.u64(at + 8),
        type: this.view.getUint8(at + 20),
      })
      at += 24 + length
    }
    return { entries, last: used < PAGE }
  }

  /** Every subscription of a `poll_oneoff`: clocks by their timeout, descriptors by their event type. */
  poll(
    ...subscriptions: readonly { userdata: bigint; type: number; fd?: number; timeout?: bigint }[]
  ): { userdata: bigint; errno: number; type: number }[] {
    subscriptions.forEach(({ userdata, type, fd = 0, timeout = 0n }, i) => {
      const at = SCRATCH + 48 * i
      this.put(at, new Uint8Array(48))
      this.view.setBigUint64(at, userdata, true)
      this.view.setUint8(at + 8, type)
      this.view.setUint32(at + 16, type === 0 ? 1 : fd, true)
      if (type === 0) this.view.setBigUint64(at + 24, timeout, true)
    })
    assert.equal(this.call('poll_oneoff', SCRATCH, SECOND, subscriptions.length, RESULT), 0, 'poll')
    return Array.from({ length: this.u32(RESULT) }, (_, i) => ({
      userdata: this.u64(SECOND + 32 * i),
      errno: this.view.getUint16(SECOND + 32 * i + 8, true),
      type: this.view.getUint8(SECOND + 32 * i + 10),
    }))
  }

  #readStat(): Stat {
    return {
      device: this.u64(STAT),
      inode: this.u64(STAT + 8),
      type: this.view.getUint8(STAT + 16),
      links: this.u64(STAT + 24),
      size: this.u64(STAT + 32),
      accessed: this.u64(STAT + 40),
      modified: this.u64(STAT + 48),
    }
  }
}

/** The answer is one of these errnos. */
export function refuses(actual: number | string, ...errnos: readonly number[]): void {
  assert.ok(
    typeof actual === 'number' && errnos.includes(actual),
    `${actual}, not one of ${errnos.join(', ')}`,
  )
}
