/** How members agree, as an author writes it in a manifest or on the command line. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { agreementFrom, entryBeside, warningOf } from '../../../src/apps/cli/agreement-manifest.ts'
import { termsFrom } from '../../../src/apps/cli/function-spec.ts'
import { deployOptionsOf, readManifest } from '../../../src/apps/cli/manifest.ts'
import { CONSENSUS } from '../../../src/protocol/types.ts'
import { failureIn, jsonOf, runHere } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-agreement-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const MEMORY = '(memory (export "memory") 1)'
const ENTRY = '(func (export "_start"))'

function folder(keys: string, tables = '', module?: string): string {
  const path = mkdtempSync(join(scratch, 'f-'))
  const build = '[build]\ncommand = "exit 0"\nartifact = "out.wat"\n'
  writeFileSync(join(path, 'dikast.toml'), `name = "a-name"\n${keys}\n${tables}\n${build}`)
  if (module !== undefined) writeFileSync(join(path, 'out.wat'), `(module ${MEMORY} ${ENTRY} ${module})`)
  return path
}
const agreed = (keys: string, table = '') => {
  const { consensus, agreement } = readManifest(folder(keys, table && `[agreement]\n${table}`))
  return [consensus, agreement]
}

describe('a manifest', () => {
  it('is of exact functions with nothing said, unless it says otherwise', () => {
    assert.deepEqual(agreed(''), ['exact', ''])
    assert.deepEqual(agreed('consensus = "raft"'), ['raft', ''])
  })

  it('says a mode and its keys as people write them, and gives the one line nodes read [AGR-1]', () => {
    assert.deepEqual(agreed('consensus = "pbft"', 'timeout = 900\ncheck = "validate"'), [
      'pbft',
      'check=validate;timeout=900',
    ])
    const large = (2n ** 200n).toString()
    assert.deepEqual(
      agreed(
        'consensus = "aggregate"',
        `type = "int256[2]"\nkind = "median"\nmin = -5\nmax = "${large}"\ndeviation = 500`,
      ),
      ['aggregate', `deviation=500;kind=median;max=${large};min=-5;type=int256[2]`],
    )
  })

  const median = 'kind = "median"\ntype = "uint8"\n'
  const wrong: readonly (readonly [string, string, string, RegExp, RegExp])[] = [
    ['a mode there is not', 'consensus = "paxos"', '', /consensus: is none of exact, pbft/, /./],
    ['a proof as a mode', 'consensus = "zk"', '', /consensus: is none of/, /./],
    [
      'a kind that is none',
      'consensus = "aggregate"',
      'kind = "average"\ntype = "uint8"',
      /agreement\.kind: is not one of/,
      /median, mean/,
    ],
    ['no kind', 'consensus = "aggregate"', '', /agreement\.kind: is not one of/, /name one of/],
    ['no type', 'consensus = "aggregate"', 'kind = "median"', /agreement\.type: is missing/, /uint256/],
    [
      'a type that is none',
      'consensus = "aggregate"',
      'kind = "median"\ntype = "float"',
      /agreement\.type: «float»/,
      /int128\[3\]/,
    ],
    [
      'a bound the type does not hold',
      'consensus = "aggregate"',
      `${median}max = 256`,
      /agreement\.max: does not fit uint8/,
      /whole number/,
    ],
    [
      'bounds the wrong way round',
      'consensus = "aggregate"',
      `${median}max = 1\nmin = 2`,
      /agreement\.min: is above max/,
      /no larger than max/,
    ],
    [
      'a time-out too short',
      'consensus = "pbft"',
      'timeout = 199',
      /agreement\.timeout: is not 200 to/,
      /milliseconds/,
    ],
    [
      'half a millisecond',
      'consensus = "pbft"',
      'timeout = 900.5',
      /agreement\.timeout: is neither a text nor a whole/,
      /./,
    ],
    [
      'a key of another mode',
      'consensus = "pbft"',
      'kind = "median"',
      /agreement\.kind: means nothing here/,
      /table of modes/,
    ],
    [
      'a key there is not',
      'consensus = "raft"',
      'speed = "high"',
      /agreement\.speed: means nothing here/,
      /table of modes/,
    ],
    [
      'a key hidden in another',
      'consensus = "pbft"',
      'check = "rerun;timeout=900"',
      /agreement\.check: holds more than/,
      /rerun/,
    ],
    [
      'keys without their mode',
      '',
      'check = "validate"',
      /agreement\.check: means nothing here/,
      /table of modes/,
    ],
  ]
  for (const [name, keys, table, message, fix] of wrong)
    it(`is refused with ${name}, by file and key, with a way out [AGR-1]`, () => {
      assert.throws(
        () => agreed(keys, table),
        (error: Error & { code?: string; fix?: string }) => {
          assert.equal(error.code, 'INVALID_INPUT')
          assert.match(error.message, /dikast\.toml: /)
          assert.match(error.message, message)
          assert.match(error.fix ?? '', fix)
          return true
        },
      )
    })
})

describe('what is deployed', () => {
  const options = { consensus: 'exact', agreement: '' }

  it('names the option that is wrong', () => {
    assert.throws(() => agreementFrom({ ...options, consensus: 'zk' }), { message: /^--consensus: «zk»/ })
    assert.throws(() => agreementFrom({ ...options, agreement: 'grace=1;grace=2' }), {
      message: /^--agreement: grace: is out of order/,
    })
  })

  it('has one faulty leader decide where it is Raft, and says so', () => {
    assert.match(
      warningOf(agreementFrom({ ...options, consensus: 'raft' })) ?? '',
      /one faulty leader decides/,
    )
    assert.equal(warningOf(agreementFrom(options)), undefined)
  })

  it('does not run by the entry its members agree by [AGR-3]', () => {
    const agreement = agreementFrom({ consensus: 'pbft', agreement: 'check=validate' })
    assert.equal(entryBeside(agreement, '_start'), 'validate')
    assert.throws(() => entryBeside(agreement, 'validate'), { code: 'INVALID_INPUT', message: /^entry: / })
    assert.equal(entryBeside(agreementFrom(options), 'validate'), undefined)
  })

  it('has the mode and the line its manifest says [FUN-1]', () => {
    const terms = (keys: string, table = '') =>
      termsFrom(deployOptionsOf(readManifest(folder(keys, table && `[agreement]\n${table}`))))
    assert.equal(terms('').consensus, 0)
    for (const mode of ['exact', 'pbft', 'raft'] as const)
      assert.equal(terms(`consensus = "${mode}"`).consensus, CONSENSUS.indexOf(mode))
    assert.equal(terms('consensus = "pbft"', 'timeout = 900').agreement, 'timeout=900')
  })
})

describe('a build of a function whose module is to judge', () => {
  const CHECK = '[agreement]\ncheck = "validate"'
  const build = (module: string, keys = 'consensus = "pbft"', table = CHECK) =>
    runHere(['function', 'build', folder(keys, table, module), '--json'])

  it('needs the export, without parameters and results [AGR-3]', async () => {
    assert.equal((await build('(func (export "validate"))')).code, 0)
    for (const module of ['', '(func (export "validate") (result i32) (i32.const 0))']) {
      const ended = await build(module)
      assert.equal(ended.code, 2)
      const { code, message, fix } = failureIn(ended)
      assert.equal(code, 'INVALID_INPUT')
      assert.match(message, /out\.wat: .*"validate".*by which its members are to agree/)
      assert.match(fix, /export a function `validate`/)
    }
  })

  it('needs none where members run it again [AGR-3]', async () => {
    assert.equal((await build('', 'consensus = "pbft"', '[agreement]\ncheck = "rerun"')).code, 0)
    assert.equal((await build('', '', '')).code, 0)
  })

  it('is told of entries by inspect: those that can be called, and one that cannot', async () => {
    const file = join(scratch, 'entries.wat')
    const inspected = async (module: string) => {
      writeFileSync(file, `(module ${MEMORY} ${ENTRY} ${module})`)
      const { entries } = jsonOf(await runHere(['inspect', file, '--json'])) as {
        readonly entries: readonly { readonly name: string; readonly problem?: string }[]
      }
      return entries
    }
    assert.deepEqual(await inspected('(func (export "validate")) (func (export "add") (param i32))'), [
      { name: '_start' },
      { name: 'validate' },
    ])
    const [, wrong] = await inspected('(func (export "aggregate") (param i32))')
    assert.deepEqual(wrong, { name: 'aggregate', problem: '"aggregate" takes or returns values' })
    const { out } = await runHere(['inspect', file])
    assert.match(out, /^entry {7}_start$/m)
    assert.match(out, /^entry {7}aggregate, which nodes cannot call: /m)
  })
})

describe('dikast function deploy', () => {
  const deploy = (module: string, ...flags: readonly string[]) => {
    const file = join(mkdtempSync(join(scratch, 'd-')), 'module.wat')
    writeFileSync(file, `(module ${MEMORY} ${ENTRY} ${module})`)
    return runHere(['function', 'deploy', file, ...flags])
  }
  const JUDGED = ['--consensus', 'pbft', '--agreement', 'check=validate']

  it('refuses a module that lacks what its members are to agree by, before it looks for a network [AGR-3]', async () => {
    const lacking = await deploy('', ...JUDGED, '--json')
    assert.match(failureIn(lacking).message, /module\.wat: .*"validate".*by which its members are to agree/)
    // Only the network is missing.
    const complete = await deploy('(func (export "validate"))', ...JUDGED, '--json')
    assert.match(failureIn(complete).message, /^network: /)
  })

  it('warns of what Raft does not survive, and of nothing in other modes', async () => {
    assert.match((await deploy('', '--consensus', 'raft')).err, /^warning: raft .*one faulty leader decides/m)
    assert.doesNotMatch((await deploy('', '--consensus', 'pbft')).err, /warning/)
  })
})
