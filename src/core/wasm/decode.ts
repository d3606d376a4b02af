/**
 * Decodes instructions: everything in WebAssembly 2.0 and tail calls, and nothing else.
 *
 * Rejected because results would differ between machines or engines: relaxed SIMD. Because the host relies on their
 * absence: exceptions (a guest could catch the host's own end of a run), atomics, GC and typed references, more than
 * one memory. Rejected when unknown: everything else. Operand types are the engine's to check.
 *
 * Source: WebAssembly Core Specification 2.0, §5.4 and the tail-call proposal.
 * @module
 */
import { BRANCH_TARGETS_MAX } from './limits.ts'
import type { Reader } from './reader.ts'
import { ModuleRejectedError } from './reject.ts'

/** Opcodes that code of ours names. Behind a prefix the numbers are those of `BULK_OP`. */
export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  refNull: 0xd0,
  refIsNull: 0xd1,
  refFunc: 0xd2,
  bulk: 0xfc,
  vector: 0xfd,
} as const

/** After 0xfc; 0 to 7 are the saturating truncations. */
export const BULK_OP = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const

const FUNCREF = 0x70
const EXTERNREF = 0x6f
/** A block type: no parameters and no results. */
export const EMPTY_BLOCK = -0x40
const MEMORY_INDEX_BIT = 0x40
const NO_TARGETS: readonly number[] = []

/** One instruction. Reused from one `decode` to the next: copy what is to be kept. */
export class Instruction {
  /** Of its first byte in the module. */
  start = 0
  end = 0
  /** The first byte, which is a prefix for `OP.bulk` and `OP.vector`. */
  opcode = 0
  /** The number behind a prefix. */
  sub = 0
  /** Immediates: an index, a label, a block type (negative for a value type), or what comes second. */
  a = 0
  b = 0
  /** Labels of `br_table`, the default last. */
  targets: readonly number[] = NO_TARGETS
}

type Immediates = (reader: Reader, into: Instruction) => void

const none: Immediates = () => {}
const index: Immediates = (reader, into) => {
  into.a = reader.u32()
}
const twoIndices: Immediates = (reader, into) => {
  into.a = reader.u32()
  into.b = reader.u32()
}
const memoryArgument: Immediates = (reader) => {
  if (reader.u32() & MEMORY_INDEX_BIT) reader.reject('unsupported', 'access to another memory')
  reader.u32()
}
const onlyMemory: Immediates = (reader) => {
  if (reader.byte() !== 0) reader.reject('unsupported', 'use of another memory')
}
const referenceType: Immediates = (reader) => {
  const type = reader.byte()
  if (type !== FUNCREF && type !== EXTERNREF)
    reader.reject('unsupported', `reference type 0x${type.toString(16)}`)
}
const branchTargets: Immediates = (reader, into) => {
  const count = reader.count('branch targets', BRANCH_TARGETS_MAX)
  into.targets = Array.from({ length: count + 1 }, () => reader.u32())
}
const selectedTypes: Immediates = (reader) => {
  reader.skip(reader.count('selected types', 1))
}
/** A signed integer of 33 bits: a type index, or a value type as a negative number. */
const blockType: Immediates = (reader, into) => {
  const first = reader.byte()
  if (first === 0x40 || (first >= 0x7b && first <= 0x7f) || first === FUNCREF || first === EXTERNREF) {
    into.a = first - 0x80
    return
  }
  let value = first & 0x7f
  let last = first
  for (let shift = 7; last >= 0x80; shift += 7) {
    if (shift > 28) reader.reject('malformed', 'integer too long')
    last = reader.byte()
    value += (last & 0x7f) * 2 ** shift
  }
  // Every other negative number is a type outside the profile.
  if (last & 0x40) reader.reject('unsupported', `block type 0x${first.toString(16)}`)
  into.a = value
}
const integer32: Immediates = (reader) => {
  reader.skipLeb(5)
}
const integer64: Immediates = (reader) => {
  reader.skipLeb(10)
}
const fixed =
  (bytes: number): Immediates =>
  (reader) =>
    reader.skip(bytes)
