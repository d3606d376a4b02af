/**
 * Metering: from a module as published to one that counts its fuel and its stack, has bounded memory, and shows no free NaN
 * bits. The result is a pure function of the bytes, the options and `INSTRUMENTER_VERSION`.
 *
 * Things are appended, nothing is renumbered: two globals (`$fuel`, an i64, and `$depth`, an i32) behind the module's own,
 * both exported for the host to set and read, and types behind its types. The start function is taken out of the start section
 * and exported as `$start`: the host sets fuel first, then calls it. Custom sections are left out.
 *
 * Not checked here: the types of operands. The engine validates the module as published before anything else, so that
 * nothing appended can make valid what was not; indices are checked again on the way.
 * @module
 */

import { COMPILE_UNITS_TOTAL_MAX, METERED_BODY_BYTES_MAX, METERED_CODE_BYTES_MAX } from './limits.ts'
import { type Appended, meterBody } from './meter-body.ts'
import { NO_NANS, planNans } from './nan.ts'
import {
  checkModule,
  clampedMemories,
  clampedTables,
  elementsBounds,
  type PrepareOptions,
  pagesBound,
} from './prepare.ts'
import { Reader } from './reader.ts'
import { ModuleRejectedError } from './reject.ts'
import { type ExportKind, SECTION, type WasmModule } from './structure.ts'
import { surveyBody } from './survey.ts'
import { Writer } from './writer.ts'

/** Exports the host reads and writes. A module that has one of its own is rejected. */
export const METER_EXPORTS = { fuel: '$fuel', depth: '$depth', start: '$start' } as const

const ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.export,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
]
const KIND_CODES: Readonly<Record<ExportKind, number>> = { function: 0, table: 1, memory: 2, global: 3 }
const HEADER_BYTES = 8
/** Grows to what the largest function takes. */
const SCRATCH_BYTES = 16_384
const FUNCTION_TYPE = 0x60
const I32 = 0x7f
const I64 = 0x7e
const MUTABLE = 1
const ZERO_I64 = [0x42, 0x00, 0x0b]
const ZERO_I32 = [0x41, 0x00, 0x0b]

/** Where a module finds the memory that is lent to it. No module as published may import from here. */
export const LENT_MEMORY = { module: '$host', name: 'memory' } as const

/** What a memory begins with and may grow to, in pages. */
export interface MemoryPages {
  readonly initial: number
  readonly maximum: number
}

/** A metered module that imports its memory as `LENT_MEMORY`: zeros, of just these limits. */
export interface LentModule {
  readonly bytes: Uint8Array
  readonly memory: MemoryPages
}

/** Throws `ModuleRejectedError`. */
export function meterModule(bytes: Uint8Array, options: PrepareOptions): Uint8Array {
  const { module, pagesMax } = checkModule(bytes, options)
  const contents = meteredContents(bytes, module, pagesMax)
  return assembled(bytes, module, contents.set(SECTION.memory, clampedMemories(module, pagesMax)))
}

/**
 * The same, but for the memory: the host brings it. An engine takes longer to make a memory than many a guest runs, and one
 * that was not grown can be cleared and lent again. Throws `ModuleRejectedError`.
 */
export function meterLentModule(bytes: Uint8Array, options: PrepareOptions): LentModule {
  const { module, pagesMax } = checkModule(bytes, options)
  const contents = meteredContents(bytes, module, pagesMax)
  const initial = module.memories[0]?.minimum ?? 0
  const maximum = pagesBound(module.memories[0]?.maximum, pagesMax)
  const lent = new Writer(32)
  lent.name(LENT_MEMORY.module)
  lent.name(LENT_MEMORY.name)
  lent.byte(KIND_CODES.memory)
  lent.limits(initial, maximum)
  contents.set(SECTION.import, extended(bytes, module, SECTION.import, [lent.view]))
  return { bytes: assembled(bytes, module, contents, SECTION.memory), memory: { initial, maximum } }
}

/** The sections that metering changes, the memory's aside. */
function meteredContents(bytes: Uint8Array, module: WasmModule, pagesMax: number): Map<number, Uint8Array> {
  const reserved: readonly string[] = Object.values(METER_EXPORTS)
  const taken = module.exports.find(({ name }) => reserved.includes(name))
  if (taken !== undefined)
    throw new ModuleRejectedError('unsupported', taken.offset, `the export ${taken.name} is the host's`)

  const types = new ResultTypes(module.types.length)
  const appended: Appended = {
    fuel: module.globals,
    depth: module.globals + 1,
    typeOfResults: (results) => types.indexOf(results),
    pagesMax: pagesBound(module.memories[0]?.maximum, pagesMax),
    elementsMax: elementsBounds(module),
  }
  const code = meteredCode(bytes, module, appended)
  const contents = new Map<number, Uint8Array>([
    [SECTION.global, globals(bytes, module)],
    [SECTION.export, exports(module, appended)],
  ])
  const has = (id: number): boolean => module.sections.some((section) => section.id === id)
  if (has(SECTION.table)) contents.set(SECTION.table, clampedTables(module))
  if (has(SECTION.code)) contents.set(SECTION.code, code)
  if (types.list.length > 0) contents.set(SECTION.type, extended(bytes, module, SECTION.type, types.list))
  return contents
}

