/** Every implementation of secp256k1 is held to the reference: the same bytes, the same refusals. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { wasmSecp256k1 } from '../../../src/adapters/secp256k1/wasm.ts'
import { concat, fromHex, toBytesBE } from '../../../src/crypto/bytes.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { referenceSecp256k1 } from '../../../src/crypto/signature.ts'

const CASES = 200
const ORDER = secp256k1.Point.Fn.ORDER
const P = secp256k1.Point.Fp.ORDER
const word = (value: bigint) => toBytesBE(value, 32)
const digestOf = (i: number) => fromHex(tagHash(`digest ${i}`))
const keyOf = (i: number) => word((BigInt(tagHash(`key ${i}`)) % (ORDER - 1n)) + 1n)
const DIGESTS = [word(0n), word(1n), word(ORDER - 1n), word(ORDER), word(2n ** 256n - 1n)]
const KEYS = [word(1n), word(2n), word(ORDER - 1n)]

describe('secp256k1 in WebAssembly', () => {
  it('signs the reference’s bytes, at the edges too', () => {
    for (let i = 0; i < CASES; i++)
      assert.deepEqual(
        wasmSecp256k1.sign(digestOf(i), keyOf(i)),
        referenceSecp256k1.sign(digestOf(i), keyOf(i)),
      )
    for (const digest of DIGESTS)
      for (const key of KEYS)
        assert.deepEqual(wasmSecp256k1.sign(digest, key), referenceSecp256k1.sign(digest, key))
  })

  it('refuses what is no key', () => {
    for (const key of [word(0n), word(ORDER), word(2n ** 256n - 1n), new Uint8Array(31), new Uint8Array(33)])
      for (const curve of [wasmSecp256k1, referenceSecp256k1])
        assert.throws(() => curve.sign(digestOf(0), key))
  })

  it('recovers what the reference recovers, from signatures and from what is near them', () => {
    let recovered = 0
    for (let i = 0; i < CASES; i++) {
      const { compact, isOdd } = referenceSecp256k1.sign(digestOf(i), keyOf(i))
      const key = wasmSecp256k1.recover(digestOf(i), compact, isOdd)
      assert.deepEqual(key, secp256k1.getPublicKey(keyOf(i), false))
      const flipped = compact.slice()
      flipped[i % 64] = (flipped[i % 64] ?? 0) ^ (1 << (i % 8))
      for (const [digest, bytes, odd] of [
        [digestOf(i), compact, !isOdd],
        [digestOf(i + 1), compact, isOdd],
        [digestOf(i), flipped, isOdd],
        [word(0n), compact, isOdd],
      ] as const) {
        const expected = referenceSecp256k1.recover(digest, bytes, odd)
        if (expected !== undefined) recovered++
        assert.deepEqual(wasmSecp256k1.recover(digest, bytes, odd), expected)
      }
    }
    assert.ok(recovered > CASES, 'most of these have some signer')
  })

  it('refuses what the reference refuses: r and s of zero or not below the order, and x that is on no point', () => {
    const values = [0n, 1n, 2n, ORDER - 1n, ORDER, P - ORDER, P, 2n ** 256n - 1n]
    let [refused, taken] = [0, 0]
    for (const r of values)
      for (const s of values)
        for (const isOdd of [false, true]) {
          const compact = concat(word(r), word(s))
          const expected = referenceSecp256k1.recover(digestOf(0), compact, isOdd)
          assert.deepEqual(wasmSecp256k1.recover(digestOf(0), compact, isOdd), expected, `r ${r}, s ${s}`)
          if (expected === undefined) refused++
          else taken++
        }
    assert.ok(refused > 0 && taken > 0)
  })
})
