import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BatchItem, encodeBatchItems } from '../../src/core/batch-items.ts'

const ITEM: BatchItem = {
  requester: `0x${'a1'.repeat(20)}`,
  nonce: 0x0102n,
  callbackTarget: `0x${'b2'.repeat(20)}`,
  callbackGas: 0x0304,
  maxFeePerGas: 0x0506n,
  exit: 0x110,
  fuelUsed: 0x0708n,
  input: '0xc3c3c3',
  output: '0xd4d4',
}

describe('items of a batch', () => {
  it('[FMT-10] are packed field by field, one behind the other', () => {
    const one = [
      'a1'.repeat(20),
      '0000000000000102',
      'b2'.repeat(20),
      '00000304',
      '0000000000000506',
      '0110',
      '0000000000000708',
      '00000003',
      '00000002',
      'c3c3c3',
      'd4d4',
    ].join('')
    assert.equal(encodeBatchItems([ITEM]), `0x${one}`)
    assert.equal(encodeBatchItems([ITEM, ITEM]), `0x${one}${one}`)
    assert.equal(encodeBatchItems([]), '0x')
  })

  it('[FMT-10] are refused when a number does not fit its field', () => {
    for (const wrong of [
      { nonce: 2n ** 64n },
      { callbackGas: 2 ** 32 },
      { exit: 2 ** 16 },
      { fuelUsed: -1n },
    ])
      assert.throws(() => encodeBatchItems([{ ...ITEM, ...wrong }]), { code: 'INVALID_INPUT' })
  })
})
