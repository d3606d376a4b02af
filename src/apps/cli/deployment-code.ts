/**
 * Whether what stands at an address is a contract of this source, with the parameters and the neighbours that the network
 * file names.
 *
 * Its creation code is run again on the chain itself, as the contract's own code for the length of a call: it must return
 * what stands there, byte for byte, immutables and all. What it would write into storage is not compared: owners, roles
 * and lists are read.
 * @module
 */
import { encodeDeployData, getContractAddress } from 'viem'
import type { ChainReader, StateOverride } from '../../adapters/chain/client.ts'
import { describeRevert } from '../../adapters/chain/revert.ts'
import { ChainError } from '../../ports/chain.ts'
import type { Address, Deployment, Hex } from '../../protocol/types.ts'
import { beaconArgs, constructorArgs, type DeployConfig } from '../shared/deploy-config.ts'
import type { CreationCodes, DeployedContract } from './creation-code.ts'

/** Kept in storage, which the code does not show: anybody but nobody will do to run a constructor again. */
const ANYONE: Address = '0x0000000000000000000000000000000000000001'
const NOBODY: Address = '0x0000000000000000000000000000000000000000'
/** So is the timelock's delay; its constructor asks that it is long enough. */
const LONG_SECONDS = 2n ** 40n
/** Nobody's account, and code that returns 42 when it is run. */
const PROBE = {
  address: '0x00000000000000000000000000000000d1ca57d0',
  code: '0x602a60005260206000f3',
} as const
const PROBE_ANSWER = 42n

export interface ExpectedContract {
  readonly contract: DeployedContract
  readonly address: Address
  /** Undefined when the network file does not tell them. */
  readonly args: readonly unknown[] | undefined
  /** Contracts its constructor creates. */
  readonly creates?: readonly Address[]
  /** Whom its constructor remembers as its creator. */
  readonly creator?: Address
}

/** What contracts of a deployment name, and no network file. */
export interface NamedOnChain {
  /** By the router. */
  readonly ecdsaVerifier: Address | undefined
  readonly groth16Verifier: Address | undefined
  /** By the market. */
  readonly marketExtension: Address | undefined
}

/** Every contract the network file names, the ECDSA verifier, the proof verifier and the market's extension. */
export function expectedContracts(
  deployment: Deployment,
  config: DeployConfig | undefined,
  beacon: DeployConfig['beacon'],
  { ecdsaVerifier, groth16Verifier, marketExtension }: NamedOnChain,
): readonly ExpectedContract[] {
  const { nodeRegistry, beaconRegistry, functionRegistry, verifierRouter, market } = deployment
  const { bls, slasher, timelock, functionsAdapter, challengeCourt, bounties, periphery } = deployment
  const args = config && constructorArgs(config)
  const neighbours = { nodeRegistry, beaconRegistry, functionRegistry, court: challengeCourt, bounties }
  const isKnown = args !== undefined && challengeCourt !== undefined && bounties !== undefined
  const marketConfig = isKnown ? { ...neighbours, ...args.market } : undefined
  const expected: (ExpectedContract | undefined)[] = [
    {
      contract: 'NodeRegistry',
      address: nodeRegistry,
      args: args && [{ ...args.nodeRegistry, owner: ANYONE }],
    },
    { contract: 'BeaconRegistry', address: beaconRegistry, args: beaconArgs(beacon) },
    { contract: 'VerifierRouter', address: verifierRouter, args: [ANYONE] },
    ecdsaVerifier && { contract: 'verifiers/EcdsaQuorumVerifier', address: ecdsaVerifier, args: [] },
    groth16Verifier && { contract: 'verifiers/Groth16Verifier', address: groth16Verifier, args: [] },
    bls && { contract: 'BlsKeyRegistry', address: bls.keyRegistry, args: [nodeRegistry] },
    bls && { contract: 'verifiers/BlsQuorumVerifier', address: bls.verifier, args: [bls.keyRegistry] },
    { contract: 'FunctionRegistry', address: functionRegistry, args: [verifierRouter] },
    challengeCourt && {
      contract: 'ChallengeCourt',
      address: challengeCourt,
      args: args && [beaconRegistry, ...args.challengeCourt],
    },
    bounties && { contract: 'Bounties', address: bounties, args: [nodeRegistry, beaconRegistry] },
    marketExtension && {
      contract: 'MarketExtension',
      address: marketExtension,
      args: marketConfig && [marketConfig],
    },
    {
      contract: 'ComputeMarket',
      address: market,
      // Its constructor refuses nobody.
      args: marketConfig && [marketConfig, ANYONE, marketExtension ?? NOBODY],
    },
    ...peripheryContracts(periphery, market),
    ...standingContracts(deployment, args?.standingCommittees),
    slasher && {
      contract: 'Slasher',
      address: slasher,
      args: args && [nodeRegistry, ANYONE, ...args.slasher],
    },
    timelock && {
      contract: 'admin/DikastTimelock',
      address: timelock,
      args: [nodeRegistry, LONG_SECONDS, [], []],
    },
    ...(functionsAdapter === undefined
      ? []
      : adapterContracts(functionsAdapter, market, args?.functionsAdapter)),
  ]
  return expected.filter((one) => one !== undefined)
}

