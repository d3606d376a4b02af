/**
 * The steps of an audit that look at a proof: what was proved, under which key, and who is paid for it (ZKP-3 to ZKP-5).
 * @module
 */
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { reportDigest } from '../../crypto/eip712.ts'
import { bindingOf, verifyProof } from '../../crypto/groth16.ts'
import { keyOfCode, verificationKeyHash } from '../../crypto/groth16-key.ts'
import { PROOF_BYTES } from '../../protocol/limits.ts'
import type { Address } from '../../protocol/types.ts'
import { wordsOf } from '../circuit/manifest.ts'
import { NO_EVIDENCE, reportOf } from '../request/attestation.ts'
import type { AuditEvidence, FulfilledEvidence, ProofEvidence } from './evidence.ts'
import { expect, lengthOf, Mismatch, min, short } from './mismatch.ts'
import { escrowOf, maxFeeOf, mostOf } from './payment.ts'

/** What a proof costs in a batch beside its share of what is once, as the market reckons it (FEE-9). */
const GAS_PER_PROOF_BATCHED_MIN = 28_000n

/** @param payee the node that was drawn, or whom an open settlement named. */
export function checkProof(
  { requestId, submitted: { request } }: AuditEvidence,
  { code, registered, openPayee }: ProofEvidence,
  fulfilled: FulfilledEvidence,
  payee: Address,
): string {
  const { fulfillment } = fulfilled
  const key = keyOfCode(fromHex(code, 'code of the verifier'))
  expect(
    registered !== undefined && sameHex(registered, request.verifier),
    `the proof system has ${registered ?? 'no contract'} for the key that ${request.verifier} shows`,
  )
  if (openPayee !== undefined) {
    const closesAt = request.attempts.at(-1)?.closesAt ?? 0n
    expect(
      closesAt <= fulfilled.time && fulfilled.time < request.deadline,
      `settled at ${fulfilled.time}, outside the open turn [${closesAt}, ${request.deadline})`,
    )
  }
  const { exit, fuelUsed, evidenceHash, view } = fulfillment
  expect(
    exit === 0 && fuelUsed === 0n && view === 0 && sameHex(evidenceHash, NO_EVIDENCE),
    'it says what no proof shows: an exit, fuel, a view or evidence',
  )
  const outputs = wordsOf(fromHex(fulfillment.output, 'output'))
  expect(outputs.length === key.outputs, `${outputs.length} outputs, the circuit has ${key.outputs}`)
  const binding = key.isBound ? [bindingOf(requestId, payee)] : []
  const inputs = [...outputs, ...wordsOf(fromHex(request.input, 'input')), ...binding]
  const verdict = verifyProof(key, inputs, proofIn(requestId, fulfilled))
  if (!verdict.isValid) throw new Mismatch(`the proof does not hold: ${verdict.reason}`)
  const made = key.isCeremony
    ? 'made by a ceremony, its maker says'
    : 'a key for development: whoever made it can prove anything'
  const whose = key.isBound ? `, bound to this request and ${payee}` : ''
  return `it holds for ${inputs.length} public inputs${whose}; key ${short(verificationKeyHash(key))}, ${made}`
}

/** Of a batch, that which stands where the request's own report does. */
function proofIn(
  requestId: AuditEvidence['requestId'],
  { fulfillment, batch }: FulfilledEvidence,
): Uint8Array {
  const proofs = fromHex(fulfillment.certificate, 'proof')
  if (batch === undefined) return proofs
  const own = reportDigest(reportOf(requestId, { ...fulfillment, output: fromHex(fulfillment.output) }))
  const place = batch.findIndex((leaf) => sameHex(leaf, own))
  expect(place >= 0, 'the batch is of other reports than the emitted one')
  return proofs.subarray(PROOF_BYTES * place, PROOF_BYTES * (place + 1))
}

/** FEE-1, FEE-4: one prover, and a proof's gas in place of signatures'. */
export function checkProofPayment(
  evidence: AuditEvidence,
  { gasPerProof, gasPerProvenByte }: ProofEvidence,
  { payment, fulfillment, batch, baseFeePerGas }: FulfilledEvidence,
): string {
  const { fees, submitted } = evidence
  const { request } = submitted
  expect(payment !== undefined, 'nobody was paid')
  const fee = request.flatFeePerSeat
  expect(payment.perSeat === fee, `the prover earned ${payment.perSeat} wei, its terms say ${fee}`)
  expect(payment.pool === 0n, `the pool received ${payment.pool} wei: there is no unsigned seat`)
  const escrow = escrowOf(evidence)
  const left = escrow - fee - request.royalty - request.protocolFee
  const bytes = BigInt(lengthOf(request.input) + lengthOf(fulfillment.output))
  const forBytes = fees.gasPerByte * bytes
  const gas = fees.gasBase + gasPerProof + gasPerProvenByte * bytes + forBytes
  // How many were settled together is in no log: no more than the batch has.
  const alone = gas - forBytes
  const shared = alone / BigInt(Math.max(1, batch?.length ?? 1)) + GAS_PER_PROOF_BATCHED_MIN + forBytes
  const price = min(baseFeePerGas + fees.tipMax, maxFeeOf(evidence))
  const least = min(left, (batch === undefined ? gas : min(gas, shared)) * price)
  const most = mostOf(evidence, left, (gas + BigInt(request.callbackGas)) * price)
  expect(
    least <= payment.submitter && payment.submitter <= most,
    `the submitter received ${payment.submitter} wei, between ${least} and ${most} was due`,
  )
  const sum = escrow - left + payment.submitter + payment.refund
  expect(sum === escrow, `the parts add up to ${sum} wei, the escrow was ${escrow}`)
  return `the prover earned ${fee} wei; all parts add up to the escrow of ${escrow}`
}
