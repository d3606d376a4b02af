/**
 * One core at work: for one attempt of one request, in one member.
 *
 * Events are taken one after another, and the effects of each performed in order; what has to be on disk is there before the
 * next effect. When anything here fails the instance ends as if the power had: whoever opens it again goes on from the record.
 * @module
 */
import { encode } from 'cborg'
import { attestationsIn } from '../../core/consensus/attestations.ts'
import type {
  Combined,
  ConsensusContext,
  ConsensusCore,
  ConsensusEffect,
  ConsensusEvent,
  ConsensusStep,
  Proposal,
} from '../../core/consensus/core.ts'
import type { SignedOutcome } from '../../core/request/attestation.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { Digest } from '../../protocol/types.ts'
import { read } from '../fields.ts'
import { decodeMessage, encodeMessage, type ModeCodec } from './codec.ts'

export const RECORDS = 'consensus'
/** Timers are set no further ahead: a clock that was set forward is noticed. */
const TIMER_MS_MAX = 30_000
/** What is overdue waits for something else of this process: it is looked at again, and not all the time. */
const TIMER_MS_MIN = 10

/** What an instance needs done, by its driver. Each may be asked for again. */
export interface Surroundings {
  send(to: readonly number[], message: Uint8Array): void
  /** Run the function; answered by `executed`. */
  wantRun(): void
  /** Whether another's proposal is acceptable. Rejects when that cannot be told now. */
  validate(proposal: Proposal): Promise<boolean>
  /** Runs the function's own rule. Rejects when it cannot be run here now. */
  combine(input: Uint8Array): Promise<Combined>
  /** Signs a leaf, its evidence being kept. */
  attest(view: number, proposal: Proposal): Promise<SignedOutcome>
  /** Attestations of the view that decided, as they come in. */
  decided(attestations: readonly SignedOutcome[]): void
  evidence(seat: number, first: SignedOutcome, second: SignedOutcome): void
  /** Two observations a seat signed: for logs. */
  contradiction(seat: number): void
  /** It has ended, and may be opened again. */
  failed(error: unknown): void
}

export interface InstanceOptions<State, Saved, Message> {
  readonly core: ConsensusCore<State, Saved, Message>
  readonly codec: ModeCodec<Saved, Message>
  readonly context: ConsensusContext
  readonly store: Store
  readonly clock: Clock
  /** Of its record in the store. */
  readonly key: string
  readonly around: Surroundings
}

/** What a driver knows of an instance, whatever its mode. */
export interface RunningInstance {
  start(): void
  /** A message of a seat, as its bytes came. Throws `InvalidInputError` for what is none of this mode. */
  hear(from: number, bytes: Uint8Array): void
  executed(proposal: Proposal): void
  /** Looks at the clock; its own timers only make it more punctual. */
  tick(): void
  stop(): void
}

export class Instance<State, Saved, Message> implements RunningInstance {
  readonly #options: InstanceOptions<State, Saved, Message>
  readonly #events: ConsensusEvent<Message>[] = []
  readonly #validating = new Set<Digest>()
  readonly #combining = new Set<Digest>()
  /** Seats whose attestation in the deciding view was handed out. */
  readonly #told = new Set<number>()
  #state: State | undefined
  #timer: NodeJS.Timeout | undefined
  #isBusy = false
  #isStopped = false

  constructor(options: InstanceOptions<State, Saved, Message>) {
    this.#options = options
  }

