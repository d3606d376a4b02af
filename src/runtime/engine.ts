/**
 * The one loop: chain event, message or tick -> step -> persist -> perform.
 *
 * Nodes and coordinators run it alike; a node also executes and signs. The engine owns no protocol rule: those are in the
 * pure machine. It keeps what the machine needs (snapshots, rounds, kept attestations) and performs what it asks for.
 *
 * Only a store that fails ends it: what cannot be kept must not be acted on. Whatever else goes wrong with one request
 * (its snapshot cannot be read, a job is lost, a transaction reverts) is logged with its reason and tried again.
 * @module
 */
import type { BlsScheme } from '../core/bls-certificate.ts'
import { coversSet } from '../core/permissions/capability.ts'
import type { DropReason, Outcome, SignedOutcome } from '../core/request/attestation.ts'
import { openRequest, step } from '../core/request/machine.ts'
import type { Context, Effect, Input, Proven, RequestState, Step } from '../core/request/state.ts'
import { attemptOf, isNews } from '../core/request/turn.ts'
import { sameHex } from '../crypto/bytes.ts'
import type { SigningDomain } from '../crypto/eip712.ts'
import type { Block, ChainEvent, ChainLog, LogPosition } from '../ports/chain.ts'
import type { DeployedFunction } from '../ports/market.ts'
import type { Job } from '../ports/queue.ts'
import type { Address, Digest, FunctionId, Hex, PeerId, RequestId } from '../protocol/types.ts'
import { CapabilitySealing } from './capability-sealing.ts'
import { ChainTime, LAG_MS_MAX } from './chain-time.ts'
import { ConsensusDriver } from './consensus/driver.ts'
import type { EngineDependencies, Run } from './dependencies.ts'
import { AttestationExchange, type Verdict } from './exchange.ts'
import { ImmutableReads } from './immutable-reads.ts'
import { type DueFinality, jobs, performJob } from './jobs.ts'
import { assertHeld, ownMessage, runOf } from './member.ts'
import type { Observable } from './observing/member.ts'
import { observableOf } from './observing/observable.ts'
import { RequestOpener } from './opener.ts'
import { checkedRandomness, postedRandomness } from './posted-rounds.ts'
import { Renewing } from './renewing.ts'
import { Sealing } from './sealing.ts'
import { ChainView, type KnownRequest, type Undertaker } from './view.ts'

/** How often requests look at the clock. */
const TICK_MS = 200
/** Messages of one peer for one request whose signature was recovered in vain: honest peers send none. */
const WASTED_RECOVERIES_MAX = 8
/** Failures a request counts as when its step failed: it is opened again after eight seconds. */
const STEP_FAILED = 4
const WASTED: ReadonlySet<Verdict> = new Set<DropReason>(['bad-signature', 'not-a-member', 'equivocation'])

interface Live {
  readonly context: Context
  state: RequestState
  run: Run | undefined
  /** Until when a proof is of use, by this machine's clock. */
  proveUntilMs: number | undefined
  readonly due: Map<number, Extract<Effect, { type: 'submit' }>>
  dueFinality: DueFinality | undefined
  /** By peer; only members of its committees get this far. */
  readonly wasted: Map<PeerId, number>
}

export class Engine {
  readonly view: ChainView
  readonly #deps: EngineDependencies
  readonly #domain: SigningDomain
  readonly #bls: BlsScheme | undefined
  readonly #live = new Map<RequestId, Live>()
  readonly #exchange: AttestationExchange
  /** Undefined in a process that is no node. */
  readonly #driver: ConsensusDriver | undefined
  readonly #opener: RequestOpener
  readonly #sealing: Sealing
  readonly #capabilitySealing: CapabilitySealing
  /** Undefined in a process that is no node, or cannot send. */
  readonly #renewing: Renewing | undefined
  readonly #undertaker: Undertaker
  readonly #reads: ImmutableReads
  #head = 0n
  #baseFeePerGas = 0n
  readonly #time = new ChainTime()
  /** Counts rollbacks: what was read before one is not applied after it. */
  #era = 0
  #stopped = false

