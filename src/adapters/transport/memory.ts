/**
 * The `Transport` port in one process, for tests and simulation: the same bounds and failures as over libp2p, no
 * sockets, and faults on demand. Randomness and timers are given, so a simulation can own both.
 * @module
 */
import { type Handler, type Protocol, type Transport, TransportError } from '../../ports/transport.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { PeerId } from '../../protocol/types.ts'
import { AddressBook, CLAIMED_MAX } from './address-book.ts'
import { failureText } from './frames.ts'
import { parsePeerId } from './identity.ts'
import { TRANSPORT_LIMITS } from './limits.ts'
import { Slots } from './slots.ts'

/** What happens to every message from one peer to another. */
export interface LinkFault {
  /** Chance in 0..1 that a message vanishes. */
  readonly dropRate?: number
  readonly delayMs?: number
  /** Chance in 0..1, of the delay, added or taken. */
  readonly jitter?: number
}

export interface MemoryNetworkOptions {
  /** In [0, 1). */
  readonly random?: () => number
  /** Runs `task` after `delayMs`; returns how to cancel it. */
  readonly schedule?: (task: () => void, delayMs: number) => () => void
}

export class MemoryNetwork {
  readonly #members = new Map<PeerId, MemoryTransport>()
  readonly #ports = new Map<PeerId, number>()
  readonly #faults = new Map<string, LinkFault>()
  readonly #random: () => number
  readonly schedule: (task: () => void, delayMs: number) => () => void
  #sideOf: ReadonlyMap<PeerId, number> | undefined

  constructor(options: MemoryNetworkOptions = {}) {
    this.#random = options.random ?? Math.random
    this.schedule = options.schedule ?? setTimer
  }

