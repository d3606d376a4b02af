/** Calling back: a hostile consumer can lose its result, and nothing else can be lost to it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  encodeAbiParameters,
  encodeFunctionData,
  getAbiItem,
  type Hex,
  parseEventLogs,
  stringToHex,
} from 'viem'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import { createWorld, given, type MarketParams, revertOf } from './support/world.ts'

const CALLBACK_GAS = 300_000
const GAS = { base: 100_000n, perSignature: 13_000n, perByte: 40n }
const Status = { fulfilled: 2, callbackFailed: 3 } as const
const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  const functionId = await world.deployFunction()
  const consumer = await deployHostileConsumer(world)
  return { world, functionId, consumer, market: world.market }
})

async function ask(overrides: Partial<MarketParams> = {}) {
  const { world, functionId, consumer, market } = built()
  const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS, ...overrides })
  const value = (await market.read.quote([params])) + 10n ** 16n
  const asked = await world.submitted(consumer.write.ask([params], { value }))
  await world.openWindow(asked.request)
  return asked
}

/** Asks, settles in the given mode, and checks that everyone was paid. */
async function settleIn(mode: number, payload: Hex = '0x') {
  const { world, consumer, market } = built()
  const asked = await ask()
  await consumer.write.set([mode, payload])
  const fulfillment = await world.certify(asked.requestId, asked.request)
  const settled = await world.fulfill(asked.request, fulfillment)
  const { payment } = settled
  assert.equal(await market.read.creditOf([world.accounts.submitter.account.address]), payment.submitter)
  assert.equal(await market.read.creditOf([consumer.address]), payment.refund)
  const [status] = await market.read.statusOf([asked.requestId])
  const failures = parseEventLogs({
    abi: computeMarketAbi,
    logs: settled.receipt.logs,
    eventName: 'CallbackFailed',
  })
  assert.equal(failures.length, status === Status.callbackFailed ? 1 : 0)
  const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: settled.receipt.blockNumber })
  const base = GAS.base + GAS.perSignature * 4n + GAS.perByte * BigInt('a questionan answer'.length)
  const callbackGas = payment.submitter / ((baseFeePerGas ?? 0n) + 2n * 10n ** 9n) - base
  return { ...asked, ...settled, status, callbackGas }
}

