/** Expiry and payment. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, parseEventLogs } from 'viem'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { createWorld, FUEL_PRICE, FUEL_USED, given, nodeKey, revertOf } from './support/world.ts'

const EXPIRED = 4
const SELECTION_FEE = 10n ** 13n
const EXPIRE_GAS = 48_000n
const TIP_MAX = 2n * 10n ** 9n

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(5)
  const functionId = await world.deployFunction()
  const asked = await world.request(functionId, {}, 10n ** 15n)
  return { world, ...asked, market: world.market }
})

async function fulfilled() {
  const { world, request, requestId } = built()
  await world.openWindow(request)
  return await world.fulfill(request, await world.certify(requestId, request))
}

describe('expiring a request', () => {
  it('[MKT-11] [FEE-8] [TIME-3] is possible strictly after its deadline, once, for anyone, and refunds the escrow less what that cost', async () => {
    const { world, market, request, requestId, escrow } = built()
    const { account } = world.accounts.stranger
    const expireAt = async (time: bigint) => {
      await world.networkHelpers.time.setNextBlockTimestamp(time)
      return await world.receiptOf(market.write.expire([request], { account, gas: 200_000n }))
    }
    assert.equal(await revertOf(market.write.expire([request], { account })), 'NotExpired')
    assert.equal(await revertOf(expireAt(request.deadline)), 'NotExpired')
    const receipt = await expireAt(request.deadline + 1n)
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestExpired' })
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const bounty = EXPIRE_GAS * ((baseFeePerGas ?? 0n) + TIP_MAX)
    const caller = getAddress(account.address)
    assert.deepEqual(log?.args, { requestId, refund: escrow - bounty, bounty, caller })
    assert.deepEqual(await market.read.statusOf([requestId]), [EXPIRED, 0n])
    assert.equal(await market.read.creditOf([world.accounts.requester.account.address]), escrow - bounty)
    assert.equal(await market.read.creditOf([account.address]), bounty)
    assert.equal(await market.read.pool(), SELECTION_FEE)
    assert.equal(await revertOf(market.write.expire([request])), 'RequestNotOpen')
  })

  it('[MKT-11] [MKT-13] goes on while the market is paused', async () => {
    const { world, market, request, requestId } = built()
    await market.write.setPaused([true])
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    await market.write.expire([request])
    assert.equal((await market.read.statusOf([requestId]))[0], EXPIRED)
    const { account } = world.accounts.requester
    await market.write.claim([account.address], { account })
  })

  it('[MKT-5] is only for a request that is open', async () => {
    const { world, market, request } = built()
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    assert.equal(await revertOf(market.write.expire([{ ...request, nonce: 99n }])), 'RequestNotOpen')
  })
})

describe('claiming', () => {
  it('[MKT-12] pays an account what it is owed, where it wants it, once', async () => {
    const { world, market } = built()
    const { payment } = await fulfilled()
    const { account } = world.accounts.submitter
    const to = nodeKey(50).attestor
    await market.write.claim([to], { account })
    assert.equal(await world.publicClient.getBalance({ address: to }), payment.submitter)
    assert.equal(await market.read.creditOf([account.address]), 0n)
    assert.equal(await revertOf(market.write.claim([to], { account })), 'NothingToClaim')
  })

  it("[MKT-12] pays a node's earnings to its operator's choice, and never to the node's own key", async () => {
    const { world, market, request } = built()
    await fulfilled()
    const [member] = await world.committeeOf(request)
    assert(member)
    const { operator, stranger } = world.accounts
    const to = nodeKey(51).attestor
    assert.equal(
      await revertOf(market.write.claimNode([member.attestor, to], { account: stranger.account })),
      'NotOperator',
    )
    await world.networkHelpers.impersonateAccount(member.attestor)
    await world.networkHelpers.setBalance(member.attestor, 10n ** 18n)
    const own = { account: member.attestor }
    assert.equal(await revertOf(market.write.claimNode([member.attestor, to], own)), 'NotOperator')
    assert.equal(await revertOf(market.write.claim([to], own)), 'NothingToClaim')
    await market.write.claimNode([member.attestor, to], { account: operator.account })
    assert.equal(
      await world.publicClient.getBalance({ address: to }),
      request.flatFeePerSeat + FUEL_PRICE * FUEL_USED,
    )
    const again = market.write.claimNode([member.attestor, to], { account: operator.account })
    assert.equal(await revertOf(again), 'NothingToClaim')
    assert.equal(await revertOf(market.write.claimNode([nodeKey(98).attestor, to])), 'NotOperator')
  })

  it("[MKT-12] pays the treasury the protocol's fees together with its own credits", async () => {
    const { world, market, request, functionId } = built()
    await fulfilled()
    const { account } = world.accounts.treasury
    const params = world.paramsOf(functionId)
    const value = await market.read.quote([params])
    const own = await world.submitted(market.write.request([params], { value, account }))
    await world.networkHelpers.time.increaseTo(own.request.deadline + 1n)
    await market.write.expire([own.request], { account })
    const owed = request.protocolFee + own.escrow
    assert.equal(await market.read.creditOf([account.address]), owed)
    const to = nodeKey(52).attestor
    await market.write.claim([to], { account })
    assert.equal(await world.publicClient.getBalance({ address: to }), owed)
    assert.equal(await revertOf(market.write.claim([to], { account })), 'NothingToClaim')
  })

  it('[MKT-12] [MKT-14] by one that refuses the money blocks nobody else', async () => {
    const { world, market } = built()
    await fulfilled()
    const refuses = await world.viem.deployContract('RefusesEther')
    const { submitter, requester, functionOwner, treasury, operator } = world.accounts
    const failing = market.write.claim([refuses.address], { account: submitter.account })
    assert.equal(await revertOf(failing), 'TransferFailed')
    for (const { account } of [submitter, requester, functionOwner, treasury]) {
      await market.write.claim([account.address], { account })
    }
    for (let i = 0; i < 5; i++) {
      const { attestor } = nodeKey(i)
      if ((await market.read.nodeCreditOf([attestor])) === 0n) continue
      await market.write.claimNode([attestor, operator.account.address], { account: operator.account })
    }
    const pool = await market.read.pool()
    assert.equal(await world.publicClient.getBalance({ address: market.address }), pool)
  })
})
