/** Requests that come again: once an interval, within it, at their owner's cost. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { getAddress, type Hex, keccak256, parseEventLogs } from 'viem'
import { recurringRequestsAbi } from '../../src/protocol/abi/recurring-requests.ts'
import type { Address } from '../../src/protocol/types.ts'
import { actAs, answer, consumerAllowing, createPeripheryWorld, ETHER } from './support/periphery.ts'
import { EPOCH_SECONDS, given, type MarketParams, revertArgsOf, revertOf } from './support/world.ts'

const PERIOD = 100
const COUNT = 5
const BOUNTY_MAX = 10n ** 15n
const PURSE = 10n ** 17n
const CAP = 10n ** 17n
const SALT = `0x${'00'.repeat(32)}` as const
const CALLBACK_GAS = 200_000
const GWEI = 10n ** 9n

const built = given(async () => {
  const base = await createPeripheryWorld()
  const { market, recurring, owner } = base
  await market.write.setConsumer([recurring.address, CAP], { account: owner })
  return { ...base, keeper: base.world.accounts.stranger.account }
})

interface Plan {
  readonly owner: Address
  readonly callbackTarget: Address
  readonly salt: Hex
  readonly params: MarketParams
}

function planOf(change: Partial<Plan> = {}, params: Partial<MarketParams> = {}): Plan {
  const { world, functionId, owner } = built()
  return {
    owner: owner.address,
    callbackTarget: owner.address,
    salt: SALT,
    params: world.paramsOf(functionId, params),
    ...change,
  }
}

interface Times {
  readonly start?: number
  readonly period?: number
  readonly count?: number
  readonly bountyMax?: bigint
  readonly value?: bigint
  readonly account?: Address
}

function scheduling(plan: Plan, times: Times = {}) {
  const { recurring, owner } = built()
  const { start = 0, period = PERIOD, count = COUNT, bountyMax = BOUNTY_MAX, value = PURSE } = times
  const account = times.account ?? owner.address
  return recurring.write.schedule([plan, start, period, count, bountyMax], { account, value })
}

/** Schedules a plan, and says where its interval 0 began. */
async function scheduled(plan = planOf(), times: Times = {}) {
  const { world, recurring } = built()
  const receipt = await world.receiptOf(scheduling(plan, times))
  const [log] = parseEventLogs({ abi: recurringRequestsAbi, logs: receipt.logs, eventName: 'Scheduled' })
  assert(log)
  const { scheduleId, schedule } = log.args
  assert.equal(await recurring.read.scheduleIdOf([plan]), scheduleId)
  return { plan, scheduleId, start: schedule.start, log: log.args }
}

/** In a block of that second. */
async function triggerAt(time: number, plan: Plan, account: Address = built().keeper.address) {
  const { world, recurring } = built()
  await world.networkHelpers.time.setNextBlockTimestamp(time)
  return await world.submitted(recurring.write.trigger([plan, 0n], { account, gas: 3_000_000n }))
}

/** Why a trigger is refused in a block of that second. */
async function refusalAt(time: number, plan: Plan): Promise<string> {
  const { world, recurring, keeper } = built()
  await world.networkHelpers.time.increaseTo(time)
  return await revertOf(
    recurring.simulate.trigger([plan, 0n], { account: keeper.address, gas: 3_000_000n, blockTag: 'pending' }),
  )
}

/** The chain's second, of a block made now: the chain in process goes by the clock on the wall, and was put back. */
async function clock(): Promise<number> {
  const { networkHelpers, publicClient } = built().world
  await networkHelpers.mine()
  return Number((await publicClient.getBlock()).timestamp)
}

