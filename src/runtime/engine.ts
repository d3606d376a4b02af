/**
 * The one loop: chain event, message or tick -> step -> persist -> perform.
 *
 * Nodes and coordinators run it alike; a node also executes and signs. The engine owns no protocol rule: those are in the
 * pure machine. It keeps what the machine needs (snapshots, rounds, kept attestations) and performs what it asks for.
 * @module
 */
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../core/request/attestation.ts'
import { openRequest, step } from '../core/request/machine.ts'
import type { Context, Effect, Input, RequestState, Role } from '../core/request/state.ts'
import { sameHex } from '../crypto/bytes.ts'
import type { SigningDomain } from '../crypto/eip712.ts'
import type { Beacon } from '../ports/beacon.ts'
import type { ChainEvent, ChainFollower, ChainLog, LogPosition, TransactionSender } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { DeployedFunction, EpochClock, MarketCalls, MarketReads } from '../ports/market.ts'
import type { Queue } from '../ports/queue.ts'
import type { Store } from '../ports/store.ts'
import type { Transport } from '../ports/transport.ts'
import type {
  Address,
  Deployment,
  Digest,
  FunctionId,
  Hex,
  PeerId,
  Request,
  RequestId,
  Snapshot,
} from '../protocol/types.ts'
import { AttestationExchange, type Verdict } from './exchange.ts'
import { jobs, performJob } from './jobs.ts'
import type { Signer } from './signer.ts'
import { ChainView, type KnownRequest } from './view.ts'

/** How often requests look at the clock. */
const TICK_MS = 200
const SNAPSHOTS_MAX = 16
const FUNCTIONS_MAX = 1024

export interface EngineDependencies {
  readonly deployment: Deployment
  readonly role: Role
  readonly follower: ChainFollower
  readonly reads: MarketReads
  readonly calls: MarketCalls
  /** Absent in a node without funds: it then cannot stand in for a coordinator. */
  readonly sender: TransactionSender | undefined
  readonly beacon: Beacon | undefined
  readonly transport: Transport
  readonly store: Store
  readonly queue: Queue
  readonly clock: Clock
  readonly log: Log
  /** Who gathers attestations besides the committee itself. */
  readonly coordinators: readonly PeerId[]
  readonly peerIdOf: (key: Hex) => PeerId
  /** Present in nodes. */
  readonly member: { readonly signer: Signer; readonly execute: (run: Run) => Promise<Outcome> } | undefined
  readonly sealsEpochs: boolean
}

export interface Run {
  readonly request: Request
  readonly seed: Uint8Array
  readonly firstRound: bigint
  readonly closesAt: bigint
}

interface Live {
  readonly context: Context
  state: RequestState
  run: Run | undefined
  readonly due: Map<number, Extract<Effect, { type: 'submit' }>>
}

export class Engine {
  readonly view: ChainView
  readonly #deps: EngineDependencies
  readonly #domain: SigningDomain
  readonly #live = new Map<RequestId, Live>()
  readonly #exchange: AttestationExchange
  readonly #snapshots = new Map<Address, Snapshot>()
  readonly #functions = new Map<FunctionId, DeployedFunction>()
  #epochClock: EpochClock | undefined
  #sealedEpoch = -1
  #head = 0n

  constructor(deps: EngineDependencies) {
    this.#deps = deps
    this.#domain = { chainId: deps.deployment.chainId, contract: deps.deployment.market }
    this.view = new ChainView(deps.store, deps.peerIdOf)
    this.#exchange = new AttestationExchange(deps)
  }

  /** The newest block seen. */
  get head(): bigint {
    return this.#head
  }

