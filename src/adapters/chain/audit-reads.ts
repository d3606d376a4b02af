/**
 * Reads of people who look back: auditors, operators counting what they earned, and lists.
 *
 * Unlike the follower's, these decode what the chain says without judging it: judging is the audit's work.
 * @module
 */
import { type Abi, decodeEventLog, encodeEventTopics, zeroAddress } from 'viem'
import type { FeeConstants } from '../../core/audit/evidence.ts'
import { blsKeyFromPoint } from '../../crypto/bls.ts'
import { sameHex } from '../../crypto/bytes.ts'
import { ChainError, type LogPosition, type Payment } from '../../ports/chain.ts'
import { beaconRegistryAbi } from '../../protocol/abi/beacon-registry.ts'
import { blsKeyRegistryAbi } from '../../protocol/abi/bls-key-registry.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../protocol/abi/function-registry.ts'
import { nodeRegistryAbi } from '../../protocol/abi/node-registry.ts'
import type {
  Address,
  Deployment,
  Digest,
  Fulfillment,
  FunctionId,
  FunctionSpec,
  Hash,
  Hex,
  Request,
  RequestId,
} from '../../protocol/types.ts'
import { fulfillmentFromAbi, requestFromAbi, requestToAbi, specFromAbi } from './abi-values.ts'
import type { ChainReader } from './client.ts'
import { contractReader } from './reads.ts'
import { scanLogs } from './scan.ts'
import type { RawLog } from './wire.ts'

/** What a listing reads at most; beyond it the network has outgrown a linear scan. */
const LOGS_MAX = 100_000

export interface SubmittedRequest {
  readonly request: Request
  readonly escrow: bigint
  readonly at: LogPosition
}

export interface FulfilledRequest {
  readonly requestId: RequestId
  readonly functionId: FunctionId
  readonly submitter: Address
  readonly payment: Payment
  readonly fulfillment: Fulfillment
  /** The report digests its certificate is over, when it is a batch's. */
  readonly batch?: readonly Digest[]
  readonly at: LogPosition
}

export interface ListedFunction {
  readonly functionId: FunctionId
  readonly owner: Address
  readonly spec: FunctionSpec
  readonly names: readonly string[]
}

export interface AuditReads {
  submitted(requestId: RequestId): Promise<SubmittedRequest | undefined>
  fulfilled(requestId: RequestId): Promise<FulfilledRequest | undefined>
  /** What a request's escrow and its limit on the price of gas became, when its requester last added to them. */
  toppedUp(
    requestId: RequestId,
  ): Promise<{ readonly escrow: bigint; readonly maxFeePerGas: bigint } | undefined>
  /** What came back of the escrow, and what who expired it received. */
  expired(
    requestId: RequestId,
  ): Promise<{ readonly refund: bigint; readonly bounty: bigint; readonly at: LogPosition } | undefined>
  /** Every fulfilment of the market, oldest first. */
  fulfillments(): Promise<readonly FulfilledRequest[]>
  /** The request a transaction emitted. */
  requestIn(transactionHash: Hash, blockNumber: bigint): Promise<RequestId | undefined>
  functions(): Promise<readonly ListedFunction[]>
  /** The registry's beacon, its key as it holds it: decompressed. */
  beacon(): Promise<{ readonly publicKey: Hex; readonly genesisTime: bigint; readonly periodSeconds: bigint }>
  /** A round as it was posted: its signature decompressed, if it is one. */
  postedRound(
    round: bigint,
  ): Promise<{ readonly round: bigint; readonly randomness: Digest; readonly signature: Hex } | undefined>
  /** Every node's stake at an epoch's first second, from the registry's logs. */
  stakesAt(epoch: number, toBlock: bigint): Promise<ReadonlyMap<Address, bigint>>
  stakeMin(): Promise<bigint>
  /** What every node ever registered grants, by attestor in lower case. */
  nodeCapabilities(): Promise<ReadonlyMap<string, Hex>>
  /** Every BLS key registered up to a block, 48 bytes, by attestor in lower case. Empty where there is no registry. */
  blsKeys(toBlock: bigint): Promise<ReadonlyMap<string, Hex>>
  committeeOf(request: Request, attempt: number): Promise<readonly number[]>
  feeConstants(): Promise<FeeConstants>
  proofGasConstants(): Promise<{ readonly gasPerProof: bigint; readonly gasPerProvenByte: bigint }>
  /** Whom a proof after the last attempt's window paid. */
  openPayee(requestId: RequestId): Promise<Address | undefined>
  nodeCreditOf(attestor: Address): Promise<bigint>
  /** Whether the callback that a transaction tried again succeeded. */
  callbackRetriedIn(
    requestId: RequestId,
    transactionHash: Hash,
    blockNumber: bigint,
  ): Promise<boolean | undefined>
  /** Who may spend of an account, and how much for a request. */
  consumersOf(payer: Address): Promise<readonly { readonly consumer: Address; readonly valueMax: bigint }[]>
}

