/**
 * Reads about certificates that may be challenged: what was certified, who challenged it, how that ended. For people who look
 * back, as audit-reads.ts: decoded as the chain says it, not judged.
 * @module
 */
import { decodeEventLog, encodeEventTopics } from 'viem'
import { sameHex } from '../../crypto/bytes.ts'
import { ChainError, type LogPosition, type Payment } from '../../ports/chain.ts'
import { challengeCourtAbi } from '../../protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import type {
  Address,
  Attempt,
  Certified,
  Deployment,
  Fulfillment,
  Hash,
  Hex,
  Request,
  RequestId,
} from '../../protocol/types.ts'
import { assertCertificate, fulfillmentFromAbi, requestToAbi } from './abi-values.ts'
import { logFinder, parts } from './audit-reads.ts'
import type { ChainReader } from './client.ts'
import { contractReader } from './reads.ts'
import type { RawLog } from './wire.ts'

export interface CertifiedRequest {
  readonly submitter: Address
  readonly certified: Certified
  readonly output: Hex
  readonly certificate: Hex
  readonly at: LogPosition
}

export interface FinalizedRequest {
  /** As the contracts number them. */
  readonly verdict: number
  readonly payment: Payment
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Hex
  readonly caller: Address
  readonly at: LogPosition
}

export interface ChallengedRequest {
  readonly challenger: Address
  readonly bond: bigint
  readonly window: Attempt
  readonly at: LogPosition
}

export interface ResolvedChallenge {
  readonly verdict: number
  readonly resolver: Address
  readonly perSeat: bigint
  readonly unsignedPay: bigint
  readonly reimbursement: bigint
  readonly fulfillment: Fulfillment
  /** What the court credited in the market in that transaction, beside the committee's shares. */
  readonly deposits: readonly { readonly account: Address; readonly amount: bigint }[]
  readonly at: LogPosition
}

/** A request made final, or a challenge of it decided, as a list has it. */
export interface Listed<T> {
  readonly requestId: RequestId
  readonly log: T
}

export interface ChallengeReads {
  /** Every request certified that could be challenged, oldest first. */
  allCertified(): Promise<readonly Listed<CertifiedRequest>[]>
  /** Every request made final, oldest first. */
  allFinalized(): Promise<readonly Listed<FinalizedRequest>[]>
  /** Every challenge a larger committee decided, oldest first. */
  allResolved(): Promise<readonly Listed<Omit<ResolvedChallenge, 'deposits'>>[]>
  certified(requestId: RequestId): Promise<CertifiedRequest | undefined>
  finalized(requestId: RequestId): Promise<FinalizedRequest | undefined>
  challenged(requestId: RequestId): Promise<ChallengedRequest | undefined>
  resolved(requestId: RequestId): Promise<ResolvedChallenge | undefined>
  /** A challenge that was closed without a verdict. */
  closed(
    requestId: RequestId,
  ): Promise<{ readonly burned: bigint; readonly returned: bigint; readonly at: LogPosition } | undefined>
  /** The larger committee as the court computes it. Throws `malformed` while its round is not posted. */
  committeeOf(request: Request, certified: Certified): Promise<readonly number[]>
  /** What a challenge takes. Undefined in a network without a court. */
  bondOf(request: Request, certified: Certified): Promise<bigint | undefined>
}

