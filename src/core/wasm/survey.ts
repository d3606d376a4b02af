/**
 * The first pass over a function: what it costs and where that is charged, and how large its frame may be.
 *
 * What a frame holds is bounded by static numbers. A baseline compiler keeps parameters, locals and operands: the type system
 * says how high the operand stack gets. An optimising one may keep any value computed before for later, however deep in
 * the stack of the guest it is gone: at most one for each instruction that gives a value. In code that cannot be reached the
 * stack is polymorphic; what it takes from below its block's base does not exist and is not counted.
 * @module
 */
import { type ChargePlan, ChargePlanner } from './charges.ts'
import { costOf, entryCostOf, operandCostOf } from './cost.ts'
import { BULK_OP, decode, Instruction, OP } from './decode.ts'
import { type Arity, arityOf, blockArity, givenBy, takenBy } from './effect.ts'
import { COMPILE_UNITS_MAX, OPERANDS_MAX, UNITS_PER_BRANCH_TARGET, UNITS_PER_LOOP } from './limits.ts'
import { mayGiveNan } from './nan.ts'
import type { Reader } from './reader.ts'
import type { Body, WasmModule } from './structure.ts'

export interface Survey {
  readonly plan: ChargePlan
  /** Of every instruction in the function, and of entering it. */
  readonly cost: number
  /** For each `br_if`, in order: whether operands go with it. */
  readonly carrying: readonly boolean[]
  /** Operands on the stack at the most. */
  readonly heightMax: number
  /** Of the work compilers have with it beyond its bytes: `COMPILE_UNITS_MAX`. */
  readonly compileUnits: number
  /** Values instructions give, a vector counted twice: what an optimising compiler may keep at a time. */
  readonly values: number
  readonly hasLoop: boolean
  readonly calls: number
  /** Whether an instruction is charged by its operand. */
  readonly hasOperandCost: boolean
  /** Whether a memory or a table grows. */
  readonly hasGrowth: boolean
  /** Whether an instruction may give a NaN of any bits. */
  readonly hasNan: boolean
}

interface Frame {
  readonly opcode: number
  readonly base: number
  readonly arity: Arity
}

/** Surveys a body of a module that is valid but for its types; indices out of their range are rejected. */
export function surveyBody(
  module: WasmModule,
  body: Body,
  parameters: number,
  results: number,
  reader: Reader,
): Survey {
  const survey = new Surveyor(module, parameters, body.locals, results)
  const instruction = new Instruction()
  while (!survey.done) {
    decode(reader, instruction)
    survey.see(instruction, reader)
    if (survey.heightMax > OPERANDS_MAX)
      reader.reject('too-large', `more than ${OPERANDS_MAX} operands at a time`)
  }
  reader.finish('the end of a function')
  const result = survey.result()
  if (result.compileUnits > COMPILE_UNITS_MAX)
    reader.reject('too-large', `${result.compileUnits} units of work for compilers`)
  return result
}

class Surveyor {
  readonly #charges = new ChargePlanner()
  readonly #carrying: boolean[] = []
  heightMax = 0
  #cost: number
  #values = 0
  /** Places where ways meet, and values calls pass. */
  #meetings = 0
  #passed = 0
  #targets = 0
  #loops = 0
  /** Loops open here, and the sum of that over all loops. */
  #loopDepth = 0
  #loopDepths = 0
  #calls = 0
  #hasOperandCost = false
  #hasGrowth = false
  #hasNan = false
  readonly #module: WasmModule
  readonly #locals: number
  readonly #frames: Frame[]
  #height = 0

  constructor(module: WasmModule, parameters: number, declared: number, results: number) {
    this.#module = module
    this.#locals = parameters + declared
    this.#frames = [{ opcode: OP.block, base: 0, arity: results }]
    this.#cost = entryCostOf(declared)
    this.#charges.add(this.#cost)
  }

  get done(): boolean {
    return this.#frames.length === 0
  }

  result(): Survey {
    return {
      plan: this.#charges.plan(),
      cost: this.#cost,
      carrying: this.#carrying,
      heightMax: this.heightMax,
      compileUnits:
        this.#meetings * (this.#locals + this.heightMax) +
        this.#passed +
        this.#targets * UNITS_PER_BRANCH_TARGET +
        this.#loops * this.#loopDepths * UNITS_PER_LOOP,
      values: this.#values,
      hasLoop: this.#loops > 0,
      calls: this.#calls,
      hasOperandCost: this.#hasOperandCost,
      hasGrowth: this.#hasGrowth,
      hasNan: this.#hasNan,
    }
  }

