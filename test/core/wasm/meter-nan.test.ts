/** Where the bits of a NaN can be told they are canonical: docs/spec/fuel.md. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { meterModule } from '../../../src/core/wasm/meter.ts'
import { type Code, call, DROP, i32, localGet, localSet } from '../../fixtures/wasm/assemble.ts'
import { METER_OPTIONS, metered } from '../../fixtures/wasm/metered.ts'
import {
  block,
  brIf,
  type FunctionSource,
  f32,
  f64,
  globalSet,
  localTee,
  moduleOf,
  RETURN,
  v128,
  vectorOp,
} from '../../fixtures/wasm/module.ts'

const PAYLOAD_32 = 0xffa1_2345
const PAYLOAD_64 = 0xfff4_0000_1234_5678n
const CANONICAL_32 = 0x7fc0_0000
const CANONICAL_64 = 0x7ff8_0000_0000_0000n

const bytesOf = (write: (view: DataView) => void, size: number): number[] => {
  const view = new DataView(new ArrayBuffer(size))
  write(view)
  return [...new Uint8Array(view.buffer)]
}
const nan32: Code = [0x43, ...bytesOf((view) => view.setUint32(0, PAYLOAD_32, true), 4)]
const nan64: Code = [0x44, ...bytesOf((view) => view.setBigUint64(0, PAYLOAD_64, true), 8)]
const lanes32 = (...lanes: readonly number[]): Code =>
  v128(
    Uint8Array.from(
      bytesOf((view) => lanes.forEach((lane, i) => void view.setUint32(i * 4, lane, true)), 16),
    ),
  )
const lanes64 = (...lanes: readonly bigint[]): Code =>
  v128(
    Uint8Array.from(
      bytesOf((view) => lanes.forEach((lane, i) => void view.setBigUint64(i * 8, lane, true)), 16),
    ),
  )
const ONE_32 = 0x3f80_0000
const ONE_64 = 0x3ff0_0000_0000_0000n
/** A NaN in lanes 0 and 3. */
const NANS_32 = lanes32(PAYLOAD_32, ONE_32, ONE_32, PAYLOAD_32)
/** A NaN in lane 1. */
const NANS_64 = lanes64(ONE_64, PAYLOAD_64)

const AT = 32
const storeF32 = (value: Code): Code => [...i32(AT), ...value, 0x38, 2, 0]
const storeF64 = (value: Code): Code => [...i32(AT), ...value, 0x39, 3, 0]
const storeV128 = (value: Code): Code => [...i32(AT), ...value, ...vectorOp(11), 4, 0]
const REINTERPRET_32 = 0xbc
const REINTERPRET_64 = 0xbd
const F32_ADD = 0x92
const F32_LT = 0x5d
const F64_ADD = 0xa0
const SUM_32: Code = [...nan32, ...f32(1), F32_ADD]
const SUM_64: Code = [...nan64, ...f64(1), F64_ADD]
const SUM_32X4: Code = [...NANS_32, ...NANS_32, ...vectorOp(228)]
const SUM_64X2: Code = [...NANS_64, ...NANS_64, ...vectorOp(240)]
const LOCALS: readonly (readonly [count: number, type: string])[] = [
  [2, 'f'],
  [2, 'F'],
  [2, 'v'],
  [1, 'i'],
]

function ran(code: Code, others: readonly FunctionSource[] = []): DataView {
  const functions = [{ signature: '>', code, locals: LOCALS, export: 'f' }, ...others]
  const globals = [{ type: 'f', init: f32(0), export: 'g' }]
  const module = metered(moduleOf({ functions, globals }))
  assert.equal(module.call('f').trap, undefined)
  return module.memory
}
const bits32 = (code: Code, others: readonly FunctionSource[] = []) => ran(code, others).getUint32(AT, true)
const bits64 = (code: Code, others: readonly FunctionSource[] = []) =>
  ran(code, others).getBigUint64(AT, true)
const fourLanes = (code: Code) => {
  const memory = ran(code)
  return [0, 4, 8, 12].map((at) => memory.getUint32(AT + at, true))
}
const twoLanes = (code: Code) => {
  const memory = ran(code)
  return [0, 8].map((at) => memory.getBigUint64(AT + at, true))
}

