/**
 * A member that keeps to the protocol: a core, a disk, a signer, and an operator who cannot keep the power on.
 *
 * Effects are performed in order. A crash comes between two of them: what was to be written or sent after it never is. What
 * was written stays, as does what the signer signed (RUN-2).
 */
import type {
  Combined,
  ConsensusContext,
  ConsensusCore,
  ConsensusEffect,
  ConsensusEvent,
  ConsensusStep,
  Decision,
  Proposal,
} from '../../../src/core/consensus/core.ts'
import type { Outcome, SignedOutcome } from '../../../src/core/request/attestation.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import { isAcceptable, proposalOf } from './crypto.ts'

/** What may differ in a member of a faulty seat; honest seats have none. */
export interface MemberHooks<Message> {
  /** Undefined keeps the message back. */
  readonly send?: (to: number, message: Message) => Message | undefined
  readonly run?: () => Proposal
  readonly accepts?: (proposal: Proposal) => boolean
  readonly combine?: (input: Uint8Array) => Combined
}

/** The world as a member sees it. */
export interface Surroundings<Message> {
  readonly nowMs: () => number
  readonly random: () => number
  readonly later: (delayMs: number, act: () => void) => void
  readonly transmit: (to: number, message: Message) => void
  readonly signOutcome: (view: number, outcome: Outcome) => SignedOutcome
  readonly trace: ((line: string) => void) | undefined
  /** Chance that the power fails before an effect; 0 once the world is stable. */
  readonly crashChance: () => number
  /** How long it then stays off. */
  readonly outageMs: () => number
  /** What the oracles watch; absent for a faulty seat. */
  readonly watch: Watch<Message> | undefined
  /** For a test of what the disk is for: records are never written. */
  readonly forgets?: boolean
}

export interface Watch<Message> {
  sent(message: Message): void
  attested(view: number, root: Digest): void
  accepted(root: Digest): void
  decided(decision: Decision): void
  convicted(seat: number): void
  contradicted(seat: number): void
}

export class Member<State, Saved, Message> {
  readonly #core: ConsensusCore<State, Saved, Message>
  readonly #context: ConsensusContext
  readonly #world: Surroundings<Message>
  readonly #hooks: MemberHooks<Message>
  #state: State | undefined
  #disk: Saved | undefined
  /** The signer's: newest view, and its root. */
  #signed: { readonly view: number; readonly root: Digest } | undefined
  /** Counts restarts: what was under way before one is lost. */
  #life = 0
  #runs = 0
  #wakeAtMs: number | undefined

  constructor(
    core: ConsensusCore<State, Saved, Message>,
    context: ConsensusContext,
    world: Surroundings<Message>,
    hooks: MemberHooks<Message> = {},
  ) {
    this.#core = core
    this.#context = context
    this.#world = world
    this.#hooks = hooks
  }

  get decision(): Decision | undefined {
    return this.#state === undefined ? undefined : this.#core.decision(this.#state)
  }

  start(): void {
    const nowMs = this.#world.nowMs()
    this.#take(
      this.#disk === undefined
        ? this.#core.open(this.#context, nowMs)
        : this.#core.restore(this.#context, this.#disk, nowMs),
    )
  }

  deliver(from: number, message: Message): void {
    this.#feed({ type: 'message', from, message, nowMs: this.#world.nowMs() })
  }

  #feed(event: ConsensusEvent<Message>): void {
    if (this.#state !== undefined) this.#take(this.#core.step(this.#context, this.#state, event))
  }

  #take({ state, effects }: ConsensusStep<State, Saved, Message>): void {
    this.#state = state
    for (const effect of effects) {
      if (this.#world.random() < this.#world.crashChance()) {
        this.#crash()
        return
      }
      this.#perform(effect)
    }
    this.#wake()
  }

  #crash(): void {
    this.#state = undefined
    this.#life++
    this.#wakeAtMs = undefined
    this.#world.trace?.('loses power')
    this.#world.later(this.#world.outageMs(), () => {
      this.#world.trace?.('restarts')
      this.start()
    })
  }

  /** One tick is under way at a time: the earliest that was asked for. */
  #wake(): void {
    if (this.#state === undefined) return
    const atMs = this.#core.wakeAtMs(this.#state)
    if (atMs === undefined || (this.#wakeAtMs !== undefined && this.#wakeAtMs <= atMs)) return
    this.#wakeAtMs = atMs
    this.#alive(Math.max(1, atMs - this.#world.nowMs()) + this.#world.random() * 5, (nowMs) => {
      if (this.#wakeAtMs !== atMs) return
      this.#wakeAtMs = undefined
      this.#feed({ type: 'tick', nowMs })
    })
  }

  #alive(delayMs: number, act: (nowMs: number) => void): void {
    const life = this.#life
    this.#world.later(delayMs, () => {
      if (life === this.#life) act(this.#world.nowMs())
    })
  }

  #perform(effect: ConsensusEffect<Saved, Message>): void {
    const { watch, random, trace } = this.#world
    switch (effect.type) {
      case 'persist':
        if (this.#world.forgets !== true) this.#disk = effect.record
        return
      case 'send':
        watch?.sent(effect.message)
        for (const to of effect.to) {
          const message =
            this.#hooks.send === undefined ? effect.message : this.#hooks.send(to, effect.message)
          if (message !== undefined) this.#world.transmit(to, message)
        }
        return
      case 'execute':
        this.#alive(5 + random() * 100, (nowMs) =>
          this.#feed({ type: 'executed', proposal: this.#run(), nowMs }),
        )
        return
      case 'validate':
        this.#alive(1 + random() * 50, (nowMs) => {
          const valid = (this.#hooks.accepts ?? isAcceptable)(effect.proposal)
          if (valid) watch?.accepted(effect.root)
          this.#feed({ type: 'validated', root: effect.root, valid, nowMs })
        })
        return
      case 'combine': {
        const { of, input } = effect
        this.#alive(1 + random() * 50, (nowMs) =>
          this.#feed({ type: 'combined', of, result: this.#hooks.combine?.(input), nowMs }),
        )
        return
      }
      case 'attest':
        this.#attest(effect.view, effect.proposal.outcome)
        return
      case 'decided':
        trace?.(`decides on ${effect.root.slice(0, 10)} of view ${effect.view}`)
        if (this.decision !== undefined) watch?.decided(this.decision)
        return
      case 'evidence':
        trace?.(`convicts seat ${effect.seat}`)
        watch?.convicted(effect.seat)
        return
      case 'contradiction':
        trace?.(`heard two observations of seat ${effect.seat}`)
        watch?.contradicted(effect.seat)
        return
    }
  }

  #run(): Proposal {
    const proposal = this.#hooks.run?.() ?? proposalOf('good', this.#context.seat, this.#runs++)
    const root = this.#context.rootOf(proposal.outcome)
    if (root !== undefined) this.#world.watch?.accepted(root)
    return proposal
  }

  /** As the signer does it: one leaf a view, none below the newest; on disk before the signature exists. */
  #attest(view: number, outcome: Outcome): void {
    const root = this.#context.rootOf(outcome)
    if (root === undefined) return
    this.#world.watch?.attested(view, root)
    if (
      this.#signed !== undefined &&
      (view < this.#signed.view || (view === this.#signed.view && root !== this.#signed.root))
    )
      return
    this.#signed = { view, root }
    this.#world.trace?.(`attests ${root.slice(0, 10)} in view ${view}`)
    const message = this.#world.signOutcome(view, outcome)
    this.#alive(this.#world.random() * 5, (nowMs) => this.#feed({ type: 'attested', message, nowMs }))
  }
}
