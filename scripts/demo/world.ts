/**
 * A whole local network of real parts: chain, beacon, contracts, seven nodes and a coordinator, each its own process.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, createWalletClient, http, type PublicClient } from 'viem'
import { type HDAccount, mnemonicToAccount } from 'viem/accounts'
import { systemClock } from '../../src/adapters/clock/system.ts'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { keysOf, type NodeKeys } from '../../src/apps/cli/node-folder.ts'
import { type LocalBeacon, localBeaconSecret, startLocalBeacon } from '../../src/apps/devnet/beacon.ts'
import { type ChainAccess, openChain, openSender } from '../../src/apps/shared/chain-access.ts'
import { formatNetworkFile, type NetworkFile, readNetworkFile } from '../../src/apps/shared/network-file.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { keccak } from '../../src/crypto/hash.ts'
import { silentLog } from '../../src/ports/log.ts'
import { deployAll } from '../deploy.ts'
import { networkFileOf } from '../deploy-network.ts'
import { bundlePrograms } from '../programs.ts'
import { stake } from '../stake.ts'
import { freePorts, type Processes, type Started } from './processes.ts'

/** Hardhat's well-known development accounts: never use them where money is real. */
const MNEMONIC = 'test test test test test test test test test test test junk'
const EPOCH_SECONDS = 15
/** What is left of the epoch in which the nodes register. */
const REGISTRATION_SECONDS = 8
const BEACON_PERIOD_SECONDS = 1
const LEAD_SECONDS = 1
const READY_TIMEOUT_MS = 60_000
/** The first time; afterwards what was compiled is there. */
const COMPILE_TIMEOUT_MS = 900_000
/** Gas money of an attestor, so that it can stand in for the coordinator. */
const ATTESTOR_FUNDS = 10n ** 18n
const STAKES = [32n, 24n, 16n, 12n, 8n, 6n, 4n]

export const NODE_NAMES = ['ada', 'bao', 'chi', 'dov', 'eli', 'fay', 'gus'] as const

export interface DemoNode {
  readonly name: string
  readonly keys: NodeKeys
  readonly operator: HDAccount
  readonly stakeWei: bigint
  readonly folder: string
  readonly log: string
  process: Started | undefined
}

