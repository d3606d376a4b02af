import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { failureIn, ROOT, runHere, runProcess } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-help-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** Every command, with the options only it has. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  run: '--entry --arg --env --stdin --dir --write-back --fuel --memory --output --profile --seed --time --permission --cgi --extensions --record --replay'.split(
    ' ',
  ),
  inspect: ['--entry', '--memory'],
  'verify-proof': ['--vk', '--proof', '--public'],
  'function init': ['--lang', '--dir'],
  'function build': [],
  'function test': ['--no-build'],
  'node init': ['--data'],
  'node register': ['--data', '--extensions', '--keystore', '--stake'],
  'node bls': ['--data', '--keystore'],
  'node schnorr': ['--data', '--keystore'],
  'committee show': ['--size'],
  'committee post': ['--size', '--keystore'],
  'committee check': ['--size', '--keystore'],
  'committee claim': ['--keystore', '--to'],
  'node bond': ['--data', '--keystore', '--amount'],
  'node renew': ['--data', '--keystore'],
  'node unbond': ['--data', '--keystore', '--amount'],
  'node withdraw': ['--data', '--keystore', '--to'],
  'node claim': ['--data', '--keystore', '--to'],
  'node earnings': ['--data'],
  'node status': ['--data', '--extensions'],
  'node start': [
    '--data',
    '--extensions',
    '--prover',
    '--rapidsnark',
    '--observe',
    '--listen',
    '--announce',
    '--log',
  ],
  'coordinator start': ['--data', '--keystore', '--listen', '--announce', '--committees', '--log'],
  'prover start': ['--redis', '--engine', '--rapidsnark', '--threads', '--key-memory', '--log'],
  'function deploy':
    '--keystore --name --committee --window --fee --royalty --runtime --verifier --challenge-window --fuel --fuel-price --memory --output --entry --permission --consensus --agreement --proving-key --constraints --ceremony --observe --observe-input --allow-dev-key --uri --replicas'.split(
      ' ',
    ),
  'circuit compile': ['--out'],
  'circuit setup':
    '--dev --seed --out --ptau --ptau-hash --module --round --ends --iterations --transcript'.split(' '),
  'circuit contribute': ['--name', '--entropy', '--transcript'],
  'circuit beacon': ['--round', '--signature', '--url', '--module', '--transcript'],
  'circuit export': ['--module', '--out'],
  'circuit verify-setup':
    '--r1cs --ptau --zkey --ptau-hash --trust-powers --source --module --transcript --function --vk-hash'.split(
      ' ',
    ),
  'function list': [],
  'function seal': ['--keystore'],
  'function show': [],
  request: '--keystore --input --committee --challenge-window --attempts --max-fee --wait'.split(' '),
  status: [],
  'consensus explain': ['--committee'],
  prove: '--keystore --inputs --module --proving-key --payee --keep --wait'.split(' '),
  'top-up': ['--keystore', '--value', '--max-fee'],
  'callback retry': ['--keystore', '--gas'],
  'callback debug': ['--gas'],
  'account show': ['--keystore'],
  'account deposit': ['--keystore', '--amount', '--for'],
  'account consumer': ['--keystore', '--max'],
  'account claim': ['--keystore', '--to'],
  verify: ['--reexecute', '--module', '--evidence'],
  challenge: ['--keystore', '--module', '--yes', '--force'],
  finalize: ['--keystore'],
  slash: ['--keystore'],
  'verify-deployment': [],
}

/** They ask no network. */
const LOCAL = new Set([
  'prover start',
  'run',
  'inspect',
  'verify-proof',
  'function init',
  'function build',
  'function test',
  'circuit compile',
  'circuit setup',
  'circuit contribute',
  'circuit beacon',
  'circuit export',
])

describe('dikast --help', () => {
  it('answers from what it needs: no chain, no transport, no command is loaded', async () => {
    const list = join(scratch, 'loaded')
    const { code, out } = await runProcess(['--help'], {
      nodeFlags: ['--import', join(ROOT, 'test', 'apps', 'cli', 'support', 'loaded.ts')],
      env: { LOADED_MODULES: list },
    })
    assert.equal(code, EXIT.ok)
    assert.match(out, /Usage: dikast/)
    const loaded = readFileSync(list, 'utf8').split('\n')
    const heavy = loaded.filter((url) =>
      /viem|libp2p|noble|pglite|zod|pino|apps\/cli\/commands|adapters/.test(url),
    )
    assert.deepEqual(heavy, [])
    const own = loaded.filter((url) => url.startsWith('file:') && !url.includes('node_modules'))
    assert.ok(own.length > 3 && own.length < 14, own.join('\n'))
  })

  it('names every command, the exit codes and where keys come from', async () => {
    const { out } = await runHere(['--help'])
    for (const word of [
      'node',
      'coordinator',
      'prover',
      'function',
      'request',
      'status',
      'verify',
      'challenge',
      'finalize',
      'slash',
      'run',
      'inspect',
      'verify-proof',
      'Exit codes',
      'DIKAST_KEY',
    ]) {
      assert.ok(out.includes(word), word)
    }
    for (const code of Object.values(EXIT)) assert.match(out, new RegExp(`\\b${code} `))
  })

  it('says the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    assert.deepEqual(await runHere(['--version']), { code: EXIT.ok, out: `${version}\n`, err: '' })
  })
})

