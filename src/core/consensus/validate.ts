/**
 * What a function's own `validate` is asked, as it reads it from standard input (PBFT-15):
 *
 *     length (4) ‖ input ‖ length (4) ‖ own output ‖ own exit (2) ‖ length (4) ‖ proposed output ‖ proposed exit (2)
 *
 * Numbers are big-endian. It says yes by ending with exit 0 and in no other way.
 * @module
 */
import { concat, toBytesBE } from '../../crypto/bytes.ts'
import { LimitExceededError } from '../../protocol/errors.ts'
import { INPUT_BYTES_MAX, OUTPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { EXIT } from '../wasm/exit.ts'

const LENGTH_BYTES = 4
const EXIT_BYTES = 2

/** How a run ended and what it gave; nothing from 0x100 on. */
export interface RunResult {
  readonly exit: number
  readonly output: Uint8Array
}

export interface Validation {
  /** The request's. */
  readonly input: Uint8Array
  /** Of the member that is asked. */
  readonly own: RunResult
  readonly proposed: RunResult
}

/** Throws `LimitExceededError` for what no request or report holds, `InvalidInputError` for an exit above 16 bits. */
export function encodeValidation({ input, own, proposed }: Validation): Uint8Array {
  return concat(
    ...withLength('input bytes', input, INPUT_BYTES_MAX),
    ...result('own output bytes', own),
    ...result('proposed output bytes', proposed),
  )
}

/** Whether a `validate` that ended so found the proposal acceptable: a trap or a limit says no. */
export function saysYes(exit: number): boolean {
  return exit === EXIT.ok
}

function result(name: string, { exit, output }: RunResult): readonly Uint8Array[] {
  return [...withLength(name, output, OUTPUT_BYTES_MAX), toBytesBE(BigInt(exit), EXIT_BYTES)]
}

function withLength(name: string, bytes: Uint8Array, bytesMax: number): readonly Uint8Array[] {
  if (bytes.length > bytesMax) throw new LimitExceededError(name, bytes.length, bytesMax)
  return [toBytesBE(BigInt(bytes.length), LENGTH_BYTES), bytes]
}
