/**
 * What this process knows of the chain: nodes and requests, kept in the store so that a restart reads on from where it
 * stopped. Entries carry the block they came from; a rollback forgets what never happened.
 *
 * What became of a request is forgotten in two steps. Closed and final, it leaves memory. Past its deadline as well, no
 * block can ever hold it again, so that even the record of what was signed for it may go: it is *buried*.
 * @module
 */
import { decode, encode } from 'cborg'
import type { LogPosition } from '../ports/chain.ts'
import { type Log, silentLog } from '../ports/log.ts'
import type { Store, StoreWrite } from '../ports/store.ts'
import type { Address, Attempt, Certified, Hex, PeerId, Request, RequestId } from '../protocol/types.ts'
import { type KnownNode, NodeDirectory } from './nodes.ts'
import {
  finalityFromPlain,
  finalityToPlain,
  type KnownFinality,
  type PlainFinality,
  requestFromPlain,
  requestToPlain,
} from './request-codec.ts'

/** Blocks after which an event is taken as final and its closed request forgotten. */
export const FINALITY_BLOCKS = 64n
/** Open requests a process follows at a time: each costs a committee and, in nodes, a run. */
export const OPEN_REQUESTS_MAX = 4096
/** With those closed and not yet final. */
const REQUESTS_MAX = 8192
/** Blocks between writes of the cursor: what is read again after a restart, beside the finality window. */
const CURSOR_BLOCKS = 16n
/** Between a challenge and the round that draws its committee, with much to spare. */
const CHALLENGE_LEAD_SECONDS_MAX = 86_400n
/** CHA-5. */
const HEARING_SECONDS_MIN = 600n
/** Graves looked at every `CURSOR_BLOCKS`. */
const BURIED_MAX = 256

export interface KnownRequest {
  readonly id: RequestId
  readonly request: Request
  readonly blockNumber: bigint
  /** Set once the chain closed it; kept until final, so that a rollback can open it again. */
  /** Once a certificate is on chain that may be challenged. */
  readonly finality: KnownFinality | undefined
  readonly closed: { readonly as: 'fulfilled' | 'expired'; readonly blockNumber: bigint } | undefined
}

/** Who else keeps something of a request. Both may come twice. */
export interface Undertaker {
  /** It is closed for good. */
  forget(id: RequestId): void
  /** No block can hold it any more. */
  bury(id: RequestId): void
}

export interface ChainViewOptions {
  readonly log?: Log
  readonly openMax?: number
  readonly requestsMax?: number
}

export class ChainView {
  readonly nodes: NodeDirectory
  readonly requests = new Map<RequestId, KnownRequest>()
  readonly #store: Store
  readonly #peerIdOf: (key: Hex) => PeerId
  readonly #log: Log
  readonly #openMax: number
  readonly #requestsMax: number
  /** Those closed, in the order they were. */
  readonly #closed = new Map<RequestId, bigint>()
  #cursor: bigint | undefined
  #timeSeconds = 0n

