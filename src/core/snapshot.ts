/**
 * A sealed snapshot: the frozen list of nodes and weights an epoch's committees are drawn from (SEL-5).
 *
 *   head  = 0x00 || 0x02 || count (uint32) || total weight (uint64), then
 *           up to 704 nodes:  cumulative weight (uint64) x count || entry (24 B) x count
 *           more:             cumulative weight at the end of a block (uint64) x blocks || part (20 B) x parts
 *   part  = 0x00 || cumulative weight (uint64) x rows || entry (24 B) x rows, 704 rows but for the last part
 *   entry = attestor (20 B) || number (uint32); a block is 64 nodes
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../crypto/bytes.ts'
import { InvalidInputError } from '../protocol/errors.ts'
import { SNAPSHOT_BLOCK_NODES, SNAPSHOT_NODES_MAX, SNAPSHOT_PART_NODES } from '../protocol/limits.ts'
import type { Address, Snapshot, SnapshotMember } from '../protocol/types.ts'

const VERSION = 2
const HEADER_BYTES = 14
const WEIGHT_BYTES = 8
const ATTESTOR_BYTES = 20
const NUMBER_BYTES = 4
const ENTRY_BYTES = ATTESTOR_BYTES + NUMBER_BYTES
const ROW_BYTES = WEIGHT_BYTES + ENTRY_BYTES
const PART_HEADER_BYTES = 1

/** Where the parts of a snapshot stand, in order; none when its head holds all nodes. */
export function snapshotParts(head: Uint8Array): readonly Address[] {
  const { count } = readHeader(head)
  return Array.from({ length: partsOf(count) }, (_, part) => {
    const at = HEADER_BYTES + blocksOf(count) * WEIGHT_BYTES + part * ATTESTOR_BYTES
    return toHex(head.slice(at, at + ATTESTOR_BYTES))
  })
}

/** Decodes a snapshot's code. Throws `InvalidInputError` unless every byte is as the format says. */
export function decodeSnapshot(head: Uint8Array, parts: readonly Uint8Array[] = []): Snapshot {
  const { count, totalWeight } = readHeader(head)
  if (count === 0) throw new InvalidInputError('snapshot.count', 'is 0')
  if (parts.length !== partsOf(count)) {
    throw new InvalidInputError(
      'snapshot',
      `of ${count} nodes has ${partsOf(count)} parts, not ${parts.length}`,
    )
  }
  const members: SnapshotMember[] = []
  if (parts.length === 0) readRows(head, HEADER_BYTES, count, members, 0n)
  let sum = 0n
  for (const [i, part] of parts.entries()) {
    const rows = Math.min(SNAPSHOT_PART_NODES, count - members.length)
    if (part.length !== PART_HEADER_BYTES + rows * ROW_BYTES || part[0] !== 0) {
      throw new InvalidInputError('snapshot', `part ${i} is no part of ${rows} nodes`)
    }
    sum = readRows(part, PART_HEADER_BYTES, rows, members, sum)
  }
  const snapshot = snapshotOf(members)
  if (snapshot.totalWeight !== totalWeight) {
    throw new InvalidInputError(
      'snapshot.totalWeight',
      `is ${totalWeight}, the weights sum to ${snapshot.totalWeight}`,
    )
  }
  if (parts.length > 0) checkBlocks(head, members)
  return snapshot
}

