/**
 * URLs cut into parts that can be compared. One parser for permissions and for what a guest asks for, and what it gives is
 * also what is connected to: two parsers that disagree are how `https://a.com@evil` gets past a check.
 *
 * Strict: printable ASCII, no user information, no backslash, a DNS name or a canonical IP address. Callers that take
 * URLs from guests first normalise them by the WHATWG rules (`new URL(text).href`), which this form is a part of.
 * @module
 */
import { InvalidInputError } from '../../protocol/errors.ts'
import { parseIpv4, parseIpv6 } from './address.ts'

export const URL_LENGTH_MAX = 8_192
const HOST_LENGTH_MAX = 253
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, s3: 443 }
/** What servers are known to read as a slash, a dot segment or an end of the path once they decode it. */
const AMBIGUOUS = /%(?:2f|5c|00|25)/i

export interface UrlParts {
  readonly scheme: string
  /** Lower case; an IPv6 address stands without brackets. */
  readonly host: string
  /** The scheme's own port when the URL names none; 0 when the scheme has none. */
  readonly port: number
  /** Decoded where decoding cannot change the meaning; a trailing slash is left out. */
  readonly segments: readonly string[]
  /** The path holds an encoding that servers read differently: covered by no permission that names a path. */
  readonly ambiguous: boolean
  /** Path and query as they are sent. */
  readonly target: string
  readonly hasQuery: boolean
}

/** Throws `InvalidInputError` naming `field`. */
export function parseUrl(text: string, field = 'url'): UrlParts {
  const bad = (problem: string, fix?: string) =>
    new InvalidInputError(field, problem, fix === undefined ? {} : { fix })
  if (text.length > URL_LENGTH_MAX) throw bad(`longer than ${URL_LENGTH_MAX} characters`)
  if (!/^[!-~]*$/.test(text) || /[\\<>"`{}|^]/.test(text))
    throw bad('has a character that a URL may not have', 'percent-encode it; write host names in punycode')
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(text)
  const [, scheme = '', authority = '', path = '', query = ''] = match ?? []
  if (match === null) throw bad('is not scheme://host/path')
  if (authority.includes('@')) throw bad('carries a user name', 'send credentials in a header')
  const { host, port } = parseAuthority(authority, scheme.toLowerCase(), bad)
  const { segments, ambiguous } = parsePath(path)
  return {
    scheme: scheme.toLowerCase(),
    host,
    port,
    segments,
    ambiguous,
    target: `${path || '/'}${query}`,
    hasQuery: query !== '',
  }
}

function parseAuthority(authority: string, scheme: string, bad: (problem: string) => InvalidInputError) {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([0-9]{1,5}))?$/.exec(authority)
  const [, ipv6, name = '', portText] = match ?? []
  if (match === null) throw bad('its host or port is malformed')
  const port = portText === undefined ? (DEFAULT_PORTS[scheme] ?? 0) : Number(portText)
  if (portText !== undefined && (port < 1 || port > 65_535)) throw bad('its port is not 1 to 65535')
  if (ipv6 !== undefined) {
    const bytes = parseIpv6(ipv6)
    if (bytes === undefined) throw bad('its host is not an IPv6 address')
    return { host: formatIpv6(bytes), port }
  }
  const host = name.toLowerCase()
  if (host !== '*' && parseIpv4(host) === undefined && !isName(host))
    throw bad('its host is not a name or address')
  return { host, port }
}

/** A DNS name that no resolver reads as a number: `127.1`, `0x7f000001` and `2130706433` are addresses to some. */
function isName(host: string): boolean {
  const labels = host.split('.')
  if (host.length > HOST_LENGTH_MAX || !labels.every((label) => LABEL.test(label))) return false
  return !/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')
}

/** Dot segments are resolved as WHATWG does, `%2e` being a dot; percent-encoded letters, digits and `-._~` are decoded. */
function parsePath(path: string): { readonly segments: readonly string[]; readonly ambiguous: boolean } {
  const segments: string[] = []
  let ambiguous = AMBIGUOUS.test(path)
  for (const raw of path.split('/').slice(1)) {
    const segment = raw.replace(/%([0-9a-f]{2})/gi, (code, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~-]/.test(character) ? character : code.toUpperCase()
    })
    if (/%(?![0-9A-F]{2})/.test(segment) || /^\.{1,2};/.test(segment)) ambiguous = true
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  if (segments.at(-1) === '') segments.pop()
  return { segments, ambiguous }
}

/** Eight groups, so that one address has one text. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: bytes.length / 2 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  )
  return groups.join(':')
}
