/**
 * Jobs that go to a thread several at a time. Waking a thread costs more than a trivial job; a batch is woken for once.
 *
 * A batch is of one module whose last jobs were short, and its jobs are claimed one by one: by the thread that begins one, or
 * by the executor, which after a time takes back what was not begun. So no job waits long behind another while a thread is
 * free, and what was not begun when a thread ended is simply begun again.
 * @module
 */
import type { RunMessage } from './messages.ts'

/** Jobs of a batch; what they should take together. */
const JOBS_MAX = 32
const BATCH_MS = 5
/** After this the executor takes back what was not begun. */
export const TAKE_BACK_MS = 20
/** Modules whose jobs' time is known. */
const MODULES_MAX = 64
/** Share of the newest batch in the estimate. */
const NEWEST = 0.3

const BEGUN = 1
const TAKEN_BACK = 2

/** Who has which job: shared by the executor and a thread. */
export class Claims {
  readonly #flags: Int32Array

  constructor(shared: SharedArrayBuffer) {
    this.#flags = new Int32Array(shared)
  }

  static sharedBy(jobs: number): SharedArrayBuffer {
    return new SharedArrayBuffer(jobs * Int32Array.BYTES_PER_ELEMENT)
  }

  /** By the thread, in order; false from the first job on that was taken back. */
  begin(index: number): boolean {
    return Atomics.compareExchange(this.#flags, index, 0, BEGUN) === 0
  }

  /** By the executor, from the last job on; how many were begun. */
  takeBack(): number {
    let begun = this.#flags.length
    while (begun > 0 && Atomics.compareExchange(this.#flags, begun - 1, 0, TAKEN_BACK) !== BEGUN) begun--
    return begun
  }
}

/** How long the jobs of a module take. */
export class Pace {
  readonly #ms = new Map<string, number>()

  note(key: string, msEach: number): void {
    const before = this.#ms.get(key) ?? msEach
    this.#ms.delete(key)
    this.#ms.set(key, before + (msEach - before) * NEWEST)
    const [oldest] = this.#ms.keys()
    if (this.#ms.size > MODULES_MAX && oldest !== undefined) this.#ms.delete(oldest)
  }

  /** The jobs to begin together: the first that waits, and those behind it that are like it. The others keep their order. */
  batchFrom(waiting: RunMessage[], workers: number): RunMessage[] {
    const [first] = waiting
    if (first === undefined) return []
    const key = keyOf(first)
    const msEach = this.#ms.get(key)
    const room =
      msEach === undefined || first.hasHost === true
        ? 1
        : Math.max(1, Math.min(JOBS_MAX, BATCH_MS / msEach, waiting.length / workers))
    let count = 1
    while (count < Math.floor(room)) {
      const next = waiting[count]
      if (next === undefined || next.hasHost === true || keyOf(next) !== key) break
      count++
    }
    return waiting.splice(0, count)
  }
}

/** What a compiled module is kept by. */
export function keyOf({ moduleHash, runtime, entry, memoryBytesMax }: RunMessage): string {
  return `${moduleHash} ${runtime} ${memoryBytesMax} ${entry}`
}
