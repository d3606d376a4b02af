/**
 * A coordinator: follows the chain, posts rounds and seals epochs when they are due, gathers attestations, submits and
 * expires. Untrusted and replaceable: it holds no key that matters to a result, and several may run.
 * @module
 */
import { join } from 'node:path'
import { createDrandBeacon } from '../../adapters/beacon/drand.ts'
import { createFollower } from '../../adapters/chain/follower.ts'
import { systemClock } from '../../adapters/clock/system.ts'
import { acquireLock } from '../../adapters/lock/lock.ts'
import { createBullQueue } from '../../adapters/queue/bull-queue.ts'
import { openStore } from '../../adapters/store/sqlite.ts'
import { peerIdFromEd25519PublicKey } from '../../adapters/transport/identity.ts'
import { createLibp2pTransport } from '../../adapters/transport/libp2p.ts'
import type { Log } from '../../ports/log.ts'
import { startDiscovery } from '../../runtime/discovery.ts'
import { Engine } from '../../runtime/engine.ts'
import { openBls } from '../shared/bls.ts'
import { openChain, openSender } from '../shared/chain-access.ts'
import { makeFolder } from '../shared/folder.ts'
import { lockAccount } from '../shared/key-lock.ts'
import type { NetworkFile } from '../shared/network-file.ts'
import { Closer, type Running } from '../shared/process.ts'
import { useFastSignatures } from '../shared/secp256k1.ts'
import { bindStore } from '../shared/store-binding.ts'
import { keepCommittees } from './committees.ts'

export interface CoordinatorConfig {
  readonly network: NetworkFile
  readonly rpcUrl: string | undefined
  readonly dataFolder: string
  /** Pays for transactions; secp256k1, 32 bytes. */
  readonly accountKey: Uint8Array
  /** Ed25519 seed, 32 bytes. */
  readonly networkKey: Uint8Array
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** Redis for the queue; an embedded database in the data folder without it. */
  readonly redisUrl: string | undefined
  /** Sizes of standing committees whose roots it posts each epoch, with its own bonds. */
  readonly committees?: readonly number[]
  readonly timing?: Partial<{ readonly graceMs: number; readonly repeatMs: number; readonly pollMs: number }>
  readonly log: Log
}

const TIMING = { graceMs: 800, repeatMs: 1_500, pollMs: 500 }
const QUEUE = { concurrency: 8, attemptsMax: 5, backoffMs: 300 }

export interface RunningCoordinator extends Running {
  readonly peer: string
  readonly addresses: readonly string[]
}

export async function startCoordinator(config: CoordinatorConfig): Promise<RunningCoordinator> {
  const { network, log } = config
  const timing = { ...TIMING, ...config.timing }
  const closer = new Closer()
  try {
    makeFolder(config.dataFolder)
    const lock = acquireLock(join(config.dataFolder, 'lock'))
    closer.add(() => lock.release())
    const store = openStore(join(config.dataFolder, 'store.sqlite'))
    closer.add(() => store.close())
    const chain = await openChain(network, config.rpcUrl)
    await bindStore(store, chain)
    const accountLock = await lockAccount(chain, config.accountKey)
    closer.add(() => accountLock.release())
    const transport = await createLibp2pTransport({
      privateKey: config.networkKey,
      listen: config.listen,
      announce: config.announce,
      log,
    })
    closer.add(() => transport.stop())
    useFastSignatures()
    const sender = openSender(chain, { privateKey: config.accountKey, store, log })
    const beacon = createDrandBeacon({ urls: network.beacon.urls, info: network.beacon })
    closer.add(() => beacon.close())
    const backend =
      config.redisUrl === undefined
        ? { dataDir: join(config.dataFolder, 'queue') }
        : { redisUrl: config.redisUrl }
    const name = `dikast-${network.deployment.chainId}-${network.deployment.market.slice(2, 10)}`
    const queue = await createBullQueue({ ...QUEUE, name, backend, log })
    closer.add(() => queue.close())
    // Closed first: a job waiting for its transaction ends with it, and the queue waits for its jobs.
    closer.add(() => sender.close())

    const engine = new Engine({
      deployment: network.deployment,
      role: { attestor: undefined, standInMs: 0, standInStepMs: 0, ...timing },
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
      bls: await openBls(log),
      transport,
      store,
      queue,
      clock: systemClock,
      log,
      coordinators: [],
      peerIdOf: peerIdFromEd25519PublicKey,
      member: undefined,
      sealsEpochs: true,
    })
    await startDiscovery({
      transport,
      bootstrap: [],
      registered: () => engine.view.peers(transport.self),
      log,
    })
    const sizes = config.committees ?? []
    if (sizes.length > 0 || chain.standing !== undefined)
      closer.add(keepCommittees({ chain, beacon, sender, sizes, log }))
    const abort = new AbortController()
    closer.add(() => abort.abort())
    const done = engine.run(abort.signal)
    log.info('coordinator started', {
      account: sender.address,
      peer: transport.self,
      addresses: transport.addresses(),
    })
    return { peer: transport.self, addresses: transport.addresses(), done, stop: () => closer.close(log) }
  } catch (error) {
    await closer.close(log)
    throw error
  }
}