  /** A peer joins. One that stopped may join again under its id and keeps its address. */
  join(self: PeerId): Transport {
    parsePeerId(self)
    if (this.#members.has(self)) throw new InvalidInputError('self', `${self} has joined already`)
    const port = this.#ports.get(self) ?? this.#ports.size + 1
    this.#ports.set(self, port)
    const member = new MemoryTransport(this, self, `/ip4/127.0.0.1/tcp/${port}/p2p/${self}`)
    this.#members.set(self, member)
    return member
  }

  /** Faults of the link in one direction; `{}` for none. */
  fault(from: PeerId, to: PeerId, fault: LinkFault): void {
    this.#faults.set(`${from} ${to}`, fault)
  }

  /** Peers of different groups lose every message between them; a peer in no group forms one with its like. */
  partition(...groups: readonly (readonly PeerId[])[]): void {
    this.#sideOf = new Map(groups.flatMap((group, side) => group.map((peer) => [peer, side] as const)))
  }

  /** Ends the partition and every link's faults. */
  heal(): void {
    this.#sideOf = undefined
    this.#faults.clear()
  }

  member(peer: PeerId): MemoryTransport | undefined {
    return this.#members.get(peer)
  }

  leave(peer: PeerId): void {
    this.#members.delete(peer)
    for (const member of this.#members.values()) member.lose(peer)
  }

  /** Delivers a message, late, or never. */
  carry(from: PeerId, to: PeerId, deliver: () => void): void {
    if (this.#sideOf !== undefined && this.#sideOf.get(from) !== this.#sideOf.get(to)) return
    const { dropRate = 0, delayMs = 0, jitter = 0 } = this.#faults.get(`${from} ${to}`) ?? {}
    if (dropRate > 0 && this.#random() < dropRate) return
    const spread = jitter > 0 ? delayMs * jitter * (2 * this.#random() - 1) : 0
    this.schedule(deliver, Math.max(0, delayMs + spread))
  }
}

type Settle = (result: Uint8Array | TransportError) => void

class MemoryTransport implements Transport {
  readonly self: PeerId
  readonly #network: MemoryNetwork
  readonly #address: string
  readonly #book = new AddressBook(TRANSPORT_LIMITS)
  readonly #served = new Map<string, { readonly protocol: Protocol; readonly handler: Handler }>()
  readonly #slots = new Map<string, Slots>()
  /** Calls without an outcome, by whom they were made to. */
  readonly #pending = new Map<Settle, PeerId>()
  #accepts: (peer: PeerId) => boolean = () => false
  #stopped = false

  constructor(network: MemoryNetwork, self: PeerId, address: string) {
    this.#network = network
    this.self = self
    this.#address = address
  }

  addresses(): readonly string[] {
    return [this.#address]
  }

  async handle(protocol: Protocol, handler: Handler): Promise<void> {
    if (this.#stopped) throw new TransportError('closed', this.self, 'the transport is stopped')
    if (this.#served.has(protocol.id))
      throw new InvalidInputError('protocol.id', `${protocol.id} is already handled`)
    this.#served.set(protocol.id, { protocol, handler })
  }

  call(
    peer: PeerId,
    protocol: Protocol,
    payload: Uint8Array,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      parsePeerId(peer)
      if (this.#stopped) throw new TransportError('closed', peer, 'the transport is stopped')
      if (payload.length > protocol.frameBytesMax) {
        throw new TransportError(
          'frame-too-large',
          peer,
          `${payload.length} bytes, ${protocol.frameBytesMax} at most`,
        )
      }
      if (peer === this.self || this.#book.get(peer).length === 0) {
        throw new TransportError('unreachable', peer, 'no address is known')
      }
      const given = new AbortController()
      const settle: Settle = (result) => {
        if (!this.#pending.delete(settle)) return
        cancelTimer()
        options.signal?.removeEventListener('abort', giveUp)
        given.abort()
        if (result instanceof TransportError) reject(result)
        else resolve(result)
      }
      const giveUp = () => settle(new TransportError('closed', peer, 'the caller gave up'))
      const cancelTimer = this.#network.schedule(
        () => settle(new TransportError('timeout', peer, `${protocol.id} after ${protocol.timeoutMs} ms`)),
        protocol.timeoutMs,
      )
      this.#pending.set(settle, peer)
      options.signal?.addEventListener('abort', giveUp, { once: true })
      if (options.signal?.aborted) giveUp()
      else this.#send(peer, protocol, payload.slice(), settle, given.signal)
    })
  }

  async learn(peer: PeerId, multiaddrs: readonly string[]): Promise<void> {
    if (peer !== this.self) this.#book.learn(peer, multiaddrs, (known) => this.#accepts(known))
  }

  async suggest(peer: PeerId, multiaddrs: readonly string[]): Promise<void> {
    const claimed = multiaddrs.slice(0, CLAIMED_MAX)
    if (peer !== this.self) this.#book.suggest(peer, claimed, (known) => this.#accepts(known))
  }

  async known(peer: PeerId): Promise<readonly string[]> {
    return peer === this.self ? this.addresses() : this.#book.get(peer)
  }

  allow(accepts: (peer: PeerId) => boolean): void {
    this.#accepts = accepts
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#network.leave(this.self)
    for (const [settle, peer] of [...this.#pending]) settle(new TransportError('closed', peer, 'stopped'))
  }

  /** A peer stopped: what it was asked will not be answered. */
  lose(peer: PeerId): void {
    for (const [settle, called] of [...this.#pending]) {
      if (called === peer) settle(new TransportError('closed', peer, 'the peer closed the stream'))
    }
  }

  /** The answering side. `answer` is called once; a stopped peer answers nothing. */
  async serve(from: PeerId, id: string, payload: Uint8Array, answer: Settle): Promise<void> {
    const served = this.#served.get(id)
    if (served === undefined) return answer(new TransportError('refused', this.self, `does not serve ${id}`))
    if (served.protocol.access === 'registered' && !this.#accepts(from)) {
      return answer(new TransportError('refused', this.self, 'peer is not registered'))
    }
    try {
      const result = await served.handler(from, payload)
      if (result.length > served.protocol.frameBytesMax) {
        answer(new TransportError('frame-too-large', this.self, `answer of ${result.length} bytes`))
      } else {
        answer(result.slice())
      }
    } catch (error) {
      const text = failureText(error instanceof Error ? error.message : 'failed')
      answer(new TransportError('remote-error', this.self, text))
    }
  }

  get stopped(): boolean {
    return this.#stopped
  }

  #send(peer: PeerId, protocol: Protocol, payload: Uint8Array, settle: Settle, settled: AbortSignal): void {
    const key = `${peer} ${protocol.id}`
    const slots = this.#slots.get(key) ?? new Slots(protocol.inFlightMax)
    this.#slots.set(key, slots)
    const deliver = () => {
      const target = this.#network.member(peer)
      if (target === undefined) return settle(new TransportError('unreachable', peer, 'connection refused'))
      const [address = ''] = target.addresses()
      this.#book.reached(peer, address, (known) => this.#accepts(known))
      void target.serve(this.self, protocol.id, payload, (result) => {
        const isSilence =
          protocol.silenceMs !== undefined && !(result instanceof TransportError) && result.length === 0
        if (!target.stopped && !isSilence) this.#network.carry(peer, this.self, () => settle(result))
      })
    }
    const send = async () => {
      await slots.take(settled)
      settled.addEventListener('abort', () => slots.release(), { once: true })
      this.#network.carry(this.self, peer, deliver)
      if (protocol.silenceMs === undefined) return
      const cancel = this.#network.schedule(() => settle(new Uint8Array(0)), protocol.silenceMs)
      settled.addEventListener('abort', cancel, { once: true })
    }
    // A call that is settled while it waits for its place is never sent.
    send().catch(() => {})
  }
}

function setTimer(task: () => void, delayMs: number): () => void {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}
