/**
 * Deploys Dikast's contracts with the clients of its caller; `npm run deploy` (deploy-network.ts) brings its own.
 *
 * Contracts come from `artifacts/`, so run `npm run build:contracts` first.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import {
  type Abi,
  type Account,
  type Hex,
  keccak256,
  type PublicClient,
  stringToHex,
  type Transport,
  type WalletClient,
} from 'viem'
import { z } from 'zod'
import { InvalidInputError } from '../src/protocol/errors.ts'
import type { Address, Deployment } from '../src/protocol/types.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const RECEIPT_POLL_MS = 200
const RECEIPT_TIMEOUT_MS = 300_000

/** What a function's specification says to be checked by `EcdsaQuorumVerifier`. */
export const ECDSA_QUORUM_SELECTOR = keccak256(stringToHex('dikast.ecdsa-quorum.v1')).slice(0, 10) as Hex

/** And by `BlsQuorumVerifier`. */
export const BLS_QUORUM_SELECTOR = keccak256(stringToHex('dikast.bls-quorum.v1')).slice(0, 10) as Hex

const address = z.custom<Address>((value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value))
const hex = z.custom<Hex>((value) => typeof value === 'string' && /^0x([0-9a-fA-F]{2})+$/.test(value))
const wei = z.coerce.bigint().nonnegative()
const count = z.number().int().positive()

/** Every figure a deployment fixes for good. Amounts are wei, as decimal strings in a file. */
export const deployConfigSchema = z.strictObject({
  nodes: z
    .strictObject({
      /** The first second of epoch 0; the deployment's own by default. */
      genesis: z.coerce.bigint().optional(),
      epochSeconds: count.default(3600),
      stakeMin: wei.default(10n ** 18n),
      /** Longer than any request made with a stake can still be open. */
      unbondingPeriod: z
        .number()
        .int()
        .nonnegative()
        .default(7 * 86_400),
      /** Two million of the currency: 4,096 such weights sum below 2^64 gwei. */
      stakeMax: wei.default(2n * 10n ** 24n),
      nodesMax: count.max(4096).default(4096),
      /** A week at an hour an epoch: a node that stopped is drawn no longer than that. */
      renewEpochs: count.max(65_535).default(168),
      /** A day: long enough for an operator to find out what went wrong. */
      jailEpochs: z.number().int().nonnegative().max(65_535).default(24),
      /** Adds slashers; the market's owner unless said otherwise. */
      owner: address.optional(),
    })
    .prefault({}),
  /** drand's quicknet unless said otherwise. */
  beacon: z
    .strictObject({
      /** Compressed (96 bytes), as drand publishes it. */
      publicKey: hex.default(
        '0x83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
      ),
      genesis: z.coerce.bigint().default(1_692_803_367n),
      periodSeconds: z.coerce.bigint().default(3n),
    })
    .prefault({}),
  market: z
    .strictObject({
      /** The deployer unless said otherwise. */
      owner: address.optional(),
      treasury: address.optional(),
      /** Two L1 slots: a proposer can bend its block's time by less. */
      leadSeconds: z.number().int().nonnegative().default(24),
      epochAgeMax: z.number().int().nonnegative().default(2),
      selectionFee: wei.default(10n ** 13n),
      protocolFeeBps: z.number().int().min(0).max(2000).default(500),
      tipMax: wei.default(2n * 10n ** 9n),
      /** With the next, a tenth above what test/bench/gas.ts measures: first-time credits cost more. */
      gasBase: count.default(100_000),
      gasPerSignature: count.default(13_000),
      /** A byte of calldata at EIP-7623's floor: more than 16 for calldata and 8 for the log. */
      gasPerByte: count.default(40),
      /** An `IDataFee` on a rollup that charges for data; none elsewhere. */
      dataFee: address.default('0x0000000000000000000000000000000000000000'),
    })
    .prefault({}),
})

export type DeployConfig = z.output<typeof deployConfigSchema>
export type DeployConfigInput = z.input<typeof deployConfigSchema>

