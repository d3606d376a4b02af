/**
 * One run of one compiled module, in the calling thread.
 * @module
 */
import { BLOCKLESS_NAMESPACES, type BlocklessNamespace } from '../../core/wasm/blockless.ts'
import { EXIT } from '../../core/wasm/exit.ts'
import { LENT_MEMORY, METER_EXPORTS } from '../../core/wasm/meter.ts'
import { DEPTH_WHEN_REFUSED, HELD_BACK_PER_STACK_BYTE } from '../../core/wasm/meter-body.ts'
import type { WasiDialect } from '../../core/wasm/wasi.ts'
import { UNMETERED } from '../../ports/sandbox.ts'
import type { Blockless } from './blockless/imports.ts'
import { LentMemories } from './lent-memories.ts'
import type { CompiledModule, Failed, Outcome, RunMessage } from './messages.ts'
import { DETERMINISTIC, type WasiProvider, type WasiRun } from './provider.ts'
import { STACK_BYTES } from './stack.ts'
import { exitOfTrap } from './traps.ts'
import { RunEnd } from './wasi/abi.ts'
import { createWorld, type World } from './wasi/world.ts'

/** Exits from here on are the sandbox's verdict, not the guest's: what was written until then is no answer. */
const VERDICTS_FROM = 0x100
const EMPTY = new Uint8Array()

export interface GuestRun {
  readonly outcome: Outcome
  readonly memoryBytes: number
}

/** What the imports of one namespace are made from. */
interface ImportSource {
  readonly world: World
  readonly wasi: WasiRun
  /** When the module imports any of it. */
  readonly blockless: Blockless | undefined
  /** The functions the module imports from the namespace. */
  readonly names: readonly string[]
}

/** Who answers the functions of a namespace; `prepareModule` admits no other. */
const FACTORIES: Readonly<Record<string, (source: ImportSource) => WebAssembly.ModuleImports>> = {
  wasi_snapshot_preview1: (source) => wasiImports('wasi_snapshot_preview1', source),
  wasi_unstable: (source) => wasiImports('wasi_unstable', source),
  ...Object.fromEntries(
    Object.keys(BLOCKLESS_NAMESPACES).map((namespace) => [
      namespace,
      ({ blockless }: ImportSource) => blockless?.imports(namespace as BlocklessNamespace) ?? {},
    ]),
  ),
}

function wasiImports(
  dialect: WasiDialect,
  { wasi, blockless, names }: ImportSource,
): WebAssembly.ModuleImports {
  const own = wasi.imports(dialect, names)
  return blockless?.withStreams(own) ?? own
}

/** The Blockless ABI for a world; loaded only for modules that import some of it. */
export type BlocklessOf = (world: World) => Blockless

export function runGuest(
  compiled: CompiledModule,
  run: RunMessage,
  provider: WasiProvider = DETERMINISTIC,
  blocklessOf?: BlocklessOf,
): GuestRun {
  const guest = new Guest(compiled, run, provider, blocklessOf)
  try {
    return guest.run()
  } finally {
    guest.close()
  }
}

const memories = new LentMemories()

interface Instance {
  readonly memory: WebAssembly.Memory
  /** Under a metered profile. */
  readonly fuel: WebAssembly.Global<'i64'> | undefined
  readonly depth: WebAssembly.Global<'i32'> | undefined
  readonly entry: () => void
}

class Guest {
  readonly #compiled: CompiledModule
  #lent: WebAssembly.Memory | undefined
  readonly #run: RunMessage
  readonly #provider: WasiProvider
  readonly #blocklessOf: BlocklessOf | undefined
  #world: World | undefined
  #wasi: WasiRun | undefined
  #instance: Instance | undefined

  constructor(
    compiled: CompiledModule,
    run: RunMessage,
    provider: WasiProvider,
    blocklessOf: BlocklessOf | undefined,
  ) {
    this.#compiled = compiled
    this.#run = run
    this.#provider = provider
    this.#blocklessOf = blocklessOf
  }

  run(): GuestRun {
    let ending = this.#attempt(() => this.#start().entry())
    let directories: Pick<Extract<Outcome, { type: 'finished' }>, 'directories'> = {}
    if (typeof ending === 'number') ending = this.#verdict(ending)
    const { keepsFiles = false, fuelLimit } = this.#run
    if (keepsFiles && typeof ending === 'number' && ending < VERDICTS_FROM) {
      const kept = this.#attempt(() => {
        directories = { directories: this.#wasi?.directories() ?? [] }
      })
      if (kept !== EXIT.ok) ending = kept
    }
    const memoryBytes = this.#instance?.memory.buffer.byteLength ?? 0
    if (typeof ending !== 'number') return { outcome: ending, memoryBytes }
    const isVerdict = ending >= VERDICTS_FROM
    const left = this.#instance?.fuel?.value ?? 0n
    const outcome: Outcome = {
      type: 'finished',
      exit: ending,
      fuelUsed: isVerdict ? fuelLimit : fuelLimit - left,
      output: isVerdict ? EMPTY : (this.#world?.output.bytes() ?? EMPTY),
      stderr: this.#world?.error.bytes() ?? EMPTY,
      ...(isVerdict ? {} : directories),
    }
    return { outcome, memoryBytes }
  }

