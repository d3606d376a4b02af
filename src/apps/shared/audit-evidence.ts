/**
 * Gathers what an audit needs, from logs and state of one RPC and nothing else, as of one block.
 * @module
 */
import type {
  AuditEvidence,
  FulfilledEvidence,
  ObserversEvidence,
  ProofEvidence,
} from '../../core/audit/evidence.ts'
import { wantsBls } from '../../core/bls-certificate.ts'
import { type CircuitTerms, parseCircuitTerms } from '../../core/consensus/agreement.ts'
import { NO_EVIDENCE } from '../../core/request/attestation.ts'
import { snapshotParts } from '../../core/snapshot.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { keyOfCode, verificationKeyHash } from '../../crypto/groth16-key.ts'
import { ChainError } from '../../ports/chain.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hash, Hex, Request, RequestId } from '../../protocol/types.ts'
import { FINALITY_BLOCKS } from '../../runtime/view.ts'
import { asOf, type ChainAccess } from './chain-access.ts'
import { type FinalityRead, readFinality } from './finality.ts'

export interface GatheredEvidence {
  readonly evidence: AuditEvidence
  /** The head when gathering began: everything was read as of it. */
  readonly readAt: BlockName
  /** Of the settlement, or of what came in its place. */
  readonly fulfilledAt: Standing | undefined
  /** Of a certificate that may be challenged, or might have been. */
  readonly certifiedAt: Standing | undefined
}

export interface BlockName {
  readonly blockNumber: bigint
  readonly blockHash: Hash
}

export interface Standing extends BlockName {
  /** Blocks on top. */
  readonly depth: bigint
  /** Too deep to be reorganised, as this network takes it. */
  readonly final: boolean
}

/** Throws `InvalidInputError` for an id the market never emitted, `ChainError` when the RPC does not serve. */
export async function gatherEvidence(chain: ChainAccess, requestId: RequestId): Promise<GatheredEvidence> {
  const head = await chain.reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const { evidence, fulfilledAt, certifiedAt } = await gatherAsOf(asOf(chain, head), head.time, requestId)
  const still = await chain.reader.block(head.number)
  if (still?.hash !== head.hash) {
    throw new ChainError('missing', `block ${head.number} was replaced while the chain was read as of it`, {
      fix: 'run the command again',
    })
  }
  const readAt = { blockNumber: head.number, blockHash: head.hash }
  const standing = (at: BlockName | undefined) => at && standingOf(at, head.number)
  return { evidence, readAt, fulfilledAt: standing(fulfilledAt), certifiedAt: standing(certifiedAt) }
}

export function standingOf({ blockNumber, blockHash }: BlockName, head: bigint): Standing {
  const depth = head - blockNumber
  return { blockNumber, blockHash, depth, final: depth >= FINALITY_BLOCKS }
}

async function gatherAsOf(chain: ChainAccess, readTime: bigint, requestId: RequestId) {
  const { audits } = chain
  const { chainId, market, bls } = chain.network.deployment
  const submitted = await audits.submitted(requestId)
  if (submitted === undefined) {
    throw new InvalidInputError('request', `${requestId} is not a request of market ${market}`, {
      fix: 'check the id, and that --network names the network it was made on',
    })
  }
  const { request, escrow, at } = submitted
  // Without a window there is none, and its logs need not be looked for.
  const held =
    request.challengeWindow === 0 ? undefined : await readFinality(chain, requestId, request, readTime)
  const [block, registeredBeacon, sealed, code, stakes, stakeMin, fees, fulfilled, toppedUp] =
    await Promise.all([
      blockOf(chain, at.blockHash),
      audits.beacon(),
      chain.reads.snapshotOf(request.epoch),
      chain.reader.code(request.snapshot),
      audits.stakesAt(request.epoch, at.blockNumber),
      audits.stakeMin(),
      audits.feeConstants(),
      gatherFulfilled(chain, requestId, request, held),
      audits.toppedUp(requestId),
    ])
  const evidence: AuditEvidence = {
    chainId,
    market,
    requestId,
    submitted: { request, escrow, toppedUp, time: block.time },
    beacon: pinnedBeacon(chain),
    registeredBeacon,
    snapshot: { sealed, code, parts: await codeOfParts(chain, code), stakes, stakeMin },
    fees,
    ...(wantsBls(request, bls) &&
      fulfilled !== undefined && {
        bls: {
          verifier: bls.verifier,
          keys: await audits.blsKeys((held?.resolvedAt ?? fulfilled.at).blockNumber),
        },
      }),
    ...(request.consensus === 'zk' && { proof: await gatherProof(chain, requestId, request) }),
    ...(request.consensus === 'zk' && { observers: await gatherObservers(chain, request) }),
    fulfilled: fulfilled?.evidence,
    finality: held?.evidence,
  }
  return {
    evidence,
    fulfilledAt: held === undefined ? fulfilled?.at : held.finalAt,
    certifiedAt: held?.certified.at,
  }
}

