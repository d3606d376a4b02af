/** A committee's proof: what it accepts, and what it refuses. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { BASE, montgomeryU, montgomeryV, SUBGROUP_ORDER } from '../../src/crypto/babyjubjub.ts'
import {
  committeeFeedInputs,
  committeeProofInputs,
  digitsOf,
  keyRoot,
  lowerMedian,
  packStatement,
  quorumProofInputs,
  unpackStatement,
} from '../../src/crypto/committee-proof.ts'
import { FIELD_ORDER, ScalarField } from '../../src/crypto/scalar-field.ts'
import { schnorrKey, signSchnorr } from '../../src/crypto/schnorr.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'
import { CTX, KEYS, observations, observe, SECRETS } from './committee.ts'
import { bitsFrom, mulberry } from './random.ts'

const MOST = (1n << 128n) - 1n

/** Inputs with one slot's element, or a whole input, replaced. */
function replaced(inputs: CircuitInputs, name: string, value: bigint, slot = 0): CircuitInputs {
  const values = inputs[name] ?? assert.fail(`no input ${name}`)
  return { ...inputs, [name]: values.map((one, i) => (i === slot ? value : one)) }
}

describe('a committee’s median as a function’s output [CIR-6]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('committee-feed-4')
  })

  const given = observations([10n, undefined, 20n, 30n])
  const publicOf = ({ keys, ctx }: typeof given) => ({ keyRoot: [keyRoot(keys)], ctx: [ctx] })

  it('says the packed statement first, then the key root and the context', () => {
    const { inputs, statement } = committeeFeedInputs(given)
    const signals = circuit.accepts({ ...publicOf(given), ...inputs })
    assert.deepEqual(signals, [packStatement(statement), keyRoot(given.keys), CTX])
    assert.deepEqual(unpackStatement(signals[0] ?? 0n, 4), { result: 20n, count: 3, bitmap: 0b1101n })
  })

  it('is made with members without a key, who are absent', () => {
    const without = { ...given, keys: given.keys.with(1, 0n) }
    circuit.accepts({ ...publicOf(without), ...committeeFeedInputs(without).inputs })
  })

  it('is that of more than half of the members, or has no proof', () => {
    const of = (values: readonly (bigint | undefined)[]) => {
      const signed = observations(values)
      return { ...publicOf(signed), ...committeeFeedInputs(signed).inputs }
    }
    circuit.accepts(of([10n, undefined, 20n, 30n]))
    for (const few of [
      [10n, undefined, 20n, undefined],
      [undefined, undefined, undefined, 30n],
    ])
      circuit.rejects(of(few), /CommitteeFeed|Bits/)
  })

  it('has no proof for another result than the median of what was signed', () => {
    const { inputs } = committeeFeedInputs(given)
    for (const result of [10n, 30n, 21n, 20n + (1n << 128n)])
      circuit.rejects({ ...publicOf(given), ...inputs, result: [result] }, /Statement/)
  })
})

