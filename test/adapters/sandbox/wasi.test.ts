import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ERRNO, FILE_TYPE, RunEnd } from '../../../src/adapters/sandbox/wasi/abi.ts'
import { SeededRandom } from '../../../src/adapters/sandbox/wasi/random.ts'
import { WASI_PARAMETERS, type WasiFunction } from '../../../src/core/wasm/wasi.ts'
import { ALL_RIGHTS, Host, RESULT, ROOT_FD, SCRATCH } from './host.ts'

const FUNCTIONS = Object.keys(WASI_PARAMETERS) as WasiFunction[]
const YEAR_NS = 365n * 86_400n * 1_000_000_000n
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe("the guest's random bytes [ENV-1] [ENV-4]", () => {
  it('are the ChaCha20 key stream of RFC 8439, appendix A.1, vectors 1 and 2', () => {
    const stream = new Uint8Array(128)
    new SeededRandom(new Uint8Array(32)).fill(stream)
    assert.equal(
      hex(stream),
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7' +
        'da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
        '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed' +
        '29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    )
  })

  it('are the same however they are read, and others under another seed', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
    const read = (...lengths: number[]) => {
      const host = new Host({ seed })
      return lengths.map((length) => {
        assert.equal(host.call('random_get', SCRATCH, length), 0)
        return hex(host.bytes(SCRATCH, length))
      })
    }
    assert.equal(read(1, 63, 2, 134).join(''), read(200).join(''))
    const other = new Host({ seed: new Uint8Array(32) })
    other.call('random_get', SCRATCH, 200)
    assert.notEqual(hex(other.bytes(SCRATCH, 200)), read(200)[0])
  })
})

describe('a failure of this host in a call [EXIT-2]', () => {
  it('is never an errno, which the guest would see and attest', (test) => {
    const host = new Host()
    const { at, length } = host.put(SCRATCH, Uint8Array.of(0xff))
    assert.equal(host.call('path_create_directory', ROOT_FD, at, length), ERRNO.ilseq)
    // What a decoder throws when the guest has left it no stack; where that is differs from run to run.
    const exhausted = new RangeError('Maximum call stack size exceeded')
    test.mock.method(TextDecoder.prototype, 'decode', () => {
      throw exhausted
    })
    assert.throws(() => host.call('path_create_directory', ROOT_FD, at, length), exhausted)
  })
})

describe("the guest's clock [ENV-2] [ENV-5]", () => {
  const clockNs = 1_700_000_000_000_000_000n
  const read = (host: Host, id: number) => {
    assert.equal(host.call('clock_time_get', id, 0n, RESULT), 0)
    return host.u64(RESULT)
  }

  it('moves only by being read, the same in every run', () => {
    const times = () => {
      const host = new Host({ clockNs })
      return [read(host, 0), read(host, 0), read(host, 1), read(host, 0)]
    }
    const [first = 0n, second = 0n] = times()
    assert.ok(first >= clockNs && first < clockNs + 1_000_000n)
    assert.equal(second - first, 1_000n)
    assert.deepEqual(times(), times())
  })

  it('knows two clocks', () => {
    assert.equal(new Host().call('clock_time_get', 2, 0n, RESULT), ERRNO.inval)
    assert.equal(new Host().call('clock_res_get', 9, RESULT), ERRNO.inval)
  })

  const subscribe = (
    host: Host,
    at: number,
    timeout: bigint,
    { clock = 1, absolute = 0, userdata = 7n } = {},
  ) => {
    host.put(at, new Uint8Array(48))
    host.view.setBigUint64(at, userdata, true)
    host.view.setUint32(at + 16, clock, true)
    host.view.setBigUint64(at + 24, timeout, true)
    host.view.setUint16(at + 40, absolute, true)
  }

  it('jumps over a sleep of a year', () => {
    const host = new Host({ clockNs })
    const before = read(host, 0)
    subscribe(host, SCRATCH, YEAR_NS)
    assert.equal(host.call('poll_oneoff', SCRATCH, SCRATCH + 512, 1, RESULT), 0)
    assert.equal(host.u32(RESULT), 1)
    assert.equal(host.u64(SCRATCH + 512), 7n)
    assert.equal(read(host, 0) - before, YEAR_NS + 1_000n)
  })

  it('wakes at the earliest of several deadlines, relative or absolute', () => {
    const host = new Host({ clockNs })
    subscribe(host, SCRATCH, 9_000_000n, { userdata: 1n })
    subscribe(host, SCRATCH + 48, clockNs + 5_000_000n, { clock: 0, absolute: 1, userdata: 2n })
    assert.equal(host.call('poll_oneoff', SCRATCH, SCRATCH + 512, 2, RESULT), 0)
    assert.equal(host.u64(SCRATCH + 512), 2n)
    assert.equal(read(host, 0), clockNs + 5_000_000n)
  })

  it('does not wait when a descriptor is ready, and says when one is not open', () => {
    const host = new Host({ input: new Uint8Array(5) })
    subscribe(host, SCRATCH, YEAR_NS)
    host.put(SCRATCH + 48, new Uint8Array(48))
    host.view.setUint8(SCRATCH + 48 + 8, 1)
    host.put(SCRATCH + 96, new Uint8Array(48))
    host.view.setUint8(SCRATCH + 96 + 8, 2)
    host.view.setUint32(SCRATCH + 96 + 16, 99, true)
    assert.equal(host.call('poll_oneoff', SCRATCH, SCRATCH + 512, 3, RESULT), 0)
    assert.equal(host.u32(RESULT), 2)
    assert.equal(host.u64(SCRATCH + 512 + 16), 5n)
    assert.equal(host.view.getUint16(SCRATCH + 512 + 32 + 8, true), ERRNO.badf)
  })

  it('bounds the subscriptions of one call', () => {
    assert.equal(new Host().call('poll_oneoff', SCRATCH, SCRATCH, 0, RESULT), ERRNO.inval)
    assert.equal(new Host().call('poll_oneoff', SCRATCH, SCRATCH, 65, RESULT), ERRNO.inval)
    assert.equal(new Host().call('poll_oneoff', SCRATCH, SCRATCH, 0xffffffff, RESULT), ERRNO.inval)
  })
})

