/**
 * Deploys Dikast's contracts with the clients of its caller; `npm run deploy` (deploy-network.ts) brings its own.
 *
 * Contracts come from `artifacts/`, so run `npm run build:contracts` first.
 * @module
 */

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Abi, Account, Hex, PublicClient, Transport, WalletClient } from 'viem'
import {
  BLS_QUORUM_SELECTOR,
  constructorArgs,
  type DeployConfig,
  type DeployConfigInput,
  deployConfigSchema,
  ECDSA_QUORUM_SELECTOR,
  POSEIDON_WIDTHS,
} from '../src/apps/shared/deploy-config.ts'
import { toHex } from '../src/crypto/bytes.ts'
import { GROTH16_SELECTOR } from '../src/crypto/groth16-key.ts'
import { poseidonTable } from '../src/crypto/poseidon-table.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'
import type { Address, Deployment } from '../src/protocol/types.ts'
import { isProposer, offerOwnership, stepHandover } from './handover.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const RECEIPT_POLL_MS = 200
const RECEIPT_TIMEOUT_MS = 300_000

/** A deployment and all one needs to use it. */
export interface DeploymentRecord extends Deployment {
  /** Whose code the market runs for what is needed rarely; the market names it. */
  readonly marketExtension: Address
  readonly challengeCourt: Address
  readonly bounties: Address
  readonly ecdsaQuorumVerifier: Address
  readonly ecdsaQuorumSelector: Hex
  readonly blsQuorumSelector: Hex
  /** Where verification keys are registered. */
  readonly groth16Verifier: Address
  readonly groth16Selector: Hex
  readonly bls: NonNullable<Deployment['bls']>
  readonly poseidonTables: Address
  readonly schnorrKeys: Address
  readonly standingCommittees: Address
  readonly slasher: Address
  readonly timelock: Address
  readonly functionsAdapter: Address
  readonly periphery: {
    readonly recurringRequests: Address
    readonly signedRequests: Address
    readonly resultStore: Address
  }
  readonly beacon: { readonly publicKey: Hex; readonly genesis: bigint; readonly periodSeconds: bigint }
  /** With what was left to the deployment filled in: whoever builds again needs all of it. */
  readonly config: DeployConfig
}

export interface Artifact {
  readonly abi: Abi
  readonly bytecode: Hex
}

/** Finds a compiled contract by its path under `contracts/`, e.g. `verifiers/EcdsaQuorumVerifier`. */
export type ArtifactReader = (contract: string) => Promise<Artifact>

export const readArtifact: ArtifactReader = async (contract) => {
  const name = contract.slice(contract.lastIndexOf('/') + 1)
  const file = join(ROOT, 'artifacts', 'contracts', `${contract}.sol`, `${name}.json`)
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Artifact
  } catch (cause) {
    throw new InvalidInputError('artifacts', `${contract} is not compiled`, {
      cause,
      fix: 'run `npm run build:contracts` first',
    })
  }
}

export interface DeployOptions {
  /** Pays for what is deployed, and owns it until it is handed over. Needs an account. */
  readonly walletClient: WalletClient<Transport, undefined, Account> | WalletClient
  readonly publicClient: PublicClient
  readonly config?: DeployConfigInput
  readonly artifacts?: ArtifactReader
}

/** Anybody may execute what was announced for long enough. */
const EXECUTORS: readonly Address[] = ['0x0000000000000000000000000000000000000000']

/**
 * Deploys everything, registers the verifiers, adds the slasher with its market, and offers all of it to the timelock.
 * Resolves when the last transaction is mined; the deployer stays the owner until `stepHandover` says `accepted`.
 */
