/**
 * Standing committees for tests: tables, the key registry and committees of a world, and its nodes' keys.
 * @module
 */
import { getContract, type Hex, keccak256, stringToHex } from 'viem'
import { fromHex, toHex } from '../../../src/crypto/bytes.ts'
import { proveKey } from '../../../src/crypto/key-proof.ts'
import { poseidonTable } from '../../../src/crypto/poseidon-table.ts'
import { schnorrSecret } from '../../../src/crypto/schnorr.ts'
import { poseidonTablesAbi } from '../../../src/protocol/abi/poseidon-tables.ts'
import { schnorrKeyRegistryAbi } from '../../../src/protocol/abi/schnorr-key-registry.ts'
import { standingCommitteesAbi } from '../../../src/protocol/abi/standing-committees.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { nodeKey, type World } from './world.ts'

export const CHAIN_ID = 31_337
export const BOND = 10n ** 16n
export const CHALLENGE_SECONDS = 60
export const LEAD_SECONDS = 24
const GAS = 16_000_000n

export const schnorrSecretOf = (index: number): bigint =>
  schnorrSecret(fromHex(keccak256(stringToHex(`schnorr ${index}`))))

export async function deployTables(world: World, widths: readonly number[]) {
  const { address } = await world.viem.deployContract('PoseidonTables')
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  const tables = getContract({ abi: poseidonTablesAbi, address, client })
  for (const width of widths)
    await world.gasOf(tables.write.write([BigInt(width), toHex(poseidonTable(width))], { gas: GAS }))
  return tables
}

export async function deployKeys(world: World, nodes: Address, tables: Address) {
  const { address } = await world.viem.deployContract('SchnorrKeyRegistry', [nodes, tables])
  const client = { public: world.publicClient, wallet: world.accounts.operator }
  return getContract({ abi: schnorrKeyRegistryAbi, address, client })
}

export type StandingArgs = readonly [bond: bigint, challengeSeconds: number, leadSeconds: number]

/** Tables of the widths of 4, and of 15 and more; keys; committees. */
export async function deployStanding(
  world: World,
  args: StandingArgs = [BOND, CHALLENGE_SECONDS, LEAD_SECONDS],
) {
  const { nodeRegistry, beaconRegistry } = world.deployment
  const tables = await deployTables(world, [5, 16])
  const keys = await deployKeys(world, nodeRegistry, tables.address)
  const all = [nodeRegistry, beaconRegistry, keys.address, tables.address, ...args]
  const { address } = await world.viem.deployContract('StandingCommittees', all)
  const client = { public: world.publicClient, wallet: world.accounts.submitter }
  const committees = getContract({ abi: standingCommitteesAbi, address, client })
  return { tables, keys, committees }
}

export type Standing = Awaited<ReturnType<typeof deployStanding>>

/** Registers the key of the node `nodeKey(index)`. */
export async function registerSchnorr(
  world: World,
  keys: Standing['keys'],
  index: number,
  secret = schnorrSecretOf(index),
): Promise<bigint> {
  const { attestor } = nodeKey(index)
  const proof = proveKey(secret, { chainId: CHAIN_ID, registry: keys.address, holder: attestor })
  return await world.gasOf(keys.write.register([attestor, proof]))
}

/** Seals the epoch that is on, and posts the round that draws its committees. Returns the epoch. */
export async function drawStanding(world: World, { committees }: Standing): Promise<number> {
  const epoch = await world.nodes.read.currentEpoch()
  await world.gasOf(world.nodes.write.sealEpoch({ gas: GAS }))
  await postStandingRound(world, committees, epoch)
  return epoch
}

export async function postStandingRound(
  world: World,
  committees: Standing['committees'],
  epoch: number,
): Promise<Hex> {
  const round = await committees.read.roundOf([epoch])
  const emitted = await world.beacon.read.timeOfRound([round])
  if ((await world.publicClient.getBlock()).timestamp < emitted)
    await world.networkHelpers.time.increaseTo(emitted)
  return (await world.postRound(round)).transactionHash
}
