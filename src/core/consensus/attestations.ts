/**
 * The attestations of one instance, over all its views: what makes a report final, and what convicts a seat.
 *
 * A seat may attest in many views, each time anew: only two roots in *one* view are equivocation. Of every seat the
 * attestations of its newest views are kept, the first root of each, so that what a faulty seat can make a member keep
 * is bounded. A decision is checked by itself: an equivocator's first signature here never outweighs another's there.
 * @module
 */
import type { Digest } from '../../protocol/types.ts'
import type { Outcome, SignedOutcome } from '../request/attestation.ts'
import type { ConsensusContext, Decision, SeatSeal } from './core.ts'

/** Views of a seat whose attestations are kept, each with an output of up to 32 kB. Honest seats repeat their newest one only. */
export const ATTESTED_VIEWS_MAX = 4

export interface Attested {
  readonly message: SignedOutcome
  readonly root: Digest
}

export interface Attestations {
  /** By seat; in ascending order of view, one each. */
  readonly bySeat: ReadonlyMap<number, readonly Attested[]>
  /** Seats that were caught attesting two roots in one view. */
  readonly caught: ReadonlySet<number>
}

export const NO_ATTESTATIONS: Attestations = { bySeat: new Map(), caught: new Set() }

/** Where a seat may attest once. Two roots in one such place are equivocation. */
export type PlaceOf = (message: SignedOutcome) => number

export const placeOf: PlaceOf = ({ view }) => view

export type Counted = { readonly type: 'invalid' } | Kept

export type Kept =
  /** Known already, or older than what is kept. */
  | { readonly type: 'known' }
  | { readonly type: 'counted'; readonly attestations: Attestations }
  | {
      readonly type: 'equivocation'
      readonly attestations: Attestations
      readonly first: SignedOutcome
      readonly second: SignedOutcome
    }

/** Counts what a seat attested, after checking its signature. What is known costs no check. */
export function countAttestation(
  context: ConsensusContext,
  attestations: Attestations,
  seat: number,
  message: SignedOutcome,
  place: PlaceOf = placeOf,
): Counted {
  if (!isOf(context, message)) return { type: 'invalid' }
  const first = firstIn(attestations, seat, message, place)
  if (first !== undefined && (attestations.caught.has(seat) || first.message.signature === message.signature))
    return { type: 'known' }
  const root = context.rootOf(message)
  if (root === undefined) return { type: 'invalid' }
  const kept = keepAttestation(attestations, seat, { message, root }, place)
  if (kept.type === 'known') return kept
  return isSealed(context, message.view, root, { ...message, seat }) ? kept : { type: 'invalid' }
}

/** Keeps what a seat attested, with a signature that somebody has checked or will. */
export function keepAttestation(
  attestations: Attestations,
  seat: number,
  attested: Attested,
  place: PlaceOf = placeOf,
): Kept {
  const { message, root } = attested
  const { bySeat, caught } = attestations
  const kept = bySeat.get(seat) ?? []
  const first = firstIn(attestations, seat, message, place)
  if (first?.root === root) return { type: 'known' }
  if (first !== undefined) {
    if (caught.has(seat)) return { type: 'known' }
    const convicted = { bySeat, caught: new Set(caught).add(seat) }
    return { type: 'equivocation', attestations: convicted, first: first.message, second: message }
  }
  const oldest = kept[0]
  if (kept.length >= ATTESTED_VIEWS_MAX && oldest && message.view < oldest.message.view)
    return { type: 'known' }
  const views = [...kept, attested].sort((a, b) => a.message.view - b.message.view)
  return {
    type: 'counted',
    attestations: { bySeat: new Map(bySeat).set(seat, views.slice(-ATTESTED_VIEWS_MAX)), caught },
  }
}

/** What a seat attested in this message's place before. */
function firstIn(
  { bySeat }: Attestations,
  seat: number,
  message: SignedOutcome,
  place: PlaceOf,
): Attested | undefined {
  return bySeat.get(seat)?.find((known) => place(known.message) === place(message))
}

/** What a quorum attested in this view, if one did: every seal of it so far. */
export function decisionIn(
  { quorum }: Pick<ConsensusContext, 'quorum'>,
  attestations: Attestations,
  view: number,
): Decision | undefined {
  const sealed = new Map<Digest, { readonly outcome: Outcome; readonly seals: SeatSeal[] }>()
  for (const [seat, kept] of attestations.bySeat) {
    const known = kept.find(({ message }) => message.view === view)
    if (known === undefined) continue
    const { message, root } = known
    const of = sealed.get(root) ?? { outcome: outcomeOf(message), seals: [] }
    of.seals.push(sealOf(seat, message))
    sealed.set(root, of)
  }
  for (const [root, { outcome, seals }] of sealed) {
    if (seals.length >= quorum) return { view, root, outcome, seals: seals.sort((a, b) => a.seat - b.seat) }
  }
  return undefined
}

/** Whether another's decision is one: a quorum of seats in ascending order, each with a signature that passes. */
export function isDecision(context: ConsensusContext, decision: Decision): boolean {
  const { view, root, outcome, seals } = decision
  if (seals.length < context.quorum || seals.length > context.committeeSize) return false
  if (!areSeats(context, seals) || context.rootOf(outcome) !== root) return false
  return seals.every((seal) => isSealed(context, view, root, seal))
}

/** The decision with the seals that have come in since. */
export function withSeals(decision: Decision, attestations: Attestations): Decision {
  const { view, root } = decision
  const known = new Set(decision.seals.map(({ seat }) => seat))
  const more = [...attestations.bySeat].flatMap(([seat, kept]) =>
    kept.flatMap(({ message, root: its }) =>
      message.view === view && its === root && !known.has(seat) ? [sealOf(seat, message)] : [],
    ),
  )
  if (more.length === 0) return decision
  return { ...decision, seals: [...decision.seals, ...more].sort((a, b) => a.seat - b.seat) }
}

/** The attestations a decision is made of, as the seats themselves sent them. */
export function attestationsIn(
  { instance: { requestId, attempt } }: ConsensusContext,
  { view, outcome, seals }: Decision,
): readonly { readonly seat: number; readonly message: SignedOutcome }[] {
  return seals.map(({ seat, signature, share }) => ({
    seat,
    message: {
      ...outcome,
      requestId,
      attempt,
      view,
      signature,
      ...(share === undefined ? {} : { share }),
    },
  }))
}

/** In ascending order, each once, all of the committee. */
export function areSeats(context: ConsensusContext, list: readonly { readonly seat: number }[]): boolean {
  return list.every(
    ({ seat }, i) =>
      Number.isSafeInteger(seat) && seat > (list[i - 1]?.seat ?? -1) && seat < context.committeeSize,
  )
}

function isOf({ instance }: ConsensusContext, message: SignedOutcome): boolean {
  return message.requestId === instance.requestId && message.attempt === instance.attempt
}

function isSealed(context: ConsensusContext, view: number, root: Digest, seal: SeatSeal): boolean {
  const digest = context.leafDigest(view, root)
  if (!context.verify(seal.seat, digest, seal.signature)) return false
  return context.verifyShare?.(seal.seat, digest, seal.share) ?? true
}

function sealOf(seat: number, { signature, share }: SignedOutcome): SeatSeal {
  return share === undefined ? { seat, signature } : { seat, signature, share }
}

function outcomeOf({ exit, fuelUsed, output, evidenceHash }: SignedOutcome): Outcome {
  return { exit, fuelUsed, output, evidenceHash }
}
