/** A callback that failed, from finding out why to trying it again; and an open request that is topped up. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { encodeErrorResult, type Hex, parseAbi, stringToHex } from 'viem'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { certifyRequest } from '../../contracts/support/challenge.ts'
import { CALLBACK_MODE, deployHostileConsumer } from '../../contracts/support/consumer.ts'
import { createWorld, given, type MarketParams } from '../../contracts/support/world.ts'
import { failureIn, jsonOf } from './support/run.ts'
import { ACCOUNT, served } from './support/served.ts'
import { settleBatch } from './support/settle.ts'

const CALLBACK_GAS = 300_000
/** The selector of `RequestsPaused()`, which consumers that ask again pass on. */
const REQUESTS_PAUSED = '0xc2ddbfe4'
const errorsAbi = parseAbi(['error Error(string)', 'error Panic(uint256)', 'error Mine(uint256 figure)'])

const built = given(async () => {
  const world = await createWorld()
  // As many as hear a challenge of five.
  await world.sealNodes(16)
  const functionId = await world.deployFunction()
  const consumer = await deployHostileConsumer(world)
  return { world, functionId, consumer, cli: await served(world) }
})

after(() => built().cli.close())

async function ask(overrides: Partial<MarketParams> = {}) {
  const { world, functionId, consumer } = built()
  const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS, ...overrides })
  const value = await world.market.read.quote([params])
  const asked = await world.submitted(consumer.write.ask([params], { value }))
  await world.openWindow(asked.request)
  return asked
}

/** A request whose callback failed, in this mode of its consumer. */
async function failing(mode: number, overrides: Partial<MarketParams> = {}): Promise<Hex> {
  const { world, consumer } = built()
  const { requestId, request } = await ask(overrides)
  await consumer.write.set([mode, '0x'])
  await world.fulfill(request, await world.certify(requestId, request))
  assert.equal((await world.market.read.statusOf([requestId]))[0], 3)
  return requestId
}

/** Code that reverts with this. */
function reverting(data: Hex): Hex {
  const size = ((data.length - 2) / 2).toString(16).padStart(4, '0')
  return `0x61${size}600d5f3961${size}5ffd00${data.slice(2)}`
}

interface Debugged {
  readonly outcome: string
  readonly reason?: { readonly kind: string }
  readonly gasNeeded?: string
  readonly fix?: string
}

async function debug(requestId: Hex, ...more: string[]) {
  const ended = await built().cli.dikast(['callback', 'debug', requestId, ...more, '--json'])
  const value = jsonOf(ended) as Debugged
  assert.equal(ended.code, value.outcome === 'succeeds' ? EXIT.ok : EXIT.no, ended.out)
  return value
}

describe('dikast callback debug', () => {
  it('tells the words a target reverts with', async () => {
    const requestId = await failing(CALLBACK_MODE.revert)
    const { outcome, reason } = await debug(requestId)
    assert.deepEqual([outcome, reason], ['reverts', { kind: 'error', message: 'no' }])
    const { out } = await built().cli.dikast(['callback', 'debug', requestId])
    assert.match(out, /outcome {5}reverts: it says: no\nfix {9}the target refuses/)
  })

  it('tells panics, custom errors, ours by name, and silence', async () => {
    const { cli, consumer } = built()
    const requestId = await failing(CALLBACK_MODE.revert)
    const overflow = encodeErrorResult({ abi: errorsAbi, errorName: 'Panic', args: [0x11n] })
    const mine = encodeErrorResult({ abi: errorsAbi, errorName: 'Mine', args: [7n] })
    for (const [data, reason] of [
      [overflow, { kind: 'panic', panic: '0x11', message: 'arithmetic overflow or underflow' }],
      [mine, { kind: 'custom', selector: mine.slice(0, 10), data: mine }],
      ['0x', { kind: 'empty' }],
    ] as const) {
      await cli.rpc('hardhat_setCode', consumer.address, reverting(data))
      const told = await debug(requestId)
      assert.deepEqual([told.outcome, told.reason], ['reverts', reason])
      assert.ok((told.fix ?? '').length > 20)
    }
    await cli.rpc('hardhat_setCode', consumer.address, reverting(REQUESTS_PAUSED))
    const told = await debug(requestId)
    assert.deepEqual(told.reason, {
      kind: 'custom',
      selector: REQUESTS_PAUSED,
      name: 'RequestsPaused',
      data: REQUESTS_PAUSED,
    })
    assert.match(told.fix ?? '', /try again later/)
  })

  it('tells want of gas from a refusal, and how much is enough', async () => {
    const requestId = await failing(CALLBACK_MODE.accept, { callbackGas: 30_000 })
    const { outcome, gasNeeded, fix } = await debug(requestId)
    assert.equal(outcome, 'outOfGas')
    const needed = Number(gasNeeded)
    assert.ok(needed > 30_000 && needed < 200_000, gasNeeded)
    assert.match(fix ?? '', new RegExp(`--gas ${needed}`))
    assert.equal((await debug(requestId, '--gas', String(needed))).outcome, 'succeeds')
    const retried = await built().cli.dikast(
      ['callback', 'retry', requestId, '--gas', String(needed), '--json'],
      ACCOUNT.stranger,
    )
    assert.equal(retried.code, EXIT.ok, retried.out)
  })

  it('is bounded in what it takes of a target', async () => {
    const requestId = await failing(CALLBACK_MODE.revertWithMegabytes)
    const { outcome } = await debug(requestId)
    assert.equal(outcome, 'reverts')
  })

  it('sees what was mended, and says so', async () => {
    const requestId = await failing(CALLBACK_MODE.revert)
    await built().consumer.write.set([CALLBACK_MODE.accept, '0x'])
    assert.equal((await debug(requestId)).outcome, 'succeeds')
  })
})

