/**
 * A seeded world for a consensus core: a virtual clock, a network, members that lose power, and faulty seats.
 *
 * Until `stableAtMs` messages are lost, repeated, delayed and kept apart, and any member may crash; from then on at most f
 * seats are faulty and messages arrive. Everything is drawn from the seed: a run is replayed by its number.
 */
import type { ConsensusContext } from '../../../src/core/consensus/core.ts'
import { faultsTolerated } from '../../../src/core/consensus/quorum.ts'
import { generator } from '../random.ts'
import { isBacked, type Keys, keysFor, leafDigest, REQUEST_ID, rootOf, signOutcome } from './crypto.ts'
import { Member, type MemberHooks, type Surroundings, type Watch } from './member.ts'
import type { Actor, Judge, Mode, Puppet } from './mode.ts'
import { Oracles, Violation } from './oracles.ts'
import { Timeline } from './timeline.ts'
import { drawWeather, type Weather } from './weather.ts'

const TIMING = { viewMs: 400, resendMs: 100 }
/** What a faulty seat's line carries in `LINE_MS`, in messages to every seat: two that answer each other would never end. */
const LINE_ROUNDS_MAX = 3
const LINE_MS = 50

export interface RunOptions {
  readonly seed: number
  readonly nodes: number
  /** The faulty seats' kinds, in place of those drawn. */
  readonly faulty?: readonly string[]
  /** Events of a run before it counts as stuck. */
  readonly eventsMax?: number
  readonly trace?: (line: string) => void
  /** Deliberately wrong, for a test of the oracles. */
  readonly wrong?: { readonly quorum?: number; readonly forgets?: boolean; readonly faults?: number }
}

export interface RunResult {
  readonly violation: Violation | undefined
  readonly events: number
  readonly messages: number
  readonly endedMs: number
  /** Of the decision of the first honest seat; undefined when nothing was decided. */
  readonly view: number | undefined
  readonly faulty: readonly string[]
  readonly crashes: number
  readonly convictions: number
  /** Seats that an honest member heard two observations of. */
  readonly contradictions: number
}

export function run<State, Saved, Message>(
  mode: Mode<State, Saved, Message>,
  options: RunOptions,
): RunResult {
  return new World(mode, options).run()
}

class World<State, Saved, Message> {
  readonly #mode: Mode<State, Saved, Message>
  readonly #options: RunOptions
  readonly #random: () => number
  readonly #keys: Keys
  readonly #weather: Weather
  readonly #timeline = new Timeline()
  readonly #quorum: number
  readonly #firstLeader: number
  readonly #faulty: ReadonlyMap<number, string>
  readonly #oracles: Oracles
  readonly #judge: Judge<Message> | undefined
  readonly #actors: readonly Actor<Message>[]
  readonly #honest: Member<State, Saved, Message>[] = []
  #messages = 0
  #crashes = 0
  #convictions = 0
  #contradictions = 0
  /** Deliveries from faulty seats: they are no sign that honest ones do not come to an end. */
  #noise = 0

