/**
 * The audit of one fulfilled request: commitment -> randomness -> committee -> signatures -> payment.
 *
 * Pure: evidence in, verdicts out; it runs in a browser unchanged. Each step trusts only evidence an earlier step has
 * checked; a step whose ground failed is skipped, so the failing line is the cause and not its echo. It needs no
 * coordinator and no node.
 * @module
 */
import { verifyBlsAggregate } from '../../crypto/bls.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { g2ToEip2537, randomnessOf, verifyRound } from '../../crypto/drand.ts'
import { reportDigest, requestIdOf, type SigningDomain } from '../../crypto/eip712.ts'
import { compressG1 } from '../../crypto/eip2537.ts'
import { committeeSeed } from '../../crypto/seeds.ts'
import { recoverSigner } from '../../crypto/signature.ts'
import type {
  Address,
  Attempt,
  Digest,
  Fulfillment,
  Hash,
  Hex,
  Request,
  Snapshot,
} from '../../protocol/types.ts'
import { decodeBlsCertificate, wantsBls } from '../bls-certificate.ts'
import { decodeCertificate, type SeatSignature, signedSeats } from '../certificate.ts'
import { quorumOf } from '../consensus/quorum.ts'
import { leafOf, NO_EVIDENCE, reportOf, usesAllFuel } from '../request/attestation.ts'
import { decodeSnapshot, memberAt } from '../snapshot.ts'
import { selectCommittee } from '../sortition.ts'
import type { AuditEvidence, AuditStep, AuditStepId, FulfilledEvidence, PostedRound } from './evidence.ts'

const WEI_PER_GWEI = 1_000_000_000n

/** Each step and the steps it builds on. */
const GROUNDS: Readonly<Record<AuditStepId, readonly AuditStepId[]>> = {
  request: [],
  round: ['request'],
  beacon: ['round'],
  snapshot: ['request'],
  committee: ['beacon', 'snapshot'],
  output: ['committee'],
  attestations: ['output'],
  certificate: ['attestations'],
  payment: ['certificate'],
}

/** A step's own reason to fail. */
class Mismatch extends Error {}

function expect(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Mismatch(problem)
}

/** Checks every step in order. */
export function audit(evidence: AuditEvidence): readonly AuditStep[] {
  const checks = checksOf(evidence)
  const verdicts = new Map<AuditStepId, AuditStep>()
  for (const [id, grounds] of Object.entries(GROUNDS) as [AuditStepId, readonly AuditStepId[]][]) {
    const missing = grounds.find((ground) => verdicts.get(ground)?.verdict !== 'passed')
    verdicts.set(
      id,
      missing === undefined
        ? run(id, checks[id])
        : { id, verdict: 'skipped', detail: `builds on ${missing}` },
    )
  }
  return [...verdicts.values()]
}

function run(id: AuditStepId, check: () => string): AuditStep {
  try {
    return { id, verdict: 'passed', detail: check() }
  } catch (error) {
    // Hostile evidence also fails in decoders; whatever they throw is the reason.
    return { id, verdict: 'failed', detail: error instanceof Error ? error.message : String(error) }
  }
}

function checksOf(evidence: AuditEvidence): Record<AuditStepId, () => string> {
  const domain = { chainId: evidence.chainId, contract: evidence.market }
  const fulfilled = (): FulfilledEvidence => {
    if (evidence.fulfilled === undefined) throw new Mismatch('the request was not fulfilled')
    return evidence.fulfilled
  }
  const snapshot = (): Snapshot =>
    decodeSnapshot(
      fromHex(evidence.snapshot.code, 'snapshot'),
      evidence.snapshot.parts.map((part) => fromHex(part, 'snapshot')),
    )
  const members = (): readonly Address[] => drawn(evidence, fulfilled(), snapshot()).attestors
  return {
    request: () => checkRequest(evidence, domain),
    round: () => checkRound(evidence, fulfilled()),
    beacon: () => checkBeacon(evidence, fulfilled()),
    snapshot: () => checkSnapshot(evidence, snapshot),
    committee: () => checkCommittee(evidence, fulfilled(), snapshot()),
    output: () => checkOutput(evidence, domain, fulfilled(), members()),
    attestations: () => checkAttestations(evidence, domain, fulfilled(), members()),
    certificate: () => checkCertificate(evidence, fulfilled(), members()),
    payment: () => checkPayment(evidence, fulfilled(), members()),
  }
}

function checkRequest(evidence: AuditEvidence, domain: SigningDomain): string {
  const digest = requestIdOf(domain, evidence.submitted.request)
  expect(sameHex(digest, evidence.requestId), `the emitted request's digest is ${digest}`)
  return `the emitted request hashes to ${short(evidence.requestId)}`
}

