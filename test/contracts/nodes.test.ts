/** The node registry: who may be drawn, with which stake, and when it is theirs again. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, hexToBigInt, numberToHex, parseAbi, parseEventLogs } from 'viem'
import { nodeBindingDigest } from '../../src/crypto/eip712.ts'
import { expandSignature, signDigest } from '../../src/crypto/signature.ts'
import { nodeRegistryAbi } from '../../src/protocol/abi/node-registry.ts'
import {
  createWorld,
  EPOCH_SECONDS,
  given,
  nodeKey,
  revertOf,
  STAKE_MIN,
  type World,
  ZERO_HASH,
} from './support/world.ts'

const UNBONDING_PERIOD = 1200n
const NODES_MAX = 8
const STAKE_MAX = 5_000n * STAKE_MIN
const RENEW_EPOCHS = 30
const JAIL_EPOCHS = 2
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const built = given(async () => ({
  world: await createWorld({
    nodes: {
      nodesMax: NODES_MAX,
      stakeMax: STAKE_MAX,
      unbondingPeriod: Number(UNBONDING_PERIOD),
      renewEpochs: RENEW_EPOCHS,
      jailEpochs: JAIL_EPOCHS,
    },
  }),
}))

/** The registry as its operator calls it. */
function registry() {
  const { world } = built()
  const { nodes, accounts } = world
  const { account } = accounts.operator
  return {
    world,
    nodes,
    bond: (i: number, value: bigint) => nodes.write.bond([nodeKey(i).attestor], { value, account }),
    unbond: (i: number, amount: bigint) => nodes.write.unbond([nodeKey(i).attestor, amount], { account }),
    withdraw: (i: number, epoch: number, to: Hex = accounts.stranger.account.address) =>
      nodes.write.withdraw([nodeKey(i).attestor, epoch, to], { account }),
    nodeOf: (i: number) => nodes.read.node([nodeKey(i).attestor]),
  }
}

async function bind(
  world: World,
  i: number,
  binding: { operator?: Hex; peerId?: Hex; capabilities?: Hex } = {},
) {
  const key = nodeKey(i)
  const domain = { chainId: world.deployment.chainId, contract: world.deployment.nodeRegistry }
  const operator = world.accounts.operator.account.address
  return signDigest(
    key.privateKey,
    nodeBindingDigest(domain, { operator, peerId: key.peerId, capabilities: ZERO_HASH, ...binding }),
  )
}

async function seal(world: World) {
  const receipt = await world.receiptOf(world.nodes.write.sealEpoch())
  const [log] = parseEventLogs({ abi: nodeRegistryAbi, logs: receipt.logs, eventName: 'EpochSealed' })
  assert(log)
  const members = log.args.count === 0 ? [] : (await world.snapshotAt(log.args.blob)).members
  const weightOf = (i: number) =>
    members.find(({ attestor }) => attestor.toLowerCase() === nodeKey(i).attestor.toLowerCase())?.weight
  return { ...log.args, members, weightOf }
}

