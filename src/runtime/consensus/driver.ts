/**
 * This node's part in the committees it sits in: one instance for each attempt, and what passes between it and the world.
 *
 * Members speak over CONSENSUS; who speaks is known by its connection. What an instance decides is handed to the engine as
 * attestations, one by one, as if they had come from their seats: nothing is certified because this module says so.
 * @module
 */
import type { BlsScheme } from '../../core/bls-certificate.ts'
import { observationsFit } from '../../core/consensus/aggregate/terms.ts'
import { type Agreement, parseAgreement } from '../../core/consensus/agreement.ts'
import type { Combined, Proposal } from '../../core/consensus/core.ts'
import { committeeSizeMax } from '../../core/consensus/quorum.ts'
import { NO_EVIDENCE, type Outcome, type SignedOutcome } from '../../core/request/attestation.ts'
import type { Seat } from '../../core/request/state.ts'
import type { SigningDomain } from '../../crypto/eip712.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Evidence } from '../../ports/evidence.ts'
import type { Log } from '../../ports/log.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import type { Store } from '../../ports/store.ts'
import type { Transport } from '../../ports/transport.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { ATTEMPTS_MAX, PROPOSED_EVIDENCE_BYTES_MAX } from '../../protocol/limits.ts'
import type { Address, FunctionId, PeerId, Request, RequestId } from '../../protocol/types.ts'
import { assertHeld, EvidenceLostError, signOutcome } from '../member.ts'
import { NotTakenError } from '../not-taken.ts'
import type { Signer } from '../signer.ts'
import { consensusContext } from './context.ts'
import {
  CONSENSUS,
  type ConsensusAnswer,
  type ConsensusFrame,
  decodeFrame,
  encodeAnswer,
  encodeFrame,
} from './frames.ts'
import { RECORDS, type RunningInstance, type Surroundings } from './instance.ts'
import { openInstance } from './modes.ts'
import { Outbox } from './outbox.ts'

/** Frames of one seat that an instance reads at first: an honest one sends a few, and repeats them after doubling pauses. */
const FRAMES_PER_SEAT_MAX = 4_096
/** And later: a leader that runs for long says twice a second that it lives. */
const FRAMES_PER_SECOND = 4
/** Frames that were no message, after which a seat is heard no more: decoding a megabyte of nothing costs a third of a second. */
const UNREADABLE_MAX = 4
/** Instances of one request a node may have had: its attempts, and hearings that reorganisations moved. */
const RECORDS_PER_REQUEST_MAX = 4 * (ATTEMPTS_MAX + 1)

export interface DriverDependencies {
  readonly domain: SigningDomain
  readonly bls: BlsScheme | undefined
  readonly signer: Signer
  readonly transport: Transport
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly evidence: Pick<Evidence, 'has' | 'get' | 'keepFile'>
  readonly functionById: (id: FunctionId) => Promise<DeployedFunction | undefined>
  readonly peerOf: (attestor: Address) => PeerId | undefined
  /** Whether this node sits, or may yet turn out to sit, in the attempt's committee. */
  readonly mayJoin: (id: RequestId, attempt: number) => boolean
  /** This node's run of the function. May be asked for again. */
  readonly wantRun: (id: RequestId) => void
  /** Whether another's result is acceptable, this node's own run having given `own`. Rejects when that cannot be told now. */
  readonly judge: (id: RequestId, agreement: Agreement, own: Outcome, proposal: Proposal) => Promise<boolean>
  /** What the function's own rule makes of observations. Rejects when it cannot be run now. */
  readonly combine: (id: RequestId, observations: Uint8Array) => Promise<Combined>
  /** An attestation of a view that decided. */
  readonly attested: (message: SignedOutcome) => void
  /** Two reports a seat attested in one view. */
  readonly equivocated: (
    attestor: Address,
    evidence: { readonly first: SignedOutcome; readonly second: SignedOutcome },
  ) => void
}

