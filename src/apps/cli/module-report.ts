/**
 * What a module is, needs and costs, and whether nodes take it: what `dikast inspect` tells.
 * @module
 */

import type { Capability } from '../../core/permissions/capability.ts'
import { AGREEMENT_ENTRIES, entriesOf, entryProblem } from '../../core/wasm/entries.ts'
import { PAGE_BYTES } from '../../core/wasm/limits.ts'
import { meterModule } from '../../core/wasm/meter.ts'
import { frameBytes } from '../../core/wasm/meter-body.ts'
import { NO_NANS } from '../../core/wasm/nan.ts'
import { parseModule } from '../../core/wasm/parse.ts'
import { Reader } from '../../core/wasm/reader.ts'
import { ModuleRejectedError, type ModuleRejection } from '../../core/wasm/reject.ts'
import type { FunctionType, WasmModule } from '../../core/wasm/structure.ts'
import { surveyBody } from '../../core/wasm/survey.ts'
import { type Answerer, answererOf, capabilitiesOf } from './imports.ts'
import type { ModuleFile } from './module-file.ts'

/** Of the stack a run has, by the count of docs/spec/fuel.md (FUEL-7). */
const STACK_BYTES = 8 * 1024 * 1024
/** Where the engine says it noticed something. */
const ENGINE_OFFSET = /@\+(\d+)/

export interface ImportReport {
  readonly module: string
  readonly name: string
  /** Such as `(i32, i32) -> i32`; undefined for what is no function, or in a module that cannot be read. */
  readonly signature: string | undefined
  readonly answeredBy: Answerer
}

export interface ExportReport {
  readonly name: string
  readonly kind: string
  readonly signature: string | undefined
}

/** An export that a node can call; or one of a name with a meaning that it cannot. */
export interface EntryReport {
  readonly name: string
  readonly problem: string | undefined
}

export interface RejectionReport {
  readonly reason: ModuleRejection | 'invalid'
  /** Of the byte it was noticed at. */
  readonly offset: number | undefined
  readonly detail: string
  readonly fix: string
}

export interface CodeReport {
  readonly functions: number
  readonly bytes: number
  readonly largestFunctionBytes: number
  /** What a call of the function with the largest frame takes of the stack. */
  readonly largestFrameBytes: number
  /** Calls of that function that fit into one another. */
  readonly depthMax: number
}

export interface ModuleReport {
  readonly bytes: number
  readonly moduleHash: string
  readonly accepted: boolean
  readonly rejection: RejectionReport | undefined
  readonly imports: readonly ImportReport[]
  readonly exports: readonly ExportReport[]
  readonly entries: readonly EntryReport[]
  /** What of the outside its imports ask for. */
  readonly capabilities: readonly Capability[]
  readonly memory: { readonly minimumBytes: number; readonly maximumBytes: number | undefined } | undefined
  readonly tables: readonly { readonly minimum: number; readonly maximum: number | undefined }[]
  /** Whether it has a function that runs before the entry. */
  readonly hasStart: boolean
  readonly code: CodeReport | undefined
  /** As it runs. */
  readonly metered: { readonly bytes: number; readonly growth: number } | undefined
}

export interface InspectOptions {
  readonly entry: string
  readonly memoryBytesMax: number
}

/** Throws nothing: what cannot be read is said in the report. */
export function inspectModule({ bytes, moduleHash }: ModuleFile, options: InspectOptions): ModuleReport {
  const module = parsed(bytes)
  const { metered, rejection } = checked(bytes, options)
  const listed = module === undefined ? listedByEngine(bytes) : listedIn(module)
  const [memory] = module?.memories ?? []
  return {
    bytes: bytes.length,
    moduleHash,
    accepted: rejection === undefined,
    rejection,
    ...listed,
    entries: module === undefined ? [] : entryReports(module),
    capabilities: capabilitiesOf(listed.imports),
    memory: memory && {
      minimumBytes: memory.minimum * PAGE_BYTES,
      maximumBytes: memory.maximum === undefined ? undefined : memory.maximum * PAGE_BYTES,
    },
    tables: (module?.tables ?? []).map(({ minimum, maximum }) => ({ minimum, maximum })),
    hasStart: module?.start !== undefined,
    code: module === undefined || metered === undefined ? undefined : codeOf(bytes, module),
    metered:
      metered === undefined
        ? undefined
        : { bytes: metered.length, growth: Math.round((metered.length / bytes.length) * 100) / 100 },
  }
}

function parsed(bytes: Uint8Array): WasmModule | undefined {
  try {
    return parseModule(bytes)
  } catch (error) {
    if (error instanceof ModuleRejectedError) return undefined
    throw error
  }
}

