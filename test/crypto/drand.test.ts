import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import {
  beaconPublicKey,
  decompressG1,
  drandChainHash,
  g2ToEip2537,
  randomnessOf,
  roundAt,
  signRound,
  timeOfRound,
  verifyRound,
} from '../../src/crypto/drand.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import type { Hex } from '../../src/protocol/types.ts'

/** drand's quicknet and two of its rounds. */
const quicknet = {
  publicKey:
    '0x83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  genesisTime: 1692803367,
  periodSeconds: 3,
  groupHash: '0xf477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
  beaconId: 'quicknet',
} as const
const signature1000 =
  '0xb44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39'
const signature1001 =
  '0xb33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41'
const flipped = (hex: Hex, nibble: number): Hex => {
  const digit = (Number.parseInt(hex[nibble] as string, 16) ^ 1).toString(16)
  return `${hex.slice(0, nibble)}${digit}${hex.slice(nibble + 1)}` as Hex
}
const secret: Hex = `0x${'17'.repeat(32)}`

describe('a drand round', () => {
  it("is verified under quicknet's key", () => {
    assert.equal(verifyRound(quicknet.publicKey, 1000n, signature1000), true)
    assert.equal(verifyRound(quicknet.publicKey, 1001n, signature1001), true)
  })

  it('has the randomness drand publishes', () => {
    const randomness = '0xfe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd'
    assert.equal(randomnessOf(signature1000), randomness)
  })

  it('is not another round, another key, or a changed or malformed signature', () => {
    assert.equal(verifyRound(quicknet.publicKey, 1001n, signature1000), false)
    assert.equal(verifyRound(beaconPublicKey(secret), 1000n, signature1000), false)
    for (const nibble of [2, 3, 4, 50, 97]) {
      assert.equal(
        verifyRound(quicknet.publicKey, 1000n, flipped(signature1000, nibble)),
        false,
        `nibble ${nibble}`,
      )
    }
    const infinity: Hex = `0xc0${'00'.repeat(47)}`
    for (const bad of ['0x', `${signature1000}00`, signature1000.slice(2), infinity] as Hex[]) {
      assert.equal(verifyRound(quicknet.publicKey, 1000n, bad), false)
    }
  })

  it('outside 1..2^64-1, and a malformed key, are errors', () => {
    for (const round of [0n, -1n, 1n << 64n]) {
      assert.throws(() => verifyRound(quicknet.publicKey, round, signature1000), InvalidInputError)
    }
    const infinity: Hex = `0xc0${'00'.repeat(95)}`
    for (const bad of ['0x', flipped(quicknet.publicKey, 40), infinity, signature1000] as Hex[]) {
      assert.throws(() => verifyRound(bad, 1000n, signature1000), InvalidInputError)
    }
  })

  it('signed by a local secret is verified under its key, and the same every time', () => {
    const signature = signRound(secret, 7n)
    assert.equal(signRound(secret, 7n), signature)
    assert.equal(verifyRound(beaconPublicKey(secret), 7n, signature), true)
    assert.equal(verifyRound(beaconPublicKey(secret), 8n, signature), false)
    const order = `0x${bls12_381.fields.Fr.ORDER.toString(16)}` as Hex
    for (const bad of [`0x${'00'.repeat(32)}`, order, '0x17'] as Hex[]) {
      assert.throws(() => signRound(bad, 7n), InvalidInputError)
    }
  })

  it('is emitted a period after the one before, round 1 at genesis', () => {
    assert.equal(timeOfRound(quicknet, 1n), 1692803367n)
    assert.equal(timeOfRound(quicknet, 1000n), 1692803367n + 2997n)
    assert.equal(roundAt(quicknet, 1692803366n), 0n)
    assert.equal(roundAt(quicknet, 1692803367n), 1n)
    assert.equal(roundAt(quicknet, timeOfRound(quicknet, 1000n) + 2n), 1000n)
    assert.equal(roundAt(quicknet, timeOfRound(quicknet, 1000n) + 3n), 1001n)
  })
})

describe('a point for EIP-2537', () => {
  it('is the same point, in 64-byte words, real part first', () => {
    const g1 = decompressG1(signature1000)
    assert.equal(g1.length, 2 + 256)
    const signaturePoint = bls12_381.G1.Point.fromHex(signature1000.slice(2)).toAffine()
    assert.equal(BigInt(g1.slice(0, 130)), signaturePoint.x)
    assert.equal(BigInt(`0x${g1.slice(130)}`), signaturePoint.y)
    const g2 = g2ToEip2537(quicknet.publicKey)
    assert.equal(g2.length, 2 + 512)
    const { x, y } = bls12_381.G2.Point.fromHex(quicknet.publicKey.slice(2)).toAffine()
    const words = [0, 1, 2, 3].map((i) => BigInt(`0x${g2.slice(2 + i * 128, 130 + i * 128)}`))
    assert.deepEqual(words, [x.c0, x.c1, y.c0, y.c1])
  })

  it('is refused when it is zero, off the curve, outside the subgroup or of another length', () => {
    for (const bad of [`0xc0${'00'.repeat(47)}`, flipped(signature1000, 60), '0x'] as Hex[]) {
      assert.throws(() => decompressG1(bad), InvalidInputError)
    }
    // x = 4 is on the curve and not in the subgroup of prime order.
    assert.throws(() => decompressG1(`0x80${'00'.repeat(46)}04`), InvalidInputError)
  })
})

describe('a drand chain', () => {
  it('is named by the hash of its key, genesis, period, group and id', () => {
    const hash = '0x52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
    assert.equal(drandChainHash(quicknet), hash)
    assert.notEqual(drandChainHash({ ...quicknet, genesisTime: 1 }), hash)
  })
})
