/** A standing committee's members and the prover who asks them, all in one process: five members, of whom the first is the prover. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { observedSubject } from '../../src/core/circuit/observing.ts'
import { circuitTermsText } from '../../src/core/consensus/agreement.ts'
import type { Outcome } from '../../src/core/request/attestation.ts'
import { concat, toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { keyRoot, observationContext } from '../../src/crypto/committee-proof.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { schnorrKey, schnorrSecret, signSchnorr, verifySchnorr } from '../../src/crypto/schnorr.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { CommitteeReads } from '../../src/ports/market.ts'
import type { Store } from '../../src/ports/store.ts'
import { CONSENSUS, type FunctionId, type PeerId, type Request } from '../../src/protocol/types.ts'
import type { RequestRun } from '../../src/runtime/execution.ts'
import { NotObservedError, type Observable, Observer } from '../../src/runtime/observing/member.ts'
import { gatherObservations } from '../../src/runtime/observing/prover.ts'
import { decodeAnswer, encodeAnswer, encodeQuery, OBSERVE } from '../../src/runtime/observing/wire.ts'
import { DEPLOYMENT, functionOf, NODES, requestOf } from './support.ts'

const { chainId } = DEPLOYMENT
const FEED = `0x${'fe'.repeat(20)}` as const
const CIRCUIT = tagHash('a committee’s circuit')
const OBSERVED = { functionId: tagHash('an observed function'), input: Uint8Array.of(1, 2, 3) }
const ASKED_AT = 1_000_000n
const BLOCK = 77n
const ID = tagHash('an observed request')
const SECRETS = NODES.map(({ key }) => schnorrSecret(key))
const KEYS = SECRETS.map(schnorrKey)
const ROOT = keyRoot(KEYS)
const CTX = observationContext({ chainId, contract: FEED, subject: observedSubject(CIRCUIT, ASKED_AT) })
const [PROVER = assert.fail('there are nodes')] = NODES

const request: Request = requestOf(1, {
  requester: FEED,
  functionId: CIRCUIT,
  consensus: 'zk',
  input: toHex(concat(toBytesBE(ROOT, 32), toBytesBE(CTX, 32))),
})
const asked: Observable = {
  requestId: ID,
  request,
  blockNumber: BLOCK,
  seed: new Uint8Array(32).fill(9),
  firstRound: 4n,
  closesAtMs: 2_000_000_000,
  provers: [PROVER.peer],
}

const reads: CommitteeReads = {
  standingCommittee: async (root) =>
    root === ROOT ? { epoch: 3, members: NODES.map(({ attestor }) => attestor), keys: KEYS } : undefined,
  blockTime: async (block) => {
    assert.equal(block, BLOCK)
    return ASKED_AT
  },
}
const TERMS = { provingKey: tagHash('key'), constraints: tagHash('constraints'), observed: OBSERVED }
const functionById = async (id: FunctionId) =>
  id === CIRCUIT
    ? functionOf(id, {
        kind: 'circuit',
        consensus: CONSENSUS.indexOf('zk'),
        agreement: circuitTermsText(TERMS),
      })
    : functionOf(id, {
        consensus: CONSENSUS.indexOf('aggregate'),
        agreement: 'grace=0;kind=median;max=1000;type=uint128',
        fuelLimit: 123_456n,
        outputBytesMax: 32,
      })

const outcomeOf = (value: bigint, exit = 0): Outcome => ({
  exit,
  fuelUsed: 1n,
  output: toBytesBE(value, 32),
  evidenceHash: `0x${'00'.repeat(32)}`,
})

function observer(seat: number, patch: Partial<ConstructorParameters<typeof Observer>[0]> = {}) {
  const runs: RequestRun[] = []
  const made = new Observer({
    chainId,
    attestor: NODES[seat]?.attestor ?? assert.fail(),
    secret: SECRETS[seat] ?? assert.fail(),
    reads,
    functionById,
    execute: async (run) => {
      runs.push(run)
      return outcomeOf(100n + BigInt(seat))
    },
    mayReachOut: () => false,
    observable: (id) => (id === ID ? asked : undefined),
    store: createMemoryStore(),
    clock: { nowMs: () => Number(ASKED_AT) * 1000 },
    log: silentLog,
    ...patch,
  })
  return { made, runs }
}

const answerTo = async (made: Observer, from: PeerId = PROVER.peer, id = ID) =>
  decodeAnswer(await made.answer(from, encodeQuery(id)))
const refused = (why: string) => ({ refused: why })

describe('a member of a standing committee', () => {
  it('runs what the circuit names, in the request’s world, and signs its value [OBS-3]', async () => {
    const { made, runs } = observer(2)
    const answer = await answerTo(made)
    assert.ok('observation' in answer)
    const { value, signature } = answer.observation
    assert.equal(value, 102n)
    assert.ok(verifySchnorr(KEYS[2] ?? 0n, CTX, value, signature))
    const [run = assert.fail('it ran')] = runs
    assert.deepEqual([run.seed, run.firstRound, run.closesAtMs], [asked.seed, 4n, asked.closesAtMs])
    const { functionId, input, fuelLimit, outputBytesMax, consensus } = run.request
    assert.deepEqual(
      { functionId, input, fuelLimit, outputBytesMax, consensus },
      {
        functionId: OBSERVED.functionId,
        input: '0x010203',
        fuelLimit: 123_456n,
        outputBytesMax: 32,
        consensus: 'aggregate',
      },
    )
  })

  it('tells nobody but who was drawn to prove the request [OBS-5]', async () => {
    const { made, runs } = observer(2)
    assert.deepEqual(await answerTo(made, NODES[1]?.peer), refused('not-the-prover'))
    assert.deepEqual(await answerTo(made, PROVER.peer, tagHash('another')), refused('request-unknown'))
    assert.equal(runs.length, 0)
  })

  it('signs one value in a context, whatever it runs to later and after a restart [OBS-4]', async () => {
    const store = createMemoryStore()
    let value = 5n
    const execute = async () => outcomeOf(value)
    const first = await answerTo(observer(2, { store, execute }).made)
    value = 6n
    assert.deepEqual(await answerTo(observer(2, { store, execute }).made), first)
    // Two requests of one context, run side by side: what was signed first stands.
    const twin = { ...asked, requestId: tagHash('a twin') }
    const beside = createMemoryStore()
    const { made } = observer(2, { store: beside, execute: async () => outcomeOf(++value) })
    const [one, two] = await Promise.all([made.observe(asked), made.observe(twin)])
    assert.deepEqual(one, two)
  })

  it('has signed nothing that is not on disk [OBS-4]', async () => {
    const kept = createMemoryStore()
    const store: Store = {
      ...kept,
      get: kept.get.bind(kept),
      list: kept.list.bind(kept),
      write: () => {
        throw new Error('disk full')
      },
    }
    await assert.rejects(observer(2, { store }).made.observe(asked), /disk full/)
  })

  it('drops what it signed a week ago, and nothing younger', async () => {
    const store = createMemoryStore()
    let nowMs = Number(ASKED_AT) * 1000
    const { made } = observer(2, { store, clock: { nowMs: () => nowMs } })
    await made.observe(asked)
    const at = (askedAt: bigint) => {
      const subject = observedSubject(CIRCUIT, askedAt)
      const ctx = observationContext({ chainId, contract: FEED, subject })
      const input = toHex(concat(toBytesBE(ROOT, 32), toBytesBE(ctx, 32)))
      return observer(2, {
        store,
        clock: { nowMs: () => nowMs },
        reads: { ...reads, blockTime: async () => askedAt },
      }).made.observe({ ...asked, requestId: tagHash(String(askedAt)), request: { ...request, input } })
    }
    nowMs += 6 * 86_400_000
    await at(ASKED_AT + 1n)
    assert.equal(store.list('observed', { limit: 10 }).length, 2)
    nowMs += 86_400_000 + 1000
    await at(ASKED_AT + 2n)
    assert.equal(store.list('observed', { limit: 10 }).length, 2)
  })

  it('does not observe in a context that is not the request’s own [OBS-2]', async () => {
    const { made, runs } = observer(2, { reads: { ...reads, blockTime: async () => ASKED_AT + 1n } })
    assert.deepEqual(await answerTo(made), refused('not-observed'))
    assert.equal(runs.length, 0)
  })

  it('does not observe for a committee it is not of, or with another key', async () => {
    const outsider = observer(2, { attestor: `0x${'ee'.repeat(20)}` })
    assert.deepEqual(await answerTo(outsider.made), refused('not-a-member'))
    const newKey = observer(2, { secret: schnorrSecret(new Uint8Array(32).fill(1)) })
    assert.deepEqual(await answerTo(newKey.made), refused('not-a-member'))
    const unknown = observer(2, { reads: { ...reads, standingCommittee: async () => undefined } })
    assert.deepEqual(await answerTo(unknown.made), refused('no-committee'))
  })

  it('does not observe for a function that names nothing to observe, or what cannot be', async () => {
    const plain = observer(2, {
      functionById: async (id) => functionOf(id, { consensus: CONSENSUS.indexOf('exact') }),
    })
    assert.deepEqual(await answerTo(plain.made), refused('not-observed'))
    const mean = observer(2, {
      functionById: async (id) =>
        id === CIRCUIT
          ? functionById(id)
          : functionOf(id, {
              consensus: CONSENSUS.indexOf('aggregate'),
              agreement: 'kind=mean;type=uint128',
            }),
    })
    assert.deepEqual(await answerTo(mean.made), refused('not-observed'))
  })

  it('is absent when its runs give no value, and runs twice for that [OBS-3]', async () => {
    let runs = 0
    const { made } = observer(2, {
      execute: async () => {
        runs++
        return outcomeOf(1001n)
      },
    })
    for (let time = 0; time < 4; time++) assert.deepEqual(await answerTo(made), refused('no-value'))
    assert.equal(runs, 2)
  })

  it('runs twice at most when its runs throw, too [OBS-3]', async () => {
    let runs = 0
    const { made } = observer(2, {
      execute: async () => {
        runs++
        throw new Error('it never ended')
      },
    })
    for (let time = 0; time < 4; time++) await assert.rejects(made.observe(asked))
    assert.equal(runs, 2)
  })

  it('signs nothing under a root that is not its committee’s keys’, though it counts', async () => {
    const wrong = { epoch: 3, members: NODES.map(({ attestor }) => attestor), keys: KEYS.with(0, 1n) }
    const { made, runs } = observer(2, { reads: { ...reads, standingCommittee: async () => wrong } })
    assert.deepEqual(await answerTo(made), refused('no-committee'))
    assert.equal(runs.length, 0)
  })

  it('runs no function with permissions, nor one of much fuel, unless its operator names the first [OBS-7]', async () => {
    const observed = (patch: object) => ({
      functionById: async (id: FunctionId) =>
        id === CIRCUIT
          ? functionById(id)
          : functionOf(id, {
              consensus: CONSENSUS.indexOf('aggregate'),
              agreement: 'kind=median;type=uint128',
              outputBytesMax: 32,
              ...patch,
            }),
    })
    const reaching = observed({ permissions: ['https://prices.example.com/v1'] })
    assert.deepEqual(await answerTo(observer(2, reaching).made), refused('not-observed'))
    const named = observer(2, { ...reaching, mayReachOut: (id) => id === OBSERVED.functionId })
    assert.ok('observation' in (await answerTo(named.made)))
    const hungry = observer(2, observed({ fuelLimit: 1_000_000_001n }))
    assert.deepEqual(await answerTo(hungry.made), refused('not-observed'))
  })

  it('runs two for a requester and four in all side by side [OBS-7]', async () => {
    const held: (() => void)[] = []
    const { made } = observer(2, {
      execute: () => new Promise((resolve) => held.push(() => resolve(outcomeOf(1n)))),
      reads: { ...reads, blockTime: async () => ASKED_AT },
    })
    const of = (requester: typeof FEED, n: number): Observable => {
      const ctx = observationContext({
        chainId,
        contract: requester,
        subject: observedSubject(CIRCUIT, ASKED_AT),
      })
      const input = toHex(concat(toBytesBE(ROOT, 32), toBytesBE(ctx, 32)))
      return { ...asked, requestId: tagHash(`${requester} ${n}`), request: { ...request, requester, input } }
    }
    const requesters = ['f1', 'f2', 'f3'].map((byte) => `0x${byte.repeat(20)}` as const)
    const runs = requesters.slice(0, 2).flatMap((one) => [0, 1].map((n) => made.observe(of(one, n))))
    await assert.rejects(made.observe(of(requesters[0] ?? FEED, 2)), /as many/)
    await assert.rejects(made.observe(of(requesters[2] ?? FEED, 0)), /as many/)
    while (held.length < 4) await new Promise(setImmediate)
    for (const finish of held) finish()
    await Promise.all(runs)
    const later = made.observe(of(requesters[2] ?? FEED, 1))
    while (held.length < 5) await new Promise(setImmediate)
    held[4]?.()
    await later
  })

  it('runs once for who asks twice at a time', async () => {
    const { made, runs } = observer(2)
    await Promise.all([made.observe(asked), made.observe(asked)])
    assert.equal(runs.length, 1)
  })
})

/** What each member's peer answers to the prover. */
function gathering(answers: readonly ((seat: number) => Promise<Uint8Array>)[]) {
  const deps = {
    chainId,
    attestor: PROVER.attestor,
    reads,
    functionById,
    observe: async () => {
      const { made } = observer(0)
      return made.observe(asked)
    },
    peerOf: (attestor: string) => NODES.find((node) => node.attestor === attestor)?.peer,
    transport: {
      call: async (peer: PeerId, protocol: typeof OBSERVE) => {
        assert.equal(protocol, OBSERVE)
        const seat = NODES.findIndex((node) => node.peer === peer)
        return (answers[seat] ?? assert.fail('an answer'))(seat)
      },
    },
    log: silentLog,
  }
  return (signal = new AbortController().signal) => gatherObservations(deps as never, asked, OBSERVED, signal)
}

