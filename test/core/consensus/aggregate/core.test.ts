import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeCombineInput, reportOfCombined } from '../../../../src/core/consensus/aggregate/custom.ts'
import {
  decodeEvidence,
  encodeEvidence,
  evidenceHashOf,
} from '../../../../src/core/consensus/aggregate/evidence.ts'
import { isEvidence } from '../../../../src/core/consensus/aggregate/examine.ts'
import type { Observed } from '../../../../src/core/consensus/aggregate/observation.ts'
import { EXIT_NO_VALUE } from '../../../../src/core/consensus/aggregate/report.ts'
import type { AggregateMessage } from '../../../../src/core/consensus/aggregate/state.ts'
import type { Proposal } from '../../../../src/core/consensus/core.ts'
import { signViewChange } from '../../../../src/core/consensus/pbft-messages.ts'
import { INVALID_MESSAGES_MAX } from '../../../../src/core/consensus/pbft-state.ts'
import { seen } from '../../../sim/consensus/aggregate-kit.ts'
import { signOutcome } from '../../../sim/consensus/crypto.ts'
import { KEYS } from '../committee.ts'
import {
  CUSTOM,
  contextOf,
  GRACE_MS,
  Hand,
  observation,
  propose,
  RESEND_MS,
  reportMadeOf,
  reportOf,
  rootOf,
  saying,
  TERMS,
  VIEW_MS,
} from './hand.ts'

describe('an observation', () => {
  it('is made once, on disk before it is told [AGG-8]', () => {
    const hand = new Hand(1)
    assert.deepEqual(hand.kinds(), ['execute'])
    assert.deepEqual(hand.ran().kinds(), ['persist', 'observation to 0,2,3'])
    assert.deepEqual(hand.ran(seen(77)).kinds(), [], 'the first run stands')
  })

  it('is the same after a restart, and no run is asked for [AGG-8]', () => {
    const before = new Hand(1).ran().take()
    const persisted = before.find((effect) => effect.type === 'persist')
    assert(persisted?.type === 'persist')
    const again = new Hand(1, persisted.record).take()
    assert.deepEqual(
      again,
      before.filter(({ type }) => type === 'send'),
    )
  })

  it('is made anew when a restart came before it was on disk [AGG-8]', () => {
    const record = { observation: undefined, agreement: new Hand(1).state.agreement.record }
    assert.deepEqual(new Hand(1, record).kinds(), ['execute'])
  })

  it('is said again after pauses that double, and begin anew with a view [AGG-8]', () => {
    const hand = new Hand(1).ran()
    hand.take()
    const saidAt = [1, 2, 3, 5, 7, 9.99, 10, 11, 12, 13].filter((pauses) =>
      hand
        .tickAt(pauses * RESEND_MS)
        .kinds()
        .includes('observation to 0,2,3'),
    )
    assert.equal(VIEW_MS, 10 * RESEND_MS)
    assert.deepEqual(saidAt, [1, 3, 7, 11, 13])
  })

  it('is not said again while a proposal is held [AGG-8]', () => {
    const hand = new Hand(1).ran().hear(0, propose(reportOf([0, 1, 2])))
    hand.take()
    assert.deepEqual(hand.tickAt(RESEND_MS).kinds(), ['prepare to 0,2,3'])
  })

  it('is asked for again when its run was not answered [AGG-8]', () => {
    const hand = new Hand(2)
    assert.deepEqual(hand.kinds(), ['execute'])
    assert.deepEqual(hand.tickAt(RESEND_MS - 1).kinds(), [])
    assert.deepEqual(hand.tickAt(RESEND_MS).kinds(), ['execute'])
  })

  it('without a value of the type within its bounds is a failure, and has no output [AGG-1]', () => {
    const said = (observed: Observed, terms = TERMS) =>
      new Hand(1, undefined, terms).ran(observed).state.observation
    assert.equal(said(seen(10_000))?.exit, 0)
    assert.deepEqual(said(seen(10_001))?.exit, EXIT_NO_VALUE)
    assert.deepEqual(said(seen(10_001))?.output, new Uint8Array())
    assert.deepEqual(said({ ...seen(1), exit: 9 })?.output, new Uint8Array())
    assert.deepEqual(said({ ...seen(1), exit: 9 }, CUSTOM)?.output, seen(1).output, 'its own rule sees all')
    assert.equal(said({ ...seen(1), fuelUsed: 1_001n }), undefined, 'a run beyond its bounds is none')
  })

  it('counts when its sender signed it for this market, request and attempt, within its bounds [AGG-2] [AGG-8]', () => {
    const heard = (from: number, message: AggregateMessage) =>
      new Hand(0).hear(from, message).state.observations.has(from)
    assert.ok(heard(1, saying(observation(1))))
    assert.ok(!heard(2, saying(observation(1))), 'of another')
    const elsewhere = { ...TERMS, domain: { ...TERMS.domain, chainId: 2 } }
    assert.ok(!heard(1, saying(observation(1, seen(10), elsewhere))))
    assert.ok(!heard(1, saying(observation(1, { ...seen(10), fuelUsed: 1_001n }))))
    assert.ok(!heard(1, saying(observation(1, { ...seen(10), exit: 0x101 }))), 'a trap costs all fuel')
    assert.ok(!heard(1, saying(observation(1, { ...seen(10), output: new Uint8Array(33) }))))
    const malformed = { ...observation(1), exit: -1 }
    for (const patch of [{ exit: -1 }, { exit: 1.5 }, { exit: 0x1_0000 }, { fuelUsed: -1n }])
      assert.ok(!heard(1, saying({ ...malformed, exit: 0, ...patch })))
    assert.ok(!heard(1, saying({ ...observation(1), signature: '0x00' })))
  })

  it('is heard of no seat any more that sent too many that count for nothing [AGG-8] [PBFT-13]', () => {
    const hand = new Hand(0)
    for (let i = 0; i < INVALID_MESSAGES_MAX; i++) hand.hear(1, saying(observation(2)))
    assert.ok(!hand.hear(1, saying(observation(1))).state.observations.has(1))
  })

  it('stands when its seat signs another, which is told once [AGG-11]', () => {
    const hand = new Hand(0)
    hand.hear(1, saying(observation(1)))
    hand.take()
    hand.hear(1, saying(observation(1, seen(99)))).hear(1, saying(observation(1, seen(98))))
    const told = hand.take()
    assert.deepEqual(
      told.map(({ type }) => type),
      ['contradiction'],
    )
    assert.deepEqual(hand.state.observations.get(1)?.output, seen(10).output)
  })
})

