/**
 * The steps of an audit that lead to a committee: rounds lay ahead, the beacon signed them, the snapshot holds the stakes of
 * its epoch, and the draw gives these members.
 * @module
 */
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { g2ToEip2537, randomnessOf, verifyRound } from '../../crypto/drand.ts'
import { compressG1 } from '../../crypto/eip2537.ts'
import { committeeSeed } from '../../crypto/seeds.ts'
import type { Attempt, Digest, Hash, Hex, Snapshot } from '../../protocol/types.ts'
import { decodeSnapshot } from '../snapshot.ts'
import { selectCommittee } from '../sortition.ts'
import type { AuditEvidence, FulfilledEvidence, PostedRound } from './evidence.ts'
import { expect, Mismatch, short } from './mismatch.ts'
import { trustIn } from './signatures.ts'

const WEI_PER_GWEI = 1_000_000_000n

/** TIME-1 to TIME-3: every round lay ahead when its attempt was fixed; windows follow one another and were not missed. */
export function checkRound(evidence: AuditEvidence, { fulfillment, time }: FulfilledEvidence): string {
  const { request, time: requestedAt } = evidence.submitted
  const { periodSeconds } = evidence.beacon
  let before: Attempt | undefined
  for (const [index, current] of request.attempts.entries()) {
    const { round, opensAt, closesAt } = current
    const emittedAt = timeOfRound(evidence, round)
    expect(
      emittedAt > requestedAt,
      `round ${round} was emitted at ${emittedAt}, not after the request at ${requestedAt}`,
    )
    expect(opensAt < closesAt, `attempt ${index} has an empty window`)
    if (before === undefined)
      expect(emittedAt === opensAt, `attempt 0 opens at ${opensAt}, its round is of ${emittedAt}`)
    else {
      expect(
        opensAt === before.closesAt && closesAt - opensAt === before.closesAt - before.opensAt,
        `attempt ${index} does not follow the one before it`,
      )
      expect(emittedAt > opensAt, `attempt ${index} was known before it opened`)
      expect(emittedAt - periodSeconds <= opensAt, `attempt ${index} waits for a later round than it needs`)
    }
    before = current
  }
  // ZKP-10: a circuit has one turn more, in which nobody is drawn.
  const turn = request.consensus === 'zk' && before !== undefined ? before.closesAt - before.opensAt : 0n
  expect(
    before !== undefined && request.deadline === before.closesAt + turn,
    `the deadline is ${request.deadline}, the last ${turn === 0n ? 'window' : 'turn'} ends at ${(before?.closesAt ?? 0n) + turn}`,
  )
  const attempt = request.attempts[fulfillment.attempt]
  expect(attempt !== undefined, `attempt ${fulfillment.attempt} is not the request's`)
  expect(
    attempt.opensAt <= time && time < attempt.closesAt,
    `fulfilled at ${time}, outside [${attempt.opensAt}, ${attempt.closesAt})`,
  )
  const ahead = timeOfRound(evidence, attempt.round) - requestedAt
  return `attempt ${fulfillment.attempt} uses round ${attempt.round}, emitted ${ahead} s after the request`
}

export function checkBeacon(
  evidence: AuditEvidence,
  { fulfillment, round: posted }: FulfilledEvidence,
): string {
  const wanted = evidence.submitted.request.attempts[fulfillment.attempt]?.round
  return checkPosted(evidence, wanted, posted)
}

/** The round that was to draw a committee is the one posted, and the pinned beacon signed it. */
export function checkPosted(
  evidence: AuditEvidence,
  wanted: bigint | undefined,
  posted: PostedRound | undefined,
): string {
  expect(posted !== undefined, `round ${wanted} was never posted`)
  expect(posted.round === wanted, `the posted round is ${posted.round}, not ${wanted}`)
  const { beacon, registeredBeacon: registered } = evidence
  const pinned = g2ToEip2537(beacon.publicKey)
  expect(
    sameHex(pinned, registered.publicKey) &&
      beacon.genesisTime === registered.genesisTime &&
      beacon.periodSeconds === registered.periodSeconds,
    `the registry's beacon is another than the one the network file pins, ${short(beacon.publicKey)}`,
  )
  const randomness = randomnessOfRound(beacon.publicKey, posted)
  expect(
    sameHex(randomness, posted.randomness),
    `its randomness is ${randomness}, posted was ${posted.randomness}`,
  )
  return `round ${posted.round} is signed by the beacon; randomness ${short(randomness)}`
}

