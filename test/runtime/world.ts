/**
 * A chain in memory, and engines around it as they run in nodes and coordinators: real machine, exchange, queue and
 * store; the chain, the clock and the sandbox are the test's. Time moves only when the test says so.
 */

import { mock } from 'node:test'
import { nobleSuite } from '../../src/adapters/bls/noble.ts'
import { createStoreQueue } from '../../src/adapters/queue/store-queue.ts'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { peerIdFromEd25519PublicKey } from '../../src/adapters/transport/identity.ts'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { NO_EVIDENCE, type Outcome } from '../../src/core/request/attestation.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import { keccakHex, tagHash } from '../../src/crypto/hash.ts'
import { BeaconError } from '../../src/ports/beacon.ts'
import type { ChainEvent, ChainLog, TransactionOutcome } from '../../src/ports/chain.ts'
import type { Liveness, MarketReads } from '../../src/ports/market.ts'
import type { Queue } from '../../src/ports/queue.ts'
import type { Store } from '../../src/ports/store.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type {
  Address,
  Digest,
  Fulfillment,
  FunctionSpec,
  Hex,
  Request,
  RequestId,
  Snapshot,
} from '../../src/protocol/types.ts'
import type { EngineDependencies, Member, Run } from '../../src/runtime/dependencies.ts'
import { Engine } from '../../src/runtime/engine.ts'
import { createSigner } from '../../src/runtime/signer.ts'
import {
  DEPLOYMENT,
  functionOf,
  handClock,
  idOf,
  type LogLine,
  NODES,
  nodeOf,
  OPENS_AT,
  promptly,
  RIGHT,
  recordingLog,
  requestOf,
  SNAPSHOT,
  settled,
  type TestNode,
} from './support.ts'

export const START_MS = (Number(OPENS_AT) - 20) * 1000
const STEP_MS = 200
/** Of whichever epoch. */
const SEALED_BLOB: Address = `0x${'05'.repeat(20)}`
export const EPOCHS = { genesis: OPENS_AT - 1_000n, epochSeconds: 500n }

/** What of a call the chain here looks at. */
interface SentCall {
  readonly request?: Request
  readonly fulfillment?: Fulfillment
  readonly output?: Hex
}

type Handler = (event: ChainEvent) => Promise<void>

/** Keeps the market's rules as far as the runtime leans on them. */
export class ScriptedChain {
  readonly #clock: { nowMs(): number }
  /** Seconds the chain's clock is behind. */
  lagSeconds = 0n
  blocks: ChainLog[][] = [[]]
  readonly #pending: ChainLog[] = []
  readonly #handlers = new Set<Handler>()
  /** Every effect that was sent, in order. */
  readonly sent: string[] = []
  readonly requests = new Map<RequestId, Request>()
  /** Overrides what becomes of a transaction. */
  refuse: (effect: string) => TransactionOutcome | Error | undefined = () => undefined

  constructor(clock: { nowMs(): number }) {
    this.#clock = clock
  }

  get head(): bigint {
    return BigInt(this.blocks.length - 1)
  }

