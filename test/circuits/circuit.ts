/**
 * A circuit under test: compiled, with its calculator and its constraints.
 *
 * A test gives inputs by name and expects a witness that satisfies the constraints, or a refusal.
 * @module
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { CIRCUITS, compileCircuit } from '../../scripts/circuits.ts'
import { type CircuitManifest, readManifest } from '../../src/core/circuit/manifest.ts'
import {
  CALCULATOR_NAMESPACE,
  type CalculatorExports,
  CalculatorHost,
  type CircuitInputs,
  calculateWitness,
} from '../../src/core/circuit/witness.ts'
import { WitnessError } from '../../src/core/circuit/witness-error.ts'
import { FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { broken, type ConstraintSystem, freedom, Mutations, readR1cs, witnessElements } from './r1cs.ts'

export class TestedCircuit {
  readonly #module: WebAssembly.Module
  readonly system: ConstraintSystem
  readonly manifest: CircuitManifest

  /** Names of wires, without `main.`. */
  readonly #names: ReadonlyMap<number, string>

  constructor(wasm: Uint8Array, system: ConstraintSystem, symbols: string) {
    this.#module = new WebAssembly.Module(Uint8Array.from(wasm))
    this.manifest = readManifest(wasm)
    this.system = system
    this.#names = new Map(
      symbols.split('\n').map((line) => {
        const [, wire = '', , name = ''] = line.split(',')
        return [Number(wire), name.slice('main.'.length)]
      }),
    )
  }

  /** The witness, as the calculator has it: it need not satisfy the constraints. */
  witness(inputs: CircuitInputs): bigint[] {
    const host = new CalculatorHost()
    const { exports } = new WebAssembly.Instance(this.#module, {
      [CALCULATOR_NAMESPACE]: { ...host.imports },
    })
    const calculator = exports as unknown as CalculatorExports
    host.bind(calculator)
    return witnessElements(calculateWitness(calculator, inputs))
  }

  /** Accepts the inputs, and gives the public signals: outputs first. */
  accepts(inputs: CircuitInputs): readonly bigint[] {
    const witness = this.witness(inputs)
    assert.deepEqual(broken(this.system, witness), [])
    return witness.slice(1, 1 + this.system.publics)
  }

  /** Wires by what they are called. */
  wires(pattern: RegExp): readonly number[] {
    return [...this.#names].flatMap(([wire, name]) => (wire > 0 && pattern.test(name) ? [wire] : []))
  }

  /** How many directions the witness could move in with its inputs as they are: see `freedom`. */
  freedom(witness: readonly bigint[]): number {
    const names = new Set(this.manifest.inputs.map(({ name }) => name))
    const inputs = this.wires(/^\w+(\[\d+\])*$/).filter((wire) =>
      names.has(this.#names.get(wire)?.replace(/\[.*/, '') ?? ''),
    )
    return freedom(this.system, witness, new Set(inputs))
  }

  /** Names of wires that could have another value with all others as they are. The constant, wire 0, is the verifier's. */
  free(witness: readonly bigint[]): readonly string[] {
    const mutations = new Mutations(this.system, witness)
    return witness.flatMap((value, wire) =>
      wire > 0 && othersOf(value).some((other) => mutations.isAccepted(wire, other))
        ? [this.#names.get(wire) ?? `wire ${wire}`]
        : [],
    )
  }

  rejects(inputs: CircuitInputs, why?: RegExp): void {
    assert.throws(
      () => this.witness(inputs),
      (error) =>
        error instanceof WitnessError && error.reason === 'unsatisfied' && (why?.test(error.detail) ?? true),
    )
  }
}

/** Other values a wire is given: its neighbour, the other bit, its negative, and one far away. */
function othersOf(value: bigint): readonly bigint[] {
  return [value + 1n, 1n - value, FIELD_ORDER - value, value + (1n << 200n)].filter(
    (other) => (other - value) % FIELD_ORDER !== 0n,
  )
}

/** A circuit of the network or of an example by name, or a template's case from test/circuits/templates by path. */
export async function testedCircuit(name: string): Promise<TestedCircuit> {
  const source = name.endsWith('.circom') ? name : (CIRCUITS.get(name) ?? assert.fail(`no circuit ${name}`))
  const compiled = await compileCircuit(source)
  return new TestedCircuit(
    readFileSync(compiled.wasm),
    readR1cs(readFileSync(compiled.r1cs)),
    readFileSync(compiled.sym, 'utf8'),
  )
}
