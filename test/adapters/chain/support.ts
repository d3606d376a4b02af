import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import hre from 'hardhat'
import { createPublicClient, createWalletClient, type Hex, http } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { deployAll } from '../../../scripts/deploy.ts'
import { type ChainReader, createChainReader } from '../../../src/adapters/chain/client.ts'
import { localBeaconSecret } from '../../../src/apps/devnet/beacon.ts'
import { beaconPublicKey } from '../../../src/crypto/drand.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { Store, StoreWrite } from '../../../src/ports/store.ts'
import type { Deployment } from '../../../src/protocol/types.ts'

/** Hardhat's first development account; it has 10,000 of the currency. */
export const FUNDED_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
export const CHAIN_ID = 31337

export interface TestChain {
  readonly url: string
  readonly reader: ChainReader
  rpc(method: string, ...params: unknown[]): Promise<unknown>
  close(): Promise<void>
}

/** An in-process chain behind HTTP, mining at once until told otherwise. */
export async function startChain(): Promise<TestChain> {
  const server = await hre.network.createServer('default', '127.0.0.1', 0)
  const { address, port } = await server.listen()
  const url = `http://${address}:${port}`
  const reader = createChainReader({ rpcUrl: url, expectedChainId: CHAIN_ID, timeoutMs: 5_000 })
  return { url, reader, rpc: (method, ...params) => rpc(url, method, params), close: () => server.close() }
}

export async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result
}

export const beaconSecret = localBeaconSecret('chain tests')

/** The real contracts, deployed by the real script. */
export async function deploy(chain: TestChain): Promise<Deployment & { readonly ecdsaQuorumSelector: Hex }> {
  const account: PrivateKeyAccount = privateKeyToAccount(FUNDED_KEY)
  const transport = http(chain.url)
  const beacon = { publicKey: beaconPublicKey(beaconSecret), genesis: 1_000_000_000n, periodSeconds: 3 }
  return deployAll({
    walletClient: createWalletClient({ account, transport }),
    publicClient: createPublicClient({ transport }),
    config: { beacon, nodes: { epochSeconds: 60, stakeMin: 10n ** 18n } },
  })
}

/** The `Store` port in memory; `crash` makes it fail as a process that died would. */
export class MemoryStore implements Store {
  readonly #spaces = new Map<string, Map<string, Uint8Array>>()

  get(space: string, key: string): Uint8Array | undefined {
    return this.#spaces.get(space)?.get(key)
  }

  list(space: string, { limit, after }: { readonly limit: number; readonly after?: string }) {
    const entries = [...(this.#spaces.get(space) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    const rest = entries.filter(([key]) => after === undefined || key > after)
    return rest.slice(0, limit).map(([key, value]) => ({ key, value }))
  }

  write(writes: readonly StoreWrite[]): void {
    for (const write of writes) {
      const space = this.#spaces.get(write.space) ?? new Map<string, Uint8Array>()
      this.#spaces.set(write.space, space)
      if (write.type === 'put') space.set(write.key, write.value.slice())
      else space.delete(write.key)
    }
  }

  close(): void {}

  get size(): number {
    return [...this.#spaces.values()].reduce((sum, space) => sum + space.size, 0)
  }
}

/** Keeps the names of what was logged. */
export function recordingLog(): { readonly events: string[]; readonly log: Log } {
  const events: string[] = []
  const add = (event: string) => void events.push(event)
  const log: Log = { debug: add, info: add, warn: add, error: add, child: () => log }
  return { events, log }
}

export const waitMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await waitMs(10)
  }
}

/** A TCP proxy that can be cut: what is open is reset, what comes is refused. */
export async function startProxy(targetUrl: string) {
  const { hostname, port } = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let down = false
  const server = net.createServer((client) => {
    if (down) return void client.resetAndDestroy()
    const upstream = net.connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      down = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    restore: () => {
      down = false
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }

/** A JSON-RPC node that says what it is told to. */
export async function startScriptedNode(
  answer: (method: string, params: readonly unknown[]) => Answer | Promise<Answer>,
) {
  const one = async (call: { id: unknown; method: string; params?: readonly unknown[] }) => ({
    jsonrpc: '2.0',
    id: call.id,
    ...(call.method === 'eth_chainId'
      ? { result: `0x${CHAIN_ID.toString(16)}` }
      : await answer(call.method, call.params ?? [])),
  })
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as
      | Parameters<typeof one>[0]
      | Parameters<typeof one>[0][]
    const answers = Array.isArray(body) ? await Promise.all(body.map(one)) : await one(body)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers))
  }
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    reader: createChainReader({ rpcUrl: url, expectedChainId: CHAIN_ID, timeoutMs: 1_000, retriesMax: 0 }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
