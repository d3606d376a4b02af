import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyCertificate } from '../../../src/core/certificate.ts'
import { VIEW_MAX } from '../../../src/core/consensus/views.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../../../src/core/request/attestation.ts'
import { openRequest, step } from '../../../src/core/request/machine.ts'
import type { Context, Effect, Input, RequestState, Role } from '../../../src/core/request/state.ts'
import { seedOf } from '../../../src/core/request/turn.ts'
import { snapshotOf } from '../../../src/core/snapshot.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { requestIdOf } from '../../../src/crypto/eip712.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/crypto/signature.ts'
import type { Address, Request } from '../../../src/protocol/types.ts'

const domain = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address }
const keys = new Map(
  [0, 1, 2, 3, 4].map((i) => {
    const key = fromHex(tagHash(`key ${i}`))
    return [addressOfPrivateKey(key), key] as const
  }),
)
const snapshot = snapshotOf([...keys.keys()].map((attestor, number) => ({ attestor, number, weight: 10n })))
const request: Request = {
  requester: `0x${'01'.repeat(20)}`,
  functionId: tagHash('function'),
  nonce: 1n,
  epoch: 1,
  snapshot: `0x${'02'.repeat(20)}`,
  consensus: 'exact',
  committeeSize: 5,
  verifier: `0x${'03'.repeat(20)}`,
  functionOwner: `0x${'04'.repeat(20)}`,
  deadline: 130n,
  callbackTarget: `0x${'00'.repeat(20)}`,
  callbackGas: 0,
  outputBytesMax: 64,
  challengeWindow: 0,
  flatFeePerSeat: 1n,
  fuelPrice: 3n,
  fuelLimit: 100n,
  royalty: 0n,
  protocolFee: 0n,
  maxFeePerGas: 1n,
  input: '0x',
  attempts: [
    { round: 10n, opensAt: 100n, closesAt: 115n },
    { round: 20n, opensAt: 115n, closesAt: 130n },
  ],
}
const id = requestIdOf(domain, request)
const right: Outcome = { exit: 0, fuelUsed: 20n, output: Uint8Array.of(1, 2, 3), evidenceHash: NO_EVIDENCE }
const wrong: Outcome = { exit: 0, fuelUsed: 20n, output: Uint8Array.of(6, 6, 6), evidenceHash: NO_EVIDENCE }

const ROLE: Role = { attestor: undefined, standInMs: 4000, standInStepMs: 1000, graceMs: 500, repeatMs: 1000 }
const ROUND = { type: 'round', round: 10n, randomness: tagHash('randomness') } as const

function signedBy(attestor: Address, outcome: Outcome, attempt = 0): SignedOutcome {
  const { digest } = leafOf(domain, request, { attempt, view: 0 }, reportOf(id, outcome))
  const key = keys.get(attestor) ?? fromHex(tagHash('a stranger'))
  return { ...outcome, requestId: id, attempt, view: 0, signature: signDigest(key, digest) }
}

/** Feeds inputs in order and gathers what comes out. */
function play(role: Role, inputs: readonly Input[]) {
  const context: Context = { domain, snapshot, role }
  let state: RequestState = openRequest(id, request)
  const effects: Effect[] = []
  const dropped: (string | undefined)[] = []
  for (const input of inputs) {
    const next = step(context, state, input)
    state = next.state
    effects.push(...next.effects)
    if (input.type === 'outcome') dropped.push(next.dropped)
  }
  return { state, effects, dropped }
}

const members = [...keys.keys()]
const [first = '0x'] = members
const outcomeAt = (nowMs: number, attestor: Address, outcome: Outcome, attempt = 0): Input => ({
  type: 'outcome',
  message: signedBy(attestor, outcome, attempt),
  nowMs,
})
const start: readonly Input[] = [{ ...ROUND, nowMs: 100_100 }]
const types = (effects: readonly Effect[]) => effects.map(({ type }) => type)

