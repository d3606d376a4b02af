/**
 * The largest committee there is, from its members' signatures to a proof that is accepted: the circuit is compiled, its key made unless
 * one is kept, twenty-two of thirty sign what they observed, and the proof is ours.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { committeeFeedInputs, keyRoot, packStatement } from '../../src/crypto/committee-proof.ts'
import { verifyProof } from '../../src/crypto/groth16.ts'
import { accepts, endSnarkjs } from '../adapters/prover/support/proofs.ts'
import { CTX, KEYS, observationsWithAbsent } from '../circuits/committee.ts'
import { type ProvenCircuit, proveCircuit } from '../circuits/committee-proof.ts'

const SIZE = 30
/** Reckoned by hand: of 2000 to 2029, each once, eight are absent. */
const PACKED = packStatement({ result: 2_014n, count: 22, bitmap: 0x1ddd_ddddn })
/** What the circuit puts out, then what it is given in public (CIR-6). */
const PUBLIC_SIGNALS = [PACKED, keyRoot(KEYS), CTX]

describe('a proof of a committee of 30 for a feed [CIR-6]', () => {
  let proven: ProvenCircuit
  before(async () => {
    const { inputs } = committeeFeedInputs(observationsWithAbsent(SIZE))
    const given = { keyRoot: [keyRoot(KEYS)], ctx: [CTX], ...inputs }
    proven = await proveCircuit(`committee-feed-${SIZE}`, given, 1)
  })
  after(endSnarkjs)

  it('says the median, the number and the places of those who signed', () => {
    assert.deepEqual(proven.made.publicSignals, PUBLIC_SIGNALS)
  })

  it('is accepted by our verifier and by snarkjs', async () => {
    assert.equal(verifyProof(proven.key, PUBLIC_SIGNALS, proven.made.proof).isValid, true)
    assert.equal(await accepts(proven.zkey, proven.made), true)
  })

  it('is refused by both for another statement, root or context', async () => {
    for (const i of PUBLIC_SIGNALS.keys()) {
      const others = PUBLIC_SIGNALS.with(i, (PUBLIC_SIGNALS[i] ?? 0n) + 1n)
      assert.equal(verifyProof(proven.key, others, proven.made.proof).isValid, false)
      assert.equal(await accepts(proven.zkey, { ...proven.made, publicSignals: others }), false)
    }
  })
})
