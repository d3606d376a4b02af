import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { guestSeed } from '../../src/crypto/seeds.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { AttestationExchange } from '../../src/runtime/exchange.ts'
import { signOutcome } from '../../src/runtime/member.ts'
import { RunawayError } from '../../src/runtime/runaway.ts'
import { createSigner } from '../../src/runtime/signer.ts'
import { ATTEST, decodeVerdict, encodeOutcome } from '../../src/runtime/wire.ts'
import {
  DOMAIN,
  entriesIn,
  failingStore,
  functionOf,
  idOf,
  NODES,
  nodeOf,
  OPENS_AT,
  outputOf,
  requestOf,
  settled,
  signedBy,
} from './support.ts'
import { type Process, registrationOf, World } from './world.ts'

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
const eventsOf = ({ lines }: Process): readonly string[] => lines.map(({ event }) => event)

async function startAll(names: readonly string[] = [...MEMBERS, 'coordinator']): Promise<Process[]> {
  const started: Process[] = []
  for (const name of names) started.push(await world.start(name))
  await world.chain.mine()
  return started
}

describe('a request among engines', () => {
  it('goes from round to committee, run, signatures, certificate and submission, each once [RUN-20]', async () => {
    const processes = await startAll()
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 10n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    // Asked for again until it shows: a sender makes one transaction of an effect.
    assert.deepEqual([...new Set(world.chain.sent)], ['postRound:10', `fulfill:${id}:0`])
    assert.equal(world.chain.logs.filter(({ type }) => type === 'requestFulfilled').length, 1)
    for (const { name, runs, engine } of processes) {
      assert.equal(runs.length, name === 'coordinator' ? 0 : 1, name)
      assert.equal(engine.openRequests, 0)
    }
    const fulfilled = world.chain.logs.find((log) => log.type === 'requestFulfilled')
    assert.ok(fulfilled?.type === 'requestFulfilled')
    assert.equal(fulfilled.fulfillment.output, '0x010203')
    // A bitmap and five signatures.
    assert.equal(fulfilled.fulfillment.certificate.length, 2 + 2 * (32 + 5 * 64))
  })

  it('is fulfilled by a member when no coordinator lives, the first in line and no other [RUN-21]', async () => {
    for (const name of MEMBERS) await world.start(name, { standInMs: 2_000 })
    await world.chain.mine()
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 30n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(count('fulfill'), 1)
    assert.equal(count('postRound'), 1)
  })

  it('expires once its deadline is past, asked for again while the chain says not yet [RUN-22]', async () => {
    await startAll(['0', '1', 'coordinator'])
    const id = world.submit(1)
    world.chain.lagSeconds = 0n
    let early = 2
    world.chain.refuse = (effect) =>
      effect.startsWith('expire') && early-- > 0
        ? { type: 'reverted', error: 'NotExpired', detail: 'not yet' }
        : undefined
    await world.runTo(OPENS_AT + 130n)
    assert.equal(world.chain.statusOf(id), 'expired')
    assert.equal(count('expire'), 3)
    assert.equal(count('fulfill'), 0)
  })

  it('runs again on a machine where the run failed, and signs then [RUN-23]', async () => {
    const processes = await startAll()
    for (const { fails } of processes.slice(0, 2)) fails.runs = 2
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 20n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(processes[0]?.runs.length, 3)
    assert.ok(processes[0] && eventsOf(processes[0]).includes('execution failed here'))
  })

  it('is run twice at the most where its function does not end, and again where the machine fails [RUN-23]', async () => {
    const member = await world.start('0')
    await world.start('coordinator')
    member.fails.runs = 100
    world.submit(1)
    await world.runTo(OPENS_AT + 30n)
    assert.ok(member.runs.length > 2)
    const before = member.runs.length
    member.fails.with = new RunawayError('not done after 60000 ms')
    await world.runTo(OPENS_AT + 110n)
    assert.equal(member.runs.length, before + 2)
  })

  it('leaves transactions their places when runs do not end [RUN-36]', async () => {
    const member = await world.start('0', { standInMs: 1_000 })
    member.fails.hang = true
    const ids = Array.from({ length: 6 }, (_, nonce) => world.submit(nonce))
    await world.runTo(OPENS_AT + 20n)
    assert.equal(member.runs.length, 2)
    await world.run(300_000, () => ids.every((id) => world.chain.statusOf(id) === 'expired'))
    assert.ok(ids.every((id) => world.chain.statusOf(id) === 'expired'))
    void member.kill() // its runs never end
    world.processes.delete('0')
  })

  it('takes a round from its beacon’s key, whatever the chain’s node says was posted [RUN-35]', async () => {
    const member = await world.start('0')
    await world.start('coordinator')
    const id = world.submit(1)
    const lie = { round: 10n, randomness: tagHash('chosen by the RPC'), signature: '0x01' } as const
    await world.runTo(OPENS_AT - 2n)
    world.chain.add({ type: 'roundPosted', ...lie })
    await world.runTo(OPENS_AT + 10n)
    assert.deepEqual(
      member.runs.map(({ seed }) => toHex(seed)),
      [toHex(guestSeed(id, tagHash('randomness 10')))],
    )
    assert.ok(member.lines.some(({ level, event }) => level === 'error' && /not the beacon/.test(event)))
  })

  it('learns a round posted before it started from the chain’s logs when no server answers [RUN-35]', async () => {
    const others = await startAll(['1', '2', '3', '4', 'coordinator'])
    for (const other of others) other.fails.runs = 1_000
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 5n)
    assert.ok(world.chain.has('roundPosted'))
    // It hears of the round before it can open the request, so that only a look back tells.
    const late = await world.start('0', { beacon: false, reads: false })
    late.fails.reads = false
    await world.runTo(OPENS_AT + 10n)
    assert.equal(late.runs.length, 1)
    assert.equal(world.chain.statusOf(id), 'open')
  })

  it('survives jobs the queue refuses and jobs it loses [RUN-23]', async () => {
    const unreliable = (inner: Queue): Queue => {
      const seen = new Map<string, number>()
      return {
        add: async (job) => {
          const times = (seen.get(job.id) ?? 0) + 1
          seen.set(job.id, times)
          if (times === 1) throw new Error('the queue is full')
          if (times > 2) await inner.add(job)
        },
        process: (handler) => inner.process(handler),
        size: () => inner.size(),
        close: () => inner.close(),
      }
    }
    for (const name of [...MEMBERS, 'coordinator']) await world.start(name, { queue: unreliable })
    await world.chain.mine()
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 45n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })

  it('is submitted again when the transaction failed or came too early [RUN-22]', async () => {
    await startAll()
    const id = world.submit(1)
    let tries = 0
    world.chain.refuse = (effect) => {
      if (!effect.startsWith('fulfill') || ++tries > 5) return undefined
      // Five jobs' worth: three throws of one job, then a revert.
      return tries <= 3 ? new Error('no funds') : { type: 'reverted', error: 'OutsideWindow', detail: '' }
    }
    await world.runTo(OPENS_AT + 30n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(tries, 6)
  })

  it('has its round posted when the chain turns out to lack it [RUN-22]', async () => {
    await startAll()
    const id = world.submit(1)
    let lost = false
    world.chain.refuse = (effect) => {
      if (!effect.startsWith('fulfill') || lost) return undefined
      // As after a fork of a block that nobody was told of: the round is known here and not on the chain.
      lost = true
      world.chain.sent.length = 0
      world.chain.blocks = world.chain.blocks.map((logs) => logs.filter(({ type }) => type !== 'roundPosted'))
      return { type: 'reverted', error: 'BeaconNotPosted', detail: '' }
    }
    await world.runTo(OPENS_AT + 25n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.ok(count('postRound') > 0)
  })

  it('is fulfilled on a chain whose clock is far behind this machine’s [RUN-24]', async () => {
    world.chain.lagSeconds = 500n
    await startAll()
    // Long enough to tell the chain's time.
    await world.run(10_000)
    const opensAt = world.chain.timeSeconds + 15n
    const attempts = [0n, 1n].map((k) => ({
      round: 10n + k,
      opensAt: opensAt + 30n * k,
      closesAt: opensAt + 30n * (k + 1n),
    }))
    const id = world.submit(1, { attempts, deadline: opensAt + 60n })
    await world.run(40_000, () => world.chain.statusOf(id) === 'fulfilled')
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.equal(count('expire'), 0)
    assert.ok(count('fulfill') <= 2)
  })
})

describe('an engine whose node must renew', () => {
  it('does so once, and no process that is no node or cannot send does [RUN-73]', async () => {
    await world.start('coordinator')
    await world.start('1', { sender: false })
    world.chain.liveness = { stake: 1n, liveUntil: 3, jailedUntil: 0, renewEpochs: 4 }
    await world.run(3_000)
    assert.equal(count('renew'), 0)
    await world.start('0')
    await world.run(5_000)
    assert.equal(count('renew'), 1)
    assert.equal(world.chain.liveness.liveUntil, 6)
  })
})

describe('an engine whose chain cannot be read', () => {
  it('keeps following, loses no request, and opens it when the reads work again [RUN-25]', async () => {
    const processes = await startAll()
    for (const { fails } of processes) fails.reads = true
    const id = world.submit(1)
    const other = world.submit(2, { snapshot: `0x${'06'.repeat(20)}` })
    await world.runTo(OPENS_AT + 5n)
    assert.ok(processes.every(({ engine }) => engine.openRequests === 0 && engine.head > 15n))
    for (const { fails } of processes) fails.reads = false
    await world.runTo(OPENS_AT + 50n)
    assert.deepEqual(
      [id, other].map((one) => world.chain.statusOf(one)),
      ['fulfilled', 'fulfilled'],
    )
    assert.ok(processes.every((one) => eventsOf(one).includes('request not opened')))
  })

  it('starts all the same [RUN-25]', async () => {
    const started = await world.start('0', {})
    await started.kill()
    const again = await world.start('0', { store: createMemoryStore(), sealsEpochs: true })
    again.fails.reads = true
    await world.run(5_000)
    assert.ok(eventsOf(again).includes('epochs not read'))
    again.fails.reads = false
    await world.run(10_000)
    assert.equal(count('sealEpoch'), 1)
  })

  it('ends when its store fails on an event: it must not act on what it cannot keep [RUN-26]', async () => {
    let full = false
    const store = failingStore(createMemoryStore(), (writes) => full && writes[0]?.space === 'request')
    const process = await world.start('coordinator', { store })
    await world.chain.mine()
    full = true
    world.submit(1)
    await assert.rejects(world.chain.mine(), /disk/)
    assert.equal(process.engine.openRequests, 0)
  })

  it('is not ended by a request whose committee cannot be drawn [RUN-25]', async () => {
    const [process] = await startAll(['coordinator'])
    world.submit(1, { committeeSize: 200 })
    const id = world.submit(2)
    for (const name of MEMBERS) await world.start(name)
    await world.runTo(OPENS_AT + 15n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    assert.ok(process && eventsOf(process).includes('request not opened'))
  })
})

describe('an engine that hears from peers', () => {
  const ask = async (from: Process, to: Process, message: Parameters<typeof encodeOutcome>[0]) =>
    decodeVerdict(await from.transport.call(to.transport.self, ATTEST, encodeOutcome(message)))

  async function opened(): Promise<{ from: Process; to: Process }> {
    const [from, to] = (await startAll(['0', 'coordinator'])) as [Process, Process]
    from.fails.runs = 1_000
    world.submit(1)
    await world.runTo(OPENS_AT + 3n)
    return { from, to }
  }
  const node = (index: number) => NODES[index] ?? nodeOf('none')

  it('says that it does not know a request it is still opening, so that the peer sends again [RUN-27]', async () => {
    const [from, to] = (await startAll(['0', 'coordinator'])) as [Process, Process]
    to.fails.reads = true
    world.submit(1)
    await world.run(2_000)
    assert.equal(await ask(from, to, signedBy(node(0), requestOf(1))), 'request-unknown')
    assert.equal(await ask(from, to, signedBy(node(0), requestOf(2))), 'request-unknown')
  })

  it('says that a closed request is closed [RUN-27]', async () => {
    const [from, to] = (await startAll()) as [Process, Process]
    world.submit(1)
    await world.runTo(OPENS_AT + 10n)
    const coordinator = world.processes.get('coordinator') ?? to
    assert.equal(await ask(from, coordinator, signedBy(node(0), requestOf(1))), 'request-closed')
  })

  it('takes a member’s word, from any member, and a registered stranger’s from none [RUN-9]', async () => {
    const { from, to } = await opened()
    const outsider = nodeOf('outsider')
    world.chain.add(...registrationOf(outsider))
    await world.chain.mine()
    const transport = world.network.join(outsider.peer)
    await transport.learn(to.transport.self, to.transport.addresses())
    const call = async () =>
      decodeVerdict(
        await transport.call(to.transport.self, ATTEST, encodeOutcome(signedBy(node(1), requestOf(1)))),
      )
    assert.equal(await call(), 'not-from-a-member')
    assert.equal(await ask(from, to, signedBy(node(1), requestOf(1))), undefined)
    assert.equal(await ask(from, to, signedBy(node(1), requestOf(1))), 'duplicate')
  })

  it('recovers a few signatures in vain for a peer, and then none [RUN-28]', async () => {
    const { from, to } = await opened()
    const verdicts: (string | undefined)[] = []
    for (let i = 0; i < 12; i++) {
      const forged = { ...signedBy(node(1), requestOf(1)), exit: i + 1 }
      verdicts.push(await ask(from, to, forged))
    }
    assert.deepEqual(verdicts.slice(0, 8), Array(8).fill('not-a-member'))
    assert.deepEqual(verdicts.slice(8), Array(4).fill('peer-refused'))
    // For this request only.
    assert.equal(await ask(from, to, signedBy(node(0), requestOf(2))), 'request-unknown')
  })

  it('keeps one vote and one proof of an equivocator, however much it signs [RUN-11]', async () => {
    const { from, to } = await opened()
    for (let i = 0; i < 30; i++) await ask(from, to, signedBy(node(0), requestOf(1), outputOf(i)))
    assert.equal(entriesIn(to.store, 'outcome'), 1)
    assert.equal(entriesIn(to.store, 'evidence'), 1)
    const evidence = to.engine.evidence(node(0).attestor)
    assert.deepEqual([evidence?.first.output, evidence?.second.output], [Uint8Array.of(0), Uint8Array.of(1)])
  })

  it('does not count what it cannot keep, and counts it when it can [RUN-8]', async () => {
    let full = false
    const store = failingStore(createMemoryStore(), (writes) => full && writes[0]?.space === 'outcome')
    const to = await world.start('coordinator', { store })
    const [from] = await startAll(['0'])
    assert.ok(from)
    from.fails.runs = 1_000
    world.submit(1)
    await world.runTo(OPENS_AT + 3n)
    full = true
    await assert.rejects(ask(from, to, signedBy(node(0), requestOf(1))))
    full = false
    assert.equal(await ask(from, to, signedBy(node(0), requestOf(1))), undefined)
    assert.equal(entriesIn(store, 'outcome'), 1)
  })

  it('knows a function once the chain told of it, without a read [RUN-54]', async () => {
    const process = await world.start('coordinator')
    const functionId = tagHash('deployed just now')
    const { spec } = functionOf(functionId, { moduleHash: tagHash('its module') })
    assert.equal(process.engine.knownFunction(functionId), undefined)
    world.chain.add({ type: 'functionDeployed', functionId, owner: '0x', spec, uris: [] })
    await world.chain.mine()
    assert.equal(process.engine.knownFunction(functionId)?.spec, spec)
  })

  it('hears of many registrations without asking the transport about each [RUN-29]', async () => {
    const process = await world.start('coordinator')
    let asked = 0
    process.transport.allow = () => {
      asked++
    }
    for (let i = 0; i < 200; i++) world.chain.add(...registrationOf(nodeOf(`many ${i}`)))
    await world.chain.mine()
    assert.equal(asked, 0)
    assert.equal(process.engine.view.nodes.size, 205)
  })
})

describe('a member that must not sign', () => {
  it('shares nothing when it signed something else before, and the others go on without it [RUN-30]', async () => {
    const store = createMemoryStore()
    const [node] = NODES
    assert.ok(node)
    // Of another life, whose records but this one are lost: its function now gives something else.
    const at = { requestId: idOf(requestOf(1)), attempt: 0, view: 0, round: 10n, outcome: outputOf(9) }
    signOutcome(createSigner(node.key, store), DOMAIN, requestOf(1), undefined, at)
    const changed = await world.start('0', { store })
    await startAll([...MEMBERS.slice(1), 'coordinator'])
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 20n)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
    const refusals = changed.lines.filter(({ event }) => event === 'not attested')
    assert.ok(
      refusals.length > 0 && refusals.every(({ fields }) => /another leaf/.test(String(fields.reason))),
    )
    const exchange = new AttestationExchange({ ...changed, log: silentLog })
    assert.ok(
      exchange.kept(id).every(({ output }) => output.length === 3),
      'nothing of its own was kept',
    )
  })

  it('signs later when the record of it could not be written [RUN-30]', async () => {
    let full = true
    const store = failingStore(createMemoryStore(), (writes) => full && writes[0]?.space === 'signed')
    await world.start('0', { store })
    await startAll([...MEMBERS.slice(1, 4), 'coordinator'])
    const id = world.submit(1)
    await world.runTo(OPENS_AT + 5n)
    assert.equal(entriesIn(store, 'signed'), 0)
    full = false
    await world.runTo(OPENS_AT + 25n)
    assert.equal(entriesIn(store, 'signed'), 1)
    assert.equal(world.chain.statusOf(id), 'fulfilled')
  })
})
