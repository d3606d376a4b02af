/** Guests and modules made to do harm, through the whole sandbox: how each ends, and that the next job does not notice. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { HOST_CALL_FUEL } from '../../../src/adapters/sandbox/wasi/meter.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import { METERED, type SandboxJob } from '../../../src/ports/sandbox.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import { FUZZ } from '../../fixtures/fuzz.ts'
import {
  type Code,
  call,
  DROP,
  guest,
  i32,
  i64,
  load,
  localGet,
  localSet,
  name,
  store,
  UNREACHABLE,
  unsigned,
} from '../../fixtures/wasm/assemble.ts'
import {
  block,
  br,
  brIf,
  bulk,
  callIndirect,
  type FunctionSource,
  I32_ADD,
  I32_SUB,
  ifElse,
  localTee,
  loop,
  MEMORY_GROW,
  type ModuleSource,
  moduleOf,
} from '../../fixtures/wasm/module.ts'

const LIMIT = 5_000_000n
/** Modules one after another: more than the cache keeps. */
const MODULES = 200 * FUZZ
const MODULE_BYTES = 400_000
const ERRNO_FAULT = 21
const YEAR_NS = 31_536_000_000_000_000n

function jobOf(module: Uint8Array, overrides: Partial<SandboxJob> = {}): SandboxJob {
  const moduleHash: Hash = `0x${createHash('sha256').update(module).digest('hex')}`
  return {
    moduleHash,
    module,
    runtime: METERED,
    fuelLimit: LIMIT,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 4 * 1024 * 1024,
    outputBytesMax: 1024,
    wallClockMsMax: 120_000,
    ...overrides,
  }
}

const times = (count: number, code: Code): Code => Array.from({ length: count }, () => code).flat()
const endless = (code: Code): Code => loop([...code, ...br(0)])
/** Function 0 is the call; its answer is the exit code, function 1 being `proc_exit`. */
const answerOf = (code: Code): Code => [...code, ...call(0), ...call(1)]
const start = (source: Omit<FunctionSource, 'export' | 'signature'>): FunctionSource => ({
  signature: '>',
  export: '_start',
  ...source,
})
const module = (code: Code, more: Partial<ModuleSource> = {}): Uint8Array =>
  moduleOf({ functions: [start({ code })], ...more })
/** Writes `length` bytes from 100 to a descriptor again and again. */
const flood = (descriptor: number, length: number): Uint8Array =>
  guest({
    imports: ['fd_write'],
    start: [
      ...store(0, i32(100)),
      ...store(4, i32(length)),
      ...endless([...i32(descriptor), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP]),
    ],
  })
/** A buffer of so many bytes at 100 is handed to a call on a descriptor; it exits with the errno. */
const buffer = (what: 'fd_write' | 'fd_read', descriptor: number, length: number): Uint8Array =>
  guest({
    imports: [what, 'proc_exit'],
    start: [
      ...store(0, i32(100)),
      ...store(4, i32(length)),
      ...answerOf([...i32(descriptor), ...i32(0), ...i32(1), ...i32(8)]),
    ],
  })
const HELLO = guest({
  imports: ['fd_write'],
  data: [{ at: 100, bytes: 'hello' }],
  start: [
    ...store(0, i32(100)),
    ...store(4, i32(5)),
    ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
  ],
})

/** Process ids of this process's children that are executors. */
function executors(): string {
  return spawnSync('pgrep', ['-f', '-P', String(process.pid), 'sandbox/executor'], { encoding: 'utf8' })
    .stdout
}

