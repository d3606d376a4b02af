/**
 * Typed reads of the contracts, at the head or at a given block.
 * @module
 */
import {
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeEventLog,
  decodeFunctionResult,
  encodeEventTopics,
  encodeFunctionData,
  zeroAddress,
} from 'viem'
import { decodeSnapshot, snapshotParts } from '../../core/snapshot.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import {
  GROTH16_SELECTOR,
  keyOfCode,
  type VerificationKey,
  verificationKeyHash,
} from '../../crypto/groth16-key.ts'
import { ChainError, type ChainLog, type LogPosition } from '../../ports/chain.ts'
import type { DeployedFunction, EpochClock, Liveness, MarketReads, SealProgress } from '../../ports/market.ts'
import { beaconRegistryAbi } from '../../protocol/abi/beacon-registry.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../protocol/abi/function-registry.ts'
import { nodeRegistryAbi } from '../../protocol/abi/node-registry.ts'
import { proofSystemAbi } from '../../protocol/abi/proof-system.ts'
import { verifierRouterAbi } from '../../protocol/abi/verifier-router.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { RequestParams } from '../../protocol/signed-request.ts'
import type {
  Address,
  Consensus,
  Deployment,
  Digest,
  FunctionId,
  Hash,
  Hex,
  RequestId,
  Snapshot,
} from '../../protocol/types.ts'
import { CONSENSUS } from '../../protocol/types.ts'
import type { At, CallResult, ChainReader } from './client.ts'
import { decodeLog, positionOf } from './decode.ts'
import { decodeRevert, describeRevert } from './revert.ts'
import { scanLogs } from './scan.ts'
import type { RawLog } from './wire.ts'

export const REQUEST_STATUS = ['none', 'open', 'fulfilled', 'callbackFailed', 'expired', 'certified'] as const
export type RequestStatus = (typeof REQUEST_STATUS)[number]

export const FUNCTION_STATE = ['unknown', 'active', 'paused', 'retired'] as const
export type FunctionState = (typeof FUNCTION_STATE)[number]

export interface SealedSnapshot {
  readonly epoch: number
  readonly blob: Address
  readonly sealedAt: bigint
  readonly count: number
}

export interface RegisteredNode {
  readonly operator: Address
  readonly peerId: Hex
  readonly capabilities: Hex
  readonly stake: bigint
  readonly unbonding: bigint
  readonly unbondingEpoch: number
  /** Counts registrations from 0. */
  readonly number: number
  /** The node is drawn in epochs from this one and before that one, unless it renews. */
  readonly liveFrom: number
  readonly liveUntil: number
  /** The first epoch a slashed node may renew in. */
  readonly jailedUntil: number
}

export interface FunctionTerms {
  readonly owner: Address
  readonly committeeSize: number
  readonly consensus: Consensus
  readonly state: FunctionState
  readonly outputBytesMax: number
  readonly windowSeconds: number
  readonly verifier: Address
  readonly flatFeePerSeat: bigint
  readonly royalty: bigint
  readonly fuelPrice: bigint
  readonly fuelLimit: bigint
}

/** Everything the chain logged of one request. */
export interface RequestLogs {
  readonly submitted: LogOf<'requestSubmitted'> | undefined
  readonly fulfilled: LogOf<'requestFulfilled'> | undefined
  readonly expired: LogOf<'requestExpired'> | undefined
}

export interface LogOf<T extends ChainLog['type']> {
  readonly log: Extract<ChainLog, { readonly type: T }>
  readonly at: LogPosition
}

export interface ContractReads extends MarketReads {
  snapshotOf(epoch: number, at?: At): Promise<SealedSnapshot | undefined>
  latestSnapshot(at?: At): Promise<SealedSnapshot | undefined>
  currentEpoch(at?: At): Promise<number>
  epochStart(epoch: number): Promise<bigint>
  node(attestor: Address, at?: At): Promise<RegisteredNode | undefined>
  nodeCount(at?: At): Promise<bigint>
  /** Epochs a node is drawn in after it registered or renewed. */
  renewEpochs(): Promise<number>
  latestRound(at?: At): Promise<bigint>
  roundAfter(time: bigint): Promise<bigint>
  randomness(round: bigint, at?: At): Promise<Digest | undefined>
  creditOf(account: Address, at?: At): Promise<bigint>
  statusOf(
    requestId: RequestId,
    at?: At,
  ): Promise<{ readonly status: RequestStatus; readonly escrow: bigint }>
  /** The least value a request needs now. Throws `ChainError` with the revert in words when it would be refused. */
  quote(params: RequestParams, at?: At): Promise<bigint>
  terms(functionId: FunctionId, at?: At): Promise<FunctionTerms | undefined>
  /** The newest version a name points at. */
  resolve(name: string, at?: At): Promise<FunctionId | undefined>
  verifierOf(selector: Hex): Promise<Address | undefined>
  /** The contract of a registered verification key. */
  keyVerifier(keyHash: Hash): Promise<Address | undefined>
  /** From the chain's logs, beginning at `fromBlock` or the deployment. */
  requestLogs(requestId: RequestId, fromBlock?: bigint): Promise<RequestLogs>
  /** The log that posted a round: its signature, as the contract took it. */
  roundLog(round: bigint, fromBlock?: bigint): Promise<LogOf<'roundPosted'> | undefined>
}

