/**
 * What members observe: one integer, or a fixed number of them, as the ABI encodes them (AGG-1).
 * @module
 */
import { concat, fromBytesBE, toBytesBE } from '../../../crypto/bytes.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'

/** `uint8` to `int256`, alone or as a fixed array. */
export interface ValueType {
  readonly name: string
  readonly length: number
  readonly signed: boolean
  readonly min: bigint
  readonly max: bigint
}

export interface Bounds {
  readonly min: bigint | undefined
  readonly max: bigint | undefined
}

/** Of an array: its values are sorted one by one, for each of up to 256 members. */
const VALUES_MAX = 64
const WORD_BYTES = 32
const WORD = 2n ** 256n

/** Throws `InvalidInputError` for a type that cannot be aggregated. */
export function parseValueType(name: string): ValueType {
  const [, sign, digits, count] = /^(u?)int(\d{1,3})(?:\[([1-9]\d?)\])?$/.exec(name) ?? []
  const bits = Number(digits)
  const length = count === undefined ? 1 : Number(count)
  if (
    digits === undefined ||
    bits === 0 ||
    bits > 256 ||
    bits % 8 !== 0 ||
    String(bits) !== digits ||
    length > VALUES_MAX
  )
    throw new InvalidInputError(
      'type',
      `«${name.slice(0, 40)}» is no integer type, alone or in an array of up to ${VALUES_MAX}`,
    )
  const signed = sign === ''
  const span = 2n ** BigInt(signed ? bits - 1 : bits)
  return { name, length, signed, min: signed ? -span : 0n, max: span - 1n }
}

/** The values in an output; undefined when it is no encoding of the type, or a value is out of bounds. */
export function decodeValues(
  type: ValueType,
  bounds: Bounds,
  bytes: Uint8Array,
): readonly bigint[] | undefined {
  if (bytes.length !== type.length * WORD_BYTES) return undefined
  const values = Array.from({ length: type.length }, (_, i) => {
    const word = fromBytesBE(bytes.subarray(i * WORD_BYTES, (i + 1) * WORD_BYTES))
    return type.signed && word >= WORD / 2n ? word - WORD : word
  })
  const [min, max] = [bounds.min ?? type.min, bounds.max ?? type.max]
  const fits = (value: bigint) => value >= type.min && value <= type.max && value >= min && value <= max
  return values.every(fits) ? values : undefined
}

export function encodeValues(type: ValueType, values: readonly bigint[]): Uint8Array {
  return concat(
    ...values.map((value) => {
      if (value < type.min || value > type.max)
        throw new InvalidInputError('value', `${value} does not fit ${type.name}`)
      return toBytesBE(value < 0n ? value + WORD : value, WORD_BYTES)
    }),
  )
}
