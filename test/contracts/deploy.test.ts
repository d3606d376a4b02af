/** Deploying: by script, by Ignition, and what both make of it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { network } from 'hardhat'
import { createPublicClient, getAddress, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type DeploymentRecord, deployAll, formatDeployment } from '../../scripts/deploy.ts'
import { networkFileOf } from '../../scripts/deploy-network.ts'
import Dikast from '../../scripts/ignition/modules/dikast.ts'
import { EXIT } from '../../src/apps/cli/exit.ts'
import { deployConfigSchema, ECDSA_QUORUM_SELECTOR } from '../../src/apps/shared/deploy-config.ts'
import { readNetworkFile } from '../../src/apps/shared/network-file.ts'
import { drandChainHash } from '../../src/crypto/drand.ts'
import { type Environment, failureIn, runHere, runProcess } from '../apps/cli/support/run.ts'

const run = promisify(execFile)
const SCRIPT = 'scripts/deploy-network.ts'
/** Hardhat's first account. */
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
/** And its second. */
const OTHER_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'

/** What the test uses of an Ignition result, whose type needs the compiled artifacts' types. */
interface Deployed {
  readonly address: Hex
  readonly read: Record<string, (args: readonly unknown[]) => Promise<unknown>>
}

describe('the deploy script', () => {
  it('writes a deployment that can be used, over HTTP', async () => {
    const server = await network.createServer('default', '127.0.0.1', 0)
    const { address, port } = await server.listen()
    const folder = await mkdtemp(join(tmpdir(), 'dikast-'))
    try {
      const out = join(folder, 'deployment.json')
      const { stdout } = await run(process.execPath, [
        'scripts/deploy-network.ts',
        '--rpc',
        `http://${address}:${port}`,
        '--out',
        out,
        '--json',
      ])
      assert.equal(await readFile(out, 'utf8'), stdout)
      const record = JSON.parse(stdout)
      assert.equal(record.chainId, 31337)
      assert.equal(record.ecdsaQuorumSelector, ECDSA_QUORUM_SELECTOR)
      assert.match(record.market, /^0x[0-9a-f]{40}$/i)
    } finally {
      await server.close()
      await rm(folder, { recursive: true })
    }
  })

  it('writes a network file the command line reads', async () => {
    const server = await network.createServer('default', '127.0.0.1', 0)
    const { address, port } = await server.listen()
    const folder = await mkdtemp(join(tmpdir(), 'dikast-'))
    try {
      const rpcUrl = `http://${address}:${port}`
      const file = join(folder, '.dikast', 'network.json')
      const args = ['--rpc', rpcUrl, '--network-file', file, '--json']
      const { code, out, err } = await runProcess(args, { script: SCRIPT, env: { DIKAST_KEY: KEY } })
      assert.equal(code, EXIT.ok, `${out}${err}`)
      const read = readNetworkFile(file)
      assert.equal(read.deployment.market, JSON.parse(out).market)
      assert.deepEqual(read.deployment.periphery, JSON.parse(out).periphery)
      assert.match(read.deployment.periphery?.resultStore ?? '', /^0x[0-9a-f]{40}$/i)
      assert.deepEqual([read.rpcUrl, read.coordinators], [rpcUrl, []])
      const listed = await runHere(['function', 'list', '--network', file, '--json'])
      assert.deepEqual([listed.code, listed.out], [EXIT.ok, '[]\n'])
    } finally {
      await server.close()
      await rm(folder, { recursive: true })
    }
  })

  it('takes drand’s own servers for quicknet alone, under the chain’s hash', async () => {
    const config = deployConfigSchema.parse({})
    const record = { beacon: config.beacon, config } as DeploymentRecord
    const { urls, chainHash } = networkFileOf(record, 'http://x', []).beacon
    assert.deepEqual(urls, ['https://api.drand.sh', 'https://drand.cloudflare.com'])
    const groupHash = '0xf477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e'
    const { publicKey } = record.beacon
    const chain = {
      publicKey,
      genesisTime: 1_692_803_367,
      periodSeconds: 3,
      groupHash,
      beaconId: 'quicknet',
    } as const
    assert.equal(drandChainHash(chain), chainHash)
    const folder = await mkdtemp(join(tmpdir(), 'dikast-'))
    const file = join(folder, 'config.json')
    await writeFile(file, JSON.stringify({ beacon: { publicKey: `0x${'11'.repeat(96)}` } }))
    const args = ['--config', file, '--network-file', join(folder, 'network.json'), '--json']
    const ended = await runProcess(args, { script: SCRIPT })
    assert.equal(ended.code, EXIT.usage)
    assert.match(failureIn(ended).message, /^--beacon-url: is missing/)
    await rm(folder, { recursive: true })
  })

  const refused: readonly [string, readonly string[], Environment, number, RegExp, RegExp][] = [
    ['an RPC that is not there', [], {}, EXIT.network, /127\.0\.0\.1:9 does not answer/, /--rpc/],
    ['a key that is none', [], { DIKAST_KEY: '0x12' }, EXIT.usage, /DIKAST_KEY: is not 64/, /32 bytes/],
    ['an unknown option', ['--frobnicate'], {}, EXIT.usage, /--frobnicate/, /--help/],
    [
      'a configuration that is not there',
      ['--config', '/none'],
      {},
      EXIT.usage,
      /--config: \/none/,
      /fields/,
    ],
    ['an RPC that is no URL', ['--rpc', 'ftp://x'], {}, EXIT.usage, /--rpc: is not an http/, /8545/],
  ]
  for (const [name, flags, env, exit, message, fix] of refused) {
    it(`refuses ${name} by name, with a fix`, async () => {
      const args = ['--rpc', 'http://127.0.0.1:9', ...flags, '--json']
      const ended = await runProcess(args, { script: SCRIPT, env })
      assert.equal(ended.code, exit, ended.err)
      assert.match(failureIn(ended).message, message)
      assert.match(failureIn(ended).fix, fix)
    })
  }

  it('explains itself', async () => {
    const { code, out } = await runProcess(['--help'], { script: SCRIPT })
    assert.equal(code, EXIT.ok)
    assert.match(out, /^Usage: npm run deploy --[\s\S]*DIKAST_KEY[\s\S]*Example:/)
  })

  it('offers everything to the timelock, but for a market whose owner is configured', async () => {
    const { viem } = await network.create()
    const [walletClient, other] = await viem.getWalletClients()
    const publicClient = await viem.getPublicClient()
    assert(walletClient && other)
    const owner = other.account.address
    const record = await deployAll({ walletClient, publicClient, config: { market: { owner } } })
    const market = await viem.getContractAt('ComputeMarket', record.market)
    assert.equal(await market.read.owner?.(), getAddress(owner))
    const zero = '0x0000000000000000000000000000000000000000'
    assert.equal(await market.read.pendingOwner?.(), zero)
    for (const [name, address] of [
      ['NodeRegistry', record.nodeRegistry],
      ['VerifierRouter', record.verifierRouter],
      ['Slasher', record.slasher],
    ] as const) {
      const contract = await viem.getContractAt(name, address)
      assert.equal(await contract.read.owner?.(), getAddress(walletClient.account.address))
      assert.equal(await contract.read.pendingOwner?.(), getAddress(record.timelock))
    }
    assert.equal(JSON.parse(formatDeployment(record)).fromBlock, record.fromBlock.toString())
  })

  it('[ADM-3] has a proposer announce the handover where the deployer is none, by a command that may be repeated', async () => {
    const server = await network.createServer('default', '127.0.0.1', 0)
    const { address, port } = await server.listen()
    const folder = await mkdtemp(join(tmpdir(), 'dikast-'))
    try {
      const file = join(folder, 'network.json')
      const config = join(folder, 'config.json')
      const proposer = privateKeyToAccount(OTHER_KEY).address
      const nodes = { epochSeconds: 2, unbondingPeriod: 0 }
      await writeFile(config, JSON.stringify({ nodes, admin: { proposers: [proposer] } }))
      const rpc = ['--rpc', `http://${address}:${port}`]
      const deploy = [...rpc, '--config', config, '--network-file', file, '--json']
      const ended = await runProcess(deploy, { script: SCRIPT, env: { DIKAST_KEY: KEY } })
      assert.equal(ended.code, EXIT.ok, ended.err)
      const step = async (key: Hex) =>
        await runProcess(['--network-file', file, '--json'], {
          script: 'scripts/handover-network.ts',
          env: { DIKAST_KEY: key },
        })
      const stranger = await step(KEY)
      assert.equal(stranger.code, EXIT.usage)
      assert.match(failureIn(stranger).message, /may announce nothing/)
      const announced = await step(OTHER_KEY)
      assert.equal(announced.code, EXIT.no, announced.err)
      assert.equal(JSON.parse(announced.out).state, 'announced')
      const client = createPublicClient({ transport: http(`http://${address}:${port}`) })
      for (const method of ['evm_increaseTime', 'evm_mine'])
        await client.request({ method, params: method === 'evm_mine' ? [] : [10] } as never)
      // Executing is anybody's.
      assert.equal(JSON.parse((await step(KEY)).out).state, 'accepted')
      assert.equal(JSON.parse((await step(KEY)).out).state, 'done')
      const verified = await runHere(['verify-deployment', '--network', file, '--json'])
      assert.equal(verified.code, EXIT.ok, verified.out)
    } finally {
      await server.close()
      await rm(folder, { recursive: true })
    }
  })

  it('refuses a configuration it does not know', () => {
    assert.throws(() => deployConfigSchema.parse({ nodes: { epochSecond: 1 } }))
    assert.throws(() => deployConfigSchema.parse({ nodes: { nodesMax: 4097 } }))
    assert.throws(() => deployConfigSchema.parse({ market: { protocolFeeBps: 2001 } }))
  })
})

