import { EXIT } from '../../../core/wasm/exit.ts'
import type { WasiDialect, WasiFunction } from '../../../core/wasm/wasi.ts'
import type { GuestDirectory } from '../../../ports/sandbox.ts'
import { ERRNO, FD_APPEND, fail, RunEnd } from '../wasi/abi.ts'
import { STORAGE_BYTES_MAX } from '../wasi/limits.ts'
import type { World } from '../wasi/world.ts'
import type { Quota } from './quota.ts'

type Value = number | bigint
/** The library's functions of one namespace. */
export type RawCalls = Readonly<Record<string, (...values: readonly Value[]) => unknown>>
/** The functions the library answers, each behind checks of its own. */
export type FileCall = Extract<WasiFunction, `fd_${string}` | `path_${string}`>

/** The library failed at a call: it panicked, or has no such function. */
export class WasmerPanic extends Error {}

/** What the library gives, its own errors as panics. This host's lack of stack or memory is not the library's doing. */
export function panicking<Value>(what: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError || error instanceof RunEnd || error instanceof WasmerPanic) throw error
    throw new WasmerPanic(`${what}: ${String(error).slice(0, 100)}`)
  }
}

export const STAT_BYTES = 64
export const FDSTAT_BYTES = 24
const ROOT = 3
/** Where calls have their descriptors, when it is not first and once. */
const DESCRIPTORS_AT: { readonly [name in FileCall]?: readonly number[] } = {
  path_link: [0, 4],
  path_rename: [0, 3],
  path_symlink: [2],
}

/**
 * The library's functions for one run, what can be learned from them about a descriptor, and which descriptors are not its
 * own: it has the standard streams, too, but what is written there it keeps without bound.
 */
export class Library {
  /** Which standard stream a descriptor is. */
  readonly streams = new Map([0, 1, 2].map((fd) => [fd, fd]))
  /** Directories of the job's that are open, by the names the guest knows. */
  readonly preopens: Map<number, string>
  /** The library has a directory of its own there, which it also shows when that was closed. */
  #rootIsOpen: boolean
  readonly #world: World
  readonly #raw: RawCalls
  readonly #quota: Quota
  readonly #sizeAt: number

  constructor(
    world: World,
    dialect: WasiDialect,
    raw: RawCalls,
    quota: Quota,
    directories: readonly GuestDirectory[],
  ) {
    this.#world = world
    this.#raw = raw
    this.preopens = new Map(directories.map(({ guestPath }, i) => [ROOT + i, guestPath]))
    this.#rootIsOpen = directories.length > 0
    this.#quota = quota
    this.#sizeAt = dialect === 'wasi_unstable' ? 24 : 32
  }

  /** Throws the errno of the library. */
  call(name: FileCall, ...values: readonly Value[]): void {
    const errno = this.#errnoOf(name, values)
    if (errno !== ERRNO.success) fail(errno)
  }

  /** Puts the directories where the guest looks for them: the library opens them one further. */
  place(): void {
    for (let i = 0; i < this.preopens.size; i++) this.call('fd_renumber', ROOT + 1 + i, ROOT + i)
  }

  opened(fd: number): void {
    this.streams.delete(fd)
    if (fd === ROOT) this.#rootIsOpen = true
  }

  closed(fd: number): void {
    this.streams.delete(fd)
    this.preopens.delete(fd)
    if (fd === ROOT) this.#rootIsOpen = false
  }

  moved(from: number, to: number): void {
    const stream = this.streams.get(from)
    const preopen = this.preopens.get(from)
    this.closed(to)
    this.closed(from)
    if (to === ROOT) this.#rootIsOpen = true
    if (stream !== undefined) this.streams.set(to, stream)
    if (preopen !== undefined) this.preopens.set(to, preopen)
  }

  /** Makes room for a file that is to reach `end`. */
  reserve(fd: number, end: bigint): void {
    const size = this.#ask('fd_filestat_get', fd, STAT_BYTES, (at) =>
      this.#world.memory.u64(at + this.#sizeAt),
    )
    if (size === undefined || end <= size) return
    if (end > STORAGE_BYTES_MAX) throw new RunEnd(EXIT.storageLimit)
    this.#quota.grow(Number(end - size))
    this.#world.meter.moved(Number(end))
  }

  /** Makes room for a write of `bytes` where the descriptor stands. */
  reserveHere(fd: number, bytes: number): void {
    const flags = this.#ask('fd_fdstat_get', fd, FDSTAT_BYTES, (at) => this.#world.memory.u16(at + 2)) ?? 0
    const place =
      flags & FD_APPEND
        ? this.#ask('fd_filestat_get', fd, STAT_BYTES, (at) => this.#world.memory.u64(at + this.#sizeAt))
        : this.#ask('fd_tell', fd, 8, (at) => this.#world.memory.u64(at))
    this.reserve(fd, (place ?? 0n) + BigInt(bytes))
  }

  /** Has the library answer into the guest's first bytes, and puts back what was there. */
  #ask<Answer>(name: FileCall, fd: number, bytes: number, read: (at: number) => Answer): Answer | undefined {
    const { memory } = this.#world
    const kept = memory.copy(0, bytes)
    try {
      return this.#errnoOf(name, [fd, 0]) === ERRNO.success ? read(0) : undefined
    } finally {
      memory.paste(0, kept)
    }
  }

  #errnoOf(name: FileCall, values: readonly Value[]): number {
    const descriptors = (DESCRIPTORS_AT[name] ?? [0]).map((at) => values[at])
    if (!this.#rootIsOpen && descriptors.includes(ROOT)) return ERRNO.badf
    // The library takes an i32 as a signed number, and cuts off what is larger.
    const signed = values.map((value) => (typeof value === 'number' ? value | 0 : value))
    const errno = panicking(name, () => this.#raw[name]?.(...signed))
    if (typeof errno !== 'number') throw new WasmerPanic(`${name} gave no errno`)
    return errno
  }
}
