/** Consumers of Chainlink Functions, compiled against the published client, asking the market through the adapter. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import {
  getAddress,
  getContract,
  type Hex,
  numberToHex,
  pad,
  parseAbi,
  parseEventLogs,
  stringToHex,
} from 'viem'
import { dikastCallbackAbi } from '../../src/protocol/abi/dikast-callback.ts'
import { functionsAdapterAbi } from '../../src/protocol/abi/functions-adapter.ts'
import { createFunctionsWorld, SPENDING_MAX } from './support/functions-adapter.ts'
import { encodeRequestData, type RequestData } from './support/functions-request.ts'
import { given, revertOf, type World } from './support/world.ts'

const Status = { open: 1, fulfilled: 2, callbackFailed: 3 } as const
const SOURCE = 'return Functions.encodeUint256(42)'
const RESPONSE = numberToHex(42n, { size: 32 })
const CALLBACK_GAS_LIMIT_MAX = 1_800_000
const OUTPUT_BYTES_MAX = 32_768
const MESSAGE = stringToHex('Error: no')

const ADAPTER_AND_CALLBACK = [...dikastCallbackAbi, ...functionsAdapterAbi] as const
const encoderAbi = parseAbi([
  'function encode(string source, string[] args, bytes[] bytesArgs, bytes secrets) pure returns (bytes)',
])
const probeAbi = parseAbi([
  'function ask(address adapter, uint64 subscriptionId, uint32 callbackGasLimit, bytes32 donId)',
  'function gasSeen() view returns (uint256)',
])

const built = given(createFunctionsWorld)

async function askByExample(subscription: bigint) {
  const { world, example, donId } = built()
  const args = [SOURCE, '0x', ['a'], subscription, donId] as const
  return await world.submitted(example.write.sendRequest(args))
}

async function exitOf(output: Hex, exit: number) {
  const { subscribe, ask, answer, hostile } = built()
  const asked = await ask(await subscribe())
  const { callbackOk } = await answer(asked, output, exit)
  assert.equal(callbackOk, true)
  return { response: await hostile.read.lastResponse(), err: await hostile.read.lastError() }
}

describe('a consumer its authors published', () => {
  it('[CLF-1] [CLF-3] asks, and is called back with what a committee certified', async () => {
    const { market, adapter, example, donId, subscribe, answer } = built()
    const asked = await askByExample(await subscribe())
    assert.equal(asked.request.functionId, donId)
    assert.equal(asked.request.callbackTarget, getAddress(adapter.address))
    assert.equal(await example.read.s_lastRequestId(), asked.requestId)
    const { callbackOk, receipt } = await answer(asked, RESPONSE)
    assert.equal(callbackOk, true)
    assert.equal((await market.read.statusOf([asked.requestId]))[0], Status.fulfilled)
    assert.equal(await example.read.s_lastResponse(), RESPONSE)
    assert.equal(await example.read.s_lastResponseLength(), 32)
    assert.equal(await example.read.s_lastErrorLength(), 0)
    const [log] = parseEventLogs({ abi: example.abi, logs: receipt.logs, eventName: 'RequestFulfilled' })
    assert.equal(log?.args.id, asked.requestId)
  })

  it('[CLF-3] is called back with an error when the function failed', async () => {
    const { example, subscribe, answer } = built()
    const asked = await askByExample(await subscribe())
    await answer(asked, MESSAGE, 1)
    assert.equal(await example.read.s_lastError(), pad(MESSAGE, { size: 32, dir: 'right' }))
    assert.equal(await example.read.s_lastResponseLength(), 0)
  })

  it('[CLF-1] sends its data, and a limit of twice the base fee and the tip', async () => {
    const { world, subscribe } = built()
    const { request, receipt } = await askByExample(await subscribe())
    assert.equal(request.input, encodeRequestData({ source: SOURCE, args: ['a'] }))
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const tipMax = (await world.market.read.gasConstants())[3]
    assert.equal(request.maxFeePerGas, 2n * (baseFeePerGas ?? 0n) + tipMax)
    assert.equal(request.attempts.length, 3)
  })
})

describe('request data in tests', () => {
  it('is what the published library writes', async () => {
    const { world } = built()
    const { address } = await world.viem.deployContract('FunctionsRequestEncoder')
    const cases: readonly RequestData[] = [
      { source: 'x' },
      { source: 'é'.repeat(11), args: ['', 'a'.repeat(24)] },
      { source: 'x'.repeat(23), bytesArgs: ['0x', `0x${'ab'.repeat(255)}`] },
      { source: 'x'.repeat(256), args: ['a'.repeat(300)], bytesArgs: ['0x01'], secrets: '0x0102' },
    ]
    for (const data of cases) {
      const { source, args = [], bytesArgs = [], secrets = '0x' } = data
      const call = {
        abi: encoderAbi,
        address,
        functionName: 'encode',
        args: [source, args, bytesArgs, secrets],
      } as const
      assert.equal(await world.publicClient.readContract(call), encodeRequestData(data))
    }
  })
})

describe('what a consumer is told', () => {
  it('[CLF-3] is the output alone, or the error alone', async () => {
    assert.deepEqual(await exitOf(RESPONSE, 0), { response: RESPONSE, err: '0x' })
    assert.deepEqual(await exitOf(MESSAGE, 255), { response: '0x', err: MESSAGE })
  })

  it('[CLF-3] is the exit in words when the function wrote nothing', async () => {
    assert.deepEqual(await exitOf('0x', 1), { response: '0x', err: stringToHex('exit 0x0001') })
    assert.deepEqual(await exitOf('0x', 0x110), { response: '0x', err: stringToHex('exit 0x0110') })
  })

  it('[CLF-3] is nothing when the function wrote nothing and succeeded', async () => {
    assert.deepEqual(await exitOf('0x', 0), { response: '0x', err: '0x' })
  })
})

describe('the gas of a callback', () => {
  for (const limit of [30_000, 300_000, CALLBACK_GAS_LIMIT_MAX]) {
    for (const exit of [0, 1]) {
      it(`[CLF-3] is the consumer's ${limit} exactly, under the largest ${exit === 0 ? 'response' : 'error'}`, async () => {
        const { world, adapter, subscribe, donId, answer, market } = built()
        const { address } = await world.viem.deployContract('GasProbe')
        const client = { public: world.publicClient, wallet: world.accounts.deployer }
        const probe = getContract({ abi: probeAbi, address, client })
        const subscription = await subscribe()
        await adapter.write.addConsumer([subscription, probe.address])
        const asked = await world.submitted(probe.write.ask([adapter.address, subscription, limit, donId]))
        const { callbackOk } = await answer(asked, `0x${'61'.repeat(OUTPUT_BYTES_MAX)}`, exit)
        assert.equal(callbackOk, true)
        assert.equal((await market.read.statusOf([asked.requestId]))[0], Status.fulfilled)
        const seen = await probe.read.gasSeen()
        // What reaching the fallback costs.
        assert(seen > BigInt(limit - 300) && seen < BigInt(limit), `${seen}`)
      })
    }
  }

  it('[CLF-1] has a bound', async () => {
    const { adapter, subscribe, ask } = built()
    const subscription = await subscribe()
    const above = CALLBACK_GAS_LIMIT_MAX + 1
    assert.equal(
      await revertOf(adapter.read.isValidCallbackGasLimit([subscription, above])),
      'GasLimitTooBig',
    )
    assert.equal(await revertOf(adapter.read.isValidCallbackGasLimit([99n, 1])), 'InvalidSubscription')
    await adapter.read.isValidCallbackGasLimit([subscription, CALLBACK_GAS_LIMIT_MAX])
    await assert.rejects(ask(subscription, above))
    await ask(subscription, CALLBACK_GAS_LIMIT_MAX)
  })

  it('[CLF-3] is not less: an answer with less gas is refused, and can be tried again', async () => {
    const { world, adapter, hostile, subscribe, ask } = built()
    const asked = await ask(await subscribe())
    const fulfil = (gas: bigint) => (account: Hex) => {
      const args = [asked.requestId, asked.request.functionId, 1n, 1n, 0, RESPONSE] as const
      return revertOf(
        world.publicClient.simulateContract({
          ...{ address: adapter.address, abi: ADAPTER_AND_CALLBACK, functionName: 'fulfillCompute', args },
          account,
          gas,
        }),
      )
    }
    assert.equal(await asMarket(world, fulfil(240_000n)), 'CallbackGasTooLow')
    assert.equal(await asMarket(world, fulfil(300_000n)), 'no revert')
    assert.equal(await hostile.read.answers(), 0n)
  })
})

async function asMarket<T>(world: World, act: (account: Hex) => Promise<T>): Promise<T> {
  const account = world.market.address
  await world.networkHelpers.impersonateAccount(account)
  const result = await act(account)
  await world.networkHelpers.stopImpersonatingAccount(account)
  return result
}

describe('a request', () => {
  it('[CLF-1] is its subscription’s consumers’ only', async () => {
    const { world, adapter, subscribe, donId, hostile } = built()
    const subscription = await subscribe()
    const ask = (id: bigint, account = world.accounts.stranger.account) =>
      revertOf(adapter.write.sendRequest([id, '0x61', 1, 100_000, donId], { account }))
    assert.equal(await ask(subscription), 'InvalidConsumer')
    assert.equal(await ask(subscription, world.accounts.requester.account), 'InvalidConsumer')
    assert.equal(await ask(99n), 'InvalidSubscription')
    // A consumer of one subscription is none of another.
    await adapter.write.createSubscription({ account: world.accounts.stranger.account })
    const other = await adapter.read.getSubscriptionCount()
    await adapter.write.fundSubscription([other], { value: 10n ** 17n })
    assert.equal(await revertOf(hostileAsk(other)), 'InvalidConsumer')
    await adapter.write.removeConsumer([subscription, hostile.address])
    assert.equal(await revertOf(hostileAsk(subscription)), 'InvalidConsumer')
  })

  it('[CLF-1] has data, of the version there is', async () => {
    const { world, adapter, donId, subscribe } = built()
    const subscription = await subscribe()
    const { account } = world.accounts.stranger
    await adapter.write.addConsumer([subscription, account.address])
    const ask = (data: Hex, version: number) =>
      revertOf(adapter.write.sendRequest([subscription, data, version, 100_000, donId], { account }))
    assert.equal(await ask('0x', 1), 'EmptyRequestData')
    assert.equal(await ask('0x61', 0), 'UnsupportedDataVersion')
    assert.equal(await ask('0x61', 2), 'UnsupportedDataVersion')
    assert.equal(await ask('0x61', 1), 'no revert')
  })

  it('[CLF-1] of an account without code is answered, and its callback counts as failed', async () => {
    const { world, adapter, donId, subscribe, answer } = built()
    const subscription = await subscribe()
    const { account } = world.accounts.stranger
    await adapter.write.addConsumer([subscription, account.address])
    const asked = await world.submitted(
      adapter.write.sendRequest([subscription, '0x61', 1, 100_000, donId], { account }),
    )
    assert.equal((await answer(asked, RESPONSE)).callbackOk, false)
    const counts = await adapter.read.getConsumer([account.address, subscription])
    assert.deepEqual(counts, { allowed: true, initiatedRequests: 1n, completedRequests: 1n })
  })

  it('[CLF-2] costs at most what was estimated, and its subscription gets back what is left', async () => {
    const { world, market, adapter, subscribe, ask, answer, balanceOf, donId } = built()
    const [subscription, other] = [await subscribe(), await subscribe()]
    const [before, others] = [await balanceOf(subscription), await balanceOf(other)]
    const asked = await ask(subscription)
    const estimate = await adapter.read.estimateCost([donId, '0x61', 200_000, asked.request.maxFeePerGas])
    assert.equal(before - (await balanceOf(subscription)), estimate)
    const { payment } = await answer(asked, RESPONSE)
    assert(payment.refund > 0n)
    assert.equal(await balanceOf(subscription), before - estimate + payment.refund)
    assert.equal(await balanceOf(other), others)
    // The adapter itself has nothing, here or in the market.
    assert.equal(await market.read.creditOf([adapter.address]), 0n)
    assert.equal(await world.publicClient.getBalance({ address: adapter.address }), 0n)
  })

  it('[CLF-2] is estimated at the greatest price the market takes, when asked for a greater one', async () => {
    const { adapter, donId } = built()
    const at = (price: bigint) => adapter.read.estimateCost([donId, '0x61', 200_000, price])
    const greatest = await at(2n ** 64n - 1n)
    assert(greatest > (await at(2n ** 64n - 2n)))
    assert.equal(await at(2n ** 64n), greatest)
    assert.equal(await at(2n ** 256n - 1n), greatest)
  })

  it('[CLF-2] costs no more than its owner allows for one', async () => {
    const { world, adapter, subscribe, ask, donId } = built()
    const subscription = await subscribe()
    assert.equal(await adapter.read.spendingMaxOf([subscription]), SPENDING_MAX)
    const { request } = await ask(subscription)
    const cost = await adapter.read.estimateCost([donId, '0x61', 200_000, request.maxFeePerGas])
    await adapter.write.setSpendingMax([subscription, cost / 2n])
    assert.equal(await revertOf(hostileAsk(subscription, marketErrors())), 'AboveSpendingCap')
    const { account } = world.accounts.stranger
    const raise = adapter.write.setSpendingMax([subscription, cost * 2n], { account })
    assert.equal(await revertOf(raise), 'MustBeSubscriptionOwner')
    await adapter.write.setSpendingMax([subscription, cost * 2n])
    await ask(subscription)
  })

  it('[CLF-2] is refused when the subscription has too little, and another’s balance is not touched', async () => {
    const { adapter, subscribe, ask, balanceOf } = built()
    const [rich, poor] = [await subscribe(), await subscribe(10n ** 12n)]
    const before = await balanceOf(rich)
    assert.equal(await revertOf(hostileAsk(poor, marketErrors())), 'AccountTooLow')
    assert.equal(await balanceOf(rich), before)
    assert.equal(await adapter.read.pendingRequestExists([poor]), false)
    await adapter.write.fundSubscription([poor], { value: 10n ** 17n })
    await ask(poor)
  })
})

function marketErrors() {
  return built().market.abi
}

/** A request whose refusal may come from the market. */
async function hostileAsk(subscription: bigint, abi: readonly unknown[] = functionsAdapterAbi) {
  const { world, hostile, donId } = built()
  return await world.publicClient.simulateContract({
    address: hostile.address,
    abi: [...hostile.abi, ...(abi as typeof functionsAdapterAbi)],
    functionName: 'ask',
    args: ['0x61', subscription, 200_000, donId],
    account: world.accounts.deployer.account,
  })
}