export function createChallengeReads(reader: ChainReader, deployment: Deployment): ChallengeReads {
  const { market, challengeCourt: court } = deployment
  const { value } = contractReader(reader)
  const logs = logFinder(reader, deployment.fromBlock)
  const ofMarket = async (eventName: string, requestId: RequestId) =>
    (await logs(market, computeMarketAbi, eventName, requestId))[0]
  const ofCourt = async (eventName: string, requestId: RequestId) =>
    court === undefined
      ? undefined
      : (await logs(court, challengeCourtAbi, eventName, padded(market), undefined, requestId))[0]
  return {
    certified: async (requestId) => {
      const raw = await ofMarket('RequestCertified', requestId)
      return raw && certifiedFrom(raw).log
    },
    allCertified: async () => (await logs(market, computeMarketAbi, 'RequestCertified')).map(certifiedFrom),
    finalized: async (requestId) => {
      const raw = await ofMarket('RequestFinalized', requestId)
      return raw && finalizedFrom(raw).log
    },
    allFinalized: async () => (await logs(market, computeMarketAbi, 'RequestFinalized')).map(finalizedFrom),
    challenged: async (requestId) => {
      const raw = await ofCourt('Challenged', requestId)
      if (raw === undefined) return undefined
      const { args } = decodeEventLog({ abi: challengeCourtAbi, eventName: 'Challenged', ...parts(raw) })
      const { challenger, bond, round, opensAt, closesAt } = args
      return { challenger, bond, window: { round, opensAt, closesAt }, at: raw }
    },
    resolved: async (requestId) => {
      const raw = await ofCourt('ChallengeResolved', requestId)
      if (raw === undefined || court === undefined) return undefined
      return { ...resolvedFrom(raw).log, deposits: await depositsIn(reader, market, court, raw) }
    },
    allResolved: async () =>
      court === undefined
        ? []
        : (await logs(court, challengeCourtAbi, 'ChallengeResolved', padded(market))).map(resolvedFrom),
    closed: async (requestId) => {
      const raw = await ofCourt('ChallengeUndecided', requestId)
      if (raw === undefined) return undefined
      const { args } = decodeEventLog({
        abi: challengeCourtAbi,
        eventName: 'ChallengeUndecided',
        ...parts(raw),
      })
      return { burned: args.burned, returned: args.returned, at: raw }
    },
    committeeOf: async (request, certified) => {
      if (court === undefined) throw new ChainError('malformed', 'committeeOf: there is no court')
      const args = [market, requestToAbi(request), certified] as const
      return (await value(challengeCourtAbi, court, 'committeeOf', args)).map(Number)
    },
    bondOf: async (request, certified) =>
      court && (await value(challengeCourtAbi, court, 'bondOf', [market, requestToAbi(request), certified])),
  }
}

function certifiedFrom(raw: RawLog): Listed<CertifiedRequest> {
  const { args } = decodeEventLog({ abi: computeMarketAbi, eventName: 'RequestCertified', ...parts(raw) })
  const { requestId, submitter, certified, output, certificate } = args
  assertCertificate(output, certificate)
  return { requestId, log: { submitter, certified, output, certificate, at: raw } }
}

function finalizedFrom(raw: RawLog): Listed<FinalizedRequest> {
  const { args } = decodeEventLog({ abi: computeMarketAbi, eventName: 'RequestFinalized', ...parts(raw) })
  assertCertificate(args.output, '0x')
  return { requestId: args.requestId, log: { ...args, at: raw } }
}

function resolvedFrom(raw: RawLog): Listed<Omit<ResolvedChallenge, 'deposits'>> {
  const { args } = decodeEventLog({ abi: challengeCourtAbi, eventName: 'ChallengeResolved', ...parts(raw) })
  const fulfillment = fulfillmentFromAbi(args.fulfillment)
  return { requestId: args.requestId, log: { ...args, fulfillment, at: raw } }
}

/** What the court paid on one resolution. One transaction may resolve several: these follow its log, up to the next. */
async function depositsIn(reader: ChainReader, market: Address, court: Address, resolved: RawLog) {
  const topicsOf = [
    encodeEventTopics({ abi: computeMarketAbi, eventName: 'Deposited' })[0] as Hash,
    encodeEventTopics({ abi: challengeCourtAbi, eventName: 'ChallengeResolved' })[0] as Hash,
  ]
  const filter = { addresses: [market, court], topics: [topicsOf] }
  const found = await reader.logsInRange(resolved.blockNumber, resolved.blockNumber, filter)
  const after = found.filter(
    ({ transactionHash, logIndex }) =>
      sameHex(transactionHash, resolved.transactionHash) && logIndex > resolved.logIndex,
  )
  const next = after.findIndex(({ address }) => sameHex(address, court))
  return after
    .slice(0, next === -1 ? after.length : next)
    .map((raw) => decodeEventLog({ abi: computeMarketAbi, eventName: 'Deposited', ...parts(raw) }).args)
    .filter(({ from }) => sameHex(from, court))
    .map(({ account, amount }) => ({ account, amount }))
}

function padded(address: Address): Hash {
  return `0x${address.slice(2).toLowerCase().padStart(64, '0')}`
}
