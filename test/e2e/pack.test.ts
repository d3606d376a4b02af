/**
 * The package as a user gets it: packed, installed in an empty folder by the oldest Node at hand, and run.
 *
 * Packed from a copy, so that nothing is written into the checkout and nothing stale in `dist/` is shipped. Installing
 * asks the package registry; where there is none these tests are skipped.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { guest } from '../fixtures/wasm/assemble.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const REQUEST = `0x${'ab'.repeat(32)}`
const OFFLINE = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ENOTCACHED/

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const scratch = mkdtempSync(join(tmpdir(), 'dikast-pack-'))
const consumer = join(scratch, 'consumer')
const installed = join(consumer, 'node_modules', 'dikast')
let packed: readonly string[] = []
let tarball = ''
let offline = false
let oldNode = ''

after(() => rmSync(scratch, { recursive: true, force: true }))

/** Runs a program as a user's shell would: without this repository's tools, and under the Node given. */
function run(node: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Ended {
  const { HOME = scratch, npm_config_registry: registry } = process.env
  const env = {
    HOME,
    PATH: [dirname(node), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    ...(registry === undefined ? {} : { npm_config_registry: registry }),
    ...more,
  }
  const { status, stdout, stderr } = spawnSync(node, args, {
    cwd: consumer,
    env,
    encoding: 'utf8',
    timeout: 80_000,
  })
  return { code: status, out: stdout, err: stderr }
}

/** npm's own script, so that it runs under whichever Node is to be tried. */
function npmScript(): string {
  const given = process.env.npm_execpath
  if (given?.endsWith('.js')) return given
  const folder = (process.env.PATH ?? '').split(delimiter).find((path) => existsSync(join(path, 'npm')))
  return realpathSync(join(folder ?? assert.fail('npm is on the path'), 'npm'))
}

function versionOf(node: string): readonly number[] {
  const text = execFileSync(node, ['--version'], { encoding: 'utf8' })
  return text.slice(1).split('.').map(Number)
}

/** A Node too old to run Dikast: one on the path, or Node 20 from the registry. Undefined when there is neither. */
function findOldNode(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  const found = onPath.find((node) => existsSync(node) && (versionOf(node)[0] ?? 99) < 22)
  // A link of another name would not be found by `env node`.
  if (found !== undefined) return found
  const folder = join(scratch, 'old-node')
  mkdirSync(folder)
  const name = `node-${process.platform}-${process.arch}`
  const flags = [
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--ignore-scripts',
    '--prefix',
    folder,
  ]
  run(process.execPath, [npmScript(), 'install', ...flags, `${name}@20`])
  const node = join(folder, 'node_modules', name, 'bin', 'node')
  return existsSync(node) ? node : undefined
}

/** A copy of what is packed, with things beside it that must not be. */
function stage(): string {
  const folder = join(scratch, 'source')
  for (const part of [
    'src',
    'contracts',
    'docs',
    'templates',
    'scripts',
    'LICENSE',
    'README.md',
    'package.json',
  ]) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  }
  // What the compiler made: the build takes the contracts' creation code from it.
  symlinkSync(join(ROOT, 'artifacts'), join(folder, 'artifacts'))
  for (const file of globSync('tsconfig*.json', { cwd: ROOT })) cpSync(join(ROOT, file), join(folder, file))
  // The linter checks types; here only what is written counts, and it is the same.
  const build = join(folder, 'tsconfig.build.json')
  const { compilerOptions, ...settings } = JSON.parse(readFileSync(build, 'utf8')) as {
    compilerOptions: object
  }
  writeFileSync(
    build,
    JSON.stringify({ ...settings, compilerOptions: { ...compilerOptions, noCheck: true } }),
  )
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const secret of ['.env', 'network.key', '.dikast/node/attestor.json', 'test/a.test.ts']) {
    mkdirSync(dirname(join(folder, secret)), { recursive: true })
    writeFileSync(join(folder, secret), 'not to be shipped')
  }
  return folder
}

