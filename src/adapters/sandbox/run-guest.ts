/**
 * One run of one compiled module, in the calling thread.
 * @module
 */
import { EXIT } from '../../core/wasm/exit.ts'
import { METER_EXPORTS } from '../../core/wasm/meter.ts'
import { DEPTH_WHEN_REFUSED } from '../../core/wasm/meter-body.ts'
import type { WasiDialect } from '../../core/wasm/wasi.ts'
import { METERED } from '../../ports/sandbox.ts'
import type { Failed, Outcome, RunMessage } from './messages.ts'
import { exitOfTrap } from './traps.ts'
import { RunEnd } from './wasi/abi.ts'
import { createImports } from './wasi/imports.ts'
import { createWorld, type World } from './wasi/world.ts'

/** Exits from here on are the sandbox's verdict, not the guest's: what was written until then is no answer. */
const VERDICTS_FROM = 0x100
const EMPTY = new Uint8Array()
/** What a metered guest's frames may take together; the worker's stack is twice that. */
const STACK_BYTES = 8 * 1024 * 1024

export interface GuestRun {
  readonly outcome: Outcome
  readonly memoryBytes: number
}

export function runGuest(compiled: WebAssembly.Module, run: RunMessage): GuestRun {
  const world = createWorld(run)
  let instance: Instance | undefined
  let ending: number | Failed
  try {
    instance = start(compiled, run, world)
    instance.entry()
    ending = EXIT.ok
  } catch (error) {
    ending = classify(error)
  }
  const memoryBytes = instance?.memory.buffer.byteLength ?? 0
  if (typeof ending !== 'number') return { outcome: ending, memoryBytes }
  if (instance?.depth?.value === DEPTH_WHEN_REFUSED)
    return { outcome: { type: 'failed', reason: 'host-memory', detail: 'a growth was refused' }, memoryBytes }
  const exit = verdict(ending, instance)
  const isVerdict = exit >= VERDICTS_FROM
  const left = instance?.fuel?.value ?? 0n
  const outcome: Outcome = {
    type: 'finished',
    exit,
    fuelUsed: isVerdict ? run.fuelLimit : run.fuelLimit - left,
    output: isVerdict ? EMPTY : world.output.bytes(),
    stderr: world.error.bytes(),
  }
  return { outcome, memoryBytes }
}

interface Instance {
  readonly memory: WebAssembly.Memory
  /** Under a metered profile. */
  readonly fuel: WebAssembly.Global<'i64'> | undefined
  readonly depth: WebAssembly.Global<'i32'> | undefined
  readonly entry: () => void
}

function start(compiled: WebAssembly.Module, run: RunMessage, world: World): Instance {
  const { exports } = new WebAssembly.Instance(compiled, importsOf(compiled, world))
  // What prepared the module has seen to these exports and their types.
  const memory = exports.memory as WebAssembly.Memory
  const fuel = exports[METER_EXPORTS.fuel] as WebAssembly.Global<'i64'> | undefined
  const depth = exports[METER_EXPORTS.depth] as WebAssembly.Global<'i32'> | undefined
  const first = exports[METER_EXPORTS.start] as (() => void) | undefined
  const entry = exports[run.entry] as () => void
  world.memory.bind(memory)
  if (fuel === undefined || depth === undefined || run.runtime !== METERED)
    return { memory, fuel: undefined, depth: undefined, entry }
  fuel.value = run.fuelLimit
  depth.value = STACK_BYTES
  world.meter.bind(fuel)
  return {
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
}

/** A guest that ran out of stack or fuel did, whatever it said at its end. */
function verdict(ending: number, instance: Instance | undefined): number {
  if (instance?.fuel === undefined || instance.depth === undefined) return ending
  if (ending === EXIT.outputTooLarge || ending === EXIT.storageLimit) return ending
  if (instance.depth.value < 0) return EXIT.stackExhausted
  return instance.fuel.value < 0n ? EXIT.outOfFuel : ending
}

function importsOf(compiled: WebAssembly.Module, world: World): WebAssembly.Imports {
  const namespaces = new Set(WebAssembly.Module.imports(compiled).map(({ module }) => module))
  // `prepareModule` admits no other namespace.
  return Object.fromEntries([...namespaces].map((name) => [name, createImports(world, name as WasiDialect)]))
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
