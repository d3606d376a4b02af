import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { poseidon, poseidonFrom } from '../../src/crypto/poseidon.ts'
import { FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { testedCircuit } from '../circuits/circuit.ts'

describe('Poseidon [CIR-13]', () => {
  it('gives what circomlib’s own tests expect', () => {
    assert.equal(
      poseidon([1n, 2n]),
      7853200120776062878684798364095072458815029376092732009249414926327459813530n,
    )
    assert.equal(
      poseidon([1n, 2n, 3n, 4n]),
      18821383157269793795438455681495246036402687001665670618754263018637548127333n,
    )
  })

  it('gives what circomlib’s template computes at the widths in use, with another capacity too', async () => {
    const circuit = await testedCircuit('test/circuits/templates/poseidon.circom')
    const inputs = Array.from({ length: 15 }, (_, i) => (FIELD_ORDER - 1n) / BigInt(i + 1))
    for (const initial of [0n, 1n, FIELD_ORDER - 5n]) {
      const out = circuit.accepts({ inputs, initial: [initial] })
      for (const [i, width] of [2, 4, 15].entries())
        assert.equal(out[i], poseidonFrom(initial, inputs.slice(0, width)), `${width} inputs`)
    }
    assert.equal(poseidonFrom(0n, inputs), poseidon(inputs))
  })

  it('takes field elements only, one to sixteen of them', () => {
    for (const inputs of [[], Array<bigint>(17).fill(1n), [FIELD_ORDER], [-1n]])
      assert.throws(() => poseidon(inputs), { code: 'INVALID_INPUT' })
  })
})