  start(): void {
    const { core, codec, context, store, clock, key } = this.#options
    this.#guarded(() => {
      const kept = store.get(RECORDS, key)
      const nowMs = clock.nowMs()
      const first =
        kept === undefined
          ? core.open(context, nowMs)
          : core.restore(context, codec.recordOf(read(kept, 'consensus record'), context.instance), nowMs)
      this.#take(first)
    })
  }

  hear(from: number, bytes: Uint8Array): void {
    const { codec, context, clock } = this.#options
    const message = decodeMessage(codec, bytes, context.instance)
    this.#feed({ type: 'message', from, message, nowMs: clock.nowMs() })
  }

  executed(proposal: Proposal): void {
    this.#feed({ type: 'executed', proposal, nowMs: this.#options.clock.nowMs() })
  }

  tick(): void {
    const { core, clock } = this.#options
    const atMs = this.#state === undefined ? undefined : core.wakeAtMs(this.#state)
    if (atMs !== undefined && atMs <= clock.nowMs()) this.#feed({ type: 'tick', nowMs: clock.nowMs() })
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#events.length = 0
  }

  #feed(event: ConsensusEvent<Message>): void {
    if (this.#isStopped || this.#state === undefined) return
    this.#events.push(event)
    if (!this.#isBusy) this.#guarded(() => this.#drain())
  }

  #guarded(act: () => void): void {
    this.#isBusy = true
    try {
      act()
    } catch (error) {
      this.stop()
      this.#options.around.failed(error)
    } finally {
      this.#isBusy = false
    }
  }

  #drain(): void {
    const { core, context } = this.#options
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift())
      if (this.#state !== undefined) this.#take(core.step(context, this.#state, event))
  }

  #take({ state, effects }: ConsensusStep<State, Saved, Message>): void {
    this.#state = state
    for (const effect of effects) this.#perform(effect)
    this.#tellDecided()
    this.#wake()
    if (this.#events.length > 0) this.#drain()
  }

  #perform(effect: ConsensusEffect<Saved, Message>): void {
    const { codec, store, key, around } = this.#options
    switch (effect.type) {
      case 'persist': {
        const value = encode(codec.recordToPlain(effect.record))
        store.write([{ type: 'put', space: RECORDS, key, value }])
        break
      }
      case 'send':
        around.send(effect.to, encodeMessage(codec, effect.message))
        break
      case 'execute':
        around.wantRun()
        break
      case 'validate':
        void this.#validate(effect.root, effect.proposal)
        break
      case 'combine':
        void this.#combine(effect.of, effect.input)
        break
      case 'attest':
        void this.#attest(effect.view, effect.proposal)
        break
      case 'decided':
        break
      case 'evidence':
        around.evidence(effect.seat, effect.first, effect.second)
        break
      case 'contradiction':
        around.contradiction(effect.seat)
        break
    }
  }

  /** What could not be told is asked again by the core. */
  async #validate(root: Digest, proposal: Proposal): Promise<void> {
    if (this.#validating.has(root)) return
    this.#validating.add(root)
    try {
      const valid = await this.#options.around.validate(proposal)
      this.#feed({ type: 'validated', root, valid, nowMs: this.#options.clock.nowMs() })
    } catch {
      // The driver has said why.
    } finally {
      this.#validating.delete(root)
    }
  }

  /** One run at a time of the same observations: the core asks again while it waits. */
  async #combine(of: Digest, input: Uint8Array): Promise<void> {
    if (this.#combining.has(of)) return
    this.#combining.add(of)
    let result: Combined | undefined
    try {
      result = await this.#options.around.combine(input)
    } catch {
      // The driver has said why; the core asks again.
    }
    this.#combining.delete(of)
    this.#feed({ type: 'combined', of, result, nowMs: this.#options.clock.nowMs() })
  }

  async #attest(view: number, proposal: Proposal): Promise<void> {
    try {
      const message = await this.#options.around.attest(view, proposal)
      this.#feed({ type: 'attested', message, nowMs: this.#options.clock.nowMs() })
    } catch {
      // The driver has said why.
    }
  }

  #tellDecided(): void {
    const decision = this.#state === undefined ? undefined : this.#options.core.decision(this.#state)
    if (decision === undefined || decision.seals.length === this.#told.size) return
    const { context, around } = this.#options
    const fresh = attestationsIn(context, decision).filter(({ seat }) => !this.#told.has(seat))
    for (const { seat } of fresh) this.#told.add(seat)
    around.decided(fresh.map(({ message }) => message))
  }

  #wake(): void {
    clearTimeout(this.#timer)
    if (this.#isStopped || this.#state === undefined) return
    const atMs = this.#options.core.wakeAtMs(this.#state)
    if (atMs === undefined) return
    const waitMs = Math.min(Math.max(TIMER_MS_MIN, atMs - this.#options.clock.nowMs()), TIMER_MS_MAX)
    this.#timer = setTimeout(() => {
      this.#feed({ type: 'tick', nowMs: this.#options.clock.nowMs() })
    }, waitMs).unref()
  }
}
