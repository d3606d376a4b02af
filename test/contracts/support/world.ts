/**
 * A chain in process with Dikast on it, and the moves its tests are made of.
 * @module
 */
import assert from 'node:assert/strict'
import { before, beforeEach } from 'node:test'
import { network } from 'hardhat'
import {
  type ContractFunctionArgs,
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  getAddress,
  getContract,
  type Hex,
  keccak256,
  parseEventLogs,
  stringToHex,
} from 'viem'
import { deployAll } from '../../../scripts/deploy.ts'
import type { DeployConfigInput } from '../../../src/apps/shared/deploy-config.ts'
import { encodeCertificate } from '../../../src/core/certificate.ts'
import { decodeSnapshot, memberAt, snapshotParts } from '../../../src/core/snapshot.ts'
import { selectCommittee } from '../../../src/core/sortition.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { attestationDigest, nodeBindingDigest, reportDigest } from '../../../src/crypto/eip712.ts'
import { merkleRoot } from '../../../src/crypto/merkle.ts'
import { committeeSeed } from '../../../src/crypto/seeds.ts'
import { addressOfPrivateKey, expandSignature, signDigest } from '../../../src/crypto/signature.ts'
import { beaconRegistryAbi } from '../../../src/protocol/abi/beacon-registry.ts'
import { bountiesAbi } from '../../../src/protocol/abi/bounties.ts'
import { challengeCourtAbi } from '../../../src/protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../../src/protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../../src/protocol/abi/function-registry.ts'
import { nodeRegistryAbi } from '../../../src/protocol/abi/node-registry.ts'
import { verifierRouterAbi } from '../../../src/protocol/abi/verifier-router.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { beaconPublicKey, signRound } from './beacon.ts'

export const ZERO_HASH = `0x${'00'.repeat(32)}` as const
export const EPOCH_SECONDS = 600
export const PERIOD_SECONDS = 3n
/** Longer than a suite runs on a busy machine: the chain in process goes by the clock on the wall. */
export const WINDOW_SECONDS = 300
export const STAKE_MIN = 10n ** 18n
/** Of the function everything here asks for, and what a run of it uses when it does not trap. */
export const FUEL_LIMIT = 100_000_000n
export const FUEL_PRICE = 1_000_003n
export const FUEL_USED = 12_345_679n

/** Enough for any transaction here, and below EIP-7825's cap. */
const GAS = 16_000_000n

/** A request and a fulfillment as the ABI writes them. */
export type MarketRequest = ContractFunctionArgs<typeof computeMarketAbi, 'nonpayable', 'fulfill'>[0]
export type MarketFulfillment = ContractFunctionArgs<typeof computeMarketAbi, 'nonpayable', 'fulfill'>[1]
export type MarketParams = ContractFunctionArgs<typeof computeMarketAbi, 'payable', 'request'>[0]
export type FunctionSpecArgs = ContractFunctionArgs<typeof functionRegistryAbi, 'nonpayable', 'deploy'>[0]
export type World = Awaited<ReturnType<typeof createWorld>>

export interface NodeKey {
  readonly privateKey: Uint8Array
  readonly attestor: Address
  readonly peerId: Hex
}

export function nodeKey(index: number): NodeKey {
  const privateKey = fromHex(keccak256(stringToHex(`node ${index}`)))
  const attestor = getAddress(addressOfPrivateKey(privateKey))
  return { privateKey, attestor, peerId: keccak256(stringToHex(`peer ${index}`)) }
}

/** The name of the custom error a call reverts with. */
export async function revertOf(call: Promise<unknown>): Promise<string> {
  return (await revertArgsOf(call)).name
}

