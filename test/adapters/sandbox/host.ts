/**
 * The guest's side of WASI without a guest: calls the host functions as the engine would, on a memory of one's own.
 * @module
 */
import assert from 'node:assert/strict'
import type { RunMessage } from '../../../src/adapters/sandbox/messages.ts'
import { DETERMINISTIC, type WasiProvider } from '../../../src/adapters/sandbox/provider.ts'
import { RunEnd } from '../../../src/adapters/sandbox/wasi/abi.ts'
import { WASI_FUNCTIONS } from '../../../src/adapters/sandbox/wasi/imports.ts'
import { createWorld, type WorldOptions } from '../../../src/adapters/sandbox/wasi/world.ts'
import type { WasiDialect, WasiFunction } from '../../../src/core/wasm/wasi.ts'
import { METERED } from '../../../src/ports/sandbox.ts'
import { guest } from '../../fixtures/wasm/assemble.ts'

/** A guest that imports everything and does nothing: its memory is what calls work on. */
const GUESTS = Object.fromEntries(
  (['wasi_snapshot_preview1', 'wasi_unstable'] as const).map((dialect) => {
    const imports = WASI_FUNCTIONS.filter((name) => dialect !== 'wasi_unstable' || name !== 'sock_accept')
    const bytes = guest({ imports, dialect, start: [], memory: { minimum: 4 } })
    return [dialect, { imports, compiled: new WebAssembly.Module(Uint8Array.from(bytes)) }]
  }),
)
type Calls = Record<string, (...values: readonly (number | bigint)[]) => number | string>
const RUN: RunMessage = {
  id: 0,
  moduleHash: '0x',
  runtime: METERED,
  fuelLimit: 0n,
  entry: '_start',
  input: new Uint8Array(),
  seed: new Uint8Array(32),
  clockNs: 0n,
  memoryBytesMax: 0,
  outputBytesMax: 100,
  wallClockMsMax: 0,
}

export const ROOT_FD = 3
export const ALL_RIGHTS = (1n << 29n) - 1n
/** Where tests put results and texts. */
export const RESULT = 0
export const SCRATCH = 4096

const encoder = new TextEncoder()

/** What `work` gives, or the exit of the run as `end 0x112`. */
export function exitOfRun<Value>(work: () => Value): Value | string {
  try {
    return work()
  } catch (error) {
    if (error instanceof RunEnd) return `end 0x${error.exit.toString(16)}`
    throw error
  }
}

export class Host {
  readonly memory: WebAssembly.Memory
  readonly world
  readonly run
  readonly #calls: Calls

  constructor(
    options: Partial<WorldOptions> = {},
    dialect: WasiDialect = 'wasi_snapshot_preview1',
    provider: WasiProvider = DETERMINISTIC,
  ) {
    const { imports, compiled } = GUESTS[dialect] ?? assert.fail(dialect)
    this.world = createWorld({ ...RUN, ...options })
    this.run = provider(compiled, this.world, { ...RUN, ...options })
    this.#calls = this.run.imports(dialect, imports) as Calls
    const instance = new WebAssembly.Instance(compiled, {
      [dialect]: this.#calls as WebAssembly.ModuleImports,
    })
    this.memory = instance.exports.memory as WebAssembly.Memory
    this.world.memory.bind(this.memory)
    this.run.bind(instance)
  }

  get view(): DataView {
    return new DataView(this.memory.buffer)
  }

  /** The errno, or the exit of the run as `end 0x112`. */
  call(name: WasiFunction, ...values: (number | bigint)[]): number | string {
    return exitOfRun(() => this.#calls[name]?.(...values) ?? 'not imported')
  }

  put(at: number, content: string | Uint8Array): { readonly at: number; readonly length: number } {
    const bytes = typeof content === 'string' ? encoder.encode(content) : content
    new Uint8Array(this.memory.buffer).set(bytes, at)
    return { at, length: bytes.length }
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer.slice(at, at + length))
  }

  u32(at: number): number {
    return this.view.getUint32(at, true)
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true)
  }

  /** Opens a path below the root; the descriptor, or why not. */
  open(
    path: string,
    { flags = 0, follow = 1, rights = ALL_RIGHTS & ~(1n << 6n), fd = ROOT_FD } = {},
  ): number | string {
    const { at, length } = this.put(SCRATCH, path)
    const errno = this.call('path_open', fd, follow, at, length, flags, rights, ALL_RIGHTS, 0, RESULT)
    return errno === 0 ? this.u32(RESULT) : `errno ${errno}`
  }

  create(path: string): number {
    const fd = this.open(path, { flags: 1, rights: ALL_RIGHTS })
    if (typeof fd === 'string') throw new Error(`cannot create ${path}: ${fd}`)
    return fd
  }

  write(fd: number, content: string | Uint8Array): number | string {
    const { at, length } = this.put(SCRATCH, content)
    this.view.setUint32(SCRATCH - 8, at, true)
    this.view.setUint32(SCRATCH - 4, length, true)
    return this.call('fd_write', fd, SCRATCH - 8, 1, RESULT)
  }

  read(fd: number, length: number): string {
    this.view.setUint32(SCRATCH - 8, SCRATCH, true)
    this.view.setUint32(SCRATCH - 4, length, true)
    const errno = this.call('fd_read', fd, SCRATCH - 8, 1, RESULT)
    return errno === 0 ? new TextDecoder().decode(this.bytes(SCRATCH, this.u32(RESULT))) : `errno ${errno}`
  }

  /** A call that takes one path below the root. */
  path(name: WasiFunction, path: string): number | string {
    const { at, length } = this.put(SCRATCH, path)
    return this.call(name, ROOT_FD, at, length)
  }

  /** A call that takes two. */
  paths(name: 'path_rename' | 'path_symlink' | 'path_link', from: string, to: string): number | string {
    const a = this.put(SCRATCH, from)
    const b = this.put(SCRATCH + 8192, to)
    if (name === 'path_symlink') return this.call(name, a.at, a.length, ROOT_FD, b.at, b.length)
    if (name === 'path_link') return this.call(name, ROOT_FD, 0, a.at, a.length, ROOT_FD, b.at, b.length)
    return this.call(name, ROOT_FD, a.at, a.length, ROOT_FD, b.at, b.length)
  }
}
