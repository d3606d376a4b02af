/**
 * The audit of a challenge (CHA-3 to CHA-7): made in time, heard by a larger committee of a round nobody knew, decided by what
 * its quorum signed, and paid out of the bond.
 * @module
 */
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { keccakHex } from '../../crypto/hash.ts'

import { CHALLENGE_ATTEMPT } from '../../protocol/limits.ts'
import type { Certified, Snapshot } from '../../protocol/types.ts'
import { challengeSeats, selectChallengeCommittee } from '../challenge.ts'
import { memberAt } from '../snapshot.ts'
import { checkPosted, checkSameMembers, seedBy, timeOfRound } from './draw.ts'
import type { AuditEvidence, ChallengeEvidence, FinalityEvidence, ResolvedEvidence } from './evidence.ts'
import { expect, type Finding, lengthOf, min, utc } from './mismatch.ts'
import { perSeatOf, submissionGas } from './payment.ts'
import { checkAttestations, checkOutput, checkQuorum, type Signed, seatsSigned } from './signatures.ts'

/** Its window, in those of the request's own attempts. */
const WINDOWS = 2n
const WINDOW_SECONDS_MIN = 600n
/** CHA-3: at this price of gas a bond is reckoned, at most. */
const BOND_GAS_PRICE_MAX = 500n * 1_000_000_000n

/** @param first indices of the committee that certified. */
export function checkChallenge(
  evidence: AuditEvidence,
  { certified, readTime }: FinalityEvidence,
  challenge: ChallengeEvidence,
  snapshot: Snapshot,
  first: readonly number[],
): Finding {
  checkMade(evidence, certified, challenge)
  const { challenger, window, resolved, closed } = challenge
  if (resolved !== undefined) {
    expect(closed === undefined, 'the court says that it was decided and that it was not')
    return checkResolved(evidence, certified, challenge, resolved, snapshot, first)
  }
  if (closed === undefined && readTime < window.closesAt)
    return { pending: `by ${challenger}; its committee has until ${utc(window.closesAt)}` }
  if (closed !== undefined) checkClosed(challenge, closed)
  return `by ${challenger}, undecided: no quorum answered before ${utc(window.closesAt)}; half the bond is lost`
}

function checkMade(evidence: AuditEvidence, certified: Certified, challenge: ChallengeEvidence): void {
  const { request } = evidence.submitted
  const { bond, window, time } = challenge
  const before = certified.certifiedAt + BigInt(request.challengeWindow)
  expect(
    certified.certifiedAt <= time && time < before,
    `challenged at ${time}, outside [${certified.certifiedAt}, ${before})`,
  )
  const seats = challengeSeats(request.committeeSize)
  const gas = submissionGas(evidence, BigInt(seats), request.outputBytesMax)
  const due =
    BigInt(seats) * perSeatOf(evidence, request.fuelLimit) +
    gas * min(certified.maxFeePerGas, BOND_GAS_PRICE_MAX)
  expect(bond === due, `the bond was ${bond} wei, ${due} was due`)
  const emittedAt = timeOfRound(evidence, window.round)
  expect(
    emittedAt > time,
    `its round ${window.round} was emitted at ${emittedAt}, not after the challenge at ${time}`,
  )
  expect(window.opensAt === emittedAt, `it opens at ${window.opensAt}, its round is of ${emittedAt}`)
  const own = request.attempts[0]
  const twice = own === undefined ? 0n : WINDOWS * (own.closesAt - own.opensAt)
  const lasts = twice < WINDOW_SECONDS_MIN ? WINDOW_SECONDS_MIN : twice
  expect(
    own !== undefined && window.closesAt - window.opensAt === lasts,
    `its window is of ${window.closesAt - window.opensAt} s, ${lasts} are due`,
  )
}

function checkResolved(
  evidence: AuditEvidence,
  certified: Certified,
  challenge: ChallengeEvidence,
  resolved: ResolvedEvidence,
  snapshot: Snapshot,
  first: readonly number[],
): string {
  const { window, round, committee } = challenge
  const { fulfillment, verdict, time } = resolved
  expect(
    window.opensAt <= time && time < window.closesAt,
    `decided at ${time}, outside [${window.opensAt}, ${window.closesAt})`,
  )
  checkPosted(evidence, window.round, round)
  const indices = selectChallengeCommittee(seedBy(evidence, CHALLENGE_ATTEMPT, round), snapshot, first)
  checkSameMembers('the court', committee, indices)
  const { attempt } = fulfillment
  expect(attempt === CHALLENGE_ATTEMPT, `its report is of attempt ${attempt}, not ${CHALLENGE_ATTEMPT}`)
  const members = indices.map((index) => memberAt(snapshot, index).attestor)
  const signed: Signed = { fulfillment, members, round: window.round }
  checkOutput(evidence, signed)
  checkAttestations(evidence, signed)
  const quorum = checkQuorum(evidence, signed)
  const same =
    sameHex(keccakHex(fromHex(fulfillment.output, 'output')), certified.outputHash) &&
    fulfillment.exit === certified.exit &&
    fulfillment.fuelUsed === certified.fuelUsed
  const follows = same ? 'upheld' : 'overturned'
  expect(verdict === follows, `the court says ${verdict}, the reports say ${follows}`)
  checkBond(evidence, certified, challenge, resolved, signed)
  return `by ${challenge.challenger}, ${verdict}: of the larger committee ${quorum}`
}

/** CHA-5, CHA-6: the parts of the bond, and who got what is left of it. */
function checkBond(
  evidence: AuditEvidence,
  certified: Certified,
  { bond, challenger }: ChallengeEvidence,
  resolved: ResolvedEvidence,
  signed: Signed,
): void {
  const { fulfillment, verdict, perSeat, unsignedPay, reimbursement, deposits, resolver } = resolved
  const seats = BigInt(signed.members.length)
  const signers = BigInt(seatsSigned(signed))
  const due = perSeatOf(evidence, fulfillment.fuelUsed)
  expect(perSeat === due, `each seat of the larger committee earned ${perSeat} wei, its terms say ${due}`)
  const pool = due * (seats - signers)
  expect(unsignedPay === pool, `the pool received ${unsignedPay} wei for unsigned seats, ${pool} was due`)
  const price = min(resolved.baseFeePerGas + evidence.fees.tipMax, certified.maxFeePerGas)
  const gas = submissionGas(evidence, signers, lengthOf(fulfillment.output))
  const most = bond - due * seats
  const owed = min(gas * price, most)
  expect(reimbursement === owed, `who resolved it received ${reimbursement} wei, ${owed} was due`)
  const receiver = verdict === 'upheld' ? evidence.submitted.request.requester : challenger
  const wanted = [
    { account: resolver, amount: owed },
    { account: receiver, amount: most - owed },
  ]
  expect(
    deposits.length === wanted.length &&
      wanted.every(({ account, amount }, i) => {
        const deposit = deposits[i]
        return deposit !== undefined && sameHex(deposit.account, account) && deposit.amount === amount
      }),
    `of the bond ${most - owed} wei were ${receiver}'s; the court credited ${deposits.map(({ account, amount }) => `${amount} to ${account}`).join(', ') || 'nothing'}`,
  )
}

/** CHA-7. */
function checkClosed(
  { bond, window }: ChallengeEvidence,
  { burned, returned, time }: NonNullable<ChallengeEvidence['closed']>,
): void {
  expect(time >= window.closesAt, `closed at ${time}, before its window ended at ${window.closesAt}`)
  expect(
    burned === bond / 2n && burned + returned === bond,
    `${burned} wei of the bond of ${bond} were burned and ${returned} returned: half is due`,
  )
}
