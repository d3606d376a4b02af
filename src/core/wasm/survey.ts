/**
 * The first pass over a function: where its fuel is charged and how much, and how large its frame may be.
 *
 * A *segment* is a run of code that is entered at its first instruction only and left at its last, but for a branch out
 * of it; all of its cost is charged where it begins. Segments begin at the function's entry, at a loop's header, after
 * `if` and `else`, after the `end` of a block something branches to, and after `br_if`. What follows a branch that is always
 * taken is part of none: it does not run. So fuel is the number of instructions that ran, each by its cost.
 *
 * What a frame holds is bounded by static numbers. A baseline compiler keeps parameters, locals and operands: the type system
 * says how high the operand stack gets. An optimising one may keep any value computed before for later, however deep in
 * the stack of the guest it is gone: at most one for each instruction that gives a value. In code that cannot be reached the
 * stack is polymorphic; what it takes from below its block's base does not exist and is not counted.
 * @module
 */
import { costOf, operandCostOf } from './cost.ts'
import { decode, Instruction, OP } from './decode.ts'
import { type Arity, arityOf, blockArity, givenBy, takenBy } from './effect.ts'
import { OPERANDS_MAX } from './limits.ts'
import { mayGiveNan } from './nan.ts'
import type { Reader } from './reader.ts'
import type { Body, WasmModule } from './structure.ts'

export interface Survey {
  /** Costs of the segments, in the order they begin. */
  readonly segments: readonly number[]
  /** For each `end`, in order: whether a segment begins after it. */
  readonly endsSegment: readonly boolean[]
  /** Operands on the stack at the most. */
  readonly heightMax: number
  /** Values instructions give, a vector counted twice: what an optimising compiler may keep at a time. */
  readonly values: number
  readonly hasLoop: boolean
  readonly calls: number
  /** Whether an instruction is charged by its operand. */
  readonly hasOperandCost: boolean
  /** Whether an instruction may give a NaN of any bits. */
  readonly hasNan: boolean
}

interface Frame {
  readonly opcode: number
  readonly base: number
  readonly arity: Arity
  isTarget: boolean
}

/** Surveys a body of a module that is valid but for its types; indices out of their range are rejected. */
export function surveyBody(
  module: WasmModule,
  body: Body,
  parameters: number,
  results: number,
  reader: Reader,
): Survey {
  const survey = new Surveyor(module, parameters + body.locals, results)
  const instruction = new Instruction()
  while (!survey.done) {
    decode(reader, instruction)
    survey.see(instruction, reader)
    if (survey.heightMax > OPERANDS_MAX)
      reader.reject('too-large', `more than ${OPERANDS_MAX} operands at a time`)
  }
  reader.finish('the end of a function')
  return survey
}

class Surveyor implements Survey {
  readonly segments: number[] = [0]
  readonly endsSegment: boolean[] = []
  heightMax = 0
  values = 0
  hasLoop = false
  calls = 0
  hasOperandCost = false
  hasNan = false
  readonly #module: WasmModule
  readonly #locals: number
  readonly #frames: Frame[]
  #height = 0
  /** Whether what comes next runs whenever its segment does. */
  #isLive = true

  constructor(module: WasmModule, locals: number, results: number) {
    this.#module = module
    this.#locals = locals
    this.#frames = [{ opcode: OP.block, base: 0, arity: results, isTarget: false }]
  }

  get done(): boolean {
    return this.#frames.length === 0
  }

  see(instruction: Instruction, reader: Reader): void {
    const { opcode, a } = instruction
    if (this.#isLive) {
      const last = this.segments.length - 1
      this.segments[last] = (this.segments[last] ?? 0) + costOf(instruction)
    }
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
        this.#target(a, reader)
        this.#unreachable()
        return
      case OP.brIf:
        this.#take(1)
        this.#target(a, reader)
        this.#begin()
        return
      case OP.brTable:
        for (const label of instruction.targets) this.#target(label, reader)
        this.#unreachable()
        return
      case OP.return:
      case OP.unreachable:
        this.#unreachable()
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
    if (givenBy(arity) > 0) this.values += opcode === OP.vector ? 2 : 1
    if (!this.hasOperandCost && operandCostOf(instruction) !== undefined) this.hasOperandCost = true
    if (!this.hasNan && mayGiveNan(instruction)) this.hasNan = true
    if (opcode >= OP.call && opcode <= OP.returnCallIndirect) this.calls++
    if (opcode === OP.returnCall || opcode === OP.returnCallIndirect) this.#unreachable()
  }

  #open(opcode: number, arity: Arity): void {
    this.#take(takenBy(arity))
    // Without an else, what follows an if is reached by two ways.
    this.#frames.push({ opcode, base: this.#height, arity, isTarget: opcode === OP.if })
    this.#give(takenBy(arity))
    if (opcode === OP.loop) this.hasLoop = true
    if (opcode !== OP.block) this.#begin()
  }

  #else(reader: Reader): void {
    const frame = this.#frames.at(-1)
    if (frame?.opcode !== OP.if) reader.reject('malformed', 'else without an if')
    this.#height = frame.base
    this.#give(takenBy(frame.arity))
    this.#begin()
  }

  #close(): void {
    const frame = this.#frames.pop()
    if (frame === undefined) return
    this.#height = frame.base
    this.#give(givenBy(frame.arity))
    // A branch to a loop goes to its header, not behind its end.
    const begins = this.#frames.length > 0 && frame.isTarget && frame.opcode !== OP.loop
    this.endsSegment.push(begins)
    if (begins) this.#begin()
  }

  #target(label: number, reader: Reader): void {
    const frame = this.#frames[this.#frames.length - 1 - label]
    if (frame === undefined) reader.reject('malformed', `branch out of ${label} blocks`)
    frame.isTarget = true
  }

  #begin(): void {
    this.segments.push(0)
    this.#isLive = true
  }

  #unreachable(): void {
    this.#isLive = false
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