describe('the Ignition module', () => {
  it('deploys the same contracts, with verifier and slasher added, offered to the timelock', async () => {
    const { ignition, viem } = await network.create()
    const { timestamp } = await (await viem.getPublicClient()).getBlock()
    const parameters = { Dikast: { genesis: timestamp } }
    const deployed = await ignition.deploy(Dikast, { parameters })
    const contract = (name: keyof typeof deployed) => deployed[name] as unknown as Deployed
    assert.equal(
      await contract('verifierRouter').read.verifierOf?.([ECDSA_QUORUM_SELECTOR]),
      getAddress(contract('ecdsaQuorumVerifier').address),
    )
    assert.equal(await contract('nodeRegistry').read.epochStart?.([0]), timestamp)
    const of = (name: keyof typeof deployed) => getAddress(contract(name).address)
    assert.deepEqual(await contract('nodeRegistry').read.slashers?.([]), [of('slasher')])
    assert.equal(await contract('slasher').read.isMarket?.([of('market')]), true)
    for (const name of ['nodeRegistry', 'verifierRouter', 'slasher', 'market'] as const)
      assert.equal(await contract(name).read.pendingOwner?.([]), of('timelock'))
    assert.equal(await contract('functionsAdapter').read.MARKET?.([]), of('market'))
    for (const name of ['recurringRequests', 'signedRequests', 'resultStore'] as const) {
      assert.equal(await contract(name).read.MARKET?.([]), getAddress(contract('market').address))
    }
    const { market: fees } = deployConfigSchema.parse({})
    assert.deepEqual(await contract('market').read.gasConstants?.([]), [
      BigInt(fees.gasBase),
      BigInt(fees.gasPerSignature),
      BigInt(fees.gasPerByte),
      fees.tipMax,
    ])
  })
})