/** How many nodes there are, and how much they weigh together; throws unless the head is as long as it should be. */
function readHeader(head: Uint8Array): { readonly count: number; readonly totalWeight: bigint } {
  if (head.length < HEADER_BYTES || head[0] !== 0 || head[1] !== VERSION) {
    throw new InvalidInputError('snapshot', `does not start with the header of version ${VERSION}`)
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const count = view.getUint32(2)
  if (count > SNAPSHOT_NODES_MAX) throw new InvalidInputError('snapshot.count', `is ${count}`)
  const parts = partsOf(count)
  const bytes = parts === 0 ? count * ROW_BYTES : parts * ATTESTOR_BYTES + blocksOf(count) * WEIGHT_BYTES
  if (head.length !== HEADER_BYTES + bytes) {
    throw new InvalidInputError('snapshot', `is ${head.length} bytes long for ${count} nodes`)
  }
  return { count, totalWeight: view.getBigUint64(6) }
}

/** Appends the rows of a blob; returns the cumulative weight of the last. */
function readRows(
  blob: Uint8Array,
  start: number,
  rows: number,
  members: SnapshotMember[],
  before: bigint,
): bigint {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const entries = start + rows * WEIGHT_BYTES
  let sum = before
  for (let row = 0; row < rows; row++) {
    const cumulative = view.getBigUint64(start + row * WEIGHT_BYTES)
    if (cumulative <= sum) {
      throw new InvalidInputError('snapshot.weights', `do not rise at node ${members.length}`)
    }
    const at = entries + row * ENTRY_BYTES
    members.push({
      attestor: toHex(blob.slice(at, at + ATTESTOR_BYTES)),
      number: view.getUint32(at + ATTESTOR_BYTES),
      weight: cumulative - sum,
    })
    sum = cumulative
  }
  return sum
}

function checkBlocks(head: Uint8Array, members: readonly SnapshotMember[]): void {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  for (const [block, total] of blockTotals(members).entries()) {
    if (view.getBigUint64(HEADER_BYTES + block * WEIGHT_BYTES) !== total) {
      throw new InvalidInputError('snapshot.blocks', `block ${block} does not end at ${total}`)
    }
  }
}

/**
 * The inverse of `decodeSnapshot`: the head. Of more than 704 nodes it names where the parts stand, which
 * `encodeSnapshotParts` gives.
 */
export function encodeSnapshot(
  members: readonly SnapshotMember[],
  parts: readonly Address[] = [],
): Uint8Array {
  const { length } = members
  if (length > SNAPSHOT_NODES_MAX || parts.length !== partsOf(length)) {
    throw new InvalidInputError('snapshot', `of ${length} nodes does not have ${parts.length} parts`)
  }
  const { totalWeight } = snapshotOf(members)
  const header = concat(
    Uint8Array.of(0, VERSION),
    toBytesBE(BigInt(length), 4),
    toBytesBE(totalWeight, WEIGHT_BYTES),
  )
  if (parts.length === 0) return concat(header, encodeRows(members, 0n))
  const addresses = parts.map((part) => fromHex(part, 'part', ATTESTOR_BYTES))
  const totals = blockTotals(members).map((total) => toBytesBE(total, WEIGHT_BYTES))
  return concat(header, ...totals, ...addresses)
}

/** The parts of a snapshot of more than 704 nodes; none of fewer. */
export function encodeSnapshotParts(members: readonly SnapshotMember[]): readonly Uint8Array[] {
  let before = 0n
  return Array.from({ length: partsOf(members.length) }, (_, part) => {
    const rows = members.slice(part * SNAPSHOT_PART_NODES, (part + 1) * SNAPSHOT_PART_NODES)
    const bytes = concat(Uint8Array.of(0), encodeRows(rows, before))
    before += snapshotOf(rows).totalWeight
    return bytes
  })
}

function encodeRows(members: readonly SnapshotMember[], before: bigint): Uint8Array {
  let cumulative = before
  const weights = members.map(({ weight }) => {
    cumulative += weight
    return toBytesBE(cumulative, WEIGHT_BYTES)
  })
  const entries = members.map(({ attestor, number }) =>
    concat(fromHex(attestor, 'attestor', ATTESTOR_BYTES), toBytesBE(BigInt(number), NUMBER_BYTES)),
  )
  return concat(...weights, ...entries)
}

function partsOf(count: number): number {
  return count <= SNAPSHOT_PART_NODES ? 0 : Math.ceil(count / SNAPSHOT_PART_NODES)
}

function blocksOf(count: number): number {
  return Math.ceil(count / SNAPSHOT_BLOCK_NODES)
}

/** The cumulative weight at each block's end. */
function blockTotals(members: readonly SnapshotMember[]): readonly bigint[] {
  let sum = 0n
  return Array.from({ length: blocksOf(members.length) }, (_, block) => {
    const first = block * SNAPSHOT_BLOCK_NODES
    sum += snapshotOf(members.slice(first, first + SNAPSHOT_BLOCK_NODES)).totalWeight
    return sum
  })
}

/** A snapshot from its members, in order. */
export function snapshotOf(members: readonly SnapshotMember[]): Snapshot {
  return { members, totalWeight: members.reduce((sum, { weight }) => sum + weight, 0n) }
}

/** A seat's keys, by index; throws when the index is out of the snapshot. */
export function memberAt(snapshot: Snapshot, index: number): SnapshotMember {
  const member = snapshot.members[index]
  if (member === undefined)
    throw new InvalidInputError('index', `${index} is not in a snapshot of ${snapshot.members.length}`)
  return member
}
