import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import {
  type Sandbox,
  SandboxFailure,
  type SandboxFailureReason,
  type SandboxJob,
} from '../../../src/ports/sandbox.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../../src/protocol/errors.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import {
  bytes,
  type Code,
  call,
  DROP,
  END,
  functionType,
  guest,
  HEADER,
  i32,
  load,
  localGet,
  localSet,
  name,
  section,
  store,
  TYPE_NONE,
  TYPE_TO_I32,
  UNREACHABLE,
  vector,
} from '../../fixtures/wasm/assemble.ts'

const MEBIBYTE = 1024 * 1024
const encoder = new TextEncoder()
const text = (content: Uint8Array) => new TextDecoder().decode(content)

function jobOf(module: Uint8Array, overrides: Partial<SandboxJob> = {}): SandboxJob {
  const moduleHash: Hash = `0x${createHash('sha256').update(module).digest('hex')}`
  return {
    moduleHash,
    module,
    runtime: 'unmetered',
    fuelLimit: 0n,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 1_700_000_000_000_000_000n,
    memoryBytesMax: 16 * MEBIBYTE,
    outputBytesMax: 1024,
    wallClockMsMax: 10_000,
    ...overrides,
  }
}

/** Code that writes `length` bytes at `at` to a descriptor; function 0 is `fd_write`. */
const write = (fd: number, at: number, length: number): Code => [
  ...store(0, i32(at)),
  ...store(4, i32(length)),
  ...i32(fd),
  ...i32(0),
  ...i32(1),
  ...i32(8),
  ...call(0),
  DROP,
]
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0c, 0x00, END]
const ENDLESS = guest({ start: loop([]) })
const HELLO = guest({
  imports: ['fd_write'],
  data: [{ at: 100, bytes: 'hello, world' }],
  start: write(1, 100, 12),
})
/** Copies 32 random bytes and the time to standard output. */
const WORLD = guest({
  imports: ['fd_write', 'random_get', 'clock_time_get'],
  start: [
    ...[...i32(100), ...i32(32), ...call(1), DROP],
    ...[...i32(0), 0x42, 0, ...i32(132), ...call(2), DROP],
    ...write(1, 100, 40),
  ],
})
const exits = (code: number) => guest({ imports: ['proc_exit'], start: [...i32(code), ...call(0)] })

function fails(reason: SandboxFailureReason): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SandboxFailure, String(error))
    assert.equal(error.code, 'SANDBOX_FAILURE')
    assert.equal(error.reason, reason, error.message)
    return true
  }
}

