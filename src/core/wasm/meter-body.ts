/**
 * The second pass over a function: its code again, charged for what it does and for the stack it takes.
 *
 * Fuel is what is left, an i64 global. `ChargePlan` says where how much is subtracted. A function with a loop keeps fuel in a
 * local while it runs (an engine keeps a local in a register), writes it back before a call and reads it again after. Whether
 * fuel is used up is looked at in loop headers, where a function is left and where a large one is entered: what lies between is
 * bounded code, and it costs an eighth of what a check in each block does.
 *
 * Depth is what is left of the stack, an i32 global that says so to whoever is called. A function reads it and subtracts its
 * frame into a local, and writes that to the global before each call; nothing is to be given back when it is left.
 * Both trap by running negative, so that the host can tell them from the guest's own traps.
 *
 *   local.set $left (global.get $fuel)          ;; where fuel is kept in a local
 *   local.set $deep ($depth - frame); if ($deep < 0) { $depth = $deep; unreachable }
 *   block $spent
 *     block $body (result …)                    ;; `return` becomes a branch to its end
 *       … charged; `loop` followed by its charge and br_if $spent (left < 0) …
 *     end
 *     charge what is pending; br_if $spent (left < 0); global.set $fuel (local.get $left); return
 *   end
 *   global.set $fuel (local.get $left); unreachable
 *
 * A function that ends in one place and keeps fuel in the global needs no wrapping.
 * @module
 */
import { type ChargePlan, PENDING_MAX } from './charges.ts'
import { operandCostOf } from './cost.ts'
import { BULK_OP, decode, EMPTY_BLOCK, Instruction, OP } from './decode.ts'
import { canonicalise, type NanPlan, scratchTypes } from './nan.ts'
import type { Reader } from './reader.ts'
import type { Body, FunctionType } from './structure.ts'
import type { Survey } from './survey.ts'
import type { Writer } from './writer.ts'

/** Indices of what was appended to the module. */
export interface Appended {
  readonly fuel: number
  readonly depth: number
  /** The type index of no parameters and these results, more than one. */
  readonly typeOfResults: (results: readonly number[]) => number
  /** What the memory, and each table, may grow to. */
  readonly pagesMax: number
  readonly elementsMax: readonly number[]
}

/**
 * What `$depth` is when the host could not give memory that the module may have: its end says something about this machine
 * only. No frame takes that much.
 */
export const DEPTH_WHEN_REFUSED = -(2 ** 31)

/** Bytes a local or an operand is counted with: a v128 that is spilled takes as much. */
const SLOT_BYTES = 16
/** Of return address, saved registers, instance and the like. */
const FRAME_BYTES = 64
/** What frames on the stack have run and not been charged for, at the most. */
export const HELD_BACK_PER_STACK_BYTE = PENDING_MAX / FRAME_BYTES
/** A value that only an optimising compiler keeps takes eight times as much, and hardly ever is kept. */
const VALUE_BYTES = 1
/** The host's stack must hold so many times the depth it gives: what a value is counted with and may take. */
export const STACK_PER_DEPTH = 8
/** A function that calls nothing may have a frame of this size beyond the bound, once: the host's stack has room for it. */
export const UNCOUNTED_FRAME_BYTES_MAX = 4_096
/** Straight code that is charged in more places than this is charged in a local too. */
const GLOBAL_CHARGES_MAX = 2
/** A function that calls nothing, has no loop and costs no more than this is not checked: its callers are. */
export const UNCHECKED_COST_MAX = 64
/**
 * A function that calls and costs more than this, each call counted as what it may cost unchecked, is checked at its entry too:
 * recursion is not left before it is as deep as the stack, a hundred thousand frames.
 */
export const UNCHECKED_WAY_DOWN_MAX = 256

const I32 = 0x7f
const I64 = 0x7e
const I64_SUB = 0x7d
const I64_LT_S = 0x53
const I32_ADD = 0x6a
const I32_SUB = 0x6b
const I32_LT_S = 0x48
const I64_MUL = 0x7e
const I64_SHR_U = 0x88
const I64_EXTEND_I32_U = 0xad
const I32_EQ = 0x46
const I32_LE_U = 0x4d
const MINUS_ONE = -1

export interface FunctionSource {
  readonly body: Body
  readonly type: FunctionType
  readonly survey: Survey
  readonly nan: NanPlan
}

/** Writes the function's entry in the code section, without its size. `reader` stands at the first instruction. */
export function meterBody(source: FunctionSource, appended: Appended, reader: Reader, out: Writer): void {
  new BodyWriter(source, appended, out).write(reader)
}

