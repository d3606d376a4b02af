import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type { AuditEvidence, ObserversEvidence, ProofEvidence } from '../../../src/core/audit/evidence.ts'
import { COMMITTEE_FEEDS } from '../../../src/core/circuit/known-circuits.ts'
import { observedSubject } from '../../../src/core/circuit/observing.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { memberAt } from '../../../src/core/snapshot.ts'
import { selectCommittee } from '../../../src/core/sortition.ts'
import { concat, toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { keyRoot, observationContext, packStatement } from '../../../src/crypto/committee-proof.ts'
import { encodeVerificationKey } from '../../../src/crypto/groth16-key.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { standingCommitteeSeed } from '../../../src/crypto/standing-committee.ts'
import type { Address, Hex } from '../../../src/protocol/types.ts'
import { trapdoor } from '../../crypto/trapdoor.ts'
import { createScene, domain, postedRound } from './scene.ts'

const REGISTRY: Address = `0x${'5c'.repeat(20)}`
const REQUESTER: Address = `0x${'01'.repeat(20)}`
const EPOCH = 3
const SIZE = 4
const LEAD = 10n
const FEED_OF_FOUR = [...COMMITTEE_FEEDS].find(([, seats]) => seats === SIZE)?.[0] ?? assert.fail()
const words = (...values: readonly bigint[]): Hex => toHex(concat(...values.map((one) => toBytesBE(one, 32))))
const circuit = trapdoor({ outputs: 1, inputs: 2, isBound: false })
const KEYS = [11n, 22n, 0n, 44n]
const ROOT = keyRoot(KEYS)
const PACKED = packStatement({ result: 500n, count: 3, bitmap: 0b1011n })

const { honest: plain, fulfilled: certified } = createScene()
const ASKED_AT = plain.submitted.time
const subject = observedSubject(tagHash('function'), ASKED_AT)
const CTX = observationContext({ chainId: domain.chainId, contract: REQUESTER, subject })
const scene = createScene(7, {
  consensus: 'zk',
  committeeSize: 1,
  fuelPrice: 0n,
  outputBytesMax: 32,
  deadline: 1_140n,
  input: words(ROOT, CTX),
})
const { beacon } = scene.honest
const timeOf = (round: bigint) => beacon.genesisTime + (round - 1n) * beacon.periodSeconds
/** The first round more than the lead after a seal at this second. */
const ROUND = 60n
const SEALED_AT = timeOf(ROUND) - LEAD - 1n
const drawn = postedRound(ROUND)
const { randomness } = drawn
const seed = standingCommitteeSeed({
  chainId: domain.chainId,
  contract: REGISTRY,
  epoch: EPOCH,
  round: ROUND,
  randomness,
})
const members = selectCommittee(seed, scene.snapshot, SIZE).map(
  (index) => memberAt(scene.snapshot, index).attestor,
)
const [code = '0x', ...parts] = [scene.honest.snapshot.code, ...scene.honest.snapshot.parts]
const OBSERVERS: ObserversEvidence = {
  functionId: tagHash('observed'),
  constraints: FEED_OF_FOUR,
  registry: REGISTRY,
  committee: { epoch: EPOCH, members, keys: KEYS },
  leadSeconds: LEAD,
  sealed: { blob: `0x${'06'.repeat(20)}`, sealedAt: SEALED_AT },
  code,
  parts,
  round: drawn,
}
const key = encodeVerificationKey(circuit.key)
const PROOF: ProofEvidence = {
  code: toHex(concat(Uint8Array.of(0x60, 0x00), key, toBytesBE(BigInt(key.length), 2))),
  registered: scene.request.verifier,
  openPayee: undefined,
  gasPerProof: 200n,
  gasPerProvenByte: 1n,
}

function evidence(patch: Partial<ObserversEvidence> = {}, packed = PACKED): AuditEvidence {
  const fulfillment = {
    attempt: 0,
    view: 0,
    exit: 0,
    fuelUsed: 0n,
    evidenceHash: NO_EVIDENCE,
    output: words(packed),
    certificate: toHex(circuit.prove([packed, ROOT, CTX])),
  }
  const payment = { perSeat: 1_000n, pool: 0n, submitter: 984n, refund: 3_896n }
  return {
    ...scene.honest,
    proof: PROOF,
    observers: { ...OBSERVERS, ...patch },
    fulfilled: { ...certified, ...scene.fulfilled, fulfillment, payment },
  }
}

const stepIn = (given: AuditEvidence) =>
  audit(given).find(({ id }) => id === 'observers') ?? assert.fail('it is looked at')

describe('the audit of what a standing committee observed', () => {
  it('says whose observations the median is of [STC-4] [OBS-2]', () => {
    const { verdict, detail } = stepIn(evidence())
    assert.equal(verdict, 'passed', detail)
    assert.match(detail, /^500 is the median of 3 of 4 members of epoch 3, slots 0, 1, 3/)
  })

  it('is left out for a circuit that observes nothing', () => {
    assert.ok(!audit({ ...evidence(), observers: undefined }).some(({ id }) => id === 'observers'))
  })

  it('does not take the word of a circuit it does not know, of any size', () => {
    const [, ofFifteen] = COMMITTEE_FEEDS.keys()
    for (const constraints of [tagHash('whatever'), ofFifteen ?? assert.fail()]) {
      const { verdict, detail } = stepIn(evidence({ constraints }))
      assert.equal(verdict, 'passed')
      assert.match(detail, /is the word of a circuit this version does not know/)
      assert.doesNotMatch(detail, /median/)
    }
  })

  it('fails for a member that has no key, and where the network has no committees', () => {
    const keyless = packStatement({ result: 500n, count: 3, bitmap: 0b0111n })
    assert.match(stepIn(evidence({}, keyless)).detail, /slot 2 .* has no key/)
    assert.equal(stepIn(evidence({ registry: undefined })).verdict, 'failed')
  })

  it('fails for a committee that the beacon did not draw', () => {
    const others = members.with(1, `0x${'99'.repeat(20)}`)
    const round = postedRound(ROUND + 1n)
    for (const [patch, why] of [
      [{ committee: { epoch: EPOCH, members: others, keys: KEYS } }, /slot 1 is/],
      [{ committee: { epoch: EPOCH + 1, members, keys: KEYS } }, /slot \d is/],
      [{ committee: undefined }, /no committee/],
      [{ committee: { epoch: EPOCH, members, keys: KEYS.toReversed() } }, /key root/],
      [{ registry: REQUESTER }, /slot \d is/],
      [{ round }, /not the first/],
      [{ round: { ...round, round: ROUND } }, /not the beacon/],
      [{ round: undefined }, /never posted/],
      [{ sealed: undefined }, /never sealed/],
      [{ sealed: { blob: REGISTRY, sealedAt: SEALED_AT + 1n } }, /not the first/],
      [{ code: '0x' as Hex }, /./],
    ] as const) {
      const { verdict, detail } = stepIn(evidence(patch))
      assert.equal(verdict, 'failed', JSON.stringify(Object.keys(patch)))
      assert.match(detail, why)
    }
  })

  it('fails for a context that is not the request’s, and an output that is no statement', () => {
    const given = evidence()
    const later = { ...given, submitted: { ...given.submitted, time: ASKED_AT + 1n } }
    assert.equal(stepIn(later).verdict, 'failed')
    assert.equal(stepIn(evidence({}, PACKED + (1n << 128n))).verdict, 'failed')
  })
})
