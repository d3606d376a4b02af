/** A JSON-RPC between a command and its chain that alters answers, stops answering, or goes away. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RpcCall {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

export interface RpcProxy {
  readonly url: string
  /** Methods asked for so far. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

export interface RpcProxyOptions {
  /** What a result becomes; by default it stays. */
  readonly alter?: (call: RpcCall, result: unknown) => unknown
  /**
   * What becomes of the connection once a call was seen: `pass`; `cut` answers it and is then gone for good, so that
   * nobody listens any more; `mute` neither answers nor hangs up.
   */
  readonly fate?: (call: RpcCall, nth: number) => 'pass' | 'cut' | 'mute'
}

export async function startRpcProxy(target: string, options: RpcProxyOptions = {}): Promise<RpcProxy> {
  const { alter = (_call: RpcCall, result: unknown) => result, fate = () => 'pass' as const } = options
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const sent: unknown = JSON.parse(body)
    const calls = (Array.isArray(sent) ? sent : [sent]) as readonly RpcCall[]
    const fates = calls.map((call) => fate(call, seen.push(call.method)))
    if (fates.includes('mute')) return
    const answered = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer: unknown = await answered.json()
    const answers = (Array.isArray(answer) ? answer : [answer]) as readonly {
      id: unknown
      result?: unknown
    }[]
    const altered = answers.map((one) => {
      const call = calls.find(({ id }) => id === one.id)
      return call === undefined || one.result === undefined
        ? one
        : { ...one, result: alter(call, one.result) }
    })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(Array.isArray(answer) ? altered : altered[0]), () => {
      if (!fates.includes('cut')) return
      server.close()
      server.closeAllConnections()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
