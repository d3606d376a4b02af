import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type { AuditEvidence, AuditStepId, FulfilledEvidence } from '../../../src/core/audit/evidence.ts'
import { encodeBlsCertificate } from '../../../src/core/bls-certificate.ts'
import { leafOf, NO_EVIDENCE, reportOf } from '../../../src/core/request/attestation.ts'
import { encodeSnapshot } from '../../../src/core/snapshot.ts'
import { blsPublicKey, blsSecretOf, signBls } from '../../../src/crypto/bls.ts'
import { fromHex, toHex } from '../../../src/crypto/bytes.ts'
import {
  beaconPublicKey,
  decompressG1,
  g2ToEip2537,
  randomnessOf,
  signRound,
} from '../../../src/crypto/drand.ts'
import { requestIdOf } from '../../../src/crypto/eip712.ts'
import { compressG1, compressG2 } from '../../../src/crypto/eip2537.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { addressOfPrivateKey } from '../../../src/crypto/signature.ts'
import type { Address, Hex, Request } from '../../../src/protocol/types.ts'
import { blob, createScene, domain, flip, GWEI, output, secret } from './scene.ts'

const { keys, snapshot, request, requestId, committee, certify, fulfilled, honest } = createScene()
const { randomness, signature } = fulfilled.round
const compressed = signRound(secret, 101n)

function withFulfilled(patch: Partial<FulfilledEvidence>): AuditEvidence {
  return { ...honest, fulfilled: { ...fulfilled, ...patch } }
}

/** A snapshot whose second place holds the first node again: as many nodes as the logs say, every weight as bonded. */
function doubled() {
  const [first, second, ...others] = snapshot.members
  assert.ok(first !== undefined && second !== undefined)
  const stakes = new Map([first, second, ...others].map(({ attestor, weight }) => [attestor, weight * GWEI]))
  return { stakes, code: toHex(encodeSnapshot([first, first, ...others])) }
}

/** The same evidence of a request with other terms: everything but them fits. */
function withTerms(patch: Partial<Request>, outcome: Partial<FulfilledEvidence['fulfillment']> = {}) {
  const changed: Request = { ...request, ...patch }
  const id = requestIdOf(domain, changed)
  const fulfillment = { ...fulfilled.fulfillment, ...outcome }
  const certificate = certify([0, 1, 2, 4], changed, fulfillment)
  const evidence: AuditEvidence = {
    ...honest,
    requestId: id,
    submitted: { ...honest.submitted, request: changed },
    fulfilled: { ...fulfilled, fulfillment: { ...fulfillment, certificate } },
  }
  return evidence
}

describe('the audit of an honest request', () => {
  it('passes every step', () => {
    const steps = audit(honest)
    assert.deepEqual(
      steps.filter(({ verdict }) => verdict !== 'passed'),
      [],
    )
    assert.equal(steps.length, 9)
  })
})

