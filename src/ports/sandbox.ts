import { AGGREGATE_ENTRY, VALIDATE_ENTRY } from '../core/wasm/entries.ts'
import { DikastError } from '../protocol/errors.ts'
import { AGGREGATION_BYTES_MAX, INPUT_BYTES_MAX, VALIDATION_BYTES_MAX } from '../protocol/limits.ts'
import type { Hash } from '../protocol/types.ts'
import type { HostSession } from './host.ts'

/** A file a guest finds, or leaves. */
export interface GuestFile {
  /** Relative and in parts by `/`; with a `/` at its end it is an empty directory, and `bytes` are none. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** A directory opened for the guest before it starts. */
export interface GuestDirectory {
  /** What the guest knows it as. */
  readonly guestPath: string
  readonly files: readonly GuestFile[]
}

/** One run of a function: everything its result may depend on. */
export interface SandboxJob {
  readonly moduleHash: Hash
  readonly module: Uint8Array
  /** The runtime profile of the function: one of `RUNTIMES`. */
  readonly runtime: string
  /** What the run may use. Zero under `unmetered`. */
  readonly fuelLimit: bigint
  /** The export to call, on a new instance of the module: the function's own entry, `validate` or `aggregate`. */
  readonly entry: string
  /** Standard input: at most `inputBytesMaxOf` the entry. */
  readonly input: Uint8Array
  /** The first is the program's name; without them, `["function"]`. */
  readonly args?: readonly string[]
  /** Names and values. */
  readonly env?: readonly (readonly [name: string, value: string])[]
  /** Descriptors 3, 4, …; without them, one empty `/`. */
  readonly directories?: readonly GuestDirectory[]
  /** Gives the directories back as the guest left them. */
  readonly keepsFiles?: boolean
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

/** A request's input; or what the two entries with a meaning are given, which is made of several. */
export function inputBytesMaxOf(entry: string): number {
  if (entry === VALIDATE_ENTRY) return VALIDATION_BYTES_MAX
  return entry === AGGREGATE_ENTRY ? AGGREGATION_BYTES_MAX : INPUT_BYTES_MAX
}

/** Metered, with the deterministic WASI and version 1 of fuel and its rewriter. */
export const METERED = 'deterministic-1'
/** Metered the same way, with @wasmer/wasi for files. Its results are never compared with those of `deterministic-1`. */
export const WASMER = 'wasmer-1'
/** Nothing is counted; a run that does not end is stopped by the clock. */
export const UNMETERED = 'unmetered'
export const RUNTIMES: readonly string[] = [METERED, WASMER, UNMETERED]

/** What the same job gives on every machine. `stderr` is for the operator and never digested. */
export interface SandboxResult {
  readonly exit: number
  /** The whole limit when `exit` is a trap or a limit, from 0x100 on: trapping buys no free compute. */
  readonly fuelUsed: bigint
  readonly output: Uint8Array
  readonly stderr: Uint8Array
  /** What the guest left, when the job asked for it and the guest came to an end of its own. Never digested. */
  readonly directories?: readonly GuestDirectory[]
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
