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
 * that is an observation. What flows through locals is followed without regard to order: what is ever read from a local
 * may be any result that was ever put there.
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

/** A result to make canonical. */
export interface Canonical {
  readonly look: typeof AS_F32 | typeof AS_F64
  /** Value type of the result, and of the local it is kept in meanwhile. */
  readonly type: number
}
/** By the instruction's number in its function, counting every one. */
export type NanPlan = ReadonlyMap<number, Canonical>

export const NO_NANS: NanPlan = new Map()

/** f32.ceil */
const FIRST_NAN = 0x8d

const within = (value: number, first: number, last: number): boolean => value >= first && value <= last

/** What the instruction's result is when it may be a NaN of any bits. */
function resultOf({ opcode, sub }: Instruction): Canonical | undefined {
  if (opcode === OP.vector) {
    // ceil to nearest, sqrt, add to max, demote_zero
    if (within(sub, 103, 106) || within(sub, 227, 233) || sub === 94) return { look: AS_F32, type: V128 }
    if (sub === 116 || sub === 117 || sub === 122 || sub === 148 || within(sub, 239, 245) || sub === 95)
      return { look: AS_F64, type: V128 }
    return undefined
  }
  // ceil to max, and conversion from the other width; abs, neg and copysign are defined on bits
  if (within(opcode, 0x8d, 0x97) || opcode === 0xb6) return { look: AS_F32, type: F32 }
  if (within(opcode, 0x9b, 0xa5) || opcode === 0xbb) return { look: AS_F64, type: F64 }
  return undefined
}

/** Whether a function has anything to plan for. */
export function mayGiveNan(instruction: Instruction): boolean {
  // Before the first that may, in the order of opcodes, stands most of what code is made of.
  return instruction.opcode >= FIRST_NAN && resultOf(instruction) !== undefined
}

