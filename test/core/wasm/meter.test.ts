/** Fuel of modules written by hand, to the unit: docs/spec/fuel.md. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { meterLentModule, meterModule } from '../../../src/core/wasm/meter.ts'
import { DEPTH_WHEN_REFUSED } from '../../../src/core/wasm/meter-body.ts'
import { parseModule } from '../../../src/core/wasm/parse.ts'
import { ModuleRejectedError } from '../../../src/core/wasm/reject.ts'
import { SECTION } from '../../../src/core/wasm/structure.ts'
import {
  type Code,
  call,
  DROP,
  i32,
  i64,
  localGet,
  localSet,
  name,
  UNREACHABLE,
} from '../../fixtures/wasm/assemble.ts'
import { METER_OPTIONS, metered } from '../../fixtures/wasm/metered.ts'
import {
  block,
  br,
  brIf,
  brTable,
  bulk,
  callIndirect,
  f32,
  globalGet,
  globalSet,
  I32_ADD,
  I32_EQZ,
  I32_SUB,
  ifElse,
  localTee,
  loop,
  MEMORY_GROW,
  type ModuleSource,
  moduleOf,
  NOP,
  RETURN,
  returnCall,
  returnCallIndirect,
  v128,
  vectorOp,
} from '../../fixtures/wasm/module.ts'

/** What a call of `f` gives, and what it takes. */
function costOf(code: Code, parameter = 0, source: Partial<ModuleSource> = {}): readonly [unknown, number] {
  const others = source.functions ?? []
  const module = moduleOf({
    ...source,
    functions: [{ signature: 'i>i', code, locals: [[1, 'i']], export: 'f' }, ...others],
  })
  const { results, used, trap } = metered(module).call('f', [parameter])
  assert.equal(trap, undefined)
  return [results, Number(used)]
}

const dropped = (code: Code): Code => [...code, DROP]
const THREE_NOTHINGS: Code = [NOP, NOP, NOP]
/** `parameter - 1`, kept. */
const COUNT_DOWN: Code = [...localGet(0), ...i32(1), I32_SUB, ...localTee(0)]

