import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeShareClaims, type ShareClaim } from '../../src/core/share-claims.ts'

const CLAIM: ShareClaim = {
  settlement: 0x0102n,
  place: 0x03,
  proof: [`0x${'a1'.repeat(32)}`, `0x${'b2'.repeat(32)}`],
}

describe('claims of shares', () => {
  it('[FMT-11] are packed field by field, one behind the other', () => {
    const one = ['0000000000000102', '0003', 'a1'.repeat(32), 'b2'.repeat(32)].join('')
    assert.equal(encodeShareClaims([CLAIM]), `0x${one}`)
    assert.equal(encodeShareClaims([CLAIM, CLAIM]), `0x${one}${one}`)
    assert.equal(encodeShareClaims([]), '0x')
  })

  it('[FMT-11] are refused when a number or a digest does not fit its field', () => {
    for (const wrong of [{ settlement: 2n ** 64n }, { place: 2 ** 16 }, { proof: ['0xa1'] as const }])
      assert.throws(() => encodeShareClaims([{ ...CLAIM, ...wrong }]), { code: 'INVALID_INPUT' })
  })
})
