/** What the simulator must know of a consensus mode to run it. A mode is added by one entry of `modes.ts`. */
import type { ConsensusContext, ConsensusCore, Proposal } from '../../../src/core/consensus/core.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import type { Keys } from './crypto.ts'
import type { Member, MemberHooks } from './member.ts'

/** A seat's occupant. */
export interface Actor<Message> {
  start(): void
  deliver(from: number, message: Message): void
}

/** What a faulty seat has: its own key, what it is sent, and the network. It cannot sign for another. */
export interface Puppet<Message> {
  /** As an honest member of its seat has it. */
  readonly context: ConsensusContext
  readonly keys: Pick<Keys, 'sign'>
  random(): number
  nowMs(): number
  later(delayMs: number, act: () => void): void
  send(to: number, message: Message): void
  /** A member of its seat that keeps to the protocol, but for what the hooks change. */
  member(hooks?: MemberHooks<Message>): Member<unknown, unknown, Message>
}

export type Adversary<Message> = (puppet: Puppet<Message>) => Actor<Message>

export interface Mode<State, Saved, Message> {
  readonly core: ConsensusCore<State, Saved, Message>
  readonly adversaries: Readonly<Record<string, Adversary<Message>>>
  quorumOf(committeeSize: number): number
  /** What every honest member's run gives, where that is one thing. */
  honestRun?(): Proposal
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
