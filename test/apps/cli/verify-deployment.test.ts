/** A live deployment against this source, and the handover to its timelock. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getContractAddress, type Hex, parseAbi } from 'viem'
import type { ChainReader } from '../../../src/adapters/chain/client.ts'
import type { DeploymentCheck } from '../../../src/apps/cli/deployment-checks.ts'
import { assertOverrides } from '../../../src/apps/cli/deployment-code.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import type { NetworkFile } from '../../../src/apps/shared/network-file.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { deployed } from './support/deployed.ts'
import { failureIn, jsonOf } from './support/run.ts'

const DELAY_SECONDS = 180
const world = deployed({ nodes: { epochSeconds: 60, unbondingPeriod: 120 } })
const OWNERS = ['NodeRegistry', 'VerifierRouter', 'Slasher', 'ComputeMarket'].map(
  (name) => `owner of ${name}`,
)

interface Report {
  readonly ok: boolean
  readonly checks: readonly DeploymentCheck[]
  readonly notChecked: readonly string[]
}

async function verify(network?: NetworkFile): Promise<Report> {
  const ended = await world().dikast(['verify-deployment', '--json'], network && { network })
  const report = jsonOf(ended) as Report
  assert.ok(Array.isArray(report.checks), ended.out)
  assert.equal(ended.code, report.ok ? EXIT.ok : EXIT.no)
  return report
}

async function namesOf(
  verdict: DeploymentCheck['verdict'],
  network?: NetworkFile,
): Promise<readonly string[]> {
  return (await verify(network)).checks.filter((check) => check.verdict === verdict).map(({ name }) => name)
}

const failed = (network?: NetworkFile) => namesOf('failed', network)

/** Sends from an account that the chain lets anybody use. */
async function sendAs(from: Address, to: Address, data: Hex): Promise<void> {
  const { rpc, publicClient } = world()
  await rpc('hardhat_impersonateAccount', from)
  await rpc('hardhat_setBalance', from, '0xde0b6b3a7640000')
  const hash = (await rpc('eth_sendTransaction', { from, to, data, gas: '0x4c4b40' })) as Hex
  assert.equal((await publicClient.waitForTransactionReceipt({ hash })).status, 'success')
}

/** The file with parts of its parameters or its deployment changed. */
function changed(
  deployment: Partial<NetworkFile['deployment']>,
  parameters: Readonly<Record<string, object>> = {},
): NetworkFile {
  const { file } = world()
  const own = file.parameters as Readonly<Record<string, object>>
  const merged = Object.entries(parameters).map(([key, part]) => [key, { ...own[key], ...part }])
  return {
    ...file,
    deployment: { ...file.deployment, ...deployment },
    parameters: { ...own, ...Object.fromEntries(merged) },
  }
}

describe('handing a deployment over', () => {
  it('[ADM-3] leaves the deployer the owner until what was announced is executed, after the delay', async () => {
    const { handover, pass, record } = world()
    assert.deepEqual(await failed(), OWNERS)
    assert.equal((await handover()).state, 'waiting')
    await pass(DELAY_SECONDS - 30)
    assert.equal((await handover()).state, 'waiting')
    await pass(60)
    const accepted = await handover()
    assert.equal(accepted.state, 'accepted')
    assert.deepEqual('contracts' in accepted && accepted.contracts, [
      record.nodeRegistry,
      record.verifierRouter,
      record.slasher,
      record.market,
    ])
    assert.equal((await handover()).state, 'done')
  })
})

