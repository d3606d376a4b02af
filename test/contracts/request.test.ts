/** Asking the market: what it accepts, what it freezes, and what it costs. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, stringToHex } from 'viem'
import { requestIdOf } from '../../src/crypto/eip712.ts'
import {
  createWorld,
  FUEL_LIMIT,
  FUEL_PRICE,
  given,
  type MarketParams,
  type MarketRequest,
  PERIOD_SECONDS,
  revertOf,
  WINDOW_SECONDS,
} from './support/world.ts'

const NODES = 7
const LEAD_SECONDS = 24n
const SELECTION_FEE = 10n ** 13n
const FEE_BPS = 500n
const GAS = { base: 100_000n, perSignature: 13_000n, perByte: 40n }
const OPEN = 1

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(NODES)
  return { world, functionId: await world.deployFunction(), market: world.market }
})

function ask(overrides: Partial<MarketParams> = {}, value = 10n ** 17n): Promise<Hex> {
  const { world, market, functionId } = built()
  return market.write.request([world.paramsOf(functionId, overrides)], {
    value,
    account: world.accounts.requester.account,
  })
}

describe('a request', () => {
  it('[MKT-4] [FMT-2] is emitted whole, and its digest is its id', async () => {
    const { world, functionId, market } = built()
    const { request, requestId, escrow } = await world.request(functionId, { callbackGas: 50_000 }, 7n)
    const hashed = requestIdOf(world.marketDomain, { ...request, consensus: 'exact' } as never)
    assert.equal(requestId, hashed)
    assert.equal(await market.read.requestIdOf([request]), requestId)
    assert.deepEqual(await market.read.statusOf([requestId]), [OPEN, escrow])
    const [epoch, snapshot] = await world.nodes.read.latestSnapshot()
    const expected: Partial<MarketRequest> = {
      functionId,
      nonce: 0n,
      epoch,
      snapshot: snapshot.blob,
      consensus: 0,
      committeeSize: 5,
      callbackGas: 50_000,
      outputBytesMax: 1024,
      challengeWindow: 0,
      flatFeePerSeat: 10n ** 14n,
      fuelPrice: FUEL_PRICE,
      fuelLimit: FUEL_LIMIT,
      royalty: 5n * 10n ** 13n,
      protocolFee: (5n * 10n ** 14n * FEE_BPS) / 10_000n,
      maxFeePerGas: 10n ** 10n,
      input: stringToHex('a question'),
    }
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(request[key as keyof MarketRequest], value, key)
    }
    const lower = (address: Hex) => address.toLowerCase()
    assert.equal(lower(request.requester), world.accounts.requester.account.address)
    assert.equal(lower(request.callbackTarget), world.accounts.requester.account.address)
    assert.equal(lower(request.functionOwner), world.accounts.functionOwner.account.address)
    assert.equal(lower(request.verifier), world.deployment.ecdsaQuorumVerifier)
  })

  it('[MKT-4] is another one every time', async () => {
    const { world, functionId } = built()
    const ids = new Set<Hex>()
    for (let i = 0; i < 3; i++) {
      const { request, requestId } = await world.request(functionId)
      assert.equal(request.nonce, BigInt(i))
      ids.add(requestId)
    }
    assert.equal(ids.size, 3)
  })

  it('[MKT-4] encodes inputs of every length as TypeScript does', async () => {
    const { world, functionId } = built()
    for (const length of [0, 1, 31, 32, 33, 64, 100, 32_768]) {
      const input = `0x${'a5'.repeat(length)}` as const
      const { request, requestId } = await world.request(functionId, { input, attempts: 1 + (length % 3) })
      assert.equal(request.input, input)
      assert.equal(requestIdOf(world.marketDomain, { ...request, consensus: 'exact' } as never), requestId)
    }
  })

  it('[MKT-4] names no callback target when it buys no callback gas', async () => {
    const { world, functionId } = built()
    const { request } = await world.request(functionId)
    assert.equal(BigInt(request.callbackTarget), 0n)
  })

  it('[MKT-1] is refused beyond its bounds', async () => {
    assert.equal(await revertOf(ask({ input: `0x${'00'.repeat(32_769)}` })), 'InputTooLarge')
    assert.equal(await revertOf(ask({ attempts: 4 })), 'TooManyAttempts')
    assert.equal(await revertOf(ask({ callbackGas: 2_000_001 })), 'CallbackGasTooLarge')
    assert.equal(await revertOf(ask({ committeeSize: 4 })), 'CommitteeTooSmall')
    assert.equal(await revertOf(ask({ committeeSize: 257 })), 'CommitteeTooLarge')
    await ask({ callbackGas: 2_000_000, attempts: 3, committeeSize: NODES })
  })

  it('[MKT-1] is refused for a function that is unknown, paused or retired', async () => {
    const { world, functionId } = built()
    const { account } = world.accounts.functionOwner
    assert.equal(await revertOf(ask({ functionId: `0x${'11'.repeat(32)}` })), 'FunctionNotActive')
    await world.functions.write.pause([functionId], { account })
    assert.equal(await revertOf(ask()), 'FunctionNotActive')
    await world.functions.write.unpause([functionId], { account })
    await ask()
    await world.functions.write.retire([functionId], { account })
    assert.equal(await revertOf(ask()), 'FunctionNotActive')
  })

  it('[MKT-1] [MKT-13] is refused while paused, which only the owner can do', async () => {
    const { world, market } = built()
    const { account } = world.accounts.stranger
    assert.equal(await revertOf(market.write.setPaused([true], { account })), 'OwnableUnauthorizedAccount')
    await market.write.setPaused([true])
    assert.equal(await revertOf(ask()), 'RequestsPaused')
    await market.write.setPaused([false])
    await ask()
  })

  it('[MKT-2] is refused when fewer nodes are sealed than it has seats', async () => {
    assert.equal(await revertOf(ask({ committeeSize: NODES + 1 })), 'NotEnoughNodes')
  })

  it('[MKT-2] draws from an epoch at most two epochs old, and from a newer one as soon as it is sealed', async () => {
    const { world, functionId } = built()
    const first = (await world.request(functionId)).request
    await world.nextEpoch()
    await world.nextEpoch()
    const old = (await world.request(functionId)).request
    assert.deepEqual([old.epoch, old.snapshot], [first.epoch, first.snapshot])
    const current = await world.nextEpoch()
    assert.equal(await revertOf(ask()), 'StaleEpoch')
    await world.nodes.write.sealEpoch()
    const renewed = (await world.request(functionId)).request
    assert.equal(renewed.epoch, current)
    assert.notEqual(renewed.snapshot, first.snapshot)
    const again = (await world.request(functionId)).request
    assert.deepEqual([again.epoch, again.snapshot], [renewed.epoch, renewed.snapshot])
    assert.equal(again.nonce, 3n)
  })

  it('[MKT-2] is refused before any epoch is sealed', async () => {
    const world = await createWorld()
    const functionId = await world.deployFunction()
    assert.equal(await revertOf(world.market.read.quote([world.paramsOf(functionId)])), 'EpochNotSealed')
  })
})

describe('its price', () => {
  it('[MKT-3] [FEE-2] is the selection fee and the greatest the settlement can cost', async () => {
    const { world, functionId, market } = built()
    const params = world.paramsOf(functionId, { committeeSize: 6, callbackGas: 70_000 })
    const flatFees = 6n * 10n ** 14n
    const fuel = 6n * FUEL_PRICE * FUEL_LIMIT
    const bytes = BigInt('a question'.length) + 1024n
    const gas = GAS.base + GAS.perSignature * 6n + GAS.perByte * bytes + 70_000n
    const escrow =
      flatFees + fuel + 5n * 10n ** 13n + (flatFees * FEE_BPS) / 10_000n + gas * params.maxFeePerGas
    assert.equal(await market.read.quote([params]), SELECTION_FEE + escrow)
  })

  it('[MKT-3] is the least value accepted, and all above it is escrow', async () => {
    const { world, functionId, market } = built()
    const quote = await market.read.quote([world.paramsOf(functionId)])
    assert.equal(await revertOf(ask({}, quote - 1n)), 'PaymentTooSmall')
    assert.equal((await world.submitted(ask({}, quote))).escrow, quote - SELECTION_FEE)
    assert.equal((await world.submitted(ask({}, quote + 123n))).escrow, quote - SELECTION_FEE + 123n)
    assert.equal(await market.read.pool(), 2n * SELECTION_FEE)
  })

  it('[MKT-3] has no room for a value of 2^96', async () => {
    const { world } = built()
    const test = await world.viem.getTestClient()
    await test.setBalance({ address: world.accounts.requester.account.address, value: 2n ** 97n })
    assert.equal(await revertOf(ask({}, 2n ** 96n)), 'PaymentTooLarge')
    assert.equal((await world.submitted(ask({}, 2n ** 96n - 1n))).escrow, 2n ** 96n - 1n - SELECTION_FEE)
  })

  it('[MKT-3] refuses a price that no value can pay, whatever overflows in it', async () => {
    assert.equal(await revertOf(ask({ maxFeePerGas: 2n ** 64n - 1n })), 'PaymentTooSmall')
  })
})

describe('its windows', () => {
  it('[TIME-1] [TIME-2] open with a round after the lead, and follow one another to the deadline', async () => {
    const { world, functionId } = built()
    for (const attempts of [1, 2, 3, 0]) {
      const { request, receipt } = await world.request(functionId, { attempts })
      const { timestamp } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
      assert.equal(request.attempts.length, attempts === 0 ? 3 : attempts)
      let opensAt = await world.beacon.read.timeOfRound([request.attempts[0]?.round ?? 0n])
      assert(opensAt > timestamp + LEAD_SECONDS && opensAt <= timestamp + LEAD_SECONDS + PERIOD_SECONDS)
      for (const [i, attempt] of request.attempts.entries()) {
        assert.equal(attempt.opensAt, opensAt)
        assert.equal(attempt.closesAt, opensAt + BigInt(WINDOW_SECONDS))
        if (i > 0) assert.equal(attempt.round, await world.beacon.read.roundAfter([opensAt]))
        opensAt = attempt.closesAt
      }
      assert.equal(request.deadline, opensAt)
    }
  })

  it('[TIME-1] never use a round that is posted, nor the one after it, however far behind the clock is', async () => {
    const { world, functionId } = built()
    const first = (await world.request(functionId)).request.attempts[0]?.round ?? 0n
    const posted = first + 5n
    await world.postRound(posted)
    const { request } = await world.request(functionId)
    assert.equal(request.attempts[0]?.round, posted + 2n)
    assert.equal(request.attempts[0]?.opensAt, await world.beacon.read.timeOfRound([posted + 2n]))
  })
})