  see(instruction: Instruction, reader: Reader): void {
    const { opcode, a } = instruction
    const cost = costOf(instruction)
    this.#cost += cost
    this.#charges.add(cost)
    switch (opcode) {
      case OP.block:
      case OP.loop:
      case OP.if:
        this.#checkBlock(a, reader)
        if (opcode === OP.if) this.#take(1)
        this.#open(opcode, blockArity(this.#module, instruction))
        return
      case OP.else:
        this.#else(reader)
        return
      case OP.end:
        this.#close()
        return
      case OP.br:
        this.#meetings++
        this.#frameAt(a, reader)
        this.#charges.branch(a)
        this.#emptyBlock()
        return
      case OP.brIf:
        this.#branchIf(a, reader)
        return
      case OP.brTable:
        this.#meetings += instruction.targets.length
        this.#targets += instruction.targets.length
        for (const label of instruction.targets) this.#frameAt(label, reader)
        this.#charges.branchTable(instruction.targets)
        this.#emptyBlock()
        return
      case OP.return:
        this.#charges.return()
        this.#emptyBlock()
        return
      case OP.unreachable:
        this.#charges.unreachable()
        this.#emptyBlock()
        return
      default:
        this.#plain(instruction, reader)
    }
  }

  #plain(instruction: Instruction, reader: Reader): void {
    const { opcode } = instruction
    this.#checkIndex(instruction, reader)
    const arity = arityOf(this.#module, instruction)
    this.#take(takenBy(arity))
    this.#give(givenBy(arity))
    if (givenBy(arity) > 0) this.#values += opcode === OP.vector ? 2 : 1
    if (!this.#hasGrowth && operandCostOf(instruction) !== undefined) {
      this.#hasOperandCost = true
      this.#hasGrowth = opcode === OP.memoryGrow || instruction.sub === BULK_OP.tableGrow
    }
    if (!this.#hasNan && mayGiveNan(instruction)) this.#hasNan = true
    if (opcode >= OP.call && opcode <= OP.returnCallIndirect) this.#call(instruction, arity)
  }

  #call({ opcode, a }: Instruction, arity: Arity): void {
    this.#calls++
    this.#passed += takenBy(arity) + givenBy(arity)
    if (opcode === OP.call || opcode === OP.callIndirect) {
      this.#charges.call(opcode === OP.call && a < this.#module.imports.length)
      return
    }
    this.#charges.settle()
    this.#charges.unreachable()
    this.#emptyBlock()
  }

  #open(opcode: number, arity: Arity): void {
    this.#meetings++
    this.#take(takenBy(arity))
    this.#frames.push({ opcode, base: this.#height, arity })
    this.#give(takenBy(arity))
    if (opcode === OP.block) this.#charges.block()
    else if (opcode === OP.if) this.#charges.if()
    else {
      this.#loops++
      this.#loopDepth++
      this.#loopDepths += this.#loopDepth
      this.#charges.loop()
    }
  }

  #else(reader: Reader): void {
    const frame = this.#frames.at(-1)
    if (frame?.opcode !== OP.if) reader.reject('malformed', 'else without an if')
    // Another else for it would be one too many.
    this.#frames[this.#frames.length - 1] = { ...frame, opcode: OP.block }
    this.#height = frame.base
    this.#give(takenBy(frame.arity))
    this.#charges.else()
  }

  #close(): void {
    const frame = this.#frames.pop()
    if (frame === undefined) return
    if (frame.opcode === OP.loop) this.#loopDepth--
    this.#height = frame.base
    this.#give(givenBy(frame.arity))
    this.#charges.end()
  }

  #branchIf(label: number, reader: Reader): void {
    this.#meetings++
    this.#take(1)
    const { opcode, arity } = this.#frameAt(label, reader)
    this.#carrying.push((opcode === OP.loop ? takenBy(arity) : givenBy(arity)) > 0)
    this.#charges.branchIf(label)
  }

  #frameAt(label: number, reader: Reader): Frame {
    const frame = this.#frames[this.#frames.length - 1 - label]
    if (frame === undefined) reader.reject('malformed', `branch out of ${label} blocks`)
    return frame
  }

  /** What follows cannot be reached: to the types, its block holds nothing. */
  #emptyBlock(): void {
    this.#height = this.#frames.at(-1)?.base ?? 0
  }

  #take(count: number): void {
    this.#height = Math.max(this.#height - count, this.#frames.at(-1)?.base ?? 0)
  }

  #give(count: number): void {
    this.#height += count
    if (this.#height > this.heightMax) this.heightMax = this.#height
  }

  /** What is appended to a module must not make an index valid that was not. */
  #checkIndex({ opcode, a }: Instruction, reader: Reader): void {
    const { types, functions, globals } = this.#module
    let count = Number.POSITIVE_INFINITY
    if (opcode >= OP.localGet && opcode <= OP.localTee) count = this.#locals
    else if (opcode === OP.globalGet || opcode === OP.globalSet) count = globals
    else if (opcode === OP.call || opcode === OP.returnCall || opcode === OP.refFunc) count = functions.length
    else if (opcode === OP.callIndirect || opcode === OP.returnCallIndirect) count = types.length
    if (a >= count) reader.reject('malformed', `index ${a} of ${count}`)
  }

  #checkBlock(type: number, reader: Reader): void {
    if (type >= this.#module.types.length) reader.reject('malformed', `block of type ${type}`)
  }
}