describe('the help of every command', () => {
  it('is about all commands there are', async () => {
    const found: string[] = []
    const commandsOf = (out: string): string[] => {
      const [, listed = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(out) ?? []
      const names = [...listed.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name ?? '')
      return names.filter((name) => name !== 'help')
    }
    for (const top of commandsOf((await runHere(['--help'])).out)) {
      const below = commandsOf((await runHere([top, '--help'])).out)
      found.push(...(below.length === 0 ? [top] : below.map((name) => `${top} ${name}`)))
    }
    assert.deepEqual(found.toSorted(), Object.keys(COMMANDS).toSorted())
  })

  for (const [command, flags] of Object.entries(COMMANDS)) {
    it(`${command}: says what it does, its options and an example that names it`, async () => {
      const { code, out, err } = await runHere([...command.split(' '), '--help'])
      assert.equal(code, EXIT.ok)
      assert.equal(err, '')
      assert.match(out, new RegExp(`^Usage: dikast ${command} `))
      assert.match(out, new RegExp(`\nExample:\n {2}.*dikast ${command}( |$)`, 'm'))
      const options = [...out.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z0-9-]*)/gm)].map(([, name]) => name ?? '')
      const common = LOCAL.has(command) ? ['--json', '--help'] : ['--network', '--rpc', '--json', '--help']
      assert.deepEqual(options.toSorted(), [...flags, ...common].toSorted())
    })
  }
})

describe('what docs/cli.md and README.md say', () => {
  const docs = [
    'README.md',
    ...[
      'cli',
      'auditing',
      'operators',
      'dapps',
      'network',
      'functions',
      'administration',
      'circuits',
      'ceremony',
    ].map((page) => `docs/${page}.md`),
  ]
  const text = docs
    .map((file) => {
      try {
        return readFileSync(join(ROOT, file), 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')

  it('is about flags and commands that exist', () => {
    const known = new Set([...Object.values(COMMANDS).flat(), '--network', '--rpc', '--json', '--help'])
    for (const [line, , rest = ''] of text.matchAll(
      /dikast ((?:node|coordinator|function|request|prove|status|top-up|callback|account|verify|challenge|finalize|slash|run|inspect|verify-proof|circuit)\b)([^`\n]*)/g,
    )) {
      for (const [flag] of rest.matchAll(/--[a-z][a-z0-9-]*/g)) assert.ok(known.has(flag), line)
    }
    const table = readFileSync(join(ROOT, 'docs', 'cli.md'), 'utf8')
    for (const command of Object.keys(COMMANDS))
      assert.ok(table.includes(command.split(' ').at(-1) ?? ''), command)
  })
})

describe('wrong usage', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['an unknown command', ['frobnicate']],
    ['an unknown command of a group', ['node', 'frobnicate']],
    ['a group without a command', ['node']],
    ['nothing at all', []],
    ['an unknown option', ['status', `0x${'ab'.repeat(32)}`, '--frobnicate']],
    ['a missing argument', ['verify']],
    ['an argument too many', ['verify', `0x${'ab'.repeat(32)}`, 'more']],
    ['a missing option', ['node', 'register']],
    ['an option without its value', ['node', 'bond', '--amount']],
  ]
  for (const [name, args] of cases) {
    it(`ends with 2 for ${name}, and says so on standard error`, async () => {
      const { code, out, err } = await runHere(args)
      assert.equal(code, EXIT.usage)
      assert.equal(out, '')
      assert.match(err, /error: |Usage: dikast/)
      assert.doesNotMatch(err, /\n\s+at /)
    })

    // A value is whatever follows its option.
    if (name === 'an option without its value') continue
    it(`ends with 2 and one JSON value for ${name} with --json`, async () => {
      const ended = await runHere([...args, '--json'])
      assert.equal(ended.code, EXIT.usage)
      assert.equal(ended.err, '')
      const { code, fix } = failureIn(ended)
      assert.equal(code, 'INVALID_INPUT')
      assert.match(fix, /--help/)
    })
  }

  it('suggests the command that was meant', async () => {
    assert.match((await runHere(['verfy', '0x'])).err, /Did you mean verify\?/)
  })
})

describe('the example of a command that pays', () => {
  for (const [command, flags] of Object.entries(COMMANDS)) {
    if (!flags.includes('--keystore') || command === 'account show') continue
    it(`${command}: names the key it needs`, async () => {
      assert.match(
        (await runHere([...command.split(' '), '--help'])).out,
        /\nExample:\n {2}DIKAST_KEY=0x… dikast/,
      )
    })
  }
})

describe('the launcher', () => {
  it('tells a fault of dikast in one line, with a way out and its own exit code', async () => {
    const crash = `data:text/javascript,setTimeout(() => { throw new Error('boom') }, 300);setInterval(() => {}, 1000)`
    const { code, err } = await runProcess(['--help'], { nodeFlags: ['--import', crash] })
    assert.equal(code, EXIT.fault)
    assert.match(err, /^error: boom\n {2}fix: .*DIKAST_DEBUG=1/)
    assert.doesNotMatch(err, /\n\s+at /)
    const asJson = await runProcess(['--help', '--json'], { nodeFlags: ['--import', crash] })
    assert.match(asJson.out, /"code": "UNEXPECTED"/)
    const debug = await runProcess(['--help'], { nodeFlags: ['--import', crash], env: { DIKAST_DEBUG: '1' } })
    assert.match(debug.err, /\n\s+at /)
  })
})
