/** What a faulty seat of pBFT can sign: anything, with its own key. */
import type { ConsensusContext, Proposal } from '../../../../../src/core/consensus/core.ts'
import {
  type PbftMessage,
  type PreparedCertificate,
  prepareDigest,
  signViewChange,
  type ViewChange,
} from '../../../../../src/core/consensus/pbft-messages.ts'
import type { Outcome } from '../../../../../src/core/request/attestation.ts'
import type { Digest } from '../../../../../src/protocol/types.ts'
import { REQUEST_ID } from '../../crypto.ts'
import type { Line } from '../../mode.ts'

export function prepareOf({ context }: Line<PbftMessage>, view: number, root: Digest): PbftMessage {
  return { type: 'prepare', view, root, signature: context.sign(prepareDigest(context, view, root)) }
}

export function proposeOf(
  { context }: Line<PbftMessage>,
  view: number,
  proposal: Proposal,
  justification: readonly ViewChange[],
): PbftMessage {
  const root = context.rootOf(proposal.outcome) ?? `0x${'00'.repeat(32)}`
  const signature = context.sign(prepareDigest(context, view, root))
  return { type: 'propose', view, proposal, justification, signature }
}

export function attestationOf(
  { context, keys }: Line<PbftMessage>,
  view: number,
  outcome: Outcome,
): PbftMessage {
  const root = context.rootOf(outcome) ?? `0x${'00'.repeat(32)}`
  const signature = keys.sign(context.seat, context.leafDigest(view, root))
  return { type: 'attestation', message: { ...outcome, requestId: REQUEST_ID, attempt: 0, view, signature } }
}

export function viewChangeOf(
  { context }: Line<PbftMessage>,
  view: number,
  prepared?: PreparedCertificate,
  proposal?: Proposal,
): PbftMessage {
  return { type: 'viewChange', change: signViewChange(context, view, prepared), proposal }
}

/** Every seat but its own. */
export function others({ context }: Pick<Line<PbftMessage>, 'context'>): readonly number[] {
  return Array.from({ length: context.committeeSize }, (_, seat) => seat).filter(
    (seat) => seat !== context.seat,
  )
}

/** The root a message is about, its view, and its outcome when it holds one. */
export function subjectOf(
  { rootOf }: Pick<ConsensusContext, 'rootOf'>,
  message: PbftMessage,
): {
  readonly view: number
  readonly root: Digest | undefined
  readonly outcome: Outcome | undefined
} {
  switch (message.type) {
    case 'propose':
      return { view: message.view, root: rootOf(message.proposal.outcome), outcome: message.proposal.outcome }
    case 'prepare':
      return { view: message.view, root: message.root, outcome: undefined }
    case 'viewChange':
      return {
        view: message.change.view,
        root: message.change.prepared?.root,
        outcome: message.proposal?.outcome,
      }
    case 'attestation':
      return { view: message.message.view, root: rootOf(message.message), outcome: message.message }
    case 'decision':
      return { view: message.decision.view, root: message.decision.root, outcome: message.decision.outcome }
  }
}

/** The view-changes to each view that were heard, by seat: what a faulty leader may choose from. */
export class HeardChanges {
  readonly #byView = new Map<number, Map<number, ViewChange>>()

  keep(message: PbftMessage): void {
    if (message.type === 'viewChange') this.#add(message.change)
    if (message.type === 'propose') for (const change of message.justification) this.#add(change)
  }

  of(view: number): readonly ViewChange[] {
    return [...(this.#byView.get(view)?.values() ?? [])]
  }

  #add(change: ViewChange): void {
    const changes = this.#byView.get(change.view) ?? new Map<number, ViewChange>()
    this.#byView.set(change.view, changes.set(change.seat, change))
  }
}
