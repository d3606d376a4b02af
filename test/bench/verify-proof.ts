/**
 * What it costs to check a Groth16 proof off chain: CPU of this process, medians. `node test/bench/verify-proof.ts [--json]`.
 *
 * `warm`: the key's own parts are ready, as in a node that sees proofs of one function. Beside it snarkjs, in the same run.
 * Exits with 1 when a figure misses its bar.
 * @module
 */
import { verifyProof } from '../../src/crypto/groth16.ts'
import { proven, vectors } from '../crypto/groth16-vectors.ts'

interface Snarkjs {
  readonly groth16: {
    verify(key: unknown, publicInputs: readonly string[], proof: unknown): Promise<boolean>
  }
}

const RUNS = 41
/** Not counted, of either side: the engine compiles what is used often, on threads that the process's CPU time includes. */
const WARM_UPS = 40
const WARM_MS_MAX = 30
const NAME: string = 'snarkjs'

async function medianCpuMs(once: () => Promise<boolean> | boolean): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < WARM_UPS; i++) await once()
  for (let i = 0; i < RUNS; i++) {
    const before = process.cpuUsage()
    if (!(await once())) throw new Error('a proof of the vectors does not hold')
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  const [median = Number.NaN] = times.toSorted((a, b) => a - b).slice(RUNS >> 1)
  return Math.round(10 * median) / 10
}

const figures: { name: string; value: number; unit: 'ms'; bar: number | null }[] = []
for (const [name, bar] of [
  ['cube', WARM_MS_MAX],
  ['sum', null],
] as const) {
  const { key, publicInputs, proof } = proven(name)
  const value = await medianCpuMs(() => verifyProof(key, publicInputs, proof).isValid)
  const label = name === 'cube' ? 'verify-warm-ms' : `verify-warm-${publicInputs.length}-inputs-ms`
  figures.push({ name: label, value, unit: 'ms', bar })
}
const snarkjs = (await import(NAME)) as Snarkjs
const [made] = vectors.cube.proofs
const theirs = await medianCpuMs(() =>
  snarkjs.groth16.verify(vectors.cube.snarkjs, made?.publicInputs ?? [], made?.snarkjs),
)
figures.push({ name: 'verify-warm-snarkjs-ms', value: theirs, unit: 'ms', bar: null })
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ figures })}\n`)
else
  for (const { name, value, bar } of figures)
    process.stdout.write(`${name.padEnd(30)}${value}  ${bar ?? ''}\n`)
// snarkjs's workers never end by themselves.
process.exit(figures.some(({ value, bar }) => bar !== null && value > bar) ? 1 : 0)