export function createReads(reader: ChainReader, deployment: Deployment): ContractReads {
  const read = contractReader(reader)
  return {
    ...marketReads(read, deployment),
    ...nodeReads(read, reader, deployment),
    ...beaconReads(read, deployment),
    ...functionReads(read, reader, deployment),
    ...logReads(reader, deployment),
  }
}

export type Read = ReturnType<typeof contractReader>

export function contractReader(reader: ChainReader) {
  const call = async <
    const abi extends Abi,
    name extends ContractFunctionName<abi, 'view' | 'pure'>,
    const args extends ContractFunctionArgs<abi, 'view' | 'pure', name>,
  >(
    abi: abi,
    to: Address,
    functionName: name,
    args: args,
    at: At = 'latest',
  ): Promise<
    { readonly ok: ContractFunctionReturnType<abi, 'view' | 'pure', name, args> } | { readonly reverted: Hex }
  > => {
    // viem's conditional types do not resolve for an ABI that is still a parameter.
    const plain = { abi: abi as Abi, functionName: functionName as string }
    const data = encodeFunctionData({ ...plain, args: args as readonly unknown[] })
    const result: CallResult = await reader.call({ to, data }, at)
    if (result.type === 'reverted') return { reverted: result.data }
    if (result.data === '0x') {
      throw new ChainError('missing', `no contract answers ${plain.functionName} at ${to}`, {
        fix: 'check the deployment file against the chain the node follows',
      })
    }
    try {
      const ok = decodeFunctionResult({ ...plain, data: result.data })
      return { ok: ok as ContractFunctionReturnType<abi, 'view' | 'pure', name, args> }
    } catch (cause) {
      throw new ChainError('malformed', `the answer to ${plain.functionName}`, { cause })
    }
  }
  const value = async <
    const abi extends Abi,
    name extends ContractFunctionName<abi, 'view' | 'pure'>,
    const args extends ContractFunctionArgs<abi, 'view' | 'pure', name>,
  >(
    abi: abi,
    to: Address,
    functionName: name,
    args: args,
    at: At = 'latest',
  ): Promise<ContractFunctionReturnType<abi, 'view' | 'pure', name, args>> => {
    const result = await call(abi, to, functionName, args, at)
    if ('reverted' in result) {
      throw new ChainError('malformed', `${functionName as string}: ${describeRevert(result.reverted)}`)
    }
    return result.ok
  }
  return { call, value }
}

function marketReads(read: Read, { market }: Deployment) {
  const abi = computeMarketAbi
  return {
    creditOf: (account: Address, at?: At) => read.value(abi, market, 'creditOf', [account], at),
    statusOf: async (requestId: RequestId, at?: At) => {
      const [index, escrow] = await read.value(abi, market, 'statusOf', [requestId], at)
      return { status: named(REQUEST_STATUS, index, 'status'), escrow }
    },
    quote: (params: RequestParams, at?: At) => read.value(abi, market, 'quote', [params], at),
  }
}

