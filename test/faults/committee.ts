/**
 * A committee over real libp2p, each pair of members through two chaos proxies: real drivers, cores, signers and stores. What
 * stands in for the rest of a node: the runs, which give what the test says, and the market, which takes the first certificate.
 */
import { createServer } from 'node:net'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { encodeCertificate, verifyCertificate } from '../../src/core/certificate.ts'
import { quorumOf } from '../../src/core/consensus/quorum.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../../src/core/request/attestation.ts'
import { recoverSigner } from '../../src/crypto/signature.ts'
import type { Address, Digest, Request, RequestId } from '../../src/protocol/types.ts'
import { DOMAIN } from '../runtime/support.ts'
import { ChaosProxy, type Weather } from './chaos-proxy.ts'
import {
  askedOf,
  type Identity,
  identityOf,
  type MemberOptions,
  type Mode,
  ROUND,
  type RunningMember,
  startMember,
} from './member.ts'

export interface CommitteeOptions {
  readonly size: number
  readonly mode: Mode
  readonly agreement?: string
  /** One way between any two members. */
  readonly delayMs?: number
  /** What a member's run gives. */
  readonly outcome?: (seat: number) => Outcome
  /** Whether a member finds a proposal acceptable, where its mode asks. */
  readonly accepts?: (outcome: Outcome) => boolean
}

/** What the market took: the first certificate, and whether another report ever had one. */
export interface Certified {
  readonly outcome: Outcome
  readonly view: number
  readonly seats: readonly number[]
  readonly atMs: number
}

interface Member {
  readonly identity: Identity
  readonly store: ReturnType<typeof createMemoryStore>
  running: RunningMember | undefined
}

export class Committee {
  readonly options: CommitteeOptions
  readonly members: readonly Member[]
  /** Attestors two of whose reports were kept as evidence. */
  readonly convicted = new Set<Address>()
  /** Runs of the function, by request and seat. */
  readonly runs: string[] = []
  readonly certified = new Map<RequestId, Certified>()
  /** Reports that had a certificate, by request. */
  readonly roots = new Map<RequestId, Set<Digest>>()
  readonly #requests = new Map<RequestId, Request>()
  readonly #proxies: (ChaosProxy | undefined)[][]
  readonly #ports: number[] = []
  readonly #waiting = new Map<RequestId, () => void>()
  readonly #dispatchedAtMs = new Map<RequestId, number>()

