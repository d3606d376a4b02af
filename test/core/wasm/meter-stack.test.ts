/** Recursion ends by the depth counter, at the same call on every machine: docs/spec/fuel.md. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { meterModule } from '../../../src/core/wasm/meter.ts'
import { STACK_PER_DEPTH } from '../../../src/core/wasm/meter-body.ts'
import { type Code, call, DROP, i32, localGet } from '../../fixtures/wasm/assemble.ts'
import { DEPTH, METER_OPTIONS, metered } from '../../fixtures/wasm/metered.ts'
import {
  block,
  brIf,
  callIndirect,
  type FunctionSource,
  I32_ADD,
  I32_EQZ,
  I32_SUB,
  ifElse,
  localTee,
  loop,
  type ModuleSource,
  moduleOf,
  RETURN,
  returnCall,
  vectorOp,
  zero,
} from '../../fixtures/wasm/module.ts'
import { runOnStack, runOnStackWith, type StackEnd } from '../../fixtures/wasm/stack-worker.ts'

const times = (count: number, code: (i: number) => Code): Code =>
  Array.from({ length: count }, (_, i) => code(i)).flat()
/** `if (parameter) f(parameter - 1)`, the call as given. */
const recurse = (how: Code): Code => [...localGet(0), ...ifElse([...localGet(0), ...i32(1), I32_SUB, ...how])]
const RECURSION: FunctionSource = { signature: 'i>', code: recurse(call(0)), export: 'f' }

const store = (type: string): Code =>
  ({ i: [0x36, 2, 0], I: [0x37, 3, 0], f: [0x38, 2, 0], F: [0x39, 3, 0], v: [...vectorOp(11), 4, 0] })[
    type
  ] ?? []
const load = (type: string): Code =>
  ({ i: [0x28, 2, 0], I: [0x29, 3, 0], f: [0x2a, 2, 0], F: [0x2b, 3, 0], v: [...vectorOp(0), 4, 0] })[type] ??
  []

/** A function that has so many locals of a type, reads each from memory before it calls itself, and stores each after. */
function withLocals(count: number, type: string): FunctionSource {
  const before = times(count, (i) => [...i32(i * 16), ...load(type), 0x21, ...index(i + 1)])
  const after = times(count, (i) => [...i32(i * 16), 0x20, ...index(i + 1), ...store(type)])
  return { ...RECURSION, locals: [[count, type]], code: [...before, ...recurse(call(0)), ...after] }
}
const index = (value: number): Code => [(value & 0x7f) | 0x80, (value >> 7) & 0x7f]

/** So many operands on the stack while it calls itself. */
function withOperands(count: number, type: string): FunctionSource {
  const before = times(count, (i) => [...i32(i * 16), ...load(type)])
  const after = times(count, () => [0x21, 1])
  return { ...RECURSION, locals: [[1, type]], code: [...before, ...recurse(call(0)), ...after] }
}

/**
 * Values of the parameter that are computed, stored, and computed and stored again after the call: an optimising compiler
 * computes each once and keeps it in the frame, where neither a local nor an operand is.
 */
function withValues(count: number): FunctionSource {
  const all = times(count, (i) => [
    ...localGet(0),
    ...i32(0),
    ...localGet(0),
    ...i32(i + 3),
    0x6c,
    ...store('i'),
    DROP,
  ])
  return { ...RECURSION, code: [...all, ...recurse(call(0)), ...all] }
}

/** The same, as densely as it gets: a chain of products, one kept for each two instructions. */
function withChain(count: number, type: 'i' | 'v'): FunctionSource {
  const [times2, plus] = type === 'i' ? [[0x6c], [0x6a]] : [vectorOp(213), vectorOp(174)]
  const start: Code = type === 'i' ? localGet(0) : [...localGet(0), ...vectorOp(17)]
  const chain = [
    ...start,
    0x21,
    1,
    ...start,
    0x21,
    2,
    ...times(count, () => [0x20, 1, 0x20, 1, ...times2, 0x22, 1, 0x20, 2, ...plus, 0x21, 2]),
  ]
  const code = [
    ...chain,
    ...i32(0),
    0x20,
    2,
    ...store(type),
    ...recurse(call(0)),
    ...chain,
    ...i32(0),
    0x20,
    2,
    ...store(type),
  ]
  return { ...RECURSION, locals: [[2, type]], code }
}

