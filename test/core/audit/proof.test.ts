import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audit } from '../../../src/core/audit/audit.ts'
import type { AuditEvidence, FulfilledEvidence, ProofEvidence } from '../../../src/core/audit/evidence.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import { memberAt } from '../../../src/core/snapshot.ts'
import { concat, fromHex, toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { bindingOf } from '../../../src/crypto/groth16.ts'
import { encodeVerificationKey } from '../../../src/crypto/groth16-key.ts'
import type { Address, Hex } from '../../../src/protocol/types.ts'
import { trapdoor } from '../../crypto/trapdoor.ts'
import { createScene } from './scene.ts'

const words = (...values: readonly bigint[]): Hex => toHex(concat(...values.map((one) => toBytesBE(one, 32))))
const circuit = trapdoor({ outputs: 1, inputs: 2, isBound: true })
const INPUTS = [7n, 11n]
const OUTPUT = 18n
const PAYEE: Address = `0x${'0e'.repeat(20)}`

const scene = createScene(7, {
  consensus: 'zk',
  committeeSize: 1,
  fuelPrice: 0n,
  outputBytesMax: 32,
  // One turn of twenty seconds more than its window.
  deadline: 1_140n,
  input: words(...INPUTS),
})
const { request, requestId } = scene
const prover = memberAt(scene.snapshot, scene.committee[0] ?? 0).attestor

const codeOf = (key = circuit.key): Hex => {
  const bytes = encodeVerificationKey(key)
  return toHex(concat(Uint8Array.of(0x60, 0x00), bytes, toBytesBE(BigInt(bytes.length), 2)))
}
const PROOF: ProofEvidence = {
  code: codeOf(),
  registered: request.verifier,
  openPayee: undefined,
  gasPerProof: 200n,
  gasPerProvenByte: 1n,
}

function proving(payee: Address, output = OUTPUT, patch: Partial<FulfilledEvidence['fulfillment']> = {}) {
  const certificate = toHex(circuit.prove([output, ...INPUTS, bindingOf(requestId, payee)]))
  const common = { view: 0, exit: 0, fuelUsed: 0n, evidenceHash: NO_EVIDENCE }
  return { attempt: 0, ...common, output: words(output), certificate, ...patch }
}

// A fee of 1000, 70 and 50; (100 + 200 + 96 x (1 + 1)) x 2 for the submitter; the rest of 6000 comes back.
const payment = { perSeat: 1_000n, pool: 0n, submitter: 984n, refund: 3_896n }

function evidence(
  fulfilled: Partial<FulfilledEvidence> = {},
  proof: Partial<ProofEvidence> = {},
): AuditEvidence {
  return {
    ...scene.honest,
    proof: { ...PROOF, ...proof },
    fulfilled: { ...scene.fulfilled, fulfillment: proving(prover), payment, ...fulfilled },
  }
}

const failedIn = (given: AuditEvidence) =>
  audit(given).flatMap(({ id, verdict, detail }) => (verdict === 'failed' ? [`${id}: ${detail}`] : []))

describe('the audit of a circuit’s result', () => {
  it('passes for the drawn prover’s proof, and looks for no signature [ZKP-3] [ZKP-4] [ZKP-9]', () => {
    const steps = audit(evidence())
    assert.deepEqual(
      steps.map(({ id, verdict }) => `${id} ${verdict}`),
      ['request', 'round', 'beacon', 'snapshot', 'committee', 'proof', 'payment'].map((id) => `${id} passed`),
    )
    assert.match(steps.find(({ id }) => id === 'proof')?.detail ?? '', /4 public inputs.*for development/)
  })

  it('says of a key what whoever made it says', () => {
    const [step] = audit(evidence({}, { code: codeOf({ ...circuit.key, isCeremony: true }) })).filter(
      ({ id }) => id === 'proof',
    )
    assert.match(step?.detail ?? '', /by a ceremony/)
  })

  it('fails for another output, another prover’s proof, and a proof that was changed [ZKP-4] [ZKP-5]', () => {
    const changed = proving(prover)
    const cut = `${changed.certificate.slice(0, -2)}` as Hex
    for (const fulfillment of [
      { ...changed, output: words(OUTPUT + 1n) },
      proving(PAYEE),
      proving(prover, OUTPUT, { certificate: cut }),
      proving(prover, OUTPUT, { certificate: `0x${'00'.repeat(256)}` }),
      proving(prover, OUTPUT, { output: words(OUTPUT, 0n) }),
      proving(prover, OUTPUT, { fuelUsed: 1n }),
      proving(prover, OUTPUT, { exit: 1 }),
      proving(prover, OUTPUT, { evidenceHash: `0x${'01'.repeat(32)}` }),
    ])
      assert.match(failedIn(evidence({ fulfillment }))[0] ?? '', /^proof: /)
  })

  it('fails for an input that counts twice: a word at or above r is no element [ZKP-4]', () => {
    const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
    assert.match(
      failedIn(evidence({ fulfillment: { ...proving(prover), output: words(OUTPUT + r) } }))[0] ?? '',
      /order/,
    )
  })

  it('fails when the key is not the one registered, or its contract none [ZKP-8]', () => {
    const other = trapdoor({ outputs: 1, inputs: 2, isBound: true }, 'another')
    for (const proof of [
      { registered: undefined },
      { registered: PAYEE },
      { code: codeOf(other.key) },
      { code: '0x' as Hex },
      { code: toHex(fromHex(codeOf()).subarray(0, 300)) },
    ])
      assert.match(failedIn(evidence({}, proof))[0] ?? '', /^proof: /)
  })

  it('takes a proof of the open turn for whom it names, and in that turn alone [ZKP-10]', () => {
    const openly = (time: bigint) =>
      evidence(
        { fulfillment: proving(PAYEE, OUTPUT, { attempt: 1 }), time, committee: undefined },
        { openPayee: PAYEE },
      )
    assert.deepEqual(failedIn(openly(1_120n)), [])
    assert.deepEqual(
      audit(openly(1_139n)).map(({ id }) => id),
      ['request', 'proof', 'payment'],
    )
    for (const time of [1_119n, 1_140n])
      assert.match(failedIn(openly(time))[0] ?? '', /outside the open turn/)
    const stolen = evidence(
      { fulfillment: proving(prover, OUTPUT, { attempt: 1 }), time: 1_125n },
      { openPayee: PAYEE },
    )
    assert.match(failedIn(stolen)[0] ?? '', /^proof: /)
  })

  it('fails for a deadline that leaves no open turn, or two [ZKP-10]', () => {
    for (const deadline of [1_120n, 1_160n]) {
      const { request: other, honest, requestId: id } = createScene(7, { ...request, deadline })
      const given = { ...evidence(), requestId: id, submitted: { ...honest.submitted, request: other } }
      assert.match(failedIn(given)[0] ?? '', /^round: the deadline/)
    }
  })

  it('fails for each part of the payment that is not as due [FEE-4]', () => {
    for (const wrong of [
      { ...payment, perSeat: 1_001n },
      { ...payment, pool: 1n },
      { ...payment, submitter: 983n, refund: 3_897n },
      { ...payment, submitter: 985n, refund: 3_895n },
      { ...payment, refund: 3_895n },
    ])
      assert.match(failedIn(evidence({ payment: wrong }))[0] ?? '', /^payment: /)
  })
})