describe('standard streams [ENV-3]', () => {
  it('gives the input once, then its end', () => {
    const host = new Host({ input: new TextEncoder().encode('hello') })
    assert.equal(host.read(0, 3), 'hel')
    assert.equal(host.read(0, 100), 'lo')
    assert.equal(host.read(0, 100), '')
  })

  it('takes output up to its bound and ends the run beyond it [EXIT-1]', () => {
    const host = new Host({ outputBytesMax: 5 })
    assert.equal(host.write(1, '12345'), 0)
    assert.equal(hex(host.world.output.bytes()), hex(new TextEncoder().encode('12345')))
    assert.equal(host.write(1, '6'), 'end 0x112')
    assert.equal(host.call('sched_yield'), 'end 0x112', 'a run that has ended stays ended')
  })

  it('drops standard error beyond 64 KiB', () => {
    const host = new Host()
    for (let i = 0; i < 20; i++) assert.equal(host.write(2, 'x'.repeat(5_000)), 0)
    assert.equal(host.world.error.bytes().length, 65_536)
  })

  it('refuses to read output and to write input', () => {
    assert.equal(new Host().write(0, 'x'), ERRNO.notcapable)
    assert.equal(new Host().read(1, 1), `errno ${ERRNO.notcapable}`)
  })

  it('ends the run with the exit code, or 0x120 above 255 [EXIT-1]', () => {
    assert.equal(new Host().call('proc_exit', 0), 'end 0x0')
    assert.equal(new Host().call('proc_exit', 255), 'end 0xff')
    assert.equal(new Host().call('proc_exit', 256), 'end 0x120')
    assert.equal(new Host().call('proc_exit', -1), 'end 0x120')
  })
})

