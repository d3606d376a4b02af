/**
 * Proofs of circuit functions: Groth16 over BN254.
 *
 * A proof is a pure function of key, witness and fresh randomness, and leaves nothing behind: whoever was making one may be
 * killed at any time, and anyone may make it again.
 * @module
 */
import { DikastError } from '../protocol/errors.ts'
import type { Hash } from '../protocol/types.ts'

/** A proving key, by its digest: a prover that still holds it does not read it again. */
export interface ProvingKey {
  /** SHA-256 of its bytes. */
  readonly hash: Hash
  read(): Promise<Uint8Array>
}

/**
 * The values of all wires, 32 bytes each, little-endian, the constant 1 first, then outputs and public inputs. As a function
 * it is made when its time has come: by the sandbox, which the calculator belongs in.
 */
export type Witness = Uint8Array | (() => Promise<Uint8Array>)

export interface ProofJob {
  readonly provingKey: ProvingKey
  readonly witness: Witness
}

/** In this order; a prover may leave some out. `retry` starts anew, after a process that died. */
export type ProofPhase = 'witness' | 'key' | 'quotient' | 'sums' | 'retry' | 'done'

export interface ProofOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (phase: ProofPhase) => void
}

export interface Proof {
  /** `PROOF_BYTES` of them. */
  readonly proof: Uint8Array
  readonly publicSignals: readonly bigint[]
}

export interface Prover {
  /** Throws `ProverError`; what `witness` and `provingKey.read` throw comes through. */
  prove(job: ProofJob, options?: ProofOptions): Promise<Proof>
  close(): Promise<void>
}

export type ProverFailure =
  /** Not the bytes of its hash, not a Groth16 key over BN254, cut short, or a point off its curve. */
  | 'malformed-key'
  /** Not as many values as the key has wires, or the first is not 1. */
  | 'witness-length'
  /** A value is not below the field's order. */
  | 'witness-range'
  | 'cancelled'
  /** The key does not fit the bound this prover was given, or the machine. */
  | 'out-of-memory'
  /** Its process died, again after it was started anew. */
  | 'died'
  /** More jobs wait than the prover's bound. */
  | 'overloaded'
  /** Provers are elsewhere, and what leads to them does not answer. */
  | 'unreachable'
  | 'closed'

/** Whoever knows more says it in place of these. */
const FIXES: Partial<Record<ProverFailure, string>> = {
  'malformed-key': 'deploy the .zkey that `dikast circuit setup` or a ceremony made of this circuit',
  'witness-length': 'deploy calculator and proving key of one compilation',
  'witness-range': 'compute the witness with the calculator that was compiled with the key’s circuit',
  'out-of-memory': 'prove on a machine with more memory',
}

export class ProverError extends DikastError {
  readonly code = 'PROVER'
  readonly reason: ProverFailure

  constructor(
    reason: ProverFailure,
    detail: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    const fix = options.fix ?? FIXES[reason]
    super(`prover: ${reason}: ${detail}`, fix === undefined ? options : { ...options, fix })
    this.reason = reason
  }
}