/** What a call of the function counts as: an eighth, at the least, of the bytes of stack it may take. */
export function frameBytes({ body, type, survey }: FunctionSource): number {
  const slots = type.parameters.length + body.locals + survey.heightMax
  return FRAME_BYTES + SLOT_BYTES * slots + VALUE_BYTES * survey.values
}

/** What grows, at the most; undefined for what does not. */
function boundOf({ opcode, sub, a }: Instruction, appended: Appended): number | undefined {
  if (opcode === OP.memoryGrow) return appended.pagesMax
  return opcode === OP.bulk && sub === BULK_OP.tableGrow ? appended.elementsMax[a] : undefined
}

function numberOfCharges({ charges }: ChargePlan): number {
  let count = 0
  for (let i = 0; i < charges.length; i++) if (charges[i] !== 0) count++
  return count
}

/** Opcodes nothing is ever written before or after, but for a result made canonical. */
const COPIED = new Uint8Array(256).fill(1)
for (const opcode of [
  OP.block,
  OP.loop,
  OP.if,
  OP.else,
  OP.end,
  OP.br,
  OP.brIf,
  OP.brTable,
  OP.return,
  OP.call,
  OP.callIndirect,
  OP.returnCall,
  OP.returnCallIndirect,
  OP.memoryGrow,
  OP.bulk,
])
  COPIED[opcode] = 0

class BodyWriter {
  readonly #out: Writer
  readonly #source: FunctionSource
  readonly #appended: Appended
  /** The local fuel is kept in; undefined where the global is charged. */
  readonly #left: number | undefined
  /** The local of what is left of the stack below this frame; undefined where nothing is called and the frame is small. */
  readonly #deep: number | undefined
  readonly #operand: number
  readonly #grown: number
  readonly #scratch: ReadonlyMap<number, number>
  readonly #added: number[] = []
  readonly #isWrapped: boolean
  /** Whether it is looked at fuel where the function is left. */
  readonly #isChecked: boolean
  /** Whether it is looked at fuel at the entry. */
  readonly #isCheckedAtEntry: boolean
  #isInside = false
  /** Opcodes of the blocks open inside `$body`; `else` for an `if` that has one. */
  readonly #open: number[] = []
  #point = 0
  #loop = 0
  #branch = 0

  constructor(source: FunctionSource, appended: Appended, out: Writer) {
    const { survey, body, type, nan } = source
    const { plan } = survey
    this.#source = source
    this.#appended = appended
    this.#out = out
    const first = type.parameters.length + body.locals
    const local = (valueType: number): number => first + this.#added.push(valueType) - 1
    const inLocal =
      survey.hasLoop || survey.hasOperandCost || numberOfCharges(plan) > survey.calls + GLOBAL_CHARGES_MAX
    this.#left = inLocal ? local(I64) : undefined
    this.#operand = survey.hasOperandCost ? local(I32) : -1
    this.#grown = survey.hasGrowth ? local(I32) : -1
    this.#scratch = new Map(scratchTypes(nan).map((valueType) => [valueType, local(valueType)]))
    const isCounted = survey.calls > 0 || frameBytes(source) > UNCOUNTED_FRAME_BYTES_MAX
    this.#deep = isCounted ? local(I32) : undefined
    this.#isWrapped = inLocal || plan.exits > 1 || plan.hasBranchOut
    this.#isChecked = survey.calls > 0 || survey.hasLoop || survey.cost > UNCHECKED_COST_MAX
    this.#isCheckedAtEntry =
      survey.calls > 0 && survey.cost + survey.calls * UNCHECKED_COST_MAX > UNCHECKED_WAY_DOWN_MAX
  }

