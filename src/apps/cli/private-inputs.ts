/**
 * Private inputs of a circuit from a file: by name, as circom's tools take them. Numbers are decimal or hexadecimal text, or whole
 * numbers that JSON keeps exactly; lists may be nested, row by row.
 * @module
 */
import type { CircuitInputs } from '../../core/circuit/witness.ts'
import { isFieldElement } from '../../crypto/scalar-field.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

/** 65,536 numbers of 78 digits, the most a circuit here has. */
export const PRIVATE_INPUTS_BYTES_MAX = 8 * 1024 * 1024
const ELEMENTS_MAX = 1 << 16
const DEPTH_MAX = 8
const DIGITS = /^(?:0|[1-9]\d{0,77}|0x[0-9a-fA-F]{1,64})$/

/** Throws `InvalidInputError` and `LimitExceededError`; never with a value in its message: they are secret. */
export function parsePrivateInputs(text: string): CircuitInputs {
  let json: unknown
  try {
    json = JSON.parse(text) as unknown
  } catch {
    // Its message would quote the text.
    throw wrong('--inputs', 'is not JSON')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw wrong('--inputs', 'is no object')
  let left = ELEMENTS_MAX
  const collect = (name: string, value: unknown, into: bigint[], depth: number): bigint[] => {
    if (Array.isArray(value)) {
      if (depth >= DEPTH_MAX) throw new LimitExceededError(`depth of ${name}`, depth + 1, DEPTH_MAX)
      for (const item of value) collect(name, item, into, depth + 1)
      return into
    }
    if (left-- <= 0) throw new LimitExceededError('elements of --inputs', ELEMENTS_MAX + 1, ELEMENTS_MAX)
    into.push(elementOf(name, value))
    return into
  }
  const named = Object.entries(json).map(
    ([name, value]) => [name, collect(shown(name), value, [], 0)] as const,
  )
  return Object.fromEntries(named)
}

function elementOf(name: string, value: unknown): bigint {
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
  if (!isNumber && !(typeof value === 'string' && DIGITS.test(value)))
    throw wrong(`--inputs ${name}`, 'holds something that is no whole number')
  const element = BigInt(value as number | string)
  if (isFieldElement(element)) return element
  throw wrong(`--inputs ${name}`, 'holds a number that is not below the order of the field')
}

function wrong(field: string, problem: string): InvalidInputError {
  return new InvalidInputError(field, problem, {
    fix: 'write {"name": "123", "list": ["1", "0x2"]}, with every private input of the circuit',
  })
}

function shown(name: string): string {
  return `«${name.slice(0, 64)}»`
}
