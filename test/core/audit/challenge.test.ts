/** The audit of certificates that may be challenged, on honest evidence of every course and on tampered ones. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type {
  AuditEvidence,
  AuditStepId,
  ChallengeEvidence,
  FinalEvidence,
  FinalityEvidence,
  ResolvedEvidence,
} from '../../../src/core/audit/evidence.ts'
import { courseOf, describeCourse } from '../../../src/core/audit/finality.ts'
import { selectChallengeCommittee } from '../../../src/core/challenge.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { keccakHex } from '../../../src/crypto/hash.ts'
import { CHALLENGE_ATTEMPT } from '../../../src/protocol/limits.ts'
import type { Address, Certified, Hex } from '../../../src/protocol/types.ts'
import { createScene, flip, output, postedRound, type Reported } from './scene.ts'

const WINDOW = 900
const scene = createScene(20, { committeeSize: 4, challengeWindow: WINDOW })
const { request, snapshot, committee, certify, honest, seedFor } = scene
const submitter = `0x${'0b'.repeat(20)}` as Address
const challenger = `0x${'0c'.repeat(20)}` as Address
const resolver = `0x${'0d'.repeat(20)}` as Address
const stranger = `0x${'0e'.repeat(20)}` as Address
const OTHER_ADDRESS = `0x${'da'.repeat(20)}` as const
const ESCROW = 6_200n
const CERTIFIED_AT = 1_105n
const CHALLENGED_AT = 1_500n
/** Emitted at 1,525. */
const ROUND = 526n
const OPENS_AT = 1_525n
const CLOSES_AT = 2_125n
const RESOLVED_AT = 1_530n
/** 12 seats at the fuel's limit, and (100 + 10 x 12 + 66) x 2 for the submission. */
const BOND = 12n * 1_300n + 572n
/** 12 seats earn 1,060 each, or the pool for those who did not sign; (100 + 10 x 8 + 34) x 2 for who resolved it. */
const REIMBURSED = 428n
const REST = BOND - 12n * 1_060n - REIMBURSED

const fulfillment = { ...scene.fulfilled.fulfillment, certificate: certify([0, 1, 3]) }
const certified: Certified = {
  escrow: ESCROW,
  // (100 + 10 x 3 + 34) x 2
  reimbursement: 328n,
  maxFeePerGas: 2n,
  certifiedAt: CERTIFIED_AT,
  submitter,
  attempt: 0,
  exit: 0,
  fuelUsed: 20n,
  outputHash: keccakHex(fromHex(output)),
  signers: 0b1011n,
}

const SAME: Reported = { view: 0, exit: 0, fuelUsed: 20n, evidenceHash: NO_EVIDENCE, output }
const OTHER: Reported = { ...SAME, output: flip(output, 3) }
const round = postedRound(ROUND)
const judges = selectChallengeCommittee(seedFor(CHALLENGE_ATTEMPT, round), snapshot, committee)
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7]

function judged(reported: Reported, seats: readonly number[] = EIGHT, attempt = CHALLENGE_ATTEMPT): Hex {
  return certify(seats, request, reported, { at: { attempt, round: ROUND }, members: judges })
}

function resolvedAs(reported: Reported, patch: Partial<ResolvedEvidence> = {}): ResolvedEvidence {
  const upheld = reported === SAME
  return {
    verdict: upheld ? 'upheld' : 'overturned',
    resolver,
    perSeat: 1_060n,
    unsignedPay: 4n * 1_060n,
    reimbursement: REIMBURSED,
    fulfillment: { attempt: CHALLENGE_ATTEMPT, ...reported, certificate: judged(reported) },
    deposits: [
      { account: resolver, amount: REIMBURSED },
      { account: upheld ? request.requester : challenger, amount: REST },
    ],
    time: RESOLVED_AT,
    baseFeePerGas: 1n,
    ...patch,
  }
}

