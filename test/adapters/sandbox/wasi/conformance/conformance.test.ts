/**
 * One case for each preview-1 test of the official suite (WebAssembly/wasi-testsuite), of our own writing, run against both
 * providers. docs/spec/wasi.md says which is which.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { DETERMINISTIC, type WasiProvider } from '../../../../../src/adapters/sandbox/provider.ts'
import { loadLibrary } from '../../../../../src/adapters/sandbox/wasmer/library.ts'
import { createWasmerProvider } from '../../../../../src/adapters/sandbox/wasmer/provider.ts'
import { FILE_CASES } from './file-cases.ts'
import { PATH_CASES } from './path-cases.ts'
import { PROCESS_CASES } from './process-cases.ts'
import { WasiGuest } from './wasi-guest.ts'
import { WASMER_FAILURES } from './wasmer-failures.ts'

const CASES = { ...PROCESS_CASES, ...FILE_CASES, ...PATH_CASES }
const SUITE = { assemblyscript: 12, c: 14, rust: 46 }
const PAGE = new URL('../../../../../docs/spec/wasi.md', import.meta.url)

const providers: Readonly<Record<string, WasiProvider>> = {
  'deterministic-1': DETERMINISTIC,
  'wasmer-1': createWasmerProvider(await loadLibrary()),
}

for (const [name, provider] of Object.entries(providers)) {
  describe(`WASI preview 1 under ${name} [WASI-5] [WASI-6]`, () => {
    for (const [official, { says, options = {}, check }] of Object.entries(CASES)) {
      const run = () => check(new WasiGuest(options, provider))
      if (name === 'wasmer-1' && WASMER_FAILURES.has(official))
        it(`fails at ${official}: a guest ${says}`, () => assert.throws(run))
      else it(`${official}: a guest ${says}`, run)
    }
  })
}

describe('the table of official tests [WASI-5]', () => {
  const rows = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([a-z]+\/[\w-]+)` \| (.+?) \|(.*)\|$/gm)]

  it('has a row for each of the 72, and each row’s test is there by its name', () => {
    const written = rows.map(([, official, says]) => [official, says])
    assert.equal(written.length, 72)
    assert.deepEqual(
      Object.fromEntries(written),
      Object.fromEntries(Object.entries(CASES).map(([official, { says }]) => [official, says])),
    )
  })

  it('has as many of each language as the suite', () => {
    for (const [language, count] of Object.entries(SUITE))
      assert.equal(
        Object.keys(CASES).filter((name) => name.startsWith(`${language}/`)).length,
        count,
        language,
      )
  })

  it('names what fails under wasmer-1', () => {
    const failing = rows.filter(([, , , note = '']) => note.includes('fails')).map(([, official]) => official)
    assert.deepEqual(failing.sort(), [...WASMER_FAILURES].sort())
  })
})
