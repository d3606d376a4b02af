/** `dikast run`: a module here, as a node would run it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { failureIn, jsonOf, ROOT, runHere, runProcess } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-run-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const PRICE_FEED = join(ROOT, 'examples/price-feed/build/price-feed.wasm')
const PRICES = join(ROOT, 'examples/price-feed/prices.json')

interface Report {
  readonly exit: number
  readonly exitWords: string
  readonly blocklessExit: number
  readonly fuelUsed: string
  readonly output: { readonly bytes: number; readonly text?: string; readonly base64?: string }
  readonly stderr: { readonly text?: string }
  readonly files: readonly { readonly path: string; readonly change: string; readonly bytes: number }[]
  readonly moduleHash: string
  readonly runtime: string
  readonly seed: string
  readonly timeNs: string
}

function file(name: string, content: string): string {
  const path = join(scratch, name)
  writeFileSync(path, content)
  return path
}

/** A guest with an entry, and the WASI functions it names. */
function guest(name: string, body: string, more = ''): string {
  const w = (field: string, type: string) =>
    `(import "wasi_snapshot_preview1" "${field}" (func $${field} ${type}))`
  return file(
    `${name}.wat`,
    `(module
      ${w('fd_write', '(param i32 i32 i32 i32) (result i32)')}
      ${w('fd_read', '(param i32 i32 i32 i32) (result i32)')}
      ${w('args_get', '(param i32 i32) (result i32)')}
      ${w('environ_get', '(param i32 i32) (result i32)')}
      ${w('random_get', '(param i32 i32) (result i32)')}
      ${w('clock_time_get', '(param i32 i64 i32) (result i32)')}
      ${w('proc_exit', '(param i32)')}
      ${w('path_open', '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)')}
      ${w('path_unlink_file', '(param i32 i32 i32) (result i32)')}
      (memory (export "memory") 1)
      ${more}
      (func $write (param $fd i32) (param $at i32) (param $length i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
      (func (export "_start") ${body}))`,
  )
}

const ECHO = guest(
  'echo',
  `(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1024))
   (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
   (call $write (i32.const 1) (i32.const 64) (i32.load (i32.const 8)))`,
)

/** Opens or makes `name` in descriptor 3 and writes `text` there; unlinks `gone` first when it is given. */
function writing(module: string, name: string, text: string, gone = ''): string {
  return guest(
    module,
    `${gone === '' ? '' : `(drop (call $path_unlink_file (i32.const 3) (i32.const 400) (i32.const ${Buffer.byteLength(gone)})))`}
     (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const ${Buffer.byteLength(name)})
       (i32.const 9) (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 16)) (then (call $proc_exit (i32.const 9))))
     (call $write (i32.load (i32.const 16)) (i32.const 300) (i32.const ${Buffer.byteLength(text)}))`,
    `(data (i32.const 100) ${escaped(name)}) (data (i32.const 300) ${escaped(text)}) (data (i32.const 400) ${escaped(gone)})`,
  )
}

/** Text as WAT takes it, whatever is in it. */
function escaped(text: string): string {
  return `"${[...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"`
}

async function report(...args: readonly string[]): Promise<Report> {
  return jsonOf(await runHere(['run', ...args, '--json'])) as Report
}

