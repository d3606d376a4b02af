/**
 * `wasmer-1`: files are @wasmer/wasi's, everything else is the deterministic WASI's, and so is what calls cost.
 *
 * Every call is checked before the library sees it (`calls.ts`): it reads buffers of any size, keeps files without bound and
 * panics at some calls. A panic ends the run as a trap (0x10f): the library starts anew with every run and knows nothing
 * of the host, so it panics on every node or on none, unless the host had no memory for it.
 * @module
 */
import { MemFS, WASI } from '@wasmer/wasi'
import { EXIT } from '../../../core/wasm/exit.ts'
import type { WasiDialect, WasiFunction } from '../../../core/wasm/wasi.ts'
import type { GuestDirectory } from '../../../ports/sandbox.ts'
import type { Failed } from '../messages.ts'
import type { WasiProvider, WasiRun } from '../provider.ts'
import { createGuard } from '../wasi/imports.ts'
import { DIRECTORIES, type World } from '../wasi/world.ts'
import { wasmerCalls } from './calls.ts'
import { giveDirectories, keptDirectories, pathOf } from './directories.ts'
import { restartLibrary } from './library.ts'
import { Quota } from './quota.ts'
import { Library, panicking, type RawCalls, WasmerPanic } from './raw.ts'

/** With a library that has this much memory, a panic may be the host's that had no more. Bounded storage takes a fraction. */
const LIBRARY_BYTES_MAX = 512 * 1024 * 1024

const WASI_NAMESPACE = /^wasi_/
const NS_PER_MS = 1_000_000n

/** `library` comes from `loadLibrary`. */
export function createWasmerProvider(library: WebAssembly.Module): WasiProvider {
  return (compiled, world, { directories = DIRECTORIES }) => {
    const memory = restartLibrary(library, () => Number(world.clock.now() / NS_PER_MS))
    return new WasmerRun(compiled, world, directories, memory)
  }
}

type Namespaces = Readonly<Record<string, RawCalls>>

class WasmerRun implements WasiRun {
  readonly #world: World
  readonly #directories: readonly GuestDirectory[]
  readonly #memory: WebAssembly.Memory
  readonly #quota: Quota
  readonly #files: MemFS
  /** Only for a module that imports something of WASI: the library takes no other. */
  #wasi: WASI | undefined
  #raw: Namespaces = {}
  /** Why the library did not start. */
  #failure: WasmerPanic | undefined
  readonly #libraries: Library[] = []

  constructor(
    compiled: WebAssembly.Module,
    world: World,
    directories: readonly GuestDirectory[],
    memory: WebAssembly.Memory,
  ) {
    this.#world = world
    this.#directories = directories
    this.#memory = memory
    this.#quota = new Quota(directories.length)
    this.#files = new MemFS()
    try {
      panicking('start', () => giveDirectories(this.#files, directories, this.#quota))
      if (WebAssembly.Module.imports(compiled).some(({ module }) => WASI_NAMESPACE.test(module))) {
        const preopens = Object.fromEntries(directories.map((_, i) => [pathOf(i), pathOf(i)]))
        const wasi = panicking('start', () => new WASI({ args: [], env: {}, preopens, fs: this.#files }))
        this.#raw = panicking('getImports', () => wasi.getImports(compiled)) as Namespaces
        this.#wasi = wasi
      }
    } catch (error) {
      if (!(error instanceof WasmerPanic)) throw error
      this.#failure = error
    }
  }

  imports(dialect: WasiDialect, names: readonly string[]): WebAssembly.ModuleImports {
    const raw = this.#raw[dialect] ?? {}
    const library = new Library(this.#world, dialect, raw, this.#quota, this.#directories)
    this.#libraries.push(library)
    const calls = wasmerCalls(this.#world, dialect, library, this.#quota)
    const guarded = createGuard(this.#world)
    // What validated the module has seen to the names.
    return Object.fromEntries(names.map((name) => [name, guarded(calls[name as WasiFunction])]))
  }

  bind(instance: WebAssembly.Instance): void {
    if (this.#failure !== undefined) throw this.#failure
    panicking('instantiate', () => this.#wasi?.instantiate(instance, {}))
    for (const library of this.#libraries) library.place()
  }

  directories(): readonly GuestDirectory[] {
    return panicking('read back', () => keptDirectories(this.#wasi?.fs ?? this.#files, this.#directories))
  }

  endOf(error: unknown): number | Failed | undefined {
    if (!(error instanceof WasmerPanic)) return undefined
    if (this.#memory.buffer.byteLength < LIBRARY_BYTES_MAX) return EXIT.otherTrap
    return { type: 'failed', reason: 'host-memory', detail: error.message }
  }

  /** Nothing is freed: the next run's library knows nothing of this one's objects. */
  close(): void {}
}
