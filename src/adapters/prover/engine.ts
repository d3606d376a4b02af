/**
 * What makes proofs, once a key is in its memory. One proof at a time.
 * @module
 */
import type { Proof, ProofPhase } from '../../ports/prover.ts'

export interface Engine<Key> {
  /** Throws `ProverError`: `malformed-key`; `out-of-memory` when it takes more than `bytesMax`. */
  load(file: Uint8Array, bytesMax: number): Key
  /** What a loaded key takes. */
  bytesOf(key: Key): number
  /** Throws `ProverError`. An engine that cannot stop in the middle goes on when told to. */
  prove(key: Key, witness: Uint8Array, options: EngineOptions): Promise<Proof>
  /** The key is not used again. */
  forget(key: Key): void
  close(): Promise<void>
}

export interface EngineOptions {
  readonly signal: AbortSignal
  readonly onPhase: (phase: ProofPhase) => void
}

/** `kernel`: ours, in C for WebAssembly. `snarkjs`: what ours is held against. */
export type EngineName = 'kernel' | 'snarkjs'
export const ENGINES: readonly EngineName[] = ['kernel', 'snarkjs']
