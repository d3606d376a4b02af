/** Challenges at their bounds: the shortest hearing, the dearest submission, the last thing two reports can differ in. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, parseEventLogs, stringToHex } from 'viem'
import { challengeCourtAbi } from '../../src/protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import {
  type Challenged,
  certifyRequest,
  challengeRequest,
  judge,
  openChallenge,
} from './support/challenge.ts'
import { createWorld, FUEL_LIMIT, FUEL_PRICE, given, revertOf, WINDOW_SECONDS } from './support/world.ts'

const NODES = 20
const SEATS = 4
const JUDGES = 12n
const GWEI = 10n ** 9n
const GAS = 16_000_000n
const TRAP = 0x100
const RIGHT = stringToHex('an answer')
/** A seat's pay when all fuel is used. */
const PER_SEAT_MAX = 10n ** 14n + FUEL_PRICE * FUEL_LIMIT
const Verdict = { upheld: 2, overturned: 3 } as const

interface Asked {
  readonly windowSeconds?: number
  readonly exit?: number
}

/** A certified request, whose requester pays up to 700 gwei. */
async function setUp({ windowSeconds = WINDOW_SECONDS, exit = 0 }: Asked = {}) {
  const world = await createWorld()
  await world.sealNodes(NODES)
  const functionId = await world.deployFunction({ challengeWindow: 900, committeeSize: SEATS, windowSeconds })
  const { requestId, request } = await world.request(functionId, { maxFeePerGas: 700n * GWEI })
  await world.openWindow(request)
  const output = exit === 0 ? RIGHT : '0x'
  const { certified } = await certifyRequest(world, requestId, request, { output, exit })
  return { world, requestId, request, certified }
}

type Built = Awaited<ReturnType<typeof setUp>>

async function resolve(
  { world, request, requestId, certified }: Built,
  { round }: Challenged,
  options: Parameters<typeof judge>[5],
) {
  const judged = await judge(world, requestId, request, certified, round, options)
  const receipt = await world.receiptOf(
    world.court.write.resolve([world.market.address, request, certified, judged], {
      account: world.accounts.operator.account,
      gas: GAS,
      maxFeePerGas: 10_000n * GWEI,
    }),
  )
  const [log] = parseEventLogs({ abi: challengeCourtAbi, logs: receipt.logs, eventName: 'ChallengeResolved' })
  assert(log, 'no ChallengeResolved')
  return log.args
}

describe('a hearing', () => {
  for (const [windowSeconds, length] of [
    [WINDOW_SECONDS - 20, 600n],
    [WINDOW_SECONDS + 20, 2n * BigInt(WINDOW_SECONDS + 20)],
  ] as const)
    it(`[CHA-5] lasts ${length} s when an attempt lasts ${windowSeconds}`, async () => {
      const { world, request, certified } = await setUp({ windowSeconds })
      const { opensAt, closesAt } = await challengeRequest(world, request, certified)
      assert.equal(closesAt - opensAt, length)
    })
})