const pending: ChallengeEvidence = {
  challenger,
  bond: BOND,
  window: { round: ROUND, opensAt: OPENS_AT, closesAt: CLOSES_AT },
  time: CHALLENGED_AT,
  round,
  committee: judges,
}
/** Three seats earn 1,060 each, the pool the fourth's; 328 for who made it final. */
const final: FinalEvidence = {
  verdict: 'none',
  payment: { perSeat: 1_060n, pool: 1_060n, submitter: 328n, refund: 1_184n },
  exit: 0,
  fuelUsed: 20n,
  output,
  time: CERTIFIED_AT + BigInt(WINDOW),
  baseFeePerGas: 1n,
}
/** All four seats' pay is the challenger's, so four signatures are reckoned. */
const overturnedFinal: FinalEvidence = {
  ...final,
  verdict: 'overturned',
  output: OTHER.output,
  time: RESOLVED_AT,
  payment: { perSeat: 1_060n, pool: 0n, submitter: 348n, refund: 1_164n },
}
const READ = 5_000n

function withFinality(patch: Partial<FinalityEvidence>, base: AuditEvidence = evidence): AuditEvidence {
  assert.ok(base.finality !== undefined)
  return { ...base, finality: { ...base.finality, ...patch } }
}
const evidence: AuditEvidence = {
  ...honest,
  submitted: { ...honest.submitted, escrow: ESCROW },
  fulfilled: { ...scene.fulfilled, fulfillment, payment: undefined },
  finality: { certified, submitter, readTime: READ, final },
}
const upheld = withFinality({
  challenge: { ...pending, resolved: resolvedAs(SAME) },
  final: { ...final, verdict: 'upheld', time: RESOLVED_AT },
})
const overturned = withFinality({
  challenge: { ...pending, resolved: resolvedAs(OTHER) },
  final: overturnedFinal,
})
/** Expiring costs more than is left. */
const expired = { refund: 0n, bounty: ESCROW - 328n, time: CLOSES_AT, baseFeePerGas: 1n }
const closed = { burned: BOND / 2n, returned: BOND - BOND / 2n, time: CLOSES_AT }
const undecided = withFinality({ challenge: { ...pending, closed }, final: undefined, expired })

const verdicts = (of: AuditEvidence) =>
  Object.fromEntries(audit(of).map(({ id, verdict }) => [id, verdict])) as Record<AuditStepId, string>
const notPassed = (of: AuditEvidence) => audit(of).filter(({ verdict }) => verdict !== 'passed')
const courseIn = (of: AuditEvidence) => {
  assert.ok(of.finality !== undefined)
  const course = courseOf(of.finality, WINDOW, fulfillment)
  return { ...course, words: describeCourse(course, of.finality.readTime) }
}

