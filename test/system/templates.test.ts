/** The templates whose compilers are Debian packages, and the one that is linked from npm packages. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { describeTemplate } from '../apps/cli/support/function-life.ts'
import { ROOT, runProcess } from '../apps/cli/support/run.ts'

describeTemplate('c', 'src/main.c', (text) => text.replace('(count - 1) / 2', 'count / 2'))
describeTemplate('rust', 'src/main.rs', (text) =>
  text.replace('(numbers.len() - 1) / 2', 'numbers.len() / 2'),
)
describeTemplate('javascript', 'src/index.js', (text) =>
  text.replace('(numbers.length - 1) >> 1', 'numbers.length >> 1'),
)

describe('a function in JavaScript that does not answer', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'dikast-js-'))
  after(() => rmSync(scratch, { recursive: true, force: true }))
  const dikast = (...args: readonly string[]) => runProcess(args, { cwd: scratch, timeoutMs: 240_000 })
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['throws', 'export default () => { throw new TypeError("boom") }', 1, /^TypeError: boom\n.*at default/],
    ['never settles', 'export default () => new Promise(() => {})', 1, /never settles/],
    ['is no program', 'export default ( => 1', 1, /^SyntaxError: /],
    ['returns a number', 'export default () => 5', 1, /neither a string nor a Uint8Array/],
    ['ends by itself', 'export default () => exit(9)', 9, /^$/],
    ['imports what there is not', 'import "fs"; export default () => ""', 1, /could not load module/],
  ]

  it('says why on standard error, and ends with a code', async () => {
    assert.equal((await dikast('function', 'init', 'a-script', '--lang', 'javascript')).code, 0)
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'a-script', 'node_modules'))
    for (const [name, source, code, said] of cases) {
      writeFileSync(join(scratch, 'a-script', 'src', 'index.js'), source)
      assert.equal((await dikast('function', 'build', 'a-script')).code, 0, name)
      const ended = await dikast('run', 'a-script/build/a-script.wasm', '--fuel', '50000000')
      assert.deepEqual([ended.code, ended.out], [code, ''], name)
      assert.match(ended.err, said, name)
    }
  })

  it('has a clock, random numbers, promises and text that are the request’s', async () => {
    const source = `export default async (input) => {
      await null
      return [new TextDecoder().decode(input), new Date().toISOString(), Math.random() < 1, typeof host].join(' é ')
    }`
    writeFileSync(join(scratch, 'a-script', 'src', 'index.js'), source)
    writeFileSync(join(scratch, 'input'), 'ü')
    assert.equal((await dikast('function', 'build', 'a-script')).code, 0)
    const args = ['run', 'a-script/build/a-script.wasm', '--fuel', '50000000', '--stdin', 'input']
    const { out } = await dikast(...args)
    assert.equal(out, 'ü é 2026-01-01T00:00:00.000Z é true é undefined')
    assert.equal((await dikast(...args)).out, out)
  })
})
