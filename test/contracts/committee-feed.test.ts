/** A feed of a standing committee: asked, answered by proofs of a key whose secret is known, and its members paid. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getContract, type Hex } from 'viem'
import { observedSubject } from '../../src/core/circuit/observing.ts'
import { observationContext, packStatement } from '../../src/crypto/committee-proof.ts'
import { committeeFeedAbi } from '../../src/protocol/abi/committee-feed.ts'
import { dikastCallbackAbi } from '../../src/protocol/abi/dikast-callback.ts'
import { trapdoor } from '../crypto/trapdoor.ts'
import { deployCircuit, proofFor, words } from './support/circuits.ts'
import { CHAIN_ID, deployStanding, drawStanding, registerSchnorr } from './support/standing.ts'
import { createWorld, given, type MarketRequest, nodeKey, revertArgsOf, revertOf } from './support/world.ts'

const SIZE = 4
const QUORUM = 3
const SEAT_PAY = 10n ** 12n
const PERIOD_SECONDS = 30
const FUNDS = 10n ** 18n
const GAS = 16_000_000n
const PAYEE = '0x00000000000000000000000000000000000c0ffe'
const DAY_SECONDS = 86_400

const CONFIG = {
  size: SIZE,
  quorum: QUORUM,
  periodSeconds: PERIOD_SECONDS,
  epochAgeMax: 1,
  callbackGas: 150_000,
  attempts: 1,
  maxFeePerGas: 10n ** 10n,
  seatPay: SEAT_PAY,
}
/** As many public signals as `committee-feed-N` has. */
const circuit = trapdoor({ outputs: 1, inputs: 2 })

const built = given(async () => {
  const world = await createWorld()
  const standing = await deployStanding(world)
  for (let i = 0; i < 5; i++) {
    await world.register(nodeKey(i))
    await registerSchnorr(world, standing.keys, i)
  }
  await world.nextEpoch()
  const epoch = await drawStanding(world, standing)
  const functionId = await deployCircuit(world, circuit.key)
  const deployFeed = async (change: Partial<typeof CONFIG> = {}) => {
    const config = { functionId, ...CONFIG, ...change }
    const { market, nodeRegistry } = world.deployment
    const args = [market, standing.committees.address, nodeRegistry, config]
    const { address } = await world.viem.deployContract('CommitteeFeed', args)
    const client = { public: world.publicClient, wallet: world.accounts.stranger }
    return getContract({ abi: committeeFeedAbi, address, client })
  }
  const feed = await deployFeed()
  await world.accounts.deployer.sendTransaction({ to: feed.address, value: FUNDS })
  await standing.committees.write.check([epoch, SIZE], { gas: GAS })
  return { world, ...standing, epoch, functionId, feed, deployFeed }
})

type Feed = ReturnType<typeof built>['feed']
interface Asked {
  readonly requestId: Hex
  readonly request: MarketRequest
  readonly askedAt: bigint
}

async function ask(feed: Feed = built().feed, value = 0n): Promise<Asked> {
  const { world } = built()
  const { requestId, request, receipt } = await world.submitted(feed.write.ask({ value }))
  const { timestamp } = await world.publicClient.getBlock({ blockHash: receipt.blockHash })
  return { requestId, request, askedAt: timestamp }
}

const pass = async (seconds: number) => await built().world.networkHelpers.time.increase(seconds)

async function askAfter(): Promise<Asked> {
  await pass(PERIOD_SECONDS)
  return await ask()
}

/** Settles a request with an output; anybody may choose which, as the key's secret is known. */
async function settle({ requestId, request }: Asked, output: bigint) {
  const { world } = built()
  await world.openWindow(request)
  const fulfillment = proofFor(circuit, requestId, request, { output: words(output) })
  const { account } = world.accounts.submitter
  const sent = world.market.write.fulfillWithProof([request, fulfillment], { account, gas: GAS })
  return await world.gasOf(sent)
}

