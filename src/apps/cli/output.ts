/**
 * Where a command writes: lines for people, or one JSON value for machines. Much of what it writes was said by others, on
 * the chain or over the network: no character of it may steer a terminal.
 * @module
 */
import type { ExitCode } from './exit.ts'
import { failureOf } from './failure.ts'

export interface Output {
  /** A line for people; nothing with `--json`. */
  line(text?: string): void
  /** Progress of long work, on standard error; nothing with `--json`. */
  progress(text: string): void
  /** What a guest or a tool wrote, as it came; to a terminal, without what steers it. Nothing with `--json`. */
  raw(to: 'out' | 'err', bytes: Uint8Array): void
  /** The command's result: printed as JSON with `--json`, else through `human`. */
  result(value: unknown, human: () => void): void
  /** Says what failed and how to mend it; the exit code to end with. */
  fail(error: unknown): ExitCode
  readonly json: boolean
}

interface Sink {
  write(written: string | Uint8Array): unknown
  readonly isTTY?: boolean
}

export interface Streams {
  readonly out: Sink
  readonly err: Sink
}

export function createOutput(
  options: { readonly json: boolean },
  streams: Streams = { out: process.stdout, err: process.stderr },
): Output {
  const { json } = options
  return {
    json,
    line: (text = '') => {
      if (!json) streams.out.write(`${printable(text)}\n`)
    },
    progress: (text) => {
      if (!json) streams.err.write(`${printable(text)}\n`)
    },
    raw: (to, bytes) => {
      if (json || bytes.length === 0) return
      const sink = streams[to]
      sink.write(sink.isTTY === true ? printableLines(bytes) : bytes)
    },
    result: (value, human) => {
      if (json) streams.out.write(`${stringify(value)}\n`)
      else human()
    },
    fail: (error) => {
      const { code, message, fix, exit } = failureOf(error)
      if (json) streams.out.write(`${stringify({ error: { code, message, fix } })}\n`)
      else {
        streams.err.write(`error: ${printable(message)}\n`)
        if (fix !== undefined) streams.err.write(`  fix: ${printable(fix)}\n`)
      }
      if (process.env.DIKAST_DEBUG && error instanceof Error)
        for (const text of traceOf(error).split('\n')) streams.err.write(`${printable(text)}\n`)
      return exit
    },
  }
}

/** One line: without what moves a cursor, sets a title, begins a line or turns the direction of text. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd')
}

function printableLines(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).split('\n').map(printable).join('\n')
}

/** JSON with integers beyond a double as decimal text and maps as objects. */
export function stringify(value: unknown): string {
  const plain = (_: string, item: unknown): unknown => {
    if (typeof item === 'bigint') return item.toString()
    if (item instanceof Map) return Object.fromEntries(item)
    return item
  }
  // The same value: JSON itself escapes only the control characters below a space.
  return JSON.stringify(value, plain, 2).replace(
    /[\u007f-\u009f\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Wei as ether, without rounding. */
export function ether(wei: bigint): string {
  const sign = wei < 0n ? '-' : ''
  const digits = (wei < 0n ? -wei : wei).toString().padStart(19, '0')
  const whole = digits.slice(0, -18)
  const fraction = digits.slice(-18).replace(/0+$/, '')
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`} ETH`
}

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
