import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { encode } from 'cborg'
import { decodeEvidence } from '../../src/core/consensus/aggregate/evidence.ts'
import { isEvidenceOf } from '../../src/core/evidence.ts'
import { fromHex, toHex } from '../../src/crypto/bytes.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { PROPOSED_EVIDENCE_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { Fulfillment, Request } from '../../src/protocol/types.ts'
import { LAG_MS_MAX } from '../../src/runtime/chain-time.ts'
import { CONSENSUS, decodeAnswer, encodeFrame } from '../../src/runtime/consensus/frames.ts'
import { RECORDS } from '../../src/runtime/consensus/instance.ts'
import { entriesIn, NODES, OPENS_AT, outputOf, settled } from './support.ts'
import { type Process, type ProcessOptions, World } from './world.ts'

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
const fulfillments = (): readonly Fulfillment[] =>
  world.chain.logs.flatMap((log) => (log.type === 'requestFulfilled' ? [log.fulfillment] : []))

async function startAll(options: (i: number) => ProcessOptions = () => ({})): Promise<Process[]> {
  const started: Process[] = []
  for (const [i, name] of MEMBERS.entries()) started.push(await world.start(name, options(i)))
  await world.start('coordinator')
  await world.chain.mine()
  return started
}

/** Members whose runs differ by one place and who accept each other's. */
const differing = (agreement = ''): ((i: number) => ProcessOptions) => {
  return (i) => ({
    outcome: outputOf(100 + i),
    judge: async (_run, _agreement, _own, { outcome }) => (outcome.output[0] ?? 0) >= 100,
    spec: { agreement },
  })
}

async function ask(patch: Partial<Request>): Promise<Fulfillment> {
  world.submit(1, patch)
  await world.runTo(OPENS_AT)
  await world.run(20_000, () => fulfillments().length > 0)
  const [fulfillment] = fulfillments()
  assert.ok(fulfillment, 'it was not fulfilled')
  return fulfillment
}