/** Bytes that metering adds to a function, which has no loop and no call, with this code. */
function addedTo(code: Code): number {
  const of = (body: Code) =>
    meterModule(moduleOf({ functions: [{ signature: '>', code: body, locals: LOCALS }] }), METER_OPTIONS)
      .length
  return of(code) - of([]) - code.length
}
/** That many locals cost something by themselves: the charge is there without any code. */
const CHARGE = 0

const UNARY_32 = { ceil: 0x8d, floor: 0x8e, trunc: 0x8f, nearest: 0x90, sqrt: 0x91 }
const BINARY_32 = { add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97 }
const UNARY_64 = { ceil: 0x9b, floor: 0x9c, trunc: 0x9d, nearest: 0x9e, sqrt: 0x9f }
const BINARY_64 = { add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5 }
const UNARY_32X4 = { ceil: 103, floor: 104, trunc: 105, nearest: 106, sqrt: 227 }
const BINARY_32X4 = { add: 228, sub: 229, mul: 230, div: 231, min: 232, max: 233 }
const UNARY_64X2 = { ceil: 116, floor: 117, trunc: 122, nearest: 148, sqrt: 239 }
const BINARY_64X2 = { add: 240, sub: 241, mul: 242, div: 243, min: 244, max: 245 }
const each = (
  table: Readonly<Record<string, number>>,
  check: (opcode: number, name: string) => void,
): void => {
  for (const [name, opcode] of Object.entries(table)) check(opcode, name)
}