export function createAuditReads(reader: ChainReader, deployment: Deployment): AuditReads {
  const { market, beaconRegistry, nodeRegistry } = deployment
  const { value } = contractReader(reader)
  const logs = logFinder(reader, deployment.fromBlock)
  const marketLogs = (name: string, requestId?: RequestId) => logs(market, computeMarketAbi, name, requestId)
  return {
    submitted: async (requestId) => {
      const [raw] = await marketLogs('RequestSubmitted', requestId)
      return raw === undefined ? undefined : { ...submittedFrom(raw), at: raw }
    },
    fulfilled: async (requestId) => {
      const [raw] = await marketLogs('RequestFulfilled', requestId)
      if (raw !== undefined) return fulfilledFrom(raw)
      const [inBatch] = await marketLogs('RequestFulfilledInBatch', requestId)
      return inBatch === undefined ? undefined : await fulfilledInBatch(reader, market, inBatch)
    },
    toppedUp: async (requestId) => {
      const raw = (await marketLogs('RequestToppedUp', requestId)).at(-1)
      if (raw === undefined) return undefined
      const { args } = decodeEventLog({ abi: computeMarketAbi, eventName: 'RequestToppedUp', ...parts(raw) })
      return { escrow: args.escrow, maxFeePerGas: args.maxFeePerGas }
    },
    expired: async (requestId) => {
      const [raw] = await marketLogs('RequestExpired', requestId)
      if (raw === undefined) return undefined
      const { args } = decodeEventLog({ abi: computeMarketAbi, eventName: 'RequestExpired', ...parts(raw) })
      return { refund: args.refund, bounty: args.bounty, at: raw }
    },
    fulfillments: async () => {
      const single = (await marketLogs('RequestFulfilled')).map(fulfilledFrom)
      const batched = await marketLogs('RequestFulfilledInBatch')
      return [...single, ...(await Promise.all(batched.map((raw) => fulfilledInBatch(reader, market, raw))))]
    },
    requestIn: async (transactionHash, blockNumber) => {
      const [topic] = encodeEventTopics({ abi: computeMarketAbi, eventName: 'RequestSubmitted' })
      const found = await reader.logsInRange(blockNumber, blockNumber, {
        addresses: [market],
        topics: [topic],
      })
      return found.find((raw) => sameHex(raw.transactionHash, transactionHash))?.topics[1]
    },
    functions: () => listFunctions(logs, deployment),
    beacon: async () => {
      const [key, genesisTime, second] = await Promise.all([
        value(beaconRegistryAbi, beaconRegistry, 'publicKey', []),
        value(beaconRegistryAbi, beaconRegistry, 'timeOfRound', [1n]),
        value(beaconRegistryAbi, beaconRegistry, 'timeOfRound', [2n]),
      ])
      return { publicKey: key, genesisTime, periodSeconds: second - genesisTime }
    },
    postedRound: async (round) => {
      const [raw] = await logs(beaconRegistry, beaconRegistryAbi, 'RoundPosted', word(round))
      if (raw === undefined) return undefined
      const { args } = decodeEventLog({ abi: beaconRegistryAbi, eventName: 'RoundPosted', ...parts(raw) })
      return { round: args.round, randomness: args.randomness, signature: args.signature }
    },
    stakesAt: (epoch, toBlock) => stakesAt(logs, deployment, epoch, toBlock),
    blsKeys: (toBlock) => blsKeys(logs, deployment, toBlock),
    nodeCapabilities: async () => {
      const abi = nodeRegistryAbi
      const registered = await logs(nodeRegistry, abi, 'NodeRegistered')
      return new Map(
        registered.map((raw) => {
          const { args } = decodeEventLog({ abi, eventName: 'NodeRegistered', ...parts(raw) })
          return [args.attestor.toLowerCase(), args.capabilities]
        }),
      )
    },
    stakeMin: () => value(nodeRegistryAbi, nodeRegistry, 'stakeMin', []),
    committeeOf: async (request, attempt) => {
      const indices = await value(computeMarketAbi, market, 'committeeOf', [requestToAbi(request), attempt])
      return indices.map(Number)
    },
    feeConstants: async () => {
      const [gas, dataFee] = await Promise.all([
        value(computeMarketAbi, market, 'gasConstants', []),
        value(computeMarketAbi, market, 'dataFee', []),
      ])
      const [gasBase, gasPerSignature, gasPerByte, tipMax] = gas
      return {
        gasBase,
        gasPerSignature,
        gasPerByte,
        tipMax,
        dataFee: sameHex(dataFee, zeroAddress) ? undefined : dataFee,
      }
    },
    proofGasConstants: async () => {
      const [gasPerProof, gasPerProvenByte] = await value(computeMarketAbi, market, 'proofGasConstants', [])
      return { gasPerProof, gasPerProvenByte }
    },
    openPayee: async (requestId) => {
      const [raw] = await marketLogs('ProvenOpenly', requestId)
      if (raw === undefined) return undefined
      return decodeEventLog({ abi: computeMarketAbi, eventName: 'ProvenOpenly', ...parts(raw) }).args.payee
    },
    callbackRetriedIn: async (requestId, transactionHash, blockNumber) => {
      const [topic] = encodeEventTopics({ abi: computeMarketAbi, eventName: 'CallbackRetried' })
      const topics = [topic, requestId]
      const found = await reader.logsInRange(blockNumber, blockNumber, { addresses: [market], topics })
      const raw = found.find((log) => sameHex(log.transactionHash, transactionHash))
      if (raw === undefined) return undefined
      return decodeEventLog({ abi: computeMarketAbi, eventName: 'CallbackRetried', ...parts(raw) }).args.ok
    },
    consumersOf: async (payer) => {
      const set = await logs(market, computeMarketAbi, 'ConsumerSet', word(BigInt(payer)))
      const consumers = new Set(set.map((raw) => addressIn(raw.topics[2])))
      const caps = [...consumers].map(async (consumer) => ({
        consumer,
        valueMax: await value(computeMarketAbi, market, 'spendingCapOf', [payer, consumer]),
      }))
      return (await Promise.all(caps)).filter(({ valueMax }) => valueMax > 0n)
    },
    nodeCreditOf: (attestor) => value(computeMarketAbi, market, 'nodeCreditOf', [attestor]),
  }
}

