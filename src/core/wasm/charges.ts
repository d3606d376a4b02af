/**
 * Where a function's fuel is charged, and how much: as little code as exact counting allows.
 *
 * What has run and is not charged yet is *pending*. It is known at each point of the code as a constant, and is carried on
 * rather than charged: across calls, through blocks, out of loops. Where ways through the code meet, all must arrive with
 * the same amount pending: one of them says how much, the others charge the difference as they branch. A loop charges one whole
 * turn in its header, in advance, so that what is pending at its last branch back is what was at its entry: a turn
 * costs one subtraction, and the ways out carry a credit with them (an amount below zero). Along every way from
 * entry to exit the charges add up to what ran: each is the difference between two amounts pending.
 *
 * The turn's cost is known at the loop's end only, so amounts inside a loop are kept relative to its header: a `base` and
 * a number. A closed loop's amounts are moved to the base outside it, as in a union-find with weights. Branches of a
 * `br_table` have no room for code: everything is charged before it, and nothing is pending at its targets.
 * @module
 */
import { OP } from './decode.ts'

/** Nothing is held back from a callee beyond this much: what frames hold back together stays small. */
export const PENDING_MAX = 128

/** The base of amounts that are not relative to a loop. */
const ROOT = 0
/** The label of no branch: whoever goes there leaves nothing pending. */
const NOTHING_PENDING = 0
const DEAD = -1

interface Frame {
  readonly opcode: number
  readonly label: number
  /** A loop's own base. */
  readonly base: number
  /** The base outside. */
  readonly outer: number
  /** What was pending at an `if`, for its else. */
  readonly ifBase: number
  readonly ifAmount: number
  readonly ifLive: boolean
  hasElse: boolean
  isReached: boolean
  /** Target of a `br_table`: nothing may be pending. */
  isForced: boolean
}

/** Charges in the order in which `meterBody` comes to them. */
export interface ChargePlan {
  /** By point; below zero gives a credit back. */
  readonly charges: ArrayLike<number>
  /** By loop, in order: what its header charges. */
  readonly turns: readonly number[]
  /** What is pending where the function is left, the same on all ways. */
  readonly exit: number
  /** Places the function is left at, tail calls aside. */
  readonly exits: number
  /** Whether a branch, not a `return`, leaves the function. */
  readonly hasBranchOut: boolean
}

export class ChargePlanner {
  /** By base: the base it hangs on, what is pending there at its entry less a turn, whether it is closed. */
  readonly #parent = [ROOT]
  readonly #offset = [0]
  readonly #closed = [false]
  /** By base: the most that may be pending at its entry. */
  readonly #most = [0]
  readonly #turn = [0]
  /** By label: what is pending where it is reached. */
  readonly #labelBase = [ROOT]
  readonly #labelAmount = [0]
  readonly #frames: Frame[] = []
  /** By point. */
  readonly #pointBase: number[] = []
  readonly #pointAmount: number[] = []
  readonly #pointLabel: number[] = []
  /** What is pending here. */
  #base = ROOT
  #amount = 0
  #isLive = true
  #loop = ROOT
  #exits = 0
  #hasBranchOut = false

  constructor() {
    this.#open(OP.block, ROOT)
  }

  /** What comes next costs this much. */
  add(cost: number): void {
    this.#amount += cost
  }

  block(): void {
    this.#open(OP.block, ROOT)
  }

  if(): void {
    this.#open(OP.if, ROOT)
  }

  /** A point: the entry. The header is reached with what is pending at the entry, unless a `br_table` goes there. */
  loop(): void {
    const base = this.#parent.length
    this.#parent.push(this.#base)
    this.#offset.push(this.#amount)
    this.#closed.push(false)
    this.#most.push(this.#amount + (this.#most[this.#base] ?? 0))
    this.#turn.push(0)
    this.#open(OP.loop, base)
    const frame = this.#frames.at(-1) as Frame
    this.#labelBase[frame.label] = this.#base
    this.#labelAmount[frame.label] = this.#amount
    this.#point(frame.label)
    this.#loop = base
    this.#base = base
    this.#amount = 0
  }

  /** A point: the end of the first arm. */
  else(): void {
    const frame = this.#frames.at(-1) as Frame
    this.#arrive(frame)
    frame.hasElse = true
    this.#base = frame.ifBase
    this.#amount = frame.ifAmount
    this.#isLive = frame.ifLive
  }

