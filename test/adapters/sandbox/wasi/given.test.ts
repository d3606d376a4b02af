/** What a job gives its guest besides the input, and what it gets back. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { checkGuestWorld } from '../../../../src/adapters/sandbox/guest-world.ts'
import { createSandbox } from '../../../../src/adapters/sandbox/sandbox.ts'
import { keptDirectories } from '../../../../src/adapters/sandbox/wasi/keep.ts'
import { KEPT_BYTES_MAX } from '../../../../src/adapters/sandbox/wasi/limits.ts'
import { type GuestDirectory, METERED, type SandboxJob, WASMER } from '../../../../src/ports/sandbox.ts'
import { InvalidInputError, LimitExceededError } from '../../../../src/protocol/errors.ts'
import { exitOfRun, Host, RESULT, SCRATCH } from '../host.ts'
import { COPY, jobOf, TEXTS } from './guests.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)
const readable = (directories: readonly GuestDirectory[] | undefined) =>
  directories?.map(({ guestPath, files }) => [
    guestPath,
    ...files.map(({ path, bytes: content }) => `${path}=${text(content)}`).sort(),
  ])

for (const runtime of [METERED, WASMER]) {
  describe(`a run under ${runtime} [WASI-1] [WASI-2] [WASI-3]`, () => {
    const sandbox = createSandbox({ workers: 1 })
    after(() => sandbox.close())
    const run = (module: Uint8Array, overrides: Partial<SandboxJob> = {}) =>
      sandbox.run(jobOf(module, { runtime, ...overrides }))

    it('is given arguments and environment, in their order', async () => {
      const { output } = await run(TEXTS, {
        args: ['tool', 'a b', 'é'],
        env: [
          ['Z', '1'],
          ['A', 'x=y'],
        ],
      })
      assert.equal(text(output), 'tool\0a b\0é\0Z=1\0A=x=y\0')
    })

    it('is given the one argument «function» when the job names none [ENV-6]', async () => {
      assert.equal(text((await run(TEXTS)).output), 'function\0')
    })

    it('finds its directories from descriptor 3 on and gives them back when asked', async () => {
      const directories = [{ guestPath: '/', files: [{ path: 'in/a.txt', bytes: bytes('hello') }] }]
      const kept = await run(COPY, { directories, keepsFiles: true })
      assert.deepEqual([kept.exit, text(kept.output)], [0, 'hello'])
      assert.deepEqual(readable(kept.directories), [['/', 'empty/=', 'in/a.txt=hello', 'out/b.txt=hello']])
      const plain = await run(COPY, { directories })
      assert.deepEqual([plain.exit, plain.directories], [0, undefined])
      assert.deepEqual([plain.fuelUsed, text(plain.output)], [kept.fuelUsed, 'hello'])
    })

    it('starts every run anew from what the job gives', async () => {
      const runs = await Promise.all([run(COPY, { keepsFiles: true }), run(COPY, { keepsFiles: true })])
      for (const { directories } of runs)
        assert.deepEqual(readable(directories), [['/', 'empty/=', 'out/b.txt=']])
    })

    it('gives nothing back from a run that reached a limit', async () => {
      const directories = [{ guestPath: '/', files: [{ path: 'in/a.txt', bytes: bytes('hello') }] }]
      const { exit, directories: kept } = await run(COPY, {
        directories,
        keepsFiles: true,
        outputBytesMax: 4,
      })
      assert.deepEqual([exit, kept], [0x112, undefined])
    })
  })
}

describe('what a job may give [WASI-1] [WASI-2]', () => {
  const rejects = (
    world: Parameters<typeof checkGuestWorld>[0],
    type: typeof InvalidInputError | typeof LimitExceededError,
  ) => assert.throws(() => checkGuestWorld(world), type)
  const files = (...paths: readonly string[]) => ({
    directories: [{ guestPath: '/', files: paths.map((path) => ({ path, bytes: new Uint8Array() })) }],
  })

  it('refuses text that cannot be told apart by every reader', () => {
    rejects({ args: ['a\0b'] }, InvalidInputError)
    rejects({ args: ['\ud800'] }, InvalidInputError)
    rejects({ env: [['', 'x']] }, InvalidInputError)
    rejects({ env: [['A=B', 'x']] }, InvalidInputError)
    rejects(
      {
        env: [
          ['A', '1'],
          ['A', '2'],
        ],
      },
      InvalidInputError,
    )
    checkGuestWorld({
      args: ['', 'é'],
      env: [
        ['A', ''],
        ['B', '='],
      ],
    })
  })

  it('refuses paths that leave their directory, stand twice or below a file', () => {
    for (const path of ['', '/', '/a', '..', 'a/../b', './a', 'a//b', 'a/./b', 'a\0', 'a//'])
      rejects(files(path), InvalidInputError)
    rejects(files('a', 'a'), InvalidInputError)
    rejects(files('a', 'a/b'), InvalidInputError)
    rejects(files('a/b', 'a'), InvalidInputError)
    rejects(files('a/', 'a'), InvalidInputError)
    rejects(files('x'.repeat(256)), InvalidInputError)
    rejects(files(`${'d/'.repeat(64)}x`), InvalidInputError)
    rejects({ directories: [{ guestPath: '', files: [] }] }, InvalidInputError)
    rejects(
      {
        directories: [
          { guestPath: 'a', files: [] },
          { guestPath: 'a', files: [] },
        ],
      },
      InvalidInputError,
    )
    rejects(
      { directories: [{ guestPath: '/', files: [{ path: 'a/', bytes: bytes('x') }] }] },
      InvalidInputError,
    )
    checkGuestWorld(files('a/b', 'a/c', 'd/'))
  })

  it('bounds numbers and bytes', () => {
    rejects({ args: Array(257).fill('') }, LimitExceededError)
    rejects({ env: Array.from({ length: 257 }, (_, i) => [`v${i}`, ''] as const) }, LimitExceededError)
    rejects({ args: ['x'.repeat(40_000)], env: [['A', 'x'.repeat(30_000)]] }, LimitExceededError)
    rejects(
      { directories: Array.from({ length: 17 }, (_, i) => ({ guestPath: `/${i}`, files: [] })) },
      LimitExceededError,
    )
    rejects(files(...Array.from({ length: 4097 }, (_, i) => `f${i}`)), LimitExceededError)
    rejects(
      { directories: [{ guestPath: '/', files: [{ path: 'a', bytes: new Uint8Array(16 * 1024 * 1024) }] }] },
      LimitExceededError,
    )
  })

  it('ends a run whose files need more inodes than there are, as a result', async () => {
    const sandbox = createSandbox({ workers: 1 })
    try {
      const many = files(...Array.from({ length: 400 }, (_, i) => `${i}/${'d/'.repeat(62)}`))
      const { exit } = await sandbox.run(jobOf(TEXTS, many))
      assert.equal(exit, 0x113)
    } finally {
      await sandbox.close()
    }
  })
})

describe('directories as the guest left them [WASI-3]', () => {
  const linked = (links: number) => {
    const host = new Host()
    const fd = host.create('a')
    assert.equal(host.call('fd_filestat_set_size', fd, BigInt(KEPT_BYTES_MAX / 4)), 0)
    for (let i = 0; i < links; i++) assert.equal(host.paths('path_link', 'a', `link ${i}`), 0)
    return host
  }

  it('count a file once for each of its names', () => {
    assert.equal(keptDirectories(linked(2).world.files)[0]?.files.length, 3)
    assert.equal(
      exitOfRun(() => keptDirectories(linked(3).world.files)),
      'end 0x113',
    )
  })

  it('leave links out, and show a directory only when it is empty', () => {
    const host = new Host({
      directories: [
        { guestPath: '/', files: [] },
        { guestPath: 'data', files: [] },
      ],
    })
    host.path('path_create_directory', 'd')
    host.path('path_create_directory', 'd/e')
    host.paths('path_symlink', 'd', 'link')
    host.write(host.create('d/file'), 'x')
    assert.deepEqual(readable(keptDirectories(host.world.files)), [['/', 'd/e/=', 'd/file=x'], ['data']])
  })
})

describe('several directories [WASI-2]', () => {
  const directories = [
    { guestPath: '/', files: [{ path: 'a', bytes: bytes('one') }] },
    { guestPath: 'data', files: [{ path: 'a', bytes: bytes('two') }] },
  ]

  it('stand at descriptors 3 and 4 under their names, and no path leads from one to another', () => {
    const host = new Host({ directories })
    const nameOf = (fd: number) => {
      assert.equal(host.call('fd_prestat_get', fd, RESULT), 0)
      const length = host.u32(RESULT + 4)
      assert.equal(host.call('fd_prestat_dir_name', fd, SCRATCH, length), 0)
      return text(host.bytes(SCRATCH, length))
    }
    assert.deepEqual([nameOf(3), nameOf(4)], ['/', 'data'])
    assert.equal(host.read(Number(host.open('a', { fd: 4 })), 10), 'two')
    assert.equal(host.read(Number(host.open('a', { fd: 3 })), 10), 'one')
    assert.equal(host.open('data/a', { fd: 3 }), 'errno 44')
    assert.equal(host.open('../a', { fd: 4 }), 'errno 63')
  })
})

describe('a listing [WASI-4]', () => {
  it('goes on where it was, whatever is removed and made in between', () => {
    const host = new Host()
    for (let i = 0; i < 20; i++) host.create(`file ${i}`)
    const seen: string[] = []
    for (let cookie = 0n; ; ) {
      assert.equal(host.call('fd_readdir', 3, SCRATCH, 200, cookie, RESULT), 0)
      const page: string[] = []
      const used = host.u32(RESULT)
      for (let at = SCRATCH; at + 24 <= SCRATCH + used; ) {
        const length = host.u32(at + 16)
        if (at + 24 + length > SCRATCH + used) break
        page.push(text(host.bytes(at + 24, length)))
        cookie = host.u64(at)
        at += 24 + length
      }
      seen.push(...page)
      if (used < 200) break
      for (const name of page)
        if (name.startsWith('file')) assert.equal(host.path('path_unlink_file', name), 0)
    }
    assert.deepEqual(seen, ['.', '..', ...Array.from({ length: 20 }, (_, i) => `file ${i}`)])
  })

  it('holds what is there, what was made again in its new place', () => {
    const host = new Host()
    const names = () => {
      assert.equal(host.call('fd_readdir', 3, SCRATCH, 500, 0n, RESULT), 0)
      const end = SCRATCH + host.u32(RESULT)
      const found: string[] = []
      for (let at = SCRATCH; at < end; at += 24 + host.u32(at + 16))
        found.push(text(host.bytes(at + 24, host.u32(at + 16))))
      return found
    }
    for (const name of ['a', 'b', 'c']) host.create(name)
    assert.equal(host.path('path_unlink_file', 'a'), 0)
    assert.deepEqual(names(), ['.', '..', 'b', 'c'])
    assert.equal(host.paths('path_rename', 'b', 'a'), 0)
    assert.deepEqual(names(), ['.', '..', 'c', 'a'])
  })

  it('ends at once for a cookie no entry has', () => {
    const host = new Host()
    host.create('a')
    for (const cookie of [4n, 1n << 40n, (1n << 63n) - 1n, -1n, -(1n << 63n)]) {
      assert.equal(host.call('fd_readdir', 3, SCRATCH, 200, cookie, RESULT), 0)
      assert.equal(host.u32(RESULT), 0, `${cookie}`)
    }
  })
})
