/**
 * From a module as published to the bytes that run: checked against the runtime profile, with its growth bounded.
 * @module
 */
import { blocklessSignatures } from './blockless.ts'
import { scanBody } from './decode.ts'
import { entryProblem } from './entries.ts'
import { elementsOfEach, PAGE_BYTES } from './limits.ts'
import { parseModule } from './parse.ts'
import { Reader } from './reader.ts'
import { ModuleRejectedError } from './reject.ts'
import { type FunctionType, type Limits, SECTION, type WasmModule } from './structure.ts'
import { wasiSignature } from './wasi.ts'
import { Writer } from './writer.ts'

export interface PrepareOptions {
  /** The export that will be called. */
  readonly entry: string
  /** Linear memory the module may have at most; rounded down to whole pages. */
  readonly memoryBytesMax: number
}

/**
 * Checks a module against the profile and returns the bytes to compile: the maxima of memory and tables lowered to
 * their bounds, custom sections left out, all else as it was. Throws `ModuleRejectedError`.
 *
 * Growth beyond a lowered maximum fails in the guest (`memory.grow` gives -1), the same on every node.
 */
export function prepareModule(bytes: Uint8Array, options: PrepareOptions): Uint8Array {
  const { module, pagesMax } = checkModule(bytes, options)
  for (const body of module.bodies) scanBody(new Reader(bytes, body.start, body.end))
  const start = module.sections.find(({ id }) => id === SECTION.start)
  if (start !== undefined) {
    const detail = 'it would run before the host is ready; export it as the entry instead'
    throw new ModuleRejectedError('start-function', start.start, detail)
  }
  return clampGrowth(bytes, module, pagesMax)
}

/** What every profile asks of a module, its code left aside. Throws `ModuleRejectedError`. */
export function checkModule(
  bytes: Uint8Array,
  { entry, memoryBytesMax }: PrepareOptions,
): { readonly module: WasmModule; readonly pagesMax: number } {
  const module = parseModule(bytes)
  checkImports(module)
  const memory = ownMemory(module, bytes.length)
  checkEntry(module, entry, bytes.length)
  const pagesMax = Math.floor(memoryBytesMax / PAGE_BYTES)
  if (memory.minimum > pagesMax) {
    throw new ModuleRejectedError(
      'memory-limit',
      memory.offset,
      `${memory.minimum} pages, at most ${pagesMax}`,
    )
  }
  return { module, pagesMax }
}

function checkImports(module: WasmModule): void {
  for (const { module: namespace, name, type, offset } of module.imports) {
    const wasi = wasiSignature(namespace, name)
    const expected = wasi === undefined ? blocklessSignatures(namespace, name) : [wasi]
    const label = `${namespace}.${name}`.slice(0, 200)
    if (expected === undefined) throw new ModuleRejectedError('import', offset, `${label} is not offered`)
    if (!expected.includes(signature(module.types[type]))) {
      throw new ModuleRejectedError('import', offset, `${label} has another signature`)
    }
  }
}

function signature(type: FunctionType | undefined): string {
  const letters = (codes: readonly number[] = []) =>
    codes.map((code) => (code === 0x7f ? 'i' : code === 0x7e ? 'I' : '?')).join('')
  return `${letters(type?.parameters)}>${letters(type?.results)}`
}

/** The one memory, which must be exported as `memory` and as nothing else. */
function ownMemory(module: WasmModule, end: number): Limits {
  const [memory] = module.memories
  const exported = module.exports.filter(({ kind }) => kind === 'memory')
  if (memory === undefined) throw new ModuleRejectedError('memory', end, 'no memory')
  if (exported.length !== 1 || exported[0]?.name !== 'memory') {
    throw new ModuleRejectedError(
      'memory',
      exported[0]?.offset ?? end,
      'memory must be exported once, as "memory"',
    )
  }
  return memory
}

function checkEntry(module: WasmModule, entry: string, end: number): void {
  const problem = entryProblem(module, entry)
  if (problem !== undefined) throw new ModuleRejectedError('entry', problem.offset ?? end, problem.detail)
}

function clampGrowth(bytes: Uint8Array, module: WasmModule, pagesMax: number): Uint8Array {
  const writer = new Writer(bytes.length + 64)
  writer.bytes(bytes.subarray(0, 8))
  for (const { id, start, end } of module.sections) {
    if (id === SECTION.memory) writer.section(id, clampedMemories(module, pagesMax))
    else if (id === SECTION.table) writer.section(id, clampedTables(module))
    else writer.section(id, bytes.subarray(start, end))
  }
  return writer.result()
}

/** What a memory may grow to, in pages. */
export function pagesBound(maximum: number | undefined, pagesMax: number): number {
  return Math.min(maximum ?? pagesMax, pagesMax)
}

/** What each table may grow to, in elements. */
export function elementsBounds({ tables }: WasmModule): readonly number[] {
  const most = elementsOfEach(tables.length)
  return tables.map(({ maximum }) => Math.min(maximum ?? most, most))
}

export function clampedMemories(module: WasmModule, pagesMax: number): Uint8Array {
  const writer = new Writer(16)
  writer.u32(module.memories.length)
  for (const { minimum, maximum } of module.memories) {
    writer.limits(minimum, pagesBound(maximum, pagesMax))
  }
  return writer.result()
}

export function clampedTables(module: WasmModule): Uint8Array {
  const writer = new Writer(16 * module.tables.length + 8)
  writer.u32(module.tables.length)
  const bounds = elementsBounds(module)
  for (const [i, { elementType, minimum }] of module.tables.entries()) {
    writer.byte(elementType)
    writer.limits(minimum, bounds[i] ?? minimum)
  }
  return writer.result()
}