export async function deployAll(options: DeployOptions): Promise<DeploymentRecord> {
  const { publicClient, walletClient, artifacts = readArtifact } = options
  const account = walletClient.account
  if (account === undefined) throw new TypeError('deployAll: the wallet client has no account')
  const deployer = account.address
  const latest = await publicClient.getBlock()
  const config = settled(deployConfigSchema.parse(options.config ?? {}), deployer, latest.timestamp)
  const args = constructorArgs(config)

  const mined = async (hash: Hex) => {
    const receipt = await publicClient.waitForTransactionReceipt({
      hash,
      pollingInterval: RECEIPT_POLL_MS,
      timeout: RECEIPT_TIMEOUT_MS,
    })
    if (receipt.status !== 'success') throw new Error(`deployAll: transaction ${hash} reverted`)
    return receipt
  }
  const deploy = async (contract: string, values: readonly unknown[] = []): Promise<Address> => {
    const { abi, bytecode } = await artifacts(contract)
    const hash = await walletClient.deployContract({ abi, bytecode, args: values, account, chain: null })
    const { contractAddress } = await mined(hash)
    if (contractAddress == null) throw new Error(`deployAll: ${contract} was not created`)
    return contractAddress
  }
  const call = async (contract: string, to: Address, functionName: string, values: readonly unknown[]) => {
    const { abi } = await artifacts(contract)
    await mined(
      await walletClient.writeContract({
        address: to,
        abi,
        functionName,
        args: values,
        account,
        chain: null,
      }),
    )
  }

  const nodeRegistry = await deploy('NodeRegistry', [{ ...args.nodeRegistry, owner: deployer }])
  const beaconRegistry = await deploy('BeaconRegistry', args.beaconRegistry)
  const verifierRouter = await deploy('VerifierRouter', [deployer])
  const ecdsaQuorumVerifier = await deploy('verifiers/EcdsaQuorumVerifier')
  await call('VerifierRouter', verifierRouter, 'add', [ECDSA_QUORUM_SELECTOR, ecdsaQuorumVerifier])
  const keyRegistry = await deploy('BlsKeyRegistry', [nodeRegistry])
  const blsVerifier = await deploy('verifiers/BlsQuorumVerifier', [keyRegistry])
  await call('VerifierRouter', verifierRouter, 'add', [BLS_QUORUM_SELECTOR, blsVerifier])
  const groth16Verifier = await deploy('verifiers/Groth16Verifier')
  await call('VerifierRouter', verifierRouter, 'add', [GROTH16_SELECTOR, groth16Verifier])
  const functionRegistry = await deploy('FunctionRegistry', [verifierRouter])
  const challengeCourt = await deploy('ChallengeCourt', [beaconRegistry, ...args.challengeCourt])
  const bounties = await deploy('Bounties', [nodeRegistry, beaconRegistry])
  const registries = { nodeRegistry, beaconRegistry, functionRegistry, court: challengeCourt, bounties }
  const pauser = config.market.owner
  const marketConfig = { ...registries, ...args.market }
  const marketExtension = await deploy('MarketExtension', [marketConfig])
  const market = await deploy('ComputeMarket', [marketConfig, pauser ?? deployer, marketExtension])
  const periphery = {
    recurringRequests: await deploy('periphery/RecurringRequests', [market]),
    signedRequests: await deploy('periphery/SignedRequests', [market]),
    resultStore: await deploy('periphery/ResultStore', [market]),
  }
  const poseidonTables = await deploy('PoseidonTables')
  for (const width of POSEIDON_WIDTHS) {
    const args = [BigInt(width), toHex(poseidonTable(width))] as const
    // Anybody may have written it meanwhile: there is only the one.
    await call('PoseidonTables', poseidonTables, 'write', args).catch(async (error: unknown) => {
      const { abi } = await artifacts('PoseidonTables')
      const at = { address: poseidonTables, abi, functionName: 'tableOf', args: [BigInt(width)] }
      if (BigInt((await publicClient.readContract(at)) as Hex) === 0n) throw error
    })
  }
  const schnorrKeys = await deploy('SchnorrKeyRegistry', [nodeRegistry, poseidonTables])
  const standing = [nodeRegistry, beaconRegistry, schnorrKeys, poseidonTables, ...args.standingCommittees]
  const standingCommittees = await deploy('StandingCommittees', standing)
  const slasher = await deploy('Slasher', [nodeRegistry, deployer, ...args.slasher])
  await call('Slasher', slasher, 'addMarket', [market])
  await call('NodeRegistry', nodeRegistry, 'addSlasher', [slasher])
  const timelock = await deploy('admin/DikastTimelock', [nodeRegistry, ...args.timelock, EXECUTORS])
  const functionsAdapter = await deploy('adapters/FunctionsAdapter', [market, ...args.functionsAdapter])
  const clients = { publicClient, walletClient }
  const owned = [nodeRegistry, verifierRouter, slasher, ...(pauser === undefined ? [market] : [])]
  await offerOwnership(clients, owned, timelock)
  // Where the deployer may not, a proposer announces it with `npm run handover`.
  if (await isProposer(clients, timelock))
    await stepHandover(clients, { nodeRegistry, verifierRouter, market, slasher, timelock })
  return {
    chainId: await publicClient.getChainId(),
    nodeRegistry,
    beaconRegistry,
    functionRegistry,
    verifierRouter,
    market,
    marketExtension,
    challengeCourt,
    bounties,
    fromBlock: latest.number,
    ecdsaQuorumVerifier,
    ecdsaQuorumSelector: ECDSA_QUORUM_SELECTOR,
    blsQuorumSelector: BLS_QUORUM_SELECTOR,
    groth16Verifier,
    groth16Selector: GROTH16_SELECTOR,
    bls: { verifier: blsVerifier, keyRegistry },
    poseidonTables,
    schnorrKeys,
    standingCommittees,
    slasher,
    timelock,
    functionsAdapter,
    periphery,
    beacon: config.beacon,
    config,
  }
}

/** What a configuration leaves to the deployment. */
function settled(config: DeployConfig, deployer: Address, now: bigint): DeployConfig {
  const { nodes, market, admin } = config
  return {
    ...config,
    nodes: { ...nodes, genesis: nodes.genesis ?? now },
    market: { ...market, treasury: market.treasury ?? deployer },
    admin: {
      delaySeconds: admin.delaySeconds ?? nodes.unbondingPeriod + nodes.epochSeconds,
      proposers: admin.proposers ?? [deployer],
    },
  }
}

/** A deployment as text: block numbers, times and amounts are decimal strings. */
export function formatDeployment(record: DeploymentRecord): string {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)
  return `${JSON.stringify(record, plain, 2)}\n`
}