describe('the audit of tampered evidence', () => {
  const { fulfillment, payment } = fulfilled
  const stakes = new Map(honest.snapshot.stakes)
  const [richest] = stakes.keys()
  const cases: readonly [string, AuditStepId, AuditEvidence][] = [
    [
      'the request',
      'request',
      { ...honest, submitted: { ...honest.submitted, request: { ...request, input: '0x1235' } } },
    ],
    ['the request id', 'request', { ...honest, requestId: flip(requestId, 3) }],
    [
      'a round emitted before the request',
      'round',
      { ...honest, submitted: { ...honest.submitted, time: 1_100n } },
    ],
    ['a fulfilment after its window', 'round', withFulfilled({ time: 1_120n })],
    [
      'the beacon signature',
      'beacon',
      withFulfilled({ round: { round: 101n, randomness, signature: decompressG1(signRound(secret, 102n)) } }),
    ],
    [
      'the beacon the registry verifies against',
      'beacon',
      {
        ...honest,
        registeredBeacon: {
          ...honest.registeredBeacon,
          publicKey: g2ToEip2537(beaconPublicKey(`0x${'11'.repeat(32)}`)),
        },
      },
    ],
    [
      'the randomness',
      'beacon',
      withFulfilled({ round: { round: 101n, randomness: flip(randomness, 0), signature } }),
    ],
    [
      'another round',
      'beacon',
      withFulfilled({
        round: {
          round: 102n,
          randomness: randomnessOf(signRound(secret, 102n)),
          signature: decompressG1(signRound(secret, 102n)),
        },
      }),
    ],
    [
      'a posted signature that is no point of the curve',
      'beacon',
      withFulfilled({ round: { round: 101n, randomness, signature: flip(signature, 127) } }),
    ],
    [
      'the beacon signature, with the randomness that follows from it,',
      'beacon',
      withFulfilled({
        round: {
          round: 101n,
          randomness: randomnessOf(signRound(secret, 102n)),
          signature: decompressG1(signRound(secret, 102n)),
        },
      }),
    ],
    ['a round that was never posted', 'beacon', withFulfilled({ round: undefined, committee: undefined })],
    [
      'a registered key that is no point of the curve',
      'beacon',
      {
        ...honest,
        registeredBeacon: {
          ...honest.registeredBeacon,
          publicKey: flip(honest.registeredBeacon.publicKey, 255),
        },
      },
    ],
    [
      'an attempt the request does not have',
      'round',
      withFulfilled({
        fulfillment: { ...fulfillment, attempt: 7 },
        round: undefined,
        committee: undefined,
      }),
    ],
    [
      'an epoch that was never sealed',
      'snapshot',
      { ...honest, snapshot: { ...honest.snapshot, sealed: undefined, code: '0x' } },
    ],
    ['a committee the market does not name', 'committee', withFulfilled({ committee: undefined })],
    [
      'a weight in the snapshot',
      'snapshot',
      { ...honest, snapshot: { ...honest.snapshot, code: flip(honest.snapshot.code, 14 + 7 * 8 - 9) } },
    ],
    [
      'an attestor in the snapshot',
      'snapshot',
      { ...honest, snapshot: { ...honest.snapshot, code: flip(honest.snapshot.code, 14 + 7 * 8 + 3) } },
    ],
    [
      'a node left out of the snapshot',
      'snapshot',
      {
        ...honest,
        snapshot: {
          ...honest.snapshot,
          stakes: new Map([...stakes, [`0x${'77'.repeat(20)}` as Address, GWEI]]),
        },
      },
    ],
    [
      'a stake bonded after the boundary',
      'snapshot',
      { ...honest, snapshot: { ...honest.snapshot, stakes: new Map([...stakes, [richest ?? '0x', GWEI]]) } },
    ],
    [
      'another snapshot',
      'snapshot',
      {
        ...honest,
        snapshot: { ...honest.snapshot, sealed: { blob: `0x${'09'.repeat(20)}`, sealedAt: 1_050n } },
      },
    ],
    [
      'a snapshot sealed later',
      'snapshot',
      { ...honest, snapshot: { ...honest.snapshot, sealed: { blob, sealedAt: 1_096n } } },
    ],
    [
      'one node in two places of the snapshot, and another in none',
      'snapshot',
      { ...honest, snapshot: { ...honest.snapshot, ...doubled() } },
    ],
    ['a member', 'committee', withFulfilled({ committee: committee.with(2, (committee[2] ?? 0) + 1) })],
    ['the order of members', 'committee', withFulfilled({ committee: committee.toReversed() })],
    ['the output', 'output', withFulfilled({ fulfillment: { ...fulfillment, output: flip(output, 31) } })],
    ['the exit', 'output', withFulfilled({ fulfillment: { ...fulfillment, exit: 1 } })],
    [
      'a signature',
      'attestations',
      withFulfilled({ fulfillment: { ...fulfillment, certificate: flip(fulfillment.certificate, 40) } }),
    ],
    [
      'too few signatures',
      'certificate',
      withFulfilled({ fulfillment: { ...fulfillment, certificate: certify([0, 1, 2]) } }),
    ],
    ['the pay of a seat', 'payment', withFulfilled({ payment: { ...payment, perSeat: 1001n } })],
    ['the pay of unsigned seats', 'payment', withFulfilled({ payment: { ...payment, pool: 0n } })],
    [
      'the submitter’s pay',
      'payment',
      withFulfilled({ payment: { ...payment, submitter: 349n, refund: 531n } }),
    ],
    ['the refund', 'payment', withFulfilled({ payment: { ...payment, refund: 531n } })],
  ]
  for (const [name, step, evidence] of cases) {
    it(`fails at exactly ${step} when ${name} is not what it was`, () => {
      const steps = audit(evidence)
      assert.deepEqual(
        steps.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id),
        [step],
        JSON.stringify(steps, null, 1),
      )
    })
  }

  const reasons: readonly [AuditStepId, RegExp, AuditEvidence][] = [
    ['beacon', /^round 101 was never posted$/, withFulfilled({ round: undefined, committee: undefined })],
    [
      'beacon',
      /^round 101 as posted is no signature at all$/,
      withFulfilled({ round: { round: 101n, randomness, signature: '0x' } }),
    ],
    [
      'round',
      /^attempt 7 is not the request's$/,
      withFulfilled({ fulfillment: { ...fulfillment, attempt: 7 }, round: undefined, committee: undefined }),
    ],
    [
      'snapshot',
      /^epoch 4 was never sealed$/,
      { ...honest, snapshot: { ...honest.snapshot, sealed: undefined, code: '0x' } },
    ],
    ['committee', /^the market names no committee$/, withFulfilled({ committee: undefined })],
  ]
  for (const [step, reason, evidence] of reasons) {
    it(`says at ${step}: ${reason.source.slice(1, -1)}`, () => {
      assert.match(audit(evidence).find(({ id }) => id === step)?.detail ?? '', reason)
    })
  }

  const [first] = request.attempts
  assert.ok(first !== undefined)
  const second = { round: 122n, opensAt: 1_120n, closesAt: 1_140n }
  const terms: readonly [string, AuditStepId, AuditEvidence][] = [
    ['a gap between windows', 'round', withTerms(later({ opensAt: 1_121n, closesAt: 1_141n, round: 123n }))],
    ['a second round later than the first possible', 'round', withTerms(later({ round: 123n }))],
    ['a second round known before its window', 'round', withTerms(later({ round: 121n }))],
    ['a longer second window', 'round', withTerms(later({ closesAt: 1_141n }))],
    ['a deadline after the last window', 'round', withTerms({ deadline: 1_121n })],
    ['a view above 0', 'output', withTerms({}, { view: 1 })],
    ['evidence of an exact function', 'output', withTerms({}, { evidenceHash: tagHash('evidence') })],
    ['fuel above the limit', 'output', withTerms({ fuelLimit: 19n })],
    ['a trap that did not cost all its fuel [FEE-6]', 'output', withTerms({}, { exit: 0x100 })],
    ['an exit above the traps that did not, either [FEE-6]', 'output', withTerms({}, { exit: 0xffff })],
    ['a seat paid for less fuel than was used [FEE-1]', 'payment', withTerms({}, { fuelUsed: 21n })],
    ['a seat paid at another price of fuel [FEE-1]', 'payment', withTerms({ fuelPrice: 2n })],
    ['an output above the bound', 'output', withTerms({ outputBytesMax: 31 })],
  ]
  function later(patch: Partial<typeof second>): Partial<Request> {
    const changed = { ...second, ...patch }
    return { attempts: [first ?? second, changed], deadline: changed.closesAt }
  }
  for (const [name, step, evidence] of terms) {
    it(`fails at exactly ${step} for ${name}, which no market allows`, () => {
      const steps = audit(evidence)
      assert.deepEqual(
        steps.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id),
        [step],
        JSON.stringify(steps, null, 1),
      )
    })
  }

  it('passes two attempts as a market makes them', () => {
    assert.ok(audit(withTerms(later({}))).every(({ verdict }) => verdict === 'passed'))
  })

  it('fails at the round when the request was never fulfilled', () => {
    const steps = audit({ ...honest, fulfilled: undefined })
    assert.deepEqual(
      steps.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id),
      ['round'],
    )
  })
})