describe('a schedule', () => {
  it('[RECUR-1] is one slot, and its plan a hash; the event has the rest', async () => {
    const { world, recurring } = built()
    const { plan, scheduleId, start, log } = await scheduled()
    const schedule = { start, period: PERIOD, count: COUNT, next: 0, bountyMax: BOUNTY_MAX }
    assert.deepEqual(await recurring.read.scheduleOf([scheduleId]), schedule)
    assert.deepEqual(log.schedule, schedule)
    assert.deepEqual(
      {
        ...log.plan,
        callbackTarget: log.plan.callbackTarget.toLowerCase(),
        owner: log.plan.owner.toLowerCase(),
      },
      plan,
    )
    // The mapping is the contract's second slot; what follows its word in storage is empty.
    const slot = BigInt(keccak256(`0x${scheduleId.slice(2)}${'1'.padStart(64, '0')}`))
    const wordAt = async (place: bigint) =>
      BigInt(
        (await world.publicClient.getStorageAt({
          address: recurring.address,
          slot: `0x${place.toString(16).padStart(64, '0')}`,
        })) ?? '0x',
      )
    assert.equal(
      await wordAt(slot),
      BigInt(start) | (BigInt(PERIOD) << 40n) | (BigInt(COUNT) << 72n) | (BOUNTY_MAX << 136n),
    )
    assert.equal(await wordAt(slot + 1n), 0n)
  })

  it('[RECUR-1] is its owner’s to make, for himself alone', async () => {
    const { keeper } = built()
    const plan = planOf()
    const { name, args } = await revertArgsOf(scheduling(plan, { account: keeper.address, value: 0n }))
    assert.equal(name, 'NotScheduleOwner')
    assert.deepEqual(args, [getAddress(plan.owner), getAddress(keeper.address)])
  })

  it('[RECUR-1] has a period and an end that lies ahead, and is not made twice', async () => {
    const now = await clock()
    const refusal = (times: Times) => revertArgsOf(scheduling(planOf(), times))
    assert.deepEqual(await refusal({ period: 0 }), { name: 'InvalidSchedule', args: ['period'] })
    assert.deepEqual(await refusal({ count: 0 }), { name: 'InvalidSchedule', args: ['count'] })
    const over = { start: now - PERIOD * COUNT }
    assert.deepEqual(await refusal(over), { name: 'InvalidSchedule', args: ['count'] })
    await scheduled()
    assert.equal(await revertOf(scheduling(planOf())), 'AlreadyScheduled')
    await scheduled(planOf({ salt: `0x${'01'.repeat(32)}` }))
  })

  it('[RECUR-4] asks for its own plan only', async () => {
    const { start } = await scheduled()
    const { owner, keeper, store } = built()
    const others = [
      planOf({}, { input: '0x62' }),
      planOf({}, { maxFeePerGas: 11n * GWEI }),
      planOf({ callbackTarget: store.address }),
      planOf({ owner: keeper.address }),
      planOf({ salt: `0x${'01'.repeat(32)}` }),
    ]
    for (const plan of others) assert.equal(await refusalAt(start + 10, plan), 'UnknownSchedule')
    const { request } = await triggerAt(start + 20, planOf())
    assert.equal(request.requester, getAddress(owner.address))
    assert.equal(request.input, planOf().params.input)
  })

  it('[RECUR-5] ends when its owner cancels it, and only then', async () => {
    const { world, recurring, owner, keeper } = built()
    const { plan, scheduleId, start } = await scheduled()
    assert.equal(await revertOf(recurring.write.cancel([plan], { account: keeper })), 'NotScheduleOwner')
    await triggerAt(start + 10, plan)
    const receipt = await world.receiptOf(recurring.write.cancel([plan], { account: owner }))
    const [log] = parseEventLogs({
      abi: recurringRequestsAbi,
      logs: receipt.logs,
      eventName: 'ScheduleCancelled',
    })
    assert.equal(log?.args.scheduleId, scheduleId)
    assert.equal(await refusalAt(start + PERIOD, plan), 'UnknownSchedule')
    assert.equal(await revertOf(recurring.write.cancel([plan], { account: owner })), 'UnknownSchedule')
    assert.deepEqual(await recurring.read.dueOf([scheduleId]), [0n, 0n, 0n])
    // What is left in the purse is the owner's again.
    const left = await recurring.read.purseOf([owner.address])
    const { result } = await recurring.simulate.claim([owner.address], { account: owner.address })
    assert.equal(result, left)
    assert(left > 0n)
  })
})

