/**
 * How a function's committee agrees, beside the mode itself: what stands in its specification as `agreement` (AGR-1).
 *
 * A line such as `kind=median;type=uint256;min=1;max=1000000`, read the same by every node: a function is deployed once and
 * for all, so what cannot be read is refused before that, and a node that meets it on chain takes no part.
 * @module
 */
import { fromHex, toHex } from '../../crypto/bytes.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Consensus, FunctionId, Hash } from '../../protocol/types.ts'
import { type Bounds, parseValueType, type ValueType } from './aggregate/values.ts'

/** As the registry bounds it. */
export const AGREEMENT_BYTES_MAX = 512
const BPS = 10_000

export const AGGREGATE_KINDS = [
  'median',
  'mean',
  'trimmed-mean',
  'weighted-mean',
  'mode',
  'min',
  'max',
  'sum',
  'custom',
] as const
export type AggregateKind = (typeof AGGREGATE_KINDS)[number]

/** A rule that every node has. */
export interface ValueRule {
  readonly kind: Exclude<AggregateKind, 'custom'>
  /** Of what a member observes, and of the result. */
  readonly type: ValueType
  /** Digits after the point, for people: values are whole numbers of the smallest unit. */
  readonly decimals: number
  /** What lies outside is no observation. */
  readonly bounds: Bounds
  /** Basis points of the median an observation may be away from it; undefined for any. */
  readonly deviationBps: number | undefined
  /** Of a trimmed mean: percent left out at either end. */
  readonly trimPercent: number
}

/** The function's own: its exported `aggregate`. */
export interface CustomRule {
  readonly kind: 'custom'
}

export type AggregateRule = ValueRule | CustomRule

interface Timed {
  /** Milliseconds a view, or a leader, has before another is tried. */
  readonly timeoutMs: number
}

export type Agreement =
  | { readonly mode: 'exact'; readonly graceMs: number }
  | (Timed & { readonly mode: 'pbft'; readonly check: 'rerun' | 'validate' })
  | (Timed & { readonly mode: 'aggregate'; readonly graceMs: number; readonly rule: AggregateRule })
  | (Timed & { readonly mode: 'raft' })

type Fields = ReadonlyMap<string, string>

const GRACE_MS_MAX = 10_000
const TIMEOUT_MS_MIN = 200
const TIMEOUT_MS_MAX = 600_000
const DECIMALS_MAX = 36
const DEFAULT_GRACE_MS = 300
const DEFAULT_TIMEOUT_MS = 2_000

const KEYS: Readonly<Record<Agreement['mode'], readonly string[]>> = {
  exact: ['grace'],
  pbft: ['check', 'timeout'],
  aggregate: ['decimals', 'deviation', 'grace', 'kind', 'max', 'min', 'timeout', 'trim', 'type'],
  raft: ['timeout'],
}

/** Throws `InvalidInputError` for what is not of AGR-1, and for a proof, which has no committee. */
export function parseAgreement(consensus: Consensus, text: string): Agreement {
  if (consensus === 'zk') throw new InvalidInputError('agreement', 'a proof has no committee to agree')
  const fields = fieldsOf(text, KEYS[consensus])
  const timeoutMs = wholeOf(fields, 'timeout', DEFAULT_TIMEOUT_MS, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)
  const graceMs = wholeOf(fields, 'grace', DEFAULT_GRACE_MS, 0, GRACE_MS_MAX)
  switch (consensus) {
    case 'exact':
      return { mode: consensus, graceMs }
    case 'pbft':
      return {
        mode: consensus,
        timeoutMs,
        check: oneOf(fields, 'check', ['rerun', 'validate'] as const, 'rerun'),
      }
    case 'aggregate':
      return { mode: consensus, timeoutMs, graceMs, rule: ruleOf(fields) }
    case 'raft':
      return { mode: consensus, timeoutMs }
  }
}

/** What members of a standing committee run, each by itself, so that a circuit proves the median of it (OBS-1). */
export interface ObservedFunction {
  readonly functionId: FunctionId
  /** Up to 96 bytes, the same for every request. */
  readonly input: Uint8Array
}

/** What a circuit function’s specification says of its proofs, in the same place and grammar (AGR-4). */
export interface CircuitTerms {
  /** SHA-256 of the key that proofs are made with. */
  readonly provingKey: Hash
  /** SHA-256 of the constraints (.r1cs) that the key is of: whoever compiles the source again compares it. */
  readonly constraints: Hash
  /** Undefined for a circuit that is proven of the request alone. */
  readonly observed?: ObservedFunction | undefined
}

/** What an agreement has room for beside three digests. */
export const OBSERVED_INPUT_BYTES_MAX = 96

