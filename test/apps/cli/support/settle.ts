/** Settling several requests of one committee under one certificate. */
import { type Hex, keccak256, stringToHex } from 'viem'
import { encodeBatchItems } from '../../../../src/core/batch-items.ts'
import { reportDigest } from '../../../../src/crypto/eip712.ts'
import { merkleRoot } from '../../../../src/crypto/merkle.ts'
import { FUEL_USED, type MarketRequest, type World, ZERO_HASH } from '../../../contracts/support/world.ts'

export interface Asked {
  readonly requestId: Hex
  readonly request: MarketRequest
}

/** All of one function, epoch and round. */
export async function settleBatch(world: World, asked: readonly Asked[], seats?: readonly number[]) {
  const [first] = asked
  if (first === undefined) throw new Error('a batch has requests')
  const result = { exit: 0, fuelUsed: FUEL_USED, evidenceHash: ZERO_HASH }
  const output = stringToHex('an answer')
  const leaves = asked.map(({ requestId }) =>
    reportDigest({ requestId, outputHash: keccak256(output), ...result }),
  )
  const options = seats === undefined ? {} : { seats }
  const certificate = await world.certificateOver(first.request, merkleRoot(leaves), options)
  const batch = { attempt: 0, view_: 0, leaves: leaves.map(() => ZERO_HASH), certificate }
  const items = encodeBatchItems(asked.map(({ request }) => ({ ...request, ...result, output })))
  const args = [first.request, items, batch] as const
  const { account } = world.accounts.submitter
  return await world.receiptOf(world.market.write.fulfillBatch(args, { account, gas: 16_000_000n }))
}