describe('dikast callback retry', () => {
  const retry = (requestId: Hex, ...more: string[]) =>
    built().cli.dikast(['callback', 'retry', requestId, ...more, '--json'], ACCOUNT.stranger)

  it('[MKT-21] brings the same result again, sent by anyone', async () => {
    const { consumer, world } = built()
    const requestId = await failing(CALLBACK_MODE.revert)
    const failed = await retry(requestId)
    assert.equal(failed.code, EXIT.no)
    assert.equal((jsonOf(failed) as { ok: boolean }).ok, false)
    await consumer.write.set([CALLBACK_MODE.accept, '0x'])
    const ended = await retry(requestId)
    assert.equal(ended.code, EXIT.ok, ended.out)
    assert.equal(await consumer.read.lastRequest(), requestId)
    assert.equal(await consumer.read.lastOutput(), stringToHex('an answer'))
    assert.equal((await world.market.read.statusOf([requestId]))[0], 2)
    const done = await retry(requestId)
    assert.equal(done.code, EXIT.usage)
    assert.match(failureIn(done).message, /is fulfilled: no callback of it failed/)
  })

  it('[MKT-21] finds a result that was settled in a batch', async () => {
    const { consumer, world } = built()
    await consumer.write.set([CALLBACK_MODE.revert, '0x'])
    const { requestId, request } = await ask()
    await settleBatch(world, [{ requestId, request }])
    assert.equal((await world.market.read.statusOf([requestId]))[0], 3)
    await consumer.write.set([CALLBACK_MODE.accept, '0x'])
    const ended = await retry(requestId)
    assert.equal(ended.code, EXIT.ok, ended.out)
    assert.equal(await consumer.read.lastRequest(), requestId)
  })

  it('[MKT-21] finds a result that was final after its challenge window', async () => {
    const { consumer, world } = built()
    const functionId = await world.deployFunction({ challengeWindow: 900 })
    const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
    const value = await world.market.read.quote([params])
    const { requestId, request } = await world.submitted(consumer.write.ask([params], { value }))
    await world.openWindow(request)
    const { certified } = await certifyRequest(world, requestId, request)
    await world.networkHelpers.time.increase(900)
    await consumer.write.set([CALLBACK_MODE.revert, '0x'])
    await world.market.write.finalize([request, certified, stringToHex('an answer')], { gas: 16_000_000n })
    assert.equal((await debug(requestId)).outcome, 'reverts')
    await consumer.write.set([CALLBACK_MODE.accept, '0x'])
    assert.equal((await retry(requestId)).code, EXIT.ok)
    assert.equal(await consumer.read.lastRequest(), requestId)
  })

  it('[MKT-21] takes gas from what was bought to two million', async () => {
    const requestId = await failing(CALLBACK_MODE.revert)
    for (const gas of [CALLBACK_GAS - 1, 2_000_001]) {
      const ended = await retry(requestId, '--gas', String(gas))
      assert.equal(ended.code, EXIT.usage)
      assert.match(failureIn(ended).fix, /300000 to 2000000/)
    }
  })

  it('says of a request that is open, or none, that no callback of it failed', async () => {
    const { requestId } = await ask()
    assert.match(failureIn(await retry(requestId)).message, /is open: no callback/)
    assert.match(failureIn(await retry(`0x${'ab'.repeat(32)}`)).message, /is not a request of market/)
  })
})

