/** A committee of pBFT members in one process, for tests that deliver every message by hand. */
import type { ConsensusContext, ConsensusEvent, Proposal } from '../../../src/core/consensus/core.ts'
import { pbft } from '../../../src/core/consensus/pbft.ts'
import {
  type PbftMessage,
  type Prepare,
  type Propose,
  prepareDigest,
  signViewChange,
  type ViewChange,
} from '../../../src/core/consensus/pbft-messages.ts'
import type { PbftEffect, PbftRecord, PbftState } from '../../../src/core/consensus/pbft-state.ts'
import { faultsTolerated, quorumOf } from '../../../src/core/consensus/quorum.ts'
import type { SignedOutcome } from '../../../src/core/request/attestation.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import {
  isBacked,
  keysFor,
  leafDigest,
  proposalOf,
  REQUEST_ID,
  rootOf,
  signOutcome,
} from '../../sim/consensus/crypto.ts'

export const KEYS = keysFor(1)
export const VIEW_MS = 1_000
export const RESEND_MS = 10_000

/** Seat 0 leads view 0. */
export function contextOf(seat: number, committeeSize = 4): ConsensusContext {
  return {
    instance: { requestId: REQUEST_ID, attempt: 0, round: 7n },
    committeeSize,
    quorum: quorumOf('pbft', committeeSize),
    faults: faultsTolerated(committeeSize),
    seat,
    timing: { viewMs: VIEW_MS, resendMs: RESEND_MS },
    leaderOf: (view) => view % committeeSize,
    sign: (digest) => KEYS.sign(seat, digest),
    verify: KEYS.verify,
    rootOf,
    isBacked,
    leafDigest,
  }
}

export const A = proposalOf('good', 0, 1)
export const B = proposalOf('good', 1, 2)

export function root(proposal: Proposal): Digest {
  const digest = rootOf(proposal.outcome)
  if (digest === undefined) throw new Error('too large')
  return digest
}

export function prepare(seat: number, view: number, proposal: Proposal): Prepare {
  const signature = KEYS.sign(seat, prepareDigest(contextOf(seat), view, root(proposal)))
  return { type: 'prepare', view, root: root(proposal), signature }
}

export function propose(
  view: number,
  proposal: Proposal,
  justification: readonly ViewChange[] = [],
): Propose {
  const { signature } = prepare(view % 4, view, proposal)
  return { type: 'propose', view, proposal, justification, signature }
}

export function certificate(view: number, proposal: Proposal, seats: readonly number[] = [0, 1, 2]) {
  const signatures = seats.map((seat) => ({ seat, signature: prepare(seat, view, proposal).signature }))
  return { view, root: root(proposal), signatures }
}

export function viewChange(
  seat: number,
  view: number,
  prepared?: ReturnType<typeof certificate>,
): ViewChange {
  return signViewChange(contextOf(seat), view, prepared)
}

export function viewChangeMessage(
  seat: number,
  view: number,
  prepared?: { readonly view: number; readonly proposal: Proposal },
): PbftMessage {
  const change = viewChange(seat, view, prepared && certificate(prepared.view, prepared.proposal))
  return { type: 'viewChange', change, proposal: prepared?.proposal }
}

export function attestation(seat: number, view: number, proposal: Proposal): SignedOutcome {
  return signOutcome(KEYS, seat, view, proposal.outcome)
}

type Untimed<T> = T extends unknown ? Omit<T, 'nowMs'> : never

/** One member, fed by hand. Keeps every effect since the last look. */
export class Hand {
  readonly context: ConsensusContext
  state: PbftState
  nowMs = 0
  #effects: PbftEffect[]

  constructor(seat: number, record?: PbftRecord, context = contextOf(seat)) {
    this.context = context
    const { state, effects } =
      record === undefined ? pbft.open(this.context, 0) : pbft.restore(this.context, record, 0)
    this.state = state
    this.#effects = [...effects]
  }

  feed(event: Untimed<ConsensusEvent<PbftMessage>>): this {
    const { state, effects } = pbft.step(this.context, this.state, { ...event, nowMs: this.nowMs })
    this.state = state
    this.#effects.push(...effects)
    return this
  }

  hear(from: number, message: PbftMessage): this {
    return this.feed({ type: 'message', from, message })
  }

  attested(view: number, proposal: Proposal): this {
    return this.feed({ type: 'attested', message: attestation(this.context.seat, view, proposal) })
  }

  tickAt(nowMs: number): this {
    this.nowMs = nowMs
    return this.feed({ type: 'tick' })
  }

  /** The effects since the last call. */
  take(): readonly PbftEffect[] {
    const taken = this.#effects
    this.#effects = []
    return taken
  }

  /** Their kinds: `persist`, `attest`, `send prepare`, … */
  takeKinds(): readonly string[] {
    return this.take().map((effect) => (effect.type === 'send' ? `send ${effect.message.type}` : effect.type))
  }
}
