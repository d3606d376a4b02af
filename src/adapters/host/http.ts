/**
 * HTTP for guests: every hop is checked against the permissions and the address rules before a byte is sent to it.
 * @module
 */
import type { HostValue } from '../../core/host-call.ts'
import { resourceOf } from '../../core/permissions/permission.ts'
import { parseUrl, type UrlParts } from '../../core/permissions/url.ts'
import { DikastError } from '../../protocol/errors.ts'
import type { Gate } from './gate.ts'
import { CONNECT_MS_MAX, EXCHANGE_MS_MAX, exchange, type Headers, type Received } from './http-exchange.ts'
import { bytesField, headersField, numberField, textField } from './payload.ts'
import { RefusedError } from './refusal.ts'
import { addressOf, type Resolve } from './resolve.ts'

export const REDIRECTS_MAX = 5
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
/** Printable, with tabs: a line break would begin another header. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/
/** They frame the message or name its end: ours to set. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|upgrade|expect|te|trailer|proxy-.*)$/i
/** Credentials are for whom the guest sent them to. */
const CREDENTIALS = /^(?:authorization|cookie|x-api-key)$/i
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface HttpWorld {
  readonly gate: Gate
  readonly resolve: Resolve
  readonly signal: AbortSignal
}

interface Outgoing {
  readonly url: UrlParts
  readonly href: string
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Operation `request`. */
export async function httpCall(world: HttpWorld, payload: HostValue): Promise<HostValue> {
  const method = textField(payload, 'method')
  if (!METHODS.has(method)) throw new RefusedError('method', `${method.slice(0, 20)} is no method`)
  const first = outgoing(
    textField(payload, 'url'),
    method,
    headersField(payload),
    bytesField(payload, 'body'),
  )
  const deadline = performance.now() + Math.min(numberField(payload, 'readTimeoutMs'), EXCHANGE_MS_MAX)
  const connectMs = Math.min(numberField(payload, 'connectTimeoutMs'), CONNECT_MS_MAX)
  let next = first
  for (let hops = 0; ; hops++) {
    const received = await send(world, next, connectMs, deadline)
    const location = REDIRECTS.has(received.status) ? headerOf(received.headers, 'location') : undefined
    if (location === undefined) return { ...received, url: next.href }
    if (hops === REDIRECTS_MAX) throw new RefusedError('failed', `more than ${REDIRECTS_MAX} redirects`)
    next = redirected(next, received.status, location)
  }
}

async function send(
  { gate, resolve, signal }: HttpWorld,
  { url, method, headers, body }: Outgoing,
  connectMs: number,
  deadline: number,
): Promise<Received> {
  const leave = gate.check(resourceOf(url))
  const address = await addressOf(url.host, leave, resolve)
  const wholeMs = deadline - performance.now()
  if (wholeMs <= 0) throw new RefusedError('failed', `${url.host} was not done in time`)
  const { scheme, host, port, target } = url
  return exchange({ scheme, host, port, target, address, method, headers, body, connectMs, wholeMs, signal })
}

/** Reads the URL by WHATWG's rules, as guests' languages do, and then by ours. */
export function outgoing(text: string, method: string, headers: Headers, body: Uint8Array): Outgoing {
  for (const [name, value] of headers)
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value) || OWN_HEADERS.test(name))
      throw new RefusedError('headers', `${name.slice(0, 40)} may not be set, or its value is malformed`)
  const { url, href } = httpUrl(text)
  return { url, href, method, headers, body }
}

export function httpUrl(text: string): { readonly url: UrlParts; readonly href: string } {
  try {
    const parsed = new URL(text)
    parsed.hash = ''
    const url = parseUrl(parsed.href)
    if (url.scheme !== 'http' && url.scheme !== 'https')
      throw new RefusedError('url', `${url.scheme} is not HTTP`)
    return { url, href: parsed.href }
  } catch (cause) {
    if (cause instanceof RefusedError) throw cause
    if (cause instanceof DikastError || cause instanceof TypeError)
      throw new RefusedError('url', cause.message.slice(0, 200), { cause })
    throw cause
  }
}

function redirected(from: Outgoing, status: number, location: string): Outgoing {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href).href : location
  const { url, href } = httpUrl(target)
  const sameOrigin =
    url.scheme === from.url.scheme && url.host === from.url.host && url.port === from.url.port
  const becomesGet = status === 303 ? from.method !== 'HEAD' : status < 303 && from.method === 'POST'
  const headers = from.headers.filter(
    ([name]) => (sameOrigin || !CREDENTIALS.test(name)) && !(becomesGet && /^content-/i.test(name)),
  )
  const method = becomesGet ? 'GET' : from.method
  return { url, href, method, headers, body: becomesGet ? new Uint8Array() : from.body }
}

function headerOf(headers: Headers, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1]
}
