/** Guests that want more of the host than they pay for. Each is judged by what it is charged or told, never by the clock. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createSandbox } from '../../../../src/adapters/sandbox/sandbox.ts'
import { ERRNO } from '../../../../src/adapters/sandbox/wasi/abi.ts'
import {
  DIRECTORY_ENTRY_FUEL,
  HOST_CALL_FUEL,
  PATH_PART_FUEL,
} from '../../../../src/adapters/sandbox/wasi/meter.ts'
import type { WasiFunction } from '../../../../src/core/wasm/wasi.ts'
import { RUNTIMES, UNMETERED } from '../../../../src/ports/sandbox.ts'
import { type Code, call, DROP, guest, i32, i64, load, store } from '../../../fixtures/wasm/assemble.ts'
import { ALL_RIGHTS, Host, RESULT, ROOT_FD, SCRATCH } from '../host.ts'
import { jobOf } from './guests.ts'

const MEBIBYTE = 1024 * 1024
const LIMIT = 1_000_000_000n

/** A host whose calls are charged. */
class MeteredHost extends Host {
  readonly fuel = new WebAssembly.Global({ value: 'i64', mutable: true }, LIMIT)

  constructor(...options: ConstructorParameters<typeof Host>) {
    super(...options)
    this.world.meter.bind(this.fuel)
  }

  /** What `work` costs beyond its calls. */
  costOf(calls: number, work: () => void): number {
    const before = this.fuel.value
    work()
    return Number(before - this.fuel.value) - calls * HOST_CALL_FUEL
  }
}

const pathOf = (host: Host, name: WasiFunction, path: string) => () => host.path(name, path)

describe('what calls cost beyond the call', () => {
  it('is the bytes that pass, and the array of buffers [FUEL-30] [FUEL-31]', () => {
    const host = new MeteredHost({ outputBytesMax: 1000 })
    assert.equal(
      host.costOf(1, () => host.call('sched_yield')),
      0,
    )
    assert.equal(
      host.costOf(1, () => host.write(1, 'twelve bytes')),
      8 + 12,
    )
    assert.equal(
      host.costOf(1, () => host.call('random_get', SCRATCH, 500)),
      500,
    )
  })

  it('is 100 for a part of a path, of links on the way as well [FUEL-32]', () => {
    const host = new MeteredHost()
    host.path('path_create_directory', 'd')
    assert.equal(host.costOf(1, pathOf(host, 'path_unlink_file', 'x')), 1 + PATH_PART_FUEL)
    assert.equal(host.costOf(1, pathOf(host, 'path_unlink_file', 'd/./../x')), 8 + 4 * PATH_PART_FUEL)
    host.paths('path_symlink', './././d', 'link')
    assert.equal(host.costOf(1, pathOf(host, 'path_unlink_file', 'link/x')), 6 + (1 + 4 + 1) * PATH_PART_FUEL)
  })

  it('is 50 for an entry a listing passes or gives [FUEL-33]', () => {
    const host = new MeteredHost()
    for (let i = 0; i < 100; i++) host.path('path_create_directory', `d${i}`)
    const list = (cookie: bigint, length: number) => () =>
      host.call('fd_readdir', ROOT_FD, SCRATCH, length, cookie, RESULT)
    assert.equal(host.costOf(1, list(0n, 10_000)), 10_000 + 100 * DIRECTORY_ENTRY_FUEL)
    assert.equal(host.costOf(1, list(52n, 30)), 30 + 52 * DIRECTORY_ENTRY_FUEL)
    assert.equal(host.costOf(1, list(1n << 62n, 30)), 30 + 100 * DIRECTORY_ENTRY_FUEL)
  })

  it('is 50 for a directory above the target of a renaming [FUEL-33]', () => {
    const host = new MeteredHost()
    for (const path of ['a', 'a/b', 'a/b/c', 'moved']) host.path('path_create_directory', path)
    const texts = 'moved'.length + 'a/b/c/moved'.length
    assert.equal(
      host.costOf(1, () => assert.equal(host.paths('path_rename', 'moved', 'a/b/c/moved'), 0)),
      texts + 5 * PATH_PART_FUEL + 4 * DIRECTORY_ENTRY_FUEL,
    )
  })

  it('is an eighth of the bytes a file’s growing and shrinking moves [FUEL-34]', () => {
    const host = new MeteredHost()
    const fd = host.create('a')
    const resize = (bytes: number) => () =>
      assert.equal(host.call('fd_filestat_set_size', fd, BigInt(bytes)), 0)
    assert.equal(host.costOf(1, resize(8 * MEBIBYTE)), MEBIBYTE)
    assert.equal(host.costOf(1, resize(5 * MEBIBYTE)), 0)
    assert.equal(host.costOf(1, resize(6 * MEBIBYTE)), MEBIBYTE / 8)
    assert.equal(host.costOf(1, resize(8 * MEBIBYTE + 1)), 2 * MEBIBYTE)
    assert.equal(host.costOf(1, resize(MEBIBYTE)), MEBIBYTE / 8)
  })

  it('is taken before the work: what costs too much does nothing', () => {
    const host = new MeteredHost()
    host.fuel.value = 5_000n
    const fd = host.create('a')
    assert.equal(host.call('fd_filestat_set_size', fd, 60n * BigInt(MEBIBYTE)), 'end 0x110')
    const inode = host.world.files.mounts.get('/')?.entries.get('a')
    assert.ok(inode?.type === 4 && inode.data.length === 0)
  })
})

