/** The curve's templates, each for what it assumes and enforces. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  BASE,
  type BabyJubJubPoint,
  montgomeryU,
  montgomeryV,
  SUBGROUP_ORDER,
} from '../../src/crypto/babyjubjub.ts'
import { digitsOf } from '../../src/crypto/committee-proof.ts'
import { FIELD_ORDER, ScalarField } from '../../src/crypto/scalar-field.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'
import { bitsFrom, mulberry } from './random.ts'

const L = SUBGROUP_ORDER
const LAST = 8n ** 83n

/** (u, v) of a point. */
function montgomery(point: BabyJubJubPoint): readonly [bigint, bigint] {
  const u = montgomeryU(point)
  return [u, ScalarField.div(u, point.toAffine().x)]
}

/** The scalar that digits are written for, as the template defines them. */
function scalarOf(written: bigint): bigint {
  let scalar = 0n
  for (let i = 0n; i <= 83n; i++) {
    const code = (written >> (3n * i)) & (i === 83n ? 3n : 7n)
    const plus = i === 83n ? code >> 1n : code >> 2n
    const magnitude = 2n * (i === 83n ? code & 1n : code & 3n) + 1n
    scalar += (plus === 1n ? magnitude : -magnitude) * 8n ** i
  }
  return scalar
}

/** Digits of an odd number below 8^83 in absolute value, and a last digit. */
function digitsWithLast(low: bigint, last: bigint): bigint {
  let rest = (low + LAST - 1n) / 2n
  let written = 0n
  for (let i = 0n; i < 83n; i++, rest >>= 3n) {
    const digit = 2n * (rest % 8n) - 7n
    written |= (((digit < 0n ? -digit : digit) - 1n) / 2n + (digit > 0n ? 4n : 0n)) << (3n * i)
  }
  const magnitude = last < 0n ? -last : last
  return written | (((magnitude - 1n) / 2n + (last > 0n ? 2n : 0n)) << 249n)
}

describe('an odd multiple of a point [CIR-11]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('test/circuits/templates/odd-multiple.circom')
  })

  it('is the group’s for every multiple, and for a point and its opposite', () => {
    for (const point of [BASE, BASE.multiply(12_345n), BASE.negate()]) {
      for (let e = 0n; e < 64n; e++) {
        const [u, v] = circuit.accepts({ point: montgomery(point), e: [e] })
        assert.deepEqual([u, v], montgomery(point.multiply(64n + 2n * e + 1n)))
      }
    }
  })

  it('meets no degenerate addition: no wire is free, alone or with others', () => {
    for (const e of [0n, 1n, 31n, 32n, 62n, 63n]) {
      const witness = circuit.witness({ point: montgomery(BASE), e: [e] })
      assert.deepEqual(circuit.free(witness), [])
      assert.equal(circuit.freedom(witness), 0)
    }
  })

  it('takes no bits but 0 and 1', () => {
    circuit.rejects({ point: montgomery(BASE), e: [64n] }, /Bits/)
    circuit.rejects({ point: montgomery(BASE), e: [FIELD_ORDER - 1n] }, /Bits/)
  })
})

describe('a multiple of the base point [CIR-10]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('test/circuits/templates/base-multiple.circom')
  })
  const random = mulberry(3)
  const scalars = [1n, 2n, 3n, 8n, L - 1n, L - 2n, (L - 1n) / 2n, (L + 1n) / 2n, LAST % L, LAST - 1n]
  for (let i = 0; i < 10; i++) scalars.push(bitsFrom(random, 250) % L)

  it('is the group’s for the scalar its digits write', () => {
    for (const scalar of scalars) {
      const digits = digitsOf(scalar)
      const written = scalarOf(digits)
      assert.equal((((written - scalar) % L) + L) % L, 0n)
      assert.ok(written % 2n !== 0n && written < 4n * LAST && written > -4n * LAST)
      assert.deepEqual([...circuit.accepts({ digits: [digits] })], montgomery(BASE.multiply(scalar)))
    }
  })

  it('leaves no wire free, alone or with others', () => {
    for (const scalar of scalars.slice(0, 4)) {
      const witness = circuit.witness({ digits: [digitsOf(scalar)] })
      assert.deepEqual(circuit.free(witness), [])
      assert.equal(circuit.freedom(witness), 0)
    }
  })

  it('has no proof for digits of more than 251 bits', () => {
    circuit.rejects({ digits: [digitsOf(1n) + (1n << 251n)] }, /Bits/)
  })

  it('has no proof where the last addition would be of equal or of opposite points [CIR-11]', () => {
    // 3 * 8^83 - l is odd and small: as lower digits it is the same point as a last digit of 3 gives, and any slope would do.
    const equal = 3n * LAST - L
    assert.ok(equal % 2n !== 0n && equal > -LAST && equal < LAST)
    assert.equal(scalarOf(digitsWithLast(equal, 3n)), 6n * LAST - L)
    circuit.rejects({ digits: [digitsWithLast(equal, 3n)] }, /Differ/)
    circuit.rejects({ digits: [digitsWithLast(-equal, 3n)] }, /Differ/)
    // Beside it, the digits that differ in their lowest alone.
    circuit.accepts({ digits: [digitsWithLast(equal + 2n, 3n)] })
  })
})

describe('the challenge of a hash [CIR-12]', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('test/circuits/templates/challenge.circom')
  })
  const E = 1n << 128n

  it('is its low 128 bits, of a hash below 3 * 2^252', () => {
    const random = mulberry(5)
    const hashes = [0n, 1n, E - 1n, E, (1n << 252n) - 1n, 1n << 252n, 2n << 252n, (3n << 252n) - 1n]
    for (let i = 0; i < 5; i++) hashes.push(bitsFrom(random, 253))
    for (const hash of hashes) circuit.accepts({ hash: [hash], e: [hash % E] })
  })

  it('is no other number, and a hash from 3 * 2^252 on has none', () => {
    circuit.rejects({ hash: [5n], e: [6n] })
    for (const hash of [3n << 252n, FIELD_ORDER - 1n])
      circuit.rejects({ hash: [hash], e: [hash % E] }, /ChallengeOf/)
  })

  it('is not the one of the hash plus the order of the field', () => {
    // Small hashes have another number below 2^254 that is the same element.
    const hash = 5n
    assert.ok(hash + FIELD_ORDER < 1n << 254n)
    circuit.rejects({ hash: [hash], e: [(hash + FIELD_ORDER) % E] })
    const witness = circuit.witness({ hash: [hash], e: [hash] })
    assert.deepEqual(circuit.free(witness), [])
    assert.equal(circuit.freedom(witness), 0)
  })
})

describe('keys of the curve [CIR-8]', () => {
  it('have v for half of all u, and the even of the two', () => {
    let found = 0
    for (let u = 2n; u < 200n; u++) {
      const v = montgomeryV(u)
      if (v === undefined) continue
      found++
      assert.equal(v % 2n, 0n)
      assert.equal(((v * v - u * u * u - 168_698n * u * u - u) % FIELD_ORDER) + 0n, 0n)
    }
    assert.ok(found > 60 && found < 140)
  })
})
