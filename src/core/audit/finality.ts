/**
 * Whether a certificate that may be challenged was kept as it was certified (CHA-2), and was made final when its time had come and
 * no sooner, with the result that stood (CHA-1).
 * @module
 */
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { keccakHex } from '../../crypto/hash.ts'
import type { Fulfillment } from '../../protocol/types.ts'
import { bitmapOf } from '../certificate.ts'
import type {
  AuditEvidence,
  FinalEvidence,
  FinalityEvidence,
  FulfilledEvidence,
  Verdict,
} from './evidence.ts'
import { expect, type Finding, lengthOf, utc } from './mismatch.ts'
import { escrowOf, maxFeeOf, reimbursementOf } from './payment.ts'
import { type Signed, seatsSigned } from './signatures.ts'

/** What was certified, or what a larger committee said instead. */
export type Result = Pick<Fulfillment, 'exit' | 'fuelUsed' | 'output'>

/**
 * Where a certificate with a challenge window stands, as the logs have it:
 * - `certified`: it may be challenged, or its window passed and nobody made it final;
 * - `challenged`: the larger committee has not decided;
 * - `upheld`, `overturned`, `undecided`: it has, or did not in time;
 * - `unchallenged`: it was made final without any.
 */
export interface Course {
  readonly state: 'certified' | 'challenged' | 'unchallenged' | 'upheld' | 'overturned' | 'undecided'
  /** Whether it was settled, or expired. */
  readonly final: boolean
  /** Seconds since 1970: when the challenge window ends, or that of a pending challenge. */
  readonly until: bigint
  /** What stands, or would if nothing more happened. Undefined for none. */
  readonly result: Result | undefined
}

/** @param certified result. */
export function courseOf(finality: FinalityEvidence, challengeWindow: number, certified: Result): Course {
  const { challenge, readTime } = finality
  const final = finality.final !== undefined || finality.expired !== undefined
  if (challenge === undefined) {
    const until = finality.certified.certifiedAt + BigInt(challengeWindow)
    return { state: final ? 'unchallenged' : 'certified', final, until, result: certified }
  }
  const { window, resolved, closed } = challenge
  const until = window.closesAt
  if (resolved !== undefined) {
    const overturned = resolved.verdict === 'overturned'
    return {
      state: overturned ? 'overturned' : 'upheld',
      final,
      until,
      result: overturned ? resolved.fulfillment : certified,
    }
  }
  if (closed === undefined && readTime < until)
    return { state: 'challenged', final, until, result: certified }
  return { state: 'undecided', final, until, result: undefined }
}

/** In words, for people who do not know what a certificate is. */
export function describeCourse({ state, final, until }: Course, readTime: bigint): string {
  switch (state) {
    case 'certified':
      return readTime < until
        ? `certified, not final yet: it may be challenged until ${utc(until)}`
        : `certified and unchallenged since ${utc(until)}, not final yet: anyone may finalize it`
    case 'challenged':
      return `challenged, not final yet: a larger committee has until ${utc(until)} to decide`
    case 'unchallenged':
      return 'final: nobody challenged it'
    case 'upheld':
      return final
        ? 'final: a challenge was heard, and the result upheld'
        : 'upheld by a larger committee, not final yet: anyone may finalize it'
    case 'overturned':
      return final
        ? 'final: a challenge overturned what was certified; the larger committee’s result stands'
        : 'overturned by a larger committee, not final yet: anyone may finalize its result'
    case 'undecided':
      return final
        ? 'undecided: a challenge was not decided in time, and the request expired without a result'
        : 'undecided: a challenge was not decided in time; the request expires once anyone finalizes it'
  }
}