export function circuitTermsText({ provingKey, constraints, observed }: CircuitTerms): string {
  const parts = [`constraints=${constraints.slice(2)}`]
  if (observed !== undefined) {
    if (observed.input.length > 0) parts.push(`input=${toHex(observed.input).slice(2)}`)
    parts.push(`observe=${observed.functionId.slice(2)}`)
  }
  return [...parts, `provingkey=${provingKey.slice(2)}`].join(';')
}

/** Throws `InvalidInputError` for what is not of AGR-4. */
export function parseCircuitTerms(text: string): CircuitTerms {
  const fields = fieldsOf(text, ['constraints', 'input', 'observe', 'provingkey'])
  const digest = (key: string): Hash => {
    const value = fields.get(key) ?? ''
    if (!/^[0-9a-f]{64}$/.test(value)) fail(key, 'is no digest of 64 small hexadecimal digits')
    return `0x${value}`
  }
  const terms = { provingKey: digest('provingkey'), constraints: digest('constraints') }
  const input = fields.get('input') ?? ''
  if (!/^(?:[0-9a-f]{2})*$/.test(input) || input.length > 2 * OBSERVED_INPUT_BYTES_MAX)
    fail('input', `is not up to ${OBSERVED_INPUT_BYTES_MAX} bytes in small hexadecimal digits`)
  if (fields.has('observe'))
    return { ...terms, observed: { functionId: digest('observe'), input: fromHex(`0x${input}`) } }
  if (fields.has('input')) fail('input', 'is of a function to observe, and none is named')
  return terms
}

/** Of values; the function's own rule says by itself what it takes. */
const VALUE_KEYS = ['decimals', 'deviation', 'max', 'min', 'trim', 'type'] as const

function ruleOf(fields: Fields): AggregateRule {
  const kind = oneOf(fields, 'kind', AGGREGATE_KINDS, undefined)
  if (kind === 'custom') {
    for (const key of VALUE_KEYS)
      if (fields.has(key)) fail(key, 'is of the other kinds: a custom one is the function’s own')
    return { kind }
  }
  const type = parseValueType(
    fields.get('type') ?? fail('type', 'is missing: a type such as uint256 or int256[3]'),
  )
  const bounds = { min: boundOf(fields, 'min', type), max: boundOf(fields, 'max', type) }
  if (bounds.min !== undefined && bounds.max !== undefined && bounds.min > bounds.max)
    fail('min', 'is above max')
  if (fields.has('trim') && kind !== 'trimmed-mean') fail('trim', 'is of a trimmed mean alone')
  const deviation = fields.has('deviation') ? wholeOf(fields, 'deviation', 0, 1, 100 * BPS) : undefined
  return {
    kind,
    type,
    decimals: wholeOf(fields, 'decimals', 0, 0, DECIMALS_MAX),
    bounds,
    deviationBps: deviation,
    trimPercent: wholeOf(fields, 'trim', 25, 1, 49),
  }
}

function boundOf(fields: Fields, key: string, type: ValueType): bigint | undefined {
  const text = fields.get(key)
  if (text === undefined) return undefined
  if (!/^-?(?:0|[1-9]\d{0,77})$/.test(text)) fail(key, 'is no whole number')
  const value = BigInt(text)
  if (value < type.min || value > type.max) fail(key, `does not fit ${type.name}`)
  return value
}

function fieldsOf(text: string, known: readonly string[]): Fields {
  if (text.length > AGREEMENT_BYTES_MAX) fail('it', `is longer than ${AGREEMENT_BYTES_MAX} bytes`)
  const fields = new Map<string, string>()
  if (text === '') return fields
  let before = ''
  for (const part of text.split(';')) {
    const [, key, value] = /^([a-z]+)=([a-z0-9[\]-]+)$/.exec(part) ?? []
    if (key === undefined || value === undefined)
      fail(`«${part.slice(0, 40)}»`, 'is no key=value of small letters and digits')
    if (!known.includes(key)) fail(key, `means nothing here: known are ${known.join(', ')}`)
    // One way to write each agreement: two that mean the same are the same function.
    if (key <= before) fail(key, 'is out of order: keys are sorted, each once')
    before = key
    fields.set(key, value)
  }
  return fields
}

function wholeOf(fields: Fields, key: string, otherwise: number, min: number, max: number): number {
  const text = fields.get(key)
  if (text === undefined) return otherwise
  const value = /^(?:0|[1-9]\d{0,8})$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) fail(key, `is not ${min} to ${max}`)
  return value
}

function oneOf<T extends string>(
  fields: Fields,
  key: string,
  choices: readonly T[],
  otherwise: T | undefined,
): T {
  const text = fields.get(key)
  const chosen = text === undefined ? otherwise : choices.find((choice) => choice === text)
  return chosen ?? fail(key, `is not one of ${choices.join(', ')}`)
}

function fail(key: string, what: string): never {
  throw new InvalidInputError('agreement', `${key} ${what}`, { fix: 'see docs/spec/consensus.md, AGR-1' })
}
