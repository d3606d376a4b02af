import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { Log } from '../../ports/log.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  readonly level: LogLevel
  /** Standard error by default: standard output belongs to a command's answer. */
  readonly destination?: 'stdout' | 'stderr' | { readonly file: string } | DestinationStream
  /** Whose log it is, on every line. */
  readonly name: string
}

/** A text longer than this is cut: much of what is logged was said by others. */
const TEXT_CHARS_MAX = 1_000
const ITEMS_MAX = 50
const DEPTH_MAX = 4

/**
 * One JSON object a line, written at once, so that the last line before a crash is there.
 *
 * Secrets stay out by construction: keys are byte arrays here, and of a byte array only its length is written.
 */
export function createLog(options: LogOptions): Log {
  const { destination: to = 'stderr', level, name } = options
  const stream =
    typeof to === 'object' && 'write' in to ? to : destination({ dest: target(to), mkdir: true, sync: true })
  const logger = pino(
    {
      level,
      base: { name },
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: named },
    },
    stream,
  )
  return wrap(logger)
}

function named(label: string) {
  return { level: label }
}

function target(to: 'stdout' | 'stderr' | { readonly file: string }): number | string {
  if (typeof to === 'object') return to.file
  return to === 'stdout' ? 1 : 2
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields) => logger.debug(plainFields(fields), event),
    info: (event, fields) => logger.info(plainFields(fields), event),
    warn: (event, fields) => logger.warn(plainFields(fields), event),
    error: (event, fields) => logger.error(plainFields(fields), event),
    child: (fields) => wrap(logger.child(plainFields(fields))),
  }
}

/** Names the line itself uses; a field of such a name gets an underscore. */
const RESERVED = new Set(['level', 'time', 'name', 'event'])

function plainFields(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, ITEMS_MAX)
  return Object.fromEntries(
    entries.map(([key, value]) => [RESERVED.has(key) ? `${key}_` : key, plain(value, 0)]),
  )
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return value.length > TEXT_CHARS_MAX ? `${value.slice(0, TEXT_CHARS_MAX)}…` : value
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`
  if (value instanceof Error) {
    const code: unknown = (value as { code?: unknown }).code
    return {
      error: value.name,
      ...(typeof code === 'string' && { code }),
      detail: plain(value.message, depth),
    }
  }
  if (depth >= DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => plain(item, depth + 1))
  if (value instanceof Map || value instanceof Set) return `<${value.size} entries>`
  const entries = Object.entries(value).slice(0, ITEMS_MAX)
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, depth + 1)]))
}
