/**
 * The nodes the registry ever named, and the peers they stand behind.
 *
 * Several nodes may name one peer (the registry does not check), so a peer has standing while any of them has. A node has
 * it while it has stake, and for four days after: until then an open request may have it in its committee. When the
 * directory is full, nodes without stake make room, those without standing first.
 * @module
 */
import { decode, encode } from 'cborg'
import { fromHex, toHex } from '../crypto/bytes.ts'
import type { Log } from '../ports/log.ts'
import type { Store, StoreWrite } from '../ports/store.ts'
import type { Address, Hex, PeerId } from '../protocol/types.ts'

/** Nine times as many as may be staked at once. */
export const NODES_MAX = 8192
const SPACE = 'node'
/** Three windows of a day, which is as long as a request may be open, and a day for the epoch it was drawn from. */
export const STANDING_SECONDS = 4n * 86_400n

export interface KnownNode {
  /** Lower case. */
  readonly attestor: Address
  readonly operator: Address
  readonly peer: PeerId
  readonly blockNumber: bigint
  /** Whether it had stake when the chain last told. */
  readonly bonded: boolean
  /** The block it lost its stake in. Undefined while it has stake, and when it never had any. */
  readonly left?: { readonly blockNumber: bigint; readonly time: bigint } | undefined
  /** What it grants, registered for good. Undefined when this process knew the node before it kept that. */
  readonly capabilities?: Hex | undefined
  /** 48 bytes, once registered. */
  readonly bls?: { readonly key: Hex; readonly blockNumber: bigint } | undefined
}

interface PlainNode {
  readonly operator: Address
  readonly peer: PeerId
  readonly blockNumber: number
  readonly bonded: boolean
  readonly leftBlock?: number
  readonly leftTime?: number
  readonly capabilities?: Uint8Array
  readonly blsKey?: Uint8Array
  readonly blsBlock?: number
}

export class NodeDirectory {
  readonly #nodes = new Map<string, KnownNode>()
  readonly #attestorsOf = new Map<PeerId, Set<string>>()
  /** The second each peer's standing ends, `Infinity` while it is staked: asked at every call of every peer. */
  readonly #standsUntil = new Map<PeerId, number>()
  readonly #store: Store
  readonly #log: Log
  readonly #max: number
  #timeSeconds = 0n

  constructor(store: Store, log: Log, max = NODES_MAX) {
    this.#store = store
    this.#log = log
    this.#max = max
    for (const { key, value } of store.list(SPACE, { limit: max })) {
      this.#index(nodeOf(key as Address, decode(value) as PlainNode)) // our own bytes, written by `put`
    }
  }

  get size(): number {
    return this.#nodes.size
  }

  get(attestor: Address): KnownNode | undefined {
    return this.#nodes.get(attestor.toLowerCase())
  }

  values(): Iterable<KnownNode> {
    return this.#nodes.values()
  }

