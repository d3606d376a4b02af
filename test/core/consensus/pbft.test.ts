import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attestationsIn } from '../../../src/core/consensus/attestations.ts'
import { leaderRotation } from '../../../src/core/consensus/leader.ts'
import { pbft } from '../../../src/core/consensus/pbft.ts'
import { prepareDigest, viewChangeDigest } from '../../../src/core/consensus/pbft-messages.ts'
import { INVALID_MESSAGES_MAX, type PbftRecord } from '../../../src/core/consensus/pbft-state.ts'
import { VIEW_MAX } from '../../../src/core/consensus/views.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import { leafDigest, proposalOf } from '../../sim/consensus/crypto.ts'
import {
  A,
  attestation,
  B,
  certificate,
  contextOf,
  Hand,
  KEYS,
  prepare,
  propose,
  RESEND_MS,
  root,
  VIEW_MS,
  viewChange,
  viewChangeMessage,
} from './committee.ts'

/** A member that prepared A in view 0 and was asked to attest it. */
function preparedMember(seat = 3): Hand {
  const hand = new Hand(seat).hear(0, propose(0, A)).feed({ type: 'validated', root: root(A), valid: true })
  return hand.hear(1, prepare(1, 0, A))
}

function lastRecord(hand: Hand): PbftRecord {
  const record = hand
    .take()
    .filter((effect) => effect.type === 'persist')
    .at(-1)?.record
  assert.ok(record !== undefined, 'nothing was persisted')
  return record
}

