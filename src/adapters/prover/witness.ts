/**
 * What a witness must be before anything is made of it.
 * @module
 */
import { ProverError } from '../../ports/prover.ts'
import { FIELD_BYTES, R, readField } from './bn254.ts'

/** Throws `ProverError`: `witness-length`, `witness-range`. */
export function checkWitness(witness: Uint8Array, wires: number): void {
  checkWitnessLength(witness, wires)
  for (let wire = 0; wire < wires; wire++)
    if (readField(witness, wire * FIELD_BYTES) >= R) throw outOfRange(wire)
}

/** For who checks the values on the way. */
export function checkWitnessLength(witness: Uint8Array, wires: number): void {
  const found = witness.length / FIELD_BYTES
  if (found !== wires)
    throw new ProverError('witness-length', `the witness has ${found} values, the key ${wires} wires`, {
      fix: 'prove with the key of the circuit the witness was made for',
    })
  if (witness[0] !== 1 || witness.subarray(1, FIELD_BYTES).some((byte) => byte !== 0))
    throw new ProverError('witness-length', 'the first value is not the constant 1')
}

export function outOfRange(wire: number): ProverError {
  return new ProverError('witness-range', `the value of wire ${wire} is not below the field's order`)
}
