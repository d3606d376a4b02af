/** Committees that stand for an epoch, against TypeScript, and everything a poster can try. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from 'viem'
import { memberAt } from '../../src/core/snapshot.ts'
import { selectCommittee } from '../../src/core/sortition.ts'
import { keyRoot } from '../../src/crypto/committee-proof.ts'
import { FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { schnorrKey } from '../../src/crypto/schnorr.ts'
import { standingCommitteeSeed } from '../../src/crypto/standing-committee.ts'
import vectors from '../vectors/standing-committees.json' with { type: 'json' }
import { signRound } from './support/beacon.ts'
import {
  BOND,
  CHAIN_ID,
  CHALLENGE_SECONDS,
  deployStanding,
  drawStanding,
  LEAD_SECONDS,
  postStandingRound,
  registerSchnorr,
  schnorrSecretOf,
} from './support/standing.ts'
import { createWorld, given, nodeKey, revertArgsOf, revertOf, STAKE_MIN } from './support/world.ts'

const NODES = 18
/** The last two nodes of the snapshot have no key. */
const KEYS = 16
const GAS = 16_000_000n

/** Nodes with keys, at the first second of the epoch after, which is not sealed. */
const built = given(async () => {
  const world = await createWorld()
  const standing = await deployStanding(world)
  for (let i = 0; i < NODES; i++) await world.register(nodeKey(i), STAKE_MIN * BigInt(1 + (i % 3)))
  for (let i = 0; i < KEYS; i++) await registerSchnorr(world, standing.keys, i)
  await world.nextEpoch()
  return { world, ...standing }
})

/** Nodes by their index, in the order TypeScript draws them. */
async function drawnBy(epoch: number, size: number): Promise<readonly number[]> {
  const { world, committees } = built()
  const { blob } = await world.nodes.read.snapshotOf([epoch])
  const snapshot = await world.snapshotAt(blob)
  const round = await committees.read.roundOf([epoch])
  const { randomness } = signRound(round)
  const draw = { chainId: CHAIN_ID, contract: committees.address, epoch, round, randomness }
  const indexOf = new Map(Array.from({ length: NODES }, (_, i) => [nodeKey(i).attestor.toLowerCase(), i]))
  return selectCommittee(standingCommitteeSeed(draw), snapshot, size).map(
    (place) => indexOf.get(memberAt(snapshot, place).attestor.toLowerCase()) ?? -1,
  )
}

const keysOf = (members: readonly number[]) =>
  members.map((index) => (index < KEYS ? schnorrKey(schnorrSecretOf(index)) : 0n))

async function rootOf(epoch: number, size: number): Promise<bigint> {
  return keyRoot(keysOf(await drawnBy(epoch, size)))
}

async function drawn() {
  const { world } = built()
  const epoch = await drawStanding(world, built())
  return { epoch, root: await rootOf(epoch, 4) }
}

const post = (epoch: number, size: number, root: bigint, value = BOND) =>
  built().committees.write.post([epoch, size, root], { value })

const check = (epoch: number, size = 4) => {
  const { world, committees } = built()
  return committees.write.check([epoch, size], { account: world.accounts.stranger.account, gas: GAS })
}

const latest = async (size = 4) => await built().committees.read.latest([size])

async function pass(seconds: number) {
  await built().world.networkHelpers.time.increase(seconds)
}

async function nextDrawn() {
  await built().world.nextEpoch()
  return await drawn()
}

const address = (who: 'submitter' | 'stranger') => built().world.accounts[who].account.address
const creditOf = async (who: 'submitter' | 'stranger') =>
  await built().committees.read.creditOf([address(who)])

