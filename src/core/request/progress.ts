/**
 * What a request calls for now: the effects of `settle`, asked for again with doubling delays until they show.
 *
 * Who does what when: a coordinator at once; a member that stands in after `standInMs`, later by `standInStepMs` for every
 * rank before its own, so that members do not race. Nothing here depends on a coordinator being honest or alive.
 * @module
 */
import { sameHex, toHex } from '../../crypto/bytes.ts'
import { guestSeed } from '../../crypto/seeds.ts'
import { CHALLENGE_ATTEMPT } from '../../protocol/limits.ts'
import type { Address, Fulfillment, RequestId, Snapshot } from '../../protocol/types.ts'
import { encodeBlsCertificate, wantsBls } from '../bls-certificate.ts'
import { encodeCertificate, type SeatSignature } from '../certificate.ts'
import type { SeatSeal } from '../consensus/core.ts'
import { NO_EVIDENCE } from './attestation.ts'
import type { Context, Effect, Finality, Proven, RequestState, Step } from './state.ts'
import { attemptOf, seedOf, windowOf } from './turn.ts'

/** Repeats double up to this many times. */
const DOUBLINGS_MAX = 4
/** A run that timed out is tried once more, on a machine less busy perhaps: a function that never ends costs no third. */
const RUNS_TIMED_OUT_MAX = 2
/** Expiry is nobody's hurry: members wait this many times longer before they stand in. */
const EXPIRY_PATIENCE = 5
/** A block of the slowest chains: what is sent later may be mined when its window is over. */
const COPYABLE_PROOF_MARGIN_MS_MAX = 12_000
/** Of a window that is short it is this part, or nothing would ever be sent. */
const COPYABLE_PROOF_MARGIN_PART = 4

/** Asks for whatever the state calls for at `nowMs`. */
export function settle(context: Context, state: RequestState, nowMs: number): Step {
  const draft = new Draft(context, state, nowMs)
  const { request, finality } = state
  const now = BigInt(Math.floor(nowMs / 1000))
  if (finality !== undefined) {
    untilFinal(draft, finality, now)
    return draft.step()
  }
  if (now > request.deadline) {
    const patienceMs = EXPIRY_PATIENCE * standInMs(context, state, 0)
    draft.ask('expire', { type: 'expire' }, Number(request.deadline + 1n) * 1000 + patienceMs)
    return draft.step()
  }
  const open = request.attempts.findIndex(({ opensAt, closesAt }) => opensAt <= now && now < closesAt)
  if (open >= 0) {
    askForRounds(draft, open, [0, open])
    takePart(draft, open)
    askToSubmit(draft, open)
  }
  return draft.step()
}

/** A certificate is on chain: a challenge is heard, and what is final is made so. */
function untilFinal(draft: Draft, finality: Finality, now: bigint): void {
  const { context, state } = draft
  const { certified, challenge, verdict, output } = finality
  // Undecided, it needs no output.
  const closing = challenge === undefined ? output : '0x'
  const finalAt = challenge?.closesAt ?? certified.certifiedAt + BigInt(state.request.challengeWindow)
  if (verdict !== undefined || now >= finalAt) {
    const dueMs = (verdict === undefined ? Number(finalAt) * 1000 : 0) + standInMs(context, state, 0)
    const final = { type: 'finalize', certified, output: verdict?.output ?? closing } as const
    draft.ask(`finalize:${verdict === undefined}`, final, dueMs)
    return
  }
  if (challenge === undefined || now < challenge.opensAt) return
  // Those who certified are left out: the round that drew them has to be known as well.
  askForRounds(draft, CHALLENGE_ATTEMPT, [0, certified.attempt, CHALLENGE_ATTEMPT])
  takePart(draft, CHALLENGE_ATTEMPT)
  askToSubmit(draft, CHALLENGE_ATTEMPT)
}

/** A step under construction: the only mutable thing here, and it never leaves `settle`. */
class Draft {
  readonly context: Context
  readonly nowMs: number
  state: RequestState
  readonly effects: Effect[] = []

  constructor(context: Context, state: RequestState, nowMs: number) {
    this.context = context
    this.state = state
    this.nowMs = nowMs
  }