type FindLogs = (
  address: Address,
  abi: Abi,
  eventName: string,
  firstTopic?: Hash,
  toBlock?: bigint,
  secondTopic?: Hash,
) => Promise<readonly RawLog[]>

export function logFinder(reader: ChainReader, fromBlock: bigint): FindLogs {
  return async (address, abi, eventName, firstTopic, toBlock, secondTopic) => {
    const head = toBlock ?? (await reader.block('latest'))?.number
    if (head === undefined) throw new ChainError('missing', 'no head block')
    const [kind] = encodeEventTopics({ abi, eventName })
    if (typeof kind !== 'string') throw new ChainError('malformed', `${eventName} has no topic`)
    const topics = [kind, firstTopic, secondTopic].filter((topic) => topic !== undefined)
    const found: RawLog[] = []
    for await (const { logs } of scanLogs(reader, fromBlock, head, { addresses: [address], topics })) {
      found.push(...logs)
      if (found.length > LOGS_MAX)
        throw new ChainError('malformed', `more than ${LOGS_MAX} logs of ${eventName}`)
    }
    return found
  }
}

function submittedFrom(raw: RawLog): { readonly request: Request; readonly escrow: bigint } {
  const { args } = decodeEventLog({ abi: computeMarketAbi, eventName: 'RequestSubmitted', ...parts(raw) })
  return { request: requestFromAbi(args.request), escrow: args.escrow }
}

export function fulfilledFrom(raw: RawLog): FulfilledRequest {
  const { args } = decodeEventLog({ abi: computeMarketAbi, eventName: 'RequestFulfilled', ...parts(raw) })
  const { requestId, functionId, submitter, payment, fulfillment } = args
  return { requestId, functionId, submitter, payment, fulfillment: fulfillmentFromAbi(fulfillment), at: raw }
}

