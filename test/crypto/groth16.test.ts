import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import { concat, fromBytesBE, fromHex, toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { bindingOf, decodeProof, encodeProof, verifyProof } from '../../src/crypto/groth16.ts'
import {
  parseSnarkjsKey,
  parseSnarkjsProof,
  parseSnarkjsPublicInputs,
} from '../../src/crypto/groth16-json.ts'
import {
  decodeVerificationKey,
  encodeVerificationKey,
  PUBLIC_INPUTS_MAX,
  verificationKeyHash,
} from '../../src/crypto/groth16-key.ts'
import { COORDINATE_ORDER, FIELD_ORDER, isInSubgroup } from '../../src/crypto/groth16-points.ts'
import { keccak } from '../../src/crypto/hash.ts'
import { proven, vectors } from './groth16-vectors.ts'
import { snarkjsVerifies } from './snarkjs.ts'
import { trapdoor } from './trapdoor.ts'

const { G1, G2 } = bn254
const VALID = { isValid: true }
const failedAs = (reason: string) => ({ isValid: false, reason })

/** With one word of 32 bytes replaced. */
function withWord(bytes: Uint8Array, index: number, value: bigint, from = 0): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed.set(toBytesBE(value, 32), from + 32 * index)
  return changed
}
const wordAt = (bytes: Uint8Array, index: number): bigint =>
  fromBytesBE(bytes.subarray(32 * index, 32 * index + 32))

/** A point of the twist that is in no group of the right order: of most x with a root. */
function outsideSubgroup(): Uint8Array {
  const { Fp2 } = bn254.fields
  const b = Fp2.mul(Fp2.fromBigTuple([3n, 0n]), Fp2.inv(Fp2.fromBigTuple([9n, 1n])))
  for (let i = 1n; ; i++) {
    const x = Fp2.fromBigTuple([i, 0n])
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)
    let y: typeof x
    try {
      y = Fp2.sqrt(square)
    } catch {
      continue
    }
    const point = G2.Point.fromAffine({ x, y })
    if (point.isTorsionFree()) continue
    return concat(...[x.c1, x.c0, y.c1, y.c0].map((word) => toBytesBE(word, 32)))
  }
}

describe('a verification key', () => {
  for (const [name, vector] of Object.entries(vectors)) {
    it(`of circuit ${name} has the bytes and the hash of the vectors [ZKP-1]`, () => {
      const { isCeremony, isBound, outputs } = vector
      const key = parseSnarkjsKey(vector.snarkjs, { isCeremony, isBound, outputs })
      assert.equal(toHex(encodeVerificationKey(key)), vector.bytes)
      assert.equal(verificationKeyHash(key), vector.hash)
      const decoded = decodeVerificationKey(fromHex(vector.bytes))
      assert.equal(decoded.inputs, vector.inputs)
      assert.equal(decoded.isBound, isBound)
      assert.equal(decoded.outputs, outputs)
      assert.equal(toHex(encodeVerificationKey(decoded)), vector.bytes)
    })
  }

  it('says in its flags whether it was made by a ceremony and whether it has a binding [ZKP-1]', () => {
    const { key } = proven('cube')
    assert.equal(encodeVerificationKey({ ...key, isCeremony: true })[0], 1)
    assert.equal(encodeVerificationKey({ ...key, isBound: true, inputs: 0 })[0], 2)
  })

  it('is refused when nobody contributed to its second phase [ZKP-2]', () => {
    for (const { uncontributed } of Object.values(vectors)) {
      assert.throws(() => parseSnarkjsKey(uncontributed), { code: 'INVALID_INPUT', field: 'key.delta' })
    }
    const { key } = trapdoor({ outputs: 1, inputs: 1 })
    for (const delta of [key.gamma, key.gamma.negate(), G2.Point.BASE, G2.Point.BASE.negate()]) {
      assert.throws(() => encodeVerificationKey({ ...key, delta }), { field: 'key.delta' })
    }
  })

  it('is refused with bytes missing or added, unknown flags, or counts that do not fit [ZKP-2]', () => {
    const bytes = fromHex(vectors.factors.bytes)
    for (let length = 0; length < bytes.length; length += 7) {
      assert.throws(() => decodeVerificationKey(bytes.subarray(0, length)), { code: 'INVALID_INPUT' })
    }
    assert.throws(() => decodeVerificationKey(concat(bytes, Uint8Array.of(0))), { field: 'key' })
    for (const flags of [4, 0x80]) {
      const changed = fromHex(vectors.cube.bytes)
      changed[0] = flags
      assert.throws(() => decodeVerificationKey(changed), { field: 'key.flags' })
    }
    for (const [at, value] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [4, 0],
    ] as const) {
      const changed = Uint8Array.from(bytes)
      changed[at] = value
      assert.throws(() => decodeVerificationKey(changed), { code: 'INVALID_INPUT' })
    }
  })

  it('is refused when a point is infinity, not canonical, off the curve or outside the subgroup [ZKP-2]', () => {
    const bytes = fromHex(vectors.cube.bytes)
    const points: [string, number, number][] = [
      ['alpha', 5, 2],
      ['beta', 69, 4],
      ['gamma', 197, 4],
      ['delta', 325, 4],
      ['IC[0]', 453, 2],
      ['IC[2]', 581, 2],
    ]
    for (const [field, offset, words] of points) {
      const infinity = Uint8Array.from(bytes)
      infinity.fill(0, offset, offset + 32 * words)
      assert.throws(() => decodeVerificationKey(infinity), { field: `key.${field}` })
      for (let word = 0; word < words; word++) {
        const value = fromBytesBE(bytes.subarray(offset + 32 * word, offset + 32 * word + 32))
        const other = withWord(bytes, word, value ^ 1n, offset)
        assert.throws(() => decodeVerificationKey(other), { field: `key.${field}` })
        const above = withWord(bytes, word, value + COORDINATE_ORDER, offset)
        assert.throws(() => decodeVerificationKey(above), { field: `key.${field}` })
      }
    }
    const outside = Uint8Array.from(bytes)
    outside.set(outsideSubgroup(), 69)
    assert.throws(() => decodeVerificationKey(outside), { field: 'key.beta', message: /not in subgroup/ })
  })

  it('has at most as many public inputs as fit a contract', () => {
    const { key } = trapdoor({ outputs: 1, inputs: PUBLIC_INPUTS_MAX - 1 })
    assert.equal(encodeVerificationKey(key).length, 453 + 64 * 257)
    const [point] = key.ic
    assert(point)
    const longer = { ...key, inputs: PUBLIC_INPUTS_MAX, ic: [...key.ic, point] }
    assert.throws(() => encodeVerificationKey(longer), { code: 'LIMIT_EXCEEDED' })
  })
})