/** TIME-1 to TIME-3: every round lay ahead when its attempt was fixed; windows follow one another and were not missed. */
function checkRound(evidence: AuditEvidence, { fulfillment, time }: FulfilledEvidence): string {
  const { request, time: requestedAt } = evidence.submitted
  const { periodSeconds } = evidence.beacon
  let before: Attempt | undefined
  for (const [index, current] of request.attempts.entries()) {
    const { round, opensAt, closesAt } = current
    const emittedAt = timeOfRound(evidence, round)
    expect(
      emittedAt > requestedAt,
      `round ${round} was emitted at ${emittedAt}, not after the request at ${requestedAt}`,
    )
    expect(opensAt < closesAt, `attempt ${index} has an empty window`)
    if (before === undefined)
      expect(emittedAt === opensAt, `attempt 0 opens at ${opensAt}, its round is of ${emittedAt}`)
    else {
      expect(
        opensAt === before.closesAt && closesAt - opensAt === before.closesAt - before.opensAt,
        `attempt ${index} does not follow the one before it`,
      )
      expect(emittedAt > opensAt, `attempt ${index} was known before it opened`)
      expect(emittedAt - periodSeconds <= opensAt, `attempt ${index} waits for a later round than it needs`)
    }
    before = current
  }
  expect(
    request.deadline === before?.closesAt,
    `the deadline is ${request.deadline}, the last window ends at ${before?.closesAt}`,
  )
  const attempt = request.attempts[fulfillment.attempt]
  expect(attempt !== undefined, `attempt ${fulfillment.attempt} is not the request's`)
  expect(
    attempt.opensAt <= time && time < attempt.closesAt,
    `fulfilled at ${time}, outside [${attempt.opensAt}, ${attempt.closesAt})`,
  )
  const ahead = timeOfRound(evidence, attempt.round) - requestedAt
  return `attempt ${fulfillment.attempt} uses round ${attempt.round}, emitted ${ahead} s after the request`
}

function checkBeacon(evidence: AuditEvidence, { fulfillment, round: posted }: FulfilledEvidence): string {
  const wanted = evidence.submitted.request.attempts[fulfillment.attempt]?.round
  expect(posted !== undefined, `round ${wanted} was never posted`)
  expect(posted.round === wanted, `the posted round is ${posted.round}, the request's ${wanted}`)
  const { beacon, registeredBeacon: registered } = evidence
  const pinned = g2ToEip2537(beacon.publicKey)
  expect(
    sameHex(pinned, registered.publicKey) &&
      beacon.genesisTime === registered.genesisTime &&
      beacon.periodSeconds === registered.periodSeconds,
    `the registry's beacon is another than the one the network file pins, ${short(beacon.publicKey)}`,
  )
  const randomness = randomnessOfRound(beacon.publicKey, posted)
  expect(
    sameHex(randomness, posted.randomness),
    `its randomness is ${randomness}, posted was ${posted.randomness}`,
  )
  return `round ${posted.round} is signed by the beacon; randomness ${short(randomness)}`
}

/** The randomness of a posted round, when the beacon signed it; throws what is wrong when it did not. */
export function randomnessOfRound(publicKey: Hex, { round, signature }: PostedRound): Hash {
  let compressed: Hex
  try {
    compressed = compressG1(signature)
  } catch {
    throw new Mismatch(`round ${round} as posted is no signature at all`)
  }
  expect(verifyRound(publicKey, round, compressed), `the signature of round ${round} is not the beacon's`)
  return randomnessOf(compressed)
}

/** The blob is the registry's, was sealed before the request, and holds exactly the stakes at the epoch's start. */
function checkSnapshot(evidence: AuditEvidence, decode: () => Snapshot): string {
  const { request, time } = evidence.submitted
  const { sealed, stakes, stakeMin } = evidence.snapshot
  expect(sealed !== undefined, `epoch ${request.epoch} was never sealed`)
  const { blob, sealedAt } = sealed
  expect(
    sameHex(blob, request.snapshot),
    `epoch ${request.epoch} was sealed as ${blob}, the request names ${request.snapshot}`,
  )
  expect(sealedAt <= time, `sealed at ${sealedAt}, after the request at ${time}`)
  const snapshot = decode()
  const eligible = new Map(
    [...stakes].filter(([, stake]) => stake >= stakeMin).map(([a, stake]) => [a.toLowerCase(), stake]),
  )
  expect(
    eligible.size === snapshot.members.length,
    `holds ${snapshot.members.length} nodes, the logs say ${eligible.size}`,
  )
  for (const { attestor, weight } of snapshot.members) {
    const stake = eligible.get(attestor.toLowerCase())
    expect(
      stake !== undefined,
      `${attestor} had no stake at the epoch's start, had lapsed, or is in it twice`,
    )
    eligible.delete(attestor.toLowerCase())
    expect(stake / WEI_PER_GWEI === weight, `${attestor} weighs ${weight} gwei, its stake was ${stake} wei`)
  }
  return `epoch ${request.epoch}: ${snapshot.members.length} nodes, every weight as bonded`
}