/** And what it says, as far as it is known. */
export async function revertArgsOf(
  call: Promise<unknown>,
): Promise<{ readonly name: string; readonly args: readonly unknown[] }> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof ContractFunctionExecutionError)) throw error
    const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError)
    if (reverted instanceof ContractFunctionRevertedError) {
      const name = reverted.data?.errorName ?? reverted.signature ?? reverted.reason ?? 'unknown'
      return { name, args: reverted.data?.args ?? [] }
    }
    // The chain in process tells an error it cannot attribute to a source in words only.
    const data = /return data: (0x[0-9a-f]{8,})/.exec(error.message)?.[1]
    if (data === undefined) throw error
    const { errorName, args = [] } = decodeErrorResult({ abi: error.abi, data: data as Hex })
    return { name: errorName, args: args as readonly unknown[] }
  }
  return { name: 'no revert', args: [] }
}

/** Builds what a suite starts from once, and puts the chain back to it before every test. */
export function given<T extends { readonly world: World }>(build: () => Promise<T>): () => T {
  let built: T | undefined
  let restore: (() => Promise<void>) | undefined
  before(async () => {
    built = await build()
    const snapshot = await built.world.networkHelpers.takeSnapshot()
    restore = () => snapshot.restore()
  })
  beforeEach(async () => await restore?.())
  return () => {
    assert(built)
    return built
  }
}

