/**
 * Where a request stands: what the market says of it, its result as far as there is one, and what it cost.
 * @module
 */
import type { RequestStatus } from '../../adapters/chain/reads.ts'
import { type Course, courseOf, describeCourse } from '../../core/audit/finality.ts'
import { ChainError } from '../../ports/chain.ts'
import type { Address, Hash, Hex, Request, RequestId } from '../../protocol/types.ts'
import { asOf, type ChainAccess } from '../shared/chain-access.ts'
import { readFinality } from '../shared/finality.ts'
import { type Bill, billOf } from './fuel.ts'
import { type FoundRequest, findRequest } from './request-lookup.ts'

export interface Standing {
  readonly request: Request
  readonly status: RequestStatus
  /** Wei: what it holds while it is open, what it held before. */
  readonly escrow: bigint
  /** Of a certificate that may be challenged, or might have been. */
  readonly course: Course | undefined
  /** The same for people. */
  readonly words: string | undefined
  /** What was settled, or would be if nothing more happened. */
  readonly result: StandingResult | undefined
  /** Once it was settled. */
  readonly bill: Bill | undefined
  readonly refund: bigint | undefined
  /** The last that changed it. */
  readonly transaction: Hash
}

export interface StandingResult {
  readonly exit: number
  readonly output: Hex
  readonly attempt: number
  /** In which the certificate was signed: Raft's are terms. */
  readonly view: number
  /** Of the certificate. */
  readonly submitter: Address
}

/** As of one block. Throws `InvalidInputError` when the market never emitted the request. */
export async function standingOf(chain: ChainAccess, requestId: RequestId): Promise<Standing> {
  const head = await chain.reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const now = asOf(chain, head)
  const found = await findRequest(now, requestId)
  const { request } = found.submitted.log
  const { status, escrow } = await now.reads.statusOf(requestId)
  const common = { request, status, escrow: status === 'open' ? escrow : found.submitted.log.escrow }
  // What was certified alone is told of in other logs.
  const held =
    request.challengeWindow === 0 ? undefined : await readFinality(now, requestId, request, head.time)
  if (held === undefined) return { ...common, ...settledAtOnce(found) }
  const { evidence, certified, finalAt } = held
  const { exit, fuelUsed, attempt } = certified.certified
  const course = courseOf(evidence, request.challengeWindow, { exit, fuelUsed, output: certified.output })
  const { final, expired } = evidence
  const { result } = course
  return {
    ...common,
    escrow: certified.certified.escrow,
    course,
    words: describeCourse(course, head.time),
    result: result && {
      exit: result.exit,
      output: result.output,
      attempt,
      // Only exact requests may be challenged.
      view: 0,
      submitter: certified.submitter,
    },
    bill: final && billOf(request, certified.certified.escrow, final, final.payment),
    refund: final?.payment.refund ?? expired?.refund,
    transaction: (finalAt ?? certified.at).transactionHash,
  }
}

function settledAtOnce({ submitted, fulfilled, expired }: FoundRequest) {
  const { request, escrow } = submitted.log
  const log = fulfilled?.log
  return {
    course: undefined,
    words: undefined,
    result: log && {
      exit: log.fulfillment.exit,
      output: log.fulfillment.output,
      attempt: log.fulfillment.attempt,
      view: log.fulfillment.view,
      submitter: log.submitter,
    },
    bill: log && billOf(request, escrow, log.fulfillment, log.payment),
    refund: log?.payment.refund ?? expired?.log.refund,
    transaction: (fulfilled ?? expired ?? submitted).at.transactionHash,
  }
}

/** Where a certificate was signed, for people: *exact* has one view alone. */
export function describePlace({ consensus }: Request, { attempt, view }: StandingResult): string {
  if (consensus === 'exact') return `attempt ${attempt}`
  return `attempt ${attempt}, ${consensus === 'raft' ? 'term' : 'view'} ${view}`
}
