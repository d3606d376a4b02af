import { DikastError } from '../protocol/errors.ts'
import type { PeerId } from '../protocol/types.ts'

/** One request/response protocol over one long-lived stream a peer pair. */
export interface Protocol {
  /** e.g. `/dikast/attest/1.0.0` */
  readonly id: string
  readonly frameBytesMax: number
  /** How long a caller waits for its answer. */
  readonly timeoutMs: number
  /** Calls one peer may have in flight; a peer above it is cut off. */
  readonly inFlightMax: number
  /** `registered`: only peers `allow` accepts; `anyone`: every peer, within the same bounds. */
  readonly access: 'registered' | 'anyone'
  /**
   * When set, an empty answer is not sent: a call that was delivered and hears nothing for so many milliseconds has been given
   * one. For frames that come often and are nearly always taken, where each answer would cost as much as the frame.
   */
  readonly silenceMs?: number
}

export type Handler = (from: PeerId, payload: Uint8Array) => Promise<Uint8Array>

export type TransportFailure =
  | 'unreachable'
  | 'timeout'
  | 'refused'
  | 'remote-error'
  | 'frame-too-large'
  | 'closed'

/** A call to a peer failed. What the peer says is data: it is cut to 200 characters. */
export class TransportError extends DikastError {
  readonly code = 'TRANSPORT'
  readonly reason: TransportFailure
  readonly peer: PeerId

  constructor(
    reason: TransportFailure,
    peer: PeerId,
    detail: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(`peer ${peer}: ${reason}: ${detail.slice(0, 200)}`, options)
    this.reason = reason
    this.peer = peer
  }
}

export interface Transport {
  readonly self: PeerId
  /** Own dialable multiaddrs, each ending in `/p2p/<self>`. */
  addresses(): readonly string[]
  handle(protocol: Protocol, handler: Handler): Promise<void>
  /** Sends one frame and waits for its answer, or for the silence that is one. Dials when needed; re-dials once when a kept stream is dead. */
  call(
    peer: PeerId,
    protocol: Protocol,
    payload: Uint8Array,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Uint8Array>
  /** Remembers where a peer may be dialled. Bounded; malformed addresses throw `InvalidInputError`. */
  learn(peer: PeerId, multiaddrs: readonly string[]): Promise<void>
  /**
   * Remembers where a third party says that a peer is. What was learned and what last answered comes first and stays: one
   * claim brings two addresses, all claims together half of a peer's. Malformed addresses are passed over.
   */
  suggest(peer: PeerId, multiaddrs: readonly string[]): Promise<void>
  /** Addresses known for a peer, those to try first in front. */
  known(peer: PeerId): Promise<readonly string[]>
  /** Says which peers `registered` protocols serve; asked at each stream. Peers no longer allowed are disconnected. */
  allow(accepts: (peer: PeerId) => boolean): void
  stop(): Promise<void>
}