describe('a verdict', () => {
  const built = given(() => setUp())

  it('[CHA-6] overturns what differs in its exit alone', async () => {
    const { world, request, certified } = built()
    const challenged = await challengeRequest(world, request, certified)
    await openChallenge(world, challenged)
    const { verdict } = await resolve(built(), challenged, { output: RIGHT, exit: 1 })
    assert.equal(verdict, Verdict.overturned)
    const ruling = await world.court.read.rulingOf([world.market.address, built().requestId])
    assert.deepEqual([ruling.exit, ruling.outputHash], [1, certified.outputHash])
  })

  it('[CHA-5] is about no output longer than the request takes', async () => {
    const { world, requestId, request, certified } = built()
    const challenged = await challengeRequest(world, request, certified)
    await openChallenge(world, challenged)
    const resolveWith = async (bytes: number) => {
      const output: Hex = `0x${'61'.repeat(bytes)}`
      const judged = await judge(world, requestId, request, certified, challenged.round, { output })
      const args = [world.market.address, request, certified, judged] as const
      return await revertOf(world.court.simulate.resolve(args, { gas: GAS }))
    }
    assert.equal(await resolveWith(request.outputBytesMax + 1), 'NotAChallengeReport')
    assert.equal(await resolveWith(request.outputBytesMax), 'no revert')
  })

  it('[CHA-5] reimburses its submission out of what the bond has left, and no more', async () => {
    const { world, request, certified } = built()
    const { accounts, market, networkHelpers } = world
    const challenged = await challengeRequest(world, request, certified)
    await openChallenge(world, challenged)
    // The bond was reckoned at 500 gwei, and every judge is paid for all the fuel.
    await networkHelpers.setNextBlockBaseFeePerGas(600n * GWEI)
    const seats = Array.from({ length: Number(JUDGES) }, (_, seat) => seat)
    const { verdict, perSeat, unsignedPay, reimbursement } = await resolve(built(), challenged, {
      output: '0x',
      exit: TRAP,
      seats,
    })
    assert.equal(verdict, Verdict.overturned)
    assert.deepEqual([perSeat, unsignedPay], [PER_SEAT_MAX, 0n])
    assert.equal(reimbursement, challenged.bond - JUDGES * PER_SEAT_MAX)
    assert.equal(await market.read.creditOf([accounts.operator.account.address]), reimbursement)
    assert.equal(await market.read.creditOf([accounts.stranger.account.address]), 0n)
  })
})

describe('a certified trap', () => {
  const built = given(() => setUp({ exit: TRAP }))

  it('[CHA-5] [FEE-6] is upheld by judges who trapped too, and costs all its fuel', async () => {
    const { world, request, certified } = built()
    const { market } = world
    const challenged = await challengeRequest(world, request, certified)
    await openChallenge(world, challenged)
    const { verdict, perSeat } = await resolve(built(), challenged, { output: '0x', exit: TRAP })
    assert.equal(verdict, Verdict.upheld)
    assert.equal(perSeat, PER_SEAT_MAX)
    const sent = market.write.finalize([request, certified, '0x'], { gas: GAS })
    const { logs } = await world.receiptOf(sent)
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs, eventName: 'RequestFinalized' })
    assert.deepEqual([log?.args.exit, log?.args.fuelUsed], [TRAP, request.fuelLimit])
  })
})

describe('a larger committee', () => {
  const built = given(() => setUp())

  it('[CHA-4] is of what was challenged, and of nothing else', async () => {
    const { world, request, certified } = built()
    const challenged = await challengeRequest(world, request, certified)
    await openChallenge(world, challenged)
    const committeeOf = (change: object) =>
      world.court.read.committeeOf([world.market.address, request, { ...certified, ...change }])
    assert.equal((await committeeOf({})).length, Number(JUDGES))
    assert.equal(await revertOf(committeeOf({ signers: certified.signers ^ 1n })), 'NotPending')
  })
})

describe('a market that makes its own figures', () => {
  const built = given(() => setUp())

  it('[CHA-8] has no bond that does not fit its record', async () => {
    const { world, request, certified } = built()
    const { viem, court, accounts, networkHelpers } = world
    const market = (await viem.deployContract('OpenMarket')) as unknown as {
      readonly address: Hex
      readonly write: Record<'setGasBase', (args: readonly unknown[]) => Promise<Hex>>
    }
    const free = { ...request, flatFeePerSeat: 0n, fuelPrice: 0n }
    const cheap = { ...certified, maxFeePerGas: 1n }
    const account = accounts.stranger.account
    await networkHelpers.setBalance(account.address, 2n ** 98n)
    const challengeAt = async (bond: bigint) => {
      await market.write.setGasBase([bond])
      assert.equal(await court.read.bondOf([market.address, free, cheap]), bond)
      const args = [market.address, free, cheap] as const
      return await revertOf(court.write.challenge(args, { account, value: bond }))
    }
    assert.equal(await challengeAt(2n ** 96n), 'BondMismatch')
    assert.equal(await challengeAt(2n ** 96n - 1n), 'no revert')
    assert.equal(await world.publicClient.getBalance({ address: court.address }), 2n ** 96n - 1n)
  })
})
