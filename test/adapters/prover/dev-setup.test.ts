import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import * as snarkjs from 'snarkjs'
import { G1_GENERATOR, G2_GENERATOR, R } from '../../../src/adapters/prover/bn254.ts'
import { devSetup } from '../../../src/adapters/prover/dev-setup.ts'
import { FIELD, FixedBase, QUADRATIC_FIELD, type Quadratic } from '../../../src/adapters/prover/fixed-base.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import { type Circuit, r1csOf, squares, witnessFile } from './support/circuit.ts'

const SEED = 'a seed everybody knows'

/** Whether snarkjs proves with the key, and accepts the proof of these public signals. */
async function proves(key: Uint8Array, circuit: Circuit, claimed?: readonly string[]): Promise<boolean> {
  const { proof, publicSignals } = await snarkjs.groth16.prove(key, witnessFile(circuit.witness))
  return snarkjs.groth16.verify(
    await snarkjs.zKey.exportVerificationKey(key),
    claimed ?? publicSignals,
    proof,
  )
}

describe('a development key', () => {
  after(async () => (await snarkjs.curves.getCurveFromName('bn128')).terminate())

  it('proves what the circuit says, and nothing else', async () => {
    const circuit = squares(7n, 5)
    const key = await devSetup(r1csOf(circuit), SEED)
    assert.equal(await proves(key, circuit), true)
    assert.equal(await proves(key, circuit, ['8']), false)
    const forged = { ...circuit, witness: circuit.witness.with(1, 8n) }
    assert.equal(await proves(key, forged), false)
  })

  it('has a domain of rows and public signals together, whichever side of a power of two they fall', async () => {
    // One public signal and the constant: 6 + 2 rows fill a domain of 8, 7 + 2 need 16.
    for (const [steps, size] of [
      [6, 8],
      [7, 16],
    ] as const) {
      const circuit = squares(3n, steps)
      const key = await devSetup(r1csOf(circuit), SEED)
      assert.equal(new DataView(key.buffer, key.byteOffset).getUint32(12 + 16 + 12 + 80, true), size)
      assert.equal(await proves(key, circuit), true)
    }
  })

  it('is the same for the same circuit and seed, and another for another seed [PRV-14]', async () => {
    const r1cs = r1csOf(squares(7n, 3))
    const key = await devSetup(r1cs, SEED)
    assert.deepEqual(await devSetup(r1cs, SEED), key)
    assert.notDeepEqual(await devSetup(r1cs, `${SEED}.`), key)
  })

  it('refuses constraints cut short anywhere, with bytes behind them, or over another field', async () => {
    const r1cs = r1csOf(squares(7n, 2))
    const refused = (bytes: Uint8Array) => assert.rejects(devSetup(bytes, SEED), InvalidInputError)
    for (let length = 0; length < r1cs.length; length += 7) await refused(r1cs.slice(0, length))
    await refused(Buffer.concat([r1cs, new Uint8Array(1)]))
    const otherField = r1cs.slice()
    otherField[12 + 12 + 4] = 2
    await refused(otherField)
  })

  it('refuses a wire that is not there and a coefficient outside the field', async () => {
    const circuit = squares(7n, 2)
    const [, ...rest] = circuit.constraints
    const beyond = { ...circuit, constraints: [[[[99, 1n]], [], []] as const, ...rest] }
    await assert.rejects(devSetup(r1csOf(beyond), SEED), InvalidInputError)
    const r1cs = r1csOf(circuit)
    // The first coefficient of the first constraint.
    r1cs.fill(0xff, 12 + 12 + 64 + 12 + 8, 12 + 12 + 64 + 12 + 8 + 32)
    await assert.rejects(devSetup(r1cs, SEED), InvalidInputError)
  })
})

describe('multiples of a fixed point', () => {
  const scalars = [
    0n,
    1n,
    2n,
    255n,
    256n,
    2n ** 128n - 1n,
    R - 1n,
    R - 2n,
    (R - 1n) / 2n,
    0xdeadbeefn ** 7n % R,
    R,
  ]
  /** Counts that make windows narrow and wide. */
  const counts = [1, 2_000]

  it('are what the reference computes in G1, infinity included', () => {
    for (const count of counts) {
      const base = new FixedBase(FIELD, G1_GENERATOR, count)
      const found = [...base.multiples(scalars)].flat()
      for (const [i, scalar] of scalars.entries()) {
        const expected = scalar % R === 0n ? undefined : bn254.G1.Point.BASE.multiply(scalar % R).toAffine()
        assert.deepEqual(found[i], expected)
      }
    }
  })

  it('are what the reference computes in G2, infinity included', () => {
    for (const count of counts) {
      const base = new FixedBase<Quadratic>(QUADRATIC_FIELD, G2_GENERATOR, count)
      const found = [...base.multiples(scalars)].flat()
      for (const [i, scalar] of scalars.entries()) {
        if (scalar % R === 0n) assert.equal(found[i], undefined)
        else {
          const { x, y } = bn254.G2.Point.BASE.multiply(scalar).toAffine()
          assert.deepEqual(found[i], { x: [x.c0, x.c1], y: [y.c0, y.c1] })
        }
      }
    }
  })
})
