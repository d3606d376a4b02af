/**
 * How many operands an instruction takes from the stack and puts on it. Blocks and branches are their reader's: their
 * effect depends on where they stand.
 *
 * Source: WebAssembly Core Specification 2.0, §3.3.
 * @module
 */
import { BULK_OP, EMPTY_BLOCK, type Instruction, OP } from './decode.ts'
import type { FunctionType, WasmModule } from './structure.ts'

/** Operands taken and given, packed into a number: this is asked for every instruction. */
export type Arity = number
const arity = (taken: number, given: number): Arity => (taken << 16) | given
export const takenBy = (packed: Arity): number => packed >>> 16
export const givenBy = (packed: Arity): number => packed & 0xffff
const UNARY = arity(1, 1)
const BINARY = arity(2, 1)
const PUSH = arity(0, 1)
const TWO_TAKEN = arity(2, 0)
const THREE_TAKEN = arity(3, 0)
const NOTHING = arity(0, 0)

type Rows = readonly (readonly [first: number, last: number, arity: Arity])[]

function tableOf(rows: Rows): Uint32Array {
  const table = new Uint32Array(256)
  for (const [first, last, value] of rows) table.fill(value, first, last + 1)
  return table
}

const PLAIN = tableOf([
  [OP.drop, OP.drop, arity(1, 0)],
  [OP.select, OP.selectTyped, arity(3, 1)],
  [OP.localGet, OP.localGet, PUSH],
  [OP.localSet, OP.localSet, arity(1, 0)],
  [OP.localTee, OP.localTee, UNARY],
  [OP.globalGet, OP.globalGet, PUSH],
  [OP.globalSet, OP.globalSet, arity(1, 0)],
  [OP.tableGet, OP.tableGet, UNARY],
  [OP.tableSet, OP.tableSet, TWO_TAKEN],
  // loads, stores
  [0x28, 0x35, UNARY],
  [0x36, 0x3e, TWO_TAKEN],
  [OP.memorySize, OP.memorySize, PUSH],
  [OP.memoryGrow, OP.memoryGrow, UNARY],
  [OP.i32Const, OP.f64Const, PUSH],
  // i32: eqz, comparisons; i64: eqz, comparisons of all types
  [0x45, 0x45, UNARY],
  [0x46, 0x4f, BINARY],
  [0x50, 0x50, UNARY],
  [0x51, 0x66, BINARY],
  // i32: clz to popcnt, arithmetic; i64 likewise
  [0x67, 0x69, UNARY],
  [0x6a, 0x78, BINARY],
  [0x79, 0x7b, UNARY],
  [0x7c, 0x8a, BINARY],
  // f32: abs to sqrt, arithmetic; f64 likewise
  [0x8b, 0x91, UNARY],
  [0x92, 0x98, BINARY],
  [0x99, 0x9f, UNARY],
  [0xa0, 0xa6, BINARY],
  // conversions, sign extension
  [0xa7, 0xc4, UNARY],
  [OP.refNull, OP.refNull, PUSH],
  [OP.refIsNull, OP.refIsNull, UNARY],
  [OP.refFunc, OP.refFunc, PUSH],
])

const BULK = tableOf([
  [0, 7, UNARY],
  [BULK_OP.memoryInit, BULK_OP.tableCopy, THREE_TAKEN],
  [BULK_OP.dataDrop, BULK_OP.dataDrop, NOTHING],
  [BULK_OP.elemDrop, BULK_OP.elemDrop, NOTHING],
  [BULK_OP.tableGrow, BULK_OP.tableGrow, BINARY],
  [BULK_OP.tableSize, BULK_OP.tableSize, PUSH],
  [BULK_OP.tableFill, BULK_OP.tableFill, THREE_TAKEN],
])

const VECTOR = tableOf([
  // Most take one vector; what takes more is named below.
  [0, 255, UNARY],
  [11, 11, TWO_TAKEN],
  [12, 12, PUSH],
  [13, 14, BINARY],
  // lanes replaced
  [23, 23, BINARY],
  [26, 26, BINARY],
  [28, 28, BINARY],
  [30, 30, BINARY],
  [32, 32, BINARY],
  [34, 34, BINARY],
  // comparisons, bitwise
  [35, 76, BINARY],
  [78, 81, BINARY],
  [82, 82, arity(3, 1)],
  // lanes loaded and stored
  [84, 87, BINARY],
  [88, 91, TWO_TAKEN],
  // narrowing, shifts and arithmetic of integers, by lane width
  [101, 102, BINARY],
  [107, 115, BINARY],
  [118, 121, BINARY],
  [123, 123, BINARY],
  [130, 130, BINARY],
  [133, 134, BINARY],
  [139, 147, BINARY],
  [149, 159, BINARY],
  [171, 174, BINARY],
  [177, 177, BINARY],
  [181, 191, BINARY],
  [203, 206, BINARY],
  [209, 209, BINARY],
  [213, 223, BINARY],
  // arithmetic of floats
  [228, 235, BINARY],
  [240, 247, BINARY],
])

/** What a block, loop or if takes and gives. */
export function blockArity(module: WasmModule, { a }: Instruction): Arity {
  if (a >= 0) return signatureArity(module.types[a])
  return a === EMPTY_BLOCK ? NOTHING : PUSH
}

function signatureArity(type: FunctionType | undefined): Arity {
  return arity(type?.parameters.length ?? 0, type?.results.length ?? 0)
}

/** What an instruction takes and gives, other than blocks, branches and what ends a block. */
export function arityOf(module: WasmModule, { opcode, sub, a }: Instruction): Arity {
  if (opcode === OP.call || opcode === OP.returnCall)
    return signatureArity(module.types[module.functions[a] ?? -1])
  // With the index into the table.
  if (opcode === OP.callIndirect || opcode === OP.returnCallIndirect)
    return signatureArity(module.types[a]) + arity(1, 0)
  if (opcode === OP.bulk) return BULK[sub] ?? NOTHING
  if (opcode === OP.vector) return VECTOR[sub] ?? NOTHING
  return PLAIN[opcode] ?? NOTHING
}
