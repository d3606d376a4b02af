/**
 * The instructions of the profile: everything in WebAssembly 2.0 and tail calls.
 *
 * Rejected because results would differ between machines or engines: relaxed SIMD. Because the host relies on their
 * absence: exceptions (a guest could catch the host's own end of a run), atomics, GC and typed references, more than
 * one memory. Rejected when unknown: everything else. Operand types are the engine's to check.
 * @module
 */
import { BRANCH_TARGETS_MAX } from './limits.ts'
import type { Reader } from './reader.ts'
import { ModuleRejectedError } from './reject.ts'

const FUNCREF = 0x70
const EXTERNREF = 0x6f
const EMPTY_BLOCK = 0x40
/** `memarg` alignment bit that announces a memory index. */
const MEMORY_INDEX_BIT = 0x40

type Immediate = (reader: Reader) => void

const index: Immediate = (reader) => {
  reader.u32()
}
const memoryArgument: Immediate = (reader) => {
  if (reader.u32() & MEMORY_INDEX_BIT) reader.reject('unsupported', 'access to another memory')
  reader.u32()
}
const onlyMemory: Immediate = (reader) => {
  if (reader.byte() !== 0) reader.reject('unsupported', 'use of another memory')
}
const referenceType: Immediate = (reader) => {
  const type = reader.byte()
  if (type !== FUNCREF && type !== EXTERNREF)
    reader.reject('unsupported', `reference type 0x${type.toString(16)}`)
}
const branchTargets: Immediate = (reader) => {
  for (let left = reader.count('branch targets', BRANCH_TARGETS_MAX); left >= 0; left--) reader.u32()
}
const selectedTypes: Immediate = (reader) => {
  for (let left = reader.count('selected types', 1); left > 0; left--) reader.skip(1)
}
const blockType: Immediate = (reader) => {
  const first = reader.byte()
  if (first === EMPTY_BLOCK || (first >= 0x7b && first <= 0x7f) || first === FUNCREF || first === EXTERNREF)
    return
  // A type index is a positive signed integer of 33 bits; every other negative one is a type outside the profile.
  const last = first < 0x80 ? first : reader.skipLeb(4)
  if (last & 0x40) reader.reject('unsupported', `block type 0x${first.toString(16)}`)
}
const integer32: Immediate = (reader) => {
  reader.skipLeb(5)
}
const integer64: Immediate = (reader) => {
  reader.skipLeb(10)
}
const fixed =
  (bytes: number): Immediate =>
  (reader) =>
    reader.skip(bytes)

/** What follows an opcode; an opcode that is not in a table is outside the profile. */
type Table = ReadonlyMap<number, readonly Immediate[]>

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const all = (opcodes: readonly number[], ...immediates: Immediate[]) =>
  opcodes.map((opcode) => [opcode, immediates] as const)

const PLAIN: Table = new Map([
  // unreachable, nop, else, end, return, drop, select, ref.is_null
  ...all([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1]),
  // block, loop, if
  ...all([0x02, 0x03, 0x04], blockType),
  // br, br_if, call, return_call, ref.func
  ...all([0x0c, 0x0d, 0x10, 0x12, 0xd2], index),
  // br_table
  ...all([0x0e], branchTargets),
  // call_indirect, return_call_indirect
  ...all([0x11, 0x13], index, index),
  // select with types
  ...all([0x1c], selectedTypes),
  // locals, globals, table.get, table.set
  ...all(range(0x20, 0x26), index),
  // loads and stores
  ...all(range(0x28, 0x3e), memoryArgument),
  // memory.size, memory.grow
  ...all([0x3f, 0x40], onlyMemory),
  // i32.const, i64.const, f32.const, f64.const
  ...all([0x41], integer32),
  ...all([0x42], integer64),
  ...all([0x43], fixed(4)),
  ...all([0x44], fixed(8)),
  // comparisons, arithmetic, conversions, sign extension
  ...all(range(0x45, 0xc4)),
  // ref.null
  ...all([0xd0], referenceType),
])

/** After 0xfc. */
const BULK: Table = new Map([
  // saturating truncation
  ...all(range(0, 7)),
  // memory.init, data.drop, memory.copy, memory.fill
  ...all([8], index, onlyMemory),
  ...all([9], index),
  ...all([10], onlyMemory, onlyMemory),
  ...all([11], onlyMemory),
  // table.init, table.copy, elem.drop, table.grow, table.size, table.fill
  ...all([12, 14], index, index),
  ...all([13, 15, 16, 17], index),
])

/** Vector opcodes that mean nothing. */
const VECTOR_HOLES: readonly number[] = [
  154, 162, 165, 166, 175, 176, 178, 179, 180, 187, 194, 197, 198, 207, 208, 210, 211, 212, 226, 238,
]

/** After 0xfd. Relaxed SIMD starts at 0x100. */
const VECTOR: Table = new Map([
  ...all(range(14, 255).filter((opcode) => !VECTOR_HOLES.includes(opcode))),
  // loads, v128.store, zero-extending loads
  ...all([...range(0, 11), 92, 93], memoryArgument),
  // v128.const, i8x16.shuffle
  ...all([12, 13], fixed(16)),
  // lanes
  ...all(range(21, 34), fixed(1)),
  // loads and stores of one lane
  ...all(range(84, 91), memoryArgument, fixed(1)),
])

const BLOCK_FIRST = 0x02
const BLOCK_LAST = 0x04
const END = 0x0b
const BULK_PREFIX = 0xfc
const VECTOR_PREFIX = 0xfd

/** Reads one function's code to its last `end`, which must be the reader's end. */
export function scanBody(reader: Reader): void {
  let depth = 1
  while (depth > 0) {
    const offset = reader.at
    const first = reader.byte()
    const table = first === BULK_PREFIX ? BULK : first === VECTOR_PREFIX ? VECTOR : PLAIN
    const opcode = table === PLAIN ? first : reader.u32()
    const immediates = table.get(opcode)
    if (immediates === undefined) {
      const prefix = table === PLAIN ? '' : `0x${first.toString(16)} `
      throw new ModuleRejectedError('unsupported', offset, `instruction ${prefix}0x${opcode.toString(16)}`)
    }
    for (const skip of immediates) skip(reader)
    if (table !== PLAIN) continue
    if (opcode === END) depth--
    else if (opcode >= BLOCK_FIRST && opcode <= BLOCK_LAST) depth++
  }
  reader.finish('the end of a function')
}