/** Process ids of this process's children that are executors. */
function executors(): number[] {
  const { stdout } = spawnSync('pgrep', ['-f', '-P', String(process.pid), 'sandbox/executor'], {
    encoding: 'utf8',
  })
  return stdout.split('\n').filter(Boolean).map(Number)
}

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'still not so after 10 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('the sandbox', () => {
  const sandbox = createSandbox({ workers: 2 })
  after(() => sandbox.close())
  const exitOf = async (module: Uint8Array, overrides: Partial<SandboxJob> = {}) =>
    (await sandbox.run(jobOf(module, overrides))).exit

  it('runs a module and gives its standard output [ENV-3]', async () => {
    const result = await sandbox.run(jobOf(HELLO))
    assert.deepEqual(
      { ...result, output: text(result.output), stderr: text(result.stderr) },
      {
        exit: 0,
        fuelUsed: 0n,
        output: 'hello, world',
        stderr: '',
      },
    )
  })

  it('gives the same seed and time the same bytes, in any worker [ENV-1] [ENV-2]', async () => {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
    const run = async (overrides: Partial<SandboxJob>) =>
      Buffer.from((await sandbox.run(jobOf(WORLD, { seed, ...overrides }))).output).toString('hex')
    const same = await Promise.all(Array.from({ length: 6 }, () => run({})))
    assert.equal(new Set(same).size, 1)
    assert.notEqual(await run({ seed: new Uint8Array(32) }), same[0])
    assert.notEqual(await run({ clockNs: 5n }), same[0])
  })

  it('gives the guest its input', async () => {
    const echo = guest({
      imports: ['fd_write', 'fd_read'],
      start: [
        ...store(16, i32(100)),
        ...store(20, i32(500)),
        ...[...i32(0), ...i32(16), ...i32(1), ...i32(24), ...call(1), DROP],
        ...store(0, i32(100)),
        ...store(4, load(24)),
        ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
      ],
    })
    const input = encoder.encode('what the request says')
    assert.equal(text((await sandbox.run(jobOf(echo, { input }))).output), 'what the request says')
  })

  it('keeps nothing from one run to the next', async () => {
    const counts = guest({
      imports: ['fd_write'],
      data: [{ at: 100, bytes: '0' }],
      start: [...i32(100), ...load(100), ...i32(1), 0x6a, 0x3a, 0, 0, ...write(1, 100, 1)],
    })
    for (let i = 0; i < 4; i++) assert.equal(text((await sandbox.run(jobOf(counts))).output), '1')
  })

  describe('exits [EXIT-1]', () => {
    it("gives the guest's own exit code, with what it wrote", async () => {
      assert.equal(await exitOf(exits(0)), 0)
      assert.equal(await exitOf(exits(1)), 1)
      assert.equal(await exitOf(exits(255)), 255)
      const writesThenLeaves = guest({
        imports: ['fd_write', 'proc_exit'],
        data: [{ at: 100, bytes: 'no' }],
        start: [...write(1, 100, 2), ...write(2, 100, 2), ...i32(7), ...call(1)],
      })
      const result = await sandbox.run(jobOf(writesThenLeaves))
      assert.deepEqual([result.exit, text(result.output), text(result.stderr)], [7, 'no', 'no'])
    })
    it('gives 0x120 for an exit code above 255', async () => {
      assert.equal(await exitOf(exits(256)), EXIT.exitCodeTooLarge)
      assert.equal(await exitOf(exits(-1)), EXIT.exitCodeTooLarge)
    })

    const callIndirect = (element: number, type: number): Code => [...i32(element), 0x11, type, 0]
    const table = { size: 2, elements: [0] }
    const float = [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
    const traps: readonly (readonly [string, number, Uint8Array])[] = [
      ['unreachable', EXIT.unreachable, guest({ start: [UNREACHABLE] })],
      ['a load outside memory', EXIT.memoryOutOfBounds, guest({ start: [...load(65_536), DROP] })],
      ['a store outside memory', EXIT.memoryOutOfBounds, guest({ start: store(-4, i32(1)) })],
      [
        'memory.fill outside memory',
        EXIT.memoryOutOfBounds,
        guest({ start: [...i32(65_530), ...i32(0), ...i32(10), 0xfc, 11, 0] }),
      ],
      [
        'a data segment outside memory',
        EXIT.memoryOutOfBounds,
        guest({ start: [], data: [{ at: 65_530, bytes: 'too long' }] }),
      ],
      [
        'an element outside the table',
        EXIT.tableOutOfBounds,
        guest({ table, start: callIndirect(5, TYPE_NONE) }),
      ],
      [
        'table.get outside the table',
        EXIT.tableOutOfBounds,
        guest({ table, start: [...i32(9), 0x25, 0, DROP] }),
      ],
      [
        'an element segment outside the table',
        EXIT.tableOutOfBounds,
        guest({ table: { size: 1, elements: [0, 0] }, start: [] }),
      ],
      [
        'an indirect call of another signature',
        EXIT.signatureMismatch,
        guest({ table, start: [...callIndirect(0, TYPE_TO_I32), DROP] }),
      ],
      [
        'an indirect call to null',
        EXIT.signatureMismatch,
        guest({ table, start: callIndirect(1, TYPE_NONE) }),
      ],
      [
        'integer overflow',
        EXIT.integerOverflow,
        guest({ start: [...i32(-2147483648), ...i32(-1), 0x6d, DROP] }),
      ],
      ['division by zero', EXIT.divideByZero, guest({ start: [...i32(1), ...i32(0), 0x6d, DROP] })],
      ['remainder by zero', EXIT.divideByZero, guest({ start: [...i32(1), ...i32(0), 0x6f, DROP] })],
      ['a float that is no integer', EXIT.invalidConversion, guest({ start: [...float, 0xaa, DROP] })],
    ]
    for (const [what, exit, module] of traps) {
      it(`gives 0x${exit.toString(16)} for ${what}`, async () => assert.equal(await exitOf(module), exit))
    }

    it('gives no output with a trap: part of an answer is none', async () => {
      const module = guest({
        imports: ['fd_write'],
        data: [{ at: 100, bytes: 'half' }],
        start: [...write(1, 100, 4), ...write(2, 100, 4), UNREACHABLE],
      })
      const result = await sandbox.run(jobOf(module))
      assert.deepEqual(
        [result.exit, text(result.output), text(result.stderr)],
        [EXIT.unreachable, '', 'half'],
      )
    })

    it('gives 0x112 for output beyond outputBytesMax, and accepts output of exactly that', async () => {
      assert.equal(await exitOf(HELLO, { outputBytesMax: 12 }), 0)
      assert.equal(await exitOf(HELLO, { outputBytesMax: 11 }), EXIT.outputTooLarge)
      const flood = guest({ imports: ['fd_write'], start: loop(write(1, 100, 60_000)) })
      const result = await sandbox.run(jobOf(flood, { outputBytesMax: 32_768 }))
      assert.deepEqual([result.exit, result.output.length], [EXIT.outputTooLarge, 0])
    })

    it('gives 0x130 for a module outside the profile', async () => {
      const garbage: readonly Uint8Array[] = [
        encoder.encode('#!/bin/sh\nrm -rf /\n'),
        new Uint8Array(),
        HELLO.subarray(0, HELLO.length - 1),
        // Well-formed for us, ill-typed for the engine.
        guest({ start: [...i32(1)] }),
        // A guest that could catch the host's end of its run: try … catch_all.
        guest({ start: [0x06, 0x40, UNREACHABLE, 0x19, END] }),
      ]
      for (const module of garbage) assert.equal(await exitOf(module), EXIT.moduleRejected)
      assert.equal(await exitOf(HELLO, { entry: 'main' }), EXIT.moduleRejected)
      assert.equal(await exitOf(guest({ start: [], memory: { minimum: 257 } })), EXIT.moduleRejected)
      const tooMuch = guest({ start: [], memory: { minimum: 65_536 } })
      assert.equal(await exitOf(tooMuch), EXIT.moduleRejected)
    })
  })

  it('clamps memory: growing beyond memoryBytesMax fails in the guest', async () => {
    // Grows page by page until refused, then exits with the number of pages.
    const bomb = guest({
      imports: ['proc_exit'],
      start: [...loop([...i32(1), 0x40, 0, ...i32(-1), 0x47, 0x0d, 0, 0x3f, 0, ...call(0)])],
    })
    assert.equal(await exitOf(bomb, { memoryBytesMax: 3 * MEBIBYTE }), 48)
    assert.equal(await exitOf(bomb, { memoryBytesMax: 2 * MEBIBYTE + 65_535 }), 32)
  })

  it('answers a sleep of a year at once', async () => {
    const sleeper = guest({
      imports: ['poll_oneoff'],
      start: [
        ...[...i32(1024 + 24), 0x42, ...[0x80, 0x80, 0xa0, 0xf6, 0xf4, 0xac, 0xdb, 0xe0, 0x01], 0x37, 3, 0],
        ...[...i32(1024), ...i32(2048), ...i32(1), ...i32(8), ...call(0), DROP],
      ],
    })
    assert.equal(await exitOf(sleeper), 0)
  })

  it('survives a guest that hands it pointers outside its memory', async () => {
    const hostile = guest({
      imports: ['fd_write', 'proc_exit'],
      start: [
        ...store(0, i32(-8)),
        ...store(4, i32(-1)),
        ...i32(1),
        ...i32(0),
        ...i32(1),
        ...i32(8),
        ...call(0),
        ...call(1),
      ],
    })
    assert.equal(await exitOf(hostile), 21)
  })

  describe('host failures [EXIT-2]', () => {
    it('kills an endless loop at the wall clock', async () => {
      await assert.rejects(sandbox.run(jobOf(ENDLESS, { wallClockMsMax: 200 })), fails('wall-clock'))
      assert.equal(await exitOf(HELLO), 0)
    })

    it("reports the engine's own stack limit", async () => {
      await assert.rejects(sandbox.run(jobOf(guest({ start: call(0) }))), fails('engine-stack'))
      assert.equal(await exitOf(HELLO), 0)
    })

    it('is not exhausted by 200 runs of 16 MiB each', async () => {
      const large = guest({ start: store(16 * MEBIBYTE - 4, i32(1)), memory: { minimum: 256 } })
      for (let i = 0; i < 20; i++) {
        const exits = await Promise.all(Array.from({ length: 10 }, () => exitOf(large)))
        assert.deepEqual(new Set(exits), new Set([0]))
      }
    })
  })

  describe('a worker', () => {
    const sandbox = createSandbox({ workers: 1 })
    let others: ReadonlySet<number>
    before(() => {
      others = new Set(executors())
    })
    after(() => sandbox.close())
    /** The threads of this sandbox's executor. */
    const threads = () => {
      const [pid] = executors().filter((found) => !others.has(found))
      return new Set(readdirSync(`/proc/${pid}/task`))
    }
    const using = (mebibytes: number) =>
      jobOf(guest({ start: [], memory: { minimum: 16 * mebibytes } }), { memoryBytesMax: 64 * MEBIBYTE })

    it('is kept for the next job, unless its guest used more than 16 MiB', async () => {
      await sandbox.run(using(1))
      await sandbox.run(using(16))
      const kept = threads()
      await sandbox.run(using(16))
      await sandbox.run(using(17))
      // It ends beside the next job, which has a worker of its own.
      const goneFrom = (known: Set<string>) => [...known].filter((id) => !threads().has(id)).length
      await eventually(() => goneFrom(kept) === 1)
      await sandbox.run(using(1))
      const next = threads()
      for (let run = 0; run < 5; run++) await sandbox.run(using(16))
      assert.equal(goneFrom(next), 0)
    })
  })

  describe('jobs it does not take', () => {
    const refused = async (job: SandboxJob): Promise<DikastError> => {
      const error = await sandbox.run(job).catch((reason: unknown) => reason)
      assert.ok(error instanceof DikastError, String(error))
      return error
    }
    it('refuses a module of 100 MB before doing anything with it', async () => {
      const module = new Uint8Array(100_000_000)
      // Before the event loop comes round once: nothing was read, written or sent.
      const turn = new Promise((resolve) => setImmediate(resolve, 'a turn of the event loop'))
      const first = await Promise.race([refused({ ...jobOf(HELLO), module }), turn])
      assert.ok(first instanceof LimitExceededError, String(first))
    })
    it('refuses another runtime profile', async () => {
      assert.ok((await refused(jobOf(HELLO, { runtime: 'metered-1' }))) instanceof InvalidInputError)
    })
    it('refuses a module that is not the one named', async () => {
      const error = await refused({ ...jobOf(HELLO), moduleHash: `0x${'12'.repeat(32)}` })
      assert.ok(error instanceof InvalidInputError)
      assert.equal(error.field, 'job.module')
    })
    it('refuses a seed, a clock and bounds outside their range', async () => {
      assert.ok((await refused(jobOf(HELLO, { seed: new Uint8Array(31) }))) instanceof InvalidInputError)
      assert.ok((await refused(jobOf(HELLO, { clockNs: -1n }))) instanceof InvalidInputError)
      assert.ok((await refused(jobOf(HELLO, { wallClockMsMax: 1.5 }))) instanceof InvalidInputError)
      assert.ok((await refused(jobOf(HELLO, { memoryBytesMax: 2 ** 40 }))) instanceof LimitExceededError)
      assert.ok((await refused(jobOf(HELLO, { outputBytesMax: 2 ** 30 }))) instanceof LimitExceededError)
      assert.ok(
        (await refused(jobOf(HELLO, { input: new Uint8Array(40_000) }))) instanceof LimitExceededError,
      )
    })
  })
})

