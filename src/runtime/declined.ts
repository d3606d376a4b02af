import { DikastError } from '../protocol/errors.ts'

/**
 * This node does not run a function: its operator does not grant what the function declares, or what it declares cannot be
 * read. Another try gives the same, so there is none until the node is started with other grants.
 */
export class FunctionDeclinedError extends DikastError {
  readonly code = 'FUNCTION_DECLINED'
  /** The permissions no grant covers; none when the function's list itself is malformed. */
  readonly missing: readonly string[]

  constructor(missing: readonly string[], options: { readonly cause?: unknown } = {}) {
    const why =
      missing.length > 0
        ? `no grant covers ${missing.join(', ')}`
        : `its permissions cannot be read: ${String(options.cause).slice(0, 200)}`
    super(`the function is not run here: ${why}`, {
      fix: 'to run it, grant what is missing in the extensions file and start the node again',
      ...options,
    })
    this.missing = missing
  }
}
