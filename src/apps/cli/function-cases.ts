/**
 * The tests of a function: `tests.toml` beside its manifest, cases of an input and what is to come of it.
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { describeExit } from '../../core/wasm/exit.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { INPUT_BYTES_MAX, OUTPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { agreementKeys, entryInput, misplacedIn, verdictProblem } from './agreement-cases.ts'
import { bytesBelow, bytesKeys, count, exit } from './case-bytes.ts'
import { differenceOf } from './difference.ts'
import { readToml } from './manifest.ts'
import { clockFrom, seedFrom } from './run-options.ts'

export const CASES_FILE = 'tests.toml'
const CASES_MAX = 1_000
const NAME_LENGTH_MAX = 200
const DEFAULT_TIME_NS = '1767225600000000000'
const FIX = 'docs/functions.md shows a case'

export interface FunctionCase {
  readonly name: string
  /** What is called in place of the function's own entry; undefined for that. */
  readonly entry: string | undefined
  /** What the entry reads: the request's input, or what is made of the case for `validate` and `aggregate`. */
  readonly input: Uint8Array
  /** Not looked at when there is none. */
  readonly output: Uint8Array | undefined
  readonly exit: number
  /** In place of the exit: whether `validate` is to accept. */
  readonly accepts: boolean | undefined
  readonly fuelMax: bigint | undefined
  readonly seed: Uint8Array
  readonly clockNs: bigint
}

export interface Outcome {
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Uint8Array
}

const schema = z.strictObject({
  case: z
    .array(
      z
        .strictObject({
          name: z.string().min(1).max(NAME_LENGTH_MAX),
          ...bytesKeys('input'),
          ...bytesKeys('output'),
          exit: exit.optional(),
          'fuel-max': z.int().min(1).optional(),
          seed: z.string().optional(),
          time: z.string().default(DEFAULT_TIME_NS),
          ...agreementKeys,
        })
        .refine((one) => count(one, 'input') <= 1, 'has more than one of input, input-file and input-hex')
        .refine((one) => count(one, 'output') <= 1, 'has more than one of output, output-file and output-hex')
        .superRefine((one, context) => {
          const message = misplacedIn(one)
          if (message !== undefined) context.addIssue({ code: 'custom', message })
        }),
    )
    .min(1, 'there is none')
    .max(CASES_MAX, `there are more than ${CASES_MAX}`),
})

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
  const bytesOf = bytesBelow(folder)
  return cases.map((one) => ({
    name: one.name,
    entry: one.entry,
    input: entryInput(one, bytesOf(one, 'input', INPUT_BYTES_MAX) ?? new Uint8Array(), bytesOf),
    output: bytesOf(one, 'output', OUTPUT_BYTES_MAX),
    exit: one.exit ?? 0,
    accepts: one.accepts,
    fuelMax: one['fuel-max'] === undefined ? undefined : BigInt(one['fuel-max']),
    seed: seedFrom(`${file}: ${one.name}: seed`, one.seed),
    clockNs: clockFrom(`${file}: ${one.name}: time`, one.time),
  }))
}

/** What is not as the case says, in lines; none when all is. */
export function problemsOf(wanted: FunctionCase, given: Outcome): readonly string[] {
  const problems: string[] = []
  const verdict = wanted.accepts === undefined ? undefined : verdictProblem(wanted.accepts, given.exit)
  if (verdict !== undefined) problems.push(verdict)
  if (wanted.accepts === undefined && given.exit !== wanted.exit)
    problems.push(`exit: wanted ${wordsOf(wanted.exit)}, got ${wordsOf(given.exit)}`)
  if (wanted.fuelMax !== undefined && given.fuelUsed > wanted.fuelMax)
    problems.push(`fuel: wanted at most ${wanted.fuelMax}, used ${given.fuelUsed}`)
  if (wanted.output !== undefined) problems.push(...differenceOf(wanted.output, given.output))
  return problems
}

function wordsOf(exit: number): string {
  return exit <= 255 ? `${exit}` : `0x${exit.toString(16)} (${describeExit(exit)})`
}
