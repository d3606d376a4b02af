/** Many requests settled by one certificate. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, keccak256, parseEventLogs, slice, stringToHex, zeroAddress } from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { reportDigest } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import {
  createWorld,
  FUEL_USED,
  given,
  type MarketRequest,
  revertOf,
  type World,
  ZERO_HASH,
} from './support/world.ts'

const FULFILLED = 2
const CALLBACK_FAILED = 3
const CALLBACK_GAS = 100_000
const GAS = 16_000_000n

interface Asked {
  readonly requestId: Hex
  readonly request: MarketRequest
}

/** Asked in one block's time, so that one round draws one committee for all. */
async function askMany(world: World, functionId: Hex, count: number): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  for (let i = 0; i < count; i++)
    asked.push(await world.request(functionId, { input: stringToHex(`question ${i}`) }, 10n ** 15n))
  for (const { request } of asked)
    assert.equal(request.attempts[0]?.round, asked[0]?.request.attempts[0]?.round)
  return asked
}

const outputOf = (i: number): Hex => stringToHex(`answer ${i}`)
const resultOf = (i: number) => ({
  exit: 0,
  fuelUsed: FUEL_USED,
  evidenceHash: ZERO_HASH,
  output: outputOf(i),
})

function leafOf({ requestId }: Asked, i: number): Hex {
  const { output, ...rest } = resultOf(i)
  return reportDigest({ requestId, outputHash: keccak256(output), ...rest })
}

const itemsOf = (some: readonly Asked[], resultOfPlace = resultOf): Hex =>
  encodeBatchItems(some.map(({ request }, i) => ({ ...request, ...resultOfPlace(i) })))

/** The batch of all of `asked`, of which those in `here` are settled in this transaction. */
async function batchOf(world: World, asked: readonly Asked[], here = asked.map((_, i) => i)) {
  const leaves = asked.map(leafOf)
  const [first] = asked
  assert(first)
  const certificate = await world.certificateOver(first.request, merkleRoot(leaves))
  const some = here.map((i) => asked[i] as Asked)
  return [
    (some[0] ?? first).request,
    itemsOf(some, (place) => resultOf(here[place] ?? 0)),
    {
      attempt: 0,
      view_: 0,
      leaves: leaves.map((leaf, i) => (here.includes(i) ? ZERO_HASH : leaf)),
      certificate,
    },
  ] as const
}

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  const functionId = await world.deployFunction()
  await world.networkHelpers.time.setNextBlockTimestamp((await world.publicClient.getBlock()).timestamp + 3n)
  const asked = await askMany(world, functionId, 5)
  const [first] = asked
  assert(first)
  await world.openWindow(first.request)
  return { world, functionId, asked, market: world.market, account: world.accounts.submitter.account }
})

