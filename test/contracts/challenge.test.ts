/** Certificates that may be challenged: nobody is paid before they are final, and every challenge ends. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getContract, type Hex, parseEventLogs, stringToHex } from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { challengeSeats } from '../../src/core/challenge.ts'
import { challengeCourtAbi } from '../../src/protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { slasherAbi } from '../../src/protocol/abi/slasher.ts'
import {
  type Challenged,
  certifyRequest,
  challengeCommittee,
  challengeRequest,
  judge,
  openChallenge,
} from './support/challenge.ts'
import { deployHostileConsumer } from './support/consumer.ts'
import {
  createWorld,
  FUEL_LIMIT,
  FUEL_PRICE,
  FUEL_USED,
  given,
  revertOf,
  STAKE_MIN,
  ZERO_HASH,
} from './support/world.ts'

const NODES = 20
const SEATS = 4
const JUDGES = 12
/** Of the slasher here: every hearing's verdict slashes, but of a function with fewer seats. */
const JUDGES_MIN = 12n
const JUDGE_QUORUM = 8
const WINDOW = 3600
const FLAT_FEE = 10n ** 14n
const PER_SEAT = FLAT_FEE + FUEL_PRICE * FUEL_USED
const ROYALTY = 5n * 10n ** 13n
const PROTOCOL_FEE = (BigInt(SEATS) * FLAT_FEE * 500n) / 10_000n
const GAS = 16_000_000n
const Status = { none: 0, open: 1, fulfilled: 2, callbackFailed: 3, expired: 4, certified: 5 } as const
const Verdict = { none: 0, pending: 1, upheld: 2, overturned: 3, undecided: 4 } as const

const RIGHT = stringToHex('an answer')
const WRONG = stringToHex('a wrong answer')

/** A request of a consumer, certified; `output` is what its committee says. */
async function setUp(nodes: number, output: Hex) {
  const world = await createWorld()
  await world.sealNodes(nodes)
  const functionId = await world.deployFunction({ challengeWindow: WINDOW, committeeSize: SEATS })
  const { address } = await world.viem.deployContract('Slasher', [
    world.deployment.nodeRegistry,
    world.accounts.deployer.account.address,
    JUDGES_MIN,
  ])
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  const slasher = getContract({ abi: slasherAbi, address, client })
  await slasher.write.addMarket([world.deployment.market])
  await world.nodes.write.addSlasher([address])
  const consumer = await deployHostileConsumer(world)
  const params = world.paramsOf(functionId, { callbackGas: 200_000 })
  const value = await world.market.read.quote([params])
  const asked = await world.submitted(consumer.write.ask([params], { value }))
  await world.openWindow(asked.request)
  const { certified } = await certifyRequest(world, asked.requestId, asked.request, { output })
  return { world, slasher, consumer, certified, ...asked }
}

type Built = Awaited<ReturnType<typeof setUp>>

async function finalize(built: Built, output: Hex = RIGHT) {
  const { world, request, certified } = built
  const receipt = await world.receiptOf(
    world.market.write.finalize([request, certified, output], {
      account: world.accounts.deployer.account,
      gas: GAS,
    }),
  )
  const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestFinalized' })
  assert(log, 'no RequestFinalized')
  return log.args
}

const refused = (built: Built, output: Hex = RIGHT) =>
  revertOf(built.world.market.write.finalize([built.request, built.certified, output], { gas: GAS }))

async function statusOf({ world, requestId }: Built): Promise<number> {
  return (await world.market.read.statusOf([requestId]))[0]
}

const credit = (built: Built, account: Hex) => built.world.market.read.creditOf([account])
const balance = (built: Built, address: Hex) => built.world.publicClient.getBalance({ address })
const elapse = (built: Built, seconds: bigint) =>
  built.world.networkHelpers.time.increaseTo(built.certified.certifiedAt + seconds)

async function challenge(built: Built): Promise<Challenged> {
  const challenged = await challengeRequest(built.world, built.request, built.certified)
  await openChallenge(built.world, challenged)
  return challenged
}

async function resolve(built: Built, challenged: Challenged, options: Parameters<typeof judge>[5] = {}) {
  const { world, request, requestId, certified } = built
  const judged = await judge(world, requestId, request, certified, challenged.round, options)
  const receipt = await world.receiptOf(
    world.court.write.resolve([world.market.address, request, certified, judged], {
      account: world.accounts.operator.account,
      gas: GAS,
    }),
  )
  const [log] = parseEventLogs({ abi: challengeCourtAbi, logs: receipt.logs, eventName: 'ChallengeResolved' })
  assert(log, 'no ChallengeResolved')
  return log.args
}

