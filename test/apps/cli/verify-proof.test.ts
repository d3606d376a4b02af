import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { vectors } from '../../crypto/groth16-vectors.ts'
import { snarkjsVerifies } from '../../crypto/snarkjs.ts'
import { ROOT, runHere, runProcess } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-proof-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

interface Files {
  readonly vk: unknown
  readonly proof: unknown
  readonly public: unknown
}

interface ThirdParty {
  readonly package: string
  readonly key: unknown
  readonly proof: unknown
  readonly publicInputs: readonly string[]
}

const thirdParty = JSON.parse(
  readFileSync(join(ROOT, 'test', 'vectors', 'groth16-third-party.json'), 'utf8'),
) as Readonly<Record<string, ThirdParty>>

function filesOf(name: keyof typeof vectors): Files {
  const { snarkjs, proofs } = vectors[name]
  return { vk: snarkjs, proof: proofs[0]?.snarkjs, public: proofs[0]?.publicInputs }
}

/** The command's words for these files. A string is written as it is. */
function wordsFor(files: Files): readonly string[] {
  const words = Object.entries(files).flatMap(([name, value]) => {
    const file = join(scratch, `${name}.json`)
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    return [`--${name}`, file]
  })
  return ['verify-proof', ...words]
}

async function verdictOf(files: Files) {
  const { code, out } = await runHere([...wordsFor(files), '--json'])
  const { isValid, reason } = JSON.parse(out) as { isValid: boolean; reason?: string }
  assert.equal(code, isValid ? EXIT.ok : EXIT.no)
  return { isValid, reason: reason ?? '' }
}

describe('dikast verify-proof', () => {
  it('[ZKP-15] says that a proof of snarkjs holds, of 2 public inputs or of 80', async () => {
    for (const name of ['cube', 'factors', 'sum'] as const) {
      const { code, out } = await runHere(wordsFor(filesOf(name)))
      assert.deepEqual([code, out], [EXIT.ok, 'the proof holds\n'])
    }
    assert.equal((filesOf('sum').public as readonly string[]).length, 80)
  })

  for (const [name, { package: source, key, proof, publicInputs }] of Object.entries(thirdParty))
    it(`[ZKP-15] says of a proof under a key of ${source} what snarkjs says`, async () => {
      assert(await snarkjsVerifies(key, publicInputs, proof), name)
      assert.deepEqual(await verdictOf({ vk: key, proof, public: publicInputs }), {
        isValid: true,
        reason: '',
      })
      for (const place of publicInputs.keys()) {
        const others = publicInputs.map((value, i) => (i === place ? `${BigInt(value) ^ 1n}` : value))
        assert.equal((await verdictOf({ vk: key, proof, public: others })).reason, 'pairing false')
      }
    })

  it('[ZKP-15] names the reason when it does not hold or is no proof, and ends with 1', async () => {
    const files = filesOf('cube')
    const [output, input] = files.public as readonly [string, string]
    const proof = files.proof as { readonly pi_a: readonly string[] }
    const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
    for (const [changed, reason] of [
      [{ public: [input, output] }, /^pairing false$/],
      [{ public: [`${BigInt(output) + r}`, input] }, /^input out of range$/],
      [{ public: [output] }, /^wrong length$/],
      [{ public: [output, input, '0'] }, /^wrong length$/],
      [{ public: [Number(output), input] }, /^public\[0\]: is not a decimal number/],
      [{ proof: { ...proof, pi_a: [proof.pi_a[0], '1', '1'] } }, /^proof\.pi_a: point not on curve$/],
      [{ proof: { ...proof, pi_a: ['0', '1', '0'] } }, /^proof\.pi_a\[2\]: is not 1/],
      [{ proof: {} }, /^proof\.protocol: is not groth16$/],
      [{ proof: '{' }, /^proof: is not JSON$/],
      [{ vk: vectors.cube.uncontributed }, /^key\.delta: was never contributed to/],
      [{ vk: vectors.sum.snarkjs }, /^wrong length$/],
      [{ vk: [] }, /^key: is not an object$/],
    ] as const) {
      const { isValid, reason: told } = await verdictOf({ ...files, ...changed })
      assert.equal(isValid, false)
      assert.match(told, reason)
    }
  })

  it('says which file it cannot read, or is too large, as what is wrong with the command line', async () => {
    const words = wordsFor(filesOf('cube'))
    const missing = words.map((word) => (word.endsWith('proof.json') ? join(scratch, 'none') : word))
    const { code, err } = await runHere(missing)
    assert.equal(code, EXIT.usage)
    assert.match(err, /--proof: .*none cannot be read/)
    const large = wordsFor({ ...filesOf('cube'), vk: ' '.repeat((1 << 20) + 1) })
    assert.equal((await runHere(large)).code, EXIT.usage)
  })

  it('loads neither the chain nor the network to do so', async () => {
    const list = join(scratch, 'loaded')
    const { code } = await runProcess(wordsFor(filesOf('cube')), {
      nodeFlags: ['--import', join(ROOT, 'test', 'apps', 'cli', 'support', 'loaded.ts')],
      env: { LOADED_MODULES: list },
    })
    assert.equal(code, EXIT.ok)
    const loaded = readFileSync(list, 'utf8').split('\n')
    assert.deepEqual(
      loaded.filter((url) => /viem|libp2p|zod|pino|pglite|snarkjs|adapters/.test(url)),
      [],
    )
    assert(loaded.some((url) => url.includes('bn254')))
  })
})
