/**
 * Cases of the entries by which a function's members agree: `validate` is asked about a proposal, `aggregate` is given what
 * members observed. What they read is written here as nodes write it.
 * @module
 */
import { z } from 'zod'
import { encodeCombineInput } from '../../core/consensus/aggregate/custom.ts'
import { encodeValidation, type RunResult, saysYes } from '../../core/consensus/validate.ts'
import { AGREEMENT_ENTRIES } from '../../core/wasm/entries.ts'
import { describeExit } from '../../core/wasm/exit.ts'
import { COMMITTEE_SIZE_MAX, FUEL_LIMIT_MAX, OUTPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { type BytesOf, bytesKeys, count, exit } from './case-bytes.ts'

const observation = z
  .strictObject({
    ...bytesKeys('output'),
    seat: z
      .int()
      .min(0)
      .max(COMMITTEE_SIZE_MAX - 1)
      .optional(),
    exit: exit.default(0),
    fuel: z.int().min(0).max(Number(FUEL_LIMIT_MAX)).default(0),
  })
  .refine((one) => count(one, 'output') <= 1, 'has more than one of output, output-file and output-hex')

/** The keys of a case that are about agreeing. */
export const agreementKeys = {
  entry: z.enum(AGREEMENT_ENTRIES, `is none of ${AGREEMENT_ENTRIES.join(', ')}`).optional(),
  ...bytesKeys('own'),
  'own-exit': exit.optional(),
  ...bytesKeys('proposed'),
  'proposed-exit': exit.optional(),
  accepts: z.boolean().optional(),
  observation: z
    .array(observation)
    .max(COMMITTEE_SIZE_MAX, `there are more than ${COMMITTEE_SIZE_MAX}`)
    .optional(),
}

type AgreementCase = z.output<z.ZodObject<typeof agreementKeys>>

/** What of a case does not go with its entry; undefined when all does. */
export function misplacedIn(one: AgreementCase & Readonly<Record<string, unknown>>): string | undefined {
  const isGiven = (key: string): boolean => one[key] !== undefined
  const ofValidation = Object.keys(agreementKeys).filter((key) => !['entry', 'observation'].includes(key))
  const stray = one.entry === 'validate' ? undefined : ofValidation.find(isGiven)
  if (stray !== undefined) return `${stray} is of a case with entry = "validate"`
  if (one.entry !== 'aggregate' && isGiven('observation'))
    return 'observation is of a case with entry = "aggregate"'
  if (one.entry === 'validate' && one.accepts === undefined)
    return 'accepts is missing: whether it should find the proposal acceptable'
  if (one.entry === 'validate' && isGiven('exit'))
    return 'exit is not looked at by entry = "validate": say accepts'
  if (one.entry === 'aggregate' && count(one, 'input') > 0)
    return 'input is not what entry = "aggregate" reads: give observations'
  const seats = (one.observation ?? []).map(({ seat }, i) => seat ?? i)
  const twice = seats.find((seat, i) => seats.indexOf(seat) !== i)
  if (twice !== undefined) return `observation: seat ${twice} is there twice`
  for (const name of ['own', 'proposed'])
    if (count(one, name) > 1) return `more than one of ${name}, ${name}-file and ${name}-hex is given`
  return undefined
}

/** Standard input of the case's entry. */
export function entryInput(one: AgreementCase, input: Uint8Array, bytesOf: BytesOf): Uint8Array {
  if (one.entry === 'validate') {
    const result = (name: 'own' | 'proposed'): RunResult => ({
      exit: one[`${name}-exit`] ?? 0,
      output: bytesOf(one, name, OUTPUT_BYTES_MAX) ?? new Uint8Array(),
    })
    return encodeValidation({ input, own: result('own'), proposed: result('proposed') })
  }
  return one.entry === 'aggregate' ? observationsOf(one, bytesOf) : input
}

/** Seats are those of the list unless they are named. */
function observationsOf({ observation: given = [] }: AgreementCase, bytesOf: BytesOf): Uint8Array {
  return encodeCombineInput(
    given.map((one, i) => ({
      seat: one.seat ?? i,
      exit: one.exit,
      fuelUsed: BigInt(one.fuel),
      output: bytesOf(one, 'output', OUTPUT_BYTES_MAX) ?? new Uint8Array(),
    })),
  )
}

/** What is wrong with a verdict; undefined when it is the one that was wanted. */
export function verdictProblem(accepts: boolean, ended: number): string | undefined {
  if (saysYes(ended) === accepts) return undefined
  const said = saysYes(ended) ? 'it accepts' : `it refuses (${describeExit(ended)})`
  return `verdict: wanted ${accepts ? 'that it accepts' : 'that it refuses'}, ${said}`
}
