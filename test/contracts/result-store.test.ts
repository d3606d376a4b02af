/** Results that stay readable on chain until they are collected. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, getAddress, type Hex, keccak256, parseEventLogs, toHex } from 'viem'
import { resultStoreAbi } from '../../src/protocol/abi/result-store.ts'
import { actAs, answer, createPeripheryWorld, ETHER, STATUS } from './support/periphery.ts'
import { given, revertArgsOf, revertOf } from './support/world.ts'

const OUTPUT_BYTES_MAX = 8_192n
/** On both sides of every change: empty, one word, two words, a blob, the bound. */
const LENGTHS = [0, 1, 32, 33, 64, 65, 1_000, Number(OUTPUT_BYTES_MAX)]

const built = given(async () => {
  const base = await createPeripheryWorld()
  await base.store.write.serve([base.owner.address])
  return base
})

/** Bytes that are never zero and differ from place to place. */
function bytesOf(length: number): Hex {
  return `0x${Array.from({ length }, (_, i) => (1 + (i % 255)).toString(16).padStart(2, '0')).join('')}`
}

/** A request by an account, from its prepaid credit, with the store as its target. */
async function ask(callbackGas: number, account: Hex = built().owner.address) {
  const { world, market, store, functionId } = built()
  const params = world.paramsOf(functionId, { callbackGas })
  const args = [account, store.address, params] as const
  return await world.submitted(market.write.requestFor(args, { account, gas: 2_000_000n }))
}

async function kept(output: Hex, exit = 0) {
  const { world, store } = built()
  const asked = await ask(await store.read.callbackGasFor([BigInt(output.length - 2) / 2n]))
  return { ...asked, ...(await answer(world, asked, output, exit)) }
}

describe('a result that waits', () => {
  for (const length of LENGTHS) {
    it(`[LAZY-1] of ${length} bytes is read as it was certified, with its exit, round and time`, async () => {
      const { store } = built()
      const output = bytesOf(length)
      const { requestId, request, status, fulfilledAt } = await kept(output, length % 2 === 0 ? 0 : 7)
      assert.equal(status, STATUS.fulfilled)
      assert.equal(await store.read.hasResult([requestId]), true)
      assert.deepEqual(await store.read.resultOf([requestId]), {
        exit: length % 2 === 0 ? 0 : 7,
        round: request.attempts[0]?.round,
        fulfilledAt,
        output,
      })
    })
  }

  it('[LAZY-1] ends in zeros as it was certified', async () => {
    const { store } = built()
    for (const output of [`0x${'00'.repeat(40)}`, '0x0100', `0x${'00'.repeat(70)}`] as const) {
      const { requestId } = await kept(output)
      assert.equal((await store.read.resultOf([requestId])).output, output)
    }
  })

  it('[LAZY-1] stays, whatever comes after it, and is no other’s', async () => {
    const { store } = built()
    const first = await kept(bytesOf(40))
    const second = await kept(bytesOf(20))
    assert.equal((await store.read.resultOf([first.requestId])).output, bytesOf(40))
    assert.equal((await store.read.resultOf([second.requestId])).output, bytesOf(20))
    const unknown = `0x${'77'.repeat(32)}` as const
    assert.equal(await store.read.hasResult([unknown]), false)
    assert.equal(await revertOf(store.read.resultOf([unknown])), 'NoResult')
  })

  it('[LAZY-2] comes from the market only', async () => {
    const { world, store, functionId } = built()
    const abi = [
      ...store.abi,
      {
        type: 'function',
        name: 'fulfillCompute',
        stateMutability: 'nonpayable',
        inputs: ['bytes32', 'bytes32', 'uint64', 'uint64', 'uint16', 'bytes'].map((type) => ({ type })),
        outputs: [],
      },
    ] as const
    const call = (account: Hex) =>
      world.publicClient.simulateContract({
        address: store.address,
        abi,
        functionName: 'fulfillCompute',
        args: [functionId, functionId, 1n, 1n, 0, '0x61'],
        account,
      })
    assert.equal(await revertOf(call(world.accounts.stranger.account.address)), 'NotMarket')
    assert.equal(await revertOf(call(world.market.address)), 'no revert')
  })

  it('[LAZY-3] is collected by who paid for the request, once, and then it is gone', async () => {
    const { world, store, owner } = built()
    for (const length of [0, 20, 64, 500]) {
      const output = bytesOf(length)
      const { requestId, request, fulfilledAt } = await kept(output)
      const { result } = await store.simulate.collect([request], { account: owner.address })
      assert.deepEqual(result, { exit: 0, round: request.attempts[0]?.round, fulfilledAt, output })
      const receipt = await world.receiptOf(store.write.collect([request], { account: owner }))
      const [log] = parseEventLogs({
        abi: resultStoreAbi,
        logs: receipt.logs,
        eventName: 'ResultCollected',
      })
      assert.deepEqual(log?.args, { requestId, requester: getAddress(owner.address) })
      assert.equal(await store.read.hasResult([requestId]), false)
      assert.equal(await revertOf(store.write.collect([request], { account: owner })), 'NoResult')
    }
  })

  it('[LAZY-3] leaves nothing in storage behind', async () => {
    const { world, store, owner } = built()
    const { request, requestId } = await kept(bytesOf(64))
    const slots = await slotsOf(requestId)
    assert.equal(slots.filter((word) => BigInt(word) !== 0n).length, 3)
    await world.receiptOf(store.write.collect([request], { account: owner }))
    assert.deepEqual(
      (await slotsOf(requestId)).filter((word) => BigInt(word) !== 0n),
      [],
    )
  })

  it('[LAZY-3] is not a stranger’s to delete, whatever request he shows', async () => {
    const { world, store } = built()
    const { request, requestId } = await kept(bytesOf(20))
    const { account } = world.accounts.stranger
    const { name, args } = await revertArgsOf(store.write.collect([request], { account }))
    assert.equal(name, 'NotRequester')
    assert.deepEqual(args, [request.requester, getAddress(account.address)])
    const forged = { ...request, requester: account.address }
    assert.equal(await revertOf(store.write.collect([forged], { account })), 'NoResult')
    assert.equal(await store.read.hasResult([requestId]), true)
  })

  it('[LAZY-2] is kept for whom anyone named to the store, and for nobody else', async () => {
    const { world, market, store } = built()
    const { account } = world.accounts.operator
    await market.write.deposit([account.address], { value: ETHER })
    assert.equal(await revertOf(ask(100_000, account.address)), 'CallbackNotAllowed')
    await store.write.serve([account.address])
    const asked = await ask(100_000, account.address)
    assert.equal(asked.request.callbackTarget, getAddress(store.address))
    await answer(world, asked, bytesOf(5))
    assert.equal((await store.read.resultOf([asked.requestId])).output, bytesOf(5))
  })
})

