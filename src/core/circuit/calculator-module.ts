/**
 * From a witness calculator as published to the bytes that run: checked to be one, with its growth bounded.
 * @module
 */
import { scanBody } from '../wasm/decode.ts'
import { PAGE_BYTES } from '../wasm/limits.ts'
import { parseModule } from '../wasm/parse.ts'
import { clampedMemories, clampedTables } from '../wasm/prepare.ts'
import { Reader } from '../wasm/reader.ts'
import { ModuleRejectedError } from '../wasm/reject.ts'
import { type FunctionType, SECTION, type WasmModule } from '../wasm/structure.ts'
import { Writer } from '../wasm/writer.ts'
import { CALCULATOR_NAMESPACE, type CalculatorExports, type CalculatorImports } from './witness.ts'
import { WitnessError } from './witness-error.ts'

/** A calculator holds its circuit's constants: a megabyte and a half for one hash, and more of the network's modules than others. */
export const CALCULATOR_BYTES_MAX = 16 * 1024 * 1024

/** Parameters and results, all of them i32. */
type Arity = readonly [parameters: number, results: number]

const IMPORTS: Readonly<Record<keyof CalculatorImports, Arity>> = {
  exceptionHandler: [1, 0],
  printErrorMessage: [0, 0],
  writeBufferMessage: [0, 0],
  showSharedRWMemory: [0, 0],
}
const EXPORTS: Readonly<Record<keyof CalculatorExports, Arity>> = {
  init: [1, 0],
  getFieldNumLen32: [0, 1],
  getRawPrime: [0, 0],
  getInputSize: [0, 1],
  getInputSignalSize: [2, 1],
  getWitnessSize: [0, 1],
  readSharedRWMemory: [1, 1],
  writeSharedRWMemory: [2, 0],
  setInputSignal: [3, 0],
  getWitness: [1, 0],
  getMessageChar: [0, 1],
}
const I32 = 0x7f

/** Throws `WitnessError` of reason `malformed-module`, whatever the bytes. */
export function prepareCalculator(bytes: Uint8Array, memoryBytesMax: number): Uint8Array {
  if (bytes.length > CALCULATOR_BYTES_MAX)
    throw malformed(`${bytes.length} bytes, above ${CALCULATOR_BYTES_MAX}`)
  const pagesMax = Math.floor(memoryBytesMax / PAGE_BYTES)
  try {
    const module = parseModule(bytes)
    checkImports(module)
    checkExports(module)
    checkMemory(module, pagesMax)
    for (const body of module.bodies) scanBody(new Reader(bytes, body.start, body.end))
    return clamped(bytes, module, pagesMax)
  } catch (cause) {
    if (!(cause instanceof ModuleRejectedError)) throw cause
    throw new WitnessError('malformed-module', cause.message, { cause })
  }
}

function checkImports({ imports, types }: WasmModule): void {
  const expected = new Map<string, Arity>(Object.entries(IMPORTS))
  for (const { module, name, type } of imports) {
    const arity = module === CALCULATOR_NAMESPACE ? expected.get(name) : undefined
    // Of each name one, so that each is asked for once.
    expected.delete(name)
    if (arity === undefined || !isOf(arity, types[type]))
      throw malformed(`it imports ${`${module}.${name}`.slice(0, 100)}, which no calculator does`)
  }
  if (expected.size > 0) throw malformed(`it does not import ${[...expected.keys()].join(', ')}`)
}

function checkExports({ exports, functions, types, start }: WasmModule): void {
  for (const [name, arity] of Object.entries(EXPORTS)) {
    const found = exports.find((one) => one.name === name && one.kind === 'function')
    if (found === undefined) throw malformed(`it does not export ${name}`)
    if (!isOf(arity, types[functions[found.index] ?? -1])) throw malformed(`${name} has another signature`)
  }
  if (start !== undefined) throw malformed('it has a start function')
}

function checkMemory({ memories }: WasmModule, pagesMax: number): void {
  const [memory] = memories
  if (memory === undefined) throw malformed('it has no memory')
  if (memory.minimum > pagesMax)
    throw malformed(`it asks for ${memory.minimum} pages of memory, above ${pagesMax}`)
}

function isOf([parameters, results]: Arity, type: FunctionType | undefined): boolean {
  return (
    type?.parameters.length === parameters &&
    type.results.length === results &&
    [...type.parameters, ...type.results].every((one) => one === I32)
  )
}

function clamped(bytes: Uint8Array, module: WasmModule, pagesMax: number): Uint8Array {
  const writer = new Writer(bytes.length + 64)
  writer.bytes(bytes.subarray(0, 8))
  for (const { id, start, end } of module.sections) {
    if (id === SECTION.memory) writer.section(id, clampedMemories(module, pagesMax))
    else if (id === SECTION.table) writer.section(id, clampedTables(module))
    else writer.section(id, bytes.subarray(start, end))
  }
  return writer.result()
}

function malformed(detail: string): WitnessError {
  return new WitnessError('malformed-module', detail)
}
