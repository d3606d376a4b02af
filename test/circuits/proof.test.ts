/** From observations to a proof that the verifier accepts, through the calculator's thread and the prover. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { CIRCUITS, compileCircuit } from '../../scripts/circuits.ts'
import { runCalculator } from '../../src/adapters/circuit/calculator.ts'
import { devSetup } from '../../src/adapters/prover/dev-setup.ts'
import { InProcessProver } from '../../src/adapters/prover/in-process.ts'
import { verificationKeyOf } from '../../src/adapters/prover/verification-key.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import {
  committeeProofInputs,
  keyRoot,
  type ObservationSubject,
  observationContext,
  packStatement,
} from '../../src/crypto/committee-proof.ts'
import { verifyProof } from '../../src/crypto/groth16.ts'
import { decodeVerificationKey, type VerificationKey } from '../../src/crypto/groth16-key.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'
import type { Hex } from '../../src/protocol/types.ts'
import { CTX, KEYS, observations } from './committee.ts'

describe('a committee’s proof, made and verified [CIR-6]', () => {
  const prover = new InProcessProver({ engine: 'kernel', threads: 1, keyBytesMax: 64 * 1024 * 1024 })
  let key: VerificationKey
  let proof: Uint8Array

  before(async () => {
    const { r1cs, wasm } = await compileCircuit(CIRCUITS.get('committee-median-4') ?? '')
    const zkey = await devSetup(readFileSync(r1cs), 'committee-median-4')
    key = verificationKeyOf(zkey, { isCeremony: false, isBound: false, outputs: 0 })
    const { inputs } = committeeProofInputs(observations([2_000n, undefined, 1_950n, 2_010n]))
    const made = await prover.prove({
      provingKey: { hash: sha256Hex(zkey), read: async () => zkey },
      witness: () => runCalculator(readFileSync(wasm), inputs),
    })
    proof = made.proof
  })
  after(() => prover.close())

  const root = keyRoot(KEYS.slice(0, 4))
  const statement = { result: 2_000n, count: 3, bitmap: 0b1101n }
  const isAccepted = (...publicInputs: readonly bigint[]) => verifyProof(key, publicInputs, proof).isValid

  it('is accepted for what a contract composes: root, context, result, count and bitmap', () => {
    assert.equal(isAccepted(root, CTX, packStatement(statement)), true)
  })

  it('is refused for another root, context, result, count or bitmap', () => {
    const elsewhere = observationContext({
      chainId: 1,
      contract: `0x${'c0'.repeat(20)}`,
      subject: `0x${'5b'.repeat(32)}`,
    })
    assert.equal(isAccepted(keyRoot(KEYS.slice(1, 5)), CTX, packStatement(statement)), false)
    assert.equal(isAccepted(root, elsewhere, packStatement(statement)), false)
    for (const other of [{ result: 2_001n }, { count: 4 }, { bitmap: 0b1111n }])
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