describe('a certificate with a challenge window', () => {
  const built = given(() => setUp(NODES, RIGHT))

  it('[CHA-1] pays nobody and calls nobody before it is final, then as a settlement does', async () => {
    const { world, request, certified, consumer } = built()
    const { market, accounts } = world
    const [seat0] = await world.committeeOf(request)
    assert(seat0)
    assert.equal(await statusOf(built()), Status.certified)
    assert.equal(await market.read.nodeCreditOf([seat0.attestor]), 0n)
    assert.equal(await credit(built(), accounts.submitter.account.address), 0n)
    assert.equal(await consumer.read.lastOutput(), '0x')
    await elapse(built(), BigInt(WINDOW))
    const { verdict, payment } = await finalize(built())
    assert.equal(verdict, Verdict.none)
    assert.equal(await statusOf(built()), Status.fulfilled)
    assert.equal(await consumer.read.lastOutput(), RIGHT)
    assert.equal(payment.perSeat, PER_SEAT)
    assert.equal(payment.pool, PER_SEAT)
    assert.equal(await market.read.nodeCreditOf([seat0.attestor]), PER_SEAT)
    assert.equal(await credit(built(), accounts.functionOwner.account.address), ROYALTY)
    assert.equal(await credit(built(), accounts.submitter.account.address), certified.reimbursement)
    assert.equal(await credit(built(), accounts.deployer.account.address), payment.submitter)
    assert.equal(await credit(built(), consumer.address), payment.refund)
    const { perSeat, pool, submitter, refund } = payment
    const shared = perSeat * 3n + pool + ROYALTY + PROTOCOL_FEE + certified.reimbursement + submitter + refund
    assert.equal(shared, certified.escrow)
  })

  it('[CHA-1] may be challenged in its half-open window, and is final from its end on', async () => {
    const { world, request, certified } = built()
    const { market } = world
    await elapse(built(), BigInt(WINDOW) - 1n)
    assert.equal(await refused(built()), 'NotFinal')
    await elapse(built(), BigInt(WINDOW))
    const bond = await world.court.read.bondOf([market.address, request, certified])
    const late = world.court.write.challenge([market.address, request, certified], { value: bond })
    assert.equal(await revertOf(late), 'NotChallengeable')
    await finalize(built())
    assert.equal(await refused(built()), 'NotCertified')
  })

  it('[CHA-2] is what was certified, to the bit', async () => {
    const { world, request, certified } = built()
    await elapse(built(), BigInt(WINDOW))
    assert.equal(await refused(built(), WRONG), 'NotCertified')
    const changes = [
      { escrow: certified.escrow + 1n },
      { reimbursement: certified.reimbursement + 1n },
      { certifiedAt: certified.certifiedAt - 1n },
      { submitter: world.accounts.stranger.account.address },
      { signers: certified.signers | 8n },
      { fuelUsed: certified.fuelUsed + 1n },
    ]
    for (const change of changes) {
      const spoiled = { ...certified, ...change }
      const call = world.market.write.finalize([request, spoiled, RIGHT], { gas: GAS })
      assert.equal(await revertOf(call), 'NotCertified', Object.keys(change).join())
    }
    const other = world.market.write.finalize([{ ...request, nonce: 99n }, certified, RIGHT], { gas: GAS })
    assert.equal(await revertOf(other), 'NotCertified')
  })

  it('[CHA-1] is not certified again, expired, topped up or settled in a batch', async () => {
    const { world, request, requestId } = built()
    const { market } = world
    const again = await world.certify(requestId, request)
    const { account } = world.accounts.submitter
    assert.equal(await revertOf(market.write.fulfill([request, again], { account })), 'RequestNotOpen')
    const { exit, fuelUsed, output, certificate } = again
    const batch = { attempt: 0, view_: 0, leaves: [ZERO_HASH], certificate } as const
    const items = encodeBatchItems([{ ...request, exit, fuelUsed, output }])
    const batched = market.write.fulfillBatch([request, items, batch])
    assert.equal(await revertOf(batched), 'Challengeable')
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    assert.equal(await revertOf(market.write.expire([request])), 'RequestNotOpen')
  })
})

