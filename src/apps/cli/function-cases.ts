/**
 * The tests of a function: `tests.toml` beside its manifest, cases of an input and what is to come of it.
 * @module
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { describeExit } from '../../core/wasm/exit.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { INPUT_BYTES_MAX, OUTPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { differenceOf } from './difference.ts'
import { readToml } from './manifest.ts'
import { clockFrom, seedFrom } from './run-options.ts'

export const CASES_FILE = 'tests.toml'
const CASES_MAX = 1_000
const NAME_LENGTH_MAX = 200
const EXIT_MAX = 0xffff
const DEFAULT_TIME_NS = '1767225600000000000'
const FIX = 'docs/functions.md shows a case'

export interface FunctionCase {
  readonly name: string
  readonly input: Uint8Array
  /** Not looked at when there is none. */
  readonly output: Uint8Array | undefined
  readonly exit: number
  readonly fuelMax: bigint | undefined
  readonly seed: Uint8Array
  readonly clockNs: bigint
}

export interface Outcome {
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Uint8Array
}

const hex = z.string().regex(/^(?:0x)?(?:[0-9a-fA-F]{2})*$/, 'is not hexadecimal')
const path = z
  .string()
  .min(1)
  .refine(
    (text) => !isAbsolute(text) && !text.split(/[/\\]/).includes('..'),
    'is not a path below its folder',
  )
const schema = z.strictObject({
  case: z
    .array(
      z
        .strictObject({
          name: z.string().min(1).max(NAME_LENGTH_MAX),
          input: z.string().optional(),
          'input-file': path.optional(),
          'input-hex': hex.optional(),
          output: z.string().optional(),
          'output-file': path.optional(),
          'output-hex': hex.optional(),
          exit: z.int().min(0).max(EXIT_MAX).default(0),
          'fuel-max': z.int().min(1).optional(),
          seed: z.string().optional(),
          time: z.string().default(DEFAULT_TIME_NS),
        })
        .refine((one) => count(one, 'input') <= 1, 'has more than one of input, input-file and input-hex')
        .refine(
          (one) => count(one, 'output') <= 1,
          'has more than one of output, output-file and output-hex',
        ),
    )
    .min(1, 'there is none')
    .max(CASES_MAX, `there are more than ${CASES_MAX}`),
})

function count(one: Readonly<Record<string, unknown>>, name: string): number {
  return [name, `${name}-file`, `${name}-hex`].filter((key) => one[key] !== undefined).length
}

/** Throws `InvalidInputError` naming the file, the case and the key. */
export function readCases(folder: string): readonly FunctionCase[] {
  const file = join(folder, CASES_FILE)
  if (!existsSync(file))
    throw new InvalidInputError('tests', `there is no ${file}`, {
      fix: `write one with a [[case]] of name, input and output; ${FIX}`,
    })
  const parsed = schema.safeParse(readToml(file))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    const key = [...(issue?.path ?? []), ...keys].join('.')
    const problem = keys.length > 0 ? 'is no key of a case' : issue?.message
    throw new InvalidInputError(file, `${key || 'the whole'}: ${problem}`, { fix: FIX })
  }
  const cases = parsed.data.case
  const twice = cases.find(({ name }, i) => cases.findIndex((other) => other.name === name) !== i)
  if (twice !== undefined)
    throw new InvalidInputError(file, `two cases are named «${twice.name}»`, {
      fix: 'name each by what it shows',
    })
  return cases.map((one) => ({
    name: one.name,
    input:
      bytesOf(folder, one.input, one['input-file'], one['input-hex'], INPUT_BYTES_MAX) ?? new Uint8Array(),
    output: bytesOf(folder, one.output, one['output-file'], one['output-hex'], OUTPUT_BYTES_MAX),
    exit: one.exit,
    fuelMax: one['fuel-max'] === undefined ? undefined : BigInt(one['fuel-max']),
    seed: seedFrom(`${file}: ${one.name}: seed`, one.seed),
    clockNs: clockFrom(`${file}: ${one.name}: time`, one.time),
  }))
}

function bytesOf(
  folder: string,
  text: string | undefined,
  file: string | undefined,
  digits: string | undefined,
  bytesMax: number,
): Uint8Array | undefined {
  let bytes: Uint8Array | undefined
  if (text !== undefined) bytes = new TextEncoder().encode(text)
  if (digits !== undefined) bytes = Uint8Array.from(Buffer.from(digits.replace(/^0x/, ''), 'hex'))
  if (file !== undefined) bytes = readBounded(join(folder, file), bytesMax)
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

/** What is not as the case says, in lines; none when all is. */
export function problemsOf(wanted: FunctionCase, given: Outcome): readonly string[] {
  const problems: string[] = []
  if (given.exit !== wanted.exit)
    problems.push(`exit: wanted ${wordsOf(wanted.exit)}, got ${wordsOf(given.exit)}`)
  if (wanted.fuelMax !== undefined && given.fuelUsed > wanted.fuelMax)
    problems.push(`fuel: wanted at most ${wanted.fuelMax}, used ${given.fuelUsed}`)
  if (wanted.output !== undefined) problems.push(...differenceOf(wanted.output, given.output))
  return problems
}

function wordsOf(exit: number): string {
  return exit <= 255 ? `${exit}` : `0x${exit.toString(16)} (${describeExit(exit)})`
}