describe('an interval', () => {
  it('[RECUR-2] is triggered once, by anyone, from its first second to its last', async () => {
    const start = (await clock()) + 50
    const { plan } = await scheduled(planOf(), { start })
    assert.equal(await refusalAt(start - 10, plan), 'NotDue')
    await triggerAt(start, plan)
    assert.equal(await refusalAt(start + 5, plan), 'NotDue')
    await triggerAt(start + 2 * PERIOD - 1, plan)
    // The next one's first second.
    await triggerAt(start + 2 * PERIOD, plan)
    assert.equal(await refusalAt(start + 3 * PERIOD - 10, plan), 'NotDue')
  })

  it('[RECUR-2] is told from the event, with who triggered it', async () => {
    const { plan, scheduleId, start } = await scheduled()
    const { receipt, requestId } = await triggerAt(start + 3 * PERIOD + 1, plan)
    const [log] = parseEventLogs({ abi: recurringRequestsAbi, logs: receipt.logs, eventName: 'Triggered' })
    assert.deepEqual(log?.args, {
      scheduleId,
      requestId,
      caller: getAddress(built().keeper.address),
      interval: 3,
      bounty: log?.args.bounty,
    })
  })

  it('[RECUR-3] that was missed is gone: later ones do not make up for it', async () => {
    const { recurring } = built()
    const { plan, scheduleId, start } = await scheduled()
    await triggerAt(start + 3 * PERIOD + 7, plan)
    assert.equal((await recurring.read.scheduleOf([scheduleId])).next, 4)
    assert.equal(await refusalAt(start + 3 * PERIOD + 20, plan), 'NotDue')
    await triggerAt(start + 4 * PERIOD, plan)
    assert.equal(await refusalAt(start + 4 * PERIOD + 20, plan), 'NotDue')
    assert.equal(await refusalAt(start + 5 * PERIOD, plan), 'ScheduleEnded')
    assert.equal(await refusalAt(start + 50 * PERIOD, plan), 'ScheduleEnded')
  })

  it('[RECUR-3] before the schedule was made is gone', async () => {
    const start = (await clock()) - 2 * PERIOD - 20
    const { plan } = await scheduled(planOf(), { start })
    const { receipt } = await triggerAt(start + 2 * PERIOD + 40, plan)
    const [log] = parseEventLogs({ abi: recurringRequestsAbi, logs: receipt.logs, eventName: 'Triggered' })
    assert.equal(log?.args.interval, 2)
    assert.equal(await refusalAt(start + 2 * PERIOD + 60, plan), 'NotDue')
  })

  it('[RECUR-2] is triggered once however the seconds fall: at most one request an interval, and none outside', async () => {
    const { world, recurring, keeper } = built()
    const steps = fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 4, maxLength: 9 })
    const shape = fc.record({
      period: fc.integer({ min: 1, max: 90 }),
      count: fc.integer({ min: 1, max: 6 }),
      steps,
    })
    const clean = await world.networkHelpers.takeSnapshot()
    await fc.assert(
      fc.asyncProperty(shape, async ({ period, count, steps: gaps }) => {
        await clean.restore()
        const { plan, scheduleId, start } = await scheduled(planOf(), { period, count })
        const done = new Set<number>()
        let time = start
        for (const gap of gaps) {
          time += gap
          const interval = Math.floor((time - start) / period)
          const isDue = interval < count && !done.has(interval)
          await world.networkHelpers.time.setNextBlockTimestamp(time)
          const hash = await recurring.write
            .trigger([plan, 0n], { account: keeper, gas: 3_000_000n })
            .catch(() => undefined)
          assert.equal(hash !== undefined, isDue, `${time - start} of ${period} x ${count}`)
          if (isDue) done.add(interval)
          const { timestamp } = await world.publicClient.getBlock()
          assert.equal(Number(timestamp), time)
        }
        const { next } = await recurring.read.scheduleOf([scheduleId])
        assert.equal(next, Math.max(-1, ...done) + 1)
      }),
      { numRuns: 15 },
    )
  })

  it('[RECUR-2] due next is told beforehand', async () => {
    const { world, recurring } = built()
    const start = (await clock()) + 50
    const { plan, scheduleId } = await scheduled(planOf(), { start })
    const due = (interval: number) =>
      [interval, start + interval * PERIOD, start + (interval + 1) * PERIOD].map((value) => BigInt(value))
    assert.deepEqual(await recurring.read.dueOf([scheduleId]), due(0))
    await triggerAt(start + 1, plan)
    assert.deepEqual(await recurring.read.dueOf([scheduleId]), due(1))
    await world.networkHelpers.time.increaseTo(start + 3 * PERIOD + 1)
    assert.deepEqual(await recurring.read.dueOf([scheduleId]), due(3))
    await triggerAt(start + 4 * PERIOD + 1, plan)
    assert.deepEqual(await recurring.read.dueOf([scheduleId]), [5n, 0n, 0n])
  })
})

