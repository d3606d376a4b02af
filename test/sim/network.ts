/**
 * A seeded world for the request machine: members, a coordinator, a chain and a network that drops, repeats and delays.
 * Everything is drawn from one seed, so a failing run is replayed by its number.
 */

import { verifyCertificate } from '../../src/core/certificate.ts'
import { quorumOf } from '../../src/core/consensus/quorum.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../../src/core/request/attestation.ts'
import { openRequest, step } from '../../src/core/request/machine.ts'
import type { Effect, Input, RequestState, Role, Seat } from '../../src/core/request/state.ts'
import { memberAt, snapshotOf } from '../../src/core/snapshot.ts'
import { selectCommittee } from '../../src/core/sortition.ts'
import { fromHex, sameHex } from '../../src/crypto/bytes.ts'
import { requestIdOf } from '../../src/crypto/eip712.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { committeeSeed } from '../../src/crypto/seeds.ts'
import { addressOfPrivateKey, signDigest } from '../../src/crypto/signature.ts'
import type { Address, Digest, Fulfillment, Request, RequestId } from '../../src/protocol/types.ts'
import { generator } from './random.ts'

export const DOMAIN = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address }
const STEP_MS = 100
const RIGHT: Outcome = { exit: 0, fuelUsed: 20n, output: Uint8Array.of(1), evidenceHash: NO_EVIDENCE }
const WRONG: Outcome = { exit: 0, fuelUsed: 20n, output: Uint8Array.of(2), evidenceHash: NO_EVIDENCE }

export type Behaviour = 'honest' | 'dead' | 'liar' | 'equivocator'

export interface WorldOptions {
  readonly seed: number
  readonly committeeSize: number
  /** One entry a node; the whole snapshot. */
  readonly behaviours: readonly Behaviour[]
  readonly coordinator: boolean
  /** Chance that a message is lost, and that it comes twice. */
  readonly loss: number
}

export interface World {
  readonly fulfilled: readonly Fulfillment[]
  readonly expired: boolean
  readonly equivocations: number
  /** Submissions the chain refused. */
  readonly refused: readonly string[]
  readonly outputs: { readonly right: string }
}

interface Actor {
  readonly key: Uint8Array | undefined
  readonly address: Address | undefined
  readonly behaviour: Behaviour
  readonly role: Role
  state: RequestState
}

interface Delivery {
  readonly atMs: number
  readonly to: Actor
  readonly input: (nowMs: number) => Input
}

const KEYS = Array.from({ length: 16 }, (_, i) => fromHex(tagHash(`simulated key ${i}`)))

class Simulation {
  readonly random: () => number
  readonly options: WorldOptions
  readonly request: Request
  readonly id: RequestId
  readonly snapshot
  readonly actors: readonly Actor[]
  nowMs = 100_000
  deliveries: Delivery[] = []
  readonly posted = new Map<bigint, Digest>()
  readonly fulfilled: Fulfillment[] = []
  readonly refused: string[] = []
  expired = false
  equivocations = 0

  constructor(options: WorldOptions) {
    this.options = options
    this.random = generator(options.seed)
    const members = options.behaviours.map((_, number) => ({
      attestor: addressOfPrivateKey(KEYS[number] ?? new Uint8Array(32)),
      number,
      weight: BigInt(1 + Math.floor(this.random() * 50)),
    }))
    this.snapshot = snapshotOf(members)
    this.request = requestFor(options)
    this.id = requestIdOf(DOMAIN, this.request)
    const timing = { standInMs: 1500, standInStepMs: 700, graceMs: 300, repeatMs: 600 }
    const nodes = options.behaviours.map((behaviour, i): Actor => {
      const key = KEYS[i] ?? new Uint8Array(32)
      const address = addressOfPrivateKey(key)
      return {
        key,
        address,
        behaviour,
        role: { ...timing, attestor: address },
        state: openRequest(this.id, this.request),
      }
    })
    const coordinator: Actor = {
      key: undefined,
      address: undefined,
      behaviour: options.coordinator ? 'honest' : 'dead',
      role: { ...timing, attestor: undefined },
      state: openRequest(this.id, this.request),
    }
    this.actors = [...nodes, coordinator]
  }

  run(): World {
    const endMs = Number(this.request.deadline) * 1000 + 60_000
    while (this.nowMs < endMs && !this.expired && this.fulfilled.length === 0) this.tick()
    // Whatever is still under way must change nothing any more.
    for (let i = 0; i < 50; i++) this.tick()
    const { fulfilled, expired, equivocations, refused } = this
    return { fulfilled, expired, equivocations, refused, outputs: { right: '0x01' } }
  }

  tick(): void {
    this.nowMs += STEP_MS
    const due = this.deliveries.filter(({ atMs }) => atMs <= this.nowMs)
    this.deliveries = this.deliveries.filter(({ atMs }) => atMs > this.nowMs)
    for (const { to, input } of due) this.feed(to, input(this.nowMs))
    for (const actor of this.actors) this.feed(actor, { type: 'tick', nowMs: this.nowMs })
  }

  feed(actor: Actor, input: Input): void {
    if (actor.behaviour === 'dead') return
    const { state, effects } = step(
      { domain: DOMAIN, snapshot: this.snapshot, role: actor.role },
      actor.state,
      input,
    )
    actor.state = state
    for (const effect of effects) this.perform(actor, effect)
  }

