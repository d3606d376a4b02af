/**
 * A proof's work as steps that threads take one after another. Each names those before it that must be done first; as they are
 * taken in order, whoever waits waits for a step that is being done.
 * @module
 */
import { FIELD_BYTES } from './bn254.ts'
import type { Kernel } from './kernel.ts'
import { JACOBIAN_BYTES, type Layout, type ListName } from './layout.ts'
import { windowsOf } from './windows.ts'
import type { ZkeyShape } from './zkey.ts'

/** Of the counters threads share for a proof: the next step to take, whether it was cancelled, then whether each step is done. */
export const NEXT = 0
export const CANCELLED = 1
export const DONE = 2

export type Step = {
  readonly phase: 'quotient' | 'sums'
  readonly after: readonly number[]
  readonly run: (kernel: Kernel, worker: number) => void
}

/** Takes steps until there is none: of a cancelled proof it does none, but lets others go on who wait for them. */
export function takeSteps(steps: readonly Step[], counters: Int32Array, perform: (step: Step) => void): void {
  for (;;) {
    const next = Atomics.add(counters, NEXT, 1)
    const step = steps[next]
    if (step === undefined) return
    for (const before of step.after)
      while (Atomics.load(counters, DONE + before) === 0) Atomics.wait(counters, DONE + before, 0)
    if (Atomics.load(counters, CANCELLED) === 0) perform(step)
    Atomics.store(counters, DONE + next, 1)
    Atomics.notify(counters, DONE + next)
  }
}

/** Where the sum of one range of windows of a list lands. */
export interface Result {
  readonly list: ListName
  readonly address: number
}

export interface Plan {
  readonly steps: readonly Step[]
  readonly results: readonly Result[]
}

/** What every thread knows of a key. */
export interface PlanOf {
  readonly shape: ZkeyShape
  readonly layout: Layout
  readonly counts: Readonly<Record<ListName, number>>
}

/** The same on every thread. */
export function planOf({ shape, layout, counts }: PlanOf): Plan {
  const size = 2 ** shape.domainLog
  const workers = layout.rooms.length
  const [a, b, c] = layout.rows
  const steps: Step[] = []
  const results: Result[] = []
  const add = (phase: Step['phase'], after: readonly number[], run: Step['run']): number =>
    steps.push({ phase, after, run }) - 1
  const sum = (list: ListName, after: readonly number[], scalars: number): void => {
    const { group, points, wires, countMax } = layout.lists[list]
    const { bits, ranges } = windowsOf(countMax, workers)
    for (const [first, last] of ranges) {
      const address = layout.results + results.length * JACOBIAN_BYTES.g2
      results.push({ list, address })
      add('sums', after, (kernel, worker) => {
        const room = layout.rooms[worker]?.address ?? 0
        const run = group === 'g1' ? kernel.msm_g1 : kernel.msm_g2
        run(address, points, wires, counts[list], scalars, bits, first, last, room)
      })
    }
  }
  const evaluated = [a, b].map((rows, matrix) =>
    add('quotient', [], (kernel) =>
      kernel.evaluate(rows, size, layout.entries, shape.entries, matrix, layout.witness),
    ),
  )
  const product = add('quotient', evaluated, (kernel) => kernel.multiply(c, a, b, size))
  const odd = [c, a, b].map((rows) =>
    add('quotient', [product], (kernel) => kernel.to_odd(rows, size, layout.roots, layout.shift)),
  )
  sum('b2', [], layout.scalars)
  const joined = add('quotient', odd, (kernel) => kernel.join(layout.quotient, a, b, c, size))
  sum('h', [joined], layout.quotient)
  sum('a', [], layout.scalars)
  sum('b1', [], layout.scalars)
  sum('l', [], layout.scalars + (shape.publicSignals + 1) * FIELD_BYTES)
  return { steps, results }
}