describe('a challenge', () => {
  const built = given(() => setUp(NODES, RIGHT))

  it('[CHA-3] [CHA-8] takes exactly its bond, once a request', async () => {
    const { world, request, certified } = built()
    const { court, market } = world
    const bond = await court.read.bondOf([market.address, request, certified])
    const cost = BigInt(JUDGES) * (FLAT_FEE + FUEL_PRICE * FUEL_LIMIT)
    const gas = 100_000n + 13_000n * BigInt(JUDGES) + 40n * (10n + 1024n)
    assert.equal(bond, cost + gas * request.maxFeePerGas)
    // A requester that names a price it never pays keeps nobody away.
    const dear = { ...certified, maxFeePerGas: 10n ** 15n }
    const cap = await court.read.bondOf([market.address, request, dear])
    assert.equal(cap, cost + gas * 500n * 10n ** 9n)
    const ask = (value: bigint) => court.write.challenge([market.address, request, certified], { value })
    assert.equal(await revertOf(ask(bond - 1n)), 'BondMismatch')
    assert.equal(await revertOf(ask(bond + 1n)), 'BondMismatch')
    await ask(bond)
    assert.equal(await balance(built(), court.address), bond)
    assert.equal(await revertOf(ask(bond)), 'AlreadyChallenged')
    assert.equal(await refused(built()), 'NotFinal')
    const spoiled = { ...certified, maxFeePerGas: 1n }
    const other = court.write.challenge([market.address, request, spoiled], { value: bond })
    assert.equal(await revertOf(other), 'NotCertified')
  })

  it('[CHA-4] is heard by a larger committee of a round nobody knew, without the first', async () => {
    const { world, request, certified } = built()
    const { court, market } = world
    const before = (await world.publicClient.getBlock()).timestamp
    const challenged = await challengeRequest(world, request, certified)
    assert(challenged.opensAt >= before + 24n, 'a lead later')
    assert.equal(challenged.closesAt - challenged.opensAt, 600n, 'ten minutes at least, as it is twice 300 s')
    const read = () => court.read.committeeOf([market.address, request, certified])
    assert.equal(await revertOf(read()), 'RoundNotPosted')
    await openChallenge(world, challenged)
    const { first, indices } = await challengeCommittee(world, request, certified, challenged.round)
    assert.deepEqual((await read()).map(Number), indices)
    assert.equal(indices.length, JUDGES)
    assert.equal(new Set([...first, ...indices]).size, SEATS + JUDGES)
    for (const size of [4, 7, 21, 64, 127])
      assert.equal(await court.read.seatsFor([BigInt(size)]), BigInt(challengeSeats(size)))
  })

  it('[CHA-5] [CHA-8] upheld, pays its committee and who resolved it from the bond, the rest to the requester', async () => {
    const { world, requestId, request, certified, consumer } = built()
    const { market, court, accounts } = world
    const challenged = await challenge(built())
    const pool = await market.read.pool()
    const { verdict, reimbursement, unsignedPay } = await resolve(built(), challenged)
    assert.equal(verdict, Verdict.upheld)
    const { keys } = await challengeCommittee(world, request, certified, challenged.round)
    for (const [seat, key] of keys.entries())
      assert.equal(
        await market.read.nodeCreditOf([key.attestor]),
        seat < JUDGE_QUORUM ? PER_SEAT : 0n,
        `seat ${seat}`,
      )
    assert.equal(unsignedPay, PER_SEAT * BigInt(JUDGES - JUDGE_QUORUM))
    assert.equal((await market.read.pool()) - pool, unsignedPay)
    assert.equal(await credit(built(), accounts.operator.account.address), reimbursement)
    const rest = challenged.bond - PER_SEAT * BigInt(JUDGES) - reimbursement
    assert.equal(await credit(built(), consumer.address), rest)
    assert.equal(await credit(built(), accounts.stranger.account.address), 0n)
    assert.equal(await balance(built(), court.address), 0n)
    // At once: the window need not pass as well.
    const { payment } = await finalize(built())
    assert.equal(payment.perSeat, PER_SEAT)
    assert.equal(await consumer.read.lastOutput(), RIGHT)
    assert.equal((await court.read.rulingOf([market.address, requestId])).verdict, Verdict.upheld)
  })

  it('[CHA-7] [CHA-8] that nobody answers ends without a verdict: half burned, the requester refunded', async () => {
    const { world, requestId, request, certified, consumer, slasher } = built()
    const { market, court, accounts } = world
    const challenged = await challenge(built())
    const close = () => court.write.closeUndecided([market.address, requestId])
    assert.equal(await revertOf(close()), 'StillOpen')
    assert.equal(await refused(built()), 'NotFinal')
    await world.networkHelpers.time.increaseTo(challenged.closesAt)
    const judged = await judge(world, requestId, request, certified, challenged.round)
    const late = court.write.resolve([market.address, request, certified, judged], { gas: GAS })
    assert.equal(await revertOf(late), 'OutsideChallenge')
    // Whether it was closed or not.
    const receipt = await world.receiptOf(market.write.finalize([request, certified, '0x'], { gas: GAS }))
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestExpired' })
    assert(log)
    const { refund, bounty } = log.args
    assert.equal(refund + bounty + certified.reimbursement, certified.escrow)
    assert.equal(await credit(built(), consumer.address), refund)
    assert.equal(await credit(built(), accounts.submitter.account.address), certified.reimbursement)
    assert.equal(await statusOf(built()), Status.expired)
    assert.equal(await consumer.read.lastOutput(), '0x')
    await close()
    const half = challenged.bond / 2n
    assert.equal(await balance(built(), `0x${'00'.repeat(20)}`), half)
    assert.equal(await credit(built(), accounts.stranger.account.address), challenged.bond - half)
    assert.equal(await balance(built(), court.address), 0n)
    assert.equal(await revertOf(close()), 'NotPending')
    const slash = slasher.write.reportOverturned([market.address, request, certified])
    assert.equal(await revertOf(slash), 'NotOverturned')
  })

  it('[CHA-5] is resolved by a quorum of its own committee, in its window, as it was asked', async () => {
    const { world, requestId, request, certified } = built()
    const { court, market } = world
    const challenged = await challengeRequest(world, request, certified)
    await world.postRound(challenged.round)
    const resolveWith = async (change: object, options: Parameters<typeof judge>[5] = {}) => {
      const judged = await judge(world, requestId, request, certified, challenged.round, options)
      const args = [market.address, request, certified, { ...judged, ...change }] as const
      return await revertOf(court.simulate.resolve(args, { gas: GAS }))
    }
    assert.equal(await resolveWith({}), 'OutsideChallenge')
    await world.networkHelpers.time.increaseTo(challenged.opensAt)
    const few = Array.from({ length: JUDGE_QUORUM - 1 }, (_, seat) => seat)
    assert.equal(await resolveWith({}, { seats: few }), 'QuorumNotReached')
    assert.equal(await resolveWith({ output: WRONG }), 'InvalidAttestation')
    assert.equal(await resolveWith({ attempt: 0 }), 'NotAChallengeReport')
    assert.equal(await resolveWith({}, { attempt: 0 }), 'NotAChallengeReport')
    assert.equal(await resolveWith({ view_: 1 }), 'NotAChallengeReport')
    assert.equal(await resolveWith({ exit: 0x100 }), 'NotAChallengeReport')
    assert.equal(await resolveWith({ evidenceHash: certified.outputHash }), 'NotAChallengeReport')
    assert.equal(await resolveWith({ fuelUsed: request.fuelLimit + 1n }), 'NotAChallengeReport')
    const first = await world.certify(requestId, request)
    assert.notEqual(await resolveWith({ certificate: first.certificate }), 'no revert')
    assert.equal(await resolveWith({}), 'no revert')
  })
})