describe('dikast run', () => {
  it('passes output, standard error and exit code on', async () => {
    const module = guest(
      'both',
      `(call $write (i32.const 1) (i32.const 64) (i32.const 3)) (call $write (i32.const 2) (i32.const 67) (i32.const 3))
       (call $proc_exit (i32.const 7))`,
      '(data (i32.const 64) "outerr")',
    )
    assert.deepEqual(await runHere(['run', module]), { code: 7, out: 'out', err: 'err' })
  })

  it('gives bytes as they are: they need not be text', async () => {
    const args = [join(ROOT, 'scripts', 'dikast.mjs'), 'run', PRICE_FEED, '--stdin', PRICES]
    const bytes = execFileSync(process.execPath, args)
    assert.equal(bytes.toString('hex').length, 64)
    assert.notDeepEqual(Buffer.from(bytes.toString()), bytes, 'they are no UTF-8')
    const { output } = await report(PRICE_FEED, '--stdin', PRICES)
    assert.equal(output.bytes, 32)
    assert.deepEqual(Buffer.from(output.base64 ?? '', 'base64'), bytes)
  })

  it('reads the input from a file or from standard input', async () => {
    assert.equal((await runHere(['run', ECHO, '--stdin', file('input', 'from a file')])).out, 'from a file')
    assert.equal((await runProcess(['run', ECHO, '--stdin', '-'], { stdin: 'piped' })).out, 'piped')
    assert.equal((await runHere(['run', ECHO])).out, '')
  })

  it('needs no network file, and asks no environment for one', async () => {
    const ended = await runProcess(['run', ECHO], { cwd: scratch, env: { DIKAST_NETWORK: '/nowhere' } })
    assert.deepEqual(ended, { code: 0, out: '', err: '' })
  })

  it('tells all a result depends on with --json, and the same twice', async () => {
    const module = guest(
      'world',
      `(drop (call $random_get (i32.const 64) (i32.const 16)))
       (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 80)))
       (call $write (i32.const 1) (i32.const 64) (i32.const 24))`,
    )
    const first = await report(module)
    assert.deepEqual(await report(module), first)
    assert.equal(first.exitWords, 'ok')
    assert.equal(first.runtime, 'deterministic-1')
    assert.match(first.moduleHash, /^0x[0-9a-f]{64}$/)
    assert.ok(BigInt(first.fuelUsed) > 3000n)
    const seeded = await report(module, '--seed', 'ab'.repeat(32))
    assert.notDeepEqual(seeded.output, first.output)
    assert.equal(seeded.seed, `0x${'ab'.repeat(32)}`)
    const later = await report(module, '--time', '5000')
    assert.notDeepEqual(later.output, first.output)
    assert.equal(later.timeNs, '5000')
  })

  it('gives arguments after the name of the module, and what a node gives without any', async () => {
    const module = guest(
      'args',
      `(drop (call $args_get (i32.const 16) (i32.const 64))) (call $write (i32.const 1) (i32.const 64) (i32.const 20))`,
    )
    assert.equal(
      (await runHere(['run', module, '--arg', 'a b', '--arg', '-x'])).out,
      'args.wat\0a b\0-x\0'.padEnd(20, '\0'),
    )
    assert.equal((await runHere(['run', module])).out, 'function'.padEnd(20, '\0'))
  })

  it('gives an environment', async () => {
    const module = guest(
      'env',
      `(drop (call $environ_get (i32.const 16) (i32.const 64))) (call $write (i32.const 1) (i32.const 64) (i32.const 13))`,
    )
    assert.equal(
      (await runHere(['run', module, '--env', 'A=1', '--env', 'B=x=y'])).out,
      'A=1\0B=x=y\0'.padEnd(13, '\0'),
    )
  })

  it('runs with the other WASI when it is named', async () => {
    const { runtime, output } = await report(ECHO, '--profile', 'wasmer', '--stdin', file('input', 'hi'))
    assert.deepEqual([runtime, output.text], ['wasmer-1', 'hi'])
  })

  it('is refused when an option is not as it must be, by the option’s name', async () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['--fuel', ['--fuel', '0']],
      ['--memory', ['--memory', '1']],
      ['--output', ['--output', '32769']],
      ['--profile', ['--profile', 'other']],
      ['--seed', ['--seed', '0x12']],
      ['--time', ['--time', '-1']],
      ['--time', ['--time', '18446744073709551616']],
      ['--env', ['--env', '=x']],
      ['--dir', ['--dir', 'only-one']],
      ['--dir', ['--dir', `${join(scratch, 'nowhere')}::/`]],
      ['--stdin', ['--stdin', join(scratch, 'nowhere')]],
      ['--write-back', ['--write-back']],
      ['module', []],
    ]
    for (const [name, flags] of cases) {
      const module = name === 'module' ? join(scratch, 'nowhere.wasm') : ECHO
      const ended = await runHere(['run', module, ...flags, '--json'])
      assert.equal(ended.code, 2, name)
      assert.ok(failureIn(ended).message.startsWith(`${name}: `), failureIn(ended).message)
      assert.notEqual(failureIn(ended).fix, undefined)
    }
  })
})

