/**
 * Which float results must be made canonical so that no guest can see the bits of a NaN that engines choose freely.
 *
 * Arithmetic that gives a NaN may give any of several (WebAssembly Core Specification 2.0, §4.3.3), and V8's two
 * compilers do differ, so that what a guest computes would depend on when its code was optimised. A result is replaced by the
 * canonical NaN where its bits can be *observed*: stored, reinterpreted, returned, passed on, merged with another at the
 * end of a block. Arithmetic, comparison and truncation do not observe the bits of their operands, only that they are
 * NaN, and their own results are looked at in turn; so most results need nothing.
 *
 * Vectors are told apart by the shape of their lanes: to f64x2 arithmetic the bits of an f32x4 result are plain values, so
 * that is an observation.
 *
 * What flows through locals is followed without regard to order: what is read from a local may be any result that was ever
 * put there. It is made canonical in one of two places: where it is put, or where it is read to be observed, whichever is
 * less deep in loops; a sum is put in every turn and stored once.
 * @module
 */
import { BULK_OP, decode, Instruction, OP } from './decode.ts'
import { arityOf, blockArity, givenBy, takenBy } from './effect.ts'
import type { Reader } from './reader.ts'
import type { FunctionType, WasmModule } from './structure.ts'
import type { Writer } from './writer.ts'

const F32 = 0x7d
const F64 = 0x7c
const V128 = 0x7b

/** How bits are looked at: as what they are, or as floats of a width, whose NaNs all look alike. */
const AS_BITS = 1
const AS_F32 = 2
const AS_F64 = 4
type Look = typeof AS_BITS | typeof AS_F32 | typeof AS_F64

/** Kinds of results: a scalar's or a vector's lanes, by how they look at a NaN. */
const IN_VECTOR = 8
type Kind = number
const kindOf = (look: number, type: number): Kind => (type === V128 ? look | IN_VECTOR : look)
const typeOf = (kind: Kind): number => (kind & IN_VECTOR ? V128 : kind & AS_F32 ? F32 : F64)

/** By the instruction's number in its function, counting every one: the kind to make canonical, or 0. */
export type NanPlan = Uint8Array

export const NO_NANS: NanPlan = new Uint8Array()

/** f32.ceil */
const FIRST_NAN = 0x8d

const within = (value: number, first: number, last: number): boolean => value >= first && value <= last

/** What the instruction's result is when it may be a NaN of any bits, or 0. */
function resultOf({ opcode, sub }: Instruction): Kind {
  if (opcode === OP.vector) {
    // ceil to nearest, sqrt, add to max, demote_zero
    if (within(sub, 103, 106) || within(sub, 227, 233) || sub === 94) return AS_F32 | IN_VECTOR
    if (sub === 116 || sub === 117 || sub === 122 || sub === 148 || within(sub, 239, 245) || sub === 95)
      return AS_F64 | IN_VECTOR
    return 0
  }
  // ceil to max, and conversion from the other width; abs, neg and copysign are defined on bits
  if (within(opcode, 0x8d, 0x97) || opcode === 0xb6) return AS_F32
  if (within(opcode, 0x9b, 0xa5) || opcode === 0xbb) return AS_F64
  return 0
}

/** Whether a function has anything to plan for. */
export function mayGiveNan(instruction: Instruction): boolean {
  // Before the first that may, in the order of opcodes, stands most of what code is made of.
  return instruction.opcode >= FIRST_NAN && resultOf(instruction) !== 0
}

/** How the instruction looks at its operands. */
function lookOf(instruction: Instruction): Look {
  const { opcode, sub } = instruction
  if (opcode === OP.vector) {
    // conversions between widths look at the other one; comparisons, saturating truncation
    if (sub === 95 || within(sub, 65, 70) || sub === 248 || sub === 249) return AS_F32
    if (sub === 94 || within(sub, 71, 76) || sub === 252 || sub === 253) return AS_F64
    return lookOfResult(instruction)
  }
  if (opcode === OP.bulk) {
    if (sub >= BULK_OP.memoryInit) return AS_BITS
    return sub === 0 || sub === 1 || sub === 4 || sub === 5 ? AS_F32 : AS_F64
  }
  if (opcode === 0xbb || within(opcode, 0x5b, 0x60)) return AS_F32
  if (opcode === 0xb6 || within(opcode, 0x61, 0x66)) return AS_F64
  // trapping truncation
  if (opcode === 0xa8 || opcode === 0xa9 || opcode === 0xae || opcode === 0xaf) return AS_F32
  if (opcode === 0xaa || opcode === 0xab || opcode === 0xb0 || opcode === 0xb1) return AS_F64
  return lookOfResult(instruction)
}