function statement(result: bigint, bitmap: bigint): bigint {
  const count = [...bitmap.toString(2)].filter((bit) => bit === '1').length
  return packStatement({ result, count, bitmap })
}

const answer = async (asked: Asked, result = 2_000n, bitmap = 0b1011n) =>
  await settle(asked, statement(result, bitmap))

const balanceOf = async (address: Hex) => await built().world.publicClient.getBalance({ address })
const unpaid = async (slot: number, group = 0n) =>
  await built().feed.read.unpaidSeats([built().epoch, slot, group])
const claim = (
  slot: number,
  groups: readonly bigint[] = [0n],
  account = built().world.accounts.operator.account,
) => built().feed.write.claimSeats([built().epoch, slot, groups, PAYEE], { account })

/** What the feed holds beyond what it says it has: what its members are owed, or may be. */
async function owed(): Promise<bigint> {
  const { feed, world } = built()
  const all = (await balanceOf(feed.address)) + (await world.market.read.creditOf([feed.address]))
  return all - (await feed.read.available())
}

async function callBack(requestId: Hex, exit: number, output: Hex, feed = built().feed): Promise<string> {
  const { world, functionId } = built()
  const test = await world.viem.getTestClient()
  const account = world.deployment.market
  await test.impersonateAccount({ address: account })
  await test.setBalance({ address: account, value: FUNDS })
  const client = { public: world.publicClient, wallet: await world.viem.getWalletClient(account) }
  const called = getContract({
    abi: [...dikastCallbackAbi, ...committeeFeedAbi],
    address: feed.address,
    client,
  })
  return await revertOf(called.write.fulfillCompute([requestId, functionId, 1n, 1n, exit, output]))
}

describe('a committee feed that is asked', () => {
  it('[STC-8] names the newest root that counts, and the context of itself, its circuit and the second', async () => {
    const { feed, functionId, committees, epoch } = built()
    const { request, requestId, askedAt } = await ask()
    const [, keyRoot] = await committees.read.latest([SIZE])
    const subject = observedSubject(functionId, askedAt)
    const ctx = observationContext({ chainId: CHAIN_ID, contract: feed.address, subject })
    assert.equal(request.input, words(keyRoot, ctx))
    assert.equal(request.functionId, functionId)
    assert.equal(request.requester.toLowerCase(), feed.address.toLowerCase())
    assert.deepEqual(await feed.read.askOf([requestId]), [askedAt, epoch])
    const [event] = await feed.getEvents.Asked()
    assert.deepEqual(event?.args, { requestId, askedAt, epoch, keyRoot })
  })

  it('[STC-9] is asked by anyone, once a period', async () => {
    const { world, feed } = built()
    assert.equal(await feed.read.nextAskAt(), 0n)
    const { askedAt } = await ask()
    const nextAt = askedAt + BigInt(PERIOD_SECONDS)
    assert.equal(await feed.read.nextAskAt(), nextAt)
    await world.networkHelpers.time.setNextBlockTimestamp(nextAt - 1n)
    assert.equal(await revertOf(feed.write.ask({ gas: GAS })), 'AskedTooSoon')
    await world.networkHelpers.time.setNextBlockTimestamp(nextAt)
    assert.equal(await revertOf(feed.write.ask({ gas: GAS })), 'no revert')
  })

  it('[STC-9] asks no committee that is too old, and none when there is none', async () => {
    const { world, deployFeed, feed, epoch } = built()
    const large = await deployFeed({ size: 15, quorum: 10 })
    assert.equal(await revertOf(large.write.ask()), 'NoCommittee')
    const again = async () => {
      await world.nextEpoch()
      await world.gasOf(world.nodes.write.sealEpoch({ gas: GAS }))
    }
    await again()
    assert.equal(await revertOf(feed.write.ask()), 'no revert')
    await again()
    assert.deepEqual(await revertArgsOf(feed.write.ask()), {
      name: 'StaleCommittee',
      args: [epoch, epoch + 2],
    })
  })

  it('[STC-9] asks nothing at a base fee it does not reimburse', async () => {
    const { world, deployFeed } = built()
    const feed = await deployFeed({ maxFeePerGas: 1n })
    await world.accounts.deployer.sendTransaction({ to: feed.address, value: FUNDS })
    await world.networkHelpers.setNextBlockBaseFeePerGas(2n)
    assert.equal(await revertOf(feed.write.ask({ gas: GAS, maxFeePerGas: 10n ** 10n })), 'BaseFeeTooHigh')
    await world.networkHelpers.setNextBlockBaseFeePerGas(1n)
    assert.equal(await revertOf(feed.write.ask({ gas: GAS, maxFeePerGas: 10n ** 10n })), 'no revert')
  })

  it('[STC-9] pays from what it holds, and keeps what members may be owed', async () => {
    const { deployFeed, feed } = built()
    const price = await feed.read.price()
    const poor = await deployFeed()
    assert.equal(await revertOf(poor.write.ask({ value: price - 1n })), 'Underfunded')
    assert.equal(await revertOf(poor.write.ask({ value: price })), 'no revert')
    assert.equal(await balanceOf(poor.address), SEAT_PAY * BigInt(SIZE))
    assert.equal(await poor.read.available(), 0n)
    await pass(PERIOD_SECONDS)
    // All but what is set aside would be enough with it.
    const missing = price - SEAT_PAY * BigInt(SIZE)
    assert.equal(await revertOf(poor.write.ask({ value: missing })), 'Underfunded')
    assert.equal(await revertOf(poor.write.ask({ value: price })), 'no revert')
    assert.equal(await balanceOf(poor.address), 2n * SEAT_PAY * BigInt(SIZE))
  })

  it('[STC-9] takes back from the market what a request did not spend, when it is asked again', async () => {
    const { world, feed } = built()
    await answer(await ask())
    const credit = await world.market.read.creditOf([feed.address])
    assert(credit > 0n)
    const before = await feed.read.available()
    const { request } = await askAfter()
    assert.equal(await world.market.read.creditOf([feed.address]), 0n)
    assert(before - (await feed.read.available()) <= (await feed.read.price()))
    assert.equal(request.committeeSize, 1)
  })
})