function nodeReads(read: Read, reader: ChainReader, { nodeRegistry }: Deployment) {
  const abi = nodeRegistryAbi
  const latestSnapshotOf = async (
    args: readonly [] | readonly [Hex],
    at?: At,
  ): Promise<SealedSnapshot | undefined> => {
    const result = await read.call(abi, nodeRegistry, 'latestSnapshot', args, at)
    if ('reverted' in result) {
      if (decodeRevert(result.reverted)?.name === 'EpochNotSealed') return undefined
      throw new ChainError('malformed', `latestSnapshot: ${describeRevert(result.reverted)}`)
    }
    const [epoch, snapshot] = result.ok
    return { epoch, ...snapshot }
  }
  const latestSnapshot = (at?: At) => latestSnapshotOf([], at)
  const renewEpochs = () => read.value(abi, nodeRegistry, 'renewEpochs', [])
  return {
    latestSnapshot,
    latestSealedEpoch: async () => (await latestSnapshot())?.epoch,
    sealedEpochOf: async (capabilities: Hex) => (await latestSnapshotOf([capabilities]))?.epoch,
    sealProgress: async (capabilities: Hex): Promise<SealProgress> => {
      const [epoch, next] = await read.value(abi, nodeRegistry, 'sealProgress', [capabilities])
      return { epoch, next }
    },
    snapshotOf: async (epoch: number, at?: At): Promise<SealedSnapshot | undefined> => {
      const snapshot = await read.value(abi, nodeRegistry, 'snapshotOf', [epoch], at)
      return snapshot.sealedAt === 0n ? undefined : { epoch, ...snapshot }
    },
    // Not cached here: in another fork another snapshot may stand at the same address. Who knows of forks may cache.
    snapshot: async (blob: Address): Promise<Snapshot> => {
      const code = await reader.code(blob)
      if (code === '0x') throw new ChainError('missing', `no snapshot at ${blob}`)
      const parts = readSnapshot(blob, () => snapshotParts(fromHex(code)))
      const codes = await Promise.all(parts.map((part) => reader.code(part)))
      return readSnapshot(blob, () =>
        decodeSnapshot(
          fromHex(code),
          codes.map((part) => fromHex(part)),
        ),
      )
    },
    currentEpoch: (at?: At) => read.value(abi, nodeRegistry, 'currentEpoch', [], at),
    epochStart: (epoch: number) => read.value(abi, nodeRegistry, 'epochStart', [epoch]),
    epochClock: async (): Promise<EpochClock> => {
      const starts = [0, 1].map((epoch) => read.value(abi, nodeRegistry, 'epochStart', [epoch]))
      const [genesis = 0n, second = 0n] = await Promise.all(starts)
      return { genesis, epochSeconds: second - genesis }
    },
    node: async (attestor: Address, at?: At): Promise<RegisteredNode | undefined> => {
      const node = await read.value(abi, nodeRegistry, 'node', [attestor], at)
      return /^0x0*$/.test(node.operator) ? undefined : node
    },
    liveness: async (attestor: Address): Promise<Liveness | undefined> => {
      const node = await read.value(abi, nodeRegistry, 'node', [attestor])
      if (/^0x0*$/.test(node.operator)) return undefined
      const { stake, liveUntil, jailedUntil } = node
      return { stake, liveUntil, jailedUntil, renewEpochs: await renewEpochs() }
    },
    renewEpochs,
    placeCount: async () => Number(await read.value(abi, nodeRegistry, 'placeCount', [])),
    nodeCount: (at?: At) => read.value(abi, nodeRegistry, 'nodeCount', [], at),
  }
}

function readSnapshot<T>(blob: Address, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new ChainError('malformed', `the code at ${blob} is no snapshot`, { cause })
  }
}

function beaconReads(read: Read, { beaconRegistry }: Deployment) {
  const abi = beaconRegistryAbi
  return {
    randomness: async (round: bigint, at?: At): Promise<Digest | undefined> => {
      const randomness = await read.value(abi, beaconRegistry, 'randomness', [round], at)
      return /^0x0*$/.test(randomness) ? undefined : randomness
    },
    latestRound: (at?: At) => read.value(abi, beaconRegistry, 'latestRound', [], at),
    roundAfter: (time: bigint) => read.value(abi, beaconRegistry, 'roundAfter', [time]),
  }
}

function functionReads(read: Read, reader: ChainReader, { functionRegistry, verifierRouter }: Deployment) {
  const abi = functionRegistryAbi
  const verifierOf = async (selector: Hex): Promise<Address | undefined> => {
    const result = await read.call(verifierRouterAbi, verifierRouter, 'verifierOf', [selector])
    return 'ok' in result ? result.ok : undefined
  }
  /** The contract of a registered key. */
  const keyVerifier = async (keyHash: Hash): Promise<Address | undefined> => {
    const system = await verifierOf(GROTH16_SELECTOR)
    if (system === undefined) return undefined
    const verifier = await read.value(proofSystemAbi, system, 'keyVerifier', [keyHash])
    return sameHex(verifier, zeroAddress) ? undefined : verifier
  }
  return {
    terms: async (functionId: FunctionId, at?: At): Promise<FunctionTerms | undefined> => {
      const terms = await read.value(abi, functionRegistry, 'terms', [functionId], at)
      const state = named(FUNCTION_STATE, terms.state, 'state')
      return state === 'unknown'
        ? undefined
        : { ...terms, state, consensus: named(CONSENSUS, terms.consensus, 'consensus') }
    },
    resolve: async (name: string, at?: At): Promise<FunctionId | undefined> => {
      const result = await read.call(abi, functionRegistry, 'resolve', [name], at)
      return 'ok' in result ? result.ok : undefined
    },
    verifierOf,
    verificationKey: async (verifier: Address): Promise<VerificationKey | undefined> => {
      let key: VerificationKey
      try {
        key = keyOfCode(fromHex(await reader.code(verifier)))
      } catch (error) {
        if (error instanceof InvalidInputError) return undefined
        throw error
      }
      // A contract that ends in the same bytes checks whatever it likes.
      const registered = await keyVerifier(verificationKeyHash(key))
      return registered !== undefined && sameHex(registered, verifier) ? key : undefined
    },
    keyVerifier,
  }
}