  write(reader: Reader): void {
    this.#declareLocals()
    this.#reload()
    if (this.#isCheckedAtEntry) this.#checkFuel()
    this.#enterFrame()
    if (this.#isWrapped) this.#openWrapping()
    const { nan } = this.#source
    const instruction = new Instruction()
    /** What comes from here on is copied as it stands, until something is to be written between. */
    let from = reader.at
    for (let number = 0, isOpen = true; isOpen; number++) {
      decode(reader, instruction)
      const { opcode, start, end } = instruction
      const kind = nan[number] ?? 0
      if (kind === 0 && COPIED[opcode] === 1) continue
      this.#out.copy(reader.bytes, from, start)
      from = end
      isOpen = opcode !== OP.end || this.#open.length > 0
      this.#instruction(reader, instruction)
      if (kind !== 0) canonicalise(this.#out, kind, this.#scratch)
    }
  }

  #declareLocals(): void {
    const { declared } = this.#source.body
    this.#out.u32(declared.length + this.#added.length)
    for (const [count, type] of [...declared, ...this.#added.map((type) => [1, type] as const)]) {
      this.#out.u32(count)
      this.#out.byte(type)
    }
  }

  #instruction(reader: Reader, instruction: Instruction): void {
    const { opcode } = instruction
    switch (opcode) {
      case OP.end:
        this.#end()
        return
      case OP.else:
        this.#charge(this.#next())
        this.#open[this.#open.length - 1] = OP.else
        break
      case OP.loop:
        this.#charge(this.#next())
        this.#copy(reader, instruction)
        this.#open.push(opcode)
        this.#charge(this.#source.survey.plan.turns[this.#loop++] ?? 0)
        this.#checkFuel()
        return
      case OP.block:
      case OP.if:
        this.#open.push(opcode)
        break
      case OP.br:
      case OP.brTable:
        this.#charge(this.#next())
        break
      case OP.brIf:
        this.#branchIf(reader, instruction)
        return
      case OP.return:
        this.#return(reader, instruction)
        return
      case OP.call:
      case OP.callIndirect:
        this.#charge(this.#next())
        this.#spill()
        this.#tellDepth(0)
        this.#copy(reader, instruction)
        this.#reload()
        return
      case OP.returnCall:
      case OP.returnCallIndirect:
        this.#charge(this.#next())
        this.#checkFuel()
        this.#spill()
        this.#tellDepth(frameBytes(this.#source))
        break
      default:
        this.#chargeOperand(instruction)
        this.#copy(reader, instruction)
        this.#checkGrowth(instruction)
        return
    }
    this.#copy(reader, instruction)
  }

  #end(): void {
    const opcode = this.#open.pop()
    if (opcode === undefined) {
      this.#closeFunction(this.#next())
      return
    }
    if (opcode !== OP.loop) this.#charge(this.#next())
    if (opcode === OP.if) {
      // The way past an `if` has code of its own only if it must.
      const past = this.#next()
      if (past !== 0) {
        this.#out.byte(OP.else)
        this.#charge(past)
      }
    }
    this.#out.byte(OP.end)
  }

  /** Charged where it branches only. */
  #branchIf(reader: Reader, instruction: Instruction): void {
    const carries = this.#source.survey.carrying[this.#branch++] ?? false
    const cost = this.#next()
    if (cost === 0) this.#copy(reader, instruction)
    else if (carries) {
      this.#charge(cost)
      this.#copy(reader, instruction)
      this.#charge(-cost)
    } else {
      this.#out.byte(OP.if)
      this.#out.signed(EMPTY_BLOCK)
      this.#charge(cost)
      this.#op(OP.br, instruction.a + 1)
      this.#out.byte(OP.end)
    }
  }