describe('a leader', () => {
  function holding(...seats: readonly number[]): Hand {
    const hand = new Hand(0).ran()
    for (const seat of seats) hand.hear(seat, saying(observation(seat)))
    return hand
  }

  it('proposes the report of all it holds when a quorum saw something and the grace period is over [AGG-9]', () => {
    const hand = holding(2)
    hand.take()
    hand.tickAt(GRACE_MS)
    assert.deepEqual(hand.kinds(), [], 'two of four are no quorum')
    hand.hear(1, saying(observation(1)))
    assert.deepEqual(hand.kinds(), [], 'others may still see something')
    assert.equal(hand.wakeAtMs(), 2 * GRACE_MS)
    hand.tickAt(2 * GRACE_MS)
    assert.deepEqual(hand.proposed(), reportOf([0, 1, 2]))
  })

  it('waits for nobody when all saw something [AGG-9]', () => {
    assert.deepEqual(holding(3, 2, 1).proposed(), reportOf([0, 1, 2, 3]))
  })

  it('waits while observations decide nothing, and asks for no wake-up meanwhile [AGG-5] [AGG-9]', () => {
    const failed = observation(2, { exit: 9, fuelUsed: 1n, output: new Uint8Array() })
    const hand = holding(1).hear(2, saying(failed))
    hand.take()
    hand.tickAt(GRACE_MS)
    assert.deepEqual(hand.kinds(), [])
    assert.ok((hand.wakeAtMs() ?? 0) > GRACE_MS)
    hand.hear(3, saying(observation(3)))
    assert.equal(hand.proposed().outcome.exit, 0)
  })

  it('of a later view proposes too, when nothing was prepared [AGG-9]', () => {
    const hand = new Hand(1).ran()
    for (const seat of [0, 2, 3]) hand.hear(seat, saying(observation(seat)))
    hand.take()
    hand.tickAt(VIEW_MS)
    for (const seat of [2, 3]) {
      const change = signViewChange(contextOf(seat), 1, undefined)
      hand.hear(seat, { type: 'viewChange', change, proposal: undefined })
    }
    assert.deepEqual(hand.proposed(), reportOf([0, 1, 2, 3]))
  })
})

