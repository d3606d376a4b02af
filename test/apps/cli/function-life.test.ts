/** The AssemblyScript template's whole life; those of other languages need their compilers (test/system). */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { LANGUAGES } from '../../../src/apps/cli/template.ts'
import { describeTemplate } from './support/function-life.ts'
import { failureIn, ROOT, runHere } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-life-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

describeTemplate('assemblyscript', 'assembly/index.ts', (text) =>
  text.replace('(numbers.length - 1) >> 1', 'numbers.length >> 1'),
)

describe('dikast function init', () => {
  it('writes over nothing', async () => {
    writeFileSync(join(scratch, 'mine'), 'x')
    const ended = await runHere(['function', 'init', 'a-name', '--lang', 'c', '--dir', scratch, '--json'])
    assert.equal(ended.code, 2)
    assert.match(failureIn(ended).message, /--dir: .* is not empty/)
  })

  it('knows the languages it names', async () => {
    const ended = await runHere(['function', 'init', 'a-name', '--lang', 'cobol', '--json'])
    assert.equal(ended.code, 2)
    for (const language of LANGUAGES) assert.ok(failureIn(ended).fix.includes(language))
  })

  it('takes only a name that can be published', async () => {
    const ended = await runHere(['function', 'init', '../x', '--lang', 'c', '--json'])
    assert.equal(ended.code, 2)
    assert.match(failureIn(ended).message, /^name: /)
  })

  it('names the versions of packages that are tested here', () => {
    const versionsOf = (file: string) => {
      const { dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8')) as Record<
        string,
        Record<string, string>
      >
      return { ...dependencies, ...devDependencies }
    }
    const ours = versionsOf(join(ROOT, 'package.json'))
    for (const language of ['assemblyscript', 'javascript']) {
      const theirs = Object.entries(versionsOf(join(ROOT, 'templates', language, 'package.json')))
      assert.ok(theirs.length > 0)
      for (const [name, version] of theirs) assert.equal(version, ours[name], name)
    }
  })
})

describe('a build', () => {
  function folder(name: string, command: string, more = ''): string {
    const path = mkdtempSync(join(scratch, `${name}-`))
    writeFileSync(
      join(path, 'dikast.toml'),
      `name = "a-name"\n${more}[build]\ncommand = ${JSON.stringify(command)}\nartifact = "out.wat"\n`,
    )
    return path
  }
  const GOOD = `node -e "fs.writeFileSync('out.wat','(module(memory(export\\\\'memory\\\\')1)(func(export\\\\'_start\\\\')))'.replaceAll(String.fromCharCode(39),String.fromCharCode(34)))"`

  it('is checked as nodes check it', async () => {
    const path = folder('checked', `node -e "fs.writeFileSync('out.wat','(module)')"`)
    const ended = await runHere(['function', 'build', path, '--json'])
    assert.equal(ended.code, 2)
    assert.match(failureIn(ended).message, /no memory/)
  })

  it('finds Node whatever the shell’s path, and no key in its environment', async () => {
    const path = folder('path', `node -e "process.exit(process.env.DIKAST_KEY ? 3 : 4)"`)
    const ended = await runHere(['function', 'build', path, '--json'], {
      DIKAST_KEY: '0x1',
      PATH: '/bin:/usr/bin',
    })
    assert.match(failureIn(ended).message, /ended with 4/)
  })

  it('fails with what is missing: the program, the artifact, the packages', async () => {
    const cases: readonly (readonly [string, RegExp, RegExp])[] = [
      [folder('program', 'no-such-program-anywhere'), /ended with 127/, /install the program/],
      [folder('artifact', 'node -e 0'), /there is no .*out\.wat/, /build\.artifact/],
    ]
    const packages = folder('packages', GOOD)
    writeFileSync(join(packages, 'package.json'), '{"devDependencies":{"no-such-package":"1.0.0"}}')
    for (const [path, message, fix] of [
      ...cases,
      [packages, /no-such-package is not/, /npm install/] as const,
    ]) {
      const ended = await runHere(['function', 'build', path, '--json'])
      assert.equal(ended.code, 1)
      const failure = failureIn(ended)
      assert.equal(failure.code, 'BUILD_FAILED')
      assert.match(failure.message, message)
      assert.match(failure.fix, fix)
    }
  })

  it('is left out with --no-build', async () => {
    const path = folder('left', 'node -e "process.exit(1)"')
    writeFileSync(join(path, 'out.wat'), '(module (memory (export "memory") 1) (func (export "_start")))')
    writeFileSync(join(path, 'tests.toml'), '[[case]]\nname = "ends"\n')
    assert.equal((await runHere(['function', 'test', path])).code, 1)
    assert.equal((await runHere(['function', 'test', path, '--no-build'])).code, 0)
  })

  it('gives `function deploy` its terms and its module, and flags win', async () => {
    const path = folder('deploy', GOOD, 'committee = 7\nwindow = 0\n')
    const here = process.cwd()
    try {
      process.chdir(path)
      const bad = await runHere(['function', 'deploy', '--json'])
      assert.match(failureIn(bad).message, /dikast\.toml: window: is below 1/)
      writeFileSync(
        'dikast.toml',
        'name = "a-name"\ncommittee = 7\n[build]\ncommand = "x"\nartifact = "out.wat"\n',
      )
      const unbuilt = await runHere(['function', 'deploy', '--json'])
      assert.match(failureIn(unbuilt).message, /module: out\.wat is not built yet/)
      writeFileSync('out.wat', '(module (memory (export "memory") 1) (func (export "_start")))')
      // The module and all terms are taken: only the network is missing.
      assert.match(failureIn(await runHere(['function', 'deploy', '--json'])).message, /^network: /)
      const flag = await runHere(['function', 'deploy', '--committee', '3', '--json'])
      assert.match(failureIn(flag).message, /^--committee: /)
    } finally {
      process.chdir(here)
    }
  })
})