describe('dikast top-up', () => {
  async function asked() {
    const { world, functionId } = built()
    const { requestId, escrow } = await world.request(functionId)
    const topUp = (...more: string[]) =>
      built().cli.dikast(['top-up', requestId, ...more, '--json'], ACCOUNT.requester)
    return { requestId, escrow, topUp }
  }

  it('[MKT-20] adds value, and what a higher price of gas takes', async () => {
    const { market } = built().world
    const { requestId, escrow, topUp } = await asked()
    const added = await topUp('--value', '0.5')
    assert.equal(added.code, EXIT.ok, added.out)
    const half = 5n * 10n ** 17n
    assert.equal((await market.read.statusOf([requestId]))[1], escrow + half)
    const raised = jsonOf(await topUp('--max-fee', '20')) as { value: string; maxFeePerGas: string }
    assert.deepEqual([raised.value, raised.maxFeePerGas], ['0', String(20n * 10n ** 9n)])
    const more = jsonOf(await topUp('--max-fee', '5000')) as Record<
      'value' | 'escrow' | 'maxFeePerGas',
      string
    >
    assert.ok(BigInt(more.value) > 0n)
    assert.equal(BigInt(more.escrow), escrow + half + BigInt(more.value))
    assert.equal(more.maxFeePerGas, String(5_000n * 10n ** 9n))
    assert.equal((await market.read.statusOf([requestId]))[1], BigInt(more.escrow))
    // Neither less nor more than what was missing.
    assert.equal((jsonOf(await topUp('--max-fee', '5000')) as { value: string }).value, '0')
    assert.notEqual((jsonOf(await topUp('--max-fee', '5001')) as { value: string }).value, '0')
  })

  it('[MKT-20] is for the requester, and for something', async () => {
    const { requestId, topUp } = await asked()
    const nothing = await topUp()
    assert.equal(nothing.code, EXIT.usage)
    assert.match(failureIn(nothing).fix, /--max-fee/)
    for (const flag of [
      ['--value', '1'],
      ['--max-fee', '50'],
    ]) {
      const stranger = await built().cli.dikast(['top-up', requestId, ...flag, '--json'], ACCOUNT.stranger)
      assert.equal(stranger.code, EXIT.no, stranger.out)
      assert.match(failureIn(stranger).message, /NotRequester\(/)
    }
  })
})

describe('dikast account', () => {
  interface Shown {
    readonly credit: string
    readonly consumers: readonly { readonly consumer: Address; readonly valueMax: string }[]
  }
  const run = (args: readonly string[], account?: number) => built().cli.dikast([...args, '--json'], account)
  const show = async (address: Address) => jsonOf(await run(['account', 'show', address])) as Shown

  it('[MKT-18] is prepaid, by its owner or for another, shown and paid out', async () => {
    const { requester, stranger } = built().world.accounts
    const [own, other] = [requester.account.address, stranger.account.address]
    for (const more of [[], ['--for', other]]) {
      const ended = await run(['account', 'deposit', '--amount', '0.25', ...more], ACCOUNT.requester)
      assert.equal(ended.code, EXIT.ok, ended.out)
    }
    for (const address of [own, other]) assert.equal((await show(address)).credit, String(25n * 10n ** 16n))
    assert.equal(
      (jsonOf(await run(['account', 'show'], ACCOUNT.stranger)) as Shown).credit,
      String(25n * 10n ** 16n),
    )
    const to: Address = `0x${'c2'.repeat(20)}`
    const claimed = await run(['account', 'claim', '--to', to], ACCOUNT.stranger)
    assert.equal(claimed.code, EXIT.ok, claimed.out)
    assert.equal(await built().world.publicClient.getBalance({ address: to }), 25n * 10n ** 16n)
    const nothing = await run(['account', 'claim'], ACCOUNT.stranger)
    assert.equal(nothing.code, EXIT.usage)
    assert.match(failureIn(nothing).message, /holds nothing/)
    assert.equal((await run(['account', 'deposit', '--amount', '0'], ACCOUNT.requester)).code, EXIT.usage)
  })

  it('[MKT-18] lets consumers spend up to their caps, until it ends that', async () => {
    const { world, consumer } = built()
    const payer = world.accounts.requester.account.address
    const cap = (max: string) =>
      run(['account', 'consumer', consumer.address, '--max', max], ACCOUNT.requester)
    assert.equal((await cap('0.01')).code, EXIT.ok)
    assert.equal((await cap('0.02')).code, EXIT.ok)
    assert.deepEqual((await show(payer)).consumers, [
      { consumer: consumer.address.toLowerCase(), valueMax: String(2n * 10n ** 16n) },
    ])
    assert.equal(await world.market.read.spendingCapOf([payer, consumer.address]), 2n * 10n ** 16n)
    assert.equal((await cap('0')).code, EXIT.ok)
    assert.deepEqual((await show(payer)).consumers, [])
  })
})