/** The three slots a result can have. The mappings are the contract's first two slots. */
async function slotsOf(requestId: Hex): Promise<readonly Hex[]> {
  const { world, store } = built()
  const at = (slot: bigint) => keccak256(concat([requestId, toHex(slot, { size: 32 })]))
  const words = BigInt(at(1n))
  const slots = [BigInt(at(0n)), words, words + 1n]
  return await Promise.all(
    slots.map(async (slot) => {
      const word = await world.publicClient.getStorageAt({
        address: store.address,
        slot: toHex(slot, { size: 32 }),
      })
      return word ?? '0x0'
    }),
  )
}

describe('a result kept with gas to spare', () => {
  for (const length of [0, 20, 40, 64, 65])
    it(`[LAZY-1] [LAZY-3] of ${length} bytes is read and collected as any other`, async () => {
      const { world, store, owner } = built()
      const output = bytesOf(length)
      const asked = await ask(2_000_000)
      const { status, fulfilledAt } = await answer(world, asked, output)
      assert.equal(status, STATUS.fulfilled)
      const result = { exit: 0, round: asked.request.attempts[0]?.round, fulfilledAt, output }
      assert.deepEqual(await store.read.resultOf([asked.requestId]), result)
      await world.receiptOf(store.write.collect([asked.request], { account: owner }))
      assert.equal(await store.read.hasResult([asked.requestId]), false)
      const left = (await slotsOf(asked.requestId)).filter((word) => BigInt(word) !== 0n)
      assert.deepEqual(left, [])
    })
})

describe('the gas of keeping a result', () => {
  for (const length of LENGTHS) {
    it(`[LAZY-4] of ${length} bytes is what the store says, and not much less`, async (t) => {
      const { world, store } = built()
      const stated = await store.read.callbackGasFor([BigInt(length)])
      const enough = await ask(stated)
      assert.equal((await answer(world, enough, bytesOf(length))).status, STATUS.fulfilled)
      const tight = Math.floor(stated * 0.9)
      const short = await ask(tight)
      const { status } = await answer(world, short, bytesOf(length))
      t.diagnostic(`${length} bytes: ${stated} gas stated`)
      assert.equal(status, STATUS.callbackFailed, `${tight} was enough`)
    })
  }

  it('[LAZY-4] that was too little is bought again by anyone', async () => {
    const { world, market, store } = built()
    const output = bytesOf(300)
    const asked = await ask(await store.read.callbackGasFor([10n]))
    const { status, fulfilledAt } = await answer(world, asked, output)
    assert.equal(status, STATUS.callbackFailed)
    const round = asked.request.attempts[0]?.round ?? 0n
    const gas = BigInt(await store.read.callbackGasFor([300n]))
    const result = { round, fulfilledAt, exit: 0, output }
    const { account } = world.accounts.stranger
    await market.write.retryCallback([asked.request, result, gas], { account, gas: 2_000_000n })
    assert.equal((await store.read.resultOf([asked.requestId])).output, output)
  })

  it('[LAZY-4] is bounded: beyond 8,192 bytes nothing is kept', async () => {
    const { world, market, store } = built()
    const { name, args } = await revertArgsOf(store.read.callbackGasFor([OUTPUT_BYTES_MAX + 1n]))
    assert.equal(name, 'OutputTooLarge')
    assert.deepEqual(args, [OUTPUT_BYTES_MAX + 1n, OUTPUT_BYTES_MAX])
    const asked = await ask(2_000_000)
    assert.equal(
      (await answer(world, asked, bytesOf(Number(OUTPUT_BYTES_MAX) + 1))).status,
      STATUS.callbackFailed,
    )
    assert.equal(await store.read.hasResult([asked.requestId]), false)
    assert.equal((await market.read.statusOf([asked.requestId]))[0], STATUS.callbackFailed)
  })
})

describe('the store', () => {
  it('[LAZY-2] acts as a contract for a contract: what it asked for, it collects', async () => {
    const { world, market, store, functionId } = built()
    const { address } = await world.viem.deployContract('Wallet', [world.accounts.stranger.account.address])
    await market.write.deposit([address], { value: ETHER })
    await store.write.serve([address])
    const callbackGas = await store.read.callbackGasFor([32n])
    const params = world.paramsOf(functionId, { callbackGas })
    const asked = await actAs(world, address, (account) =>
      world.submitted(market.write.requestFor([address, store.address, params], { account })),
    )
    await answer(world, asked, bytesOf(32))
    const collected = await actAs(world, address, (account) =>
      world.receiptOf(store.write.collect([asked.request], { account })),
    )
    assert.equal(collected.status, 'success')
    assert.equal(await store.read.hasResult([asked.requestId]), false)
  })
})
