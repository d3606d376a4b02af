/** Functions that are not *exact*: how their committees are drawn, and what these may sign. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, numberToHex } from 'viem'
import { capabilitySet } from '../../src/core/permissions/capability.ts'
import {
  createWorld,
  EPOCH_SECONDS,
  given,
  nodeKey,
  revertArgsOf,
  revertOf,
  STAKE_MIN,
} from './support/world.ts'

const EVIDENCE = `0x${'11'.repeat(32)}` as const
const [PBFT, AGGREGATE, RAFT] = [1, 2, 3]
const HTTP = capabilitySet(['http'])
const GAS = 16_000_000n

const built = given(async () => {
  const world = await createWorld()
  // Five of twelve offer http.
  for (let i = 0; i < 12; i++)
    await world.register(nodeKey(i), STAKE_MIN, world.accounts.operator, i < 5 ? HTTP : capabilitySet([]))
  await world.nextEpoch()
  await world.nodes.write.sealEpoch({ gas: GAS })
  return { world, market: world.market }
})

/** Asks for a function of this mode, and opens its first window. */
async function asked(consensus: number, more: { readonly capabilities?: Hex } = {}) {
  const { world } = built()
  const functionId = await world.deployFunction({ consensus, ...more })
  const { requestId, request } = await world.request(functionId)
  await world.openWindow(request)
  return { requestId, request }
}

describe('a certificate of another mode', () => {
  for (const [mode, consensus] of [
    ['pBFT', PBFT],
    ['aggregate', AGGREGATE],
    ['Raft', RAFT],
  ] as const)
    it(`[QC-3] [MKT-8] of ${mode} is of any view and rests on evidence`, async () => {
      const { world, market } = built()
      const { requestId, request } = await asked(consensus)
      assert.equal(request.consensus, consensus)
      const fulfillment = await world.certify(requestId, request, {
        view: 2 ** 32 - 1,
        evidenceHash: EVIDENCE,
      })
      const other = { ...fulfillment, view_: 7 }
      const { account } = world.accounts.submitter
      const refused = await revertOf(market.write.fulfill([request, other], { account, gas: GAS }))
      assert.equal(refused, 'InvalidAttestation', 'a certificate is of one view')
      const { payment } = await world.fulfill(request, fulfillment)
      assert(payment.perSeat > 0n)
    })

  it('[QC-1] takes a majority of Raft, and a quorum of pBFT', async () => {
    const { world, market } = built()
    const { account } = world.accounts.submitter
    for (const [consensus, fewest] of [
      [RAFT, 3],
      [PBFT, 4],
    ] as const) {
      const { requestId, request } = await asked(consensus)
      const by = (count: number) =>
        world.certify(requestId, request, { seats: Array.from({ length: count }, (_, seat) => seat) })
      const few = market.write.fulfill([request, await by(fewest - 1)], { account, gas: GAS })
      assert.equal(await revertOf(few), 'QuorumNotReached')
      await world.fulfill(request, await by(fewest))
    }
  })
})

describe('a function that reaches outside', () => {
  it('[MKT-2] has its committees drawn from the nodes that cover its set, and from nobody else', async () => {
    const { world, market } = built()
    const functionId = await world.deployFunction({ consensus: PBFT, capabilities: HTTP })
    const params = world.paramsOf(functionId)
    assert.equal(await revertOf(market.read.quote([params])), 'EpochNotSealed')
    await world.nodes.write.sealCapabilities([HTTP, 99n])
    const { request } = await world.request(functionId)
    await world.openWindow(request)
    const committee = await world.committeeOf(request)
    const covering = Array.from({ length: 5 }, (_, i) => nodeKey(i).attestor)
    assert.deepEqual(new Set(committee.map(({ attestor }) => attestor)), new Set(covering))
    const { requestId: others, request: plain } = await asked(PBFT)
    assert.notEqual(plain.snapshot, request.snapshot)
    await world.fulfill(plain, await world.certify(others, plain, { view: 1 }))
  })

  it('[MKT-2] is refused when too few nodes cover its set, or its snapshot is too old', async () => {
    const { world, market } = built()
    await world.nodes.write.sealCapabilities([HTTP, 99n])
    const large = await world.deployFunction({ consensus: PBFT, capabilities: HTTP, committeeSize: 6 })
    const tooFew = await revertArgsOf(market.read.quote([world.paramsOf(large)]))
    assert.deepEqual(tooFew, { name: 'NotEnoughNodes', args: [5n, 6n] })
    const functionId = await world.deployFunction({ consensus: PBFT, capabilities: HTTP })
    // The other nodes' epochs go on being sealed: that of the set does not.
    for (let i = 0; i < 3; i++) {
      await world.networkHelpers.time.increase(EPOCH_SECONDS)
      await world.nodes.write.sealEpoch({ gas: GAS })
    }
    assert.equal(await revertOf(market.read.quote([world.paramsOf(functionId)])), 'StaleEpoch')
  })

  it('[FUN-7] is not one of a set with a kind that does not exist', async () => {
    const { world } = built()
    const unknown = numberToHex(0x80, { size: 32 })
    const call = world.deployFunction({ consensus: PBFT, capabilities: unknown })
    assert.equal(await revertOf(call), 'InvalidSpec')
  })
})

describe('a challenge window asked for', () => {
  it('[MKT-23] is paid for and kept, of an exact function, and never shorter than its own', async () => {
    const { world, market } = built()
    const plain = await world.deployFunction({ committeeSize: 4 })
    const own = await world.deployFunction({ challengeWindow: 1800, committeeSize: 4 })
    const quote = async (functionId: Hex, challengeWindow: number) =>
      await market.read.quote([world.paramsOf(functionId, { challengeWindow })])
    assert((await quote(plain, 1)) > (await quote(plain, 0)), 'two transactions are reimbursed')
    assert.equal(await quote(own, 2_700), await quote(own, 0))
    const { request } = await world.request(own, { challengeWindow: 2_700 })
    assert.equal(request.challengeWindow, 2_700)
    assert.equal((await world.request(own)).request.challengeWindow, 1_800)
    const refused = async (functionId: Hex, challengeWindow: number) =>
      await revertArgsOf(quote(functionId, challengeWindow))
    assert.deepEqual(await refused(own, 1_799), { name: 'InvalidChallengeWindow', args: [1_799n] })
    assert.equal((await refused(own, 114_301)).name, 'InvalidChallengeWindow')
    await quote(plain, 114_300)
    const other = await world.deployFunction({ consensus: PBFT })
    assert.equal((await refused(other, 900)).name, 'InvalidChallengeWindow')
  })

  it('[MKT-23] needs as many nodes as would hear a challenge', async () => {
    const { world, market } = built()
    const functionId = await world.deployFunction({ committeeSize: 5 })
    const params = world.paramsOf(functionId, { challengeWindow: 900 })
    assert.equal((await revertArgsOf(market.read.quote([params]))).name, 'NotEnoughNodes')
  })
})
