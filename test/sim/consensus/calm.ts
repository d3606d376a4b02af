/**
 * What a protocol costs where nothing goes wrong: a committee without faults, every message under way for the same time, everything
 * else done in none. Counted in messages, bytes and message delays; no clock of this machine is in it.
 */
import { aggregateCore } from '../../../src/core/consensus/aggregate/core.ts'
import type {
  ConsensusContext,
  ConsensusCore,
  ConsensusStep,
  Proposal,
} from '../../../src/core/consensus/core.ts'
import { exactCommit } from '../../../src/core/consensus/exact-commit.ts'
import { pbft } from '../../../src/core/consensus/pbft.ts'
import { faultsTolerated, quorumOf } from '../../../src/core/consensus/quorum.ts'
import { raft } from '../../../src/core/consensus/raft.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { aggregateKit, MEDIAN, runOf, seen } from './aggregate-kit.ts'
import { keysFor, leafDigest, REQUEST_ID, rootWithEvidence, signOutcome } from './crypto.ts'
import { Timeline } from './timeline.ts'

/** One message is under way for. */
const DELAY_MS = 1
/** Nothing is ever late, nor lost. */
const TIMING = { viewMs: 1_000_000, resendMs: 1_000 }
const GRACE_MS = 10
const SEED = 1
const KEYS = keysFor(SEED)
/** An election, a run and its agreement are over long before. */
const EVENTS_MAX = 1_000_000

export interface CalmCost {
  readonly messages: number
  readonly bytes: number
  /** From the last run that was waited for to the last member that is decided. */
  readonly delays: number
  /** Of messages, by their type. */
  readonly byType: Readonly<Record<string, number>>
}

export const CALM_MODES: Readonly<Record<string, (nodes: number) => CalmCost>> = {
  exact: (nodes) => calm(exactCommit({ graceMs: GRACE_MS }), quorumOf('exact', nodes), nodes, sameRun),
  pbft: (nodes) => calm(pbft, quorumOf('pbft', nodes), nodes, sameRun),
  aggregate: (nodes) => {
    const { terms } = aggregateKit(SEED, nodes)
    const core = aggregateCore({ ...terms, rule: MEDIAN, graceMs: GRACE_MS })
    return calm(core, quorumOf('aggregate', nodes), nodes, (seat) => runOf(seen(seat)))
  },
  raft: (nodes) => calm(raft, quorumOf('raft', nodes), nodes, sameRun),
}

/** 32 bytes of output, and no evidence. */
function sameRun(): Proposal {
  return runOf(seen(7))
}

function calm<State, Saved, Message extends { readonly type: string }>(
  core: ConsensusCore<State, Saved, Message>,
  quorum: number,
  nodes: number,
  run: (seat: number) => Proposal,
): CalmCost {
  const timeline = new Timeline()
  const states = new Map<number, State>()
  const decidedAtMs = new Map<number, number>()
  const byType: Record<string, number> = {}
  let [messages, bytes, ranAtMs] = [0, 0, 0]
  const contexts = Array.from({ length: nodes }, (_, seat) => contextOf(seat, nodes, quorum))

  const feed = (seat: number, event: Untimed<Parameters<typeof core.step>[2]>): void => {
    const [context, state] = [contexts[seat], states.get(seat)]
    if (context === undefined || state === undefined) throw new Error(`there is no seat ${seat}`)
    take(seat, core.step(context, state, { ...event, nowMs: timeline.nowMs }))
  }
  const soon = (seat: number, event: Untimed<Parameters<typeof core.step>[2]>): void =>
    timeline.later(0, () => feed(seat, event))
  const take = (seat: number, { state, effects }: ConsensusStep<State, Saved, Message>): void => {
    states.set(seat, state)
    for (const effect of effects) {
      if (effect.type === 'send') {
        const { to, message } = effect
        messages += to.length
        bytes += to.length * jsonBytes(message)
        byType[message.type] = (byType[message.type] ?? 0) + to.length
        for (const other of to)
          timeline.later(DELAY_MS, () => feed(other, { type: 'message', from: seat, message }))
      } else if (effect.type === 'execute') {
        ranAtMs = timeline.nowMs
        soon(seat, { type: 'executed', proposal: run(seat) })
      } else if (effect.type === 'validate') soon(seat, { type: 'validated', root: effect.root, valid: true })
      else if (effect.type === 'attest') {
        const { view, proposal } = effect
        const { outcome } = proposal
        const message = signOutcome(KEYS, seat, view, outcome, rootWithEvidence(outcome))
        soon(seat, { type: 'attested', message })
      } else if (effect.type === 'decided') decidedAtMs.set(seat, timeline.nowMs)
      else if (effect.type !== 'persist') throw new Error(`a committee without faults has no ${effect.type}`)
    }
    wake(seat, state)
  }
  const wake = (seat: number, state: State): void => {
    const atMs = core.wakeAtMs(state)
    if (atMs === undefined) return
    timeline.later(Math.max(0, atMs - timeline.nowMs), () => {
      // A later step has asked for another time, or for none.
      if (states.get(seat) === state) feed(seat, { type: 'tick' })
    })
  }

  for (const [seat, context] of contexts.entries()) take(seat, core.open(context, 0))
  while (timeline.next())
    if (timeline.events > EVENTS_MAX) throw new Error('a committee without faults does not come to an end')
  if (decidedAtMs.size < nodes) throw new Error(`only ${decidedAtMs.size} of ${nodes} members are decided`)
  return { messages, bytes, delays: (Math.max(...decidedAtMs.values()) - ranAtMs) / DELAY_MS, byType }
}

type Untimed<T> = T extends unknown ? Omit<T, 'nowMs'> : never

function contextOf(seat: number, nodes: number, quorum: number): ConsensusContext {
  return {
    instance: { requestId: REQUEST_ID, attempt: 0, round: 7n },
    committeeSize: nodes,
    quorum,
    faults: faultsTolerated(nodes),
    seat,
    timing: TIMING,
    leaderOf: (view) => view % nodes,
    sign: (digest) => KEYS.sign(seat, digest),
    verify: KEYS.verify,
    rootOf: rootWithEvidence,
    isBacked: ({ outcome, evidence }) => evidence.length === 0 && outcome.evidenceHash === NO_EVIDENCE,
    leafDigest,
  }
}

/** There is no codec yet: bytes as hexadecimal, numbers as digits, keys by name. */
function jsonBytes(message: unknown): number {
  return JSON.stringify(message, (_, value: unknown) =>
    value instanceof Uint8Array ? toHex(value) : typeof value === 'bigint' ? value.toString() : value,
  ).length
}
