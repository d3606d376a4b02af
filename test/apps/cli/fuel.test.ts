/** What a request's fuel and cost are called, and add up to. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { billOf, describeCost, describeFuel, describeFuelTerms } from '../../../src/apps/cli/fuel.ts'

const terms = { fuelLimit: 1_000_000_000n, fuelPrice: 1_000n }
const bill = billOf(terms, 5_000_000n, { fuelUsed: 123_456n }, { perSeat: 7n, refund: 1_000_000n })

describe('the bill of a settled request', () => {
  it('is the escrow that did not come back, and the fuel at its price', () => {
    assert.deepEqual(bill, { ...terms, fuelUsed: 123_456n, perSeat: 7n, cost: 4_000_000n })
  })

  it('reads in units, wei and ether', () => {
    assert.equal(
      describeFuel(bill),
      '123,456 of 1,000,000,000 units used, 1000 wei each: 0.000000000123456 ETH a seat',
    )
    assert.equal(
      describeCost(bill),
      '0.000000000004 ETH of the escrow, 0.000000000000000007 ETH to each seat that signed',
    )
    assert.equal(
      describeFuelTerms({ fuelLimit: 1_000_000n, fuelPrice: 0n }),
      'at most 1,000,000 units a run, 0 wei each',
    )
  })
})