describe('a recurring request', () => {
  it('[RECUR-4] is paid and refunded by its owner’s account, within the cap it gave', async () => {
    const { world, market, recurring, owner } = built()
    const { plan, start } = await scheduled()
    const value = await market.read.quote([plan.params])
    const asked = await triggerAt(start + 1, plan)
    assert.equal(await market.read.creditOf([owner.address]), ETHER - value)
    const { payment } = await answer(world, asked)
    assert.equal(await market.read.creditOf([owner.address]), ETHER - value + payment.refund)
    await market.write.setConsumer([recurring.address, value - 1n], { account: owner })
    const later = Number((await world.publicClient.getBlock()).timestamp)
    const next = start + PERIOD * (Math.floor((later - start) / PERIOD) + 1)
    assert.equal(await refusalAt(next, plan), 'AboveSpendingCap')
    await market.write.setConsumer([recurring.address, value], { account: owner })
    // What was refused did not use the interval up.
    await triggerAt(next + 20, plan)
  })

  it('[RECUR-4] waits while the account is too low, and its interval lasts', async () => {
    const { world, market, owner } = built()
    const { plan, start } = await scheduled()
    await market.write.claim([owner.address], { account: owner })
    assert.equal(await refusalAt(start + 10, plan), 'AccountTooLow')
    await market.write.deposit([owner.address], { value: ETHER })
    await triggerAt(start + 30, plan)
    assert((await world.market.read.creditOf([owner.address])) < ETHER)
  })

  it('[RECUR-4] is not made while the base fee is above what it pays', async () => {
    const { world, recurring, keeper } = built()
    const { plan, start } = await scheduled(planOf({}, { maxFeePerGas: 2n * GWEI }))
    await world.networkHelpers.time.setNextBlockTimestamp(start + 10)
    await world.networkHelpers.setNextBlockBaseFeePerGas(2n * GWEI + 1n)
    const dear = { account: keeper, gas: 3_000_000n, maxFeePerGas: 10n * GWEI }
    const { name, args } = await revertArgsOf(recurring.write.trigger([plan, 0n], dear))
    assert.equal(name, 'BaseFeeTooHigh')
    assert.deepEqual(args, [2n * GWEI + 1n, 2n * GWEI])
    await world.networkHelpers.time.setNextBlockTimestamp(start + 20)
    await world.networkHelpers.setNextBlockBaseFeePerGas(2n * GWEI)
    await world.submitted(recurring.write.trigger([plan, 0n], dear))
  })

  it('[RECUR-6] calls back its owner or a contract that allowed both, and no other', async () => {
    const { world, recurring, owner } = built()
    const params = { callbackGas: CALLBACK_GAS }
    const both = await consumerAllowing(world, [recurring.address, owner.address])
    const { plan, start } = await scheduled(planOf({ callbackTarget: both.address }, params))
    const asked = await triggerAt(start + 10, plan)
    await answer(world, asked)
    assert.equal(await both.read.lastRequest(), asked.requestId)
    const now = async () => Number((await world.publicClient.getBlock()).timestamp) + 5
    const refusal = async (callbackTarget: Address) => {
      const other = await scheduled(planOf({ callbackTarget }, params))
      return await refusalAt(await now(), other.plan)
    }
    // One that trusts this contract for another's schedule is not called back with a stranger's.
    const notOwner = await consumerAllowing(world, [recurring.address])
    assert.equal(await refusal(notOwner.address), 'TargetNotAllowed')
    const notContract = await consumerAllowing(world, [owner.address])
    assert.equal(await refusal(notContract.address), 'CallbackNotAllowed')
    assert.equal(await refusal(recurring.address), 'TargetNotAllowed')
  })

  it('[RECUR-6] no longer calls back a contract that changed its mind', async () => {
    const { world, market, recurring, owner } = built()
    const target = await consumerAllowing(world, [recurring.address, owner.address])
    const { plan, start } = await scheduled(planOf({ callbackTarget: target.address }))
    await actAs(world, target.address, (account) =>
      market.write.allowCallbacks([owner.address, false], { account }),
    )
    assert.equal(await refusalAt(start + 10, plan), 'TargetNotAllowed')
  })
})

