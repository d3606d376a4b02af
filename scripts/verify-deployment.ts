/**
 * Compares a live deployment with this source: the code of its registries, router, ECDSA verifier and market, and in it every
 * parameter they were built with.
 *
 *   npm run build:contracts && npm run verify-deployment -- --deployment FILE --rpc URL [--json]
 *
 * FILE is what `scripts/deploy.ts` wrote. A contract's creation code is run again on the chain itself, at its address and
 * with the parameters of the file, by `eth_call` with a state override: it must return what stands there, byte for byte,
 * immutables and all. What
 * has owners is read: who owns it, who may come, and which slashers and verifiers were added.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  type Address,
  createPublicClient,
  encodeDeployData,
  getAddress,
  type Hex,
  http,
  isAddressEqual,
  type PublicClient,
  parseAbi,
} from 'viem'
import { type ArtifactReader, constructorArgs, type DeploymentRecord, readArtifact } from './deploy.ts'

const OWNABLE = parseAbi([
  'function owner() view returns (address)',
  'function pendingOwner() view returns (address)',
])
const REGISTRY = parseAbi(['function slashers() view returns (address[])'])
const ROUTER = parseAbi(['function verifierOf(bytes4) view returns (address)'])
const ZERO = '0x0000000000000000000000000000000000000000'

export interface DeploymentCheck {
  readonly name: string
  readonly verdict: 'passed' | 'failed'
  readonly detail: string
}

/** Every check of a deployment; none is left out when another fails. */
export async function verifyDeployment(
  client: PublicClient,
  record: DeploymentRecord,
  artifacts: ArtifactReader = readArtifact,
): Promise<readonly DeploymentCheck[]> {
  const checks: DeploymentCheck[] = []
  const check = async (name: string, run: () => Promise<string>): Promise<void> => {
    try {
      checks.push({ name, verdict: 'passed', detail: await run() })
    } catch (error) {
      const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      checks.push({ name, verdict: 'failed', detail })
    }
  }
  await check('chain', async () => {
    const chainId = await client.getChainId()
    if (chainId !== record.chainId)
      throw new Error(`this is chain ${chainId}, the file names ${record.chainId}`)
    return `chain ${chainId}`
  })
  for (const { name, address, args } of await contractsOf(client, record))
    await check(name, async () => {
      const { abi, bytecode } = await artifacts(name)
      const code = encodeDeployData({ abi, bytecode, args })
      // As the contract's own code for the length of a call: what depends on its address comes out as it did.
      const built = (await client.call({ to: address, stateOverride: [{ address, code }] })).data
      const live = await client.getCode({ address })
      if (live === undefined) throw new Error(`there is no code at ${address}`)
      if (built?.toLowerCase() !== live.toLowerCase()) throw new Error(differenceOf(built ?? '0x', live))
      return `${(live.length - 2) / 2} bytes at ${address} are those of this source and these parameters`
    })
  await check('ecdsa verifier', async () => {
    const args = [record.ecdsaQuorumSelector] as const
    const address = record.verifierRouter
    const added = await client.readContract({ address, abi: ROUTER, functionName: 'verifierOf', args })
    if (!isAddressEqual(added, record.ecdsaQuorumVerifier))
      throw new Error(`the router names ${added}, the file ${record.ecdsaQuorumVerifier}`)
    return `${record.ecdsaQuorumSelector} is ${added}`
  })
  for (const [name, address] of [
    ['NodeRegistry', record.nodeRegistry],
    ['VerifierRouter', record.verifierRouter],
    ['ComputeMarket', record.market],
  ] as const)
    await check(`owner of ${name}`, async () => {
      const owner = await client.readContract({ address, abi: OWNABLE, functionName: 'owner' })
      const pending = await client.readContract({ address, abi: OWNABLE, functionName: 'pendingOwner' })
      return pending === ZERO ? owner : `${owner}, and ${pending} once it accepts`
    })
  await check('slashers', async () => {
    const address = record.nodeRegistry
    const slashers = await client.readContract({ address, abi: REGISTRY, functionName: 'slashers' })
    return slashers.length === 0 ? 'none' : slashers.join(', ')
  })
  return checks
}

/** What was deployed, with the parameters that the file names. The first owners are told by the chain: they may change. */
async function contractsOf(
  client: PublicClient,
  record: DeploymentRecord,
): Promise<
  readonly { readonly name: string; readonly address: Address; readonly args: readonly unknown[] }[]
> {
  const { config } = record
  const args = constructorArgs(config, config.nodes.genesis ?? 0n)
  // An owner is kept in storage, which the code does not show: anybody will do to run the constructor again.
  const owner = getAddress(
    await client.readContract({ address: record.market, abi: OWNABLE, functionName: 'owner' }),
  )
  const { nodeRegistry, beaconRegistry, functionRegistry, verifierRouter, market } = record
  const treasury = config.market.treasury ?? config.market.owner ?? owner
  return [
    { name: 'NodeRegistry', address: nodeRegistry, args: [{ ...args.nodeRegistry, owner }] },
    { name: 'BeaconRegistry', address: beaconRegistry, args: args.beaconRegistry },
    { name: 'VerifierRouter', address: verifierRouter, args: [owner] },
    { name: 'verifiers/EcdsaQuorumVerifier', address: record.ecdsaQuorumVerifier, args: [] },
    { name: 'FunctionRegistry', address: functionRegistry, args: [verifierRouter] },
    {
      name: 'ComputeMarket',
      address: market,
      args: [
        {
          nodeRegistry,
          beaconRegistry,
          functionRegistry,
          court: record.challengeCourt,
          bounties: record.bounties,
          owner,
          treasury,
          ...args.market,
        },
      ],
    },
  ]
}

function differenceOf(built: Hex, live: Hex): string {
  if (built.length !== live.length)
    return `the code has ${(live.length - 2) / 2} bytes, this source gives ${(built.length - 2) / 2}`
  const at = [...live].findIndex((digit, i) => digit !== built[i])
  return `the code differs from byte ${Math.floor((at - 2) / 2)} on: another source, or other parameters`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { deployment: { type: 'string' }, rpc: { type: 'string' }, json: { type: 'boolean' } },
  })
  if (values.deployment === undefined || values.rpc === undefined) {
    process.stderr.write('usage: npm run verify-deployment -- --deployment FILE --rpc URL [--json]\n')
    process.exitCode = 2
    return
  }
  const record = reviveRecord(await readFile(values.deployment, 'utf8'))
  const client = createPublicClient({ transport: http(values.rpc) })
  const checks = await verifyDeployment(client, record)
  if (values.json === true) process.stdout.write(`${JSON.stringify({ checks })}\n`)
  else
    for (const { name, verdict, detail } of checks)
      process.stdout.write(`${verdict === 'passed' ? '✔' : '✘'} ${name.padEnd(32)} ${detail}\n`)
  if (checks.some(({ verdict }) => verdict === 'failed')) process.exitCode = 1
}

/** Amounts, times and block numbers are decimal strings in the file. */
export function reviveRecord(text: string): DeploymentRecord {
  const number = (_: string, value: unknown) =>
    typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : value
  return JSON.parse(text, number) as DeploymentRecord
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
