/**
 * What a node earned, from the market's logs: its seat in each certificate, at that request's price.
 * @module
 */
import { signedSeats } from '../../core/certificate.ts'
import { sameHex } from '../../crypto/bytes.ts'
import type { Address, RequestId, Snapshot } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'

export interface Earning {
  readonly requestId: RequestId
  readonly seat: number
  readonly wei: bigint
  /** Seconds since 1970. */
  readonly time: bigint
}

export async function earningsOf(chain: ChainAccess, attestor: Address): Promise<readonly Earning[]> {
  const { audits } = chain
  const earned: Earning[] = []
  const snapshots = new Map<Address, Promise<Snapshot>>()
  const snapshotAt = (blob: Address): Promise<Snapshot> => {
    const reading = snapshots.get(blob) ?? chain.reads.snapshot(blob)
    snapshots.set(blob, reading)
    return reading
  }
  for (const { requestId, fulfillment, payment, at } of await audits.fulfillments()) {
    const submitted = await audits.submitted(requestId)
    if (submitted === undefined) continue
    const { request } = submitted
    const { members } = await snapshotAt(request.snapshot)
    const committee = await audits.committeeOf(request, fulfillment.attempt)
    const seat = committee.findIndex((index) => sameHex(members[index]?.attestor ?? '0x', attestor))
    if (seat < 0 || !signedSeats(fulfillment.certificate, request.committeeSize).includes(seat)) continue
    const block = await chain.reader.block(at.blockHash)
    earned.push({ requestId, seat, wei: payment.perSeat, time: block?.time ?? 0n })
  }
  return earned
}
