/** A chain in process, of test/contracts, served over HTTP: the command line against it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mnemonicToAccount } from 'viem/accounts'
import { networkFileOf } from '../../../../scripts/deploy-network.ts'
import { formatNetworkFile } from '../../../../src/apps/shared/network-file.ts'
import { toHex } from '../../../../src/crypto/bytes.ts'
import type { World } from '../../../contracts/support/world.ts'
import { type Ended, type Environment, runHere } from './run.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'

/** The world's accounts, as places in the mnemonic. */
export const ACCOUNT = { deployer: 0, operator: 1, requester: 2, submitter: 3, stranger: 6 } as const

interface Call {
  readonly id: number
  readonly method: string
  readonly params?: readonly unknown[]
}

/** Serves until it is closed: the file's tests do it after the last of them. */
export async function served(world: World) {
  const server = createServer(async (request, response) => {
    const asked = JSON.parse(await bodyOf(request)) as Call | readonly Call[]
    const answers = await Promise.all([asked].flat().map((call) => answerTo(world, call as Call)))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const folder = mkdtempSync(join(tmpdir(), 'dikast-served-'))
  const networkFile = join(folder, 'network.json')
  writeFileSync(
    networkFile,
    formatNetworkFile(networkFileOf(world.deployment, `http://127.0.0.1:${port}`, [])),
  )
  return {
    folder,
    networkFile,
    keyOf,
    rpc: async (method: string, ...params: unknown[]) =>
      await world.publicClient.request({ method, params } as never),
    close: async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
    dikast: (args: readonly string[], account?: number, more: Environment = {}): Promise<Ended> =>
      runHere(args, {
        ...more,
        DIKAST_NETWORK: networkFile,
        ...(account === undefined ? {} : { DIKAST_KEY: keyOf(account) }),
      }),
  }
}

function keyOf(index: number): string {
  const key = mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey().privateKey
  if (!key) throw new Error('a mnemonic account has a private key')
  return toHex(new Uint8Array(key))
}

async function answerTo(world: World, { id, method, params = [] }: Call): Promise<unknown> {
  try {
    const result = await world.publicClient.request({ method, params } as never)
    return { jsonrpc: '2.0', id, result }
  } catch (error) {
    return { jsonrpc: '2.0', id, error: errorIn(error) }
  }
}

/** The node's own error, under what the client wraps around it. */
function errorIn(error: unknown): {
  readonly code: number
  readonly message: string
  readonly data?: unknown
} {
  let found = { code: -32_000, message: String(error) }
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, data } = cause as { code?: unknown; data?: unknown }
    if (typeof code === 'number')
      found = { code, message: cause.message, ...(data !== undefined && { data }) }
  }
  return found
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}