describe('a NaN that arithmetic gives', () => {
  it('is canonical when it is stored, whichever instruction gave it [FUEL-10]', () => {
    each(UNARY_32, (opcode, name) => assert.equal(bits32(storeF32([...nan32, opcode])), CANONICAL_32, name))
    each(UNARY_64, (opcode, name) => assert.equal(bits64(storeF64([...nan64, opcode])), CANONICAL_64, name))
    each(BINARY_32, (opcode, name) => {
      assert.equal(bits32(storeF32([...nan32, ...f32(1), opcode])), CANONICAL_32, name)
      assert.equal(bits32(storeF32([...f32(1), ...nan32, opcode])), CANONICAL_32, name)
    })
    each(BINARY_64, (opcode, name) => {
      assert.equal(bits64(storeF64([...nan64, ...f64(1), opcode])), CANONICAL_64, name)
      assert.equal(bits64(storeF64([...f64(1), ...nan64, opcode])), CANONICAL_64, name)
    })
    assert.equal(bits32(storeF32([...nan64, 0xb6])), CANONICAL_32, 'demoted')
    assert.equal(bits64(storeF64([...nan32, 0xbb])), CANONICAL_64, 'promoted')
    // What arithmetic makes of no NaN at all.
    assert.equal(bits32(storeF32([...f32(0), ...f32(0), 0x95])), CANONICAL_32, '0 / 0')
    assert.equal(bits64(storeF64([...f64(-1), 0x9f])), CANONICAL_64, 'root of -1')
  })

  it('is canonical in each lane, and other lanes are as they were [FUEL-11]', () => {
    const expected32 = [CANONICAL_32, 0x4000_0000, 0x4000_0000, CANONICAL_32]
    assert.deepEqual(fourLanes(storeV128(SUM_32X4)), expected32)
    assert.deepEqual(twoLanes(storeV128(SUM_64X2)), [0x4000_0000_0000_0000n, CANONICAL_64])
    each(UNARY_32X4, (opcode, name) => {
      const expected = [CANONICAL_32, ONE_32, ONE_32, CANONICAL_32]
      assert.deepEqual(fourLanes(storeV128([...NANS_32, ...vectorOp(opcode)])), expected, name)
    })
    each(UNARY_64X2, (opcode, name) =>
      assert.deepEqual(twoLanes(storeV128([...NANS_64, ...vectorOp(opcode)])), [ONE_64, CANONICAL_64], name),
    )
    each(BINARY_32X4, (opcode, name) => {
      const lanes = fourLanes(storeV128([...NANS_32, ...NANS_32, ...vectorOp(opcode)]))
      assert.deepEqual([lanes[0], lanes[3]], [CANONICAL_32, CANONICAL_32], name)
    })
    each(BINARY_64X2, (opcode, name) =>
      assert.equal(twoLanes(storeV128([...NANS_64, ...NANS_64, ...vectorOp(opcode)]))[1], CANONICAL_64, name),
    )
    assert.deepEqual(
      fourLanes(storeV128([...NANS_64, ...vectorOp(94)])),
      [ONE_32, CANONICAL_32, 0, 0],
      'demoted',
    )
    assert.deepEqual(twoLanes(storeV128([...NANS_32, ...vectorOp(95)])), [CANONICAL_64, ONE_64], 'promoted')
  })

  it('is canonical where lanes of another width look at it [FUEL-11]', () => {
    // An f32x4 result as f64x2: its lane 1 is a NaN or not by the bits of an f32. Compared with itself, that is told.
    const asBits = [...SUM_32X4, ...vectorOp(236)]
    assert.deepEqual(fourLanes(storeV128(asBits)), [
      CANONICAL_32,
      0x4000_0000,
      0x4000_0000,
      CANONICAL_32 & 0x7fff_ffff,
    ])
    const straight = [...SUM_32X4, ...lanes64(0n, 0n), ...vectorOp(240)]
    const canonical = [...lanes32(CANONICAL_32, 0x4000_0000, 0x4000_0000, CANONICAL_32)]
    assert.deepEqual(
      twoLanes(storeV128(straight)),
      twoLanes(storeV128([...canonical, ...lanes64(0n, 0n), ...vectorOp(240)])),
    )
    const other = [...SUM_64X2, ...lanes32(0, 0, 0, 0), ...vectorOp(228)]
    const expected = [
      ...lanes64(0x4000_0000_0000_0000n, CANONICAL_64),
      ...lanes32(0, 0, 0, 0),
      ...vectorOp(228),
    ]
    assert.deepEqual(fourLanes(storeV128(other)), fourLanes(storeV128(expected)))
    const cost = (code: Code) => addedTo([...code, DROP]) - addedTo([...SUM_32X4, DROP])
    assert.ok(cost([...SUM_32X4, ...SUM_32X4, ...vectorOp(240)]) > 0, 'f64x2.add tells')
    assert.ok(cost([...SUM_32X4, ...SUM_32X4, ...vectorOp(71)]) > 0, 'f64x2.eq tells')
    assert.ok(cost([...SUM_32X4, ...vectorOp(94)]) > 0, 'f32x4.demote_f64x2_zero tells')
    assert.ok(cost([...SUM_32X4, ...vectorOp(252)]) > 0, 'i32x4.trunc_sat_f64x2_s_zero tells')
    assert.ok(cost([...SUM_64X2, ...vectorOp(95)]) > 0, 'f64x2.promote_low_f32x4 tells')
    assert.ok(cost([...SUM_64X2, ...vectorOp(248)]) > 0, 'i32x4.trunc_sat_f32x4_s tells')
  })

  it('is canonical wherever else its bits can be told [FUEL-10]', () => {
    const stored = (code: Code): Code => [...i32(AT), ...code, 0x36, 2, 0]
    assert.equal(bits32(stored([...SUM_32, REINTERPRET_32])), CANONICAL_32, 'reinterpreted')
    assert.equal(bits64([...i32(AT), ...SUM_64, REINTERPRET_64, 0x37, 3, 0]), CANONICAL_64, 'reinterpreted')
    const pass: FunctionSource = { signature: 'f>f', code: localGet(0) }
    const give: FunctionSource = { signature: '>f', code: SUM_32 }
    const early: FunctionSource = { signature: '>f', code: [...SUM_32, RETURN] }
    const tail: FunctionSource = { signature: '>f', code: [...SUM_32, 0x12, 1] }
    assert.equal(bits32(storeF32([...SUM_32, ...call(1)]), [pass]), CANONICAL_32, 'passed')
    assert.equal(bits32(storeF32(call(1)), [give]), CANONICAL_32, 'given')
    assert.equal(bits32(storeF32(call(1)), [early]), CANONICAL_32, 'returned')
    assert.equal(bits32(storeF32(call(2)), [pass, tail]), CANONICAL_32, 'passed on')
    assert.equal(bits32(storeF32(block(SUM_32, 0x7d))), CANONICAL_32, 'at the end of a block')
    const branch = block([...SUM_32, ...i32(1), ...brIf(0)], 0x7d)
    assert.equal(bits32(storeF32(branch)), CANONICAL_32, 'at a branch')
    const selected = [...SUM_32, ...f32(1), ...i32(1), 0x1b]
    assert.equal(bits32(storeF32(selected)), CANONICAL_32, 'selected')
    assert.equal(bits32([...SUM_32, ...globalSet(0), ...storeF32([0x23, 0])]), CANONICAL_32, 'in a global')
    assert.equal(bits32(stored([...SUM_32X4, ...vectorOp(27), 3])), CANONICAL_32, 'a lane as an integer')
    assert.equal(bits32(storeF32([...SUM_32X4, ...vectorOp(31), 3])), CANONICAL_32, 'a lane')
    assert.equal(bits32([...i32(AT), ...SUM_32X4, ...vectorOp(90), 2, 0, 3]), CANONICAL_32, 'a lane stored')
    // abs, neg and copysign pass bits on: 1 with the sign of the NaN, and the NaN with another sign.
    assert.equal(bits32(storeF32([...f32(1), ...SUM_32, 0x98])), ONE_32, 'its sign')
    assert.equal(bits32(storeF32([...SUM_32, 0x8c])), 0xffc0_0000, 'negated')
  })

  it('is canonical when it went through locals [FUEL-10]', () => {
    const set = [...SUM_32, ...localSet(0)]
    assert.equal(bits32([...set, ...storeF32(localGet(0))]), CANONICAL_32, 'set')
    assert.equal(bits32([...SUM_32, ...localTee(0), DROP, ...storeF32(localGet(0))]), CANONICAL_32, 'kept')
    assert.equal(bits32(storeF32([...SUM_32, ...localTee(0)])), CANONICAL_32, 'kept and stored')
    const chain = [...set, ...localGet(0), ...localSet(1)]
    assert.equal(bits32([...chain, ...storeF32(localGet(1))]), CANONICAL_32, 'from one to the other')
    // The second time around the loop what is stored is what was set further down.
    const later = [
      ...i32(0),
      ...localSet(6),
      ...[0x03, 0x40, ...storeF32(localGet(0)), ...set],
      ...[...localGet(6), 0x45, ...i32(1), ...localSet(6), ...brIf(0), 0x0b],
    ]
    const functions = [{ signature: '>', code: later, locals: LOCALS, export: 'f' }]
    const module = metered(moduleOf({ functions }))
    module.call('f')
    assert.equal(module.memory.getUint32(AT, true), CANONICAL_32, 'round a loop')
    const vectors = [...SUM_32X4, ...localSet(4), ...localGet(4), ...localSet(5), ...storeV128(localGet(5))]
    assert.equal(fourLanes(vectors)[3], CANONICAL_32, 'a vector')
  })
})

