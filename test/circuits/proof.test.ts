/**
 * From observations to a proof that the verifier accepts, through the calculator's thread and the prover. Thirty members are proved in
 * test/slow/committee-of-thirty.test.ts.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { fromHex } from '../../src/crypto/bytes.ts'
import {
  committeeProofInputs,
  keyRoot,
  type ObservationSubject,
  observationContext,
  packStatement,
} from '../../src/crypto/committee-proof.ts'
import { verifyProof } from '../../src/crypto/groth16.ts'
import { decodeVerificationKey } from '../../src/crypto/groth16-key.ts'
import type { Hex } from '../../src/protocol/types.ts'
import { CTX, KEYS, observationsWithAbsent } from './committee.ts'
import { type ProvenCircuit, proveCircuit } from './committee-proof.ts'

/** What is proved of each size, reckoned by hand from what `observationsWithAbsent` says. */
const COMMITTEES = [
  { size: 4, statement: { result: 2_001n, count: 3, bitmap: 0b1101n } },
  { size: 15, statement: { result: 2_009n, count: 11, bitmap: 0x5dddn } },
] as const

for (const { size, statement } of COMMITTEES)
  describe(`a proof of a committee of ${size}, made and verified [CIR-6]`, () => {
    let proven: ProvenCircuit
    before(async () => {
      const { inputs } = committeeProofInputs(observationsWithAbsent(size))
      proven = await proveCircuit(`committee-median-${size}`, inputs, 0)
    })

    const root = keyRoot(KEYS.slice(0, size))
    const isAccepted = (...publicInputs: readonly bigint[]) =>
      verifyProof(proven.key, publicInputs, proven.made.proof).isValid

    it('is accepted for what a contract composes: root, context, result, count and bitmap', () => {
      assert.equal(isAccepted(root, CTX, packStatement(statement)), true)
    })

    it('is refused for another root, context, result, count or bitmap', () => {
      const elsewhere = observationContext({
        chainId: 1,
        contract: `0x${'c0'.repeat(20)}`,
        subject: `0x${'5b'.repeat(32)}`,
      })
      assert.equal(isAccepted(keyRoot(KEYS.slice(1, size + 1)), CTX, packStatement(statement)), false)
      assert.equal(isAccepted(root, elsewhere, packStatement(statement)), false)
      const { result, count, bitmap } = statement
      for (const other of [{ result: result + 1n }, { count: count + 1 }, { bitmap: bitmap | 2n }])
        assert.equal(isAccepted(root, CTX, packStatement({ ...statement, ...other })), false)
    })
  })

describe('the proof of thirty members in test/vectors [CIR-7]', () => {
  const vector = JSON.parse(
    readFileSync(new URL('../vectors/committee-proof-30.json', import.meta.url), 'utf8'),
  ) as {
    readonly bytes: Hex
    readonly keyRoot: string
    readonly context: { readonly value: ObservationSubject; readonly ctx: string }
    readonly statement: { readonly result: string; readonly count: number; readonly bitmap: string }
    readonly publicInputs: readonly string[]
    readonly proof: Hex
  }

  it('is accepted for what its parts compose, and for nothing else', () => {
    const { statement, context } = vector
    const { result, bitmap } = statement
    const packed = packStatement({ ...statement, result: BigInt(result), bitmap: BigInt(bitmap) })
    const publicInputs = [BigInt(vector.keyRoot), observationContext(context.value), packed]
    assert.deepEqual(publicInputs.map(String), vector.publicInputs)
    const key = decodeVerificationKey(fromHex(vector.bytes))
    assert.equal(verifyProof(key, publicInputs, fromHex(vector.proof)).isValid, true)
    assert.equal(verifyProof(key, publicInputs.with(2, packed + 1n), fromHex(vector.proof)).isValid, false)
  })
})
