/**
 * `blockless_memory`: the input and the environment as text, each call from the beginning. Reaches nothing outside.
 *
 * A buffer too small gets nothing: the call fails with `invalid_parameter`, and the count says how long the text is.
 * @module
 */
import type { Outside } from './outside.ts'
import { CodeError, type Codes } from './problems.ts'

const INVALID_PARAMETER = 3

export const MEMORY_CODES: Codes = {
  permission: 2,
  invalid: INVALID_PARAMETER,
  url: 2,
  method: 2,
  headers: 2,
  absent: 2,
  failed: 2,
  refused: 2,
  reset: 2,
  handle: 1,
  'too-many': 2,
  fault: INVALID_PARAMETER,
  utf8: 2,
  json: 2,
}

export type Environment = readonly (readonly [name: string, value: string])[]

export function memoryCalls({ memory }: Outside, input: Uint8Array, environment: Environment) {
  const give = (text: Uint8Array, buffer: number, length: number, result: number) => {
    memory.check(result, 4)
    memory.check(buffer, length)
    memory.setU32(result, text.length)
    if (length === 0 || text.length > length) throw new CodeError(INVALID_PARAMETER)
    memory.setBytes(buffer, text)
  }
  return {
    memory_read: (buffer: number, length: number, result: number) => give(input, buffer, length, result),
    /** A JSON object of the variables; of one that is there twice, the last. */
    env_var_read(buffer: number, length: number, result: number) {
      const text = JSON.stringify(Object.fromEntries(environment))
      give(new TextEncoder().encode(text), buffer, length, result)
    },
  }
}
