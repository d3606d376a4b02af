/**
 * A WebAssembly module from a file, checked before anything is paid for it.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { prepareModule } from '../../core/wasm/prepare.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { MODULE_BYTES_MAX } from '../../protocol/limits.ts'
import type { Hash } from '../../protocol/types.ts'

/** Throws `InvalidInputError` or `LimitExceededError` for what nodes would reject. */
export function readModule(
  file: string,
  entry: string,
  memoryBytesMax: number,
): { readonly bytes: Uint8Array; readonly moduleHash: Hash } {
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
  checkModule(bytes, file, entry, memoryBytesMax)
  return { bytes, moduleHash: sha256Hex(bytes) }
}

function checkModule(bytes: Uint8Array, file: string, entry: string, memoryBytesMax: number): void {
  try {
    prepareModule(bytes, { entry, memoryBytesMax })
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
