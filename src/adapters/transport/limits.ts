/** What a transport allows its peers, taken together. Each protocol adds its own bounds per peer. */
export interface TransportLimits {
  /** Open connections, both directions. */
  readonly connectionsMax: number
  /** Of them, those of peers `allow` does not accept: strangers never crowd registered peers out. */
  readonly strangerConnectionsMax: number
  /** Open connections of one peer: two that dial each other at once hold two, a restart leaves one dying. */
  readonly connectionsPerPeerMax: number
  /** New connections a second from one IP address. A committee behind one address dials at once. */
  readonly inboundConnectionsPerSecondMax: number
  /** Connections still shaking hands. */
  readonly pendingInboundMax: number
  /** The largest frame any protocol may declare; a stream's write buffer is bounded by twice this. */
  readonly frameBytesMax: number
  /** Establishing a connection and negotiating a protocol. */
  readonly dialTimeoutMs: number
  /** A stream nobody used for this long is closed; the next call opens another. */
  readonly streamIdleMs: number
  /** A connection without streams for this long is closed. */
  readonly connectionIdleMs: number
  /** Peers whose addresses are remembered. */
  readonly peersKnownMax: number
  /** Addresses remembered of each. */
  readonly addressesPerPeerMax: number
}

export const TRANSPORT_LIMITS: TransportLimits = Object.freeze({
  connectionsMax: 512,
  strangerConnectionsMax: 128,
  connectionsPerPeerMax: 4,
  inboundConnectionsPerSecondMax: 64,
  pendingInboundMax: 64,
  frameBytesMax: 1024 * 1024,
  dialTimeoutMs: 5_000,
  streamIdleMs: 120_000,
  connectionIdleMs: 300_000,
  peersKnownMax: 4_096,
  addressesPerPeerMax: 8,
})