export interface World {
  readonly root: string
  readonly folder: string
  readonly networkFile: string
  readonly chain: ChainAccess
  readonly client: PublicClient
  readonly beacon: LocalBeacon
  readonly nodes: readonly DemoNode[]
  /** The node that can be told to lie. */
  readonly liar: DemoNode
  readonly developer: HDAccount
  readonly ports: readonly number[]
  startNode(node: DemoNode): void
  /** Runs the `dikast` command line. */
  cli(
    args: readonly string[],
    account?: HDAccount,
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

export type Say = (text: string) => void

export async function startWorld(
  root: string,
  folder: string,
  processes: Processes,
  say: Say,
): Promise<World> {
  mkdirSync(folder, { recursive: true })
  const [rpcPort = 0, coordinatorPort = 0] = await freePorts(2)
  const rpcUrl = `http://127.0.0.1:${rpcPort}`
  processes.start(
    'chain',
    [join(root, 'scripts', 'demo', 'chain.ts'), String(rpcPort)],
    join(folder, 'chain.log'),
  )
  const beacon = await startLocalBeacon({
    secret: localBeaconSecret(`demo ${Date.now()}`),
    genesisTime: Math.floor(Date.now() / 1000) - 60,
    periodSeconds: BEACON_PERIOD_SECONDS,
    clock: systemClock,
  })
  processes.onStop(() => beacon.close())
  const client = createPublicClient({ transport: http(rpcUrl), pollingInterval: 100 })
  const answers = async () => (await client.getChainId().catch(() => 0)) > 0
  say('contracts   compiled first, which takes minutes once')
  await until('the chain answers', answers, COMPILE_TIMEOUT_MS)
  // The package brings the contracts' creation code: it is made of what was just compiled.
  const installed = installPackage(root, join(folder, 'package'))
  await setClock(client)
  say(`chain       ${rpcUrl} (hardhat, osaka), beacon ${beacon.url} (${BEACON_PERIOD_SECONDS} s rounds)`)

  const developer = account(0)
  const coordinatorAccount = account(9)
  const wallet = createWalletClient({ account: developer, transport: http(rpcUrl), pollingInterval: 50 })
  // The first epoch with nodes in it begins when registration is over.
  const now = (await client.getBlock()).timestamp
  const genesis = now - BigInt(EPOCH_SECONDS - REGISTRATION_SECONDS)
  const record = await deployAll({
    walletClient: wallet,
    publicClient: client,
    config: {
      nodes: { genesis, epochSeconds: EPOCH_SECONDS, unbondingPeriod: 120 },
      beacon: {
        publicKey: beacon.info.publicKey,
        genesis: BigInt(beacon.info.genesisTime),
        periodSeconds: BigInt(BEACON_PERIOD_SECONDS),
      },
      market: { leadSeconds: LEAD_SECONDS, epochAgeMax: 6 },
    },
  })
  say(`contracts   market ${record.market}, from block ${record.fromBlock}`)

  const networkFolder = join(folder, '.dikast')
  mkdirSync(networkFolder, { recursive: true })
  const networkFile = join(networkFolder, 'network.json')
  const coordinatorKeys = keysOf(secret('coordinator'), secret('coordinator network'))
  const network: NetworkFile = {
    ...networkFileOf(record, rpcUrl, [beacon.url]),
    beacon: { urls: [beacon.url], chainHash: beacon.chainHash, ...beacon.info },
    coordinators: [`/ip4/127.0.0.1/tcp/${coordinatorPort}/p2p/${coordinatorKeys.peer}`],
  }
  writeFileSync(networkFile, formatNetworkFile(network))
  // Read back, so that the demo too uses nothing but what the file says.
  const chain = await openChain(readNetworkFile(networkFile), undefined)

  const nodes = NODE_NAMES.map((name, i): DemoNode => {
    const nodeFolder = join(folder, 'nodes', name)
    mkdirSync(nodeFolder, { recursive: true })
    return {
      name,
      keys: keysOf(secret(`${name} attestor ${Date.now()}`), secret(`${name} network ${Date.now()}`)),
      operator: account(1 + i),
      stakeWei: (STAKES[i] ?? 1n) * 10n ** 18n,
      folder: nodeFolder,
      log: join(folder, `${name}.log`),
      process: undefined,
    }
  })
  const [liar] = nodes
  if (liar === undefined) throw new Error('the demo has nodes')
  const { dikast, liarNode } = await installed
  const world: World = {
    root,
    folder,
    networkFile,
    chain,
    client,
    beacon,
    nodes,
    liar,
    developer,
    ports: [rpcPort, coordinatorPort, Number(new URL(beacon.url).port)],
    startNode: (node) => {
      const env = {
        DIKAST_NETWORK: networkFile,
        DIKAST_ATTESTOR_KEY: toHex(node.keys.attestorKey),
        DIKAST_NETWORK_KEY: toHex(node.keys.networkKey),
      }
      const args =
        node === liar
          ? [liarNode, node.folder]
          : [dikast, 'node', 'start', '--data', node.folder, '--listen', '/ip4/127.0.0.1/tcp/0']
      node.process = processes.start(node.name, args, node.log, { env, ipc: node === liar })
    },
    cli: (args, payer) =>
      processes.run([dikast, ...args], {
        DIKAST_NETWORK: networkFile,
        ...(payer === undefined ? {} : { DIKAST_KEY: privateKeyOf(payer) }),
      }),
  }
  processes.start(
    'coordinator',
    [
      // The queue's PostgreSQL is WebAssembly: in a minute's life optimising it costs more than it saves.
      '--liftoff-only',
      dikast,
      'coordinator',
      'start',
      '--data',
      join(folder, 'coordinator'),
      '--listen',
      `/ip4/127.0.0.1/tcp/${coordinatorPort}`,
    ],
    join(folder, 'coordinator.log'),
    {
      env: {
        DIKAST_NETWORK: networkFile,
        DIKAST_KEY: privateKeyOf(coordinatorAccount),
        DIKAST_NETWORK_KEY: toHex(coordinatorKeys.networkKey),
      },
    },
  )
  for (const node of nodes) world.startNode(node)
  await registerAll(world, wallet)
  say(
    `operators   ${nodes.map(({ name, stakeWei }) => `${name} ${stakeWei / 10n ** 18n}`).join(' · ')} ETH bonded`,
  )
  return world
}

/** The package as npm would install it: a copy, so that the demo runs what users run. */
async function installPackage(
  root: string,
  folder: string,
): Promise<{ readonly dikast: string; readonly liarNode: string }> {
  const programs = join(folder, 'dist', 'programs')
  const dikast = join(folder, 'scripts', 'dikast.mjs')
  await bundlePrograms(programs, { 'liar-node': 'scripts/demo/liar-node.ts' })
  mkdirSync(join(folder, 'scripts'))
  copyFileSync(join(root, 'scripts', 'dikast.mjs'), dikast)
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  return { dikast, liarNode: join(programs, 'liar-node.js') }
}

/** Hardhat's clock lags by the time it took to start; windows and beacon rounds are of the same clock. */
async function setClock(client: PublicClient): Promise<void> {
  const transport = client.transport as unknown as {
    request(call: { method: string; params: readonly unknown[] }): Promise<unknown>
  }
  await transport.request({ method: 'evm_mine', params: [] })
  const lag = Math.floor(Date.now() / 1000) - Number((await client.getBlock()).timestamp)
  if (lag > 0) await transport.request({ method: 'evm_increaseTime', params: [lag] })
  await transport.request({ method: 'evm_mine', params: [] })
}

/** Seals epochs until one has every node in it. Anyone may; later ones the coordinator seals. */
export async function sealEpoch({ chain, nodes }: World, say: Say): Promise<void> {
  const privateKey = Buffer.from(privateKeyOf(account(0)).slice(2), 'hex')
  const sender = openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog })
  await until('an epoch with every node in it is sealed', async () => {
    if ((await chain.reads.latestSnapshot())?.count === nodes.length) return true
    const [begun, sealed] = await Promise.all([chain.reads.currentEpoch(), chain.reads.latestSealedEpoch()])
    if (begun > (sealed ?? -1)) await sender.send({ id: `seal ${begun}`, ...chain.calls.sealEpoch() })
    return false
  })
  await sender.close()
  say(`epoch       ${await chain.reads.latestSealedEpoch()} sealed with ${nodes.length} nodes`)
}

