import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type { AuditEvidence } from '../../../src/core/audit/evidence.ts'
import { createScene } from './scene.ts'

const { fulfilled, honest } = createScene()
const ADAPTER = `0x${'da'.repeat(20)}` as const
const { submitter, refund } = fulfilled.payment

function paying(more: bigint, patch: Partial<AuditEvidence> = {}): AuditEvidence {
  const payment = { ...fulfilled.payment, submitter: submitter + more, refund: refund - more }
  const fees = { ...honest.fees, dataFee: ADAPTER }
  return { ...honest, fees, fulfilled: { ...fulfilled, payment }, ...patch }
}

const paymentOf = (evidence: AuditEvidence) => audit(evidence).find(({ id }) => id === 'payment')

describe('the audit of a payment where a rollup charges for data', () => {
  it('[FEE-4] takes up to what the escrow had left, and says whose word it is', () => {
    for (const more of [0n, 1n, refund]) {
      const step = paymentOf(paying(more))
      assert.equal(step?.verdict, 'passed', step?.detail)
      assert.match(step.detail, new RegExp(ADAPTER))
    }
  })

  it('[FEE-4] fails below what gas comes to, above what was left, and where no such fee is', () => {
    const { dataFee: _, ...withoutFee } = honest.fees
    for (const [more, patch] of [
      [-submitter, {}],
      [refund + 1n, {}],
      [refund, { fees: { ...withoutFee, dataFee: undefined } }],
    ] as const)
      assert.equal(paymentOf(paying(more, patch))?.verdict, 'failed', `${more}`)
  })
})
