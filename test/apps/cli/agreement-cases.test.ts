/** Cases of `validate` and `aggregate`, and running these entries here. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type FunctionCase, problemsOf, readCases } from '../../../src/apps/cli/function-cases.ts'
import { AGREEING } from '../../fixtures/wasm/agreeing.ts'
import { failureIn, jsonOf, runHere } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-cases-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const MODULE = join(scratch, 'agreeing.wat')
writeFileSync(MODULE, AGREEING)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function first(toml: string): FunctionCase {
  writeFileSync(join(scratch, 'tests.toml'), toml)
  const [one] = readCases(scratch)
  return one ?? assert.fail('there is a case')
}

describe('a case of validate', () => {
  const CASE = '[[case]]\nname = "a"\nentry = "validate"\naccepts = true\n'

  it('reads what a node gives it: input, own and proposed output and exit [PBFT-15]', () => {
    const one = first(
      `${CASE}input = "ab"\nown-hex = "01"\nown-exit = 3\nproposed = "xyz"\nproposed-exit = 272\n`,
    )
    assert.equal(one.entry, 'validate')
    assert.equal(hex(one.input), '000000026162000000010100030000000378797a0110')
    assert.equal(hex(first(CASE).input), '00'.repeat(16))
  })

  it('wants a verdict: exit 0 accepts, all else refuses [PBFT-15]', () => {
    const ended = (exit: number) => ({ exit, fuelUsed: 1n, output: new Uint8Array() })
    const accepting = first(CASE)
    assert.deepEqual(problemsOf(accepting, ended(0)), [])
    assert.deepEqual(problemsOf(accepting, ended(0x110)), [
      'verdict: wanted that it accepts, it refuses (out of fuel)',
    ])
    const refusing = first(CASE.replace('true', 'false'))
    assert.deepEqual(problemsOf(refusing, ended(1)), [])
    assert.deepEqual(problemsOf(refusing, ended(0)), ['verdict: wanted that it refuses, it accepts'])
  })
})

describe('a case of aggregate', () => {
  it('reads observations in the order of seats, each with its exit, fuel and output', () => {
    const one = first(`[[case]]
name = "a"
entry = "aggregate"
[[case.observation]]
seat = 5
output-hex = "aabb"
[[case.observation]]
exit = 272
fuel = 1000000
`)
    assert.equal(
      hex(one.input),
      [
        '0002',
        '0001',
        '0110',
        '00000000000f4240',
        '00000000',
        '0005',
        '0000',
        '0000000000000000',
        '00000002',
        'aabb',
      ].join(''),
    )
    assert.deepEqual([one.entry, one.exit, one.accepts], ['aggregate', 0, undefined])
  })
})

describe('a case', () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['an entry that has no cases', 'entry = "main"', /entry: is none of validate, aggregate/],
    ['a verdict of no entry', 'accepts = true', /accepts is of a case with entry = "validate"/],
    ['a proposal of no entry', 'proposed-hex = "00"', /proposed-hex is of a case/],
    ['no verdict', 'entry = "validate"', /accepts is missing/],
    ['an exit for a verdict', 'entry = "validate"\naccepts = true\nexit = 0', /exit is not looked at/],
    [
      'two outputs of its own',
      'entry = "validate"\naccepts = true\nown = "a"\nown-hex = "61"',
      /more than one of own/,
    ],
    ['observations of no entry', '[[case.observation]]\nexit = 1', /observation is of a case/],
    ['an input for observations', 'entry = "aggregate"\ninput = "x"', /input is not what/],
    [
      'a seat twice',
      'entry = "aggregate"\n[[case.observation]]\n[[case.observation]]\nseat = 0',
      /seat 0 is there twice/,
    ],
    ['a seat there is not', 'entry = "aggregate"\n[[case.observation]]\nseat = 256', /observation\.0\.seat/],
    [
      'an unknown key of an observation',
      'entry = "aggregate"\n[[case.observation]]\nvalue = 1',
      /value: is no key/,
    ],
  ]
  for (const [name, keys, message] of wrong)
    it(`is refused with ${name}, by file and place`, () => {
      assert.throws(() => first(`[[case]]\nname = "a"\n${keys}\n`), { code: 'INVALID_INPUT', message })
    })

  it('proposes no more than a report may hold', () => {
    const large = `proposed = "${'x'.repeat(32_769)}"`
    assert.throws(() => first(`[[case]]\nname = "a"\nentry = "validate"\naccepts = true\n${large}`), {
      code: 'LIMIT_EXCEEDED',
    })
  })
})

describe('dikast function test', () => {
  it('runs each case by its entry, on the module that was built', async () => {
    const manifest = `name = "agreeing"\nmemory = 16777216\n[build]\ncommand = "exit 0"\nartifact = "agreeing.wat"\n`
    writeFileSync(join(scratch, 'dikast.toml'), manifest)
    const validate = (name: string, own: string, proposed: string, accepts: boolean) =>
      `[[case]]\nname = "${name}"\nentry = "validate"\nown-hex = "${own}"\nproposed-hex = "${proposed}"\naccepts = ${accepts}\n`
    const cases = [
      '[[case]]\nname = "its own"\ninput = "1234567"\noutput = "1234567"\n',
      validate('the same', '05', '05', true),
      validate('another', '05', '06', false),
      validate('wrongly wanted', '05', '06', true),
      '[[case]]\nname = "three"\nentry = "aggregate"\nexit = 3\noutput-hex = "000300000000000032000000"\n[[case.observation]]\n[[case.observation]]\n[[case.observation]]\n',
    ]
    writeFileSync(join(scratch, 'tests.toml'), cases.join(''))
    const ended = await runHere(['function', 'test', scratch, '--json'])
    assert.equal(ended.code, 1)
    const { cases: told } = jsonOf(ended) as {
      readonly cases: readonly { readonly name: string; readonly problems: readonly string[] }[]
    }
    const failed = told.filter(({ problems }) => problems.length > 0)
    assert.deepEqual(
      failed.map(({ name, problems }) => [name, problems]),
      [['wrongly wanted', ['verdict: wanted that it accepts, it refuses (exit code 1)']]],
    )
    assert.equal(told.length, cases.length)
  })
})

describe('dikast run --entry', () => {
  const input = join(scratch, 'input')

  it('calls validate and aggregate with what a file holds, more than a request may', async () => {
    writeFileSync(input, Buffer.alloc(98_320, 1))
    const ended = await runHere(['run', MODULE, '--entry', 'aggregate', '--stdin', input, '--json'])
    const { entry, exit, output } = jsonOf(ended) as {
      readonly entry: string
      readonly exit: number
      readonly output: { readonly base64: string }
    }
    assert.deepEqual([entry, exit], ['aggregate', 1])
    assert.equal(Buffer.from(output.base64, 'base64').readUInt32LE(8), 98_320)
    writeFileSync(input, Buffer.from('00000001050000000103000000000001030000', 'hex'))
    assert.equal((await runHere(['run', MODULE, '--entry', 'validate', '--stdin', input])).code, 0)
    writeFileSync(input, Buffer.alloc(98_321))
    const large = await runHere(['run', MODULE, '--entry', 'validate', '--stdin', input, '--json'])
    assert.equal(failureIn(large).code, 'LIMIT_EXCEEDED')
  })

  it('gives these entries nothing outside, as no node does [ENV-7]', async () => {
    const args = ['run', MODULE, '--entry', 'validate', '--permission', 'https://a.example', '--json']
    const { code, message } = failureIn(await runHere(args))
    assert.equal(code, 'INVALID_INPUT')
    assert.match(message, /^--permission: validate reaches nothing outside/)
  })
})
