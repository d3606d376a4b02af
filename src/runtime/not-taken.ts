import { DikastError } from '../protocol/errors.ts'

/** This process could not take a message: told to the peer instead of why, which is nobody else's business. */
export class NotTakenError extends DikastError {
  readonly code = 'NOT_TAKEN'

  constructor(cause: unknown) {
    super('could not be taken now', { cause })
  }
}