describe('a wrong certificate', () => {
  const built = given(() => setUp(NODES, WRONG))

  it('[CHA-6] is overturned: the other result is called back, and its challenger is paid what its signers are not', async () => {
    const { world, requestId, request, certified, consumer } = built()
    const { market, accounts, court } = world
    const challenged = await challenge(built())
    const { verdict, reimbursement } = await resolve(built(), challenged)
    assert.equal(verdict, Verdict.overturned)
    const back = challenged.bond - PER_SEAT * BigInt(JUDGES) - reimbursement
    assert.equal(await credit(built(), accounts.stranger.account.address), back)
    assert.equal(await refused(built(), WRONG), 'NotCertified')
    const { payment } = await finalize(built())
    assert.equal(await consumer.read.lastOutput(), RIGHT)
    const earned = PER_SEAT * BigInt(SEATS)
    assert.equal(await credit(built(), accounts.stranger.account.address), back + earned)
    const { firstKeys } = await challengeCommittee(world, request, certified, challenged.round)
    for (const { attestor } of firstKeys) assert.equal(await market.read.nodeCreditOf([attestor]), 0n)
    const paid =
      earned + ROYALTY + PROTOCOL_FEE + certified.reimbursement + payment.submitter + payment.refund
    assert.equal(paid, certified.escrow)
    assert.equal(payment.pool, 0n)
    const ruling = await court.read.rulingOf([market.address, requestId])
    assert.equal(ruling.fuelUsed, FUEL_USED)
  })

  it('[CHA-6] of exit or fuel is overturned as well', async () => {
    const challenged = await challenge(built())
    const same = await resolve(built(), challenged, { output: WRONG, fuelUsed: FUEL_USED + 1n })
    assert.equal(same.verdict, Verdict.overturned)
  })

  it("[SLA-6] costs those who signed it half of their stakes, once; a tenth is the challenger's", async () => {
    const { world, request, certified, slasher } = built()
    const { market, nodes, accounts } = world
    const report = () => slasher.write.reportOverturned([market.address, request, certified], { gas: GAS })
    assert.equal(await revertOf(report()), 'NotOverturned')
    const challenged = await challenge(built())
    assert.equal(await revertOf(report()), 'NotOverturned')
    await resolve(built(), challenged)
    const spoiled = { ...certified, signers: 15n }
    const more = slasher.write.reportOverturned([market.address, request, spoiled], { gas: GAS })
    assert.equal(await revertOf(more), 'NotOverturned')
    await finalize(built())
    await report()
    const { firstKeys } = await challengeCommittee(world, request, certified, challenged.round)
    for (const [seat, { attestor }] of firstKeys.entries()) {
      const { stake } = await nodes.read.node([attestor])
      assert.equal(stake, seat < 3 ? STAKE_MIN / 2n : STAKE_MIN, `seat ${seat}`)
    }
    const reward = 3n * (STAKE_MIN / 2n / 10n)
    assert.equal(await nodes.read.rewardOf([accounts.stranger.account.address]), reward)
    assert.equal(await revertOf(report()), 'AlreadySlashed')
    // Another slasher of the same registry, which wants more judges: the verdict stands, and is worth nothing there.
    const { address } = await world.viem.deployContract('Slasher', [
      world.deployment.nodeRegistry,
      accounts.deployer.account.address,
      JUDGES_MIN + 1n,
    ])
    const client = { public: world.publicClient, wallet: accounts.deployer }
    const strict = getContract({ abi: slasherAbi, address, client })
    await strict.write.addMarket([market.address])
    await nodes.write.addSlasher([address])
    const small = strict.write.reportOverturned([market.address, request, certified], { gas: GAS })
    assert.equal(await revertOf(small), 'TooFewJudges')
  })

  it('[SLA-6] upheld costs nobody anything', async () => {
    const { world, request, certified, slasher } = built()
    const challenged = await challenge(built())
    await resolve(built(), challenged, { output: WRONG })
    const report = slasher.write.reportOverturned([world.market.address, request, certified], { gas: GAS })
    assert.equal(await revertOf(report), 'NotOverturned')
  })
})

