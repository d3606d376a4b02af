/**
 * Committee selection: which nodes run a request.
 *
 * A pure function of (seed, snapshot, size): draw i is the point `keccak(seed || i) mod totalWeight`, which falls on the
 * first index whose cumulative weight exceeds it; an index drawn again is passed over. This is successive weighted
 * sampling without replacement. The contract runs the same algorithm; both are held to `test/vectors/sortition.json`,
 * so anyone can audit a past committee.
 *
 * Invariants: a node is selected at most once; the first draw is proportional to stake; a larger committee extends a
 * smaller one of the same seed. Work is bounded by 16 draws a seat (SEL-3).
 * This is public selection by a beacon, not private VRF sortition.
 * @module
 */
import { concat, fromBytesBE, fromHex, toBytesBE } from '../crypto/bytes.ts'
import { keccak } from '../crypto/hash.ts'
import { DikastError } from '../protocol/errors.ts'
import type { Digest, Snapshot } from '../protocol/types.ts'

/** Seat k is filled by a draw below 16 (k + 1), or else by the first unselected index from a uniform one. */
const DRAWS_PER_SEAT = 16
const WORD_MAX = 2n ** 256n - 1n

/** Thrown by `selectCommittee` when fewer nodes are eligible than the request asks for (SEL-6). */
export class CommitteeTooSmallError extends DikastError {
  readonly code = 'COMMITTEE_TOO_SMALL'
  readonly eligible: number
  readonly required: number

  constructor(counts: { readonly eligible: number; readonly required: number }) {
    super(`a committee of ${counts.required} cannot be drawn from ${counts.eligible} eligible nodes`, {
      fix: 'ask for a smaller committee, or wait until more nodes are in a sealed epoch',
    })
    this.eligible = counts.eligible
    this.required = counts.required
  }
}

/** Snapshot indices in the order drawn. `seed` is 32 bytes (SEL-1). */
export function selectCommittee(seed: Digest, snapshot: Snapshot, size: number): readonly number[] {
  const eligible = snapshot.members.length
  if (!Number.isSafeInteger(size) || size < 1 || size > eligible) {
    throw new CommitteeTooSmallError({ eligible, required: size })
  }
  const cumulative = cumulativeWeights(snapshot)
  const seedBytes = fromHex(seed, 'seed', 32)
  const selected = new Set<number>()
  const wordOf = (i: bigint) => fromBytesBE(keccak(concat(seedBytes, toBytesBE(i, 32))))
  let draw = 0
  for (let seat = 0; seat < size; seat++) {
    while (selected.size === seat && draw < DRAWS_PER_SEAT * (seat + 1))
      selected.add(indexOfPoint(cumulative, wordOf(BigInt(draw++)) % snapshot.totalWeight))
    if (selected.size > seat) continue
    let index = Number(wordOf(WORD_MAX - BigInt(seat)) % BigInt(eligible))
    while (selected.has(index)) index = (index + 1) % eligible
    selected.add(index)
  }
  return [...selected]
}

function cumulativeWeights(snapshot: Snapshot): readonly bigint[] {
  let sum = 0n
  return snapshot.members.map(({ weight }) => {
    sum += weight
    return sum
  })
}

/** The first index whose cumulative weight is greater than the point. */
function indexOfPoint(cumulative: readonly bigint[], point: bigint): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (point < (cumulative[middle] ?? 0n)) high = middle
    else low = middle + 1
  }
  return low
}
