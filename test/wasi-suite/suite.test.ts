/** The script that runs the official tests, on a folder made up here: the originals are not part of this repository. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COPY, TEXTS } from '../adapters/sandbox/wasi/guests.ts'
import { call, guest, i32 } from '../fixtures/wasm/assemble.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

describe('the runner of the official WASI tests', () => {
  const folders: string[] = []
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  const suiteOf = (files: Readonly<Record<string, string | Uint8Array | object>>): string => {
    const folder = mkdtempSync(join(tmpdir(), 'dikast-suite-'))
    folders.push(folder)
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, 'tests', path)
      mkdirSync(dirname(file), { recursive: true })
      const plain = typeof content === 'string' || content instanceof Uint8Array
      writeFileSync(file, plain ? content : JSON.stringify(content))
    }
    return folder
  }
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['--no-warnings', MAIN, ...args], { encoding: 'utf8' })

  const exits = (code: number) => guest({ imports: ['proc_exit'], start: [...i32(code), ...call(0)] })
  const C = 'c/testsuite/wasm32-wasip1'
  const RUST = 'rust/testsuite/wasm32-wasip1'
  const PASSING = {
    [`${C}/texts.wasm`]: TEXTS,
    [`${C}/texts.json`]: { args: ['one', 'two'], env: { A: 'b' }, stdout: 'texts.wasm\0one\0two\0A=b\0' },
    [`${C}/plain.wasm`]: exits(0),
    [`${RUST}/exit.wasm`]: exits(33),
    [`${RUST}/exit.json`]: { exit_code: 33 },
    [`${RUST}/dirs.wasm`]: COPY,
    [`${RUST}/dirs.json`]: { dirs: ['fs.dir'], stdout: 'from a file' },
    [`${RUST}/root.wasm`]: COPY,
    [`${RUST}/root.json`]: { root: 'fs.dir', stdout: 'from a file' },
    [`${RUST}/fs.dir/in/a.txt`]: 'from a file',
    [`${RUST}/notes.txt`]: 'no test',
  }

  for (const provider of ['deterministic-1', 'wasmer-1'])
    it(`gives each test what it asks for, under ${provider}`, () => {
      const { status, stdout } = run(suiteOf(PASSING), '--provider', provider)
      const names = ['c/plain', 'c/texts', 'rust/dirs', 'rust/exit', 'rust/root']
      assert.equal(stdout, `${names.map((name) => `pass  ${name}\n`).join('')}5 passed, 0 failed\n`)
      assert.equal(status, 0)
    })

  it('fails a test by its exit code, its output or its end, and then itself', () => {
    const folder = suiteOf({
      [`${C}/code.wasm`]: exits(1),
      [`${C}/output.wasm`]: TEXTS,
      [`${C}/output.json`]: { stdout: 'something else' },
      [`${C}/quiet.wasm`]: exits(0),
      [`${C}/quiet.json`]: { stderr: 'never said' },
      [`${C}/trap.wasm`]: guest({ start: [0x00] }),
      [`${C}/passes.wasm`]: exits(0),
    })
    const { status, stdout } = run(folder, '--json')
    const { tests, ...counts } = JSON.parse(stdout)
    assert.deepEqual(counts, { provider: 'deterministic-1', passed: 1, failed: 4 })
    const failed = tests.filter(({ passed }: { passed: boolean }) => !passed)
    assert.deepEqual(
      failed.map(({ name }: { name: string }) => name),
      ['c/code', 'c/output', 'c/quiet', 'c/trap'],
    )
    assert.equal(status, 1)
  })

  it('fails for a folder without tests, and a specification it does not know', () => {
    assert.equal(run(suiteOf({ 'c/readme.txt': '' })).status, 1)
    const unknown = run(suiteOf({ [`${C}/x.wasm`]: exits(0), [`${C}/x.json`]: { wasi_functions: [] } }))
    assert.equal(unknown.status, 1)
    assert.match(unknown.stderr, /wasi_functions/)
  })

  it('says how it is called', () => {
    assert.equal(run().status, 2)
    assert.equal(run('.', '--provider', 'none').status, 2)
    assert.equal(run('.', '--provider', 'unmetered').status, 2)
  })
})