  constructor(deps: EngineDependencies) {
    this.#deps = deps
    this.#domain = { chainId: deps.deployment.chainId, contract: deps.deployment.market }
    this.#bls = this.#blsScheme()
    this.view = new ChainView(deps.store, deps.peerIdOf, { log: deps.log })
    this.#exchange = new AttestationExchange(deps)
    this.#driver = this.#consensusDriver()
    this.#reads = new ImmutableReads(deps.reads)
    const open = (id: RequestId): Promise<void> => this.#open(id)
    this.#opener = new RequestOpener({ open, clock: deps.clock, log: deps.log })
    const { member, role, reads, log, sealsEpochs, sender } = deps
    const account = sender === undefined ? undefined : member?.signer.address
    this.#sealing = new Sealing({
      reads,
      log,
      repeatMs: role.repeatMs,
      standIn: sealsEpochs ? undefined : { ...role, attestor: account },
      nodes: () => this.view.nodes.values(),
      seal: (epoch) => this.#enqueue(jobs.sealEpoch(epoch)),
    })
    this.#capabilitySealing = new CapabilitySealing({
      store: deps.store,
      log,
      repeatMs: role.repeatMs,
      epochs: this.#sealing,
      knownFunction: (id) => this.#reads.knownFunction(id),
      functionById: (id) => this.#reads.functionById(id),
      seal: (capabilities, epoch) => this.#enqueue(jobs.sealCapabilities(capabilities, epoch)),
    })
    if (account !== undefined) {
      this.#renewing = new Renewing({
        epochAt: (nowMs) => this.#sealing.epochAt(nowMs),
        renew: (epoch) => this.#enqueue(jobs.renew(account, epoch)),
      })
    }
    this.#undertaker = {
      forget: (id) => {
        this.#driver?.stop(id)
        this.#exchange.forget(id)
        this.#live.delete(id)
      },
      bury: (id) => {
        this.#exchange.forget(id)
        this.#driver?.bury(id)
        member?.signer.forget(id)
      },
    }
  }

  /** The newest block seen. */
  get head(): bigint {
    return this.#head
  }

  /** How many requests are being followed. */
  get openRequests(): number {
    return this.#live.size
  }

  /** An attestor's two conflicting reports, if it was caught signing them. */
  evidence(attestor: Address): ReturnType<AttestationExchange['evidence']> {
    return this.#exchange.evidence(attestor)
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { deps, view } = { deps: this.#deps, view: this.view }
    const from = view.resumeFrom(deps.deployment.fromBlock)
    view.rollback(from - 1n)
    this.#allowRegistered()
    await this.#exchange.serve((peer, message) => this.#judge(peer, message))
    await this.#driver?.serve()
    for (const { id } of view.open()) this.#opener.add(id)
    const handler = (job: Job): Promise<void> => performJob({ ...deps, ...this.#jobHooks() }, job)
    await deps.queue.process(handler)
    await deps.member?.runs.process(handler)
    const ticker = setInterval(() => this.#tick(), TICK_MS)
    try {
      await deps.follower.follow({ from, signal, handler: async (event) => this.#onEvent(event) })
    } finally {
      this.#stopped = true
      clearInterval(ticker)
      this.#driver?.stopAll()
      this.#opener.clear()
    }
  }

  /** A deployed function by its id, cached: functions are immutable. */
  functionById(functionId: FunctionId): Promise<DeployedFunction | undefined> {
    return this.#reads.functionById(functionId)
  }

  /** The same, when it is known without a read. */
  knownFunction(functionId: FunctionId): DeployedFunction | undefined {
    return this.#reads.knownFunction(functionId)
  }

  /** Never waits: what takes reads goes on beside the events. */
  #onEvent(event: ChainEvent): void {
    if (event.type === 'rollback') this.#onRollback(event.toNumber)
    else if (event.type === 'log') this.#onLog(event.log, event.at, event.block)
    else {
      this.#onBlock(event.block)
    }
  }

  #onBlock(block: Block): void {
    const nowMs = this.#deps.clock.nowMs()
    this.#head = block.number
    this.#baseFeePerGas = block.baseFeePerGas
    this.#time.block(block.time, nowMs)
    // By this machine's clock too: a node of the chain that makes up blocks must not make it forget what it signed.
    const surelyPast = BigInt(Math.floor((nowMs - LAG_MS_MAX) / 1000))
    this.view.advance(block, this.#undertaker, surelyPast < block.time ? surelyPast : block.time)
  }

  #onRollback(toNumber: bigint): void {
    this.#deps.log.warn('chain reorganised', { toBlock: Number(toNumber) })
    this.#era++
    this.#reads.forgetSnapshots()
    if (this.view.rollback(toNumber).peersLost) this.#allowRegistered()
    this.#sealing.reset()
    this.#capabilitySealing.reset()
    this.#exchange.startOver()
    this.#driver?.stopAll()
    this.#opener.clear()
    const before = new Map(this.#live)
    this.#live.clear()
    for (const { id, request } of this.view.open()) {
      const live = before.get(id)
      if (live !== undefined) {
        // Rounds may be gone, and asked for again. The run's result stays: an id binds everything it depends on.
        const { execution, runsTimedOut, declined } = live.state
        this.#start(live.context, { ...openRequest(id, request), execution, runsTimedOut, declined })
      }
      this.#opener.add(id)
    }
  }

  #onLog(log: ChainLog, at: LogPosition, block: Block): void {
    if (log.type === 'nodeRegistered') this.view.nodeRegistered(log, at)
    else if (log.type === 'blsKeyRegistered')
      this.view.nodes.blsKeyRegistered(log.attestor, log.key, at.blockNumber)
    else if (log.type === 'stakeChanged') this.view.nodes.stakeChanged(log.attestor, log.stake, block)
    else if (log.type === 'requestFulfilled' || log.type === 'requestFulfilledInBatch')
      this.#close(log.requestId, 'fulfilled', at)
    else if (log.type === 'requestFinalized') this.#close(log.requestId, 'fulfilled', at)
    else if (log.type === 'requestExpired') this.#close(log.requestId, 'expired', at)
    else if (log.type === 'requestCertified')
      this.#learnFinality(this.view.requestCertified(log.requestId, log.certified, log.output, at))
    else if (log.type === 'requestChallenged')
      this.#learnFinality(this.view.requestChallenged(log.requestId, log.window, at))
    else if (log.type === 'challengeResolved')
      this.#learnFinality(this.view.challengeResolved(log.requestId, log.fulfillment.output, at))
    else if (log.type === 'roundPosted') void this.#checkRound(log.round, log.signature)
    else if (log.type === 'epochSealed') this.#sealing.sealed(log.epoch)
    else if (log.type === 'capabilitiesSealed') this.#capabilitySealing.sealed(log.capabilities, log.epoch)
    else if (log.type === 'functionDeployed') {
      this.#reads.functionDeployed(log)
      this.#capabilitySealing.used(log.spec.capabilities, block.time)
    } else if (log.type === 'requestSubmitted') {
      this.#capabilitySealing.requested(log.request, block.time)
      const known = this.view.requestSubmitted(log.requestId, log.request, at, this.#undertaker)
      if (known !== undefined) this.#opener.add(known.id)
    }
  }

  /** What `registered` protocols serve is asked at each call, so this is needed only when peers lose their standing. */
  #allowRegistered(): void {
    this.#deps.transport.allow((peer) => this.view.isRegistered(peer))
  }

  // ---- opening and closing

  /** Makes a request live and catches up with the rounds posted before. Throws when a read fails; safe to repeat. */
  async #open(id: RequestId): Promise<void> {
    const known = this.view.requests.get(id)
    if (known === undefined || known.closed !== undefined) return
    const { request } = known
    const era = this.#era
    const isStale = (): boolean =>
      this.#stopped || era !== this.#era || this.view.requests.get(id)?.closed !== undefined
    if (!this.#live.has(id)) {
      const snapshot = await this.#reads.snapshot(request.snapshot)
      if (isStale() || !this.view.requests.has(id)) return
      const context = { domain: this.#domain, snapshot, role: this.#deps.role, bls: this.#bls }
      this.#start(context, openRequest(id, request))
    }
    const { finality } = known
    if (this.#live.get(id)?.state.finality !== finality)
      this.#apply(id, { type: 'finality', finality, nowMs: this.#nowMs() })
    const now = BigInt(Math.floor(this.#nowMs() / 1000))
    const hearing = finality?.challenge === undefined ? [] : [finality.challenge]
    for (const { round, opensAt } of [...request.attempts, ...hearing]) {
      if (opensAt > now) continue
      const live = this.#live.get(id)
      if (live === undefined || !isNews(live.state, round)) continue
      if ((await this.#deps.reads.randomness(round)) === undefined) continue
      const randomness = await postedRandomness(this.#deps, round)
      if (isStale()) return
      this.#learnRoundOf(id, round, randomness)
    }
  }

  #blsScheme(): BlsScheme | undefined {
    const { deployment, bls } = this.#deps
    if (deployment.bls === undefined) return undefined
    const keyOf = (attestor: Address): Hex | undefined => this.view.nodes.blsKeyOf(attestor)
    const { verify, aggregate } = bls
    return { verifier: deployment.bls.verifier, keyOf, verify, aggregate }
  }

  #consensusDriver(): ConsensusDriver | undefined {
    const { member, transport, store, clock, log } = this.#deps
    if (member === undefined) return undefined
    return new ConsensusDriver({
      domain: this.#domain,
      bls: this.#bls,
      signer: member.signer,
      evidence: member.evidence,
      transport,
      store,
      clock,
      log,
      functionById: (id) => this.#reads.functionById(id),
      peerOf: (attestor) => this.view.peerOf(attestor),
      mayJoin: (id, attempt) => {
        const known = this.view.requests.get(id)
        if (known === undefined || known.closed !== undefined) return false
        const live = this.#live.get(id)
        const committee = live && attemptOf(live.state, attempt)?.committee
        return (
          committee === undefined || committee.some((attestor) => sameHex(attestor, member.signer.address))
        )
      },
      wantRun: (id) => this.#guarded(id, () => this.#apply(id, { type: 'runWanted', nowMs: this.#nowMs() })),
      judge: async (id, agreement, own, proposal) => member.judge(this.#runNow(id), agreement, own, proposal),
      combine: async (id, observations) => member.combine(this.#runNow(id), observations),
      attested: (message) => this.#guarded(message.requestId, () => this.#count(message)),
      equivocated: (attestor, evidence) => {
        log.warn('a member signed two reports', { attestor })
        this.#exchange.keepEvidence(attestor, evidence)
      },
    })
  }

  /** An open request as whoever observes for it needs it; undefined while no window of it is open. */
  observable(id: RequestId): Observable | undefined {
    const [live, known] = [this.#live.get(id), this.view.requests.get(id)]
    const peerOf = (attestor: Address): PeerId | undefined => this.view.peerOf(attestor)
    return live && known && observableOf(live.state, known, this.#nowMs(), this.#time.lagMs, { peerOf })
  }

  /** Throws when the request is not followed, or no window of it is open. */
  #runNow(id: RequestId): Run {
    const live = this.#live.get(id)
    if (live === undefined) throw new Error('the request is not followed here')
    return runOf(live.state, this.#nowMs(), this.#time.lagMs)
  }

  #start(context: Context, state: RequestState): void {
    const live = {
      context,
      state,
      run: undefined,
      proveUntilMs: undefined,
      due: new Map(),
      dueFinality: undefined,
      wasted: new Map(),
    }
    this.#live.set(state.id, live)
  }

  /** Certified, challenged or judged. A challenge's round may have been posted before. */
  #learnFinality(known: KnownRequest | undefined): void {
    if (known === undefined || known.closed !== undefined) return
    const { id, finality } = known
    if (this.#live.has(id)) {
      this.#guarded(id, () => this.#apply(id, { type: 'finality', finality, nowMs: this.#nowMs() }))
      if (finality?.challenge === undefined) return
    }
    this.#opener.add(id)
  }

  #close(id: RequestId, as: 'fulfilled' | 'expired', at: LogPosition): void {
    this.view.requestClosed(id, as, at)
    this.#opener.cancel(id)
    this.#exchange.stop(id)
    this.#driver?.stop(id)
    if (this.#live.delete(id)) this.#deps.log.info(`request ${as}`, { requestId: id })
  }

  async #checkRound(round: bigint, signature: Hex): Promise<void> {
    if (![...this.#live.values()].some(({ state }) => isNews(state, round))) return
    const era = this.#era
    const randomness = await checkedRandomness(this.#deps, round, signature)
    if (randomness !== undefined && era === this.#era) this.#learnRound(round, randomness)
  }

  #learnRound(round: bigint, randomness: Digest): void {
    for (const id of [...this.#live.keys()])
      this.#guarded(id, () => this.#learnRoundOf(id, round, randomness))
  }

  /** With a committee known at last, what was kept for it counts again. */
  #learnRoundOf(id: RequestId, round: bigint, randomness: Digest): void {
    const live = this.#live.get(id)
    if (live === undefined || !isNews(live.state, round)) return
    this.#apply(id, { type: 'round', round, randomness, nowMs: this.#nowMs() })
    for (const message of this.#exchange.kept(id))
      this.#apply(id, { type: 'outcome', message, nowMs: this.#nowMs() })
  }

  #tick(): void {
    const nowMs = this.#nowMs()
    for (const id of [...this.#live.keys()]) this.#guarded(id, () => this.#apply(id, { type: 'tick', nowMs }))
    try {
      this.#driver?.tick()
      this.#opener.work()
      this.#sealing.tick(nowMs)
      this.#capabilitySealing.tick(nowMs)
      this.#renewing?.tick(nowMs)
    } catch (error) {
      this.#deps.log.error('tick failed', { reason: String(error) })
    }
  }

  /** A request whose step fails is set aside and opened anew, later. */
  #guarded(id: RequestId, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#live.delete(id)
      this.#opener.retry(id, STEP_FAILED, error)
    }
  }

  /** A node this process does not know, or knew before it kept what nodes grant, may cover anything. */
  async #isCovered(capabilities: Hex, blob: Address): Promise<boolean> {
    const { members } = await this.#reads.snapshot(blob)
    return members.some(({ attestor }) => {
      const granted = this.view.nodes.get(attestor)?.capabilities
      return granted === undefined || coversSet(granted, capabilities)
    })
  }

  /** The chain's time. */
  #nowMs(): number {
    return this.#deps.clock.nowMs() - this.#time.lagMs
  }

  // ---- steps

  /** A message from a peer: only a member of one of the request's committees may speak. */
  #judge(from: PeerId, message: SignedOutcome): Verdict {
    const { requestId, attempt } = message
    const live = this.#live.get(requestId)
    if (live === undefined) {
      const known = this.view.requests.get(requestId)
      return known?.closed === undefined ? 'request-unknown' : 'request-closed'
    }
    const committee = attemptOf(live.state, attempt)?.committee
    if (committee !== undefined && !committee.some((attestor) => this.view.peerOf(attestor) === from))
      return 'not-from-a-member'
    const wasted = live.wasted.get(from) ?? 0
    if (wasted >= WASTED_RECOVERIES_MAX) return 'peer-refused'
    const verdict = this.#count(message)
    if (WASTED.has(verdict)) live.wasted.set(from, wasted + 1)
    return verdict
  }

  /** Counts a message; what counts is on disk before anything is built on it. */
  #count(message: SignedOutcome): Verdict {
    const input: Input = { type: 'outcome', message, nowMs: this.#nowMs() }
    return this.#apply(message.requestId, input, ({ seat }) => {
      if (seat !== undefined) this.#exchange.keep(message, seat)
    })
  }

  /** Takes a step. When `persist` throws, it was not taken. */
  #apply(id: RequestId, input: Input, persist: (next: Step) => void = () => {}): Verdict {
    const live = this.#live.get(id)
    if (live === undefined) return 'request-unknown'
    const next = step(live.context, live.state, input)
    persist(next)
    if (next.state.phase !== live.state.phase)
      this.#deps.log.info('request phase', { requestId: id, phase: next.state.phase })
    live.state = next.state
    for (const effect of next.effects) {
      try {
        this.#perform(id, live, effect)
      } catch (error) {
        // The machine asks again.
        this.#deps.log.error('effect failed', { requestId: id, effect: effect.type, reason: String(error) })
      }
    }
    return next.dropped
  }

  #perform(id: RequestId, live: Live, effect: Effect): void {
    switch (effect.type) {
      case 'execute':
        live.run = {
          request: live.state.request,
          ...effect,
          closesAtMs: Number(effect.closesAt) * 1000 + this.#time.lagMs,
        }
        this.#enqueue(jobs.execute(id), this.#deps.member?.runs)
        break
      case 'prove':
        live.proveUntilMs = Number(effect.closesAt) * 1000 + this.#time.lagMs
        this.#enqueue(jobs.prove(id), this.#deps.member?.runs)
        break
      case 'join':
        this.#driver?.join(id, live.state.request, effect.seat)
        if (live.state.execution !== undefined) this.#driver?.executed(id, live.state.execution)
        break
      case 'share':
        this.#share(live, effect)
        break
      case 'submit':
        live.due.set(effect.attempt, effect)
        this.#enqueue(jobs.submit(id, effect.attempt))
        break
      case 'resolve':
        live.dueFinality = effect
        this.#enqueue(jobs.resolve(id))
        break
      case 'finalize':
        live.dueFinality = effect
        this.#enqueue(jobs.finalize(id))
        break
      case 'postRound':
        this.#enqueue(
          jobs.postRound(
            effect.round,
            effect.attempt === undefined ? undefined : { id, attempt: effect.attempt },
          ),
        )
        break
      case 'expire':
        this.#enqueue(jobs.expire(id))
        break
      case 'equivocation':
        this.#deps.log.warn('a member signed two reports', { requestId: id, attestor: effect.attestor })
        this.#exchange.keepEvidence(effect.attestor, effect)
        break
    }
  }

  #share(live: Live, effect: Extract<Effect, { type: 'share' }>): void {
    const { member, transport, coordinators } = this.#deps
    if (member === undefined) return
    const message = ownMessage(live.state, effect.attempt, member.signer.address)
    if (message === undefined) return
    assertHeld(member, message)
    this.#exchange.share(
      message,
      coordinators.filter((peer) => peer !== transport.self),
    )
  }

  /** A job the queue does not take is asked for again. */
  #enqueue(job: ReturnType<(typeof jobs)[keyof typeof jobs]>, queue = this.#deps.queue): void {
    queue.add(job).catch((error: unknown) => {
      this.#deps.log.error('job not queued', { job: job.id, reason: String(error) })
    })
  }

  #jobHooks() {
    return {
      openRequest: (id: RequestId) => this.#live.get(id)?.state.request,
      dueFulfillment: (id: RequestId, attempt: number) => this.#live.get(id)?.due.get(attempt)?.fulfillment,
      dueFinality: (id: RequestId) => this.#live.get(id)?.dueFinality,
      execute: (id: RequestId): Promise<Outcome> | undefined => {
        const { member } = this.#deps
        const live = this.#live.get(id)
        if (member === undefined || live?.run === undefined || live.state.execution !== undefined)
          return undefined
        return member.execute(live.run)
      },
      prove: (id: RequestId): Promise<Proven> | undefined => {
        const { member } = this.#deps
        const live = this.#live.get(id)
        const closesAtMs = live?.proveUntilMs
        if (member === undefined || live === undefined || closesAtMs === undefined) return undefined
        if (live.state.proven !== undefined) return undefined
        const payee = member.signer.address
        return member.prove({ requestId: id, request: live.state.request, payee, closesAtMs })
      },
      onProven: (id: RequestId, proven: Proven): void => {
        this.#guarded(id, () => this.#apply(id, { type: 'proven', proven, nowMs: this.#nowMs() }))
      },
      onOutcome: (id: RequestId, outcome: Outcome): void => {
        this.#guarded(id, () => this.#apply(id, { type: 'executed', outcome, nowMs: this.#nowMs() }))
        const first = this.#live.get(id)?.state.execution
        if (first !== undefined) this.#driver?.executed(id, first)
      },
      onTimedOut: (id: RequestId): void => {
        this.#guarded(id, () => this.#apply(id, { type: 'timedOut', nowMs: this.#nowMs() }))
      },
      onDeclined: (id: RequestId): void => {
        this.#guarded(id, () => this.#apply(id, { type: 'declined', nowMs: this.#nowMs() }))
      },
      baseFeePerGas: () => this.#baseFeePerGas,
      postedRandomness: (round: bigint) => postedRandomness(this.#deps, round),
      onRound: (round: bigint, randomness: Digest): void => this.#learnRound(round, randomness),
      onSealed: (epoch: number): void => this.#sealing.sealed(epoch),
      sealDue: (): number | undefined => this.#sealing.due(this.#nowMs()),
      onCapabilitiesSealed: (capabilities: Hex, epoch: number): void =>
        this.#capabilitySealing.sealed(capabilities, epoch),
      capabilitiesDue: (capabilities: Hex): number | undefined =>
        this.#capabilitySealing.due(capabilities, this.#nowMs()),
      isCovered: (capabilities: Hex, blob: Address) => this.#isCovered(capabilities, blob),
      onUncovered: (capabilities: Hex, epoch: number): void =>
        this.#capabilitySealing.uncovered(capabilities, epoch),
    }
  }
}
