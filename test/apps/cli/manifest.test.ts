/** A function's manifest, ours and Blockless's. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { DEPLOY_DEFAULTS, termsFrom } from '../../../src/apps/cli/function-spec.ts'
import { deployOptionsOf, findManifest, readManifest } from '../../../src/apps/cli/manifest.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-manifest-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

function folder(file: string, content: string): string {
  const path = mkdtempSync(join(scratch, 'f-'))
  writeFileSync(join(path, file), content)
  return path
}

const BUILD = '[build]\ncommand = "make"\nartifact = "build/x.wasm"\n'
const own = (keys: string, build = BUILD) => folder('dikast.toml', `${keys}\n${build}`)

describe('dikast.toml', () => {
  it('needs a name and a build; the rest is as `function deploy` has it', () => {
    const manifest = readManifest(own('name = "my-function"'))
    assert.deepEqual(manifest.build, { command: 'make', artifact: 'build/x.wasm' })
    const { name, ...rest } = deployOptionsOf(manifest)
    assert.equal(name, 'my-function')
    assert.deepEqual(rest, DEPLOY_DEFAULTS)
  })

  it('has every term of a function, which the registry would take', () => {
    const manifest = readManifest(
      own(`name = "my-function"
entry = "main"
runtime = "wasmer-1"
fuel = 2_000_000
memory = 65536
output = 32
committee = 21
window = 60
fee = "0.002"
royalty = "0.001"
fuel-price = 7`),
    )
    const terms = termsFrom(deployOptionsOf(manifest))
    assert.deepEqual(
      [terms.entry, terms.runtime, terms.fuelLimit, terms.memoryBytesMax, terms.outputBytesMax],
      ['main', 'wasmer-1', 2_000_000n, 65_536n, 32],
    )
    assert.deepEqual(
      [terms.committeeSize, terms.windowSeconds, terms.flatFeePerSeat, terms.royalty, terms.fuelPrice],
      [21, 60, 2n * 10n ** 15n, 10n ** 15n, 7n],
    )
  })

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['a key it does not know', 'name = "abc"\nfuell = 1', /dikast\.toml: fuell: is no key/],
    ['a missing name', '', /dikast\.toml: name: is missing/],
    ['a name that cannot be published', 'name = "-abc"', /name: is not 3 to 32/],
    ['a committee too small', 'name = "abc"\ncommittee = 3', /committee: is below 4/],
    ['fuel in no whole millions', 'name = "abc"\nfuel = 1000001', /fuel: is no whole number of millions/],
    ['an output above the bound', 'name = "abc"\noutput = 32769', /output: is above 32768/],
    ['a fee that is a number', 'name = "abc"\nfee = 0.1', /fee: is no text: write the amount in quotes/],
    ['a runtime there is not', 'name = "abc"\nruntime = "unmetered"', /runtime: is none of deterministic-1/],
    ['a permission that is none', 'name = "abc"\npermissions = ["everything"]', /permissions\.0: /],
    [
      'a permission without its capability',
      'name = "abc"\npermissions = ["https://a.example"]\ncapabilities = ["ipfs"]',
      /capabilities: http is missing/,
    ],
    [
      'a capability nothing needs',
      'name = "abc"\ncapabilities = ["http"]',
      /capabilities: http is there without/,
    ],
    ['text that is no TOML', 'name = ', /dikast\.toml: line 1, column \d+: /],
  ]
  for (const [name, keys, message] of wrong) {
    it(`is refused with ${name}, by file and key, with a way out`, () => {
      assert.throws(
        () => readManifest(own(keys)),
        (error: Error & { code?: string; fix?: string }) => {
          assert.equal(error.code, 'INVALID_INPUT')
          assert.match(error.message, message)
          assert.ok((error.fix ?? '').length > 3)
          return true
        },
      )
    })
  }

  it('names no artifact outside its folder', () => {
    for (const artifact of ['../x.wasm', '/x.wasm', 'a/../../x.wasm']) {
      const build = `[build]\ncommand = "x"\nartifact = ${JSON.stringify(artifact)}\n`
      assert.throws(() => readManifest(own('name = "abc"', build)), /build\.artifact: is not a path below/)
    }
  })

  it('is no larger than it needs to be', () => {
    const path = own(`name = "abc"\n# ${'x'.repeat(65_536)}`)
    assert.throws(() => readManifest(path), { code: 'LIMIT_EXCEEDED' })
  })

  it('is missed with a way to make one', () => {
    assert.equal(findManifest(scratch), undefined)
    assert.throws(() => readManifest(scratch), { code: 'INVALID_INPUT', message: /there is no dikast\.toml/ })
  })
})

describe('bls.toml', () => {
  const BLS = `name = "my-function"
type = "function"
version = "1.0.0"
content_type = "json"
[deployment]
nodes = 7
permissions = ["https://api.example.com"]
[build]
dir = "build"
entry = "debug.wasm"
command = "npm run build:debug"
[build_release]
dir = "build"
entry = "release.wasm"
command = "npm run build:release"
`
  it('is read where there is no dikast.toml: the release build, its nodes and permissions', () => {
    const manifest = readManifest(folder('bls.toml', BLS))
    assert.deepEqual(manifest.build, { command: 'npm run build:release', artifact: 'build/release.wasm' })
    assert.deepEqual([manifest.name, manifest.committee], ['my-function', 7])
    assert.deepEqual(manifest.permissions, ['https://api.example.com'])
  })

  it('builds as it debugs when it has no release', () => {
    const manifest = readManifest(folder('bls.toml', BLS.slice(0, BLS.indexOf('[build_release]'))))
    assert.deepEqual(manifest.build, { command: 'npm run build:debug', artifact: 'build/debug.wasm' })
  })

  it('gives way to dikast.toml', () => {
    const path = folder('bls.toml', BLS)
    writeFileSync(join(path, 'dikast.toml'), `name = "other"\n${BUILD}`)
    assert.equal(readManifest(path).name, 'other')
  })

  it('is refused where it asks for what there is not', () => {
    const few = BLS.replace('nodes = 7', 'nodes = 1')
    assert.throws(() => readManifest(folder('bls.toml', few)), /bls\.toml: deployment\.nodes: is below 4/)
    const none = BLS.slice(0, BLS.indexOf('[build]'))
    assert.throws(() => readManifest(folder('bls.toml', none)), /bls\.toml: build_release: is missing/)
  })
})