describe('the audit of a certificate that may be challenged', () => {
  it('[CHA-1] passes every step when nobody challenged it and it was made final after its window', () => {
    assert.deepEqual(notPassed(evidence), [])
    assert.equal(verdicts(evidence).challenge, undefined)
    assert.deepEqual(
      [courseIn(evidence).state, courseIn(evidence).words],
      ['unchallenged', 'final: nobody challenged it'],
    )
  })

  it('[CHA-5] passes every step when a challenge was upheld, and at once', () => {
    assert.deepEqual(notPassed(upheld), [])
    assert.deepEqual([courseIn(upheld).state, courseIn(upheld).result], ['upheld', fulfillment])
  })

  it('[CHA-6] passes every step when it was overturned, and knows the other result', () => {
    assert.deepEqual(notPassed(overturned), [])
    assert.equal(courseIn(overturned).result?.output, OTHER.output)
    assert.match(audit(overturned).at(-1)?.detail ?? '', /^the challenger, 0x0c.*, was paid all 4 seats/)
  })

  it('[CHA-7] passes every step when nobody decided it, closed or not, and knows that there is no result', () => {
    const open = withFinality({ challenge: pending }, undecided)
    for (const one of [undecided, open]) {
      assert.deepEqual(notPassed(one), [])
      assert.deepEqual([courseIn(one).state, courseIn(one).result], ['undecided', undefined])
    }
  })

  const unfinal: readonly [string, FinalityEvidence['challenge'], bigint, string, RegExp][] = [
    [
      'its window is open',
      undefined,
      2_004n,
      'certified',
      /not final yet: it may be challenged until 1970-01-01 00:33:25 UTC/,
    ],
    ['nobody made it final', undefined, 2_005n, 'certified', /unchallenged since .*: anyone may finalize it/],
    [
      'a challenge is pending',
      pending,
      2_124n,
      'challenged',
      /a larger committee has until 1970-01-01 00:35:25 UTC/,
    ],
    [
      'it was upheld',
      { ...pending, resolved: resolvedAs(SAME) },
      1_531n,
      'upheld',
      /upheld .* not final yet/,
    ],
    [
      'it was overturned',
      { ...pending, resolved: resolvedAs(OTHER) },
      1_531n,
      'overturned',
      /overturned .* not final yet/,
    ],
    ['it stays undecided', pending, 2_125n, 'undecided', /expires once anyone finalizes it/],
  ]
  for (const [name, challenge, readTime, state, words] of unfinal) {
    it(`[CHA-1] says that it is not final while ${name}, and that nobody was paid`, () => {
      const open = withFinality({ challenge, readTime, final: undefined })
      const found = verdicts(open)
      assert.deepEqual([found.certified, found.finality, found.payment], ['passed', 'pending', 'pending'])
      assert.deepEqual([courseIn(open).state, courseIn(open).final], [state, false])
      assert.match(audit(open).find(({ id }) => id === 'finality')?.detail ?? '', words)
      assert.equal(found.challenge, challenge && (state === 'challenged' ? 'pending' : 'passed'))
    })
  }
})

const challengeOf = (of: AuditEvidence): ChallengeEvidence => {
  assert.ok(of.finality?.challenge !== undefined)
  return of.finality.challenge
}
const withChallenge = (of: AuditEvidence, patch: Partial<ChallengeEvidence>) =>
  withFinality({ challenge: { ...challengeOf(of), ...patch } }, of)
const withResolved = (of: AuditEvidence, patch: Partial<ResolvedEvidence>) => {
  const { resolved } = challengeOf(of)
  assert.ok(resolved !== undefined)
  return withChallenge(of, { resolved: { ...resolved, ...patch } })
}
const withReport = (of: AuditEvidence, patch: Partial<ResolvedEvidence['fulfillment']>) =>
  withResolved(of, { fulfillment: { ...resolvedAs(SAME).fulfillment, ...patch } })
const withCertified = (patch: Partial<Certified>) => withFinality({ certified: { ...certified, ...patch } })
const withFinal = (of: AuditEvidence, patch: Partial<FinalEvidence>) => {
  assert.ok(of.finality?.final !== undefined)
  return withFinality({ final: { ...of.finality.final, ...patch } }, of)
}
const withPayment = (of: AuditEvidence, patch: Partial<FinalEvidence['payment']>) => {
  assert.ok(of.finality?.final !== undefined)
  return withFinal(of, { payment: { ...of.finality.final.payment, ...patch } })
}