  perform(actor: Actor, effect: Effect): void {
    switch (effect.type) {
      case 'postRound':
        this.post(effect.round)
        return
      case 'execute':
        this.later(
          actor,
          (nowMs) => ({ type: 'executed', outcome: actor.behaviour === 'liar' ? WRONG : RIGHT, nowMs }),
          100,
        )
        return
      case 'join':
        this.takePart(actor, effect.seat)
        return
      case 'submit':
        this.submit(effect.fulfillment)
        return
      case 'expire':
        if (this.fulfilled.length === 0) this.expired = true
        this.broadcast((nowMs) => ({ type: 'expired', nowMs }))
        return
      case 'equivocation':
        this.equivocations++
        return
    }
  }

  post(round: bigint): void {
    if (this.posted.has(round)) return
    const randomness = tagHash(`randomness ${this.options.seed} ${round}`)
    this.posted.set(round, randomness)
    this.broadcast((nowMs) => ({ type: 'round', round, randomness, nowMs }))
  }

  /** In place of consensus, which has a world of its own: who has a result attests it to all, each time it is asked. */
  takePart(actor: Actor, { attempt, committee }: Seat): void {
    const { execution } = actor.state
    if (execution === undefined) {
      this.feed(actor, { type: 'runWanted', nowMs: this.nowMs })
      return
    }
    this.feed(actor, {
      type: 'outcome',
      message: this.sign(actor, attempt, execution),
      nowMs: this.nowMs,
    })
    this.share(actor, attempt, committee)
  }

  sign(actor: Actor, attempt: number, outcome: Outcome): SignedOutcome {
    const { digest } = leafOf(DOMAIN, this.request, { attempt, view: 0 }, reportOf(this.id, outcome))
    const signature = signDigest(actor.key ?? new Uint8Array(32), digest)
    return { ...outcome, requestId: this.id, attempt, view: 0, signature }
  }

  share(actor: Actor, attempt: number, committee: readonly Address[]): void {
    for (const other of this.actors) {
      const hears =
        other.address === undefined || committee.some((member) => sameHex(member, other.address ?? '0x'))
      if (other === actor || !hears) continue
      const outcome = actor.behaviour === 'liar' ? WRONG : RIGHT
      const told = actor.behaviour === 'equivocator' && this.random() < 0.5 ? WRONG : outcome
      const message = this.sign(actor, attempt, told)
      const copies = this.random() < this.options.loss ? 0 : this.random() < this.options.loss ? 2 : 1
      for (let i = 0; i < copies; i++)
        this.later(other, (nowMs) => ({ type: 'outcome', message, nowMs }), this.random() * 800)
    }
  }

  /** What the market does: window, committee, certificate; once. */
  submit(fulfillment: Fulfillment): void {
    const attempt = this.request.attempts[fulfillment.attempt]
    const now = BigInt(Math.floor(this.nowMs / 1000))
    const randomness = attempt === undefined ? undefined : this.posted.get(attempt.round)
    if (attempt === undefined || randomness === undefined) return void this.refused.push('BeaconNotPosted')
    if (now < attempt.opensAt || now >= attempt.closesAt) return void this.refused.push('OutsideWindow')
    if (this.fulfilled.length > 0 || this.expired) return void this.refused.push('RequestNotOpen')
    const { functionId, epoch, committeeSize } = this.request
    const place = { functionId, epoch, round: attempt.round, attempt: fulfillment.attempt, randomness }
    const seed = committeeSeed({ chainId: DOMAIN.chainId, market: DOMAIN.contract, ...place })
    const committee = selectCommittee(seed, this.snapshot, committeeSize).map(
      (i) => memberAt(this.snapshot, i).attestor,
    )
    const outcome = { ...fulfillment, output: fromHex(fulfillment.output) }
    const { digest } = leafOf(DOMAIN, this.request, fulfillment, reportOf(this.id, outcome))
    verifyCertificate({
      certificate: fulfillment.certificate,
      committee,
      quorum: quorumOf('exact', committeeSize),
      digest,
    })
    this.fulfilled.push(fulfillment)
    this.broadcast((nowMs) => ({ type: 'fulfilled', nowMs }))
  }

  broadcast(input: (nowMs: number) => Input): void {
    for (const actor of this.actors) this.later(actor, input, 100 + this.random() * 400)
  }

  later(to: Actor, input: (nowMs: number) => Input, delayMs: number): void {
    this.deliveries.push({ atMs: this.nowMs + delayMs, to, input })
  }
}

export function requestFor(options: Pick<WorldOptions, 'seed' | 'committeeSize'>): Request {
  const zero = `0x${'00'.repeat(20)}` as Address
  const attempts = [0n, 1n, 2n].map((k) => ({
    round: 10n + k,
    opensAt: 102n + 10n * k,
    closesAt: 112n + 10n * k,
  }))
  return {
    requester: zero,
    functionId: tagHash(`simulated function ${options.seed}`),
    nonce: BigInt(options.seed),
    epoch: 1,
    snapshot: zero,
    consensus: 'exact',
    committeeSize: options.committeeSize,
    verifier: zero,
    functionOwner: zero,
    deadline: 132n,
    callbackTarget: zero,
    callbackGas: 0,
    outputBytesMax: 64,
    challengeWindow: 0,
    flatFeePerSeat: 1n,
    fuelPrice: 1n,
    fuelLimit: 100n,
    royalty: 0n,
    protocolFee: 0n,
    maxFeePerGas: 1n,
    input: '0x',
    attempts,
  }
}

export function simulate(options: WorldOptions): World {
  return new Simulation(options).run()
}