/** Every operator runs the staking script; attestors get a little gas money. */
async function registerAll(world: World, wallet: ReturnType<typeof createWalletClient>): Promise<void> {
  const { chain, nodes, client, developer } = world
  await Promise.all(
    nodes.map(async ({ keys, operator, stakeWei }) => {
      const privateKey = Buffer.from(privateKeyOf(operator).slice(2), 'hex')
      const sender = openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog })
      await stake({ chain, sender, address: sender.address, close: () => sender.close() }, keys, stakeWei)
      await sender.close()
    }),
  )
  // One after another: a chain that mines at once takes no transaction ahead of its turn.
  for (const { keys } of nodes) {
    const hash = await wallet.sendTransaction({
      account: developer,
      chain: null,
      to: keys.attestor,
      value: ATTESTOR_FUNDS,
    })
    await client.waitForTransactionReceipt({ hash })
  }
}

export async function until(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`)
    await sleep(150)
  }
}

function account(index: number): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index })
}

export function privateKeyOf(holder: HDAccount): `0x${string}` {
  const key = holder.getHdKey().privateKey
  if (key === null || key === undefined) throw new Error('a mnemonic account has a private key')
  return toHex(new Uint8Array(key))
}

/** Fixed bytes from a label: fine for a network that lives for a minute on one machine. */
function secret(label: string): Uint8Array {
  return keccak(new TextEncoder().encode(`dikast demo ${label}`))
}
