/** Subscriptions: who owns, pays, ends and attacks them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  encodeAbiParameters,
  encodeFunctionData,
  getAddress,
  type Hex,
  numberToHex,
  parseEventLogs,
} from 'viem'
import { functionsAdapterAbi } from '../../src/protocol/abi/functions-adapter.ts'
import { CLIENT_MODE, createFunctionsWorld, FUNDS } from './support/functions-adapter.ts'
import { given, revertOf } from './support/world.ts'

const Status = { open: 1, fulfilled: 2, callbackFailed: 3 } as const
const RESPONSE = numberToHex(42n, { size: 32 })
const CONSUMERS_MAX = 100
const UNANSWERABLE_AFTER_SECONDS = 12n * 86_400n
// ReentrancyGuardReentrantCall()
const REENTRANT = '0x3ee5aeb5'
const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as const
const REVERTS = '0x5f5ffd'
const BASE_FEE = 10n ** 9n

const built = given(createFunctionsWorld)

describe('a subscription', () => {
  it('[CLF-5] is its owner’s', async () => {
    const { world, adapter, example, subscribe } = built()
    const id = await subscribe()
    const { account } = world.accounts.stranger
    const calls = [
      adapter.write.addConsumer([id, account.address], { account }),
      adapter.write.removeConsumer([id, example.address], { account }),
      adapter.write.cancelSubscription([id, account.address], { account }),
      adapter.write.proposeSubscriptionOwnerTransfer([id, account.address], { account }),
      adapter.write.setSpendingMax([id, 1n], { account }),
    ]
    for (const call of calls) assert.equal(await revertOf(call), 'MustBeSubscriptionOwner')
    const { owner, consumers, blockedBalance, balance } = await adapter.read.getSubscription([id])
    assert.equal(owner, getAddress(world.accounts.requester.account.address))
    assert.equal(consumers.length, 2)
    assert.equal(balance, FUNDS)
    assert.equal(blockedBalance, 0n)
  })

  it('[CLF-5] has one account, which only the adapter moves', async () => {
    const { world, adapter, subscribe } = built()
    const account = await adapter.read.accountOf([await subscribe()])
    const { abi } = await world.viem.getContractAt('SubscriptionAccount', account)
    const client = { account: world.accounts.requester.account, address: account, abi }
    for (const [functionName, args] of [
      ['claim', [world.accounts.requester.account.address]],
      ['setSpendingMax', [1n]],
    ] as const) {
      const call = world.publicClient.simulateContract({ ...client, functionName, args } as never)
      assert.equal(await revertOf(call), 'NotAdapter')
    }
  })

  it('[CLF-5] passes to a new owner who accepts', async () => {
    const { world, adapter, subscribe } = built()
    const id = await subscribe()
    const { account } = world.accounts.stranger
    const propose = (to: Hex) => adapter.write.proposeSubscriptionOwnerTransfer([id, to])
    const accept = () => adapter.write.acceptSubscriptionOwnerTransfer([id], { account })
    assert.equal(await revertOf(accept()), 'MustBeProposedOwner')
    assert.equal(await revertOf(propose(ZERO_ADDRESS)), 'InvalidCalldata')
    await propose(account.address)
    assert.equal(await revertOf(propose(account.address)), 'InvalidCalldata')
    await accept()
    const { owner, proposedOwner } = await adapter.read.getSubscription([id])
    assert.deepEqual([owner, proposedOwner], [getAddress(account.address), ZERO_ADDRESS])
    assert.equal(await revertOf(accept()), 'MustBeProposedOwner')
    assert.equal(await revertOf(adapter.write.setSpendingMax([id, 1n])), 'MustBeSubscriptionOwner')
  })

  it('[CLF-5] has at most 100 consumers, each once', async () => {
    const { adapter, example } = built()
    await adapter.write.createSubscription()
    const id = await adapter.read.getSubscriptionCount()
    const consumer = (index: number) => numberToHex(1_000 + index, { size: 20 })
    for (let i = 0; i < CONSUMERS_MAX - 1; i++) await adapter.write.addConsumer([id, consumer(i)])
    await adapter.write.addConsumer([id, consumer(3)])
    assert.equal((await adapter.read.getSubscription([id])).consumers.length, CONSUMERS_MAX - 1)
    await adapter.write.addConsumer([id, example.address])
    assert.equal(await revertOf(adapter.write.addConsumer([id, consumer(100)])), 'TooManyConsumers')
    for (const gone of [consumer(0), example.address, consumer(50)])
      await adapter.write.removeConsumer([id, gone])
    const { consumers } = await adapter.read.getSubscription([id])
    assert.equal(new Set(consumers).size, CONSUMERS_MAX - 3)
    assert(!consumers.includes(getAddress(consumer(50))))
    assert.equal(await revertOf(adapter.write.removeConsumer([id, consumer(50)])), 'InvalidConsumer')
    // A full one can still be ended in one transaction.
    await adapter.write.cancelSubscription([id, example.address])
  })

  it('[CLF-5] pays what is left to whom its owner names, and is no more', async () => {
    const { world, adapter, hostile, subscribe, ask } = built()
    const id = await subscribe()
    const to = numberToHex(0xbeef, { size: 20 })
    assert.equal(await revertOf(adapter.write.cancelSubscription([id, ZERO_ADDRESS])), 'InvalidCalldata')
    await adapter.write.cancelSubscription([id, to])
    assert.equal(await world.publicClient.getBalance({ address: to }), FUNDS)
    assert.equal(await revertOf(adapter.read.getSubscription([id])), 'InvalidSubscription')
    assert.equal((await adapter.read.getConsumer([hostile.address, id])).allowed, false)
    assert.equal(await revertOf(adapter.write.cancelSubscription([id, to])), 'InvalidSubscription')
    await assert.rejects(ask(id))
  })

  it('[CLF-5] cannot be ended, nor a consumer taken out, while a request is open', async () => {
    const { world, adapter, hostile, example, subscribe, ask, answer } = built()
    const id = await subscribe()
    const asked = await ask(id)
    assert.equal(await adapter.read.pendingRequestExists([id]), true)
    const cancel = () => adapter.write.cancelSubscription([id, world.accounts.stranger.account.address])
    const remove = () => adapter.write.removeConsumer([id, hostile.address])
    assert.equal(await revertOf(cancel()), 'CannotRemoveWithPendingRequests')
    assert.equal(await revertOf(remove()), 'CannotRemoveWithPendingRequests')
    await adapter.write.removeConsumer([id, example.address])
    await answer(asked, RESPONSE)
    assert.equal(await adapter.read.pendingRequestExists([id]), false)
    await remove()
    await cancel()
  })

  it('[CLF-5] whose receiver refuses ether stays as it was', async () => {
    const { world, adapter, subscribe, balanceOf } = built()
    const id = await subscribe()
    const { address } = await world.viem.deployContract('RefusesEther')
    await assert.rejects(adapter.write.cancelSubscription([id, address]))
    assert.equal(await balanceOf(id), FUNDS)
    await adapter.write.cancelSubscription([id, numberToHex(0xbeef, { size: 20 })])
  })
})

describe('a request nobody answers', () => {
  it('[CLF-6] is refunded when it expires, and times out for anyone', async () => {
    const { world, adapter, market, hostile, subscribe, ask, balanceOf } = built()
    const id = await subscribe()
    const asked = await ask(id)
    const timeout = () =>
      adapter.write.timeoutRequests([[asked.requestId]], { account: world.accounts.stranger.account })
    assert.equal(await revertOf(timeout()), 'TimeoutNotExceeded')
    await world.networkHelpers.time.increaseTo(asked.request.deadline + 1n)
    assert.equal(await revertOf(timeout()), 'TimeoutNotExceeded')
    const before = await balanceOf(id)
    const { logs } = await world.receiptOf(market.write.expire([asked.request]))
    const [log] = parseEventLogs({ abi: market.abi, logs, eventName: 'RequestExpired' })
    assert((log?.args.refund ?? 0n) > 0n)
    assert.equal(await balanceOf(id), before + (log?.args.refund ?? 0n))
    await timeout()
    assert.equal((await adapter.read.getConsumer([hostile.address, id])).completedRequests, 1n)
    assert.equal(await revertOf(timeout()), 'UnknownRequest')
    await adapter.write.cancelSubscription([id, numberToHex(0xbeef, { size: 20 })])
  })

  it('[CLF-6] because the market could not call back is kept until nobody can try again', async () => {
    const { world, adapter, market, hostile, subscribe, ask, answer } = built()
    const id = await subscribe()
    const asked = await ask(id)
    const code = await world.publicClient.getCode({ address: adapter.address })
    assert(code)
    // No way is known to make the adapter refuse an answer: here it is replaced while it is given.
    await world.networkHelpers.setCode(adapter.address, REVERTS)
    const { receipt } = await answer(asked, RESPONSE)
    await world.networkHelpers.setCode(adapter.address, code)
    assert.equal((await market.read.statusOf([asked.requestId]))[0], Status.callbackFailed)
    const timeout = () => adapter.write.timeoutRequests([[asked.requestId]])
    assert.equal(await revertOf(timeout()), 'TimeoutNotExceeded')

    const [log] = parseEventLogs({ abi: market.abi, logs: receipt.logs, eventName: 'RequestFulfilled' })
    assert(log)
    const { timestamp } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const result = {
      round: asked.request.attempts[0]?.round ?? 0n,
      fulfilledAt: timestamp,
      exit: 0,
      output: RESPONSE,
    }
    const snapshot = await world.networkHelpers.takeSnapshot()
    await market.write.retryCallback([asked.request, result, 1_000_000n])
    assert.equal(await hostile.read.lastResponse(), RESPONSE)
    await snapshot.restore()

    const deadline = asked.request.deadline + 7n * 86_400n
    const closesAt = (await timeOf(asked.receipt.blockNumber)) + UNANSWERABLE_AFTER_SECONDS
    assert(closesAt > deadline)
    await world.networkHelpers.time.increaseTo(closesAt - 1n)
    assert.equal(await revertOf(timeout()), 'TimeoutNotExceeded')
    await world.networkHelpers.time.increaseTo(closesAt + 1n)
    await timeout()
  })
})

async function timeOf(blockNumber: bigint): Promise<bigint> {
  return (await built().world.publicClient.getBlock({ blockNumber })).timestamp
}

/** Answers a request whose consumer is in a mode, and checks that it was paid for and counts as answered. */
async function settleIn(mode: number, target: Hex = ZERO_ADDRESS, payload: Hex = '0x') {
  const { adapter, market, hostile, subscribe, ask, answer, balanceOf } = built()
  const id = await subscribe()
  const asked = await ask(id, 400_000)
  await hostile.write.set([mode, target, payload])
  const before = await balanceOf(id)
  const settled = await answer(asked, RESPONSE)
  assert.equal((await market.read.statusOf([asked.requestId]))[0], Status.fulfilled)
  const counts = await adapter.read.getConsumer([hostile.address, id])
  assert.equal(counts.completedRequests, 1n)
  return { id, settled, asked, gained: (await balanceOf(id)) - before }
}