describe('hostile pointers', () => {
  const POINTERS = [0xffff_ffff, 0xffff_fff8, 0x8000_0000, 262_144, 262_140, 262_143]

  it('implements every function a module may import', () => {
    for (const name of FUNCTIONS) {
      const host = new Host()
      const zeros = [...WASI_PARAMETERS[name]].map((type) => (type === 'I' ? 0n : 0))
      assert.match(String(host.call(name, ...zeros)), /^(\d+|end 0x0)$/, name)
    }
  })

  it('answers fault for buffers outside the memory', () => {
    for (const pointer of POINTERS) {
      const host = new Host({ input: new Uint8Array(64) })
      host.view.setUint32(SCRATCH, pointer, true)
      host.view.setUint32(SCRATCH + 4, 100, true)
      assert.equal(host.call('fd_write', 1, SCRATCH, 1, RESULT), ERRNO.fault)
      assert.equal(host.call('fd_read', 0, SCRATCH, 1, RESULT), ERRNO.fault)
      assert.equal(host.call('fd_write', 1, pointer, 1, RESULT), ERRNO.fault)
      assert.equal(host.call('random_get', pointer, 100), ERRNO.fault)
      assert.equal(host.call('clock_time_get', 0, 0n, pointer), ERRNO.fault)
      assert.equal(host.call('path_create_directory', ROOT_FD, pointer, 100), ERRNO.fault)
    }
  })

  it('gives the guest the one argument «function» and no environment [ENV-6]', () => {
    const host = new Host()
    assert.equal(host.call('args_sizes_get', RESULT, SCRATCH), 0)
    assert.deepEqual([host.u32(RESULT), host.u32(SCRATCH)], [1, 9])
    assert.equal(host.call('args_get', RESULT, SCRATCH), 0)
    assert.equal(Buffer.from(host.bytes(SCRATCH, 9)).toString(), 'function\0')
    assert.equal(host.call('environ_sizes_get', RESULT, SCRATCH), 0)
    assert.deepEqual([host.u32(RESULT), host.u32(SCRATCH)], [0, 0])
  })

  it('answers fault for argument lists outside the memory', () => {
    assert.equal(new Host().call('args_get', 262_144, SCRATCH), ERRNO.fault)
    assert.equal(new Host().call('args_get', SCRATCH, 262_143), ERRNO.fault)
    assert.equal(new Host().call('args_sizes_get', 262_141, SCRATCH), ERRNO.fault)
  })

  it('checks every buffer before using the first, and bounds their number', () => {
    const host = new Host({ outputBytesMax: 1000 })
    for (const [i, value] of [SCRATCH, 10, 0xffff_fff0, 100].entries())
      host.view.setUint32(4 * i, value, true)
    assert.equal(host.call('fd_write', 1, 0, 2, 100), ERRNO.fault)
    assert.equal(host.world.output.bytes().length, 0)
    assert.equal(host.call('fd_write', 1, 0, 1025, 100), ERRNO.inval)
    assert.equal(host.call('fd_write', 1, 0, 0xffff_ffff, 100), ERRNO.inval)
  })

  it('never fails but by errno or the end of the run, whatever a guest passes', () => {
    let state = 42
    const next = (bound: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * bound)
    }
    const small = () => next(8)
    const number = () =>
      [small(), next(300_000), POINTERS[next(POINTERS.length)] ?? 0, next(2 ** 32)][next(4)] ?? 0
    let host = new Host({ outputBytesMax: 10_000 })
    for (let i = 0; i < 60_000; i++) {
      const name = FUNCTIONS[next(FUNCTIONS.length)] ?? 'fd_write'
      if (name === 'proc_exit') continue
      const values = [...WASI_PARAMETERS[name]].map((type) =>
        type === 'I' ? BigInt.asIntN(64, BigInt(number()) << BigInt(next(40))) : number() | 0,
      )
      if (name === 'random_get') values[1] = next(1000)
      const result = host.call(name, ...values)
      if (typeof result === 'string') host = new Host({ outputBytesMax: 10_000 })
    }
  })
})

