/** The circuit of examples/circuit-score. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { issueScore, SCHEME, type Score, scoreInputs } from '../../examples/circuit-score/inputs.ts'
import { schnorrSecret } from '../../src/crypto/schnorr.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'

const ISSUER = schnorrSecret(new Uint8Array(32).fill(9))
const STRANGER = schnorrSecret(new Uint8Array(32).fill(8))
const SCORE: Score = { account: 0xaccn, score: 700n, validUntil: 2_000n }
const ASKED = { threshold: 650n, time: 1_000n, binding: 5n }

describe('a private score', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('score')
  })
  const issued = issueScore(ISSUER, SCORE)

  it('reaches a threshold up to itself, and none above', () => {
    for (const [threshold, reached] of [
      [0n, 1n],
      [699n, 1n],
      [700n, 1n],
      [701n, 0n],
      [2n ** 32n - 1n, 0n],
    ] as const)
      assert.equal(circuit.accepts(scoreInputs(issued, { ...ASKED, threshold }))[0], reached)
    const highest = issueScore(ISSUER, { ...SCORE, score: 2n ** 32n - 1n })
    assert.equal(circuit.accepts(scoreInputs(highest, { ...ASKED, threshold: 2n ** 32n - 1n }))[0], 1n)
  })

  it('shows neither the score nor how long it is valid', () => {
    const publics = circuit.accepts(scoreInputs(issued, ASKED))
    assert.deepEqual(publics, [1n, issued.issuer, SCHEME, SCORE.account, 650n, 1_000n, 5n])
  })

  it('has no proof once it has expired', () => {
    circuit.accepts(scoreInputs(issued, { ...ASKED, time: 2_000n }))
    circuit.rejects(scoreInputs(issued, { ...ASKED, time: 2_001n }), /Score/)
  })

  it('has no proof as another score, of another account, or valid for longer', () => {
    for (const changed of [{ score: 701n }, { account: 0xacdn }, { validUntil: 9_000n }])
      circuit.rejects(scoreInputs({ ...issued, ...changed }, ASKED), /ChallengeOf/)
  })

  it('has no proof by a stranger’s signature, or one of another scheme', () => {
    const foreign = issueScore(STRANGER, SCORE)
    circuit.rejects(scoreInputs({ ...foreign, issuer: issued.issuer }, ASKED), /ChallengeOf/)
    circuit.rejects({ ...scoreInputs(issued, ASKED), scheme: [SCHEME + 1n] }, /ChallengeOf/)
  })

  it('has no proof with numbers out of their range', () => {
    const wide = issueScore(ISSUER, { ...SCORE, score: 1n << 32n })
    circuit.rejects(scoreInputs(wide, ASKED), /Bits/)
    circuit.rejects(scoreInputs(issued, { ...ASKED, threshold: 1n << 32n }), /Bits/)
    circuit.rejects(scoreInputs(issued, { ...ASKED, time: 1n << 64n }), /Bits/)
    const long = issueScore(ISSUER, { ...SCORE, validUntil: 1n << 64n })
    circuit.rejects(scoreInputs(long, ASKED), /Bits/)
  })

  it('leaves no wire free but the sign of the binding, an input', () => {
    // A proof is made for one of the two, and is none for the other: to make that takes what is private.
    const witness = circuit.witness(scoreInputs(issued, ASKED))
    assert.deepEqual(circuit.free(witness), ['binding'])
    assert.equal(circuit.freedom(witness), 0)
  })
})
