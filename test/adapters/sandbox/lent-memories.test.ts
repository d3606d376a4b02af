import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LentMemories } from '../../../src/adapters/sandbox/lent-memories.ts'
import type { CompiledModule, RunMessage } from '../../../src/adapters/sandbox/messages.ts'
import { runGuest } from '../../../src/adapters/sandbox/run-guest.ts'
import { meterLentModule } from '../../../src/core/wasm/meter.ts'
import { METERED } from '../../../src/ports/sandbox.ts'
import { type Code, call, DROP, guest, i32, load, store, UNREACHABLE } from '../../fixtures/wasm/assemble.ts'

const PAGES = { initial: 1, maximum: 4 }
const RUN: RunMessage = {
  id: 0,
  moduleHash: '0x',
  runtime: METERED,
  fuelLimit: 1_000_000n,
  entry: '_start',
  input: new Uint8Array(),
  seed: new Uint8Array(32),
  clockNs: 0n,
  memoryBytesMax: 4 * 65_536,
  outputBytesMax: 100,
  wallClockMsMax: 1_000,
}

function compiledOf(start: Code, data: { at: number; bytes: string }[] = []): CompiledModule {
  const module = guest({ imports: ['fd_write'], start, data, memory: { minimum: 1 } })
  const { bytes, memory } = meterLentModule(module, { entry: '_start', memoryBytesMax: RUN.memoryBytesMax })
  return { module: new WebAssembly.Module(Uint8Array.from(bytes)), memory }
}

/** Writes the four bytes at `at`, and the guest's number of pages. */
const show = (at: number): Code => [
  ...store(16, load(at)),
  ...store(20, [0x3f, 0x00]),
  ...store(0, i32(16)),
  ...store(4, i32(8)),
  ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
]

function shown(compiled: CompiledModule): readonly number[] {
  const { outcome } = runGuest(compiled, RUN)
  assert.ok(outcome.type === 'finished' && outcome.exit === 0, JSON.stringify(outcome.type))
  const view = new DataView(outcome.output.slice().buffer)
  return [view.getUint32(0, true), view.getUint32(4, true)]
}

describe('memories lent to one guest after another', () => {
  it('are zeros again, and the same memory', () => {
    const memories = new LentMemories()
    const first = memories.take(PAGES)
    new Uint8Array(first.buffer).fill(7)
    memories.giveBack(first, PAGES)
    const second = memories.take(PAGES)
    assert.equal(second, first)
    assert.ok(new Uint8Array(second.buffer).every((byte) => byte === 0))
  })

  it('are lent to one guest at a time, and only with the same limits', () => {
    const memories = new LentMemories()
    const first = memories.take(PAGES)
    assert.notEqual(memories.take(PAGES), first)
    memories.giveBack(first, PAGES)
    const other = memories.take({ initial: 1, maximum: 5 })
    assert.notEqual(other, first)
    assert.equal(other.grow(4), 1)
  })

  it('are not kept when grown or large', () => {
    const memories = new LentMemories()
    const grown = memories.take(PAGES)
    grown.grow(1)
    memories.giveBack(grown, PAGES)
    assert.notEqual(memories.take(PAGES), grown)
    const large = { initial: 33, maximum: 33 }
    const much = memories.take(large)
    memories.giveBack(much, large)
    assert.notEqual(memories.take(large), much)
  })

  it('show a guest nothing of the one before it, however that ended', () => {
    const reader = compiledOf(show(30_000))
    const before: readonly (readonly [string, Code])[] = [
      ['ends', store(30_000, i32(7))],
      ['traps', [...store(30_000, i32(7)), UNREACHABLE]],
      ['runs out of fuel', [...store(30_000, i32(7)), 0x03, 0x40, 0x0c, 0, 0x0b]],
      ['grows', [...store(30_000, i32(7)), ...i32(1), 0x40, 0x00, DROP]],
    ]
    for (const [name, start] of before) {
      runGuest(compiledOf(start), RUN)
      assert.deepEqual(shown(reader), [0, 1], name)
      assert.deepEqual(shown(reader), [0, 1], name)
    }
  })

  it('begin with the data of the module that runs, each time', () => {
    const data = compiledOf([...show(100), ...store(100, i32(0))], [{ at: 100, bytes: 'abcd' }])
    for (let i = 0; i < 2; i++) assert.deepEqual(shown(data), [0x64636261, 1])
  })
})
