/**
 * Events of the contracts as the protocol's logs. Only events of the right contract count, and only those whose own
 * ids agree with their content: a request's digest, a function's content address.
 * @module
 */
import { AbiEventSignatureNotFoundError, decodeEventLog } from 'viem'
import { blsKeyFromPoint } from '../../crypto/bls.ts'
import { requestIdOf } from '../../crypto/eip712.ts'
import { functionIdOf } from '../../crypto/function-id.ts'
import { ChainError, type ChainLog, type LogPosition } from '../../ports/chain.ts'
import { beaconRegistryAbi } from '../../protocol/abi/beacon-registry.ts'
import { blsKeyRegistryAbi } from '../../protocol/abi/bls-key-registry.ts'
import { challengeCourtAbi } from '../../protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../protocol/abi/function-registry.ts'
import { nodeRegistryAbi } from '../../protocol/abi/node-registry.ts'
import type { Address, Deployment, Hash } from '../../protocol/types.ts'
import { assertCertificate, fulfillmentFromAbi, requestFromAbi, specFromAbi } from './abi-values.ts'
import type { RawLog } from './wire.ts'

/** The registry's own bounds. */
const URIS_MAX = 8
const URI_CHARS_MAX = 256
/** Of the contracts' `Verdict`. */
const OVERTURNED = 3

/** The contracts whose events matter. */
export function emitters(deployment: Deployment): readonly Address[] {
  const { market, nodeRegistry, beaconRegistry, functionRegistry, challengeCourt, bls } = deployment
  return [
    market,
    nodeRegistry,
    beaconRegistry,
    functionRegistry,
    ...(challengeCourt ? [challengeCourt] : []),
    ...(bls ? [bls.keyRegistry] : []),
  ]
}

export function positionOf(log: RawLog): LogPosition {
  const { blockNumber, blockHash, transactionHash, logIndex } = log
  return { blockNumber, blockHash, transactionHash, logIndex }
}

/** Undefined for an event the protocol does not read. Throws `malformed` for one that is not as the ABI says. */
export function decodeLog(log: RawLog, deployment: Deployment): ChainLog | undefined {
  const is = (address: Address) => address.toLowerCase() === log.address.toLowerCase()
  try {
    if (is(deployment.market)) return marketLog(log, deployment)
    if (deployment.challengeCourt !== undefined && is(deployment.challengeCourt))
      return courtLog(log, deployment.market)
    if (is(deployment.nodeRegistry)) return nodeLog(log)
    if (is(deployment.beaconRegistry)) return beaconLog(log)
    if (is(deployment.functionRegistry)) return functionLog(log)
    if (deployment.bls !== undefined && is(deployment.bls.keyRegistry)) return keyLog(log)
    return undefined
  } catch (cause) {
    if (cause instanceof ChainError) throw cause
    // Inherited from a library, such as a change of owner.
    if (cause instanceof AbiEventSignatureNotFoundError) return undefined
    const detail = cause instanceof Error ? cause.message.split('\n')[0] : 'undecodable'
    throw new ChainError('malformed', `log ${log.logIndex} of ${log.transactionHash}: ${detail}`, { cause })
  }
}

function marketLog(log: RawLog, deployment: Deployment): ChainLog | undefined {
  const event = decodeEventLog({ abi: computeMarketAbi, ...parts(log) })
  switch (event.eventName) {
    case 'RequestSubmitted': {
      const { requestId, escrow } = event.args
      const request = requestFromAbi(event.args.request)
      const domain = { chainId: deployment.chainId, contract: deployment.market }
      assertSame('request id', requestIdOf(domain, request), requestId)
      return { type: 'requestSubmitted', requestId, escrow, request }
    }
    case 'RequestFulfilled': {
      const { requestId, functionId, submitter, payment } = event.args
      const fulfillment = fulfillmentFromAbi(event.args.fulfillment)
      return { type: 'requestFulfilled', requestId, functionId, submitter, payment, fulfillment }
    }
    case 'RequestFulfilledInBatch': {
      const { requestId, payment } = event.args
      return { type: 'requestFulfilledInBatch', requestId, payment }
    }
    case 'RequestCertified': {
      const { requestId, functionId, certified, output, certificate } = event.args
      assertCertificate(output, certificate)
      return { type: 'requestCertified', requestId, functionId, certified, output, certificate }
    }
    case 'RequestFinalized': {
      const { requestId, payment } = event.args
      return { type: 'requestFinalized', requestId, payment }
    }
    case 'CallbackFailed':
      return { type: 'callbackFailed', requestId: event.args.requestId }
    case 'RequestExpired':
      return { type: 'requestExpired', requestId: event.args.requestId, refund: event.args.refund }
    default:
      return undefined
  }
}

