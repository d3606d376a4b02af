/**
 * Reads a rank-1 constraint system as circom writes it, and says which constraints a witness breaks: (a · w)(b · w) = c · w.
 *
 * The tests' own, so that a constraint lost by the compiler, the prover's reader or a template is noticed by something else.
 * @module
 */

import { elementAt } from '../../src/core/circuit/witness.ts'
import { FIELD_ORDER, ScalarField } from '../../src/crypto/scalar-field.ts'

type Term = readonly [wire: number, coefficient: bigint]
export type Constraint = readonly [a: readonly Term[], b: readonly Term[], c: readonly Term[]]

export interface ConstraintSystem {
  readonly wires: number
  /** Outputs, then public inputs: wires 1 to this. */
  readonly publics: number
  readonly privateInputs: number
  readonly constraints: readonly Constraint[]
}

const SECTION = { header: 1, constraints: 2 } as const

export function readR1cs(file: Uint8Array): ConstraintSystem {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const sections = new Map<number, number>()
  for (let at = 12, left = view.getUint32(8, true); left > 0; left--) {
    sections.set(view.getUint32(at, true), at + 12)
    at += 12 + Number(view.getBigUint64(at + 4, true))
  }
  let at = sections.get(SECTION.header) ?? 0
  const word = () => {
    at += 4
    return view.getUint32(at - 4, true)
  }
  const element = () => {
    at += 32
    return elementAt(file.subarray(at - 32, at), 0)
  }
  if (word() !== 32 || element() !== FIELD_ORDER) throw new Error('constraints of another field')
  const [wires, outputs, publicInputs, privateInputs] = [word(), word(), word(), word()]
  at += 8
  const count = word()
  at = sections.get(SECTION.constraints) ?? 0
  const terms = (): Term[] => Array.from({ length: word() }, () => [word(), element()])
  const constraints = Array.from({ length: count }, (): Constraint => [terms(), terms(), terms()])
  return { wires, publics: outputs + publicInputs, privateInputs, constraints }
}

export function witnessElements(witness: Uint8Array): bigint[] {
  return Array.from({ length: witness.length / 32 }, (_, i) => elementAt(witness, i))
}

function sum(terms: readonly Term[], witness: readonly bigint[]): bigint {
  let total = 0n
  for (const [wire, coefficient] of terms) total += coefficient * (witness[wire] ?? 0n)
  return modulo(total)
}

export function modulo(value: bigint): bigint {
  const rest = value % FIELD_ORDER
  return rest < 0n ? rest + FIELD_ORDER : rest
}

/** Indices of constraints that do not hold. */
export function broken({ constraints }: ConstraintSystem, witness: readonly bigint[]): number[] {
  return constraints.flatMap(([a, b, c], i) =>
    modulo(sum(a, witness) * sum(b, witness)) === sum(c, witness) ? [] : [i],
  )
}

/** Of a witness that is accepted: answers at once whether it would be with one wire changed. */
export class Mutations {
  readonly #sums: readonly (readonly [bigint, bigint, bigint])[]
  /** By wire: constraint, and the wire's coefficients in it. */
  readonly #places: readonly (readonly (readonly [constraint: number, a: bigint, b: bigint, c: bigint])[])[]
  readonly #witness: readonly bigint[]

  constructor({ wires, constraints }: ConstraintSystem, witness: readonly bigint[]) {
    this.#witness = witness
    this.#sums = constraints.map(([a, b, c]) => [sum(a, witness), sum(b, witness), sum(c, witness)])
    const places = Array.from({ length: wires }, () => new Map<number, [bigint, bigint, bigint]>())
    for (const [i, parts] of constraints.entries()) {
      for (const [part, terms] of parts.entries()) {
        for (const [wire, coefficient] of terms) {
          const at = places[wire]?.get(i) ?? [0n, 0n, 0n]
          at[part] = (at[part] ?? 0n) + coefficient
          places[wire]?.set(i, at)
        }
      }
    }
    this.#places = places.map((map) => [...map].map(([i, [a, b, c]]) => [i, a, b, c] as const))
  }

  /** Wires in no constraint: any value of them is accepted. */
  get unconstrained(): number[] {
    return this.#places.flatMap((places, wire) => (places.length === 0 ? [wire] : []))
  }

  isAccepted(wire: number, value: bigint): boolean {
    const change = value - (this.#witness[wire] ?? 0n)
    return (this.#places[wire] ?? []).every(([i, a, b, c]) => {
      const [sumA, sumB, sumC] = this.#sums[i] ?? [0n, 0n, 0n]
      return modulo((sumA + a * change) * (sumB + b * change) - sumC - c * change) === 0n
    })
  }
}

/**
 * How many directions a witness could move in with its inputs as they are, to first order: wires that are not inputs, less the rank of the
 * constraints' derivatives. At 0 the witness is alone in its neighbourhood: no equation that decides a wire is missing, which
 * changing one wire at a time would not notice.
 */
export function freedom(
  { wires, constraints }: ConstraintSystem,
  witness: readonly bigint[],
  inputs: ReadonlySet<number>,
): number {
  const pivots = new Map<number, Map<number, bigint>>()
  for (const [a, b, c] of constraints) {
    const row = new Map<number, bigint>()
    const add = (terms: readonly Term[], times: bigint) => {
      for (const [wire, coefficient] of terms)
        if (wire > 0 && !inputs.has(wire)) row.set(wire, (row.get(wire) ?? 0n) + coefficient * times)
    }
    add(a, sum(b, witness))
    add(b, sum(a, witness))
    add(c, -1n)
    for (const [wire, value] of row) {
      const rest = modulo(value)
      if (rest === 0n) row.delete(wire)
      else row.set(wire, rest)
    }
    reduce(row, pivots)
  }
  return wires - 1 - inputs.size - pivots.size
}

/** Takes known rows out of one, and keeps what is left by its highest wire. */
function reduce(row: Map<number, bigint>, pivots: Map<number, Map<number, bigint>>): void {
  while (row.size > 0) {
    let highest = -1
    for (const wire of row.keys()) if (wire > highest) highest = wire
    const lead = row.get(highest) ?? 0n
    const pivot = pivots.get(highest)
    if (pivot === undefined) {
      const inverse = ScalarField.inv(lead)
      for (const [wire, value] of row) row.set(wire, (value * inverse) % FIELD_ORDER)
      pivots.set(highest, row)
      return
    }
    for (const [wire, value] of pivot) {
      const rest = modulo((row.get(wire) ?? 0n) - lead * value)
      if (rest === 0n) row.delete(wire)
      else row.set(wire, rest)
    }
  }
}