/** A deployment and all one needs to use it. */
export interface DeploymentRecord extends Deployment {
  readonly challengeCourt: Address
  readonly bounties: Address
  readonly ecdsaQuorumVerifier: Address
  readonly ecdsaQuorumSelector: Hex
  readonly blsQuorumSelector: Hex
  readonly bls: NonNullable<Deployment['bls']>
  readonly periphery: {
    readonly recurringRequests: Address
    readonly signedRequests: Address
    readonly resultStore: Address
  }
  readonly beacon: { readonly publicKey: Hex; readonly genesis: bigint; readonly periodSeconds: bigint }
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

/** A compressed G2 key (96 bytes) as EIP-2537 writes points: four coordinates of 64 bytes, x.c0 first. */
export function encodeBeaconKey(compressed: Hex): Hex {
  const { x, y } = bls12_381.G2.Point.fromHex(compressed.slice(2)).toAffine()
  const element = (value: bigint) => value.toString(16).padStart(128, '0')
  return `0x${element(x.c0)}${element(x.c1)}${element(y.c0)}${element(y.c1)}`
}

/** Constructor arguments, in order: one place for the script and the Ignition module. */
export function constructorArgs(config: DeployConfig, genesis: bigint) {
  const { nodes, beacon, market } = config
  return {
    nodeRegistry: {
      genesis,
      epochSeconds: nodes.epochSeconds,
      stakeMin: nodes.stakeMin,
      stakeMax: nodes.stakeMax,
      unbondingPeriod: nodes.unbondingPeriod,
      nodesMax: nodes.nodesMax,
      renewEpochs: nodes.renewEpochs,
      jailEpochs: nodes.jailEpochs,
    },
    beaconRegistry: [encodeBeaconKey(beacon.publicKey), beacon.genesis, beacon.periodSeconds] as const,
    market: {
      leadSeconds: market.leadSeconds,
      epochAgeMax: market.epochAgeMax,
      selectionFee: market.selectionFee,
      protocolFeeBps: market.protocolFeeBps,
      tipMax: market.tipMax,
      gasBase: market.gasBase,
      gasPerSignature: market.gasPerSignature,
      gasPerByte: market.gasPerByte,
      dataFee: market.dataFee,
    },
  }
}

export interface DeployOptions {
  /** Pays for and, unless the configuration says otherwise, owns what is deployed. Needs an account. */
  readonly walletClient: WalletClient<Transport, undefined, Account> | WalletClient
  readonly publicClient: PublicClient
  readonly config?: DeployConfigInput
  readonly artifacts?: ArtifactReader
}

/** Deploys everything and registers the verifiers. Resolves when the last transaction is mined. */
export async function deployAll(options: DeployOptions): Promise<DeploymentRecord> {
  const { publicClient, walletClient, artifacts = readArtifact } = options
  const config = deployConfigSchema.parse(options.config ?? {})
  const account = walletClient.account
  if (account === undefined) throw new TypeError('deployAll: the wallet client has no account')
  const latest = await publicClient.getBlock()
  const genesis = config.nodes.genesis ?? latest.timestamp
  const args = constructorArgs(config, genesis)
  const owner = config.market.owner ?? account.address

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

  const nodeRegistry = await deploy('NodeRegistry', [
    { ...args.nodeRegistry, owner: config.nodes.owner ?? owner },
  ])
  const beaconRegistry = await deploy('BeaconRegistry', args.beaconRegistry)
  const verifierRouter = await deploy('VerifierRouter', [account.address])
  const ecdsaQuorumVerifier = await deploy('verifiers/EcdsaQuorumVerifier')
  await call('VerifierRouter', verifierRouter, 'add', [ECDSA_QUORUM_SELECTOR, ecdsaQuorumVerifier])
  const keyRegistry = await deploy('BlsKeyRegistry', [nodeRegistry])
  const blsVerifier = await deploy('verifiers/BlsQuorumVerifier', [keyRegistry])
  await call('VerifierRouter', verifierRouter, 'add', [BLS_QUORUM_SELECTOR, blsVerifier])
  // In two steps: the new owner still has to accept.
  if (owner !== account.address) await call('VerifierRouter', verifierRouter, 'transferOwnership', [owner])
  const functionRegistry = await deploy('FunctionRegistry', [verifierRouter])
  const challengeCourt = await deploy('ChallengeCourt', [beaconRegistry, config.market.leadSeconds])
  const bounties = await deploy('Bounties', [nodeRegistry, beaconRegistry])
  const market = await deploy('ComputeMarket', [
    {
      nodeRegistry,
      beaconRegistry,
      functionRegistry,
      court: challengeCourt,
      bounties,
      owner,
      treasury: config.market.treasury ?? owner,
      ...args.market,
    },
  ])
  const periphery = {
    recurringRequests: await deploy('periphery/RecurringRequests', [market]),
    signedRequests: await deploy('periphery/SignedRequests', [market]),
    resultStore: await deploy('periphery/ResultStore', [market]),
  }
  return {
    chainId: await publicClient.getChainId(),
    nodeRegistry,
    beaconRegistry,
    functionRegistry,
    verifierRouter,
    market,
    challengeCourt,
    bounties,
    fromBlock: latest.number,
    ecdsaQuorumVerifier,
    ecdsaQuorumSelector: ECDSA_QUORUM_SELECTOR,
    blsQuorumSelector: BLS_QUORUM_SELECTOR,
    bls: { verifier: blsVerifier, keyRegistry },
    periphery,
    beacon: config.beacon,
    config: { ...config, nodes: { ...config.nodes, genesis } },
  }
}

/** A deployment as text: block numbers, times and amounts are decimal strings. */
export function formatDeployment(record: DeploymentRecord): string {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)
  return `${JSON.stringify(record, plain, 2)}\n`
}