describe('a request in a coordinator', () => {
  it('asks for nothing before its first window opens', () => {
    assert.deepEqual(play(ROLE, [{ type: 'tick', nowMs: 99_999 }]).effects, [])
  })

  it('asks for the round when the window opens, and again only after a doubling delay', () => {
    const ticks = [100_000, 100_500, 101_000, 101_500, 102_999, 103_000].map(
      (nowMs): Input => ({ type: 'tick', nowMs }),
    )
    const { effects } = play(ROLE, ticks)
    assert.deepEqual(
      effects,
      [10n, 10n, 10n].map((round) => ({ type: 'postRound', round, attempt: 0 })),
    )
  })

  it('submits at once when every member agrees, with a certificate of all of them [QC-1] [QC-2]', () => {
    const { effects, state } = play(ROLE, [...start, ...members.map((m) => outcomeAt(100_200, m, right))])
    assert.equal(state.phase, 'certified')
    const submit = effects.find(({ type }) => type === 'submit')
    assert.ok(submit?.type === 'submit')
    const committee = state.attempts[0]?.committee ?? []
    const { digest } = leafOf(domain, request, { attempt: 0, view: 0 }, reportOf(id, right))
    const seats = verifyCertificate({
      certificate: submit.fulfillment.certificate,
      committee,
      quorum: 4,
      digest,
    })
    assert.equal(seats.length, 5)
  })

  it('waits for the grace period with a bare quorum, then submits without the liar [QC-1]', () => {
    const votes = members.map((m, i) => outcomeAt(100_200, m, i === 0 ? wrong : right))
    const before = play(ROLE, [...start, ...votes, { type: 'tick', nowMs: 100_699 }])
    assert.deepEqual(types(before.effects), [])
    const after = play(ROLE, [...start, ...votes, { type: 'tick', nowMs: 100_700 }])
    const submit = after.effects[0]
    assert.ok(submit?.type === 'submit')
    assert.equal(submit.fulfillment.output, '0x010203')
  })

  it('certifies nothing when quorum - 1 members agree and one lies', () => {
    const votes = members.slice(0, 4).map((m, i) => outcomeAt(100_200, m, i === 0 ? wrong : right))
    const { state, effects } = play(ROLE, [...start, ...votes, { type: 'tick', nowMs: 110_000 }])
    assert.equal(state.phase, 'collecting')
    assert.deepEqual(effects, [])
  })

  it('starts again with the next attempt, whose committee and votes are its own', () => {
    const inputs: Input[] = [
      ...start,
      ...members.slice(0, 3).map((m) => outcomeAt(100_200, m, right)),
      { type: 'tick', nowMs: 115_000 },
      { type: 'round', round: 20n, randomness: tagHash('second'), nowMs: 115_100 },
      ...members.map((m) => outcomeAt(115_200, m, right, 1)),
    ]
    const { effects, dropped } = play(ROLE, inputs)
    assert.deepEqual(types(effects), ['postRound', 'submit'])
    assert.deepEqual(new Set(dropped), new Set([undefined]))
    assert.ok(effects[1]?.type === 'submit' && effects[1].fulfillment.attempt === 1)
  })

  it('expires strictly after the deadline [TIME-3]', () => {
    assert.deepEqual(play(ROLE, [{ type: 'tick', nowMs: 130_999 }]).effects, [])
    assert.deepEqual(types(play(ROLE, [{ type: 'tick', nowMs: 131_000 }]).effects), ['expire'])
  })

  it('does nothing more once the chain closed the request', () => {
    const inputs: Input[] = [
      ...start,
      { type: 'fulfilled', nowMs: 101_000 },
      { type: 'tick', nowMs: 131_000 },
      outcomeAt(101_000, first, right),
    ]
    const { effects, dropped, state } = play(ROLE, inputs)
    assert.deepEqual([effects, dropped, state.phase], [[], ['request-closed'], 'fulfilled'])
  })
})