const SHAPES: Readonly<Record<string, FunctionSource>> = {
  'a small frame': RECURSION,
  '200 locals of i32': withLocals(200, 'i'),
  '200 locals of f64': withLocals(200, 'F'),
  '4,000 locals of i64': withLocals(4000, 'I'),
  '300 locals of v128': withLocals(300, 'v'),
  '300 operands of i32': withOperands(300, 'i'),
  '4,000 operands of f64': withOperands(4000, 'F'),
  '300 operands of v128': withOperands(300, 'v'),
}
const KEPT: Readonly<Record<string, FunctionSource>> = {
  '300 values': withValues(300),
  '5,000 values': withValues(5000),
  'a chain of 500 values': withChain(500, 'i'),
  'a chain of 5,000 values': withChain(5000, 'i'),
  'a chain of 500 vectors': withChain(500, 'v'),
}

const meter = (functions: readonly FunctionSource[], more: Partial<ModuleSource> = {}): Uint8Array =>
  meterModule(moduleOf({ ...more, functions, memory: { minimum: 8 } }), METER_OPTIONS)

/** In this process, and in ones that compile one way only. */
const FLAGS = ['--liftoff-only', '--no-liftoff'] as const

const jobsOf = (shapes: Readonly<Record<string, FunctionSource>>) =>
  Object.values(shapes).map((source) => ({ module: meter([source]), name: 'f', depth: DEPTH, warmUps: 0 }))

/** Every shape ends by the counter. Shapes share a process: starting one takes longer than a run. */
function assertAllByCounter(shapes: Readonly<Record<string, FunctionSource>>, stackSizeMb: number): void {
  const [baseline, optimised] = FLAGS.map((flag) => runOnStackWith(flag, jobsOf(shapes), stackSizeMb))
  for (const [i, shape] of Object.keys(shapes).entries())
    for (const end of [baseline?.[i], optimised?.[i]]) {
      assert.ok(end !== undefined, shape)
      assertByCounter(end, shape)
    }
  // And at the same call whichever compiler ran it.
  assert.deepEqual(baseline, optimised)
}

function assertByCounter({ ending, depth, fuel }: StackEnd, what: string): void {
  assert.equal(ending, 'RuntimeError', what)
  assert.ok(depth < 0 && fuel > 0n, `${what}: depth ${depth}, fuel ${fuel}`)
}

