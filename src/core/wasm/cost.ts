/**
 * What instructions cost in fuel. A change here is another `INSTRUMENTER_VERSION`: fuel is part of what is signed.
 *
 * One unit an instruction, so that fuel tells about how much is done and not how fast one engine does it. What only
 * shapes the code (nop, block, loop, else, end) and drop, which compile to nothing, is free. What takes time in
 * proportion to an operand is charged by it, on top of its unit:
 *
 *   memory.copy, memory.fill, memory.init   1 for each 8 bytes
 *   table.copy, fill, init, grow            1 an element
 *   memory.grow                             64 a page: the host must give it zeroed
 *   entering a function                     1 for each 4 locals it declares: they are set to zero
 * @module
 */
import { BULK_OP, type Instruction, OP } from './decode.ts'

/** Part of a function's runtime profile. */
export const INSTRUMENTER_VERSION = 1

const FREE: ReadonlySet<number> = new Set([OP.nop, OP.block, OP.loop, OP.else, OP.end, OP.drop])

/** The fixed part. */
export function costOf({ opcode }: Instruction): number {
  return FREE.has(opcode) ? 0 : 1
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
const BY_ELEMENT: OperandCost = { shift: 0, factor: 1 }
const BY_PAGE: OperandCost = { shift: 0, factor: 64 }
const BULK: ReadonlyMap<number, OperandCost> = new Map([
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
  return opcode === OP.bulk ? BULK.get(sub) : undefined
}
