/** From a circuit's source to a proof that holds, by the command line. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { runCalculator } from '../../../src/adapters/circuit/calculator.ts'
import { InProcessProver } from '../../../src/adapters/prover/in-process.ts'
import { verificationKeyOf } from '../../../src/adapters/prover/verification-key.ts'
import { constraintCounts } from '../../../src/apps/cli/circuit-compile.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { main } from '../../../src/apps/cli/main.ts'
import { hasBinding, readManifest } from '../../../src/core/circuit/manifest.ts'
import { verifyProof } from '../../../src/crypto/groth16.ts'
import { sha256Hex } from '../../../src/crypto/hash.ts'

const SOURCE = `pragma circom 2.2.3;
include "helpers/square.circom";
template Sum(n) {
    signal input amounts[n];
    signal input binding;
    signal input secret;
    signal output total;
    signal bound <== Square()(binding);
    signal root <== Square()(secret);
    var sum = root;
    for (var i = 0; i < n; i++) sum += amounts[i];
    total <== sum;
}
component main {public [amounts, binding]} = Sum(3);
`
const HELPER = `pragma circom 2.2.3;
template Square() {
    signal input in;
    signal output out <== in * in;
}
`

const folder = mkdtempSync(join(tmpdir(), 'dikast-circuit-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'helpers'))
writeFileSync(join(folder, 'sum.circom'), SOURCE)
writeFileSync(join(folder, 'helpers', 'square.circom'), HELPER)

/** As in that folder: paths end there. */
async function dikast(...args: readonly string[]) {
  const before = process.cwd()
  const written = { out: '', err: '' }
  const into = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text
      return true
    },
  })
  process.chdir(folder)
  try {
    const code = await main(args, { out: into('out'), err: into('err') } as never)
    return { code, ...written }
  } finally {
    process.chdir(before)
  }
}