describe('a view', () => {
  it('is led by the seats in turn, from one drawn for each request [PBFT-1]', () => {
    const seed = tagHash('seed')
    const first = (request: string): number => leaderRotation(seed, tagHash(request), 7)(0)
    const leaderOf = leaderRotation(seed, tagHash('request'), 7)
    const views = Array.from({ length: 8 }, (_, view) => leaderOf(view))
    assert.deepEqual(
      views,
      views.map((_, view) => ((views[0] ?? 0) + view) % 7),
    )
    const drawn = new Set(Array.from({ length: 64 }, (_, i) => first(`request ${i}`)))
    assert.equal(drawn.size, 7)
  })

  it('begins with the leader’s run, which it proposes once it is on disk [PBFT-3] [PBFT-12]', () => {
    const leader = new Hand(0)
    assert.deepEqual(leader.takeKinds(), ['execute'])
    leader.feed({ type: 'executed', proposal: A })
    assert.deepEqual(leader.takeKinds(), ['persist', 'send propose'])
    assert.deepEqual(new Hand(1).takeKinds(), [], 'members wait')
  })

  it('has a proposal prepared when the driver found it acceptable, and not before [PBFT-4]', () => {
    const hand = new Hand(2).hear(0, propose(0, A))
    assert.deepEqual(hand.takeKinds(), ['validate'])
    hand.feed({ type: 'validated', root: root(B), valid: true })
    assert.deepEqual(hand.takeKinds(), [], 'a verdict on something else')
    hand.feed({ type: 'validated', root: root(A), valid: true })
    assert.deepEqual(hand.takeKinds(), ['persist', 'send prepare'])
    const refusing = new Hand(2)
      .hear(0, propose(0, A))
      .feed({ type: 'validated', root: root(A), valid: false })
    assert.deepEqual(refusing.takeKinds(), ['validate'])
  })

  it('asks nobody about a proposal that is what the member’s own run gave [PBFT-4]', () => {
    const hand = new Hand(2).feed({ type: 'executed', proposal: A }).hear(0, propose(0, A))
    assert.deepEqual(hand.takeKinds(), ['persist', 'send prepare'])
  })

  it('has one proposal, its leader’s first, with the bytes it stands for [PBFT-3]', () => {
    const hand = new Hand(2)
    hand.hear(1, { ...propose(0, A), signature: prepare(1, 0, A).signature })
    hand.hear(0, { ...propose(0, A), signature: prepare(1, 0, A).signature })
    hand.hear(0, propose(0, { ...A, evidence: Uint8Array.of(9) }))
    const outcome = { ...A.outcome, output: new Uint8Array(33) }
    hand.hear(0, { ...propose(0, A), proposal: { outcome, evidence: outcome.output } })
    hand.hear(0, propose(0, A, [viewChange(1, 1)]))
    assert.deepEqual(
      hand.takeKinds(),
      [],
      'another’s, unsigned, unbacked, too large, justified by what it needs not',
    )
    hand.hear(0, propose(0, A)).hear(0, propose(0, B))
    assert.deepEqual(hand.takeKinds(), ['validate'])
    assert.equal(hand.state.record.accepted?.root, root(A))
  })

  it('is prepared by Q votes for one root, the leader’s among them: on disk, then attested [PBFT-5] [PBFT-12]', () => {
    const hand = new Hand(3).hear(1, prepare(1, 0, B)).hear(0, propose(0, A))
    hand.feed({ type: 'validated', root: root(A), valid: true }).take()
    assert.deepEqual(hand.takeKinds(), [], 'two prepares of A and one of B are no quorum')
    hand.hear(2, prepare(2, 0, A))
    const effects = hand.take()
    assert.deepEqual(
      effects.map(({ type }) => type),
      ['persist', 'attest'],
    )
    const [persisted] = effects
    assert.ok(persisted?.type === 'persist')
    assert.deepEqual(persisted.record.prepared?.certificate, certificate(0, A, [0, 2, 3]))
  })

  it('counts no vote that its seat did not sign, for this view and root [PBFT-2] [PBFT-5]', () => {
    const hand = new Hand(3).hear(0, propose(0, A)).feed({ type: 'validated', root: root(A), valid: true })
    hand.take()
    const { signature } = prepare(1, 1, A)
    hand.hear(1, { type: 'prepare', view: 0, root: root(A), signature })
    hand.hear(1, { ...prepare(2, 0, A) })
    hand.hear(1, { ...prepare(1, 0, B), root: root(A) })
    hand.hear(1, { ...prepare(1, 0, A), root: root(A).toUpperCase() as Digest })
    hand
      .hear(3, prepare(3, 0, A))
      .hear(7, prepare(1, 0, A))
      .hear(-1, prepare(1, 0, A))
      .hear(0.5, prepare(1, 0, A))
    assert.deepEqual(hand.takeKinds(), [])
    assert.deepEqual(hand.hear(1, prepare(1, 0, A)).takeKinds(), ['persist', 'attest'])
  })

  it('signs other digests for another kind, request, attempt, round or view [PBFT-2]', () => {
    const context = contextOf(0)
    const of = (changed: object, view = 0): typeof context => ({
      ...context,
      instance: { ...context.instance, ...changed },
      leaderOf: () => view,
    })
    const prepared = { view: 0, root: root(A) }
    const digests = [
      prepareDigest(context, 0, root(A)),
      prepareDigest(context, 1, root(A)),
      prepareDigest(context, 0, root(B)),
      prepareDigest(of({ requestId: tagHash('other') }), 0, root(A)),
      prepareDigest(of({ attempt: 1 }), 0, root(A)),
      prepareDigest(of({ round: 8n }), 0, root(A)),
      viewChangeDigest(context, 1, undefined),
      viewChangeDigest(context, 1, prepared),
      viewChangeDigest(context, 2, prepared),
      viewChangeDigest(context, 2, { ...prepared, view: 1 }),
      viewChangeDigest(context, 1, { ...prepared, root: root(B) }),
      viewChangeDigest(of({ attempt: 1 }), 1, undefined),
      leafDigest(0, root(A)),
    ]
    assert.equal(new Set(digests).size, digests.length)
  })
})