describe('an executor process', () => {
  const open: Sandbox[] = []
  const sandboxOf = (options: Parameters<typeof createSandbox>[0]) => {
    const sandbox = createSandbox(options)
    open.push(sandbox)
    return sandbox
  }
  after(() => Promise.all(open.map((sandbox) => sandbox.close())))
  const kill = (pid: number | undefined) => {
    assert.ok(pid !== undefined)
    process.kill(pid, 'SIGKILL')
  }
  const started = async () => {
    await eventually(() => executors().length > 0)
    // Long enough for the job to have reached its worker.
    await new Promise((resolve) => setTimeout(resolve, 800))
  }

  it('is started by the first job and ends after the last', async () => {
    const sandbox = sandboxOf({ idleMs: 2_000 })
    assert.equal(executors().length, 0)
    await sandbox.run(jobOf(HELLO))
    assert.equal(executors().length, 1)
    await eventually(() => executors().length === 0)
    assert.equal((await sandbox.run(jobOf(HELLO))).exit, 0)
    await sandbox.close()
    assert.equal(executors().length, 0)
  })

  it('takes only the job it was running along when it dies', async () => {
    const sandbox = sandboxOf({ workers: 1 })
    const victim = sandbox.run(jobOf(ENDLESS))
    const waiting = sandbox.run(jobOf(HELLO))
    const rejected = assert.rejects(victim, fails('executor-crashed'))
    await started()
    const [first] = executors()
    kill(first)
    // It was given with another: which of the two ran is not known, and it runs again, alone.
    await eventually(() => executors().some((pid) => pid !== first))
    await started()
    kill(executors()[0])
    await rejected
    assert.equal((await waiting).exit, 0)
    await sandbox.close()
  })

  it('runs jobs that were side by side once more, each alone', async () => {
    const sandbox = sandboxOf({ workers: 2 })
    const guilty = sandbox.run(jobOf(ENDLESS, { wallClockMsMax: 1_500 }))
    const rejected = assert.rejects(guilty, fails('wall-clock'))
    const innocent = sandbox.run(jobOf(ENDLESS, { wallClockMsMax: 1_600 }))
    const alsoRejected = assert.rejects(innocent, fails('wall-clock'))
    await started()
    kill(executors()[0])
    await rejected
    await alsoRejected
    await sandbox.close()
  })

  it('bounds the jobs that wait', async () => {
    const sandbox = sandboxOf({ workers: 1, queuedMax: 2 })
    const running = sandbox.run(jobOf(ENDLESS, { wallClockMsMax: 500 }))
    const rejected = assert.rejects(running, fails('wall-clock'))
    const waiting = [sandbox.run(jobOf(HELLO)), sandbox.run(jobOf(HELLO))]
    await assert.rejects(sandbox.run(jobOf(HELLO)), fails('overloaded'))
    await rejected
    for (const result of await Promise.all(waiting)) assert.equal(result.exit, 0)
    await sandbox.close()
  })

  it('fails what waits and runs when the sandbox is closed', async () => {
    const sandbox = sandboxOf({ workers: 1 })
    const rejected = [ENDLESS, HELLO].map((module) =>
      assert.rejects(sandbox.run(jobOf(module)), fails('closed')),
    )
    await sandbox.close()
    await Promise.all(rejected)
    await assert.rejects(sandbox.run(jobOf(HELLO)), fails('closed'))
    assert.equal(executors().length, 0)
  })

  it('gets nothing of the daemon environment', { skip: process.platform !== 'linux' }, async () => {
    process.env.DIKAST_TEST_SECRET = 'secret'
    const sandbox = sandboxOf({ workers: 1 })
    await sandbox.run(jobOf(HELLO))
    const environment = readFileSync(`/proc/${executors()[0]}/environ`, 'utf8')
    delete process.env.DIKAST_TEST_SECRET
    assert.ok(!environment.includes('secret'))
    await sandbox.close()
  })
})

it('assembles a minimal module by hand, so that the fixtures themselves are checked', () => {
  const module = bytes(HEADER, section(1, vector([functionType('iI>i')])))
  assert.equal(WebAssembly.validate(new Uint8Array(module)), true)
  assert.deepEqual(name('ab'), [2, 97, 98])
  assert.deepEqual([...localGet(1), ...localSet(300)], [0x20, 1, 0x21, 0xac, 2])
})
