/**
 * Values from the command line, checked where they enter.
 * @module
 */
import { isIP } from 'node:net'
import { keccakHex } from '../../crypto/hash.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hex } from '../../protocol/types.ts'
import type { Options } from './command.ts'

const SHOWN_CHARS_MAX = 80

export function textOption(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

export function requiredText(options: Options, name: string): string {
  const value = textOption(options, name)
  if (value === undefined) throw new InvalidInputError(`--${name}`, 'is missing')
  return value
}

/** What an option that may be given several times was given. */
export function listOption(options: Options, name: string): readonly string[] {
  const value = options[name]
  return Array.isArray(value) ? value : []
}

export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw new InvalidInputError(name, `${shown(text)} is not a whole number from ${min} to ${max}`, {
      fix: `give a whole number from ${min} to ${max}`,
    })
  }
  return value
}

/** Decimal ether as wei, exactly. */
export function parseEther(name: string, text: string): bigint {
  return parseDecimal(name, text, 18, 'ether')
}

/** Decimal ether as wei, more than none. */
export function parseSomeEther(name: string, text: string): bigint {
  const wei = parseEther(name, text)
  if (wei === 0n)
    throw new InvalidInputError(name, 'is nothing', { fix: 'give an amount of ether such as 1.5' })
  return wei
}

/** Decimal gwei as wei. */
export function parseGwei(name: string, text: string): bigint {
  return parseDecimal(name, text, 9, 'gwei')
}

function parseDecimal(name: string, text: string, decimals: number, unit: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(text)
  const fraction = match?.[2] ?? ''
  if (match === null || fraction.length > decimals) {
    throw new InvalidInputError(name, `${shown(text)} is not an amount of ${unit}`, {
      fix: `write it in decimal, such as 1.5; at most ${decimals} digits after the point`,
    })
  }
  return BigInt(match[1] ?? '0') * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0'))
}

/** An address somebody is to be paid at: one with mixed case must have its EIP-55 checksum right. */
export function parseAddress(name: string, text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    throw new InvalidInputError(name, `${shown(text)} is not an address`, {
      fix: 'it is 0x and 40 hexadecimal digits',
    })
  if (/^0x0{40}$/.test(text))
    throw new InvalidInputError(name, 'is the zero address', { fix: 'name an account you hold the key of' })
  const digits = text.slice(2)
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase()
  if (!oneCase && digits !== withChecksum(digits)) {
    throw new InvalidInputError(name, `${text} has a wrong checksum`, {
      fix: 'a letter was changed on the way: copy the address again',
    })
  }
  return text as Address // shape checked above
}

function withChecksum(digits: string): string {
  const lower = digits.toLowerCase()
  const hash = keccakHex(new TextEncoder().encode(lower)).slice(2)
  return [...lower]
    .map((digit, i) => (Number.parseInt(hash[i] ?? '0', 16) >= 8 ? digit.toUpperCase() : digit))
    .join('')
}

export function parseDigest(name: string, text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new InvalidInputError(name, `${shown(text)} is not 0x and 64 hexadecimal digits`, {
      fix: 'copy the whole id, as `dikast request` printed it',
    })
  }
  return text.toLowerCase() as Hex // shape checked above
}

const PORT_MAX = 65_535
/** RFC 1035; the underscore is in use all the same. */
const DNS_NAME = /^(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/

/** Where to listen: plain TCP on an address of this machine. Port 0 is any that is free. */
export function parseListenAddress(name: string, text: string): string {
  const [empty, host = '', address = '', tcp, port = '', ...rest] = text.split('/')
  if (empty !== '' || tcp !== 'tcp' || rest.length > 0 || !isHost(host, address) || !isPort(port))
    throw notMultiaddr(name, text, '/ip4/0.0.0.0/tcp/4001')
  return text
}

/** Where others are to dial: as peers take it from one another, so a port of 0 is none. */
export function parseAnnouncedAddress(name: string, text: string): string {
  const [empty, host = '', address = '', tcp, port = '', ...rest] = text.split('/')
  const dialable = tcp === 'tcp' && isPort(port) && Number(port) > 0
  if (empty !== '' || rest.length > 0 || !dialable || !(isHost(host, address) || isDnsHost(host, address)))
    throw notMultiaddr(name, text, '/ip4/203.0.113.7/tcp/4001 or /dns4/node.example.org/tcp/4001')
  return text
}

/** --listen and --announce of a process that others dial. */
export function addressOptions(options: Options): {
  readonly listen: readonly string[]
  readonly announce: readonly string[]
} {
  const announce = textOption(options, 'announce')
  return {
    listen: [parseListenAddress('--listen', requiredText(options, 'listen'))],
    announce: announce === undefined ? [] : [parseAnnouncedAddress('--announce', announce)],
  }
}

function isHost(kind: string, address: string): boolean {
  return (kind === 'ip4' && isIP(address) === 4) || (kind === 'ip6' && isIP(address) === 6)
}

function isDnsHost(kind: string, address: string): boolean {
  return ['dns', 'dns4', 'dns6'].includes(kind) && DNS_NAME.test(address)
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX
}

function notMultiaddr(name: string, text: string, example: string): InvalidInputError {
  return new InvalidInputError(name, `${shown(text)} is not the multiaddr of a TCP port`, {
    fix: `write it like ${example}`,
  })
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export function logLevel(text: string): (typeof LOG_LEVELS)[number] {
  const level = LOG_LEVELS.find((candidate) => candidate === text)
  if (level === undefined)
    throw new InvalidInputError('--log', `${shown(text)} is none of ${LOG_LEVELS.join(', ')}`)
  return level
}

function shown(text: string): string {
  return `«${text.slice(0, SHOWN_CHARS_MAX)}${text.length > SHOWN_CHARS_MAX ? '…' : ''}»`
}