describe('a committee feed’s answer', () => {
  it('[STC-10] is the value, when it was asked for, and whose median it is', async () => {
    const { feed, epoch } = built()
    const asked = await ask()
    await answer(asked)
    const [event] = await feed.getEvents.Answered()
    const { requestId, askedAt } = asked
    const given = { askedAt, epoch, value: 2_000n, count: 3, bitmap: 0b1011 }
    assert.deepEqual(event?.args, { requestId, ...given })
    assert.deepEqual(await feed.read.latestAnswer(), given)
    assert.deepEqual(await feed.read.askOf([requestId]), [0n, 0])
  })

  it('[STC-10] asked for later stays, when an earlier one comes after it', async () => {
    const { feed } = built()
    const first = await ask()
    const second = await askAfter()
    await answer(second, 7n)
    await answer(first, 6n)
    const latest = await feed.read.latestAnswer()
    assert.deepEqual([latest.value, latest.askedAt], [7n, second.askedAt])
    // Its members are paid all the same.
    assert.equal(await unpaid(0), 2n)
  })

  it('[STC-10] has a quorum, of members there are: nothing else counts, and nothing reverts', async () => {
    const { world, feed } = built()
    for (const [packed, refusal] of [
      [statement(1n, 0b11n), 1],
      [0n, 1],
      // A fifth slot of four; a count that is not the bitmap's.
      [statement(1n, 0b10111n), 0],
      [packStatement({ result: 1n, count: 4, bitmap: 0b111n }), 0],
      [packStatement({ result: 1n, count: 255, bitmap: 0b1111n }), 0],
    ] as const) {
      const asked = await askAfter()
      await settle(asked, packed)
      const [event] = await feed.getEvents.Refused()
      assert.deepEqual(event?.args, { requestId: asked.requestId, refusal })
      assert.equal((await world.market.read.statusOf([asked.requestId]))[0], 2)
      assert.equal(await owed(), 0n)
    }
    assert.equal((await feed.read.latestAnswer()).askedAt, 0n)
    for (let slot = 0; slot < SIZE; slot++) assert.equal(await unpaid(slot), 0n)
  })

  it('[STC-10] is no other exit and no other length, and those do not revert either', async () => {
    const { feed } = built()
    const good = words(statement(5n, 0b111n))
    for (const [exit, output] of [
      [1, good],
      [0x100, '0x'],
      [0, `${good}00`],
      [0, good.slice(0, -2)],
      [0, '0x'],
    ] as const) {
      const { requestId } = await askAfter()
      assert.equal(await callBack(requestId, exit, output as Hex), 'no revert')
      assert.equal((await feed.read.latestAnswer()).askedAt, 0n)
      assert.deepEqual(await feed.read.askOf([requestId]), [0n, 0])
    }
  })

  it('[STC-10] comes from the market, for a request of the feed, once', async () => {
    const { world, feed, functionId } = built()
    const { requestId } = await ask()
    const output = words(statement(5n, 0b111n))
    const data = encodeFunctionData({
      abi: dikastCallbackAbi,
      functionName: 'fulfillCompute',
      args: [requestId, functionId, 1n, 1n, 0, output],
    })
    await assert.rejects(world.accounts.stranger.sendTransaction({ to: feed.address, data }), /NotMarket/)
    assert.equal(await callBack(`0x${'11'.repeat(32)}`, 0, output), 'UnknownRequest')
    assert.equal(await callBack(requestId, 0, output), 'no revert')
    assert.equal(await callBack(requestId, 0, output), 'UnknownRequest')
  })

  it('[STC-10] fits the least gas a feed buys for it, the first one too', async () => {
    const { world, deployFeed } = built()
    const tight = await deployFeed({ callbackGas: 130_000 })
    await world.accounts.deployer.sendTransaction({ to: tight.address, value: FUNDS })
    const asked = await ask(tight)
    await settle(asked, statement(9n, 0b1111n))
    assert.equal((await tight.read.latestAnswer()).value, 9n)
    assert.equal((await world.market.read.statusOf([asked.requestId]))[0], 2)
  })
})