function peripheryContracts(
  periphery: Deployment['periphery'],
  market: Address,
): readonly (ExpectedContract | undefined)[] {
  const { recurringRequests, signedRequests, resultStore } = periphery ?? {}
  return [
    recurringRequests && {
      contract: 'periphery/RecurringRequests',
      address: recurringRequests,
      args: [market],
    },
    signedRequests && { contract: 'periphery/SignedRequests', address: signedRequests, args: [market] },
    resultStore && { contract: 'periphery/ResultStore', address: resultStore, args: [market] },
  ]
}

/** Each takes those before it. */
function standingContracts(
  { nodeRegistry, beaconRegistry, poseidonTables, schnorrKeys, standingCommittees }: Deployment,
  args: readonly unknown[] | undefined,
): readonly (ExpectedContract | undefined)[] {
  return [
    poseidonTables && { contract: 'PoseidonTables', address: poseidonTables, args: [] },
    schnorrKeys && {
      contract: 'SchnorrKeyRegistry',
      address: schnorrKeys,
      args: poseidonTables && [nodeRegistry, poseidonTables],
    },
    standingCommittees && {
      contract: 'StandingCommittees',
      address: standingCommittees,
      args:
        args === undefined || poseidonTables === undefined || schnorrKeys === undefined
          ? undefined
          : [nodeRegistry, beaconRegistry, schnorrKeys, poseidonTables, ...args],
    },
  ]
}

/** The adapter creates the code of its subscriptions' accounts. */
function adapterContracts(
  adapter: Address,
  market: Address,
  args: readonly unknown[] | undefined,
): readonly ExpectedContract[] {
  const account = getContractAddress({ from: adapter, nonce: 1n })
  return [
    {
      contract: 'adapters/FunctionsAdapter',
      address: adapter,
      args: args && [market, ...args],
      creates: [account],
    },
    { contract: 'adapters/SubscriptionAccount', address: account, args: [market], creator: adapter },
  ]
}

/** Throws `ChainError` when the node answers as if no account were another for the length of a call. */
export async function assertOverrides(reader: ChainReader): Promise<void> {
  const answer = await reader.call({ to: PROBE.address, data: '0x' }, 'latest', [PROBE])
  if (answer.type === 'returned' && answer.data !== '0x' && BigInt(answer.data) === PROBE_ANSWER) return
  throw new ChainError('malformed', 'the node runs no call with other code (state overrides of eth_call)', {
    fix: 'name another JSON-RPC with --rpc: geth, reth, erigon, nethermind and anvil can',
  })
}

/** Resolves to the size of the code in bytes; throws an `Error` that says how what stands there differs. */
export async function compareCode(
  reader: ChainReader,
  codes: CreationCodes,
  { contract, address, args = [], creates = [], creator }: ExpectedContract,
): Promise<number> {
  const live = await reader.code(address)
  if (live === '0x') throw new Error(`there is no code at ${address}`)
  const { constructorAbi, bytecode } = codes[contract]
  const abi = constructorAbi === undefined ? [] : [constructorAbi]
  const code = encodeDeployData({ abi, bytecode, args } as Parameters<typeof encodeDeployData>[0])
  const overrides: StateOverride[] = [
    // A contract's own nonce is 1 while its constructor runs (EIP-161): what it creates lands where it did.
    { address, code, nonce: 1n },
    ...creates.map((created): StateOverride => ({ address: created, code: '0x', nonce: 0n })),
  ]
  const call = { to: address, data: '0x', ...(creator !== undefined && { from: creator }) } as const
  const built = await reader.call(call, 'latest', overrides)
  if (built.type === 'reverted')
    throw new Error(`its constructor refuses these parameters: ${describeRevert(built.data)}`)
  const difference = differenceOf(built.data, live)
  if (difference !== undefined) throw new Error(difference)
  return (live.length - 2) / 2
}

function differenceOf(built: Hex, live: Hex): string | undefined {
  if (built === live) return undefined
  if (built.length !== live.length)
    return `its code has ${(live.length - 2) / 2} bytes, this source gives ${(built.length - 2) / 2}`
  const at = [...live].findIndex((digit, i) => digit !== built[i])
  return `its code differs from byte ${Math.floor((at - 2) / 2)} on: another source, or other parameters`
}
