/**
 * One HTTP exchange with one address, bounded in time, header bytes and body bytes. Nothing is followed, unpacked or kept.
 * @module
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { RefusedError } from './refusal.ts'

/** Of one answer. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024
export const HEADER_BYTES_MAX = 32_768
/** A whole exchange; what a guest asks for is cut to it. */
export const EXCHANGE_MS_MAX = 30_000
export const CONNECT_MS_MAX = 10_000

export type Headers = readonly (readonly [name: string, value: string])[]

export interface Exchange {
  readonly scheme: string
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly target: string
  /** Where to connect to. */
  readonly address: string
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array
  readonly connectMs: number
  readonly wholeMs: number
  readonly signal: AbortSignal
}

export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Throws `RefusedError` `failed`, `refused` or `reset`. */
export async function exchange(options: Exchange): Promise<Received> {
  const { host, connectMs, wholeMs, body } = options
  const secure = options.scheme === 'https'
  const request = open(options, secure)
  const timers: NodeJS.Timeout[] = []
  try {
    return await new Promise<Received>((resolve, reject) => {
      const late = (afterMs: number, reason: string) => {
        const timer = setTimeout(() => reject(new RefusedError('failed', reason)), afterMs)
        timers.push(timer)
        return timer
      }
      late(wholeMs, `${host} was not done within ${wholeMs} ms`)
      const connecting = late(connectMs, `no connection to ${host} within ${connectMs} ms`)
      request.on('socket', (socket) => {
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
      })
      request.on('response', (response) => receive(response, host).then(resolve, reject))
      request.on('error', reject)
      request.end(body)
    })
  } catch (cause) {
    throw refusedBecause(cause as NodeJS.ErrnoException, host)
  } finally {
    for (const timer of timers) clearTimeout(timer)
    request.destroy()
  }
}

function open({ host, port, address, method, body, target, headers, signal }: Exchange, secure: boolean) {
  const name = host.includes(':') ? `[${host}]` : host
  const hasBody = body.length > 0 || !['GET', 'HEAD'].includes(method)
  const all: Headers = [
    ['host', port === (secure ? 443 : 80) ? name : `${name}:${port}`],
    ['connection', 'close'],
    // Nothing is unpacked: what was bounded would not be what is kept.
    ['accept-encoding', 'identity'],
    ...(hasBody ? [['content-length', String(body.length)] as const] : []),
    ...headers,
  ]
  return (secure ? httpsRequest : httpRequest)({
    host: address,
    port,
    method,
    path: target,
    // A connection of its own: one kept from another run could lead elsewhere than what was checked.
    agent: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    signal,
    headers: all.flat(),
    ...(secure && isIP(host) === 0 ? { servername: host } : {}),
  })
}

async function receive(response: IncomingMessage, host: string): Promise<Received> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_BYTES_MAX)
      throw new RefusedError('failed', `${host} sent more than ${BODY_BYTES_MAX} bytes`)
    parts.push(part)
  }
  if (!response.complete) throw new RefusedError('reset', `${host} stopped in the middle`)
  const { rawHeaders } = response
  const headers = Array.from(
    { length: rawHeaders.length / 2 },
    (_, i) => [(rawHeaders[2 * i] ?? '').toLowerCase(), rawHeaders[2 * i + 1] ?? ''] as const,
  )
  return { status: response.statusCode ?? 0, headers, body: new Uint8Array(Buffer.concat(parts)) }
}

function refusedBecause(cause: NodeJS.ErrnoException, host: string): RefusedError {
  if (cause instanceof RefusedError) return cause
  const kind = cause.code === 'ECONNREFUSED' ? 'refused' : cause.code === 'ECONNRESET' ? 'reset' : 'failed'
  return new RefusedError(kind, `${host}: ${cause.message.slice(0, 200)}`, { cause })
}
