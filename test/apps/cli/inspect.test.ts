/** `dikast inspect`: what a module is and whether nodes take it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { ModuleReport } from '../../../src/apps/cli/module-report.ts'
import { jsonOf, ROOT, runHere } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-inspect-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const PRICE_FEED = join(ROOT, 'examples/price-feed/build/price-feed.wasm')
let count = 0

function wat(text: string): string {
  const path = join(scratch, `${count++}.wat`)
  writeFileSync(path, text)
  return path
}

async function inspect(file: string, ...flags: readonly string[]) {
  const ended = await runHere(['inspect', file, ...flags, '--json'])
  return { code: ended.code, report: jsonOf(ended) as ModuleReport }
}

const MEMORY = '(memory (export "memory") 1)'
const ENTRY = '(func (export "_start"))'

describe('dikast inspect', () => {
  it('tells a module nodes take: its hash, what it asks the host, its memory and what it weighs metered', async () => {
    const { code, report } = await inspect(PRICE_FEED)
    assert.equal(code, 0)
    assert.equal(report.accepted, true)
    assert.equal(report.rejection, undefined)
    const bytes = readFileSync(PRICE_FEED)
    assert.equal(report.bytes, bytes.length)
    assert.equal(report.moduleHash, `0x${createHash('sha256').update(bytes).digest('hex')}`)
    assert.deepEqual(report.imports[0], {
      module: 'wasi_snapshot_preview1',
      name: 'fd_write',
      signature: '(i32, i32, i32, i32) -> i32',
      answeredBy: 'wasi',
    })
    assert.ok(report.exports.some(({ name, signature }) => name === '_start' && signature === '()'))
    assert.equal(report.memory?.minimumBytes, 65_536)
    assert.ok((report.metered?.bytes ?? 0) > bytes.length)
  })

  it('counts frames as the stack is counted', async () => {
    // Parameters 2, locals 1, one operand at a time at the most 2; three values. 64 + 16 × 5 + 3.
    const { report } = await inspect(
      wat(`(module ${MEMORY} (func $f (param i32 i32) (local i64)
        (drop (i32.add (local.get 0) (local.get 1))) ) ${ENTRY})`),
    )
    assert.equal(report.code?.functions, 2)
    assert.equal(report.code?.largestFrameBytes, 147)
    assert.equal(report.code?.depthMax, Math.floor(8_388_608 / 147))
  })

  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'asks for what no host offers',
      `(module (import "env" "now" (func)) ${MEMORY} ${ENTRY})`,
      'import',
      /env\.now/,
    ],
    ['has no memory', `(module ${ENTRY})`, 'memory', /no memory/],
    [
      'needs more memory than it may have',
      `(module (memory (export "memory") 2000) ${ENTRY})`,
      'memory-limit',
      /2000 pages/,
    ],
    ['has no entry', `(module ${MEMORY})`, 'entry', /no function "_start"/],
    [
      'exports what metering does',
      `(module ${MEMORY} ${ENTRY} (func (export "$fuel")))`,
      'unsupported',
      /\$fuel/,
    ],
  ]
  for (const [name, text, reason, detail] of cases) {
    it(`says why nodes refuse a module that ${name}, where, and what to do`, async () => {
      const { code, report } = await inspect(wat(text))
      assert.equal(code, 1)
      assert.equal(report.accepted, false)
      assert.equal(report.rejection?.reason, reason)
      assert.match(report.rejection?.detail ?? '', detail)
      assert.equal(typeof report.rejection?.offset, 'number')
      assert.ok((report.rejection?.fix ?? '').length > 10)
      assert.equal(report.metered, undefined)
    })
  }

  it('names every import nobody answers, not the first alone', async () => {
    const { report } = await inspect(
      wat(`(module (import "env" "a" (func)) (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (import "env" "b" (func (param f64) (result i64))) ${MEMORY} ${ENTRY})`),
    )
    assert.deepEqual(
      report.imports.map(({ name, answeredBy, signature }) => [name, answeredBy, signature]),
      [
        ['a', 'none', '()'],
        ['sched_yield', 'wasi', '() -> i32'],
        ['b', 'none', '(f64) -> i64'],
      ],
    )
  })

  it('says what of the outside a module asks for', async () => {
    const b = (namespace: string, name: string, count: number) =>
      `(import "${namespace}" "${name}" (func (param ${'i32 '.repeat(count)}) (result i32)))`
    const { code, report } = await inspect(
      wat(`(module ${b('blockless_http', 'http_req', 6)} ${b('blockless_http', 'http_close', 1)}
        ${b('blockless_memory', 'memory_read', 3)} ${b('blockless_llm', 'llm_close', 1)} ${MEMORY} ${ENTRY})`),
    )
    assert.equal(code, 0)
    assert.deepEqual(report.capabilities, ['http', 'llm'])
    assert.ok(report.imports.every(({ answeredBy }) => answeredBy === 'blockless'))
  })

  it('lists what the engine can read when our reader refuses the module', async () => {
    const { report } = await inspect(wat(`(module (import "env" "memory" (memory 1)) ${ENTRY})`))
    assert.equal(report.accepted, false)
    assert.deepEqual(report.imports, [{ module: 'env', name: 'memory', answeredBy: 'none' }])
  })

  it('says where the engine finds code that is not valid', async () => {
    const bytes = Uint8Array.from(readFileSync(PRICE_FEED))
    const broken = join(scratch, 'broken.wasm')
    // A function's code with an operand of another type is read by us and refused by the engine.
    const body = wat(`(module ${MEMORY} (func (export "_start") (drop (i32.const 0))))`)
    const good = await inspect(body)
    assert.equal(good.code, 0)
    writeFileSync(broken, bytes.subarray(0, 1_000))
    const { code, report } = await inspect(broken)
    assert.deepEqual([code, report.rejection?.reason], [1, 'malformed'])
  })

  it('finds another entry and another bound when they are named', async () => {
    const file = wat(`(module (memory (export "memory") 4) (func (export "main")))`)
    assert.equal((await inspect(file, '--entry', 'main')).code, 0)
    assert.equal(
      (await inspect(file, '--entry', 'main', '--memory', '65536')).report.rejection?.reason,
      'memory-limit',
    )
  })

  it('tells people the same', async () => {
    const { code, out, err } = await runHere([
      'inspect',
      wat(`(module (import "env" "now" (func)) ${MEMORY} ${ENTRY})`),
    ])
    assert.equal(code, 1)
    assert.equal(err, '')
    assert.match(out, /accepted {4}no: import at byte \d+: env\.now is not offered\n {2}fix {7}link for WASI/)
    assert.match(out, /import {6}env\.now\(\), answered by nobody/)
  })
})