describe('a proof of a committee’s median [CIR-6]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('committee-median-4')
  })

  const VALUES = [10n, 40n, 20n, 30n]
  const right = () => committeeProofInputs(observations(VALUES)).inputs

  function proves(values: readonly (bigint | undefined)[]): void {
    const { inputs, statement } = committeeProofInputs(observations(values))
    const given = values.filter((value) => value !== undefined)
    assert.equal(statement.result, lowerMedian(given))
    assert.deepEqual(circuit.accepts(inputs), [
      keyRoot(KEYS.slice(0, 4)),
      CTX,
      statement.result + (BigInt(given.length) << 128n) + (statement.bitmap << 136n),
    ])
  }

  it('has three public inputs: the key root, the context and the packed statement [CIR-7]', () => {
    assert.deepEqual(
      circuit.manifest.inputs.filter(({ isPublic }) => isPublic).map(({ name, size }) => [name, size]),
      [
        ['keyRoot', 1],
        ['ctx', 1],
        ['packed', 1],
      ],
    )
    proves(VALUES)
  })

  it('is made of any set of members who are present [CIR-15]', () => {
    for (let present = 1; present < 16; present++)
      proves(VALUES.map((value, i) => ((present >> i) & 1 ? value : undefined)))
    assert.throws(() => committeeProofInputs(observations([undefined, undefined, undefined, undefined])))
  })

  it('is made of random values, ties and extremes', () => {
    const random = mulberry(11)
    for (let round = 0; round < 12; round++)
      proves(
        [0, 1, 2, 3].map(() => (random(6) === 0 ? undefined : bitsFrom(random, 128))).with(round % 4, 7n),
      )
    proves([5n, 5n, 5n, 5n])
    proves([5n, 5n, 6n, 6n])
    proves([0n, MOST, 0n, MOST])
    proves([MOST, MOST, MOST, MOST])
    proves([0n, 0n, 0n, undefined])
  })

  it('has no proof for a value that was not signed', () => {
    circuit.rejects(replaced(right(), 'values', 11n, 0), /ChallengeOf/)
    // Nor with the whole statement made to fit it.
    const forged = committeeProofInputs({
      ...observations(VALUES),
      observations: VALUES.map((value, i) => ({ ...observe(i, value), value: value + 100n })),
    })
    circuit.rejects(forged.inputs, /ChallengeOf/)
  })

  it('has no proof for another median of the same values', () => {
    const { statement } = committeeProofInputs(observations(VALUES))
    for (const result of [10n, 30n, 40n, 19n, 21n]) {
      const inputs = replaced(right(), 'packed', packStatement({ ...statement, result }))
      circuit.rejects(inputs, /Statement/)
      const slot = VALUES.indexOf(result)
      if (slot >= 0)
        circuit.rejects(
          {
            ...inputs,
            chosen: VALUES.map((_, i) => (i === slot ? 1n : 0n)),
            above: VALUES.map((value) => (value > result ? 1n : 0n)),
          },
          /LowerMedian/,
        )
    }
  })

  it('has no proof in another context, or under another list of keys', () => {
    circuit.rejects(replaced(right(), 'ctx', CTX + 1n), /ChallengeOf/)
    circuit.rejects(replaced(right(), 'keyRoot', 1n), /SignedObservations/)
    const swapped = [1, 0, 2, 3].map((i) => KEYS[i] ?? 0n)
    circuit.rejects({ ...right(), keys: swapped, keyRoot: [keyRoot(swapped)] })
  })

  it('has no proof for a count or bitmap that is not the members’ [CIR-7]', () => {
    const { statement } = committeeProofInputs(observations([10n, undefined, 20n, 30n]))
    const { inputs } = committeeProofInputs(observations([10n, undefined, 20n, 30n]))
    const others = [
      { ...statement, count: 4 },
      { ...statement, count: 2 },
      { ...statement, bitmap: 0b1111n },
      { ...statement, bitmap: 0b0111n, count: 3 },
    ]
    for (const other of others) circuit.rejects(replaced(inputs, 'packed', packStatement(other)), /Statement/)
    // A member said to be present whom nobody signed for: the place is the base point's.
    const all = { ...inputs, present: [1n, 1n, 1n, 1n] }
    circuit.rejects(replaced(all, 'packed', packStatement({ ...statement, count: 4, bitmap: 0b1111n })))
  })

  it('has no proof that counts an absent member’s value', () => {
    const { inputs, statement } = committeeProofInputs(observations([10n, undefined, 20n, 30n]))
    const median = signSchnorr(1n, CTX, 5n)
    const forged = {
      ...inputs,
      values: [10n, 5n, 20n, 30n],
      challenges: (inputs.challenges ?? []).with(1, median.e),
      digits: (inputs.digits ?? []).with(1, digitsOf(median.s)),
    }
    // Signed by the base point, as anybody can: accepted as long as it counts for nothing.
    circuit.accepts(forged)
    circuit.rejects(
      { ...forged, chosen: [0n, 1n, 0n, 0n], packed: [packStatement({ ...statement, result: 5n })] },
      /LowerMedian/,
    )
    circuit.rejects(replaced(forged, 'above', 1n, 1), /LowerMedian/)
  })

  it('has no proof with flags that are not 0 or 1', () => {
    for (const value of [2n, FIELD_ORDER - 1n]) {
      circuit.rejects(replaced(right(), 'present', value), /Statement|LowerMedian/)
      circuit.rejects(replaced(right(), 'chosen', value), /LowerMedian/)
      circuit.rejects(replaced(right(), 'above', value), /LowerMedian/)
    }
  })

  it('has no proof that a member is present twice over, by a key between that and the base point', () => {
    // 2 (key - base) + base is a stranger's, who signs in the member's place; the packed input is composed to fit.
    const stranger = SECRETS[9] ?? 0n
    const theirs = schnorrKey(stranger)
    const between = ScalarField.div(ScalarField.add(theirs, montgomeryU(BASE)), 2n)
    const keys = [between, ...KEYS.slice(1, 4)]
    const values = [1n, 20n, 30n, 40n]
    const signatures = values.map((value, i) =>
      signSchnorr(i === 0 ? stranger : (SECRETS[i] ?? 0n), CTX, value),
    )
    const forged = {
      ...right(),
      keys,
      keyRoot: [keyRoot(keys)],
      present: [2n, 1n, 1n, 1n],
      values,
      vs: [theirs, ...keys.slice(1)].map((key) => montgomeryV(key) ?? 0n),
      challenges: signatures.map(({ e }) => e),
      digits: signatures.map(({ s }) => digitsOf(s)),
      chosen: [0n, 1n, 0n, 0n],
      above: [0n, 0n, 1n, 1n],
      packed: [20n + (5n << 128n) + (16n << 136n)],
    }
    circuit.rejects(forged, /Statement/)
  })

  it('has no proof with numbers out of their range', () => {
    const { challenges = [], digits = [] } = right()
    circuit.rejects(replaced(right(), 'challenges', (challenges[0] ?? 0n) + (1n << 128n)), /Bits/)
    circuit.rejects(replaced(right(), 'digits', (digits[0] ?? 0n) + (1n << 251n)), /Bits/)
    circuit.rejects(committeeInputsOf([1n << 128n, 1n << 128n, 1n << 128n, 1n << 128n]))
  })

  /** As a prover would fill them in who does not mind the bound of values. */
  function committeeInputsOf(values: readonly bigint[]): CircuitInputs {
    const { inputs } = committeeProofInputs(observations([0n, 0n, 0n, 0n]))
    const signed = values.map((value, i) => observe(i, value).signature)
    const packed = (values[0] ?? 0n) + (4n << 128n) + (0b1111n << 136n)
    return {
      ...inputs,
      values,
      packed: [packed],
      challenges: signed.map(({ e }) => e),
      digits: signed.map(({ s }) => digitsOf(s)),
    }
  }

  it('has no proof by a key that is not on the curve [CIR-8]', () => {
    let off = 2n
    while (montgomeryV(off) !== undefined) off++
    const keys = [off, ...KEYS.slice(1, 4)]
    const inputs = { ...right(), keys, keyRoot: [keyRoot(keys)] }
    for (const v of [0n, 1n, right().vs?.[0] ?? 0n]) circuit.rejects(replaced(inputs, 'vs', v), /OnCurve/)
    circuit.rejects(replaced(right(), 'vs', (right().vs?.[0] ?? 0n) + 1n), /OnCurve/)
  })

  it('has no proof by the opposite of a key with the same signature: its v decides the point', () => {
    circuit.rejects(replaced(right(), 'vs', FIELD_ORDER - (right().vs?.[0] ?? 0n)), /ChallengeOf/)
  })

  it('has no proof where s B and c A share their u: a slope would be free [CIR-11]', () => {
    const { challenges = [] } = right()
    const c = (1n << 128n) + 2n * (challenges[0] ?? 0n) + 1n
    const product = (c * (SECRETS[0] ?? 0n)) % SUBGROUP_ORDER
    for (const s of [product, SUBGROUP_ORDER - product])
      circuit.rejects(replaced(right(), 'digits', digitsOf(s)), /Differ/)
  })

  it('leaves no wire free, alone or with others, whoever is absent', () => {
    for (const values of [VALUES, [10n, undefined, 20n, undefined]]) {
      const witness = circuit.witness(committeeProofInputs(observations(values)).inputs)
      assert.deepEqual(circuit.free(witness), [])
      assert.equal(circuit.freedom(witness), 0)
    }
  })

  it('fills absent places by the base point', () => {
    const { inputs } = committeeProofInputs(observations([10n, undefined, 20n, 30n]))
    assert.equal(inputs.vs?.[1], montgomeryV(montgomeryU(BASE)))
    assert.notEqual(inputs.vs?.[1], montgomeryV(KEYS[1] ?? 0n))
  })
})