  constructor(store: Store, peerIdOf: (key: Hex) => PeerId, options: ChainViewOptions = {}) {
    this.#store = store
    this.#peerIdOf = peerIdOf
    this.#log = options.log ?? silentLog
    this.#openMax = options.openMax ?? OPEN_REQUESTS_MAX
    this.#requestsMax = options.requestsMax ?? REQUESTS_MAX
    this.nodes = new NodeDirectory(store, this.#log)
    for (const { key, value } of store.list('request', { limit: this.#requestsMax })) {
      const plain = decode(value) as PlainEntry // our own bytes, written by `#keep`
      this.requests.set(key as RequestId, entryFromPlain(key as RequestId, plain))
    }
    const closed = [...this.requests.values()].flatMap(({ id, closed }) =>
      closed === undefined ? [] : [[id, closed.blockNumber] as const],
    )
    closed.sort(([, a], [, b]) => Number(a - b))
    for (const [id, blockNumber] of closed) this.#closed.set(id, blockNumber)
  }

  /** The block to follow from: far enough back that a rollback across a restart is seen. */
  resumeFrom(fromBlock: bigint): bigint {
    const kept = this.#store.get('cursor', 'block')
    if (kept === undefined) return fromBlock
    const resumed = BigInt(decode(kept) as number) - FINALITY_BLOCKS // our own bytes, written by `advance`
    return resumed > fromBlock ? resumed : fromBlock
  }

  /** A block came. Forgets what it made final, and buries what could be done until `surelyPast`, in seconds. */
  advance(
    block: { readonly number: bigint; readonly time: bigint },
    undertaker: Undertaker,
    surelyPast = block.time,
  ): void {
    this.#timeSeconds = block.time
    this.nodes.advance(block.time)
    for (const [id, closedAt] of this.#closed) {
      if (closedAt + FINALITY_BLOCKS > block.number) break
      this.#forget(id, undertaker)
    }
    const written = this.#cursor
    if (written !== undefined && block.number >= written && block.number < written + CURSOR_BLOCKS) return
    this.#store.write([{ type: 'put', space: 'cursor', key: 'block', value: encode(Number(block.number)) }])
    this.#cursor = block.number
    this.#bury({ number: block.number, time: surelyPast }, undertaker)
  }

  nodeRegistered(
    log: { attestor: Address; operator: Address; peerId: Hex; capabilities: Hex },
    at: LogPosition,
  ): void {
    const attestor = log.attestor.toLowerCase() as Address
    let peer: PeerId
    try {
      peer = this.#peerIdOf(log.peerId)
    } catch (error) {
      // The registry takes any 32 bytes: who names none that is a key has a node nobody can reach.
      this.#log.warn('node without a peer', { attestor, reason: String(error) })
      return
    }
    const { operator, capabilities } = log
    this.nodes.add({ attestor, operator, peer, blockNumber: at.blockNumber, bonded: false, capabilities })
  }

  /** Returns undefined when the request is known already, or one too many. */
  requestSubmitted(
    id: RequestId,
    request: Request,
    at: LogPosition,
    undertaker: Undertaker,
  ): KnownRequest | undefined {
    if (this.requests.has(id)) return undefined
    if (!this.#makeRoom(request, undertaker)) {
      this.#log.error('request not followed: too many that pay as much are open', {
        requestId: id,
        open: this.#openMax,
      })
      return undefined
    }
    return this.#keep({ id, request, blockNumber: at.blockNumber, finality: undefined, closed: undefined })
  }

  requestCertified(
    id: RequestId,
    certified: Certified,
    output: Hex,
    at: LogPosition,
  ): KnownRequest | undefined {
    return this.#learn(id, () => ({
      certified,
      output,
      certifiedIn: at.blockNumber,
      challenge: undefined,
      challengedIn: undefined,
      verdict: undefined,
      judgedIn: undefined,
    }))
  }

  requestChallenged(id: RequestId, challenge: Attempt, at: LogPosition): KnownRequest | undefined {
    return this.#learn(id, (known) => known && { ...known, challenge, challengedIn: at.blockNumber })
  }

  challengeResolved(id: RequestId, output: Hex, at: LogPosition): KnownRequest | undefined {
    return this.#learn(id, (known) => known && { ...known, verdict: { output }, judgedIn: at.blockNumber })
  }

  /** Undefined when it is not followed. */
  #learn(
    id: RequestId,
    next: (finality: KnownFinality | undefined) => KnownFinality | undefined,
  ): KnownRequest | undefined {
    const known = this.requests.get(id)
    return known && this.#keep({ ...known, finality: next(known.finality) })
  }

  requestClosed(id: RequestId, as: 'fulfilled' | 'expired', at: LogPosition): KnownRequest | undefined {
    const known = this.requests.get(id)
    if (known === undefined) return undefined
    this.#closed.delete(id)
    this.#closed.set(id, at.blockNumber)
    return this.#keep({ ...known, closed: { as, blockNumber: at.blockNumber } })
  }

  /** Undoes every block above. What was kept of an undone request stays until it is buried: it may come back. */
  rollback(toNumber: bigint): { readonly peersLost: boolean } {
    const writes: StoreWrite[] = []
    for (const known of this.requests.values()) {
      if (known.blockNumber > toNumber) {
        this.requests.delete(known.id)
        this.#closed.delete(known.id)
        writes.push({ type: 'delete', space: 'request', key: known.id }, grave(known, known.blockNumber))
        continue
      }
      const reopens = known.closed !== undefined && known.closed.blockNumber > toNumber
      const finality = finalityUntil(known.finality, toNumber)
      if (!reopens && finality === known.finality) continue
      if (reopens) this.#closed.delete(known.id)
      this.#keep({ ...known, finality, closed: reopens ? undefined : known.closed })
    }
    if (writes.length > 0) this.#store.write(writes)
    return { peersLost: this.nodes.rollback(toNumber) }
  }

  /** The requests the chain has not closed. */
  open(): readonly KnownRequest[] {
    return [...this.requests.values()].filter(({ closed }) => closed === undefined)
  }

  peerOf(attestor: Address): PeerId | undefined {
    return this.nodes.get(attestor)?.peer
  }

  isRegistered(peer: PeerId): boolean {
    return this.nodes.hasPeer(peer)
  }

  /** Every peer with standing but `self`. */
  peers(self: PeerId): readonly PeerId[] {
    return [...this.nodes.peers()].filter((peer) => peer !== self)
  }

  /** Room for one more open request. False when all that are open may still be fulfilled and pay as much. */
  #makeRoom(request: Request, undertaker: Undertaker): boolean {
    if (this.requests.size >= this.#requestsMax) {
      const [oldest] = this.#closed.keys()
      if (oldest !== undefined) this.#forget(oldest, undertaker)
    }
    if (this.requests.size - this.#closed.size < this.#openMax) return true
    // Past its deadline a request is only waiting for somebody to expire it: the one that waited longest goes.
    const overdue = this.open()
      .filter(({ request, finality }) => finality === undefined && request.deadline < this.#timeSeconds)
      .reduce<KnownRequest | undefined>(
        (a, b) => (a && a.request.deadline <= b.request.deadline ? a : b),
        undefined,
      )
    // Otherwise the one that pays least: worthless requests must not shut out others. One that may be challenged stays: it is heard
    // by whoever remembers it.
    const cheapest = this.open()
      .filter(({ finality }) => finality === undefined)
      .reduce<KnownRequest | undefined>(
        (a, b) => (a && payOf(a.request) <= payOf(b.request) ? a : b),
        undefined,
      )
    const leaves = overdue ?? (cheapest && payOf(cheapest.request) < payOf(request) ? cheapest : undefined)
    if (leaves === undefined) return false
    const why = overdue === undefined ? 'paid least' : 'overdue'
    this.#log.warn('request no longer followed: others need its place', { requestId: leaves.id, why })
    this.#forget(leaves.id, undertaker)
    return true
  }

  #forget(id: RequestId, undertaker: Undertaker): void {
    const known = this.requests.get(id)
    this.#closed.delete(id)
    if (known === undefined) return
    this.requests.delete(id)
    this.#store.write([
      { type: 'delete', space: 'request', key: id },
      grave(known, known.closed?.blockNumber ?? known.blockNumber),
    ])
    undertaker.forget(id)
  }

  /** Earliest deadlines first. A grave goes last, so that a crash in between only digs it again. */
  #bury(block: { readonly number: bigint; readonly time: bigint }, undertaker: Undertaker): void {
    const gone: StoreWrite[] = []
    for (const { key, value } of this.#store.list('grave', { limit: BURIED_MAX })) {
      const [deadline = '', id] = key.split(':')
      if (BigInt(deadline) >= block.time) break
      if (BigInt(decode(value) as number) + FINALITY_BLOCKS > block.number) continue // our own bytes, by `grave`
      if (!this.requests.has(id as RequestId)) undertaker.bury(id as RequestId)
      gone.push({ type: 'delete', space: 'grave', key })
    }
    if (gone.length > 0) this.#store.write(gone)
  }

  #keep(known: KnownRequest): KnownRequest {
    this.requests.set(known.id, known)
    this.#store.write([{ type: 'put', space: 'request', key: known.id, value: encode(entryToPlain(known)) }])
    return known
  }
}