interface Live {
  readonly seat: Seat
  readonly agreement: Agreement
  readonly abort: AbortController
  readonly instance: RunningInstance
  readonly sinceMs: number
  /** Of each seat: frames, and those that were no message of the mode. */
  readonly heard: Map<number, { frames: number; unreadable: number }>
}

export class ConsensusDriver {
  readonly #deps: DriverDependencies
  readonly #outbox: Outbox
  /** By request and attempt. */
  readonly #live = new Map<RequestId, Map<number, Live>>()
  readonly #opening = new Set<string>()
  /** What this node's own run gave, for all attempts. */
  readonly #executed = new Map<RequestId, Outcome>()
  /** Counts what ended all instances: an opening begun before is given up. */
  #era = 0
  readonly #awaiting = new Map<RequestId, ((outcome: Outcome) => void)[]>()

  constructor(deps: DriverDependencies) {
    this.#deps = deps
    this.#outbox = new Outbox(deps.transport, deps.log)
  }

  async serve(): Promise<void> {
    await this.#deps.transport.handle(CONSENSUS, async (from, payload) =>
      encodeAnswer(this.#hear(from, decodeFrame(payload))),
    )
  }

  /** Takes its seat, unless it has. Returns at once; what goes wrong is logged, and tried again when it is asked again. */
  join(id: RequestId, request: Request, seat: Seat): void {
    const before = this.#live.get(id)?.get(seat.attempt)
    if (before?.seat.round === seat.round) return
    if (before !== undefined) this.#end(id, seat.attempt)
    const key = keyOf(id, seat)
    if (this.#opening.has(key)) return
    this.#opening.add(key)
    this.#open(id, request, seat)
      .catch((error: unknown) => {
        this.#deps.log.warn('consensus not joined', { requestId: id, reason: String(error) })
      })
      .finally(() => this.#opening.delete(key))
  }

  /** This node's run gave a result, once and for all attempts. */
  executed(id: RequestId, outcome: Outcome): void {
    if (this.#executed.has(id)) return
    this.#executed.set(id, outcome)
    for (const resolve of this.#awaiting.get(id) ?? []) resolve(outcome)
    this.#awaiting.delete(id)
    for (const live of this.#live.get(id)?.values() ?? []) void this.#giveResult(id, live, outcome)
  }

  tick(): void {
    for (const attempts of [...this.#live.values()])
      for (const { instance } of [...attempts.values()]) instance.tick()
  }

  /** The request closed. What is on disk stays, in case the chain reopens it. */
  stop(id: RequestId): void {
    for (const attempt of [...(this.#live.get(id)?.keys() ?? [])]) this.#end(id, attempt)
    this.#executed.delete(id)
    this.#awaiting.delete(id)
  }

  stopAll(): void {
    this.#era++
    for (const id of [...this.#live.keys()]) this.stop(id)
  }

  /** No block can hold the request any more. */
  bury(id: RequestId): void {
    this.stop(id)
    const { store } = this.#deps
    const records = store.list(RECORDS, {
      after: `${id}:`,
      before: `${id};`,
      limit: RECORDS_PER_REQUEST_MAX,
    })
    if (records.length > 0) store.write(records.map(({ key }) => ({ type: 'delete', space: RECORDS, key })))
  }

  // ---- opening

  async #open(id: RequestId, request: Request, seat: Seat): Promise<void> {
    const { domain, bls, signer, store, clock, functionById, log } = this.#deps
    const era = this.#era
    const known = await functionById(request.functionId)
    if (known === undefined)
      throw new InvalidInputError('functionId', `${request.functionId} was never deployed`)
    const agreement = parseAgreement(request.consensus, known.spec.agreement)
    if (seat.committee.length > committeeSizeMax(agreement.mode))
      throw new InvalidInputError(
        'committeeSize',
        `is above ${committeeSizeMax(agreement.mode)}, which ${agreement.mode} has no frames for`,
      )
    if (
      agreement.mode === 'aggregate' &&
      !observationsFit({ ...agreement, ...request }, seat.committee.length)
    )
      throw new InvalidInputError('committeeSize', 'what so many members may observe does not fit a proposal')
    // A reorganisation, the chain's last word, or another opening may have come meanwhile.
    if (era !== this.#era || !this.#deps.mayJoin(id, seat.attempt)) return
    this.#end(id, seat.attempt)
    const abort = new AbortController()
    const context = consensusContext({
      id,
      request,
      seat,
      domain,
      bls,
      viewMs: agreement.mode === 'exact' ? 0 : agreement.timeoutMs,
      sign: (digest) => signer.signStatement(digest),
    })
    const around = this.#around(id, request, seat, agreement, abort.signal)
    const instance = openInstance({
      agreement,
      terms: {
        domain,
        fuelLimit: request.fuelLimit,
        outputBytesMax: request.outputBytesMax,
        weightOf: (place) => seat.weights[place] ?? 0n,
      },
      context,
      store,
      clock,
      key: keyOf(id, seat),
      around,
    })
    const attempts = this.#live.get(id) ?? new Map<number, Live>()
    this.#live.set(id, attempts)
    attempts.set(seat.attempt, { seat, agreement, abort, instance, sinceMs: clock.nowMs(), heard: new Map() })
    log.debug('consensus joined', {
      requestId: id,
      attempt: seat.attempt,
      mode: agreement.mode,
      seat: seat.place,
    })
    instance.start()
  }

  #around(
    id: RequestId,
    request: Request,
    seat: Seat,
    agreement: Agreement,
    signal: AbortSignal,
  ): Surroundings {
    const { attempt, committee } = seat
    const { log, peerOf, transport } = this.#deps
    return {
      send: (to, message) => {
        const frame = encodeFrame({ requestId: id, attempt, seat: seat.place, message })
        if (frame.length > CONSENSUS.frameBytesMax) {
          log.error('consensus frame too large', { requestId: id, bytes: frame.length })
          return
        }
        for (const place of to) {
          const attestor = committee[place]
          const peer = attestor && peerOf(attestor)
          if (peer !== undefined && peer !== transport.self) this.#outbox.send(peer, frame, signal)
        }
      },
      wantRun: () => {
        const live = this.#live.get(id)?.get(attempt)
        const outcome = this.#executed.get(id)
        if (outcome !== undefined && live !== undefined) void this.#giveResult(id, live, outcome)
        else this.#deps.wantRun(id)
      },
      validate: async (proposal) => {
        try {
          return await this.#deps.judge(id, agreement, await this.#ownOutcome(id), proposal)
        } catch (error) {
          log.warn('proposal not judged', { requestId: id, reason: String(error) })
          throw error
        }
      },
      combine: async (input) => {
        try {
          return await this.#deps.combine(id, input)
        } catch (error) {
          log.warn('observations not combined', { requestId: id, reason: String(error) })
          throw error
        }
      },
      attest: async (view, proposal) => {
        try {
          return await this.#attest(id, request, seat, view, proposal)
        } catch (error) {
          log.error('not attested', { requestId: id, attempt, view, reason: String(error) })
          throw error
        }
      },
      decided: (attestations) => {
        for (const message of attestations) this.#deps.attested(message)
      },
      evidence: (place, first, second) => {
        const attestor = committee[place]
        if (attestor !== undefined) this.#deps.equivocated(attestor, { first, second })
      },
      contradiction: (place) => {
        log.warn('a member signed two observations', { requestId: id, attestor: committee[place] })
      },
      failed: (error) => {
        log.error('consensus interrupted: it goes on from its record', {
          requestId: id,
          attempt,
          reason: String(error),
        })
        this.#end(id, attempt)
      },
    }
  }

  #end(id: RequestId, attempt: number): void {
    const attempts = this.#live.get(id)
    const live = attempts?.get(attempt)
    if (attempts === undefined || live === undefined) return
    live.instance.stop()
    live.abort.abort(new Error('the instance has ended'))
    attempts.delete(attempt)
    if (attempts.size === 0) this.#live.delete(id)
  }

  // ---- what members say

  #hear(from: PeerId, frame: ConsensusFrame): ConsensusAnswer {
    const { requestId, attempt, seat, message } = frame
    const live = this.#live.get(requestId)?.get(attempt)
    if (live === undefined) return this.#deps.mayJoin(requestId, attempt) ? 'early' : 'refused'
    const attestor = live.seat.committee[seat]
    if (attestor === undefined || this.#deps.peerOf(attestor) !== from) return 'refused'
    const heard = live.heard.get(seat) ?? { frames: 0, unreadable: 0 }
    live.heard.set(seat, heard)
    const framesMax = FRAMES_PER_SEAT_MAX + FRAMES_PER_SECOND * Math.max(0, this.#secondsOf(live))
    if (++heard.frames > framesMax || heard.unreadable >= UNREADABLE_MAX) return 'refused'
    try {
      live.instance.hear(seat, message)
    } catch (cause) {
      if (!(cause instanceof InvalidInputError)) throw new NotTakenError(cause)
      heard.unreadable++
      return 'refused'
    }
    return 'taken'
  }

  /** Since it joined. */
  #secondsOf({ sinceMs }: Live): number {
    return (this.#deps.clock.nowMs() - sinceMs) / 1000
  }

  // ---- runs and attestations

  /** Throws when its evidence is gone, or too large for others to look at. */
  async #proposalOf({ mode }: Agreement, outcome: Outcome): Promise<Proposal> {
    const { evidenceHash } = outcome
    // Of an observation the evidence stays here: a report of many rests on the observations.
    if (evidenceHash === NO_EVIDENCE || mode === 'aggregate') return { outcome, evidence: new Uint8Array(0) }
    const evidence = await this.#deps.evidence.get(evidenceHash)
    if (evidence === undefined) throw new EvidenceLostError(evidenceHash)
    if (evidence.length > PROPOSED_EVIDENCE_BYTES_MAX)
      throw new Error(`its evidence of ${evidence.length} bytes is above ${PROPOSED_EVIDENCE_BYTES_MAX}`)
    return { outcome, evidence }
  }

  async #giveResult(id: RequestId, { agreement, instance }: Live, outcome: Outcome): Promise<void> {
    try {
      instance.executed(await this.#proposalOf(agreement, outcome))
    } catch (error) {
      this.#deps.log.warn('own result cannot be proposed', { requestId: id, reason: String(error) })
    }
  }

  /** This node's own, once there is one. */
  #ownOutcome(id: RequestId): Promise<Outcome> {
    const executed = this.#executed.get(id)
    if (executed !== undefined) return Promise.resolve(executed)
    this.#deps.wantRun(id)
    return new Promise((resolve) => {
      this.#awaiting.set(id, [...(this.#awaiting.get(id) ?? []), resolve])
    })
  }

  async #attest(
    id: RequestId,
    request: Request,
    { attempt, round }: Seat,
    view: number,
    { outcome, evidence }: Proposal,
  ): Promise<SignedOutcome> {
    const { evidenceHash } = outcome
    if (evidenceHash !== NO_EVIDENCE && !this.#deps.evidence.has(evidenceHash))
      await this.#deps.evidence.keepFile(evidence, evidenceHash)
    assertHeld(this.#deps, outcome)
    const { signer, domain, bls } = this.#deps
    return signOutcome(signer, domain, request, bls, { requestId: id, attempt, view, round, outcome })
  }
}

/** A hearing that a reorganisation moved is another instance. */
function keyOf(id: RequestId, { attempt, round }: Seat): string {
  return `${id}:${attempt}:${round}`
}