describe('a standing committee', () => {
  it('[STC-4] is drawn from the epoch’s snapshot as TypeScript draws it, and a larger one extends a smaller', async () => {
    const { world, committees } = built()
    const { epoch } = await drawn()
    for (const size of [4, 15, 18]) {
      const members = await drawnBy(epoch, size)
      const entries = await committees.read.membersOf([epoch, size])
      const expected = await Promise.all(
        members.map(async (index) => {
          const { attestor } = nodeKey(index)
          const { number } = await world.nodes.read.node([attestor])
          return (BigInt(attestor) << 32n) | BigInt(number)
        }),
      )
      assert.deepEqual(entries, expected)
      assert.equal(new Set(members).size, size)
      assert.deepEqual(members.slice(0, 4), await drawnBy(epoch, 4))
    }
    assert.equal(
      standingCommitteeSeed({
        ...vectors.draw,
        contract: vectors.draw.contract as Hex,
        round: BigInt(vectors.draw.round),
        randomness: vectors.draw.randomness as Hex,
      }),
      vectors.draw.seed,
    )
  })

  it('[STC-4] is known to nobody when its epoch is sealed: its round is emitted later', async () => {
    const { world, committees } = built()
    const epoch = await world.nodes.read.currentEpoch()
    assert.equal(await revertOf(committees.read.roundOf([epoch])), 'EpochNotSealed')
    assert.equal(await revertOf(committees.read.membersOf([epoch, 4])), 'EpochNotSealed')
    await world.gasOf(world.nodes.write.sealEpoch({ gas: GAS }))
    const { sealedAt } = await world.nodes.read.snapshotOf([epoch])
    const round = await committees.read.roundOf([epoch])
    const emitted = await world.beacon.read.timeOfRound([round])
    assert(emitted > sealedAt + BigInt(LEAD_SECONDS))
    assert((await world.beacon.read.timeOfRound([round - 1n])) <= sealedAt + BigInt(LEAD_SECONDS))
    const root = 1n
    for (const call of [
      () => committees.read.membersOf([epoch, 4]),
      () => committees.read.computeKeyRoot([epoch, 4]),
      () => post(epoch, 4, root),
      () => check(epoch),
    ])
      assert.deepEqual(await revertArgsOf(call()), { name: 'RoundNotPosted', args: [round] })
    await postStandingRound(world, committees, epoch)
    assert.equal((await committees.read.membersOf([epoch, 4])).length, 4)
  })

  it('[STC-4] has 4 to 30 seats, and no more than the snapshot has nodes', async () => {
    const { committees } = built()
    const { epoch } = await drawn()
    for (const size of [0, 3, 31, 65_535]) {
      for (const call of [
        () => committees.read.membersOf([epoch, size]),
        () => post(epoch, size, 1n),
        () => check(epoch, size),
      ])
        assert.equal(await revertOf(call()), 'InvalidSize')
    }
    for (const call of [
      () => committees.read.membersOf([epoch, 19]),
      () => post(epoch, 19, 1n),
      () => check(epoch, 19),
    ])
      assert.equal(await revertOf(call()), 'NotEnoughNodes')
  })

  it('[STC-5] has zero in the place of a member without a key, and of one who registered it too late', async () => {
    const { world, committees, keys } = built()
    const epoch = await world.nodes.read.currentEpoch()
    await registerSchnorr(world, keys, KEYS)
    await drawStanding(world, built())
    const members = await drawnBy(epoch, NODES)
    assert(members.includes(KEYS) && members.includes(KEYS + 1))
    assert.deepEqual(await committees.read.keysOf([epoch, NODES]), keysOf(members))
    // From the next epoch on it is there.
    await world.nextEpoch()
    const next = await drawStanding(world, built())
    const later = await committees.read.keysOf([next, NODES])
    assert.equal(later[(await drawnBy(next, NODES)).indexOf(KEYS)], schnorrKey(schnorrSecretOf(KEYS)))
    assert.equal(later.filter((key) => key === 0n).length, 1)
  })

  it('[STC-5] has the root TypeScript computes, in one block of the sponge and in two', async () => {
    const { epoch } = await drawn()
    for (const size of [4, 15, 16, 18])
      assert.equal(await built().committees.read.computeKeyRoot([epoch, size]), await rootOf(epoch, size))
  })

  it('[STC-5] of a size whose table nobody wrote is not posted: nobody could find its root wrong', async () => {
    const { epoch } = await drawn()
    for (const call of [
      () => post(epoch, 5, 1n),
      () => check(epoch, 5),
      () => built().committees.read.computeKeyRoot([epoch, 14]),
    ])
      assert.equal(await revertOf(call()), 'PoseidonTableMissing')
  })
})

