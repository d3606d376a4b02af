/**
 * One run of one compiled module, in the calling thread.
 * @module
 */
import { EXIT } from '../../core/wasm/exit.ts'
import type { WasiDialect } from '../../core/wasm/wasi.ts'
import type { Failed, Outcome, RunMessage } from './messages.ts'
import { exitOfTrap } from './traps.ts'
import { RunEnd } from './wasi/abi.ts'
import { createImports } from './wasi/imports.ts'
import { createWorld, type World } from './wasi/world.ts'

/** Exits from here on are the sandbox's verdict, not the guest's: what was written until then is no answer. */
const VERDICTS_FROM = 0x100
const EMPTY = new Uint8Array()

export interface GuestRun {
  readonly outcome: Outcome
  readonly memoryBytes: number
}

export function runGuest(compiled: WebAssembly.Module, run: RunMessage): GuestRun {
  const world = createWorld(run)
  let memory: WebAssembly.Memory | undefined
  let ending: number | Failed
  try {
    const { exports } = new WebAssembly.Instance(compiled, importsOf(compiled, world))
    // `prepareModule` has seen to both exports.
    memory = exports.memory as WebAssembly.Memory
    world.memory.bind(memory)
    const entry = exports[run.entry] as () => void
    entry()
    ending = EXIT.ok
  } catch (error) {
    ending = classify(error)
  }
  const memoryBytes = memory?.buffer.byteLength ?? 0
  if (typeof ending !== 'number') return { outcome: ending, memoryBytes }
  const output = ending < VERDICTS_FROM ? world.output.bytes() : EMPTY
  return { outcome: { type: 'finished', exit: ending, output, stderr: world.error.bytes() }, memoryBytes }
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