describe('a proof', () => {
  it('of snarkjs holds, each of the vectors, and snarkjs says so too [ZKP-3]', async () => {
    for (const [name, vector] of Object.entries(vectors)) {
      const { key } = proven(name as keyof typeof vectors)
      for (const [i, made] of vector.proofs.entries()) {
        assert.equal(toHex(encodeProof(parseSnarkjsProof(made.snarkjs))), made.proof)
        const publicInputs = parseSnarkjsPublicInputs(made.publicInputs)
        assert.deepEqual(verifyProof(key, publicInputs, fromHex(made.proof)), VALID)
        // All of them take a second each.
        if (i < 2) assert(await snarkjsVerifies(vector.snarkjs, made.publicInputs, made.snarkjs))
      }
    }
  })

  it('does not hold for another output, another input or another binding [ZKP-3]', async () => {
    const { key, publicInputs, proof } = proven('factors')
    for (const place of publicInputs.keys()) {
      const others = publicInputs.map((value, i) => (i === place ? value + 1n : value))
      assert.deepEqual(verifyProof(key, others, proof), failedAs('pairing false'))
      const [made] = vectors.factors.proofs
      assert(!(await snarkjsVerifies(vectors.factors.snarkjs, others.map(String), made?.snarkjs)))
    }
  })

  it('does not hold for the inputs of another proof of the same key', () => {
    const one = proven('cube', 0)
    const two = proven('cube', 1)
    assert.deepEqual(verifyProof(one.key, two.publicInputs, one.proof), failedAs('pairing false'))
  })

  it('does not hold with A, B or C negated or exchanged', () => {
    const { key, publicInputs, proof } = proven('cube')
    const { a, b, c } = decoded(proof)
    for (const other of [
      { a: a.negate(), b, c },
      { a, b: b.negate(), c },
      { a, b, c: c.negate() },
      { a: c, b, c: a },
    ]) {
      assert.deepEqual(verifyProof(key, publicInputs, encodeProof(other)), failedAs('pairing false'))
    }
  })

  it('can be made another of the same statement by anybody, and of no other statement [ZKP-7]', () => {
    const { key, publicInputs, proof } = proven('cube')
    const { a, b, c } = decoded(proof)
    const k = 0xdecafn
    const other = encodeProof({ a: a.multiply(k), b: b.multiply(G1.Point.Fn.inv(k)), c })
    assert.notDeepEqual(other, proof)
    assert.deepEqual(verifyProof(key, publicInputs, other), VALID)
    const [first = 0n, ...rest] = publicInputs
    assert.deepEqual(verifyProof(key, [first + 1n, ...rest], other), failedAs('pairing false'))
  })

  it('does not hold for inputs at or above the field’s order, which stand for others [ZKP-3]', () => {
    const { key, publicInputs, proof } = proven('factors')
    for (const place of publicInputs.keys()) {
      const above = publicInputs.map((value, i) => (i === place ? value + FIELD_ORDER : value))
      assert.deepEqual(verifyProof(key, above, proof), failedAs('input out of range'))
    }
    const negative = publicInputs.map((value) => value - FIELD_ORDER)
    assert.deepEqual(verifyProof(key, negative, proof), failedAs('input out of range'))
  })

  it('of another length, or with more or fewer inputs, is none [ZKP-3]', () => {
    const { key, publicInputs, proof } = proven('cube')
    for (const other of [proof.subarray(1), concat(proof, Uint8Array.of(0)), new Uint8Array(0)]) {
      assert.deepEqual(verifyProof(key, publicInputs, other), failedAs('wrong length'))
    }
    for (const inputs of [publicInputs.slice(1), [...publicInputs, 0n], []]) {
      assert.deepEqual(verifyProof(key, inputs, proof), failedAs('wrong length'))
    }
  })

  it('with a point off the curve, at infinity, in another encoding or outside the subgroup is none [ZKP-3]', () => {
    const { key, publicInputs, proof } = proven('cube')
    for (let word = 0; word < 8; word++) {
      const off = withWord(proof, word, wordAt(proof, word) ^ 1n)
      assert.deepEqual(verifyProof(key, publicInputs, off), failedAs('point not on curve'))
      const above = withWord(proof, word, wordAt(proof, word) + COORDINATE_ORDER)
      assert.deepEqual(verifyProof(key, publicInputs, above), failedAs('point not on curve'))
    }
    for (const [from, to] of [
      [0, 64],
      [64, 192],
      [192, 256],
    ] as const) {
      const infinity = Uint8Array.from(proof).fill(0, from, to)
      assert.deepEqual(verifyProof(key, publicInputs, infinity), failedAs('point not on curve'))
    }
    const outside = Uint8Array.from(proof)
    outside.set(outsideSubgroup(), 64)
    assert.deepEqual(verifyProof(key, publicInputs, outside), failedAs('not in subgroup'))
  })

  it('holds when its inputs sum to infinity, or are zero', () => {
    const { key, prove } = trapdoor({ outputs: 1, inputs: 1 })
    assert.deepEqual(verifyProof(key, [0n, 0n], prove([0n, 0n])), VALID)
    const cancelling = trapdoor({ outputs: 1, inputs: 1, cancels: true })
    const proof = cancelling.prove([1n, 0n])
    assert.deepEqual(verifyProof(cancelling.key, [1n, 0n], proof), VALID)
    assert.deepEqual(verifyProof(cancelling.key, [2n, 0n], proof), failedAs('pairing false'))
  })

  it('made with a key’s secret is checked alike, with 1 to 80 public inputs', () => {
    for (const inputs of [0, 1, 2, 3, 4, 5, 79]) {
      const { key, prove } = trapdoor({ outputs: 1, inputs })
      const publicInputs = Array.from({ length: inputs + 1 }, (_, i) => BigInt(i) ** 40n % FIELD_ORDER)
      assert.deepEqual(verifyProof(key, publicInputs, prove(publicInputs)), VALID)
      const [first = 0n, ...rest] = publicInputs
      const proof = prove(publicInputs)
      assert.deepEqual(verifyProof(key, [first + 1n, ...rest], proof), failedAs('pairing false'))
    }
  })
})

