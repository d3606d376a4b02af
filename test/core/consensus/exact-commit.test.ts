import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConsensusEvent } from '../../../src/core/consensus/core.ts'
import {
  blindingOf,
  commitmentOf,
  type ExactMessage,
  type ExactRecord,
  exactCommit,
} from '../../../src/core/consensus/exact-commit.ts'
import { signOutcome } from '../../sim/consensus/crypto.ts'
import { A, B, contextOf, KEYS, RESEND_MS, root } from './committee.ts'

const GRACE_MS = 50
const core = exactCommit({ graceMs: GRACE_MS })
type Untimed<T> = T extends unknown ? Omit<T, 'nowMs'> : never

/** One member, fed by hand. */
class Hand {
  readonly context
  #state
  #told
  nowMs = 0

  constructor(seat: number, record?: ExactRecord) {
    this.context = contextOf(seat)
    const { state, effects } =
      record === undefined ? core.open(this.context, 0) : core.restore(this.context, record, 0)
    this.#state = state
    this.#told = [...effects]
  }

  feed(event: Untimed<ConsensusEvent<ExactMessage>>): this {
    const { state, effects } = core.step(this.context, this.#state, { ...event, nowMs: this.nowMs })
    this.#state = state
    this.#told.push(...effects)
    return this
  }

  hear(from: number, message: ExactMessage): this {
    return this.feed({ type: 'message', from, message })
  }

  /** What it did since the last look. */
  take() {
    return this.#told.splice(0)
  }

  kinds(): readonly string[] {
    return this.take().map((effect) =>
      effect.type === 'send' ? `${effect.message.type} to ${effect.to.join()}` : effect.type,
    )
  }

  decision() {
    return core.decision(this.#state)
  }
}

const commitOf = (seat: number, proposal = A): ExactMessage => ({
  type: 'commit',
  commitment: commitmentOf(contextOf(seat), seat, root(proposal), blindingOf(contextOf(seat))),
})
const revealOf = (seat: number, proposal = A): ExactMessage => ({
  type: 'reveal',
  blinding: blindingOf(contextOf(seat)),
  message: signOutcome(KEYS, seat, 0, proposal.outcome),
})
const attested = (seat: number) =>
  ({ type: 'attested', message: signOutcome(KEYS, seat, 0, A.outcome) }) as const

describe('a commitment', () => {
  it('binds a seat, a root and a blinding that only its member can tell [EXC-1]', () => {
    const [first, second] = [contextOf(0), contextOf(1)]
    const blinding = blindingOf(first)
    assert.notEqual(blindingOf(second), blinding)
    assert.equal(blindingOf(contextOf(0)), blinding, 'the same after a restart')
    const of = commitmentOf(first, 0, root(A), blinding)
    const others = [
      commitmentOf(first, 1, root(A), blinding),
      commitmentOf(first, 0, root(B), blinding),
      commitmentOf(first, 0, root(A), blindingOf(second)),
      commitmentOf({ ...first, instance: { ...first.instance, attempt: 1 } }, 0, root(A), blinding),
      commitmentOf({ ...first, instance: { ...first.instance, round: 8n } }, 0, root(A), blinding),
    ]
    assert.equal(new Set([of, ...others]).size, 6)
  })

  it('is made once the run is on disk [EXC-2]', () => {
    const hand = new Hand(0)
    assert.deepEqual(hand.kinds(), ['execute'])
    hand.feed({ type: 'executed', proposal: A })
    assert.deepEqual(hand.kinds(), ['persist', 'commit to 1,2,3'])
    hand.feed({ type: 'executed', proposal: B })
    assert.deepEqual(hand.kinds(), [], 'the first run stands')
  })

  it('is made again after a restart, to the same run [EXC-2]', () => {
    const before = new Hand(0).feed({ type: 'executed', proposal: A }).take()
    const persisted = before.find((effect) => effect.type === 'persist')
    assert(persisted?.type === 'persist')
    const again = new Hand(0, persisted.record).take()
    assert.deepEqual(
      again,
      before.filter(({ type }) => type === 'send'),
    )
  })
})

describe('a result', () => {
  function committed(): Hand {
    const hand = new Hand(0).feed({ type: 'executed', proposal: A })
    hand.take()
    return hand
  }

  it('is attested and shown when a quorum has committed and the grace is over, to those who committed [EXC-3]', () => {
    const hand = committed().hear(1, commitOf(1))
    assert.deepEqual(hand.kinds(), [], 'two of four are no quorum')
    hand.hear(2, commitOf(2))
    assert.deepEqual(hand.kinds(), [], 'others may still commit')
    hand.nowMs += GRACE_MS
    assert.deepEqual(hand.feed({ type: 'tick' }).kinds(), ['attest'])
    assert.deepEqual(hand.feed(attested(0)).kinds(), ['reveal to 1,2'])
    assert.deepEqual(hand.hear(3, commitOf(3)).kinds(), ['reveal to 3'], 'late, and bound before it sees any')
  })

  it('waits for nobody when all have committed [EXC-3]', () => {
    const hand = committed().hear(1, commitOf(1)).hear(2, commitOf(2)).hear(3, commitOf(3))
    assert.deepEqual(hand.kinds(), ['attest'])
  })

  it('counts when it opens its seat’s first commitment, and not when it was copied [EXC-4] [EXC-5]', () => {
    const hand = committed().hear(1, commitOf(1)).hear(2, commitOf(2))
    // It had no result to commit to, and takes the first it is shown.
    hand.hear(3, commitOf(3, B)).hear(3, commitOf(3, A))
    hand.feed(attested(0)).hear(3, revealOf(3, A))
    hand.hear(1, { ...revealOf(1), blinding: blindingOf(contextOf(2)) } as ExactMessage)
    hand.hear(1, revealOf(2))
    assert.equal(hand.decision(), undefined)
    hand.hear(1, revealOf(1)).hear(2, revealOf(2))
    assert.deepEqual(
      hand.decision()?.seals.map(({ seat }) => seat),
      [0, 1, 2],
    )
    assert.equal(hand.decision()?.root, root(A))
  })

  it('is not taken from who did not commit [EXC-4]', () => {
    const hand = committed().hear(1, revealOf(1)).hear(2, revealOf(2)).hear(3, revealOf(3))
    assert.equal(hand.decision(), undefined)
  })

  it('is told again to who commits again [EXC-5]', () => {
    const hand = committed().hear(1, commitOf(1)).hear(2, commitOf(2)).hear(3, commitOf(3)).feed(attested(0))
    hand.take()
    assert.deepEqual(hand.hear(1, commitOf(1)).kinds(), ['reveal to 1'])
    hand.hear(1, revealOf(1)).hear(2, revealOf(2))
    assert.deepEqual(hand.kinds(), ['persist', 'decided'])
    assert.deepEqual(hand.hear(3, commitOf(3)).kinds(), ['decision to 3', 'reveal to 3'])
  })

  it('is committed to again while too few have answered [EXC-2]', () => {
    const hand = committed()
    hand.nowMs += RESEND_MS
    assert.deepEqual(hand.feed({ type: 'tick' }).kinds(), ['commit to 1,2,3'])
  })
})