describe('paths that want out', () => {
  it('stay in their directory by chains of links too, and end at forty of them', () => {
    const host = new Host()
    host.path('path_create_directory', 'd')
    assert.equal(host.paths('path_symlink', '..', 'd/up'), 0)
    assert.equal(host.open('d/up'), 4)
    assert.equal(host.open('d/up/../x'), `errno ${ERRNO.perm}`)
    assert.equal(host.paths('path_symlink', 'd/up/..', 'out'), 0)
    assert.equal(host.open('out/etc/passwd'), `errno ${ERRNO.perm}`)
    host.create('end')
    assert.equal(host.paths('path_symlink', 'end', 'l0'), 0)
    for (let i = 1; i <= 40; i++) assert.equal(host.paths('path_symlink', `l${i - 1}`, `l${i}`), 0)
    assert.equal(typeof host.open('l39'), 'number')
    assert.equal(host.open('l40'), `errno ${ERRNO.loop}`)
  })

  it('cost what their links make of them, so that forty times a long path is no gift', () => {
    const host = new MeteredHost()
    host.path('path_create_directory', 'd')
    const long = `${'d/../'.repeat(800)}`
    for (let i = 0; i < 40; i++) host.paths('path_symlink', long + (i === 0 ? 'd' : `l${i - 1}`), `l${i}`)
    const { at, length } = host.put(SCRATCH, 'l39')
    const cost = host.costOf(1, () => host.call('path_filestat_get', ROOT_FD, 1, at, length, RESULT))
    assert.ok(cost > 40 * 1_600 * PATH_PART_FUEL, `${cost}`)
  })
})

describe('calls with impossible sizes', () => {
  it('answer for a buffer of 2 GiB, 8,000 aliased buffers, and no such subscriptions', () => {
    const host = new MeteredHost()
    host.view.setUint32(SCRATCH, 0, true)
    host.view.setUint32(SCRATCH + 4, 2 ** 31, true)
    assert.equal(host.call('fd_read', 0, SCRATCH, 1, RESULT), ERRNO.fault)
    assert.equal(host.call('fd_write', 1, SCRATCH, 1, RESULT), ERRNO.fault)
    assert.equal(host.call('fd_write', 1, SCRATCH, 8_000, RESULT), ERRNO.inval)
    assert.equal(host.call('poll_oneoff', SCRATCH, SCRATCH, 8_000, RESULT), ERRNO.inval)
  })

  it('charge aliased buffers for every byte each time it is written', () => {
    const host = new MeteredHost()
    const fd = host.create('a')
    for (let i = 0; i < 1024; i++) {
      host.view.setUint32(SCRATCH + 8 * i, 0, true)
      host.view.setUint32(SCRATCH + 8 * i + 4, 50_000, true)
    }
    const cost = host.costOf(1, () => assert.equal(host.call('fd_write', fd, SCRATCH, 1024, RESULT), 0))
    assert.ok(cost >= 1024 * 50_008, `${cost}`)
  })

  it('never answer an errno for descriptors that ran out', () => {
    const host = new Host()
    host.create('a')
    const { at, length } = host.put(SCRATCH, 'a')
    let result: number | string = 0
    let opened = 0
    while (result === 0) {
      result = host.call('path_open', ROOT_FD, 0, at, length, 0, ALL_RIGHTS, 0n, 0, RESULT)
      opened++
    }
    assert.deepEqual([result, opened], ['end 0x113', 1024 - 4])
  })
})

