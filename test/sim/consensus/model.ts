/**
 * Exhaustive search over the real pBFT core: four seats, one of them faulty, views 0 and 1.
 *
 * A state is what the three honest members know and have sent. From each state every next step is taken: a member's time
 * is over, it restarts from its record, or it is delivered messages: of the honest what was sent, of the faulty seat what
 * it could sign. Loss, delay, reordering and repetition are steps not taken, taken later, or again. Each state is visited once.
 *
 * What makes it finite and small, and why nothing is lost by it:
 * - Messages are a set, not a queue: whatever was sent can be delivered at any time.
 * - A delivery that has no effect yet (the second of three prepares) is put off until the one that has: a step delivers a
 *   set of one kind and view, and ends with its first effect. What is put off may always come that late.
 * - The faulty seat has no state: it can always do everything its key allows. It proposes, prepares, attests and reports
 *   every root there is, and as leader chooses from all quorums of view-changes. It brings two roots, each honest
 *   member's run another: rules compare roots, and know no more of them.
 * - Runs, verdicts and signatures come at once: one that is late is a message that is late. Verdicts are good: what is
 *   valid is the simulator's to watch, here it is agreement.
 * - Of quorums that prove the same one is taken: members check what is proven, not by whom.
 * - What a member knows is interned by what can matter later: not its timers, nor its counts of what failed.
 * Members' own steps depend on nothing but what they know and what can reach them, and are computed once each.
 */
import type {
  ConsensusContext,
  ConsensusEvent,
  ConsensusStep,
  Proposal,
} from '../../../src/core/consensus/core.ts'
import type { PbftCore } from '../../../src/core/consensus/pbft.ts'
import {
  type PbftMessage,
  type PreparedCertificate,
  prepareDigest,
  signViewChange,
  type ViewChange,
} from '../../../src/core/consensus/pbft-messages.ts'
import type { PbftRecord, PbftState } from '../../../src/core/consensus/pbft-state.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import { isBacked, keysFor, leafDigest, proposalOf, REQUEST_ID, rootOf, signOutcome } from './crypto.ts'
import { Violation } from './oracles.ts'

const SEATS = 4
const QUORUM = 3
const FAULTS = 1
const VIEWS = [0, 1] as const
const VIEW_MS = 1_000
/** Never: what was sent stays to be delivered. */
const RESEND_MS = 1e15
const KEYS = keysFor(1)

export interface SearchOptions {
  readonly core: PbftCore
  /** Seat 0 leads view 0, seat 1 view 1. */
  readonly faultySeat: number
  /** Members lose power, at any time. */
  readonly restarts: boolean
  /** Attestations are delivered too. Who is decided only stops, and agreement is looked at where attestations are signed. */
  readonly decisions: boolean
  readonly statesMax: number
}

export interface SearchResult {
  readonly violation: Violation | undefined
  readonly states: number
  /** Whether every state there is was visited. */
  readonly isComplete: boolean
  /** Roots that were certified in some state. */
  readonly certified: ReadonlySet<string>
  /** Different things one member may know. */
  readonly locals: number
}

/** What one member knows and has said. */
interface Local {
  readonly id: number
  readonly seat: number
  readonly state: PbftState
  /** By what they say. */
  readonly sent: ReadonlyMap<string, PbftMessage>
  /** `view:root` of what it attested. */
  readonly attested: readonly string[]
  /** What became wrong on the way here. */
  readonly violation: Violation | undefined
}

export function search(options: SearchOptions): SearchResult {
  return new Search(options).run()
}

class Search {
  readonly #options: SearchOptions
  readonly #honest: readonly number[]
  readonly #locals: Local[] = []
  readonly #localIds = new Map<string, number>()
  readonly #successors = new Map<string, readonly number[]>()
  /** What a delivery makes of a member; undefined when it is no step. */
  readonly #delivered = new Map<string, number | undefined>()
  readonly #certified = new Set<string>()

  constructor(options: SearchOptions) {
    this.#options = options
    this.#honest = [0, 1, 2, 3].filter((seat) => seat !== options.faultySeat)
  }

  run(): SearchResult {
    const first = this.#honest.map((seat) => this.#open(seat))
    const seen = new Set([first.join()])
    const stack: (readonly number[])[] = [first]
    const { statesMax } = this.#options
    let violation: Violation | undefined
    for (let at = stack.pop(); at !== undefined && violation === undefined; at = stack.pop()) {
      if (seen.size >= statesMax) break
      violation = this.#check(at)
      for (const [place] of at.entries()) {
        for (const next of this.#next(at, place)) {
          const state = at.with(place, next)
          const key = state.join()
          if (seen.has(key)) continue
          seen.add(key)
          stack.push(state)
        }
      }
    }
    return {
      violation,
      states: seen.size,
      isComplete: stack.length === 0 && seen.size < statesMax,
      certified: this.#certified,
      locals: this.#locals.length,
    }
  }

