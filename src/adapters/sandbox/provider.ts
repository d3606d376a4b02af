import type { WasiDialect, WasiFunction } from '../../core/wasm/wasi.ts'
import type { GuestDirectory } from '../../ports/sandbox.ts'
import type { Failed, RunMessage } from './messages.ts'
import { createImports } from './wasi/imports.ts'
import { keptDirectories } from './wasi/keep.ts'
import type { World } from './wasi/world.ts'

/** Who answers a guest's WASI calls during one run. */
export interface WasiRun {
  /** The functions of these names, which the module imports from the dialect's namespace. */
  imports(dialect: WasiDialect, names: readonly string[]): WebAssembly.ModuleImports
  /** Called once, before the guest runs. */
  bind(instance: WebAssembly.Instance): void
  /** What the guest left. Throws `RunEnd` beyond the bound. */
  directories(): readonly GuestDirectory[]
  /** How an error the provider threw ends the run; undefined for one that is not its own. */
  endOf(error: unknown): number | Failed | undefined
  close(): void
}

export type WasiProvider = (compiled: WebAssembly.Module, world: World, run: RunMessage) => WasiRun

/** `deterministic-1`. */
export const DETERMINISTIC: WasiProvider = (_compiled, world) => ({
  // What validated the module has seen to the names.
  imports: (dialect, names) => createImports(world, dialect, names as readonly WasiFunction[]),
  bind: () => {},
  directories: () => keptDirectories(world.files),
  endOf: () => undefined,
  close: () => {},
})
