/**
 * What it costs to check a Groth16 proof off chain: CPU of this process. `node test/bench/verify-proof.ts [--json]`. The sides take turns,
 * block by block; a figure is the median of a block's runs, the least of the blocks': what a host does to them it does for a while.
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

const RUNS = 15
const BLOCKS = 9
/** Not counted, of either side: the engine compiles what is used often, on threads that the process's CPU time includes. */
const WARM_UPS = 40
const WARM_MS_MAX = 30
const NAME: string = 'snarkjs'

type Check = () => Promise<boolean> | boolean

async function medianCpuMs(once: Check): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const before = process.cpuUsage()
    if (!(await once())) throw new Error('a proof of the vectors does not hold')
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return times.toSorted((a, b) => a - b)[RUNS >> 1] ?? Number.NaN
}

const snarkjs = (await import(NAME)) as Snarkjs
const [made] = vectors.cube.proofs
const checkOf = (name: 'cube' | 'sum'): Check => {
  const { key, publicInputs, proof } = proven(name)
  return () => verifyProof(key, publicInputs, proof).isValid
}
const theirs: Check = () =>
  snarkjs.groth16.verify(vectors.cube.snarkjs, made?.publicInputs ?? [], made?.snarkjs)
const sides: readonly (readonly [name: string, check: Check, bar: number | null])[] = [
  ['verify-warm-ms', checkOf('cube'), WARM_MS_MAX],
  ['verify-warm-80-inputs-ms', checkOf('sum'), null],
  ['verify-warm-snarkjs-ms', theirs, null],
]
for (const [, check] of sides) for (let i = 0; i < WARM_UPS; i++) await check()
const least = sides.map(() => Number.POSITIVE_INFINITY)
for (let block = 0; block < BLOCKS; block++)
  for (const [side, [, check]] of sides.entries())
    least[side] = Math.min(least[side] ?? Number.POSITIVE_INFINITY, await medianCpuMs(check))
const figures = sides.map(([name, , bar], side) => ({
  name,
  value: Math.round(10 * (least[side] ?? Number.NaN)) / 10,
  unit: 'ms' as const,
  bar,
}))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ figures })}\n`)
else
  for (const { name, value, bar } of figures)
    process.stdout.write(`${name.padEnd(30)}${value}  ${bar ?? ''}\n`)
// snarkjs's workers never end by themselves.
process.exit(figures.some(({ value, bar }) => bar !== null && value > bar) ? 1 : 0)