/** The checks of nodes, in their order. */
function checked(
  bytes: Uint8Array,
  options: InspectOptions,
): { readonly metered?: Uint8Array; readonly rejection?: RejectionReport } {
  try {
    const metered = meterModule(bytes, options)
    for (const code of [bytes, metered]) new WebAssembly.Module(Uint8Array.from(code))
    return { metered }
  } catch (error) {
    if (error instanceof ModuleRejectedError) {
      const { reason, offset, message } = error
      const detail = message.replace(/^module rejected: \S+ at byte \d+: /, '')
      return { rejection: { reason, offset, detail, fix: FIXES[reason] } }
    }
    if (!(error instanceof WebAssembly.CompileError)) throw error
    const offset = ENGINE_OFFSET.exec(error.message)?.[1]
    return {
      rejection: {
        reason: 'invalid',
        offset: offset === undefined ? undefined : Number(offset),
        detail: error.message,
        fix: 'its code is not valid: build it again, and report it to the compiler’s makers if it stays',
      },
    }
  }
}

const FIXES: Readonly<Record<ModuleRejection, string>> = {
  malformed: 'it is cut short or no WebAssembly: build it again',
  'too-large': 'strip debug sections and names, split the largest function, or generate less code',
  unsupported:
    'build it without threads, atomics, exceptions, garbage collection, relaxed SIMD, 64-bit or several memories',
  import:
    'link for WASI preview 1, or Blockless’s host functions, and nothing else: for AssemblyScript use @assemblyscript/wasi-shim, for C and Rust the target wasm32-wasi',
  memory: 'export its one memory as "memory", and import none',
  'memory-limit': 'give it more with --memory, or build it with a smaller initial memory',
  'start-function': 'export that function as the entry instead',
  entry: 'export a function without parameters and results, or name one of its exports with --entry',
}

type Listed = Pick<ModuleReport, 'imports' | 'exports'>

function listedIn(module: WasmModule): Listed {
  return {
    imports: module.imports.map(({ module: namespace, name, type }) => ({
      module: namespace,
      name,
      signature: signatureOf(module.types[type]),
      answeredBy: answererOf(namespace, name),
    })),
    exports: module.exports.map(({ name, kind, index }) => ({
      name,
      kind,
      signature: kind === 'function' ? signatureOf(module.types[module.functions[index] ?? -1]) : undefined,
    })),
  }
}

/** What the engine can read, our reader may not: a module of a proposal outside the profile, say. */
function listedByEngine(bytes: Uint8Array): Listed {
  let module: WebAssembly.Module
  try {
    module = new WebAssembly.Module(Uint8Array.from(bytes))
  } catch {
    return { imports: [], exports: [] }
  }
  return {
    imports: WebAssembly.Module.imports(module).map(({ module: namespace, name, kind }) => ({
      module: namespace,
      name,
      signature: undefined,
      answeredBy: kind === 'function' ? answererOf(namespace, name) : 'none',
    })),
    exports: WebAssembly.Module.exports(module).map(({ name, kind }) => ({
      name,
      kind,
      signature: undefined,
    })),
  }
}

function entryReports(module: WasmModule): readonly EntryReport[] {
  const callable = entriesOf(module).map((name) => ({ name, problem: undefined }))
  const others = AGREEMENT_ENTRIES.filter((entry) => module.exports.some(({ name }) => name === entry))
    .map((name) => ({ name, problem: entryProblem(module, name)?.detail }))
    .filter(({ problem }) => problem !== undefined)
  return [...callable, ...others]
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
])

function signatureOf(type: FunctionType | undefined): string {
  const names = (codes: readonly number[] = []) =>
    codes.map((code) => TYPE_NAMES.get(code) ?? `0x${code.toString(16)}`)
  const results = names(type?.results)
  return `(${names(type?.parameters).join(', ')})${results.length === 0 ? '' : ` -> ${results.join(', ')}`}`
}

/** Of a module that is metered already, so that nothing in it is malformed. */
function codeOf(bytes: Uint8Array, module: WasmModule): CodeReport {
  let code = 0
  let largest = 0
  let frame = 0
  for (const [i, body] of module.bodies.entries()) {
    const type = module.types[module.functions[module.imports.length + i] ?? -1]
    if (type === undefined) continue
    const reader = new Reader(bytes, body.start, body.end)
    const survey = surveyBody(module, body, type.parameters.length, type.results.length, reader)
    code += body.end - body.start
    largest = Math.max(largest, body.end - body.start)
    frame = Math.max(frame, frameBytes({ body, type, survey, nan: NO_NANS }))
  }
  return {
    functions: module.bodies.length,
    bytes: code,
    largestFunctionBytes: largest,
    largestFrameBytes: frame,
    depthMax: frame === 0 ? 0 : Math.floor(STACK_BYTES / frame),
  }
}