describe('a hostile guest', () => {
  const sandbox = createSandbox({ workers: 2 })
  after(() => sandbox.close())
  const run = (bytes: Uint8Array, overrides: Partial<SandboxJob> = {}) => sandbox.run(jobOf(bytes, overrides))
  const exitOf = async (bytes: Uint8Array, overrides: Partial<SandboxJob> = {}) =>
    (await run(bytes, overrides)).exit

  /** How each ends; and in the same executor a job beside them and one after them give what they always give. */
  async function ends(
    all: Readonly<
      Record<string, readonly [module: Uint8Array, exit: number, overrides?: Partial<SandboxJob>]>
    >,
  ): Promise<void> {
    assert.equal(await exitOf(HELLO), EXIT.ok)
    const before = executors()
    const beside = Array.from({ length: 5 }, () => run(HELLO))
    for (const [what, [bytes, exit, overrides]] of Object.entries(all)) {
      const result = await run(bytes, overrides)
      assert.equal(result.exit, exit, `${what}: 0x${result.exit.toString(16)}`)
      const limit = overrides?.fuelLimit ?? LIMIT
      if (exit >= 0x100) assert.deepEqual([result.fuelUsed, result.output.length], [limit, 0], what)
      else assert.ok(result.fuelUsed <= limit, what)
    }
    for (const { output } of [...(await Promise.all(beside)), await run(HELLO)])
      assert.equal(new TextDecoder().decode(output), 'hello')
    assert.equal(executors(), before)
  }

  it('that goes on for ever runs out of fuel or of stack', async () => {
    const down = (how: Code): Code => [...localGet(0), ...i32(1), I32_ADD, ...how]
    const two = (first: Code, second: Code): readonly FunctionSource[] => [
      start({ code: [...i32(0), ...call(1)] }),
      { signature: 'i>', code: first },
      { signature: 'i>', code: second },
    ]
    const table = { types: ['i>'], tables: [{ size: 1, elements: [1] }] }
    await ends({
      'a loop': [module(endless([])), EXIT.outOfFuel],
      'a loop in the start function': [
        moduleOf({ functions: [{ signature: '>', code: endless([]) }], startFunction: 0 }),
        EXIT.outOfFuel,
      ],
      recursion: [module(call(0)), EXIT.stackExhausted],
      'mutual recursion': [moduleOf({ functions: two(down(call(2)), down(call(1))) }), EXIT.stackExhausted],
      'recursion through a table': [
        moduleOf({ functions: two(down([...i32(0), ...callIndirect(0)]), []), ...table }),
        EXIT.stackExhausted,
      ],
      'recursion in frames of 800 kB': [
        moduleOf({ functions: [start({ code: call(0), locals: [[49_000, 'v']] })] }),
        EXIT.stackExhausted,
      ],
      'tail calls': [module([0x12, 0]), EXIT.outOfFuel],
      'recursion that calls much on its way': [
        moduleOf({
          functions: [
            start({ code: [...times(5_000, call(1)), ...call(0)] }),
            { signature: '>', code: times(30, [...i32(0), DROP]) },
          ],
        }),
        EXIT.outOfFuel,
      ],
    })
  })

  it('that takes all it can is given no more than it may have', async () => {
    const growing = (grow: Code): Code => loop([...i32(1), ...grow, ...i32(-1), 0x47, ...brIf(0)])
    await ends({
      'memory, page by page': [module(growing(MEMORY_GROW)), EXIT.ok],
      'memory, all at once': [
        module([...i32(65_535), ...MEMORY_GROW, ...i32(-1), 0x47, ...ifElse([UNREACHABLE])]),
        EXIT.ok,
      ],
      'memory by nothing, for ever': [module(endless([...i32(0), ...MEMORY_GROW, DROP])), EXIT.outOfFuel],
      'a table, as far as it goes': [
        module([0xd0, 0x70, ...i32(1_000_000), ...bulk(15, 0), ...i32(-1), 0x46, ...ifElse([UNREACHABLE])], {
          tables: [{ size: 0 }],
        }),
        EXIT.ok,
        { fuelLimit: 90_000_000n },
      ],
      'a table, page by page': [
        module(endless([0xd0, 0x70, ...i32(1000), ...bulk(15, 0), DROP]), { tables: [{ size: 0 }] }),
        EXIT.outOfFuel,
      ],
      'random bytes over all its memory': [
        guest({
          imports: ['random_get'],
          memory: { minimum: 64 },
          start: endless([...i32(0), ...i32(64 * 65_536), ...call(0), DROP]),
        }),
        EXIT.outOfFuel,
      ],
    })
  })

  it('that floods what it may write to is cut off, or pays', async () => {
    await ends({
      'standard output': [flood(1, 1000), EXIT.outputTooLarge],
      'standard error': [flood(2, 1000), EXIT.outOfFuel],
      '2 GB to standard output': [buffer('fd_write', 1, 0x7fff_ffff), ERRNO_FAULT],
      '2 GB from standard input': [buffer('fd_read', 0, 0x7fff_ffff), ERRNO_FAULT],
      '4 GB less one byte': [buffer('fd_write', 2, -1), ERRNO_FAULT],
    })
    const { stderr } = await run(flood(2, 1000))
    assert.equal(stderr.length, 65_536)
  })

  it('that hands over one buffer 8,000 times is bounded or pays for each', async () => {
    const aliased = guest({
      imports: ['fd_write', 'proc_exit'],
      locals: [[1, 'i']],
      start: [
        // 8,000 buffers from 65,536 on, each the first 60,000 bytes.
        ...loop([
          ...[...localGet(0), ...i32(3), 0x74, ...i32(65_540), I32_ADD, ...i32(60_000), 0x36, 2, 0],
          ...[...localGet(0), ...i32(1), I32_ADD, ...localTee(0), ...i32(8_000), 0x49, ...brIf(0)],
        ]),
        ...answerOf([...i32(2), ...i32(65_536), ...i32(8_000), ...i32(0)]),
      ],
      memory: { minimum: 3 },
    })
    const { exit, fuelUsed } = await run(aliased)
    assert.ok(exit === EXIT.outOfFuel || (exit > 0 && exit < 256), `${exit}`)
    assert.ok(fuelUsed >= 64_000n, `${fuelUsed}`)
  })

  it('finds no way out of its root', async () => {
    for (const path of ['..', '../etc/passwd', '/../etc/passwd', '/etc/passwd', 'a/../../b', './../x']) {
      const opens = guest({
        imports: ['path_open', 'proc_exit'],
        data: [{ at: 100, bytes: path }],
        start: answerOf([
          ...[...i32(3), ...i32(1), ...i32(100), ...i32(path.length), ...i32(0)],
          ...[...i64(0n), ...i64(0n), ...i32(0), ...i32(0)],
        ]),
      })
      const exit = await exitOf(opens)
      assert.ok(exit > 0 && exit < 256, `${path}: ${exit}`)
    }
  })

  it('sleeps a year in no time, and pays for the call', async () => {
    const sleeps = guest({
      imports: ['poll_oneoff', 'proc_exit'],
      start: [
        // A subscription at 0: a clock, monotonic, a year.
        ...[...i32(24), ...i64(YEAR_NS), 0x37, 3, 0, ...i32(16), ...i32(1), 0x36, 2, 0],
        ...answerOf([...i32(0), ...i32(64), ...i32(1), ...i32(128)]),
      ],
    })
    const { exit, fuelUsed } = await run(sleeps)
    assert.equal(exit, 0)
    assert.ok(fuelUsed > BigInt(2 * HOST_CALL_FUEL))
  })

  it('has the exit code it gives, below 256, and no verdict of the sandbox', async () => {
    const exits = (code: number) => guest({ imports: ['proc_exit'], start: [...i32(code), ...call(0)] })
    for (const [code, exit] of [
      [255, 255],
      [256, EXIT.exitCodeTooLarge],
      [EXIT.outOfFuel, EXIT.exitCodeTooLarge],
      [EXIT.moduleRejected, EXIT.exitCodeTooLarge],
      [-1, EXIT.exitCodeTooLarge],
      [-256, EXIT.exitCodeTooLarge],
    ] as const)
      assert.equal(await exitOf(exits(code)), exit, `${code}`)
  })

  it('pays for what it ran, however it ends [FUEL-24]', async () => {
    const work = (turns: number): Code => [
      ...i32(turns),
      ...localSet(0),
      ...loop([...localGet(0), ...i32(1), I32_SUB, ...localTee(0), ...brIf(0)]),
    ]
    const trapping = guest({ locals: [[1, 'i']], start: [...work(1000), UNREACHABLE] })
    assert.deepEqual((await run(trapping)).fuelUsed, LIMIT)
    // Down 5,000 calls with 60 units of work in each, all held back, and an exit from there.
    const frames = 5_000
    const deep = guest({
      imports: ['proc_exit'],
      start: [
        ...times(29, [...i32(0), DROP, ...i32(0), DROP]),
        ...[...store(0, [...load(0), ...i32(1), I32_ADD]), ...load(0), ...i32(frames), 0x4f],
        ...ifElse([...i32(0), ...call(0)]),
        ...call(1),
      ],
    })
    const { exit, fuelUsed } = await run(deep)
    assert.equal(exit, 0)
    assert.ok(fuelUsed >= BigInt(frames * (58 + 9)), `${fuelUsed}`)
    // And cannot exit for less than it has.
    assert.equal(await exitOf(deep, { fuelLimit: fuelUsed }), 0)
    assert.equal(await exitOf(deep, { fuelLimit: fuelUsed - 1n }), EXIT.outOfFuel)
  })
})

