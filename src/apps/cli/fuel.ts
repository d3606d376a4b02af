/**
 * Fuel and what it costs, in words and for machines.
 * @module
 */
import type { Payment } from '../../ports/chain.ts'
import type { Fulfillment, Request } from '../../protocol/types.ts'
import { ether } from './output.ts'

type FuelTerms = Pick<Request, 'fuelLimit' | 'fuelPrice'>

/** `at most 1,000,000,000 units a run, 1000 wei each`. */
export function describeFuelTerms({ fuelLimit, fuelPrice }: FuelTerms): string {
  return `at most ${grouped(fuelLimit)} units a run, ${fuelPrice} wei each`
}

/** What a settled request used and cost. All in wei but for the fuel. */
export interface Bill {
  readonly fuelLimit: bigint
  readonly fuelPrice: bigint
  readonly fuelUsed: bigint
  /** What each signing seat earned: the flat fee and the fuel used. */
  readonly perSeat: bigint
  /** What of the escrow was not refunded; the selection fee was paid beside it. */
  readonly cost: bigint
}

export function billOf(
  { fuelLimit, fuelPrice }: FuelTerms,
  escrow: bigint,
  { fuelUsed }: Pick<Fulfillment, 'fuelUsed'>,
  { perSeat, refund }: Pick<Payment, 'perSeat' | 'refund'>,
): Bill {
  return { fuelLimit, fuelPrice, fuelUsed, perSeat, cost: escrow - refund }
}

/** `123,456 of 1,000,000,000 units used, 1000 wei each: 0.000000000123456 ETH a seat`. */
export function describeFuel({ fuelUsed, fuelLimit, fuelPrice }: Bill): string {
  const pay = ether(fuelPrice * fuelUsed)
  return `${grouped(fuelUsed)} of ${grouped(fuelLimit)} units used, ${fuelPrice} wei each: ${pay} a seat`
}

/** `0.0005 ETH of the escrow, 0.0001 ETH to each seat that signed`. Overturned, the challenger gets what all would have. */
export function describeCost({ cost, perSeat }: Bill, overturned = false): string {
  const whom = overturned ? 'for each seat to the challenger' : 'to each seat that signed'
  return `${ether(cost)} of the escrow, ${ether(perSeat)} ${whom}`
}

/** Not by the reader's locale: output is the same everywhere. */
export function grouped(units: bigint): string {
  return units.toString().replace(/\B(?=(\d{3})+$)/g, ',')
}