  #local(id: number | undefined): Local {
    const local = id === undefined ? undefined : this.#locals[id]
    if (local === undefined) throw new Error('a state names a member nobody has seen')
    return local
  }

  /** Agreement, with every attestation that the faulty seat could add; and what went wrong within a member. */
  #check(at: readonly number[]): Violation | undefined {
    const signers = new Map<string, number>()
    for (const id of at) {
      const { violation, attested } = this.#local(id)
      if (violation !== undefined) return violation
      for (const place of attested) signers.set(place, (signers.get(place) ?? 0) + 1)
    }
    const roots = new Set(
      [...signers].filter(([, count]) => count + FAULTS >= QUORUM).map(([place]) => place.slice(2)),
    )
    for (const root of roots) this.#certified.add(root)
    return roots.size > 1 ? new Violation('agreement', [...roots].join(' beside ')) : undefined
  }

  #next(at: readonly number[], place: number): readonly number[] {
    const local = this.#local(at[place])
    const others = at.flatMap((id, i) => (i === place ? [] : [this.#local(id)]))
    const key = `${local.id}|${others.map(({ sent }) => [...sent.keys()].sort().join()).join('|')}`
    const known = this.#successors.get(key)
    if (known !== undefined) return known
    const found = [...this.#stepsOf(local, others)]
    this.#successors.set(key, found)
    return found
  }

  // ---- one member

  #contextOf(seat: number): ConsensusContext {
    return {
      instance: { requestId: REQUEST_ID, attempt: 0, round: 7n },
      committeeSize: SEATS,
      quorum: QUORUM,
      faults: FAULTS,
      seat,
      timing: { viewMs: VIEW_MS, resendMs: RESEND_MS },
      leaderOf: (view) => view % SEATS,
      sign: (digest) => KEYS.sign(seat, digest),
      verify: KEYS.verify,
      rootOf,
      isBacked,
      leafDigest,
    }
  }

  #open(seat: number): number {
    const step = this.#options.core.open(this.#contextOf(seat), 0)
    const nobody = { id: -1, seat, state: step.state, sent: new Map(), attested: [], violation: undefined }
    return this.#perform(nobody, step, 0).id
  }

  *#stepsOf(local: Local, others: readonly Local[]): Iterable<number> {
    const { record, timerAtMs } = local.state
    if (record.view === 0 && record.decision === undefined && timerAtMs !== undefined)
      yield this.#feed(local, [{ type: 'tick', nowMs: VIEW_MS }])?.id ?? local.id
    if (this.#options.restarts) {
      const step = this.#options.core.restore(this.#contextOf(local.seat), record, 0)
      yield this.#perform({ ...local, state: step.state }, step, 0).id
    }
    for (const chosen of this.#deliveries(local, others)) {
      const key = `${local.id}|${chosen.map(([from, message]) => nameWithProof(from, message)).join()}`
      if (!this.#delivered.has(key)) this.#delivered.set(key, this.#deliver(local, chosen)?.id)
      const next = this.#delivered.get(key)
      if (next !== undefined) yield next
    }
  }

  /** Undefined unless all that is delivered is needed for its effect. */
  #deliver(local: Local, chosen: readonly (readonly [number, PbftMessage])[]): Local | undefined {
    const events = chosen.map(
      ([from, message]): ConsensusEvent<PbftMessage> => ({ type: 'message', from, message, nowMs: 0 }),
    )
    const fewer = events.length < 2 ? [] : events.map((_, i) => events.filter((_event, j) => j !== i))
    return fewer.some((some) => this.#hasEffect(local, some)) ? undefined : this.#feed(local, events)
  }

  #hasEffect(local: Local, events: readonly ConsensusEvent<PbftMessage>[]): boolean {
    let { state } = local
    return events.some((event) => {
      const step = this.#options.core.step(this.#contextOf(local.seat), state, event)
      state = step.state
      return step.effects.length > 0
    })
  }

  /** The member after the events, if the last of them, and none before, has an effect. */
  #feed(local: Local, events: readonly ConsensusEvent<PbftMessage>[]): Local | undefined {
    let { state } = local
    for (const [i, event] of events.entries()) {
      const step = this.#options.core.step(this.#contextOf(local.seat), state, event)
      const hasEffect = step.effects.length > 0
      if (hasEffect !== (i === events.length - 1)) return undefined
      if (hasEffect) return this.#perform({ ...local, state: step.state }, step, event.nowMs)
      state = step.state
    }
    return undefined
  }

  /** Performs effects until none is left, and interns what the member then is. */
  #perform(
    local: Local,
    first: Pick<ConsensusStep<PbftState, PbftRecord, PbftMessage>, 'state' | 'effects'>,
    nowMs: number,
  ): Local {
    const { seat } = local
    const { core } = this.#options
    const sent = new Map(local.sent)
    const attested = new Set(local.attested)
    let { violation } = local
    let { state } = first
    const effects = [...first.effects]
    const answer = (event: ConsensusEvent<PbftMessage>): void => {
      const step = core.step(this.#contextOf(seat), state, event)
      state = step.state
      effects.push(...step.effects)
    }
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      if (effect.type === 'send') {
        const { message } = effect
        const name = nameOf(seat, message)
        const [kind, view] = name.split(' ')
        const other = [...sent.keys()].find((key) => key !== name && key.startsWith(`${kind} ${view} `))
        if (other !== undefined && (message.type === 'prepare' || message.type === 'propose'))
          violation ??= new Violation('one-vote', `${other} and ${name} of seat ${seat}`)
        if (message.type !== 'decision') sent.set(name, message)
      } else if (effect.type === 'execute') {
        answer({ type: 'executed', proposal: proposalOf('good', seat, 0), nowMs })
      } else if (effect.type === 'validate') {
        answer({ type: 'validated', root: effect.root, valid: true, nowMs })
      } else if (effect.type === 'attest') {
        const place = `${effect.view}:${rootOf(effect.proposal.outcome)}`
        const other = [...attested].find((known) => known !== place && known.slice(0, 2) >= place.slice(0, 2))
        if (other !== undefined)
          violation ??= new Violation('slashable', `${other} and ${place} of seat ${seat}`)
        attested.add(place)
        answer({
          type: 'attested',
          message: signOutcome(KEYS, seat, effect.view, effect.proposal.outcome),
          nowMs,
        })
      } else if (effect.type === 'evidence' && effect.seat !== this.#options.faultySeat) {
        violation ??= new Violation('slashable', `seat ${seat} convicts honest seat ${effect.seat}`)
      }
    }
    return this.#intern({ ...local, state, sent, attested: [...attested].sort(), violation })
  }

  #intern(local: Omit<Local, 'id'>): Local {
    const key = keyOf(local)
    const known = this.#localIds.get(key)
    if (known !== undefined) return this.#local(known)
    const id = this.#locals.length
    this.#localIds.set(key, id)
    this.#locals.push({ ...local, id })
    return this.#local(id)
  }

  // ---- what can reach it

  *#deliveries(
    local: Local,
    others: readonly Local[],
  ): Iterable<readonly (readonly [number, PbftMessage])[]> {
    const byKind = new Map<string, Map<number, PbftMessage[]>>()
    const offer = (from: number, message: PbftMessage): void => {
      const kind = `${message.type} ${viewOf(message)}`
      const senders = byKind.get(kind) ?? new Map<number, PbftMessage[]>()
      byKind.set(kind, senders)
      senders.set(from, [...(senders.get(from) ?? []), message])
    }
    for (const other of others) for (const message of other.sent.values()) offer(other.seat, message)
    for (const message of this.#forged([local, ...others])) offer(this.#options.faultySeat, message)
    for (const [kind, senders] of byKind) {
      if (kind.startsWith('attestation') && !this.#options.decisions) continue
      yield* choices([...senders])
    }
  }

  /** Everything the faulty seat can say that could count. */
  #forged(honest: readonly Local[]): readonly PbftMessage[] {
    const seat = this.#options.faultySeat
    const context = this.#contextOf(seat)
    const proposals = seat < VIEWS.length ? [1, 2].map((run) => proposalOf('good', seat, run)) : []
    for (const { sent } of honest)
      for (const message of sent.values())
        if (
          message.type === 'propose' &&
          !proposals.some((known) => rootOf(known.outcome) === rootOf(message.proposal.outcome))
        )
          proposals.push(message.proposal)
    const certificates = proposals.flatMap((proposal) => this.#certificateOf(proposal, honest))
    const changes: readonly { readonly change: ViewChange; readonly proposal: Proposal | undefined }[] = [
      { change: signViewChange(context, 1, undefined), proposal: undefined },
      ...certificates.map(({ certificate, proposal }) => ({
        change: signViewChange(context, 1, certificate),
        proposal,
      })),
    ]
    const said: PbftMessage[] = changes.map((change) => ({ type: 'viewChange', ...change }))
    for (const proposal of proposals) {
      const root = rootOf(proposal.outcome) ?? '0x'
      for (const view of VIEWS) {
        const signature = context.sign(prepareDigest(context, view, root))
        said.push({ type: 'prepare', view, root, signature })
        said.push({ type: 'attestation', message: signOutcome(KEYS, seat, view, proposal.outcome) })
        if (view % SEATS !== seat) continue
        for (const justification of view === 0
          ? [[]]
          : this.#justifications(
              changes.map(({ change }) => change),
              honest,
            ))
          said.push({ type: 'propose', view, proposal, justification, signature })
      }
    }
    return said
  }

  /** Q view-changes of different seats: every choice there is. */
  #justifications(own: readonly ViewChange[], honest: readonly Local[]): readonly (readonly ViewChange[])[] {
    const senders = new Map<number, readonly ViewChange[]>([[this.#options.faultySeat, own]])
    for (const { seat, sent } of honest)
      for (const message of sent.values())
        if (message.type === 'viewChange' && message.change.view === 1)
          senders.set(seat, [...(senders.get(seat) ?? []), message.change])
    return [...choices([...senders])]
      .filter((chosen) => chosen.length === QUORUM)
      .map((chosen) => chosen.map(([, change]) => change).sort((a, b) => a.seat - b.seat))
  }

  /** With its own signature and those that were sent, if they are a quorum. */
  #certificateOf(
    proposal: Proposal,
    honest: readonly Local[],
  ): readonly { readonly certificate: PreparedCertificate; readonly proposal: Proposal }[] {
    const root = rootOf(proposal.outcome) ?? '0x'
    const seat = this.#options.faultySeat
    const signatures = [{ seat, signature: KEYS.sign(seat, prepareDigest(this.#contextOf(seat), 0, root)) }]
    for (const { seat: other, sent } of honest)
      for (const message of sent.values())
        if (isVoteFor(message, root)) signatures.push({ seat: other, signature: message.signature })
    const chosen = signatures.slice(0, QUORUM).sort((a, b) => a.seat - b.seat)
    return chosen.length === QUORUM ? [{ certificate: { view: 0, root, signatures: chosen }, proposal }] : []
  }
}

function isVoteFor(
  message: PbftMessage,
  root: Digest,
): message is Extract<PbftMessage, { signature: `0x${string}` }> {
  if (message.type === 'prepare') return message.view === 0 && message.root === root
  return message.type === 'propose' && message.view === 0 && rootOf(message.proposal.outcome) === root
}

/** One message of each of one, two or three of the senders. */
function* choices<T>(
  senders: readonly (readonly [number, readonly T[]])[],
): Iterable<readonly (readonly [number, T])[]> {
  const [first, ...rest] = senders
  if (first === undefined) return
  const [from, messages] = first
  for (const message of messages) yield [[from, message]]
  for (const chosen of choices(rest)) {
    yield chosen
    if (chosen.length < QUORUM) for (const message of messages) yield [[from, message], ...chosen]
  }
}

function viewOf(message: PbftMessage): number {
  if (message.type === 'viewChange') return message.change.view
  if (message.type === 'attestation') return message.message.view
  return message.type === 'decision' ? message.decision.view : message.view
}

/** What a message says, whatever proves it. */
function nameOf(seat: number, message: PbftMessage): string {
  const prepared = message.type === 'viewChange' ? message.change.prepared : undefined
  const root = ((): string | undefined => {
    if (message.type === 'propose') return rootOf(message.proposal.outcome)
    if (message.type === 'prepare') return message.root
    if (message.type === 'attestation') return rootOf(message.message)
    return prepared === undefined ? 'nothing' : `${prepared.view}:${prepared.root}`
  })()
  const kind = message.type === 'propose' || message.type === 'prepare' ? 'vote' : message.type
  return `${kind} ${viewOf(message)} ${root} ${message.type} ${seat}`
}

function nameWithProof(seat: number, message: PbftMessage): string {
  if (message.type !== 'propose') return nameOf(seat, message)
  const proof = message.justification.map((change) => `${change.seat}:${change.prepared?.root}`)
  return `${nameOf(seat, message)} by ${proof.join()}`
}

/** What can matter later. */
function keyOf({ seat, state, sent, attested, violation }: Omit<Local, 'id'>): string {
  const { record, prepares, changes, attestations } = state
  const { view, accepted, hasVoted, prepared, decision } = record
  const kept = [...prepares]
    .filter(([, prepare]) => prepare.view >= view)
    .map(([from, prepare]) => `${from} ${prepare.view} ${prepare.root}`)
    .sort()
  const asked = [...changes]
    .filter(([, { change }]) => accepted === undefined || change.view > view)
    .map(([from, { change }]) => `${from} ${change.view} ${change.prepared?.root}`)
    .sort()
  const heard = [...attestations.bySeat]
    .map(([from, list]) => `${from} ${list.map(({ message, root }) => `${message.view}:${root}`).join()}`)
    .sort()
  return JSON.stringify([
    seat,
    view,
    accepted?.root,
    hasVoted,
    prepared?.certificate.view,
    prepared?.certificate.root,
    decision?.view,
    decision?.root,
    kept,
    asked,
    heard,
    [...attestations.caught],
    [...sent.keys()].sort(),
    attested,
    violation?.message,
  ])
}