  get timeSeconds(): bigint {
    return BigInt(Math.floor(this.#clock.nowMs() / 1000)) - this.lagSeconds
  }

  get logs(): readonly ChainLog[] {
    return this.blocks.flat()
  }

  has(type: ChainLog['type'], matches: (log: never) => boolean = () => true): boolean {
    return this.logs.some((log) => log.type === type && matches(log as never))
  }

  randomness(round: bigint): Digest | undefined {
    const posted = this.logs.find((log) => log.type === 'roundPosted' && log.round === round)
    return posted === undefined ? undefined : tagHash(`randomness ${round}`)
  }

  /** Of whichever node asks. */
  liveness: Liveness | undefined

  sealedEpoch(): number | undefined {
    const sealed = this.logs.flatMap((log) => (log.type === 'epochSealed' ? [log.epoch] : []))
    return sealed.length === 0 ? undefined : Math.max(...sealed)
  }

  /** The newest epoch a capability set is sealed for. */
  sealedEpochOf(capabilities: Hex): number | undefined {
    const sealed = this.logs.flatMap((log) =>
      log.type === 'capabilitiesSealed' && log.capabilities === capabilities ? [log.epoch] : [],
    )
    return sealed.length === 0 ? undefined : Math.max(...sealed)
  }

  statusOf(id: RequestId): 'none' | 'open' | 'fulfilled' | 'expired' {
    if (this.has('requestFulfilled', (log: { requestId: Hex }) => log.requestId === id)) return 'fulfilled'
    if (this.has('requestFinalized', (log: { requestId: Hex }) => log.requestId === id)) return 'fulfilled'
    if (this.has('requestExpired', (log: { requestId: Hex }) => log.requestId === id)) return 'expired'
    return this.has('requestSubmitted', (log: { requestId: Hex }) => log.requestId === id) ? 'open' : 'none'
  }

  /** Goes into the next block. */
  add(...logs: readonly ChainLog[]): void {
    this.#pending.push(...logs)
  }

  async mine(): Promise<void> {
    this.blocks.push(this.#pending.splice(0))
    for (const handler of this.#handlers) await this.#tell(handler, this.head)
  }

  /** Undoes every block above. */
  async rollback(toNumber: bigint): Promise<void> {
    this.blocks.length = Number(toNumber) + 1
    for (const handler of this.#handlers)
      await handler({ type: 'rollback', toNumber, toHash: tagHash(`block ${toNumber}`) })
  }

  async follow(from: bigint, signal: AbortSignal, handler: Handler): Promise<void> {
    for (let number = from; number <= this.head; number++) await this.#tell(handler, number)
    this.#handlers.add(handler)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    this.#handlers.delete(handler)
  }

  send(effect: string, call: SentCall): TransactionOutcome {
    this.sent.push(effect)
    const refused = this.refuse(effect)
    if (refused instanceof Error) throw refused
    const error = refused === undefined ? this.#execute(effect, call) : undefined
    if (refused !== undefined) return refused
    return error === undefined
      ? { type: 'mined', hash: tagHash(effect), blockNumber: this.head + 1n, gasUsed: 1n }
      : { type: 'reverted', error, detail: error }
  }

  /** The error's name when it reverts. */
  #execute(effect: string, { request, fulfillment, output }: SentCall) {
    const [name = '', argument = ''] = effect.split(':')
    const all = [...this.logs, ...this.#pending]
    if (name === 'postRound') {
      const round = BigInt(argument)
      if (all.some((log) => log.type === 'roundPosted' && log.round === round)) return undefined
      this.add({ type: 'roundPosted', round, randomness: tagHash(`randomness ${round}`), signature: '0x' })
      return undefined
    }
    if (name === 'sealEpoch') {
      const epoch = Number((this.timeSeconds - EPOCHS.genesis) / EPOCHS.epochSeconds)
      if (all.some((log) => log.type === 'epochSealed' && log.epoch === epoch)) return 'EpochAlreadySealed'
      this.add({ type: 'epochSealed', epoch, blob: '0x', count: 5, totalWeight: 50n })
      return undefined
    }
    if (name === 'sealCapabilities') {
      const capabilities = argument as Hex
      const epoch = this.sealedEpoch()
      if (epoch === undefined) return 'EpochNotSealed'
      const isSealed = all.some(
        (log) =>
          log.type === 'capabilitiesSealed' && log.capabilities === capabilities && log.epoch === epoch,
      )
      if (isSealed) return 'EpochAlreadySealed'
      this.add({ type: 'capabilitiesSealed', capabilities, epoch, blob: '0x', count: 5, totalWeight: 50n })
      return undefined
    }
    if (name === 'renew') {
      if (this.liveness !== undefined)
        this.liveness = { ...this.liveness, liveUntil: Number(argument) + 1 + this.liveness.renewEpochs }
      return undefined
    }
    if (request === undefined) throw new Error(`${effect} names no request`)
    const requestId = idOf(request)
    const closed = all.some(
      (log) =>
        (log.type === 'requestFulfilled' ||
          log.type === 'requestExpired' ||
          log.type === 'requestFinalized') &&
        log.requestId === requestId,
    )
    if (this.statusOf(requestId) === 'none' || closed) return 'RequestNotOpen'
    const isCertified = all.some((log) => log.type === 'requestCertified' && log.requestId === requestId)
    if (isCertified && (name === 'fulfill' || name === 'expire')) return 'RequestNotOpen'
    if (name === 'finalize') return this.#finalize(request, output)
    if (name === 'resolve') {
      const isDone = all.some((log) => log.type === 'challengeResolved' && log.requestId === requestId)
      if (fulfillment === undefined || isDone) return 'NotPending'
      this.add({ type: 'challengeResolved', requestId, overturned: false, fulfillment })
      return undefined
    }
    if (name === 'expire') {
      if (this.timeSeconds <= request.deadline) return 'NotExpired'
      this.add({ type: 'requestExpired', requestId, refund: 0n })
      return undefined
    }
    const window = request.attempts[fulfillment?.attempt ?? -1]
    if (fulfillment === undefined || window === undefined) return 'UnknownAttempt'
    if (this.timeSeconds < window.opensAt || this.timeSeconds >= window.closesAt) return 'OutsideWindow'
    if (this.randomness(window.round) === undefined) return 'BeaconNotPosted'
    const payment = { perSeat: 0n, pool: 0n, submitter: 0n, refund: 0n }
    const { functionId } = request
    if (request.challengeWindow !== 0) {
      this.add(this.certifiedLog(request, fulfillment))
      return undefined
    }
    this.add({
      type: 'requestFulfilled',
      requestId,
      functionId,
      submitter: '0x',
      payment,
      fulfillment,
    })
    return undefined
  }

  certifiedLog(request: Request, fulfillment: Fulfillment): ChainLog {
    const { attempt, exit, fuelUsed, output, certificate } = fulfillment
    return {
      type: 'requestCertified',
      requestId: idOf(request),
      functionId: request.functionId,
      certified: {
        escrow: 1n,
        reimbursement: 0n,
        maxFeePerGas: 1n,
        certifiedAt: this.timeSeconds,
        submitter: '0x',
        attempt,
        exit,
        fuelUsed,
        outputHash: keccakHex(fromHex(output)),
        signers: 1n,
      },
      output,
      certificate,
    }
  }

  /** As the market does: with the verdict, after the challenge window, or when a challenge ran out. */
  #finalize(request: Request, output: Hex | undefined): string | undefined {
    const requestId = idOf(request)
    const about = [...this.logs, ...this.#pending].filter(
      (log) => 'requestId' in log && log.requestId === requestId,
    )
    const certified = about.findLast((log) => log.type === 'requestCertified')
    const challenged = about.findLast((log) => log.type === 'requestChallenged')
    const resolved = about.findLast((log) => log.type === 'challengeResolved')
    if (certified === undefined) return 'NotCertified'
    const finalAt =
      challenged?.window.closesAt ?? certified.certified.certifiedAt + BigInt(request.challengeWindow)
    if (resolved === undefined && this.timeSeconds < finalAt) return 'NotFinal'
    if (challenged !== undefined && resolved === undefined) {
      this.add({ type: 'requestExpired', requestId, refund: 0n })
      return undefined
    }
    if (output !== (resolved?.fulfillment.output ?? certified.output)) return 'NotCertified'
    const payment = { perSeat: 0n, pool: 0n, submitter: 0n, refund: 0n }
    this.add({ type: 'requestFinalized', requestId, payment })
    return undefined
  }

  async #tell(handler: Handler, number: bigint): Promise<void> {
    const hash = tagHash(`block ${number}`)
    const block = { number, hash, parentHash: hash, time: this.timeSeconds, baseFeePerGas: 1n }
    await handler({ type: 'block', block })
    for (const [logIndex, log] of (this.blocks[Number(number)] ?? []).entries()) {
      const at = { blockNumber: number, blockHash: hash, transactionHash: hash, logIndex }
      await handler({ type: 'log', log, at, block })
    }
  }
}

export interface Process {
  readonly name: string
  readonly engine: Engine
  readonly store: Store
  readonly transport: Transport
  readonly lines: readonly LogLine[]
  /** Runs of functions here. */
  readonly runs: readonly Run[]
  readonly done: Promise<void>
  /** Kills it: its store stays. */
  readonly kill: () => Promise<void>
  fails: { reads: boolean; runs: number; with: Error; hang: boolean; beacon: boolean }
}

export interface ProcessOptions {
  readonly store?: Store
  readonly outcome?: Outcome
  /** Instead of `outcome`. */
  readonly execute?: (run: Run) => Promise<Outcome>
  readonly evidence?: Member['evidence']
  readonly judge?: Member['judge']
  readonly prove?: Member['prove']
  readonly combine?: Member['combine']
  /** What the registry says of every function. */
  readonly spec?: Partial<FunctionSpec>
  readonly queue?: (inner: Queue) => Queue
  readonly standInMs?: number
  readonly sealsEpochs?: boolean
  readonly sender?: boolean
  /** False: no server of the beacon answers here. */
  readonly beacon?: boolean
  /** False: reads fail until `fails.reads` says otherwise. */
  readonly reads?: boolean
}

export class World {
  readonly clock = handClock(START_MS)
  readonly network = new MemoryNetwork({ schedule: promptly })
  readonly chain = new ScriptedChain(this.clock)
  readonly processes = new Map<string, Process>()
  readonly coordinator = nodeOf('coordinator')
  #steps = 0

  constructor() {
    mock.timers.enable({ apis: ['setInterval'] })
    this.chain.add(...NODES.flatMap((node) => registrationOf(node)))
  }

  async close(): Promise<void> {
    for (const { kill } of this.processes.values()) await kill()
    mock.timers.reset()
  }

  /** Starts members `0`… and `coordinator` by name. */
  async start(name: string, options: ProcessOptions = {}): Promise<Process> {
    const node = name === 'coordinator' ? this.coordinator : NODES[Number(name)]
    if (node === undefined) throw new Error(`there is no node ${name}`)
    const process = this.#processOf(name, node, options)
    this.processes.set(name, process)
    for (const one of this.processes.values()) {
      for (const other of this.processes.values()) {
        if (one !== other) await one.transport.learn(other.transport.self, other.transport.addresses())
      }
    }
    await settled()
    return process
  }

  /** Lets time pass: a tick every step, a block every second. */
  async run(ms: number, until: () => boolean = () => false): Promise<void> {
    for (let passed = 0; passed < ms && !until(); passed += STEP_MS) {
      this.clock.advance(STEP_MS)
      mock.timers.tick(STEP_MS)
      await settled(12)
      if (++this.#steps % (1000 / STEP_MS) === 0) await this.chain.mine()
      await settled(6)
    }
  }

  /** Until just after a second of the chain's clock. */
  async runTo(seconds: bigint): Promise<void> {
    await this.run(Number(seconds) * 1000 + 100 - this.clock.nowMs())
  }

  submit(nonce: number, patch: Partial<Request> = {}): RequestId {
    const request = requestOf(nonce, patch)
    this.chain.add({ type: 'requestSubmitted', requestId: idOf(request), escrow: 1n, request })
    return idOf(request)
  }

  #processOf(name: string, node: TestNode, options: ProcessOptions): Process {
    const { chain, clock } = this
    const store = options.store ?? createMemoryStore()
    const log = recordingLog()
    const transport = this.network.join(node.peer)
    const inner = createStoreQueue({
      concurrency: 4,
      attemptsMax: 3,
      backoffMs: 1,
      store,
      space: 'queue',
      sizeMax: 1024,
      log,
    })
    const queue = options.queue?.(inner) ?? inner
    const innerRuns = createStoreQueue({
      concurrency: 2,
      attemptsMax: 3,
      backoffMs: 1,
      store,
      space: 'runs',
      sizeMax: 1024,
      log,
    })
    const runsQueue = options.queue?.(innerRuns) ?? innerRuns
    const runs: Run[] = []
    const fails = {
      reads: options.reads === false,
      runs: 0,
      with: new Error('this machine is not well'),
      hang: false,
      beacon: options.beacon === false,
    }
    const isMember = name !== 'coordinator'
    const execute = async (run: Run): Promise<Outcome> => {
      runs.push(run)
      if (fails.runs-- > 0) throw fails.with
      if (fails.hang) return new Promise(() => {})
      return options.execute?.(run) ?? options.outcome ?? RIGHT
    }
    const evidence = options.evidence ?? {
      has: () => false,
      get: async () => undefined,
      keepFile: async () => {},
    }
    const standInMs = isMember ? (options.standInMs ?? 600_000) : 0
    const calls = new Map<Hex, SentCall>()
    const engine = new Engine({
      deployment: DEPLOYMENT,
      role: {
        attestor: isMember ? node.attestor : undefined,
        standInMs,
        standInStepMs: 2_000,
        graceMs: 1_000,
        repeatMs: 1_000,
      },
      follower: { follow: ({ from, signal, handler }) => chain.follow(from, signal, handler) },
      reads: readsOf(chain, fails, options.spec),
      calls: callsInto(calls),
      sender:
        options.sender === false
          ? undefined
          : {
              address: node.attestor,
              send: async ({ id, data }) => chain.send(id, calls.get(data) ?? {}),
              close: async () => {},
            },
      beacon: {
        info: async () => ({ publicKey: '0x', genesisTime: 0, periodSeconds: 1 }),
        round: async (round) => {
          if (fails.beacon) throw new BeaconError('unreachable', 'no server')
          return { round, signature: '0x', randomness: tagHash(`randomness ${round}`) }
        },
        randomnessOf: async (round, signature) =>
          signature === '0x' ? tagHash(`randomness ${round}`) : undefined,
        close: async () => {},
      },
      bls: nobleSuite,
      transport,
      store,
      queue,
      clock,
      log,
      coordinators: isMember ? [this.coordinator.peer] : [],
      peerIdOf: peerIdFromEd25519PublicKey,
      member: isMember
        ? {
            signer: createSigner(node.key, store),
            execute,
            runs: runsQueue,
            evidence,
            prove: options.prove ?? (() => Promise.reject(new Error('nothing is proved here'))),
            judge: options.judge ?? (async () => false),
            combine: options.combine ?? (async () => ({ exit: 0, output: new Uint8Array() })),
          }
        : undefined,
      sealsEpochs: options.sealsEpochs ?? false,
    } satisfies EngineDependencies)
    const abort = new AbortController()
    const done = engine.run(abort.signal)
    done.catch(() => {})
    const kill = async (): Promise<void> => {
      abort.abort()
      await done.catch(() => {})
      await queue.close()
      await runsQueue.close()
      await transport.stop()
      this.processes.delete(name)
    }
    return { name, engine, store, transport, lines: log.lines, runs, done, kill, fails }
  }
}

export function registrationOf(
  { attestor, peerKey }: TestNode,
  capabilities: Hex = NO_EVIDENCE,
): readonly ChainLog[] {
  return [
    { type: 'nodeRegistered', attestor, operator: attestor, peerId: peerKey, capabilities },
    { type: 'stakeChanged', attestor, epoch: 0, stake: 10n },
  ]
}

function readsOf(
  chain: ScriptedChain,
  fails: { readonly reads: boolean },
  spec: Partial<FunctionSpec> = {},
): MarketReads {
  const read = async <T>(value: () => T): Promise<T> => {
    if (fails.reads) throw new Error('the RPC endpoint is away')
    return value()
  }
  return {
    snapshot: () => read((): Snapshot => SNAPSHOT),
    randomness: (round) => read(() => chain.randomness(round)),
    raisedFee: async () => undefined,
    roundSignature: (round) => read(() => (chain.randomness(round) === undefined ? undefined : '0x')),
    verificationKey: async () => undefined,
    functionById: (id) => read(() => functionOf(id, spec)),
    epochClock: () => read(() => EPOCHS),
    latestSealedEpoch: () => read(() => chain.sealedEpoch()),
    latestSnapshot: () =>
      read(() => {
        const epoch = chain.sealedEpoch()
        return epoch === undefined ? undefined : { epoch, blob: SEALED_BLOB, count: NODES.length }
      }),
    sealedEpochOf: (capabilities) => read(() => chain.sealedEpochOf(capabilities)),
    sealProgress: () => read(() => ({ epoch: 0, next: 0 })),
    placeCount: () => read(() => NODES.length),
    liveness: () => read(() => chain.liveness),
  }
}

/** Calls whose data is a key under which their arguments are found again. */
function callsInto(calls: Map<Hex, SentCall>): EngineDependencies['calls'] {
  const keep = (entry: SentCall) => {
    const data = tagHash(`call ${calls.size}`)
    calls.set(data, entry)
    return { to: DEPLOYMENT.market, data }
  }
  return {
    postRound: () => keep({}),
    postRoundPaid: () => undefined,
    sealEpochPaid: () => undefined,
    sealEpoch: () => keep({}),
    sealCapabilities: () => keep({}),
    renew: () => keep({}),
    fulfill: (request, fulfillment) => keep({ request, fulfillment }),
    expire: (request) => keep({ request }),
    resolve: (request, _, fulfillment) => keep({ request, fulfillment }),
    finalize: (request, _, output) => keep({ request, output }),
  }
}
