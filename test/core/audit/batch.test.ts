/** The audit of requests that were settled in a batch, and of requests whose requester added to them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type { AuditEvidence, AuditStepId, FulfilledEvidence } from '../../../src/core/audit/evidence.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { reportDigest } from '../../../src/crypto/eip712.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { createScene, flip, otherLeaf, output, type Reported, reportIn } from './scene.ts'

const FEES = { gasBase: 100_000n, gasPerSignature: 10_000n, gasPerByte: 10n, tipMax: 5n, dataFee: undefined }
const { request, fulfilled, honest, certify } = createScene()
const REPORTED: Reported = { view: 0, exit: 0, fuelUsed: 20n, evidenceHash: NO_EVIDENCE, output }
const own = reportDigest(reportIn(request, REPORTED))
/** Of two other requests, before and after it. */
const leaves = [otherLeaf(request), own, tagHash('a report of another')]
const SEATS = [0, 1, 2, 4]
/** A third of 140,000, 28,000 and 34 bytes at 10, at 2 wei. */
const SHARED = (140_000n / 3n + 28_000n + 340n) * 2n
/** Four seats and the pool's, at 1,060 each, royalty and protocol fee. */
const OTHERS = 5n * 1_060n + 70n + 50n
const ESCROW = 300_000n

const settled = {
  ...fulfilled,
  fulfillment: { ...fulfilled.fulfillment, certificate: certify(SEATS, request, REPORTED, { leaves }) },
  batch: leaves,
  payment: { perSeat: 1_060n, pool: 1_060n, submitter: SHARED, refund: ESCROW - OTHERS - SHARED },
} satisfies FulfilledEvidence
const batched: AuditEvidence = {
  ...honest,
  fees: FEES,
  submitted: { ...honest.submitted, escrow: ESCROW },
  fulfilled: settled,
}

function withSettled(patch: Partial<FulfilledEvidence>): AuditEvidence {
  return { ...batched, fulfilled: { ...settled, ...patch } }
}

function paying(submitter: bigint): AuditEvidence {
  return withSettled({ payment: { ...settled.payment, submitter, refund: ESCROW - OTHERS - submitter } })
}

function failedIn(evidence: AuditEvidence): readonly AuditStepId[] {
  return audit(evidence).flatMap(({ id, verdict }) =>
    verdict === 'failed' && id !== 'reexecution' ? [id] : [],
  )
}

describe('the audit of a request settled in a batch', () => {
  it('[MKT-17] passes every step when its report is among the leaves the committee signed', () => {
    assert.deepEqual(
      audit(batched).filter(({ verdict }) => verdict !== 'passed'),
      [],
    )
  })

  it('[FEE-9] passes with what fewer settled together cost, and no more than alone', () => {
    const alone = (140_000n + 340n) * 2n
    assert.deepEqual(failedIn(paying(alone)), [])
    assert.deepEqual(failedIn(paying(alone + 1n)), ['payment'])
    assert.deepEqual(failedIn(paying(SHARED - 1n)), ['payment'])
  })

  const cases: readonly [string, AuditStepId, AuditEvidence][] = [
    ['its report, to none of the leaves', 'output', withSettled({ batch: leaves.toSpliced(1, 1) })],
    ['a leaf of another request', 'output', withSettled({ batch: leaves.with(0, flip(own, 0)) })],
    ['the order of the leaves', 'output', withSettled({ batch: leaves.toReversed() })],
    ['a leaf too many', 'output', withSettled({ batch: [...leaves, own] })],
    ['the leaves, to its own alone', 'output', withSettled({ batch: [own] })],
    ['the leaves, to none', 'output', withSettled({ batch: undefined })],
    [
      'the output',
      'output',
      withSettled({ fulfillment: { ...settled.fulfillment, output: flip(output, 1) } }),
    ],
    ['the fuel', 'output', withSettled({ fulfillment: { ...settled.fulfillment, fuelUsed: 21n } })],
    [
      'a signature',
      'attestations',
      withSettled({
        fulfillment: { ...settled.fulfillment, certificate: flip(settled.fulfillment.certificate, 40) },
      }),
    ],
    [
      'the certificate, to one of too few',
      'certificate',
      withSettled({
        fulfillment: {
          ...settled.fulfillment,
          certificate: certify([0, 1, 2], request, REPORTED, { leaves }),
        },
      }),
    ],
    ['the refund', 'payment', withSettled({ payment: { ...settled.payment, refund: 1n } })],
    ['the pay of a seat', 'payment', withSettled({ payment: { ...settled.payment, perSeat: 1_061n } })],
  ]
  for (const [name, step, evidence] of cases) {
    it(`[MKT-17] fails at exactly ${step} when ${name} is not what it was`, () => {
      assert.deepEqual(failedIn(evidence), [step], JSON.stringify(audit(evidence), null, 1))
    })
  }
})

describe('the audit of a request its requester added to', () => {
  const toppedUp = { escrow: 6_500n, maxFeePerGas: 4n }
  /** 174 gas at 4 wei. */
  const payment = { ...fulfilled.payment, submitter: 696n, refund: 384n }
  const raised: AuditEvidence = {
    ...honest,
    submitted: { ...honest.submitted, toppedUp },
    fulfilled: { ...fulfilled, payment },
  }
  const withTopUp = (patch: Partial<typeof toppedUp> | undefined): AuditEvidence => ({
    ...raised,
    submitted: { ...raised.submitted, toppedUp: patch && { ...toppedUp, ...patch } },
  })

  it('[MKT-20] passes with the escrow and the price of gas they became', () => {
    assert.deepEqual(
      audit(raised).filter(({ verdict }) => verdict !== 'passed'),
      [],
    )
  })

  const cases: readonly [string, AuditEvidence][] = [
    ['what was added is hidden', withTopUp(undefined)],
    ['the escrow is another', withTopUp({ escrow: 6_501n })],
    ['the limit on the price of gas is another', withTopUp({ maxFeePerGas: 2n })],
    [
      'the price of gas is above the limit',
      { ...raised, fulfilled: { ...fulfilled, payment: { ...payment, submitter: 870n, refund: 210n } } },
    ],
    [
      'the refund is what it was before',
      { ...raised, fulfilled: { ...fulfilled, payment: { ...payment, refund: 84n } } },
    ],
  ]
  for (const [name, evidence] of cases) {
    it(`[MKT-20] fails at exactly payment when ${name}`, () => {
      assert.deepEqual(failedIn(evidence), ['payment'], JSON.stringify(audit(evidence), null, 1))
    })
  }
})
