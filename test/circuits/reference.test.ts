/** The fast circuit against the reference, which is circomlib's throughout: each statement is proven by both or by neither. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { WitnessError } from '../../src/core/circuit/witness-error.ts'
import {
  type CommitteeStatement,
  committeeProofInputs,
  lowerMedian,
  packStatement,
} from '../../src/crypto/committee-proof.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'
import { observations, referenceInputs } from './committee.ts'
import { bitsFrom, mulberry } from './random.ts'

describe('the committee’s circuit and the reference [CIR-17]', () => {
  let fast: TestedCircuit
  let reference: TestedCircuit
  before(async () => {
    fast = await testedCircuit('committee-median-4')
    reference = await testedCircuit('committee-reference-4')
  })

  function isProven(circuit: TestedCircuit, inputs: CircuitInputs): boolean {
    try {
      circuit.accepts(inputs)
      return true
    } catch (error) {
      if (error instanceof WitnessError && error.reason === 'unsatisfied') return false
      throw error
    }
  }

  /** By the honest labels, or by those that fit the claim where a value is the claimed result. */
  function isProvenFast(values: readonly (bigint | undefined)[], statement: CommitteeStatement): boolean {
    const honest = {
      ...committeeProofInputs(observations(values)).inputs,
      packed: [packStatement(statement)],
    }
    const slot = values.indexOf(statement.result)
    const fitted = {
      ...honest,
      chosen: values.map((_, i) => (i === slot ? 1n : 0n)),
      above: values.map((value) => (value !== undefined && value > statement.result ? 1n : 0n)),
    }
    return isProven(fast, honest) || isProven(fast, fitted)
  }

  it('agree on statements that are right and on those that are nearly right', () => {
    const random = mulberry(23)
    const verdicts = new Set<boolean>()
    for (let round = 0; round < 8; round++) {
      const bits = round % 2 === 0 ? 2 : 128
      const values = [0, 1, 2, 3]
        .map(() => (random(5) === 0 ? undefined : bitsFrom(random, bits)))
        .with(round % 4, 3n)
      const given = values.filter((value) => value !== undefined)
      const right: CommitteeStatement = {
        result: lowerMedian(given),
        count: given.length,
        bitmap: values.reduce(
          (map: bigint, value, i) => map | (value === undefined ? 0n : 1n << BigInt(i)),
          0n,
        ),
      }
      const claims = [
        right,
        { ...right, result: given[random(given.length)] ?? 0n },
        { ...right, result: right.result + 1n },
        round % 3 === 0 ? { ...right, count: right.count + 1 } : { ...right, bitmap: right.bitmap ^ 1n },
      ].filter(({ result }) => result >> 128n === 0n)
      for (const claim of claims) {
        const [ours, theirs] = [
          isProvenFast(values, claim),
          isProven(reference, referenceInputs(values, claim)),
        ]
        assert.equal(
          ours,
          theirs,
          `${values.join()} claimed as ${JSON.stringify(claim, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`,
        )
        verdicts.add(ours)
      }
    }
    assert.equal(verdicts.size, 2)
  })

  it('take more constraints a member by the reference than by the fast one', () => {
    assert.ok(reference.system.constraints.length > 2 * fast.system.constraints.length)
  })
})
