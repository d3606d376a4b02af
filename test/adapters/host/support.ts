/** Sessions of a configured host, and servers of the test to reach. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseHostConfig } from '../../../src/adapters/host/config.ts'
import { createHost, type HostOptions } from '../../../src/adapters/host/host.ts'
import type { HostAnswer, HostCall, HostValue } from '../../../src/core/host-call.ts'
import { decodeAnswer, encodeValue } from '../../../src/core/host-codec.ts'
import type { HostSession } from '../../../src/ports/host.ts'
import type { Log } from '../../../src/ports/log.ts'

export interface LogLine {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export function keepingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const keep = (event: string, fields = {}) => void lines.push({ event, fields })
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log }
  return { log, lines }
}

/** A session for a function that declares what it is granted, unless said otherwise. */
export function sessionWith(
  config: Record<string, unknown>,
  { declares, ...options }: HostOptions & { readonly declares?: readonly string[] } = {},
) {
  const parsed = parseHostConfig(config)
  const host = createHost(parsed, options)
  const session = host.open(declares ?? parsed.grants.map(({ permission }) => permission))
  return { host, session }
}

export async function ask(
  session: HostSession,
  capability: HostCall['capability'],
  operation: string,
  payload: HostValue,
): Promise<HostAnswer> {
  return decodeAnswer(await session.call({ capability, operation, payload: encodeValue(payload) }))
}

export function request(url: string, overrides: Readonly<Record<string, HostValue>> = {}): HostValue {
  const times = { connectTimeoutMs: 5_000, readTimeoutMs: 5_000 }
  return { url, method: 'GET', headers: [], body: new Uint8Array(), ...times, ...overrides }
}

export interface Local {
  readonly server: Server
  readonly port: number
  readonly origin: string
  /** `METHOD path` of each request. */
  readonly asked: string[]
}

export async function serve(answer: RequestListener): Promise<Local> {
  const asked: string[] = []
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    answer(incoming, outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { server, port, origin: `http://127.0.0.1:${port}`, asked }
}

export function stop({ server }: Local): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
