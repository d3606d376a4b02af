/**
 * A chain with the contracts around the market typed, a function to ask for, and a requester who prepaid.
 * @module
 */
import assert from 'node:assert/strict'
import { getContract, type Hex } from 'viem'
import { recurringRequestsAbi } from '../../../src/protocol/abi/recurring-requests.ts'
import { resultStoreAbi } from '../../../src/protocol/abi/result-store.ts'
import { signedRequestsAbi } from '../../../src/protocol/abi/signed-requests.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { deployHostileConsumer } from './consumer.ts'
import { createWorld, type MarketRequest, type World } from './world.ts'

export const ETHER = 10n ** 18n
export const STATUS = { none: 0, open: 1, fulfilled: 2, callbackFailed: 3, expired: 4 } as const

export async function createPeripheryWorld() {
  const world = await createWorld()
  await world.sealNodes(5)
  const functionId = await world.deployFunction({ outputBytesMax: 32_768 })
  const { periphery } = world.deployment
  const client = { public: world.publicClient, wallet: world.accounts.stranger }
  const recurring = getContract({ abi: recurringRequestsAbi, address: periphery.recurringRequests, client })
  const signed = getContract({ abi: signedRequestsAbi, address: periphery.signedRequests, client })
  const store = getContract({ abi: resultStoreAbi, address: periphery.resultStore, client })
  const { account } = world.accounts.requester
  await world.market.write.deposit([account.address], { value: ETHER })
  return { world, market: world.market, functionId, recurring, signed, store, owner: account }
}

/** Does something as a contract would. */
export async function actAs<T>(
  world: World,
  address: Address,
  act: (account: Hex) => Promise<T>,
): Promise<T> {
  await world.networkHelpers.impersonateAccount(address)
  await world.networkHelpers.setBalance(address, ETHER)
  const result = await act(address)
  await world.networkHelpers.stopImpersonatingAccount(address)
  return result
}

/** A consumer that allowed `requesters` to have it called back. */
export async function consumerAllowing(world: World, requesters: readonly Address[]) {
  const consumer = await deployHostileConsumer(world)
  await actAs(world, consumer.address, async (account) => {
    for (const requester of requesters)
      await world.market.write.allowCallbacks([requester, true], { account })
  })
  return consumer
}

/** Settles a request with a certificate of the committee drawn. */
export async function answer(
  world: World,
  { requestId, request }: { readonly requestId: Hex; readonly request: MarketRequest },
  output: Hex = '0x616e73776572',
  exit = 0,
) {
  await world.openWindow(request)
  const settled = await world.fulfill(request, await world.certify(requestId, request, { output, exit }))
  const [status] = await world.market.read.statusOf([requestId])
  assert(status === STATUS.fulfilled || status === STATUS.callbackFailed)
  const { timestamp } = await world.publicClient.getBlock({ blockNumber: settled.receipt.blockNumber })
  return { ...settled, status, fulfilledAt: timestamp }
}
