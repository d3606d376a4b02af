/**
 * The work that leaves this process: runs and transactions. Each job is keyed by what it does and safe to repeat.
 * @module
 */
import type { Outcome } from '../core/request/attestation.ts'
import type { Effect, Proven } from '../core/request/state.ts'
import type { Beacon } from '../ports/beacon.ts'
import type { TransactionOutcome, TransactionSender } from '../ports/chain.ts'
import type { Log } from '../ports/log.ts'
import type { Call, MarketCalls, MarketReads } from '../ports/market.ts'
import type { Job } from '../ports/queue.ts'
import { InvalidInputError } from '../protocol/errors.ts'
import { SEAL_STEP_NODES, SNAPSHOT_NODES_MAX } from '../protocol/limits.ts'
import type { Address, Digest, Fulfillment, Hex, Request, RequestId } from '../protocol/types.ts'
import { FunctionDeclinedError } from './declined.ts'
import { UnprovableError, wasTried } from './proving.ts'
import { renewalDue } from './renewing.ts'
import { RunawayError } from './runaway.ts'

/** Reverts that mean somebody else already did it. */
const ALREADY_DONE: ReadonlySet<string> = new Set([
  'RequestNotOpen',
  'EpochAlreadySealed',
  'RoundAlreadyPosted',
  'NotCertified',
  'NotPending',
])
/** A job waits this long for its transaction. The sender goes on by itself; runs need the queue's places. */
const MINED_MS_MAX = 20_000

export interface JobDependencies {
  readonly sender: TransactionSender | undefined
  readonly beacon: Beacon
  readonly reads: MarketReads
  readonly calls: MarketCalls
  readonly log: Log
  /** The open request, or undefined when it was closed meanwhile. */
  readonly openRequest: (id: RequestId) => Request | undefined
  /** What to submit now, or undefined when nothing is due any more. */
  readonly dueFulfillment: (id: RequestId, attempt: number) => Fulfillment | undefined
  /** What makes a certified request final now: a verdict, or the end of it. */
  readonly dueFinality: (id: RequestId) => DueFinality | undefined
  /** Runs the request's function. Undefined when nothing is to run here (any more). */
  readonly execute: (id: RequestId) => Promise<Outcome> | undefined
  /** Proves the request's circuit. Undefined when nothing is to prove here (any more). */
  readonly prove: (id: RequestId) => Promise<Proven> | undefined
  readonly onProven: (id: RequestId, proven: Proven) => void
  readonly onOutcome: (id: RequestId, outcome: Outcome) => void
  /** The request's function did not end in the time it had. */
  readonly onTimedOut: (id: RequestId) => void
  /** This node does not run the request's function. */
  readonly onDeclined: (id: RequestId) => void
  /** Of the newest block, wei a unit of gas. */
  readonly baseFeePerGas: () => bigint
  /** A posted round's, checked against the beacon's key. */
  readonly postedRandomness: (round: bigint) => Promise<Digest>
  readonly onRound: (round: bigint, randomness: Digest) => void
  readonly onSealed: (epoch: number) => void
  /** The epoch this process should seal now, as far as it knows. */
  readonly sealDue: () => number | undefined
  readonly onCapabilitiesSealed: (capabilities: Hex, epoch: number) => void
  /** The epoch this process should seal the set for now, as far as it knows. */
  readonly capabilitiesDue: (capabilities: Hex) => number | undefined
  /** Whether a node of the snapshot covers the set, as far as this process knows its nodes. */
  readonly isCovered: (capabilities: Hex, blob: Address) => Promise<boolean>
  readonly onUncovered: (capabilities: Hex, epoch: number) => void
  readonly minedMsMax?: number
}

/** The last that was asked for of a certified request. */
export type DueFinality = Extract<Effect, { type: 'resolve' | 'finalize' }>

export const jobs = {
  execute: (id: RequestId): Job => ({ id: `execute-${id}`, name: 'execute', payload: { id } }),
  prove: (id: RequestId): Job => ({ id: `prove-${id}`, name: 'prove', payload: { id } }),
  /** @param paidBy the open request that pays for it. */
  postRound: (round: bigint, paidBy?: { readonly id: RequestId; readonly attempt: number }): Job => ({
    id: `postRound-${round}`,
    name: 'postRound',
    payload: { round: String(round), ...paidBy },
  }),
  submit: (id: RequestId, attempt: number): Job => ({
    id: `submit-${id}-${attempt}`,
    name: 'submit',
    payload: { id, attempt },
  }),
  resolve: (id: RequestId): Job => ({ id: `resolve-${id}`, name: 'resolve', payload: { id } }),
  finalize: (id: RequestId): Job => ({ id: `finalize-${id}`, name: 'finalize', payload: { id } }),
  expire: (id: RequestId): Job => ({ id: `expire-${id}`, name: 'expire', payload: { id } }),
  sealEpoch: (epoch: number): Job => ({ id: `sealEpoch-${epoch}`, name: 'sealEpoch', payload: { epoch } }),
  sealCapabilities: (capabilities: Hex, epoch: number): Job => ({
    id: `sealCapabilities-${capabilities}-${epoch}`,
    name: 'sealCapabilities',
    payload: { capabilities },
  }),
  renew: (attestor: Address, epoch: number): Job => ({
    id: `renew-${attestor}-${epoch}`,
    name: 'renew',
    payload: { attestor, epoch },
  }),
}

