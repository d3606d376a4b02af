/**
 * A circuit to prove, compiled, with a development key: kept under node_modules/.cache/dikast-zk, or the folder DIKAST_ZK_CACHE names.
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileCircuit } from '../../scripts/circuits.ts'
import { devSetup } from '../../src/adapters/prover/dev-setup.ts'
import { readR1cs } from '../../src/adapters/prover/r1cs.ts'
import {
  CALCULATOR_NAMESPACE,
  type CalculatorExports,
  CalculatorHost,
  type CircuitInputs,
  calculateWitness,
} from '../../src/core/circuit/witness.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = process.env.DIKAST_ZK_CACHE ?? join(ROOT, 'node_modules', '.cache', 'dikast-zk')
const SEED = 'dikast bench'

export interface ProvableCircuit {
  readonly constraints: number
  /** Paths of files. */
  readonly calculator: string
  readonly provingKey: string
}

/** `source`: relative to the project, a file with a main component. */
export async function provableCircuit(source: string): Promise<ProvableCircuit> {
  const { r1cs, wasm } = await compileCircuit(source)
  const system = new Uint8Array(readFileSync(r1cs))
  mkdirSync(CACHE, { recursive: true })
  const provingKey = join(CACHE, `${createHash('sha256').update(system).digest('hex')}.zkey`)
  if (!existsSync(provingKey)) {
    const part = `${provingKey}.${process.pid}`
    writeFileSync(part, await devSetup(system, SEED))
    renameSync(part, provingKey)
  }
  return { constraints: readR1cs(system).constraints, calculator: wasm, provingKey }
}

/** Decimal numbers by the signal's name, as snarkjs reads them too. */
export function inputsFrom(file: string): CircuitInputs {
  const json = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, readonly string[]>>
  return Object.fromEntries(Object.entries(json).map(([name, values]) => [name, values.map(BigInt)]))
}

/** By the code the sandbox runs calculators with, without its metering. */
export function witnessOf(calculator: WebAssembly.Module, inputs: CircuitInputs): Uint8Array {
  const host = new CalculatorHost()
  const { exports } = new WebAssembly.Instance(calculator, { [CALCULATOR_NAMESPACE]: { ...host.imports } })
  // What circom 2 exports.
  const calculating = exports as unknown as CalculatorExports
  host.bind(calculating)
  return calculateWitness(calculating, inputs)
}
