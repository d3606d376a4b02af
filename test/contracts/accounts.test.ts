/** Prepaid accounts, raised limits, and bounties from the pool. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress, parseEventLogs } from 'viem'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { signRound } from './support/beacon.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import { createWorld, given, revertArgsOf, revertOf } from './support/world.ts'

const OPEN = 1
const DEPOSIT = 10n ** 18n
const CALLBACK_GAS = 200_000
const ROUND_GAS = 165_000n
const TIP_MAX = 2n * 10n ** 9n
const GWEI = 10n ** 9n

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(5)
  const functionId = await world.deployFunction()
  const payer = world.accounts.requester.account.address
  const relay = world.accounts.stranger.account
  await world.market.write.deposit([payer], { value: DEPOSIT })
  return { world, functionId, payer, relay, market: world.market, bounties: world.bounties }
})

async function allow(valueMax: bigint): Promise<void> {
  const { world, relay, market } = built()
  await market.write.setConsumer([relay.address, valueMax], { account: world.accounts.requester.account })
}

describe('a prepaid account', () => {
  it('[MKT-18] pays the least value for a consumer it allowed, and gets back what is left', async () => {
    const { world, functionId, payer, relay, market } = built()
    const params = world.paramsOf(functionId)
    const value = await market.read.quote([params])
    await allow(value)
    const asked = await world.submitted(market.write.requestFor([payer, payer, params], { account: relay }))
    assert.equal(asked.request.requester, getAddress(payer))
    assert.equal(await market.read.creditOf([payer]), DEPOSIT - value)
    await world.openWindow(asked.request)
    const { payment } = await world.fulfill(
      asked.request,
      await world.certify(asked.requestId, asked.request),
    )
    assert(payment.refund > 0n)
    assert.equal(await market.read.creditOf([payer]), DEPOSIT - value + payment.refund)
    assert.equal(await market.read.creditOf([relay.address]), 0n)
  })

  it('[MKT-18] spends no more on one request than the consumer may, and nothing for a stranger', async () => {
    const { world, functionId, payer, relay, market } = built()
    const params = world.paramsOf(functionId)
    const value = await market.read.quote([params])
    const ask = () => market.write.requestFor([payer, payer, params], { account: relay })
    assert.equal(await revertOf(ask()), 'AboveSpendingCap')
    await allow(value - 1n)
    const { name, args } = await revertArgsOf(ask())
    assert.equal(name, 'AboveSpendingCap')
    assert.deepEqual(args?.slice(2), [value, value - 1n])
    await allow(value)
    await ask()
    await allow(0n)
    assert.equal(await revertOf(ask()), 'AboveSpendingCap')
  })

  it('[MKT-18] has to hold the value', async () => {
    const { world, functionId, payer, relay, market } = built()
    await allow(2n ** 96n - 1n)
    await market.write.claim([payer], { account: world.accounts.requester.account })
    const ask = market.write.requestFor([payer, payer, world.paramsOf(functionId)], { account: relay })
    assert.equal(await revertOf(ask), 'AccountTooLow')
  })

  it('[MKT-18] asks for itself without a cap', async () => {
    const { world, functionId, payer, market } = built()
    const { account } = world.accounts.requester
    const asked = await world.submitted(
      market.write.requestFor([payer, payer, world.paramsOf(functionId)], { account }),
    )
    assert.equal((await market.read.statusOf([asked.requestId]))[0], OPEN)
  })

  it('[MKT-19] has a contract called back that allowed it, and no other', async () => {
    const { world, functionId, payer, relay, market } = built()
    await allow(DEPOSIT)
    const consumer = await deployHostileConsumer(world)
    const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
    const ask = () => market.write.requestFor([payer, consumer.address, params], { account: relay })
    assert.equal(await revertOf(ask()), 'CallbackNotAllowed')
    await world.networkHelpers.impersonateAccount(consumer.address)
    await world.networkHelpers.setBalance(consumer.address, DEPOSIT)
    await market.write.allowCallbacks([relay.address, true], { account: consumer.address })
    const asked = await world.submitted(ask())
    assert.equal(asked.request.callbackTarget, getAddress(consumer.address))
    await world.openWindow(asked.request)
    await world.fulfill(asked.request, await world.certify(asked.requestId, asked.request))
    assert.equal(await consumer.read.lastRequest(), asked.requestId)
    await market.write.allowCallbacks([relay.address, false], { account: consumer.address })
    assert.equal(await revertOf(ask()), 'CallbackNotAllowed')
  })
})

describe('a request that waits', () => {
  it('[MKT-20] is topped up by its requester, who alone can, and its id stays', async () => {
    const { world, functionId, market, relay } = built()
    const { requestId, request, escrow } = await world.request(functionId)
    const { account } = world.accounts.requester
    const raise = 30n * GWEI
    const more = { account, value: 10n ** 17n }
    assert.equal(await revertOf(market.write.topUp([request, raise], { account: relay })), 'NotRequester')
    assert.equal(await revertOf(market.write.topUp([request, raise], { account })), 'PaymentTooSmall')
    await market.write.topUp([request, raise], more)
    assert.deepEqual(await market.read.statusOf([requestId]), [OPEN, escrow + more.value])
    await world.networkHelpers.setBalance(account.address, 2n ** 97n)
    const over = { account, value: 2n ** 96n - escrow - more.value }
    assert.equal(await revertOf(market.write.topUp([request, raise], over)), 'PaymentTooLarge')
    const lower = await world.receiptOf(market.write.topUp([request, 1n], { account }))
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: lower.logs, eventName: 'RequestToppedUp' })
    assert.equal(log?.args.maxFeePerGas, raise, 'it never falls')
  })

  it('[MKT-20] [FEE-4] pays its submitter up to what it was raised to', async () => {
    const { world, functionId, market } = built()
    const { requestId, request } = await world.request(functionId, { maxFeePerGas: 1n })
    const { account } = world.accounts.requester
    await market.write.topUp([request, 3n], { account, value: 10n ** 15n })
    await world.openWindow(request)
    const { payment } = await world.fulfill(request, await world.certify(requestId, request))
    const bytes = BigInt('a questionan answer'.length)
    assert.equal(payment.submitter, (100_000n + 13_000n * 4n + 40n * bytes) * 3n)
    assert.equal(await revertOf(market.write.topUp([request, 5n], { account })), 'RequestNotOpen')
  })

  it('[FEE-7] pays who posts its round, from the pool, as far as there is any', async () => {
    const { world, functionId, market, bounties, relay } = built()
    const { request } = await world.request(functionId)
    for (let i = 0; i < 60; i++) await world.request(functionId)
    const window = request.attempts[0]
    assert(window)
    await world.networkHelpers.time.increaseTo(window.opensAt)
    const { signature } = signRound(window.round)
    const before = await market.read.pool()
    const receipt = await world.receiptOf(
      bounties.write.postRound([market.address, request, 0, signature], { account: relay }),
    )
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    // What the caller pays itself, and no more than base fee and tip.
    const dear = (baseFeePerGas ?? 0n) + TIP_MAX
    const price = receipt.effectiveGasPrice < dear ? receipt.effectiveGasPrice : dear
    const bounty = ROUND_GAS * price
    const paid = await market.read.creditOf([relay.address])
    assert.equal(paid, bounty < before ? bounty : before)
    assert.equal(await market.read.pool(), before - paid)
    assert.equal(
      await revertOf(bounties.write.postRound([market.address, request, 0, signature])),
      'RoundAlreadyPosted',
    )
    assert.equal(
      await revertOf(bounties.write.postRound([market.address, { ...request, nonce: 999n }, 0, signature])),
      'RequestNotWaiting',
    )
    assert(receipt.gasUsed > ROUND_GAS, 'no income')
  })

  it('[FEE-7] pays no more for gas than the caller does, nor than base fee and tip', async () => {
    const { world, functionId, market, bounties, relay } = built()
    for (let i = 0; i < 90; i++) await world.request(functionId)
    const { baseFeePerGas } = await world.publicClient.getBlock()
    const base = baseFeePerGas ?? 0n
    const paidAt = async (tip: bigint, place: number) => {
      const { request } = await world.request(functionId)
      const window = request.attempts[place]
      assert(window)
      if ((await world.publicClient.getBlock()).timestamp < window.opensAt)
        await world.networkHelpers.time.increaseTo(window.opensAt)
      const before = await market.read.creditOf([relay.address])
      const { signature } = signRound(window.round)
      const receipt = await world.receiptOf(
        bounties.write.postRound([market.address, request, place, signature], {
          account: relay,
          maxFeePerGas: 4n * base + 20n * GWEI,
          maxPriorityFeePerGas: tip,
        }),
      )
      const block = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
      const paid = (await market.read.creditOf([relay.address])) - before
      return { paid, base: block.baseFeePerGas ?? 0n }
    }
    const cheap = await paidAt(1n, 0)
    assert.equal(cheap.paid, ROUND_GAS * (cheap.base + 1n))
    const dear = await paidAt(10n * GWEI, 1)
    assert.equal(dear.paid, ROUND_GAS * (dear.base + TIP_MAX))
  })

  it('[FEE-7] pays for no round after its window, nor for a false one', async () => {
    const { world, functionId, market, bounties } = built()
    const { request } = await world.request(functionId)
    const [first, second] = request.attempts
    assert(first && second)
    await world.networkHelpers.time.increaseTo(first.closesAt)
    const late = bounties.write.postRound([market.address, request, 0, signRound(first.round).signature])
    assert.equal(await revertOf(late), 'RoundTooLate')
    const { signature } = signRound(first.round)
    await assert.rejects(bounties.write.postRound([market.address, request, 1, signature]))
    assert.equal(
      await revertOf(bounties.write.postRound([market.address, request, 3, signature])),
      'UnknownRound',
    )
  })

  it('[FEE-7] pays who seals the epoch', async () => {
    const { world, functionId, market, bounties, relay } = built()
    for (let i = 0; i < 20; i++) await world.request(functionId)
    const before = await market.read.pool()
    await world.nextEpoch()
    await world.receiptOf(bounties.write.sealEpoch([market.address], { account: relay }))
    const paid = await market.read.creditOf([relay.address])
    assert(paid > 0n && paid <= before)
    assert.equal(await market.read.pool(), before - paid)
    await assert.rejects(bounties.write.sealEpoch([market.address], { account: relay }))
  })
})

describe('a request that pays next to nothing', () => {
  const poor = given(async () => {
    const world = await createWorld({ market: { gasBase: 1, gasPerSignature: 1, gasPerByte: 1 } })
    await world.sealNodes(5)
    const functionId = await world.deployFunction({ flatFeePerSeat: 0n, fuelPrice: 0n, royalty: 0n })
    return { world, asked: await world.request(functionId) }
  })

  it('[FEE-8] pays who expires it all of its escrow, and no more', async () => {
    const { world, asked } = poor()
    const { market, accounts, networkHelpers } = world
    assert(asked.escrow > 0n)
    await networkHelpers.time.increaseTo(asked.request.deadline + 1n)
    const { account } = accounts.stranger
    await market.write.expire([asked.request], { account })
    assert.equal(await market.read.creditOf([account.address]), asked.escrow)
    assert.equal(await market.read.creditOf([asked.request.requester]), 0n)
  })
})

describe('a market with a full pool', () => {
  const full = given(async () => {
    const world = await createWorld({ market: { selectionFee: 10n ** 17n } })
    await world.sealNodes(5)
    return { world, asked: await world.request(await world.deployFunction()) }
  })

  it('[FEE-7] pays for gas 500 gwei at most, however dear it is', async () => {
    const { world, asked } = full()
    const { bounties, market, accounts, networkHelpers } = world
    const window = asked.request.attempts[0]
    assert(window)
    await networkHelpers.time.increaseTo(window.opensAt)
    await networkHelpers.setNextBlockBaseFeePerGas(600n * GWEI)
    const { account } = accounts.stranger
    const { signature } = signRound(window.round)
    const limits = { gas: 1_000_000n, maxFeePerGas: 700n * GWEI, maxPriorityFeePerGas: GWEI }
    await bounties.write.postRound([market.address, asked.request, 0, signature], { account, ...limits })
    assert.equal(await market.read.creditOf([account.address]), ROUND_GAS * 500n * GWEI)
  })

  it('[FEE-7] pays nothing out of it to who asks for it directly', async () => {
    const { market, accounts } = full().world
    const { account } = accounts.stranger
    const before = await market.read.pool()
    assert(before > 0n)
    assert.equal(await revertOf(market.write.payBounty([account.address, 1n], { account })), 'NotBounties')
    assert.equal(await market.read.pool(), before)
  })
})

describe('a callback that failed', () => {
  async function failed() {
    const { world, functionId, market } = built()
    const consumer = await deployHostileConsumer(world)
    const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
    const value = await market.read.quote([params])
    const { requestId, request } = await world.submitted(consumer.write.ask([params], { value }))
    await world.openWindow(request)
    await consumer.write.set([CALLBACK_MODE.revert, '0x'])
    const fulfillment = await world.certify(requestId, request)
    const { receipt } = await world.fulfill(request, fulfillment)
    const { timestamp } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const result = {
      round: request.attempts[0]?.round ?? 0n,
      fulfilledAt: timestamp,
      exit: 0,
      output: fulfillment.output,
    }
    return {
      consumer,
      requestId,
      request,
      result,
      status: async () => (await market.read.statusOf([requestId]))[0],
    }
  }

  it('[MKT-21] is tried again by anyone, with what it would have brought, until it succeeds', async () => {
    const { world, market, relay } = built()
    const { consumer, requestId, request, result, status } = await failed()
    const retry = async (gas = 500_000n) =>
      await world.receiptOf(
        market.write.retryCallback([request, result, gas], { account: relay, gas: 1_000_000n }),
      )
    assert.equal(await status(), 3)
    const again = await retry()
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: again.logs, eventName: 'CallbackRetried' })
    assert.deepEqual(log?.args, { requestId, caller: getAddress(relay.address), ok: false })
    assert.equal(await status(), 3)
    await consumer.write.set([CALLBACK_MODE.accept, '0x'])
    await retry()
    assert.equal(await status(), 2)
    assert.equal(await consumer.read.lastOutput(), result.output)
    assert.equal(await revertOf(retry()), 'CallbackNotFailed')
  })

  it('[MKT-21] brings nothing else, and no less gas than was bought', async () => {
    const { market } = built()
    const { request, result } = await failed()
    const retry = (change: Partial<typeof result>, gas = BigInt(CALLBACK_GAS)) =>
      revertOf(market.write.retryCallback([request, { ...result, ...change }, gas], { gas: 5_000_000n }))
    assert.equal(await retry({ output: '0x1234' }), 'NotTheCallback')
    assert.equal(await retry({ exit: 1 }), 'NotTheCallback')
    assert.equal(await retry({ fulfilledAt: result.fulfilledAt + 1n }), 'NotTheCallback')
    assert.equal(await retry({ round: 7n }), 'NotTheCallback')
    assert.equal(await retry({}, BigInt(CALLBACK_GAS) - 1n), 'RetryGasOutOfBounds')
    assert.equal(await retry({}, 2_000_001n), 'RetryGasOutOfBounds')
    const poor = market.write.retryCallback([request, result, 1_000_000n], { gas: 900_000n })
    assert.equal(await revertOf(poor), 'NotEnoughGas')
  })

  it('[MKT-21] is not tried a week after its deadline', async () => {
    const { world, market } = built()
    const { request, result } = await failed()
    const deadline = request.deadline + 7n * 86_400n
    await world.networkHelpers.time.increaseTo(deadline)
    const late = market.write.retryCallback([request, result, 500_000n], { gas: 1_000_000n })
    assert.equal(await revertOf(late), 'CallbackTooLate')
  })
})
