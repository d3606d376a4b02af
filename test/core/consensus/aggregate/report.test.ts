import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeEvidence,
  encodeEvidence,
  evidenceHashOf,
} from '../../../../src/core/consensus/aggregate/evidence.ts'
import {
  type Observation,
  observationDigest,
  observationProblem,
} from '../../../../src/core/consensus/aggregate/observation.ts'
import { EXIT_NO_VALUE, reportOfObservations } from '../../../../src/core/consensus/aggregate/report.ts'
import { parseAgreement } from '../../../../src/core/consensus/agreement.ts'
import { toBytesBE, toHex } from '../../../../src/crypto/bytes.ts'
import { tagHash } from '../../../../src/crypto/hash.ts'
import { addressOfPrivateKey, signDigest } from '../../../../src/crypto/signature.ts'
import type { Address } from '../../../../src/protocol/types.ts'

const KEYS = Array.from({ length: 4 }, (_, i) => Buffer.from(tagHash(`observer ${i}`).slice(2), 'hex'))
const FUEL_LIMIT = 1_000n
const bounds = {
  domain: { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address },
  requestId: tagHash('a request'),
  attempt: 1,
  committee: KEYS.map(addressOfPrivateKey),
  fuelLimit: FUEL_LIMIT,
  outputBytesMax: 64,
} as const

function observation(seat: number, value: bigint, patch: Partial<Observation> = {}): Observation {
  const observed = { exit: 0, fuelUsed: 10n + BigInt(seat), output: toBytesBE(value, 32), ...patch }
  const signature = signDigest(KEYS[seat] ?? new Uint8Array(32), observationDigest(bounds, observed))
  return { signature, ...observed, seat }
}

function terms(text = 'kind=median;max=100;type=uint256') {
  const agreement = parseAgreement('aggregate', text)
  assert(agreement.mode === 'aggregate' && agreement.rule.kind !== 'custom')
  return { rule: agreement.rule, faults: 1, quorum: 3, fuelLimit: FUEL_LIMIT, weightOf: () => 1n }
}

const value = (number: number) => toHex(toBytesBE(BigInt(number), 32))

describe('an observation', () => {
  it('[AGG-2] counts when its member signed it for this market, request and attempt', () => {
    const seen = observation(2, 5n)
    assert.equal(observationProblem(bounds, seen), undefined)
    const elsewhere = { domain: { ...bounds.domain, chainId: 1 } }
    for (const other of [elsewhere, { requestId: tagHash('another') }, { attempt: 0 }])
      assert.equal(observationProblem({ ...bounds, ...other }, seen), 'bad-signature')
    assert.equal(observationProblem(bounds, { ...seen, seat: 1 }), 'bad-signature')
    assert.equal(observationProblem(bounds, { ...seen, seat: 4 }), 'unknown-seat')
    assert.equal(observationProblem(bounds, { ...seen, output: toBytesBE(6n, 32) }), 'bad-signature')
    assert.equal(observationProblem(bounds, { ...seen, fuelUsed: 11n }), 'bad-signature')
    assert.equal(observationProblem(bounds, { ...seen, exit: 1 }), 'bad-signature')
  })

  it('[AGG-2] is within the bounds of the request', () => {
    const of = (patch: Partial<Observation>) => observationProblem(bounds, observation(0, 5n, patch))
    assert.equal(of({ output: new Uint8Array(65) }), 'output-too-large')
    assert.equal(of({ fuelUsed: FUEL_LIMIT + 1n }), 'fuel-above-limit')
    assert.equal(of({ exit: 0x100, fuelUsed: 5n }), 'fuel-below-limit')
  })
})

describe('the evidence of a report', () => {
  it('[AGG-3] is read back as it was written, in the order of seats', () => {
    const seen = [
      observation(3, 7n),
      observation(0, 5n),
      observation(1, 6n, { exit: 9, output: new Uint8Array() }),
    ]
    const bytes = encodeEvidence(seen)
    assert.deepEqual(decodeEvidence(bytes, 4), [seen[1], seen[2], seen[0]])
    assert.notEqual(evidenceHashOf(bytes), evidenceHashOf(encodeEvidence(seen.slice(1))))
    assert.throws(() => encodeEvidence([observation(1, 1n), observation(1, 2n)]), { code: 'INVALID_INPUT' })
  })

  it('[AGG-3] is refused cut short, with more behind it, or of a seat there is not', () => {
    const bytes = encodeEvidence([observation(0, 5n), observation(3, 6n)])
    for (let cut = 0; cut < bytes.length; cut++)
      assert.throws(() => decodeEvidence(bytes.subarray(0, cut), 4), { code: 'INVALID_INPUT' }, `${cut}`)
    assert.throws(() => decodeEvidence(Buffer.concat([bytes, Buffer.of(0)]), 4), { code: 'INVALID_INPUT' })
    assert.throws(() => decodeEvidence(bytes, 3), { code: 'INVALID_INPUT' })
  })

  it('[AGG-3] whatever the bytes are is decoded or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          assert.deepEqual(encodeEvidence(decodeEvidence(bytes, 256)), bytes)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'INVALID_INPUT')
        }
      }),
    )
  })
})

