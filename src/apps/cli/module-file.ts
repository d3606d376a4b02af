/**
 * A WebAssembly module from a file, checked before anything is paid for it.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { meterModule } from '../../core/wasm/meter.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { MODULE_BYTES_MAX } from '../../protocol/limits.ts'
import type { FunctionSpec, Hash } from '../../protocol/types.ts'

/** Throws `InvalidInputError` or `LimitExceededError` for what is no file or no module's size. */
export function readModule(file: string): { readonly bytes: Uint8Array; readonly moduleHash: Hash } {
  let bytes: Uint8Array
  try {
    const { size } = statSync(file)
    if (size > MODULE_BYTES_MAX) {
      throw new LimitExceededError('module bytes', size, MODULE_BYTES_MAX, {
        fix: 'strip debug sections, or split the function',
      })
    }
    bytes = new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('module', `${file} cannot be read`, {
      cause,
      fix: 'name the .wasm file to deploy',
    })
  }
  return { bytes, moduleHash: sha256Hex(bytes) }
}

/**
 * The checks of the sandbox, in its order: within the profile and metered, valid as published, valid as metered. Throws
 * `InvalidInputError` with the reason and the byte it was noticed at.
 */
export async function checkModule(
  bytes: Uint8Array,
  file: string,
  { entry, memoryBytesMax }: Pick<FunctionSpec, 'entry' | 'memoryBytesMax'>,
): Promise<void> {
  try {
    const metered = meterModule(bytes, { entry, memoryBytesMax: Number(memoryBytesMax) })
    for (const code of [bytes, metered]) await WebAssembly.compile(Uint8Array.from(code))
  } catch (cause) {
    throw new InvalidInputError(
      'module',
      `${file} would be rejected by nodes: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        fix: 'build it for WASI preview 1 without threads or other imports, and see that --entry and --memory fit it',
      },
    )
  }
}
