/**
 * A circuit to prove, compiled, with a development key; both are kept.
 * @module
 */
import { readFileSync } from 'node:fs'
import { compileCircuit } from '../../scripts/circuits.ts'
import { developmentKey } from '../../scripts/development-key.ts'
import { readR1cs } from '../../src/adapters/prover/r1cs.ts'
import {
  CALCULATOR_NAMESPACE,
  type CalculatorExports,
  CalculatorHost,
  type CircuitInputs,
  calculateWitness,
} from '../../src/core/circuit/witness.ts'

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
  const provingKey = await developmentKey(system)
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
