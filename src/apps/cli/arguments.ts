/**
 * Values from the command line, checked where they enter.
 * @module
 */
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hex } from '../../protocol/types.ts'
import type { Options } from './command.ts'

export function textOption(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

export function requiredText(options: Options, name: string): string {
  const value = textOption(options, name)
  if (value === undefined) throw new InvalidInputError(`--${name}`, 'is missing')
  return value
}

export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw new InvalidInputError(name, `«${text}» is not a whole number from ${min} to ${max}`)
  }
  return value
}

/** Decimal ether as wei, exactly. */
export function parseEther(name: string, text: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(text)
  if (match === null) throw new InvalidInputError(name, `«${text}» is not an amount of ether such as 1.5`)
  return BigInt(match[1] ?? '0') * 10n ** 18n + BigInt((match[2] ?? '').padEnd(18, '0'))
}

/** Decimal gwei as wei. */
export function parseGwei(name: string, text: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text)
  if (match === null) throw new InvalidInputError(name, `«${text}» is not an amount of gwei such as 1.5`)
  return BigInt(match[1] ?? '0') * 10n ** 9n + BigInt((match[2] ?? '').padEnd(9, '0'))
}

export function parseAddress(name: string, text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidInputError(name, `«${text}» is not an address`)
  return text as Address // shape checked above
}

export function parseDigest(name: string, text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new InvalidInputError(name, `«${text.slice(0, 80)}» is not 0x and 64 hexadecimal digits`)
  }
  return text.toLowerCase() as Hex // shape checked above
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export function logLevel(text: string): (typeof LOG_LEVELS)[number] {
  const level = LOG_LEVELS.find((candidate) => candidate === text)
  if (level === undefined)
    throw new InvalidInputError('--log', `«${text}» is none of ${LOG_LEVELS.join(', ')}`)
  return level
}