function logReads(reader: ChainReader, deployment: Deployment) {
  const find = async (
    address: Address,
    topics: readonly (Hash | readonly Hash[] | null)[],
    fromBlock?: bigint,
  ) => {
    const head = await reader.block('latest')
    if (head === undefined) throw new ChainError('missing', 'no head block')
    const found: RawLog[] = []
    const filter = { addresses: [address], topics }
    for await (const { logs } of scanLogs(reader, fromBlock ?? deployment.fromBlock, head.number, filter)) {
      found.push(...logs)
      // One event of each kind an id: more is a node that makes them up.
      if (found.length > LOGS_OF_ID_MAX) throw new ChainError('malformed', `${found.length} logs of one id`)
    }
    return found.map((raw) => ({ log: decodeLog(raw, deployment), at: positionOf(raw) }))
  }
  const topicsOf = (abi: Abi, eventNames: readonly string[]) =>
    eventNames.map((eventName) => encodeEventTopics({ abi, eventName })[0] as Hash)
  const roundLog = async (round: bigint, fromBlock?: bigint) => {
    const topics = [...topicsOf(beaconRegistryAbi, ['RoundPosted']), word(round)]
    return only(await find(deployment.beaconRegistry, topics, fromBlock), 'roundPosted')
  }
  return {
    requestLogs: async (requestId: RequestId, fromBlock?: bigint): Promise<RequestLogs> => {
      const kinds = topicsOf(computeMarketAbi, ['RequestSubmitted', 'RequestFulfilled', 'RequestExpired'])
      const logs = await find(deployment.market, [kinds, requestId], fromBlock)
      return {
        submitted: only(logs, 'requestSubmitted'),
        fulfilled: only(logs, 'requestFulfilled'),
        expired: only(logs, 'requestExpired'),
      }
    },
    functionById: async (functionId: FunctionId): Promise<DeployedFunction | undefined> => {
      const topics = [...topicsOf(functionRegistryAbi, ['FunctionDeployed']), functionId]
      const found = only(await find(deployment.functionRegistry, topics), 'functionDeployed')
      if (found === undefined) return undefined
      const { owner, spec, uris } = found.log
      return { functionId, owner, spec, uris }
    },
    raisedFee: async (requestId: RequestId): Promise<bigint | undefined> => {
      const head = await reader.block('latest')
      if (head === undefined) throw new ChainError('missing', 'no head block')
      const topics = [topicsOf(computeMarketAbi, ['RequestToppedUp']), requestId]
      const filter = { addresses: [deployment.market], topics }
      let last: RawLog | undefined
      for await (const { logs } of scanLogs(reader, deployment.fromBlock, head.number, filter))
        last = logs.at(-1) ?? last
      if (last === undefined) return undefined
      const [signature, ...ids] = last.topics
      if (signature === undefined) throw new ChainError('malformed', 'a log without topics')
      const { args } = decodeEventLog({
        abi: computeMarketAbi,
        eventName: 'RequestToppedUp',
        topics: [signature, ...ids],
        data: last.data,
      })
      return args.maxFeePerGas
    },
    roundLog,
    roundSignature: async (round: bigint) => (await roundLog(round))?.log.signature,
  }
}

const LOGS_OF_ID_MAX = 8

function only<T extends ChainLog['type']>(
  logs: readonly { readonly log: ChainLog | undefined; readonly at: LogPosition }[],
  type: T,
): LogOf<T> | undefined {
  const found = logs.find(({ log }) => log?.type === type)
  // The type was just compared.
  return found as LogOf<T> | undefined
}

function word(value: bigint): Hash {
  return `0x${value.toString(16).padStart(64, '0')}`
}

function named<const T extends readonly string[]>(names: T, index: number, what: string): T[number] {
  const name = names[index]
  if (name === undefined) throw new ChainError('malformed', `${what} ${index}`)
  return name
}
