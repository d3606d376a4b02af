import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Request } from '../../src/protocol/types.ts'
import { entriesIn, NODES, OPENS_AT, requestOf, settled } from './support.ts'
import { type Process, World } from './world.ts'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.close()
  await settled()
  assert.deepEqual(unhandled.splice(0), [], 'nothing may be rejected unheard')
})

const MEMBERS = NODES.map((_, i) => String(i))
const count = (prefix: string): number =>
  world.chain.sent.filter((effect) => effect.startsWith(prefix)).length

async function startAll(names: readonly string[] = [...MEMBERS, 'coordinator']): Promise<Process[]> {
  const started: Process[] = []
  for (const name of names) started.push(await world.start(name))
  await world.chain.mine()
  return started
}

describe('a chain that takes something back', () => {
  it('takes the request with it: nobody works on it any more, until another block has it [RUN-31]', async () => {
    const processes = await startAll()
    const before = world.chain.head
    const id = world.submit(1)
    await world.runTo(OPENS_AT - 2n)
    await world.chain.rollback(before)
    assert.ok(processes.every(({ engine }) => engine.openRequests === 0))
    await world.runTo(OPENS_AT + 5n)
    assert.deepEqual(world.chain.sent, [])
    world.submit(1)
    await world.runTo(OPENS_AT + 20n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })

  it('with a request half done: what was run and signed for it stands when it comes back [RUN-31]', async () => {
    // Nobody can submit, so that it stays open.
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    const processes = await startAll()
    const before = world.chain.head
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 4n)
    const [first] = processes
    assert.ok(first)
    const votes = entriesIn(first.store, 'outcome')
    assert.deepEqual([votes, entriesIn(first.store, 'signed')], [5, 1])
    await world.chain.rollback(before)
    world.submit(1)
    await world.runTo(OPENS_AT + 9n)
    assert.deepEqual([entriesIn(first.store, 'outcome'), entriesIn(first.store, 'signed')], [5, 1])
    world.chain.refuse = () => undefined
    await world.runTo(OPENS_AT + 30n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.ok(processes.every(({ runs }) => runs.length <= 1))
  })

  it('with a request that comes back with other rounds: that is another request [RUN-31]', async () => {
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    const processes = await startAll()
    const before = world.chain.head
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 4n)
    await world.chain.rollback(before)
    world.chain.refuse = () => undefined
    const patch: Partial<Request> = {
      attempts: requestOf(1).attempts.map((attempt) => ({ ...attempt, round: attempt.round + 1n })),
    }
    const other = world.submit(1, patch)
    await world.runTo(OPENS_AT + 30n)
    assert.notEqual(other, id)
    assert.deepEqual([world.chain.statusOf(id), world.chain.statusOf(other)], ['none', 'fulfilled'])
    assert.equal(processes[0]?.runs.length, 2)
    assert.ok(processes[0] && entriesIn(processes[0].store, 'signed') === 2)
  })

  it('with a round: it is posted again, and what was gathered counts again [RUN-31]', async () => {
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    const processes = await startAll()
    const id = world.submit(1)
    await world.runTo(OPENS_AT - 1n)
    const before = world.chain.head
    await world.runTo(OPENS_AT + 4n)
    assert.equal(world.chain.has('roundPosted'), true)
    const posts = count('postRound')
    await world.chain.rollback(before)
    assert.equal(world.chain.has('roundPosted'), false)
    // Nobody says it twice: what the coordinator kept is all there is.
    for (const name of MEMBERS) await world.processes.get(name)?.kill()
    world.chain.refuse = () => undefined
    await world.runTo(OPENS_AT + 25n)
    assert.ok(count('postRound') > posts)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.ok(processes.slice(0, 5).every(({ runs }) => runs.length === 1))
  })

  it('with a round, and the run that hung on it is not done again [RUN-31]', async () => {
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    const processes = await startAll(['0', '1', '2', '3', 'coordinator'])
    world.submit(1)
    await world.runTo(OPENS_AT - 1n)
    const before = world.chain.head
    await world.runTo(OPENS_AT + 4n)
    await world.chain.rollback(before)
    // Into the second attempt, whose signatures are for the same run.
    await world.runTo(OPENS_AT + 70n)
    assert.equal(entriesIn(processes[0]?.store as never, 'signed'), 2)
    assert.deepEqual(
      processes.map(({ runs }) => runs.length),
      [1, 1, 1, 1, 0],
    )
  })

  it('with a fulfilment: the request is open again, and submitted again [RUN-31]', async () => {
    await startAll()
    const id = world.submit(1)
    await world.run(60_000, () => world.chain.statusOf(id) === 'fulfilled')
    const fulfilledAt = world.chain.head
    await world.chain.rollback(fulfilledAt - 1n)
    assert.equal(world.chain.statusOf(id), 'open')
    const submissions = count('fulfill')
    await world.run(20_000)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.ok(count('fulfill') > submissions)
  })

  it('with what peers said of it: members share again what was acknowledged [RUN-7] [RUN-31]', async () => {
    const processes = await startAll(['0', '1', '2', '3', 'coordinator'])
    const id = world.submit(1)
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    await world.runTo(OPENS_AT + 5n)
    // A coordinator that lost its store: nobody tells it anything twice.
    await processes[4]?.kill()
    world.chain.refuse = () => undefined
    const fresh = await world.start('coordinator')
    await world.runTo(OPENS_AT + 25n)
    assert.deepEqual([entriesIn(fresh.store, 'outcome'), world.chain.statusOf(id)], [0, 'open'])
    await world.chain.rollback(world.chain.head - 1n)
    await world.runTo(OPENS_AT + 50n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })

  it('with a registration: the peer has no standing any more [RUN-31]', async () => {
    const process = await world.start('coordinator')
    let asked = 0
    const allow = process.transport.allow.bind(process.transport)
    process.transport.allow = (accepts) => {
      asked++
      allow(accepts)
    }
    await world.chain.mine()
    assert.ok(process.engine.view.isRegistered(NODES[0]?.peer ?? ''))
    await world.chain.rollback(0n)
    assert.equal(process.engine.view.isRegistered(NODES[0]?.peer ?? ''), false)
    assert.equal(asked, 1)
  })

  it('with a seal: the epoch is sealed again, the same one [RUN-31]', async () => {
    await world.start('coordinator', { sealsEpochs: true })
    await world.chain.mine()
    await world.run(5_000)
    const epoch = world.chain.sealedEpoch()
    assert.notEqual(epoch, undefined)
    await world.chain.rollback(1n)
    assert.equal(world.chain.sealedEpoch(), undefined)
    await world.run(5_000)
    assert.equal(world.chain.sealedEpoch(), epoch)
  })
})

describe('a process that starts again', () => {
  it('submits what it had gathered, and no member runs or signs anything again [RUN-32]', async () => {
    const processes = await startAll()
    const id = world.submit(1)
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    await world.runTo(OPENS_AT + 5n)
    const stores = new Map(processes.map(({ name, store }) => [name, store]))
    for (const { kill } of processes) await kill()
    world.chain.refuse = () => undefined
    const [coordinator] = [await world.start('coordinator', { store: stores.get('coordinator') as never })]
    await world.runTo(OPENS_AT + 15n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    const member = await world.start('0', { store: stores.get('0') as never })
    await world.run(3_000)
    assert.deepEqual([coordinator.runs.length, member.runs.length], [0, 0])
  })

  it('runs what it had not finished, and its share still counts [RUN-32]', async () => {
    const [first] = await startAll(['0', '1', '2', '3', 'coordinator'])
    assert.ok(first)
    const id = world.submit(1)
    first.fails.runs = 1_000
    await world.runTo(OPENS_AT + 5n)
    assert.equal(world.chain.statusOf(id), 'open')
    const { store } = first
    await first.kill()
    await world.start('0', { store })
    await world.runTo(OPENS_AT + 30n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })

  it('follows requests made while it was away, and forgets what was closed meanwhile [RUN-32]', async () => {
    const [, , , , , coordinator] = await startAll()
    assert.ok(coordinator)
    const closed = world.submit(1)
    await world.chain.mine()
    const { store } = coordinator
    await coordinator.kill()
    world.chain.add({ type: 'requestExpired', requestId: closed, refund: 0n })
    const missed = world.submit(2)
    await world.chain.mine()
    const again = await world.start('coordinator', { store })
    await settled()
    assert.equal(again.engine.openRequests, 1)
    await world.runTo(OPENS_AT + 20n)
    assert.equal(world.chain.statusOf(missed), 'fulfilled')
  })
})

describe('a process that runs for long', () => {
  it('drops the attestations of a request that is final, and the signing records after its deadline [RUN-12]', async () => {
    const [member] = await startAll()
    assert.ok(member)
    const id = world.submit(1, { deadline: OPENS_AT + 500n })
    await world.run(60_000, () => world.chain.statusOf(id) === 'fulfilled')
    const pass = async (seconds: number): Promise<readonly number[]> => {
      for (let i = 0; i < seconds; i++) {
        world.clock.advance(1_000)
        await world.chain.mine()
      }
      return [entriesIn(member.store, 'outcome'), entriesIn(member.store, 'signed')]
    }
    assert.deepEqual(await pass(60), [5, 1])
    assert.deepEqual(await pass(10), [0, 1])
    // Past it by blocks that may be made up; an hour later by this machine's own clock too.
    assert.deepEqual(await pass(500), [0, 1])
    world.clock.advance(3_600_000)
    assert.deepEqual(await pass(20), [0, 0])
  })

  it('forgets nothing it signed because of blocks from the future [RUN-12]', async () => {
    const [member] = await startAll()
    assert.ok(member)
    const id = world.submit(1)
    await world.run(60_000, () => world.chain.statusOf(id) === 'fulfilled')
    world.chain.lagSeconds = -1_000_000n
    for (let i = 0; i < 200; i++) await world.chain.mine()
    assert.equal(entriesIn(member.store, 'signed'), 1)
  })

  it('keeps nothing of requests that are over: its store does not grow with their number [RUN-12]', async () => {
    const [member, , , , , coordinator] = await startAll()
    assert.ok(member && coordinator)
    const spaces = ['request', 'grave', 'outcome', 'signed', 'queue', 'runs', 'evidence']
    const sizes: number[] = []
    for (let nonce = 0; nonce < 12; nonce++) {
      const opensAt = world.chain.timeSeconds + 3n
      const attempts = [{ round: BigInt(100 + nonce), opensAt, closesAt: opensAt + 15n }]
      const id = world.submit(nonce, { attempts, deadline: opensAt + 15n })
      await world.run(20_000, () => world.chain.statusOf(id) === 'fulfilled')
      assert.equal(world.chain.statusOf(id), 'fulfilled')
      assert.ok(entriesIn(member.store, ...spaces) > 0)
      // Final, and past its deadline.
      for (let i = 0; i < 85; i++) {
        world.clock.advance(1_000)
        await world.chain.mine()
      }
      world.clock.advance(3_600_000)
      for (let i = 0; i < 17; i++) await world.chain.mine()
      sizes.push(entriesIn(member.store, ...spaces) + entriesIn(coordinator.store, ...spaces))
    }
    assert.deepEqual(sizes, Array(12).fill(0))
  })
})