describe('a trigger', () => {
  async function bountyOf(time: number, plan: Plan, account: Address = built().keeper.address) {
    const { world } = built()
    const asked = await triggerAt(time, plan, account)
    const [log] = parseEventLogs({
      abi: recurringRequestsAbi,
      logs: asked.receipt.logs,
      eventName: 'Triggered',
    })
    assert(log)
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: asked.receipt.blockNumber })
    return {
      bounty: log.args.bounty,
      cost: asked.receipt.gasUsed * asked.receipt.effectiveGasPrice,
      gasUsed: asked.receipt.gasUsed,
      baseFee: baseFeePerGas ?? 0n,
    }
  }

  for (const inputBytes of [0, 64, 4_000]) {
    it(`[RECUR-7] of a plan with ${inputBytes} bytes is paid its cost and a fifth to a third more, from the owner’s purse`, async (t) => {
      const { recurring, owner, keeper } = built()
      const input = `0x${'61'.repeat(inputBytes)}` as const
      const { plan, start } = await scheduled(planOf({}, { input }), { bountyMax: ETHER })
      const purse = await recurring.read.purseOf([owner.address])
      const first = await bountyOf(start + 10, plan)
      const steady = await bountyOf(start + PERIOD + 10, plan)
      t.diagnostic(`trigger: ${first.gasUsed} gas, then ${steady.gasUsed}`)
      assert(first.bounty >= first.cost, `${first.bounty} of ${first.cost}`)
      const percent = (steady.bounty * 100n) / steady.cost
      assert(percent >= 120n && percent <= 133n, `${percent} %`)
      const earned = first.bounty + steady.bounty
      assert.equal(await recurring.read.purseOf([owner.address]), purse - earned)
      assert.equal(await recurring.read.purseOf([keeper.address]), earned)
    })
  }

  it('[RECUR-7] is paid at most what its owner set, and what his purse has', async () => {
    const { recurring, owner, keeper } = built()
    const capped = await scheduled(planOf(), { bountyMax: 12_345n })
    assert.equal((await bountyOf(capped.start + 10, capped.plan)).bounty, 12_345n)
    const poor = await scheduled(planOf({ salt: keccak256('0x02') }), { bountyMax: ETHER, value: 0n })
    await recurring.write.claim([owner.address], { account: owner })
    await recurring.write.deposit([owner.address], { value: 777n })
    assert.equal((await bountyOf(poor.start + 20, poor.plan)).bounty, 777n)
    assert.equal((await bountyOf(poor.start + PERIOD + 20, poor.plan)).bounty, 0n)
    assert.equal(await recurring.read.purseOf([keeper.address]), 12_345n + 777n)
    assert.equal(await recurring.read.purseOf([owner.address]), 0n)
  })

  it('[RECUR-7] does not work for less than it asked', async () => {
    const { world, recurring, keeper } = built()
    const { plan, start } = await scheduled(planOf(), { bountyMax: 1_000n })
    await world.networkHelpers.time.increaseTo(start + 10)
    const trigger = (bountyMin: bigint) =>
      revertOf(recurring.write.trigger([plan, bountyMin], { account: keeper, gas: 3_000_000n }))
    assert.equal(await trigger(1_001n), 'BountyTooSmall')
    assert.equal(await trigger(1_000n), 'no revert')
  })

  it('[RECUR-7] earns nothing by a price of gas nobody asked for', async () => {
    const { world, market, recurring, keeper } = built()
    const { plan, start } = await scheduled(planOf(), { bountyMax: ETHER })
    const tipMax = (await market.read.gasConstants())[3]
    await world.networkHelpers.time.setNextBlockTimestamp(start + 10)
    const tip = 50n * GWEI
    const asked = await world.submitted(
      recurring.write.trigger([plan, 0n], {
        account: keeper,
        gas: 3_000_000n,
        maxFeePerGas: 100n * GWEI,
        maxPriorityFeePerGas: tip,
      }),
    )
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: asked.receipt.blockNumber })
    assert.equal(asked.receipt.effectiveGasPrice, (baseFeePerGas ?? 0n) + tip)
    const earned = await recurring.read.purseOf([keeper.address])
    assert(earned <= (asked.gasUsed * ((baseFeePerGas ?? 0n) + tipMax) * 133n) / 100n)
  })

  it('[RECUR-7] is paid by pull, and one that cannot be paid blocks nobody', async () => {
    const { world, recurring, owner, keeper } = built()
    const { plan, start } = await scheduled()
    const { address: refuser } = await world.viem.deployContract('RefusesEther')
    await actAs(world, refuser, async (account) => {
      await triggerAt(start + 10, plan, account)
      assert.equal(await revertOf(recurring.write.claim([refuser], { account })), 'TransferFailed')
    })
    await triggerAt(start + PERIOD + 10, plan)
    const purses = await Promise.all(
      [owner.address, keeper.address, refuser].map((account) => recurring.read.purseOf([account])),
    )
    const balance = () => world.publicClient.getBalance({ address: recurring.address })
    assert.equal(
      await balance(),
      purses.reduce((sum, purse) => sum + purse, 0n),
    )
    const to = '0x00000000000000000000000000000000000000aa'
    await recurring.write.claim([to], { account: keeper })
    assert.equal(await world.publicClient.getBalance({ address: to }), purses[1])
    assert.equal(await revertOf(recurring.write.claim([to], { account: keeper })), 'NothingToClaim')
    assert.equal(await balance(), (purses[0] ?? 0n) + (purses[2] ?? 0n))
  })

  it('[RECUR-7] by the owner himself costs his purse nothing', async () => {
    const { recurring, owner } = built()
    const { plan, start } = await scheduled()
    const purse = await recurring.read.purseOf([owner.address])
    await triggerAt(start + 10, plan, owner.address)
    assert.equal(await recurring.read.purseOf([owner.address]), purse)
  })
})

assert(PERIOD * COUNT < 2 * EPOCH_SECONDS, 'the epoch sealed at first must stay fresh enough')
