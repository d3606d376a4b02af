import { DikastError } from '../protocol/errors.ts'

/**
 * A function had all the time a run ever has and did not end, or took its executor down while it ran alone: running it
 * again is not worth much. A run that was merely cut short by its window is none.
 */
export class RunawayError extends DikastError {
  readonly code = 'RUNAWAY'

  constructor(cause: unknown) {
    super(`the function ran away: ${String(cause).slice(0, 200)}`, { cause })
  }
}
