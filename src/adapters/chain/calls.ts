/**
 * Calls of the contracts, ready to send.
 * @module
 */
import { encodeFunctionData } from 'viem'
import { encodeShareClaims, type ShareClaim } from '../../core/share-claims.ts'
import { decompressG1 } from '../../crypto/drand.ts'
import type { KeyProof } from '../../crypto/key-proof.ts'
import type { Call, MarketCalls } from '../../ports/market.ts'
import { beaconRegistryAbi } from '../../protocol/abi/beacon-registry.ts'
import { blsKeyRegistryAbi } from '../../protocol/abi/bls-key-registry.ts'
import { bountiesAbi } from '../../protocol/abi/bounties.ts'
import { challengeCourtAbi } from '../../protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../protocol/abi/function-registry.ts'
import { nodeRegistryAbi } from '../../protocol/abi/node-registry.ts'
import { proofSystemAbi } from '../../protocol/abi/proof-system.ts'
import { schnorrKeyRegistryAbi } from '../../protocol/abi/schnorr-key-registry.ts'
import { slasherAbi } from '../../protocol/abi/slasher.ts'
import { standingCommitteesAbi } from '../../protocol/abi/standing-committees.ts'
import type { RequestParams } from '../../protocol/signed-request.ts'
import type {
  Address,
  Certified,
  Deployment,
  Fulfillment,
  FunctionId,
  FunctionSpec,
  Hash,
  Hex,
  Request,
  RequestId,
} from '../../protocol/types.ts'
import { fulfillmentToAbi, requestToAbi, specToAbi } from './abi-values.ts'

/** A call with the value it must be sent with. */
export interface PayableCall extends Call {
  readonly value: bigint
}

/** What a failed callback would have brought. */
export interface CallbackResult {
  readonly round: bigint
  readonly fulfilledAt: bigint
  readonly exit: number
  readonly output: Hex
}

export interface ContractCalls extends MarketCalls {
  request(params: RequestParams, value: bigint): PayableCall
  /** Undefined, as the next, in a network without a court. */
  challenge(request: Request, certified: Certified, bond: bigint): PayableCall | undefined
  closeUndecided(requestId: RequestId): Call | undefined
  /** Undefined in a network without a slasher. */
  reportOverturned(request: Request, certified: Certified): Call | undefined
  topUp(request: Request, maxFeePerGas: bigint, value: bigint): PayableCall
  /** Says that there is a proof, before it is shown. */
  commitProof(commitment: Hash): Call
  /** After the last attempt's window. */
  fulfillOpenly(request: Request, fulfillment: Fulfillment, payee: Address, blinding: Hex): Call
  retryCallback(request: Request, result: CallbackResult, gas: bigint): Call
  deposit(account: Address, value: bigint): PayableCall
  setConsumer(consumer: Address, valueMax: bigint): Call
  /** In ascending order of settlement: those passed over are lost. */
  claimShares(attestor: Address, claims: readonly ShareClaim[]): Call
  claim(to: Address): Call
  claimNode(attestor: Address, to: Address): Call
  setPaused(paused: boolean): Call
  register(node: NodeRegistration, value: bigint): PayableCall
  /** @param key 96 bytes, `proof` 192: as contracts take points. */
  registerBlsKey(registry: Address, attestor: Address, key: Hex, proof: Hex): Call
  registerSchnorrKey(registry: Address, attestor: Address, proof: KeyProof): Call
  /** `value` is the bond. */
  postCommittee(registry: Address, epoch: number, size: number, keyRoot: bigint, value: bigint): PayableCall
  /** Has the root computed on chain, which decides it at once. */
  checkCommittee(registry: Address, epoch: number, size: number): Call
  claimCommitteeBond(registry: Address, to: Address): Call
  bond(attestor: Address, value: bigint): PayableCall
  unbond(attestor: Address, amount: bigint): Call
  withdraw(attestor: Address, sealedEpoch: number, to: Address): Call
  /** Pays the sender what it is owed for reports that led to a slash. */
  claimReward(to: Address): Call
  /** Of Groth16, as ZKP-1 has it; a key that is registered already is left as it is. */
  registerKey(proofSystem: Address, key: Hex): Call
  deploy(spec: FunctionSpec, uris: readonly string[]): Call
  publish(name: string, functionId: FunctionId): Call
  pauseFunction(functionId: FunctionId): Call
  unpauseFunction(functionId: FunctionId): Call
  retireFunction(functionId: FunctionId): Call
}