describe('a small network', () => {
  const built = given(() => setUp(JUDGES, RIGHT))

  it('[CHA-4] hears a challenge with members of the first committee, where it has no others', async () => {
    const { world, request, certified } = built()
    const challenged = await challenge(built())
    const { indices } = await challengeCommittee(world, request, certified, challenged.round)
    const read = await world.court.read.committeeOf([world.market.address, request, certified])
    assert.deepEqual(read.map(Number), indices)
    assert.equal(new Set(indices).size, JUDGES)
    assert.equal((await resolve(built(), challenged)).verdict, Verdict.upheld)
  })

  it('[CHA-4] takes no request it has too few nodes to judge', async () => {
    const { world } = built()
    const functionId = await world.deployFunction({ challengeWindow: WINDOW, committeeSize: SEATS + 1 })
    const params = world.paramsOf(functionId)
    assert.equal(await revertOf(world.market.read.quote([params])), 'NotEnoughNodes')
  })

  it('[FUN-8] has windows of whole quarters of an hour, and committees with a larger one behind them', async () => {
    const { world } = built()
    const { functionOwner } = world.accounts
    const deploy = (change: object) =>
      revertOf(world.functions.write.deploy([world.specOf(change), []], { account: functionOwner.account }))
    assert.equal(await deploy({ challengeWindow: 901 }), 'InvalidSpec')
    assert.equal(await deploy({ challengeWindow: 128 * 900 }), 'InvalidSpec')
    assert.equal(await deploy({ challengeWindow: 900, committeeSize: 128 }), 'InvalidSpec')
    const functionId = await world.deployFunction({ challengeWindow: 127 * 900, committeeSize: 127 })
    const terms = await world.functions.read.terms([functionId])
    assert.equal(terms.challengeWindow, 127 * 900)
    assert.equal(terms.windowSeconds, world.specOf().windowSeconds)
    const larger = world.paramsOf(functionId, { committeeSize: 128 })
    assert.equal(await revertOf(world.market.read.quote([larger])), 'CommitteeTooLarge')
  })
})