/** Performs a job; throws when it should be tried again. */
export async function performJob(deps: JobDependencies, job: Job): Promise<void> {
  // Made by `jobs`.
  const payload = job.payload as {
    id?: RequestId
    attempt?: number
    round?: string
    epoch?: number
    attestor?: Address
    capabilities?: Hex
  }
  switch (job.name) {
    case 'execute':
      return runFunction(deps, required(payload.id))
    case 'prove':
      return prove(deps, required(payload.id))
    case 'postRound':
      return postRound(deps, BigInt(required(payload.round)), payload)
    case 'submit':
      return submit(deps, required(payload.id), required(payload.attempt))
    case 'resolve':
    case 'finalize':
      return bringToEnd(deps, required(payload.id))
    case 'expire':
      return expire(deps, required(payload.id))
    case 'sealEpoch':
      return sealEpoch(deps, required(payload.epoch))
    case 'sealCapabilities':
      return sealCapabilities(deps, required(payload.capabilities))
    case 'renew':
      return renew(deps, required(payload.attestor), required(payload.epoch))
    default:
      throw new InvalidInputError('job', `${job.name} is not known`)
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new InvalidInputError('job', 'lacks a field')
  return value
}

/** A run that fails here is not tried again by the queue: the machine asks for it as long as it is wanted. */
async function runFunction(deps: JobDependencies, id: RequestId): Promise<void> {
  if (deps.openRequest(id) === undefined) return
  let outcome: Outcome | undefined
  try {
    outcome = await deps.execute(id)
  } catch (error) {
    if (error instanceof FunctionDeclinedError) {
      const { message, missing, fix } = error
      deps.log.warn('function declined', { requestId: id, missing, reason: message, fix })
      deps.onDeclined(id)
      return
    }
    deps.log.warn('execution failed here', { requestId: id, reason: String(error) })
    if (error instanceof RunawayError) deps.onTimedOut(id)
    return
  }
  if (outcome !== undefined) deps.onOutcome(id, outcome)
}

/** As a run: the machine asks again for a proof that failed here, and for none that nobody can make. */
async function prove(deps: JobDependencies, id: RequestId): Promise<void> {
  if (deps.openRequest(id) === undefined) return
  let proven: Proven | undefined
  try {
    proven = await deps.prove(id)
  } catch (error) {
    deps.log.warn('proof failed here', { requestId: id, reason: String(error) })
    if (error instanceof UnprovableError) deps.onDeclined(id)
    else if (wasTried(error)) deps.onTimedOut(id)
    return
  }
  if (proven !== undefined) deps.onProven(id, proven)
}

async function postRound(
  deps: JobDependencies,
  round: bigint,
  paidBy: { readonly id?: RequestId; readonly attempt?: number } = {},
): Promise<void> {
  if ((await deps.reads.randomness(round)) !== undefined)
    return deps.onRound(round, await deps.postedRandomness(round))
  const { signature } = await deps.beacon.round(round)
  const { id, attempt } = paidBy
  const request = id && deps.openRequest(id)
  const paid = request && attempt !== undefined && deps.calls.postRoundPaid(request, attempt, signature)
  const plain = deps.calls.postRound(round, signature)
  await sendPaid(deps, `postRound:${round}`, paid || undefined, plain)
}

/** What pays may have a reason of its own to revert; the work is due all the same. */
async function sendPaid(
  deps: JobDependencies,
  id: string,
  paid: Call | undefined,
  plain: Call,
): Promise<TransactionOutcome | undefined> {
  if (paid === undefined) return await send(deps, id, plain)
  const outcome = await send(deps, `${id}:paid`, paid)
  const isDone = outcome?.type !== 'reverted' || (outcome.error && ALREADY_DONE.has(outcome.error))
  return isDone ? outcome : await send(deps, id, plain)
}

async function submit(deps: JobDependencies, id: RequestId, attempt: number): Promise<void> {
  const request = deps.openRequest(id)
  const fulfillment = deps.dueFulfillment(id, attempt)
  if (request === undefined || fulfillment === undefined) return
  // Its requester may have raised the limit since: looked up when it matters.
  if (request.maxFeePerGas < deps.baseFeePerGas()) {
    const raised = (await deps.reads.raisedFee(id)) ?? request.maxFeePerGas
    if (isHeldBack(deps, id, raised)) return
  }
  const outcome = await send(deps, `fulfill:${id}:${attempt}`, deps.calls.fulfill(request, fulfillment))
  const round = request.attempts[attempt]?.round
  // A round this process had read of, in a block that was then replaced before it was told of.
  if (outcome?.type === 'reverted' && outcome.error === 'BeaconNotPosted' && round !== undefined)
    await postRound(deps, round)
}

function isHeldBack(deps: JobDependencies, id: RequestId, maxFeePerGas: bigint): boolean {
  const baseFeePerGas = deps.baseFeePerGas()
  if (maxFeePerGas >= baseFeePerGas) return false
  deps.log.info('submission held back: its requester pays less than the base fee', {
    requestId: id,
    maxFeePerGas: Number(maxFeePerGas),
    baseFeePerGas: Number(baseFeePerGas),
  })
  return true
}

async function expire(deps: JobDependencies, id: RequestId): Promise<void> {
  const request = deps.openRequest(id)
  if (request !== undefined) await send(deps, `expire:${id}`, deps.calls.expire(request))
}

async function bringToEnd(deps: JobDependencies, id: RequestId): Promise<void> {
  const request = deps.openRequest(id)
  const due = deps.dueFinality(id)
  if (request === undefined || due === undefined) return
  if (isHeldBack(deps, id, due.certified.maxFeePerGas)) return
  const call =
    due.type === 'resolve'
      ? deps.calls.resolve(request, due.certified, due.fulfillment)
      : deps.calls.finalize(request, due.certified, due.output)
  if (call !== undefined) await send(deps, `${due.type}:${id}`, call)
}

async function sealEpoch(deps: JobDependencies, epoch: number): Promise<void> {
  // What nodes that register meanwhile leave over is asked for again.
  const places = Math.min(await deps.reads.placeCount(), SNAPSHOT_NODES_MAX)
  for (let step = 0; step < Math.max(1, Math.ceil(places / SEAL_STEP_NODES)); step++) {
    const sealed = await deps.reads.latestSealedEpoch()
    if (sealed !== undefined) deps.onSealed(sealed)
    if (deps.sealDue() !== epoch) return
    // Others may make steps of the same seal: each goes on where the last one ended, whoever made it.
    const plain = deps.calls.sealEpoch(SEAL_STEP_NODES)
    const outcome = await sendPaid(deps, `sealEpoch:${epoch}:${step}`, deps.calls.sealEpochPaid(), plain)
    if (outcome?.type !== 'mined') return
  }
}

/** Of the newest sealed epoch, whichever that is by now. */
async function sealCapabilities(deps: JobDependencies, capabilities: Hex): Promise<void> {
  const { reads, calls } = deps
  for (let step = 0, steps = 1; step < steps; step++) {
    const all = await reads.latestSnapshot()
    if (all === undefined) return
    deps.onSealed(all.epoch)
    const sealed = await reads.sealedEpochOf(capabilities)
    if (sealed !== undefined) deps.onCapabilitiesSealed(capabilities, sealed)
    if (deps.capabilitiesDue(capabilities) !== all.epoch) return
    if (all.count === 0 || !(await deps.isCovered(capabilities, all.blob))) {
      deps.log.debug('no node covers a set of capabilities', { capabilities, epoch: all.epoch })
      return deps.onUncovered(capabilities, all.epoch)
    }
    steps = Math.ceil(Math.min(all.count, SNAPSHOT_NODES_MAX) / SEAL_STEP_NODES)
    // Whoever made the steps before: this one goes on where they ended, and is another transaction than they were.
    const begun = await reads.sealProgress(capabilities)
    const next = begun.epoch === all.epoch ? begun.next : 0
    const effect = `sealCapabilities:${capabilities}:${all.epoch}:${next}`
    const outcome = await send(deps, effect, calls.sealCapabilities(capabilities, SEAL_STEP_NODES))
    if (outcome?.type !== 'mined') return
  }
}

async function renew(deps: JobDependencies, attestor: Address, epoch: number): Promise<void> {
  if (!renewalDue(await deps.reads.liveness(attestor), epoch)) return
  await send(deps, `renew:${epoch}`, deps.calls.renew(attestor))
}

async function send(deps: JobDependencies, id: string, call: Call): Promise<TransactionOutcome | undefined> {
  if (deps.sender === undefined) return undefined
  const outcome = await within(deps.sender.send({ id, ...call }), deps.minedMsMax ?? MINED_MS_MAX)
  if (outcome === undefined) {
    deps.log.info('transaction not mined yet', { effect: id })
  } else if (outcome.type === 'mined') {
    deps.log.info('transaction mined', { effect: id, hash: outcome.hash, gasUsed: Number(outcome.gasUsed) })
  } else if (outcome.error !== undefined && ALREADY_DONE.has(outcome.error)) {
    deps.log.debug('somebody else did it', { effect: id, error: outcome.error })
  } else {
    deps.log.warn('transaction reverted', { effect: id, error: outcome.error, detail: outcome.detail })
  }
  return outcome
}

/** The promise's outcome, or undefined when it takes longer. What becomes of it then is heard, and nobody's error. */
async function within<T>(promise: Promise<T>, msMax: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), msMax)
  })
  try {
    return await Promise.race([promise, patience])
  } finally {
    clearTimeout(timer)
  }
}
