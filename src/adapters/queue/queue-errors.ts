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
