/**
 * A WebAssembly module from a file, as bytes or as text, checked before anything is paid for it.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { type AgreementEntry, entryProblem } from '../../core/wasm/entries.ts'
import { meterModule } from '../../core/wasm/meter.ts'
import { parseModule } from '../../core/wasm/parse.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { MODULE_BYTES_MAX } from '../../protocol/limits.ts'
import type { FunctionSpec, Hash } from '../../protocol/types.ts'

export interface ModuleFile {
  readonly bytes: Uint8Array
  /** Of the module itself: what is deployed. */
  readonly moduleHash: Hash
}

/** What the profile accepts, so that the assembler knows it too; nodes decide. */
const FEATURES = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
} as const
const PROBLEM_CHARACTERS_MAX = 400

/** Throws `InvalidInputError` or `LimitExceededError` for what is no file, no text of a module or no module's size. */
export async function readModule(file: string): Promise<ModuleFile> {
  const content = readBounded(file)
  const bytes = file.endsWith('.wat') ? await assembled(file, content) : content
  return { bytes, moduleHash: sha256Hex(bytes) }
}

function readBounded(file: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > MODULE_BYTES_MAX) {
      throw new LimitExceededError('module bytes', size, MODULE_BYTES_MAX, {
        fix: 'strip debug sections, or split the function',
      })
    }
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('module', `${file} cannot be read`, {
      cause,
      fix: 'name a .wasm or a .wat file',
    })
  }
}

/** The text format, assembled. Loaded only for it: the assembler is larger than all the rest. */
async function assembled(file: string, text: Uint8Array): Promise<Uint8Array> {
  const { default: load } = await import('wabt')
  const wabt = await load()
  try {
    const module = wabt.parseWat(basename(file), text, FEATURES)
    try {
      module.resolveNames()
      module.validate()
      return Uint8Array.from(module.toBinary({}).buffer)
    } finally {
      module.destroy()
    }
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError(
      'module',
      `${file} is no module: ${problem.slice(0, PROBLEM_CHARACTERS_MAX)}`,
      {
        cause,
        fix: 'the line and column are in the message; SIMD and tail calls are known, threads and exceptions are not',
      },
    )
  }
}

/**
 * The checks of the sandbox, in its order: within the profile and metered, valid as published, valid as metered. Throws
 * `InvalidInputError` with the reason and the byte it was noticed at. Gives what is run.
 */
export async function checkModule(
  bytes: Uint8Array,
  file: string,
  { entry, memoryBytesMax }: Pick<FunctionSpec, 'entry' | 'memoryBytesMax'>,
): Promise<Uint8Array> {
  try {
    const metered = meterModule(bytes, { entry, memoryBytesMax: Number(memoryBytesMax) })
    for (const code of [bytes, metered]) await WebAssembly.compile(Uint8Array.from(code))
    return metered
  } catch (cause) {
    throw new InvalidInputError(
      'module',
      `${file} would be rejected by nodes: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        fix: '`dikast inspect` says what it imports and needs; build it for WASI preview 1 without threads or other imports, and see that --entry and --memory fit it',
      },
    )
  }
}

/**
 * That nodes can call another of its exports. Throws `InvalidInputError`.
 * @param bytes of a module that passed `checkModule`.
 */
export function checkEntry(bytes: Uint8Array, file: string, entry: AgreementEntry): void {
  const problem = entryProblem(parseModule(bytes), entry)
  if (problem === undefined) return
  throw new InvalidInputError('module', `${file}: ${problem.detail}, by which its members are to agree`, {
    fix: `export a function \`${entry}\` without parameters and results (docs/functions.md shows how), or agree in another way`,
  })
}
