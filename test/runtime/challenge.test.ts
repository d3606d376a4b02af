/** A request with a challenge window, from its certificate to its end, in nodes and coordinators. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { encodeCertificate } from '../../src/core/certificate.ts'
import type { ChainLog } from '../../src/ports/chain.ts'
import type { RequestId } from '../../src/protocol/types.ts'
import { NODES, OPENS_AT, requestOf, settled } from './support.ts'
import { type Process, World } from './world.ts'

const WINDOW = 20
/** Of a committee of one: three, of the four that are left. */
const HEARING = { round: 50n, seats: 3 }
const PATCH = { challengeWindow: WINDOW, committeeSize: 1 }

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
const sent = (prefix: string): readonly string[] =>
  world.chain.sent.filter((effect) => effect.startsWith(prefix))

const logged = (type: ChainLog['type']): number => world.chain.logs.filter((log) => log.type === type).length

async function startAll(names: readonly string[] = [...MEMBERS, 'coordinator']): Promise<Process[]> {
  const started: Process[] = []
  for (const name of names) started.push(await world.start(name))
  await world.chain.mine()
  return started
}

const certifiedAt = (id: RequestId): bigint | undefined => {
  const log = world.chain.logs.findLast((each) => each.type === 'requestCertified' && each.requestId === id)
  return log?.type === 'requestCertified' ? log.certified.certifiedAt : undefined
}

async function certified(): Promise<{ readonly id: RequestId; readonly at: bigint }> {
  const id = world.submit(1, PATCH)
  await world.run(60_000, () => certifiedAt(id) !== undefined)
  const at = certifiedAt(id)
  assert.ok(at !== undefined)
  return { id, at }
}

function challenge(requestId: RequestId): bigint {
  const opensAt = world.chain.timeSeconds + 3n
  const window = { round: HEARING.round, opensAt, closesAt: opensAt + 30n }
  world.chain.add({ type: 'requestChallenged', requestId, challenger: '0x', bond: 1n, window })
  return window.closesAt
}

const runsOf = (processes: readonly Process[]): number =>
  processes.reduce((sum, { runs }) => sum + runs.length, 0)

describe('a certified request with a challenge window', () => {
  it('is made final when its window has passed, and not before [RUN-44]', async () => {
    await startAll()
    const { id, at } = await certified()
    await world.runTo(at + BigInt(WINDOW) - 1n)
    assert.deepEqual(sent('finalize'), [])
    await world.run(5_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(logged('requestCertified'), 1)
  })

  it('is not forgotten when its process ends meanwhile [RUN-44]', async () => {
    const processes = await startAll()
    const { id } = await certified()
    await world.run(2_000)
    for (const { kill } of processes) await kill()
    await world.run(1_000)
    const coordinator = processes.at(-1)
    assert.ok(coordinator)
    world.processes.clear()
    await world.start('coordinator', { store: coordinator.store })
    await world.run(40_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })

  it('is certified again when a reorganisation takes its certificate back [RUN-44]', async () => {
    await startAll()
    const { id } = await certified()
    await world.run(1_000)
    const before = world.chain.head
    const blocks = world.chain.blocks.findIndex((block) =>
      block.some(({ type }) => type === 'requestCertified'),
    )
    await world.chain.rollback(BigInt(blocks - 1))
    assert.ok(world.chain.head < before)
    assert.equal(certifiedAt(id), undefined)
    await world.run(60_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(logged('requestCertified'), 1, 'on the chain that is')
    assert.ok(sent('fulfill').length > 1)
  })
})

describe('a challenge', () => {
  it('is heard by a larger committee without those who certified, and decides at once [RUN-45] [CHA-4]', async () => {
    const processes = await startAll()
    const { id } = await certified()
    assert.equal(runsOf(processes), 1)
    challenge(id)
    await world.run(20_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(logged('challengeResolved'), 1)
    assert.equal(runsOf(processes), 1 + HEARING.seats, 'who certified did not run it again')
    const resolved = world.chain.logs.find(({ type }) => type === 'challengeResolved')
    assert.ok(resolved?.type === 'challengeResolved')
    assert.equal(resolved.fulfillment.attempt, 255)
  })

  it('makes nothing final while it is open, and ends undecided when nobody hears it [RUN-45] [CHA-7]', async () => {
    const processes = await startAll()
    const { id } = await certified()
    for (const { name, kill } of processes) if (name !== 'coordinator') await kill()
    const closesAt = challenge(id)
    await world.runTo(closesAt - 1n)
    assert.deepEqual(sent('finalize'), [])
    await world.run(5_000, () => world.chain.statusOf(id) === 'expired')
    assert.equal(world.chain.statusOf(id), 'expired')
  })

  it('is heard by nodes that start late, from the chain alone [RUN-45]', async () => {
    const processes = await startAll()
    const { id } = await certified()
    for (const { kill } of processes) await kill()
    world.processes.clear()
    challenge(id)
    await world.run(4_000)
    await startAll()
    await world.run(25_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(logged('challengeResolved'), 1)
  })

  it('is decided by the verdict’s output, which may be another [RUN-45] [CHA-6]', async () => {
    await startAll(['coordinator'])
    const request = requestOf(1, PATCH)
    const id = world.submit(1, PATCH)
    await world.runTo(OPENS_AT + 1n)
    const wrong = {
      attempt: 0,
      view: 0,
      exit: 0,
      fuelUsed: 1n,
      evidenceHash: `0x${'00'.repeat(32)}`,
      output: '0x0666',
      certificate: encodeCertificate([]),
    } as const
    world.chain.add(world.chain.certifiedLog(request, wrong))
    challenge(id)
    await world.run(2_000)
    const right = { ...wrong, attempt: 255, output: '0x0123' } as const
    world.chain.add({ type: 'challengeResolved', requestId: id, overturned: true, fulfillment: right })
    await world.run(5_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })
})
