/**
 * Reads what `circom --r1cs` writes: constraints ⟨A, w⟩ · ⟨B, w⟩ = ⟨C, w⟩ over F_r, wire 0 being the constant 1, then
 * outputs, public inputs, and all else.
 * @module
 */
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { FIELD_BYTES, R, readField } from './bn254.ts'
import { BinaryReader, readSections, sectionOf } from './sections.ts'

/** Some 150 bytes a constraint, and what two million of them take. */
export const R1CS_BYTES_MAX = 512 * 1024 * 1024
/** Setup and proving hold all of a circuit in memory; larger ones belong to other provers. */
export const CONSTRAINTS_MAX = 2 ** 21
export const WIRES_MAX = 2 ** 22
/** Each is an addition and a multiplication for whoever calls the verifier. */
export const PUBLIC_SIGNALS_MAX = 1024

/** A sparse matrix: entry i stands in `rows[i]`, `wires[i]`. */
export interface Matrix {
  readonly rows: Uint32Array
  readonly wires: Uint32Array
  /** Numbers into `coefficients` of the system. */
  readonly values: Uint32Array
}

export interface ConstraintSystem {
  readonly constraints: number
  readonly wires: number
  /** Outputs and public inputs: wires 1 to `publicSignals`. */
  readonly publicSignals: number
  /** Each value once: a circuit has few. */
  readonly coefficients: readonly bigint[]
  readonly a: Matrix
  readonly b: Matrix
  readonly c: Matrix
}

/** Throws `InvalidInputError` and `LimitExceededError`. */
export function readR1cs(file: Uint8Array): ConstraintSystem {
  const sections = readSections(file, { magic: 'r1cs', version: 1, bytesMax: R1CS_BYTES_MAX })
  const header = readHeader(sectionOf(sections, 1, 'r1cs'))
  // Lists and uses of custom gates, which only PLONK has.
  for (const number of [4, 5]) {
    const gates = sections.get(number)
    if (gates !== undefined && new BinaryReader(gates, 'r1cs.customGates').u32() !== 0)
      throw new InvalidInputError('r1cs', 'uses custom gates', { fix: 'compile it without them' })
  }
  return { ...header, ...readConstraints(sectionOf(sections, 2, 'r1cs'), header) }
}

interface Header {
  readonly constraints: number
  readonly wires: number
  readonly publicSignals: number
}

function readHeader(bytes: Uint8Array): Header {
  const reader = new BinaryReader(bytes, 'r1cs.header')
  const width = reader.u32()
  if (width !== FIELD_BYTES) throw new InvalidInputError('r1cs.header', `has numbers of ${width} bytes`)
  if (readField(reader.take(FIELD_BYTES), 0) !== R)
    throw new InvalidInputError('r1cs.header', 'is over another field', { fix: 'compile with --prime bn128' })
  const wires = reader.u32()
  const publicSignals = reader.u32() + reader.u32()
  // Private inputs as declared: those that the compiler put sums in place of have no wire. Labels.
  reader.u32()
  reader.u64()
  const constraints = reader.u32()
  reader.end()
  for (const [name, value, max] of [
    ['constraints', constraints, CONSTRAINTS_MAX],
    ['wires', wires, WIRES_MAX],
    ['public signals', publicSignals, PUBLIC_SIGNALS_MAX],
  ] as const)
    if (value > max) throw new LimitExceededError(name, value, max)
  if (1 + publicSignals > wires)
    throw new InvalidInputError('r1cs.header', 'has more public signals than wires')
  return { constraints, wires, publicSignals }
}

/** Fewest bytes of an entry, and so what bounds how many there are. */
const ENTRY_BYTES = 4 + FIELD_BYTES

function readConstraints(bytes: Uint8Array, header: Header): Omit<ConstraintSystem, keyof Header> {
  const entriesMax = Math.floor(bytes.length / ENTRY_BYTES)
  const builders = [0, 1, 2].map(() => new MatrixBuilder())
  const numbers = new Map<bigint, number>()
  const reader = new BinaryReader(bytes, 'r1cs.constraints')
  for (let row = 0; row < header.constraints; row++) {
    for (const matrix of builders) {
      const entries = reader.u32()
      if (entries > entriesMax) throw new InvalidInputError('r1cs.constraints', 'has an impossible length')
      for (let i = 0; i < entries; i++) {
        const wire = reader.u32()
        if (wire >= header.wires) throw new InvalidInputError('r1cs.constraints', `names wire ${wire}`)
        const value = readField(bytes, reader.skip(FIELD_BYTES))
        if (value >= R) throw new InvalidInputError('r1cs.constraints', 'has a number outside the field')
        let number = numbers.get(value)
        if (number === undefined) {
          number = numbers.size
          numbers.set(value, number)
        }
        matrix.add(row, wire, number)
      }
    }
  }
  reader.end()
  const [a, b, c] = builders.map((builder) => builder.build()) as [Matrix, Matrix, Matrix]
  return { coefficients: [...numbers.keys()], a, b, c }
}

class MatrixBuilder {
  #rows: number[] = []
  #wires: number[] = []
  #values: number[] = []

  add(row: number, wire: number, value: number): void {
    this.#rows.push(row)
    this.#wires.push(wire)
    this.#values.push(value)
  }

  build(): Matrix {
    return {
      rows: Uint32Array.from(this.#rows),
      wires: Uint32Array.from(this.#wires),
      values: Uint32Array.from(this.#values),
    }
  }
}
