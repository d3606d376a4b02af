/**
 * A sealed snapshot: the frozen (attestor, weight) list an epoch's committees are drawn from.
 *
 *   blob = 0x00 || 0x01 || count (uint32) || cumulative weight (uint64) x count || attestor (20 B) x count      (SEL-5)
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../crypto/bytes.ts'
import { InvalidInputError } from '../protocol/errors.ts'
import { SNAPSHOT_NODES_MAX } from '../protocol/limits.ts'
import type { Snapshot, SnapshotMember } from '../protocol/types.ts'

const HEADER_BYTES = 6
const WEIGHT_BYTES = 8
const ATTESTOR_BYTES = 20

/** Decodes a snapshot's code. Throws `InvalidInputError` unless every byte is as the format says. */
export function decodeSnapshot(code: Uint8Array): Snapshot {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  if (code.length < HEADER_BYTES || code[0] !== 0 || code[1] !== 1) {
    throw new InvalidInputError('snapshot', 'does not start with the header of version 1')
  }
  const count = view.getUint32(2)
  if (count === 0 || count > SNAPSHOT_NODES_MAX) throw new InvalidInputError('snapshot.count', `is ${count}`)
  if (code.length !== HEADER_BYTES + count * (WEIGHT_BYTES + ATTESTOR_BYTES)) {
    throw new InvalidInputError('snapshot', `is ${code.length} bytes long for ${count} nodes`)
  }
  const members: SnapshotMember[] = []
  const attestors = HEADER_BYTES + count * WEIGHT_BYTES
  let before = 0n
  for (let i = 0; i < count; i++) {
    const cumulative = view.getBigUint64(HEADER_BYTES + i * WEIGHT_BYTES)
    if (cumulative <= before) throw new InvalidInputError('snapshot.weights', `do not rise at node ${i}`)
    const at = attestors + i * ATTESTOR_BYTES
    members.push({ attestor: toHex(code.slice(at, at + ATTESTOR_BYTES)), weight: cumulative - before })
    before = cumulative
  }
  return { members, totalWeight: before }
}

/** The inverse of `decodeSnapshot`. */
export function encodeSnapshot(members: readonly SnapshotMember[]): Uint8Array {
  const weights: Uint8Array[] = []
  let cumulative = 0n
  for (const { weight } of members) {
    cumulative += weight
    weights.push(toBytesBE(cumulative, WEIGHT_BYTES))
  }
  const attestors = members.map(({ attestor }) => fromHex(attestor, 'attestor', ATTESTOR_BYTES))
  return concat(Uint8Array.of(0, 1), toBytesBE(BigInt(members.length), 4), ...weights, ...attestors)
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