describe('what code costs', () => {
  it('is a unit an instruction, and nothing for what only shapes code [FUEL-1]', () => {
    assert.deepEqual(costOf([...i32(7)]), [7, 1])
    assert.deepEqual(costOf([...i32(7), ...i32(8), I32_ADD]), [15, 3])
    assert.deepEqual(costOf([...THREE_NOTHINGS, ...dropped(i32(1)), ...block([NOP]), ...i32(7)]), [7, 2])
    assert.deepEqual(costOf([...dropped(v128(new Uint8Array(16))), ...dropped(f32(1)), ...i32(7)]), [7, 3])
  })

  it('is that of the way taken through an if [FUEL-1]', () => {
    const code = [...localGet(0), ...ifElse(i32(1), [...i32(2), ...i32(3), I32_ADD], 0x7f)]
    assert.deepEqual(costOf(code, 1), [1, 3])
    assert.deepEqual(costOf(code, 0), [5, 5])
    const withoutElse = [...localGet(0), ...ifElse(dropped(i32(1))), ...i32(9)]
    assert.deepEqual(costOf(withoutElse, 1), [9, 4])
    assert.deepEqual(costOf(withoutElse, 0), [9, 3])
  })

  it('is counted each time around a loop [FUEL-1]', () => {
    // Five times four and the branch; what is given at the end, once.
    const code = [...loop([...COUNT_DOWN, ...brIf(0)]), ...i32(9)]
    assert.deepEqual(costOf(code, 5), [9, 5 * 5 + 1])
    assert.deepEqual(costOf(code, 1), [9, 5 + 1])
  })

  it('stops at a branch that is taken, and goes on behind one that is not [FUEL-1]', () => {
    const code = block([
      ...dropped(i32(5)),
      ...localGet(0),
      ...brIf(0),
      ...dropped(i32(6)),
      ...dropped(i32(7)),
    ])
    assert.deepEqual(costOf([...code, ...i32(9)], 1), [9, 4])
    assert.deepEqual(costOf([...code, ...i32(9)], 0), [9, 6])
  })

  it('leaves out what stands behind a branch that is always taken [FUEL-1]', () => {
    const never = [...dropped(i32(1)), ...dropped(i32(2)), ...block(dropped(i32(3)))]
    assert.deepEqual(costOf([...block([...br(0), ...never]), ...i32(9)]), [9, 2])
    assert.deepEqual(costOf([...i32(9), RETURN, ...never]), [9, 2])
    assert.deepEqual(costOf([...block([...localGet(0), ...brTable([], 0), ...never]), ...i32(9)]), [9, 3])
    assert.deepEqual(costOf([...i32(9), ...br(0), ...loop(never)]), [9, 2])
  })

  it('is that of the label a br_table goes to [FUEL-1]', () => {
    const code = [
      ...block([
        ...block([...block([...localGet(0), ...brTable([0, 1], 2)]), ...dropped(i32(1))]),
        ...dropped(i32(2)),
      ]),
      ...i32(9),
    ]
    assert.deepEqual(costOf(code, 0), [9, 2 + 3])
    assert.deepEqual(costOf(code, 1), [9, 2 + 2])
    assert.deepEqual(costOf(code, 7), [9, 2 + 1])
  })

  it('is counted in blocks, loops and functions that take and give several values [FUEL-1]', () => {
    const types = ['ii>ii', '>iii']
    const swap = [...localSet(1), ...localSet(0), ...localGet(1), ...localGet(0)]
    assert.deepEqual(costOf([...i32(3), ...i32(10), ...block(swap, 0), I32_SUB], 0, { types }), [
      7,
      2 + 4 + 1,
    ])
    assert.deepEqual(costOf([...i32(3), ...i32(10), ...loop(swap, 0), I32_SUB], 0, { types }), [7, 2 + 4 + 1])
    const three = { signature: '>iii', code: [...i32(1), ...i32(2), ...i32(3)] }
    const functions = [three, { ...three, code: [...call(1), RETURN] }]
    assert.deepEqual(costOf([...call(1), I32_ADD, I32_ADD], 0, { functions }), [6, 3 + 3])
    // With a call in it the function is wrapped: its results pass through a block of their number.
    assert.deepEqual(costOf([...call(2), I32_ADD, I32_ADD], 0, { functions }), [6, 3 + 2 + 3])
  })

  it('goes by the operand for what takes time in proportion to it [FUEL-2]', () => {
    const three = [...i32(0), ...i32(0), ...localGet(0)]
    const after = i32(9)
    for (const [operand, units] of [
      [0, 0],
      [7, 0],
      [8, 1],
      [8000, 1000],
      [8007, 1000],
    ] as const) {
      const cost = 3 + 1 + 1 + units
      assert.deepEqual(costOf([...three, ...bulk(10, 0, 0), ...after], operand), [9, cost], 'memory.copy')
      assert.deepEqual(costOf([...three, ...bulk(11, 0), ...after], operand), [9, cost], 'memory.fill')
      const data = [new Uint8Array(8007)]
      assert.deepEqual(
        costOf([...three, ...bulk(8, 0, 0), ...after], operand, { data }),
        [9, cost],
        'memory.init',
      )
    }
    const tables = [{ size: 10, elements: [0] }, { size: 10 }]
    const passive = Array(10).fill(0)
    const nullThree = [...i32(0), 0xd0, 0x70, ...localGet(0)]
    for (const operand of [0, 1, 10]) {
      const cost = 3 + 32 + 1 + 64 * operand
      assert.deepEqual(
        costOf([...three, ...bulk(14, 1, 0), ...after], operand, { tables }),
        [9, cost],
        'table.copy',
      )
      assert.deepEqual(
        costOf([...nullThree, ...bulk(17, 1), ...after], operand, { tables }),
        [9, cost],
        'table.fill',
      )
      const init = [...three, ...bulk(12, 1, 1), ...after]
      assert.deepEqual(costOf(init, operand, { tables, passive }), [9, cost], 'table.init')
      const grow = [0xd0, 0x70, ...localGet(0), ...bulk(15, 1)]
      assert.deepEqual(costOf(grow, operand, { tables }), [10, 2 + 32 + 64 * operand], 'table.grow')
    }
    assert.deepEqual(costOf([...localGet(0), ...MEMORY_GROW], 3), [1, 1 + 1024 + 3 * 64])
    assert.deepEqual(costOf([...localGet(0), ...MEMORY_GROW], 0), [1, 1 + 1024])
    assert.deepEqual(costOf([...i32(0), 0xd0, 0x70, 0x26, 0, ...after], 0, { tables }), [9, 2 + 32 + 1])
    // A growth that fails was asked for all the same.
    assert.deepEqual(costOf([...localGet(0), ...MEMORY_GROW], 1000), [-1, 1 + 1024 + 1000 * 64])
  })

  it('is the sum of caller and callee, whatever kind of call [FUEL-3]', () => {
    const plus = { signature: 'i>i', code: [...localGet(0), ...i32(1), I32_ADD] }
    const source = { functions: [plus], types: ['i>i'], tables: [{ size: 2, elements: [1, 1] }] }
    assert.deepEqual(costOf([...localGet(0), ...call(1)], 4, source), [5, 2 + 3])
    assert.deepEqual(costOf([...localGet(0), ...i32(1), ...callIndirect(0)], 4, source), [5, 3 + 3])
    assert.deepEqual(costOf([...localGet(0), ...returnCall(1)], 4, source), [5, 2 + 3])
    assert.deepEqual(costOf([...localGet(0), ...i32(1), ...returnCallIndirect(0)], 4, source), [5, 3 + 3])
    const looping = [
      ...loop([...localGet(1), ...call(1), ...localSet(1), ...COUNT_DOWN, ...brIf(0)]),
      ...localGet(1),
    ]
    assert.deepEqual(costOf(looping, 6, source), [6, 6 * (3 + 3 + 5) + 1])
  })

  it('counts a tail call in a loop of its own as often as it goes round [FUEL-3]', () => {
    const countDown = [
      ...localGet(0),
      I32_EQZ,
      ...ifElse([...i32(9), RETURN]),
      ...COUNT_DOWN,
      ...returnCall(0),
    ]
    assert.deepEqual(costOf(countDown, 100_000), [9, 100_000 * 8 + 5])
  })
})