describe('a message from a peer', () => {
  const drop = (message: SignedOutcome, inputs = start, nowMs = 100_200) =>
    play(ROLE, [...inputs, { type: 'outcome', message, nowMs }]).dropped[0]
  const good = signedBy(first, right)

  it('is dropped with a named reason when anything about it is off', () => {
    assert.equal(drop(good), undefined)
    assert.equal(drop({ ...good, attempt: 7 }), 'unknown-attempt')
    assert.equal(drop(good, start, 115_000), 'attempt-over')
    assert.equal(drop(good, []), 'committee-unknown')
    assert.equal(drop({ ...good, view: 1 }), 'wrong-view')
    assert.equal(drop({ ...good, evidenceHash: tagHash('evidence') }), 'evidence-not-allowed')
    assert.equal(drop({ ...good, output: new Uint8Array(65) }), 'output-too-large')
    assert.equal(drop({ ...good, fuelUsed: 101n }), 'fuel-above-limit')
    assert.equal(drop({ ...good, exit: 0x100 }), 'fuel-below-limit')
    assert.equal(drop({ ...good, fuelUsed: 21n }), 'not-a-member')
    assert.equal(drop({ ...good, signature: `0x${'ff'.repeat(64)}` }), 'bad-signature')
    assert.equal(drop({ ...good, exit: 1 }), 'not-a-member')
    assert.equal(drop(signedBy(`0x${'99'.repeat(20)}`, right)), 'not-a-member')
  })

  it('may name evidence unless its function is exact, and is for that evidence alone [RUN-91]', () => {
    const asked: Request = { ...request, consensus: 'pbft' }
    const askedId = requestIdOf(domain, asked)
    const context: Context = { domain, snapshot, role: ROLE }
    const opened = step(context, openRequest(askedId, asked), { ...ROUND, nowMs: 100_100 }).state
    const outcome = { ...right, evidenceHash: tagHash('evidence') }
    const { digest } = leafOf(domain, asked, { attempt: 0, view: 0 }, reportOf(askedId, outcome))
    const signature = signDigest(keys.get(first) ?? new Uint8Array(32), digest)
    const message: SignedOutcome = { ...outcome, requestId: askedId, attempt: 0, view: 0, signature }
    const counted = step(context, opened, { type: 'outcome', message, nowMs: 100_200 })
    assert.equal(counted.dropped, undefined)
    const [kept] = counted.state.attempts[0]?.attestations.bySeat.values() ?? []
    assert.equal(kept?.[0]?.message.evidenceHash, outcome.evidenceHash)
    for (const evidenceHash of [tagHash('other evidence'), NO_EVIDENCE]) {
      const other = { ...message, evidenceHash }
      assert.equal(
        step(context, opened, { type: 'outcome', message: other, nowMs: 100_200 }).dropped,
        'not-a-member',
      )
    }
  })

  it('counts for a trap or a limit that cost all its fuel, and for no other [FEE-6]', () => {
    const trap = (exit: number, fuelUsed: bigint) =>
      signedBy(first, { ...right, exit, fuelUsed, output: new Uint8Array() })
    for (const exit of [0x100, 0x110, 0x130]) {
      assert.equal(drop(trap(exit, 100n)), undefined)
      assert.equal(drop(trap(exit, 99n)), 'fuel-below-limit')
    }
    assert.equal(drop(trap(255, 0n)), undefined)
  })

  it('counts once, and a second, different report is handed out as equivocation while the first stands [RUN-42]', () => {
    const { dropped, effects, state } = play(ROLE, [
      ...start,
      outcomeAt(100_200, first, right),
      outcomeAt(100_201, first, right),
      outcomeAt(100_202, first, wrong),
    ])
    assert.deepEqual(dropped, [undefined, 'duplicate', 'equivocation'])
    const [kept] = state.attempts[0]?.attestations.bySeat.values() ?? []
    assert.deepEqual(
      kept?.map(({ message }) => message),
      [signedBy(first, right)],
    )
    const [effect] = effects
    assert.ok(effect?.type === 'equivocation')
    assert.equal(effect.attestor, first)
    assert.deepEqual([effect.first, effect.second], [signedBy(first, right), signedBy(first, wrong)])
  })

  it('is handed out as equivocation once a seat, however many reports it signs [RUN-42]', () => {
    const many = Array.from({ length: 20 }, (_, i) =>
      outcomeAt(100_300 + i, first, { ...right, output: Uint8Array.of(9, i) }),
    )
    const { effects, dropped } = play(ROLE, [...start, outcomeAt(100_200, first, right), ...many])
    assert.deepEqual(types(effects), ['equivocation'])
    assert.deepEqual(new Set(dropped.slice(1)), new Set(['equivocation']))
  })

  it('is known again by its signature, whatever comes with it, without recovering anything [RUN-43]', () => {
    const counted = play(ROLE, [...start, outcomeAt(100_200, first, right)]).state
    const context: Context = { domain, snapshot, role: ROLE }
    // Recovery would read the output; this one cannot be read.
    const output = new Proxy(new Uint8Array(1), {
      get: () => {
        throw new Error('the output was read')
      },
    })
    const message = { ...good, output }
    assert.equal(step(context, counted, { type: 'outcome', message, nowMs: 100_300 }).dropped, 'duplicate')
  })

  it('says which seat it counted for, so that it can be kept under it [RUN-10]', () => {
    const context: Context = { domain, snapshot, role: ROLE }
    const opened = play(ROLE, start).state
    const committee = opened.attempts[0]?.committee ?? []
    for (const attestor of members) {
      const { seat } = step(context, opened, outcomeAt(100_200, attestor, right))
      assert.equal(committee[seat ?? -1], attestor)
    }
  })
})

