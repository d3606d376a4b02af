/** Every BLS suite is held to the reference: the same bytes, the same refusals. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { loadBlst } from '../../../src/adapters/bls/blst.ts'
import { nobleSuite } from '../../../src/adapters/bls/noble.ts'
import {
  aggregateBlsSignatures,
  blsPossessionDigest,
  blsPublicKey,
  proveBlsPossession,
  signBls,
  verifyBlsAggregate,
} from '../../../src/crypto/bls.ts'
import { toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import type { Hex } from '../../../src/protocol/types.ts'

const CASES = 12
const { G1, G2 } = bls12_381
const ORDER = G1.Point.Fn.ORDER
const secretOf = (i: number) => toBytesBE((BigInt(tagHash(`secret ${i}`)) % (ORDER - 1n)) + 1n, 32)
const digestOf = (i: number) => tagHash(`digest ${i}`)
/** On the twist's curve and, as nearly every point of it, not in the subgroup: y^2 = x^3 + 4(1 + i) solved for small x. */
function outside(): Hex {
  const { Fp2 } = bls12_381.fields
  for (let c0 = 1n; c0 < 50n; c0++) {
    const x = { c0, c1: 0n }
    try {
      Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n }))
    } catch {
      continue
    }
    const bytes = toBytesBE(c0, 96)
    bytes[0] = 0x80
    return toHex(bytes)
  }
  throw new Error('no such point')
}

for (const [name, load] of [
  ['the native library', loadBlst],
  ['the reference', async () => nobleSuite],
] as const) {
  describe(name, () => {
    it('[BLS-1] [BLS-2] signs the reference’s bytes and takes them, and nothing near them', async () => {
      const suite = await load()
      for (let i = 0; i < CASES; i++) {
        const [secret, digest] = [secretOf(i), digestOf(i)]
        const key = blsPublicKey(secret)
        const signature = suite.sign(secret, digest)
        assert.equal(signature, signBls(secret, digest))
        assert.equal(suite.verify(key, digest, signature), true)
        assert.equal(suite.verify(key, digestOf(i + 1), signature), false)
        assert.equal(suite.verify(blsPublicKey(secretOf(i + 1)), digest, signature), false)
        const flipped = `${signature.slice(0, 20 + i)}${signature[20 + i] === '0' ? '1' : '0'}${signature.slice(21 + i)}`
        assert.equal(suite.verify(key, digest, flipped as Hex), false)
      }
    })

    it('[BLS-2] takes nothing malformed, at infinity, outside the subgroup or under another tag', async () => {
      const suite = await load()
      const [secret, digest] = [secretOf(0), digestOf(0)]
      const key = blsPublicKey(secret)
      const infinity = {
        key: toHex(G1.Point.ZERO.toBytes(true)),
        signature: toHex(G2.Point.ZERO.toBytes(true)),
      }
      const proof = proveBlsPossession(
        secret,
        blsPossessionDigest({
          chainId: 1,
          registry: `0x${'01'.repeat(20)}`,
          attestor: `0x${'02'.repeat(20)}`,
          key,
        }),
      )
      for (const signature of [
        '0x',
        `0x${'00'.repeat(96)}`,
        `0x${'ff'.repeat(96)}`,
        infinity.signature,
        outside(),
        proof,
      ])
        assert.equal(suite.verify(key, digest, signature as Hex), false, signature)
      assert.equal(suite.verify(infinity.key, digest, infinity.signature), false)
      assert.equal(suite.verify('0x', digest, suite.sign(secret, digest)), false)
    })

    it('[QC-4] adds up to the reference’s aggregate, and refuses none, nonsense and what cancels', async () => {
      const suite = await load()
      const indices = Array.from({ length: CASES }, (_, i) => i)
      const signatures = indices.map((i) => signBls(secretOf(i), digestOf(0)))
      const aggregate = suite.aggregate(signatures)
      assert.equal(aggregate, aggregateBlsSignatures(signatures))
      assert.equal(
        verifyBlsAggregate(
          indices.map((i) => blsPublicKey(secretOf(i))),
          digestOf(0),
          aggregate,
        ),
        true,
      )
      const [five, minusFive] = [toBytesBE(5n, 32), toBytesBE(ORDER - 5n, 32)].map((s) =>
        signBls(s, digestOf(0)),
      )
      for (const refused of [
        [],
        [outside()],
        [`0x${'ff'.repeat(96)}` as Hex],
        [five as Hex, minusFive as Hex],
      ])
        assert.throws(() => suite.aggregate(refused), InvalidInputError)
    })
  })
}