/** Arithmetic looks at its operands as what it gives. */
function lookOfResult(instruction: Instruction): Look {
  const kind = resultOf(instruction)
  if (kind === 0) return AS_BITS
  return kind & AS_F32 ? AS_F32 : AS_F64
}

/** Plans a function with operands of at most `heightMax`; `reader` stands at its first instruction. */
export function planNans(
  module: WasmModule,
  type: FunctionType,
  locals: readonly (readonly [count: number, type: number])[],
  heightMax: number,
  reader: Reader,
): NanPlan {
  const analysis = new Analysis(module, type, locals, heightMax, reader.left)
  const instruction = new Instruction()
  for (let number = 0; !analysis.done; number++) {
    decode(reader, instruction)
    analysis.see(instruction, number)
  }
  return analysis.plan()
}

/** An operand: 0 for one whose bits are what they are, n + 1 for what instruction n gives: a result, or what a local holds. */
type Value = number

/** A turn of a loop is taken to run so often. */
const TURNS = 8
const LOOPS_COUNTED_MAX = 8

interface Frame {
  readonly base: number
  readonly taken: number
  readonly given: number
  readonly isLoop: boolean
}

/** A local that may hold floats. */
interface Local {
  readonly type: number
  /** What is put there. */
  readonly sources: Value[]
  readonly reads: number[]
  /** Widths of the results that may be in it. */
  kinds: number
  /** How it is looked at, where it is made canonical when put there; 0 where that is done when it is read. */
  looks: number
  /** What it takes to make it canonical where it is put, and where it is read. */
  putCost: number
  readCost: number
}

class Analysis {
  readonly #module: WasmModule
  /** By local: its type. */
  readonly #types: Uint8Array
  /** Those that may hold floats, once they are put to or read: a function may declare fifty thousand in three bytes. */
  readonly #locals = new Map<number, Local>()
  /** By value: what kind of result, or 0; the local it was read from, counting from 1, or 0; how it is looked at; loops around. */
  readonly #kinds: Uint8Array
  readonly #readFrom: Int32Array
  readonly #looks: Uint8Array
  readonly #depths: Uint8Array
  readonly #stack: Int32Array
  #height = 0
  #loops = 0
  readonly #frames: Frame[]
  /** Pairs of a value and how it is looked at. */
  readonly #waiting: number[] = []

  constructor(
    module: WasmModule,
    { parameters, results }: FunctionType,
    locals: readonly (readonly [count: number, type: number])[],
    heightMax: number,
    /** The function's bytes: it has no more instructions. */
    bytes: number,
  ) {
    this.#module = module
    this.#kinds = new Uint8Array(bytes + 1)
    this.#readFrom = new Int32Array(bytes + 1)
    this.#looks = new Uint8Array(bytes + 1)
    this.#depths = new Uint8Array(bytes + 1)
    this.#frames = [{ base: 0, taken: 0, given: results.length, isLoop: false }]
    this.#stack = new Int32Array(heightMax)
    const declared = locals.reduce((sum, [count]) => sum + count, parameters.length)
    this.#types = new Uint8Array(declared)
    this.#types.set(parameters)
    let first = parameters.length
    for (const [count, type] of locals) {
      this.#types.fill(type, first, first + count)
      first += count
    }
  }

  get done(): boolean {
    return this.#frames.length === 0
  }

  see(instruction: Instruction, number: number): void {
    const { opcode, a } = instruction
    switch (opcode) {
      case OP.block:
      case OP.loop:
      case OP.if:
        if (opcode === OP.if) this.#pop()
        this.#open(opcode === OP.loop, blockArity(this.#module, instruction))
        return
      case OP.else:
        this.#endArm()
        this.#give(this.#frames.at(-1)?.taken ?? 0)
        return
      case OP.end:
        this.#close()
        return
      case OP.br:
        this.#carry(a)
        this.#unreachable()
        return
      case OP.brIf:
        this.#pop()
        this.#carry(a)
        return
      case OP.brTable:
        this.#pop()
        // Every label takes as many.
        this.#carry(instruction.targets.at(-1) ?? 0)
        this.#unreachable()
        return
      case OP.return:
        this.#carry(this.#frames.length - 1)
        this.#unreachable()
        return
      case OP.unreachable:
        this.#unreachable()
        return
      case OP.localGet:
        this.#push(this.#read(a, number))
        return
      case OP.localSet:
        this.#put(a, this.#pop())
        return
      case OP.localTee: {
        const value = this.#pop()
        this.#put(a, value)
        this.#push(value)
        return
      }
      case OP.drop:
        this.#pop()
        return
      default:
        this.#plain(instruction, number)
    }
  }