  constructor(mode: Mode<State, Saved, Message>, options: RunOptions) {
    this.#mode = mode
    this.#options = options
    this.#random = generator(Math.imul(options.seed, 2654435761) ^ options.nodes)
    this.#keys = keysFor(options.seed)
    const { nodes, wrong } = options
    this.#quorum = wrong?.quorum ?? mode.quorumOf(nodes)
    this.#firstLeader = Math.floor(this.#random() * nodes)
    this.#faulty = this.#drawFaulty()
    this.#weather = drawWeather(this.#random, nodes)
    this.#oracles = new Oracles(this.#quorum, new Set(this.#faulty.keys()))
    this.#judge = mode.judge?.({
      oracles: this.#oracles,
      faulty: new Set(this.#faulty.keys()),
      context: this.#contextOf(0),
    })
    this.#actors = Array.from({ length: nodes }, (_, seat) => this.#occupant(seat))
  }

  run(): RunResult {
    const max = this.#options.eventsMax ?? 20_000 + 600 * this.#options.nodes ** 2
    let violation: Violation | undefined
    try {
      this.#actors.forEach((actor, seat) => {
        const delay = this.#random() * 50
        this.#timeline.later(delay, () => {
          this.#trace(seat, 'starts')
          actor.start()
        })
      })
      while (!this.#isDone()) {
        if (this.#timeline.events - this.#noise >= max || !this.#timeline.next())
          throw new Violation('liveness', `not decided everywhere after ${this.#timeline.events} events`)
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      violation = error
    }
    return {
      violation,
      events: this.#timeline.events,
      messages: this.#messages,
      endedMs: this.#timeline.nowMs,
      view: this.#honest[0]?.decision?.view,
      faulty: [...this.#faulty].map(([seat, kind]) => `${kind}@${seat}`),
      crashes: this.#crashes,
      convictions: this.#convictions,
      contradictions: this.#contradictions,
    }
  }

  #isDone(): boolean {
    return this.#honest.every(({ decision }) => decision !== undefined)
  }

  /** None, one of a kind, or f of any kinds. */
  #drawFaulty(): ReadonlyMap<number, string> {
    const { nodes, faulty } = this.#options
    const kinds = Object.keys(this.#mode.adversaries)
    const pick = (): string => kinds[Math.floor(this.#random() * kinds.length)] ?? ''
    const faults = this.#mode.crashesOf?.(nodes) ?? faultsTolerated(nodes)
    const count = this.#random() < 0.1 ? 0 : faults
    const alike = this.#random() < 0.5 ? pick() : undefined
    const chosen = faulty ?? Array.from({ length: count }, () => alike ?? pick())
    const seats = Array.from({ length: nodes }, (_, seat) => seat)
    const drawn = new Map<number, string>()
    for (const kind of chosen) {
      const [seat] = seats.splice(Math.floor(this.#random() * seats.length), 1)
      if (seat !== undefined) drawn.set(seat, kind)
    }
    return drawn
  }

  #contextOf(seat: number): ConsensusContext {
    const { nodes, wrong } = this.#options
    const keys = this.#keys
    return {
      instance: { requestId: REQUEST_ID, attempt: 0, round: 7n },
      committeeSize: nodes,
      quorum: this.#quorum,
      faults: wrong?.faults ?? faultsTolerated(nodes),
      seat,
      timing: TIMING,
      leaderOf: (view) => (this.#firstLeader + view) % nodes,
      sign: (digest) => keys.sign(seat, digest),
      verify: keys.verify,
      rootOf: this.#mode.rootOf ?? rootOf,
      isBacked,
      leafDigest,
    }
  }

  #occupant(seat: number): Actor<Message> {
    const kind = this.#faulty.get(seat)
    if (kind === undefined) {
      const member = new Member(
        this.#mode.core,
        this.#contextOf(seat),
        this.#surroundings(seat, true),
        this.#runs(seat),
      )
      this.#honest.push(member)
      return member
    }
    const adversary = this.#mode.adversaries[kind]
    if (adversary === undefined) throw new Error(`no adversary is called ${kind}`)
    return adversary(this.#puppet(seat))
  }

  #puppet(seat: number): Puppet<Message> {
    const context = this.#contextOf(seat)
    return {
      context,
      keys: { sign: (_, digest) => this.#keys.sign(seat, digest) },
      random: this.#random,
      nowMs: () => this.#timeline.nowMs,
      later: (delayMs, act) => this.#timeline.later(delayMs, act),
      send: this.#line(seat),
      member: (hooks: MemberHooks<Message> = {}) =>
        new Member<State, Saved, Message>(this.#mode.core, context, this.#surroundings(seat, false), {
          ...this.#runs(seat),
          ...hooks,
        }),
    }
  }

  #runs(seat: number): MemberHooks<Message> {
    const { honestRun, combine } = this.#mode
    return {
      ...(honestRun === undefined ? {} : { run: () => honestRun(seat) }),
      ...(combine === undefined ? {} : { combine }),
    }
  }

  /** What a faulty seat says beside the protocol; what is too much is lost. */
  #line(seat: number): (to: number, message: Message) => void {
    let sinceMs = 0
    let sent = 0
    return (to, message) => {
      if (this.#timeline.nowMs >= sinceMs + LINE_MS) {
        sinceMs = this.#timeline.nowMs
        sent = 0
      }
      if (sent++ < LINE_ROUNDS_MAX * this.#options.nodes) this.#transmit(seat, to, message)
    }
  }

  #surroundings(seat: number, isHonest: boolean): Surroundings<Message> {
    const context = this.#contextOf(seat)
    const { stableAtMs, crashChance } = this.#weather
    return {
      nowMs: () => this.#timeline.nowMs,
      random: this.#random,
      later: (delayMs, act) => this.#timeline.later(delayMs, act),
      transmit: (to, message) => this.#transmit(seat, to, message),
      signOutcome: (view, outcome) => signOutcome(this.#keys, seat, view, outcome, context.rootOf(outcome)),
      trace: this.#options.trace && ((line) => this.#trace(seat, line)),
      crashChance: () => (this.#timeline.nowMs < stableAtMs ? crashChance : 0),
      outageMs: () => {
        this.#crashes++
        return Math.min(this.#random() * 2_000, Math.max(1, stableAtMs - this.#timeline.nowMs))
      },
      forgets: this.#options.wrong?.forgets === true,
      watch: isHonest
        ? {
            sent: (message) => {
              const vote = this.#mode.voteIn(context, message)
              if (vote !== undefined) this.#oracles.voted(seat, vote.view, vote.root)
              this.#judge?.said(seat, message)
            },
            attested: (view, root) => this.#oracles.attested(seat, view, root),
            accepted: (root) => this.#oracles.accepted(root),
            decided: ({ view, root, outcome }) => {
              this.#oracles.decided(seat, view, root)
              this.#judge?.decided(outcome)
            },
            convicted: (other) => {
              this.#convictions++
              this.#oracles.convicted(seat, other)
            },
            contradicted: (other) => {
              this.#contradictions++
              this.#oracles.contradicted(seat, other)
            },
          }
        : this.#crashedWatch(),
    }
  }

  /** What a seat that only crashes proposed before is as good as any. */
  #crashedWatch(): Watch<Message> | undefined {
    if (this.#mode.crashesOf === undefined) return undefined
    const ignore = () => {}
    return {
      sent: ignore,
      attested: ignore,
      decided: ignore,
      convicted: ignore,
      contradicted: ignore,
      accepted: (root) => this.#oracles.accepted(root),
    }
  }

  #transmit(from: number, to: number, message: Message): void {
    this.#messages++
    this.#judge?.passed(message)
    const delays = this.#weather.delaysOf(from, to, this.#timeline.nowMs)
    if (this.#options.trace !== undefined) {
      const line = this.#mode.describe(this.#contextOf(from), message)
      this.#trace(from, `-> ${to} ${line}${delays.length === 1 ? '' : ` (${delays.length} copies)`}`)
    }
    for (const delayMs of delays)
      this.#timeline.later(delayMs, () => this.#actors[to]?.deliver(from, message))
  }

  #trace(seat: number, line: string): void {
    const kind = this.#faulty.get(seat)
    const who = kind === undefined ? `seat ${seat}` : `seat ${seat} (${kind})`
    this.#options.trace?.(`${this.#timeline.nowMs.toFixed(1).padStart(10)} ms  ${who} ${line}`)
  }
}