  /** A point for a block, two for an `if` without else, none for a loop, one for the function. */
  end(): void {
    const frame = this.#frames.pop() as Frame
    if (frame.opcode === OP.loop) {
      this.#close(frame)
      return
    }
    if (this.#frames.length === 0 && this.#isLive) this.#exits++
    this.#arrive(frame)
    if (frame.opcode === OP.if && !frame.hasElse) {
      // The way past it has no code of its own: what is pending there is what the label likes best.
      this.#base = frame.ifBase
      this.#amount = frame.ifAmount
      this.#isLive = frame.ifLive
      if (frame.ifLive && !frame.isForced) {
        this.#labelBase[frame.label] = frame.ifBase
        this.#labelAmount[frame.label] = frame.ifAmount
      }
      this.#arrive(frame, false)
    }
    this.#isLive = frame.isReached
    this.#set(this.#labelBase[frame.label] ?? ROOT, this.#labelAmount[frame.label] ?? 0)
  }

  /** A point. */
  branch(depth: number): void {
    this.#branchTo(depth)
    this.#isLive = false
  }

  /** A point, for the way that branches. */
  branchIf(depth: number): void {
    this.#branchTo(depth)
  }

  /** A point, before it. */
  branchTable(depths: readonly number[]): void {
    this.settle()
    if (this.#isLive)
      for (const depth of new Set(depths)) {
        const frame = this.#frames[this.#frames.length - 1 - depth] as Frame
        if (depth === this.#frames.length - 1) this.#leaveByBranch()
        this.#force(frame)
      }
    this.#isLive = false
  }

  /** A point. */
  return(): void {
    const frame = this.#frames[0] as Frame
    if (this.#isLive) this.#exits++
    this.#arrive(frame)
    this.#isLive = false
  }

  /** A point. Nothing is held back from the host, nor much from any callee. */
  call(isHost: boolean): void {
    const most = this.#amount + (this.#most[this.#base] ?? 0)
    if (isHost || most > PENDING_MAX) this.settle()
    else this.#point(DEAD)
  }

  /** A point: everything pending is charged. */
  settle(): void {
    // With a turn of this cost there is nothing left to charge here, if no branch back says better.
    if (this.#isLive && this.#base === this.#loop && this.#loop !== ROOT && this.#turn[this.#loop] === 0)
      this.#turn[this.#loop] = Math.max(0, this.#amount)
    this.#point(NOTHING_PENDING)
    this.#set(ROOT, 0)
  }

  unreachable(): void {
    this.#isLive = false
  }

  plan(): ChargePlan {
    // A base hangs on one that was made before it.
    const offset = new Float64Array(this.#parent.length)
    for (let base = 1; base < offset.length; base++)
      offset[base] = (offset[this.#parent[base] ?? ROOT] ?? 0) + (this.#offset[base] ?? 0)
    const absolute = (base: number | undefined, amount: number | undefined): number =>
      (offset[base ?? ROOT] ?? 0) + (amount ?? 0)
    const charges = new Float64Array(this.#pointLabel.length)
    for (let i = 0; i < charges.length; i++) {
      const label = this.#pointLabel[i] ?? DEAD
      if (label !== DEAD)
        charges[i] =
          absolute(this.#pointBase[i], this.#pointAmount[i]) -
          absolute(this.#labelBase[label], this.#labelAmount[label])
    }
    return {
      charges,
      turns: this.#turn.slice(1),
      exit: absolute(this.#labelBase[1], this.#labelAmount[1]),
      exits: this.#exits,
      hasBranchOut: this.#hasBranchOut,
    }
  }

  #open(opcode: number, base: number): void {
    const label = this.#labelBase.length
    this.#labelBase.push(ROOT)
    this.#labelAmount.push(0)
    this.#frames.push({
      opcode,
      label,
      base,
      outer: this.#loop,
      ifBase: this.#base,
      ifAmount: this.#amount,
      ifLive: this.#isLive,
      hasElse: false,
      isReached: false,
      isForced: false,
    })
  }

  #close({ base, outer, label }: Frame): void {
    const turn = this.#turn[base] ?? 0
    this.#parent[base] = this.#labelBase[label] ?? ROOT
    this.#offset[base] = (this.#labelAmount[label] ?? 0) - turn
    this.#closed[base] = true
    this.#loop = outer
    this.#set(this.#base, this.#amount)
  }

  #branchTo(depth: number): void {
    const frame = this.#frames[this.#frames.length - 1 - depth] as Frame
    if (this.#isLive && depth === this.#frames.length - 1) this.#leaveByBranch()
    if (this.#isLive && frame.opcode === OP.loop && this.#base === frame.base)
      this.#turn[frame.base] = Math.max(0, this.#amount)
    this.#arrive(frame)
  }

  #leaveByBranch(): void {
    this.#hasBranchOut = true
    this.#exits++
  }

  /** A way to a label, from here. */
  #arrive(frame: Frame, mayChoose = true): void {
    this.#point(frame.label)
    if (!this.#isLive) return
    if (mayChoose && frame.opcode !== OP.loop && !frame.isForced) this.#choose(frame)
    frame.isReached = true
  }

  /** What the label is reached with: best in terms of the loop it stands in, then the least. */
  #choose({ label, isReached, outer }: Frame): void {
    const base = this.#labelBase[label] ?? ROOT
    const isBetter =
      !isReached ||
      (this.#base === base ? this.#amount < (this.#labelAmount[label] ?? 0) : this.#base === outer)
    if (!isBetter) return
    this.#labelBase[label] = this.#base
    this.#labelAmount[label] = this.#amount
  }

  #force(frame: Frame): void {
    frame.isForced = true
    frame.isReached = true
    this.#labelBase[frame.label] = ROOT
    this.#labelAmount[frame.label] = 0
  }

  #point(label: number): void {
    this.#pointBase.push(this.#base)
    this.#pointAmount.push(this.#amount)
    this.#pointLabel.push(this.#isLive ? label : DEAD)
  }

  /** Goes on with an amount, in terms of a loop that is open. */
  #set(base: number, amount: number): void {
    let root = base
    let total = amount
    while (this.#closed[root] === true) {
      total += this.#offset[root] ?? 0
      root = this.#parent[root] ?? ROOT
    }
    // Everything on the way is hung on the end of it: no way is long twice.
    for (let at = base, left = total - amount; at !== root; ) {
      const next = this.#parent[at] ?? ROOT
      const step = this.#offset[at] ?? 0
      this.#parent[at] = root
      this.#offset[at] = left
      left -= step
      at = next
    }
    this.#base = root
    this.#amount = total
  }
}