describe('what a feed’s members earn', () => {
  it('[STC-11] is a seat’s pay for each answer they are in, and for no other', async () => {
    await answer(await ask(), 1n, 0b1011n)
    await answer(await askAfter(), 1n, 0b1110n)
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map((slot) => unpaid(slot))), [1n, 2n, 1n, 2n])
    assert.equal(await owed(), 6n * SEAT_PAY)
    assert.equal(await built().feed.read.answersOf([built().epoch]), 2n)
  })

  it('[STC-11] is pulled by the operator of the member’s node, once', async () => {
    const { world, feed } = built()
    await answer(await ask(), 1n, 0b1011n)
    const stranger = world.accounts.stranger.account
    assert.equal(await revertOf(claim(0, [0n], stranger)), 'NotNodeOperator')
    assert.equal(await revertOf(claim(2)), 'NothingToClaim')
    assert.equal(await revertOf(claim(SIZE)), 'UnknownSlot')
    assert.equal(await revertOf(feed.read.unpaidSeats([built().epoch, SIZE, 0n])), 'UnknownSlot')
    // The same group twice counts once.
    assert.equal(await revertOf(claim(1, [0n, 0n, 1n])), 'no revert')
    assert.equal(await balanceOf(PAYEE), SEAT_PAY)
    assert.equal(await revertOf(claim(1)), 'NothingToClaim')
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map((slot) => unpaid(slot))), [1n, 0n, 0n, 1n])
    assert.equal(await owed(), 2n * SEAT_PAY)
    const account = world.accounts.operator.account
    const refusing = feed.write.claimSeats([built().epoch, 0, [0n], world.deployment.market], { account })
    assert.equal(await revertOf(refusing), 'TransferFailed')
    assert.equal(await unpaid(0), 1n)
  })

  it('[STC-11] is counted in groups of 255 answers, of which no counter overflows', async () => {
    const { world, deployFeed, epoch } = built()
    // Before the snapshot grows too old to ask with.
    const feed = await deployFeed({ periodSeconds: 1 })
    await world.accounts.deployer.sendTransaction({ to: feed.address, value: 10n * FUNDS })
    const output = words(statement(5n, 0b1101n))
    for (let i = 0; i < 256; i++) {
      await pass(1)
      const { requestId } = await ask(feed)
      assert.equal(await callBack(requestId, 0, output, feed), 'no revert')
    }
    const counts = (group: bigint) =>
      Promise.all([0, 1, 2, 3].map((slot) => feed.read.unpaidSeats([epoch, slot, group])))
    assert.deepEqual(await counts(0n), [255n, 0n, 255n, 255n])
    assert.deepEqual(await counts(1n), [1n, 0n, 1n, 1n])
    const { account } = world.accounts.operator
    await feed.write.claimSeats([epoch, 3, [0n, 1n], PAYEE], { account })
    assert.equal(await balanceOf(PAYEE), 256n * SEAT_PAY)
    assert.equal(await feed.read.answersOf([epoch]), 256n)
  })
})

