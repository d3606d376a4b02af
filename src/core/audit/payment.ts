/**
 * Who was paid what: of an escrow (FEE-1 to FEE-5, FEE-8, FEE-9), at once or when the result was final (CHA-1, CHA-6, CHA-7).
 * @module
 */
import type { Request } from '../../protocol/types.ts'
import type { AuditEvidence, FinalEvidence, FinalityEvidence, FulfilledEvidence } from './evidence.ts'
import { expect, type Finding, lengthOf, min } from './mismatch.ts'
import { type Signed, seatsSigned } from './signatures.ts'

/** What a request of a batch costs beside its share of the certificate. */
const GAS_PER_BATCHED = 28_000n
/** What expiring one costs. */
const GAS_EXPIRE = 48_000n

/** What the request holds, with whatever its requester added. */
export function escrowOf({ submitted }: AuditEvidence): bigint {
  return submitted.toppedUp?.escrow ?? submitted.escrow
}

export function maxFeeOf({ submitted }: AuditEvidence): bigint {
  return submitted.toppedUp?.maxFeePerGas ?? submitted.request.maxFeePerGas
}

/** FEE-1. */
export function perSeatOf({ submitted: { request } }: AuditEvidence, fuelUsed: bigint): bigint {
  return request.flatFeePerSeat + request.fuelPrice * fuelUsed
}

/** FEE-4: gas for a certificate and for bytes beside the input. */
export function submissionGas(
  { fees, submitted }: AuditEvidence,
  signers: bigint,
  outputBytes: number,
): bigint {
  const bytes = BigInt(lengthOf(submitted.request.input) + outputBytes)
  return fees.gasBase + fees.gasPerSignature * signers + fees.gasPerByte * bytes
}

/** At once. The callback's gas is known only to lie between nothing and what was bought. */
export function checkPayment(evidence: AuditEvidence, fulfilled: FulfilledEvidence, signed: Signed): string {
  const { request } = evidence.submitted
  const escrow = escrowOf(evidence)
  const { payment, fulfillment, batch } = fulfilled
  expect(payment !== undefined, 'nobody was paid')
  const signers = BigInt(seatsSigned(signed))
  const perSeat = perSeatOf(evidence, fulfillment.fuelUsed)
  expect(payment.perSeat === perSeat, `each seat earned ${payment.perSeat} wei, its terms say ${perSeat}`)
  const pool = perSeat * (BigInt(signed.members.length) - signers)
  expect(payment.pool === pool, `the pool received ${payment.pool} wei for unsigned seats, ${pool} was due`)
  const alone = submissionGas(evidence, signers, lengthOf(fulfillment.output))
  const price = min(fulfilled.baseFeePerGas + evidence.fees.tipMax, maxFeeOf(evidence))
  const gas = batch === undefined ? alone : min(alone, sharedGas(evidence, fulfilled, signers, batch.length))
  const others = perSeat * signers + pool + request.royalty + request.protocolFee
  const least = min(escrow - others, gas * price)
  const most = mostOf(evidence, escrow - others, (alone + BigInt(request.callbackGas)) * price)
  expect(
    least <= payment.submitter && payment.submitter <= most,
    `the submitter received ${payment.submitter} wei, between ${least} and ${most} was due`,
  )
  const sum = others + payment.submitter + payment.refund
  expect(sum === escrow, `the parts add up to ${sum} wei, the escrow was ${escrow}`)
  return `${signers} seats earned ${perSeat} wei each; all parts add up to the escrow of ${escrow}${forData(evidence)}`
}

/** What a submitter may get of what is left. What a rollup charges for data is the adapter's word, which no log keeps. */
export function mostOf({ fees }: AuditEvidence, left: bigint, forGas: bigint): bigint {
  return fees.dataFee === undefined ? min(left, forGas) : left
}

function forData({ fees }: AuditEvidence): string {
  return fees.dataFee === undefined ? '' : `; how much of it data cost is the word of ${fees.dataFee}`
}

/** FEE-4: of an escrow that may be challenged, what who certified it is owed at least and at most. */
export function reimbursementOf(
  evidence: AuditEvidence,
  signers: bigint,
  outputBytes: number,
  baseFeePerGas: bigint,
): { readonly least: bigint; readonly most: bigint } {
  const { request } = evidence.submitted
  const gas = submissionGas(evidence, signers, outputBytes)
  const least = gas * min(baseFeePerGas + evidence.fees.tipMax, maxFeeOf(evidence))
  if (evidence.fees.dataFee === undefined) return { least, most: least }
  return { least, most: least + (escrowOf(evidence) - escrowMin(evidence, request)) / 2n }
}

