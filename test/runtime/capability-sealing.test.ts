/** Snapshots of capability sets: which are sealed, when and by whom. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { CAPABILITIES, capabilitySet } from '../../src/core/permissions/capability.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Store } from '../../src/ports/store.ts'
import type { FunctionSpec, Hex } from '../../src/protocol/types.ts'
import { CapabilitySealing, SEALED_SETS_MAX, SETS_MAX } from '../../src/runtime/capability-sealing.ts'
import {
  entriesIn,
  failingStore,
  functionOf,
  NODES,
  OPENS_AT,
  recordingLog,
  requestOf,
  settled,
} from './support.ts'
import { EPOCHS, type Process, registrationOf, World } from './world.ts'

const HTTP = capabilitySet(['http'])
const S3 = capabilitySet(['s3'])
const SPACE = 'capability-set'

describe('a set of capabilities in use', () => {
  /** Epochs of 100 seconds from second 0 on; every one is known to be sealed as soon as it began. */
  function sealingOf(
    options: {
      readonly store?: Store
      readonly delayMs?: number
      readonly known?: DeployedFunction
      readonly functionById?: () => Promise<DeployedFunction | undefined>
    } = {},
  ) {
    const asked: (readonly [Hex, number, number])[] = []
    const log = recordingLog()
    let nowMs = 0
    const sealing = new CapabilitySealing({
      store: options.store ?? createMemoryStore(),
      log,
      repeatMs: 1_000,
      epochs: {
        get newest() {
          return Math.floor(nowMs / 100_000)
        },
        epochAt: (ms) => Math.floor(ms / 100_000),
        delayMs: () => options.delayMs ?? 0,
      },
      knownFunction: () => options.known,
      functionById: options.functionById ?? (async () => undefined),
      seal: (capabilities, epoch) => asked.push([capabilities, epoch, nowMs]),
    })
    const run = (fromMs: number, toMs: number): void => {
      for (nowMs = fromMs; nowMs < toMs; nowMs += 500) sealing.tick(nowMs)
    }
    return { sealing, asked, run, log }
  }
  const deployedWith = (capabilities: Hex) => functionOf(requestOf(1).functionId, { capabilities })
  const ofSet = (set: Hex) => requestOf(1, { consensus: 'pbft', functionId: deployedWith(set).functionId })

  it('is asked for at once in the middle of an epoch, again with doubling delays, and no more once it is sealed [RUN-74]', () => {
    const { sealing, asked, run } = sealingOf()
    run(300_000, 330_000)
    assert.equal(asked.length, 0)
    sealing.used(HTTP, 330n)
    run(330_000, 340_000)
    assert.deepEqual(
      asked.map(([set, epoch, atMs]) => [set, epoch, atMs - 330_000]),
      [0, 1_000, 3_000, 7_000].map((ms) => [HTTP, 3, ms]),
    )
    sealing.sealed(HTTP, 3)
    run(340_000, 400_000)
    assert.equal(asked.length, 4)
    run(400_000, 400_500)
    assert.deepEqual(asked.at(-1), [HTTP, 4, 400_000])
  })

  it('is every set that a function was deployed with, and none of an exact one [RUN-74]', () => {
    const { sealing, asked, run } = sealingOf()
    const both = capabilitySet(['http', 's3'])
    for (const set of [HTTP, S3, both, HTTP, capabilitySet([])]) sealing.used(set, 1n)
    // A kind this version does not know.
    sealing.used(`0x${'80'.padStart(64, '0')}`, 1n)
    run(1_000, 1_500)
    assert.deepEqual(
      asked.map(([set]) => set),
      [HTTP, S3, both],
    )
    for (let bits = 1; bits < 256; bits++) sealing.used(`0x${bits.toString(16).padStart(64, '0')}`, 2n)
    assert.deepEqual([sealing.inUse.length, SETS_MAX], [127, 2 ** CAPABILITIES.length - 1])
  })

  it('is that of a function requested, whether it is known here or has to be looked up [RUN-74]', async () => {
    const known = sealingOf({ known: deployedWith(HTTP), functionById: () => assert.fail() })
    known.sealing.requested(ofSet(HTTP), 1n)
    assert.deepEqual(known.sealing.inUse, [HTTP])
    let looked = 0
    const stranger = sealingOf({
      functionById: async () => {
        looked++
        return deployedWith(S3)
      },
    })
    for (let i = 0; i < 3; i++) stranger.sealing.requested(ofSet(S3), 1n)
    stranger.sealing.requested(requestOf(2), 1n)
    await settled()
    assert.deepEqual([stranger.sealing.inUse, looked], [[S3], 1])
  })

  it('is looked up for four functions at a time; a failure is logged, and the next request tries again [RUN-74]', async () => {
    let looked = 0
    const { sealing, log } = sealingOf({
      functionById: () => {
        looked++
        return Promise.reject(new Error('the RPC endpoint is away'))
      },
    })
    for (let i = 0; i < 6; i++)
      sealing.requested({ ...ofSet(HTTP), functionId: `0x${String(i).padStart(64, '0')}` }, 1n)
    assert.equal(looked, 4)
    await settled()
    assert.equal(log.lines.length, 4)
    sealing.requested(ofSet(HTTP), 1n)
    assert.equal(looked, 5)
    await settled()
  })

  it('is sealed when it is among the sixteen last used: nobody pays for more [RUN-74]', () => {
    const { sealing, asked, run } = sealingOf()
    const setWith = (bits: number): Hex => `0x${bits.toString(16).padStart(64, '0')}`
    for (let bits = 1; bits <= 40; bits++) sealing.used(setWith(bits), BigInt(bits))
    run(50_000, 50_500)
    assert.deepEqual(
      asked.map(([set]) => set),
      Array.from({ length: SEALED_SETS_MAX }, (_, i) => setWith(40 - i)),
    )
  })

  it('is forgotten when no function with it was used in eight epochs, and was never written needlessly [RUN-74]', () => {
    let writes = 0
    const store = failingStore(createMemoryStore(), () => {
      writes++
      return false
    })
    const { sealing, asked, run } = sealingOf({ store })
    sealing.used(HTTP, 110n)
    sealing.used(HTTP, 150n)
    sealing.used(HTTP, 120n)
    assert.equal(writes, 1)
    sealing.used(HTTP, 250n)
    assert.equal(writes, 2)
    // Used in epoch 2: in use up to epoch 10.
    run(1_099_000, 1_100_000)
    assert.deepEqual([sealing.inUse, asked.at(-1)?.[1]], [[HTTP], 10])
    run(1_100_000, 1_101_000)
    assert.deepEqual([sealing.inUse, asked.at(-1)?.[1], entriesIn(store, SPACE)], [[], 10, 0])
  })

  it('is known after a restart, with when it was used [RUN-74]', () => {
    const store = createMemoryStore()
    const before = sealingOf({ store })
    before.sealing.used(HTTP, 110n)
    before.sealing.used(S3, 110n)
    before.sealing.used(S3, 310n)
    const { sealing, asked, run } = sealingOf({ store })
    run(1_100_000, 1_100_500)
    assert.deepEqual(asked, [[S3, 11, 1_100_000]])
    assert.deepEqual(sealing.inUse, [S3])
  })

  it('that no node covers is left alone until another epoch is sealed [RUN-75]', () => {
    const { sealing, asked, run } = sealingOf()
    sealing.used(HTTP, 310n)
    run(310_000, 310_500)
    sealing.uncovered(HTTP, 3)
    run(310_500, 400_000)
    assert.equal(asked.length, 1)
    assert.equal(sealing.due(HTTP, 399_999), undefined)
    run(400_000, 400_500)
    assert.deepEqual(asked.at(-1), [HTTP, 4, 400_000])
  })

  it('is sealed anew when what was sealed may have been undone [RUN-31] [RUN-74]', () => {
    const { sealing, asked, run } = sealingOf()
    sealing.used(HTTP, 310n)
    sealing.sealed(HTTP, 3)
    run(310_000, 311_000)
    assert.equal(asked.length, 0)
    sealing.reset()
    run(311_000, 311_500)
    assert.equal(asked.length, 1)
  })

  it('is left to others for as long as an epoch is, in epochs shorter than that too [RUN-76]', () => {
    const patient = sealingOf({ delayMs: 250_000 })
    patient.sealing.used(HTTP, 310n)
    patient.run(310_000, 560_000)
    assert.equal(patient.asked.length, 0)
    patient.run(560_000, 560_500)
    assert.deepEqual(patient.asked, [[HTTP, 5, 560_000]])
    // Once somebody sealed it, patience begins anew.
    patient.sealing.sealed(HTTP, 5)
    patient.run(560_500, 849_000)
    assert.equal(patient.asked.length, 1)
    patient.run(849_000, 850_500)
    assert.deepEqual(patient.asked.at(-1), [HTTP, 8, 850_000])
  })
})