function drawn(
  evidence: AuditEvidence,
  { fulfillment, round }: FulfilledEvidence,
  snapshot: Snapshot,
): { readonly indices: readonly number[]; readonly attestors: readonly Address[] } {
  const { functionId, epoch, committeeSize } = evidence.submitted.request
  const { chainId, market } = evidence
  const { attempt } = fulfillment
  expect(round !== undefined, 'there is no round to draw by')
  const seed = committeeSeed({
    chainId,
    market,
    functionId,
    epoch,
    round: round.round,
    attempt,
    randomness: round.randomness,
  })
  const indices = selectCommittee(seed, snapshot, committeeSize)
  return { indices, attestors: indices.map((index) => memberAt(snapshot, index).attestor) }
}

function checkCommittee(evidence: AuditEvidence, fulfilled: FulfilledEvidence, snapshot: Snapshot): string {
  const { indices } = drawn(evidence, fulfilled, snapshot)
  const claimed = fulfilled.committee
  expect(claimed !== undefined, 'the market names no committee')
  expect(
    claimed.length === indices.length,
    `the market names ${claimed.length} members, the draw gives ${indices.length}`,
  )
  for (const [seat, index] of indices.entries()) {
    expect(claimed[seat] === index, `seat ${seat} is node ${index}, the market names ${claimed[seat]}`)
  }
  return `${indices.length} of ${snapshot.members.length} nodes drawn: ${indices.join(', ')}`
}

function signed(evidence: AuditEvidence, domain: SigningDomain, { fulfillment, batch }: FulfilledEvidence) {
  const { request } = evidence.submitted
  const outcome = { ...fulfillment, output: fromHex(fulfillment.output, 'output') }
  const report = reportOf(evidence.requestId, outcome)
  if (batch !== undefined) {
    const own = reportDigest(report)
    expect(
      batch.some((leaf) => sameHex(leaf, own)),
      'the certificate is over other reports than the emitted one',
    )
  }
  const { digest } = leafOf(domain, request, fulfillment, report, batch)
  return { digest }
}

/** Seats the certificate names whose signature is not theirs; of an aggregate, all of them or none. */
function notBySeats(
  evidence: AuditEvidence,
  { fulfillment }: FulfilledEvidence,
  digest: Digest,
  members: readonly Address[],
): { readonly seats: readonly number[]; readonly wrong: readonly number[] } {
  const { certificate } = fulfillment
  const { request } = evidence.submitted
  const { bls } = evidence
  if (!wantsBls(request, bls)) {
    const signatures = decodeCertificate(certificate, request.committeeSize)
    const wrong = signatures.filter((signature) => !isBySeat(digest, signature, members))
    return { seats: signatures.map(({ seat }) => seat), wrong: wrong.map(({ seat }) => seat) }
  }
  const { seats, aggregate } = decodeBlsCertificate(certificate, request.committeeSize)
  const keys = seats.flatMap((seat) => bls.keys.get(members[seat]?.toLowerCase() ?? '') ?? [])
  const right = keys.length === seats.length && verifyBlsAggregate(keys, digest, aggregate)
  return { seats, wrong: right ? [] : seats }
}

function isBySeat(
  digest: `0x${string}`,
  { seat, signature }: SeatSignature,
  members: readonly Address[],
): boolean {
  const signer = recoverSigner(digest, signature)
  const member = members[seat]
  return signer !== undefined && member !== undefined && sameHex(signer, member)
}

/** QC-3, MKT-8: what a market takes of a committee, whoever signed it. */
function checkTerms(request: Request, { view, evidenceHash, exit, fuelUsed, output }: Fulfillment): void {
  if (request.consensus === 'exact') {
    expect(view === 0, `an exact function has view 0 alone, not ${view}`)
    expect(sameHex(evidenceHash, NO_EVIDENCE), 'an exact function has no evidence')
  }
  expect(fuelUsed <= request.fuelLimit, `${fuelUsed} fuel were used, ${request.fuelLimit} at most`)
  expect(
    !usesAllFuel(exit) || fuelUsed === request.fuelLimit,
    `exit ${exit} costs all ${request.fuelLimit} fuel, not ${fuelUsed}`,
  )
  const length = (output.length - 2) / 2
  expect(
    length <= request.outputBytesMax,
    `the output has ${length} bytes, ${request.outputBytesMax} at most`,
  )
}

