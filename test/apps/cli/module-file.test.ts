/** A module is checked as nodes will, before anything is paid for it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkModule } from '../../../src/apps/cli/module-file.ts'
import { DROP, i32 } from '../../fixtures/wasm/assemble.ts'
import { moduleOf } from '../../fixtures/wasm/module.ts'
import { ROOT } from './support/run.ts'

const LIMITS = { entry: '_start', memoryBytesMax: 1_048_576n }
const PRICE_FEED = new Uint8Array(readFileSync(join(ROOT, 'examples/price-feed/build/price-feed.wasm')))
const I64_EQZ = 0x50
const NOTHING = [{ signature: '>', code: [] }]

describe('a module to deploy', () => {
  it('is taken when nodes would run it, with a start function too', async () => {
    await checkModule(PRICE_FEED, 'm.wasm', LIMITS)
    await checkModule(moduleOf({ functions: NOTHING, startFunction: 0 }), 'm.wasm', LIMITS)
  })

  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['is cut short', PRICE_FEED.subarray(0, 1_000), /malformed at byte \d+/],
    [
      'exports what the metering does',
      moduleOf({ functions: [{ signature: '>', code: [], export: '$fuel' }] }),
      /unsupported at byte \d+: the export \$fuel is the host's/,
    ],
    [
      'needs more memory than it may have',
      moduleOf({ functions: NOTHING, memory: { minimum: 17 } }),
      /memory-limit at byte \d+: 17 pages, at most 16/,
    ],
    // Metering does not look at the types of operands: the engine does.
    [
      'takes an operand of another type',
      moduleOf({ functions: [{ signature: '>', code: [...i32(0), I64_EQZ, DROP] }] }),
      /@\+\d+/,
    ],
  ]
  for (const [name, module, reason] of cases)
    it(`is refused with the reason and the byte when it ${name}`, async () => {
      await assert.rejects(checkModule(module, 'm.wasm', LIMITS), (error: Error & { field?: string }) => {
        assert.equal(error.field, 'module')
        assert.match(error.message, /m\.wasm would be rejected by nodes/)
        assert.match(error.message, reason)
        return true
      })
    })

  it('is refused when its entry is missing', async () => {
    const checked = checkModule(PRICE_FEED, 'm.wasm', { ...LIMITS, entry: 'main' })
    await assert.rejects(checked, /entry at byte \d+: no function "main"/)
  })
})
