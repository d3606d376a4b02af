/**
 * Between a prover and its process. One proof at a time.
 * @module
 */
import type { Proof, ProofPhase, ProverFailure } from '../../ports/prover.ts'
import type { Hash } from '../../protocol/types.ts'
import type { EngineName } from './engine.ts'

/** How the process is started: its only argument, as JSON. */
export interface ProcessOptions {
  readonly engine: EngineName
  readonly threads: number
  readonly keyBytesMax: number
}

export type ToProcess =
  | { readonly type: 'prove'; readonly id: number; readonly keyHash: Hash; readonly witness: Uint8Array }
  | { readonly type: 'key'; readonly id: number; readonly file: Uint8Array }
  | { readonly type: 'cancel'; readonly id: number }

export type FromProcess =
  | { readonly type: 'needKey'; readonly id: number }
  | { readonly type: 'phase'; readonly id: number; readonly phase: ProofPhase }
  | ({ readonly type: 'proved'; readonly id: number } & Proof)
  | {
      readonly type: 'failed'
      readonly id: number
      readonly reason: ProverFailure
      readonly detail: string
      readonly fix?: string
    }