async function gatherProof(
  chain: ChainAccess,
  requestId: RequestId,
  { verifier }: Request,
): Promise<ProofEvidence> {
  const code = await chain.reader.code(verifier)
  const [registered, openPayee, constants] = await Promise.all([
    registeredFor(chain, code),
    chain.audits.openPayee(requestId),
    chain.audits.proofGasConstants(),
  ])
  return { code, registered, openPayee, ...constants }
}

/** Undefined for a circuit that observes nothing. */
async function gatherObservers(
  chain: ChainAccess,
  { functionId, input }: Request,
): Promise<ObserversEvidence | undefined> {
  const terms = termsIn((await chain.reads.functionById(functionId))?.spec.agreement)
  if (terms?.observed === undefined) return undefined
  const { standing, network } = chain
  const none = {
    functionId: terms.observed.functionId,
    constraints: terms.constraints,
    registry: network.deployment.standingCommittees,
    leadSeconds: 0n,
    code: '0x',
    parts: [],
  } as const
  const unknown = { ...none, committee: undefined, sealed: undefined, round: undefined }
  if (standing === undefined) return unknown
  // Its first word; what is no word names no committee.
  const root = input.length >= 66 ? BigInt(input.slice(0, 66)) : 0n
  const found = await standing.committeeOf(root)
  if (found === undefined) return unknown
  const [committee, sealed, leadSeconds, round] = await Promise.all([
    standing.committeeAt(found.epoch, found.size),
    chain.reads.snapshotOf(found.epoch),
    standing.leadSeconds(),
    standing.roundOf(found.epoch),
  ])
  const code = sealed === undefined ? '0x' : await chain.reader.code(sealed.blob)
  return {
    ...none,
    committee,
    leadSeconds,
    sealed,
    code,
    parts: await codeOfParts(chain, code),
    round: await chain.audits.postedRound(round),
  }
}

function termsIn(agreement: string | undefined): CircuitTerms | undefined {
  try {
    return agreement === undefined ? undefined : parseCircuitTerms(agreement)
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

/** A code without a key has no contract registered: the audit then says what is wrong with it. */
async function registeredFor(chain: ChainAccess, code: Hex): Promise<Address | undefined> {
  try {
    return await chain.reads.keyVerifier(verificationKeyHash(keyOfCode(fromHex(code))))
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

/** A code that is no snapshot has no parts: the audit then says what is wrong with it. */
async function codeOfParts(chain: ChainAccess, code: Hex): Promise<readonly Hex[]> {
  let parts: readonly Address[]
  try {
    parts = snapshotParts(fromHex(code, 'snapshot'))
  } catch (error) {
    if (error instanceof InvalidInputError) return []
    throw error
  }
  return Promise.all(parts.map((part) => chain.reader.code(part)))
}

function pinnedBeacon({ network }: ChainAccess) {
  const { publicKey, genesisTime, periodSeconds } = network.beacon
  return { publicKey, genesisTime: BigInt(genesisTime), periodSeconds: BigInt(periodSeconds) }
}

async function gatherFulfilled(
  chain: ChainAccess,
  requestId: RequestId,
  request: Request,
  held: FinalityRead | undefined,
): Promise<{ readonly evidence: FulfilledEvidence; readonly at: BlockName } | undefined> {
  const { audits } = chain
  const found = (await audits.fulfilled(requestId)) ?? (held && certificateOf(held))
  if (found === undefined) return undefined
  const { fulfillment, payment, batch, at } = found
  // Neither need be there, or be true: the audit says so of what is missing.
  const attempt = request.attempts[fulfillment.attempt]
  const [block, round, committee] = await Promise.all([
    blockOf(chain, at.blockHash),
    attempt === undefined ? undefined : audits.postedRound(attempt.round),
    committeeOf(chain, request, fulfillment.attempt),
  ])
  const { time, baseFeePerGas } = block
  return { evidence: { fulfillment, batch, payment, time, baseFeePerGas, round, committee }, at }
}

/** A certified report as the committee signed it: an exact function has one view, and no evidence. */
function certificateOf({ certified: { certified, output, certificate, at } }: FinalityRead) {
  const { attempt, exit, fuelUsed } = certified
  const fulfillment = { attempt, view: 0, exit, fuelUsed, evidenceHash: NO_EVIDENCE, output, certificate }
  return { fulfillment, payment: undefined, batch: undefined, at }
}

/** The market refuses to draw by a round it does not have, and for an attempt that is none. */
async function committeeOf(chain: ChainAccess, request: Request, attempt: number) {
  try {
    return await chain.audits.committeeOf(request, attempt)
  } catch (error) {
    if (error instanceof ChainError && error.reason === 'malformed') return undefined
    throw error
  }
}

async function blockOf(chain: ChainAccess, hash: `0x${string}`) {
  const block = await chain.reader.block(hash)
  if (block === undefined) throw new ChainError('missing', `block ${hash} is not served`)
  return block
}
