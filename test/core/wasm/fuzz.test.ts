import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { meterModule } from '../../../src/core/wasm/meter.ts'
import { prepareModule } from '../../../src/core/wasm/prepare.ts'
import { ModuleRejectedError } from '../../../src/core/wasm/reject.ts'
import { FUZZ } from '../../fixtures/fuzz.ts'
import { guest } from '../../fixtures/wasm/assemble.ts'
import { counted } from '../../fixtures/wasm/counted.ts'
import { generate, type NanStyle } from '../../fixtures/wasm/generate.ts'
import { METER_OPTIONS } from '../../fixtures/wasm/metered.ts'
import { outcomeOf } from '../../fixtures/wasm/outcome.ts'
import { randomOf } from '../../fixtures/wasm/random.ts'

const PRICE_FEED = new URL('../../../examples/price-feed/build/price-feed.wasm', import.meta.url)
const SEEDS = 5_000 * FUZZ
const METERED_SEEDS = 700 * FUZZ
const COUNTED_SEEDS = 700 * FUZZ
const COMPILED_SEEDS = 50 * FUZZ
const OUTCOMES = fileURLToPath(new URL('../../fixtures/wasm/outcome.ts', import.meta.url))
const CLAMP_SEEDS = 3_000 * FUZZ
const OPTIONS = { entry: '_start', memoryBytesMax: 1024 * 65_536 }

function mutate(original: Uint8Array, next: () => number): Uint8Array {
  const below = (bound: number) => Math.floor(next() * bound)
  const module = Uint8Array.from(original)
  for (let edits = 1 + below(6); edits > 0; edits--) {
    // Most edits fall near the front, where the structure is.
    const at = below(next() < 0.7 ? Math.min(module.length, 300) : module.length)
    const kind = below(4)
    if (kind === 0) module[at] = below(256)
    else if (kind === 1) module[at] = 0xff
    else if (kind === 2) module[at] = (module[at] ?? 0) ^ (1 << below(8))
    else module.copyWithin(at, below(module.length), below(module.length))
  }
  return next() < 0.2 ? module.subarray(0, below(module.length)) : module
}

/** True when accepted; anything thrown but the typed rejection fails the test. */
function accepts(module: Uint8Array, seed: number): boolean {
  try {
    prepareModule(module, OPTIONS)
    return true
  } catch (error) {
    assert.ok(error instanceof ModuleRejectedError, `seed ${seed}: ${String(error)}`)
    return false
  }
}

describe('preparing mutated modules', () => {
  const originals = [
    new Uint8Array(readFileSync(PRICE_FEED)),
    guest({
      imports: ['fd_write', 'proc_exit'],
      start: [],
      table: { size: 3, elements: [2] },
      data: [{ at: 8, bytes: 'hello' }],
    }),
  ]
  originals.forEach((original, which) => {
    it(`only ever accepts or rejects (module ${which})`, () => {
      let accepted = 0
      for (let seed = 0; seed < SEEDS; seed++)
        if (accepts(mutate(original, randomOf(seed).next), seed)) accepted++
      assert.ok(accepted > 0 && accepted < SEEDS, `${accepted} accepted`)
    })
  })

  it('lets no mutation grow beyond the clamp', () => {
    const [, original = new Uint8Array()] = originals
    for (let seed = 0; seed < CLAMP_SEEDS; seed++) {
      const module = mutate(original, randomOf(seed + 100_000).next)
      if (!accepts(module, seed)) continue
      const prepared = new Uint8Array(prepareModule(module, OPTIONS))
      if (!WebAssembly.validate(prepared)) continue
      const again = prepareModule(prepared, OPTIONS)
      assert.deepEqual(again, Uint8Array.from(prepared), `seed ${seed}`)
    }
  })
})

const moduleOf = (seed: number, style: NanStyle): Uint8Array<ArrayBuffer> => {
  const module = Uint8Array.from(generate(randomOf(seed), style))
  assert.ok(WebAssembly.validate(module), `seed ${seed}: not valid`)
  return module
}

/** What `f(seed)` counts to. */
function countOf(module: Uint8Array<ArrayBuffer>, seed: number): string {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module))
  ;(exports.f as (parameter: number) => bigint)(seed)
  return String((exports.$count as WebAssembly.Global<'i64'>).value)
}

describe('a random module, metered', () => {
  it('gives what it gave, leaves what it left and traps as it did, metered or not [FUEL-18]', () => {
    let ended = 0
    let trapped = 0
    for (let seed = 0; seed < METERED_SEEDS; seed++) {
      const module = moduleOf(seed, 'guarded')
      const metered = outcomeOf(Uint8Array.from(meterModule(module, METER_OPTIONS)), seed)
      // It may not end.
      if (metered.isOutOfFuel) continue
      ended++
      if (metered.trap !== undefined) trapped++
      const plain = outcomeOf(module, seed)
      assert.deepEqual({ ...metered, used: undefined }, { ...plain, used: undefined }, `seed ${seed}`)
    }
    assert.ok(
      ended > METERED_SEEDS * 0.8 && trapped > METERED_SEEDS * 0.05 && trapped < ended * 0.8,
      `${ended} ended, ${trapped} trapped`,
    )
  })

  it('uses what counting each instruction for itself comes to [FUEL-1] [FUEL-2] [FUEL-3]', () => {
    let compared = 0
    for (let seed = 0; seed < COUNTED_SEEDS; seed++) {
      const module = moduleOf(seed, 'guarded')
      const { isOutOfFuel, used } = outcomeOf(Uint8Array.from(meterModule(module, METER_OPTIONS)), seed)
      if (isOutOfFuel || used === undefined) continue
      compared++
      assert.equal(used, countOf(counted(module), seed), `seed ${seed}`)
    }
    assert.ok(compared > COUNTED_SEEDS * 0.4, `${compared} compared`)
  })

  it('gives the same, NaN bits and fuel included, by either compiler [FUEL-4] [FUEL-10]', () => {
    const [baseline, optimised] = ['--liftoff-only', '--no-liftoff'].map((flag) => {
      const args = ['--no-warnings', flag, OUTCOMES, String(COMPILED_SEEDS)]
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
      assert.equal(stderr, '')
      return stdout.trim().split('\n')
    })
    assert.equal(baseline?.length, COMPILED_SEEDS)
    assert.deepEqual(baseline, optimised)
  })
})
