/**
 * How a function's members agree, as its author writes it: `consensus` and the table `[agreement]` of a manifest, or the options of
 * `function deploy`. What comes of it is the line of AGR-1, which nodes read.
 * @module
 */
import { z } from 'zod'
import { AGGREGATE_KINDS, type Agreement, parseAgreement } from '../../core/consensus/agreement.ts'
import { agreementText, entryNeeded } from '../../core/consensus/agreement-text.ts'
import type { AgreementEntry } from '../../core/wasm/entries.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Consensus } from '../../protocol/types.ts'
import { requiredText } from './arguments.ts'
import type { Options } from './command.ts'

/** Of committees: a proof has none. */
export const MODES = ['exact', 'pbft', 'aggregate', 'raft'] as const satisfies readonly Consensus[]
export type Mode = (typeof MODES)[number]

export const modeSchema = z.enum(MODES, `is none of ${MODES.join(', ')}`)
/** Numbers may stand as they are; those beyond 2^53 in quotes. */
export const agreementSchema = z.record(
  z.string(),
  z.union(
    [z.string(), z.int()],
    'is neither a text nor a whole number: write numbers above 9007199254740991 in quotes',
  ),
)

const FIXES: Readonly<Record<string, string>> = {
  check: 'write "rerun", or "validate" if the module exports that',
  decimals: 'give a whole number from 0 to 36',
  deviation: 'give basis points from 1 to 1000000, or leave it out',
  grace: 'give milliseconds from 0 to 10000',
  kind: `name one of ${AGGREGATE_KINDS.join(', ')}`,
  max: 'give a whole number that the type holds, in quotes if it is large',
  min: 'give a whole number that the type holds, no larger than max',
  timeout: 'give milliseconds from 200 to 600000',
  trim: 'give a percentage from 1 to 49, of a trimmed-mean only',
  type: 'name an integer type such as "uint256", or an array of up to 64 such as "int128[3]"',
}
const FIX = 'docs/functions.md has a table of modes and their keys'

/** The line for a manifest's table. Throws `InvalidInputError` naming file and key. */
export function agreementFromTable(
  file: string,
  mode: Mode,
  table: Readonly<Record<string, string | number>>,
): string {
  const fields = Object.fromEntries(Object.entries(table).map(([key, value]) => [key, String(value)]))
  return named(file, 'agreement.', () => {
    const text = agreementText(fields)
    parseAgreement(mode, text)
    return text
  })
}

export interface AgreementTerms {
  readonly mode: Mode
  /** The line of AGR-1. */
  readonly text: string
  readonly agreement: Agreement
}

/** Throws `InvalidInputError` naming the option. */
export function agreementFrom(options: Options): AgreementTerms {
  const given = requiredText(options, 'consensus')
  const mode = MODES.find((candidate) => candidate === given)
  if (mode === undefined)
    throw new InvalidInputError('--consensus', `«${given.slice(0, 40)}» is no mode of agreeing`, {
      fix: `name one of ${MODES.join(', ')}`,
    })
  const text = requiredText(options, 'agreement')
  return { mode, text, agreement: named('--agreement', '', () => parseAgreement(mode, text)) }
}

/** The export a module must have besides its entry. Throws when its entry is that one. */
export function entryBeside(
  { agreement }: Pick<AgreementTerms, 'agreement'>,
  entry: string,
): AgreementEntry | undefined {
  const needed = entryNeeded(agreement)
  if (needed !== undefined && needed === entry)
    throw new InvalidInputError('entry', `${entry} is what members call to agree, not to run`, {
      fix: 'give the function another entry, such as _start',
    })
  return needed
}

/** What whoever deploys should know before it is paid for; undefined when there is nothing. */
export function warningOf({ mode }: Pick<AgreementTerms, 'mode'>): string | undefined {
  if (mode !== 'raft') return undefined
  return 'raft survives members that crash, and none that lies: its leader alone runs the function, and one faulty leader decides what is certified'
}

/** With the errors of AGR-1 told where they come from, by key. */
function named<T>(where: string, prefix: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause
    const problem = cause.message.slice(cause.field.length + 2)
    // A type's problem is told by its own name, the others begin with their key.
    const [, key = '', rest = problem] =
      cause.field === 'agreement' ? (/^([a-z]+) (.*)$/s.exec(problem) ?? []) : ['', cause.field, problem]
    const isKey = key !== '' && key !== 'it'
    throw new InvalidInputError(where, isKey ? `${prefix}${key}: ${rest}` : problem, {
      cause,
      fix: FIXES[key] !== undefined && !rest.startsWith('means nothing') ? FIXES[key] : FIX,
    })
  }
}
