/**
 * The `Transport` port over libp2p: TCP, noise, yamux, identify; one long-lived stream a (peer, protocol) and
 * direction.
 *
 * Every peer may be hostile. What one may hold here is bounded: connections (its own, all strangers', all), streams,
 * bytes of a frame, calls in flight, unread answers, and time. A peer that breaks the framing loses its connection;
 * nothing a peer sends is ever thrown into an event dispatch.
 * @module
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import type { Log } from '../../ports/log.ts'
import { type Handler, type Protocol, type Transport, TransportError } from '../../ports/transport.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { PeerId } from '../../protocol/types.ts'
import { AddressBook, CLAIMED_MAX } from './address-book.ts'
import { ed25519PublicKeyOf, parsePeerId, peerIdFromEd25519PublicKey } from './identity.ts'
import { InboundStream, InFlight, type Served } from './inbound.ts'
import { TRANSPORT_LIMITS, type TransportLimits } from './limits.ts'
import { isListenFailure, ListenError } from './listen.ts'
import { boundedYamux } from './muxer.ts'
import { OutboundChannel } from './outbound.ts'

/** A call and a re-call race on two streams; a third means a peer that hoards them. */
const INBOUND_STREAMS_MAX = 2
/** Streams of one connection that were refused. A peer the chain is about to name asks again, though not often. */
const REFUSED_STREAMS_MAX = 16
const STOP_TIMEOUT_MS = 3_000
const PEER_STORE_SWEEP_MS = 60_000

export interface Libp2pTransportOptions {
  /** The node's Ed25519 seed, 32 bytes. */
  readonly privateKey: Uint8Array
  /** Multiaddrs to listen on, e.g. `/ip4/127.0.0.1/tcp/0`. Empty: dials only. */
  readonly listen: readonly string[]
  /** What to tell peers instead of the addresses listened on. */
  readonly announce?: readonly string[]
  readonly log: Log
  readonly limits?: Partial<TransportLimits>
}

export async function createLibp2pTransport(options: Libp2pTransportOptions): Promise<Transport> {
  const limits: TransportLimits = { ...TRANSPORT_LIMITS, ...options.limits }
  const self = peerIdFromEd25519PublicKey(ed25519PublicKeyOf(options.privateKey))
  const gate: Gate = { denies: () => false }
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', options.privateKey),
    addresses: { listen: [...options.listen], announce: [...(options.announce ?? [])] },
    transports: [tcp({ inboundSocketInactivityTimeout: 60_000, outboundSocketInactivityTimeout: 60_000 })],
    connectionEncrypters: [noise()],
    streamMuxers: [boundedYamux(2 * limits.frameBytesMax)],
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: (peer) => gate.denies(peer.toString()),
    },
    connectionManager: {
      maxConnections: limits.connectionsMax,
      inboundConnectionThreshold: limits.inboundConnectionsPerSecondMax,
      maxIncomingPendingConnections: limits.pendingInboundMax,
      inboundUpgradeTimeout: limits.dialTimeoutMs,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.dialTimeoutMs,
      maxPeerAddrsToDial: limits.addressesPerPeerMax,
      reconnectRetries: 0,
    },
    nodeInfo: { name: 'dikast', version: '1', userAgent: 'dikast/1' },
    services: {
      identify: identify({ maxMessageSize: 8_192, maxInboundStreams: 1, timeout: limits.dialTimeoutMs }),
    },
  }).catch((error: unknown) => {
    throw isListenFailure(error) ? new ListenError(options.listen, error) : error
  })
  return new Libp2pTransport(node, self, limits, gate, options.log)
}

/** Lets the node be built before the transport that decides for it. */
interface Gate {
  denies: (peer: PeerId) => boolean
}

class Libp2pTransport implements Transport {
  readonly self: PeerId
  readonly #node: Libp2p
  readonly #limits: TransportLimits
  readonly #log: Log
  readonly #book: AddressBook
  readonly #served = new Map<string, Served>()
  readonly #inbound = new Set<InboundStream>()
  readonly #channels = new Map<string, OutboundChannel>()
  readonly #opening = new Map<string, Promise<OutboundChannel>>()
  readonly #calls = new Set<AbortController>()
  /** Peers served as registered since they connected: those to disconnect once they no longer are. */
  readonly #admitted = new Set<PeerId>()
  readonly #streamlessSinceMs = new WeakMap<Connection, number>()
  readonly #refusedStreams = new WeakMap<Connection, number>()
  readonly #sweeper: NodeJS.Timeout
  #accepts: (peer: PeerId) => boolean = () => false
  #peerStoreSweptAtMs = performance.now()
  #stopped = false