describe('dikast circuit', () => {
  it('compiles what a circuit includes, makes a key, and what is proved with them holds [CIR-1] [CIR-3]', async () => {
    const compiled = await dikast('circuit', 'compile', 'sum.circom', '--out', 'build', '--json')
    assert.equal(compiled.code, EXIT.ok, compiled.err)
    const told = JSON.parse(compiled.out)
    const module = new Uint8Array(readFileSync(join(folder, 'build', 'sum.wasm')))
    assert.equal(told.digests.module, sha256Hex(module))
    assert.deepEqual(
      readManifest(module).inputs.map(({ name, size, isPublic }) => [name, size, isPublic]),
      [
        ['amounts', 3, true],
        ['binding', 1, true],
        ['secret', 1, false],
      ],
    )
    assert.ok(hasBinding(readManifest(module)))

    const made = await dikast('circuit', 'setup', 'build/sum.r1cs', '--dev', '--seed', 'a', '--json')
    assert.equal(made.code, EXIT.ok, made.err)
    const zkey = new Uint8Array(readFileSync(join(folder, 'build', 'sum.zkey')))
    assert.equal(JSON.parse(made.out).provingKey, sha256Hex(zkey))
    assert.equal(JSON.parse(made.out).kind, 'dev')

    const inputs = { amounts: [1n, 2n, 3n], binding: [9n], secret: [5n] }
    const witness = await runCalculator(module, inputs)
    const prover = new InProcessProver({ engine: 'kernel', threads: 1, keyBytesMax: 2 ** 28 })
    try {
      const provingKey = { hash: sha256Hex(zkey), read: async () => zkey }
      const { proof, publicSignals } = await prover.prove({ provingKey, witness })
      assert.deepEqual(publicSignals, [31n, 1n, 2n, 3n, 9n])
      const key = verificationKeyOf(zkey, { isCeremony: false, isBound: true, outputs: 1 })
      assert.equal(key.inputs, 3)
      assert.deepEqual(verifyProof(key, publicSignals, proof), { isValid: true })
      assert.equal(verifyProof(key, [32n, ...publicSignals.slice(1)], proof).isValid, false)
    } finally {
      await prover.close()
    }
  })

  it('makes a key for the circuit of docs/circuits.md, of whose private inputs the compiler leaves one without a wire', async () => {
    const page = readFileSync(new URL('../../../docs/circuits.md', import.meta.url), 'utf8')
    const [, source = ''] = /^```circom\n([\s\S]*?)^```/m.exec(page) ?? []
    assert.match(source, /template Product\(\)/)
    writeFileSync(join(folder, 'product.circom'), source)
    assert.equal((await dikast('circuit', 'compile', 'product.circom', '--out', 'build')).code, EXIT.ok)
    const file = (ending: string) => new Uint8Array(readFileSync(join(folder, 'build', `product.${ending}`)))
    const { wires, publicOutputs, publicInputs, privateInputs } = constraintCounts(file('r1cs'))
    assert.ok(1 + publicOutputs + publicInputs + privateInputs > wires)
    const made = await dikast('circuit', 'setup', 'build/product.r1cs', '--dev')
    assert.equal(made.code, EXIT.ok, made.err)

    const zkey = file('zkey')
    const witness = await runCalculator(file('wasm'), { target: [6n], left: [2n], right: [3n] })
    const prover = new InProcessProver({ engine: 'kernel', threads: 1, keyBytesMax: 2 ** 28 })
    try {
      const provingKey = { hash: sha256Hex(zkey), read: async () => zkey }
      const { proof, publicSignals } = await prover.prove({ provingKey, witness })
      assert.deepEqual(publicSignals, [5n, 6n])
      const key = verificationKeyOf(zkey, { isCeremony: false, isBound: false, outputs: 1 })
      assert.deepEqual(verifyProof(key, publicSignals, proof), { isValid: true })
      assert.equal(verifyProof(key, [6n, 6n], proof).isValid, false)
    } finally {
      await prover.close()
    }
  })

  it('is told at its deployment when its proofs bind nobody, and that a manifest beside it is of a module', async () => {
    const open = SOURCE.replace('    signal input binding;\n', '')
      .replace('    signal bound <== Square()(binding);\n', '')
      .replace('amounts, binding', 'amounts')
    writeFileSync(join(folder, 'open.circom'), open)
    for (const [name, isBound] of [
      ['sum', true],
      ['open', false],
    ] as const) {
      assert.equal((await dikast('circuit', 'compile', `${name}.circom`, '--out', 'build')).code, EXIT.ok)
      const key = `build/${name}-deployed.zkey`
      assert.equal(
        (await dikast('circuit', 'setup', `build/${name}.r1cs`, '--dev', '--out', key)).code,
        EXIT.ok,
      )
      writeFileSync(
        join(folder, 'dikast.toml'),
        'name = "observed"\ncommittee = 7\n[build]\ncommand = "true"\nartifact = "build/observed.wasm"\n',
      )
      const files = ['--constraints', `build/${name}.r1cs`, '--proving-key', key]
      const deployed = await dikast('function', 'deploy', `build/${name}.wasm`, ...files)
      rmSync(join(folder, 'dikast.toml'))
      // There is no network here, and all this is said before.
      assert.equal(deployed.code, EXIT.usage, deployed.err)
      assert.match(deployed.err, /a circuit takes no terms from .*dikast\.toml/)
      assert.doesNotMatch(deployed.err, /defaults from|--committee/)
      assert.equal(/no binding/.test(deployed.err), !isBound)
    }
  })

  it('writes no key over another: that may be one nobody can make again', async () => {
    const kept = 'a key of a ceremony'
    writeFileSync(join(folder, 'kept.zkey'), kept)
    writeFileSync(join(folder, 'kept.r1cs'), readFileSync(join(folder, 'build', 'sum.r1cs')))
    for (const args of [['kept.r1cs'], ['build/sum.r1cs', '--out', 'kept.zkey']]) {
      const { code, err } = await dikast('circuit', 'setup', ...args, '--dev')
      assert.equal(code, EXIT.usage)
      assert.match(err, /kept\.zkey is there already[\s\S]*name another file/)
    }
    assert.equal(readFileSync(join(folder, 'kept.zkey'), 'utf8'), kept)
  })

  it('names the argument when a file is of another kind, and says that it is the caller’s', async () => {
    writeFileSync(join(folder, 'empty'), '')
    const [key, module] = ['build/product.zkey', 'build/product.wasm']
    for (const [args, words] of [
      [
        ['circuit', 'export', 'build/sum.r1cs', '--module', module],
        /key: build\/sum\.r1cs is no whole proving key/,
      ],
      [['circuit', 'export', module, '--module', module], /key: build\/product\.wasm is no whole/],
      [['circuit', 'export', 'empty', '--module', module], /key: empty is no whole/],
      [['circuit', 'export', 'build', '--module', module], /key: build cannot be read/],
      [['circuit', 'export', key, '--module', key], /--module: build\/product\.zkey/],
      [['circuit', 'export', key, '--module', 'empty'], /--module: empty/],
      [
        ['circuit', 'export', key, '--module', 'build/sum.wasm'],
        /--module: build\/sum\.wasm has 1 outputs and 4 public inputs, the key 2/,
      ],
      [
        ['circuit', 'contribute', 'build/sum.r1cs', 'to.zkey', '--name', 'A'],
        /key: build\/sum\.r1cs is no whole/,
      ],
      [['circuit', 'beacon', 'build/sum.r1cs', 'to.zkey'], /key: build\/sum\.r1cs is no whole/],
      [['circuit', 'setup', key, '--dev', '--out', 'to.zkey'], /constraints|r1cs/],
    ] as const) {
      const { code, err } = await dikast(...args)
      assert.equal(code, EXIT.usage, `${args.join(' ')}\n${err}`)
      assert.match(err, words)
    }
  })

  it('says what is wrong: no circuit, what does not compile, what lies outside, what is no key to be made', async () => {
    writeFileSync(
      join(folder, 'wrong.circom'),
      'pragma circom 2.2.3;\ntemplate T() { signal input a; a <== }\n',
    )
    writeFileSync(join(folder, 'outside.circom'), 'include "../../etc/passwd";\n')
    for (const [args, words] of [
      [['circuit', 'compile', 'sum.txt'], /no \.circom file/],
      [['circuit', 'compile', 'none.circom'], /cannot be read/],
      [['circuit', 'compile', 'wrong.circom'], /does not compile[\s\S]*wrong\.circom/],
      [['circuit', 'compile', 'outside.circom'], /outside|cannot be read/],
      [['circuit', 'setup', 'build/sum.r1cs'], /--dev/],
      [['circuit', 'setup', 'sum.circom', '--dev'], /no whole \.r1cs/],
      [['circuit', 'setup', 'none.r1cs', '--dev'], /cannot be read/],
    ] as const) {
      const { code, err } = await dikast(...args)
      assert.equal(code, EXIT.usage, args.join(' '))
      assert.match(err, words)
    }
  })
})
