import { DikastError } from '../protocol/errors.ts'
import type { Hash } from '../protocol/types.ts'
import type { HostSession } from './host.ts'

/** One run of a function: everything its result may depend on. */
export interface SandboxJob {
  readonly moduleHash: Hash
  readonly module: Uint8Array
  /** The runtime profile of the function: one of `RUNTIMES`. */
  readonly runtime: string
  /** What the run may use. Zero under `unmetered`. */
  readonly fuelLimit: bigint
  /** The export to call. */
  readonly entry: string
  /** Standard input. */
  readonly input: Uint8Array
  /** Environment variables, in order. */
  readonly env?: readonly (readonly [string, string])[]
  /** 32 bytes. */
  readonly seed: Uint8Array
  /** Nanoseconds since 1970 at which the guest's clock starts. */
  readonly clockNs: bigint
  readonly memoryBytesMax: number
  readonly outputBytesMax: number
  readonly wallClockMsMax: number
  /** Answers calls to the outside. Absent, every such call is denied, the same on every node. */
  readonly host?: HostSession
}

/** Metered, with the deterministic WASI and version 1 of fuel and its rewriter. */
export const METERED = 'deterministic-1'
/** Nothing is counted; a run that does not end is stopped by the clock. */
export const UNMETERED = 'unmetered'
export const RUNTIMES: readonly string[] = [METERED, UNMETERED]

/** What the same job gives on every machine. `stderr` is for the operator and never digested. */
export interface SandboxResult {
  readonly exit: number
  /** The whole limit when `exit` is a trap or a limit, from 0x100 on: trapping buys no free compute. */
  readonly fuelUsed: bigint
  readonly output: Uint8Array
  readonly stderr: Uint8Array
}

export type SandboxFailureReason =
  | 'wall-clock'
  | 'host-memory'
  | 'engine-stack'
  | 'executor-crashed'
  /** The host session could not answer a call, or a replay diverged. */
  | 'host-session'
  | 'closed'
  | 'overloaded'

/** The run failed here; another node may succeed. Never attested. */
export class SandboxFailure extends DikastError {
  readonly code = 'SANDBOX_FAILURE'
  readonly reason: SandboxFailureReason

  constructor(
    reason: SandboxFailureReason,
    detail: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`sandbox: ${reason}: ${detail}`, options)
    this.reason = reason
  }
}

export interface Sandbox {
  /** Runs a job. Throws `SandboxFailure` for node-local failures; a guest's trap or rejection is a result. */
  run(job: SandboxJob): Promise<SandboxResult>
  close(): Promise<void>
}