/** Of challenges of this deployment's market: the court serves others as well. */
function courtLog(log: RawLog, market: Address): ChainLog | undefined {
  const event = decodeEventLog({ abi: challengeCourtAbi, ...parts(log) })
  if (event.args.market.toLowerCase() !== market.toLowerCase()) return undefined
  const { requestId } = event.args
  switch (event.eventName) {
    case 'Challenged': {
      const { challenger, bond, round, opensAt, closesAt } = event.args
      return { type: 'requestChallenged', requestId, challenger, bond, window: { round, opensAt, closesAt } }
    }
    case 'ChallengeResolved': {
      const fulfillment = fulfillmentFromAbi(event.args.fulfillment)
      const overturned = event.args.verdict === OVERTURNED
      return { type: 'challengeResolved', requestId, overturned, fulfillment }
    }
    default:
      return undefined
  }
}

function nodeLog(log: RawLog): ChainLog | undefined {
  const event = decodeEventLog({ abi: nodeRegistryAbi, ...parts(log) })
  switch (event.eventName) {
    case 'NodeRegistered':
      return { type: 'nodeRegistered', ...event.args }
    case 'StakeChanged':
      return { type: 'stakeChanged', ...event.args }
    case 'EpochSealed':
      return { type: 'epochSealed', ...event.args }
    case 'CapabilitiesSealed':
      return { type: 'capabilitiesSealed', ...event.args }
    default:
      return undefined
  }
}

function beaconLog(log: RawLog): ChainLog | undefined {
  const event = decodeEventLog({ abi: beaconRegistryAbi, ...parts(log) })
  return event.eventName === 'RoundPosted' ? { type: 'roundPosted', ...event.args } : undefined
}

function keyLog(log: RawLog): ChainLog | undefined {
  const event = decodeEventLog({ abi: blsKeyRegistryAbi, ...parts(log) })
  if (event.eventName !== 'BlsKeyRegistered') return undefined
  const { attestor, key } = event.args
  return { type: 'blsKeyRegistered', attestor, key: blsKeyFromPoint(key) }
}

function functionLog(log: RawLog): ChainLog | undefined {
  const event = decodeEventLog({ abi: functionRegistryAbi, ...parts(log) })
  if (event.eventName !== 'FunctionDeployed') return undefined
  const { functionId, owner, uris } = event.args
  const spec = specFromAbi(event.args.spec)
  assertSame('function id', functionIdOf(owner, spec), functionId)
  if (uris.length > URIS_MAX || uris.some((uri) => uri.length > URI_CHARS_MAX)) {
    throw new ChainError('malformed', 'URIs above their bounds')
  }
  return { type: 'functionDeployed', functionId, owner, spec, uris }
}

function parts(log: RawLog): { topics: [Hash, ...Hash[]]; data: Hash } {
  const [first, ...rest] = log.topics
  if (first === undefined) throw new ChainError('malformed', 'a log without topics')
  return { topics: [first, ...rest], data: log.data }
}

function assertSame(what: string, computed: Hash, given: Hash): void {
  if (computed.toLowerCase() !== given.toLowerCase())
    throw new ChainError('malformed', `the ${what} is not its own`)
}
