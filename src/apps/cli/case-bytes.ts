/**
 * Bytes in a case: as text, in a file, or in hexadecimal digits.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { EXIT_MAX } from '../../core/wasm/exit.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

export const exit = z.int().min(0).max(EXIT_MAX)

const hex = z.string().regex(/^(?:0x)?(?:[0-9a-fA-F]{2})*$/, 'is not hexadecimal')
const path = z
  .string()
  .min(1)
  .refine(
    (text) => !isAbsolute(text) && !text.split(/[/\\]/).includes('..'),
    'is not a path below its folder',
  )

/** The three keys bytes may stand under. */
export function bytesKeys<Name extends string>(name: Name) {
  const keys = {
    [name]: z.string().optional(),
    [`${name}-file`]: path.optional(),
    [`${name}-hex`]: hex.optional(),
  }
  // Computed keys are lost to the compiler.
  return keys as Readonly<Record<Name | `${Name}-file` | `${Name}-hex`, z.ZodOptional<z.ZodString>>>
}

/** How many of the three are there. */
export function count(one: Readonly<Record<string, unknown>>, name: string): number {
  return [name, `${name}-file`, `${name}-hex`].filter((key) => one[key] !== undefined).length
}

/** The bytes of one of a case's names; undefined when none of its three keys is there. */
export type BytesOf = (
  one: Readonly<Record<string, unknown>>,
  name: string,
  bytesMax: number,
) => Uint8Array | undefined

/** Files are looked for below `folder`. */
export const bytesBelow =
  (folder: string): BytesOf =>
  (one, name, bytesMax) => {
    const [text, file, digits] = [one[name], one[`${name}-file`], one[`${name}-hex`]]
    let bytes: Uint8Array | undefined
    if (typeof text === 'string') bytes = new TextEncoder().encode(text)
    if (typeof digits === 'string') bytes = Uint8Array.from(Buffer.from(digits.replace(/^0x/, ''), 'hex'))
    if (typeof file === 'string') bytes = readBounded(join(folder, file), bytesMax)
    if (bytes !== undefined && bytes.length > bytesMax)
      throw new LimitExceededError('bytes of a case', bytes.length, bytesMax, { fix: 'nodes take no more' })
    return bytes
  }

function readBounded(file: string, bytesMax: number): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > bytesMax) throw new LimitExceededError(`${file} bytes`, size, bytesMax)
    return Uint8Array.from(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError(file, 'cannot be read', { cause, fix: 'check the path in the case' })
  }
}
