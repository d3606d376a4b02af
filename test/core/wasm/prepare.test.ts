import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseModule } from '../../../src/core/wasm/parse.ts'
import { prepareModule } from '../../../src/core/wasm/prepare.ts'
import { ModuleRejectedError, type ModuleRejection } from '../../../src/core/wasm/reject.ts'
import { WASI_PARAMETERS, type WasiFunction } from '../../../src/core/wasm/wasi.ts'
import {
  bytes,
  type Code,
  END,
  functionType,
  guest,
  HEADER,
  i32,
  name,
  section,
  TYPE_NONE,
  unsigned,
  vector,
} from '../../fixtures/wasm/assemble.ts'

const PAGE = 65_536
const options = { entry: '_start', memoryBytesMax: 16 * PAGE }

function rejects(
  module: Uint8Array,
  reason: ModuleRejection,
  overrides: Partial<typeof options> = {},
): ModuleRejectedError {
  let caught: unknown
  try {
    prepareModule(module, { ...options, ...overrides })
  } catch (error) {
    caught = error
  }
  assert.ok(caught instanceof ModuleRejectedError, `not rejected: ${String(caught)}`)
  assert.equal(caught.code, 'MODULE_REJECTED')
  assert.equal(caught.reason, reason, caught.message)
  assert.ok(caught.offset >= 0 && caught.offset <= module.length)
  return caught
}

/** A smallest module in parts, so that tests can replace one. */
interface Parts {
  readonly types?: Code
  readonly imports?: Code
  readonly functions?: Code
  readonly tables?: Code
  readonly memories?: Code
  readonly globals?: Code
  readonly exports?: Code
  readonly start?: Code
  readonly code?: Code
  readonly data?: Code
  readonly extra?: Code
}

const EXPORTS: Code = vector([
  [...name('memory'), 2, 0],
  [...name('_start'), 0, 0],
])

function assemble(parts: Parts): Uint8Array {
  const optional = (id: number, content: Code | undefined) => (content ? section(id, content) : [])
  return bytes(
    HEADER,
    section(1, parts.types ?? vector([functionType('>')])),
    optional(2, parts.imports),
    section(3, parts.functions ?? vector([[0]])),
    optional(4, parts.tables),
    section(5, parts.memories ?? vector([[0, 1]])),
    optional(6, parts.globals),
    section(7, parts.exports ?? EXPORTS),
    optional(8, parts.start),
    section(10, parts.code ?? vector([[2, 0, END]])),
    optional(11, parts.data),
    parts.extra ?? [],
  )
}

function limitsOf(module: Uint8Array): readonly (number | undefined)[] {
  const [memory] = parseModule(module).memories
  return [memory?.minimum, memory?.maximum]
}

