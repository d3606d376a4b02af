/**
 * Messages between threads that carry many small byte arrays: cloning a buffer costs more than copying what is in it.
 * @module
 */
import type { Outcome, RunMessage } from './messages.ts'

/** Copies, all in one buffer of their own. */
function packed(arrays: readonly Uint8Array[]): readonly Uint8Array[] {
  const buffer = new ArrayBuffer(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  return arrays.map((array) => {
    const copy = new Uint8Array(buffer, at, array.length)
    copy.set(array)
    at += array.length
    return copy
  })
}

const EMPTY = new Uint8Array()

/**
 * The runs with their inputs and seeds in one buffer. What IPC gives are views of whatever was read at once, all of which would
 * go with each.
 */
export function packedRuns(runs: readonly RunMessage[]): readonly RunMessage[] {
  const bytes = packed(runs.flatMap(({ input, seed }) => [input, seed]))
  return runs.map((run, i) => ({ ...run, input: bytes[2 * i] ?? EMPTY, seed: bytes[2 * i + 1] ?? EMPTY }))
}

/** The outcomes with what was written in one buffer. */
export function packedOutcomes(outcomes: readonly Outcome[]): readonly Outcome[] {
  const bytes = packed(outcomes.flatMap((one) => (one.type === 'finished' ? [one.output, one.stderr] : [])))
  let next = 0
  return outcomes.map((one) =>
    one.type === 'finished'
      ? { ...one, output: bytes[next++] ?? EMPTY, stderr: bytes[next++] ?? EMPTY }
      : one,
  )
}