  #return(reader: Reader, instruction: Instruction): void {
    const cost = this.#next()
    if (this.#isWrapped) {
      this.#charge(cost)
      this.#op(OP.br, this.#open.length)
    } else {
      this.#leave(cost)
      this.#copy(reader, instruction)
    }
  }

  #openWrapping(): void {
    const { results } = this.#source.type
    this.#out.byte(OP.block)
    this.#out.signed(EMPTY_BLOCK)
    this.#out.byte(OP.block)
    if (results.length === 0) this.#out.signed(EMPTY_BLOCK)
    else if (results.length === 1) this.#out.byte(results[0] ?? I32)
    else this.#out.signed(this.#appended.typeOfResults(results))
    this.#isInside = true
  }

  #closeFunction(cost: number): void {
    this.#isInside = false
    if (this.#isWrapped) {
      this.#charge(cost)
      this.#out.byte(OP.end)
      this.#leave(0)
      this.#out.byte(OP.return)
      this.#out.byte(OP.end)
      this.#spill()
      this.#out.byte(OP.unreachable)
    } else this.#leave(cost)
    this.#out.byte(OP.end)
  }

  // ---- fuel

  #next(): number {
    return this.#source.survey.plan.charges[this.#point++] ?? 0
  }

  #charge(cost: number): void {
    if (cost === 0) return
    this.#getFuel()
    this.#out.byte(OP.i64Const)
    this.#out.signed(cost)
    this.#out.byte(I64_SUB)
    this.#setFuel()
  }

  /** What is done last in the function. */
  #leave(cost: number): void {
    this.#charge(cost + this.#source.survey.plan.exit)
    if (this.#isChecked) this.#checkFuel()
    this.#spill()
  }

  /** Charges by the operand on top of the stack, which stays there, and looks at once: it may be large. */
  #chargeOperand(instruction: Instruction): void {
    const cost = operandCostOf(instruction)
    if (cost === undefined) return
    this.#op(OP.localTee, this.#operand)
    this.#getFuel()
    this.#op(OP.localGet, this.#operand)
    this.#out.byte(I64_EXTEND_I32_U)
    if (cost.shift > 0) this.#i64Binary(cost.shift, I64_SHR_U)
    if (cost.factor > 1) this.#i64Binary(cost.factor, I64_MUL)
    this.#out.byte(I64_SUB)
    this.#setFuel()
    this.#checkFuel()
  }

  /** A growth that fails within the bounds failed for want of memory on this machine: `-1` is no answer to sign. */
  #checkGrowth(instruction: Instruction): void {
    const bound = boundOf(instruction, this.#appended)
    if (bound === undefined) return
    this.#op(OP.localTee, this.#grown)
    this.#out.byte(OP.i32Const)
    this.#out.signed(MINUS_ONE)
    this.#out.byte(I32_EQ)
    this.#out.byte(OP.if)
    this.#out.signed(EMPTY_BLOCK)
    this.#op(OP.localGet, this.#operand)
    this.#out.byte(OP.i32Const)
    this.#out.signed(bound)
    this.#sizeOf(instruction)
    this.#out.byte(I32_SUB)
    this.#out.byte(I32_LE_U)
    this.#trapIf(() => {
      this.#out.byte(OP.i32Const)
      this.#out.signed(DEPTH_WHEN_REFUSED)
      this.#op(OP.globalSet, this.#appended.depth)
    })
    this.#out.byte(OP.end)
    this.#op(OP.localGet, this.#grown)
  }

  #sizeOf({ opcode, a }: Instruction): void {
    if (opcode === OP.memoryGrow) this.#op(OP.memorySize, 0)
    else {
      this.#op(OP.bulk, BULK_OP.tableSize)
      this.#out.u32(a)
    }
  }

  #i64Binary(constant: number, opcode: number): void {
    this.#out.byte(OP.i64Const)
    this.#out.signed(constant)
    this.#out.byte(opcode)
  }

  #checkFuel(): void {
    this.#getFuel()
    this.#out.byte(OP.i64Const)
    this.#out.signed(0)
    this.#out.byte(I64_LT_S)
    if (this.#isInside) this.#op(OP.brIf, this.#open.length + 1)
    else this.#trapIf(() => this.#spill())
  }

  #getFuel(): void {
    if (this.#left === undefined) this.#op(OP.globalGet, this.#appended.fuel)
    else this.#op(OP.localGet, this.#left)
  }

  #setFuel(): void {
    if (this.#left === undefined) this.#op(OP.globalSet, this.#appended.fuel)
    else this.#op(OP.localSet, this.#left)
  }

  #spill(): void {
    if (this.#left === undefined) return
    this.#op(OP.localGet, this.#left)
    this.#op(OP.globalSet, this.#appended.fuel)
  }

  #reload(): void {
    if (this.#left === undefined) return
    this.#op(OP.globalGet, this.#appended.fuel)
    this.#op(OP.localSet, this.#left)
  }

  // ---- depth

  #enterFrame(): void {
    if (this.#deep === undefined) return
    this.#op(OP.globalGet, this.#appended.depth)
    this.#out.byte(OP.i32Const)
    this.#out.signed(frameBytes(this.#source))
    this.#out.byte(I32_SUB)
    this.#op(OP.localTee, this.#deep)
    this.#out.byte(OP.i32Const)
    this.#out.signed(0)
    this.#out.byte(I32_LT_S)
    this.#trapIf(() => this.#tellDepth(0))
  }

  /** Writes down what is left below this frame, and `bytes` more: for whoever is called, or for the host. */
  #tellDepth(bytes: number): void {
    if (this.#deep === undefined) return
    this.#op(OP.localGet, this.#deep)
    if (bytes > 0) {
      this.#out.byte(OP.i32Const)
      this.#out.signed(bytes)
      this.#out.byte(I32_ADD)
    }
    this.#op(OP.globalSet, this.#appended.depth)
  }

  // ---- bytes

  #trapIf(before: () => void): void {
    this.#out.byte(OP.if)
    this.#out.signed(EMPTY_BLOCK)
    before()
    this.#out.byte(OP.unreachable)
    this.#out.byte(OP.end)
  }

  #op(opcode: number, index: number): void {
    this.#out.byte(opcode)
    this.#out.u32(index)
  }

  #copy(reader: Reader, { start, end }: Instruction): void {
    this.#out.copy(reader.bytes, start, end)
  }
}