describe('a committee over a network', () => {
  it('of pBFT certifies one member’s result, which the others find acceptable [PBFT-14]', async () => {
    const members = await startAll(differing())
    const { output, view } = await ask({ consensus: 'pbft' })
    assert.equal(view, 0)
    // Whoever led: of five who differ one result was chosen.
    assert.ok(MEMBERS.map((_, i) => toHex(Uint8Array.of(100 + i))).includes(output))
    for (const { store } of members) assert.equal(entriesIn(store, 'signed'), 1)
  })

  it('of Raft certifies its leader’s result, and nobody else runs anything [RAFT-2]', async () => {
    const members = await startAll(differing())
    const { output, view } = await ask({ consensus: 'raft' })
    assert.ok(view >= 1)
    const ran = members.filter(({ runs }) => runs.length > 0)
    assert.equal(ran.length, 1)
    assert.equal(output, toHex(Uint8Array.of(100 + members.indexOf(ran[0] as Process))))
  })

  it('of an aggregate certifies the middle of what all saw, with their observations as its evidence [AGG-4] [AGG-5]', async () => {
    const files = new Map<string, Uint8Array>()
    const word = (value: number): Uint8Array => fromHex(`0x${value.toString(16).padStart(64, '0')}`)
    await startAll((i) => ({
      outcome: { ...outputOf(), output: word(100 + 10 * i) },
      spec: { agreement: 'kind=median;type=uint8' },
      evidence: {
        has: (digest) => files.has(digest),
        get: async (digest) => files.get(digest),
        keepFile: async (bytes, digest) => {
          files.set(digest, bytes)
        },
      },
    }))
    const { output, evidenceHash } = await ask({ consensus: 'aggregate' })
    assert.equal(output, toHex(word(120)))
    const evidence = files.get(evidenceHash)
    assert.ok(evidence !== undefined && isEvidenceOf(evidence, evidenceHash))
    assert.equal(decodeEvidence(evidence, NODES.length).length, NODES.length)
  })

  it('of an aggregate has the function put observations together, and asks again when it could not [AGG-7]', async () => {
    let asked = 0
    await startAll(() => ({
      spec: { agreement: 'kind=custom' },
      evidence: { has: () => true, get: async () => undefined, keepFile: async () => {} },
      combine: async () => {
        if (++asked <= NODES.length) throw new Error('this machine is not well')
        return { exit: 0, output: Uint8Array.of(42) }
      },
    }))
    assert.equal((await ask({ consensus: 'aggregate' })).output, '0x2a')
    assert.ok(asked > NODES.length)
  })

  it('goes on with the next view when its leader is silent [PBFT-8]', async () => {
    const members = await startAll(differing('timeout=1000'))
    for (const member of members) member.fails.runs = 1_000
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT)
    // The leader is whoever was asked to run the function: there it fails for ever.
    await world.run(3_000, () => members.some(({ runs }) => runs.length > 0))
    for (const member of members) if (member.runs.length === 0) member.fails.runs = 0
    await world.run(20_000, () => fulfillments().length > 0)
    assert.ok((fulfillments()[0]?.view ?? 0) > 0)
  })

  for (const consensus of ['exact', 'pbft', 'raft'] as const)
    it(`of ${consensus} is enough when no coordinator lives`, async () => {
      for (const name of MEMBERS) await world.start(name, { standInMs: 2_000, judge: async () => true })
      await world.chain.mine()
      await ask({ consensus })
    })

  it('goes on from its records when all its members restart in the middle [PBFT-12]', async () => {
    const options = differing()
    // Nobody finds anything acceptable, so that it stays in the middle.
    const members = await startAll((i) => ({ ...options(i), judge: () => new Promise(() => {}) }))
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT + 1n)
    const stores = members.map(({ store }) => store)
    const isUnderWay = stores.some((store) => entriesIn(store, RECORDS) > 0)
    assert.ok(isUnderWay)
    for (const { kill } of members) await kill()
    for (const [i, name] of MEMBERS.entries()) {
      const store = stores[i]
      assert.ok(store)
      await world.start(name, { ...options(i), store })
    }
    await world.run(20_000, () => fulfillments().length > 0)
    assert.equal(fulfillments().length, 1)
  })

  it('takes no part where it cannot read how to agree, and says so [AGR-2]', async () => {
    const members = await startAll(() => ({ spec: { agreement: 'kind=median' } }))
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT + 10n)
    assert.equal(fulfillments().length, 0)
    for (const { lines, runs } of members) {
      assert.equal(runs.length, 0)
      assert.ok(
        lines.some(
          ({ event, fields }) => event === 'consensus not joined' && /kind/.test(String(fields.reason)),
        ),
      )
    }
  })

  it('proposes no result whose evidence is too large to travel, and says so [PBFT-17]', async () => {
    const evidence = {
      has: () => true,
      get: async () => new Uint8Array(PROPOSED_EVIDENCE_BYTES_MAX + 1),
      keepFile: async () => {},
    }
    const outcome = { ...outputOf(1), evidenceHash: tagHash('evidence') }
    const members = await startAll(() => ({ evidence, outcome, judge: async () => true }))
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT + 8n)
    assert.equal(fulfillments().length, 0)
    const said = members.flatMap(({ lines }) =>
      lines.filter(({ event }) => event === 'own result cannot be proposed'),
    )
    assert.match(String(said[0]?.fields.reason), /above 524288/)
  })

  it('forgets its records when the request can never come back [PBFT-12]', async () => {
    const [first] = await startAll()
    await ask({})
    assert.ok(first)
    assert.equal(entriesIn(first.store, RECORDS), 1)
    // Past its deadline by any clock, and as many blocks later as make that final.
    world.clock.advance(130_000 + LAG_MS_MAX)
    for (let i = 0; i < 80; i++) await world.chain.mine()
    assert.equal(entriesIn(first.store, RECORDS), 0)
  })
})