describe('the report of observations', () => {
  it('[AGG-5] is one value, the middle of the fuel, and the hash of what it rests on', () => {
    const seen = [observation(0, 9n), observation(1, 5n), observation(2, 7n)]
    const report = reportOfObservations(terms(), seen) ?? assert.fail('a report')
    assert.equal(toHex(report.outcome.output), value(7))
    assert.deepEqual([report.outcome.exit, report.outcome.fuelUsed], [0, 11n])
    assert.equal(report.outcome.evidenceHash, evidenceHashOf(report.evidence))
    assert.deepEqual(reportOfObservations(terms(), seen.toReversed()), report)
  })

  it('[AGG-5] needs a quorum, and 2f + 1 values of it or f + 1 failures', () => {
    const failed = (seat: number) => observation(seat, 0n, { exit: 4, output: new Uint8Array() })
    assert.equal(reportOfObservations(terms(), [observation(0, 1n), observation(1, 2n)]), undefined)
    const two = [observation(0, 1n), observation(1, 2n)]
    assert.equal(reportOfObservations(terms(), [...two, failed(2)]), undefined, 'neither')
    assert.equal(reportOfObservations(terms(), [...two, failed(2), failed(3)])?.outcome.exit, 4)
    assert.equal(reportOfObservations(terms(), [...two, observation(3, 3n), failed(2)])?.outcome.exit, 0)
  })

  it('[AGG-1] [AGG-5] is a failure of no value when outputs are none, or out of bounds', () => {
    const seen = [
      observation(0, 1n),
      observation(1, 101n),
      observation(2, 1n, { output: new Uint8Array(31) }),
    ]
    const { outcome } = reportOfObservations(terms(), seen) ?? assert.fail('a report')
    assert.deepEqual([outcome.exit, outcome.output.length], [EXIT_NO_VALUE, 0])
  })

  it('[AGG-5] [FEE-6] of traps costs all the fuel', () => {
    const trap = { exit: 0x101, fuelUsed: FUEL_LIMIT, output: new Uint8Array() }
    const seen = [0, 1, 2].map((seat) => observation(seat, 0n, trap))
    assert.equal(reportOfObservations(terms(), seen)?.outcome.fuelUsed, FUEL_LIMIT)
  })

  it('[AGG-5] is no failure because values lie too far apart to count', () => {
    const apart = 'deviation=100;kind=median;type=uint64'
    const seen = [observation(0, 10_000n), observation(1, 20_000n), observation(2, 30_000n)]
    const trap = observation(3, 0n, { exit: 0x100, fuelUsed: FUEL_LIMIT, output: new Uint8Array() })
    assert.equal(reportOfObservations(terms(apart), [...seen.slice(0, 2), trap]), undefined)
    assert.equal(reportOfObservations(terms(apart), [...seen, trap]), undefined)
  })

  it('[AGG-5] is of an exit that an honest member had: one liar makes nobody pay for a trap', () => {
    const failed = (seat: number, exit: number, fuelUsed: bigint) =>
      observation(seat, 0n, { exit, fuelUsed, output: new Uint8Array() })
    const mixed = [failed(0, 3, 10n), failed(1, 4, 11n), failed(2, 0x100, FUEL_LIMIT)]
    const { outcome } = reportOfObservations(terms(), mixed) ?? assert.fail('a report')
    assert.deepEqual([outcome.exit, outcome.fuelUsed], [EXIT_NO_VALUE, 11n])
    const none = [observation(0, 1n), observation(1, 2n), observation(2, 3n)]
    const trap = failed(3, 0x100, FUEL_LIMIT)
    const { outcome: of } =
      reportOfObservations(terms('kind=mode;type=uint64'), [...none, trap]) ?? assert.fail('a report')
    assert.deepEqual([of.exit, of.fuelUsed < FUEL_LIMIT], [EXIT_NO_VALUE, true])
  })

  it('[AGG-5] is a failure when a sum does not fit its type', () => {
    const seen = [0, 1, 2].map((seat) => observation(seat, 200n))
    assert.equal(reportOfObservations(terms('kind=sum;type=uint8'), seen)?.outcome.exit, EXIT_NO_VALUE)
  })
})
