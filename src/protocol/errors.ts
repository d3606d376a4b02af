/**
 * The root of every error Dikast throws on purpose.
 *
 * `code` is API: callers and tests match it, never the message. The message names the cause; `fix` says what to do.
 * @module
 */
export abstract class DikastError extends Error {
  abstract readonly code: string
  /** What the reader can do about it, when there is something. */
  readonly fix: string | undefined

  constructor(message: string, options: { readonly fix?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.fix = options.fix
  }
}

/** Bytes or text from outside (network, chain, file, command line) are not what they must be. */
export class InvalidInputError extends DikastError {
  readonly code = 'INVALID_INPUT'
  /** Where the input came in, e.g. `attestation.signature`. */
  readonly field: string

  constructor(
    field: string,
    problem: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`${field}: ${problem}`, options)
    this.field = field
  }
}

/** Something is larger, longer or more than its stated bound. */
export class LimitExceededError extends DikastError {
  readonly code = 'LIMIT_EXCEEDED'
  readonly limit: string

  constructor(
    limit: string,
    actual: number | bigint,
    max: number | bigint,
    options: { readonly fix?: string } = {},
  ) {
    super(`${limit} is ${actual}, above its bound of ${max}`, options)
    this.limit = limit
  }
}
