/** What an auditor finds out about a key's making, by files and on a chain; and what is marked there as of a ceremony. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { keccak256 } from 'viem'
import { circuitFilesFrom } from '../../../src/apps/cli/circuit-spec.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import type { SetupCheck } from '../../../src/apps/cli/setup-checks.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import { type Ceremony, holdCeremony, makePowers, SIGNATURE_1001, SUM, sha256Of } from './support/ceremony.ts'
import { deployed } from './support/deployed.ts'

let world: Ceremony
before(async () => {
  world = await holdCeremony()
})
after(() => world?.close())

/** The usual files and claims, some of them replaced; an undefined one left out. */
async function audit(replaced: Readonly<Record<string, string | true | undefined>> = {}) {
  const options = {
    r1cs: 'sum.r1cs',
    ptau: 'powers.ptau',
    zkey: 'sum.zkey',
    module: 'sum.wasm',
    transcript: 'ceremony.json',
    'ptau-hash': sha256Of(world.bytes('powers.ptau')),
    'vk-hash': world.json('ceremony.json').end.verificationKey,
    'trust-powers': true,
    ...replaced,
  } as Readonly<Record<string, string | true | undefined>>
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : value === true ? [`--${name}`] : [`--${name}`, value],
  )
  const { code, out, err } = await world.dikast('circuit', 'verify-setup', ...args, '--json')
  assert.notEqual(code, EXIT.usage, out + err)
  const { checks } = JSON.parse(out) as { readonly checks: readonly SetupCheck[] }
  const named = (verdict: string) => checks.filter((one) => one.verdict === verdict).map(({ name }) => name)
  return { code, checks, failed: named('failed'), unchecked: named('unchecked'), passed: named('passed') }
}

/** What cannot be checked with the usual files alone. */
const WITHOUT_CHAIN = ['chain: files', 'chain: range of inputs']

/** ceremony.json, changed. */
function transcript(file: string, change: (json: ReturnType<Ceremony['json']>) => void): string {
  const json = world.json('ceremony.json')
  change(json)
  world.write(file, JSON.stringify(json))
  return file
}

/** A file with one byte changed. */
function flipped(file: string, at: number, to: string): string {
  const bytes = world.bytes(file)
  bytes[at] = (bytes[at] as number) ^ 1
  world.write(to, bytes)
  return to
}