  constructor(node: Libp2p, self: PeerId, limits: TransportLimits, gate: Gate, log: Log) {
    this.self = self
    this.#node = node
    this.#limits = limits
    this.#log = log
    this.#book = new AddressBook(limits)
    gate.denies = (peer) => this.#isCrowded(peer, 1)
    // Handshakes that ran side by side all passed the gate: count again once they are connections.
    node.addEventListener('connection:open', ({ detail }) => {
      const peer = detail.remotePeer.toString()
      if (detail.direction === 'inbound' && this.#isCrowded(peer, 0))
        detail.abort(new Error('too many connections'))
      if (detail.direction === 'outbound')
        this.#book.reached(peer, detail.remoteAddr.toString(), (known) => this.#isAccepted(known))
    })
    node.addEventListener('peer:identify', ({ detail }) => {
      const peer = detail.peerId.toString()
      if (!this.#isAccepted(peer)) return
      const claimed = detail.listenAddrs.map((address) => address.toString())
      this.#book.suggest(peer, claimed, (known) => this.#isAccepted(known))
    })
    node.addEventListener('peer:disconnect', ({ detail }) => {
      this.#admitted.delete(detail.toString())
      // libp2p remembers every identity that ever connected; the address book is what we keep.
      node.peerStore.delete(detail).catch(() => {})
    })
    const { streamIdleMs, connectionIdleMs } = limits
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(1_000, streamIdleMs / 4, connectionIdleMs / 4))
    this.#sweeper.unref()
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString())
  }

  async handle(protocol: Protocol, handler: Handler): Promise<void> {
    this.#checkProtocol(protocol)
    if (this.#stopped) throw new TransportError('closed', this.self, 'the transport is stopped')
    if (this.#served.has(protocol.id))
      throw new InvalidInputError('protocol.id', `${protocol.id} is already handled`)
    const served: Served = { protocol, handler, inFlight: new InFlight() }
    this.#served.set(protocol.id, served)
    await this.#node.handle(protocol.id, (stream, connection) => this.#serve(served, stream, connection), {
      maxInboundStreams: INBOUND_STREAMS_MAX,
      maxOutboundStreams: INBOUND_STREAMS_MAX + 2,
      runOnLimitedConnection: false,
    })
  }

