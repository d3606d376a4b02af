import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { openAccount } from '../../src/apps/cli/account.ts'
import { createOutput } from '../../src/apps/cli/output.ts'
import { type CoordinatorConfig, startCoordinator } from '../../src/apps/coordinator/main.ts'
import { type NodeConfig, startNode } from '../../src/apps/node/main.ts'
import { type ChainAccess, openChain } from '../../src/apps/shared/chain-access.ts'
import { lockAccount, locksFolder } from '../../src/apps/shared/key-lock.ts'
import { formatNetworkFile, type NetworkFile } from '../../src/apps/shared/network-file.ts'
import { bindStore } from '../../src/apps/shared/store-binding.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { keccak } from '../../src/crypto/hash.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Address, Hash } from '../../src/protocol/types.ts'
import { CHAIN_ID, startScriptedNode } from '../adapters/chain/support.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-processes-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const key = keccak(new TextEncoder().encode(`processes test ${process.pid}`))
const address = (byte: string): Address => `0x${byte.repeat(20)}`
const hash = (byte: string): Hash => `0x${byte.repeat(32)}`

/** What the chain's node answers for the deployment's first block. */
let origin: Hash | undefined = hash('a1')
let network: NetworkFile
let chain: ChainAccess
let node: Awaited<ReturnType<typeof startScriptedNode>>
before(async () => {
  node = await startScriptedNode((method) => {
    if (method === 'eth_getCode') return { result: '0x01' }
    const header = { number: '0x7', hash: origin, parentHash: hash('00'), timestamp: '0x1' }
    return { result: method === 'eth_getBlockByNumber' && origin !== undefined ? header : null }
  })
  const contracts = {
    nodeRegistry: address('01'),
    beaconRegistry: address('02'),
    functionRegistry: address('03'),
    verifierRouter: address('04'),
    market: address('ab'),
  }
  network = {
    rpcUrl: node.url,
    deployment: { chainId: CHAIN_ID, ...contracts, fromBlock: 7n },
    beacon: {
      urls: ['http://127.0.0.1:9'],
      publicKey: `0x${'00'.repeat(96)}`,
      genesisTime: 1,
      periodSeconds: 1,
    },
    coordinators: [],
  }
  chain = await openChain(network, undefined)
})
after(() => node.close())

describe('an account that a process sends from [RUN-82]', () => {
  const common = () => ({
    network,
    rpcUrl: undefined,
    networkKey: key,
    listen: [],
    announce: [],
    log: silentLog,
  })
  const coordinator = (): CoordinatorConfig => ({
    ...common(),
    dataFolder: join(scratch, 'coordinator'),
    accountKey: key,
    redisUrl: undefined,
  })
  const attestor = (): NodeConfig => ({ ...common(), dataFolder: join(scratch, 'node'), attestorKey: key })
  const command = () => {
    const networkFile = join(scratch, 'network.json')
    writeFileSync(networkFile, formatNetworkFile(network))
    process.env.DIKAST_KEY = toHex(key)
    return openAccount({ output: createOutput({ json: true }), networkFile, rpcUrl: undefined }, {})
  }
  after(() => delete process.env.DIKAST_KEY)
  const inUse = { code: 'LOCKED', pid: process.pid }

  it('is refused to a coordinator, to a node and to a command, which names the process', async () => {
    const lock = await lockAccount(chain, key)
    await assert.rejects(startCoordinator(coordinator()), inUse)
    await assert.rejects(startNode(attestor()), inUse)
    await assert.rejects(command(), (error: Error & { fix?: string }) => {
      assert.match(
        error.message,
        new RegExp(`^account 0x[0-9a-f]{40} is in use by process ${process.pid}$`, 'i'),
      )
      assert.match(error.fix ?? '', /wait until it ends/)
      return true
    })
    lock.release()
  })

  it('is a command’s for as long as it is open', async () => {
    const account = await command()
    await assert.rejects(command(), inUse)
    await account.close()
    await (await command()).close()
  })

  it('is another on a development chain begun anew', async () => {
    const lock = await lockAccount(chain, key)
    origin = hash('a2')
    try {
      ;(await lockAccount(chain, key)).release()
    } finally {
      origin = hash('a1')
      lock.release()
    }
  })
})

