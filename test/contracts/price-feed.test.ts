/** The example consumer, through a whole request. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  encodeFunctionData,
  getContract,
  type Hex,
  numberToHex,
  parseAbi,
  parseEventLogs,
  stringToHex,
} from 'viem'
import { createWorld, given, revertOf } from './support/world.ts'

const abi = parseAbi([
  'function update(bytes input) payable returns (bytes32)',
  'function quote(bytes input) view returns (uint256)',
  'function claimRefund(address to) returns (uint256)',
  'function price() view returns (uint256)',
  'function updatedAt() view returns (uint64)',
  'event PriceUpdated(bytes32 indexed requestId, uint256 price)',
  'event PriceFailed(bytes32 indexed requestId, uint16 exit)',
  'event PriceOutdated(bytes32 indexed requestId)',
  'error NotOwner(address caller)',
])
const INPUT = stringToHex('{"pair":"ETH/USD","sources":[{"name":"a","price":"3012.42"}]}')
const FULFILLED = 2

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  const functionId = await world.deployFunction()
  const { address } = await world.viem.deployContract('PriceFeed', [world.deployment.market, functionId])
  const feed = getContract({
    abi,
    address,
    client: { public: world.publicClient, wallet: world.accounts.deployer },
  })
  return { world, feed }
})

async function update() {
  const { world, feed } = built()
  // One gwei more, because the base fee may rise in the block of the call.
  const value = ((await feed.read.quote([INPUT])) * 3n) / 2n
  return await world.submitted(feed.write.update([INPUT], { value }))
}

type Asked = Awaited<ReturnType<typeof update>>

async function answer({ requestId, request }: Asked, output: Hex, exit = 0) {
  const { world } = built()
  const { receipt } = await world.fulfill(request, await world.certify(requestId, request, { output, exit }))
  assert.equal((await world.market.read.statusOf([requestId]))[0], FULFILLED)
  return parseEventLogs({ abi, logs: receipt.logs })
}

describe('a price feed', () => {
  it('[MKT-10] stores the price its committee certified, and when', async () => {
    const { world, feed } = built()
    const asked = await update()
    await world.openWindow(asked.request)
    const [log] = await answer(asked, numberToHex(301_242_000_000n, { size: 32 }))
    assert.equal(log?.eventName, 'PriceUpdated')
    assert.equal(await feed.read.price(), 301_242_000_000n)
    assert.equal(await feed.read.updatedAt(), (await world.publicClient.getBlock()).timestamp)
  })

  it('keeps its price when the function fails', async () => {
    const { world, feed } = built()
    const asked = await update()
    await world.openWindow(asked.request)
    const [log] = await answer(asked, '0x', 2)
    assert.equal(log?.eventName, 'PriceFailed')
    assert.equal(await feed.read.updatedAt(), 0n)
  })

  it('does not let an older update overwrite a newer one', async () => {
    const { world, feed } = built()
    const [older, newer] = [await update(), await update()]
    await world.openWindow(newer.request)
    await answer(newer, numberToHex(2n, { size: 32 }))
    const [log] = await answer(older, numberToHex(1n, { size: 32 }))
    assert.equal(log?.eventName, 'PriceOutdated')
    assert.equal(await feed.read.price(), 2n)
  })

  it('is updated, and its refunds are claimed, by its owner only', async () => {
    const { world, feed } = built()
    const { account } = world.accounts.stranger
    assert.equal(await revertOf(feed.write.update([INPUT], { account, value: 10n ** 16n })), 'NotOwner')
    assert.equal(await revertOf(feed.write.claimRefund([account.address], { account })), 'NotOwner')
    const asked = await update()
    await world.openWindow(asked.request)
    await answer(asked, numberToHex(1n, { size: 32 }))
    const credit = await world.market.read.creditOf([feed.address])
    assert(credit > 0n)
    await feed.write.claimRefund([feed.address])
    assert.equal(await world.publicClient.getBalance({ address: feed.address }), credit)
  })

  it('needs far less than the callback gas it buys', async () => {
    const { world, feed } = built()
    const gas: bigint[] = []
    for (const price of [1n, 2n]) {
      const asked = await update()
      await world.openWindow(asked.request)
      const { account } = { account: world.market.address }
      await world.networkHelpers.impersonateAccount(account)
      const data = encodeFunctionData({
        abi: parseAbi(['function fulfillCompute(bytes32, bytes32, uint64, uint64, uint16, bytes)']),
        args: [asked.requestId, asked.request.functionId, 1n, 1n, 0, numberToHex(price, { size: 32 })],
      })
      gas.push((await world.publicClient.estimateGas({ account, to: feed.address, data })) - 21_000n)
      await answer(asked, numberToHex(price, { size: 32 }))
    }
    for (const used of gas) assert(used < 75_000n, gas.join())
  })
})
