/**
 * A standing committee's member: what it observes for a request, signed once (OBS-3, OBS-4).
 *
 * It runs what the circuit function names when the prover drawn for the request asks, and nobody else: single observations are
 * private. What it signed in a context is on disk before it is told, so that it never signs another value there.
 * @module
 */
import { decode, encode } from 'cborg'
import { committeeInputOf, observedRule, observedValue } from '../../core/circuit/observing.ts'
import { parseCircuitTerms } from '../../core/consensus/agreement.ts'
import type { Outcome } from '../../core/request/attestation.ts'
import { fromBytesBE, sameHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import { keyRoot as rootOf, type SignedObservation } from '../../crypto/committee-proof.ts'
import { schnorrKey, signSchnorr } from '../../crypto/schnorr.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { CommitteeReads, DeployedFunction } from '../../ports/market.ts'
import type { Store } from '../../ports/store.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, FunctionId, FunctionSpec, PeerId, Request, RequestId } from '../../protocol/types.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { RequestRun } from '../execution.ts'
import { decodeQuery, encodeAnswer, type Refusal } from './wire.ts'

const SPACE = 'observed'
/** Windows are a day at most, and a request has four of them: no request of a context that old is open. */
const KEPT_SECONDS = 7n * 86_400n
const DROPPED_AT_ONCE = 64
/** Of one request: a function that gives no value, or never ends, is not run for ever. */
const RUNS_MAX = 2
const REQUESTS_REMEMBERED = 1024
/** Side by side: observing is not what a node is paid for by the market, and leaves room for what is. */
const RUNNING_MAX = 4
const RUNNING_OF_REQUESTER_MAX = 2
/** As much as an ordinary function is given. */
const OBSERVED_FUEL_MAX = 1_000_000_000n

/** An open request, as far as whoever observes for it needs to know. */
export interface Observable {
  readonly requestId: RequestId
  readonly request: Request
  /** Where it was made. */
  readonly blockNumber: bigint
  /** Its world, as every member of a drawn committee has it. */
  readonly seed: Uint8Array
  readonly firstRound: bigint
  readonly closesAtMs: number
  /** Peers of those who were drawn to prove it. */
  readonly provers: readonly PeerId[]
}

export interface ObservingDependencies {
  readonly chainId: number
  readonly attestor: Address
  /** Of the node's key in standing committees (CIR-8). */
  readonly secret: bigint
  readonly reads: CommitteeReads
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
  readonly execute: (run: RequestRun) => Promise<Outcome>
  /** Whether the operator lends what it grants to this function's observations, which the market does not pay for. */
  readonly mayReachOut: (functionId: FunctionId) => boolean
  readonly observable: (requestId: RequestId) => Observable | undefined
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** This node does not observe for the request. */
export class NotObservedError extends InvalidInputError {
  readonly refusal: Refusal

  constructor(refusal: Refusal, detail: string, options: { readonly cause?: unknown } = {}) {
    super('observation', detail, options)
    this.refusal = refusal
  }
}

export class Observer {
  readonly #deps: ObservingDependencies
  readonly #running = new Map<
    RequestId,
    { readonly requester: Address; readonly made: Promise<SignedObservation> }
  >()
  /** Runs of a request, whatever came of them. */
  readonly #runs = new BoundedMap<RequestId, number>(REQUESTS_REMEMBERED)

  constructor(deps: ObservingDependencies) {
    this.#deps = deps
  }

  /** The handler of OBSERVE: a refusal says why. What fails here alone throws, and may be asked again. */
  async answer(from: PeerId, payload: Uint8Array): Promise<Uint8Array> {
    const requestId = decodeQuery(payload)
    try {
      const asked = this.#deps.observable(requestId)
      if (asked === undefined) throw new NotObservedError('request-unknown', 'the request is not open here')
      if (!asked.provers.includes(from))
        throw new NotObservedError('not-the-prover', 'only who was drawn to prove the request is told')
      return encodeAnswer({ observation: await this.observe(asked) })
    } catch (error) {
      if (!(error instanceof NotObservedError)) throw error
      this.#deps.log.debug('not observed', { requestId, from, reason: error.message })
      return encodeAnswer({ refused: error.refusal })
    }
  }

  /** Throws `NotObservedError` for what this node will not observe, and what a run throws. */
  observe(asked: Observable): Promise<SignedObservation> {
    const { requestId } = asked
    const running = this.#running.get(requestId)
    if (running !== undefined) return running.made
    const { requester } = asked.request
    const ofRequester = [...this.#running.values()].filter((one) => sameHex(one.requester, requester)).length
    if (this.#running.size >= RUNNING_MAX || ofRequester >= RUNNING_OF_REQUESTER_MAX)
      return Promise.reject(
        new NotObservedError('busy', 'as many observations are being made as this node makes'),
      )
    const made = this.#observe(asked).finally(() => this.#running.delete(requestId))
    this.#running.set(requestId, { requester, made })
    return made
  }

  async #observe(asked: Observable): Promise<SignedObservation> {
    const { chainId, attestor, secret, reads, functionById } = this.#deps
    const { request, blockNumber } = asked
    const circuit = (await functionById(request.functionId))?.spec
    const observed =
      circuit?.kind === 'circuit' ? orRefuse(() => parseCircuitTerms(circuit.agreement)).observed : undefined
    if (observed === undefined) throw new NotObservedError('not-observed', 'its function observes nothing')
    const askedAt = await reads.blockTime(blockNumber)
    const { keyRoot, ctx } = orRefuse(() => committeeInputOf({ chainId, request, askedAt }))
    const kept = this.#kept(askedAt, ctx)
    if (kept !== undefined) return kept

    const committee = await reads.standingCommittee(keyRoot)
    if (committee === undefined) throw new NotObservedError('no-committee', 'its key root is no committee’s')
    // A wrong root may count, when nobody had it computed in time: nobody signs under it.
    if (rootOf(committee.keys) !== keyRoot)
      throw new NotObservedError('no-committee', 'its key root is not that of the committee’s keys')
    const slot = committee.members.findIndex((member) => sameHex(member, attestor))
    if (slot < 0 || committee.keys[slot] !== schnorrKey(secret))
      throw new NotObservedError('not-a-member', 'this node’s key is not among the committee’s')
    const spec = (await functionById(observed.functionId))?.spec
    if (spec === undefined)
      throw new NotObservedError('not-observed', `${observed.functionId} was never deployed`)
    const rule = orRefuse(() => observedRule(spec))
    this.#assertMayRun(asked.requestId, observed.functionId, spec)
    // Before it runs: one that throws ran as well.
    this.#runs.set(asked.requestId, (this.#runs.get(asked.requestId) ?? 0) + 1)
    const outcome = await this.#deps.execute(runOfObserved(asked, observed, spec))
    const value = observedValue(rule, outcome)
    if (value === undefined)
      throw new NotObservedError(
        'no-value',
        `the run ended with exit ${outcome.exit} and no value of its type`,
      )
    // Another request of the same context may have been observed meanwhile: what was signed first stands.
    return this.#kept(askedAt, ctx) ?? this.#sign(askedAt, ctx, value)
  }

  /** OBS-7: nobody pays the market for it. */
  #assertMayRun(requestId: RequestId, functionId: FunctionId, spec: FunctionSpec): void {
    if ((this.#runs.get(requestId) ?? 0) >= RUNS_MAX)
      throw new NotObservedError('no-value', 'its runs gave no value')
    if (spec.fuelLimit > OBSERVED_FUEL_MAX)
      throw new NotObservedError(
        'not-observed',
        `its function may use more than ${OBSERVED_FUEL_MAX} of fuel`,
      )
    if (spec.permissions.length > 0 && !this.#deps.mayReachOut(functionId))
      throw new NotObservedError(
        'not-observed',
        'a function with permissions runs where its operator names it',
      )
  }

  /** On disk first. */
  #sign(askedAt: bigint, ctx: bigint, value: bigint): SignedObservation {
    const { store, secret, clock } = this.#deps
    const nowSeconds = BigInt(Math.floor(clock.nowMs() / 1000))
    const old = store.list(SPACE, { limit: DROPPED_AT_ONCE, before: prefixOf(nowSeconds - KEPT_SECONDS) })
    store.write([
      { type: 'put', space: SPACE, key: keyOf(askedAt, ctx), value: encode({ value: toBytesBE(value, 16) }) },
      ...old.map(({ key }) => ({ type: 'delete', space: SPACE, key }) as const),
    ])
    return { value, signature: signSchnorr(secret, ctx, value) }
  }

  /** What was signed in the context, signed again: signatures are deterministic. */
  #kept(askedAt: bigint, ctx: bigint): SignedObservation | undefined {
    const { store, secret } = this.#deps
    const kept = store.get(SPACE, keyOf(askedAt, ctx))
    if (kept === undefined) return undefined
    const { value } = decode(kept) as { value: Uint8Array } // our own bytes, written above
    const signed = fromBytesBE(value)
    return { value: signed, signature: signSchnorr(secret, ctx, signed) }
  }
}

/** The observed function's run in the request's world, under its own bounds. */
function runOfObserved(
  { request, seed, firstRound, closesAtMs }: Observable,
  { functionId, input }: { readonly functionId: FunctionId; readonly input: Uint8Array },
  { fuelLimit, outputBytesMax }: { readonly fuelLimit: bigint; readonly outputBytesMax: number },
): RequestRun {
  return {
    seed,
    firstRound,
    closesAtMs,
    request: {
      ...request,
      functionId,
      consensus: 'aggregate',
      fuelLimit,
      outputBytesMax,
      input: toHex(input),
    },
  }
}

/** In the order of their age. */
function keyOf(askedAt: bigint, ctx: bigint): string {
  return `${prefixOf(askedAt)}:${ctx.toString(16).padStart(64, '0')}`
}

function prefixOf(seconds: bigint): string {
  return (seconds < 0n ? 0n : seconds).toString().padStart(16, '0')
}

function orRefuse<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new NotObservedError('not-observed', String(cause), { cause })
  }
}