describe('a run without fuel', () => {
  const runs = (code: Code, fuel: bigint, source: Partial<ModuleSource> = {}) => {
    const functions = [
      { signature: '>', code, locals: [[1, 'i']] as const, export: 'f' },
      ...(source.functions ?? []),
    ]
    return metered(moduleOf({ ...source, functions })).call('f', [], { fuel })
  }

  it('has as much as it was given, to the unit [FUEL-5]', () => {
    const code = Array.from({ length: 65 }, () => dropped(i32(1))).flat()
    assert.equal(runs(code, 65n).trap, undefined)
    assert.equal(runs(code, 65n).fuel, 0n)
    const short = runs(code, 64n)
    assert.equal(short.trap, 'unreachable')
    assert.equal(short.fuel, -1n)
  })

  it('ends what would never end, with fuel below zero [FUEL-5]', () => {
    const endless: Readonly<Record<string, () => ReturnType<typeof runs>>> = {
      'an empty loop with a branch that costs 1': () => runs(loop(br(0)), 1000n),
      'a conditional branch': () => runs(loop([...i32(1), ...brIf(0)]), 1000n),
      'a branch out of blocks': () => runs(loop(block(block(br(2)))), 1000n),
      'a branch table': () => runs(loop(block([...i32(1), ...brTable([0, 1], 0)])), 1000n),
      'a branch in an arm': () => runs(loop([...i32(1), ...ifElse([NOP], br(1)), ...br(0)]), 1000n),
      'tail calls': () => runs(returnCall(0), 1000n),
      'indirect tail calls': () =>
        runs([...i32(0), ...returnCallIndirect(0)], 1000n, {
          types: ['>'],
          tables: [{ size: 1, elements: [0] }],
        }),
      'tail calls to one another': () =>
        runs(returnCall(1), 1000n, { functions: [{ signature: '>', code: returnCall(0) }] }),
      'a loop around a call': () =>
        runs(loop([...call(1), ...br(0)]), 1000n, { functions: [{ signature: '>', code: [] }] }),
    }
    for (const [what, run] of Object.entries(endless)) {
      const { trap, fuel, depth } = run()
      assert.equal(trap, 'unreachable', what)
      assert.ok(fuel < 0n && depth >= 0, `${what}: ${fuel}`)
    }
  })

  it('does none of what an operand asks for [FUEL-5]', () => {
    const fill = [...i32(0), ...i32(0xff), ...i32(65_536), ...bulk(11, 0)]
    const module = metered(moduleOf({ functions: [{ signature: '>', code: fill, export: 'f' }] }))
    const { trap, fuel } = module.call('f', [], { fuel: 1000n })
    assert.equal(trap, 'unreachable')
    assert.ok(fuel < 0n)
    assert.equal(module.memory.getUint8(0), 0)
  })

  it('takes the largest operand as a number without a sign [FUEL-2]', () => {
    const fill = [...i32(0), ...i32(0), ...i32(-1), ...bulk(11, 0)]
    const cost = 4n + (0xffff_ffffn >> 3n)
    assert.match(runs(fill, cost).trap ?? '', /out of bounds/)
    // The operand is charged by itself, and first.
    const short = runs(fill, (0xffff_ffffn >> 3n) - 1n)
    assert.deepEqual([short.trap, short.fuel], ['unreachable', -1n])
  })

  it('may end in full with fuel below zero, which is out of fuel as well [FUEL-6]', () => {
    // A function of so little is not looked at itself: whoever calls it is.
    const { trap, fuel } = runs(
      [...i32(1), ...ifElse([...dropped(i32(1)), ...dropped(i32(1)), ...dropped(i32(1))])],
      2n,
    )
    assert.equal(trap, undefined)
    assert.equal(fuel, -3n)
  })

  it('tells its own end from the module’s [FUEL-5]', () => {
    const { trap, fuel, depth } = runs([UNREACHABLE], 1000n)
    assert.equal(trap, 'unreachable')
    assert.ok(fuel >= 0n && depth >= 0)
  })
})

