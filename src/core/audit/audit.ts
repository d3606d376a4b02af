/**
 * The audit of one fulfilled request: commitment -> randomness -> committee -> signatures -> finality -> payment.
 *
 * Pure: evidence in, verdicts out; it runs in a browser unchanged. Each step trusts only evidence an earlier step has
 * checked; a step whose ground failed is skipped, so the failing line is the cause and not its echo. It needs no
 * coordinator and no node.
 * @module
 */
import { sameHex } from '../../crypto/bytes.ts'
import { requestIdOf } from '../../crypto/eip712.ts'
import { memberAt } from '../snapshot.ts'
import { checkBeacon, checkCommittee, checkRound, checkSnapshot, drawn, snapshotIn } from './draw.ts'
import {
  AUDIT_STEPS,
  type AuditEvidence,
  type AuditStep,
  type AuditStepId,
  type ChallengeEvidence,
  type FinalityEvidence,
  type FulfilledEvidence,
  type ProofEvidence,
} from './evidence.ts'
import { checkCertified, checkFinality } from './finality.ts'
import { checkChallenge } from './hearing.ts'
import { expect, type Finding, Mismatch, short } from './mismatch.ts'
import { checkObservers } from './observers.ts'
import { checkFinalPayment, checkPayment } from './payment.ts'
import { checkProof, checkProofPayment } from './proof.ts'
import { checkAttestations, checkCertificate, checkOutput, type Signed } from './signatures.ts'

/** Each step and the steps it builds on, of those that are taken. */
const GROUNDS: Readonly<Record<AuditStepId, readonly AuditStepId[]>> = {
  request: [],
  round: ['request'],
  beacon: ['round'],
  snapshot: ['request'],
  committee: ['beacon', 'snapshot'],
  // In the open phase nobody was drawn: that the request is this one is ground enough.
  observers: ['proof'],
  proof: ['request', 'committee'],
  output: ['committee'],
  attestations: ['output'],
  certificate: ['attestations'],
  certified: ['certificate'],
  challenge: ['certified'],
  finality: ['certified', 'challenge'],
  payment: ['certificate', 'finality', 'proof'],
}

/** Checks every step in order. Those of a challenge are left out where there can be none. */
export function audit(evidence: AuditEvidence): readonly AuditStep[] {
  const checks = checksOf(evidence)
  const taken = stepsOf(evidence)
  const verdicts = new Map<AuditStepId, AuditStep>()
  for (const id of taken) {
    const missing = GROUNDS[id].find((ground) => taken.includes(ground) && isMissing(verdicts.get(ground)))
    verdicts.set(
      id,
      missing === undefined
        ? run(id, checks[id])
        : { id, verdict: 'skipped', detail: `builds on ${missing}` },
    )
  }
  return [...verdicts.values()]
}

const OF_PROOFS: readonly AuditStepId[] = [
  'request',
  'round',
  'beacon',
  'snapshot',
  'committee',
  'proof',
  'observers',
  'payment',
]
const OF_OPEN_PROOFS: readonly AuditStepId[] = ['request', 'proof', 'observers', 'payment']

function stepsOf({
  submitted,
  fulfilled,
  finality,
  proof,
  observers,
}: AuditEvidence): readonly AuditStepId[] {
  if (submitted.request.consensus === 'zk') {
    const steps = proof?.openPayee === undefined ? OF_PROOFS : OF_OPEN_PROOFS
    return observers === undefined ? steps.filter((id) => id !== 'observers') : steps
  }
  const held = finality !== undefined || (fulfilled !== undefined && submitted.request.challengeWindow > 0)
  return AUDIT_STEPS.filter((id) => {
    if (id === 'proof' || id === 'observers') return false
    if (id === 'challenge') return finality?.challenge !== undefined
    return held || (id !== 'certified' && id !== 'finality')
  })
}

function isMissing(step: AuditStep | undefined): boolean {
  return step?.verdict !== 'passed' && step?.verdict !== 'pending'
}

function run(id: AuditStepId, check: () => Finding): AuditStep {
  try {
    const found = check()
    return typeof found === 'string'
      ? { id, verdict: 'passed', detail: found }
      : { id, verdict: 'pending', detail: found.pending }
  } catch (error) {
    // Hostile evidence also fails in decoders; whatever they throw is the reason.
    return { id, verdict: 'failed', detail: error instanceof Error ? error.message : String(error) }
  }
}

function checksOf(evidence: AuditEvidence): Record<AuditStepId, () => Finding> {
  const fulfilled = (): FulfilledEvidence => given(evidence.fulfilled, 'the request was not fulfilled')
  const finality = (): FinalityEvidence =>
    given(evidence.finality, 'the market says nothing of its certificate')
  const challenge = (): ChallengeEvidence => given(finality().challenge, 'it was not challenged')
  const proof = (): ProofEvidence => given(evidence.proof, 'nothing is known of its key')
  const committee = () => drawn(evidence, fulfilled(), snapshotIn(evidence))
  const signed = (): Signed => {
    const snapshot = snapshotIn(evidence)
    const members = committee().map((index) => memberAt(snapshot, index).attestor)
    const { fulfillment, batch } = fulfilled()
    return { fulfillment, batch, members }
  }
  return {
    request: () => checkRequest(evidence),
    round: () => checkRound(evidence, fulfilled()),
    beacon: () => checkBeacon(evidence, fulfilled()),
    snapshot: () => checkSnapshot(evidence),
    committee: () => checkCommittee(evidence, fulfilled(), snapshotIn(evidence)),
    proof: () => checkProof(evidence, proof(), fulfilled(), proof().openPayee ?? signed().members[0] ?? '0x'),
    observers: () =>
      checkObservers(evidence, given(evidence.observers, 'nothing is known of them'), fulfilled()),
    output: () => checkOutput(evidence, signed()),
    attestations: () => checkAttestations(evidence, signed()),
    certificate: () => checkCertificate(evidence, signed()),
    certified: () => checkCertified(evidence, fulfilled(), evidence.finality, signed()),
    challenge: () => checkChallenge(evidence, finality(), challenge(), snapshotIn(evidence), committee()),
    finality: () => checkFinality(evidence, fulfilled(), finality()),
    payment: () =>
      evidence.submitted.request.consensus === 'zk'
        ? checkProofPayment(evidence, proof(), fulfilled())
        : evidence.finality === undefined
          ? checkPayment(evidence, fulfilled(), signed())
          : checkFinalPayment(evidence, evidence.finality, signed()),
  }
}

function given<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new Mismatch(problem)
  return value
}

function checkRequest(evidence: AuditEvidence): string {
  const { chainId, market, requestId, submitted } = evidence
  const digest = requestIdOf({ chainId, contract: market }, submitted.request)
  expect(sameHex(digest, requestId), `the emitted request's digest is ${digest}`)
  return `the emitted request hashes to ${short(requestId)}`
}