  close(): void {
    this.#wasi?.close()
    const { memory } = this.#compiled
    if (this.#lent !== undefined && memory !== undefined) memories.giveBack(this.#lent, memory)
  }

  /** How `work` ended: the exit of the run, or this host's failure. */
  #attempt(work: () => void): number | Failed {
    try {
      work()
      return EXIT.ok
    } catch (error) {
      const ending = this.#wasi?.endOf(error) ?? classify(error)
      if (typeof ending === 'number' && ending < VERDICTS_FROM) this.#chargeHeldBack()
      return ending
    }
  }

  /** A guest that exits by itself leaves frames on the stack that hold back what they ran. */
  #chargeHeldBack(): void {
    const { fuel, depth } = this.#instance ?? {}
    if (fuel === undefined || depth === undefined) return
    fuel.value -= BigInt(Math.max(0, STACK_BYTES - depth.value) * HELD_BACK_PER_STACK_BYTE)
  }

  #start(): Instance {
    const run = this.#run
    const world = createWorld(run)
    this.#world = world
    const { module, memory: pages } = this.#compiled
    const wasi = this.#provider(module, world, run)
    this.#wasi = wasi
    const imports = importsOf(module, { world, wasi, blockless: this.#blocklessOf?.(world) })
    if (pages !== undefined) {
      this.#lent = memories.take(pages)
      imports[LENT_MEMORY.module] = { [LENT_MEMORY.name]: this.#lent }
    }
    const started = new WebAssembly.Instance(module, imports)
    const { exports } = started
    // What prepared the module has seen to these exports and their types.
    const memory = exports.memory as WebAssembly.Memory
    const fuel = exports[METER_EXPORTS.fuel] as WebAssembly.Global<'i64'> | undefined
    const depth = exports[METER_EXPORTS.depth] as WebAssembly.Global<'i32'> | undefined
    const first = exports[METER_EXPORTS.start] as (() => void) | undefined
    const entry = exports[run.entry] as () => void
    world.memory.bind(memory)
    wasi.bind(started)
    if (fuel === undefined || depth === undefined || run.runtime === UNMETERED) {
      this.#instance = { memory, fuel: undefined, depth: undefined, entry }
      return this.#instance
    }
    fuel.value = run.fuelLimit
    depth.value = STACK_BYTES
    world.meter.bind(fuel)
    this.#instance = {
      memory,
      fuel,
      depth,
      entry: () => {
        first?.()
        // A function leaves it as whoever it called last was told.
        depth.value = STACK_BYTES
        entry()
      },
    }
    return this.#instance
  }

  /** A guest that ran out of stack or fuel did, whatever it said at its end. */
  #verdict(ending: number): number | Failed {
    const { fuel, depth } = this.#instance ?? {}
    if (fuel === undefined || depth === undefined) return ending
    if (ending === EXIT.outputTooLarge || ending === EXIT.storageLimit) return ending
    if (depth.value === DEPTH_WHEN_REFUSED)
      return { type: 'failed', reason: 'host-memory', detail: 'memory the module may have was refused' }
    if (depth.value < 0) return EXIT.stackExhausted
    return fuel.value < 0n ? EXIT.outOfFuel : ending
  }
}

/** The functions a module imports, by namespace. */
type Wanted = ReadonlyMap<string, readonly string[]>

/** Asking the engine takes longer than a trivial guest runs. */
const wantedBy = new WeakMap<WebAssembly.Module, Wanted>()

function wantedOf(module: WebAssembly.Module): Wanted {
  const known = wantedBy.get(module)
  if (known !== undefined) return known
  const wanted = new Map<string, string[]>()
  for (const { module: namespace, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') continue
    const names = wanted.get(namespace)
    if (names === undefined) wanted.set(namespace, [name])
    else names.push(name)
  }
  wantedBy.set(module, wanted)
  return wanted
}

function importsOf(module: WebAssembly.Module, source: Omit<ImportSource, 'names'>): WebAssembly.Imports {
  const imports: WebAssembly.Imports = {}
  for (const [namespace, names] of wantedOf(module))
    imports[namespace] = FACTORIES[namespace]?.({ ...source, names }) ?? {}
  return imports
}

/** The guest's end as an exit, or this host's failure. */
function classify(error: unknown): number | Failed {
  if (error instanceof RunEnd) return error.exit
  if (error instanceof WebAssembly.RuntimeError) return exitOfTrap(error.message)
  const detail = String(error).slice(0, 200)
  if (error instanceof RangeError) {
    const reason = /call stack/.test(error.message) ? 'engine-stack' : 'host-memory'
    return { type: 'failed', reason, detail }
  }
  return { type: 'failed', reason: 'executor-crashed', detail }
}
