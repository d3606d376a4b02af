/**
 * What a node earned, from the logs of market and court: its seat in each certificate that was paid for, at that request's price.
 * @module
 */
import { bitmapOf, seatsOf } from '../../core/certificate.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { ChainError, type LogPosition } from '../../ports/chain.ts'
import type { Address, Certified, Request, RequestId, Snapshot } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { verdictOf } from '../shared/finality.ts'

export interface Earning {
  readonly requestId: RequestId
  /** Ran the request, or judged a challenge of its result. */
  readonly as: 'member' | 'judge'
  readonly seat: number
  readonly wei: bigint
  /** Seconds since 1970. */
  readonly time: bigint
}

/** A committee that was paid: those of its seats that signed, the same each. */
interface PaidCommittee {
  readonly requestId: RequestId
  readonly as: Earning['as']
  /** Of seats. */
  readonly signers: bigint
  readonly perSeat: bigint
  readonly at: LogPosition
  /** Snapshot indices in the order drawn. */
  committeeOf(request: Request): Promise<readonly number[]>
}

/** Oldest first. */
export async function earningsOf(chain: ChainAccess, attestor: Address): Promise<readonly Earning[]> {
  const snapshots = new Map<Address, Promise<Snapshot>>()
  const snapshotAt = (blob: Address): Promise<Snapshot> => {
    const reading = snapshots.get(blob) ?? chain.reads.snapshot(blob)
    snapshots.set(blob, reading)
    return reading
  }
  const paid = [
    ...(await paidAtOnce(chain)),
    ...(await paidWhenFinal(chain)),
    ...(await paidForJudging(chain)),
  ]
  const earned: Earning[] = []
  for (const { requestId, as, signers, perSeat, at, committeeOf } of paid) {
    const submitted = await chain.audits.submitted(requestId)
    if (submitted === undefined) continue
    const { members } = await snapshotAt(submitted.request.snapshot)
    const committee = await committeeOf(submitted.request)
    const seat = committee.findIndex((index) => sameHex(members[index]?.attestor ?? '0x', attestor))
    if (seat < 0 || !seatsOf(signers, committee.length).includes(seat)) continue
    const block = await chain.reader.block(at.blockHash)
    if (block === undefined) throw new ChainError('missing', `block ${at.blockHash} is not served`)
    earned.push({ requestId, as, seat, wei: perSeat, time: block.time })
  }
  return earned.sort((a, b) => Number(a.time - b.time))
}

async function paidAtOnce({ audits }: ChainAccess): Promise<readonly PaidCommittee[]> {
  return (await audits.fulfillments()).map(({ requestId, fulfillment, payment, at }) => ({
    requestId,
    as: 'member',
    signers: bitmapOf(fromHex(fulfillment.certificate)),
    perSeat: payment.perSeat,
    at,
    committeeOf: (request) => audits.committeeOf(request, fulfillment.attempt),
  }))
}

/** Overturned, a result pays its challenger instead. */
async function paidWhenFinal({ audits, challenges }: ChainAccess): Promise<readonly PaidCommittee[]> {
  const certifiedOf = await certificates(challenges)
  return (await challenges.allFinalized())
    .filter(({ log }) => verdictOf(log.verdict) !== 'overturned')
    .map(({ requestId, log: { payment, at } }) => {
      const { attempt, signers } = certifiedOf(requestId)
      const committeeOf = (request: Request) => audits.committeeOf(request, attempt)
      return { requestId, as: 'member', signers, perSeat: payment.perSeat, at, committeeOf }
    })
}

async function paidForJudging({ challenges }: ChainAccess): Promise<readonly PaidCommittee[]> {
  const certifiedOf = await certificates(challenges)
  return (await challenges.allResolved()).map(({ requestId, log: { fulfillment, perSeat, at } }) => {
    const certified = certifiedOf(requestId)
    const signers = bitmapOf(fromHex(fulfillment.certificate))
    const committeeOf = (request: Request) => challenges.committeeOf(request, certified)
    return { requestId, as: 'judge', signers, perSeat, at, committeeOf }
  })
}

/** Read once for all. */
async function certificates(challenges: ChainAccess['challenges']): Promise<(id: RequestId) => Certified> {
  const all = new Map(
    (await challenges.allCertified()).map(({ requestId, log }) => [requestId, log.certified]),
  )
  return (requestId) => {
    const certified = all.get(requestId)
    if (certified === undefined)
      throw new ChainError('missing', `the certificate of ${requestId} is not served`)
    return certified
  }
}
