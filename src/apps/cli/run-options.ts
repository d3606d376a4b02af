/**
 * From the options of `dikast run` to all but the module of a job: everything the run may depend on.
 * @module
 */
import { basename } from 'node:path'
import { AGREEMENT_ENTRIES } from '../../core/wasm/entries.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { inputBytesMaxOf, METERED, type SandboxJob, WASMER } from '../../ports/sandbox.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import {
  FUEL_LIMIT_MAX,
  MEMORY_BYTES_MAX,
  MEMORY_BYTES_MIN,
  OUTPUT_BYTES_MAX,
} from '../../protocol/limits.ts'
import { listOption, requiredText, textOption, wholeNumber } from './arguments.ts'
import type { Options } from './command.ts'
import { readInputFile } from './input-file.ts'

const SEED_BYTES = 32
const CLOCK_NS_MAX = 2n ** 64n - 1n
/** Fuel ends a guest; this ends what a slow machine cannot finish. */
const WALL_CLOCK_MS_MAX = 300_000
const PROFILES: ReadonlyMap<string, string> = new Map([
  ['deterministic', METERED],
  ['wasmer', WASMER],
  [METERED, METERED],
  [WASMER, WASMER],
])

/** Options of `dikast run` that open the outside. */
export const OUTSIDE_OPTIONS = ['permission', 'cgi', 'extensions', 'record', 'replay'] as const

export type RunTerms = Omit<SandboxJob, 'module' | 'moduleHash' | 'directories' | 'keepsFiles'>

/** Throws `InvalidInputError` and `LimitExceededError` naming the option. */
export function runTermsFrom(file: string, options: Options): RunTerms {
  const args = listOption(options, 'arg')
  const env = listOption(options, 'env')
  const entry = requiredText(options, 'entry')
  const outside = OUTSIDE_OPTIONS.find((name) => options[name] !== undefined)
  if (outside !== undefined && AGREEMENT_ENTRIES.some((one) => one === entry))
    throw new InvalidInputError(`--${outside}`, `${entry} reaches nothing outside, on any node`, {
      fix: `leave it out, or run another entry`,
    })
  return {
    runtime: profileFrom(requiredText(options, 'profile')),
    fuelLimit: BigInt(wholeNumber('--fuel', requiredText(options, 'fuel'), 1, Number(FUEL_LIMIT_MAX))),
    entry,
    input: readInputFile('--stdin', textOption(options, 'stdin'), inputBytesMaxOf(entry)),
    seed: seedFrom('--seed', textOption(options, 'seed')),
    clockNs: clockFrom('--time', requiredText(options, 'time')),
    memoryBytesMax: wholeNumber(
      '--memory',
      requiredText(options, 'memory'),
      MEMORY_BYTES_MIN,
      MEMORY_BYTES_MAX,
    ),
    outputBytesMax: wholeNumber('--output', requiredText(options, 'output'), 0, OUTPUT_BYTES_MAX),
    wallClockMsMax: WALL_CLOCK_MS_MAX,
    // With neither, the guest sees what it sees on a node, and its fuel is the same.
    ...(args.length === 0 ? {} : { args: [basename(file), ...args] }),
    ...(env.length === 0 ? {} : { env: env.map(variableFrom) }),
  }
}

function profileFrom(text: string): string {
  const runtime = PROFILES.get(text)
  if (runtime === undefined)
    throw new InvalidInputError('--profile', `«${text.slice(0, 40)}» is no runtime profile`, {
      fix: 'name deterministic or wasmer',
    })
  return runtime
}

function variableFrom(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1)
    throw new InvalidInputError('--env', `«${text.slice(0, 80)}» is not name=value`, {
      fix: 'write it like --env PAIR=ETH/USD',
    })
  return [text.slice(0, at), text.slice(at + 1)]
}

/** 32 bytes; zeros when there is none. */
export function seedFrom(name: string, text: string | undefined): Uint8Array {
  if (text === undefined) return new Uint8Array(SEED_BYTES)
  const digits = text.replace(/^0x/, '')
  if (!/^[0-9a-fA-F]{64}$/.test(digits))
    throw new InvalidInputError(name, `«${text.slice(0, 80)}» is not 32 bytes`, {
      fix: 'give 64 hexadecimal digits',
    })
  return fromHex(`0x${digits.toLowerCase()}`, name)
}

export function clockFrom(name: string, text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > CLOCK_NS_MAX)
    throw new InvalidInputError(name, `«${text.slice(0, 40)}» is no time in nanoseconds`, {
      fix: 'give nanoseconds since 1970, such as 1767225600000000000',
    })
  return BigInt(text)
}