  /** The results and reads somebody looks at otherwise than as their own kind. */
  plan(): NanPlan {
    this.#spreadKinds()
    const observed = this.#looks.slice()
    this.#looks.fill(0)
    for (let value = 1; value < observed.length; value++) {
      const looks = observed[value] ?? 0
      if (looks !== 0) this.#observe(value, looks)
    }
    const plan = new Uint8Array(observed.length)
    for (let value = 1; value < observed.length; value++) {
      const looks = this.#looks[value] ?? 0
      if (looks === 0) continue
      const local = this.#localOf(value)
      const kind = local === undefined ? (this.#kinds[value] ?? 0) : kindOf(local.kinds, local.type)
      if ((looks & ~kind) !== 0) plan[value - 1] = kind
    }
    return plan
  }

  #localOf(value: Value): Local | undefined {
    const index = this.#readFrom[value] ?? 0
    return index === 0 ? undefined : this.#locals.get(index - 1)
  }

  /** Undefined for a local that never holds floats. */
  #floats(index: number): Local | undefined {
    const type = this.#types[index] ?? 0
    if (type !== F32 && type !== F64 && type !== V128) return undefined
    const known = this.#locals.get(index)
    if (known !== undefined) return known
    const local = localOf(type)
    this.#locals.set(index, local)
    return local
  }

  #weightOf(value: Value): number {
    return TURNS ** (this.#depths[value] ?? 0)
  }

  /** What is in a local is in every local it is put into. */
  #spreadKinds(): void {
    const into = new Map<Local, Local[]>()
    const waiting: Local[] = []
    for (const local of this.#locals.values()) {
      for (const source of local.sources) {
        local.putCost += this.#weightOf(source)
        const from = this.#localOf(source)
        if (from === undefined) local.kinds |= (this.#kinds[source] ?? 0) & ~IN_VECTOR
        else {
          const targets = into.get(from)
          if (targets === undefined) into.set(from, [local])
          else if (targets.at(-1) !== local) targets.push(local)
        }
      }
      if (local.kinds !== 0) waiting.push(local)
    }
    for (let from = waiting.pop(); from !== undefined; from = waiting.pop())
      for (const local of into.get(from) ?? [])
        if ((from.kinds & ~local.kinds) !== 0) {
          local.kinds |= from.kinds
          waiting.push(local)
        }
  }

  /** Somebody looks at a value; where it comes from a local, the local decides where that is to be mended. */
  #observe(first: Value, firstLooks: number): void {
    this.#waiting.push(first, firstLooks)
    while (this.#waiting.length > 0) {
      const looks = this.#waiting.pop() ?? 0
      const value = this.#waiting.pop() ?? 0
      const before = this.#looks[value] ?? 0
      const after = before | looks
      if (after === before) continue
      const local = this.#localOf(value)
      if (local === undefined) this.#looks[value] = after
      else this.#observeLocal(local, value, after)
    }
  }

  #observeLocal(local: Local, value: Value, looks: number): void {
    if (local.kinds === 0 || (looks & ~local.kinds) === 0) {
      // Two widths in a vector: what is its own to one is foreign to the other.
      if (!isMixed(local.kinds)) return
    }
    if (local.looks === 0) {
      if (this.#looks[value] === 0) local.readCost += this.#weightOf(value)
      this.#looks[value] = looks
      if (local.readCost < local.putCost && !isMixed(local.kinds)) return
      // From now on it is mended where it is put, for every read so far.
      for (const read of local.reads) {
        local.looks |= this.#looks[read] ?? 0
        this.#looks[read] = 0
      }
    } else if ((looks & ~local.looks) === 0) return
    local.looks |= looks
    for (const source of local.sources) this.#waiting.push(source, local.looks)
  }

  #plain(instruction: Instruction, number: number): void {
    const arity = arityOf(this.#module, instruction)
    this.#take(takenBy(arity), lookOf(instruction))
    const result = resultOf(instruction)
    if (result !== 0) {
      this.#kinds[number + 1] = result
      this.#depths[number + 1] = Math.min(this.#loops, LOOPS_COUNTED_MAX)
      this.#push(number + 1)
    } else this.#give(givenBy(arity))
    if (instruction.opcode === OP.returnCall || instruction.opcode === OP.returnCallIndirect)
      this.#unreachable()
  }

  #look(value: Value, look: number): void {
    if (value !== 0) this.#looks[value] = (this.#looks[value] ?? 0) | look
  }

  #read(index: number, number: number): Value {
    const local = this.#floats(index)
    if (local === undefined) return 0
    const value = number + 1
    local.reads.push(value)
    this.#readFrom[value] = index + 1
    this.#depths[value] = Math.min(this.#loops, LOOPS_COUNTED_MAX)
    return value
  }

  #put(index: number, value: Value): void {
    if (value !== 0) this.#floats(index)?.sources.push(value)
  }

  #push(value: Value): void {
    this.#stack[this.#height++] = value
  }

  #pop(): Value {
    // Below the base only code that cannot be reached takes operands.
    if (this.#height === (this.#frames.at(-1)?.base ?? 0)) return 0
    return this.#stack[--this.#height] ?? 0
  }

  /** Takes operands off and looks at them. */
  #take(count: number, look: Look): void {
    const below = Math.max(this.#height - count, this.#frames.at(-1)?.base ?? 0)
    for (let i = below; i < this.#height; i++) this.#look(this.#stack[i] ?? 0, look)
    this.#height = below
  }

  /** Puts on operands nothing is to be known of. */
  #give(count: number): void {
    this.#stack.fill(0, this.#height, this.#height + count)
    this.#height += count
  }

  /** What goes with a branch meets others there. What lies below a block stays where it is and meets none. */
  #carry(depth: number): void {
    const frame = this.#frames[this.#frames.length - 1 - depth]
    const count = frame?.isLoop === true ? frame.taken : (frame?.given ?? 0)
    const height = this.#height
    this.#take(count, AS_BITS)
    this.#stack.fill(0, this.#height, height)
    this.#height = height
  }

  #open(isLoop: boolean, arity: number): void {
    const taken = takenBy(arity)
    this.#take(taken, AS_BITS)
    this.#frames.push({ base: this.#height, taken, given: givenBy(arity), isLoop })
    if (isLoop) this.#loops++
    this.#give(taken)
  }

  #close(): void {
    const { given } = this.#endArm()
    if (this.#frames.pop()?.isLoop === true) this.#loops--
    this.#give(given)
  }

  /** What a block gives is what several ways give. */
  #endArm(): Frame {
    const frame = this.#frames.at(-1) ?? { base: 0, taken: 0, given: 0, isLoop: false }
    this.#take(frame.given, AS_BITS)
    this.#height = frame.base
    return frame
  }

  /** What follows is never run: its block holds nothing. */
  #unreachable(): void {
    this.#height = this.#frames.at(-1)?.base ?? 0
  }
}

