/** Floats by every road, compiled from C: `test/fixtures/wasm/floats/floats.c`. Other engines: `npm run fuzz:engines`. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ProgramOutcome } from '../../engines/program.ts'

const PROGRAM = fileURLToPath(new URL('../../fixtures/wasm/floats/floats.wasm', import.meta.url))
const RUNNER = fileURLToPath(new URL('../../engines/runner.ts', import.meta.url))
/** What every engine gives. Fuel changes with the instrumenter's version, memory never. */
const MEMORY_HASH = '5a375595b12c90e28d33fe068299e989bc82a3e42f3720758de5e6184e556e46'
const FUEL_USED = '6228711'

function outcomeWith(flag: string): ProgramOutcome {
  const args = ['--no-warnings', flag, RUNNER, 'program', PROGRAM]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(stderr, '', flag)
  return JSON.parse(stdout) as ProgramOutcome
}

describe('a program of transforms, planets, filters and extremes', () => {
  it('leaves the same bytes in memory for the same fuel, by either compiler [FUEL-4] [FUEL-10]', () => {
    for (const flag of ['--liftoff-only', '--no-liftoff']) {
      const { memoryHash, fuelUsed, nans } = outcomeWith(flag)
      assert.deepEqual({ memoryHash, fuelUsed }, { memoryHash: MEMORY_HASH, fuelUsed: FUEL_USED }, flag)
      assert.ok(nans > 1_000, `${nans} NaNs: too few to show anything`)
    }
  })

  it('has bits in memory that depend on the engine as long as it is not metered', () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(PROGRAM)))
    ;(exports._start as () => void)()
    const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer)
    assert.notEqual(createHash('sha256').update(memory).digest('hex'), MEMORY_HASH)
  })
})