/** The emitted output is what was signed: were it another, no signature at all would fit it. */
function checkOutput(
  evidence: AuditEvidence,
  domain: SigningDomain,
  fulfilled: FulfilledEvidence,
  members: readonly Address[],
): string {
  const { digest } = signed(evidence, domain, fulfilled)
  checkTerms(evidence.submitted.request, fulfilled.fulfillment)
  const { seats, wrong } = notBySeats(evidence, fulfilled, digest, members)
  expect(wrong.length < seats.length, 'no member signed the emitted output')
  const { output, exit, fuelUsed } = fulfilled.fulfillment
  return `exit ${exit}, ${(output.length - 2) / 2} bytes and ${fuelUsed} fuel, as signed`
}

function checkAttestations(
  evidence: AuditEvidence,
  domain: SigningDomain,
  fulfilled: FulfilledEvidence,
  members: readonly Address[],
): string {
  const { digest } = signed(evidence, domain, fulfilled)
  const { seats, wrong } = notBySeats(evidence, fulfilled, digest, members)
  const [first] = wrong
  if (first !== undefined) throw new Mismatch(`the signature of seat ${first} is not by ${members[first]}`)
  const how = wantsBls(evidence.submitted.request, evidence.bls) ? ', in one aggregate' : ''
  return `seats ${seats.join(', ')} each signed with their own key${how}`
}

function checkCertificate(
  evidence: AuditEvidence,
  fulfilled: FulfilledEvidence,
  members: readonly Address[],
): string {
  const { consensus } = evidence.submitted.request
  const quorum = quorumOf(consensus, members.length)
  const count = seatsSigned(evidence.submitted.request, fulfilled)
  expect(count >= quorum, `${count} signatures of the ${quorum} that ${members.length} members need`)
  return `${count} of ${members.length} signed, ${quorum} needed`
}

function seatsSigned(request: Request, { fulfillment }: FulfilledEvidence): number {
  return signedSeats(fulfillment.certificate, request.committeeSize).length
}

/** What a request of a batch costs beside its share of the certificate. */
const GAS_PER_BATCHED = 28_000n

/** FEE-1, FEE-3, FEE-4, FEE-5. The callback's gas is known only to lie between nothing and what was bought. */
function checkPayment(
  evidence: AuditEvidence,
  fulfilled: FulfilledEvidence,
  members: readonly Address[],
): string {
  const { request, toppedUp } = evidence.submitted
  const escrow = toppedUp?.escrow ?? evidence.submitted.escrow
  const { payment, fulfillment, batch } = fulfilled
  const signers = BigInt(seatsSigned(request, fulfilled))
  const perSeat = request.flatFeePerSeat + request.fuelPrice * fulfillment.fuelUsed
  expect(payment.perSeat === perSeat, `each seat earned ${payment.perSeat} wei, its terms say ${perSeat}`)
  const pool = perSeat * (BigInt(members.length) - signers)
  expect(payment.pool === pool, `the pool received ${payment.pool} wei for unsigned seats, ${pool} was due`)
  const { gasBase, gasPerSignature, gasPerByte, tipMax } = evidence.fees
  const bytes = BigInt((request.input.length - 2) / 2 + (fulfillment.output.length - 2) / 2)
  const certified = gasBase + gasPerSignature * signers
  const price = min(fulfilled.baseFeePerGas + tipMax, toppedUp?.maxFeePerGas ?? request.maxFeePerGas)
  // FEE-9: how many of the leaves were settled together is not known, but no more than there are.
  const shared = batch && certified / BigInt(Math.max(1, batch.length)) + GAS_PER_BATCHED
  const gas = (shared === undefined ? certified : min(shared, certified)) + gasPerByte * bytes
  const most = (certified + gasPerByte * bytes + BigInt(request.callbackGas)) * price
  expect(
    gas * price <= payment.submitter && payment.submitter <= most,
    `the submitter received ${payment.submitter} wei, between ${gas * price} and ${most} was due`,
  )
  const sum =
    perSeat * signers + pool + request.royalty + request.protocolFee + payment.submitter + payment.refund
  expect(sum === escrow, `the parts add up to ${sum} wei, the escrow was ${escrow}`)
  return `${signers} seats earned ${perSeat} wei each; all parts add up to the escrow of ${escrow}`
}

function timeOfRound({ beacon }: AuditEvidence, round: bigint): bigint {
  return beacon.genesisTime + (round - 1n) * beacon.periodSeconds
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function short(hex: string): string {
  return `${hex.slice(0, 10)}…`
}