describe('the binding', () => {
  it('is 253 bits of the hash of request and payee [ZKP-5]', () => {
    const requestId = `0x${'ab'.repeat(32)}` as const
    const payee = `0x${'cd'.repeat(20)}` as const
    const words = concat(fromHex(requestId), new Uint8Array(12), fromHex(payee))
    const binding = bindingOf(requestId, payee)
    assert.equal(binding, fromBytesBE(keccak(words)) >> 3n)
    assert(binding < FIELD_ORDER)
    assert(2n ** 253n < FIELD_ORDER)
    assert.notEqual(binding, bindingOf(requestId, `0x${'ce'.repeat(20)}`))
  })
})

describe('snarkjs’s files', () => {
  it('are refused when a number is not a canonical decimal string', () => {
    const [made] = vectors.cube.proofs
    const file = JSON.parse(JSON.stringify(made?.snarkjs)) as { pi_a: unknown[] }
    for (const value of [1, null, '', '01', '-1', '0x1', '1 ', '1e3', '9'.repeat(79), 1n, {}, ['1']]) {
      const field = 'proof.pi_a[0]'
      assert.throws(() => parseSnarkjsProof({ ...file, pi_a: [value, ...file.pi_a.slice(1)] }), { field })
      assert.throws(() => parseSnarkjsPublicInputs(['1', value]), { field: 'public[1]' })
    }
  })

  it('are refused when a point is projective, infinity, off the curve or short', () => {
    const [made] = vectors.cube.proofs
    const file = made?.snarkjs as { pi_a: string[]; pi_b: string[][]; pi_c: string[] }
    for (const pi_a of [
      ['0', '1', '0'],
      [file.pi_a[0], file.pi_a[1], '2'],
      [file.pi_a[1], file.pi_a[0], '1'],
      file.pi_a.slice(0, 2),
      [...file.pi_a, '1'],
      'pi_a',
      undefined,
    ]) {
      assert.throws(() => parseSnarkjsProof({ ...file, pi_a }), { code: 'INVALID_INPUT' })
    }
    for (const last of [['0', '0'], ['1', '1'], ['1']]) {
      const pi_b = [file.pi_b[0], file.pi_b[1], last]
      assert.throws(() => parseSnarkjsProof({ ...file, pi_b }), { code: 'INVALID_INPUT' })
    }
  })

  it('are refused of another protocol or curve, and when counts do not fit or exceed their bound', () => {
    const { snarkjs } = vectors.cube
    for (const wrong of [
      { protocol: 'plonk' },
      { curve: 'bls12381' },
      { nPublic: 1 },
      { nPublic: '2' },
      { nPublic: -1 },
      { nPublic: 1.5 },
      { IC: [] },
      { IC: {} },
      { vk_gamma_2: undefined },
    ]) {
      assert.throws(() => parseSnarkjsKey({ ...snarkjs, ...wrong }), { code: 'INVALID_INPUT' })
    }
    assert.throws(() => parseSnarkjsKey({ ...snarkjs, nPublic: 1e9 }), { code: 'LIMIT_EXCEEDED' })
    assert.throws(() => parseSnarkjsPublicInputs(new Array(PUBLIC_INPUTS_MAX + 1).fill('1')), {
      code: 'LIMIT_EXCEEDED',
    })
    assert.throws(() => parseSnarkjsKey([]), { field: 'key' })
    assert.throws(() => parseSnarkjsKey(snarkjs, { isCeremony: false, isBound: true, outputs: 2 }), {
      field: 'key.nPublic',
    })
  })
})