describe('circuit verify-setup', () => {
  it('passes what was made as it must, and tells what it could not check [CER-9]', async () => {
    const { code, failed, unchecked, passed } = await audit({
      source: 'sum.circom',
      'trust-powers': undefined,
    })
    assert.deepEqual([failed, unchecked], [[], WITHOUT_CHAIN])
    assert.equal(passed.length, 18)
    assert.equal(code, EXIT.unchecked)
  })

  it('never passes what it was not given [CER-9]', async () => {
    for (const [left, names] of [
      ['source', ['constraints', 'calculator']],
      [
        'transcript',
        [
          'transcript: files',
          'transcript: circuit',
          'transcript: contributions',
          'beacon: announced',
          'beacon: last',
          'transcript: end',
        ],
      ],
      ['module', ['calculator', 'transcript: circuit', 'key: calculator', 'transcript: end', 'chain: key']],
      ['ptau-hash', ['powers: pinned']],
      ['vk-hash', ['chain: key']],
    ] as const) {
      const { code, failed, unchecked } = await audit({ source: 'sum.circom', [left]: undefined })
      assert.deepEqual(failed, [], left)
      assert.deepEqual(
        unchecked.toSorted(),
        [...names, 'powers: consistent', ...WITHOUT_CHAIN].toSorted(),
        left,
      )
      assert.equal(code, EXIT.unchecked)
    }
  })

  it('fails a key to which nobody contributed [CER-7]', async () => {
    const { code, failed } = await audit({ zkey: 'sum-0.zkey' })
    assert.equal(code, EXIT.no)
    for (const name of ['key: contributed to', 'key: not known', 'beacon: last', 'chain: key'])
      assert.ok(failed.includes(name), name)
    assert.ok(!failed.includes('key: of these files'))
  })

  it('fails a key that no beacon ended [CER-6]', async () => {
    const early = transcript('early.json', (json) => {
      json.end = null
    })
    const { code, failed } = await audit({ zkey: 'sum-2.zkey', transcript: early })
    assert.equal(code, EXIT.no)
    assert.deepEqual(failed, ['beacon: last', 'transcript: end', 'chain: key'])
  })

  it('fails contributions in another order, renamed, or with another hash [CER-6]', async () => {
    const swapped = transcript('swapped.json', ({ contributions: [first, second] }) => {
      for (const name of ['name', 'hash']) [first[name], second[name]] = [second[name], first[name]]
    })
    const renamed = transcript('renamed.json', ({ contributions }) => {
      contributions[0].name = 'Mallory'
    })
    const rehashed = transcript('rehashed.json', ({ contributions }) => {
      contributions[1].hash = contributions[0].hash
    })
    const dropped = transcript('dropped.json', ({ contributions }) => contributions.pop())
    for (const file of [swapped, renamed, rehashed, dropped])
      assert.deepEqual((await audit({ transcript: file })).failed, ['transcript: contributions'], file)
  })

  it('fails a beacon of another round, of a chain somebody owns, or announced when it was out [CER-6]', async () => {
    const another = transcript('round.json', ({ beacon, end }) => {
      beacon.round = 1001
      end.signature = `0x${SIGNATURE_1001}`
    })
    assert.deepEqual((await audit({ transcript: another })).failed, ['beacon: last'])
    const owned = transcript('chain.json', ({ beacon }) => {
      beacon.chain = `0x${'52'.repeat(32)}`
    })
    assert.deepEqual((await audit({ transcript: owned })).failed, ['beacon: announced'])
    const late = transcript('late.json', (json) => {
      for (const step of [json.start, ...json.contributions]) step.time = json.end.time
      json.beacon.announcedAt = json.end.time
    })
    assert.deepEqual((await audit({ transcript: late })).failed, ['beacon: announced'])
  })

  it('fails a transcript that is none, and all that takes one [CER-1] [CER-9]', async () => {
    world.write('none.json', '{"format":"dikast.ceremony.v1"}')
    const { failed, passed } = await audit({ transcript: 'none.json' })
    assert.equal(failed.length, 6)
    assert.ok(failed.every((name) => /^(transcript|beacon): /.test(name)))
    assert.ok(passed.includes('key: of these files'))
  })

  it('fails a key of another circuit, and constraints or a calculator of another [CER-9]', async () => {
    const product = await audit({ r1cs: 'product.r1cs', module: 'product.wasm', source: 'product.circom' })
    assert.deepEqual(product.failed, ['key: of these files', 'transcript: files', 'transcript: circuit'])
    const source = await audit({ source: 'product.circom' })
    assert.deepEqual(source.failed, ['constraints', 'calculator'])
  })

  it('fails a calculator with other public inputs than the constraints, without the source too [CER-9]', async () => {
    // One that takes the binding for a private input, and one with an amount less.
    world.write('fewer.circom', SUM.replace('Sum(3)', 'Sum(2)'))
    world.write('unbound.circom', SUM.replace('[amounts, binding]', '[amounts]'))
    for (const name of ['fewer', 'unbound']) {
      await world.done('circuit', 'compile', `${name}.circom`)
      const module = `${name}.wasm`
      const { failed } = await audit({ module, transcript: undefined, 'vk-hash': undefined })
      assert.deepEqual(failed, ['key: calculator'], name)
      const exported = await world.dikast('circuit', 'export', 'sum.zkey', '--module', module)
      assert.equal(exported.code, EXIT.usage)
      assert.match(exported.err, /1 outputs and 3 public inputs, the key 5 public signals/)
    }
  })

  it('ends as misused for files that cannot be read and a digest that is none, and checks nothing [CER-9]', async () => {
    world.write('including.circom', 'pragma circom 2.2.3;\ninclude "gone.circom";\n')
    const usual = ['--r1cs', 'sum.r1cs', '--ptau', 'powers.ptau', '--zkey', 'sum.zkey', '--trust-powers']
    for (const [option, value, words] of [
      ['--source', 'gone.circom', /--source: gone\.circom[^\n]* cannot be read/],
      ['--source', 'including.circom', /--source: including\.circom[^\n]*gone\.circom cannot be read/],
      ['--module', 'gone.wasm', /--module: gone\.wasm cannot be read/],
      ['--transcript', 'gone.json', /--transcript: gone\.json cannot be read/],
      ['--transcript', '.', /--transcript: \. cannot be read/],
      ['--ptau-hash', 'ab', /--ptau-hash: is neither/],
    ] as const) {
      const { code, out, err } = await world.dikast('circuit', 'verify-setup', ...usual, option, value)
      assert.equal(code, EXIT.usage, `${option} ${value}\n${out}${err}`)
      assert.match(err, words)
      assert.equal(out, '')
    }
  })

  it('fails constraints, a calculator and a key with one byte changed [CER-9]', async () => {
    // The last coefficient of the constraints, a byte of code, a point of the quotient.
    const r1cs = flipped('sum.r1cs', constraintsEnd(world.bytes('sum.r1cs')) - 32, 'changed.r1cs')
    const { failed } = await audit({ r1cs, source: 'sum.circom' })
    assert.deepEqual(failed, ['constraints', 'key: of these files', 'transcript: files'])
    const module = flipped('sum.wasm', world.bytes('sum.wasm').length >> 1, 'changed.wasm')
    assert.deepEqual((await audit({ module, source: 'sum.circom' })).failed, [
      'calculator',
      'transcript: circuit',
    ])
    const zkey = flipped('sum.zkey', sectionAt(world.bytes('sum.zkey'), 9), 'changed.zkey')
    assert.deepEqual((await audit({ zkey })).failed, ['key: of these files', 'transcript: files'])
  })

  it('fails powers of tau of another digest, of another ceremony, or that are inconsistent [CER-9]', async () => {
    assert.deepEqual((await audit({ 'ptau-hash': 'ab'.repeat(32) })).failed, ['powers: pinned'])
    await makePowers(world.folder, 'others')
    const others = { ptau: 'others.ptau', 'ptau-hash': sha256Of(world.bytes('others.ptau')) }
    assert.deepEqual((await audit(others)).failed, ['key: of these files', 'transcript: files'])
    // Of tau in G1, which comes second.
    const ptau = flipped('powers.ptau', sectionAt(world.bytes('powers.ptau'), 2) + 64, 'changed.ptau')
    const pinned = { ptau, 'ptau-hash': sha256Of(world.bytes(ptau)), 'trust-powers': undefined }
    assert.ok((await audit(pinned)).failed.includes('powers: consistent'))
  })

  it('fails a beacon that would keep an auditor hashing, before it hashes [CER-8]', async () => {
    const zkey = world.bytes('sum.zkey')
    // Behind its name: parameter 2, the exponent; parameter 3, of 32 bytes.
    const at = Buffer.from(zkey).lastIndexOf(Buffer.from([2, 10, 3, 32]))
    zkey[at + 1] = 63
    world.write('slow.zkey', zkey)
    const { checks } = await audit({ zkey: 'slow.zkey' })
    const { verdict, detail } = checks.find(({ name }) => name === 'key: of these files') ?? {}
    assert.deepEqual([verdict, /2\^63/.test(detail ?? '')], ['failed', true])
  })

  it('fails a key cut short, and a key on chain that is another or marked for development [CER-9] [CER-10]', async () => {
    world.write('short.zkey', world.bytes('sum.zkey').slice(0, -1))
    const short = await audit({ zkey: 'short.zkey' })
    assert.ok(short.failed.includes('key: of these files') && short.failed.includes('key: not known'))
    assert.deepEqual((await audit({ 'vk-hash': keccak256('0x') })).failed, ['chain: key'])
    await world.done('circuit', 'export', 'sum.zkey', '--module', 'sum.wasm')
    const dev = world.bytes('sum.vk')
    dev[0] = (dev[0] as number) & ~1
    const marked = await audit({ 'vk-hash': keccak256(dev) })
    assert.deepEqual(marked.failed, ['chain: key'])
    assert.match(marked.checks.find(({ name }) => name === 'chain: key')?.detail ?? '', /for development/)
  })
})