describe('a member', () => {
  /** Whether it prepares what seat 0 proposes. */
  function prepares(proposal: Proposal, hand = new Hand(1).ran()): boolean {
    hand.take()
    return hand.hear(0, propose(proposal)).kinds().includes('prepare to 0,2,3')
  }

  it('prepares the report that a quorum’s observations make, whichever quorum’s [AGG-10] [AGG-11]', () => {
    for (const seats of [
      [0, 1, 2],
      [0, 2, 3],
      [1, 2, 3],
      [0, 1, 2, 3],
    ])
      assert.ok(prepares(reportOf(seats)))
  })

  it('prepares nothing else [AGG-10]', () => {
    const good = reportOf([0, 1, 2])
    const { outcome, evidence } = good
    const withEvidence = (bytes: Uint8Array): Proposal => ({
      outcome: { ...outcome, evidenceHash: evidenceHashOf(bytes) },
      evidence: bytes,
    })
    const observations = decodeEvidence(evidence, 4)
    const [first] = observations
    assert(first)
    const stolen = observations.map((one) => (one.seat === 2 ? { ...one, signature: first.signature } : one))
    for (const [what, proposal] of Object.entries({
      'another value': { outcome: { ...outcome, output: seen(11).output }, evidence },
      'another exit': { outcome: { ...outcome, exit: 1 }, evidence },
      'other fuel': { outcome: { ...outcome, fuelUsed: outcome.fuelUsed + 1n }, evidence },
      'evidence of another hash': { outcome, evidence: encodeEvidence(observations.slice(1)) },
      'too few': withEvidence(encodeEvidence(observations.slice(1))),
      'one out of bounds': reportMadeOf([
        ...observations.slice(0, 2),
        observation(2, { ...seen(20), fuelUsed: 1_001n }),
      ]),
      'a signature of another': withEvidence(encodeEvidence(stolen)),
      'a byte more': withEvidence(Uint8Array.of(...evidence, 0)),
      'more bytes than there can be': withEvidence(new Uint8Array(10_000)),
      nothing: withEvidence(new Uint8Array()),
    }))
      assert.ok(!prepares(proposal), what)
  })

  it('reads no more evidence than all observations can be [AGG-3] [AGG-10]', () => {
    const backed = (bytes: Uint8Array) =>
      isEvidence(contextOf(1), TERMS, {
        outcome: { ...seen(1), evidenceHash: evidenceHashOf(bytes) },
        evidence: bytes,
      })
    const bytesMax = encodeEvidence([0, 1, 2, 3].map((seat) => observation(seat))).length
    assert.ok(backed(new Uint8Array(bytesMax)))
    assert.ok(!backed(new Uint8Array(bytesMax + 1)))
  })

  it('learns from a proposal what it had not heard, and what a seat told another way [AGG-10] [AGG-11]', () => {
    const hand = new Hand(1).ran().hear(2, saying(observation(2, seen(99))))
    assert.ok(prepares(reportOf([0, 2, 3]), hand))
    assert.deepEqual([...hand.state.observations.keys()].sort(), [0, 1, 2, 3])
    assert.deepEqual([...hand.state.contradicted], [2])
  })

  it('checks no signature twice: of what it holds none, of the others one each [AGG-10]', () => {
    const hand = new Hand(1).ran().hear(2, saying(observation(2)))
    const verified: number[] = []
    const { verify } = hand.context
    Object.assign(hand.context, {
      verify: (...args: Parameters<typeof verify>) => {
        verified.push(args[0])
        return verify(...args)
      },
    })
    assert.ok(prepares(reportOf([0, 1, 2, 3]), hand))
    assert.deepEqual(verified, [0, 0, 3], 'the leader’s prepare, and what seats 0 and 3 saw')
  })

  it('that is decided tells who says again what it saw, at most once a pause [AGG-8]', () => {
    const hand = new Hand(1).ran()
    const proposal = reportOf([0, 1, 2])
    hand.hear(0, propose(proposal)).hear(3, saying(observation(3)))
    for (const seat of [0, 1, 2]) {
      const message = signOutcome(KEYS, seat, 0, proposal.outcome, rootOf(proposal))
      if (seat === 1) hand.attests(proposal)
      else hand.hear(seat, { type: 'attestation', message })
    }
    assert.equal(hand.wakeAtMs(), undefined)
    assert.ok(hand.kinds().includes('decided'))
    hand.hear(3, saying(observation(3))).hear(3, saying(observation(3)))
    assert.deepEqual(hand.kinds(), ['decision to 3'])
    hand.nowMs += RESEND_MS
    assert.deepEqual(hand.hear(3, saying(observation(3))).kinds(), ['decision to 3'])
  })
})

