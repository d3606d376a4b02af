/**
 * A network in one test process: a chain over HTTP, a beacon, real nodes on loopback, and coordinators that may be
 * processes of their own, so that they can be killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { network as hardhat } from 'hardhat'
import { createPublicClient, createWalletClient, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { deployAll } from '../../../scripts/deploy.ts'
import { networkFileOf } from '../../../scripts/deploy-network.ts'
import { systemClock } from '../../../src/adapters/clock/system.ts'
import { createLog } from '../../../src/adapters/log/pino.ts'
import { createMemoryStore } from '../../../src/adapters/store/memory.ts'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { type Account, sendOrThrow } from '../../../src/apps/cli/account.ts'
import { keysOf, type NodeKeys } from '../../../src/apps/cli/node-folder.ts'
import { registerNode } from '../../../src/apps/cli/operator.ts'
import { localBeaconSecret, startLocalBeacon } from '../../../src/apps/devnet/beacon.ts'
import { type RunningNode, startNode } from '../../../src/apps/node/main.ts'
import { openChain, openSender } from '../../../src/apps/shared/chain-access.ts'
import {
  formatNetworkFile,
  type NetworkFile,
  readNetworkFile,
} from '../../../src/apps/shared/network-file.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { functionIdOf } from '../../../src/crypto/function-id.ts'
import { keccak, sha256Hex, tagHash } from '../../../src/crypto/hash.ts'
import { type Log, silentLog } from '../../../src/ports/log.ts'
import type { Sandbox } from '../../../src/ports/sandbox.ts'
import type { FunctionSpec, Hex, RequestId } from '../../../src/protocol/types.ts'
import { pushModule } from '../../../src/runtime/module-exchange.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MNEMONIC = 'test test test test test test test test test test test junk'
export const MODULE = join(ROOT, 'examples', 'price-feed', 'build', 'price-feed.wasm')
export const PRICES = join(ROOT, 'examples', 'price-feed', 'prices.json')
const EPOCH_SECONDS = 4
const TIMEOUT_MS = 60_000

export interface LocalNetworkOptions {
  readonly nodes: number
  /** Milliseconds before members stand in for a coordinator. */
  readonly standInMs: number
  readonly windowSeconds: number
  readonly wrapSandbox?: (index: number, sandbox: Sandbox) => Sandbox
}

export type LocalNetwork = Awaited<ReturnType<typeof startLocalNetwork>>

