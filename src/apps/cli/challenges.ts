/**
 * A result that may be challenged, or that a challenge overturned: who asks for it, and why it cannot be done.
 * @module
 */
import type { FinalityEvidence } from '../../core/audit/evidence.ts'
import { type Course, courseOf, describeCourse } from '../../core/audit/finality.ts'
import { challengeSeats } from '../../core/challenge.ts'
import { ChainError } from '../../ports/chain.ts'
import { DikastError, InvalidInputError } from '../../protocol/errors.ts'
import type { Request, RequestId } from '../../protocol/types.ts'
import { asOf, type ChainAccess } from '../shared/chain-access.ts'
import { type FinalityRead, readFinality } from '../shared/finality.ts'
import { ether } from './output.ts'
import { findRequest } from './request-lookup.ts'

/** What was asked for does not fit where the request stands. */
export class NotNowError extends DikastError {
  readonly code = 'NOT_NOW'
}

export interface HeldRequest {
  readonly request: Request
  readonly course: Course
  readonly evidence: FinalityEvidence
  readonly read: FinalityRead
}

/** A request's certificate and what became of it, as of one block. Throws `NotNowError` when none is held for challenges. */
export async function findHeld(chain: ChainAccess, requestId: RequestId): Promise<HeldRequest> {
  const { request } = (await findRequest(chain, requestId)).submitted.log
  const head = await chain.reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const read = await readFinality(asOf(chain, head), requestId, request, head.time)
  if (read === undefined) throw notHeld(request)
  const { evidence, certified } = read
  const { exit, fuelUsed } = certified.certified
  const course = courseOf(evidence, request.challengeWindow, { exit, fuelUsed, output: certified.output })
  return { request, course, evidence, read }
}

export function notHeld({ challengeWindow }: Request): NotNowError {
  return challengeWindow === 0
    ? new NotNowError('its function has no challenge window: results are settled at once', {
        fix: '`dikast verify` audits it; faults that signatures prove are the slasher’s',
      })
    : new NotNowError('no committee’s certificate is on the chain', {
        fix: 'wait until one is: `dikast status` shows it',
      })
}

/** Throws `NotNowError` unless a challenge would be taken. */
export function assertChallengeable(course: Course, { readTime }: FinalityEvidence): void {
  if (course.state === 'certified' && readTime < course.until) return
  const late = course.state === 'certified' || course.state === 'unchallenged'
  throw new NotNowError(`it cannot be challenged: ${describeCourse(course, readTime)}`, {
    fix: late ? 'its challenge window has passed: the result stands' : 'a request is challenged once',
  })
}

/** Throws `InvalidInputError` for a network file without a court. */
export function assertCourt({ network }: ChainAccess): void {
  if (network.deployment.challengeCourt !== undefined) return
  throw new InvalidInputError('network', 'the network file names no challengeCourt', {
    fix: 'take the network file again from who runs the network',
  })
}

/** What a challenge costs and may bring, in wei. */
export interface Stakes {
  readonly bond: bigint
  readonly seats: number
  /** What comes back at least, and what the first committee's seats earned, when it is overturned with this fuel. */
  readonly back: bigint
  readonly earned: bigint
}

export function stakesOf(request: Request, bond: bigint, fuelUsed: bigint): Stakes {
  const seats = challengeSeats(request.committeeSize)
  const perSeat = request.flatFeePerSeat + request.fuelPrice * fuelUsed
  // The bond is the seats' pay at the fuel's limit and, for the rest, the dearest submission.
  const back = BigInt(seats) * request.fuelPrice * (request.fuelLimit - fuelUsed)
  return { bond, seats, back, earned: BigInt(request.committeeSize) * perSeat }
}

export function describeStakes({ bond, seats, back, earned }: Stakes): readonly string[] {
  return [
    `bond        ${ether(bond)}, for a committee of ${seats}`,
    `upheld      all of it is lost: to that committee, and the rest to the requester`,
    `overturned  at least ${ether(back)} come back, and ${ether(earned)} more when it is made final; and a tenth of what its signers lose (\`dikast slash\`)`,
    `undecided   half of it is burned: no quorum of the larger committee answered`,
  ]
}
