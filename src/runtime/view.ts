/**
 * What this process knows of the chain: nodes and requests, kept in the store so that a restart reads on from where it
 * stopped. Entries carry the block they came from; a rollback forgets what never happened.
 * @module
 */
import { decode, encode } from 'cborg'
import type { LogPosition } from '../ports/chain.ts'
import type { Store, StoreWrite } from '../ports/store.ts'
import type { Address, Hex, PeerId, Request, RequestId } from '../protocol/types.ts'
import { requestFromPlain, requestToPlain } from './request-codec.ts'

/** Blocks after which an event is taken as final and its closed request forgotten. */
export const FINALITY_BLOCKS = 64n
/** Open requests a process follows at a time: each costs a committee and, in nodes, a run. */
export const OPEN_REQUESTS_MAX = 4096
const NODES_MAX = 8192

export interface KnownNode {
  readonly attestor: Address
  readonly operator: Address
  readonly peer: PeerId
  readonly blockNumber: bigint
}

export interface KnownRequest {
  readonly id: RequestId
  readonly request: Request
  readonly blockNumber: bigint
  /** Set once the chain closed it; kept until final, so that a rollback can open it again. */
  readonly closed: { readonly as: 'fulfilled' | 'expired'; readonly blockNumber: bigint } | undefined
}

export class ChainView {
  readonly nodes = new Map<string, KnownNode>()
  readonly requests = new Map<RequestId, KnownRequest>()
  readonly #store: Store
  readonly #peerIdOf: (key: Hex) => PeerId
  #peers = new Map<PeerId, Address>()

  constructor(store: Store, peerIdOf: (key: Hex) => PeerId) {
    this.#store = store
    this.#peerIdOf = peerIdOf
    for (const { key, value } of store.list('node', { limit: NODES_MAX })) {
      const { operator, peer, blockNumber } = decode(value) as {
        operator: Address
        peer: PeerId
        blockNumber: number
      }
      this.#addNode({ attestor: key as Address, operator, peer, blockNumber: BigInt(blockNumber) })
    }
    for (const { key, value } of store.list('request', { limit: OPEN_REQUESTS_MAX })) {
      const plain = decode(value) as PlainEntry // our own bytes, written by `#entry`
      this.requests.set(key as RequestId, entryFromPlain(key as RequestId, plain))
    }
  }

  /** The block to follow from: far enough back that a rollback across a restart is seen. */
  resumeFrom(fromBlock: bigint): bigint {
    const kept = this.#store.get('cursor', 'block')
    if (kept === undefined) return fromBlock
    const resumed = BigInt(decode(kept) as number) - FINALITY_BLOCKS
    return resumed > fromBlock ? resumed : fromBlock
  }

  advance(blockNumber: bigint): void {
    this.#store.write([{ type: 'put', space: 'cursor', key: 'block', value: encode(Number(blockNumber)) }])
    const forgotten: StoreWrite[] = []
    for (const { id, closed } of this.requests.values()) {
      if (closed === undefined || closed.blockNumber + FINALITY_BLOCKS > blockNumber) continue
      this.requests.delete(id)
      forgotten.push({ type: 'delete', space: 'request', key: id })
    }
    if (forgotten.length > 0) this.#store.write(forgotten)
  }

  nodeRegistered(log: { attestor: Address; operator: Address; peerId: Hex }, at: LogPosition): void {
    const attestor = log.attestor.toLowerCase() as Address
    const node = {
      attestor,
      operator: log.operator,
      peer: this.#peerIdOf(log.peerId),
      blockNumber: at.blockNumber,
    }
    this.#addNode(node)
    const value = encode({ operator: node.operator, peer: node.peer, blockNumber: Number(at.blockNumber) })
    this.#store.write([{ type: 'put', space: 'node', key: attestor, value }])
  }

  /** Returns undefined when the request is known already, or one too many. */
  requestSubmitted(id: RequestId, request: Request, at: LogPosition): KnownRequest | undefined {
    if (this.requests.has(id) || this.requests.size >= OPEN_REQUESTS_MAX) return undefined
    return this.#keep({ id, request, blockNumber: at.blockNumber, closed: undefined })
  }

  requestClosed(id: RequestId, as: 'fulfilled' | 'expired', at: LogPosition): KnownRequest | undefined {
    const known = this.requests.get(id)
    return known === undefined
      ? undefined
      : this.#keep({ ...known, closed: { as, blockNumber: at.blockNumber } })
  }

  rollback(toNumber: bigint): void {
    const writes: StoreWrite[] = []
    for (const node of this.nodes.values()) {
      if (node.blockNumber <= toNumber) continue
      this.nodes.delete(node.attestor)
      this.#peers.delete(node.peer)
      writes.push({ type: 'delete', space: 'node', key: node.attestor })
    }
    for (const known of this.requests.values()) {
      if (known.blockNumber > toNumber) {
        this.requests.delete(known.id)
        writes.push({ type: 'delete', space: 'request', key: known.id })
      } else if (known.closed !== undefined && known.closed.blockNumber > toNumber) {
        this.#keep({ ...known, closed: undefined })
      }
    }
    if (writes.length > 0) this.#store.write(writes)
  }

  peerOf(attestor: Address): PeerId | undefined {
    return this.nodes.get(attestor.toLowerCase())?.peer
  }

  isRegistered(peer: PeerId): boolean {
    return this.#peers.has(peer)
  }

  /** Every registered peer but `self`. */
  peers(self: PeerId): readonly PeerId[] {
    return [...this.#peers.keys()].filter((peer) => peer !== self)
  }

  #addNode(node: KnownNode): void {
    if (this.nodes.size >= NODES_MAX && !this.nodes.has(node.attestor)) return
    this.nodes.set(node.attestor, node)
    this.#peers.set(node.peer, node.attestor)
  }

  #keep(known: KnownRequest): KnownRequest {
    this.requests.set(known.id, known)
    this.#store.write([{ type: 'put', space: 'request', key: known.id, value: encode(entryToPlain(known)) }])
    return known
  }
}

interface PlainEntry {
  readonly request: ReturnType<typeof requestToPlain>
  readonly blockNumber: number
  readonly closedAs: 'fulfilled' | 'expired' | ''
  readonly closedAt: number
}

function entryToPlain({ request, blockNumber, closed }: KnownRequest): PlainEntry {
  const closedAt = Number(closed?.blockNumber ?? 0n)
  return {
    request: requestToPlain(request),
    blockNumber: Number(blockNumber),
    closedAs: closed?.as ?? '',
    closedAt,
  }
}

function entryFromPlain(id: RequestId, plain: PlainEntry): KnownRequest {
  const closed =
    plain.closedAs === '' ? undefined : { as: plain.closedAs, blockNumber: BigInt(plain.closedAt) }
  return { id, request: requestFromPlain(plain.request), blockNumber: BigInt(plain.blockNumber), closed }
}