  private constructor(options: CommitteeOptions) {
    this.options = options
    this.#proxies = Array.from({ length: options.size }, () =>
      Array.from({ length: options.size }, () => undefined),
    )
    this.members = Array.from({ length: options.size }, (_, seat) => ({
      identity: identityOf(seat),
      store: createMemoryStore(),
      running: undefined,
    }))
  }

  static async start(options: CommitteeOptions): Promise<Committee> {
    const committee = new Committee(options)
    try {
      await committee.#start()
    } catch (error) {
      await committee.stop()
      throw error
    }
    return committee
  }

  async #start(): Promise<void> {
    const { options } = this
    const seats = this.#seats()
    for (const seat of seats) this.#ports[seat] = await freePort()
    for (const seat of seats) {
      for (const other of seats) {
        if (other === seat) continue
        const weather: Weather = { delayMs: options.delayMs ?? 0, frozen: false, cut: false }
        const row = this.#proxies[seat]
        if (row !== undefined) row[other] = await ChaosProxy.listen(this.#ports[other] ?? 0, weather)
      }
    }
    for (const member of this.members) await this.#begin(member)
  }

  async stop(): Promise<void> {
    for (const seat of this.#seats()) await this.kill(seat)
    for (const row of this.#proxies) for (const proxy of row) proxy?.close()
  }

  // ---- faults

  /** Its memory is gone, and its store stays. */
  async kill(seat: number): Promise<void> {
    const member = this.#member(seat)
    const { running } = member
    member.running = undefined
    await running?.stop()
  }

  async restart(seat: number): Promise<void> {
    const member = this.#member(seat)
    await this.#begin(member)
    for (const [id, request] of this.#requests) member.running?.join(id, request)
  }

  /** Everything to and from it waits. */
  freeze(seats: readonly number[], frozen = true): void {
    this.#between(seats, this.#seats(), (weather) => {
      weather.frozen = frozen
    })
  }

  /** Nothing passes between them and the others, and connections are lost. */
  partition(seats: readonly number[], cut = true): void {
    const others = this.#seats().filter((seat) => !seats.includes(seat))
    this.#between(seats, others, (weather) => {
      weather.cut = cut
    })
  }

  #between(some: readonly number[], others: readonly number[], change: (weather: Weather) => void): void {
    for (const a of some) {
      for (const b of others) {
        for (const proxy of [this.#proxies[a]?.[b], this.#proxies[b]?.[a]]) {
          if (proxy === undefined) continue
          change(proxy.weather)
          proxy.apply()
        }
      }
    }
  }

  // ---- requests

  /** Every living member is told of the request, and of its committee. */
  dispatch(nonce: number): RequestId {
    const { id, request } = askedOf(nonce, this.options.mode, this.options.size)
    this.#requests.set(id, request)
    this.#dispatchedAtMs.set(id, performance.now())
    for (const { running } of this.members) running?.join(id, request)
    return id
  }

  /** Milliseconds from dispatch to the first certificate; undefined when there is none in time. */
  async certifiedWithin(id: RequestId, ms: number): Promise<number | undefined> {
    if (!this.certified.has(id)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#waiting.set(id, () => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    const certified = this.certified.get(id)
    return certified && certified.atMs - (this.#dispatchedAtMs.get(id) ?? 0)
  }

  /** As the chain closes it, or takes it as expired. */
  close(id: RequestId): void {
    this.#requests.delete(id)
    for (const { running } of this.members) running?.driver.stop(id)
  }

  #member(seat: number): Member {
    const member = this.members[seat]
    if (member === undefined) throw new RangeError(`there is no seat ${seat}`)
    return member
  }

  #seats(): readonly number[] {
    return this.members.map((_, seat) => seat)
  }

  async #begin(member: Member): Promise<void> {
    const { identity, store } = member
    const { seat } = identity
    const { mode, agreement, outcome, accepts } = this.options
    member.running = await startMember({
      identity,
      committee: this.members.map((one) => one.identity),
      mode,
      agreement,
      listenPort: this.#ports[seat] ?? 0,
      portOf: (other) => this.#proxies[seat]?.[other]?.port,
      store,
      evidence: this.#evidence(seat),
      isOpen: (id) => this.#requests.has(id),
      run: (id) => {
        this.runs.push(`${id}:${seat}`)
        return outcome?.(seat) ?? GOOD
      },
      accepts: (proposed) => accepts?.(proposed) ?? true,
      attested: (message) => this.#count(seat, message),
      equivocated: (attestor) => this.convicted.add(attestor),
    })
  }

  readonly #files = new Map<string, Uint8Array>()

  #evidence(seat: number): MemberOptions['evidence'] {
    return {
      has: (digest) => this.#files.has(`${seat}:${digest}`),
      get: async (digest) => this.#files.get(`${seat}:${digest}`),
      keepFile: async (bytes, digest) => {
        this.#files.set(`${seat}:${digest}`, bytes)
      },
    }
  }

  readonly #heard = new Map<string, Map<number, SignedOutcome>>()

  /** As a coordinator gathers them: whoever has a quorum of one view submits it, and the market checks it all. */
  #count(by: number, message: SignedOutcome): void {
    const { requestId, view, signature } = message
    const request = this.#requests.get(requestId)
    if (request === undefined) return
    const committee = this.members.map(({ identity }) => identity.attestor)
    const { root, digest } = leafOf(
      DOMAIN,
      request,
      { attempt: 0, view, round: ROUND },
      reportOf(requestId, message),
    )
    const key = `${by}:${requestId}:${view}:${root}`
    const heard = this.#heard.get(key) ?? new Map<number, SignedOutcome>()
    this.#heard.set(key, heard)
    const signer = recoverSigner(digest, signature)
    const seat = signer === undefined ? -1 : committee.indexOf(signer)
    if (seat < 0) return
    heard.set(seat, message)
    const quorum = quorumOf(this.options.mode, committee.length)
    if (heard.size < quorum) return
    const certificate = encodeCertificate(
      [...heard].map(([place, signed]) => ({ seat: place, signature: signed.signature })),
    )
    const seats = verifyCertificate({ certificate, committee, quorum, digest })
    this.roots.set(requestId, (this.roots.get(requestId) ?? new Set()).add(root))
    if (this.certified.has(requestId)) return
    const { exit, fuelUsed, output, evidenceHash } = message
    this.certified.set(requestId, {
      outcome: { exit, fuelUsed, output, evidenceHash },
      view,
      seats,
      atMs: performance.now(),
    })
    this.#waiting.get(requestId)?.()
  }
}

/** Below those a system hands out, so that nobody else is given it while a member is down. */
const PORT_MIN = 20_000
const PORTS = 10_000

export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}

export const GOOD: Outcome = {
  exit: 0,
  fuelUsed: 20n,
  output: Uint8Array.of(1),
  evidenceHash: NO_EVIDENCE,
}
export const LIE: Outcome = { ...GOOD, output: Uint8Array.of(66) }