  async call(
    peer: PeerId,
    protocol: Protocol,
    payload: Uint8Array,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    parsePeerId(peer)
    this.#checkProtocol(protocol)
    if (this.#stopped) throw new TransportError('closed', peer, 'the transport is stopped')
    if (peer === this.self) throw new TransportError('unreachable', peer, 'a node does not call itself')
    if (payload.length > protocol.frameBytesMax) {
      throw new TransportError(
        'frame-too-large',
        peer,
        `${payload.length} bytes, ${protocol.frameBytesMax} at most`,
      )
    }
    const deadline = new AbortController()
    const { signal } = deadline
    const giveUp = () => deadline.abort(new TransportError('closed', peer, 'the caller gave up'))
    const timer = setTimeout(
      () =>
        deadline.abort(new TransportError('timeout', peer, `${protocol.id} after ${protocol.timeoutMs} ms`)),
      protocol.timeoutMs,
    )
    this.#calls.add(deadline)
    options.signal?.addEventListener('abort', giveUp, { once: true })
    if (options.signal?.aborted) giveUp()
    try {
      return await this.#callOnce(peer, protocol, payload, signal)
    } finally {
      clearTimeout(timer)
      this.#calls.delete(deadline)
      options.signal?.removeEventListener('abort', giveUp)
    }
  }

  async learn(peer: PeerId, multiaddrs: readonly string[]): Promise<void> {
    if (peer !== this.self) this.#book.learn(peer, multiaddrs, (known) => this.#isAccepted(known))
  }

  async suggest(peer: PeerId, multiaddrs: readonly string[]): Promise<void> {
    const claimed = multiaddrs.slice(0, CLAIMED_MAX)
    if (peer !== this.self) this.#book.suggest(peer, claimed, (known) => this.#isAccepted(known))
  }

  async known(peer: PeerId): Promise<readonly string[]> {
    return peer === this.self ? this.addresses() : this.#book.get(peer)
  }

  allow(accepts: (peer: PeerId) => boolean): void {
    const before = this.#node.getPeers().filter((peer) => this.#isAccepted(peer.toString()))
    const delisted = new Set([...before.map((peer) => peer.toString()), ...this.#admitted])
    this.#accepts = accepts
    for (const peer of delisted) if (!this.#isAccepted(peer)) this.#cut(peer, 'no longer registered')
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    clearInterval(this.#sweeper)
    for (const call of this.#calls)
      call.abort(new TransportError('closed', this.self, 'the transport is stopped'))
    for (const channel of this.#channels.values()) channel.abort('closed', 'the transport is stopped')
    for (const stream of this.#inbound) stream.abort('stopping')
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TIMEOUT_MS)
    })
    await Promise.race([Promise.resolve(this.#node.stop()).catch(() => {}), patience])
    clearTimeout(timer)
    for (const connection of this.#node.getConnections()) connection.abort(new Error('stopping'))
  }

  // ---- calling

  async #callOnce(
    peer: PeerId,
    protocol: Protocol,
    payload: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const kept = this.#channels.get(channelKey(peer, protocol))
    if (kept !== undefined) {
      try {
        return await kept.call(payload, signal)
      } catch (error) {
        // A kept stream may have died unnoticed: a restart, an idle close. Once more, over a new one.
        const died = error instanceof TransportError && error.reason === 'closed'
        if (!died || signal.aborted || this.#stopped) throw error
      }
    }
    const channel = await withSignal(this.#open(peer, protocol), signal)
    return channel.call(payload, signal)
  }

  #open(peer: PeerId, protocol: Protocol): Promise<OutboundChannel> {
    const key = channelKey(peer, protocol)
    const channel = this.#channels.get(key)
    if (channel?.alive) return Promise.resolve(channel)
    let opening = this.#opening.get(key)
    if (opening === undefined) {
      opening = this.#openStream(peer, protocol).finally(() => this.#opening.delete(key))
      this.#opening.set(key, opening)
    }
    return opening
  }

  async #openStream(peer: PeerId, protocol: Protocol): Promise<OutboundChannel> {
    const open = this.#connectionTo(peer)
    if (open !== undefined) {
      try {
        return await this.#negotiate(open, peer, protocol)
      } catch (error) {
        if (error instanceof TransportError && error.reason === 'refused') throw error
        open.abort(new Error('the connection stopped answering'))
      }
    }
    return this.#negotiate(await this.#dial(peer), peer, protocol)
  }

  #connectionTo(peer: PeerId): Connection | undefined {
    return this.#node.getConnections(parsePeerId(peer)).find((connection) => connection.status === 'open')
  }

  async #dial(peer: PeerId): Promise<Connection> {
    const addresses = this.#book.get(peer)
    if (addresses.length === 0) throw new TransportError('unreachable', peer, 'no address is known')
    try {
      const signal = AbortSignal.timeout(this.#limits.dialTimeoutMs)
      return await this.#node.dial(
        addresses.map((address) => multiaddr(address)),
        { signal },
      )
    } catch (cause) {
      throw new TransportError('unreachable', peer, errorText(cause), { cause })
    }
  }

  async #negotiate(connection: Connection, peer: PeerId, protocol: Protocol): Promise<OutboundChannel> {
    let stream: Stream
    try {
      const signal = AbortSignal.timeout(this.#limits.dialTimeoutMs)
      stream = await connection.newStream(protocol.id, {
        signal,
        maxOutboundStreams: INBOUND_STREAMS_MAX + 2,
      })
    } catch (cause) {
      const unsupported = cause instanceof Error && cause.name === 'UnsupportedProtocolError'
      const detail = unsupported ? `does not serve ${protocol.id}` : errorText(cause)
      throw new TransportError(unsupported ? 'refused' : 'unreachable', peer, detail, { cause })
    }
    if (this.#stopped) {
      stream.abort(new Error('stopping'))
      throw new TransportError('closed', peer, 'the transport is stopped')
    }
    const key = channelKey(peer, protocol)
    const channel = new OutboundChannel(stream, {
      peer,
      protocol,
      cut: (reason) => this.#cut(peer, reason),
      onEnd: () => {
        if (this.#channels.get(key) === channel) this.#channels.delete(key)
      },
    })
    this.#channels.set(key, channel)
    return channel
  }

  // ---- serving

  #serve(served: Served, stream: Stream, connection: Connection): void {
    const peer = connection.remotePeer.toString()
    const permitted = () => {
      if (served.protocol.access === 'anyone') return true
      if (!this.#isAccepted(peer)) return false
      this.#admitted.add(peer)
      return true
    }
    const refused = this.#refusedStreams.get(connection) ?? 0
    if (refused >= REFUSED_STREAMS_MAX && !permitted()) {
      this.#cut(peer, 'too many refused streams')
      return
    }
    const inbound = new InboundStream(stream, {
      peer,
      served,
      permitted,
      cut: (reason) => this.#cut(peer, reason),
      onRefused: () => {
        this.#refusedStreams.set(connection, refused + 1)
        if (refused === 0) this.#log.info('peer-refused', { peer, protocol: served.protocol.id })
      },
      onEnd: () => this.#inbound.delete(inbound),
      log: this.#log,
    })
    this.#inbound.add(inbound)
  }

  #isAccepted(peer: PeerId): boolean {
    try {
      return this.#accepts(peer)
    } catch (error) {
      this.#log.error('allow-failed', { peer, detail: errorText(error) })
      return false
    }
  }

  /** Whether `more` inbound connections of a peer, whose handshake proved who it is, are too many. */
  #isCrowded(peer: PeerId, more: number): boolean {
    const inbound = this.#node.getConnections().filter(({ direction }) => direction === 'inbound')
    const own = inbound.filter((connection) => connection.remotePeer.toString() === peer)
    if (own.length + more > this.#limits.connectionsPerPeerMax) return true
    if (this.#isAccepted(peer)) return false
    const strangers = inbound.filter((connection) => !this.#isAccepted(connection.remotePeer.toString()))
    return strangers.length + more > this.#limits.strangerConnectionsMax
  }

  #cut(peer: PeerId, reason: string): void {
    this.#log.warn('peer-cut', { peer, reason })
    this.#admitted.delete(peer)
    for (const connection of this.#node.getConnections(parsePeerId(peer))) connection.abort(new Error(reason))
  }

  // ---- upkeep

  #sweep(): void {
    const nowMs = performance.now()
    for (const channel of [...this.#channels.values()]) channel.sweep(nowMs, this.#limits.streamIdleMs)
    for (const stream of [...this.#inbound]) stream.sweep(nowMs, this.#limits.streamIdleMs)
    for (const connection of this.#node.getConnections()) {
      const since = this.#streamlessSinceMs.get(connection)
      if (connection.streams.length > 0) this.#streamlessSinceMs.delete(connection)
      else if (since === undefined) this.#streamlessSinceMs.set(connection, nowMs)
      else if (nowMs - since > this.#limits.connectionIdleMs) connection.close().catch(() => {})
    }
    if (nowMs - this.#peerStoreSweptAtMs > PEER_STORE_SWEEP_MS) {
      this.#peerStoreSweptAtMs = nowMs
      this.#sweepPeerStore().catch((error) =>
        this.#log.warn('peer-store-sweep', { detail: errorText(error) }),
      )
    }
  }

  async #sweepPeerStore(): Promise<void> {
    for (const peer of await this.#node.peerStore.all()) {
      if (this.#node.getConnections(peer.id).length === 0) await this.#node.peerStore.delete(peer.id)
    }
  }

  #checkProtocol(protocol: Protocol): void {
    if (protocol.frameBytesMax > this.#limits.frameBytesMax) {
      throw new LimitExceededError(
        'protocol.frameBytesMax',
        protocol.frameBytesMax,
        this.#limits.frameBytesMax,
      )
    }
  }
}

function channelKey(peer: PeerId, protocol: Protocol): string {
  return `${peer} ${protocol.id}`
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'failed'
}

/** The promise's outcome, or the signal's reason if that comes first. The promise itself goes on. */
function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