describe('points of EIP-2537', () => {
  it('come back compressed as they were', () => {
    assert.equal(compressG1(signature), compressed)
    assert.equal(compressG2(g2ToEip2537(honest.beacon.publicKey)), honest.beacon.publicKey)
    assert.throws(() => compressG1(`0x${'11'.repeat(128)}`), { code: 'INVALID_INPUT' })
  })
})

describe('an audit of a BLS certificate', () => {
  const outcome = { exit: 0, fuelUsed: 20n, output: fromHex(output), evidenceHash: NO_EVIDENCE }
  const { digest } = leafOf(domain, request, { attempt: 0, view: 0 }, reportOf(requestId, outcome))
  const secretOf = (seat: number) => blsSecretOf(keys[committee[seat] ?? 0] ?? new Uint8Array(32))
  const shares = [0, 1, 2, 4].map((seat) => ({ seat, signature: signBls(secretOf(seat), digest) }))
  const blsKeys = new Map(
    keys.map((key) => [addressOfPrivateKey(key).toLowerCase(), blsPublicKey(blsSecretOf(key))]),
  )
  const evidenceOf = (certificate: Hex, known: ReadonlyMap<string, Hex> = blsKeys): AuditEvidence => ({
    ...honest,
    bls: { verifier: request.verifier, keys: known },
    fulfilled: { ...fulfilled, fulfillment: { ...fulfilled.fulfillment, certificate } },
  })
  const failing = (evidence: AuditEvidence) => audit(evidence).find(({ verdict }) => verdict === 'failed')?.id

  it('[QC-4] passes every step when its seats’ keys signed the emitted output', () => {
    assert.ok(audit(evidenceOf(encodeBlsCertificate(shares))).every(({ verdict }) => verdict === 'passed'))
  })

  it('[QC-4] fails for a share of another digest, another bitmap, a missing key and a quorum not reached', () => {
    const foreign = { seat: 4, signature: signBls(secretOf(4), tagHash('another')) }
    assert.equal(failing(evidenceOf(encodeBlsCertificate([...shares.slice(0, 3), foreign]))), 'output')
    const right = encodeBlsCertificate(shares)
    assert.equal(failing(evidenceOf(`0x${'1f'.padStart(64, '0')}${right.slice(66)}`)), 'output')
    assert.equal(failing(evidenceOf(right, new Map([...blsKeys].slice(0, 1)))), 'output')
    assert.equal(failing(evidenceOf(encodeBlsCertificate(shares.slice(0, 3)))), 'certificate')
  })
})
