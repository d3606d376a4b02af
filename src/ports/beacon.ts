import { DikastError } from '../protocol/errors.ts'
import type { Digest, Hex } from '../protocol/types.ts'

/** A drand round as a beacon serves it. */
export interface BeaconRound {
  readonly round: bigint
  /** 48-byte compressed G1 signature. */
  readonly signature: Hex
  readonly randomness: Digest
}

export type BeaconFailure = 'unreachable' | 'not-emitted' | 'malformed' | 'invalid-signature' | 'wrong-chain'

export class BeaconError extends DikastError {
  readonly code = 'BEACON'
  readonly reason: BeaconFailure

  constructor(
    reason: BeaconFailure,
    detail: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`beacon: ${reason}: ${detail.slice(0, 200)}`, options)
    this.reason = reason
  }
}

export interface BeaconInfo {
  /** 96-byte compressed G2 key. */
  readonly publicKey: Hex
  /** Seconds since 1970 at which round 1 is emitted. */
  readonly genesisTime: number
  readonly periodSeconds: number
}

export interface Beacon {
  info(): Promise<BeaconInfo>
  /** The round, its signature verified. Throws `BeaconError`. */
  round(round: bigint): Promise<BeaconRound>
  /**
   * What a signature from anywhere gives as randomness, or undefined when it is not this beacon's of this round.
   * `signature` is as contracts have it: an uncompressed G1 point as in EIP-2537, 128 bytes.
   */
  randomnessOf(round: bigint, signature: Hex): Promise<Digest | undefined>
  close(): Promise<void>
}