describe('files', () => {
  it('starts every run with an empty directory "/" as descriptor 3 [ENV-6]', () => {
    const host = new Host()
    assert.equal(host.call('fd_prestat_get', 3, SCRATCH), 0)
    assert.equal(host.u32(SCRATCH + 4), 1)
    assert.equal(host.call('fd_prestat_dir_name', 3, SCRATCH, 1), 0)
    assert.equal(hex(host.bytes(SCRATCH, 1)), '2f')
    assert.equal(host.call('fd_prestat_get', 4, SCRATCH), ERRNO.badf)
    assert.equal(host.open('anything'), `errno ${ERRNO.noent}`)
  })

  it('writes, seeks, reads back and truncates', () => {
    const host = new Host()
    const fd = host.create('a.txt')
    assert.equal(host.write(fd, 'hello world'), 0)
    assert.equal(host.call('fd_seek', fd, -5n, 2, RESULT), 0)
    assert.equal(host.u64(RESULT), 6n)
    assert.equal(host.read(fd, 100), 'world')
    assert.equal(host.call('fd_filestat_set_size', fd, 3n), 0)
    assert.equal(host.call('fd_filestat_set_size', fd, 8n), 0)
    assert.equal(host.call('fd_seek', fd, 0n, 0, RESULT), 0)
    assert.equal(host.read(fd, 100), 'hel\0\0\0\0\0')
    assert.equal(host.call('fd_seek', fd, -1n, 0, RESULT), ERRNO.inval)
    assert.equal(host.open('a.txt', { flags: 1 | 4 }), `errno ${ERRNO.exist}`)
  })

  it('never leaves its root', () => {
    const host = new Host()
    assert.equal(host.path('path_create_directory', 'd'), 0)
    for (const path of ['..', '../x', '/etc/passwd', 'd/../../x', './../d', '/', 'd/../..']) {
      assert.equal(host.open(path), `errno ${ERRNO.perm}`, path)
    }
    assert.equal(host.open('x\0y'), `errno ${ERRNO.inval}`)
    assert.equal(host.open(''), `errno ${ERRNO.noent}`)
    assert.equal(host.open('n'.repeat(256)), `errno ${ERRNO.nametoolong}`)
    assert.equal(host.open('d/'.repeat(2_100)), `errno ${ERRNO.nametoolong}`)
    assert.equal(typeof host.open('d/../d/.'), 'number')
  })

  it('follows links within its root only, and not in circles', () => {
    const host = new Host()
    host.create('target')
    assert.equal(host.paths('path_symlink', '/etc/passwd', 'absolute'), ERRNO.perm)
    assert.equal(host.paths('path_symlink', '../../etc/passwd', 'escape'), 0)
    assert.equal(host.open('escape'), `errno ${ERRNO.perm}`)
    assert.equal(host.paths('path_symlink', 'target', 'link'), 0)
    assert.equal(typeof host.open('link'), 'number')
    assert.equal(host.open('link', { follow: 0 }), `errno ${ERRNO.loop}`)
    assert.equal(host.paths('path_symlink', 'b', 'a'), 0)
    assert.equal(host.paths('path_symlink', 'a', 'b'), 0)
    assert.equal(host.open('a'), `errno ${ERRNO.loop}`)
  })

  it('renames, links and removes', () => {
    const host = new Host()
    host.write(host.create('a'), 'text')
    assert.equal(host.paths('path_rename', 'a', 'b'), 0)
    assert.equal(host.open('a'), `errno ${ERRNO.noent}`)
    assert.equal(host.paths('path_link', 'b', 'c'), 0)
    assert.equal(host.path('path_unlink_file', 'b'), 0)
    const fd = host.open('c')
    assert.equal(host.read(Number(fd), 10), 'text')
    assert.equal(host.path('path_create_directory', 'd'), 0)
    assert.equal(host.path('path_create_directory', 'd/e'), 0)
    assert.equal(host.paths('path_rename', 'd', 'd/e/f'), ERRNO.inval)
    assert.equal(host.path('path_remove_directory', 'd'), ERRNO.notempty)
    assert.equal(host.path('path_remove_directory', 'd/e'), 0)
    assert.equal(host.path('path_remove_directory', 'd'), 0)
    assert.equal(host.path('path_remove_directory', 'c'), ERRNO.notdir)
  })

  it('lists a directory in the order of creation, page by page', () => {
    const host = new Host()
    for (const name of ['zebra', 'apple', 'mango']) host.create(name)
    const names: string[] = []
    for (let cookie = 0n; ; ) {
      assert.equal(host.call('fd_readdir', ROOT_FD, SCRATCH, 40, cookie, RESULT), 0)
      const used = host.u32(RESULT)
      const length = used >= 24 ? host.u32(SCRATCH + 16) : 0
      if (used < 24 + length || used === 0) break
      names.push(new TextDecoder().decode(host.bytes(SCRATCH + 24, length)))
      cookie = host.u64(SCRATCH)
    }
    assert.deepEqual(names, ['.', '..', 'zebra', 'apple', 'mango'])
  })

  it('lends no right it does not have', () => {
    const host = new Host()
    const fd = host.create('a')
    assert.equal(host.call('fd_fdstat_set_rights', fd, 1n << 1n, 0n), 0)
    assert.equal(host.write(fd, 'x'), ERRNO.notcapable)
    assert.equal(host.call('fd_fdstat_set_rights', fd, ALL_RIGHTS, 0n), ERRNO.notcapable)
  })

  it('ends the run at the storage, descriptor and inode limits [EXIT-1]', () => {
    const full = new Host()
    const fd = full.create('big')
    assert.equal(full.call('fd_filestat_set_size', fd, 64n * 1024n * 1024n), 0)
    assert.equal(full.call('fd_seek', fd, 0n, 2, RESULT), 0)
    assert.equal(full.write(fd, 'x'), 'end 0x113')

    const sparse = new Host()
    const hole = sparse.create('hole')
    assert.equal(sparse.call('fd_seek', hole, 1n << 50n, 0, RESULT), 0)
    assert.equal(sparse.write(hole, 'x'), 'end 0x113')

    const many = new Host()
    many.create('a')
    let last: number | string = 0
    for (let i = 0; i < 1100 && typeof last === 'number'; i++) {
      const { at, length } = many.put(SCRATCH, 'a')
      last = many.call('path_open', ROOT_FD, 0, at, length, 0, 2n, 0n, 0, RESULT)
    }
    assert.equal(last, 'end 0x113')

    const inodes = new Host()
    let made: number | string = 0
    for (let i = 0; i < 17_000 && made === 0; i++) made = inodes.path('path_create_directory', `d${i}`)
    assert.equal(made, 'end 0x113')
  })

  it('gives storage back with the last name and descriptor', () => {
    const host = new Host()
    for (let i = 0; i < 5; i++) {
      const fd = host.create('big')
      assert.equal(host.call('fd_filestat_set_size', fd, 40n * 1024n * 1024n), 0)
      assert.equal(host.path('path_unlink_file', 'big'), 0)
      assert.equal(host.call('fd_close', fd), 0)
      assert.equal(host.call('fd_close', fd), ERRNO.badf)
    }
  })

  it('holds no more of the host’s memory for files than twice what the guest is charged for', () => {
    const host = new Host()
    let held = 0
    for (let i = 0; i < 5; i++) {
      const fd = host.create(`shrunk ${i}`)
      assert.equal(host.call('fd_filestat_set_size', fd, 40n * 1024n * 1024n), 0)
      assert.equal(host.call('fd_filestat_set_size', fd, 3n), 0)
      const inode = host.world.files.mounts.get('/')?.entries.get(`shrunk ${i}`)
      assert.ok(inode?.type === FILE_TYPE.regularFile)
      held += inode.data.length
    }
    assert.ok(held < 4096, `${held} bytes are held for 15 that are charged`)
  })

  it('keeps what is left of a file cut short, and zeros behind it', () => {
    const host = new Host()
    const fd = host.create('a')
    assert.equal(host.write(fd, 'x'.repeat(1000)), 0)
    assert.equal(host.call('fd_filestat_set_size', fd, 3n), 0)
    assert.equal(host.call('fd_filestat_set_size', fd, 1000n), 0)
    const inode = host.world.files.mounts.get('/')?.entries.get('a')
    assert.ok(inode?.type === FILE_TYPE.regularFile)
    const expected = new Uint8Array(1000)
    expected.fill(0x78, 0, 3)
    assert.deepEqual(inode.data.slice(0, inode.size), expected)
  })
})

