import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeValidation, saysYes } from '../../../src/core/consensus/validate.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { INPUT_BYTES_MAX, OUTPUT_BYTES_MAX, VALIDATION_BYTES_MAX } from '../../../src/protocol/limits.ts'

const of = (exit: number, ...output: readonly number[]) => ({ exit, output: Uint8Array.from(output) })
const whole = (length: number) => new Uint8Array(length)

describe('what validate reads', () => {
  it('[PBFT-15] is the input, its own result and the proposed one, each with its length, numbers big-endian', () => {
    const bytes = encodeValidation({
      input: Uint8Array.of(0xaa, 0xbb),
      own: of(0x0110),
      proposed: of(7, 1, 2, 3),
    })
    assert.equal(
      toHex(bytes),
      `0x${['00000002', 'aabb', '00000000', '', '0110', '00000003', '010203', '0007'].join('')}`,
    )
  })

  it('[PBFT-15] is at most what a sandbox gives it, and that with everything as large as it may be', () => {
    const largest = { exit: 0xffff, output: whole(OUTPUT_BYTES_MAX) }
    const bytes = encodeValidation({ input: whole(INPUT_BYTES_MAX), own: largest, proposed: largest })
    assert.equal(bytes.length, VALIDATION_BYTES_MAX)
  })

  it('[PBFT-15] holds nothing that no request or report could', () => {
    const fine = { input: whole(0), own: of(0), proposed: of(0) }
    const large = { exit: 0, output: whole(OUTPUT_BYTES_MAX + 1) }
    for (const wrong of [{ input: whole(INPUT_BYTES_MAX + 1) }, { own: large }, { proposed: large }])
      assert.throws(() => encodeValidation({ ...fine, ...wrong }), { code: 'LIMIT_EXCEEDED' })
    for (const exit of [0x10000, -1])
      assert.throws(() => encodeValidation({ ...fine, proposed: of(exit) }), { code: 'INVALID_INPUT' })
  })

  it('[PBFT-15] is answered with yes by exit 0 alone', () => {
    assert.equal(saysYes(0), true)
    for (const exit of [1, 255, 0x100, 0x110, 0x130]) assert.equal(saysYes(exit), false)
  })
})