describe('a batch', () => {
  for (const count of [1, 2, 3, 5])
    it(`[MKT-17] [FEE-9] [FMT-5] of ${count} settles each of its requests, and pays as one by one would`, async () => {
      const { world, asked, market, account } = built()
      const some = asked.slice(0, count)
      const receipt = await world.receiptOf(
        market.write.fulfillBatch(await batchOf(world, some), { account, gas: GAS }),
      )
      const logs = parseEventLogs({
        abi: computeMarketAbi,
        logs: receipt.logs,
        eventName: 'RequestFulfilledInBatch',
      })
      assert.deepEqual(
        logs.map(({ args }) => [args.requestId, args.result.output]),
        some.map(({ requestId }, i) => [requestId, outputOf(i)]),
      )
      let submitter = 0n
      for (const { args } of logs) submitter += args.payment.submitter
      assert.equal(await market.read.creditOf([account.address]), submitter)
      const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
      const price = (baseFeePerGas ?? 0n) + 2n * 10n ** 9n
      const bytes = 40n * BigInt('question 0answer 0'.length)
      const alone = 100_000n + 13_000n * 4n
      const shared = alone / BigInt(count) + 28_000n
      assert.equal(logs[0]?.args.payment.submitter, ((shared < alone ? shared : alone) + bytes) * price)
      const signers = (await world.committeeOf(some[0]?.request as MarketRequest)).slice(0, 4)
      const perSeat = logs[0]?.args.payment.perSeat ?? 0n
      for (const { attestor } of signers)
        assert.equal(await market.read.nodeCreditOf([attestor]), perSeat * BigInt(count))
      for (const { requestId } of some)
        assert.deepEqual(await market.read.statusOf([requestId]), [FULFILLED, 0n])
      await balanceIsWhatIsOwed(asked.slice(count))
    })

  it('[MKT-17] [MKT-20] reimburses of each request up to what that one was raised to', async () => {
    const { world, asked, market, account } = built()
    const gwei = 10n ** 9n
    const some = asked.slice(0, 2)
    const [, raised] = some
    assert(raised)
    const requester = world.accounts.requester.account
    await market.write.topUp([raised.request, 30n * gwei], { account: requester, value: 10n ** 17n })
    await world.networkHelpers.setNextBlockBaseFeePerGas(20n * gwei)
    const receipt = await world.receiptOf(
      market.write.fulfillBatch(await batchOf(world, some), { account, gas: GAS, maxFeePerGas: 99n * gwei }),
    )
    const logs = parseEventLogs({
      abi: computeMarketAbi,
      logs: receipt.logs,
      eventName: 'RequestFulfilledInBatch',
    })
    const gas = (100_000n + 13_000n * 4n) / 2n + 28_000n + 40n * BigInt('question 0answer 0'.length)
    assert.deepEqual(
      logs.map(({ args }) => args.payment.submitter),
      [gas * 10n * gwei, gas * 22n * gwei],
    )
  })

  it('[MKT-17] may be settled one by one, from any of its leaves', async () => {
    const { world, asked, market, account } = built()
    for (const i of [3, 0, 4])
      await world.receiptOf(
        market.write.fulfillBatch(await batchOf(world, asked, [i]), { account, gas: GAS }),
      )
    const statuses = await Promise.all(asked.map(({ requestId }) => market.read.statusOf([requestId])))
    assert.deepEqual(
      statuses.map(([status]) => status),
      [2, 1, 1, 2, 2],
    )
    await balanceIsWhatIsOwed([asked[1] as Asked, asked[2] as Asked])
  })

  it('[MKT-17] passes over a request that is settled already, also by itself', async () => {
    const { world, asked, market, account } = built()
    const one = asked[1] as Asked
    await world.fulfill(one.request, await world.certify(one.requestId, one.request, { output: outputOf(1) }))
    const receipt = await world.receiptOf(
      market.write.fulfillBatch(await batchOf(world, asked), { account, gas: GAS }),
    )
    const logs = parseEventLogs({
      abi: computeMarketAbi,
      logs: receipt.logs,
      eventName: 'RequestFulfilledInBatch',
    })
    assert.equal(logs.length, 4)
    await balanceIsWhatIsOwed([])
  })

  it('[MKT-17] says nothing of requests of which none is open', async () => {
    const { world, asked, market, account } = built()
    const args = await batchOf(world, asked)
    await world.receiptOf(market.write.fulfillBatch(args, { account, gas: GAS }))
    assert.equal(await revertOf(market.write.fulfillBatch(args, { account, gas: GAS })), 'BatchMismatch')
  })

  it('[MKT-17] [MKT-5] settles a request once, also when it is in the tree twice', async () => {
    const { world, asked, market, account } = built()
    const [first, second] = asked as [Asked, Asked]
    const twice = [first, first, second]
    const leaves = [leafOf(first, 0), leafOf(first, 0), leafOf(second, 1)]
    const certificate = await world.certificateOver(first.request, merkleRoot(leaves))
    const args = [
      first.request,
      itemsOf(twice, (place) => resultOf(place === 2 ? 1 : 0)),
      { attempt: 0, view_: 0, leaves: leaves.map(() => ZERO_HASH), certificate },
    ] as const
    const receipt = await world.receiptOf(market.write.fulfillBatch(args, { account, gas: GAS }))
    const logs = parseEventLogs({
      abi: computeMarketAbi,
      logs: receipt.logs,
      eventName: 'RequestFulfilledInBatch',
    })
    assert.equal(logs.length, 2)
    await balanceIsWhatIsOwed(asked.slice(2))
  })

  it('[MKT-17] [MKT-7] is refused with another output, order or leaf than was signed', async () => {
    const { world, asked, market } = built()
    const [shared, items, batch] = await batchOf(world, asked)
    const refused = async (...args: Parameters<typeof market.write.fulfillBatch>[0]) =>
      await revertOf(market.write.fulfillBatch(args))
    const wrong = itemsOf(asked, (i) => ({
      ...resultOf(i),
      ...(i === 2 ? { output: stringToHex('forged') } : {}),
    }))
    assert.equal(await refused(shared, wrong, batch), 'InvalidAttestation')
    const last = asked.length - 1
    const reversed = itemsOf(asked.toReversed(), (i) => resultOf(last - i))
    assert.equal(await refused(shared, reversed, batch), 'InvalidAttestation')
    const fewer = { ...batch, leaves: batch.leaves.slice(1) }
    assert.equal(await refused(shared, items, fewer), 'BatchMismatch')
    assert.equal(await refused(shared, itemsOf(asked.slice(1)), batch), 'BatchMismatch')
    assert.equal(await refused(shared, '0x', { ...batch, leaves: [] }), 'BatchMismatch')
  })

  it('[MKT-17] [FMT-10] is refused when an item ends early, or something follows the last', async () => {
    const { world, asked, market } = built()
    const [shared, items, batch] = await batchOf(world, asked)
    const refused = async (list: Hex) => await revertOf(market.write.fulfillBatch([shared, list, batch]))
    for (const bytes of [1, 9, 78, 95]) assert.equal(await refused(slice(items, 0, -bytes)), 'BatchMismatch')
    assert.equal(await refused(`${items}00`), 'BatchMismatch')
    // An output said to be longer than what is left, and one as long as lengths can say.
    const head = slice(items, 0, 74)
    for (const length of ['00000100', 'ffffffff'])
      assert.equal(await refused(`${head}${length}${items.slice(2 + 2 * 78)}`), 'BatchMismatch')
  })

  it('[MKT-17] [MKT-8] holds each of its results to the bounds of the request', async () => {
    const { world, asked, market } = built()
    const [shared, , batch] = await batchOf(world, asked)
    const { fuelLimit, outputBytesMax } = shared
    for (const [error, wrong] of [
      ['FuelAboveLimit', { fuelUsed: fuelLimit + 1n }],
      ['FuelBelowLimit', { exit: 0x100 }],
      ['OutputTooLarge', { output: `0x${'11'.repeat(outputBytesMax + 1)}` }],
    ] as const) {
      const items = itemsOf(asked, (i) => ({ ...resultOf(i), ...(i === 3 ? wrong : {}) }))
      assert.equal(await revertOf(market.write.fulfillBatch([shared, items, batch])), error)
    }
  })

  it('[MKT-17] [MKT-5] does not settle a request whose shared part is another', async () => {
    const { world, functionId, asked, market } = built()
    const [first] = asked as [Asked]
    // Of another committee size, function or schedule: what the first says of these makes an id nobody opened.
    const larger = await world.request(functionId, { committeeSize: 6 })
    const other = await world.request(await world.deployFunction({ entry: 'other' }))
    const fewerAttempts = await world.request(functionId, { attempts: 1 })
    for (const stranger of [larger, other, fewerAttempts]) {
      const mixed = [first, { requestId: stranger.requestId, request: stranger.request }]
      const args = await batchOf(world, mixed)
      assert.equal(await revertOf(market.write.fulfillBatch(args)), 'InvalidAttestation')
    }
  })

  it('[MKT-17] reads of the shared request only what an item does not say', async () => {
    const { world, asked, market, account } = built()
    const [shared, items, batch] = await batchOf(world, asked)
    const stripped = {
      ...shared,
      requester: zeroAddress,
      nonce: 0n,
      callbackTarget: zeroAddress,
      callbackGas: 0,
      maxFeePerGas: 0n,
      input: '0x',
    } as const
    await world.receiptOf(market.write.fulfillBatch([stripped, items, batch], { account, gas: GAS }))
    for (const { requestId } of asked)
      assert.deepEqual(await market.read.statusOf([requestId]), [FULFILLED, 0n])
    await balanceIsWhatIsOwed([])
  })

  it('[MKT-17] [MKT-6] counts in its window only', async () => {
    const { world, asked, market } = built()
    const args = await batchOf(world, asked)
    await world.networkHelpers.time.increaseTo(asked[0]?.request.attempts[0]?.closesAt ?? 0n)
    assert.equal(await revertOf(market.write.fulfillBatch(args)), 'OutsideWindow')
  })

  it('[MKT-10] [MKT-17] goes on when callbacks revert, burn their gas or come back', async () => {
    const { world, functionId, market, account } = built()
    const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
    const value = (await market.read.quote([params])) + 10n ** 16n
    const consumers = await Promise.all([0, 1, 2, 3].map(() => deployHostileConsumer(world)))
    const asked: Asked[] = []
    for (const consumer of consumers)
      asked.push(await world.submitted(consumer.write.ask([params], { value })))
    await world.openWindow((asked.at(-1) as Asked).request)
    const modes = [CALLBACK_MODE.burnGas, CALLBACK_MODE.accept, CALLBACK_MODE.revert, CALLBACK_MODE.accept]
    for (const [i, consumer] of consumers.entries()) await consumer.write.set([modes[i] ?? 0, '0x'])
    const same = asked.every(
      ({ request }) => request.attempts[0]?.round === asked[0]?.request.attempts[0]?.round,
    )
    assert(same, 'asked in one round')
    await world.receiptOf(market.write.fulfillBatch(await batchOf(world, asked), { account, gas: GAS }))
    const statuses = await Promise.all(asked.map(({ requestId }) => market.read.statusOf([requestId])))
    assert.deepEqual(
      statuses.map(([status]) => status),
      [CALLBACK_FAILED, FULFILLED, CALLBACK_FAILED, FULFILLED],
    )
    assert.equal(await consumers[3]?.read.lastOutput(), outputOf(3))
    await balanceIsWhatIsOwed(
      built().asked,
      consumers.map(({ address }) => address),
    )
  })

  it('[MKT-10] [MKT-17] has gas for every callback before the first is made', async () => {
    const { world, functionId, market, account } = built()
    const params = world.paramsOf(functionId, { callbackGas: 1_000_000 })
    const value = (await market.read.quote([params])) + 10n ** 16n
    const consumer = await deployHostileConsumer(world)
    const asked: Asked[] = []
    for (let i = 0; i < 2; i++) asked.push(await world.submitted(consumer.write.ask([params], { value })))
    await world.openWindow((asked[0] as Asked).request)
    const args = await batchOf(world, asked)
    assert.equal(
      await revertOf(market.write.fulfillBatch(args, { account, gas: 2_000_000n })),
      'NotEnoughGas',
    )
  })
})

/** [MKT-14] with these requests still open. */
async function balanceIsWhatIsOwed(open: readonly Asked[], more: readonly Hex[] = []): Promise<void> {
  const { world, market } = built()
  const { requester, submitter, functionOwner, treasury } = world.accounts
  let owed = await market.read.pool()
  for (const { requestId } of open) owed += (await market.read.statusOf([requestId]))[1]
  const accounts = [requester, submitter, functionOwner, treasury].map(({ account }) => account.address)
  for (const account of [...accounts, ...more]) owed += await market.read.creditOf([account])
  for (let i = 0; i < 7; i++)
    owed += await market.read.nodeCreditOf([await world.nodes.read.nodeAt([BigInt(i)])])
  assert.equal(await world.publicClient.getBalance({ address: market.address }), owed)
}
