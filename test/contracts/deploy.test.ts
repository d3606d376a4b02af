/** Deploying: by script, by Ignition, and what both make of it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { network } from 'hardhat'
import { getAddress, type Hex } from 'viem'
import {
  deployAll,
  deployConfigSchema,
  ECDSA_QUORUM_SELECTOR,
  formatDeployment,
} from '../../scripts/deploy.ts'
import Dikast from '../../scripts/ignition/modules/dikast.ts'

const run = promisify(execFile)

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
        'scripts/deploy.ts',
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

  it('hands the market to the configured owner, and offers it the router', async () => {
    const { viem } = await network.create()
    const [walletClient, other] = await viem.getWalletClients()
    const publicClient = await viem.getPublicClient()
    assert(walletClient && other)
    const owner = other.account.address
    const record = await deployAll({ walletClient, publicClient, config: { market: { owner } } })
    const market = await viem.getContractAt('ComputeMarket', record.market)
    const router = await viem.getContractAt('VerifierRouter', record.verifierRouter)
    assert.equal(await market.read.owner?.(), getAddress(owner))
    assert.equal(await router.read.owner?.(), getAddress(walletClient.account.address))
    assert.equal(await router.read.pendingOwner?.(), getAddress(owner))
    assert.equal(JSON.parse(formatDeployment(record)).fromBlock, record.fromBlock.toString())
  })

  it('refuses a configuration it does not know', () => {
    assert.throws(() => deployConfigSchema.parse({ nodes: { epochSecond: 1 } }))
    assert.throws(() => deployConfigSchema.parse({ nodes: { nodesMax: 878 } }))
    assert.throws(() => deployConfigSchema.parse({ market: { protocolFeeBps: 2001 } }))
  })
})

describe('the Ignition module', () => {
  it('deploys the same contracts, with the verifier registered', async () => {
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
    const { market: fees } = deployConfigSchema.parse({})
    assert.deepEqual(await contract('market').read.gasConstants?.([]), [
      BigInt(fees.gasBase),
      BigInt(fees.gasPerSignature),
      BigInt(fees.gasPerByte),
      fees.tipMax,
    ])
  })
})