function localOf(type: number): Local {
  return { type, sources: [], reads: [], kinds: 0, looks: 0, putCost: 0, readCost: 0 }
}

const isMixed = (kinds: number): boolean => kinds === (AS_F32 | AS_F64)

/** Value types of the locals that making a function's results canonical takes. */
export function scratchTypes(plan: NanPlan): readonly number[] {
  const types = new Set<number>()
  for (let i = 0; i < plan.length; i++) if (plan[i] !== 0) types.add(typeOf(plan[i] ?? 0))
  return [...types]
}

const CANONICAL_F32 = Uint8Array.of(0x00, 0x00, 0xc0, 0x7f)
const CANONICAL_F64 = Uint8Array.of(0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f)
const F32_EQ = 0x5b
const F64_EQ = 0x61
const V128_CONST = 12
const V128_BITSELECT = 82
const F32X4_EQ = 65
const F64X2_EQ = 71

/** After a result: `x == x ? x : canonical NaN`, in each lane. `scratch` finds the local of a value type. */
export function canonicalise(out: Writer, kind: Kind, scratchOf: ReadonlyMap<number, number>): void {
  const type = typeOf(kind)
  const scratch = scratchOf.get(type) ?? 0
  const is32 = (kind & AS_F32) !== 0
  const isVector = type === V128
  const nan = is32 ? CANONICAL_F32 : CANONICAL_F64
  withIndex(out, OP.localTee, scratch)
  if (isVector) {
    withIndex(out, OP.vector, V128_CONST)
    for (let lane = 0; lane < 16 / nan.length; lane++) out.bytes(nan)
  } else {
    out.byte(is32 ? OP.f32Const : OP.f64Const)
    out.bytes(nan)
  }
  withIndex(out, OP.localGet, scratch)
  withIndex(out, OP.localGet, scratch)
  if (isVector) {
    withIndex(out, OP.vector, is32 ? F32X4_EQ : F64X2_EQ)
    withIndex(out, OP.vector, V128_BITSELECT)
  } else {
    out.byte(is32 ? F32_EQ : F64_EQ)
    out.byte(OP.select)
  }
}

function withIndex(out: Writer, opcode: number, index: number): void {
  out.byte(opcode)
  out.u32(index)
}