/** `function(…arguments)`, its errno dropped. */
const host = (index: number, ...values: readonly Code[]): Code => [...values.flat(), ...call(index), DROP]
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0c, 0x00, 0x0b]

describe('hostile guests in the sandbox', () => {
  const sandbox = createSandbox({ workers: 1 })
  after(() => sandbox.close())
  const metered = RUNTIMES.filter((runtime) => runtime !== UNMETERED)
  const each = (name: string, module: Uint8Array, exit: number, overrides = {}) => {
    for (const runtime of metered)
      it(`${name}, under ${runtime}`, async () => {
        const result = await sandbox.run(jobOf(module, { runtime, ...overrides }))
        assert.equal(result.exit, exit)
      })
  }
  const NAME = { at: 100, bytes: 'a' }
  const open = (index: number, flags: number): Code =>
    host(index, i32(3), i32(0), i32(100), i32(1), i32(flags), i64(ALL_RIGHTS), i64(0n), i32(0), i32(40))
  const cost = (calls: number) => BigInt(calls * HOST_CALL_FUEL + 500_000)

  each(
    'a read of 2 GiB into a file’s buffer is refused',
    guest({
      imports: ['path_open', 'fd_read', 'proc_exit'],
      data: [NAME],
      start: [
        ...open(0, 1),
        ...store(0, i32(0)),
        ...store(4, i32(-2_147_483_648)),
        ...[...load(40), ...i32(0), ...i32(1), ...i32(8), ...call(1), ...call(2)],
      ],
    }),
    ERRNO.fault,
  )
  each(
    'random bytes over all memory cost what they are',
    guest({
      imports: ['random_get'],
      start: host(0, i32(0), i32(4 * MEBIBYTE)),
      memory: { minimum: 64 },
    }),
    0x110,
    { fuelLimit: 4_000_000n },
  )
  each(
    'a sleep of a year takes no time',
    guest({
      imports: ['poll_oneoff', 'proc_exit'],
      // A subscription to the monotonic clock: 16 is its id, 24 the nanoseconds.
      start: [
        ...store(116, i32(1)),
        ...[...i32(124), ...i64(365n * 86_400n * 1_000_000_000n), 0x37, 0x03, 0x00],
        ...[...i32(100), ...i32(200), ...i32(1), ...i32(8), ...call(0), ...call(1)],
      ],
    }),
    0,
  )
  for (const [code, exit] of [
    [0, 0],
    [255, 255],
    [256, 0x120],
    [0x110, 0x120],
    [-1, 0x120],
  ] as const)
    each(
      `exit code ${code} is ${exit < 0x100 ? 'its own' : 'refused as too large'}`,
      guest({ imports: ['proc_exit'], start: [...i32(code), ...call(0)] }),
      exit,
    )
  each(
    'a flood of output ends at its bound',
    guest({
      imports: ['fd_write'],
      start: [...store(0, i32(0)), ...store(4, i32(500)), ...loop(host(0, i32(1), i32(0), i32(1), i32(8)))],
    }),
    0x112,
    { fuelLimit: cost(5) },
  )
  each(
    'descriptors that are never closed end the run',
    guest({ imports: ['path_open'], data: [NAME], start: loop(open(0, 1)) }),
    0x113,
    { fuelLimit: cost(1_500) },
  )
  each(
    'files that grow without end end the run',
    guest({
      imports: ['path_open', 'fd_write'],
      data: [NAME],
      memory: { minimum: 64 },
      start: [
        ...open(0, 1),
        ...store(0, i32(0)),
        ...store(4, i32(4 * MEBIBYTE)),
        ...loop(host(1, load(40), i32(0), i32(1), i32(8))),
      ],
    }),
    0x113,
  )
  each(
    'a hole of a petabyte ends the run',
    guest({
      imports: ['path_open', 'fd_seek', 'fd_write'],
      data: [NAME],
      start: [
        ...open(0, 1),
        ...host(1, load(40), i64(1n << 50n), i32(0), i32(48)),
        ...store(0, i32(100)),
        ...store(4, i32(1)),
        ...host(2, load(40), i32(0), i32(1), i32(8)),
      ],
    }),
    0x113,
  )
})
