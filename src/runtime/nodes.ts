/**
 * The nodes the registry ever named, and the peers they stand behind.
 *
 * Several nodes may name one peer (the registry does not check), so a peer is registered while any of them is known.
 * Leaving the registry is not told; when the directory is full, nodes without stake make room.
 * @module
 */
import { decode, encode } from 'cborg'
import type { Log } from '../ports/log.ts'
import type { Store, StoreWrite } from '../ports/store.ts'
import type { Address, PeerId } from '../protocol/types.ts'

/** Nine times as many as may be staked at once. */
export const NODES_MAX = 8192
const SPACE = 'node'

export interface KnownNode {
  /** Lower case. */
  readonly attestor: Address
  readonly operator: Address
  readonly peer: PeerId
  readonly blockNumber: bigint
  /** Whether it had stake when the chain last told. */
  readonly bonded: boolean
}

interface PlainNode {
  readonly operator: Address
  readonly peer: PeerId
  readonly blockNumber: number
  readonly bonded: boolean
}

export class NodeDirectory {
  readonly #nodes = new Map<string, KnownNode>()
  readonly #attestorsOf = new Map<PeerId, Set<string>>()
  readonly #store: Store
  readonly #log: Log
  readonly #max: number

  constructor(store: Store, log: Log, max = NODES_MAX) {
    this.#store = store
    this.#log = log
    this.#max = max
    for (const { key, value } of store.list(SPACE, { limit: max })) {
      const { operator, peer, blockNumber, bonded } = decode(value) as PlainNode // our own bytes, written by `#put`
      this.#index({ attestor: key as Address, operator, peer, blockNumber: BigInt(blockNumber), bonded })
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

  hasPeer(peer: PeerId): boolean {
    return this.#attestorsOf.has(peer)
  }

  peers(): Iterable<PeerId> {
    return this.#attestorsOf.keys()
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

  stakeChanged(attestor: Address, stake: bigint): void {
    const node = this.get(attestor)
    const bonded = stake > 0n
    if (node === undefined || node.bonded === bonded) return
    const changed = { ...node, bonded }
    this.#nodes.set(node.attestor, changed)
    this.#store.write([put(changed)])
  }

  /** Forgets what was registered above a block. True when a peer lost its standing. */
  rollback(toNumber: bigint): boolean {
    const gone = [...this.#nodes.values()].filter(({ blockNumber }) => blockNumber > toNumber)
    if (gone.length === 0) return false
    for (const { attestor } of gone) this.#unindex(attestor)
    this.#store.write(gone.map(({ attestor }) => ({ type: 'delete', space: SPACE, key: attestor })))
    return gone.some(({ peer }) => !this.hasPeer(peer))
  }

  /** What to delete so that one more fits; undefined when nothing may go. */
  #makeRoom(attestor: Address): readonly StoreWrite[] | undefined {
    if (this.#nodes.size < this.#max || this.#nodes.has(attestor)) return []
    for (const node of this.#nodes.values()) {
      if (node.bonded) continue
      this.#unindex(node.attestor)
      return [{ type: 'delete', space: SPACE, key: node.attestor }]
    }
    return undefined
  }

  #index(node: KnownNode): void {
    this.#nodes.set(node.attestor, node)
    const attestors = this.#attestorsOf.get(node.peer) ?? new Set()
    this.#attestorsOf.set(node.peer, attestors.add(node.attestor))
  }

  #unindex(attestor: string): void {
    const node = this.#nodes.get(attestor)
    if (node === undefined) return
    this.#nodes.delete(attestor)
    const attestors = this.#attestorsOf.get(node.peer)
    attestors?.delete(attestor)
    if (attestors?.size === 0) this.#attestorsOf.delete(node.peer)
  }
}

function put({ attestor, operator, peer, blockNumber, bonded }: KnownNode): StoreWrite {
  const plain: PlainNode = { operator, peer, blockNumber: Number(blockNumber), bonded }
  return { type: 'put', space: SPACE, key: attestor, value: encode(plain) }
}