describe('a metered module', () => {
  const empty = { signature: '>', code: [] }
  const reject = (module: Uint8Array): string => {
    try {
      meterModule(module, METER_OPTIONS)
    } catch (error) {
      assert.ok(error instanceof ModuleRejectedError, String(error))
      return error.reason
    }
    return 'accepted'
  }

  it('exports fuel and depth, which are 0 at first [FUEL-14]', () => {
    const { exports } = metered(moduleOf({ functions: [empty] }))
    assert.deepEqual(Object.keys(exports), ['memory', '_start', '$fuel', '$depth'])
    assert.equal((exports.$fuel as WebAssembly.Global).value, 0n)
    assert.equal((exports.$depth as WebAssembly.Global).value, 0)
  })

  it('runs its start function when it is called, and not before [FUEL-14]', () => {
    const set = { signature: '>', code: [...i32(5), ...globalSet(0)] }
    const globals = [{ type: 'i', init: i32(0), export: 'g' }]
    const { exports, call: run } = metered(moduleOf({ functions: [set], globals, startFunction: 0 }))
    assert.equal((exports.g as WebAssembly.Global).value, 0)
    assert.equal(run('$start').used, 2n)
    assert.equal((exports.g as WebAssembly.Global).value, 5)
  })

  it('has no export of a name the host uses [FUEL-14]', () => {
    for (const reserved of ['$fuel', '$depth', '$start'])
      assert.equal(reject(moduleOf({ functions: [{ ...empty, export: reserved }] })), 'unsupported', reserved)
    const globals = [{ type: 'I', init: i64(0n), export: '$fuel' }]
    assert.equal(reject(moduleOf({ functions: [empty], globals })), 'unsupported')
  })

  it('has no index that only what is appended would make valid [FUEL-15]', () => {
    const globals = [{ type: 'I', init: i64(0n) }]
    const of = (code: Code, more: Partial<ModuleSource> = {}) =>
      reject(moduleOf({ functions: [{ ...empty, code }], globals, ...more }))
    assert.equal(of(dropped(globalGet(0))), 'accepted')
    assert.equal(of(dropped(globalGet(1))), 'malformed', 'fuel read')
    assert.equal(of([...i64(-1n), ...globalSet(1)]), 'malformed', 'fuel written')
    assert.equal(of([...i32(1), ...globalSet(2)]), 'malformed', 'depth written')
    // With a loop the function would get a local to keep fuel in.
    assert.equal(of([...loop([]), ...dropped(localGet(0))]), 'malformed', 'the local of fuel')
    assert.equal(of([...loop([]), ...i64(5n), ...localSet(0)]), 'malformed', 'the local of fuel written')
    assert.equal(of([...loop([]), ...i64(5n), ...localTee(0), DROP]), 'malformed', 'the local of fuel kept')
    // A wrapped function of two results appends the type of a block that gives them.
    const pair = { signature: 'i>ii', code: [...loop([]), ...i32(1), ...i32(2)] }
    const typed = (code: Code) => reject(moduleOf({ functions: [{ ...empty, code }, pair] }))
    assert.equal(typed([...block([...i32(1), ...i32(2)], 2), DROP, DROP]), 'malformed', 'a block of the type')
    assert.equal(typed([...i32(0), ...callIndirect(2)]), 'malformed', 'a call of the type')
    assert.equal(typed([...i32(0), ...returnCallIndirect(2)]), 'malformed', 'a tail call of the type')
    assert.equal(typed(call(7)), 'malformed', 'a function')
    assert.equal(typed(dropped([0xd2, 7])), 'malformed', 'a reference to a function')
  })

  it('has no export of what is appended [FUEL-15]', () => {
    const exports = [[...name('mine'), 3, 0]]
    assert.equal(reject(moduleOf({ functions: [empty], exports })), 'malformed')
  })

  it('grows no further than its bounds [FUEL-16]', () => {
    const functions = [
      { signature: 'i>i', code: [...localGet(0), ...MEMORY_GROW], export: 'memory.grow' },
      { signature: 'i>i', code: [0xd0, 0x70, ...localGet(0), ...bulk(15, 0)], export: 'table.grow' },
    ]
    const { call: run } = metered(
      moduleOf({ functions, tables: [{ size: 1 }], memory: { minimum: 1, maximum: 9999 } }),
    )
    assert.equal(run('memory.grow', [64]).results, -1)
    assert.equal(run('memory.grow', [63]).results, 1)
    assert.equal(run('table.grow', [1_000_000]).results, -1)
    assert.equal(run('table.grow', [999_999]).results, 1)
  })

  it('runs on a memory that it is lent as on its own [FUEL-25]', () => {
    const functions = [
      { signature: '>i', code: [...i32(8), 0x28, 2, 0], export: 'load' },
      { signature: 'i>i', code: [...localGet(0), ...MEMORY_GROW], export: 'grow' },
    ]
    const module = moduleOf({ functions, memory: { minimum: 2, maximum: 9999 } })
    const { bytes, memory } = meterLentModule(module, METER_OPTIONS)
    assert.deepEqual(memory, { initial: 2, maximum: 64 })
    const lent = new WebAssembly.Memory(memory)
    new DataView(lent.buffer).setUint32(8, 77, true)
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)), {
      $host: { memory: lent },
    })
    assert.equal(exports.memory, lent)
    ;(exports.$fuel as WebAssembly.Global<'i64'>).value = 1_000_000n
    ;(exports.$depth as WebAssembly.Global<'i32'>).value = 100_000
    assert.equal((exports.load as () => number)(), 77)
    assert.equal((exports.grow as (pages: number) => number)(62), 2)
    assert.equal((exports.grow as (pages: number) => number)(1), -1)
    const own = WebAssembly.Module.exports(
      new WebAssembly.Module(Uint8Array.from(meterModule(module, METER_OPTIONS))),
    )
    assert.deepEqual(WebAssembly.Module.exports(new WebAssembly.Module(Uint8Array.from(bytes))), own)
  })

  it('ends as no guest can when the host does not give what it may have [FUEL-21]', () => {
    const functions = [
      { signature: 'i>i', code: [...localGet(0), ...MEMORY_GROW], export: 'memory.grow' },
      { signature: 'i>i', code: [0xd0, 0x70, ...localGet(0), ...bulk(15, 0)], export: 'table.grow' },
    ]
    const bytes = meterModule(moduleOf({ functions, tables: [{ size: 1 }] }), METER_OPTIONS)
    // A host of two pages and two elements, to a module that may have 64 and 1,000,000.
    const poor = Uint8Array.from(bytes)
    const { sections } = parseModule(bytes)
    const lower = (id: number, before: readonly number[], after: readonly number[]) => {
      const section = sections.find((one) => one.id === id)
      assert.ok(section !== undefined)
      assert.deepEqual([...bytes.subarray(section.start, section.end)], before)
      poor.set(after, section.start)
    }
    lower(SECTION.memory, [1, 1, 1, 64], [1, 1, 1, 2])
    // The same number of bytes: a number may be written longer than it need be.
    lower(SECTION.table, [1, 0x70, 1, 1, 0xc0, 0x84, 0x3d], [1, 0x70, 1, 1, 0x82, 0x80, 0x00])
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(poor))
    const depth = exports.$depth as WebAssembly.Global<'i32'>
    ;(exports.$fuel as WebAssembly.Global<'i64'>).value = 10n ** 12n
    for (const what of ['memory.grow', 'table.grow']) {
      const grow = exports[what] as (by: number) => number
      depth.value = 1_000
      assert.equal(grow(1), 1, what)
      assert.equal(grow(10_000_000), -1, `${what}: more than it may have`)
      assert.equal(depth.value, 1_000)
      assert.throws(() => grow(1), WebAssembly.RuntimeError)
      assert.equal(depth.value, DEPTH_WHEN_REFUSED, what)
    }
  })

  it('is the same bytes every time, without custom sections [FUEL-17]', () => {
    const module = moduleOf({ functions: [{ ...empty, code: loop([]) }] })
    const custom = [0, 6, ...name('name'), 1]
    assert.deepEqual(meterModule(module, METER_OPTIONS), meterModule(module, METER_OPTIONS))
    assert.deepEqual(
      meterModule(Uint8Array.from([...module, ...custom]), METER_OPTIONS),
      meterModule(module, METER_OPTIONS),
    )
  })

  it('has no more operands at a time than its bound [FUEL-19]', () => {
    const pushes = (count: number): Code => [
      ...Array.from({ length: count }, () => i32(0)).flat(),
      ...Array(count).fill(DROP),
    ]
    assert.equal(reject(moduleOf({ functions: [{ ...empty, code: pushes(65_536) }] })), 'accepted')
    assert.equal(reject(moduleOf({ functions: [{ ...empty, code: pushes(65_537) }] })), 'too-large')
  })

  it('is read to the end of each function, and has no instruction outside the profile [FUEL-15]', () => {
    const of = (code: Code) => reject(moduleOf({ functions: [{ ...empty, code }] }))
    assert.equal(of([NOP]), 'accepted')
    // An end too many, one too few, an atomic fence, a relaxed swizzle.
    assert.equal(of([0x0b]), 'malformed')
    assert.equal(of([0x02, 0x40]), 'malformed')
    assert.equal(of([0xfe, 0x03, 0x00]), 'unsupported')
    assert.equal(of(vectorOp(0x100)), 'unsupported')
  })

  it('keeps what vector code does [FUEL-18]', () => {
    const code = [...v128(new Uint8Array(16).fill(3)), ...vectorOp(99)]
    assert.deepEqual(costOf(code), [1, 2])
  })
})
