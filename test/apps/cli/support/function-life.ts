/** A function from its template to an answer, as its author sees it. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Language } from '../../../../src/apps/cli/template.ts'
import { jsonOf, ROOT, runProcess } from './run.ts'

/** Compiling a language runtime on a busy machine. */
const TIMEOUT_MS = 240_000
const MEDIAN_OF_321 = '2'.padStart(64, '0')

interface TestReport {
  readonly passed: number
  readonly failed: number
  readonly cases: readonly { readonly name: string; readonly problems: readonly string[] }[]
}

/** `breakIt` makes the source give another answer. */
export function describeTemplate(
  language: Language,
  source: string,
  breakIt: (text: string) => string,
): void {
  const scratch = mkdtempSync(join(tmpdir(), `dikast-${language}-`))
  const folder = join(scratch, 'a-median')
  const module = join(folder, 'build', 'a-median.wasm')
  const dikast = (...args: readonly string[]) => runProcess(args, { cwd: scratch, timeoutMs: TIMEOUT_MS })
  after(() => rmSync(scratch, { recursive: true, force: true }))

  describe(`a function in ${language}`, () => {
    it('is written from its template, under its own name', async () => {
      const ended = await dikast('function', 'init', 'a-median', '--lang', language)
      assert.equal(ended.code, 0, ended.err)
      assert.match(readFileSync(join(folder, 'dikast.toml'), 'utf8'), /^name = "a-median"$/m)
      assert.ok(existsSync(join(folder, '.gitignore')))
      for (const file of ['README.md', 'dikast.toml', 'tests.toml'])
        assert.doesNotMatch(readFileSync(join(folder, file), 'utf8'), /\{\{/)
      // What `npm install` would bring, of the same versions.
      if (existsSync(join(folder, 'package.json')))
        symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    })

    it('builds and passes its tests', async () => {
      const ended = await dikast('function', 'test', 'a-median', '--json')
      assert.equal(ended.code, 0, `${ended.out}${ended.err}`)
      const { passed, failed } = jsonOf(ended) as TestReport
      assert.deepEqual([passed, failed], [6, 0])
    })

    it('is a module nodes take, which asks for nothing but WASI', async () => {
      const ended = await dikast('inspect', module, '--json')
      assert.equal(ended.code, 0, ended.out)
      const { imports } = jsonOf(ended) as { readonly imports: readonly { readonly answeredBy: string }[] }
      assert.ok(imports.length > 0)
      assert.ok(imports.every(({ answeredBy }) => answeredBy === 'wasi'))
    })

    it('answers, the same twice, to the unit of fuel', async () => {
      writeFileSync(join(scratch, 'input'), '3 2 1')
      const args = ['run', module, '--stdin', 'input', '--json']
      const [first, second] = [await dikast(...args), await dikast(...args)]
      assert.equal(first.out, second.out)
      const { exit, output } = jsonOf(first) as {
        readonly exit: number
        readonly output: { readonly text?: string; readonly base64?: string }
      }
      assert.equal(exit, 0)
      const bytes =
        output.base64 === undefined ? Buffer.from(output.text ?? '') : Buffer.from(output.base64, 'base64')
      assert.equal(bytes.toString('hex'), MEDIAN_OF_321)
    })

    it('fails its tests with a difference when it gives another answer', async () => {
      const file = join(folder, source)
      const before = readFileSync(file, 'utf8')
      const broken = breakIt(before)
      assert.notEqual(broken, before)
      writeFileSync(file, broken)
      const ended = await dikast('function', 'test', 'a-median')
      assert.equal(ended.code, 1, ended.err)
      assert.match(ended.out, /^not ok {2}gives the lower of the two/m)
      assert.match(ended.out, /^ {10}- 000010 {2}00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02$/m)
      assert.match(ended.out, /^ {10}\+ 000010 {2}00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 03$/m)
    })

    it('says what the compiler said when it does not compile', async () => {
      writeFileSync(join(folder, source), 'this is no program (')
      const ended = await dikast('function', 'build', 'a-median', '--json')
      // JavaScript is compiled by the engine when it runs.
      if (language === 'javascript') {
        assert.equal(ended.code, 0)
        return
      }
      assert.equal(ended.code, 1)
      const { error } = jsonOf(ended) as { readonly error: { readonly code: string; readonly fix: string } }
      assert.equal(error.code, 'BUILD_FAILED')
    })
  })
}
