/**
 * A function's input from a file.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { INPUT_BYTES_MAX } from '../../protocol/limits.ts'

const STANDARD_INPUT = 0

/** The input may stand in a file larger than the bound: no more than that is read. `-` is standard input. */
export function readInputFile(
  option: string,
  file: string | undefined,
  bytesMax: number = INPUT_BYTES_MAX,
): Uint8Array {
  if (file === undefined) return new Uint8Array()
  try {
    if (file !== '-') assertInputBytes(statSync(file).size, bytesMax)
    const bytes = readFileSync(file === '-' ? STANDARD_INPUT : file)
    assertInputBytes(bytes.length, bytesMax)
    return Uint8Array.from(bytes)
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError(option, `${file} cannot be read`, {
      cause,
      fix: 'name a file, or - for standard input',
    })
  }
}

function assertInputBytes(length: number, bytesMax: number): void {
  if (length <= bytesMax) return
  throw new LimitExceededError('input bytes', length, bytesMax, {
    fix: 'give a shorter input, such as the hash of what the function is to fetch',
  })
}
