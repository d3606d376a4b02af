import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { SUBGROUP_ORDER } from '../../src/crypto/babyjubjub.ts'
import {
  committeeProofInputs,
  digitsOf,
  keyRoot,
  lowerMedian,
  observationContext,
  packStatement,
  unpackStatement,
} from '../../src/crypto/committee-proof.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'
import { verifySchnorr } from '../../src/crypto/schnorr.ts'
import { testedCircuit } from '../circuits/circuit.ts'
import { CTX, KEYS, observations } from '../circuits/committee.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/committee-proof.json', import.meta.url), 'utf8'),
) as {
  readonly context: { readonly value: never; readonly ctx: string }
  readonly keys: readonly string[]
  readonly keyRoots: readonly { readonly keys: number; readonly root: string }[]
  readonly observations: readonly ({
    readonly value: string
    readonly e: string
    readonly s: string
  } | null)[]
  readonly statement: {
    readonly result: string
    readonly count: number
    readonly bitmap: string
    readonly packed: string
  }
  readonly publicInputs: readonly string[]
}

describe('the key root [CIR-13]', () => {
  it('is of just this list: order, number and keys all count', () => {
    const roots = [
      keyRoot(KEYS.slice(0, 4)),
      keyRoot(KEYS.slice(0, 3)),
      keyRoot([...KEYS.slice(0, 3), 0n]),
      keyRoot(KEYS.slice(0, 4).toReversed()),
      keyRoot(KEYS.slice(0, 15)),
      keyRoot([...KEYS.slice(0, 15), 0n]),
      keyRoot([...KEYS.slice(0, 15), 0n, 0n]),
      keyRoot(KEYS),
    ]
    assert.equal(new Set(roots).size, roots.length)
  })

  it('is no hash of the keys alone', () => {
    assert.notEqual(keyRoot(KEYS.slice(0, 4)), poseidon(KEYS.slice(0, 4)))
  })

  it('is of 1 to 30 keys', () => {
    assert.throws(() => keyRoot([]), { code: 'INVALID_INPUT' })
    assert.throws(() => keyRoot([...KEYS, 1n]), { code: 'INVALID_INPUT' })
  })
})

describe('the packed statement [CIR-7]', () => {
  it('is result, count and bitmap, each in its place', () => {
    const packed = packStatement({ result: 5n, count: 3, bitmap: 0b1011n })
    assert.equal(packed, 5n + 3n * 2n ** 128n + 11n * 2n ** 136n)
    for (const result of [-1n, 1n << 128n])
      assert.throws(() => packStatement({ result, count: 1, bitmap: 1n }), { code: 'INVALID_INPUT' })
  })
})

describe('the lower median [CIR-14]', () => {
  it('is the lower of the two in the middle when there is an even number', () => {
    assert.equal(lowerMedian([4n, 1n, 3n, 2n]), 2n)
    assert.equal(lowerMedian([3n, 1n, 2n]), 2n)
    assert.equal(lowerMedian([9n]), 9n)
    assert.throws(() => lowerMedian([]), { code: 'INVALID_INPUT' })
  })
})

describe('digits of a scalar [CIR-10]', () => {
  it('fit 251 bits for every scalar', () => {
    for (const s of [0n, 1n, 2n, SUBGROUP_ORDER - 1n, SUBGROUP_ORDER - 2n, SUBGROUP_ORDER / 2n])
      assert.ok(digitsOf(s) >= 0n && digitsOf(s) < 1n << 251n)
  })
})

describe('the vectors of a committee’s proof', () => {
  it('hold for a context, keys and signatures [CIR-9]', () => {
    assert.equal(String(observationContext(vectors.context.value)), vectors.context.ctx)
    for (const { keys, root } of vectors.keyRoots)
      assert.equal(String(keyRoot(vectors.keys.slice(0, keys).map(BigInt))), root)
    for (const [i, one] of vectors.observations.entries()) {
      if (one === null) continue
      const signature = { e: BigInt(one.e), s: BigInt(one.s) }
      const key = BigInt(vectors.keys[i] ?? '0')
      assert.ok(verifySchnorr(key, BigInt(vectors.context.ctx), BigInt(one.value), signature))
    }
  })

  it('are what the circuit accepts as public inputs [CIR-6]', async () => {
    const circuit = await testedCircuit('committee-median-4')
    const proof = committeeProofInputs({
      keys: vectors.keys.slice(0, 4).map(BigInt),
      ctx: BigInt(vectors.context.ctx),
      observations: vectors.observations.map((one) =>
        one === null
          ? undefined
          : { value: BigInt(one.value), signature: { e: BigInt(one.e), s: BigInt(one.s) } },
      ),
    })
    assert.deepEqual(circuit.accepts(proof.inputs).map(String), vectors.publicInputs)
    const { result, count, bitmap, packed } = vectors.statement
    assert.equal(String(packStatement({ result: BigInt(result), count, bitmap: BigInt(bitmap) })), packed)
  })

  it('ask for a place for each key', () => {
    const given = observations([1n, 2n, 3n, 4n])
    assert.throws(() => committeeProofInputs({ ...given, keys: KEYS.slice(0, 5), ctx: CTX }), {
      code: 'INVALID_INPUT',
    })
  })
})

describe('a statement [CIR-7]', () => {
  const statement = { result: 20n, count: 3, bitmap: 0b1101n }

  it('is read back as it was packed', () => {
    assert.deepEqual(unpackStatement(packStatement(statement), 4), statement)
  })

  it('is none when its count is not the members’, or a member is beyond the committee', () => {
    for (const other of [
      { ...statement, count: 2 },
      { ...statement, bitmap: 0b10101n },
    ])
      assert.throws(() => unpackStatement(packStatement(other), 4), { code: 'INVALID_INPUT' })
    assert.throws(() => unpackStatement(-1n, 4), { code: 'INVALID_INPUT' })
  })
})