describe('a hostile module', () => {
  const sandbox = createSandbox({ workers: 2 })
  after(() => sandbox.close())
  const run = (bytes: Uint8Array, overrides: Partial<SandboxJob> = {}) => sandbox.run(jobOf(bytes, overrides))
  const exitOf = async (bytes: Uint8Array) => (await run(bytes)).exit

  it('is rejected for what it exports and imports', async () => {
    const exporting = (text: string) => module([], { globals: [{ type: 'I', init: i64(0n), export: text }] })
    for (const text of ['$fuel', '$depth', '$start'])
      assert.equal(await exitOf(exporting(text)), EXIT.moduleRejected)
    const forged = module([], { exports: [[...name('mine'), 3, 0]] })
    assert.equal(await exitOf(forged), EXIT.moduleRejected)
    const bytes = guest({ imports: ['fd_write'], start: [] })
    // The import's type becomes `>`, which is type 0.
    const at = Buffer.from(bytes).indexOf('fd_write') + 'fd_write'.length
    assert.deepEqual([...bytes.subarray(at, at + 2)], [0, 3])
    const wrong = Uint8Array.from(bytes)
    wrong[at + 1] = 0
    assert.equal(await exitOf(wrong), EXIT.moduleRejected)
  })

  it('that keeps compilers busy is rejected or runs, and the executor goes on', async () => {
    assert.equal(await exitOf(HELLO), EXIT.ok)
    const before = executors()
    const targets = (count: number) => [
      ...localGet(0),
      0x0e,
      ...unsigned(count - 1),
      ...Array<number>(count).fill(0),
    ]
    const one = (code: Code, locals: FunctionSource['locals'] = [[1, 'i']]) =>
      moduleOf({ functions: [start({ code, locals })] })
    const bombs: Readonly<Record<string, readonly [Uint8Array, number]>> = {
      'a br_table of 60,000': [one(block(targets(60_000))), EXIT.ok],
      'eight of them': [one(times(8, block(targets(60_000)))), EXIT.moduleRejected],
      '80 functions of 49,000 locals': [
        moduleOf({
          functions: [
            ...Array.from({ length: 80 }, () => ({
              signature: '>',
              code: [],
              locals: [[49_000, 'v']] as const,
            })),
            start({ code: times(80, []) }),
          ],
        }),
        EXIT.ok,
      ],
      'locals by ways that meet': [
        one(times(50_000, [...localGet(0), ...ifElse([])]), [[2_000, 'i']]),
        EXIT.moduleRejected,
      ],
      '150,000 blocks in one another': [
        one([...times(150_000, [0x02, 0x40]), ...times(150_000, [0x0b])]),
        EXIT.ok,
      ],
      '100,000 loops in one another': [
        one([...times(100_000, [0x03, 0x40]), ...times(100_000, [0x0b])]),
        EXIT.moduleRejected,
      ],
      'a function of 1 MB': [one(times(250_000, [...localGet(0), ...localSet(0)])), EXIT.ok],
      'a valid function too large when it is metered': [
        one(times(200_000, [...i32(0), ...MEMORY_GROW, DROP])),
        EXIT.moduleRejected,
      ],
      'operands without end': [
        one([...times(70_000, i32(0)), ...times(70_000, [DROP])]),
        EXIT.moduleRejected,
      ],
    }
    for (const [what, [bytes, exit]] of Object.entries(bombs)) {
      const beside = run(HELLO)
      const result = await run(bytes)
      assert.equal(
        result.exit,
        exit,
        `${what}: 0x${result.exit.toString(16)} ${new TextDecoder().decode(result.stderr)}`,
      )
      assert.equal((await beside).exit, EXIT.ok, what)
    }
    assert.equal(executors(), before)
  })

  it('after another, by the hundred, fills neither cache nor memory', {
    skip: process.platform !== 'linux',
  }, async () => {
    const padded = Uint8Array.from(module([], { data: [new Uint8Array(MODULE_BYTES)] }))
    for (let i = 0; i < MODULES; i++) {
      // In the data, which stands last: each is another module.
      new DataView(padded.buffer).setUint32(padded.length - 4, i)
      assert.equal(await exitOf(padded.slice()), EXIT.ok)
    }
    const [pid = ''] = executors().split('\n')
    const [, kilobytes = ''] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/) ?? []
    assert.ok(Number(kilobytes) < 500_000, `${kilobytes} kB`)
  })
})
