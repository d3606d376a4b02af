/**
 * What a proof costs, against snarkjs with the same key and inputs: processor time of the process and all its threads, witness
 * included. `npm run bench:prove -- [--json] [--committee] [--circuit name source.circom inputs.json]…`
 *
 * Warm: each side is a process that was started once; they prove in turns. Cold: a process is started for each proof, reads the
 * key, proves, and ends. A ratio is the median over the rounds of snarkjs's time over ours. Exits with 1 when one misses its bar.
 *
 * Without options it measures chains of hashes and curve multiples (circuits/chain.circom); `--committee` the median of 15 and of 30
 * members. Inputs are lists of decimal numbers by name, sources relative to the project.
 * @module
 */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePrograms } from '../../scripts/programs.ts'
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { committeeProofInputs } from '../../src/crypto/committee-proof.ts'
import { observations } from '../circuits/committee.ts'
import { type ProvableCircuit, provableCircuit } from './prove-circuit.ts'
import type { Spent } from './prove-side.ts'

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'ratio' | 'ms'
  readonly bar: number | null
  readonly better: 'lower' | 'higher'
}

interface Measured {
  readonly name: string
  readonly source: string
  readonly inputs: string
  readonly bar: number | null
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
/** The first of each side compiles code and is not counted. */
const ROUNDS = 7
const COLD_ROUNDS = 5
const WARM_BAR = 1.6
const COLD_BAR = 2
/** Prints what the process has used when it ends, whoever wrote it. */
const COUNTING = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write('\\ncpu ' + JSON.stringify(process.cpuUsage())))",
)}`

const work = mkdtempSync(join(tmpdir(), 'dikast-bench-'))
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function warm({ name, source, inputs, bar }: Measured): Promise<readonly Figure[]> {
  const circuit = await provableCircuit(source)
  const sides = ['kernel', 'snarkjs'].map((engine) =>
    fork(here('prove-side.ts'), [engine, inputs, circuit.calculator, circuit.provingKey], { execArgv: [] }),
  )
  try {
    for (const side of sides) await once(side, 'message')
    const rounds: (readonly [Spent, Spent])[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const spent: Spent[] = []
      for (const side of sides) {
        side.send('prove')
        const [answer] = (await once(side, 'message')) as [Spent]
        spent.push(answer)
      }
      if (round > 0) rounds.push(spent as unknown as readonly [Spent, Spent])
    }
    note(`${name}: ${circuit.constraints} constraints`)
    return figuresOf(name, rounds, bar)
  } finally {
    for (const side of sides) side.disconnect()
  }
}

function figuresOf(
  name: string,
  rounds: readonly (readonly [Spent, Spent])[],
  bar: number | null,
): readonly Figure[] {
  const ratio = median(rounds.map(([ours, theirs]) => theirs.cpuMs / ours.cpuMs))
  const shown = (label: string, pick: (spent: readonly [Spent, Spent]) => number): Figure => ({
    name: `${name}, ${label}`,
    value: median(rounds.map(pick)),
    unit: 'ms',
    bar: null,
    better: 'lower',
  })
  return [
    { name, value: ratio, unit: 'ratio', bar, better: 'higher' },
    shown('ours, processor', ([ours]) => ours.cpuMs),
    shown('snarkjs, processor', ([, theirs]) => theirs.cpuMs),
    shown('ours, by the clock', ([ours]) => ours.wallMs),
    shown('snarkjs, by the clock', ([, theirs]) => theirs.wallMs),
  ]
}

async function cold({ source, inputs }: Measured): Promise<readonly Figure[]> {
  const circuit = await provableCircuit(source)
  const folder = join(work, 'programs')
  await bundlePrograms(folder, { 'prove-once': here('prove-once.ts') })
  const { calculator, provingKey }: ProvableCircuit = circuit
  const snarkjs = join(dirname(createRequire(import.meta.url).resolve('snarkjs')), 'cli.cjs')
  const commands = [
    [join(folder, 'prove-once.js'), inputs, calculator, provingKey, join(work, 'proof.bin')],
    [
      snarkjs,
      'groth16',
      'fullprove',
      inputs,
      calculator,
      provingKey,
      join(work, 'proof.json'),
      join(work, 'public.json'),
    ],
  ]
  const rounds: (readonly [Spent, Spent])[] = []
  for (let round = 0; round < COLD_ROUNDS; round++) {
    const spent: Spent[] = []
    for (const command of commands) spent.push(await runOnce(command))
    rounds.push(spent as unknown as readonly [Spent, Spent])
  }
  for (const file of ['proof.bin', 'proof.json'])
    if (!existsSync(join(work, file))) throw new Error(`no ${file} came`)
  return figuresOf('cold-prove-vs-snarkjs', rounds, COLD_BAR)
}

async function runOnce(command: readonly string[]): Promise<Spent> {
  const started = performance.now()
  const child = spawn(process.execPath, ['--import', COUNTING, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const [status] = (await once(child, 'close')) as [number | null]
  const wallMs = performance.now() - started
  const told = /^cpu (\{.*\})$/m.exec(text)?.[1]
  if (status !== 0 || told === undefined)
    throw new Error(`${command[0]} ended with ${status}: ${text.slice(-300)}`)
  const { user, system } = JSON.parse(told) as NodeJS.CpuUsage
  return { cpuMs: (user + system) / 1000, wallMs }
}

function note(line: string): void {
  if (!process.argv.includes('--json')) process.stdout.write(`${line}\n`)
}

function measured(): readonly Measured[] {
  const named: Measured[] = []
  const args = process.argv.slice(2)
  for (const [i, argument] of args.entries()) {
    if (argument !== '--circuit') continue
    const [name, source, inputs] = args.slice(i + 1, i + 4)
    if (name === undefined || source === undefined || inputs === undefined)
      throw new Error('--circuit wants a name, a source and a file of inputs')
    named.push({ name, source, inputs, bar: WARM_BAR })
  }
  if (args.includes('--committee')) for (const size of [15, 30]) named.push(committee(size))
  if (named.length > 0) return named
  const inputs = inputsFile('chain', { seed: [7n], salt: [11n] })
  const chain = (steps: number) => `test/bench/circuits/chain-${steps}.circom`
  return [
    { name: 'prove-vs-snarkjs-9k', source: chain(5), inputs, bar: WARM_BAR },
    { name: 'prove-vs-snarkjs-30k', source: chain(17), inputs, bar: WARM_BAR },
  ]
}

/** All members but one observed something. */
function committee(size: number): Measured {
  const values = Array.from({ length: size }, (_, i) => (i === 1 ? undefined : BigInt(1_000 + 37 * i)))
  const { inputs } = committeeProofInputs(observations(values))
  return {
    name: `prove-committee-${size}-vs-snarkjs`,
    source: `circuits/main/committee-median-${size}.circom`,
    inputs: inputsFile(`committee-${size}`, inputs),
    bar: WARM_BAR,
  }
}

function inputsFile(name: string, inputs: CircuitInputs): string {
  const file = join(work, `${name}.json`)
  const decimal = Object.entries(inputs).map(([key, values]) => [key, values.map(String)])
  writeFileSync(file, JSON.stringify(Object.fromEntries(decimal)))
  return file
}

try {
  const figures: Figure[] = []
  const report = (more: readonly Figure[]) => {
    figures.push(...more)
    for (const { name, value, unit, bar } of more)
      note(
        `${name.padEnd(48)}${value.toFixed(unit === 'ratio' ? 2 : 0).padStart(8)} ${unit}${bar === null ? '' : `, at least ${bar}`}`,
      )
  }
  const circuits = measured()
  for (const each of circuits) report(await warm(each))
  const [first] = circuits
  if (first?.name === 'prove-vs-snarkjs-9k') report(await cold(first))
  const passes = ({ value, bar }: Figure) => bar === null || value >= bar
  if (process.argv.includes('--json')) {
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', node: process.version }
    process.stdout.write(`${JSON.stringify({ machine, figures }, null, 2)}\n`)
  }
  for (const { name, value, bar } of figures.filter((figure) => !passes(figure)))
    process.stderr.write(`error: ${name} is ${value.toFixed(2)}, below ${bar}\n`)
  process.exitCode = figures.every(passes) ? 0 : 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
