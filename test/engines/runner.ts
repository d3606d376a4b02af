/**
 * Runs in each engine, bundled to one file: makes the modules of so many seeds, meters and runs them, and prints what each left
 * behind, a line each. Or runs a program that is given as a file, or a circuit's witness calculator.
 *
 *   engine runner.mjs seeds FIRST COUNT
 *   engine runner.mjs program FILE
 *   engine runner.mjs witness CIRCUIT FILE
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { meterModule } from '../../src/core/wasm/meter.ts'
import { generate } from '../fixtures/wasm/generate.ts'
import { METER_OPTIONS } from '../fixtures/wasm/metered.ts'
import { outcomeOf } from '../fixtures/wasm/outcome.ts'
import { randomOf } from '../fixtures/wasm/random.ts'
import { runProgram } from './program.ts'
import { trapKind } from './trap-kind.ts'
import { witnessHash } from './witness.ts'

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function lineOf(seed: number): string {
  const metered = Uint8Array.from(meterModule(generate(randomOf(seed), 'free'), METER_OPTIONS))
  const { trap, ...rest } = outcomeOf(metered, seed)
  const kind = trap === undefined ? undefined : trapKind(trap)
  return JSON.stringify({ seed, metered: hashOf(metered), trap: kind, ...rest })
}

const [what, ...args] = process.argv.slice(2)
if (what === 'seeds') {
  const [first = 0, count = 0] = args.map(Number)
  for (let seed = first; seed < first + count; seed++) process.stdout.write(`${lineOf(seed)}\n`)
} else {
  const file = new Uint8Array(readFileSync(args.at(-1) ?? ''))
  const outcome = what === 'witness' ? witnessHash(args[0] ?? '', file) : runProgram(file)
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
}