/** A request's part of a batch, with the certificate that stands in another log of the same transaction. */
export async function fulfilledInBatch(
  reader: ChainReader,
  market: Address,
  raw: RawLog,
): Promise<FulfilledRequest> {
  const abi = computeMarketAbi
  const { args } = decodeEventLog({ abi, eventName: 'RequestFulfilledInBatch', ...parts(raw) })
  const { requestId, functionId, payment, result, root } = args
  const topics = encodeEventTopics({ abi, eventName: 'BatchCertified', args: { root } })
  const found = await reader.logsInRange(raw.blockNumber, raw.blockNumber, {
    addresses: [market],
    topics: [topics[0] as Hash, root],
  })
  const certified = found.find((log) => sameHex(log.transactionHash, raw.transactionHash))
  if (certified === undefined) throw new ChainError('malformed', `no certificate for batch ${root}`)
  const batch = decodeEventLog({ abi, eventName: 'BatchCertified', ...parts(certified) }).args
  const { attempt, view_, certificate, leaves, submitter } = batch
  const fulfillment = fulfillmentFromAbi({ attempt, view_, certificate, ...result })
  return { requestId, functionId, submitter, payment, fulfillment, batch: leaves, at: raw }
}

async function listFunctions(
  logs: FindLogs,
  { functionRegistry }: Deployment,
): Promise<readonly ListedFunction[]> {
  const abi = functionRegistryAbi
  const [deployed, published] = await Promise.all([
    logs(functionRegistry, abi, 'FunctionDeployed'),
    logs(functionRegistry, abi, 'VersionPublished'),
  ])
  const names = new Map<FunctionId, string[]>()
  for (const raw of published) {
    const { args } = decodeEventLog({ abi, eventName: 'VersionPublished', ...parts(raw) })
    names.set(args.functionId, [...(names.get(args.functionId) ?? []), `${args.name} v${args.version}`])
  }
  return deployed.map((raw) => {
    const { args } = decodeEventLog({ abi, eventName: 'FunctionDeployed', ...parts(raw) })
    const { functionId, owner, spec } = args
    return { functionId, owner, spec: specFromAbi(spec), names: names.get(functionId) ?? [] }
  })
}

/** Of the nodes live then. The last change before the epoch counts: a change names the epoch it was made in. */
async function stakesAt(
  logs: FindLogs,
  { nodeRegistry }: Deployment,
  epoch: number,
  toBlock: bigint,
): Promise<ReadonlyMap<Address, bigint>> {
  const stakes = new Map<Address, bigint>()
  for (const raw of await logs(nodeRegistry, nodeRegistryAbi, 'StakeChanged', undefined, toBlock)) {
    const { args } = decodeEventLog({ abi: nodeRegistryAbi, eventName: 'StakeChanged', ...parts(raw) })
    if (args.epoch < epoch) stakes.set(args.attestor, args.stake)
  }
  const live = new Set<Address>()
  for (const raw of await logs(nodeRegistry, nodeRegistryAbi, 'LivenessChanged', undefined, toBlock)) {
    const { args } = decodeEventLog({ abi: nodeRegistryAbi, eventName: 'LivenessChanged', ...parts(raw) })
    if (args.epoch >= epoch) continue
    if (args.liveFrom <= epoch && epoch < args.liveUntil) live.add(args.attestor)
    else live.delete(args.attestor)
  }
  for (const attestor of stakes.keys()) if (!live.has(attestor)) stakes.delete(attestor)
  return stakes
}

async function blsKeys(
  logs: FindLogs,
  { bls }: Deployment,
  toBlock: bigint,
): Promise<ReadonlyMap<string, Hex>> {
  const keys = new Map<string, Hex>()
  if (bls === undefined) return keys
  const abi = blsKeyRegistryAbi
  for (const raw of await logs(bls.keyRegistry, abi, 'BlsKeyRegistered', undefined, toBlock)) {
    const { args } = decodeEventLog({ abi, eventName: 'BlsKeyRegistered', ...parts(raw) })
    keys.set(args.attestor.toLowerCase(), blsKeyFromPoint(args.key))
  }
  return keys
}

export function parts(raw: RawLog): { topics: [Hash, ...Hash[]]; data: Hex } {
  const [first, ...rest] = raw.topics
  if (first === undefined) throw new ChainError('malformed', 'a log without topics')
  return { topics: [first, ...rest], data: raw.data }
}

function word(value: bigint): Hash {
  return `0x${value.toString(16).padStart(64, '0')}`
}

function addressIn(topic: Hash | undefined): Address {
  return `0x${(topic ?? '').slice(26)}`
}