describe('the older dialect', () => {
  it('counts whence differently', () => {
    const host = new Host({}, 'wasi_unstable')
    const fd = host.create('a')
    host.write(fd, '0123456789')
    assert.equal(host.call('fd_seek', fd, 0n, 1, RESULT), 0)
    assert.equal(host.u64(RESULT), 10n)
    assert.equal(host.call('fd_seek', fd, 4n, 2, RESULT), 0)
    assert.equal(host.u64(RESULT), 4n)
    assert.equal(host.call('fd_seek', fd, 1n, 0, RESULT), 0)
    assert.equal(host.u64(RESULT), 5n)
  })

  it('has a shorter filestat', () => {
    const at = (dialect: 'wasi_unstable' | 'wasi_snapshot_preview1', offset: number) => {
      const host = new Host({}, dialect)
      host.write(host.create('a'), '0123456789')
      assert.equal(host.call('fd_filestat_get', 4, SCRATCH), 0)
      return host.u64(SCRATCH + offset)
    }
    assert.equal(at('wasi_snapshot_preview1', 32), 10n)
    assert.equal(at('wasi_unstable', 24), 10n)
  })
})

it('a run that has ended throws the same end for every later call', () => {
  const host = new Host()
  assert.equal(host.call('proc_exit', 3), 'end 0x3')
  for (const name of FUNCTIONS) assert.equal(host.call(name), 'end 0x3')
  assert.ok(new RunEnd(3).message)
})
