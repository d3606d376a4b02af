/**
 * Makes `test/vectors/groth16.json`: keys and proofs of the circuits in `test/vectors/groth16`, by circom and snarkjs, which are
 * what the contracts and `src/crypto/groth16.ts` are held to. A proof is another each time it is made, and so is a key, so the
 * file is made once and kept; `test/crypto/groth16.test.ts` has snarkjs verify all of it.
 * Run: node scripts/proof-vectors.ts <prepared powers of tau>
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toHex } from '../src/crypto/bytes.ts'
import { encodeProof } from '../src/crypto/groth16.ts'
import { parseSnarkjsKey, parseSnarkjsProof } from '../src/crypto/groth16-json.ts'
import { encodeVerificationKey, verificationKeyHash } from '../src/crypto/groth16-key.ts'

interface Snarkjs {
  readonly zKey: {
    newZKey(r1cs: string, ptau: string, zkey: string): Promise<unknown>
    contribute(from: string, to: string, name: string, entropy: string): Promise<unknown>
    exportVerificationKey(zkey: string): Promise<unknown>
  }
  readonly groth16: {
    fullProve(
      inputs: Inputs,
      wasm: string,
      zkey: string,
    ): Promise<{ proof: unknown; publicSignals: string[] }>
  }
}

/** By a name the compiler does not follow: it ships no types. */
const NAME: string = 'snarkjs'
const snarkjs = (await import(NAME)) as Snarkjs

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'test', 'vectors', 'groth16')
const FILE = join(ROOT, 'test', 'vectors', 'groth16.json')

type Inputs = Readonly<Record<string, string | readonly string[]>>

interface Circuit {
  readonly name: string
  readonly outputs: number
  readonly isBound: boolean
  readonly inputs: readonly Inputs[]
}

const CIRCUITS: readonly Circuit[] = [
  // As many as the largest batch that is measured.
  {
    name: 'cube',
    outputs: 1,
    isBound: false,
    inputs: Array.from({ length: 64 }, (_, i) => ({ x: `${i + 3}` })),
  },
  {
    name: 'factors',
    outputs: 1,
    isBound: true,
    inputs: [
      { product: '391', p: '17', q: '23', binding: '123456789' },
      { product: '391', p: '1', q: '391', binding: '987654321' },
    ],
  },
  {
    name: 'sum',
    outputs: 1,
    isBound: false,
    inputs: [{ values: Array.from({ length: 79 }, (_, i) => `${i * i}`) }],
  },
]

async function make(circuit: Circuit, ptau: string, folder: string): Promise<object> {
  const { name, outputs, isBound } = circuit
  const source = join('test', 'vectors', 'groth16', `${name}.circom`)
  const args = [
    join('node_modules', 'circom2', 'cli.js'),
    source,
    '--r1cs',
    '--wasm',
    '--O2',
    '--prime',
    'bn128',
  ]
  // circom2 knows only files below its working folder.
  const out = join('out', 'proof-vectors')
  mkdirSync(join(ROOT, out), { recursive: true })
  execFileSync(process.execPath, [...args, '-o', out], { cwd: ROOT, stdio: 'inherit' })
  const r1cs = join(ROOT, out, `${name}.r1cs`)
  const wasm = join(ROOT, out, `${name}_js`, `${name}.wasm`)
  const before = join(folder, `${name}.0.zkey`)
  const zkey = join(folder, `${name}.zkey`)
  await snarkjs.zKey.newZKey(r1cs, ptau, before)
  await snarkjs.zKey.contribute(before, zkey, 'dikast vectors', `${Math.random()}${Date.now()}`)
  const snarkjsKey = await snarkjs.zKey.exportVerificationKey(zkey)
  const shape = { isCeremony: false, isBound, outputs }
  const key = parseSnarkjsKey(snarkjsKey, shape)
  // Nobody contributed to this one: it must be refused.
  const uncontributed = await snarkjs.zKey.exportVerificationKey(before)
  const proofs: object[] = []
  for (const inputs of circuit.inputs) {
    const { proof, publicSignals } = await snarkjs.groth16.fullProve(inputs, wasm, zkey)
    proofs.push({
      publicInputs: publicSignals,
      proof: toHex(encodeProof(parseSnarkjsProof(proof))),
      snarkjs: proof,
    })
  }
  return {
    ...shape,
    inputs: key.inputs,
    bytes: toHex(encodeVerificationKey(key)),
    hash: verificationKeyHash(key),
    snarkjs: snarkjsKey,
    uncontributed,
    proofs,
  }
}

const [ptau] = process.argv.slice(2)
if (ptau === undefined) throw new Error('usage: node scripts/proof-vectors.ts <prepared powers of tau>')
readFileSync(join(FOLDER, 'cube.circom'))
const folder = mkdtempSync(join(tmpdir(), 'dikast-vectors-'))
const made: Record<string, object> = {}
for (const circuit of CIRCUITS) made[circuit.name] = await make(circuit, ptau, folder)
writeFileSync(FILE, `${JSON.stringify(made, null, 1)}\n`)
rmSync(folder, { recursive: true })
// snarkjs's workers never end by themselves.
process.exit()
