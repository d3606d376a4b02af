/** The median's template: what its labels may say. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { WitnessError } from '../../src/core/circuit/witness-error.ts'
import { lowerMedian } from '../../src/crypto/committee-proof.ts'
import { FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'

const SLOTS = 3
const MOST = (1n << 128n) - 1n

describe('the lower median of three slots [CIR-14]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('test/circuits/templates/median.circom')
  })

  /** Every median some labelling proves: each slot is plain, chosen, above, or both. */
  function proven(values: readonly (bigint | undefined)[]): Set<bigint> {
    const medians = new Set<bigint>()
    for (let labels = 0; labels < 4 ** SLOTS; labels++) {
      const bit = (slot: number, of: number) => BigInt((labels >> (2 * slot + of)) & 1)
      const inputs = {
        present: values.map((value) => (value === undefined ? 0n : 1n)),
        values: values.map((value) => value ?? 0n),
        chosen: values.map((_, slot) => bit(slot, 0)),
        above: values.map((_, slot) => bit(slot, 1)),
      }
      try {
        medians.add(circuit.accepts(inputs)[0] ?? -1n)
      } catch (error) {
        if (!(error instanceof WitnessError)) throw error
      }
    }
    return medians
  }

  it('is the one value any labelling proves, whoever is absent, with ties and extremes', () => {
    const some = [undefined, 0n, 1n, MOST]
    for (const a of some) {
      for (const b of some) {
        for (const c of some) {
          const given = [a, b, c].filter((value) => value !== undefined)
          const expected = given.length === 0 ? [] : [lowerMedian(given)]
          assert.deepEqual([...proven([a, b, c])], expected)
        }
      }
    }
  })

  it('is never a value of 2^128 or more; one just below the field’s order counts as negative', () => {
    assert.deepEqual([...proven([1n << 128n, 1n << 128n, 1n << 128n])], [])
    assert.deepEqual([...proven([FIELD_ORDER - 1n, 5n, 9n])], [5n])
    assert.deepEqual([...proven([FIELD_ORDER - 1n, FIELD_ORDER - 2n, 9n])], [])
    assert.deepEqual([...proven([1n << 200n, 5n, 9n])], [])
  })

  it('takes no labels but 0 and 1, and none of an absent slot', () => {
    const right = {
      present: [1n, 1n, 1n],
      values: [5n, 6n, 7n],
      chosen: [0n, 1n, 0n],
      above: [0n, 0n, 1n],
    }
    assert.deepEqual([...circuit.accepts(right)], [6n])
    // 2 - 1 = 1 is one choice, and 6 * 2 - 7 another median.
    circuit.rejects({ ...right, chosen: [0n, 2n, FIELD_ORDER - 1n] }, /LowerMedian/)
    circuit.rejects({ ...right, above: [FIELD_ORDER - 1n, 0n, 2n] }, /LowerMedian/)
    circuit.rejects({ ...right, chosen: [0n, 1n, 1n] }, /LowerMedian/)
    circuit.rejects({ ...right, chosen: [0n, 0n, 0n] }, /LowerMedian/)
    circuit.rejects({ ...right, present: [1n, 0n, 1n] }, /LowerMedian/)
    circuit.rejects({ ...right, present: [1n, 1n, 0n] }, /LowerMedian/)
  })

  it('leaves no wire free but who is present, where that changes nothing', () => {
    const inputs = { present: [1n, 1n, 1n], values: [5n, 6n, 7n], chosen: [0n, 1n, 0n], above: [0n, 0n, 1n] }
    // Without the first, 6 is the lower median of the other two.
    const witness = circuit.witness(inputs)
    assert.deepEqual(circuit.free(witness), ['present[0]'])
    assert.equal(circuit.freedom(witness), 0)
  })
})