describe('a callback', () => {
  it('[MKT-10] [MKT-15] brings the result to the consumer that asked', async () => {
    const { consumer } = built()
    const { status, requestId } = await settleIn(CALLBACK_MODE.accept)
    assert.equal(status, Status.fulfilled)
    assert.equal(await consumer.read.lastOutput(), stringToHex('an answer'))
    assert.equal(await consumer.read.lastRequest(), requestId)
  })

  it('[MKT-16] costs the requester the gas it used, not all it bought', async () => {
    const { callbackGas, gasUsed } = await settleIn(CALLBACK_MODE.accept)
    assert(callbackGas > 40_000n && callbackGas < 150_000n, `${callbackGas}`)
    assert(gasUsed > callbackGas)
  })

  it('[MKT-10] that reverts is paid for and marked as failed', async () => {
    const { status } = await settleIn(CALLBACK_MODE.revert)
    assert.equal(status, Status.callbackFailed)
  })

  it('[MKT-10] [MKT-16] that burns its gas costs what was bought, and no more', async () => {
    const { status, callbackGas, gasUsed } = await settleIn(CALLBACK_MODE.burnGas)
    assert.equal(status, Status.callbackFailed)
    assert.equal(callbackGas, BigInt(CALLBACK_GAS))
    assert(gasUsed < BigInt(CALLBACK_GAS) + 350_000n, `${gasUsed}`)
  })

  for (const mode of ['returnMegabytes', 'revertWithMegabytes'] as const) {
    it(`[MKT-10] costs no copy of 300 kB when it does ${mode}`, async () => {
      const { gasUsed, status } = await settleIn(CALLBACK_MODE[mode])
      assert.equal(status, mode === 'returnMegabytes' ? Status.fulfilled : Status.callbackFailed)
      assert(gasUsed < BigInt(CALLBACK_GAS) + 350_000n, `${gasUsed}`)
    })
  }

  it('[MKT-10] cannot claim, fulfil or expire anything while it runs', async () => {
    const { world, consumer } = built()
    const other = await ask()
    const fulfillment = await world.certify(other.requestId, other.request)
    const calls = [
      { functionName: 'claim', args: [consumer.address] },
      { functionName: 'claimNode', args: [consumer.address, consumer.address] },
      { functionName: 'fulfill', args: [other.request, fulfillment] },
      { functionName: 'expire', args: [other.request] },
    ] as const
    for (const call of calls) {
      const snapshot = await world.networkHelpers.takeSnapshot()
      const { status } = await settleIn(
        CALLBACK_MODE.reenter,
        encodeFunctionData({ abi: computeMarketAbi, ...call }),
      )
      assert.equal(status, Status.fulfilled)
      assert.equal(await consumer.read.reentered(), false, call.functionName)
      // ReentrancyGuardReentrantCall()
      assert.equal(await consumer.read.reenterError(), '0x3ee5aeb5', call.functionName)
      await snapshot.restore()
    }
  })

  it('[MKT-10] may make the next request', async () => {
    const { world, functionId, consumer, market } = built()
    await world.accounts.deployer.sendTransaction({ to: consumer.address, value: 10n ** 17n })
    const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
    const payload = encodeAbiParameters(getAbiItem({ abi: computeMarketAbi, name: 'request' }).inputs, [
      params,
    ])
    const { status, receipt } = await settleIn(CALLBACK_MODE.requestAgain, payload)
    assert.equal(status, Status.fulfilled)
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestSubmitted' })
    assert(log)
    assert.equal((await market.read.statusOf([log.args.requestId]))[0], 1)
  })

  // Nobody has been credited before: what follows the call costs the most it can.
  for (const { callbackGas, outputBytes } of [
    { callbackGas: 60_000, outputBytes: 0 },
    { callbackGas: 300_000, outputBytes: 1_024 },
    { callbackGas: 400_000, outputBytes: 32_768 },
    { callbackGas: 2_000_000, outputBytes: 32_768 },
  ]) {
    it(`[MKT-10] gets ${callbackGas} gas and leaves enough to settle ${outputBytes} bytes, at the least limit that passes`, async () => {
      const { world, consumer, market } = built()
      const functionId = await world.deployFunction({
        outputBytesMax: 32_768,
        flatFeePerSeat: 2n * 10n ** 14n,
      })
      const params = world.paramsOf(functionId, { callbackGas })
      const value = (await market.read.quote([params])) + 10n ** 16n
      const { requestId, request } = await world.submitted(consumer.write.ask([params], { value }))
      await world.openWindow(request)
      const output: Hex = `0x${'5a'.repeat(outputBytes)}`
      const fulfillment = await world.certify(requestId, request, { output })
      const { account } = world.accounts.submitter
      /** What a fulfilment with this much gas leaves behind; then it never was. */
      const attempt = async (mode: keyof typeof CALLBACK_MODE, gas: bigint) => {
        const snapshot = await world.networkHelpers.takeSnapshot()
        await consumer.write.set([CALLBACK_MODE[mode], '0x'])
        const failure = await market.write
          .fulfill([request, fulfillment], { account, gas })
          .then(() => undefined, String)
        const [status] = await market.read.statusOf([requestId])
        const gasSeen = await consumer.read.gasSeen()
        await snapshot.restore()
        return { failure, status, gasSeen }
      }
      let [low, high] = [100_000n, 16_000_000n]
      const { gasSeen } = await attempt('measure', high)
      while (high - low > 1n) {
        const gas = (low + high) / 2n
        if ((await attempt('measure', gas)).failure === undefined) high = gas
        else low = gas
      }
      assert.equal((await attempt('measure', high)).gasSeen, gasSeen)
      assert.ok(gasSeen > (BigInt(callbackGas) * 9n) / 10n - 10_000n, `${gasSeen}`)
      assert.match((await attempt('measure', low)).failure ?? '', /NotEnoughGas/)
      const burnt = await attempt('burnGas', high)
      assert.deepEqual([burnt.failure, burnt.status], [undefined, Status.callbackFailed])
    })
  }
})

describe('a consumer', () => {
  it('[MKT-15] listens to its market only', async () => {
    const { consumer, functionId } = built()
    const { requestId } = await ask()
    const args = [requestId, functionId, 1n, 1n, 0, '0x'] as const
    assert.equal(await revertOf(consumer.write.fulfillCompute(args)), 'NotMarket')
  })

  it('[MKT-12] claims what it did not spend', async () => {
    const { world, consumer } = built()
    const { payment } = await settleIn(CALLBACK_MODE.accept)
    await consumer.write.claimTo([consumer.address])
    assert.equal(await world.publicClient.getBalance({ address: consumer.address }), payment.refund)
  })
})
