import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import {
  aggregateBlsSignatures,
  blsKeyFromPoint,
  blsKeyToPoint,
  blsPossessionDigest,
  blsPublicKey,
  blsSignatureFromPoint,
  blsSignatureToPoint,
  proveBlsPossession,
  signBls,
  verifyBls,
  verifyBlsAggregate,
  verifyBlsPossession,
} from '../../src/crypto/bls.ts'
import { toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import type { Hex } from '../../src/protocol/types.ts'
import rfc9380 from '../vectors/rfc9380-g2.json' with { type: 'json' }

const { G1, G2 } = bls12_381
const ORDER = G1.Point.Fn.ORDER
const DIGEST: Hex = `0x${'ab'.repeat(32)}`
const OTHER: Hex = `0x${'cd'.repeat(32)}`
const secrets = [1n, 2n, 0x5eedn, ORDER - 1n].map((secret) => toBytesBE(secret, 32))
const [one, two, three] = secrets.slice(0, 3) as [Uint8Array, Uint8Array, Uint8Array]
const INFINITY_KEY = toHex(G1.Point.ZERO.toBytes(true))
const INFINITY_SIGNATURE = toHex(G2.Point.ZERO.toBytes(true))

describe('a BLS signature', () => {
  it('[BLS-1] hashes to the points of RFC 9380', () => {
    for (const { message, x, y } of rfc9380.points) {
      const hash = G2.hashToCurve(new TextEncoder().encode(message), { DST: rfc9380.domainTag }).toAffine()
      assert.deepEqual([hash.x.c0, hash.x.c1, hash.y.c0, hash.y.c1], [...x, ...y].map(BigInt))
    }
  })

  it('[BLS-2] is verified under its key, for its digest, and for no other', () => {
    for (const secret of secrets) {
      const signature = signBls(secret, DIGEST)
      assert.equal(verifyBls(blsPublicKey(secret), DIGEST, signature), true)
      assert.equal(verifyBls(blsPublicKey(secret), OTHER, signature), false)
      assert.equal(verifyBls(blsPublicKey(toBytesBE(77n, 32)), DIGEST, signature), false)
    }
  })

  it('[BLS-2] at infinity, malformed or of another length is nobody’s', () => {
    const key = blsPublicKey(one)
    for (const signature of [INFINITY_SIGNATURE, '0x', `0x${'ff'.repeat(96)}`, `0x${'00'.repeat(96)}`, key])
      assert.equal(verifyBls(key, DIGEST, signature as Hex), false)
    assert.equal(verifyBls(INFINITY_KEY, DIGEST, INFINITY_SIGNATURE), false)
  })

  it('takes no secret of zero, of the order or above, or of another length', () => {
    for (const secret of [toBytesBE(0n, 32), toBytesBE(ORDER, 32), toBytesBE(1n, 31)])
      assert.throws(() => blsPublicKey(secret), InvalidInputError)
  })

  it('[BLS-2] and a key come back from the form contracts take', () => {
    for (const secret of secrets) {
      const key = blsPublicKey(secret)
      const signature = signBls(secret, DIGEST)
      assert.equal(blsKeyFromPoint(blsKeyToPoint(key)), key)
      assert.equal(blsSignatureFromPoint(blsSignatureToPoint(signature)), signature)
      assert.equal(blsKeyToPoint(key).length, 2 + 2 * 96)
      assert.equal(blsSignatureToPoint(signature).length, 2 + 2 * 192)
    }
  })

  it('[BLS-2] refuses points off the curve, outside the subgroup and at infinity', () => {
    const coordinates = (...values: bigint[]) =>
      toHex(Uint8Array.from(values.flatMap((v) => [...toBytesBE(v, 48)])))
    assert.throws(() => blsKeyFromPoint(coordinates(1n, 1n)), InvalidInputError)
    // (0, 2) is on y^2 = x^3 + 4, of order 3.
    assert.throws(() => blsKeyFromPoint(coordinates(0n, 2n)), InvalidInputError)
    assert.throws(() => blsKeyFromPoint(coordinates(0n, 0n)), InvalidInputError)
    assert.throws(() => blsKeyToPoint(INFINITY_KEY), InvalidInputError)
    const { x, y } = G1.Point.BASE.toAffine()
    assert.equal(blsKeyFromPoint(coordinates(x, y)), blsPublicKey(one))
    // A second way to write the same coordinate does not exist.
    assert.throws(() => blsKeyFromPoint(coordinates(x + G1.Point.Fp.ORDER, y)), InvalidInputError)
  })
})

describe('an aggregate of BLS signatures', () => {
  it('[QC-4] is verified under all its signers’ keys, and under no fewer, more or others', () => {
    const keys = [one, two, three].map(blsPublicKey)
    const aggregate = aggregateBlsSignatures([one, two, three].map((secret) => signBls(secret, DIGEST)))
    assert.equal(verifyBlsAggregate(keys, DIGEST, aggregate), true)
    assert.equal(verifyBlsAggregate(keys.toReversed(), DIGEST, aggregate), true)
    assert.equal(verifyBlsAggregate(keys.slice(1), DIGEST, aggregate), false)
    assert.equal(verifyBlsAggregate([...keys, blsPublicKey(one)], DIGEST, aggregate), false)
    assert.equal(verifyBlsAggregate(keys, OTHER, aggregate), false)
  })

  it('[QC-4] of keys that cancel one another is nobody’s', () => {
    const keys = [toBytesBE(5n, 32), toBytesBE(ORDER - 5n, 32)].map(blsPublicKey)
    assert.equal(verifyBlsAggregate(keys, DIGEST, INFINITY_SIGNATURE), false)
    assert.equal(verifyBlsAggregate([], DIGEST, INFINITY_SIGNATURE), false)
    const signatures = [toBytesBE(5n, 32), toBytesBE(ORDER - 5n, 32)].map((secret) => signBls(secret, DIGEST))
    assert.throws(() => aggregateBlsSignatures(signatures), InvalidInputError)
    assert.throws(() => aggregateBlsSignatures([]), InvalidInputError)
  })
})

describe('a proof of possession', () => {
  const at = { chainId: 1, registry: `0x${'11'.repeat(20)}`, attestor: `0x${'22'.repeat(20)}` } as const
  const key = blsPublicKey(one)

  it('[BLS-3] is verified for its key, node, registry and chain alone', () => {
    const digest = blsPossessionDigest({ ...at, key })
    const proof = proveBlsPossession(one, digest)
    assert.equal(verifyBlsPossession(key, digest, proof), true)
    for (const other of [
      { ...at, key, chainId: 2 },
      { ...at, key, registry: `0x${'12'.repeat(20)}` as Hex },
      { ...at, key, attestor: `0x${'23'.repeat(20)}` as Hex },
      { ...at, key: blsPublicKey(two) },
    ])
      assert.equal(verifyBlsPossession(key, blsPossessionDigest(other), proof), false)
  })

  it('[BLS-3] is no signature, and a signature no proof', () => {
    const digest = blsPossessionDigest({ ...at, key })
    assert.equal(verifyBls(key, digest, proveBlsPossession(one, digest)), false)
    assert.equal(verifyBlsPossession(key, digest, signBls(one, digest)), false)
  })
})
