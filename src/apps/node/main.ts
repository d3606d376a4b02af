/**
 * A node: watches the chain, runs functions it is drawn for, attests, and stands in for a coordinator when none acts.
 * Composition root: it constructs adapters, wires them to the engine and owns their lifetime.
 * @module
 */

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createDrandBeacon } from '../../adapters/beacon/drand.ts'
import { createFollower } from '../../adapters/chain/follower.ts'
import { runCalculator } from '../../adapters/circuit/calculator.ts'
import { systemClock } from '../../adapters/clock/system.ts'
import { openEvidence } from '../../adapters/evidence/evidence.ts'
import { type HostConfig, NO_GRANTS } from '../../adapters/host/config.ts'
import { createHost } from '../../adapters/host/host.ts'
import { acquireLock } from '../../adapters/lock/lock.ts'
import { openModules } from '../../adapters/modules/modules.ts'
import { createStoreQueue } from '../../adapters/queue/store-queue.ts'
import { createSandbox } from '../../adapters/sandbox/sandbox.ts'
import { openStore } from '../../adapters/store/sqlite.ts'
import { peerIdFromEd25519PublicKey } from '../../adapters/transport/identity.ts'
import { createLibp2pTransport } from '../../adapters/transport/libp2p.ts'
import { timeOfRound } from '../../crypto/drand.ts'
import type { Calculator } from '../../ports/calculator.ts'
import type { Log } from '../../ports/log.ts'
import type { Sandbox } from '../../ports/sandbox.ts'
import type { FunctionId, Hex, PeerId } from '../../protocol/types.ts'
import { judgeProposal } from '../../runtime/consensus/judging.ts'
import { startDiscovery } from '../../runtime/discovery.ts'
import { Engine } from '../../runtime/engine.ts'
import { combineObservations } from '../../runtime/entry-runs.ts'
import { serveEvidence } from '../../runtime/evidence-exchange.ts'
import { executeRequest, type RunDependencies } from '../../runtime/execution.ts'
import { serveModules } from '../../runtime/module-exchange.ts'
import { proveRequest } from '../../runtime/proving.ts'
import { createSigner } from '../../runtime/signer.ts'
import { openBls } from '../shared/bls.ts'
import { type ChainAccess, openChain, openSender } from '../shared/chain-access.ts'
import { grantsDiffer } from '../shared/extensions.ts'
import { makeFolder } from '../shared/folder.ts'
import { lockAccount, lockAttestor } from '../shared/key-lock.ts'
import { type NetworkFile, peerOfMultiaddr } from '../shared/network-file.ts'
import { Closer, type Running } from '../shared/process.ts'
import { KERNEL, openProver, type ProverChoice } from '../shared/prover.ts'
import { useFastSignatures } from '../shared/secp256k1.ts'
import { bindStore } from '../shared/store-binding.ts'
import { serveObservations } from './observing.ts'

const calculator: Calculator = { calculate: runCalculator }

export interface NodeConfig {
  readonly network: NetworkFile
  readonly rpcUrl: string | undefined
  /** Holds the store, the modules and the lock. */
  readonly dataFolder: string
  /** secp256k1, 32 bytes. */
  readonly attestorKey: Uint8Array
  /** Ed25519 seed, 32 bytes. */
  readonly networkKey: Uint8Array
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly timing?: Partial<NodeTiming>
  readonly modulesQuotaBytes?: number
  readonly evidenceQuotaBytes?: number
  /** What the operator offers to functions; without it, nothing. */
  readonly extensions?: HostConfig
  /** What makes its proofs of circuits: the kernel, unless told otherwise. */
  readonly prover?: ProverChoice
  /** Functions with permissions it observes in standing committees: the market does not pay for such runs. */
  readonly observes?: readonly FunctionId[]
  /** Functions run side by side. */
  readonly workers?: number
  readonly log: Log
  /** Wraps the sandbox: how a test makes a node that errs. */
  readonly wrapSandbox?: (sandbox: Sandbox) => Sandbox
}

export interface NodeTiming {
  /** See `Role`. */
  readonly standInMs: number
  readonly standInStepMs: number
  readonly graceMs: number
  readonly repeatMs: number
  readonly discoveryMs: number
  readonly pollMs: number
}

