/** What is particular to `wasmer-1`: the library is sealed, bounded, and its panics are results. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MemFS, WASI } from '@wasmer/wasi'
import { build } from 'esbuild'
import { createSandbox } from '../../../../src/adapters/sandbox/sandbox.ts'
import { HOST_CALL_FUEL } from '../../../../src/adapters/sandbox/wasi/meter.ts'
import { loadLibrary, restartLibrary } from '../../../../src/adapters/sandbox/wasmer/library.ts'
import { createWasmerProvider } from '../../../../src/adapters/sandbox/wasmer/provider.ts'
import { EXIT } from '../../../../src/core/wasm/exit.ts'
import { METERED, WASMER } from '../../../../src/ports/sandbox.ts'
import {
  bytes,
  type Code,
  call,
  DROP,
  functionType,
  guest,
  HEADER,
  i32,
  i64,
  load,
  name,
  section,
  store,
  vector,
} from '../../../fixtures/wasm/assemble.ts'
import { ALL_RIGHTS, Host, RESULT, ROOT_FD, SCRATCH } from '../host.ts'
import { CREATE, WasiGuest } from './conformance/wasi-guest.ts'
import { COPY, jobOf, TEXTS } from './guests.ts'

const MEBIBYTE = 1024 * 1024
const library = await loadLibrary()
const provider = createWasmerProvider(library)
const open = (options: ConstructorParameters<typeof WasiGuest>[0] = {}) => new WasiGuest(options, provider)
const ALL = { flags: CREATE, rights: ALL_RIGHTS }

describe('the library of a run [WASI-10]', () => {
  it('knows nothing of an earlier run', () => {
    const first = open()
    first.writes(first.opened('left', ALL), 'secret')
    const inode = first.statOf('left').inode
    const second = open()
    assert.notEqual(second.openAt('left', { rights: ALL_RIGHTS }), 0)
    second.opened('left', ALL)
    assert.deepEqual([second.statOf('left').size, second.statOf('left').inode], [0n, inode])
  })

  it('has the clock it is given and no random bytes', () => {
    restartLibrary(library, () => 1_234)
    const compiled = new WebAssembly.Module(
      Uint8Array.from(guest({ imports: ['clock_time_get', 'random_get'], start: [] })),
    )
    const wasi = new WASI({ args: [], env: {}, preopens: {}, fs: new MemFS() })
    const imports = wasi.getImports(compiled) as Record<
      string,
      Record<string, (...values: unknown[]) => number>
    >
    const instance = new WebAssembly.Instance(compiled, imports)
    wasi.instantiate(instance, {})
    const { clock_time_get: time, random_get: random } = imports.wasi_snapshot_preview1 ?? {}
    assert.equal(time?.(0, 1n, RESULT), 0)
    const { buffer } = instance.exports.memory as WebAssembly.Memory
    assert.equal(new DataView(buffer).getBigUint64(RESULT, true), 1_234_000_000n)
    assert.throws(() => random?.(RESULT, 8), /random bytes/)
  })
})

describe('a worker’s program', () => {
  it('has the library in a file of its own, which only a job of wasmer-1 loads', async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../../../../src/adapters/sandbox/worker.ts', import.meta.url))],
      bundle: true,
      splitting: true,
      write: false,
      outdir: 'out',
      format: 'esm',
      platform: 'node',
      metafile: true,
      logLevel: 'silent',
    })
    const loaded = new Set(['out/worker.js'])
    for (const file of loaded)
      for (const { path, kind } of metafile.outputs[file]?.imports ?? [])
        if (kind === 'import-statement') loaded.add(path)
    const holding = Object.entries(metafile.outputs).filter(([, { inputs }]) =>
      Object.keys(inputs).some((input) => input.includes('@wasmer/wasi')),
    )
    assert.ok(holding.length > 0)
    for (const [file] of holding) assert.ok(!loaded.has(file), file)
  })
})

describe('what the library may keep [WASI-9]', () => {
  it('is bounded in bytes over all files, and truncation gives nothing back', () => {
    const host = open()
    for (let i = 0; i < 4; i++)
      assert.equal(host.call('fd_filestat_set_size', host.opened(`f${i}`, ALL), 16n * BigInt(MEBIBYTE)), 0)
    assert.equal(host.write(host.opened('f4', ALL), 'x'), 'end 0x113')
    const hole = open()
    assert.equal(hole.call('fd_allocate', hole.opened('a', ALL), 0n, 1n << 40n), 'end 0x113')
  })

  it('is bounded in names and descriptors', () => {
    const host = open()
    let answer: number | string = 0
    let made = 0
    for (; answer === 0; made++) answer = host.on('path_create_directory', `d${made}`)
    assert.equal(answer, 'end 0x113')
    assert.equal(made, 16_384)
    const descriptors = open()
    answer = 0
    for (let i = 0; i < 1100 && answer === 0; i++) answer = descriptors.openAt('file', ALL)
    assert.equal(answer, 'end 0x113')
  })

  it('is charged for what a read asks for, and a listing for every name there is', () => {
    const host = open()
    const fuel = new WebAssembly.Global({ value: 'i64', mutable: true }, 1_000_000_000n)
    host.world.meter.bind(fuel)
    const costOf = (work: () => unknown) => {
      const before = fuel.value
      work()
      return Number(before - fuel.value) - HOST_CALL_FUEL
    }
    const fd = host.opened('file', ALL)
    assert.equal(
      costOf(() => host.read(fd, 50_000)),
      8 + 50_000,
    )
    for (let i = 0; i < 9; i++) host.on('path_create_directory', `d${i}`)
    // The directory `/` itself is a name, too.
    assert.equal(
      costOf(() => host.call('fd_readdir', ROOT_FD, SCRATCH, 100, 0n, RESULT)),
      100 + 11 * 50,
    )
  })

  it('is never asked for with pointers outside the memory', () => {
    for (const pointer of [0xffff_ffff, 262_144, 262_141]) {
      const host = open()
      const fd = host.opened('file', ALL)
      host.view.setUint32(SCRATCH, pointer, true)
      host.view.setUint32(SCRATCH + 4, 100, true)
      for (const name of ['fd_read', 'fd_write'] as const) {
        assert.equal(host.call(name, fd, SCRATCH, 1, RESULT), 21, name)
        assert.equal(host.call(name, fd, pointer, 1, RESULT), 21, name)
        assert.equal(host.call(name, fd, SCRATCH, 0, pointer), 21, name)
      }
      assert.equal(host.call('fd_readdir', ROOT_FD, pointer, 100, 0n, RESULT), 21)
      assert.equal(host.call('fd_filestat_get', fd, pointer), 21)
      assert.equal(host.call('path_filestat_get', ROOT_FD, 0, pointer, 100, RESULT), 21)
      assert.equal(host.call('path_open', ROOT_FD, 0, SCRATCH, 1, 0, 0n, 0n, 0, pointer), 21)
    }
  })
})

describe('standard streams, wherever the guest moves them [WASI-8]', () => {
  it('are bounded under another number as well', () => {
    const host = open({ outputBytesMax: 5 })
    const fd = host.opened('file', ALL)
    assert.equal(host.call('fd_renumber', 1, fd), 0)
    host.writes(fd, '12345')
    assert.equal(new TextDecoder().decode(host.world.output.bytes()), '12345')
    assert.equal(host.write(fd, '6'), 'end 0x112')
  })

  it('are gone when they were closed', () => {
    const host = open()
    host.closes(1)
    assert.equal(host.write(1, 'x'), 8)
  })
})

/** Imports `sched_yield` of each. */
const BOTH = bytes(
  HEADER,
  section(1, vector(['>i', '>'].map(functionType))),
  section(
    2,
    vector(
      ['wasi_snapshot_preview1', 'wasi_unstable'].map((dialect) => [
        ...name(dialect),
        ...name('sched_yield'),
        0,
        0,
      ]),
    ),
  ),
  section(3, vector([[1]])),
  section(5, vector([[0, 1]])),
  section(
    7,
    vector([
      [...name('memory'), 2, 0],
      [...name('_start'), 0, 2],
    ]),
  ),
  section(10, vector([[8, 0, ...call(0), DROP, ...call(1), DROP, 0x0b]])),
)