describe('the folder of the locks [RUN-82]', () => {
  it('is made for this user alone', () => {
    const folder = locksFolder(join(scratch, 'home'))
    assert.equal(lstatSync(folder).mode & 0o777, 0o700)
    assert.equal(locksFolder(join(scratch, 'home')), folder)
  })

  const planted: readonly [string, (home: string) => void][] = [
    ['others may write to it', (home) => chmodSync(locksFolder(home), 0o777)],
    ['a group may write to it', (home) => chmodSync(locksFolder(home), 0o720)],
    ['others may replace it', (home) => chmodSync(join(locksFolder(home), '..'), 0o707)],
    [
      'it lies elsewhere',
      (home) => {
        mkdirSync(join(home, '.dikast'), { recursive: true })
        symlinkSync(scratch, join(home, '.dikast', 'locks'))
      },
    ],
  ]
  for (const [index, [what, plant]] of planted.entries()) {
    it(`is refused when ${what}`, () => {
      const home = join(scratch, `home ${index}`)
      plant(home)
      assert.throws(() => locksFolder(home), { code: 'INVALID_INPUT' })
    })
  }
})

describe('a data folder’s store [RUN-83]', () => {
  const other = (deployment: Partial<NetworkFile['deployment']>): ChainAccess => ({
    ...chain,
    network: { ...network, deployment: { ...network.deployment, ...deployment } },
  })

  it('opens again for the network it was made for, however its addresses are written', async () => {
    const store = createMemoryStore()
    await bindStore(store, chain)
    await bindStore(store, chain)
    await bindStore(store, other({ market: address('AB') }))
  })

  it('is refused for another, saying what differs and what to do', async () => {
    const store = createMemoryStore()
    await bindStore(store, chain)
    const refused = (what: RegExp) => (error: Error & { code?: string; fix?: string }) => {
      assert.equal(error.code, 'INVALID_INPUT')
      assert.match(error.message, what)
      assert.match(error.fix ?? '', /another folder/)
      return true
    }
    await assert.rejects(bindStore(store, other({ chainId: 1 })), refused(/chainId was 31337 and is 1/))
    await assert.rejects(bindStore(store, other({ market: address('cd') })), refused(/market was 0xabab/))
    const later = { ...other({ fromBlock: 8n }), reader: { ...chain.reader, block: async () => block } }
    const block = { number: 8n, hash: hash('a1'), parentHash: hash('00'), time: 1n, baseFeePerGas: 0n }
    await assert.rejects(bindStore(store, later), refused(/fromBlock was 7 and is 8/))
    origin = hash('b2')
    await assert.rejects(bindStore(store, chain), refused(/the chain began anew/))
    origin = undefined
    await assert.rejects(bindStore(store, chain), { code: 'CHAIN', reason: 'missing' })
    origin = hash('a1')
    await bindStore(store, chain)
  })

  it('is refused by a node and by a coordinator', async () => {
    const config = { network, rpcUrl: undefined, networkKey: key, listen: [], announce: [], log: silentLog }
    const { openStore } = await import('../../src/adapters/store/sqlite.ts')
    for (const [name, start] of [
      ['bound-node', (dataFolder: string) => startNode({ ...config, dataFolder, attestorKey: key })],
      [
        'bound-coordinator',
        (dataFolder: string) =>
          startCoordinator({ ...config, dataFolder, accountKey: key, redisUrl: undefined }),
      ],
    ] as const) {
      const dataFolder = join(scratch, name)
      mkdirSync(dataFolder)
      const store = openStore(join(dataFolder, 'store.sqlite'))
      await bindStore(store, other({ market: address('cd') }))
      store.close()
      await assert.rejects(start(dataFolder), { code: 'INVALID_INPUT', field: '--data' })
    }
  })
})