/** The module with these sections for its own, and without `leftOut`. */
function assembled(
  bytes: Uint8Array,
  module: WasmModule,
  contents: ReadonlyMap<number, Uint8Array>,
  leftOut?: number,
): Uint8Array {
  const out = new Writer(bytes.length * 2)
  out.bytes(bytes.subarray(0, HEADER_BYTES))
  for (const id of ORDER) {
    if (id === leftOut) continue
    const content = contents.get(id)
    const section = module.sections.find((one) => one.id === id)
    if (content !== undefined) out.section(id, content)
    else if (section !== undefined) out.section(id, bytes.subarray(section.start, section.end))
  }
  return out.result()
}

/** Function types without parameters, appended for blocks of several results. */
class ResultTypes {
  readonly list: Uint8Array[] = []
  readonly #first: number
  readonly #known = new Map<string, number>()
  /** By the list itself: many functions have one type. */
  readonly #seen = new Map<readonly number[], number>()

  constructor(first: number) {
    this.#first = first
  }

  indexOf(results: readonly number[]): number {
    const seen = this.#seen.get(results)
    if (seen !== undefined) return seen
    const index = this.#indexOf(results)
    this.#seen.set(results, index)
    return index
  }

  #indexOf(results: readonly number[]): number {
    const key = results.join()
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const index = this.#first + this.list.length
    this.list.push(Uint8Array.from([FUNCTION_TYPE, 0, ...lebOf(results.length), ...results]))
    this.#known.set(key, index)
    return index
  }
}

function lebOf(value: number): Uint8Array {
  const out = new Writer(5)
  out.u32(value)
  return out.result()
}

function meteredCode(bytes: Uint8Array, module: WasmModule, appended: Appended): Uint8Array {
  const out = new Writer(bytes.length * 2)
  out.u32(module.bodies.length)
  const scratch = new Writer(SCRATCH_BYTES)
  let compileUnits = 0
  for (const [i, body] of module.bodies.entries()) {
    const type = module.types[module.functions[module.imports.length + i] ?? -1]
    if (type === undefined)
      throw new ModuleRejectedError('malformed', body.start, 'a function without a type')
    const reader = (): Reader => new Reader(bytes, body.start, body.end)
    const survey = surveyBody(module, body, type.parameters.length, type.results.length, reader())
    compileUnits += survey.compileUnits
    if (compileUnits > COMPILE_UNITS_TOTAL_MAX)
      throw new ModuleRejectedError('too-large', body.start, `${compileUnits} units of work for compilers`)
    const nan = survey.hasNan ? planNans(module, type, body.declared, survey.heightMax, reader()) : NO_NANS
    scratch.clear()
    meterBody({ body, type, survey, nan }, appended, reader(), scratch)
    const metered = scratch.view
    if (metered.length > METERED_BODY_BYTES_MAX)
      throw new ModuleRejectedError('too-large', body.start, `${metered.length} bytes when metered`)
    out.u32(metered.length)
    out.bytes(metered)
    if (out.length > METERED_CODE_BYTES_MAX)
      throw new ModuleRejectedError('too-large', body.start, `${out.length} bytes of code when metered`)
  }
  return out.result()
}

/** A section that is a vector, with elements behind its own. */
function extended(
  bytes: Uint8Array,
  module: WasmModule,
  id: number,
  elements: readonly Uint8Array[],
): Uint8Array {
  const section = module.sections.find((one) => one.id === id)
  const out = new Writer(64)
  if (section === undefined) out.u32(elements.length)
  else {
    const reader = new Reader(bytes, section.start, section.end)
    out.u32(reader.u32() + elements.length)
    out.bytes(bytes.subarray(reader.at, section.end))
  }
  for (const element of elements) out.bytes(element)
  return out.result()
}

function globals(bytes: Uint8Array, module: WasmModule): Uint8Array {
  return extended(bytes, module, SECTION.global, [
    Uint8Array.from([I64, MUTABLE, ...ZERO_I64]),
    Uint8Array.from([I32, MUTABLE, ...ZERO_I32]),
  ])
}

function exports(module: WasmModule, { fuel, depth }: Appended): Uint8Array {
  const all: readonly (readonly [name: string, kind: ExportKind, index: number])[] = [
    ...module.exports.map(({ name, kind, index }) => [name, kind, index] as const),
    [METER_EXPORTS.fuel, 'global', fuel],
    [METER_EXPORTS.depth, 'global', depth],
    ...(module.start === undefined ? [] : [[METER_EXPORTS.start, 'function', module.start] as const]),
  ]
  const out = new Writer(64)
  out.u32(all.length)
  for (const [name, kind, index] of all) {
    out.name(name)
    out.byte(KIND_CODES[kind])
    out.u32(index)
  }
  return out.result()
}
