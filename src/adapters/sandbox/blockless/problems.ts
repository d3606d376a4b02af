/** How a call of the Blockless ABI fails, and what a namespace answers then. */
import type { Refusal } from '../../../core/host-call.ts'

/** Why a call fails, beside what the host refuses. */
export type Problem = Refusal | 'fault' | 'utf8' | 'json'

/** What a namespace answers for each problem. */
export type Codes = Readonly<Record<Problem, number>>

/** The call fails for a reason each namespace has a code of its own for. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem)
    this.problem = problem
  }
}

export function problem(kind: Problem): never {
  throw new ProblemError(kind)
}

/** The call fails with exactly this code. */
export class CodeError extends Error {
  readonly value: number

  constructor(value: number) {
    super(`code ${value}`)
    this.value = value
  }
}