  /** Adds an effect unless it is too early, or was asked for a short while ago. */
  ask(key: string, effect: Effect | (() => Effect), notBeforeMs = 0): boolean {
    if (this.nowMs < notBeforeMs) return false
    const before = this.state.asked.get(key)
    if (before !== undefined) {
      const waitMs = this.context.role.repeatMs * 2 ** Math.min(before.times - 1, DOUBLINGS_MAX)
      const waitedMs = this.nowMs - before.atMs
      // A clock that was set back must not make it wait until it has caught up.
      if (waitedMs >= 0 && waitedMs < waitMs) return false
    }
    const asked = new Map(this.state.asked).set(key, { atMs: this.nowMs, times: (before?.times ?? 0) + 1 })
    this.state = { ...this.state, asked }
    this.effects.push(typeof effect === 'function' ? effect() : effect)
    return true
  }

  step(): Step {
    return { state: this.state, effects: this.effects }
  }
}

/** The guest's world hangs on attempt 0's round in every attempt; the committee on the open attempt's own. */
function askForRounds(draft: Draft, open: number, wanted: readonly number[]): void {
  const { context, state } = draft
  for (const index of new Set(wanted)) {
    const window = windowOf(state, index)
    if (window === undefined || attemptOf(state, index)?.randomness !== undefined) continue
    // A certified request pays for no more rounds.
    const attempt = state.finality === undefined ? index : undefined
    const dueMs = Number(windowOf(state, open)?.opensAt ?? 0n) * 1000 + standInMs(context, state, open)
    draft.ask(`postRound:${open}:${window.round}`, { type: 'postRound', round: window.round, attempt }, dueMs)
  }
}

/** A member's own part: it joins its committee, runs the function when that is wanted, and shares what it attested. */
function takePart(draft: Draft, open: number): void {
  const { state, context } = draft
  const attempt = attemptOf(state, open)
  const window = windowOf(state, open)
  const self = context.role.attestor
  if (attempt?.committee === undefined || attempt.randomness === undefined || window === undefined) return
  if (self === undefined || state.declined) return
  const { committee } = attempt
  const place = committee.findIndex((attestor) => sameHex(attestor, self))
  if (place < 0) return
  const { round, closesAt } = window
  if (state.request.consensus === 'zk') {
    prove(draft, open, closesAt)
    return
  }
  const seed = seedOf(context, state.request, open, round, attempt.randomness)
  const weights = committee.map((attestor) => weightOf(context.snapshot, attestor))
  draft.ask(`join:${open}`, {
    type: 'join',
    seat: { attempt: open, round, committee, weights, place, seed, closesAt },
  })
  if (attempt.decision?.seals.some(({ seat }) => seat === place))
    draft.ask(`share:${open}`, { type: 'share', attempt: open })
  const randomness = state.attempts[0]?.randomness
  const first = state.request.attempts[0]
  if (!state.isRunWanted || state.execution !== undefined || state.runsTimedOut >= RUNS_TIMED_OUT_MAX) return
  if (randomness === undefined || first === undefined) return
  const run = { seed: guestSeed(state.id, randomness), firstRound: first.round, closesAt }
  draft.ask(`execute:${open}`, { type: 'execute', attempt: open, ...run })
}

/** The drawn prover's part, who submits at once: it is paid for its proof whoever does, and nobody else has it. */
function prove(draft: Draft, open: number, closesAt: bigint): void {
  const { proven, runsTimedOut, asked } = draft.state
  if (proven !== undefined) {
    if (!asked.has(`submit:${open}`) && wouldBeCopied(draft, open, proven)) return
    const output = toHex(proven.output)
    const common = { attempt: open, view: 0, exit: 0, fuelUsed: 0n, evidenceHash: NO_EVIDENCE }
    const fulfillment = { ...common, output, certificate: toHex(proven.proof) }
    draft.ask(`submit:${open}`, { type: 'submit', attempt: open, fulfillment })
  } else if (runsTimedOut < RUNS_TIMED_OUT_MAX) {
    draft.ask(`prove:${open}`, { type: 'prove', attempt: open, closesAt })
  }
}

