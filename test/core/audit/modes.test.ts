/** What a certificate of each mode may say, and what the audit says that it proves. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type { AuditStepId } from '../../../src/core/audit/evidence.ts'
import { VIEW_MAX } from '../../../src/core/consensus/views.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import type { Consensus, Hex } from '../../../src/protocol/types.ts'
import { createScene, output } from './scene.ts'

const SOME: Hex = tagHash('some evidence')

/** Of five seats, 0, 1, 2 and 4 sign unless it is said otherwise. */
function audited(consensus: Consensus, view: number, evidenceHash: Hex, seats = [0, 1, 2, 4]) {
  const scene = createScene(7, { consensus })
  const reported = { view, exit: 0, fuelUsed: 20n, evidenceHash, output }
  const certificate = scene.certify(seats, scene.request, reported)
  const fulfilled = { ...scene.fulfilled, fulfillment: { attempt: 0, ...reported, certificate } }
  const steps = audit({ ...scene.honest, fulfilled })
  return (id: AuditStepId) => steps.find((step) => step.id === id) ?? assert.fail(id)
}

describe('the audit of a result of each mode', () => {
  const kinds: readonly [Consensus, number, Hex, RegExp, RegExp][] = [
    [
      'exact',
      0,
      NO_EVIDENCE,
      /; exact: 4 must sign, and 1 may be faulty$/,
      /^exact: 4 of 5 signed, 4 needed; the own runs of at least 3 honest members/,
    ],
    [
      'pbft',
      2,
      SOME,
      /; pbft: 4 must sign, and 1 may be faulty$/,
      /^pbft, view 2: 4 of 5 signed, 4 needed; one member’s run .* at least one honest member found it acceptable$/,
    ],
    [
      'aggregate',
      1,
      SOME,
      /; aggregate: 4 must sign, and 1 may be faulty$/,
      /^aggregate, view 1: .*quorum’s signed observations, at least 3 of them honest$/,
    ],
    [
      'raft',
      5,
      NO_EVIDENCE,
      /; raft: 3 must sign, and none may lie$/,
      /^raft, term 5: 4 of 5 signed, 3 needed; its leader alone ran it: .*not from lies$/,
    ],
  ]
  for (const [consensus, view, evidenceHash, committee, certificate] of kinds)
    it(`says of ${consensus} in which view it was signed, by how many, and what that proves [AUD-1]`, () => {
      const step = audited(consensus, view, evidenceHash)
      assert.equal(step('certificate').verdict, 'passed', step('certificate').detail)
      assert.match(step('committee').detail, committee)
      assert.match(step('certificate').detail, certificate)
    })

  it('fails a view that the mode does not have, whoever signed it [AUD-1] [QC-3]', () => {
    const views: readonly [Consensus, number, Hex][] = [
      ['exact', 1, NO_EVIDENCE],
      ['pbft', VIEW_MAX + 1, NO_EVIDENCE],
      ['aggregate', VIEW_MAX + 1, SOME],
      ['raft', 0, NO_EVIDENCE],
      ['raft', 2 ** 31 + 1, NO_EVIDENCE],
    ]
    for (const [consensus, view, evidenceHash] of views) {
      const { verdict, detail } = audited(consensus, view, evidenceHash)('output')
      assert.equal(verdict, 'failed', `${consensus} ${view}`)
      assert.match(detail, new RegExp(`^view ${view} is none`))
    }
  })

  it('fails evidence where there can be none, and an aggregate without [AUD-1] [AGG-3]', () => {
    assert.match(audited('exact', 0, SOME)('output').detail, /has no evidence/)
    assert.equal(audited('exact', 0, SOME)('output').verdict, 'failed')
    assert.match(audited('aggregate', 0, NO_EVIDENCE)('output').detail, /names no observations/)
    assert.equal(audited('aggregate', 0, NO_EVIDENCE)('output').verdict, 'failed')
    for (const consensus of ['pbft', 'raft'] as const)
      for (const evidenceHash of [SOME, NO_EVIDENCE])
        assert.equal(audited(consensus, 1, evidenceHash)('output').verdict, 'passed')
  })

  it('takes a majority of raft, and a byzantine quorum of the others [AUD-1] [QC-1]', () => {
    assert.equal(audited('raft', 1, NO_EVIDENCE, [0, 1, 2])('certificate').verdict, 'passed')
    assert.equal(audited('raft', 1, NO_EVIDENCE, [0, 1])('certificate').verdict, 'failed')
    assert.equal(audited('pbft', 1, NO_EVIDENCE, [0, 1, 2])('certificate').verdict, 'failed')
    assert.equal(audited('aggregate', 1, SOME, [0, 1, 2])('certificate').verdict, 'failed')
  })
})