describe('a posted root', () => {
  it('[STC-6] counts when its time is over, and not before', async () => {
    const { committees } = built()
    const { epoch, root } = await drawn()
    assert.equal(await revertOf(latest()), 'NoCommittee')
    await post(epoch, 4, root)
    const [, finalAt, poster] = await committees.read.postOf([4])
    const [event] = await committees.getEvents.CommitteePosted()
    assert.deepEqual(event?.args, { epoch, size: 4, keyRoot: root, poster, finalAt })
    assert.equal(poster.toLowerCase(), address('submitter').toLowerCase())
    const { time } = built().world.networkHelpers
    // What is read is computed as of the second after the last block.
    await time.increaseTo(finalAt - 2n)
    assert.equal(await revertOf(latest()), 'NoCommittee')
    assert.deepEqual(await committees.read.committeeOf([root]), [0, 0])
    await time.setNextBlockTimestamp(finalAt - 1n)
    assert.equal(await revertOf(committees.write.finalize([4])), 'NothingToFinalize')
    await time.setNextBlockTimestamp(finalAt)
    assert.equal(await revertOf(committees.write.finalize([4])), 'no revert')
    assert.deepEqual(await latest(), [epoch, root])
  })

  it('[STC-6] counts without another transaction, and stays what it is when it is settled', async () => {
    const { committees } = built()
    const { epoch, root } = await drawn()
    await post(epoch, 4, root)
    await pass(CHALLENGE_SECONDS)
    for (const settle of [false, true]) {
      if (settle) await committees.write.finalize([4])
      assert.deepEqual(await latest(), [epoch, root])
      assert.deepEqual(await committees.read.committeeOf([root]), [epoch, 4])
    }
    assert.equal(await creditOf('submitter'), BOND)
    assert.equal(await revertOf(committees.write.finalize([4])), 'NothingToFinalize')
    assert.equal(await revertOf(committees.write.finalize([15])), 'NothingToFinalize')
  })

  it('[STC-6] comes with exactly the bond, and is a field element', async () => {
    const { epoch, root } = await drawn()
    for (const value of [0n, BOND - 1n, BOND + 1n])
      assert.equal(await revertOf(post(epoch, 4, root, value)), 'BondMismatch')
    assert.equal(await revertOf(post(epoch, 4, FIELD_ORDER)), 'InvalidKeyRoot')
    assert.equal(await revertOf(post(epoch, 4, FIELD_ORDER - 1n)), 'no revert')
  })

  it('[STC-6] is of the newest sealed epoch, once, and one at a time waits for each size', async () => {
    const { world } = built()
    const { epoch, root } = await drawn()
    assert.equal(await revertOf(post(epoch + 1, 4, root)), 'NotNewestEpoch')
    await post(epoch, 4, root)
    assert.equal(await revertOf(post(epoch, 4, root)), 'PostUndecided')
    // Another size does not wait for it.
    assert.equal(await revertOf(post(epoch, 15, await rootOf(epoch, 15))), 'no revert')
    await pass(CHALLENGE_SECONDS)
    assert.equal(await revertOf(post(epoch, 4, root)), 'AlreadyPosted')
    assert.equal(await revertOf(check(epoch)), 'AlreadyPosted')
    await world.nextEpoch()
    const next = await drawn()
    // Each older epoch, posted rightly, would keep the newest waiting.
    assert.equal(await revertOf(post(epoch, 4, root)), 'NotNewestEpoch')
    assert.equal(await revertOf(check(epoch)), 'NotNewestEpoch')
    assert.equal(await revertOf(post(next.epoch, 4, next.root)), 'no revert')
    // The bond of the one before came back on the way.
    assert.equal(await creditOf('submitter'), BOND)
  })

  it('[STC-6] leaves the one before in place while it may be wrong', async () => {
    const { committees } = built()
    const first = await drawn()
    await post(first.epoch, 4, first.root)
    await pass(CHALLENGE_SECONDS)
    const second = await nextDrawn()
    await post(second.epoch, 4, 12_345n)
    assert.deepEqual(await latest(), [first.epoch, first.root])
    assert.deepEqual(await committees.read.committeeOf([12_345n]), [0, 0])
    await check(second.epoch)
    assert.deepEqual(await latest(), [second.epoch, second.root])
    assert.deepEqual(await committees.read.committeeOf([12_345n]), [0, 0])
    assert.deepEqual(await committees.read.committeeOf([first.root]), [first.epoch, 4])
  })

  it('[STC-6] that is another committee’s does not make that one unknown', async () => {
    const { committees } = built()
    const first = await drawn()
    await post(first.epoch, 4, first.root)
    await pass(CHALLENGE_SECONDS)
    // Under another size, and for another epoch.
    await post(first.epoch, 15, first.root)
    assert.deepEqual(await committees.read.committeeOf([first.root]), [first.epoch, 4])
    await check(first.epoch, 15)
    assert.deepEqual(await committees.read.committeeOf([first.root]), [first.epoch, 4])
    const second = await nextDrawn()
    await post(second.epoch, 4, first.root)
    assert.deepEqual(await committees.read.committeeOf([first.root]), [first.epoch, 4])
    await check(second.epoch)
    assert.deepEqual(await committees.read.committeeOf([first.root]), [first.epoch, 4])
  })
})