/** The randomness of a posted round, when the beacon signed it; throws what is wrong when it did not. */
export function randomnessOfRound(publicKey: Hex, { round, signature }: PostedRound): Hash {
  let compressed: Hex
  try {
    compressed = compressG1(signature)
  } catch {
    throw new Mismatch(`round ${round} as posted is no signature at all`)
  }
  expect(verifyRound(publicKey, round, compressed), `the signature of round ${round} is not the beacon's`)
  return randomnessOf(compressed)
}

/** The blob is the registry's, was sealed before the request, and holds exactly the stakes at the epoch's start. */
export function checkSnapshot(evidence: AuditEvidence): string {
  const { request, time } = evidence.submitted
  const { sealed, stakes, stakeMin } = evidence.snapshot
  expect(sealed !== undefined, `epoch ${request.epoch} was never sealed`)
  const { blob, sealedAt } = sealed
  expect(
    sameHex(blob, request.snapshot),
    `epoch ${request.epoch} was sealed as ${blob}, the request names ${request.snapshot}`,
  )
  expect(sealedAt <= time, `sealed at ${sealedAt}, after the request at ${time}`)
  const snapshot = snapshotIn(evidence)
  const eligible = new Map(
    [...stakes].filter(([, stake]) => stake >= stakeMin).map(([a, stake]) => [a.toLowerCase(), stake]),
  )
  expect(
    eligible.size === snapshot.members.length,
    `holds ${snapshot.members.length} nodes, the logs say ${eligible.size}`,
  )
  for (const { attestor, weight } of snapshot.members) {
    const stake = eligible.get(attestor.toLowerCase())
    expect(
      stake !== undefined,
      `${attestor} had no stake at the epoch's start, had lapsed, or is in it twice`,
    )
    eligible.delete(attestor.toLowerCase())
    expect(stake / WEI_PER_GWEI === weight, `${attestor} weighs ${weight} gwei, its stake was ${stake} wei`)
  }
  return `epoch ${request.epoch}: ${snapshot.members.length} nodes, every weight as bonded`
}

/** Throws whatever the decoder does. */
export function snapshotIn({ snapshot: { code, parts } }: AuditEvidence): Snapshot {
  return decodeSnapshot(
    fromHex(code, 'snapshot'),
    parts.map((part) => fromHex(part, 'snapshot')),
  )
}

/** SEL-1, of an attempt or a challenge. */
export function seedBy(evidence: AuditEvidence, attempt: number, round: PostedRound | undefined): Digest {
  const { functionId, epoch } = evidence.submitted.request
  const { chainId, market } = evidence
  expect(round !== undefined, 'there is no round to draw by')
  return committeeSeed({
    chainId,
    market,
    functionId,
    epoch,
    round: round.round,
    attempt,
    randomness: round.randomness,
  })
}

/** The committee that certified: snapshot indices in the order drawn. */
export function drawn(
  evidence: AuditEvidence,
  { fulfillment, round }: FulfilledEvidence,
  snapshot: Snapshot,
): readonly number[] {
  const seed = seedBy(evidence, fulfillment.attempt, round)
  return selectCommittee(seed, snapshot, evidence.submitted.request.committeeSize)
}

export function checkCommittee(
  evidence: AuditEvidence,
  fulfilled: FulfilledEvidence,
  snapshot: Snapshot,
): string {
  const indices = drawn(evidence, fulfilled, snapshot)
  checkSameMembers('the market', fulfilled.committee, indices)
  const trust = trustIn(evidence.submitted.request.consensus, indices.length)
  return `${indices.length} of ${snapshot.members.length} nodes drawn: ${indices.join(', ')}; ${trust}`
}

export function checkSameMembers(
  who: string,
  claimed: readonly number[] | undefined,
  indices: readonly number[],
): void {
  expect(claimed !== undefined, `${who} names no committee`)
  expect(
    claimed.length === indices.length,
    `${who} names ${claimed.length} members, the draw gives ${indices.length}`,
  )
  for (const [seat, index] of indices.entries()) {
    expect(claimed[seat] === index, `seat ${seat} is node ${index}, ${who} names ${claimed[seat]}`)
  }
}

export function timeOfRound({ beacon }: AuditEvidence, round: bigint): bigint {
  return beacon.genesisTime + (round - 1n) * beacon.periodSeconds
}