  /** Whether a node that has standing names the peer. */
  hasPeer(peer: PeerId): boolean {
    return (this.#standsUntil.get(peer) ?? -1) >= Number(this.#timeSeconds)
  }

  /** Those with standing. */
  *peers(): Iterable<PeerId> {
    for (const peer of this.#standsUntil.keys()) if (this.hasPeer(peer)) yield peer
  }

  /** The chain's time. */
  advance(timeSeconds: bigint): void {
    this.#timeSeconds = timeSeconds
  }

  add(node: KnownNode): void {
    const writes = this.#makeRoom(node.attestor)
    if (writes === undefined) {
      this.#log.error('node not known: the directory is full of staked nodes', { attestor: node.attestor })
      return
    }
    this.#unindex(node.attestor)
    this.#index(node)
    this.#store.write([...writes, put(node)])
  }

  stakeChanged(
    attestor: Address,
    stake: bigint,
    block: { readonly number: bigint; readonly time: bigint },
  ): void {
    const node = this.get(attestor)
    const bonded = stake > 0n
    if (node === undefined || node.bonded === bonded) return
    const left = bonded ? undefined : { blockNumber: block.number, time: block.time }
    this.#change([{ ...node, bonded, left }])
  }

  /** Of a node that is not known nothing is kept: it is in no committee. */
  blsKeyRegistered(attestor: Address, key: Hex, blockNumber: bigint): void {
    const node = this.get(attestor)
    if (node !== undefined) this.#change([{ ...node, bls: { key, blockNumber } }])
  }

  /** What a member's part of an aggregate is checked against. */
  blsKeyOf(attestor: Address): Hex | undefined {
    return this.get(attestor)?.bls?.key
  }

  /**
   * Forgets what was registered above a block. True when a peer lost its standing. A node that left above it has its stake
   * again, until the chain says otherwise: one whose loss was undone must not be unheard.
   */
  rollback(toNumber: bigint): boolean {
    const nodes = [...this.#nodes.values()]
    const gone = nodes.filter(({ blockNumber }) => blockNumber > toNumber)
    const back = nodes.filter(
      ({ blockNumber, left }) => blockNumber <= toNumber && left !== undefined && left.blockNumber > toNumber,
    )
    this.#change(back.map((node) => ({ ...node, bonded: true, left: undefined })))
    this.#change(
      [...this.#nodes.values()]
        .filter(({ blockNumber, bls }) => blockNumber <= toNumber && (bls?.blockNumber ?? 0n) > toNumber)
        .map((node) => ({ ...node, bls: undefined })),
    )
    const standing = gone.filter(({ peer }) => this.hasPeer(peer))
    for (const { attestor } of gone) this.#unindex(attestor)
    if (gone.length > 0)
      this.#store.write(gone.map(({ attestor }) => ({ type: 'delete', space: SPACE, key: attestor })))
    return standing.some(({ peer }) => !this.hasPeer(peer))
  }

  /** Nodes that are known, as they are now. */
  #change(nodes: readonly KnownNode[]): void {
    for (const node of nodes) this.#index(node)
    if (nodes.length > 0) this.#store.write(nodes.map(put))
  }

  /** What to delete so that one more fits; undefined when nothing may go. */
  #makeRoom(attestor: Address): readonly StoreWrite[] | undefined {
    if (this.#nodes.size < this.#max || this.#nodes.has(attestor)) return []
    const unstaked = [...this.#nodes.values()].filter(({ bonded }) => !bonded)
    const gone = unstaked.find((node) => standsUntil(node) < Number(this.#timeSeconds)) ?? unstaked[0]
    if (gone === undefined) return undefined
    this.#unindex(gone.attestor)
    return [{ type: 'delete', space: SPACE, key: gone.attestor }]
  }

  #index(node: KnownNode): void {
    this.#nodes.set(node.attestor, node)
    const attestors = this.#attestorsOf.get(node.peer) ?? new Set()
    this.#attestorsOf.set(node.peer, attestors.add(node.attestor))
    this.#reckon(node.peer)
  }

  #unindex(attestor: string): void {
    const node = this.#nodes.get(attestor)
    if (node === undefined) return
    this.#nodes.delete(attestor)
    const attestors = this.#attestorsOf.get(node.peer)
    attestors?.delete(attestor)
    if (attestors?.size === 0) this.#attestorsOf.delete(node.peer)
    this.#reckon(node.peer)
  }

  #reckon(peer: PeerId): void {
    let until = -1
    for (const attestor of this.#attestorsOf.get(peer) ?? []) {
      const node = this.#nodes.get(attestor)
      if (node !== undefined) until = Math.max(until, standsUntil(node))
    }
    if (until < 0) this.#standsUntil.delete(peer)
    else this.#standsUntil.set(peer, until)
  }
}

/** Below zero for a node that never had stake. */
function standsUntil({ bonded, left }: KnownNode): number {
  if (bonded) return Number.POSITIVE_INFINITY
  return left === undefined ? -1 : Number(left.time + STANDING_SECONDS)
}

function nodeOf(attestor: Address, plain: PlainNode): KnownNode {
  const { operator, peer, blockNumber, bonded, leftBlock, leftTime, capabilities, blsKey, blsBlock } = plain
  const left =
    leftBlock === undefined || leftTime === undefined
      ? undefined
      : { blockNumber: BigInt(leftBlock), time: BigInt(leftTime) }
  const bls =
    blsKey === undefined || blsBlock === undefined
      ? {}
      : { bls: { key: toHex(blsKey), blockNumber: BigInt(blsBlock) } }
  return {
    attestor,
    operator,
    peer,
    blockNumber: BigInt(blockNumber),
    bonded,
    left,
    ...(capabilities && { capabilities: toHex(capabilities) }),
    ...bls,
  }
}

function put({
  attestor,
  operator,
  peer,
  blockNumber,
  bonded,
  left,
  capabilities,
  bls,
}: KnownNode): StoreWrite {
  const plain: PlainNode = {
    operator,
    peer,
    blockNumber: Number(blockNumber),
    bonded,
    ...(left && { leftBlock: Number(left.blockNumber), leftTime: Number(left.time) }),
    ...(capabilities && { capabilities: fromHex(capabilities) }),
    ...(bls && { blsKey: fromHex(bls.key), blsBlock: Number(bls.blockNumber) }),
  }
  return { type: 'put', space: SPACE, key: attestor, value: encode(plain) }
}