function decoded(proof: Uint8Array) {
  const points = decodeProof(proof)
  assert(typeof points === 'object')
  return points
}

describe('the subgroup of the twist', () => {
  const { Fp2 } = bn254.fields
  /** The twist has r (2 p - r) points. */
  const cofactor = 2n * COORDINATE_ORDER - FIELD_ORDER
  const b = Fp2.mul(Fp2.fromBigTuple([3n, 0n]), Fp2.inv(Fp2.fromBigTuple([9n, 1n])))

  it('is told as multiplying by its order tells it: of points of it, of the twist, of the cofactor’s part and of sums', () => {
    const { ORDER } = G2.Point.Fn
    let points = 0
    for (let i = 1n; i < 24n; i++) {
      const inside = G2.Point.BASE.multiply(i ** 40n % FIELD_ORDER)
      assert.ok(isInSubgroup(inside))
      const x = Fp2.fromBigTuple([i, 5n * i + 1n])
      const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)
      let y: typeof x
      try {
        y = Fp2.sqrt(square)
      } catch {
        continue
      }
      points++
      const outside = G2.Point.fromAffine({ x, y })
      const cofactors = outside.multiplyUnsafe(ORDER - 1n).add(outside)
      for (const point of [outside, cofactors, cofactors.add(inside)]) {
        assert.equal(
          point
            .multiplyUnsafe(ORDER - 1n)
            .add(point)
            .is0(),
          false,
        )
        assert.equal(isInSubgroup(point), false)
      }
      // A scalar that is larger than the group's order, bit by bit.
      const cleared = [...cofactor.toString(2)].reduce(
        (sum, bit) => (bit === '1' ? sum.double().add(outside) : sum.double()),
        G2.Point.ZERO,
      )
      assert.ok(
        cleared
          .multiplyUnsafe(ORDER - 1n)
          .add(cleared)
          .is0(),
      )
      assert.ok(isInSubgroup(cleared))
    }
    assert.ok(points > 5)
  })
})
