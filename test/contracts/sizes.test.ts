/** Bytes of code: below what a chain takes, and none more or less without anybody's noticing. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { SIZES, sizesOf } from '../../scripts/sizes.ts'

/** EIP-170. */
const CODE_BYTES_MAX = 24_576

describe('the code of each contract', () => {
  const sizes = sizesOf()

  it('fits a chain', () => {
    assert.ok('ComputeMarket' in sizes && 'NodeRegistry' in sizes && 'ChallengeCourt' in sizes)
    for (const [name, bytes] of Object.entries(sizes))
      assert.ok(bytes <= CODE_BYTES_MAX, `${name}: ${bytes} bytes`)
  })

  it('is as large as the snapshot says: `npm run build:contracts && npm run sizes` writes it', () => {
    assert.deepEqual(sizes, JSON.parse(readFileSync(SIZES, 'utf8')))
  })
})