describe('a change of view', () => {
  it('comes when the view’s time is over, which doubles, and begins when a quorum is there [PBFT-8]', () => {
    const hand = new Hand(3).tickAt(VIEW_MS - 1)
    assert.deepEqual(hand.takeKinds(), [])
    assert.deepEqual(hand.tickAt(VIEW_MS).takeKinds(), ['persist', 'send viewChange'])
    hand.tickAt(VIEW_MS * 5)
    assert.equal(hand.state.record.view, 1, 'alone it goes no further')
    hand.hear(0, viewChangeMessage(0, 1)).hear(2, viewChangeMessage(2, 1))
    hand.tickAt(VIEW_MS * 7 - 1)
    assert.equal(hand.state.record.view, 1)
    hand.tickAt(VIEW_MS * 7)
    assert.equal(hand.state.record.view, 2)
  })

  it('follows f + 1 seats, to a view that one honest seat asked for [PBFT-8]', () => {
    const hand = new Hand(3).hear(0, viewChangeMessage(0, 9))
    assert.equal(hand.state.record.view, 0)
    hand.hear(1, viewChangeMessage(1, 4))
    assert.equal(hand.state.record.view, 4)
  })

  it('ends with the last view, which has no time [PBFT-1] [PBFT-8]', () => {
    const hand = new Hand(3)
    for (const seat of [0, 1, 2]) hand.hear(seat, viewChangeMessage(seat, VIEW_MAX))
    assert.equal(hand.state.record.view, VIEW_MAX)
    hand.tickAt(Number.MAX_SAFE_INTEGER)
    assert.equal(hand.state.record.view, VIEW_MAX)
    hand.hear(0, viewChangeMessage(0, VIEW_MAX + 1)).hear(1, viewChangeMessage(1, VIEW_MAX + 1))
    assert.equal(hand.state.record.view, VIEW_MAX)
  })

  it('reports what was prepared, with its bytes, and the next leader proposes that again [PBFT-6] [PBFT-7]', () => {
    const member = preparedMember()
    member.take()
    const sent = member
      .tickAt(VIEW_MS)
      .take()
      .find((effect) => effect.type === 'send')
    assert.ok(sent?.type === 'send' && sent.message.type === 'viewChange')
    assert.deepEqual(sent.message.change.prepared, certificate(0, A, [0, 1, 3]))
    const leader = new Hand(1).feed({ type: 'executed', proposal: B })
    leader.hear(2, viewChangeMessage(2, 1)).hear(3, sent.message).take()
    // With its own view-change, which it sent on following the two, it has Q.
    assert.equal(leader.state.record.accepted?.root, root(A))
  })

  it('leaves the leader free when nobody of the quorum prepared anything [PBFT-6]', () => {
    const leader = new Hand(1).feed({ type: 'executed', proposal: B })
    leader.hear(2, viewChangeMessage(2, 1)).hear(3, viewChangeMessage(3, 1))
    assert.equal(leader.state.record.accepted?.root, root(B))
  })

  it('is not believed without Q view-changes, or against what they report [PBFT-6]', () => {
    const reported = viewChange(3, 2, certificate(1, A))
    const older = viewChange(2, 2, certificate(0, B))
    const empty = viewChange(0, 2)
    const forged = { ...certificate(1, A), signatures: certificate(0, A).signatures }
    const bad: Record<string, ReturnType<typeof propose>> = {
      none: propose(2, A),
      'too few': propose(2, A, [empty, reported]),
      'one seat twice': propose(2, A, [empty, empty, reported]),
      'out of order': propose(2, A, [older, empty, reported]),
      'of another view': propose(2, B, [empty, viewChange(1, 3), viewChange(2, 2)]),
      'against the highest': propose(2, B, [empty, older, reported]),
      'a new root though one is reported': propose(2, proposalOf('good', 9, 9), [empty, older, reported]),
      'an unsigned report': propose(2, B, [
        empty,
        viewChange(1, 2),
        { ...older, view: 2, prepared: undefined },
      ]),
      'a forged certificate': propose(2, A, [empty, older, viewChange(3, 2, forged)]),
      'a certificate of its own view': propose(2, A, [empty, older, viewChange(3, 2, certificate(2, A))]),
      'too few prepared': propose(2, A, [empty, older, viewChange(3, 2, certificate(1, A, [0, 1]))]),
    }
    for (const [name, message] of Object.entries(bad)) {
      const hand = new Hand(1).hear(2, message)
      assert.equal(hand.state.record.accepted, undefined, name)
      assert.equal(hand.state.invalid.get(2), 1, name)
    }
    const hand = new Hand(1).hear(2, propose(2, A, [empty, older, reported]))
    assert.equal(hand.state.record.accepted?.root, root(A))
    assert.deepEqual(
      hand.takeKinds(),
      ['persist', 'send prepare'],
      'a quorum prepared it: nobody is asked again',
    )
  })

  it('counts no view-change without the bytes of what it reports, nor another’s [PBFT-7]', () => {
    const hand = new Hand(1)
    const change = viewChange(2, 1, certificate(0, A))
    hand.hear(2, { type: 'viewChange', change, proposal: undefined })
    hand.hear(2, { type: 'viewChange', change, proposal: B })
    hand.hear(3, { type: 'viewChange', change, proposal: A })
    hand.hear(2, { type: 'viewChange', change: viewChange(2, 1), proposal: A })
    assert.equal(hand.state.changes.size, 0)
    assert.equal(hand.hear(2, { type: 'viewChange', change, proposal: A }).state.changes.size, 1)
  })

  it('is over for what comes late: no vote below the view [PBFT-4] [PBFT-5]', () => {
    const hand = new Hand(3).tickAt(VIEW_MS).hear(0, propose(0, A))
    hand
      .hear(0, prepare(0, 0, A))
      .hear(1, prepare(1, 0, A))
      .hear(2, prepare(2, 0, A))
    assert.deepEqual(hand.takeKinds(), ['persist', 'send viewChange'])
  })
})

