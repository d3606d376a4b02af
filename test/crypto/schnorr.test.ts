import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BASE, hasEvenV, montgomeryU, pointOfKey, SUBGROUP_ORDER } from '../../src/crypto/babyjubjub.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { ScalarField as F, FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import {
  provePossession,
  schnorrContext,
  schnorrKey,
  schnorrSecret,
  signSchnorr,
  verifyPossession,
  verifySchnorr,
} from '../../src/crypto/schnorr.ts'

const seeds = Array.from({ length: 6 }, (_, i) => new Uint8Array(32).fill(i + 1))
const secrets = seeds.map(schnorrSecret)
const CTX = schnorrContext(tagHash('test'))

describe('keys over BabyJubJub [CIR-8]', () => {
  it('are one field element, of a point of prime order with an even v', () => {
    for (const secret of secrets) {
      const point = BASE.multiply(secret)
      assert.ok(hasEvenV(point))
      assert.equal(schnorrKey(secret), montgomeryU(point))
      assert.ok(pointOfKey(schnorrKey(secret))?.equals(point))
    }
    assert.equal(new Set(secrets).size, secrets.length)
  })

  it('are none where there is no point, or one that is not of prime order', () => {
    for (const u of [0n, 1n, FIELD_ORDER - 1n, FIELD_ORDER, -1n, FIELD_ORDER + schnorrKey(1n)])
      assert.equal(pointOfKey(u), undefined)
    // A point of order 2 added: (x, y) becomes (-x, -y), and u its inverse.
    const mixed = F.inv(schnorrKey(secrets[0] ?? 1n))
    assert.equal(pointOfKey(mixed), undefined)
    let off = 0
    for (let u = 2n; u < 60n; u++) if (pointOfKey(u) === undefined) off++
    // One u in eight has a point of prime order; half have none at all.
    assert.ok(off > 40)
  })

  it('come from 32 bytes', () => {
    assert.throws(() => schnorrSecret(new Uint8Array(31)), { code: 'INVALID_INPUT' })
  })
})

describe('signatures of a value in a context [CIR-12]', () => {
  it('verify, and are the same each time', () => {
    for (const secret of secrets) {
      for (const value of [0n, 1n, (1n << 128n) - 1n, FIELD_ORDER - 1n]) {
        const signature = signSchnorr(secret, CTX, value)
        assert.ok(verifySchnorr(schnorrKey(secret), CTX, value, signature))
        assert.deepEqual(signature, signSchnorr(secret, CTX, value))
        assert.ok(signature.e < 1n << 128n && signature.s < SUBGROUP_ORDER)
      }
    }
  })

  it('do not verify for another key, context, value or number', () => {
    const [secret = 0n, other = 0n] = secrets
    const key = schnorrKey(secret)
    const signature = signSchnorr(secret, CTX, 5n)
    const { e, s } = signature
    assert.equal(verifySchnorr(schnorrKey(other), CTX, 5n, signature), false)
    assert.equal(verifySchnorr(key, CTX + 1n, 5n, signature), false)
    assert.equal(verifySchnorr(key, CTX, 6n, signature), false)
    for (const changed of [
      { e: e ^ 1n, s },
      { e, s: s ^ 1n },
      { e: e + (1n << 128n), s },
      { e: 1n << 300n, s },
      { e, s: s + SUBGROUP_ORDER },
      { e: -e, s },
      { e, s: 0n },
    ])
      assert.equal(verifySchnorr(key, CTX, 5n, changed), false)
    assert.equal(verifySchnorr(0n, CTX, 5n, signature), false)
    assert.equal(verifySchnorr(key, CTX + FIELD_ORDER, 5n, signature), false)
  })

  it('are made with a new nonce where a hash has no challenge', () => {
    // One nonce in 127 has none: among so many values some take a second.
    const key = schnorrKey(3n)
    for (let value = 0n; value < 150n; value++)
      assert.ok(verifySchnorr(key, CTX, value, signSchnorr(normalised(3n), CTX, value)))
  })

  it('take secrets and elements only in their range', () => {
    for (const secret of [0n, -1n, SUBGROUP_ORDER])
      assert.throws(() => signSchnorr(secret, CTX, 1n), { code: 'INVALID_INPUT' })
    assert.throws(() => signSchnorr(5n, FIELD_ORDER, 1n), { code: 'INVALID_INPUT' })
    assert.throws(() => signSchnorr(5n, CTX, -1n), { code: 'INVALID_INPUT' })
  })
})

function normalised(secret: bigint): bigint {
  return hasEvenV(BASE.multiply(secret)) ? secret : SUBGROUP_ORDER - secret
}

describe('a proof of possession [CIR-9]', () => {
  const holder = {
    chainId: 1,
    registry: `0x${'aa'.repeat(20)}`,
    holder: `0x${'bb'.repeat(20)}`,
  } as const

  it('is of one key, holder, registry and chain', () => {
    const [secret = 0n, other = 0n] = secrets
    const proof = provePossession(secret, holder)
    assert.ok(verifyPossession(schnorrKey(secret), holder, proof))
    assert.equal(verifyPossession(schnorrKey(other), holder, proof), false)
    for (const elsewhere of [
      { ...holder, chainId: 2 },
      { ...holder, registry: holder.holder },
      { ...holder, holder: holder.registry },
    ])
      assert.equal(verifyPossession(schnorrKey(secret), elsewhere, proof), false)
  })

  it('is no observation, and an observation is none', () => {
    const [secret = 0n] = secrets
    assert.equal(verifyPossession(schnorrKey(secret), holder, signSchnorr(secret, CTX, 0n)), false)
  })
})