describe('dikast verify-deployment', () => {
  it('[ADM-2] passes a deployment of this source, handed over, and says what it cannot check', async () => {
    const { checks, notChecked } = await verify()
    assert.deepEqual(
      checks.filter(({ verdict }) => verdict !== 'passed'),
      [],
    )
    assert.equal(checks.filter(({ name }) => name.startsWith('code of ')).length, 22)
    assert.equal(checks.length, 39)
    assert.match(notChecked.join('\n'), /JSON-RPC/)
    const { out } = await world().dikast(['verify-deployment'])
    assert.match(out, /^✔ chain +31337$/m)
    assert.match(out, /nothing differs\n$/)
  })

  it('[ADM-2] fails for one parameter that is another', async () => {
    const market = ['code of MarketExtension', 'code of ComputeMarket']
    const cases: readonly (readonly [Readonly<Record<string, object>>, string | readonly string[]])[] = [
      [{ market: { epochAgeMax: 3 } }, market],
      [{ market: { treasury: `0x${'11'.repeat(20)}` } }, market],
      [{ nodes: { jailEpochs: 25 } }, 'code of NodeRegistry'],
      [{ functionsAdapter: { spendingMax: '1' } }, 'code of adapters/FunctionsAdapter'],
      [{ committees: { bond: '1' } }, 'code of StandingCommittees'],
      [{ admin: { delaySeconds: DELAY_SECONDS + 1 } }, 'delay of the timelock'],
    ]
    for (const [parameters, names] of cases)
      assert.deepEqual(await failed(changed({}, parameters)), [names].flat())
    const { beacon } = world().file
    const later = { ...beacon, genesisTime: beacon.genesisTime + 1 }
    assert.deepEqual(await failed({ ...world().file, beacon: later }), ['code of BeaconRegistry'])
  })

  it('[ADM-2] fails for one byte of any contract that is another, and where there is none', async () => {
    const { aside, rpc, publicClient, file, record } = world()
    const { deployment } = file
    const { bls, slasher, timelock, functionsAdapter, challengeCourt, bounties, periphery } = deployment
    const { recurringRequests, signedRequests, resultStore } = periphery ?? {}
    assert.ok(bls && slasher && timelock && functionsAdapter && challengeCourt && bounties)
    assert.ok(recurringRequests && signedRequests && resultStore)
    const contracts: readonly (readonly [Address, string])[] = [
      [deployment.functionRegistry, 'FunctionRegistry'],
      [record.marketExtension, 'MarketExtension'],
      [bls.keyRegistry, 'BlsKeyRegistry'],
      [bls.verifier, 'verifiers/BlsQuorumVerifier'],
      [record.groth16Verifier, 'verifiers/Groth16Verifier'],
      [slasher, 'Slasher'],
      [challengeCourt, 'ChallengeCourt'],
      [bounties, 'Bounties'],
      [recurringRequests, 'periphery/RecurringRequests'],
      [signedRequests, 'periphery/SignedRequests'],
      [resultStore, 'periphery/ResultStore'],
      [timelock, 'admin/DikastTimelock'],
      [functionsAdapter, 'adapters/FunctionsAdapter'],
      [getContractAddress({ from: functionsAdapter, nonce: 1n }), 'adapters/SubscriptionAccount'],
    ]
    for (const [address, name] of contracts)
      await aside(async () => {
        const code = (await publicClient.getCode({ address })) ?? '0x'
        // In the compiler's hash of the source, at the end: the contract does what it did.
        const at = code.length - 20
        const digit = code[at] === '0' ? '1' : '0'
        await rpc('hardhat_setCode', address, `${code.slice(0, at)}${digit}${code.slice(at + 1)}`)
        assert.deepEqual(await failed(), [`code of ${name}`])
        await rpc('hardhat_setCode', address, '0x')
        assert.ok((await failed()).includes(`code of ${name}`))
      })
  })

  it('[ADM-2] fails for a slasher and a market that the file does not name', async () => {
    const { aside, record } = world()
    const abi = parseAbi(['function addSlasher(address)', 'function addMarket(address)'])
    const args = [record.functionsAdapter] as const
    await aside(async () => {
      const data = encodeFunctionData({ abi, functionName: 'addSlasher', args })
      await sendAs(record.timelock, record.nodeRegistry, data)
      assert.deepEqual(await failed(), ['slashers'])
      // The file may name it.
      assert.deepEqual(await failed(changed({ otherSlashers: [record.functionsAdapter] })), [])
    })
    await aside(async () => {
      // Another market is believed; the file may name it.
      const other = await cloneOf(record.market)
      const data = encodeFunctionData({ abi, functionName: 'addMarket', args: [other] })
      await sendAs(record.timelock, record.slasher, data)
      assert.deepEqual(await failed(), ['markets the slasher believes'])
      assert.deepEqual(await failed(changed({ otherMarkets: [other] })), [])
    })
    assert.deepEqual(await failed(changed({ otherMarkets: [record.functionsAdapter] })), [
      'markets the slasher believes',
    ])
  })

  it('[ADM-2] fails for a market that runs the code of another extension', async () => {
    const { aside, rpc, publicClient, record } = world()
    const before = await failed()
    await aside(async () => {
      const code = await publicClient.getCode({ address: record.market })
      assert.ok(code)
      const other = await cloneOf(record.functionsAdapter)
      const [from, to] = [record.marketExtension, other].map((one) => one.slice(2).toLowerCase())
      assert.ok(from && to && code.includes(from))
      await rpc('hardhat_setCode', record.market, code.replaceAll(from, to))
      const also = (await failed()).filter((name) => !before.includes(name))
      assert.deepEqual(also, ['code of MarketExtension', 'code of ComputeMarket'])
      // One that names none.
      await rpc('hardhat_setCode', record.market, '0x00')
      const names = await failed()
      for (const name of ['extension of the market', 'code of ComputeMarket']) assert.ok(names.includes(name))
    })
  })

  it('[ADM-2] fails for an owner that is another, and for one that is about to be', async () => {
    const { aside, record } = world()
    const abi = parseAbi(['function transferOwnership(address)', 'function acceptOwnership()'])
    const stranger: Address = `0x${'ab'.repeat(20)}`
    const offer = encodeFunctionData({ abi, functionName: 'transferOwnership', args: [stranger] })
    const accept = encodeFunctionData({ abi, functionName: 'acceptOwnership' })
    const owned = [record.nodeRegistry, record.verifierRouter, record.slasher, record.market]
    for (const [i, address] of owned.entries())
      await aside(async () => {
        await sendAs(record.timelock, address, offer)
        assert.deepEqual(await failed(), [OWNERS[i]])
        await sendAs(stranger, address, accept)
        assert.deepEqual(await failed(), [OWNERS[i]])
      })
    assert.deepEqual(await failed(changed({}, { market: { owner: stranger } })), ['owner of ComputeMarket'])
  })

  it('[ADM-2] fails for another proposer, executor or administrator of the timelock', async () => {
    const { aside, record } = world()
    const abi = parseAbi([
      'function grantRole(bytes32 role, address account)',
      'function EXECUTOR_ROLE() view returns (bytes32)',
    ])
    const { timelock } = record
    const role = await world().publicClient.readContract({
      address: timelock,
      abi,
      functionName: 'EXECUTOR_ROLE',
    })
    const stranger: Address = `0x${'ab'.repeat(20)}`
    for (const [granted, name] of [
      [role, 'executors'],
      [`0x${'00'.repeat(32)}`, 'administrators'],
    ] as const)
      await aside(async () => {
        const data = encodeFunctionData({ abi, functionName: 'grantRole', args: [granted, stranger] })
        await sendAs(timelock, timelock, data)
        assert.deepEqual(await failed(), [`${name} of the timelock`])
      })
    assert.deepEqual(await failed(changed({}, { admin: { proposers: [stranger] } })), [
      'proposers of the timelock',
      'cancellers of the timelock',
    ])
  })

  it('[ADM-2] does not take a list for whole whose beginning is hidden', async () => {
    const { number } = await world().publicClient.getBlock()
    assert.deepEqual(await failed(changed({ fromBlock: number })), [
      'other verifiers',
      'administrators of the timelock',
      'proposers of the timelock',
      'cancellers of the timelock',
      'executors of the timelock',
      'markets the slasher believes',
    ])
  })

  it('[ADM-2] says of an older file what it does not tell', async () => {
    const { file } = world()
    const { bls: _, slasher: __, timelock: ___, functionsAdapter: ____, ...deployment } = file.deployment
    const older = { ...file, deployment, parameters: undefined }
    assert.deepEqual(await failed(older), [])
    const unchecked = await namesOf('unchecked', older)
    for (const name of [
      'code of NodeRegistry',
      'code of ComputeMarket',
      'slashers',
      ...OWNERS.filter((one) => !one.includes('Slasher')),
    ])
      assert.ok(unchecked.includes(name), name)
    assert.ok((await verify(older)).notChecked.includes('timelock: the network file names none'))
  })

  it('[ADM-2] believes no node that runs no call with other code', async () => {
    const ignoring = { call: async () => ({ type: 'returned', data: '0x' }) } as unknown as ChainReader
    await assert.rejects(assertOverrides(ignoring), { code: 'CHAIN', reason: 'malformed' })
  })

  it('ends with 2 for parameters that are none, and with 3 for a node that it cannot ask', async () => {
    const { dikast, file } = world()
    const bad = await dikast(['verify-deployment', '--json'], {
      network: changed({}, { nodes: { nodesMax: 5000 } }),
    })
    assert.equal(bad.code, EXIT.usage)
    assert.match(failureIn(bad).message, /parameters\.nodes\.nodesMax/)
    const other = await dikast(['verify-deployment', '--json'], {
      network: { ...file, deployment: { ...file.deployment, chainId: 1 } },
    })
    assert.equal(other.code, EXIT.network)
  })
})

/** A contract with the code of another at a new address. */
async function cloneOf(address: Address): Promise<Address> {
  const { rpc, publicClient } = world()
  const copy: Address = `0x${'cd'.repeat(20)}`
  await rpc('hardhat_setCode', copy, await publicClient.getCode({ address }))
  return copy
}