describe('a frame from a peer', () => {
  const send = async (from: Process, to: Process, patch: Partial<Parameters<typeof encodeFrame>[0]>) => {
    const id =
      [...world.chain.requests.keys()][0] ??
      world.chain.logs.flatMap((log) => (log.type === 'requestSubmitted' ? [log.requestId] : []))[0]
    assert.ok(id)
    const message = encode({ type: 'commit', commitment: fromHex(`0x${'11'.repeat(32)}`) })
    const frame = encodeFrame({ requestId: id, attempt: 0, seat: 0, message, ...patch })
    // Asked so that it answers when it takes a frame, too.
    const { silenceMs: _, ...answered } = CONSENSUS
    return decodeAnswer(await from.transport.call(to.transport.self, answered, frame))
  }

  it('counts for the seat its peer stands behind, and for no other [MSG-1]', async () => {
    const members = await startAll()
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    world.submit(1)
    await world.runTo(OPENS_AT + 2n)
    const [a, b] = members
    assert.ok(a && b)
    const answers = new Set<string>()
    let taken = 0
    for (const [seat] of NODES.entries()) {
      const answer = await send(a, b, { seat })
      answers.add(answer)
      if (answer === 'taken') taken++
    }
    assert.deepEqual([taken, [...answers].sort()], [1, ['refused', 'taken']])
  })

  it('is refused when it is no message of the mode, and early while the round is unknown [MSG-2]', async () => {
    const [a, b] = await startAll()
    assert.ok(a && b)
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    world.submit(1)
    await world.runTo(OPENS_AT - 5n)
    assert.equal(await send(a, b, {}), 'early')
    await world.runTo(OPENS_AT + 2n)
    for (const message of [Uint8Array.of(0xff), encode({ type: 'prepare' }), encode({ type: 'commit' })]) {
      for (const [seat] of NODES.entries()) assert.equal(await send(a, b, { seat, message }), 'refused')
    }
    assert.equal(await send(a, b, { requestId: `0x${'22'.repeat(32)}` }), 'refused')
  })

  it('is refused by a node that is not of the committee, once that is known [MSG-2]', async () => {
    const [a, b] = await startAll()
    assert.ok(a && b)
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    // Four of five sit: b, or another, does not.
    world.submit(1, { committeeSize: 4 })
    await world.runTo(OPENS_AT + 2n)
    const answers: string[] = []
    for (const process of world.processes.values())
      if (process !== a && process.name !== 'coordinator')
        answers.push(await send(a, process, { attempt: 1 }), await send(a, process, { attempt: 0, seat: 3 }))
    assert.ok(answers.includes('early'), 'the second attempt’s committee is not known yet')
    assert.ok(answers.includes('refused'))
  })

  it('is heard no more from a seat that sent what is no message [MSG-3]', async () => {
    const [a, b] = await startAll()
    assert.ok(a && b)
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    world.submit(1)
    await world.runTo(OPENS_AT + 2n)
    let seat = 0
    while ((await send(a, b, { seat })) !== 'taken') seat++
    for (let i = 0; i < 4; i++)
      assert.equal(await send(a, b, { seat, message: Uint8Array.of(0xff) }), 'refused')
    assert.equal(await send(a, b, { seat }), 'refused')
  })

  it('is not read after thousands of the same seat [MSG-3]', async () => {
    const [a, b] = await startAll()
    assert.ok(a && b)
    world.chain.refuse = (effect) => (effect.startsWith('fulfill') ? new Error('no funds') : undefined)
    world.submit(1)
    await world.runTo(OPENS_AT + 2n)
    let seat = 0
    while ((await send(a, b, { seat })) !== 'taken') seat++
    let taken = 0
    while ((await send(a, b, { seat })) === 'taken') {
      taken++
      assert.ok(taken <= 4_200)
    }
    assert.ok(taken > 4_000, `${taken}`)
  })
})