export interface NodeRegistration {
  readonly attestor: Address
  readonly peerId: Hex
  readonly capabilities: Hex
  readonly bindingSignature: Hex
}

/** Throws viem's encoding errors for values that do not fit the ABI. */
export function createCalls(deployment: Deployment): ContractCalls {
  const { market, nodeRegistry, beaconRegistry, functionRegistry } = deployment
  return {
    ...marketCalls(market),
    ...courtCalls(market, deployment.challengeCourt),
    reportOverturned: (request, certified) =>
      deployment.slasher && {
        to: deployment.slasher,
        data: encodeFunctionData({
          abi: slasherAbi,
          functionName: 'reportOverturned',
          args: [market, requestToAbi(request), certified],
        }),
      },
    ...bountyCalls(market, deployment.bounties),
    ...nodeCalls(nodeRegistry),
    ...functionCalls(functionRegistry),
    registerKey: (proofSystem, key) => ({
      to: proofSystem,
      data: encodeFunctionData({ abi: proofSystemAbi, functionName: 'register', args: [key] }),
    }),
    postRound: (round, signature) => ({
      to: beaconRegistry,
      data: encodeFunctionData({
        abi: beaconRegistryAbi,
        functionName: 'postRound',
        args: [round, decompressG1(signature)],
      }),
    }),
  }
}

function marketCalls(to: Address) {
  const abi = computeMarketAbi
  return {
    request: (params: RequestParams, value: bigint): PayableCall => ({
      to,
      value,
      data: encodeFunctionData({ abi, functionName: 'request', args: [params] }),
    }),
    fulfill: ((request, fulfillment) => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: request.consensus === 'zk' ? 'fulfillWithProof' : 'fulfill',
        args: [requestToAbi(request), fulfillmentToAbi(fulfillment)],
      }),
    })) satisfies MarketCalls['fulfill'],
    expire: ((request) => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'expire', args: [requestToAbi(request)] }),
    })) satisfies MarketCalls['expire'],
    topUp: (request: Request, maxFeePerGas: bigint, value: bigint): PayableCall => ({
      to,
      value,
      data: encodeFunctionData({
        abi,
        functionName: 'topUp',
        args: [requestToAbi(request), maxFeePerGas],
      }),
    }),
    commitProof: (commitment: Hash): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'commitProof', args: [commitment] }),
    }),
    fulfillOpenly: (request: Request, fulfillment: Fulfillment, payee: Address, blinding: Hex): Call => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: 'fulfillOpenly',
        args: [requestToAbi(request), fulfillmentToAbi(fulfillment), payee, blinding],
      }),
    }),
    retryCallback: (request: Request, result: CallbackResult, gas: bigint): Call => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: 'retryCallback',
        args: [requestToAbi(request), result, gas],
      }),
    }),
    deposit: (account: Address, value: bigint): PayableCall => ({
      to,
      value,
      data: encodeFunctionData({ abi, functionName: 'deposit', args: [account] }),
    }),
    setConsumer: (consumer: Address, valueMax: bigint): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'setConsumer', args: [consumer, valueMax] }),
    }),
    claimShares: (attestor: Address, claims: readonly ShareClaim[]): Call => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: 'claimShares',
        args: [attestor, encodeShareClaims(claims)],
      }),
    }),
    finalize: ((request, certified, output) => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: 'finalize',
        args: [requestToAbi(request), certified, output],
      }),
    })) satisfies MarketCalls['finalize'],
    claim: (account: Address): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'claim', args: [account] }),
    }),
    claimNode: (attestor: Address, account: Address): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'claimNode', args: [attestor, account] }),
    }),
    setPaused: (paused: boolean): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'setPaused', args: [paused] }),
    }),
  }
}

function courtCalls(market: Address, court: Address | undefined) {
  const abi = challengeCourtAbi
  return {
    challenge: (request: Request, certified: Certified, bond: bigint): PayableCall | undefined =>
      court && {
        to: court,
        value: bond,
        data: encodeFunctionData({
          abi,
          functionName: 'challenge',
          args: [market, requestToAbi(request), certified],
        }),
      },
    resolve: ((request, certified, fulfillment) =>
      court && {
        to: court,
        data: encodeFunctionData({
          abi,
          functionName: 'resolve',
          args: [market, requestToAbi(request), certified, fulfillmentToAbi(fulfillment)],
        }),
      }) satisfies MarketCalls['resolve'],
    closeUndecided: (requestId: RequestId): Call | undefined =>
      court && {
        to: court,
        data: encodeFunctionData({ abi, functionName: 'closeUndecided', args: [market, requestId] }),
      },
  }
}