describe('a result nobody looks at', () => {
  it('is left as it is by arithmetic, comparison and truncation of its width [FUEL-12]', () => {
    const F32_ABS_OF_SUM = [...SUM_32, 0x8b, DROP]
    assert.ok(addedTo(F32_ABS_OF_SUM) > CHARGE, 'abs tells bits')
    assert.equal(addedTo([...SUM_32, DROP]), CHARGE, 'dropped')
    assert.equal(addedTo([...SUM_32, ...SUM_32, F32_LT, DROP]), CHARGE, 'compared')
    assert.equal(addedTo([...SUM_32, ...SUM_32, F32_ADD, ...f32(1), F32_ADD, DROP]), CHARGE, 'added up')
    assert.equal(addedTo([...SUM_32, 0xbb, ...SUM_64, F64_ADD, DROP]), CHARGE, 'promoted')
    assert.equal(addedTo([...SUM_32, 0xa8, DROP]), CHARGE, 'truncated')
    assert.equal(addedTo([...SUM_64, 0xfc, 2, DROP]), CHARGE, 'truncated, saturating')
    assert.equal(addedTo([...SUM_32X4, ...SUM_32X4, ...vectorOp(65), DROP]), CHARGE, 'lanes compared')
    assert.equal(addedTo([...SUM_64X2, ...vectorOp(239), DROP]), CHARGE, 'the root of lanes')
    const onlyLast = addedTo(storeF32([...SUM_32, ...SUM_32, F32_ADD]))
    assert.equal(onlyLast, addedTo(storeF32(SUM_32)), 'only what is stored is made canonical')
  })

  it('is left as it is through locals [FUEL-12]', () => {
    const through = [
      ...SUM_32,
      ...localSet(0),
      ...localGet(0),
      ...localSet(1),
      ...localGet(1),
      ...f32(1),
      F32_LT,
      DROP,
    ]
    assert.equal(addedTo(through), CHARGE)
    assert.equal(addedTo([...SUM_32, ...localTee(0), ...localGet(0), F32_ADD, DROP]), CHARGE)
  })
})