describe('registering', () => {
  it('[REG-1] [FMT-6] makes a node of an attestor that signed for its operator', async () => {
    const { world, nodes, nodeOf } = registry()
    await world.register(nodeKey(0), 3n * STAKE_MIN)
    const node = await nodeOf(0)
    assert.equal(node.operator.toLowerCase(), world.accounts.operator.account.address)
    assert.equal(node.peerId, nodeKey(0).peerId)
    assert.equal(node.stake, 3n * STAKE_MIN)
    assert.equal(await nodes.read.nodeCount(), 1n)
    assert.equal(await nodes.read.nodeAt([0n]), nodeKey(0).attestor)
  })

  it('[REG-1] refuses an attestor that is taken', async () => {
    const { world } = registry()
    await world.register(nodeKey(0))
    assert.equal(await revertOf(world.register(nodeKey(0))), 'AttestorTaken')
    assert.equal(
      await revertOf(world.register(nodeKey(0), STAKE_MIN, world.accounts.stranger)),
      'AttestorTaken',
    )
  })

  it("[REG-2] refuses a signature for another operator, peer or capability set, and another's signature", async () => {
    const { world, nodes } = registry()
    const { operator, stranger } = world.accounts
    const { attestor, peerId } = nodeKey(0)
    const call = (signature: Hex) =>
      nodes.write.register([attestor, peerId, ZERO_HASH, signature], {
        value: STAKE_MIN,
        account: operator.account,
      })
    const wrong = [
      await bind(world, 0, { operator: stranger.account.address }),
      await bind(world, 0, { peerId: nodeKey(1).peerId }),
      await bind(world, 0, { capabilities: numberToHex(1, { size: 32 }) }),
      await bind(world, 1),
    ]
    for (const signature of wrong)
      assert.equal(await revertOf(call(expandSignature(signature))), 'BadBinding')
    await call(expandSignature(await bind(world, 0)))
  })

  it('[REG-2] refuses a high s, a compact signature and an empty one', async () => {
    const { world, nodes } = registry()
    const { attestor, peerId } = nodeKey(0)
    const compact = await bind(world, 0)
    const low = expandSignature(compact)
    const s = SECP256K1_ORDER - hexToBigInt(`0x${low.slice(66, 130)}`)
    const v = low.endsWith('1b') ? '1c' : '1b'
    const high = `${low.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as Hex
    for (const signature of [high, compact, '0x'] as Hex[]) {
      const call = nodes.write.register([attestor, peerId, ZERO_HASH, signature], {
        value: STAKE_MIN,
        account: world.accounts.operator.account,
      })
      assert.equal(await revertOf(call), 'BadBinding')
    }
  })

  it('[REG-2] keeps the capability set, and refuses one with a kind nobody defined', async () => {
    const { world, nodes } = registry()
    const { attestor, peerId } = nodeKey(0)
    const register = async (set: bigint) => {
      const capabilities = numberToHex(set, { size: 32 })
      const signature = expandSignature(await bind(world, 0, { capabilities }))
      return nodes.write.register([attestor, peerId, capabilities, signature], {
        value: STAKE_MIN,
        account: world.accounts.operator.account,
      })
    }
    for (const unknown of [128n, 128n | 1n, 1n << 255n])
      assert.equal(await revertOf(register(unknown)), 'UnknownCapabilities')
    assert.equal(await world.nodes.read.nodeCount(), 0n)
    await register(127n)
    const { capabilities } = await world.nodes.read.node([attestor])
    assert.equal(BigInt(capabilities), 127n)
  })

  it('[REG-3] refuses less than the least stake, and more than a weight can hold', async () => {
    const { world } = registry()
    assert.equal(await revertOf(world.register(nodeKey(0), STAKE_MIN - 1n)), 'StakeTooSmall')
    assert.equal(await revertOf(world.register(nodeKey(0), 0n)), 'StakeTooSmall')
    const test = await world.viem.getTestClient()
    await test.setBalance({ address: world.accounts.operator.account.address, value: 2n ** 88n })
    assert.equal(await revertOf(world.register(nodeKey(0), STAKE_MAX + 1n)), 'StakeTooLarge')
    await world.register(nodeKey(0), STAKE_MAX)
  })

  it('[REG-9] refuses a node when the list is full', async () => {
    const { world } = registry()
    for (let i = 0; i < NODES_MAX; i++) await world.register(nodeKey(i))
    assert.equal(await revertOf(world.register(nodeKey(NODES_MAX))), 'RegistryFull')
  })
})

describe('changing a stake', () => {
  it('[REG-3] is for the operator alone', async () => {
    const { world, nodes } = registry()
    await world.register(nodeKey(0))
    const { account } = world.accounts.stranger
    const { attestor } = nodeKey(0)
    assert.equal(await revertOf(nodes.write.bond([attestor], { value: 1n, account })), 'NotOperator')
    assert.equal(await revertOf(nodes.write.unbond([attestor, 1n], { account })), 'NotOperator')
    assert.equal(
      await revertOf(nodes.write.withdraw([attestor, 0, account.address], { account })),
      'NotOperator',
    )
    assert.equal(
      await revertOf(nodes.write.bond([nodeKey(1).attestor], { value: 1n, account })),
      'UnknownNode',
    )
  })

  it('[REG-3] leaves the least stake or none', async () => {
    const { world, bond, unbond, nodeOf } = registry()
    await world.register(nodeKey(0), 2n * STAKE_MIN)
    assert.equal(await revertOf(unbond(0, STAKE_MIN + 1n)), 'StakeTooSmall')
    assert.equal(await revertOf(unbond(0, 2n * STAKE_MIN + 1n)), 'StakeTooSmall')
    assert.equal(await revertOf(unbond(0, 0n)), 'StakeTooSmall')
    await unbond(0, STAKE_MIN)
    await unbond(0, STAKE_MIN)
    assert.equal((await nodeOf(0)).stake, 0n)
    assert.equal((await nodeOf(0)).unbonding, 2n * STAKE_MIN)
    assert.equal(await revertOf(bond(0, STAKE_MIN - 1n)), 'StakeTooSmall')
    await bond(0, STAKE_MIN)
  })
})

describe('sealing an epoch', () => {
  it('[REG-4] is done once an epoch, and never for one that passed', async () => {
    const { world, nodes } = registry()
    await world.register(nodeKey(0))
    const first = await world.nextEpoch()
    assert.equal((await seal(world)).epoch, first)
    assert.equal(await revertOf(nodes.write.sealEpoch()), 'EpochAlreadySealed')
    await world.nextEpoch()
    const third = await world.nextEpoch()
    assert.equal((await seal(world)).epoch, third)
    assert.equal((await nodes.read.snapshotOf([third - 1])).sealedAt, 0n)
    const [epoch, latest] = await nodes.read.latestSnapshot()
    assert.equal(epoch, third)
    assert.deepEqual(latest, await nodes.read.snapshotOf([third]))
  })

  it('[REG-4] begins an epoch at its first second', async () => {
    const { world, nodes } = registry()
    const next = (await nodes.read.currentEpoch()) + 1
    const start = await nodes.read.epochStart([next])
    await world.networkHelpers.time.increaseTo(start - 1n)
    assert.equal(await nodes.read.currentEpoch(), next - 1)
    await world.networkHelpers.time.increaseTo(start)
    assert.equal(await nodes.read.currentEpoch(), next)
    assert.equal((await nodes.read.epochStart([next + 1])) - start, BigInt(EPOCH_SECONDS))
  })

  it('[REG-4] tells that nothing was ever sealed', async () => {
    assert.equal(await revertOf(registry().nodes.read.latestSnapshot()), 'EpochNotSealed')
  })

  it('[REG-5] [SEL-5] freezes the stakes of the first second, whatever changes before the seal', async () => {
    const { world, bond, unbond } = registry()
    for (const i of [0, 1, 2]) await world.register(nodeKey(i), BigInt(i + 2) * STAKE_MIN)
    await world.nextEpoch()
    await bond(0, STAKE_MIN)
    await bond(0, STAKE_MIN)
    await unbond(1, 3n * STAKE_MIN)
    await world.register(nodeKey(3))
    const sealed = await seal(world)
    assert.deepEqual([0, 1, 2, 3].map(sealed.weightOf), [
      2_000_000_000n,
      3_000_000_000n,
      4_000_000_000n,
      undefined,
    ])
    assert.equal(sealed.count, 3)
    assert.equal(sealed.totalWeight, 9_000_000_000n)
    await world.nextEpoch()
    const after = await seal(world)
    assert.deepEqual([0, 1, 2, 3].map(after.weightOf), [
      4_000_000_000n,
      undefined,
      4_000_000_000n,
      1_000_000_000n,
    ])
  })

  it('[REG-5] counts a change of the last second before the boundary, and not one of the first after it', async () => {
    const { world, bond } = registry()
    await world.register(nodeKey(0))
    await world.register(nodeKey(1))
    const start = await world.nodes.read.epochStart([(await world.nodes.read.currentEpoch()) + 1])
    await world.networkHelpers.time.setNextBlockTimestamp(start - 1n)
    await bond(0, STAKE_MIN)
    await world.networkHelpers.time.setNextBlockTimestamp(start)
    await bond(1, STAKE_MIN)
    const sealed = await seal(world)
    assert.deepEqual([0, 1].map(sealed.weightOf), [2_000_000_000n, 1_000_000_000n])
  })

  it('[REG-5] remembers a stake that has not changed for epochs', async () => {
    const { world, bond } = registry()
    await world.register(nodeKey(0))
    for (let i = 0; i < 3; i++) await world.nextEpoch()
    await bond(0, STAKE_MIN)
    assert.equal((await seal(world)).weightOf(0), 1_000_000_000n)
    await world.nextEpoch()
    assert.equal((await seal(world)).weightOf(0), 2_000_000_000n)
  })

  it('[REG-6] seals nothing when no node had stake at the boundary', async () => {
    const { world, nodes } = registry()
    assert.equal(await revertOf(nodes.write.sealEpoch()), 'NothingToSeal')
    await world.nextEpoch()
    await world.register(nodeKey(0))
    assert.equal(await revertOf(nodes.write.sealEpoch()), 'NothingToSeal')
    await world.nextEpoch()
    await seal(world)
  })
})

describe('leaving', () => {
  it('[REG-7] pays after the unbonding period, counted from the seal of an epoch without the stake', async () => {
    const { world, nodes, unbond, withdraw, nodeOf } = registry()
    for (const i of [0, 1]) await world.register(nodeKey(i), 2n * STAKE_MIN)
    const sealedWith = await world.nextEpoch()
    await seal(world)
    await unbond(0, STAKE_MIN)
    const { unbondingEpoch } = await nodeOf(0)
    assert.equal(unbondingEpoch, sealedWith + 1)
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    // The epoch sealed with the stake does not count, however long ago; nor does one nobody sealed.
    assert.equal(await revertOf(withdraw(0, sealedWith)), 'StakeStillBonded')
    assert.equal(await revertOf(withdraw(0, unbondingEpoch)), 'EpochNotSealed')
    const { epoch, weightOf } = await seal(world)
    assert.equal(weightOf(0), 1_000_000_000n)
    const { sealedAt } = await nodes.read.snapshotOf([epoch])
    await world.networkHelpers.time.setNextBlockTimestamp(sealedAt + UNBONDING_PERIOD - 1n)
    assert.equal(await revertOf(withdraw(0, epoch)), 'StakeStillBonded')

    const to = nodeKey(99).attestor
    await world.networkHelpers.time.setNextBlockTimestamp(sealedAt + UNBONDING_PERIOD)
    await withdraw(0, epoch, to)
    assert.equal(await world.publicClient.getBalance({ address: to }), STAKE_MIN)
    assert.equal((await nodeOf(0)).unbonding, 0n)
    assert.equal(await revertOf(withdraw(0, epoch)), 'NothingUnbonding')
    assert.equal(await world.publicClient.getBalance({ address: nodes.address }), 3n * STAKE_MIN)
  })

  it('[REG-7] starts the clock again when more is unbonded', async () => {
    const { world, unbond, withdraw } = registry()
    for (const i of [0, 1]) await world.register(nodeKey(i), 3n * STAKE_MIN)
    await world.nextEpoch()
    await unbond(0, STAKE_MIN)
    const without = await world.nextEpoch()
    await seal(world)
    await unbond(0, STAKE_MIN)
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    assert.equal(await revertOf(withdraw(0, without)), 'StakeStillBonded')
  })

  it('[REG-8] takes a node without stake from the list, keeps its operator, and its attestor taken', async () => {
    const { world, nodes, bond, unbond, withdraw } = registry()
    for (const i of [0, 1, 2]) await world.register(nodeKey(i))
    await unbond(0, STAKE_MIN)
    const without = await world.nextEpoch()
    await seal(world)
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    await withdraw(0, without)
    assert.equal(await nodes.read.nodeCount(), 2n)
    // Nobody moves: the place is vacant until somebody registers.
    const places = async () => await Promise.all([0n, 1n, 2n].map((place) => nodes.read.nodeAt([place])))
    const nobody = `0x${'00'.repeat(20)}`
    assert.deepEqual(await places(), [nobody, nodeKey(1).attestor, nodeKey(2).attestor])
    assert.equal(await nodes.read.placeCount(), 3n)
    const operator = await nodes.read.operatorOf([nodeKey(0).attestor])
    assert.equal(operator.toLowerCase(), world.accounts.operator.account.address)
    assert.equal(await revertOf(bond(0, STAKE_MIN)), 'UnknownNode')
    assert.equal(await revertOf(world.register(nodeKey(0))), 'AttestorTaken')
    await world.register(nodeKey(3))
    assert.deepEqual(await places(), [nodeKey(3).attestor, nodeKey(1).attestor, nodeKey(2).attestor])
    assert.equal(await nodes.read.placeCount(), 3n)
    // A number is never given twice.
    assert.deepEqual(
      await Promise.all([0, 1, 2, 3].map(async (i) => (await nodes.read.node([nodeKey(i).attestor])).number)),
      [0, 1, 2, 3],
    )
  })

  it('[REG-8] lets anyone evict a node without stake, once an epoch without it is sealed, and no other', async () => {
    const { world, nodes, bond, unbond, withdraw, nodeOf } = registry()
    const evict = (i: number, epoch: number) =>
      nodes.write.evict([nodeKey(i).attestor, epoch], { account: world.accounts.stranger.account })
    for (const i of [0, 1, 2]) await world.register(nodeKey(i), 2n * STAKE_MIN)
    await world.nextEpoch()
    const { epoch: before } = await seal(world)
    assert.equal(await revertOf(evict(0, before)), 'StillBonded')
    assert.equal(await revertOf(evict(3, before)), 'UnknownNode')
    await unbond(0, 2n * STAKE_MIN)
    await unbond(1, STAKE_MIN)
    // This epoch's snapshot may still be sealed with it.
    assert.equal(await revertOf(evict(0, before)), 'StillBonded')
    const without = await world.nextEpoch()
    assert.equal(await revertOf(evict(0, before)), 'StakeStillBonded')
    assert.equal(await revertOf(evict(0, without)), 'EpochNotSealed')
    await seal(world)
    assert.equal(await revertOf(evict(1, without)), 'StillBonded')
    await evict(0, without)
    assert.equal(await nodes.read.nodeCount(), 2n)
    assert.equal(await revertOf(evict(0, without)), 'UnknownNode')
    assert.equal(await revertOf(bond(0, STAKE_MIN)), 'UnknownNode')
    // Its money is its operator's as before.
    assert.equal((await nodeOf(0)).unbonding, 2n * STAKE_MIN)
    assert.equal(await revertOf(withdraw(0, without)), 'StakeStillBonded')
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    await withdraw(0, without)
    assert.equal(await nodes.read.nodeCount(), 2n)
  })

  it('[REG-6] lets the last node leave through an empty snapshot', async () => {
    const { world, nodes, unbond, withdraw } = registry()
    await world.register(nodeKey(0))
    await world.nextEpoch()
    await seal(world)
    await unbond(0, STAKE_MIN)
    const without = await world.nextEpoch()
    assert.equal((await seal(world)).count, 0)
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    await withdraw(0, without)
    assert.equal(await nodes.read.nodeCount(), 0n)
    assert.equal(await world.publicClient.getBalance({ address: nodes.address }), 0n)
    await world.nextEpoch()
    assert.equal(await revertOf(nodes.write.sealEpoch()), 'NothingToSeal')
  })

  it('[REG-7] tells when the receiver refuses, and keeps the stake', async () => {
    const { world, unbond, withdraw, nodeOf } = registry()
    const refuses = await world.viem.deployContract('RefusesEther')
    await world.register(nodeKey(0))
    await unbond(0, STAKE_MIN)
    const without = await world.nextEpoch()
    await seal(world)
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    assert.equal(await revertOf(withdraw(0, without, refuses.address)), 'TransferFailed')
    assert.equal((await nodeOf(0)).unbonding, STAKE_MIN)
  })
})

describe('staying', () => {
  it('[REG-13] lasts as long as renewed: a node that does not renew leaves the next snapshot and keeps its stake', async () => {
    const { world, nodes, nodeOf } = registry()
    const { operator, stranger } = world.accounts
    for (const i of [0, 1]) await world.register(nodeKey(i))
    const { attestor } = nodeKey(0)
    assert.equal(await revertOf(nodes.write.renew([attestor], { account: stranger.account })), 'NotOperator')
    assert.equal(
      await revertOf(nodes.write.renew([nodeKey(5).attestor], { account: operator.account })),
      'UnknownNode',
    )
    for (let i = 0; i < RENEW_EPOCHS; i++) await world.nextEpoch()
    assert.deepEqual([0, 1].map((await seal(world)).weightOf), [1_000_000_000n, 1_000_000_000n])
    await nodes.write.renew([attestor], { account: operator.account })
    await world.nextEpoch()
    assert.deepEqual([0, 1].map((await seal(world)).weightOf), [1_000_000_000n, undefined])
    assert.equal((await nodeOf(1)).stake, STAKE_MIN)
    // Back from the next epoch on, and not in this one.
    await nodes.write.renew([nodeKey(1).attestor], { account: operator.account })
    const { liveFrom, liveUntil } = await nodeOf(1)
    const epoch = await nodes.read.currentEpoch()
    assert.deepEqual([liveFrom, liveUntil], [epoch + 1, epoch + 1 + RENEW_EPOCHS])
    await world.nextEpoch()
    assert.deepEqual([0, 1].map((await seal(world)).weightOf), [1_000_000_000n, 1_000_000_000n])
  })

  it('[REG-13] is for the attestor to say as well', async () => {
    const { world, nodes, nodeOf } = registry()
    await world.register(nodeKey(0))
    await world.nextEpoch()
    const before = (await nodeOf(0)).liveUntil
    const test = await world.viem.getTestClient()
    const { attestor } = nodeKey(0)
    await test.setBalance({ address: attestor, value: 10n ** 18n })
    await test.impersonateAccount({ address: attestor })
    await nodes.write.renew([attestor], { account: attestor })
    assert.equal((await nodeOf(0)).liveUntil, before + 1)
  })
})

describe('a slash', () => {
  /** A registry whose slasher the test plays, with three nodes in a sealed epoch. */
  async function slashing() {
    const own = registry()
    const { world, nodes } = own
    const slasher = await world.viem.deployContract('RefusesEther')
    await nodes.write.addSlasher([slasher.address])
    const test = await world.viem.getTestClient()
    await test.impersonateAccount({ address: slasher.address })
    await test.setBalance({ address: slasher.address, value: 10n ** 18n })
    for (const i of [0, 1, 2]) await world.register(nodeKey(i), 4n * STAKE_MIN)
    await world.nextEpoch()
    await seal(world)
    const reporter = world.accounts.stranger.account.address
    const slash = (i: number, bps: bigint, to: Hex = reporter) =>
      nodes.write.slash([nodeKey(i).attestor, bps, to], { account: slasher.address })
    return { ...own, slasher, slash, reporter }
  }

  it('[REG-14] is for slashers alone: contracts the owner added, for good', async () => {
    const { world, nodes, slasher, slash } = await slashing()
    const { stranger, operator } = world.accounts
    const other = await world.viem.deployContract('RefusesEther')
    for (const { account } of [stranger, operator]) {
      assert.equal(
        await revertOf(nodes.write.slash([nodeKey(0).attestor, 1n, account.address], { account })),
        'NotSlasher',
      )
    }
    await assert.rejects(
      nodes.write.addSlasher([other.address], { account: stranger.account }),
      /OwnableUnauthorizedAccount/,
    )
    assert.equal(await revertOf(nodes.write.addSlasher([stranger.account.address])), 'InvalidSlasher')
    assert.equal(await revertOf(nodes.write.addSlasher([slasher.address])), 'InvalidSlasher')
    assert.equal(await revertOf(slash(0, 0n)), 'InvalidSlash')
    assert.equal(await revertOf(slash(0, 10_001n)), 'InvalidSlash')
    assert.equal(await revertOf(slash(7, 1n)), 'UnknownNode')
    // The deployment's own is on the list, and the one this test plays.
    for (let i = 2; i < 16; i++) {
      await nodes.write.addSlasher([(await world.viem.deployContract('RefusesEther')).address])
    }
    assert.equal(await revertOf(nodes.write.addSlasher([other.address])), 'InvalidSlasher')
    const slashers = await nodes.read.slashers()
    assert.equal(slashers.length, 16)
    assert.equal(slashers[1]?.toLowerCase(), slasher.address.toLowerCase())
  })

  it('[REG-14] jails from the next epoch on; after jail the node renews', async () => {
    const { world, nodes, slash, nodeOf, bond } = await slashing()
    const epoch = await world.nextEpoch()
    await slash(0, 5000n)
    // This epoch's snapshot holds what was so at its first second.
    assert.equal((await seal(world)).weightOf(0), 4_000_000_000n)
    const { jailedUntil } = await nodeOf(0)
    assert.equal(jailedUntil, epoch + 1 + JAIL_EPOCHS)
    const { account } = world.accounts.operator
    const renew = () => nodes.write.renew([nodeKey(0).attestor], { account })
    await bond(0, STAKE_MIN)
    for (let e = epoch + 1; e < jailedUntil; e++) {
      await world.nextEpoch()
      assert.equal((await seal(world)).weightOf(0), undefined)
      assert.equal(await revertOf(renew()), 'NodeJailed')
    }
    await world.nextEpoch()
    await renew()
    assert.equal((await seal(world)).weightOf(0), undefined)
    await world.nextEpoch()
    assert.equal((await seal(world)).weightOf(0), 3_000_000_000n)
  })

  it('[REG-14] exit before slash: reaches what is unbonding until it is paid out', async () => {
    const { world, nodes, slash, nodeOf, unbond, withdraw, reporter } = await slashing()
    await unbond(0, 4n * STAKE_MIN)
    await unbond(1, 4n * STAKE_MIN)
    const without = await world.nextEpoch()
    await seal(world)
    await world.networkHelpers.time.increase(UNBONDING_PERIOD)
    await withdraw(1, without)
    await slash(0, 2500n)
    await slash(1, 2500n)
    assert.equal((await nodeOf(0)).unbonding, 3n * STAKE_MIN)
    assert.equal(await nodes.read.rewardOf([reporter]), STAKE_MIN / 10n)
    await withdraw(0, without)
    assert.equal(
      await world.publicClient.getBalance({ address: nodes.address }),
      4n * STAKE_MIN + STAKE_MIN / 10n,
    )
  })

  it('[REG-8] [REG-14] leaves a node below the least stake out, whose place anyone may free', async () => {
    const { world, nodes, slash, nodeOf } = await slashing()
    const { account } = world.accounts.stranger
    const evict = async (i: number) => {
      const [epoch] = await nodes.read.latestSnapshot()
      return await nodes.write.evict([nodeKey(i).attestor, epoch], { account })
    }
    await slash(0, 9_000n)
    await slash(1, 5_000n)
    assert.equal(await revertOf(evict(0)), 'StillBonded')
    await world.nextEpoch()
    assert.equal((await seal(world)).count, 1)
    await evict(0)
    assert.equal(await revertOf(evict(1)), 'StillBonded')
    const { stake, unbonding, unbondingEpoch } = await nodeOf(0)
    assert.deepEqual(
      [stake, unbonding, unbondingEpoch],
      [0n, (4n * STAKE_MIN) / 10n, (await nodes.read.currentEpoch()) + 1],
    )
  })

  it('[REG-14] owes a reporter a tenth, which it claims once; without one all is burned', async () => {
    const { world, nodes, slash, reporter } = await slashing()
    const nobody = numberToHex(0, { size: 20 })
    const burned = await world.publicClient.getBalance({ address: nobody })
    await slash(0, 10_000n)
    await slash(1, 10_000n, nobody)
    assert.equal(
      (await world.publicClient.getBalance({ address: nobody })) - burned,
      8n * STAKE_MIN - (4n * STAKE_MIN) / 10n,
    )
    const { account } = world.accounts.stranger
    const to = nodeKey(99).attestor
    const refuses = await world.viem.deployContract('RefusesEther')
    assert.equal(await revertOf(nodes.write.claimReward([refuses.address], { account })), 'TransferFailed')
    await nodes.write.claimReward([to], { account })
    assert.equal(await world.publicClient.getBalance({ address: to }), (4n * STAKE_MIN) / 10n)
    assert.equal(await nodes.read.rewardOf([reporter]), 0n)
    assert.equal(await revertOf(nodes.write.claimReward([to], { account })), 'NoReward')
  })
})

describe('a capability set', () => {
  const set = (bits: bigint) => numberToHex(bits, { size: 32 })
  const [HTTP, LLM] = [1n, 64n]

  /** Node i offers the i-th of these. */
  async function offering(...offers: readonly bigint[]) {
    const own = registry()
    for (const [i, offer] of offers.entries()) {
      await own.world.register(nodeKey(i), BigInt(i + 1) * STAKE_MIN, own.world.accounts.operator, set(offer))
    }
    await own.world.nextEpoch()
    return own
  }

  it('[REG-11] has a snapshot of the nodes that cover it, with their weights', async () => {
    const { world, nodes } = await offering(0n, HTTP, HTTP | LLM, LLM, 127n)
    assert.equal(await revertOf(nodes.write.sealCapabilities([set(HTTP), 99n])), 'EpochNotSealed')
    const { epoch } = await seal(world)
    assert.equal(await revertOf(nodes.read.latestSnapshot([set(HTTP)])), 'EpochNotSealed')
    for (const unknown of [0n, 128n])
      assert.equal(await revertOf(nodes.write.sealCapabilities([set(unknown), 99n])), 'UnknownCapabilities')
    for (const [bits, covering] of [
      [HTTP, [1, 2, 4]],
      [LLM, [2, 3, 4]],
      [HTTP | LLM, [2, 4]],
      [127n, [4]],
    ] as const) {
      await nodes.write.sealCapabilities([set(bits), 99n])
      assert.equal(await revertOf(nodes.write.sealCapabilities([set(bits), 99n])), 'EpochAlreadySealed')
      const [sealed, snapshot] = await nodes.read.latestSnapshot([set(bits)])
      assert.equal(sealed, epoch)
      assert.deepEqual(snapshot, await nodes.read.capabilitiesSnapshotOf([epoch, set(bits)]))
      const { members } = await world.snapshotAt(snapshot.blob)
      assert.deepEqual(
        members.map(({ number, weight }) => [number, weight]),
        covering.map((i) => [i, BigInt(i + 1) * 1_000_000_000n]),
      )
    }
  })

  it('[REG-11] is sealed in steps, and anew when another epoch is sealed meanwhile', async () => {
    const { world, nodes } = await offering(HTTP, 0n, HTTP, HTTP)
    await seal(world)
    await nodes.write.sealCapabilities([set(HTTP), 2n])
    const [epochBefore, next] = await nodes.read.sealProgress([set(HTTP)])
    assert.deepEqual([epochBefore, next], [await nodes.read.currentEpoch(), 2])
    const { account } = world.accounts.operator
    await nodes.write.unbond([nodeKey(0).attestor, STAKE_MIN], { account })
    await world.nextEpoch()
    const { epoch } = await seal(world)
    for (const step of [1n, 1n, 1n]) await nodes.write.sealCapabilities([set(HTTP), step])
    const [sealed, snapshot] = await nodes.read.latestSnapshot([set(HTTP)])
    assert.equal(sealed, epoch)
    const { members } = await world.snapshotAt(snapshot.blob)
    assert.deepEqual(
      members.map(({ number }) => number),
      [2, 3],
    )
  })

  it('[REG-11] [SEL-6] rare capability: too few nodes that cover it are no committee', async () => {
    const { world, nodes } = await offering(HTTP, LLM, LLM, LLM)
    await seal(world)
    await nodes.write.sealCapabilities([set(HTTP), 99n])
    await nodes.write.sealCapabilities([set(HTTP | LLM), 99n])
    const [, one] = await nodes.read.latestSnapshot([set(HTTP)])
    const [, none] = await nodes.read.latestSnapshot([set(HTTP | LLM)])
    assert.deepEqual([one.count, none.count], [1, 0])
    const harness = await world.viem.deployContract('FormatsHarness')
    const draw = (head: Hex, seats: bigint) =>
      world.publicClient.readContract({
        abi: parseAbi([
          'function committee(bytes32 seed, address head, uint256 seats) view returns (uint256[])',
          'error NotEnoughNodes(uint256 eligible, uint256 required)',
        ]),
        address: harness.address,
        functionName: 'committee',
        args: [ZERO_HASH, head, seats],
      })
    assert.deepEqual(await draw(one.blob, 1n), [0n])
    assert.equal(await revertOf(draw(one.blob, 2n)), 'NotEnoughNodes')
    assert.equal(await revertOf(draw(none.blob, 1n)), 'NotEnoughNodes')
  })

  it('[REG-12] costs who seals it, and an epoch nothing', async () => {
    const gas: bigint[] = []
    const { world, nodes } = await offering(HTTP, LLM, HTTP | LLM, 127n)
    await seal(world)
    for (let round = 0; round < 3; round++) {
      await world.nextEpoch()
      gas.push(await world.gasOf(nodes.write.sealEpoch()))
      for (let bits = 1n; bits < 16n; bits++) await nodes.write.sealCapabilities([set(bits), 99n])
    }
    assert.equal(gas[1], gas[0])
    assert.equal(gas[2], gas[0])
  })
})

it('[REG-4] [REG-9] is not built with figures that cannot work', async () => {
  const { world } = built()
  const { timestamp } = await world.publicClient.getBlock()
  const right = {
    genesis: timestamp,
    epochSeconds: 600,
    stakeMin: STAKE_MIN,
    stakeMax: (1n << 51n) * 10n ** 9n,
    unbondingPeriod: 0,
    nodesMax: 4096,
    renewEpochs: 1,
    jailEpochs: 0,
    owner: world.accounts.deployer.account.address,
  }
  const wrong = [
    { genesis: timestamp + 10_000n },
    { epochSeconds: 0 },
    { stakeMin: 10n ** 9n - 1n },
    { stakeMax: STAKE_MIN - 1n },
    { stakeMax: (1n << 51n) * 10n ** 9n + 1n },
    { nodesMax: 0 },
    { nodesMax: 4097 },
    { renewEpochs: 0 },
    { renewEpochs: 65_536 },
    { jailEpochs: 65_536 },
  ]
  for (const figure of wrong)
    await assert.rejects(
      world.viem.deployContract('NodeRegistry', [{ ...right, ...figure }]),
      /InvalidConfig/,
      JSON.stringify(Object.keys(figure)),
    )
  await world.viem.deployContract('NodeRegistry', [right])
})