const TIMING: NodeTiming = {
  standInMs: 4_000,
  standInStepMs: 1_500,
  graceMs: 800,
  repeatMs: 1_500,
  discoveryMs: 10_000,
  pollMs: 500,
}
const MODULES_QUOTA_BYTES = 2 * 1024 ** 3
/** A hundred of the largest transcripts, or a run of small ones every few seconds, for all the period they are kept. */
const EVIDENCE_QUOTA_BYTES = 4 * 1024 ** 3
const EVIDENCE_SWEEP_MS = 10 * 60_000
/** One core is left to the daemon: a run that takes it all must not keep it from attesting. */
const WORKERS = Math.max(1, Math.min(4, availableParallelism() - 1))
const QUEUE = { concurrency: 4, attemptsMax: 3, backoffMs: 500 }
/** Runs that may be fetching their module while others run: a worker is taken only by what can run. */
const FETCHES = 4
/** The first exchanges come quickly: peers that start together must find each other. */
const EARLY_DISCOVERY_MS = 1_000
const EARLY_DISCOVERIES = 10

export interface RunningNode extends Running {
  readonly peer: string
  readonly addresses: readonly string[]
}

export async function startNode(config: NodeConfig): Promise<RunningNode> {
  const { network, log } = config
  const timing = { ...TIMING, ...config.timing }
  const closer = new Closer()
  try {
    makeFolder(config.dataFolder)
    const lock = acquireLock(join(config.dataFolder, 'lock'))
    closer.add(() => lock.release())
    // The folder's lock guards its store; this one the key, which a copied folder would share.
    const keyLock = lockAttestor(config.attestorKey)
    closer.add(() => keyLock.release())
    const store = openStore(join(config.dataFolder, 'store.sqlite'))
    closer.add(() => store.close())
    const chain = await openChain(network, config.rpcUrl)
    await bindStore(store, chain)
    // It pays for transactions as well: no command may beside it.
    const accountLock = await lockAccount(chain, config.attestorKey)
    closer.add(() => accountLock.release())
    const modules = await openModules({
      dir: join(config.dataFolder, 'modules'),
      quotaBytes: config.modulesQuotaBytes ?? MODULES_QUOTA_BYTES,
    })
    const evidence = await openEvidence({
      dir: join(config.dataFolder, 'evidence'),
      quotaBytes: config.evidenceQuotaBytes ?? EVIDENCE_QUOTA_BYTES,
      clock: systemClock,
      log,
    })
    const sweep = () =>
      evidence.sweep().catch((error: unknown) => log.error('evidence not swept', { reason: String(error) }))
    const sweeping = setInterval(sweep, EVIDENCE_SWEEP_MS)
    closer.add(() => clearInterval(sweeping))
    const transport = await createLibp2pTransport({
      privateKey: config.networkKey,
      listen: config.listen,
      announce: config.announce,
      log,
    })
    closer.add(() => transport.stop())
    useFastSignatures()
    const bls = await openBls(log)
    const signer = createSigner(config.attestorKey, store, bls)
    const sender = openSender(chain, { privateKey: config.attestorKey, store, log })
    const beacon = createDrandBeacon({ urls: network.beacon.urls, info: network.beacon })
    closer.add(() => beacon.close())
    const queue = createStoreQueue({ ...QUEUE, store, space: 'queue', sizeMax: 1024, log })
    closer.add(() => queue.close())
    const workers = config.workers ?? WORKERS
    const runs = createStoreQueue({
      ...QUEUE,
      concurrency: workers + FETCHES,
      store,
      space: 'runs',
      sizeMax: 1024,
      log,
    })
    closer.add(() => runs.close())
    // Closed first: the queue waits for its jobs, which wait for a run or a transaction, and either may take minutes.
    closer.add(() => sender.close())
    const host = createHost(config.extensions ?? NO_GRANTS, { log })
    closer.add(() => host.close())
    const sandbox = createSandbox({ log, workers })
    closer.add(() => sandbox.close())

    const prover = await openProver(config.prover ?? KERNEL, { log, asker: signer.address })
    closer.add(() => prover.close())

    const engine: Engine = new Engine({
      deployment: network.deployment,
      role: { attestor: signer.address, ...timing },
      follower: createFollower({
        reader: chain.reader,
        deployment: network.deployment,
        log,
        pollMs: timing.pollMs,
      }),
      reads: chain.reads,
      calls: chain.calls,
      sender,
      beacon,
      bls,
      transport,
      store,
      queue,
      clock: systemClock,
      log,
      coordinators: network.coordinators.map(peerOfMultiaddr),
      peerIdOf: peerIdFromEd25519PublicKey,
      sealsEpochs: false,
      member: {
        signer,
        runs,
        evidence,
        execute: (run) => executeRequest({ ...runDependencies(), host, evidence }, run),
        prove: (run) =>
          proveRequest(
            {
              ...runDependencies(),
              calculator,
              prover,
              verificationKey: chain.reads.verificationKey,
              gather: (requestId, observed, signal) => gather(requestId, observed, signal),
            },
            run,
          ),
        judge: (run, agreement, own, proposal) =>
          judgeProposal(runDependencies(), run, agreement, { own, proposal }),
        combine: (run, observations) => combineObservations(runDependencies(), run, observations),
      },
    })
    const runDependencies = (): RunDependencies => ({
      sandbox: config.wrapSandbox?.(sandbox) ?? sandbox,
      modules,
      transport,
      timeOfRound: (round) => timeOfRound(network.beacon, round),
      clock: systemClock,
      log,
      functionById: engine.functionById.bind(engine),
      moduleSources: () => engine.view.peers(transport.self),
    })
    const domain = { chainId: network.deployment.chainId, contract: network.deployment.market }
    const gather = await serveObservations({
      chain,
      signer,
      attestorKey: config.attestorKey,
      engine,
      execute: (run) => executeRequest({ ...runDependencies(), host, evidence }, run),
      observes: config.observes ?? [],
      transport,
      store,
      clock: systemClock,
      log,
    })
    const isRegistered = (peer: PeerId): boolean => engine.view.isRegistered(peer)
    await serveEvidence({ transport, evidence, log, isRegistered })
    await serveModules({
      transport,
      modules,
      signer,
      domain,
      clock: systemClock,
      log,
      knownFunction: engine.knownFunction.bind(engine),
      functionById: engine.functionById.bind(engine),
      isRegistered,
    })
    const registered = () => [...engine.view.peers(transport.self), transport.self]
    const discovery = await startDiscovery({ transport, bootstrap: network.coordinators, registered, log })
    closer.add(repeatDiscovery(discovery.exchange, timing.discoveryMs))

    const abort = new AbortController()
    closer.add(() => abort.abort())
    const done = engine.run(abort.signal)
    log.info('node started', {
      attestor: signer.address,
      peer: transport.self,
      addresses: transport.addresses(),
    })
    void tellGrants(chain, signer.address, host.capabilities, log)
    return {
      peer: transport.self,
      addresses: transport.addresses(),
      done,
      stop: () => closer.close(log),
    }
  } catch (error) {
    await closer.close(log)
    throw error
  }
}

/** What the chain says of this node against what its operator grants. */
async function tellGrants(chain: ChainAccess, attestor: Hex, granted: Hex, log: Log): Promise<void> {
  try {
    const registered = (await chain.reads.node(attestor))?.capabilities
    const differ = registered === undefined ? undefined : grantsDiffer(registered, granted)
    if (differ !== undefined) log.warn('grants are not what is registered', { ...differ })
  } catch (error) {
    log.warn('registration not read', { reason: String(error) })
  }
}

/** Exchanges addresses now and again; often at first. */
export function repeatDiscovery(exchange: () => Promise<void>, everyMs: number): () => void {
  let rounds = 0
  let timer: NodeJS.Timeout
  let stopped = false
  const next = async (): Promise<void> => {
    await exchange()
    rounds++
    if (!stopped) timer = setTimeout(next, rounds < EARLY_DISCOVERIES ? EARLY_DISCOVERY_MS : everyMs)
  }
  timer = setTimeout(next, 0)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