describe('a network with functions that reach outside', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => world.close())

  const specOf = (capabilities: Hex): Partial<FunctionSpec> => ({ capabilities, consensus: 1 })
  const deploy = (capabilities: Hex, spec = specOf(capabilities)): void =>
    world.chain.add({ type: 'functionDeployed', ...functionOf(requestOf(1).functionId, spec) })
  const grant = (capabilities: Hex): void =>
    world.chain.add(...NODES.flatMap((node) => registrationOf(node, capabilities)))
  const seals = (): readonly string[] =>
    world.chain.sent.filter((effect) => effect.startsWith('sealCapabilities'))
  const epochNow = (): number =>
    Number((BigInt(Math.floor(world.clock.nowMs() / 1000)) - EPOCHS.genesis) / EPOCHS.epochSeconds)
  const nextEpoch = (): Promise<void> =>
    world.runTo(EPOCHS.genesis + BigInt(epochNow() + 1) * EPOCHS.epochSeconds + 5n)

  it('has its sets sealed by a coordinator, seconds after the deployment and in each epoch after [RUN-74]', async () => {
    grant(HTTP)
    await world.start('coordinator', { sealsEpochs: true })
    await world.run(6_000)
    const epoch = world.chain.sealedEpoch()
    assert.deepEqual([epoch !== undefined, seals()], [true, []])
    deploy(HTTP)
    await world.run(6_000)
    assert.equal(world.chain.sealedEpochOf(HTTP), epoch)
    await nextEpoch()
    assert.equal(world.chain.sealedEpochOf(HTTP), (epoch ?? 0) + 1)
    assert.equal(seals().length, 2)
  })

  it('has a set sealed that only part of the nodes cover, and none that nobody covers [RUN-75]', async () => {
    world.chain.add(...registrationOf(NODES[0] as (typeof NODES)[0], capabilitySet(['http', 'llm'])))
    await world.start('coordinator', { sealsEpochs: true })
    deploy(HTTP)
    deploy(S3)
    await world.run(20_000)
    assert.notEqual(world.chain.sealedEpochOf(HTTP), undefined)
    assert.equal(world.chain.sealedEpochOf(S3), undefined)
    assert.ok(seals().every((effect) => !effect.includes(S3)))
    // A node registers for it: the next epoch's snapshot has it.
    grant(S3)
    await world.run(20_000)
    assert.equal(world.chain.sealedEpochOf(S3), undefined)
    await nextEpoch()
    assert.equal(world.chain.sealedEpochOf(S3), epochNow())
  })

  it('has a set sealed when a function with it is requested, and knows it after a restart [RUN-74]', async () => {
    grant(HTTP)
    const spec = specOf(HTTP)
    const first = await world.start('coordinator', { sealsEpochs: true, spec })
    await world.run(6_000)
    world.submit(1, { consensus: 'pbft' })
    await world.run(6_000)
    assert.equal(world.chain.sealedEpochOf(HTTP), epochNow())
    await first.kill()
    await nextEpoch()
    await world.start('coordinator', { sealsEpochs: true, spec, store: first.store })
    await world.run(6_000)
    assert.equal(world.chain.sealedEpochOf(HTTP), epochNow())
  })

  it('has it sealed again, the same, after a reorganisation [RUN-31]', async () => {
    grant(HTTP)
    deploy(HTTP)
    await world.chain.mine()
    await world.start('coordinator', { sealsEpochs: true })
    await world.run(8_000)
    const epoch = world.chain.sealedEpochOf(HTTP)
    assert.notEqual(epoch, undefined)
    await world.chain.rollback(1n)
    assert.equal(world.chain.sealedEpochOf(HTTP), undefined)
    await world.run(8_000)
    assert.equal(world.chain.sealedEpochOf(HTTP), epoch)
  })

  it('has members do it, one after another, when there is no coordinator [RUN-76]', async () => {
    grant(HTTP)
    const standInMs = 2_000
    await world.runTo(OPENS_AT + 5n)
    const members: Process[] = []
    for (const name of ['0', '1', '2', '3', '4']) members.push(await world.start(name, { standInMs }))
    await world.run(60_000, () => world.chain.sealedEpoch() !== undefined)
    assert.notEqual(world.chain.sealedEpoch(), undefined)
    deploy(HTTP)
    await world.run(8_000)
    assert.deepEqual(seals(), [])
    await world.run(30_000)
    assert.equal(world.chain.sealedEpochOf(HTTP), world.chain.sealedEpoch())
    assert.equal(seals().length, 1)
  })
})
