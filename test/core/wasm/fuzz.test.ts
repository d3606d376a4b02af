import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { prepareModule } from '../../../src/core/wasm/prepare.ts'
import { ModuleRejectedError } from '../../../src/core/wasm/reject.ts'
import { FUZZ } from '../../fixtures/fuzz.ts'
import { guest } from '../../fixtures/wasm/assemble.ts'

const PRICE_FEED = new URL('../../../examples/price-feed/build/price-feed.wasm', import.meta.url)
const SEEDS = 5_000 * FUZZ
const CLAMP_SEEDS = 3_000 * FUZZ
const OPTIONS = { entry: '_start', memoryBytesMax: 1024 * 65_536 }

/** mulberry32: a seed gives the same mutations everywhere. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

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
      for (let seed = 0; seed < SEEDS; seed++) if (accepts(mutate(original, random(seed)), seed)) accepted++
      assert.ok(accepted > 0 && accepted < SEEDS, `${accepted} accepted`)
    })
  })

  it('lets no mutation grow beyond the clamp', () => {
    const [, original = new Uint8Array()] = originals
    for (let seed = 0; seed < CLAMP_SEEDS; seed++) {
      const module = mutate(original, random(seed + 100_000))
      if (!accepts(module, seed)) continue
      const prepared = new Uint8Array(prepareModule(module, OPTIONS))
      if (!WebAssembly.validate(prepared)) continue
      const again = prepareModule(prepared, OPTIONS)
      assert.deepEqual(again, Uint8Array.from(prepared), `seed ${seed}`)
    }
  })
})
