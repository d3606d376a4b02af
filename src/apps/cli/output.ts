/**
 * Where a command writes: lines for people, or one JSON value for machines.
 * @module
 */
import { DikastError } from '../../protocol/errors.ts'

/** What a command ends with. Documented in docs/cli.md and in `dikast --help`. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a verification failed, a transaction reverted, a request expired. */
  no: 1,
  /** The command line, a file or a key is not as it must be. */
  usage: 2,
  /** The network could not be reached or answered wrongly. */
  network: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface Output {
  /** A line for people; nothing with `--json`. */
  line(text?: string): void
  /** Progress of long work, on standard error; nothing with `--json`. */
  progress(text: string): void
  /** The command's result: printed as JSON with `--json`, else through `human`. */
  result(value: unknown, human: () => void): void
  fail(error: unknown): ExitCode
  readonly json: boolean
}

export function createOutput(
  options: { readonly json: boolean },
  streams: { readonly out: NodeJS.WritableStream; readonly err: NodeJS.WritableStream } = {
    out: process.stdout,
    err: process.stderr,
  },
): Output {
  const { json } = options
  return {
    json,
    line: (text = '') => {
      if (!json) streams.out.write(`${text}\n`)
    },
    progress: (text) => {
      if (!json) streams.err.write(`${text}\n`)
    },
    result: (value, human) => {
      if (json) streams.out.write(`${stringify(value)}\n`)
      else human()
    },
    fail: (error) => {
      const { code, message, fix } = describeError(error)
      if (json) streams.out.write(`${stringify({ error: { code, message, fix } })}\n`)
      else streams.err.write(`error: ${message}\n${fix === undefined ? '' : `  fix: ${fix}\n`}`)
      return exitCodeOf(code)
    },
  }
}

/** JSON with integers beyond a double as decimal text and maps as objects. */
export function stringify(value: unknown): string {
  const plain = (_: string, item: unknown): unknown => {
    if (typeof item === 'bigint') return item.toString()
    if (item instanceof Map) return Object.fromEntries(item)
    return item
  }
  return JSON.stringify(value, plain, 2)
}

function describeError(error: unknown): {
  readonly code: string
  readonly message: string
  readonly fix: string | undefined
} {
  if (error instanceof DikastError) return { code: error.code, message: error.message, fix: error.fix }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'UNEXPECTED', message, fix: undefined }
}

const NETWORK_CODES: ReadonlySet<string> = new Set(['CHAIN', 'TRANSPORT', 'BEACON', 'MODULE_UNAVAILABLE'])
const USAGE_CODES: ReadonlySet<string> = new Set([
  'INVALID_INPUT',
  'LIMIT_EXCEEDED',
  'LOCKED',
  'KEYSTORE',
  'COMMITTEE_TOO_SMALL',
])

function exitCodeOf(code: string): ExitCode {
  if (NETWORK_CODES.has(code)) return EXIT.network
  return USAGE_CODES.has(code) ? EXIT.usage : EXIT.no
}

/** Wei as ether, without rounding. */
export function ether(wei: bigint): string {
  const sign = wei < 0n ? '-' : ''
  const digits = (wei < 0n ? -wei : wei).toString().padStart(19, '0')
  const whole = digits.slice(0, -18)
  const fraction = digits.slice(-18).replace(/0+$/, '')
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`} ETH`
}