describe('the adapter', () => {
  it('[CLF-7] speaks the published router’s functions, events and errors', () => {
    const file = '@chainlink/contracts/abi/v0.8/functions/FunctionsRouter.abi.json'
    const theirs = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(file), 'utf8')) as Item[]
    // What the interface says is its own, and an error of OpenZeppelin's that cannot occur.
    const own = new Set(['timeoutRequests', 'InsufficientBalance'])
    const shared = functionsAdapterAbi.filter(
      ({ name }) => !own.has(name) && theirs.some((item) => item.name === name),
    )
    for (const item of shared) {
      const same = theirs.filter(({ name, type }) => name === item.name && type === item.type)
      assert.deepEqual(same.map(shapeOf), [shapeOf(item as Item)])
    }
    const consumers = `sendRequest isValidCallbackGasLimit createSubscription createSubscriptionWithConsumer addConsumer
      removeConsumer cancelSubscription proposeSubscriptionOwnerTransfer acceptSubscriptionOwnerTransfer getSubscription
      getConsumer getSubscriptionCount pendingRequestExists SubscriptionCreated SubscriptionFunded InvalidConsumer`
    const names = new Set<string>(shared.map(({ name }) => name))
    for (const name of consumers.split(/\s+/)) assert(names.has(name), name)
  })

  it('[CLF-4] takes answers from the market only, for requests it made, once', async () => {
    const { world, adapter, subscribe, ask, answer } = built()
    const asked = await ask(await subscribe())
    const call = {
      address: adapter.address,
      abi: ADAPTER_AND_CALLBACK,
      functionName: 'fulfillCompute',
    } as const
    const { account } = world.accounts.stranger
    const fulfil = (from: Hex, requestId = asked.requestId) =>
      revertOf(
        world.publicClient.simulateContract({
          ...call,
          args: [requestId, asked.request.functionId, 1n, 1n, 0, RESPONSE],
          account: from,
          gas: 1_000_000n,
        }),
      )
    assert.equal(await fulfil(account.address), 'NotMarket')
    await answer(asked, RESPONSE)
    await asMarket(world, async (market) => {
      assert.equal(await fulfil(market), 'UnknownRequest')
      assert.equal(await fulfil(market, RESPONSE), 'UnknownRequest')
    })
  })

  it('takes no ether but for a subscription', async () => {
    const { world, adapter } = built()
    const sent = world.accounts.stranger.sendTransaction({ to: adapter.address, value: 1n })
    await assert.rejects(sent)
    const funded = adapter.write.fundSubscription([7n], { value: 1n })
    assert.equal(await revertOf(funded), 'InvalidSubscription')
  })
})

interface Parameter {
  readonly type: string
  readonly components?: readonly Parameter[]
  readonly indexed?: boolean
}
interface Item {
  readonly type: string
  readonly name?: string
  readonly stateMutability?: string
  readonly inputs?: readonly Parameter[]
  readonly outputs?: readonly Parameter[]
}

function typeOf({ type, components, indexed }: Parameter): string {
  return `${type}${components ? `(${components.map(typeOf).join()})` : ''}${indexed ? ' indexed' : ''}`
}

function shapeOf({ type, name, inputs = [], outputs = [], stateMutability }: Item): string {
  return `${type} ${name}(${inputs.map(typeOf).join()}) ${stateMutability} (${outputs.map(typeOf).join()})`
}