describe('a guest that does not end by itself', () => {
  const spin = '(loop $again (br $again))'
  const cases: readonly (readonly [string, string, readonly string[], number, RegExp])[] = [
    ['traps', '(unreachable)', [], 250, /trap: unreachable \(exit 0x100\)\n {2}fix: .*abort/],
    [
      'runs out of fuel',
      spin,
      ['--fuel', '5000'],
      251,
      /out of fuel \(exit 0x110\)\n {2}fix: raise the fuel/,
    ],
    [
      'writes too much',
      '(call $write (i32.const 1) (i32.const 0) (i32.const 9))',
      ['--output', '8'],
      251,
      /output too large/,
    ],
    ['ends with a code above 255', '(call $proc_exit (i32.const 256))', [], 252, /exit code above 255/],
  ]
  for (const [i, [name, code, flags, exit, told]] of cases.entries()) {
    it(`has an exit code of its own and is told what to do when it ${name}`, async () => {
      const ended = await runHere(['run', guest(`trap-${i}`, code), ...flags])
      assert.equal(ended.code, exit)
      assert.equal(ended.out, '')
      assert.match(ended.err, told)
    })
  }

  it('has the same exit code with --json, and no other words', async () => {
    const ended = await runHere([
      'run',
      guest('zero', '(drop (i32.div_u (i32.const 1) (i32.const 0)))'),
      '--json',
    ])
    assert.deepEqual([ended.code, ended.err], [250, ''])
    const { exit, exitWords, blocklessExit, fuelUsed } = jsonOf(ended) as Report
    assert.deepEqual(
      [exit, exitWords, blocklessExit, fuelUsed],
      [0x106, 'trap: integer divide by zero', 9, '1000000000'],
    )
  })

  it('is refused before it runs when nodes would not take it, with the reason', async () => {
    const ended = await runHere(['run', file('empty.wat', '(module (func (export "_start")))'), '--json'])
    assert.equal(ended.code, 2)
    assert.match(failureIn(ended).message, /memory at byte \d+: no memory/)
  })

  it('is told where its text is wrong', async () => {
    const ended = await runHere(['run', file('wrong.wat', '(module\n (func (i32.bogus)))'), '--json'])
    assert.equal(ended.code, 2)
    assert.match(failureIn(ended).message, /wrong\.wat:2:\d+/)
  })
})

describe('a folder given to a guest', () => {
  let count = 0
  function folder(files: Readonly<Record<string, string>>): string {
    const path = join(scratch, `folder-${count++}`)
    mkdirSync(path)
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(path, name, '..'), { recursive: true })
      writeFileSync(join(path, name), content)
    }
    return path
  }

  it('is a copy: what the guest writes stays in the report', async () => {
    const path = folder({ 'a.txt': 'old' })
    const { files } = await report(writing('w-1', 'new.txt', 'made'), '--dir', `${path}::/data`)
    assert.deepEqual(files, [{ guestPath: '/data', path: 'new.txt', bytes: 4, change: 'new' }])
    assert.throws(() => readFileSync(join(path, 'new.txt')))
  })

  it('becomes what the guest left with --write-back: new, changed and deleted', async () => {
    const path = folder({ 'a.txt': 'old', 'sub/b.txt': 'gone', 'sub/c.txt': 'stays' })
    const { files } = await report(
      writing('w-2', 'a.txt', 'new', 'sub/b.txt'),
      '--dir',
      `${path}::/`,
      '--write-back',
    )
    assert.deepEqual(
      files.map((changed) => `${changed.change} ${changed.path}`),
      ['changed a.txt', 'deleted sub/b.txt'],
    )
    assert.equal(readFileSync(join(path, 'a.txt'), 'utf8'), 'new')
    assert.throws(() => readFileSync(join(path, 'sub/b.txt')))
    assert.equal(readFileSync(join(path, 'sub/c.txt'), 'utf8'), 'stays')
  })

  it('stays as it was when the guest trapped', async () => {
    const path = folder({ 'a.txt': 'old' })
    const module = writing('w-3', 'a.txt', 'new')
    writeFileSync(module, readFileSync(module, 'utf8').replace(/\)\)$/, '(unreachable)))'))
    const { code, err } = await runHere(['run', module, '--dir', `${path}::/`, '--write-back'])
    assert.equal(code, 250)
    assert.match(err, /nothing was written back/)
    assert.equal(readFileSync(join(path, 'a.txt'), 'utf8'), 'old')
  })

  it('is refused by the name of what is neither a file nor a folder', async () => {
    const path = folder({ 'a.txt': 'x' })
    symlinkSync('/etc/passwd', join(path, 'link'))
    const ended = await runHere(['run', ECHO, '--dir', `${path}::/`, '--json'])
    assert.equal(ended.code, 2)
    assert.match(failureIn(ended).message, /folder-\d+\/link is neither/)
  })

  it('takes no name that would stand elsewhere or says something else', async () => {
    for (const [i, name] of ['back\\slash', 'new\nline', 'turn\u202edaer'].entries()) {
      const path = folder({})
      const ended = await runHere([
        'run',
        writing(`w-4-${i}`, name, 'x'),
        '--dir',
        `${path}::/`,
        '--write-back',
        '--json',
      ])
      assert.equal(ended.code, 2, name)
      assert.match(failureIn(ended).message, /--write-back: the guest left/)
    }
  })
})
