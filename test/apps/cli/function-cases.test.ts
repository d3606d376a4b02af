/** The tests of a function: what a case says, and how a result differs from it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { differenceOf } from '../../../src/apps/cli/difference.ts'
import { problemsOf, readCases } from '../../../src/apps/cli/function-cases.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-cases-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const encode = (text: string) => new TextEncoder().encode(text)

function cases(toml: string, files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(scratch, 'c-'))
  writeFileSync(join(folder, 'tests.toml'), toml)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return readCases(folder)
}

describe('a case', () => {
  it('has its input and output as text, as hexadecimal or in a file', () => {
    const [text, hex, file] = cases(
      `[[case]]
name = "text"
input = "a\\n"
output = "b"
[[case]]
name = "hex"
input-hex = "0x00ff"
output-hex = ""
exit = 0x110
fuel-max = 10
seed = "${'01'.repeat(32)}"
time = "5"
[[case]]
name = "file"
input-file = "in.txt"
output-file = "out.txt"`,
      { 'in.txt': 'from', 'out.txt': 'to' },
    )
    assert.deepEqual([text?.input, text?.output, text?.exit], [encode('a\n'), encode('b'), 0])
    assert.deepEqual([hex?.input, hex?.output, hex?.exit], [Uint8Array.of(0, 255), new Uint8Array(), 0x110])
    assert.deepEqual([hex?.fuelMax, hex?.seed[0], hex?.clockNs], [10n, 1, 5n])
    assert.deepEqual([file?.input, file?.output], [encode('from'), encode('to')])
  })

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown key', '[[case]]\nname = "a"\nouput = ""', /case\.0\.ouput: is no key of a case/],
    ['no name', '[[case]]\ninput = ""', /case\.0\.name: /],
    ['two inputs', '[[case]]\nname = "a"\ninput = ""\ninput-hex = ""', /more than one of input/],
    ['half a byte', '[[case]]\nname = "a"\noutput-hex = "0"', /output-hex: is not hexadecimal/],
    ['a file outside', '[[case]]\nname = "a"\ninput-file = "../x"', /input-file: is not a path below/],
    ['a name twice', '[[case]]\nname = "a"\n[[case]]\nname = "a"', /two cases are named «a»/],
    ['a seed that is none', '[[case]]\nname = "a"\nseed = "12"', /a: seed: .*not 32 bytes/],
    ['none at all', 'case = []', /case: there is none/],
  ]
  for (const [name, toml, message] of wrong) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => cases(toml), { code: 'INVALID_INPUT', message })
    })
  }

  it('gives no more than a request may', () => {
    assert.throws(() => cases(`[[case]]\nname = "a"\ninput = "${'x'.repeat(32_769)}"`), {
      code: 'LIMIT_EXCEEDED',
    })
  })
})

describe('what is wrong with a result', () => {
  const [one] = cases('[[case]]\nname = "a"\noutput = "x"\nfuel-max = 10')
  if (one === undefined) throw new Error('there is a case')
  const good = { exit: 0, fuelUsed: 10n, output: encode('x') }

  it('is nothing when all is as it was wanted', () => {
    assert.deepEqual(problemsOf(one, good), [])
  })

  it('is told one by one: exit, fuel and output', () => {
    const problems = problemsOf(one, { exit: 0x110, fuelUsed: 11n, output: encode('y') })
    assert.deepEqual(problems, [
      'exit: wanted 0, got 0x110 (out of fuel)',
      'fuel: wanted at most 10, used 11',
      'output: wanted 1 bytes (-), got 1 (+)',
      '  - x (no newline at its end)',
      '  + y (no newline at its end)',
    ])
  })

  it('is not the output when the case says nothing of it', () => {
    const [silent] = cases('[[case]]\nname = "a"')
    if (silent === undefined) throw new Error('there is a case')
    assert.deepEqual(problemsOf(silent, good), [])
  })
})

describe('a difference', () => {
  it('shows the lines that differ and two before', () => {
    assert.deepEqual(differenceOf(encode('1\n2\n3\n4\n5\n'), encode('1\n2\n3\nfour\n5\n')).slice(1), [
      '    2',
      '    3',
      '  - 4',
      '  + four',
    ])
  })

  it('shows a missing end of line, and what cannot be seen', () => {
    assert.deepEqual(differenceOf(encode('a\n'), encode('a')).slice(1), [
      '  - a',
      '  + a (no newline at its end)',
    ])
    assert.deepEqual(differenceOf(encode('a\tb\n'), encode('a b\r\n')).slice(1), ['  - a→b', '  + a b␍'])
  })

  it('shows bytes that are no text as rows of hexadecimal', () => {
    const wanted = new Uint8Array(17)
    const given = wanted.slice()
    given[16] = 1
    assert.deepEqual(differenceOf(wanted, given).slice(1), [
      '    000000  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
      '  - 000010  00',
      '  + 000010  01',
    ])
  })

  it('is no longer than a person reads', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `${i}`).join('\n')
    assert.ok(differenceOf(encode(many), encode('')).length < 30)
  })
})