describe('the check of a root', () => {
  it('[STC-7] makes a right one final at once, and gives its bond back', async () => {
    const { committees } = built()
    const { epoch, root } = await drawn()
    await post(epoch, 4, root)
    await check(epoch)
    const [event] = await committees.getEvents.CommitteeChecked()
    assert.deepEqual([event?.args.keyRoot, event?.args.wasRight], [root, true])
    assert.deepEqual(await latest(), [epoch, root])
    assert.deepEqual(await committees.read.committeeOf([root]), [epoch, 4])
    assert.deepEqual([await creditOf('submitter'), await creditOf('stranger')], [BOND, 0n])
    await pass(CHALLENGE_SECONDS)
    assert.equal(await revertOf(committees.write.finalize([4])), 'NothingToFinalize')
    assert.equal(await revertOf(check(epoch)), 'AlreadyPosted')
  })

  it('[STC-7] puts the right one in a wrong one’s place, for half of the bond', async () => {
    const { committees } = built()
    const { epoch, root } = await drawn()
    await post(epoch, 4, root + 1n)
    await check(epoch)
    const [event] = await committees.getEvents.CommitteeChecked()
    assert.deepEqual([event?.args.keyRoot, event?.args.wasRight], [root, false])
    assert.deepEqual(await latest(), [epoch, root])
    // The other half is nobody's: a poster who finds itself wrong pays too.
    assert.deepEqual([await creditOf('submitter'), await creditOf('stranger')], [0n, BOND / 2n])
    assert.equal(await revertOf(post(epoch, 4, root)), 'AlreadyPosted')
  })

  it('[STC-7] works to the last second of its time, and not after', async () => {
    const { world, committees } = built()
    const { epoch, root } = await drawn()
    await post(epoch, 4, root + 1n)
    const [, finalAt] = await committees.read.postOf([4])
    const back = await world.networkHelpers.takeSnapshot()
    await world.networkHelpers.time.setNextBlockTimestamp(finalAt - 1n)
    assert.equal(await revertOf(check(epoch)), 'no revert')
    assert.deepEqual(await latest(), [epoch, root])
    await back.restore()
    await world.networkHelpers.time.setNextBlockTimestamp(finalAt)
    assert.equal(await revertOf(check(epoch)), 'AlreadyPosted')
  })

  it('[STC-7] of a root of an epoch that is no longer the newest still decides it', async () => {
    const { world } = built()
    const { epoch, root } = await drawn()
    await post(epoch, 4, root + 1n)
    await world.nextEpoch()
    await world.gasOf(world.nodes.write.sealEpoch({ gas: GAS }))
    // The chain's clock has gone past its time here: the root is one that counts.
    const [, finalAt] = await built().committees.read.postOf([4])
    assert(finalAt < (await world.publicClient.getBlock()).timestamp)
    const patient = await deployStanding(world, [BOND, 3_600, LEAD_SECONDS])
    const next = await world.nodes.read.currentEpoch()
    await postStandingRound(world, patient.committees, next)
    await patient.committees.write.post([next, 4, 5n], { value: BOND })
    await world.nextEpoch()
    await world.gasOf(world.nodes.write.sealEpoch({ gas: GAS }))
    await patient.committees.write.check([next, 4], { gas: GAS })
    const [, right] = await patient.committees.read.latest([4])
    assert.equal(right, await patient.committees.read.computeKeyRoot([next, 4]))
  })

  it('[STC-7] needs no post, and takes no bond', async () => {
    const { committees } = built()
    const { epoch } = await drawn()
    await check(epoch, 16)
    const root = await rootOf(epoch, 16)
    assert.deepEqual(await latest(16), [epoch, root])
    assert.deepEqual(await committees.read.committeeOf([root]), [epoch, 16])
    assert.equal(await creditOf('stranger'), 0n)
    assert.equal(await revertOf(post(epoch, 16, root)), 'AlreadyPosted')
    const next = await nextDrawn()
    await post(next.epoch, 16, 3n)
    assert.deepEqual(await latest(16), [epoch, root])
  })
})