function bountyCalls(market: Address, bounties: Address | undefined) {
  const abi = bountiesAbi
  return {
    postRoundPaid: ((request, attempt, signature) =>
      bounties && {
        to: bounties,
        data: encodeFunctionData({
          abi,
          functionName: 'postRound',
          args: [market, requestToAbi(request), attempt, decompressG1(signature)],
        }),
      }) satisfies MarketCalls['postRoundPaid'],
    sealEpochPaid: ((): Call | undefined =>
      bounties && {
        to: bounties,
        data: encodeFunctionData({ abi, functionName: 'sealEpoch', args: [market] }),
      }) satisfies MarketCalls['sealEpochPaid'],
  }
}

function nodeCalls(to: Address) {
  const abi = nodeRegistryAbi
  return {
    register: (node: NodeRegistration, value: bigint): PayableCall => ({
      to,
      value,
      data: encodeFunctionData({
        abi,
        functionName: 'register',
        args: [node.attestor, node.peerId, node.capabilities, node.bindingSignature],
      }),
    }),
    registerBlsKey: (registry: Address, attestor: Address, key: Hex, proof: Hex): Call => ({
      to: registry,
      data: encodeFunctionData({
        abi: blsKeyRegistryAbi,
        functionName: 'register',
        args: [attestor, key, proof],
      }),
    }),
    registerSchnorrKey: (registry: Address, attestor: Address, proof: KeyProof): Call => ({
      to: registry,
      data: encodeFunctionData({
        abi: schnorrKeyRegistryAbi,
        functionName: 'register',
        args: [attestor, proof],
      }),
    }),
    postCommittee: (registry: Address, epoch: number, size: number, keyRoot: bigint, value: bigint) => ({
      to: registry,
      value,
      data: encodeFunctionData({
        abi: standingCommitteesAbi,
        functionName: 'post',
        args: [epoch, size, keyRoot],
      }),
    }),
    checkCommittee: (registry: Address, epoch: number, size: number): Call => ({
      to: registry,
      data: encodeFunctionData({ abi: standingCommitteesAbi, functionName: 'check', args: [epoch, size] }),
    }),
    claimCommitteeBond: (registry: Address, account: Address): Call => ({
      to: registry,
      data: encodeFunctionData({ abi: standingCommitteesAbi, functionName: 'claim', args: [account] }),
    }),
    bond: (attestor: Address, value: bigint): PayableCall => ({
      to,
      value,
      data: encodeFunctionData({ abi, functionName: 'bond', args: [attestor] }),
    }),
    unbond: (attestor: Address, amount: bigint): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'unbond', args: [attestor, amount] }),
    }),
    withdraw: (attestor: Address, sealedEpoch: number, account: Address): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'withdraw', args: [attestor, sealedEpoch, account] }),
    }),
    sealEpoch: (nodesMax?: number): Call => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: 'sealEpoch',
        args: nodesMax === undefined ? [] : [BigInt(nodesMax)],
      }),
    }),
    sealCapabilities: (capabilities: Hex, nodesMax: number): Call => ({
      to,
      data: encodeFunctionData({
        abi,
        functionName: 'sealCapabilities',
        args: [capabilities, BigInt(nodesMax)],
      }),
    }),
    renew: (attestor: Address): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'renew', args: [attestor] }),
    }),
    claimReward: (account: Address): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'claimReward', args: [account] }),
    }),
  }
}

function functionCalls(to: Address) {
  const abi = functionRegistryAbi
  const onFunction = (functionName: 'pause' | 'unpause' | 'retire') => {
    return (functionId: FunctionId): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName, args: [functionId] }),
    })
  }
  return {
    deploy: (spec: FunctionSpec, uris: readonly string[]): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'deploy', args: [specToAbi(spec), uris] }),
    }),
    publish: (name: string, functionId: FunctionId): Call => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'publish', args: [name, functionId] }),
    }),
    pauseFunction: onFunction('pause'),
    unpauseFunction: onFunction('unpause'),
    retireFunction: onFunction('retire'),
  }
}