describe('a hostile consumer', () => {
  for (const mode of ['revert', 'burnGas', 'revertWithMegabytes', 'returnMegabytes'] as const) {
    it(`[CLF-4] is answered and paid for once when it does ${mode}`, async () => {
      const { hostile, subscribe, ask, answer } = built()
      const { settled, gained } = await settleIn(CLIENT_MODE[mode])
      assert.equal(settled.callbackOk, mode === 'returnMegabytes')
      assert.equal(gained, settled.payment.refund)
      assert.equal(await hostile.read.answers(), 0n)
      // No more than was bought, and what the rest of a settlement costs.
      assert(settled.gasUsed < 400_000n + 450_000n, `${settled.gasUsed}`)
      // And the next request of another subscription is none the worse.
      await hostile.write.set([CLIENT_MODE.accept, ZERO_ADDRESS, '0x'])
      assert.equal((await answer(await ask(await subscribe()), RESPONSE)).callbackOk, true)
    })
  }

  it('[CLF-4] may ask again from its callback', async () => {
    const { market, adapter, donId, hostile } = built()
    const payload = encodeAbiParameters(
      [{ type: 'uint64' }, { type: 'uint32' }, { type: 'bytes32' }],
      [1n, 100_000, donId],
    )
    const { id, settled } = await settleIn(CLIENT_MODE.askAgain, ZERO_ADDRESS, payload)
    assert.equal(id, 1n)
    assert.equal(settled.callbackOk, true)
    const [log] = parseEventLogs({
      abi: market.abi,
      logs: settled.receipt.logs,
      eventName: 'RequestSubmitted',
    })
    assert(log)
    assert.equal((await market.read.statusOf([log.args.requestId]))[0], Status.open)
    const { initiatedRequests } = await adapter.read.getConsumer([hostile.address, id])
    assert.equal(initiatedRequests, 2n)
  })

  it('[CLF-4] that owns its subscription cannot end it before the refund is in', async () => {
    const { world, adapter, hostile, donId, answer, market } = built()
    const encode = (functionName: never, args: readonly unknown[]) =>
      encodeFunctionData({ abi: functionsAdapterAbi, functionName, args } as never)
    await hostile.write.call([
      adapter.address,
      encode('createSubscriptionWithConsumer' as never, [hostile.address]),
    ])
    const id = await adapter.read.getSubscriptionCount()
    // To the wei: with nothing left, ending it would ask nothing of the market, which is locked.
    const tipMax = (await market.read.gasConstants())[3]
    const value = await adapter.read.estimateCost([donId, '0x61', 400_000, 2n * BASE_FEE + tipMax])
    await adapter.write.fundSubscription([id], { value })
    await world.networkHelpers.setNextBlockBaseFeePerGas(BASE_FEE)
    const asked = await world.submitted(hostile.write.ask(['0x61', id, 400_000, donId]))
    assert.equal((await adapter.read.getSubscription([id])).balance, 0n)
    const account = await adapter.read.accountOf([id])
    const cancel = encode('cancelSubscription' as never, [id, hostile.address])
    await hostile.write.set([CLIENT_MODE.reenter, adapter.address, cancel])
    assert.equal((await answer(asked, RESPONSE)).callbackOk, true)
    assert.equal(await hostile.read.reentered(), false)
    assert.equal(await hostile.read.reenterError(), REENTRANT)
    const left = await market.read.creditOf([account])
    assert(left > 0n)
    const before = await world.publicClient.getBalance({ address: hostile.address })
    await hostile.write.call([adapter.address, cancel])
    assert.equal(await world.publicClient.getBalance({ address: hostile.address }), before + left)
  })

  it('[CLF-4] cannot take part in another’s settlement while it is called', async () => {
    const { adapter, market, hostile, subscribe, ask } = built()
    const other = await ask(await subscribe())
    const calls: readonly (readonly [Hex, Hex])[] = [
      [
        adapter.address,
        encodeFunctionData({
          abi: functionsAdapterAbi,
          functionName: 'timeoutRequests',
          args: [[other.requestId]],
        }),
      ],
      [
        market.address,
        encodeFunctionData({ abi: market.abi, functionName: 'expire', args: [other.request] }),
      ],
      [
        market.address,
        encodeFunctionData({ abi: market.abi, functionName: 'claim', args: [hostile.address] }),
      ],
    ]
    for (const [target, payload] of calls) {
      const { settled } = await settleIn(CLIENT_MODE.reenter, target, payload)
      assert.equal(settled.callbackOk, true)
      assert.equal(await hostile.read.reentered(), false)
      assert.equal(await hostile.read.reenterError(), REENTRANT)
      await hostile.write.set([CLIENT_MODE.accept, ZERO_ADDRESS, '0x'])
    }
    assert.equal((await market.read.statusOf([other.requestId]))[0], Status.open)
  })
})
