/**
 * Random modules, and a program of floats, metered, and circuits' witnesses, on several engines: results, traps by kind, memory, globals, fuel and the metered bytes themselves
 * must be the same on each.
 *
 *   npm run fuzz:engines -- [--seeds N] [--from S] [--engines FOLDER] [--json]
 *
 * Engines come from npm (about 300 MB) into a temporary folder, or stay in the folder named. One that cannot be had is
 * skipped by name. Exits with 1 when anything differs, and with 2 when there is no engine but V8.
 * @module
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CIRCUITS, compileCircuit } from '../../scripts/circuits.ts'
import { bundleRunner, type Engine, engines, PINNED } from './engines.ts'
import { WITNESSED } from './witness.ts'

/** Compiled from C: floats by every road. */
const PROGRAM = fileURLToPath(new URL('../fixtures/wasm/floats/floats.wasm', import.meta.url))
const SHOWN_MAX = 5

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    engines: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

interface Compared {
  readonly engine: string
  /** Seeds, the program and the witnesses. */
  readonly runs: number
  /** Of outcomes that differ from the pinned Node's. */
  readonly different: readonly { readonly expected: string; readonly actual: string }[]
}

async function linesOf({ name, command }: Engine, runner: string): Promise<readonly string[]> {
  const seeds = await outputOf(name, [...command, runner, 'seeds', values.from, values.seeds])
  if (seeds.length !== Number(values.seeds)) throw new Error(`${name} ran ${seeds.length} of ${values.seeds}`)
  const lines = [...seeds, ...(await outputOf(name, [...command, runner, 'program', PROGRAM]))]
  for (const circuit of WITNESSED.keys()) {
    const { wasm } = await compileCircuit(CIRCUITS.get(circuit) ?? '')
    lines.push(...(await outputOf(name, [...command, runner, 'witness', circuit, wasm])))
  }
  return lines
}

async function outputOf(name: string, [executable = '', ...args]: readonly string[]): Promise<string[]> {
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  if (status !== 0) throw new Error(`${name} ended with ${status}`)
  return text.trimEnd().split('\n')
}

async function compare(folder: string): Promise<readonly Compared[]> {
  const runner = await bundleRunner(folder)
  const all = engines(values.engines ?? folder, (name, why) =>
    process.stderr.write(`skipped ${name}: ${why}\n`),
  )
  const expected = await linesOf(PINNED, runner)
  const compared: Compared[] = []
  for (const engine of all) {
    const lines = await linesOf(engine, runner)
    const different = lines.flatMap((actual, i) =>
      actual === expected[i] ? [] : [{ expected: expected[i] ?? '', actual }],
    )
    compared.push({ engine: engine.name, runs: lines.length, different })
    if (!values.json) print(compared.at(-1))
  }
  return compared
}

function print(one: Compared | undefined): void {
  if (one === undefined) return
  process.stdout.write(`${one.engine.padEnd(24)}${one.runs} runs, ${one.different.length} different\n`)
  for (const { expected, actual } of one.different.slice(0, SHOWN_MAX))
    process.stdout.write(`  expected ${expected}\n  actual   ${actual}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'dikast-engines-'))
try {
  if (values.engines === undefined)
    process.stderr.write(`loading engines from npm into ${folder}, about 300 MB\n`)
  const compared = await compare(folder)
  if (values.json) process.stdout.write(`${JSON.stringify(compared)}\n`)
  const isOnlyV8 = !compared.some(({ engine }) => engine === 'bun')
  process.exitCode = compared.some(({ different }) => different.length > 0) ? 1 : isOnlyV8 ? 2 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