describe('a request in a member', () => {
  const role: Role = { ...ROLE, attestor: first }

  const wanted: readonly Input[] = [...start, { type: 'runWanted', nowMs: 100_100 }]
  const ran: readonly Input[] = [...wanted, { type: 'executed', outcome: right, nowMs: 100_400 }]
  /** Certified by it and three others. */
  const decided: readonly Input[] = [
    ...ran,
    ...members.slice(0, 4).map((member) => outcomeAt(100_400, member, right)),
  ]
  const second = { type: 'round', round: 20n, randomness: tagHash('second') } as const

  it('joins its committee, runs when that is wanted, and shares its part of what was decided [RUN-40]', () => {
    const { effects } = play(role, start)
    assert.deepEqual(types(effects), ['join'])
    const [join] = effects
    assert.ok(join?.type === 'join')
    const { committee, place, weights, ...rest } = join.seat
    assert.deepEqual(weights, [10n, 10n, 10n, 10n, 10n])
    assert.equal(committee[place], first)
    const seed = seedOf({ domain }, request, 0, 10n, ROUND.randomness)
    assert.deepEqual(rest, { attempt: 0, round: 10n, seed, closesAt: 115n })
    assert.deepEqual(types(play(role, wanted).effects), ['join', 'execute'])
    assert.deepEqual(types(play(role, ran).effects), ['join', 'execute'])
    assert.deepEqual(types(play(role, decided).effects), ['join', 'execute', 'share'])
  })

  it('shares nothing of its own that was not decided on [RUN-40]', () => {
    const without = members.slice(1).map((member) => outcomeAt(100_400, member, right))
    assert.deepEqual(types(play(role, [...ran, ...without]).effects), ['join', 'execute'])
  })

  it('brings the same run to a later attempt: the outcome is of the request [RUN-40]', () => {
    const later: Input[] = [...ran, { type: 'tick', nowMs: 115_000 }, { ...second, nowMs: 115_100 }]
    assert.deepEqual(types(play(role, later).effects), ['join', 'execute', 'join'])
  })

  it('counts attestations of every view of its mode, and certifies with those of one [QC-3]', () => {
    const asked: Request = { ...request, consensus: 'pbft' }
    const askedId = requestIdOf(domain, asked)
    const context: Context = { domain, snapshot, role: ROLE }
    const attested = (attestor: Address, view: number): Input => {
      const { digest } = leafOf(domain, asked, { attempt: 0, view }, reportOf(askedId, right))
      const signature = signDigest(keys.get(attestor) ?? new Uint8Array(32), digest)
      return {
        type: 'outcome',
        message: { ...right, requestId: askedId, attempt: 0, view, signature },
        nowMs: 100_200,
      }
    }
    let state = step(context, openRequest(askedId, asked), { ...ROUND, nowMs: 100_100 }).state
    const effects: Effect[] = []
    const feed = (input: Input): string | undefined => {
      const next = step(context, state, input)
      state = next.state
      effects.push(...next.effects)
      return next.dropped
    }
    // Three in view 0, of which two go on to view 1 with the others: nobody has attested twice in one view.
    for (const attestor of members.slice(0, 3)) assert.equal(feed(attested(attestor, 0)), undefined)
    for (const attestor of members.slice(1, 4)) assert.equal(feed(attested(attestor, 1)), undefined)
    assert.equal(state.phase, 'collecting')
    assert.equal(feed(attested(members[4] ?? '0x', 1)), undefined)
    assert.equal(state.phase, 'certified')
    assert.equal(feed(attested(first, VIEW_MAX + 1)), 'wrong-view')
    feed({ type: 'tick', nowMs: 101_000 })
    const submit = effects.find(({ type }) => type === 'submit')
    assert.ok(submit?.type === 'submit' && submit.fulfillment.view === 1)
    const { digest } = leafOf(domain, asked, { attempt: 0, view: 1 }, reportOf(askedId, right))
    const committee = state.attempts[0]?.committee ?? []
    const { certificate } = submit.fulfillment
    assert.equal(verifyCertificate({ certificate, committee, quorum: 4, digest }).length, 4)
  })

  it('keeps its first result when a second run gives another: the first may have been signed [RUN-40]', () => {
    const again: Input[] = [...ran, { type: 'executed', outcome: wrong, nowMs: 100_500 }]
    assert.deepEqual(play(role, again).state.execution, right)
  })

  it('asks again, after doubling delays, for a seat, a run or a share that was lost [RUN-41]', () => {
    const asked = (inputs: readonly Input[], type: Effect['type']): number[] => {
      let { state } = play(role, inputs)
      const found: number[] = []
      for (let nowMs = 100_500; nowMs < 114_000; nowMs += 100) {
        const next = step({ domain, snapshot, role }, state, { type: 'tick', nowMs })
        state = next.state
        if (types(next.effects).includes(type)) found.push(nowMs)
      }
      return found
    }
    assert.deepEqual(asked(start, 'join'), [101_100, 103_100, 107_100])
    assert.deepEqual(asked(wanted, 'execute'), [101_100, 103_100, 107_100])
    assert.deepEqual(asked(decided, 'share'), [101_400, 103_400, 107_400])
  })

  it('asks for no run any more, in any attempt, once it was declined; what others say still counts [RUN-92]', () => {
    const ticks: Input[] = Array.from({ length: 250 }, (_, i) => ({ type: 'tick', nowMs: 100_500 + 100 * i }))
    const declined: Input[] = [...wanted, { type: 'declined', nowMs: 100_200 }]
    const later: Input[] = [{ ...second, nowMs: 115_100 }]
    const { effects } = play(role, [...declined, ...ticks, ...later])
    assert.equal(types(effects).filter((type) => type === 'execute').length, 1)
    const others = members.slice(1).map((m) => outcomeAt(100_300, m, right))
    assert.equal(play(role, [...declined, ...others]).state.phase, 'certified')
  })

  it('starts every attempt without the delays of the one before [RUN-41]', () => {
    // Asked for at 100.5, 101.5, 103.5 and 107.5 s, it would be due again at 115.5 s.
    const busy: Input[] = Array.from({ length: 145 }, (_, i) => ({ type: 'tick', nowMs: 100_500 + 100 * i }))
    // The round of attempt 0 is unknown all through its window; the next attempt asks for both at once.
    const waiting = play(ROLE, [...busy, { type: 'tick', nowMs: 115_000 }])
    const rounds = waiting.effects.map((effect) => (effect.type === 'postRound' ? effect.round : 0n))
    assert.deepEqual(rounds, [10n, 10n, 10n, 10n, 10n, 20n])
    const failing = play(role, [
      { ...ROUND, nowMs: 100_500 },
      { type: 'runWanted', nowMs: 100_500 },
      ...busy,
      { ...second, nowMs: 115_000 },
    ])
    const runs = failing.effects.flatMap((effect) => (effect.type === 'execute' ? [effect.attempt] : []))
    assert.deepEqual(runs, [0, 0, 0, 0, 1])
  })

  it('does not wait for a clock that was set back to catch up [RUN-41]', () => {
    const ticks = [105_000, 101_000, 102_500, 103_000].map((nowMs): Input => ({ type: 'tick', nowMs }))
    assert.equal(play(ROLE, ticks).effects.length, 3)
  })

  it('remembers no more than a handful of requests for each attempt [RUN-41]', () => {
    const ticks: Input[] = Array.from({ length: 2_000 }, (_, i) => ({
      type: 'tick',
      nowMs: 100_000 + 100 * i,
    }))
    const { state } = play(role, [...ticks.slice(0, 2), ...decided, ...ticks])
    assert.ok(state.asked.size <= 2 * 6 + 1, [...state.asked.keys()].join(' '))
  })

  it('neither joins nor runs when it is not drawn', () => {
    const stranger: Role = { ...ROLE, attestor: `0x${'99'.repeat(20)}` }
    assert.deepEqual(play(stranger, [...start, { type: 'tick', nowMs: 101_000 }]).effects, [])
  })

  it('stands in for a silent coordinator, later the higher its seat', () => {
    const submitsAt = (attestor: Address): number => {
      const votes = members.map((m) => outcomeAt(100_200, m, right))
      let { state } = play({ ...ROLE, attestor }, [...start, ...votes])
      for (let nowMs = 100_200; nowMs < 115_000; nowMs += 100) {
        const context: Context = { domain, snapshot, role: { ...ROLE, attestor } }
        const next = step(context, state, { type: 'tick', nowMs })
        if (types(next.effects).includes('submit')) return nowMs
        state = next.state
      }
      return Number.POSITIVE_INFINITY
    }
    const committee = play(ROLE, start).state.attempts[0]?.committee ?? []
    const delays = committee.map(submitsAt)
    assert.deepEqual(delays, [104_200, 105_200, 106_200, 107_200, 108_200])
  })

  it('stands in for a round before there is a committee, another member first for another request [RUN-21]', () => {
    const orderFor = (nonce: bigint): readonly number[] => {
      const other = { ...request, nonce }
      return members.map((attestor) => {
        const context: Context = { domain, snapshot, role: { ...ROLE, attestor } }
        let state = openRequest(requestIdOf(domain, other), other)
        for (let nowMs = 100_000; nowMs < 115_000; nowMs += 500) {
          const next = step(context, state, { type: 'tick', nowMs })
          if (types(next.effects).includes('postRound')) return nowMs - 100_000
          state = next.state
        }
        return Number.POSITIVE_INFINITY
      })
    }
    const orders = [1n, 2n, 3n, 4n, 5n].map(orderFor)
    for (const order of orders) assert.deepEqual([...order].sort(), [4_000, 5_000, 6_000, 7_000, 8_000])
    assert.ok(new Set(orders.map((order) => order.indexOf(4_000))).size > 1)
  })
})
