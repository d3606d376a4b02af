/**
 * The field circuits compute in: integers modulo the order of BN254's groups.
 * @module
 */
import { bn254 } from '@noble/curves/bn254.js'

/** Arithmetic modulo `FIELD_ORDER`. */
export const ScalarField = bn254.fields.Fr
export const FIELD_ORDER = ScalarField.ORDER
export const FIELD_ELEMENT_BYTES = 32

/** Whether a number is written as field elements are: only then do two numbers that are equal in the field look equal. */
export function isFieldElement(value: bigint): boolean {
  return value >= 0n && value < FIELD_ORDER
}