/** What a seat earns at the most, in wei. */
function payOf({ flatFeePerSeat, fuelPrice, fuelLimit }: Request): bigint {
  return flatFeePerSeat + fuelPrice * fuelLimit
}

/** What is left of it when every block above is undone. The same object when nothing is. */
function finalityUntil(finality: KnownFinality | undefined, toNumber: bigint): KnownFinality | undefined {
  if (finality === undefined || finality.certifiedIn > toNumber) return undefined
  if (finality.challengedIn !== undefined && finality.challengedIn > toNumber)
    return {
      ...finality,
      challenge: undefined,
      challengedIn: undefined,
      verdict: undefined,
      judgedIn: undefined,
    }
  if (finality.judgedIn !== undefined && finality.judgedIn > toNumber)
    return { ...finality, verdict: undefined, judgedIn: undefined }
  return finality
}

/** The last second in which a member may have to sign for it: its deadline, or the end of a challenge made at the last moment. */
function signedUntil({ deadline, challengeWindow, attempts }: Request): bigint {
  if (challengeWindow === 0) return deadline
  const [first] = attempts
  const windowSeconds = first === undefined ? 0n : first.closesAt - first.opensAt
  const hearingSeconds = 2n * windowSeconds < HEARING_SECONDS_MIN ? HEARING_SECONDS_MIN : 2n * windowSeconds
  return deadline + BigInt(challengeWindow) + hearingSeconds + CHALLENGE_LEAD_SECONDS_MAX
}

/** Ordered by when they can be forgotten: twenty digits hold every uint64. */
function grave({ id, request }: KnownRequest, since: bigint): StoreWrite {
  const key = `${String(signedUntil(request)).padStart(20, '0')}:${id}`
  return { type: 'put', space: 'grave', key, value: encode(Number(since)) }
}

interface PlainEntry {
  readonly request: ReturnType<typeof requestToPlain>
  readonly blockNumber: number
  /** Networks before challenges wrote none. */
  readonly finality?: PlainFinality | null
  readonly closedAs: 'fulfilled' | 'expired' | ''
  readonly closedAt: number
}

function entryToPlain({ request, blockNumber, finality, closed }: KnownRequest): PlainEntry {
  const closedAt = Number(closed?.blockNumber ?? 0n)
  return {
    request: requestToPlain(request),
    blockNumber: Number(blockNumber),
    finality: finality === undefined ? null : finalityToPlain(finality),
    closedAs: closed?.as ?? '',
    closedAt,
  }
}

function entryFromPlain(id: RequestId, plain: PlainEntry): KnownRequest {
  const closed =
    plain.closedAs === '' ? undefined : { as: plain.closedAs, blockNumber: BigInt(plain.closedAt) }
  const finality = plain.finality == null ? undefined : finalityFromPlain(plain.finality)
  return {
    id,
    request: requestFromPlain(plain.request),
    blockNumber: BigInt(plain.blockNumber),
    finality,
    closed,
  }
}

export type { KnownNode }