describe('a decision', () => {
  it('is Q attestations of one root in one view, and has every seal that comes [PBFT-10]', () => {
    const hand = new Hand(3)
    hand.hear(0, { type: 'attestation', message: attestation(0, 5, A) })
    hand.hear(1, { type: 'attestation', message: attestation(1, 4, A) })
    hand.hear(2, { type: 'attestation', message: attestation(2, 5, B) })
    assert.equal(pbft.decision(hand.state), undefined, 'other views and roots do not add up')
    hand.hear(1, { type: 'attestation', message: attestation(1, 5, A) })
    assert.equal(pbft.decision(hand.state), undefined)
    const four = new Hand(3)
    for (const seat of [2, 0, 1]) four.hear(seat, { type: 'attestation', message: attestation(seat, 5, A) })
    assert.deepEqual(four.takeKinds(), ['persist', 'decided'])
    assert.deepEqual(
      pbft.decision(four.state)?.seals.map(({ seat }) => seat),
      [0, 1, 2],
    )
    four.attested(5, A)
    assert.equal(pbft.decision(four.state)?.seals.length, 4)
  })

  it('is as good from one hand, when every signature of Q seats passes [PBFT-10]', () => {
    const seals = [0, 1, 2].map((seat) => ({ seat, signature: attestation(seat, 1, A).signature }))
    const whole = { view: 1, root: root(A), outcome: A.outcome, seals }
    const [first = { seat: 0, signature: '0x' as const }, second = first, third = first] = seals
    const bad = [
      { ...whole, seals: [first, second] },
      { ...whole, seals: [first, second, second] },
      { ...whole, seals: [second, first, third] },
      { ...whole, seals: [first, second, { ...third, seat: 4 }] },
      { ...whole, seals: [first, second, { ...third, signature: second.signature }] },
      { ...whole, view: 2 },
      { ...whole, view: VIEW_MAX + 1 },
      { ...whole, outcome: B.outcome },
      { ...whole, root: root(B), outcome: B.outcome },
    ]
    for (const decision of bad) {
      const hand = new Hand(3).hear(1, { type: 'decision', decision })
      assert.equal(pbft.decision(hand.state), undefined)
      assert.equal(hand.state.invalid.get(1), 1)
    }
    const hand = new Hand(3).hear(1, { type: 'decision', decision: whole })
    assert.deepEqual(hand.takeKinds(), ['persist', 'decided'])
    assert.equal(attestationsIn(hand.context, whole).length, 3)
  })

  it('is told to who asks late, at most once in a pause [PBFT-9]', () => {
    const hand = new Hand(3)
    for (const seat of [0, 1, 2]) hand.hear(seat, { type: 'attestation', message: attestation(seat, 0, A) })
    hand.hear(1, prepare(1, 0, A)).take()
    assert.deepEqual(hand.takeKinds(), [], 'a prepare that was only slow')
    assert.deepEqual(hand.hear(1, prepare(1, 0, A)).takeKinds(), ['send decision'], 'one that is sent again')
    assert.deepEqual(hand.hear(1, viewChangeMessage(1, 1)).takeKinds(), [])
    hand.nowMs = RESEND_MS
    assert.deepEqual(hand.hear(1, viewChangeMessage(1, 1)).takeKinds(), ['send decision'])
    assert.deepEqual(hand.hear(0, propose(0, A)).takeKinds(), ['send decision'])
  })

  it('is attested by a late member that holds the proposal, in the view that decided [PBFT-10]', () => {
    const hand = new Hand(3).hear(0, propose(0, A))
    hand.take()
    for (const seat of [0, 1, 2]) hand.hear(seat, { type: 'attestation', message: attestation(seat, 0, A) })
    assert.deepEqual(hand.takeKinds(), ['persist', 'decided', 'attest'])
    const without = new Hand(3)
    for (const seat of [0, 1, 2])
      without.hear(seat, { type: 'attestation', message: attestation(seat, 0, A) })
    assert.deepEqual(without.takeKinds(), ['persist', 'decided'], 'it holds no evidence')
  })
})