  /** How many requests are being followed. */
  get openRequests(): number {
    return this.#live.size
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { deps, view } = { deps: this.#deps, view: this.view }
    const from = view.resumeFrom(deps.deployment.fromBlock)
    view.rollback(from - 1n)
    this.#epochClock = await deps.reads.epochClock()
    this.#sealedEpoch = (await deps.reads.latestSealedEpoch()) ?? -1
    deps.transport.allow((peer) => view.isRegistered(peer))
    await this.#exchange.serve((peer, message) => this.#judge(peer, message))
    for (const known of view.requests.values()) if (known.closed === undefined) await this.#open(known)
    await deps.queue.process((job) => performJob({ ...deps, ...this.#jobHooks() }, job))
    const ticker = setInterval(() => this.#tick(), TICK_MS)
    try {
      await deps.follower.follow({ from, signal, handler: (event) => this.#onEvent(event) })
    } finally {
      clearInterval(ticker)
    }
  }

  /** A deployed function by its id, cached: functions are immutable. */
  async functionById(functionId: FunctionId): Promise<DeployedFunction | undefined> {
    const cached = this.#functions.get(functionId)
    if (cached !== undefined) return cached
    const found = await this.#deps.reads.functionById(functionId)
    if (found !== undefined) remember(this.#functions, functionId, found, FUNCTIONS_MAX)
    return found
  }

  async #onEvent(event: ChainEvent): Promise<void> {
    if (event.type === 'rollback') {
      this.#deps.log.warn('chain reorganised', { toBlock: Number(event.toNumber) })
      this.view.rollback(event.toNumber)
      this.#live.clear()
      for (const known of this.view.requests.values()) if (known.closed === undefined) await this.#open(known)
      this.#sealedEpoch = (await this.#deps.reads.latestSealedEpoch()) ?? -1
      return
    }
    if (event.type === 'block') {
      this.#head = event.block.number
      this.view.advance(event.block.number)
      await this.#sealIfDue(event.block.time)
      return
    }
    await this.#onLog(event.log, event.at)
  }

  async #onLog(log: ChainLog, at: LogPosition): Promise<void> {
    switch (log.type) {
      case 'nodeRegistered':
        this.view.nodeRegistered(log, at)
        this.#deps.transport.allow((peer) => this.view.isRegistered(peer))
        return
      case 'requestSubmitted': {
        const known = this.view.requestSubmitted(log.requestId, log.request, at)
        if (known !== undefined) await this.#open(known)
        return
      }
      case 'requestFulfilled':
        return this.#close(log.requestId, 'fulfilled', at)
      case 'requestExpired':
        return this.#close(log.requestId, 'expired', at)
      case 'roundPosted':
        return this.#learnRound(log.round, log.randomness)
      case 'epochSealed':
        this.#sealedEpoch = Math.max(this.#sealedEpoch, log.epoch)
        return
      default:
        return
    }
  }

  async #open(known: KnownRequest): Promise<void> {
    const { id, request } = known
    const snapshot = await this.#snapshot(request.snapshot)
    const context = { domain: this.#domain, snapshot, role: this.#deps.role }
    this.#live.set(id, { context, state: openRequest(id, request), run: undefined, due: new Map() })
    const now = BigInt(Math.floor(this.#deps.clock.nowMs() / 1000))
    for (const { round, opensAt } of request.attempts) {
      if (opensAt > now) continue
      const randomness = await this.#deps.reads.randomness(round)
      if (randomness !== undefined)
        this.#apply(id, { type: 'round', round, randomness, nowMs: this.#deps.clock.nowMs() })
    }
    for (const message of this.#exchange.kept(id)) {
      this.#apply(id, { type: 'outcome', message, nowMs: this.#deps.clock.nowMs() })
    }
  }

  #close(id: RequestId, as: 'fulfilled' | 'expired', at: LogPosition): void {
    this.view.requestClosed(id, as, at)
    this.#apply(id, { type: as, nowMs: this.#deps.clock.nowMs() })
    if (this.#live.delete(id)) this.#deps.log.info(`request ${as}`, { requestId: id })
  }

  #learnRound(round: bigint, randomness: Digest): void {
    const nowMs = this.#deps.clock.nowMs()
    for (const id of [...this.#live.keys()]) this.#apply(id, { type: 'round', round, randomness, nowMs })
  }

  #tick(): void {
    const nowMs = this.#deps.clock.nowMs()
    for (const id of [...this.#live.keys()]) this.#apply(id, { type: 'tick', nowMs })
  }

  /** A message from a peer: only a member of one of the request's committees may speak. */
  #judge(from: PeerId, message: SignedOutcome): Verdict {
    const live = this.#live.get(message.requestId)
    if (live === undefined)
      return this.view.requests.has(message.requestId) ? 'request-closed' : 'request-unknown'
    const committee = live.state.attempts[message.attempt]?.committee
    if (committee !== undefined && !committee.some((attestor) => this.view.peerOf(attestor) === from)) {
      return 'not-from-a-member'
    }
    const dropped = this.#apply(message.requestId, {
      type: 'outcome',
      message,
      nowMs: this.#deps.clock.nowMs(),
    })
    return dropped
  }

  #apply(id: RequestId, input: Input): Verdict {
    const live = this.#live.get(id)
    if (live === undefined) return 'request-unknown'
    const { state, effects, dropped } = step(live.context, live.state, input)
    if (state.phase !== live.state.phase)
      this.#deps.log.info('request phase', { requestId: id, phase: state.phase })
    live.state = state
    // On disk before anything built on it leaves this process.
    if (input.type === 'outcome' && dropped === undefined) this.#exchange.keep(input.message)
    for (const effect of effects) this.#perform(id, live, effect)
    return dropped
  }

  #perform(id: RequestId, live: Live, effect: Effect): void {
    switch (effect.type) {
      case 'execute':
        live.run = { request: live.state.request, ...effect }
        this.#enqueue(jobs.execute(id))
        return
      case 'sign':
        this.#sign(id, live, effect)
        return
      case 'share':
        this.#share(id, live, effect.attempt, effect.committee)
        return
      case 'submit':
        live.due.set(effect.attempt, effect)
        this.#enqueue(jobs.submit(id, effect.attempt))
        return
      case 'postRound':
        this.#enqueue(jobs.postRound(effect.round))
        return
      case 'expire':
        this.#enqueue(jobs.expire(id))
        return
      case 'equivocation':
        this.#deps.log.warn('a member signed two reports', { requestId: id, seat: effect.seat })
        this.#keepEvidence(effect.message)
        return
    }
  }

  #sign(id: RequestId, live: Live, effect: Extract<Effect, { type: 'sign' }>): void {
    const { member, log } = this.#deps
    if (member === undefined) return
    const { attempt, view, outcome } = effect
    const { digest } = leafOf(
      this.#domain,
      live.state.request,
      { attempt, view },
      reportOf(id, outcome, NO_EVIDENCE),
    )
    try {
      const signature = member.signer.signLeaf({ requestId: id, attempt, view, digest })
      const message: SignedOutcome = {
        ...outcome,
        requestId: id,
        attempt,
        view,
        evidenceHash: NO_EVIDENCE,
        signature,
      }
      this.#apply(id, { type: 'outcome', message, nowMs: this.#deps.clock.nowMs() })
    } catch (error) {
      log.error('signing refused', { requestId: id, error: String(error) })
    }
  }

  #share(id: RequestId, live: Live, attempt: number, committee: readonly Address[]): void {
    const self = this.#deps.member?.signer.address
    if (self === undefined) return
    const seat = committee.findIndex((attestor) => sameHex(attestor, self))
    const vote = live.state.attempts[attempt]?.tally.votes.get(seat)
    const outcome = vote === undefined ? undefined : live.state.attempts[attempt]?.outcomes.get(vote.root)
    if (vote === undefined || outcome === undefined) return
    const members = committee
      .map((attestor) => this.view.peerOf(attestor))
      .filter((peer) => peer !== undefined)
    const peers = new Set([...this.#deps.coordinators, ...members])
    peers.delete(this.#deps.transport.self)
    this.#exchange.share({ ...outcome, requestId: id, attempt, view: 0, signature: vote.signature }, [
      ...peers,
    ])
  }

  #keepEvidence(message: SignedOutcome): void {
    this.#exchange.keep(message)
  }

  #enqueue(job: ReturnType<(typeof jobs)[keyof typeof jobs]>): void {
    this.#deps.queue.add(job).catch((error: unknown) => {
      this.#deps.log.error('job not queued', { job: job.id, error: String(error) })
    })
  }

