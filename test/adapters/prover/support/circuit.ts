/** Circuits written down as constraints, with a witness, and the files circom would have made of them. */
import { FIELD_BYTES, mod, R, writeField } from '../../../../src/adapters/prover/bn254.ts'
import { writeSections } from '../../../../src/adapters/prover/sections.ts'

/** Wire and coefficient. */
export type Combination = readonly (readonly [wire: number, value: bigint])[]
export type Constraint = readonly [a: Combination, b: Combination, c: Combination]

export interface Circuit {
  readonly publicSignals: number
  readonly witness: readonly bigint[]
  readonly constraints: readonly Constraint[]
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function field(value: bigint): Uint8Array {
  const bytes = new Uint8Array(FIELD_BYTES)
  writeField(bytes, 0, value)
  return bytes
}

export function r1csOf({ publicSignals, witness, constraints }: Circuit): Uint8Array {
  const wires = witness.length
  const header = [u32(FIELD_BYTES), field(R), u32(wires), u32(publicSignals), u32(0), u32(0)]
  const labels = new Uint8Array(8)
  const body = constraints.flatMap((constraint) =>
    constraint.flatMap((terms) => [
      u32(terms.length),
      ...terms.flatMap(([wire, value]) => [u32(wire), field(mod(value, R))]),
    ]),
  )
  return writeSections('r1cs', 1, [
    Buffer.concat([...header, labels, u32(constraints.length)]),
    Buffer.concat(body),
    new Uint8Array(8 * wires),
  ])
}

/** Field elements, little-endian, one behind the other. */
export function witnessBytes(values: readonly bigint[]): Uint8Array {
  return Buffer.concat(values.map(field))
}

/** The same as the file snarkjs reads. */
export function witnessFile(values: readonly bigint[]): Uint8Array {
  return writeSections('wtns', 2, [
    Buffer.concat([u32(FIELD_BYTES), field(R), u32(values.length)]),
    witnessBytes(values),
  ])
}

/**
 * x^(2^steps) = y by squaring, y public, each square held against a sum that has wire 0 and the one before in it as well, so that
 * every matrix has rows of several entries.
 */
export function squares(x: bigint, steps: number): Circuit {
  const values = [mod(x, R)]
  for (let i = 0; i < steps; i++) values.push((values[i] as bigint) ** 2n % R)
  // Wires: 1, y, x, x², …
  const wireOf = (i: number) => (i === steps ? 1 : 2 + i)
  const witness = [1n, values[steps] as bigint, ...values.slice(0, steps)]
  const constraints = values.slice(1).map((_, i): Constraint => {
    const [from, to] = [wireOf(i), wireOf(i + 1)]
    // (x + 1) (x − 1) + 1 = x².
    return [
      [
        [from, 1n],
        [0, 1n],
      ],
      [
        [from, 1n],
        [0, -1n],
      ],
      [
        [to, 1n],
        [0, -1n],
      ],
    ]
  })
  return { publicSignals: 1, witness, constraints }
}