describe('equivocation', () => {
  it('is two roots in one view: handed out once, and the first goes on counting [PBFT-11]', () => {
    const hand = new Hand(3)
    for (const proposal of [A, B, B, proposalOf('good', 5, 5)])
      hand.hear(0, { type: 'attestation', message: attestation(0, 0, proposal) })
    const effects = hand.take()
    assert.equal(effects.length, 1)
    const [evidence] = effects
    assert.ok(evidence?.type === 'evidence')
    assert.deepEqual(
      [evidence.seat, evidence.first, evidence.second],
      [0, attestation(0, 0, A), attestation(0, 0, B)],
    )
    for (const seat of [1, 2]) hand.hear(seat, { type: 'attestation', message: attestation(seat, 0, A) })
    assert.deepEqual(hand.takeKinds(), ['persist', 'decided'])
  })

  it('is none over views, nor without a signature [PBFT-11]', () => {
    const hand = new Hand(3).hear(0, { type: 'attestation', message: attestation(0, 0, A) })
    hand.hear(0, { type: 'attestation', message: attestation(0, 1, B) })
    const { signature } = attestation(1, 0, B)
    hand.hear(0, { type: 'attestation', message: { ...attestation(0, 0, B), signature } })
    assert.deepEqual(hand.takeKinds(), [])
  })

  it('is found in a decision that others pass on [PBFT-11]', () => {
    const hand = new Hand(3).hear(2, { type: 'attestation', message: attestation(2, 0, B) })
    const seals = [0, 1, 2].map((seat) => ({ seat, signature: attestation(seat, 0, A).signature }))
    hand.hear(0, { type: 'decision', decision: { view: 0, root: root(A), outcome: A.outcome, seals } })
    assert.deepEqual(hand.takeKinds(), ['persist', 'decided', 'evidence'])
  })
})

describe('a restart', () => {
  it('goes on where the record ends: the same prepare, the same attestation, no other [PBFT-12]', () => {
    const record = lastRecord(preparedMember())
    const again = new Hand(3, record)
    assert.deepEqual(again.takeKinds(), ['attest', 'send prepare'])
    again
      .hear(0, propose(0, B))
      .hear(1, prepare(1, 0, B))
      .hear(2, prepare(2, 0, B))
    assert.deepEqual(again.takeKinds(), [])
    again.tickAt(VIEW_MS)
    const sent = again.take().find((effect) => effect.type === 'send')
    assert.ok(sent?.type === 'send' && sent.message.type === 'viewChange')
    assert.equal(sent.message.change.prepared?.root, root(A), 'what it prepared is not forgotten')
  })

  it('leaves a leader with the proposal it made, whatever its next run gives [PBFT-12]', () => {
    const leader = new Hand(0).feed({ type: 'executed', proposal: A })
    const again = new Hand(0, lastRecord(leader)).feed({ type: 'executed', proposal: B })
    const [sent] = again.take()
    assert.ok(sent?.type === 'send' && sent.message.type === 'propose')
    assert.deepEqual(sent.message, propose(0, A))
  })

  it('asks for the same view again, and does not go back [PBFT-12]', () => {
    const record = lastRecord(new Hand(3).tickAt(VIEW_MS))
    const again = new Hand(3, record)
    assert.deepEqual(again.takeKinds(), ['send viewChange'])
    again.hear(0, propose(0, A))
    assert.deepEqual(again.takeKinds(), [])
  })

  it('keeps a decision [PBFT-12]', () => {
    const hand = new Hand(3)
    for (const seat of [0, 1, 2]) hand.hear(seat, { type: 'attestation', message: attestation(seat, 0, A) })
    const again = new Hand(3, lastRecord(hand))
    assert.deepEqual(again.takeKinds(), ['decided'])
    assert.equal(pbft.decision(again.state)?.root, root(A))
    assert.equal(pbft.wakeAtMs(again.state), undefined)
  })
})