/** How the instruction looks at its operands. */
function lookOf(instruction: Instruction): Look {
  const { opcode, sub } = instruction
  if (opcode === OP.vector) {
    // conversions between widths look at the other one; comparisons, saturating truncation
    if (sub === 95 || within(sub, 65, 70) || sub === 248 || sub === 249) return AS_F32
    if (sub === 94 || within(sub, 71, 76) || sub === 252 || sub === 253) return AS_F64
    return resultOf(instruction)?.look ?? AS_BITS
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
  return resultOf(instruction)?.look ?? AS_BITS
}

/** Plans a function with operands of at most `heightMax`; `reader` stands at its first instruction. */
export function planNans(
  module: WasmModule,
  type: FunctionType,
  locals: readonly (readonly [count: number, type: number])[],
  heightMax: number,
  reader: Reader,
): NanPlan {
  const analysis = new Analysis(module, type, locals, heightMax)
  const instruction = new Instruction()
  for (let number = 0; !analysis.done; number++) {
    decode(reader, instruction)
    analysis.see(instruction, number)
  }
  return analysis.plan()
}

/** An operand: 0 for one without free bits, n + 1 for instruction n's result, -(l + 1) for what local l holds. */
type Value = number

class Analysis {
  readonly #module: WasmModule
  readonly #isFloat: readonly boolean[]
  readonly #results = new Map<number, Canonical>()
  /** By instruction and by local: how it is looked at. */
  readonly #looks = new Map<Value, number>()
  /** By local: what is put there. */
  readonly #sources = new Map<number, Set<Value>>()
  readonly #stack: Int32Array
  #height = 0
  /** Below it every operand is 0: each is observed once, however many branches look at it. */
  #clean = 0
  readonly #frames: { readonly base: number; readonly arity: number }[] = [{ base: 0, arity: 0 }]

  constructor(
    module: WasmModule,
    { parameters }: FunctionType,
    locals: readonly (readonly [count: number, type: number])[],
    heightMax: number,
  ) {
    this.#module = module
    this.#stack = new Int32Array(heightMax)
    const floats = (count: number, type: number): boolean[] =>
      Array(count).fill(type === F32 || type === F64 || type === V128)
    this.#isFloat = [
      ...parameters.flatMap((type) => floats(1, type)),
      ...locals.flatMap(([count, type]) => floats(count, type)),
    ]
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
        this.#open(blockArity(this.#module, instruction))
        return
      case OP.else:
        this.#restart(takenBy(this.#frames.at(-1)?.arity ?? 0))
        return
      case OP.end:
        this.#close()
        return
      case OP.br:
      case OP.brTable:
      case OP.return:
      case OP.unreachable:
        this.#observeAll()
        this.#restart(0)
        return
      case OP.brIf:
        this.#pop()
        this.#observeAll()
        return
      case OP.localGet:
        this.#push(this.#isFloat[a] === true ? -(a + 1) : 0)
        return
      case OP.localSet:
      case OP.localTee:
        this.#put(a, this.#pop())
        if (opcode === OP.localTee) this.#push(this.#isFloat[a] === true ? -(a + 1) : 0)
        return
      case OP.drop:
        this.#pop()
        return
      default:
        this.#plain(instruction, number)
    }
  }

  /** Follows what flows from local to local, and keeps the results somebody looks at otherwise than as their own kind. */
  plan(): NanPlan {
    const waiting = [...this.#looks.keys()].filter((value) => value < 0)
    for (let local = waiting.pop(); local !== undefined; local = waiting.pop()) {
      const looks = this.#looks.get(local) ?? 0
      for (const source of this.#sources.get(-local - 1) ?? [])
        if (this.#look(source, looks) && source < 0) waiting.push(source)
    }
    const plan = new Map<number, Canonical>()
    for (const [number, canonical] of this.#results)
      if (((this.#looks.get(number + 1) ?? 0) & ~canonical.look) !== 0) plan.set(number, canonical)
    return plan
  }

  #plain(instruction: Instruction, number: number): void {
    const arity = arityOf(this.#module, instruction)
    this.#take(takenBy(arity), lookOf(instruction))
    const result = resultOf(instruction)
    if (result !== undefined) {
      this.#results.set(number, result)
      this.#push(number + 1)
    } else this.#give(givenBy(arity))
    if (instruction.opcode === OP.returnCall || instruction.opcode === OP.returnCallIndirect) this.#restart(0)
  }

  /** Says whether that is news. */
  #look(value: Value, look: number): boolean {
    if (value === 0) return false
    const before = this.#looks.get(value) ?? 0
    this.#looks.set(value, before | look)
    return (before | look) !== before
  }

  #put(local: number, value: Value): void {
    if (value === 0 || this.#isFloat[local] !== true) return
    const sources = this.#sources.get(local)
    if (sources === undefined) this.#sources.set(local, new Set([value]))
    else sources.add(value)
  }

  #push(value: Value): void {
    this.#stack[this.#height++] = value
  }

  #pop(): Value {
    // Below the base only code that cannot be reached takes operands.
    if (this.#height === (this.#frames.at(-1)?.base ?? 0)) return 0
    const value = this.#stack[--this.#height] ?? 0
    this.#clean = Math.min(this.#clean, this.#height)
    return value
  }

  /** Takes operands off and looks at them. */
  #take(count: number, look: Look): void {
    const below = Math.max(this.#height - count, this.#frames.at(-1)?.base ?? 0)
    for (let i = Math.max(below, this.#clean); i < this.#height; i++) this.#look(this.#stack[i] ?? 0, look)
    this.#height = below
    this.#clean = Math.min(this.#clean, below)
  }

  /** Puts on operands nothing is to be known of. */
  #give(count: number): void {
    this.#stack.fill(0, this.#height, this.#height + count)
    if (this.#clean === this.#height) this.#clean += count
    this.#height += count
  }

  /** Where ways through the code part or meet, everything on the stack counts as observed. */
  #observeAll(): void {
    for (let i = this.#clean; i < this.#height; i++) this.#look(this.#stack[i] ?? 0, AS_BITS)
    this.#stack.fill(0, this.#clean, this.#height)
    this.#clean = this.#height
  }

  #open(arity: number): void {
    this.#observeAll()
    this.#take(takenBy(arity), AS_BITS)
    this.#frames.push({ base: this.#height, arity })
    this.#give(takenBy(arity))
  }

  #close(): void {
    this.#restart(0)
    this.#give(givenBy(this.#frames.pop()?.arity ?? 0))
  }

  /** The block's stack holds this many operands, and nothing is known of them. */
  #restart(operands: number): void {
    this.#observeAll()
    this.#height = this.#frames.at(-1)?.base ?? 0
    this.#clean = this.#height
    this.#give(operands)
  }
}

/** Value types of the locals that making a function's results canonical takes. */
export function scratchTypes(plan: NanPlan): readonly number[] {
  return [...new Set([...plan.values()].map(({ type }) => type))]
}

const CANONICAL_F32 = [0x00, 0x00, 0xc0, 0x7f]
const CANONICAL_F64 = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f]
const F32_EQ = 0x5b
const F64_EQ = 0x61
const V128_CONST = 12
const V128_BITSELECT = 82
const F32X4_EQ = 65
const F64X2_EQ = 71

/** After a result: `x == x ? x : canonical NaN`, in each lane. */
export function canonicalise(out: Writer, { look, type }: Canonical, scratch: number): void {
  const is32 = look === AS_F32
  const nan = Uint8Array.from(is32 ? CANONICAL_F32 : CANONICAL_F64)
  const local = (opcode: number): void => {
    out.byte(opcode)
    out.u32(scratch)
  }
  const vector = (sub: number): void => {
    out.byte(OP.vector)
    out.u32(sub)
  }
  local(OP.localTee)
  if (type === V128) {
    vector(V128_CONST)
    for (let lane = 0; lane < 16 / nan.length; lane++) out.bytes(nan)
  } else {
    out.byte(is32 ? OP.f32Const : OP.f64Const)
    out.bytes(nan)
  }
  local(OP.localGet)
  local(OP.localGet)
  if (type === V128) {
    vector(is32 ? F32X4_EQ : F64X2_EQ)
    vector(V128_BITSELECT)
  } else {
    out.byte(is32 ? F32_EQ : F64_EQ)
    out.byte(OP.select)
  }
}