describe('the audit of a tampered challenge', () => {
  const settledAtOnce: AuditEvidence = {
    ...evidence,
    fulfilled: { ...scene.fulfilled, fulfillment, payment: final.payment },
    finality: undefined,
  }
  const plain = createScene()
  const windowless: AuditEvidence = {
    ...plain.honest,
    fulfilled: { ...plain.fulfilled, payment: undefined },
    finality: {
      // As it would be kept.
      certified: { ...certified, escrow: 6_000n, signers: 0b10111n, reimbursement: 348n },
      submitter,
      readTime: READ,
      final,
    },
  }
  const seven = { ...SAME, certificate: judged(SAME, EIGHT.slice(1)) }
  const moreFuel = { ...SAME, fuelUsed: 21n }
  /** All of it as it would be, but for the verdict. */
  const overFuel: Partial<ResolvedEvidence> = {
    fulfillment: { attempt: CHALLENGE_ATTEMPT, ...moreFuel, certificate: judged(moreFuel) },
    perSeat: 1_063n,
    unsignedPay: 4n * 1_063n,
    deposits: [
      { account: resolver, amount: REIMBURSED },
      { account: request.requester, amount: REST - 12n * 3n },
    ],
  }
  const cases: readonly [string, AuditStepId, AuditEvidence][] = [
    ['a settlement that did not wait', 'certified', settledAtOnce],
    ['a certificate kept of a request without a window', 'certified', windowless],
    ['the escrow kept', 'certified', withCertified({ escrow: ESCROW + 1n })],
    ['what the submitter is owed', 'certified', withCertified({ reimbursement: 329n })],
    [
      'the limit on the price of gas kept',
      'certified',
      withCertified({ maxFeePerGas: 3n, reimbursement: 164n * 3n }),
    ],
    ['the time kept', 'certified', withCertified({ certifiedAt: CERTIFIED_AT - 1n })],
    ['the submitter kept', 'certified', withCertified({ submitter: stranger })],
    ['the attempt kept', 'certified', withCertified({ attempt: 1 })],
    ['the exit kept', 'certified', withCertified({ exit: 1 })],
    ['the fuel kept', 'certified', withCertified({ fuelUsed: 21n })],
    ['the output hash kept', 'certified', withCertified({ outputHash: flip(certified.outputHash, 0) })],
    ['the signers kept', 'certified', withCertified({ signers: 0b1111n })],

    ['a challenge after the window', 'challenge', withChallenge(upheld, { time: CERTIFIED_AT + 900n })],
    ['a challenge before the certificate', 'challenge', withChallenge(upheld, { time: CERTIFIED_AT - 1n })],
    ['the bond', 'challenge', withChallenge(undecided, { bond: BOND + 1n, closed: undefined })],
    ['a round emitted before the challenge', 'challenge', withChallenge(upheld, { time: OPENS_AT })],
    [
      'where the hearing begins',
      'challenge',
      withChallenge(upheld, {
        window: { ...pending.window, opensAt: OPENS_AT + 1n, closesAt: CLOSES_AT + 1n },
      }),
    ],
    [
      'a shorter hearing',
      'challenge',
      withChallenge(upheld, { window: { ...pending.window, closesAt: CLOSES_AT - 1n } }),
    ],
    ['a verdict before its window', 'challenge', withResolved(upheld, { time: OPENS_AT - 1n })],
    ['a verdict after its window', 'challenge', withResolved(upheld, { time: CLOSES_AT })],
    ['a round that was never posted', 'challenge', withChallenge(upheld, { round: undefined })],
    ['another round', 'challenge', withChallenge(upheld, { round: postedRound(ROUND + 1n) })],
    [
      'the beacon’s signature of its round',
      'challenge',
      withChallenge(upheld, { round: { ...round, signature: postedRound(ROUND + 1n).signature } }),
    ],
    ['a committee the court does not name', 'challenge', withChallenge(upheld, { committee: undefined })],
    [
      'the order of the larger committee',
      'challenge',
      withChallenge(upheld, { committee: judges.toReversed() }),
    ],
    [
      'a member of the larger committee',
      'challenge',
      withChallenge(upheld, { committee: judges.with(0, 0) }),
    ],
    [
      'a report of an attempt, signed as one,',
      'challenge',
      withReport(upheld, { attempt: 0, certificate: judged(SAME, EIGHT, 0) }),
    ],
    ['signatures for an attempt', 'challenge', withReport(upheld, { certificate: judged(SAME, EIGHT, 0) })],
    ['the output it reports', 'challenge', withReport(upheld, { output: OTHER.output })],
    ['a signature', 'challenge', withReport(upheld, { certificate: flip(judged(SAME), 40) })],
    ['too few signatures', 'challenge', withReport(upheld, seven)],
    [
      'a verdict of upheld over another report',
      'challenge',
      withResolved(overturned, { verdict: 'upheld', deposits: resolvedAs(SAME).deposits }),
    ],
    [
      'a verdict of overturned over the same one',
      'challenge',
      withResolved(upheld, { verdict: 'overturned', deposits: resolvedAs(OTHER).deposits }),
    ],
    ['a verdict of upheld over other fuel', 'challenge', withResolved(upheld, overFuel)],
    ['the pay of the larger committee', 'challenge', withResolved(upheld, { perSeat: 1_061n })],
    ['the pool’s part of the bond', 'challenge', withResolved(upheld, { unsignedPay: 0n })],
    [
      'the resolver’s part of the bond',
      'challenge',
      withResolved(upheld, { reimbursement: REIMBURSED + 1n }),
    ],
    [
      'whose the rest of the bond is, upheld',
      'challenge',
      withResolved(upheld, { deposits: resolvedAs(OTHER).deposits }),
    ],
    [
      'whose the rest of the bond is, overturned',
      'challenge',
      withResolved(overturned, { deposits: resolvedAs(SAME).deposits }),
    ],
    ['a part of the bond nobody got', 'challenge', withResolved(upheld, { deposits: [] })],
    ['an end with a verdict and without', 'challenge', withChallenge(upheld, { closed })],
    [
      'an end before its time',
      'challenge',
      withChallenge(undecided, { closed: { ...closed, time: CLOSES_AT - 1n } }),
    ],
    [
      'the half that is burned',
      'challenge',
      withChallenge(undecided, { closed: { ...closed, burned: 0n, returned: BOND } }),
    ],

    ['a settlement before the window passed', 'finality', withFinal(evidence, { time: CERTIFIED_AT + 899n })],
    ['a settlement before the verdict', 'finality', withFinal(upheld, { time: RESOLVED_AT - 1n })],
    [
      'a settlement while a challenge is pending',
      'finality',
      withFinality({ challenge: pending, readTime: CLOSES_AT - 1n }),
    ],
    ['a settlement though nobody decided', 'finality', withFinality({ challenge: pending })],
    ['the verdict it was settled with', 'finality', withFinal(upheld, { verdict: 'none' })],
    ['a challenge that is hidden', 'finality', withFinality({ challenge: undefined }, upheld)],
    ['the result that was upheld', 'finality', withFinal(upheld, { output: OTHER.output })],
    ['the result, to the one overturned', 'finality', withFinal(overturned, { output })],
    ['the exit it was settled with', 'finality', withFinal(evidence, { exit: 1 })],
    ['the fuel it was settled with', 'finality', withFinal(evidence, { fuelUsed: 19n })],
    ['a request that was settled and expired', 'finality', withFinality({ expired })],
    ['one that expired unchallenged', 'finality', withFinality({ final: undefined, expired })],
    [
      'one that expired though it was upheld',
      'finality',
      withFinality({ final: undefined, expired }, upheld),
    ],
    [
      'one that expired while it could be decided',
      'finality',
      withFinality({ expired: { ...expired, time: CLOSES_AT - 1n } }, undecided),
    ],

    ['the pay of a seat', 'payment', withPayment(evidence, { perSeat: 1_061n })],
    ['the pay of unsigned seats', 'payment', withPayment(evidence, { pool: 0n, refund: 2_244n })],
    ['the pay of who made it final', 'payment', withPayment(evidence, { submitter: 329n, refund: 1_183n })],
    ['the refund', 'payment', withPayment(evidence, { refund: 1_185n })],
    [
      'the pool, though it was overturned',
      'payment',
      withPayment(overturned, { pool: 1_060n, refund: 104n }),
    ],
    ['the challenger’s part', 'payment', withPayment(overturned, { perSeat: 1_059n, refund: 1_168n })],
    [
      'the bounty of who had it expire',
      'payment',
      withFinality({ expired: { ...expired, bounty: 5_871n, refund: 1n } }, undecided),
    ],
    [
      'what came back when it expired',
      'payment',
      withFinality({ expired: { ...expired, refund: 1n } }, undecided),
    ],
  ]
  for (const [name, step, tampered] of cases) {
    it(`fails at exactly ${step} for ${name}`, () => {
      const steps = audit(tampered)
      assert.deepEqual(
        steps.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id),
        [step],
        JSON.stringify(steps, null, 1),
      )
    })
  }

  const reasons: readonly [RegExp, AuditEvidence][] = [
    [/^it was settled at once, though it may be challenged for 900 s$/, settledAtOnce],
    [/^it was not settled at once, though nobody may challenge it$/, windowless],
    [/^it was settled and it expired$/, withFinality({ expired })],
    [
      /^made final at 2005, while a challenge is pending$/,
      withFinality({ challenge: pending, readTime: CLOSES_AT - 1n, final: { ...final, verdict: 'pending' } }),
    ],
    [
      /^made final at 2005, though a challenge of it is undecided$/,
      withFinality({ challenge: pending, final: { ...final, verdict: 'undecided' } }),
    ],
  ]
  for (const [reason, tampered] of reasons) {
    it(`says: ${reason.source.slice(1, -1)}`, () => {
      assert.match(audit(tampered).find(({ verdict }) => verdict === 'failed')?.detail ?? '', reason)
    })
  }

  it('checks neither the challenge nor the settlement when the certificate itself does not hold', () => {
    const broken = {
      ...overturned,
      fulfilled: {
        ...scene.fulfilled,
        payment: undefined,
        fulfillment: { ...fulfillment, certificate: certify([0, 1]) },
      },
    }
    const found = verdicts(broken)
    assert.equal(found.certificate, 'failed')
    for (const id of ['certified', 'challenge', 'finality', 'payment'] as const)
      assert.equal(found[id], 'skipped', id)
  })
})

