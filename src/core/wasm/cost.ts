/**
 * What instructions cost in fuel. A change here is another `INSTRUMENTER_VERSION`: fuel is part of what is signed.
 *
 * One unit an instruction, so that fuel tells about how much is done and not how fast one engine does it. What only
 * shapes the code (nop, block, loop, else, end) and drop, which compile to nothing, is free. What the engine calls its own
 * code for, or what takes time in proportion to an operand, costs more: a unit is to be a few nanoseconds at the most, as it is
 * for a load that misses every cache.
 *
 *   memory.copy, memory.fill, memory.init   1, and 1 for each 8 bytes
 *   memory.grow                             1,024, and 64 a page: the host makes a new buffer, and gives the pages zeroed
 *   table.copy, fill, init, grow            32, and 64 an element: each is told to the garbage collector
 *   table.set                               32
 *   entering a function                     1 for each 4 locals it declares: they are set to zero
 * @module
 */
import { BULK_OP, type Instruction, OP } from './decode.ts'

/** Part of a function's runtime profile. */
export const INSTRUMENTER_VERSION = 1

const MEMORY_GROW_COST = 1_024
const TABLE_CALL_COST = 32
const TABLE_ELEMENT_COST = 64

const PLAIN = new Uint16Array(256).fill(1)
for (const opcode of [OP.nop, OP.block, OP.loop, OP.else, OP.end, OP.drop]) PLAIN[opcode] = 0
PLAIN[OP.memoryGrow] = MEMORY_GROW_COST
PLAIN[OP.tableSet] = TABLE_CALL_COST

const BULK_FIXED = new Uint16Array(256).fill(1)
for (const sub of [BULK_OP.tableInit, BULK_OP.tableCopy, BULK_OP.tableGrow, BULK_OP.tableFill])
  BULK_FIXED[sub] = TABLE_CALL_COST

/** The fixed part. */
export function costOf({ opcode, sub }: Instruction): number {
  return (opcode === OP.bulk ? BULK_FIXED[sub] : PLAIN[opcode]) ?? 1
}

/** Of entering a function, whatever it does. */
export function entryCostOf(declaredLocals: number): number {
  return declaredLocals >>> 2
}

/** How the operand on top of the stack, a u32, is charged: `(operand >> shift) * factor`. */
export interface OperandCost {
  readonly shift: number
  readonly factor: number
}

const BY_8_BYTES: OperandCost = { shift: 3, factor: 1 }
const BY_ELEMENT: OperandCost = { shift: 0, factor: TABLE_ELEMENT_COST }
const BY_PAGE: OperandCost = { shift: 0, factor: 64 }
const BULK_BY_OPERAND: ReadonlyMap<number, OperandCost> = new Map([
  [BULK_OP.memoryInit, BY_8_BYTES],
  [BULK_OP.memoryCopy, BY_8_BYTES],
  [BULK_OP.memoryFill, BY_8_BYTES],
  [BULK_OP.tableInit, BY_ELEMENT],
  [BULK_OP.tableCopy, BY_ELEMENT],
  [BULK_OP.tableGrow, BY_ELEMENT],
  [BULK_OP.tableFill, BY_ELEMENT],
])

/** Undefined for an instruction whose time does not grow with its operand. */
export function operandCostOf({ opcode, sub }: Instruction): OperandCost | undefined {
  if (opcode === OP.memoryGrow) return BY_PAGE
  return opcode === OP.bulk ? BULK_BY_OPERAND.get(sub) : undefined
}
