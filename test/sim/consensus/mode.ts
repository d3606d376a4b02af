/** What the simulator must know of a consensus mode to run it. A mode is added by one entry of `modes.ts`. */
import type { Combined, ConsensusContext, ConsensusCore, Proposal } from '../../../src/core/consensus/core.ts'
import type { Outcome } from '../../../src/core/request/attestation.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import type { Keys } from './crypto.ts'
import type { Member, MemberHooks } from './member.ts'
import type { Oracles } from './oracles.ts'

/** A seat's occupant. */
export interface Actor<Message> {
  start(): void
  deliver(from: number, message: Message): void
}

/** What a faulty seat has: its own key, what it is sent, and the network. It cannot sign for another. */
export interface Line<Message> {
  /** As an honest member of its seat has it. */
  readonly context: ConsensusContext
  readonly keys: Pick<Keys, 'sign'>
  random(): number
  nowMs(): number
  later(delayMs: number, act: () => void): void
  send(to: number, message: Message): void
}

export interface Puppet<Message> extends Line<Message> {
  /** A member of its seat that keeps to the protocol, but for what the hooks change. */
  member(hooks?: MemberHooks<Message>): Member<unknown, unknown, Message>
}

export type Adversary<Message> = (puppet: Puppet<Message>) => Actor<Message>

export interface JudgedWorld {
  readonly oracles: Oracles
  readonly faulty: ReadonlySet<number>
  /** Of nobody in particular. */
  readonly context: ConsensusContext
}

export interface Judge<Message> {
  /** An honest member says it. */
  said(seat: number, message: Message): void
  /** Anybody sends it to anybody. */
  passed(message: Message): void
  /** An honest member is decided on it. */
  decided(outcome: Outcome): void
}

export interface Mode<State, Saved, Message> {
  readonly core: ConsensusCore<State, Saved, Message>
  readonly adversaries: Readonly<Record<string, Adversary<Message>>>
  quorumOf(committeeSize: number): number
  /** What an honest member's run gives, where the mode has its own idea of one. */
  honestRun?(seat: number): Proposal
  /** Where a report rests on evidence. */
  rootOf?(outcome: Outcome): Digest | undefined
  /** The function's own rule. */
  combine?(input: Uint8Array): Combined
  /** Watches one run for what this mode promises beside the others. */
  judge?(world: JudgedWorld): Judge<Message>
  /** Where seats only crash, and are honest until they do: how many may at once. */
  crashesOf?(committeeSize: number): number
  /** What a message votes for, when it is its sender's vote: at most one root a view. */
  voteIn(
    context: ConsensusContext,
    message: Message,
  ): { readonly view: number; readonly root: Digest } | undefined
  /** One line for a replay. */
  describe(context: ConsensusContext, message: Message): string
}
