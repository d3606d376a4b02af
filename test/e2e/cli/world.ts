/**
 * What the suites of the command line share: one local network, and ways to run commands against it.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { Sandbox } from '../../../src/ports/sandbox.ts'
import type { Address, Hex, RequestId } from '../../../src/protocol/types.ts'
import { askForPeers } from '../../../src/runtime/discovery.ts'
import { type Ended, type Environment, jsonOf, runHere, runProcess } from '../../apps/cli/support/run.ts'
import { type LocalNetwork, startLocalNetwork, until } from '../support/local-network.ts'

export const NODES = 4
/** Funded accounts besides the developer's, 0, the operators', from 1, and the coordinator's, 18. */
export const DEPLOYER = 10
export const OPERATOR = 11
export const STRANGER = 12
export const PATIENT = 13
/** The price feed's terms in these tests. */
export const TERMS =
  '--committee 4 --window 30 --fee 0.0001 --royalty 0.00001 --output 32 --memory 16777216 --fuel 10000000 --fuel-price 1000003'.split(
    ' ',
  )
/** Wei of a unit of fuel, and units at most: part of the terms. */
export const FUEL_PRICE = 1_000_003n
export const FUEL_LIMIT = 10_000_000n
export const FUNCTION = 'price-feed'

/** One network for all suites: what one makes the next looks at. */
export class CliWorld {
  readonly scratch = mkdtempSync(join(tmpdir(), 'dikast-cli-'))
  #network: LocalNetwork | undefined
  /** While set, every node signs the same wrong output: a committee that colludes. */
  colluding = false
  #requestId: RequestId | undefined

  get network(): LocalNetwork {
    return this.#network ?? assert.fail('the network was started')
  }

  /** A fulfilled request, once there is one. */
  get requestId(): RequestId {
    return this.#requestId ?? assert.fail('a request was fulfilled')
  }

  set requestId(requestId: RequestId) {
    this.#requestId = requestId
  }

  async start(): Promise<void> {
    const network = await startLocalNetwork({
      nodes: NODES,
      standInMs: 600_000,
      windowSeconds: 30,
      wrapSandbox: (_, sandbox) => this.#colluder(sandbox),
    })
    this.#network = network
    await network.startCoordinator(0)
    await until('the coordinator knows every node', async () => (await peersKnown(network)) === NODES)
    const sealedNodes = async () => (await network.chain.reads.latestSnapshot())?.count
    await until('an epoch is sealed', async () => (await sealedNodes()) === NODES)
  }

  #colluder(sandbox: Sandbox): Sandbox {
    return {
      run: async (job) => {
        const result = await sandbox.run(job)
        return this.colluding ? { ...result, output: result.output.map((byte) => byte ^ 1) } : result
      },
      close: () => sandbox.close(),
    }
  }

  async close(): Promise<void> {
    await this.#network?.close()
    rmSync(this.scratch, { recursive: true, force: true })
  }

  environment(account?: number, more: Environment = {}): Environment {
    const key = account === undefined ? {} : { DIKAST_KEY: this.network.privateKey(account) }
    return { DIKAST_NETWORK: this.network.networkFile, ...key, ...more }
  }

  /** A command in a process of its own: it must end by itself. */
  dikast(args: readonly string[], account?: number, more: Environment = {}): Promise<Ended> {
    return runProcess(args, { env: this.environment(account, more), cwd: this.scratch })
  }

  /** A command in this process, as people see it. */
  here(args: readonly string[], account?: number, more: Environment = {}): Promise<Ended> {
    return runHere(args, this.environment(account, more))
  }

  /** A command in this process, as scripts see it. */
  json(args: readonly string[], account?: number, more: Environment = {}): Promise<Ended> {
    return this.here([...args, '--json'], account, more)
  }

  addressOf(account: number): Address {
    return privateKeyToAccount(this.network.privateKey(account)).address
  }

  /** Transactions the account has had mined. */
  sentBy(account: number): Promise<number> {
    return this.network.client.getTransactionCount({ address: this.addressOf(account) })
  }

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.scratch, name)
    writeFileSync(path, content)
    return path
  }
}

/** Starts the world before the suites and takes it down after them. */
export function cliWorld(): CliWorld {
  const world = new CliWorld()
  before(() => world.start())
  after(() => world.close())
  return world
}

/** The value a command printed with --json, when it ended as expected. */
export function valueIn<T>(ended: Ended, code: number = EXIT.ok): T {
  assert.equal(ended.code, code, `${ended.out}${ended.err}`)
  return jsonOf(ended) as T
}

/** The bytes with the lowest bit of one changed. */
export function flip(hex: string, at: number): Hex {
  const index = 2 + 2 * at
  const byte = (Number.parseInt(hex.slice(index, index + 2), 16) ^ 1).toString(16).padStart(2, '0')
  return `${hex.slice(0, index)}${byte}${hex.slice(index + 2)}` as Hex
}

async function peersKnown(network: LocalNetwork): Promise<number> {
  const [coordinator = ''] = network.chain.network.coordinators
  const privateKey = new Uint8Array(32).fill(1)
  const transport = await createLibp2pTransport({ privateKey, listen: [], log: silentLog })
  try {
    const known = await askForPeers(transport, coordinator)
    return known.filter(({ peer }) => !coordinator.endsWith(peer)).length
  } finally {
    await transport.stop()
  }
}