before(() => {
  mkdirSync(consumer)
  const source = stage()
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` }
  const pack = spawnSync(
    process.execPath,
    [npmScript(), 'pack', '--json', '--loglevel=error', '--pack-destination', scratch],
    {
      cwd: source,
      env,
      encoding: 'utf8',
    },
  )
  assert.equal(pack.status, 0, `${pack.stdout}${pack.stderr}`)
  // What the build says comes before npm's own answer.
  const [answer] = JSON.parse(pack.stdout.slice(pack.stdout.indexOf('[\n'))) as readonly {
    filename: string
    files: readonly { path: string }[]
  }[]
  tarball = join(scratch, answer?.filename ?? '')
  packed = answer?.files.map(({ path }) => path) ?? []
})

describe('the packed package', () => {
  it('holds the library, the programs, the contracts, the launcher, the licence and the readme', () => {
    const wanted = [
      'package.json',
      'LICENSE',
      'README.md',
      'scripts/dikast.mjs',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/creation-code.json',
    ]
    const programs = ['dikast', 'sandbox', 'executor', 'worker'].map((name) => `dist/programs/${name}.js`)
    for (const path of [...wanted, 'contracts/DikastConsumer.sol', ...programs])
      assert.ok(packed.includes(path), path)
    const commands = globSync('*.ts', { cwd: join(ROOT, 'src', 'apps', 'cli', 'commands') })
    for (const command of commands) {
      const chunk = new RegExp(`^dist/programs/${command.replace(/\.ts$/, '')}-[0-9A-Z]{8}\\.js$`)
      assert.ok(
        packed.some((path) => chunk.test(path)),
        `${command} is a chunk of its own`,
      )
    }
  })

  it('holds the licence of every package that is bundled into it', () => {
    const licences = readFileSync(join(scratch, 'source', 'dist', 'programs', 'LICENSES.txt'), 'utf8')
    for (const name of ['viem', 'libp2p', 'commander', '@noble/curves', 'pino', 'zod'])
      assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)\\n\\n.+`, 'm'), name)
    assert.match(licences, /Permission is hereby granted/)
  })

  it('holds nothing else: no sources, tests, keys or settings', () => {
    const allowed =
      /^(dist\/.+\.(js|d\.ts)|dist\/programs\/LICENSES\.txt|dist\/creation-code\.json|contracts\/.+\.sol|docs\/.+\.md|templates\/.+|scripts\/(dikast|postinstall)\.mjs|LICENSE|README\.md|package\.json)$/
    assert.deepEqual(
      packed.filter((path) => !allowed.test(path)),
      [],
    )
  })

  it('holds the templates of functions whole', () => {
    const templates = globSync('templates/**/*', { cwd: ROOT, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    assert.ok(templates.length > 20)
    for (const file of templates) assert.ok(packed.includes(file), file)
  })

  it('imports no file that only the sources have', () => {
    const source = join(scratch, 'source', 'dist')
    for (const file of globSync('**/*.js', { cwd: source })) {
      assert.doesNotMatch(
        readFileSync(join(source, file), 'utf8'),
        /(?:from|import\(|new URL\()\s*['"][^'"]+\.ts['"]/,
        file,
      )
    }
  })
})

describe('the package installed in an empty folder', () => {
  before(() => {
    oldNode = findOldNode() ?? process.execPath
    writeFileSync(join(consumer, 'package.json'), '{"name":"consumer","private":true}')
    const flags = [
      '--ignore-scripts=false',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel=error',
    ]
    const { code, out, err } = run(oldNode, [npmScript(), 'install', ...flags, tarball])
    offline = code !== 0 && OFFLINE.test(err)
    assert.ok(code === 0 || offline, `${out}${err}`)
  })
  /** Skips a test when nothing could be installed. */
  const online = (body: () => void) => (context: TestContext) =>
    offline ? context.skip('the package registry cannot be reached') : body()
  const underOldNode = (body: () => void) => (context: TestContext) =>
    (versionOf(oldNode)[0] ?? 0) < 22 ? online(body)(context) : context.skip('there is no old Node here')
  const npx = (...args: readonly string[]) =>
    run(oldNode, [join(dirname(npmScript()), 'npx-cli.js'), '--no-install', 'dikast', ...args])

  it(
    'has a dikast command that says what it can',
    online(() => {
      const { code, out, err } = npx('--help')
      assert.equal(code, 0, err)
      for (const command of ['node', 'coordinator', 'function', 'request', 'status', 'verify']) {
        assert.match(out, new RegExp(`^ {2}${command}\\b`, 'm'))
      }
    }),
  )

  it(
    'ends with 2 and a fix when there is no network file',
    online(() => {
      const { code, out, err } = npx('verify', REQUEST)
      assert.equal(code, 2, err)
      assert.equal(out, '')
      assert.match(err, /error: network: found no .*\n {2}fix: name one with --network FILE/)
    }),
  )

  it(
    'runs under the pinned Node when it was started by one that is too old, and ends as it ended',
    underOldNode(() => {
      const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
        string,
        Record<string, string>
      >
      const pinned = optionalDependencies?.[`node-${process.platform}-${process.arch}`]
      const tell = join(consumer, 'tell.mjs')
      writeFileSync(
        tell,
        `process.on('exit', () => process.stderr.write('ran ' + process.versions.node + '\\n'))`,
      )
      const launcher = join(installed, 'scripts', 'dikast.mjs')
      const { code, out, err } = run(oldNode, [launcher, 'status', '0x12', '--json'], {
        NODE_OPTIONS: `--import=${tell}`,
      })
      assert.equal(code, 2)
      assert.equal((JSON.parse(out) as { error: { code: string } }).error.code, 'INVALID_INPUT')
      assert.deepEqual(err.trim().split('\n'), [`ran ${pinned}`, `ran ${versionOf(oldNode).join('.')}`])
    }),
  )

  it(
    'says what is missing when the pinned Node was not installed',
    underOldNode(() => {
      const bare = join(scratch, 'bare', 'scripts')
      mkdirSync(bare, { recursive: true })
      cpSync(join(installed, 'scripts', 'dikast.mjs'), join(bare, 'dikast.mjs'))
      const { code, err } = run(oldNode, [join(bare, 'dikast.mjs'), '--help'])
      assert.equal(code, 2)
      assert.match(
        err,
        /^error: dikast needs Node 22\.13 or newer, this is \d+\.\d+\.\d+\n {2}fix: .*optional/,
      )
    }),
  )

  it(
    'loads every command from what a user installs: no development dependency is needed',
    online(() => {
      const commands = globSync('dist/programs/*-*.js', { cwd: installed })
      assert.ok(commands.length >= 16)
      const load = commands.map((file) => `await import(${JSON.stringify(join(installed, file))})`).join(';')
      const more = `await import('dikast');await import('bullmq');await import('@electric-sql/pglite')`
      const { code, err } = run(process.execPath, ['--input-type=module', '--eval', `${load};${more}`])
      assert.equal(code, 0, err)
    }),
  )

  it(
    'runs guests in its sandbox: the executor and its worker come from the bundle',
    online(() => {
      const module = join(consumer, 'guest.wasm')
      writeFileSync(module, guest({ imports: ['proc_exit'], start: [0x41, 42, 0x10, 0] }))
      const script = join(consumer, 'run.mjs')
      writeFileSync(
        script,
        `import { createHash } from 'node:crypto'
         import { readFileSync } from 'node:fs'
         import { createSandbox } from './node_modules/dikast/dist/programs/sandbox.js'
         const module = new Uint8Array(readFileSync('guest.wasm'))
         const sandbox = createSandbox({ workers: 1 })
         const { exit } = await sandbox.run({
           moduleHash: '0x' + createHash('sha256').update(module).digest('hex'), module,
           runtime: 'deterministic-1', fuelLimit: 1_000_000n, entry: '_start', input: new Uint8Array(), seed: new Uint8Array(32), clockNs: 0n,
           memoryBytesMax: 65536, outputBytesMax: 0, wallClockMsMax: 20000,
         })
         await sandbox.close()
         process.stdout.write('exit ' + exit)`,
      )
      assert.deepEqual(run(process.execPath, [script]), { code: 0, out: 'exit 42', err: '' })
    }),
  )

  it(
    'was left alone by its install script, which acts in a git checkout only',
    online(() => {
      assert.ok(!existsSync(join(installed, 'node_modules', '.bin', 'node')))
      const script = join(installed, 'scripts', 'postinstall.mjs')
      // Had it anything to do it would run this for npm, and fail.
      const { code, out, err } = run(process.execPath, [script], { npm_execpath: join(scratch, 'no-npm.js') })
      assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '' })
      assert.ok(!existsSync(join(installed, 'artifacts')), 'no contracts are compiled at a user’s')
    }),
  )
})