/** CHA-2: what settling goes by is what the request, its certificate and the block say. */
export function checkCertified(
  evidence: AuditEvidence,
  fulfilled: FulfilledEvidence,
  finality: FinalityEvidence | undefined,
  signed: Signed,
): string {
  const { request } = evidence.submitted
  const { fulfillment, time, baseFeePerGas } = fulfilled
  expect(
    finality !== undefined && fulfilled.payment === undefined,
    `it was settled at once, though it may be challenged for ${request.challengeWindow} s`,
  )
  expect(request.challengeWindow > 0, 'it was not settled at once, though nobody may challenge it')
  const { certified, submitter } = finality
  const same = (what: string, kept: unknown, found: unknown) =>
    expect(kept === found, `the ${what} kept is ${kept}, it was ${found}`)
  same('escrow', certified.escrow, escrowOf(evidence))
  same('limit on the price of gas', certified.maxFeePerGas, maxFeeOf(evidence))
  same('time', certified.certifiedAt, time)
  same('submitter', certified.submitter.toLowerCase(), submitter.toLowerCase())
  same('attempt', certified.attempt, fulfillment.attempt)
  same('exit', certified.exit, fulfillment.exit)
  same('fuel', certified.fuelUsed, fulfillment.fuelUsed)
  same('output hash', certified.outputHash, keccakHex(fromHex(fulfillment.output, 'output')))
  same('bitmap of signers', certified.signers, bitmapOf(fromHex(fulfillment.certificate, 'certificate')))
  const signers = BigInt(seatsSigned(signed))
  const { least, most } = reimbursementOf(evidence, signers, lengthOf(fulfillment.output), baseFeePerGas)
  expect(
    least <= certified.reimbursement && certified.reimbursement <= most,
    `the reimbursement kept is ${certified.reimbursement} wei, ${least === most ? least : `between ${least} and ${most}`} was due`,
  )
  return `may be challenged until ${utc(certified.certifiedAt + BigInt(request.challengeWindow))}`
}

/** CHA-1, CHA-5 to CHA-7: neither too early nor with another result. */
export function checkFinality(
  evidence: AuditEvidence,
  { fulfillment }: FulfilledEvidence,
  finality: FinalityEvidence,
): Finding {
  const { final, expired, readTime } = finality
  expect(final === undefined || expired === undefined, 'it was settled and it expired')
  const course = courseOf(finality, evidence.submitted.request.challengeWindow, fulfillment)
  if (final !== undefined) checkFinal(finality, course, final)
  if (expired !== undefined) checkExpired(course, expired.time)
  const words = describeCourse(course, readTime)
  if (!course.final) return { pending: words }
  return final === undefined ? words : `${words}; exit ${final.exit}, ${lengthOf(final.output)} bytes`
}

const RULED: Readonly<Record<Course['state'], Verdict>> = {
  certified: 'none',
  unchallenged: 'none',
  challenged: 'pending',
  upheld: 'upheld',
  overturned: 'overturned',
  undecided: 'undecided',
}

function checkFinal({ challenge }: FinalityEvidence, course: Course, final: FinalEvidence): void {
  const { state, until, result } = course
  expect(state !== 'challenged', `made final at ${final.time}, while a challenge is pending`)
  expect(state !== 'undecided', `made final at ${final.time}, though a challenge of it is undecided`)
  const from = challenge?.resolved?.time ?? until
  const waited = challenge === undefined ? 'its challenge window ends' : 'its challenge was decided'
  expect(final.time >= from, `made final at ${final.time}, ${waited} at ${from}`)
  expect(final.verdict === RULED[state], `made final as ${final.verdict}, it is ${RULED[state]}`)
  expect(
    result !== undefined &&
      sameHex(final.output, result.output) &&
      final.exit === result.exit &&
      final.fuelUsed === result.fuelUsed,
    `made final was exit ${final.exit}, ${final.fuelUsed} fuel, ${final.output}; what stands is exit ${result?.exit}, ${result?.fuelUsed} fuel, ${result?.output}`,
  )
}

function checkExpired({ state, until }: Course, time: bigint): void {
  expect(state === 'undecided', `it expired, though it is ${RULED[state] === 'none' ? 'certified' : state}`)
  expect(time >= until, `it expired at ${time}, its challenge could be decided until ${until}`)
}