describe('wasmer-1 in the sandbox', () => {
  const sandbox = createSandbox({ workers: 1 })
  after(() => sandbox.close())
  const host = (index: number, ...values: readonly Code[]): Code => [...values.flat(), ...call(index), DROP]
  const panics = guest({
    imports: ['path_symlink', 'path_open'],
    data: [{ at: 100, bytes: 'nowhere' }],
    start: [
      ...host(0, i32(100), i32(7), i32(3), i32(104), i32(3)),
      ...host(1, i32(3), i32(0), i32(104), i32(3), i32(0), i64(0n), i64(0n), i32(0), i32(40)),
    ],
  })

  it('ends a call at which the library panics as a trap, and runs the next job as ever [WASI-11]', async () => {
    for (let i = 0; i < 2; i++) {
      const result = await sandbox.run(jobOf(panics, { runtime: WASMER }))
      assert.deepEqual(
        [result.exit, result.fuelUsed, result.output.length],
        [EXIT.otherTrap, 1_000_000_000n, 0],
      )
      assert.equal((await sandbox.run(jobOf(COPY, { runtime: WASMER }))).exit, EXIT.ok)
    }
  })

  it('charges what deterministic-1 charges for calls that are not its own [WASI-8]', async () => {
    const job = { args: ['a', 'b'], env: [['C', 'd']] as const }
    const [ours, theirs] = [
      await sandbox.run(jobOf(TEXTS, { ...job, runtime: METERED })),
      await sandbox.run(jobOf(TEXTS, { ...job, runtime: WASMER })),
    ]
    assert.deepEqual([theirs.fuelUsed, theirs.output], [ours.fuelUsed, ours.output])
  })

  it('runs a module that imports nothing', async () => {
    const { exit } = await sandbox.run(jobOf(guest({ start: [] }), { runtime: WASMER }))
    assert.equal(exit, EXIT.ok)
  })

  it('ends a module that imports both dialects as a trap [WASI-11]', async () => {
    const { exit } = await sandbox.run(jobOf(BOTH, { runtime: WASMER }))
    assert.equal(exit, EXIT.otherTrap)
    assert.equal((await sandbox.run(jobOf(BOTH, { runtime: METERED }))).exit, EXIT.ok)
  })

  for (const runtime of [METERED, WASMER])
    it(`runs a module of the older dialect under ${runtime} [WASI-7]`, async () => {
      const module = guest({
        dialect: 'wasi_unstable',
        imports: ['path_open', 'fd_write', 'fd_seek', 'fd_read'],
        data: [
          { at: 100, bytes: 'f' },
          { at: 110, bytes: 'older' },
        ],
        start: [
          ...host(
            0,
            i32(3),
            i32(0),
            i32(100),
            i32(1),
            i32(CREATE),
            i64(ALL_RIGHTS),
            i64(0n),
            i32(0),
            i32(40),
          ),
          ...store(0, i32(110)),
          ...store(4, i32(5)),
          ...host(1, load(40), i32(0), i32(1), i32(8)),
          // From the start on: 2 in this dialect.
          ...host(2, load(40), i64(1n), i32(2), i32(48)),
          ...store(0, i32(200)),
          ...host(3, load(40), i32(0), i32(1), i32(8)),
          ...store(4, load(8)),
          ...host(1, i32(1), i32(0), i32(1), i32(12)),
        ],
      })
      const { exit, output } = await sandbox.run(jobOf(module, { runtime }))
      assert.deepEqual([exit, new TextDecoder().decode(output)], [EXIT.ok, 'lder'])
    })
})

describe('the older dialect [WASI-7]', () => {
  it('has subscriptions of 56 bytes, with an identifier before the clock’s', () => {
    const host = new Host({}, 'wasi_unstable')
    const YEAR_NS = 365n * 86_400n * 1_000_000_000n
    host.put(SCRATCH, new Uint8Array(112))
    for (const [i, timeout] of [YEAR_NS, 1_000n].entries()) {
      const at = SCRATCH + 56 * i
      host.view.setBigUint64(at, BigInt(i + 7), true)
      host.view.setUint32(at + 24, 1, true)
      host.view.setBigUint64(at + 32, timeout, true)
    }
    assert.equal(host.call('poll_oneoff', SCRATCH, SCRATCH + 512, 2, RESULT), 0)
    assert.deepEqual([host.u32(RESULT), host.u64(SCRATCH + 512)], [1, 8n])
    // Up to the end of memory: 2 × 56 bytes fit, 3 × 56 do not.
    assert.equal(host.call('poll_oneoff', 262_144 - 113, SCRATCH, 2, RESULT), 0)
    assert.equal(host.call('poll_oneoff', 262_144 - 113, SCRATCH, 3, RESULT), 21)
  })
})