/** FEE-2, with a challenge window. */
function escrowMin(evidence: AuditEvidence, request: Request): bigint {
  const seats = BigInt(request.committeeSize)
  const gas = submissionGas(evidence, seats, request.outputBytesMax)
  return (
    seats * perSeatOf(evidence, request.fuelLimit) +
    request.royalty +
    request.protocolFee +
    (2n * gas + BigInt(request.callbackGas)) * maxFeeOf(evidence)
  )
}

/** FEE-9: how many of the leaves were settled together is not known, but no more than there are. */
function sharedGas(
  evidence: AuditEvidence,
  { fulfillment }: FulfilledEvidence,
  signers: bigint,
  leaves: number,
): bigint {
  const { gasBase, gasPerSignature } = evidence.fees
  const certified = gasBase + gasPerSignature * signers
  const bytes = submissionGas(evidence, signers, lengthOf(fulfillment.output)) - certified
  return certified / BigInt(Math.max(1, leaves)) + GAS_PER_BATCHED + bytes
}

/** When it was final, less what the submitter of the certificate was owed. */
export function checkFinalPayment(
  evidence: AuditEvidence,
  finality: FinalityEvidence,
  signed: Signed,
): Finding {
  if (finality.final !== undefined) return checkSettlement(evidence, finality, finality.final, signed)
  if (finality.expired !== undefined) return checkRefund(evidence, finality, finality.expired)
  return { pending: 'nobody is paid before it is final' }
}

function checkSettlement(
  evidence: AuditEvidence,
  { certified, challenge }: FinalityEvidence,
  { verdict, payment, fuelUsed, output, baseFeePerGas }: FinalEvidence,
  signed: Signed,
): string {
  const { request } = evidence.submitted
  const { escrow, reimbursement } = certified
  const overturned = verdict === 'overturned'
  const size = BigInt(signed.members.length)
  // Overturned, the challenger is paid what all seats would have earned.
  const paid = overturned ? size : BigInt(seatsSigned(signed))
  const perSeat = perSeatOf(evidence, fuelUsed)
  expect(payment.perSeat === perSeat, `each seat earned ${payment.perSeat} wei, its terms say ${perSeat}`)
  const pool = perSeat * (size - paid)
  expect(payment.pool === pool, `the pool received ${payment.pool} wei for unsigned seats, ${pool} was due`)
  const others = perSeat * paid + pool + request.royalty + request.protocolFee
  const left = escrow - reimbursement - others
  const gas = submissionGas(evidence, paid, lengthOf(output))
  const price = min(baseFeePerGas + evidence.fees.tipMax, certified.maxFeePerGas)
  const least = min(left, gas * price)
  const most = mostOf(evidence, left, (gas + BigInt(request.callbackGas)) * price)
  expect(
    least <= payment.submitter && payment.submitter <= most,
    `who made it final received ${payment.submitter} wei, between ${least} and ${most} was due`,
  )
  const sum = reimbursement + others + payment.submitter + payment.refund
  expect(sum === escrow, `the parts add up to ${sum} wei, the escrow was ${escrow}`)
  const whom = overturned
    ? `the challenger, ${challenge?.challenger}, was paid all ${paid} seats, ${perSeat} wei each`
    : `${paid} seats earned ${perSeat} wei each`
  return `${whom}; all parts add up to the escrow of ${escrow}${forData(evidence)}`
}

/** CHA-7. */
function checkRefund(
  evidence: AuditEvidence,
  { certified }: FinalityEvidence,
  { refund, bounty, baseFeePerGas }: NonNullable<FinalityEvidence['expired']>,
): string {
  const { escrow, reimbursement } = certified
  const price = min(baseFeePerGas + evidence.fees.tipMax, certified.maxFeePerGas)
  const due = min(escrow - reimbursement, GAS_EXPIRE * price)
  expect(bounty === due, `who expired it received ${bounty} wei, ${due} was due`)
  const sum = refund + bounty + reimbursement
  expect(sum === escrow, `the parts add up to ${sum} wei, the escrow was ${escrow}`)
  return `${refund} wei of the escrow of ${escrow} came back; no seat was paid`
}