  async #sealIfDue(time: bigint): Promise<void> {
    const epochs = this.#epochClock
    if (
      !this.#deps.sealsEpochs ||
      epochs === undefined ||
      time < epochs.genesis ||
      this.view.nodes.size === 0
    )
      return
    const epoch = Number((time - epochs.genesis) / epochs.epochSeconds)
    if (epoch > this.#sealedEpoch) {
      this.#sealedEpoch = epoch
      this.#enqueue(jobs.sealEpoch(epoch))
    }
  }

  #jobHooks() {
    return {
      openRequest: (id: RequestId) => this.#live.get(id)?.state.request,
      dueFulfillment: (id: RequestId, attempt: number) => this.#live.get(id)?.due.get(attempt)?.fulfillment,
      execute: async (id: RequestId): Promise<Outcome | undefined> => {
        const run = this.#live.get(id)?.run
        return run === undefined ? undefined : this.#deps.member?.execute(run)
      },
      onOutcome: (id: RequestId, outcome: Outcome | undefined): void => {
        const nowMs = this.#deps.clock.nowMs()
        this.#apply(
          id,
          outcome === undefined ? { type: 'executionFailed', nowMs } : { type: 'executed', outcome, nowMs },
        )
      },
      onRound: (round: bigint, randomness: Digest): void => this.#learnRound(round, randomness),
    }
  }

  async #snapshot(blob: Address): Promise<Snapshot> {
    const cached = this.#snapshots.get(blob)
    if (cached !== undefined) return cached
    const snapshot = await this.#deps.reads.snapshot(blob)
    remember(this.#snapshots, blob, snapshot, SNAPSHOTS_MAX)
    return snapshot
  }
}

/** Adds to a bounded cache; the oldest entry makes room. */
function remember<Key, Value>(cache: Map<Key, Value>, key: Key, value: Value, max: number): void {
  const oldest = cache.keys().next()
  if (cache.size >= max && !oldest.done) cache.delete(oldest.value)
  cache.set(key, value)
}
