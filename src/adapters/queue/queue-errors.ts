import { DikastError } from '../../protocol/errors.ts'

/** Thrown by `add` at a bounded queue's limit. */
export class QueueFullError extends DikastError {
  readonly code = 'QUEUE_FULL'

  constructor(sizeMax: number) {
    super(`the queue holds its maximum of ${sizeMax} jobs`)
  }
}

export class QueueClosedError extends DikastError {
  readonly code = 'QUEUE_CLOSED'

  constructor() {
    super('the queue is closed')
  }
}

/** A queue has one handler. */
export class QueueBusyError extends DikastError {
  readonly code = 'QUEUE_BUSY'

  constructor() {
    super('the queue is being processed already')
  }
}

/** The queue's database does not answer, or refuses us. Its address is not repeated: it may hold a password. */
export class QueueUnreachableError extends DikastError {
  readonly code = 'QUEUE_UNREACHABLE'

  constructor(cause: unknown) {
    super(`the queue's Redis cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      fix: 'Check that Redis runs, and its address and password.',
    })
  }
}
