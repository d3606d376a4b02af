import { DikastError } from '../../protocol/errors.ts'

export type StoreFailure =
  /** `close` was called. */
  | 'closed'
  /** Not a store, damaged, or the disk refused. */
  | 'unreadable'
  /** Written by a later version. */
  | 'newer'

export class StoreError extends DikastError {
  readonly code = 'STORE'
  readonly reason: StoreFailure

  constructor(
    reason: StoreFailure,
    detail: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`store: ${reason}: ${detail}`, options)
    this.reason = reason
  }
}
