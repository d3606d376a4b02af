/**
 * What a deployment fixes for good, with defaults and their reasons, and how contracts take it. The deploy script builds
 * with it, `dikast verify-deployment` builds again.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { z } from 'zod'
import { tagHash } from '../../crypto/hash.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hex } from '../../protocol/types.ts'
import type { NetworkFile } from './network-file.ts'

/** More would be no quorum but a crowd. */
const PROPOSERS_MAX = 8

/** What a function's specification says to be checked by `EcdsaQuorumVerifier`. */
export const ECDSA_QUORUM_SELECTOR = tagHash('dikast.ecdsa-quorum.v1').slice(0, 10) as Hex

/** And by `BlsQuorumVerifier`. */
export const BLS_QUORUM_SELECTOR = tagHash('dikast.bls-quorum.v1').slice(0, 10) as Hex

/** Tables written at deployment: of key registration and committees of 4, and of committees of 15 and more. Anybody writes others. */
export const POSEIDON_WIDTHS = [5, 16] as const

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
      /** Who may stop new requests at once. The timelock unless said otherwise, and then it takes the delay. */
      owner: address.optional(),
      /** Is paid the protocol's fees; the deployer unless said otherwise. */
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
      /** In place of signatures, a tenth above what is measured; its public inputs are reimbursed beside. */
      gasPerProof: count.default(215_000),
      /** An `IDataFee` on a rollup that charges for data; none elsewhere. */
      dataFee: address.default('0x0000000000000000000000000000000000000000'),
    })
    .prefault({}),
  committees: z
    .strictObject({
      /** Goes with each root of a standing committee's keys. Half of it pays whoever has a wrong one computed, up to 37 gwei a unit of gas. */
      bond: wei.default(2n * 10n ** 17n),
      /** In which a wrong root is found, once an epoch: a third of one at an hour an epoch. */
      challengeSeconds: count.max(86_400).default(1_200),
    })
    .prefault({}),
  admin: z
    .strictObject({
      /** How long what the timelock does is announced; the unbonding period and an epoch, the least there is. */
      delaySeconds: z.number().int().nonnegative().optional(),
      /** Who may announce and cancel: best a multisig. The deployer unless said otherwise. */
      proposers: z.array(address).min(1).max(PROPOSERS_MAX).optional(),
    })
    .prefault({}),
  slasher: z
    .strictObject({
      /** Judges whose verdict slashes, at least: of 63 a quorum is drawn to a share of 30 % of the stake twice in a thousand million. */
      judgesMin: count.max(255).default(63),
    })
    .prefault({}),
  functionsAdapter: z
    .strictObject({
      /** What a subscription may spend on a request until its owner says otherwise: many times what one costs. */
      spendingMax: wei.max(2n ** 96n - 1n).default(10n ** 17n),
    })
    .prefault({}),
})

export type DeployConfig = z.output<typeof deployConfigSchema>
export type DeployConfigInput = z.input<typeof deployConfigSchema>

/** A compressed G2 key (96 bytes) as EIP-2537 writes points: four coordinates of 64 bytes, x.c0 first. */
export function encodeBeaconKey(compressed: Hex): Hex {
  const { x, y } = bls12_381.G2.Point.fromHex(compressed.slice(2)).toAffine()
  const element = (value: bigint) => value.toString(16).padStart(128, '0')
  return `0x${element(x.c0)}${element(x.c1)}${element(y.c0)}${element(y.c1)}`
}

/**
 * Constructor arguments, in order, without addresses of other contracts and owners. Throws where the configuration leaves
 * something to the deployment.
 */
export function constructorArgs(config: DeployConfig) {
  const { nodes, beacon, market, committees, admin, slasher, functionsAdapter } = config
  const { treasury, owner: _, ...terms } = market
  return {
    nodeRegistry: { ...nodes, genesis: known('nodes.genesis', nodes.genesis) },
    beaconRegistry: beaconArgs(beacon),
    challengeCourt: [market.leadSeconds] as const,
    market: { ...terms, treasury: known('market.treasury', treasury) },
    standingCommittees: [committees.bond, committees.challengeSeconds, market.leadSeconds] as const,
    timelock: [
      BigInt(known('admin.delaySeconds', admin.delaySeconds)),
      known('admin.proposers', admin.proposers),
    ] as const,
    slasher: [BigInt(slasher.judgesMin)] as const,
    functionsAdapter: [functionsAdapter.spendingMax] as const,
  }
}

export function beaconArgs({ publicKey, genesis, periodSeconds }: DeployConfig['beacon']) {
  return [encodeBeaconKey(publicKey), genesis, periodSeconds] as const
}

function known<T>(field: string, value: T | undefined): T {
  if (value !== undefined) return value
  throw new InvalidInputError(field, 'is missing', { fix: 'take it from the record of the deployment' })
}

/**
 * The configuration a network was deployed with, from its network file: the parameters it tells, and its beacon. Undefined
 * when it tells none. Throws `InvalidInputError`.
 */
export function configOf(network: Pick<NetworkFile, 'parameters' | 'beacon'>): DeployConfig | undefined {
  if (network.parameters === undefined) return undefined
  const { publicKey, genesisTime, periodSeconds } = network.beacon
  const beacon = { publicKey, genesis: genesisTime, periodSeconds }
  const parsed = deployConfigSchema.safeParse({ ...Object(network.parameters), beacon })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new InvalidInputError('network', `parameters.${issue?.path.join('.')}: ${issue?.message}`, {
    fix: 'take the network file of the network again, or a version of dikast that knows its parameters',
  })
}