describe('what is owed', () => {
  it('[STC-7] is pulled, once, and by nobody else', async () => {
    const { world, committees } = built()
    const { epoch, root } = await drawn()
    await post(epoch, 4, root)
    await check(epoch)
    const to = '0x00000000000000000000000000000000000c0ffe'
    assert.equal(
      await revertOf(committees.write.claim([to], { account: world.accounts.stranger.account })),
      'NothingToClaim',
    )
    // A contract that takes no ether.
    assert.equal(await revertOf(committees.write.claim([committees.address])), 'TransferFailed')
    await committees.write.claim([to])
    assert.equal(await world.publicClient.getBalance({ address: to }), BOND)
    assert.equal(await revertOf(committees.write.claim([to])), 'NothingToClaim')
    assert.equal(await world.publicClient.getBalance({ address: committees.address }), 0n)
  })

  it('[STC-7] is covered by what the contract holds, whatever happened', async () => {
    const { world, committees } = built()
    const first = await drawn()
    await post(first.epoch, 4, first.root + 1n)
    await post(first.epoch, 15, await rootOf(first.epoch, 15))
    await check(first.epoch, 4)
    await check(first.epoch, 15)
    await check(first.epoch, 16)
    const second = await nextDrawn()
    await post(second.epoch, 4, second.root)
    const burned = await committees.read.creditOf([`0x${'00'.repeat(20)}`])
    const credits = (await creditOf('submitter')) + (await creditOf('stranger')) + burned
    assert.equal(await world.publicClient.getBalance({ address: committees.address }), credits + BOND)
  })
})

describe('the contract of standing committees', () => {
  it('[STC-6] is built within bounds', async () => {
    const { world } = built()
    for (const [args, field] of [
      [[0n, 60, 24], 'bond'],
      [[1n << 96n, 60, 24], 'bond'],
      [[BOND, 0, 24], 'challengeSeconds'],
      [[BOND, 86_401, 24], 'challengeSeconds'],
      [[BOND, 60, 3_601], 'leadSeconds'],
    ] as const)
      await assert.rejects(deployStanding(world, args), new RegExp(`InvalidConfig\\("${field}"\\)`))
    const { committees, keys } = await deployStanding(world, [1n, 86_400, 0])
    assert.deepEqual(
      [
        await committees.read.bond(),
        await committees.read.challengeSeconds(),
        await committees.read.leadSeconds(),
      ],
      [1n, 86_400, 0],
    )
    assert.equal((await committees.read.keyRegistry()).toLowerCase(), keys.address.toLowerCase())
  })
})
