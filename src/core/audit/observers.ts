/**
 * The step of an audit that looks at a standing committee: its members are those the beacon drew of its epoch's nodes, the root in the
 * request is their keys', the context is this request's, and the output says whose observations the median is of (OBS-2, STC-4).
 * @module
 */
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { keyRoot, unpackStatement } from '../../crypto/committee-proof.ts'
import { standingCommitteeSeed } from '../../crypto/standing-committee.ts'
import type { Address } from '../../protocol/types.ts'
import { COMMITTEE_FEEDS } from '../circuit/known-circuits.ts'
import { wordsOf } from '../circuit/manifest.ts'
import { committeeInputOf } from '../circuit/observing.ts'
import { decodeSnapshot, memberAt } from '../snapshot.ts'
import { selectCommittee } from '../sortition.ts'
import { randomnessOfRound, timeOfRound } from './draw.ts'
import type { AuditEvidence, FulfilledEvidence, ObserversEvidence } from './evidence.ts'
import { expect, short } from './mismatch.ts'

export function checkObservers(
  evidence: AuditEvidence,
  observers: ObserversEvidence,
  { fulfillment }: FulfilledEvidence,
): string {
  const { chainId, submitted } = evidence
  const { committee, functionId, registry, constraints } = observers
  expect(
    registry !== undefined,
    'the network file names no standing committees: nothing can be said of the observers',
  )
  const asked = committeeInputOf({ chainId, request: submitted.request, askedAt: submitted.time })
  expect(committee !== undefined, 'the key root of the request is that of no committee')
  expect(keyRoot(committee.keys) === asked.keyRoot, 'the key root is not that of the committee’s keys')
  const members = membersDrawn(evidence, registry, observers, committee.epoch, committee.members.length)
  for (const [slot, member] of members.entries())
    expect(
      sameHex(committee.members[slot] ?? '0x', member),
      `slot ${slot} is ${member}, the registry names ${committee.members[slot]}`,
    )
  const [packed] = wordsOf(fromHex(fulfillment.output, 'output'))
  const { result, count, bitmap } = unpackStatement(packed ?? -1n, members.length)
  const slots = members.flatMap((_, slot) => ((bitmap >> BigInt(slot)) & 1n ? [slot] : []))
  const keyless = slots.find((slot) => committee.keys[slot] === 0n)
  expect(keyless === undefined, `slot ${keyless} is said to have signed, and has no key`)
  // Any circuit may have such inputs and such an output: what it means is its own matter.
  if (COMMITTEE_FEEDS.get(constraints) !== members.length)
    return `its committee of epoch ${committee.epoch} is right; that ${result} is what ${count} of its members saw is the word of a circuit this version does not know`
  return `${result} is the median of ${count} of ${members.length} members of epoch ${committee.epoch}, slots ${slots.join(', ')}, who ran ${short(functionId)}; they stood for the whole epoch`
}

/** STC-4. */
function membersDrawn(
  evidence: AuditEvidence,
  registry: Address,
  { sealed, leadSeconds, code, parts, round }: ObserversEvidence,
  epoch: number,
  size: number,
) {
  expect(sealed !== undefined, `epoch ${epoch} was never sealed`)
  expect(round !== undefined, `the round that draws epoch ${epoch} was never posted`)
  const drawnAt = timeOfRound(evidence, round.round)
  const earliest = sealed.sealedAt + leadSeconds
  expect(
    drawnAt > earliest && drawnAt - evidence.beacon.periodSeconds <= earliest,
    `epoch ${epoch} was sealed at ${sealed.sealedAt}, and drawn by a round of ${drawnAt}: not the first ${leadSeconds} s after`,
  )
  const randomness = randomnessOfRound(evidence.beacon.publicKey, round)
  const { chainId } = evidence
  const snapshot = decodeSnapshot(
    fromHex(code, 'snapshot'),
    parts.map((part) => fromHex(part, 'snapshot')),
  )
  const seed = standingCommitteeSeed({ chainId, contract: registry, epoch, round: round.round, randomness })
  return selectCommittee(seed, snapshot, size).map((index) => memberAt(snapshot, index).attestor)
}
