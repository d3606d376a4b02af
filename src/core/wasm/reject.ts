import { DikastError } from '../../protocol/errors.ts'

export type ModuleRejection =
  /** Not a WebAssembly module, or one that contradicts itself. */
  | 'malformed'
  /** A part is larger than its bound. */
  | 'too-large'
  /** A section, type or flag of a proposal outside the profile: threads, memory64, multi-memory, GC, exceptions. */
  | 'unsupported'
  /** An import the host does not offer, or offers with another signature. */
  | 'import'
  /** No memory of its own, or not exported as exactly `memory`. */
  | 'memory'
  /** Needs more memory or table elements than it may have. */
  | 'memory-limit'
  /** Has a start function: it would run before the host is ready. */
  | 'start-function'
  /** The entry is missing, or is not a function without parameters and results. */
  | 'entry'

/** A module is outside the runtime profile. Deterministic: every node rejects it at the same byte. */
export class ModuleRejectedError extends DikastError {
  readonly code = 'MODULE_REJECTED'
  readonly reason: ModuleRejection
  /** Byte offset in the module at which it was noticed. */
  readonly offset: number

  constructor(reason: ModuleRejection, offset: number, detail: string) {
    super(`module rejected: ${reason} at byte ${offset}: ${detail}`)
    this.reason = reason
    this.offset = offset
  }
}