export async function startLocalNetwork(options: LocalNetworkOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-e2e-'))
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const server = await hardhat.createServer('node', '127.0.0.1', 0)
    const { address, port } = await server.listen()
    undo.push(() => server.close())
    const rpcUrl = `http://${address}:${port}`
    const beacon = await startLocalBeacon({
      secret: localBeaconSecret('end to end'),
      genesisTime: Math.floor(Date.now() / 1000) - 60,
      periodSeconds: 1,
      clock: systemClock,
    })
    undo.push(() => beacon.close())
    const client = createPublicClient({ transport: http(rpcUrl), pollingInterval: 50 })
    const developer = mnemonicToAccount(MNEMONIC, { addressIndex: 0 })
    const wallet = createWalletClient({ account: developer, transport: http(rpcUrl), pollingInterval: 50 })
    const now = (await client.getBlock()).timestamp
    const deployment = await deployAll({
      walletClient: wallet,
      publicClient: client,
      config: {
        nodes: { genesis: now - BigInt(EPOCH_SECONDS), epochSeconds: EPOCH_SECONDS, unbondingPeriod: 2 },
        beacon: {
          publicKey: beacon.info.publicKey,
          genesis: BigInt(beacon.info.genesisTime),
          periodSeconds: 1n,
        },
        market: { leadSeconds: 1, epochAgeMax: 1000 },
      },
    })
    const coordinatorPort = await freePort()
    const coordinatorKeys = keysOf(secret('coordinator'), secret('coordinator network'))
    const file: NetworkFile = {
      ...networkFileOf(deployment, rpcUrl, [beacon.url]),
      beacon: { urls: [beacon.url], chainHash: beacon.chainHash, ...beacon.info },
      coordinators: [`/ip4/127.0.0.1/tcp/${coordinatorPort}/p2p/${coordinatorKeys.peer}`],
    }
    const networkFile = join(folder, 'network.json')
    writeFileSync(networkFile, formatNetworkFile(file))
    const chain = await openChain(readNetworkFile(networkFile), undefined)
    const accountOf = (index: number): Account => {
      const privateKey = privateKeyOf(index)
      const sender = openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog })
      return { chain, sender, address: sender.address, close: () => sender.close() }
    }

    const nodes: { readonly keys: NodeKeys; running: RunningNode }[] = []
    for (let index = 0; index < options.nodes; index++) {
      const keys = keysOf(secret(`attestor ${index} ${Date.now()}`), secret(`network ${index} ${Date.now()}`))
      const account = accountOf(1 + index)
      await registerNode(account, keys, 32n * 10n ** 18n)
      await account.close()
      await wallet.sendTransaction({ to: keys.attestor, value: 10n ** 18n, chain: null })
      const wrapSandbox = options.wrapSandbox
      const running = await startNode({
        network: readNetworkFile(networkFile),
        rpcUrl: undefined,
        dataFolder: join(folder, `node-${index}`),
        attestorKey: keys.attestorKey,
        networkKey: keys.networkKey,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        announce: [],
        timing: {
          standInMs: options.standInMs,
          standInStepMs: 700,
          repeatMs: 700,
          pollMs: 150,
          discoveryMs: 1_000,
        },
        // What a node did is worth reading when a test fails: DIKAST_TEST_LOGS names a folder.
        log: logFor(`node-${index}`),
        ...(wrapSandbox === undefined
          ? {}
          : { wrapSandbox: (sandbox: Sandbox) => wrapSandbox(index, sandbox) }),
      })
      undo.push(() => running.stop())
      nodes.push({ keys, running })
    }
    const coordinators: ChildProcess[] = []
    undo.push(() => coordinators.map((child) => child.kill('SIGKILL')))
    const developerAccount = accountOf(0)
    undo.push(() => developerAccount.close())

    const network = {
      folder,
      networkFile,
      rpcUrl,
      chain,
      client,
      beacon,
      nodes,
      developer: developerAccount,
      /** The private key of a funded account; 0 is the developer's, from 1 the operators', 18 the coordinator's. */
      privateKey: (index: number): Hex => toHex(privateKeyOf(index)),
      /** Starts a coordinator process and waits until it listens; the same folder and keys each time. */
      startCoordinator: async (graceMs: number): Promise<ChildProcess> => {
        const log = join(folder, `coordinator-${coordinators.length}.log`)
        const child = spawn(
          process.execPath,
          ['--no-warnings', join(ROOT, 'test', 'e2e', 'support', 'coordinator.ts')],
          {
            env: {
              ...process.env,
              DIKAST_NETWORK: networkFile,
              DIKAST_KEY: toHex(privateKeyOf(18)),
              DIKAST_NETWORK_KEY: toHex(coordinatorKeys.networkKey),
              E2E_FOLDER: join(folder, 'coordinator'),
              E2E_LISTEN: `/ip4/127.0.0.1/tcp/${coordinatorPort}`,
              E2E_LOG: log,
              E2E_GRACE_MS: String(graceMs),
            },
            stdio: ['ignore', 'inherit', 'inherit'],
          },
        )
        coordinators.push(child)
        await until('the coordinator listens', async () =>
          readFileSync(log, 'utf8').includes('coordinator started'),
        )
        return child
      },
      /** What the coordinators have logged so far. */
      coordinatorLog: (): string =>
        coordinators.map((_, i) => readFileSync(join(folder, `coordinator-${i}.log`), 'utf8')).join(''),
      /** Seals the current epoch once it began after the registrations. */
      seal: async (): Promise<void> => {
        const registered = await chain.reads.currentEpoch()
        await until('the next epoch begins', async () => {
          await client.request({ method: 'evm_mine' as never })
          return (await chain.reads.currentEpoch()) > registered
        })
        await developerAccount.sender.send({ id: `seal ${Date.now()}`, ...chain.calls.sealEpoch() })
      },
      /** Deploys the price feed and hands its module to one node, from which the others fetch it. */
      deployFunction: async (): Promise<Hex> => {
        const bytes = new Uint8Array(readFileSync(MODULE))
        const moduleHash = sha256Hex(bytes)
        const spec = specOf(moduleHash, options.windowSeconds)
        await sendOrThrow(developerAccount.sender, 'deploy', chain.calls.deploy(spec, []))
        const functionId = functionIdOf(developerAccount.address, spec)
        const [holder] = nodes
        if (holder === undefined) throw new Error('the network has nodes')
        const transport = await createLibp2pTransport({
          privateKey: secret(`client ${Date.now()}`),
          listen: [],
          log: silentLog,
        })
        await transport.learn(holder.running.peer, holder.running.addresses)
        await pushModule(transport, holder.running.peer, { functionId, moduleHash, bytes })
        await transport.stop()
        return functionId
      },
      request: async (functionId: Hex, attempts = 3): Promise<RequestId> => {
        const input = toHex(readFileSync(PRICES))
        const params = {
          functionId,
          committeeSize: 0,
          attempts,
          callbackGas: 0,
          maxFeePerGas: 5n * 10n ** 9n,
          challengeWindow: 0,
          input,
        }
        const value = await chain.reads.quote(params)
        const sent = await sendOrThrow(
          developerAccount.sender,
          `request ${Date.now()}`,
          chain.calls.request(params, value),
        )
        const requestId = await chain.audits.requestIn(sent.hash, sent.blockNumber)
        if (requestId === undefined) throw new Error('no request in the transaction')
        return requestId
      },
      close,
    }
    return network
  } catch (error) {
    await close()
    throw error
  }
}

function specOf(moduleHash: Hex, windowSeconds: number): FunctionSpec {
  const zero: Hex = `0x${'00'.repeat(32)}`
  return {
    kind: 'wasm',
    moduleHash,
    entry: '_start',
    runtime: 'deterministic-1',
    capabilities: zero,
    permissions: [],
    consensus: 0,
    agreement: '',
    committeeSize: 5,
    fuelLimit: 10_000_000n,
    memoryBytesMax: 16_777_216n,
    outputBytesMax: 32,
    windowSeconds,
    flatFeePerSeat: 10n ** 14n,
    fuelPrice: 1_000n,
    royalty: 10n ** 13n,
    verifierSelector: tagHash('dikast.ecdsa-quorum.v1').slice(0, 10) as Hex,
    verificationKeyHash: zero,
    challengeWindow: 0,
  }
}

function logFor(name: string): Log {
  const logs = process.env.DIKAST_TEST_LOGS
  return logs === undefined
    ? silentLog
    : createLog({ level: 'debug', name, destination: { file: join(logs, `${name}.log`) } })
}

export async function until(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`)
    await sleep(100)
  }
}

function privateKeyOf(index: number): Uint8Array {
  const key = mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey().privateKey
  if (key === null || key === undefined) throw new Error('a mnemonic account has a private key')
  return new Uint8Array(key)
}

function secret(label: string): Uint8Array {
  return keccak(new TextEncoder().encode(`dikast test ${label}`))
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port')
  return address.port
}
