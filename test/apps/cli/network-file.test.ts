import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { deployConfigSchema } from '../../../src/apps/shared/deploy-config.ts'
import {
  formatNetworkFile,
  type NetworkFile,
  parseNetworkFile,
  readNetworkFile,
} from '../../../src/apps/shared/network-file.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { failureIn, ROOT, runHere, runProcess } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-network-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

function address(byte: number): Address {
  return `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
}

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const network: NetworkFile = {
  rpcUrl: 'http://127.0.0.1:8545',
  deployment: {
    chainId: 31337,
    nodeRegistry: address(1),
    beaconRegistry: address(2),
    functionRegistry: address(3),
    verifierRouter: address(4),
    market: address(5),
    fromBlock: 2n ** 60n,
  },
  beacon: {
    urls: ['http://127.0.0.1:1'],
    publicKey: `0x${'11'.repeat(96)}`,
    genesisTime: 1,
    periodSeconds: 3,
    chainHash: `0x${'22'.repeat(32)}`,
  },
  coordinators: [`/ip4/127.0.0.1/tcp/1/p2p/${PEER}`],
}

/** The network file with one value changed, at a path of keys. */
function changed(path: string, value: unknown): string {
  const copy = JSON.parse(formatNetworkFile(network)) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at: Record<string, unknown> = copy
  for (const key of keys) at = at[key] as Record<string, unknown>
  if (value === undefined) delete at[last]
  else at[last] = value
  return JSON.stringify(copy)
}

describe('a network file', () => {
  it('reads back as it was written, block numbers beyond a double too', () => {
    assert.deepEqual(parseNetworkFile(formatNetworkFile(network), 'f'), network)
    const periphery = { recurringRequests: address(6), signedRequests: address(7), resultStore: address(8) }
    for (const some of [periphery, { signedRequests: address(7) }, {}]) {
      const text = changed('deployment.periphery', some)
      assert.deepEqual(parseNetworkFile(text, 'f').deployment.periphery, some)
    }
    assert.throws(() => parseNetworkFile(changed('deployment.periphery', { resultStore: '0x' }), 'f'))
  })

  it('is shown whole in docs/network.md', () => {
    const page = readFileSync(join(ROOT, 'docs', 'network.md'), 'utf8')
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
    const { beacon, coordinators } = parseNetworkFile(example, 'docs/network.md')
    assert.equal(beacon.publicKey, deployConfigSchema.parse({}).beacon.publicKey)
    assert.equal(coordinators.length, 1)
  })

  const wrong: readonly [string, string, unknown][] = [
    ['no RPC', 'rpcUrl', undefined],
    ['an RPC that is a file', 'rpcUrl', 'file:///etc/passwd'],
    ['a websocket', 'rpcUrl', 'ws://127.0.0.1'],
    ['a short address', 'deployment.market', '0x12'],
    ['no contract', 'deployment.nodeRegistry', undefined],
    ['a chain id that is text', 'deployment.chainId', '31337'],
    ['a chain id of 0', 'deployment.chainId', 0],
    ['a block before the first', 'deployment.fromBlock', '-1'],
    ['a block that is no number', 'deployment.fromBlock', 'first'],
    ['no beacon servers', 'beacon.urls', []],
    ['a short beacon key', 'beacon.publicKey', '0x11'],
    ['a period of nothing', 'beacon.periodSeconds', 0],
    ['a coordinator without its peer id', 'coordinators', ['/ip4/127.0.0.1/tcp/1']],
    ['a coordinator that is no multiaddr', 'coordinators', [`127.0.0.1:1/p2p/${PEER}`]],
    ['far too many coordinators', 'coordinators', Array.from({ length: 17 }, () => network.coordinators[0])],
  ]
  for (const [name, path, value] of wrong) {
    it(`is refused with ${name}: the error names the file and the field`, () => {
      assert.throws(
        () => parseNetworkFile(changed(path, value), 'some.json'),
        (error: Error & { code?: string; fix?: string }) => {
          assert.equal(error.code, 'INVALID_INPUT')
          assert.ok(error.message.includes('some.json') && error.message.includes(path), error.message)
          assert.match(error.fix ?? '', /docs\/cli\.md/)
          return true
        },
      )
    })
  }

  it('is refused with a field that is not there in words for people', () => {
    for (const path of ['rpcUrl', 'deployment', 'deployment.market', 'deployment.fromBlock', 'beacon.urls']) {
      const message = `network: some.json: ${path} is missing`
      assert.throws(() => parseNetworkFile(changed(path, undefined), 'some.json'), { message })
    }
  })

  it('is refused when it is not JSON or not an object', () => {
    for (const text of ['', '{', 'null', '[]', '"x"'])
      assert.throws(() => parseNetworkFile(text, 'f'), { code: 'INVALID_INPUT' })
  })
})

describe('the network file', () => {
  const deep = join(scratch, 'home', 'project', 'deep')
  const env = 'DIKAST_NETWORK'
  beforeEach(() => {
    delete process.env[env]
    rmSync(join(scratch, 'home'), { recursive: true, force: true })
    mkdirSync(join(scratch, 'home', 'project', '.dikast'), { recursive: true })
    mkdirSync(join(scratch, 'home', '.dikast'), { recursive: true })
    mkdirSync(deep)
    writeFileSync(
      join(scratch, 'home', 'project', '.dikast', 'network.json'),
      changed('deployment.chainId', 1),
    )
    writeFileSync(join(scratch, 'home', '.dikast', 'network.json'), changed('deployment.chainId', 2))
    writeFileSync(join(scratch, 'home', 'named.json'), changed('deployment.chainId', 3))
  })

  it('is the one named, else DIKAST_NETWORK, else the nearest .dikast/network.json above', () => {
    const chainOf = (named?: string) => readNetworkFile(named, deep).deployment.chainId
    assert.equal(chainOf(), 1)
    process.env[env] = join(scratch, 'home', '.dikast', 'network.json')
    assert.equal(chainOf(), 2)
    assert.equal(chainOf(join(scratch, 'home', 'named.json')), 3)
    process.env[env] = ''
    assert.equal(chainOf(), 1, 'an empty variable is as good as none')
  })

  it('of another user is used only when it is named: anybody may put one into /tmp', () => {
    const file = join(scratch, 'home', 'project', '.dikast', 'network.json')
    // Only root may give files away, and root's are everybody's: who is not asks as somebody else.
    const [stranger, asker] = [54_321, 54_322]
    for (const planted of [file, dirname(file)]) {
      if (process.getuid?.() === 0) chownSync(planted, stranger, stranger)
      assert.throws(() => readNetworkFile(undefined, deep, asker), {
        code: 'INVALID_INPUT',
        fix: `if you trust it, name it: --network ${file}`,
      })
      assert.equal(readNetworkFile(file, deep, asker).deployment.chainId, 1)
      if (process.getuid?.() === 0) chownSync(planted, 0, 0)
    }
  })

  it('that is missing, a folder or enormous is said to be', () => {
    assert.throws(() => readNetworkFile(join(scratch, 'nowhere.json')), { code: 'INVALID_INPUT' })
    assert.throws(() => readNetworkFile(scratch), { code: 'INVALID_INPUT' })
    const huge = join(scratch, 'huge.json')
    writeFileSync(huge, '{')
    truncateSync(huge, 8 * 1024 ** 3)
    assert.throws(() => readNetworkFile(huge), { code: 'LIMIT_EXCEEDED' })
    rmSync(huge)
  })

  it('is asked for when there is none, with exit code 2 and what to do', async () => {
    const { code, err } = await runProcess(['function', 'list'], { cwd: scratch })
    assert.equal(code, EXIT.usage)
    assert.match(err, /found no \.dikast\/network\.json.*\n {2}fix: .*--network FILE/)
  })

  it('does not hide an --rpc that is no URL, and never repeats it: it may hold a key', async () => {
    const file = join(scratch, 'home', 'named.json')
    const ended = await runHere([
      'function',
      'list',
      '--network',
      file,
      '--rpc',
      'ftp://user:hunter2@x',
      '--json',
    ])
    assert.equal(ended.code, EXIT.usage)
    assert.equal(failureIn(ended).code, 'INVALID_INPUT')
    assert.doesNotMatch(ended.out, /hunter2/)
  })

  it('of a node that is not there ends with 3, naming its host and not its key', async () => {
    const file = join(scratch, 'home', 'named.json')
    const ended = await runHere([
      'function',
      'list',
      '--network',
      file,
      '--rpc',
      'http://127.0.0.1:9/v3/hunter2',
      '--json',
    ])
    assert.equal(ended.code, EXIT.network)
    const { code, message, fix } = failureIn(ended)
    assert.equal(code, 'CHAIN')
    assert.match(message, /unreachable: 127\.0\.0\.1:9 /)
    assert.match(fix, /rpcUrl/)
    assert.doesNotMatch(ended.out, /hunter2/)
  })
})