describe('what may be lost', () => {
  it('is sent again after pauses that double, and what was not answered is asked for again [PBFT-9]', () => {
    const context = { ...contextOf(0), timing: { viewMs: 1e12, resendMs: 10 } }
    const leader = new Hand(0, undefined, context)
    leader.take()
    assert.deepEqual(leader.tickAt(10).takeKinds(), ['execute'], 'a run that was lost')
    leader.feed({ type: 'executed', proposal: A }).take()
    const sentAt: number[] = []
    for (let at = 11; at < 4_000; at++)
      if (leader.tickAt(at).takeKinds().includes('send propose')) sentAt.push(at)
    const pauses = sentAt.map((at, i) => at - (sentAt[i - 1] ?? 10))
    assert.deepEqual(pauses, [10, 20, 40, 80, 160, 320, 640, 640, 640, 640, 640].slice(0, pauses.length))
    assert.ok(pauses.length >= 9)
    const member = preparedMember()
    member.take()
    assert.deepEqual(
      member.tickAt(RESEND_MS).takeKinds().slice(0, 2),
      ['attest', 'send prepare'],
      'an attestation that was not answered',
    )
  })
})

describe('a flooder', () => {
  it('costs what is bounded by the committee, and is heard no more when its messages fail [PBFT-13]', () => {
    const hand = new Hand(3)
    for (let i = 0; i < 20; i++) {
      const proposal = proposalOf('good', 0, i)
      for (let view = 0; view <= VIEW_MAX; view++) {
        hand.hear(0, prepare(0, view, proposal))
        hand.hear(0, { type: 'attestation', message: attestation(0, view, proposal) })
        if (i === 0) hand.hear(0, viewChangeMessage(0, view + 1 > VIEW_MAX ? view : view + 1))
      }
    }
    const { prepares, changes, attestations, toldAtMs, invalid } = hand.state
    assert.deepEqual([prepares.size, changes.size, attestations.bySeat.size], [1, 1, 1])
    assert.equal(attestations.bySeat.get(0)?.length, 4)
    assert.equal(toldAtMs.size + invalid.size, 0)

    for (let i = 0; i < INVALID_MESSAGES_MAX; i++)
      hand.hear(1, { type: 'prepare', view: 0, root: root(A), signature: '0x00' })
    hand.hear(1, viewChangeMessage(1, 3))
    assert.equal(hand.state.changes.has(1), false)
  })

  it('has no signature checked of what is known already, or not needed [PBFT-13]', () => {
    let checks = 0
    const context = {
      ...contextOf(3),
      verify: (seat: number, digest: Digest, signature: `0x${string}`) => {
        checks++
        return KEYS.verify(seat, digest, signature)
      },
    }
    const hand = new Hand(3, undefined, context)
    const messages = [prepare(1, 2, A), viewChangeMessage(1, 4), propose(0, A)] as const
    hand.hear(1, messages[0]).hear(1, messages[1]).hear(0, messages[2])
    hand.hear(1, { type: 'attestation', message: attestation(1, 2, A) })
    const before = checks
    for (let i = 0; i < 100; i++) {
      hand.hear(1, prepare(1, i % 3, i % 2 === 0 ? A : B))
      hand.hear(1, viewChangeMessage(1, 1 + (i % 4)))
      hand.hear(0, propose(0, i % 2 === 0 ? A : B))
      hand.hear(1, { type: 'attestation', message: attestation(1, 2, A) })
    }
    assert.equal(checks, before)
  })
})