describe('a result put into a local', () => {
  const counted = (code: Code, from: Code) => [
    ...from,
    ...i32(3),
    ...localSet(6),
    ...[0x03, 0x40, ...code],
    ...[...localGet(6), ...i32(1), 0x6b, ...localTee(6), ...brIf(0), 0x0b],
  ]
  const sum = [...localGet(0), ...SUM_32, F32_ADD, ...localSet(0)]

  it('in a loop is made canonical where it is read outside, once for each read [FUEL-20]', () => {
    const alone = counted(sum, [])
    const added = addedTo([...alone, ...storeF32(localGet(0))]) - addedTo(alone)
    assert.ok(added > 0)
    assert.equal(
      addedTo([...alone, ...storeF32(localGet(0)), ...storeF32(localGet(0))]),
      added * 2 + addedTo(alone),
    )
    assert.equal(bits32([...alone, ...storeF32(localGet(0))]), CANONICAL_32)
    assert.equal(bits32([...alone, ...localGet(0), ...localSet(1), ...storeF32(localGet(1))]), CANONICAL_32)
  })

  it('is made canonical there when it is read in a loop, however often [FUEL-20]', () => {
    const reads = (times: number) =>
      counted(Array.from({ length: times }, () => storeF32(localGet(0))).flat(), [...SUM_32, ...localSet(0)])
    // Lengths of sections and of a charge aside.
    assert.ok(addedTo(reads(5)) - addedTo(reads(1)) < 5)
    assert.ok(addedTo(reads(1)) - addedTo(reads(0)) > 10)
    assert.equal(bits32(reads(1)), CANONICAL_32)
  })

  it('beside one of another width is made canonical there [FUEL-20]', () => {
    const both = (code: Code) => [
      ...SUM_32X4,
      ...localSet(4),
      ...counted([...SUM_64X2, ...localSet(4)], []),
      ...code,
    ]
    assert.equal(twoLanes(both(storeV128(localGet(4))))[1], CANONICAL_64)
    const other = [...SUM_64X2, ...localSet(4), ...counted([...SUM_32X4, ...localSet(4)], [])]
    assert.equal(fourLanes([...other, ...storeV128(localGet(4))])[3], CANONICAL_32)
  })

  it('is not told by a block it lies below [FUEL-20]', () => {
    const below = (inner: Code) => [...SUM_32, ...block(inner), ...f32(1), F32_LT, DROP]
    assert.equal(addedTo(below([])), CHARGE)
    assert.equal(
      addedTo(below([...i32(0), ...brIf(0)])) - addedTo([...block([...i32(0), ...brIf(0)])]),
      CHARGE,
    )
  })
})

describe('a NaN a module brings along', () => {
  it('keeps its bits through moves, abs, neg, copysign, pmin and pmax [FUEL-13]', () => {
    assert.equal(bits32(storeF32(nan32)), PAYLOAD_32)
    assert.equal(bits64(storeF64(nan64)), PAYLOAD_64)
    assert.equal(bits32(storeF32([...nan32, 0x8b])), PAYLOAD_32 & 0x7fff_ffff, 'abs')
    assert.equal(bits32(storeF32([...nan32, 0x8c])), PAYLOAD_32 & 0x7fff_ffff, 'neg')
    assert.equal(bits32(storeF32([...nan32, ...localSet(0), ...localGet(0)])), PAYLOAD_32, 'a local')
    assert.equal(fourLanes(storeV128([...NANS_32, ...NANS_32, ...vectorOp(234)]))[3], PAYLOAD_32, 'pmin')
    assert.equal(fourLanes(storeV128([...NANS_32, ...NANS_32, ...vectorOp(235)]))[3], PAYLOAD_32, 'pmax')
  })
})
