import type { Refusal } from '../../core/host-call.ts'
import { DikastError } from '../../protocol/errors.ts'

/** A call to the outside is not done. The guest learns the kind, as a code of its ABI; the operator's log has the reason. */
export class RefusedError extends DikastError {
  readonly code = 'HOST_REFUSED'
  readonly refusal: Refusal

  constructor(
    refusal: Refusal,
    reason: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`${refusal}: ${reason}`, options)
    this.refusal = refusal
  }
}