/** The same, of an escrow with enough for data, some of which either submitter was paid. */
function chargedForData(certifying: bigint, finalising: bigint, dataFee: Hex | undefined): AuditEvidence {
  const surplus = 10_000n
  const escrow = ESCROW + surplus
  const { submitter: forGas, refund } = final.payment
  return {
    ...evidence,
    submitted: { ...evidence.submitted, escrow },
    fees: { ...evidence.fees, dataFee },
    finality: {
      certified: { ...certified, escrow, reimbursement: certified.reimbursement + certifying },
      submitter,
      readTime: READ,
      final: {
        ...final,
        payment: {
          ...final.payment,
          submitter: forGas + finalising,
          refund: refund + surplus - certifying - finalising,
        },
      },
    },
  }
}

describe('the audit where a rollup charges for data', () => {
  const failed = (of: AuditEvidence) =>
    audit(of).flatMap(({ id, verdict }) => (verdict === 'failed' ? [id] : []))

  it('[FEE-4] takes what either submitter was paid beside its gas, and says whose word it is', () => {
    const steps = audit(chargedForData(500n, 300n, OTHER_ADDRESS))
    assert.deepEqual(failed(chargedForData(500n, 300n, OTHER_ADDRESS)), [])
    assert.match(steps.find(({ id }) => id === 'payment')?.detail ?? '', new RegExp(OTHER_ADDRESS))
  })

  const cases: readonly [string, readonly string[], AuditEvidence][] = [
    ['where no such fee is, for the certificate', ['certified'], chargedForData(1n, 0n, undefined)],
    ['where no such fee is, at the end', ['payment'], chargedForData(0n, 1n, undefined)],
    ['less than its gas for the certificate', ['certified'], chargedForData(-1n, 0n, OTHER_ADDRESS)],
    ['less than its gas at the end', ['payment'], chargedForData(0n, -1n, OTHER_ADDRESS)],
    ['what is who makes it final’s', ['certified'], chargedForData(6_000n, 0n, OTHER_ADDRESS)],
  ]
  for (const [name, steps, of] of cases)
    it(`[FEE-4] fails when a submitter was paid ${name}`, () => assert.deepEqual(failed(of), steps))
})
