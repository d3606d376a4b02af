/** One member of an aggregating committee, for tests that deliver every message by hand. */
import assert from 'node:assert/strict'
import { aggregateCore } from '../../../../src/core/consensus/aggregate/core.ts'
import type { Observation, Observed } from '../../../../src/core/consensus/aggregate/observation.ts'
import { reportOfObservations } from '../../../../src/core/consensus/aggregate/report.ts'
import type {
  AggregateMessage,
  AggregateRecord,
  AggregateState,
} from '../../../../src/core/consensus/aggregate/state.ts'
import type { AggregateTerms } from '../../../../src/core/consensus/aggregate/terms.ts'
import { parseAgreement } from '../../../../src/core/consensus/agreement.ts'
import type { ConsensusContext, ConsensusEvent, Proposal } from '../../../../src/core/consensus/core.ts'
import { prepareDigest, signViewChange } from '../../../../src/core/consensus/pbft-messages.ts'
import { runOf, seen, signObserved } from '../../../sim/consensus/aggregate-kit.ts'
import { rootWithEvidence, signOutcome } from '../../../sim/consensus/crypto.ts'
import { KEYS, contextOf as plainContextOf } from '../committee.ts'

export const GRACE_MS = 50
export const RESEND_MS = 10_000
export const VIEW_MS = 100_000
type Untimed<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export function termsOf(text = 'kind=median;max=10000;type=int32'): AggregateTerms {
  const agreement = parseAgreement('aggregate', text)
  assert(agreement.mode === 'aggregate')
  return {
    rule: agreement.rule,
    graceMs: GRACE_MS,
    domain: { chainId: 1, contract: `0x${'aa'.repeat(20)}` },
    fuelLimit: 1_000n,
    outputBytesMax: 32,
    weightOf: () => 1n,
  }
}

export const TERMS = termsOf()
export const CUSTOM = termsOf('kind=custom')

export function contextOf(seat: number): ConsensusContext {
  const timing = { viewMs: VIEW_MS, resendMs: RESEND_MS }
  return { ...plainContextOf(seat), rootOf: rootWithEvidence, timing }
}

export function observation(seat: number, observed: Observed = seen(10 * seat), terms = TERMS): Observation {
  return signObserved(contextOf(seat), terms, observed)
}

export function saying({ seat: _, signature, ...observed }: Observation): AggregateMessage {
  return { type: 'observation', observed, signature }
}

/** By the rules. */
export function reportOf(seats: readonly number[]): Proposal {
  return reportMadeOf(seats.map((seat) => observation(seat)))
}

export function reportMadeOf(observations: readonly Observation[]): Proposal {
  const { rule } = TERMS
  assert(rule.kind !== 'custom')
  return (
    reportOfObservations({ ...TERMS, rule, faults: 1, quorum: 3 }, observations) ?? assert.fail('a report')
  )
}

export function rootOf({ outcome }: Proposal) {
  return rootWithEvidence(outcome) ?? assert.fail('too large')
}

/** Of the leader of that view. */
export function propose(proposal: Proposal, view = 0): AggregateMessage {
  const signature = KEYS.sign(view % 4, prepareDigest(contextOf(view % 4), view, rootOf(proposal)))
  const justification =
    view === 0 ? [] : [1, 2, 3].map((seat) => signViewChange(contextOf(seat), view, undefined))
  return { type: 'propose', view, proposal, justification, signature }
}

/** One member, fed by hand. Seat 0 leads view 0. */
export class Hand {
  readonly context: ConsensusContext
  readonly #core
  #state: AggregateState
  readonly #told
  nowMs = 0

  constructor(seat: number, record?: AggregateRecord, terms = TERMS) {
    this.context = contextOf(seat)
    this.#core = aggregateCore(terms)
    const { state, effects } =
      record === undefined ? this.#core.open(this.context, 0) : this.#core.restore(this.context, record, 0)
    this.#state = state
    this.#told = [...effects]
  }

  feed(event: Untimed<ConsensusEvent<AggregateMessage>>): this {
    const { state, effects } = this.#core.step(this.context, this.#state, { ...event, nowMs: this.nowMs })
    this.#state = state
    this.#told.push(...effects)
    return this
  }

  hear(from: number, message: AggregateMessage): this {
    return this.feed({ type: 'message', from, message })
  }

  ran(observed = seen(10 * this.context.seat)): this {
    return this.feed({ type: 'executed', proposal: runOf(observed) })
  }

  tickAt(nowMs: number): this {
    this.nowMs = nowMs
    return this.feed({ type: 'tick' })
  }

  attests(proposal: Proposal): this {
    const { seat } = this.context
    const message = signOutcome(KEYS, seat, 0, proposal.outcome, rootOf(proposal))
    return this.feed({ type: 'attested', message })
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

  proposed(): Proposal {
    for (const effect of this.take())
      if (effect.type === 'send' && effect.message.type === 'propose') return effect.message.proposal
    return assert.fail('nothing was proposed')
  }

  wakeAtMs(): number | undefined {
    return this.#core.wakeAtMs(this.#state)
  }

  get state(): AggregateState {
    return this.#state
  }
}