describe('function deploy --ceremony', () => {
  const refusal = (replaced: Readonly<Record<string, string>>, module = 'sum.wasm'): string => {
    const options = {
      constraints: 'sum.r1cs',
      provingKey: 'sum.zkey',
      ceremony: 'ceremony.json',
      ...replaced,
    }
    const paths = Object.entries(options).map(([name, file]) => [name, world.at(file)])
    try {
      circuitFilesFrom(Object.fromEntries(paths), world.bytes(module))
      return ''
    } catch (error) {
      assert.ok(error instanceof InvalidInputError)
      return error.message
    }
  }

  it('marks a key by the transcript that is whole and of its files, and by no other [CER-11]', async () => {
    const { key } = circuitFilesFrom(
      {
        constraints: world.at('sum.r1cs'),
        provingKey: world.at('sum.zkey'),
        ceremony: world.at('ceremony.json'),
      },
      world.bytes('sum.wasm'),
    )
    assert.equal(key.isCeremony, true)
    const early = transcript('early.json', (json) => {
      json.end = null
    })
    const renamed = transcript('renamed.json', ({ contributions }) => {
      contributions[0].name = 'Mallory'
    })
    const late = transcript('announced.json', ({ beacon, start, contributions, end }) => {
      for (const step of [start, ...contributions]) step.time = end.time
      beacon.announcedAt = end.time
    })
    const signed = transcript('signed.json', ({ end }) => {
      end.signature = `0x${SIGNATURE_1001}`
    })
    const keyed = transcript('keyed.json', ({ end }) => {
      end.verificationKey = `0x${'00'.repeat(32)}`
    })
    await world.done('circuit', 'setup', 'sum.r1cs', '--dev', '--out', 'dev.zkey')
    for (const [replaced, words] of [
      [{ provingKey: 'dev.zkey' }, /nobody contributed/],
      [{ provingKey: 'sum-0.zkey' }, /never contributed to/],
      [{ provingKey: 'sum-2.zkey' }, /ends with a key of/],
      [{ provingKey: 'sum-2.zkey', ceremony: early }, /not been ended/],
      [{ ceremony: early }, /ends with a key of/],
      [{ constraints: 'product.r1cs' }, /about constraints/],
      [{ ceremony: renamed }, /«Mallory»/],
      [{ ceremony: late }, /announced only at/],
      [{ ceremony: signed }, /not quicknet's/],
      [{ ceremony: keyed }, /ends with key/],
    ] as const)
      assert.match(refusal(replaced), words)
    assert.match(refusal({}, 'product.wasm'), /about a calculator/)
  })
})

describe('circuit verify-setup against a chain', () => {
  const chain = deployed({ nodes: { epochSeconds: 60, unbondingPeriod: 120 } })

  it('passes everything of a function that has this key, and fails what the function has otherwise [CER-9] [CER-10]', async () => {
    const deploy = async (name: string, zkey: string, ...more: readonly string[]) => {
      const files = ['--constraints', world.at('sum.r1cs'), '--proving-key', world.at(zkey)]
      const args = ['function', 'deploy', world.at('sum.wasm'), ...files, '--name', name, ...more]
      // No node is there to keep its files.
      assert.equal((await chain().dikast(args, { account: 0 })).code, EXIT.network)
    }
    await deploy('sum', 'sum.zkey', '--ceremony', world.at('ceremony.json'))
    await deploy('sum-dev', 'sum.zkey')
    await deploy('sum-early', 'sum-2.zkey')
    const before = process.cwd()
    process.chdir(world.folder)
    try {
      const args =
        'circuit verify-setup --r1cs sum.r1cs --ptau powers.ptau --zkey sum.zkey --source sum.circom --module sum.wasm --transcript ceremony.json --ptau-hash'
      const common = [...args.split(' '), sha256Of(world.bytes('powers.ptau'))]
      const whole = await chain().dikast([...common, '--function', 'sum'])
      assert.equal(whole.code, EXIT.ok, whole.out)
      assert.match(whole.out, /all 20 checks passed/)
      assert.match(whole.out, /✔ chain: range of inputs +0x[0-9a-fA-F]{40} refuses each of 5 inputs at r/)
      for (const [name, words] of [
        ['sum-dev', /✘ chain: key .*for development\n[^✘]*1 of 20/],
        ['sum-early', /✘ chain: key [\s\S]*✘ chain: files .*proving key/],
      ] as const) {
        const other = await chain().dikast([...common, '--trust-powers', '--function', name])
        assert.equal(other.code, EXIT.no)
        assert.match(other.out, words)
      }
    } finally {
      process.chdir(before)
    }
  })
})

/** Where a section's content begins, in files of circom's tools. */
function sectionAt(file: Uint8Array, number: number): number {
  return sectionIn(file, number)[0]
}

function constraintsEnd(file: Uint8Array): number {
  return sectionIn(file, 2)[1]
}

function sectionIn(file: Uint8Array, number: number): readonly [number, number] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 12; at < file.length; ) {
    const length = Number(view.getBigUint64(at + 4, true))
    if (view.getUint32(at, true) === number) return [at + 12, at + 12 + length]
    at += 12 + length
  }
  throw new Error(`no section ${number}`)
}
