/**
 * What a colluding share of the stake can do to a committee drawn by lot: certify what it likes, choose a result within the rules,
 * or keep any result from being certified (CHN-1 to CHN-3).
 *
 * Two answers: the chance when the share is split over so many nodes that a draw takes nothing from it, which is the worst there
 * is; and a count of draws of a real snapshot, where a large node fills one seat and no more.
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import { keccak, tagHash } from '../../crypto/hash.ts'
import type { Consensus, Snapshot } from '../../protocol/types.ts'
import { selectCommittee } from '../sortition.ts'
import { faultsTolerated, quorumOf } from './quorum.ts'

/** Seats that colluders need. */
export interface SeatsNeeded {
  /** To certify a report of their own. */
  readonly forge: number
  /** To choose among reports that honest members would sign; the same as forging where there is no choice. */
  readonly bias: number
  /** To let no report be certified. */
  readonly block: number
}

export interface Chances {
  readonly forge: number
  readonly bias: number
  readonly block: number
}

const DRAW_TAG = tagHash('dikast.explain.v1')

/** CHN-1. Of a mode with a committee. */
export function seatsNeeded(consensus: Exclude<Consensus, 'zk'>, committeeSize: number): SeatsNeeded {
  const quorum = quorumOf(consensus, committeeSize)
  const block = committeeSize - quorum + 1
  // Whoever leads reports what it likes, and any member may come to lead.
  if (consensus === 'raft') return { forge: 1, bias: 1, block }
  const bias = consensus === 'exact' ? quorum : faultsTolerated(committeeSize) + 1
  return { forge: quorum, bias, block }
}

/** CHN-2: the chance that at least so many of `size` seats are theirs, each with chance `share`. */
export function chanceOfSeats(size: number, seats: number, share: number): number {
  if (seats <= 0) return 1
  let term = 1
  let [below, above] = [0, 0]
  // Binomial terms in logarithms: those of 256 seats are below what a number holds.
  for (let k = 0; k <= size; k++) {
    term = Math.exp(logBinomial(size, k) + k * Math.log(share) + (size - k) * Math.log1p(-share))
    if (k < seats) below += term
    else above += term
  }
  return above < below ? above : 1 - below
}

export function chancesOf(needed: SeatsNeeded, size: number, share: number): Chances {
  return mapNeeded(needed, (seats) => chanceOfSeats(size, seats, share))
}

/** CHN-3: of so many independent draws, the chance of at least one. */
export function atLeastOnce(chance: number, draws: number): number {
  return -Math.expm1(draws * Math.log1p(-chance))
}

/**
 * How often colluders had what they need in draws of a snapshot. They are its smallest nodes, which fill the most seats, up
 * to the share of its stake. Throws `CommitteeTooSmallError` when there are fewer nodes than seats.
 */
export function countDraws(
  snapshot: Snapshot,
  needed: SeatsNeeded,
  size: number,
  share: number,
  draws: number,
): Chances & { readonly share: number; readonly nodes: number } {
  const colluders = smallestOf(snapshot, share)
  const counts = { forge: 0, bias: 0, block: 0 }
  for (let i = 0; i < draws; i++) {
    const seed = toHex(keccak(concat(fromHex(DRAW_TAG), toBytesBE(BigInt(i), 32))))
    const seats = selectCommittee(seed, snapshot, size).filter((index) => colluders.has(index)).length
    for (const what of ['forge', 'bias', 'block'] as const) if (seats >= needed[what]) counts[what]++
  }
  const weight = [...colluders].reduce((sum, index) => sum + (snapshot.members[index]?.weight ?? 0n), 0n)
  return {
    ...mapNeeded(counts, (count) => count / draws),
    share: ratio(weight, snapshot.totalWeight),
    nodes: colluders.size,
  }
}

function smallestOf(snapshot: Snapshot, share: number): ReadonlySet<number> {
  const order = snapshot.members
    .map(({ weight }, index) => ({ weight, index }))
    .toSorted((a, b) => (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : a.index - b.index))
  const chosen = new Set<number>()
  let sum = 0n
  for (const { weight, index } of order) {
    sum += weight
    if (ratio(sum, snapshot.totalWeight) > share) break
    chosen.add(index)
  }
  return chosen
}

function mapNeeded<T>(needed: SeatsNeeded, of: (seats: number) => T) {
  return { forge: of(needed.forge), bias: of(needed.bias), block: of(needed.block) }
}

/** Weights have at most 64 bits together. */
function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number(part) / Number(whole)
}

function logBinomial(n: number, k: number): number {
  let sum = 0
  for (let i = 1; i <= k; i++) sum += Math.log(n - k + i) - Math.log(i)
  return sum
}