describe('preparing a module', () => {
  it('accepts a minimal module and gives bytes the engine accepts', () => {
    const prepared = prepareModule(assemble({}), options)
    assert.equal(WebAssembly.validate(new Uint8Array(prepared)), true)
  })

  it('accepts a real AssemblyScript module', () => {
    const file = new URL('../../../examples/price-feed/build/price-feed.wasm', import.meta.url)
    const prepared = prepareModule(new Uint8Array(readFileSync(file)), options)
    assert.equal(WebAssembly.validate(new Uint8Array(prepared)), true)
    assert.deepEqual(limitsOf(prepared), [1, 16])
  })

  it('leaves out custom sections', () => {
    const custom = section(0, [...name('name'), 1, 2, 3])
    assert.deepEqual(
      prepareModule(assemble({ extra: custom }), options),
      prepareModule(assemble({}), options),
    )
  })

  it('is idempotent', () => {
    const once = prepareModule(guest({ start: [], memory: { minimum: 2 } }), options)
    assert.deepEqual(prepareModule(once, options), once)
  })

  describe('the memory clamp', () => {
    it('gives a memory without a maximum the limit', () => {
      assert.deepEqual(
        limitsOf(prepareModule(guest({ start: [], memory: { minimum: 2 } }), options)),
        [2, 16],
      )
    })
    it('lowers a larger maximum to the limit', () => {
      const module = guest({ start: [], memory: { minimum: 2, maximum: 65_536 } })
      assert.deepEqual(limitsOf(prepareModule(module, options)), [2, 16])
    })
    it('keeps a smaller maximum', () => {
      const module = guest({ start: [], memory: { minimum: 2, maximum: 3 } })
      assert.deepEqual(limitsOf(prepareModule(module, options)), [2, 3])
    })
    it('rounds the limit down to whole pages', () => {
      const module = guest({ start: [] })
      assert.deepEqual(limitsOf(prepareModule(module, { ...options, memoryBytesMax: 2 * PAGE - 1 })), [1, 1])
    })
    it('rejects a minimum above the limit and accepts one at it', () => {
      rejects(guest({ start: [], memory: { minimum: 17 } }), 'memory-limit')
      prepareModule(guest({ start: [], memory: { minimum: 16 } }), options)
    })
    it('bounds tables as well', () => {
      const prepared = prepareModule(assemble({ tables: vector([[0x70, 0, 5]]) }), options)
      assert.deepEqual(
        parseModule(prepared).tables.map(({ minimum, maximum }) => [minimum, maximum]),
        [[5, 1_000_000]],
      )
      rejects(assemble({ tables: vector([[0x70, 0, ...unsigned(1_000_001)]]) }), 'memory-limit')
    })
  })

  describe('imports', () => {
    it('accepts every preview 1 function with its signature', () => {
      const module = guest({ imports: Object.keys(WASI_PARAMETERS) as WasiFunction[], start: [] })
      assert.equal(WebAssembly.validate(new Uint8Array(prepareModule(module, options))), true)
    })
    it('accepts the older name of the same interface', () => {
      prepareModule(guest({ imports: ['fd_write'], dialect: 'wasi_unstable', start: [] }), options)
      rejects(guest({ imports: ['sock_accept'], dialect: 'wasi_unstable', start: [] }), 'import')
    })
    it('rejects another namespace, an unknown function and an object property', () => {
      rejects(guest({ imports: ['fd_write'], dialect: 'env', start: [] }), 'import')
      const unknown = (text: string) =>
        assemble({
          imports: vector([[...name('wasi_snapshot_preview1'), ...name(text), 0, 0]]),
          exports: vector([
            [...name('memory'), 2, 0],
            [...name('_start'), 0, 1],
          ]),
        })
      for (const text of ['fd_teleport', 'constructor', '__proto__', 'toString', ''])
        rejects(unknown(text), 'import')
    })
    it('rejects a known function with another signature', () => {
      const imports = vector([[...name('wasi_snapshot_preview1'), ...name('fd_write'), 0, 0]])
      rejects(assemble({ imports }), 'import')
    })
    it('rejects imported memories, tables and globals', () => {
      const of = (...rest: number[]) =>
        assemble({ imports: vector([[...name('wasi_snapshot_preview1'), ...name('x'), ...rest]]) })
      rejects(of(2, 0, 1), 'import')
      rejects(of(1, 0x70, 0, 1), 'import')
      rejects(of(3, 0x7f, 0), 'import')
    })
  })

  describe('the determinism profile', () => {
    const cases: readonly (readonly [string, Uint8Array, ModuleRejection])[] = [
      ['shared memory', assemble({ memories: vector([[3, 1, 2]]) }), 'unsupported'],
      ['64-bit memory', assemble({ memories: vector([[4, 1]]) }), 'unsupported'],
      ['memory with its own page size', assemble({ memories: vector([[8, 1, 0]]) }), 'unsupported'],
      [
        'two memories',
        assemble({
          memories: vector([
            [0, 1],
            [0, 1],
          ]),
        }),
        'unsupported',
      ],
      ['64-bit table', assemble({ tables: vector([[0x70, 4, 1]]) }), 'unsupported'],
      ['a table of another type', assemble({ tables: vector([[0x6e, 0, 1]]) }), 'unsupported'],
      ['a struct type', assemble({ types: vector([[0x5f, 0]]) }), 'unsupported'],
      ['a recursive type group', assemble({ types: vector([[0x4e, 0]]) }), 'unsupported'],
      ['a GC reference as a parameter', assemble({ types: vector([[0x60, 1, 0x6e, 0]]) }), 'unsupported'],
      ['a tag section', bytes(HEADER, section(13, vector([[0, 0]]))), 'unsupported'],
      ['a section of the future', bytes(HEADER, section(14, [0])), 'unsupported'],
      ['a shared global', assemble({ globals: vector([[0x7f, 2, ...i32(0), END]]) }), 'unsupported'],
      ['an exported tag', assemble({ exports: vector([[...name('t'), 4, 0]]) }), 'unsupported'],
      ['a start function', assemble({ start: [0] }), 'start-function'],
    ]
    for (const [what, module, reason] of cases) it(`rejects ${what}`, () => void rejects(module, reason))
  })

  describe('instructions', () => {
    const of = (...code: number[]) => guest({ start: code })
    const rejected: readonly (readonly [string, Uint8Array])[] = [
      ['try and catch_all', of(0x06, 0x40, 0x19, END)],
      ['throw', of(0x08, 0)],
      ['try_table', of(0x1f, 0x40, 0, END)],
      ['an atomic load', of(...i32(0), 0xfe, 0x10, 2, 0, 0x1a)],
      ['a GC instruction', of(0xfb, 0, 0)],
      ['call_ref', of(0x14, 0)],
      ['relaxed SIMD', of(0xfd, 0x80, 0x02)],
      ['a vector opcode that means nothing', of(0xfd, 0x9a, 0x01)],
      ['a load from another memory', of(...i32(0), 0x28, 0x42, 1, 0, 0x1a)],
      ['memory.grow of another memory', of(...i32(0), 0x40, 1, 0x1a)],
      ['memory.copy into another memory', of(...i32(0), ...i32(0), ...i32(0), 0xfc, 10, 1, 0)],
      ['a block of a GC type', of(0x02, 0x6e, END)],
      ['ref.null of a GC type', of(0xd0, 0x6e, 0x1a)],
      ['an opcode of the future', of(0xe0)],
    ]
    for (const [what, module] of rejected) it(`rejects ${what}`, () => void rejects(module, 'unsupported'))

    it('says at which byte', () => {
      const module = of(0x01, 0x01, 0xe0)
      assert.equal(rejects(module, 'unsupported').offset, module.length - 2)
    })

    const vectorConstant = [0xfd, 12, ...Array.from({ length: 16 }, () => 0)]
    const accepted: readonly (readonly [string, Uint8Array])[] = [
      ['nested blocks with a type index', of(0x02, 0x40, 0x03, 0, END, END)],
      ['br_table', of(0x02, 0x40, ...i32(0), 0x0e, 2, 0, 0, 0, END)],
      [
        'constants',
        of(...i32(-1), 0x1a, 0x42, 0x7f, 0x1a, 0x43, 0, 0, 0, 0, 0x1a, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a),
      ],
      ['saturating truncation', of(0x43, 0, 0, 0, 0, 0xfc, 0, 0x1a)],
      [
        'memory.fill and copy',
        of(...i32(0), ...i32(0), ...i32(0), 0xfc, 11, 0, ...i32(0), ...i32(0), ...i32(0), 0xfc, 10, 0, 0),
      ],
      ['vectors', of(...vectorConstant, ...vectorConstant, 0xfd, 0xe4, 0x01, 0xfd, 21, 3, 0x1a)],
      [
        'vector loads and lanes',
        of(...i32(0), 0xfd, 0, 4, 0, 0x1a, ...i32(0), ...vectorConstant, 0xfd, 84, 0, 0, 1, 0x1a),
      ],
      ['typed select', of(...i32(1), ...i32(2), ...i32(0), 0x1c, 1, 0x7f, 0x1a)],
      ['references', of(0xd0, 0x70, 0xd1, 0x1a)],
      ['a tail call', of(0x12, 0)],
      ['sign extension', of(...i32(1), 0xc0, 0x1a)],
    ]
    for (const [what, module] of accepted) {
      it(`accepts ${what}, as the engine does`, () => {
        assert.equal(WebAssembly.validate(new Uint8Array(prepareModule(module, options))), true)
      })
    }

    it('rejects code after the last end, and code without one', () => {
      rejects(of(END), 'malformed')
      rejects(assemble({ code: vector([[2, 0, 0x01]]) }), 'malformed')
    })
  })

  describe('memory and entry', () => {
    it('rejects a module without memory, or with one not exported as "memory" exactly once', () => {
      const start = [...name('_start'), 0, 0]
      rejects(assemble({ memories: vector([]), exports: vector([start]) }), 'memory')
      rejects(assemble({ exports: vector([start]) }), 'memory')
      rejects(assemble({ exports: vector([start, [...name('mem'), 2, 0]]) }), 'memory')
      rejects(
        assemble({ exports: vector([start, [...name('memory'), 2, 0], [...name('m2'), 2, 0]]) }),
        'memory',
      )
    })
    it('rejects a missing entry, an entry of another kind and one that takes or returns values', () => {
      rejects(assemble({}), 'entry', { entry: 'main' })
      rejects(assemble({}), 'entry', { entry: 'memory' })
      rejects(assemble({}), 'entry', { entry: '__proto__' })
      rejects(assemble({ types: vector([functionType('i>')]) }), 'entry')
      rejects(assemble({ types: vector([functionType('>i')]) }), 'entry')
    })
    it('accepts an entry of any name', () => {
      prepareModule(guest({ start: [], entry: 'größe' }), { ...options, entry: 'größe' })
    })
  })

  describe('malformed bytes', () => {
    const malformed: readonly (readonly [string, Uint8Array])[] = [
      ['nothing', new Uint8Array()],
      ['text', new TextEncoder().encode('console.log("not wasm")')],
      ['version 2', bytes([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0])],
      ['a component', bytes([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])],
      ['a section longer than the file', bytes(HEADER, [1, 0x7f, 0])],
      ['sections out of order', bytes(HEADER, section(3, [0]), section(1, [0]))],
      ['a repeated section', bytes(HEADER, section(1, [0]), section(1, [0]))],
      ['bytes after a section', bytes(HEADER, section(1, [0, 0]))],
      ['an integer of six bytes', bytes(HEADER, [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0])],
      // Cut to 32 bits it would be the size 1 of an empty section.
      ['an integer of 33 bits', bytes(HEADER, [1, 0x81, 0x80, 0x80, 0x80, 0x10, 0])],
      ['a vector longer than its section', bytes(HEADER, section(1, unsigned(1000)))],
      ['a type index out of range', assemble({ functions: vector([[7]]) })],
      ['a function without a body', assemble({ code: vector([]) })],
      ['a body without a function', bytes(HEADER, section(10, vector([[2, 0, END]])))],
      ['a name that is not UTF-8', assemble({ exports: vector([[2, 0xc0, 0x80, 2, 0]]) })],
      [
        'two exports of one name',
        assemble({
          exports: vector([
            [...name('a'), 0, 0],
            [...name('a'), 0, 0],
          ]),
        }),
      ],
      ['an export of nothing', assemble({ exports: vector([[...name('a'), 0, 9]]) })],
      ['a maximum below the minimum', assemble({ memories: vector([[1, 5, 4]]) })],
      ['a data segment beyond its section', assemble({ data: vector([[0, ...i32(0), END, 100, 1]]) })],
    ]
    for (const [what, module] of malformed) it(`rejects ${what}`, () => void rejects(module, 'malformed'))

    it('says where', () => {
      assert.equal(rejects(bytes(HEADER, section(1, [0]), section(13, [0])), 'unsupported').offset, 11)
    })
  })

  describe('bounds', () => {
    it('rejects a body above 1 MiB', () => {
      const size = 1024 * 1024 + 1
      const content = [...unsigned(1), ...unsigned(size)]
      rejects(assemble({ code: [...content, ...Array.from({ length: 10 }, () => 0)] }), 'too-large')
    })
    it('rejects more than 49,900 locals, however they are grouped', () => {
      const body = (groups: readonly Code[]) =>
        vector([[...unsigned(vector(groups).length + 1), ...vector(groups), END]])
      prepareModule(assemble({ code: body([[...unsigned(49_900), 0x7f]]) }), options)
      rejects(
        assemble({
          code: body([
            [...unsigned(49_900), 0x7f],
            [1, 0x7f],
          ]),
        }),
        'too-large',
      )
      rejects(assemble({ code: body([[0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f]]) }), 'too-large')
    })
    it('rejects 300 imports before looking at one', () => {
      rejects(assemble({ imports: [...unsigned(300), ...Array.from({ length: 300 }, () => 0)] }), 'too-large')
    })
  })

  it(`knows type ${TYPE_NONE} of assembled guests as () -> ()`, () => {
    assert.deepEqual(parseModule(guest({ start: [] })).types[TYPE_NONE], { parameters: [], results: [] })
  })
})