const both =
  (first: Immediates, second: Immediates): Immediates =>
  (reader, into) => {
    first(reader, into)
    second(reader, into)
  }

/** What follows an opcode; an opcode without an entry is outside the profile. */
type Table = readonly (Immediates | undefined)[]
type Rows = readonly (readonly [opcodes: readonly number[], immediates: Immediates])[]

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

function tableOf(rows: Rows): Table {
  const table: (Immediates | undefined)[] = Array(256).fill(undefined)
  for (const [opcodes, immediates] of rows) for (const opcode of opcodes) table[opcode] = immediates
  return table
}

const PLAIN = tableOf([
  [[OP.unreachable, OP.nop, OP.else, OP.end, OP.return, OP.drop, OP.select, OP.refIsNull], none],
  [[OP.block, OP.loop, OP.if], blockType],
  [[OP.br, OP.brIf, OP.call, OP.returnCall, OP.refFunc], index],
  [[OP.brTable], branchTargets],
  [[OP.callIndirect, OP.returnCallIndirect], twoIndices],
  [[OP.selectTyped], selectedTypes],
  [range(OP.localGet, OP.tableSet), index],
  // loads and stores
  [range(0x28, 0x3e), memoryArgument],
  [[OP.memorySize, OP.memoryGrow], onlyMemory],
  [[OP.i32Const], integer32],
  [[OP.i64Const], integer64],
  [[OP.f32Const], fixed(4)],
  [[OP.f64Const], fixed(8)],
  // comparisons, arithmetic, conversions, sign extension
  [range(0x45, 0xc4), none],
  [[OP.refNull], referenceType],
])

const BULK = tableOf([
  // saturating truncation
  [range(0, 7), none],
  [[BULK_OP.memoryInit], both(index, onlyMemory)],
  [[BULK_OP.memoryCopy], both(onlyMemory, onlyMemory)],
  [[BULK_OP.memoryFill], onlyMemory],
  [[BULK_OP.tableInit, BULK_OP.tableCopy], twoIndices],
  [[BULK_OP.dataDrop, BULK_OP.elemDrop, BULK_OP.tableGrow, BULK_OP.tableSize, BULK_OP.tableFill], index],
])

/** Vector opcodes that mean nothing. */
const VECTOR_HOLES: readonly number[] = [
  154, 162, 165, 166, 175, 176, 178, 179, 180, 187, 194, 197, 198, 207, 208, 210, 211, 212, 226, 238,
]

/** After 0xfd. Relaxed SIMD starts at 0x100. */
const VECTOR = tableOf([
  [range(14, 255).filter((opcode) => !VECTOR_HOLES.includes(opcode)), none],
  // loads, v128.store, zero-extending loads
  [[...range(0, 11), 92, 93], memoryArgument],
  // v128.const, i8x16.shuffle
  [[12, 13], fixed(16)],
  // lanes
  [range(21, 34), fixed(1)],
  // loads and stores of one lane
  [range(84, 91), both(memoryArgument, fixed(1))],
])

/** Reads the next instruction into `into`. Throws `ModuleRejectedError` for one outside the profile. */
export function decode(reader: Reader, into: Instruction): void {
  into.start = reader.at
  const first = reader.byte()
  const table = first === OP.bulk ? BULK : first === OP.vector ? VECTOR : PLAIN
  const number = table === PLAIN ? first : reader.u32()
  const immediates = table[number]
  if (immediates === undefined) {
    const prefix = table === PLAIN ? '' : `0x${first.toString(16)} `
    throw new ModuleRejectedError('unsupported', into.start, `instruction ${prefix}0x${number.toString(16)}`)
  }
  into.opcode = first
  into.sub = table === PLAIN ? 0 : number
  if (immediates !== none) immediates(reader, into)
  into.end = reader.at
}

/** Reads one function's code to its last `end`, which must be the reader's end. */
export function scanBody(reader: Reader): void {
  const instruction = new Instruction()
  let depth = 1
  while (depth > 0) {
    decode(reader, instruction)
    if (instruction.opcode === OP.end) depth--
    else if (instruction.opcode >= OP.block && instruction.opcode <= OP.if) depth++
  }
  reader.finish('the end of a function')
}