describe('a request of a feed that is not answered', () => {
  it('[STC-12] frees what was set aside once it expired, and not before', async () => {
    const { world, feed } = built()
    const { request, requestId } = await ask()
    assert.equal(await owed(), SEAT_PAY * BigInt(SIZE))
    assert.equal(await revertOf(feed.write.release([requestId])), 'StillOpen')
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    assert.equal(await revertOf(feed.write.release([requestId])), 'StillOpen')
    await world.gasOf(world.market.write.expire([request]))
    assert.equal(await revertOf(feed.write.release([requestId])), 'no revert')
    assert.equal(await owed(), 0n)
    assert.equal(await revertOf(feed.write.release([requestId])), 'UnknownRequest')
  })

  it('[STC-12] keeps it while a callback that failed may be tried again', async () => {
    const { world, feed } = built()
    const asked = await ask()
    const test = await world.viem.getTestClient()
    const code = (await world.publicClient.getCode({ address: feed.address })) ?? '0x'
    // Whatever made the callback fail: here it has code that reverts.
    await test.setCode({ address: feed.address, bytecode: '0x5f5ffd' })
    await answer(asked)
    await test.setCode({ address: feed.address, bytecode: code })
    assert.equal((await world.market.read.statusOf([asked.requestId]))[0], 3)
    assert.equal(await revertOf(feed.write.release([asked.requestId])), 'StillOpen')
    await world.networkHelpers.time.increaseTo(asked.askedAt + BigInt(14 * DAY_SECONDS - 2))
    assert.equal(await revertOf(feed.write.release([asked.requestId])), 'StillOpen')
    await pass(3)
    assert.equal(await revertOf(feed.write.release([asked.requestId])), 'no revert')
    assert.equal(await owed(), 0n)
  })
})

describe('the contract of a feed', () => {
  it('[STC-9] is built within bounds, and tells what it was built with', async () => {
    const { deployFeed, feed, functionId, committees } = built()
    for (const [change, field] of [
      [{ size: 3, quorum: 3 }, 'size'],
      [{ size: 31, quorum: 21 }, 'size'],
      [{ quorum: 2 }, 'quorum'],
      [{ quorum: 5 }, 'quorum'],
      [{ periodSeconds: 0 }, 'periodSeconds'],
      [{ callbackGas: 129_999 }, 'callbackGas'],
      [{ attempts: 4 }, 'attempts'],
    ] as const)
      await assert.rejects(deployFeed(change), new RegExp(`InvalidConfig\\("${field}"\\)`))
    assert.deepEqual(await feed.read.config(), { functionId, ...CONFIG })
    assert.equal((await feed.read.committees()).toLowerCase(), committees.address.toLowerCase())
  })
})