const honest = async (seat: number) => observer(seat).made.answer(PROVER.peer, encodeQuery(ID))
const silent = () => new Promise<never>(() => {})
const failing = () => Promise.reject(new Error('unreachable'))
const forged = async (seat: number) =>
  encodeAnswer({
    observation: { value: 999n, signature: signSchnorr(SECRETS[(seat + 1) % 5] ?? 1n, CTX, 999n) },
  })

describe('the prover of a standing committee [OBS-6]', () => {
  it('makes what only it gives the circuit of all that answer', async () => {
    const inputs = await gathering([honest, honest, honest, honest, honest])()
    assert.deepEqual(inputs.present, [1n, 1n, 1n, 1n, 1n])
    assert.deepEqual(inputs.values, [100n, 101n, 102n, 103n, 104n])
    assert.deepEqual(inputs.result, [102n])
    assert.deepEqual(Object.keys(inputs).sort(), [
      'above',
      'challenges',
      'chosen',
      'digits',
      'keys',
      'present',
      'result',
      'values',
      'vs',
    ])
  })

  it('waits for nobody once a quorum has answered and its grace is over', async () => {
    const inputs = await gathering([honest, silent, honest, honest, honest])()
    assert.deepEqual(inputs.present, [1n, 0n, 1n, 1n, 1n])
  })

  it('counts nothing a member’s own key did not sign, nor what is no answer', async () => {
    for (const wrong of [forged, failing, async () => Uint8Array.of(1)]) {
      const inputs = await gathering([honest, honest, wrong, honest, honest])()
      assert.deepEqual(inputs.present, [1n, 1n, 0n, 1n, 1n])
    }
  })

  it('asks again later when fewer than a quorum answered', async () => {
    await assert.rejects(gathering([honest, failing, forged, honest, honest])(), {
      code: 'TOO_FEW_OBSERVATIONS',
    })
  })

  it('ends with its window', async () => {
    const window = new AbortController()
    const gathered = gathering([honest, silent, silent, silent, silent])(window.signal)
    window.abort()
    await assert.rejects(gathered, { code: 'TOO_FEW_OBSERVATIONS' })
  })

  it('refuses a committee whose keys are not of the root', async () => {
    const keys = KEYS.toReversed()
    const members = NODES.map(({ attestor }) => attestor)
    const deps = {
      chainId,
      attestor: PROVER.attestor,
      reads: { ...reads, standingCommittee: async () => ({ epoch: 3, members, keys }) },
      functionById,
      log: silentLog,
    }
    await assert.rejects(
      gatherObservations(deps as never, asked, OBSERVED, new AbortController().signal),
      /not that of the committee/,
    )
  })
})

describe('an answer on the wire [OBS-5]', () => {
  it('is read back as it was written', () => {
    const observation = { value: 7n, signature: { e: 1n, s: 2n } }
    assert.deepEqual(decodeAnswer(encodeAnswer({ observation })), { observation })
    assert.deepEqual(decodeAnswer(encodeAnswer(refused('busy'))), refused('busy'))
  })

  it('is refused when a number is of another width, or a reason too long', () => {
    const { made } = observer(2)
    assert.ok(made)
    for (const bytes of [Uint8Array.of(0xa0), encodeAnswer(refused('x'.repeat(65))), Uint8Array.of(1)])
      assert.throws(() => decodeAnswer(bytes), { code: 'INVALID_INPUT' })
    assert.ok(new NotObservedError('busy', 'no').refusal === 'busy')
  })
})