describe('the function’s own rule', () => {
  const observations = [0, 1, 2, 3].map((seat) => observation(seat, seen(10 * seat), CUSTOM))
  const result = { exit: 0, output: Uint8Array.of(42) }
  const evidence = encodeEvidence(observations)
  const of = evidenceHashOf(evidence)
  const report = reportOfCombined(CUSTOM.fuelLimit, observations, result)

  it('is run once on what the leader holds, and its result is proposed [AGG-7] [AGG-9]', () => {
    const hand = new Hand(0, undefined, CUSTOM).ran()
    for (const seat of [1, 2]) hand.hear(seat, saying(observation(seat, seen(10 * seat), CUSTOM)))
    hand.tickAt(GRACE_MS)
    const [asked] = hand.take().filter((effect) => effect.type === 'combine')
    assert(asked?.type === 'combine')
    const chosen = observations.slice(0, 3)
    assert.deepEqual(asked.input, encodeCombineInput(chosen))
    hand.hear(3, saying(observation(3, seen(30), CUSTOM)))
    assert.deepEqual(hand.kinds(), [], 'what comes late is not put together anew')
    hand.feed({ type: 'combined', of, result: { exit: 0, output: Uint8Array.of(66) } })
    assert.deepEqual(hand.kinds(), [], 'of what was not asked')
    assert.equal(hand.state.results.size, 1, 'nor is it kept')
    hand.feed({ type: 'combined', of: asked.of, result })
    assert.deepEqual(hand.proposed(), reportOfCombined(CUSTOM.fuelLimit, chosen, result))
  })

  it('is run by every member before it prepares, which gives the same or is none [AGG-7] [AGG-10]', () => {
    for (const [given, isPrepared] of [
      [result, true],
      [{ ...result, exit: 1 }, false],
      [{ ...result, output: Uint8Array.of(43) }, false],
    ] as const) {
      const hand = new Hand(1, undefined, CUSTOM).hear(0, propose(report))
      const asked = hand.take().filter((effect) => effect.type === 'combine')
      assert.deepEqual(asked, [{ type: 'combine', of, input: encodeCombineInput(observations) }])
      const kinds = hand.feed({ type: 'combined', of, result: given }).kinds()
      assert.equal(kinds.includes('prepare to 0,2,3'), isPrepared)
    }
  })

  it('is not run for who proposes fewer observations than a quorum [AGG-10]', () => {
    const few = reportOfCombined(CUSTOM.fuelLimit, observations.slice(0, 2), result)
    const hand = new Hand(1, undefined, CUSTOM)
    hand.take()
    assert.deepEqual(hand.hear(0, propose(few)).kinds(), [])
  })

  it('is remembered of few proposals, however many views there were [AGG-7]', () => {
    const hand = new Hand(3, undefined, CUSTOM)
    const sets = [
      [0, 1, 2],
      [0, 1, 3],
      [0, 2, 3],
      [1, 2, 3],
      [0, 1, 2, 3],
    ]
    for (const [i, view] of [0, 1, 2, 4, 5].entries()) {
      const chosen = observations.filter(({ seat }) => sets[i]?.includes(seat))
      hand.hear(view % 4, propose(reportOfCombined(CUSTOM.fuelLimit, chosen, result), view))
      const asked = hand.take().filter((effect) => effect.type === 'combine')
      assert.equal(asked.length, 1, `view ${view}`)
      assert.equal(hand.state.results.size, Math.min(i + 1, 4))
    }
  })

  it('is asked for again when a node could not run it [AGG-7]', () => {
    const hand = new Hand(1, undefined, CUSTOM).hear(0, propose(report))
    hand.take()
    hand.feed({ type: 'combined', of, result: undefined })
    assert.ok(!hand.kinds().includes('combine'), 'not at once')
    assert.ok(hand.tickAt(RESEND_MS).kinds().includes('combine'))
  })
})
