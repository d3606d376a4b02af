import type { HostCall } from '../core/host-call.ts'
import type { Hex } from '../protocol/types.ts'

/** The outside as one run of one function may see it. Whoever opens a session closes it, after the run. */
export interface HostSession {
  /**
   * Answers one call with an encoded `HostAnswer`. A refusal is an answer. Throws for what the guest must not learn of: the
   * run then ends as a node-local failure.
   */
  call(call: HostCall): Promise<Uint8Array>
  /** Ends everything the session has started and calls still open. Resolves when it is gone. */
  close(): Promise<void>
}

/** What an operator offers to functions. */
export interface Host {
  /** A session for one run of a function that declared these permissions. A call needs them and the operator's grant. */
  open(permissions: readonly string[]): HostSession
  /** Whether the operator's grants cover all a function declares: whether it is worth running here. */
  grantsCover(permissions: readonly string[]): boolean
  /** The capabilities there are grants for: 32 bytes, as a node registers them. */
  readonly capabilities: Hex
  close(): Promise<void>
}