describe('depth', () => {
  it('of a call is its parameters, locals, operands and values, and is given back [FUEL-7]', () => {
    // Two parameters, three locals, at most two operands; 8 instructions that give a value, two of them vectors.
    const code = [
      ...i32(1),
      ...i32(2),
      I32_ADD,
      DROP,
      ...i32(1),
      ...zero('v'),
      ...vectorOp(77),
      DROP,
      DROP,
      ...call(1),
    ]
    const frame = 64 + 16 * (2 + 3 + 2) + 4 + 2 * 2
    const functions: FunctionSource[] = [
      { signature: 'ii>', code, locals: [[3, 'F']], export: 'f' },
      { signature: '>', code: [] },
    ]
    const { call: run } = metered(moduleOf({ functions }))
    assert.equal(run('f', [0, 0], { depth: frame }).trap, undefined)
    const { trap, depth, fuel } = run('f', [0, 0], { depth: frame - 1 })
    assert.deepEqual([trap, depth], ['unreachable', -1])
    assert.ok(fuel > 0n)
  })

  it('is there again for the next call, however the last was left [FUEL-7]', () => {
    const ways: Readonly<Record<string, Code>> = {
      'its end': call(2),
      return: [...call(2), RETURN],
      'return in a block': [...call(2), ...block([...localGet(0), ...ifElse([RETURN])])],
      'a branch out of everything': [...call(2), ...block([...localGet(0), ...brIf(1)])],
      'a tail call': [...call(2), ...returnCall(2)],
      'an indirect call': [...i32(0), ...callIndirect(0)],
    }
    const leaf: FunctionSource = { signature: '>', code: [] }
    // Calls the other so often, and there has to be room for one frame of each.
    const turns = [...localGet(0), ...call(1), ...localGet(1), ...i32(1), I32_SUB, ...localTee(1), ...brIf(0)]
    const caller: FunctionSource = { signature: 'ii>', code: loop(turns), export: 'f' }
    const room = 64 + 16 * (2 + 2) + 5
    for (const [way, code] of Object.entries(ways))
      for (const parameter of [0, 1]) {
        const functions = [caller, { signature: 'i>', code }, leaf]
        const module = metered(moduleOf({ types: ['>'], functions, tables: [{ size: 1, elements: [2] }] }))
        const least = Array.from({ length: 200 }, (_, bytes) => room + bytes).find(
          (depth) => module.call('f', [parameter, 1], { depth }).trap === undefined,
        )
        assert.ok(least !== undefined && least > room, way)
        assert.equal(module.call('f', [parameter, 1_000], { depth: least }).trap, undefined, way)
        const { trap, depth } = module.call('f', [parameter, 1_000], { depth: least - 1 })
        assert.deepEqual([trap, depth], ['unreachable', -1], way)
      }
  })

  it('is not taken by tail calls, however many [FUEL-7]', () => {
    const countDown: Code = [
      ...localGet(0),
      I32_EQZ,
      ...ifElse([RETURN]),
      ...localGet(0),
      ...i32(1),
      I32_SUB,
      ...returnCall(0),
    ]
    const { call: run } = metered(
      moduleOf({ functions: [{ signature: 'i>', code: countDown, export: 'f' }] }),
    )
    assert.equal(run('f', [1_000_000], { depth: 500 }).trap, undefined)
  })

  it('is not taken by a function that calls nothing, unless it is large [FUEL-8]', () => {
    const leaf = (locals: number): FunctionSource => ({
      signature: '>',
      code: [],
      locals: [[locals, 'i']],
      export: 'f',
    })
    const trapOf = (source: FunctionSource) =>
      metered(moduleOf({ functions: [source] })).call('f', [], { depth: 0 }).trap
    assert.equal(trapOf(leaf(252)), undefined)
    assert.equal(trapOf(leaf(253)), 'unreachable')
  })
})

describe('recursion that never ends', () => {
  it('ends by the counter on a stack of twice the budget, whatever a frame holds [FUEL-4] [FUEL-9]', () => {
    assertAllByCounter(SHAPES, 16)
  })

  it('ends by the counter whatever else an optimising compiler keeps [FUEL-4] [FUEL-9]', () => {
    // A MiB for what the worker itself is about.
    assertAllByCounter(KEPT, (STACK_PER_DEPTH * DEPTH) / 2 ** 20 + 1)
  })

  it('ends by the counter through two functions and through a table [FUEL-9]', async () => {
    const table = [{ size: 1, elements: [0] }]
    const both = [
      { ...RECURSION, code: recurse(call(1)) },
      { ...RECURSION, code: recurse(call(0)), export: 'g' },
    ]
    const indirect = { ...RECURSION, code: recurse([...i32(0), ...callIndirect(0)]) }
    for (const module of [meter(both), meter([indirect], { types: ['i>'], tables: table })])
      assertByCounter(await runOnStack({ module, name: 'f', depth: DEPTH, warmUps: 5_000 }, 16), 'warm')
  })
})