describe('a proof of a larger committee’s median [CIR-6]', () => {
  it('fits keys of 2^15 points with fifteen members and of 2^16 with thirty, whoever is absent', async () => {
    for (const [size, bound] of [
      [15, 32_760],
      [30, 65_530],
    ] as const) {
      const circuit = await testedCircuit(`committee-median-${size}`)
      assert.ok(circuit.system.constraints.length + circuit.system.publics <= bound)
      const values = Array.from({ length: size }, (_, i) =>
        i % 4 === 3 ? undefined : BigInt((i * 7_919) % 101),
      )
      const { inputs, statement } = committeeProofInputs(observations(values))
      assert.equal(circuit.accepts(inputs)[2], packStatement(statement))
      circuit.rejects(replaced(inputs, 'ctx', 1n), /ChallengeOf/)
    }
  })
})

describe('a proof of a quorum for one value [CIR-16]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('committee-quorum-4')
  })
  const some = (value: bigint) => quorumProofInputs(observations([value, undefined, value, value]))

  it('says the value, how many signed it and who', () => {
    for (const value of [0n, 77n, MOST]) {
      const { inputs, statement } = some(value)
      assert.deepEqual(circuit.accepts(inputs).slice(1), [
        CTX,
        packStatement({ result: value, count: 3, bitmap: 0b1101n }),
      ])
      assert.equal(statement.count, 3)
    }
  })

  it('has no proof with a member who signed another value, or for a value of more than 128 bits', () => {
    assert.throws(() => quorumProofInputs(observations([7n, 7n, 7n, 8n])))
    const { inputs } = quorumProofInputs(observations([7n, 7n, 7n, 7n]))
    const other = observe(3, 8n).signature
    circuit.rejects(
      {
        ...inputs,
        challenges: (inputs.challenges ?? []).with(3, other.e),
        digits: (inputs.digits ?? []).with(3, digitsOf(other.s)),
      },
      /ChallengeOf/,
    )
    circuit.rejects(
      { ...inputs, value: [1n << 128n], packed: [(1n << 128n) + (inputs.packed?.[0] ?? 0n) - 7n] },
      /Bits/,
    )
  })

  it('has no proof for another count, bitmap, context or list of keys', () => {
    const { inputs, statement } = some(7n)
    circuit.rejects(
      { ...inputs, packed: [packStatement({ ...statement, count: 4, bitmap: 0b1111n })] },
      /Statement/,
    )
    circuit.rejects({ ...inputs, ctx: [CTX + 1n] }, /ChallengeOf/)
    circuit.rejects({ ...inputs, keyRoot: [1n] }, /SignedObservations/)
  })

  it('leaves no wire free, alone or with others', () => {
    const witness = circuit.witness(some(7n).inputs)
    assert.deepEqual(circuit.free(witness), [])
    assert.equal(circuit.freedom(witness), 0)
  })
})