export async function createWorld(
  config: DeployConfigInput = {},
  { hardfork = 'osaka' }: { readonly hardfork?: 'prague' | 'osaka' } = {},
) {
  const { viem, networkHelpers } = await network.create({ network: 'default', override: { hardfork } })
  const publicClient = await viem.getPublicClient()
  const [deployer, operator, requester, submitter, functionOwner, treasury, stranger] =
    await viem.getWalletClients()
  assert(deployer && operator && requester && submitter && functionOwner && treasury && stranger)
  const latest = await publicClient.getBlock()
  const deployment = await deployAll({
    walletClient: deployer,
    publicClient,
    config: {
      nodes: { epochSeconds: EPOCH_SECONDS, stakeMin: STAKE_MIN, unbondingPeriod: 1200, ...config.nodes },
      beacon: {
        publicKey: beaconPublicKey,
        genesis: latest.timestamp,
        periodSeconds: PERIOD_SECONDS,
        ...config.beacon,
      },
      market: { treasury: treasury.account.address, ...config.market },
    },
  })

  const client = { public: publicClient, wallet: deployer }
  const nodes = getContract({ abi: nodeRegistryAbi, address: deployment.nodeRegistry, client })
  const beacon = getContract({ abi: beaconRegistryAbi, address: deployment.beaconRegistry, client })
  const functions = getContract({ abi: functionRegistryAbi, address: deployment.functionRegistry, client })
  const router = getContract({ abi: verifierRouterAbi, address: deployment.verifierRouter, client })
  const bounties = getContract({ abi: bountiesAbi, address: deployment.bounties, client })
  const court = getContract({ abi: challengeCourtAbi, address: deployment.challengeCourt, client })
  const market = getContract({ abi: computeMarketAbi, address: deployment.market, client })
  const marketDomain = { chainId: deployment.chainId, contract: deployment.market }
  const registryDomain = { chainId: deployment.chainId, contract: deployment.nodeRegistry }

  const keys = new Map<string, NodeKey>()

  async function receiptOf(sent: Promise<Hex>) {
    return await publicClient.waitForTransactionReceipt({ hash: await sent })
  }

  async function gasOf(sent: Promise<Hex>): Promise<bigint> {
    const receipt = await receiptOf(sent)
    assert.equal(receipt.status, 'success')
    return receipt.gasUsed
  }

  async function register(key: NodeKey, stake = STAKE_MIN, owner = operator, capabilities: Hex = ZERO_HASH) {
    assert(owner)
    keys.set(key.attestor.toLowerCase(), key)
    const binding = { operator: owner.account.address, peerId: key.peerId, capabilities }
    const signature = expandSignature(signDigest(key.privateKey, nodeBindingDigest(registryDomain, binding)))
    return await nodes.write.register([key.attestor, key.peerId, capabilities, signature], {
      value: stake,
      account: owner.account,
    })
  }

  /** Mines a block at the first second of the next epoch. */
  async function nextEpoch(): Promise<number> {
    const epoch = (await nodes.read.currentEpoch()) + 1
    await networkHelpers.time.increaseTo(await nodes.read.epochStart([epoch]))
    return epoch
  }

  /** Registers `count` nodes, node i with `stakeOf(i)`, and seals the next epoch. */
  async function sealNodes(count: number, stakeOf: (index: number) => bigint = () => STAKE_MIN) {
    for (let i = 0; i < count; i++) await register(nodeKey(i), stakeOf(i))
    await nextEpoch()
    return await receiptOf(nodes.write.sealEpoch({ gas: GAS }))
  }

  function specOf(overrides: Partial<FunctionSpecArgs> = {}): FunctionSpecArgs {
    return {
      kind: 0,
      moduleHash: keccak256('0x01'),
      entry: '_start',
      runtime: 'deterministic-1',
      capabilities: ZERO_HASH,
      permissions: [],
      consensus: 0,
      agreement: '',
      committeeSize: 5,
      fuelLimit: FUEL_LIMIT,
      memoryBytesMax: 1n << 24n,
      outputBytesMax: 1024,
      windowSeconds: WINDOW_SECONDS,
      flatFeePerSeat: 10n ** 14n,
      fuelPrice: FUEL_PRICE,
      royalty: 5n * 10n ** 13n,
      verifierSelector: deployment.ecdsaQuorumSelector,
      verificationKeyHash: ZERO_HASH,
      challengeWindow: 0,
      ...overrides,
    }
  }

  async function deployFunction(overrides: Partial<FunctionSpecArgs> = {}): Promise<Hex> {
    assert(functionOwner)
    const receipt = await receiptOf(
      functions.write.deploy([specOf(overrides), ['https://example.org/m.wasm']], {
        account: functionOwner.account,
      }),
    )
    const [log] = parseEventLogs({
      abi: functionRegistryAbi,
      logs: receipt.logs,
      eventName: 'FunctionDeployed',
    })
    assert(log)
    return log.args.functionId
  }

  function paramsOf(functionId: Hex, overrides: Partial<MarketParams> = {}): MarketParams {
    return {
      functionId,
      committeeSize: 0,
      attempts: 0,
      callbackGas: 0,
      maxFeePerGas: 10n * 10n ** 9n,
      challengeWindow: 0,
      input: stringToHex('a question'),
      ...overrides,
    }
  }

  /** The request a transaction submitted. */
  async function submitted(sent: Promise<Hex>) {
    const receipt = await receiptOf(sent)
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestSubmitted' })
    assert(log, 'no RequestSubmitted')
    return { ...log.args, gasUsed: receipt.gasUsed, receipt }
  }

  async function request(functionId: Hex, overrides: Partial<MarketParams> = {}, surplus = 0n) {
    const params = paramsOf(functionId, overrides)
    assert(requester)
    const value = (await market.read.quote([params])) + surplus
    return await submitted(market.write.request([params], { value, account: requester.account }))
  }

  async function postRound(round: bigint) {
    return await receiptOf(beacon.write.postRound([round, signRound(round).signature]))
  }

  /** Lets the next block stand at the first second of a round, which it returns. */
  async function startRound(): Promise<bigint> {
    const { timestamp } = await publicClient.getBlock()
    const into = (timestamp - (await beacon.read.timeOfRound([1n]))) % PERIOD_SECONDS
    const start = timestamp + PERIOD_SECONDS - into
    await networkHelpers.time.setNextBlockTimestamp(start)
    return start
  }

  /** Posts the attempt's round and mines a block at its window's first second. */
  async function openWindow(asked: MarketRequest, attempt = 0): Promise<void> {
    const window = asked.attempts[attempt]
    assert(window)
    if ((await publicClient.getBlock()).timestamp < window.opensAt) {
      await networkHelpers.time.increaseTo(window.opensAt)
    }
    await postRound(window.round)
  }

  async function snapshotAt(head: Address) {
    const bytes = async (address: Address) => fromHex((await publicClient.getCode({ address })) ?? '0x')
    const code = await bytes(head)
    return decodeSnapshot(code, await Promise.all(snapshotParts(code).map(bytes)))
  }

  /** The committee in the order drawn, as TypeScript draws it. */
  async function committeeOf(asked: MarketRequest, attempt = 0): Promise<readonly NodeKey[]> {
    const window = asked.attempts[attempt]
    assert(window)
    const snapshot = await snapshotAt(asked.snapshot)
    const seed = committeeSeed({
      chainId: deployment.chainId,
      market: deployment.market,
      functionId: asked.functionId,
      epoch: asked.epoch,
      round: window.round,
      attempt,
      randomness: signRound(window.round).randomness,
    })
    return selectCommittee(seed, snapshot, asked.committeeSize).map((index) => {
      const key = keys.get(memberAt(snapshot, index).attestor.toLowerCase())
      assert(key)
      return key
    })
  }

  /** A certificate over a root by the first Q seats of an attempt's committee, or by `seats`. */
  async function certificateOver(
    asked: MarketRequest,
    root: Hex,
    options: {
      readonly attempt?: number
      readonly view?: number
      readonly seats?: readonly number[]
      readonly keyOf?: (seat: number, key: NodeKey) => NodeKey
    } = {},
  ): Promise<Hex> {
    const { attempt = 0, view = 0 } = options
    const committee = await committeeOf(asked, attempt)
    const quorum = Number(await functions.read.quorumOf([asked.consensus, asked.committeeSize]))
    const digest = attestationDigest(marketDomain, {
      functionId: asked.functionId,
      epoch: asked.epoch,
      round: asked.attempts[attempt]?.round ?? 0n,
      attempt,
      view,
      root,
    })
    const seats = options.seats ?? Array.from({ length: quorum }, (_, seat) => seat)
    return encodeCertificate(
      seats.map((seat) => {
        const key = committee[seat]
        assert(key)
        return { seat, signature: signDigest((options.keyOf?.(seat, key) ?? key).privateKey, digest) }
      }),
    )
  }

  /** A fulfillment signed by the first Q seats, or by `seats`. `keyOf` overrides what each seat signs with. */
  async function certify(
    requestId: Hex,
    asked: MarketRequest,
    options: {
      readonly attempt?: number
      readonly output?: Hex
      readonly exit?: number
      readonly fuelUsed?: bigint
      readonly view?: number
      readonly evidenceHash?: Hex
      readonly seats?: readonly number[]
      readonly keyOf?: (seat: number, key: NodeKey) => NodeKey
    } = {},
  ): Promise<MarketFulfillment> {
    const { attempt = 0, output = stringToHex('an answer'), exit = 0, view = 0 } = options
    const { evidenceHash = ZERO_HASH } = options
    const fuelUsed = options.fuelUsed ?? (exit < 0x100 ? FUEL_USED : asked.fuelLimit)
    const report = { requestId, outputHash: keccak256(output), exit, fuelUsed, evidenceHash }
    const certificate = await certificateOver(asked, merkleRoot([reportDigest(report)]), options)
    return { attempt, view_: view, exit, fuelUsed, evidenceHash, output, certificate }
  }

  async function fulfill(asked: MarketRequest, fulfillment: MarketFulfillment) {
    assert(submitter)
    const receipt = await receiptOf(
      market.write.fulfill([asked, fulfillment], { account: submitter.account, gas: GAS }),
    )
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestFulfilled' })
    assert(log, 'no RequestFulfilled')
    return { payment: log.args.payment, gasUsed: receipt.gasUsed, receipt }
  }

  return {
    viem,
    networkHelpers,
    publicClient,
    accounts: { deployer, operator, requester, submitter, functionOwner, treasury, stranger },
    deployment,
    nodes,
    beacon,
    functions,
    router,
    market,
    bounties,
    court,
    marketDomain,
    receiptOf,
    gasOf,
    register,
    nextEpoch,
    sealNodes,
    deployFunction,
    specOf,
    paramsOf,
    submitted,
    request,
    postRound,
    startRound,
    openWindow,
    snapshotAt,
    committeeOf,
    certify,
    certificateOver,
    fulfill,
  }
}