/**
 * Whether the window may be over when the transaction is mined: it fails then, the proof in it is public, and whoever reads it may commit to
 * it as his own and be paid in the open turn (ZKP-11). One that binds its payee is of use to nobody else.
 */
function wouldBeCopied({ state, nowMs }: Draft, open: number, { isBound }: Proven): boolean {
  const window = windowOf(state, open)
  if (isBound || window === undefined) return false
  const [opensAtMs, closesAtMs] = [Number(window.opensAt) * 1000, Number(window.closesAt) * 1000]
  const part = (closesAtMs - opensAtMs) / COPYABLE_PROOF_MARGIN_PART
  return nowMs >= closesAtMs - Math.min(COPYABLE_PROOF_MARGIN_MS_MAX, part)
}

/** With a quorum for one root in one view: submit it, with every signature that came within the grace period. */
function askToSubmit(draft: Draft, open: number): void {
  const { context, state } = draft
  const attempt = attemptOf(state, open)
  if (attempt?.certifiedAtMs === undefined || attempt.decision === undefined) return
  const { outcome, seals, view } = attempt.decision
  const complete = seals.length === attempt.committee?.length
  const dueMs =
    attempt.certifiedAtMs + (complete ? 0 : context.role.graceMs) + standInMs(context, state, open)
  const { exit, fuelUsed, output, evidenceHash } = outcome
  // Adding signatures up takes longer than all the rest: only when it is due.
  const submit = (): Effect => {
    const certificate = wantsBls(state.request, context.bls)
      ? encodeBlsCertificate(sharesOf(seals), context.bls.aggregate)
      : encodeCertificate(seals)
    const common = { attempt: open, view, exit, fuelUsed, evidenceHash }
    return submission(state, open, { ...common, output: toHex(output), certificate })
  }
  draft.ask(`submit:${open}`, submit, dueMs)
}

/** Where certificates are aggregates no attestation counts without its share. */
function sharesOf(seals: readonly SeatSeal[]): readonly SeatSignature[] {
  return seals.flatMap(({ seat, share }) => (share === undefined ? [] : [{ seat, signature: share }]))
}

function submission(state: RequestState, attempt: number, fulfillment: Fulfillment): Effect {
  if (attempt !== CHALLENGE_ATTEMPT || state.finality === undefined)
    return { type: 'submit', attempt, fulfillment }
  return { type: 'resolve', certified: state.finality.certified, fulfillment }
}

/** How long this process waits before doing a coordinator's work. */
function standInMs(context: Context, state: RequestState, attempt: number): number {
  const { role, snapshot } = context
  const self = role.attestor
  if (self === undefined) return 0
  const committee = attemptOf(state, attempt)?.committee
  const seat = committee?.findIndex((attestor) => sameHex(attestor, self)) ?? -1
  const rank = seat >= 0 ? seat : rankOf(snapshot, self, state.id)
  return rank < 0 ? Number.POSITIVE_INFINITY : role.standInMs + rank * role.standInStepMs
}

/** Before there is a committee every node of the snapshot has a turn, another one first for every request. */
function rankOf(snapshot: Snapshot, attestor: Address, id: RequestId): number {
  const place = placesOf(snapshot).get(attestor.toLowerCase())
  if (place === undefined) return -1
  const count = snapshot.members.length
  return (place + Number(BigInt(id) % BigInt(count))) % count
}

function weightOf(snapshot: Snapshot, attestor: Address): bigint {
  const place = placesOf(snapshot).get(attestor.toLowerCase())
  return place === undefined ? 0n : (snapshot.members[place]?.weight ?? 0n)
}

/** A snapshot never changes, and its nodes are looked up at every tick of every request. */
const places = new WeakMap<Snapshot, ReadonlyMap<string, number>>()

function placesOf(snapshot: Snapshot): ReadonlyMap<string, number> {
  const known = places.get(snapshot)
  if (known !== undefined) return known
  const found = new Map(snapshot.members.map(({ attestor }, place) => [attestor.toLowerCase(), place]))
  places.set(snapshot, found)
  return found
}
