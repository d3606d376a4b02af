/** Modules made to run long for little fuel: docs/spec/fuel.md. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { meterModule } from '../../../src/core/wasm/meter.ts'
import { UNCHECKED_COST_MAX, UNCHECKED_WAY_DOWN_MAX } from '../../../src/core/wasm/meter-body.ts'
import { ModuleRejectedError } from '../../../src/core/wasm/reject.ts'
import { type Code, call, DROP, i32, localGet, unsigned } from '../../fixtures/wasm/assemble.ts'
import { METER_OPTIONS, metered } from '../../fixtures/wasm/metered.ts'
import {
  block,
  bulk,
  type FunctionSource,
  globalSet,
  loop,
  moduleOf,
  zero,
} from '../../fixtures/wasm/module.ts'

const times = (count: number, code: Code): Code => Array.from({ length: count }, () => code).flat()
const COUNTER = [{ type: 'i', init: i32(0) }]

/** What was run beyond the fuel given, a thousand units, when it was found out. */
function overrun(functions: readonly FunctionSource[], frames: number, frameBytes: number): number {
  const { call: run } = metered(moduleOf({ functions, globals: COUNTER }))
  const { trap, fuel, depth } = run('f', [], { fuel: 1_000n, depth: frames * frameBytes })
  assert.equal(trap, 'unreachable')
  assert.ok(fuel < 0n, `fuel ${fuel}, depth ${depth}`)
  return -Number(fuel)
}

describe('a run out of fuel', () => {
  it('does not go on down a recursion that calls much on its way [FUEL-5] [FUEL-22]', () => {
    const calls = 2_000
    const frames = 500
    // A leaf of as much as is not looked at. It gives no value, so the frame stays the smallest there is.
    const leaf: FunctionSource = { signature: '>', code: times(31, [...i32(0), ...globalSet(0)]) }
    const recursion: FunctionSource = {
      signature: '>',
      code: [...times(calls, call(1)), ...call(0)],
      export: 'f',
    }
    const once = (calls + 1) * UNCHECKED_COST_MAX
    assert.ok(overrun([recursion, leaf], frames, 64) <= once)
  })

  it('goes down a recursion of small functions by so much a frame [FUEL-22]', () => {
    const frames = 500
    const small = (next: number, name?: string): FunctionSource => ({
      signature: '>',
      code: [...times(3, call(2)), ...call(next)],
      ...(name === undefined ? {} : { export: name }),
    })
    const leaf: FunctionSource = { signature: '>', code: times(31, [...i32(0), ...globalSet(0)]) }
    assert.ok(overrun([small(1, 'f'), small(0), leaf], frames, 64) <= frames * UNCHECKED_WAY_DOWN_MAX)
  })

  it('ends in a turn, whatever way leads back to the loop', () => {
    const dead = [0x00, ...loop([...i32(1), DROP])]
    const table = (labels: readonly number[]) => [0x0e, labels.length - 1, ...labels]
    const ways: Readonly<Record<string, Code>> = {
      'a br_table to it': loop([...i32(0), ...table([0, 0])]),
      'a br_table to it or an outer one': loop(loop([...i32(1), ...table([0, 1])])),
      'a br_table to it past dead code': loop(block([...i32(1), ...table([0, 1]), ...dead])),
      'an early branch, and dear code behind': loop([0x0c, 0, ...times(500, [...i32(0), DROP])]),
      'an early br_if, and dear code behind': loop([...i32(1), 0x0d, 0, ...times(500, [...i32(0), DROP])]),
      'a way out of an inner loop that gives much back': loop([
        ...block(loop([...i32(1), 0x0d, 1, ...times(500, [...i32(0), DROP]), 0x0c, 0])),
        0x0c,
        0,
      ]),
      'an if without else that goes on': loop([...i32(1), 0x04, 0x40, 0x0c, 1, 0x0b]),
      'an if without else that a br_table goes to': loop([
        ...i32(1),
        0x04,
        0x40,
        ...i32(0),
        ...table([0, 0]),
        0x0b,
        0x0c,
        0,
      ]),
    }
    for (const [way, code] of Object.entries(ways)) {
      const functions = [{ signature: '>', code, export: 'f' }]
      assert.ok(overrun(functions, 1, 64) <= 2_000, way)
    }
  })
})

describe('a module made to keep compilers busy', () => {
  const rejection = (functions: readonly FunctionSource[], types: readonly string[] = []) => {
    try {
      meterModule(moduleOf({ functions, types }), METER_OPTIONS)
      return 'accepted'
    } catch (error) {
      assert.ok(error instanceof ModuleRejectedError, String(error))
      return error.reason
    }
  }
  const branches = (count: number): Code => times(count, [...localGet(0), 0x04, 0x40, 0x0b])
  const nested = (deep: number): Code => [...times(deep, [0x03, 0x40]), ...times(deep, [0x0b])]
  const many = 'F'.repeat(255)
  const wide = times(255, zero('F'))
  const table = (targets: number): Code => [
    ...localGet(0),
    0x0e,
    ...unsigned(targets - 1),
    ...Array(targets).fill(0),
  ]

  it('is rejected, and what is just below is not [FUEL-23]', () => {
    const shapes: Readonly<
      Record<string, (size: number) => { readonly code: Code; readonly locals?: [number, string][] }>
    > = {
      'locals where many ways meet': (size) => ({ code: branches(size * 840), locals: [[9_998, 'i']] }),
      'values that many blocks pass': (size) => ({
        code: [...wide, ...times(size * 32_000, [0x02, 0, 0x0b]), ...times(255, [DROP])],
      }),
      'values that many calls pass': (size) => ({
        code: [...wide, ...times(size * 16_000, call(1)), ...times(255, [DROP])],
      }),
      'targets of a br_table': (size) => ({ code: times(2, block(table(size * 16_000))) }),
      'loops in a row': (size) => ({ code: times(size * 1_023, loop([])) }),
      'loops in one another': (size) => ({ code: nested(size * 100) }),
    }
    for (const [shape, make] of Object.entries(shapes)) {
      const pass: FunctionSource = { signature: `${many}>${many}`, code: [0x00] }
      const of = (size: number): FunctionSource => ({ signature: 'i>', ...make(size) })
      const types = [`${many}>${many}`]
      assert.equal(rejection([of(1), pass], types), 'accepted', shape)
      assert.equal(rejection([of(2.1), pass], types), 'too-large', shape)
    }
  })

  it('is rejected for all of its functions together [FUEL-23]', () => {
    const one: FunctionSource = { signature: 'i>', code: branches(1_000), locals: [[15_997, 'i']] }
    assert.equal(rejection(Array(4).fill(one)), 'accepted')
    assert.equal(rejection(Array(5).fill(one)), 'too-large')
  })
})

it('all tables of a module together have no more elements than one may [FUEL-16]', () => {
  const functions = [{ signature: 'i>i', code: [0xd0, 0x70, ...localGet(0), ...bulk(15, 1)], export: 'f' }]
  const tables = (size: number) => moduleOf({ functions, tables: Array(4).fill({ size }) })
  const { call: run } = metered(tables(249_999))
  assert.deepEqual(
    [1, 1].map((by) => run('f', [by]).results),
    [249_999, -1],
  )
  meterModule(tables(250_000), METER_OPTIONS)
  assert.throws(
    () => meterModule(tables(250_001), METER_OPTIONS),
    (error) => error instanceof ModuleRejectedError && error.reason === 'memory-limit',
  )
})
