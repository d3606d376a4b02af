/** The scripts of docs/dapps.md, as they stand there, against a chain with the contracts on it. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Hex, parseEventLogs } from 'viem'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { answer } from './support/periphery.ts'
import { createWorld, type World } from './support/world.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Hardhat's sixth account, which nothing else here uses. */
const KEY = '0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba'
const BODY_BYTES_MAX = 1_000_000

/** The fenced scripts that begin with their name. */
async function scriptsOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(ROOT, page), 'utf8')
  const found = text.matchAll(/```js\n\/\/ (\w+\.mjs)\n([\s\S]*?)```/g)
  return new Map([...found].map(([, name = '', script = '']) => [name, script]))
}

/** The chain in process, over HTTP. */
async function serve(world: World) {
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) {
      body += chunk
      if (body.length > BODY_BYTES_MAX) return incoming.destroy()
    }
    const { id, method, params } = JSON.parse(body)
    const reply = await world.publicClient.request({ method, params }).then(
      (result) => ({ result }),
      (error) => ({ error: { code: error.code ?? -32_000, message: error.details ?? error.message } }),
    )
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...reply }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('docs/dapps.md', () => {
  let world: World
  let functionId: Hex
  let folder: string
  let stop: () => Promise<void>

  before(async () => {
    world = await createWorld()
    await world.sealNodes(5)
    functionId = await world.deployFunction()
    const { server, url } = await serve(world)
    folder = await mkdtemp(join(tmpdir(), 'dikast-docs-'))
    await mkdir(join(folder, '.dikast'))
    const { chainId, market, periphery } = world.deployment
    const network = { rpcUrl: url, deployment: { chainId, market, periphery } }
    await writeFile(join(folder, '.dikast', 'network.json'), JSON.stringify(network))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const source = pathToFileURL(join(ROOT, 'src', 'index.ts')).href
    for (const [name, script] of await scriptsOf('docs/dapps.md')) {
      await writeFile(join(folder, name), script.replaceAll("from 'dikast'", `from '${source}'`))
    }
    stop = async () => {
      server.close()
      server.closeAllConnections()
      await rm(folder, { recursive: true })
    }
  })
  after(async () => await stop())

  /** Runs a script; `seen` is told what it has written so far whenever that grows. */
  async function run(name: string, seen: (out: string) => void = () => {}): Promise<string> {
    const child: ChildProcess = spawn(process.execPath, [name, functionId], {
      cwd: folder,
      env: { PATH: process.env.PATH, DIKAST_KEY: KEY },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
      seen(out)
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 0, err)
    return out
  }

  it('schedules requests and triggers the first', async () => {
    const out = await run('hourly.mjs')
    assert.match(out, /^next interval: \[ 1n, \d+n, \d+n \]$/m)
  })

  it('makes a request by signature, and earns the tip', async () => {
    const out = await run('signed.mjs')
    assert.match(out, /^tip: 1000000000000000n$/m)
  })

  it('reads a result from the store once a committee answered, and collects it', async () => {
    let answered: Promise<unknown> | undefined
    const output = `0x${'2a'.padStart(64, '0')}` as const
    const out = await run('lazy.mjs', (written) => {
      const requestId = /^asked: (0x[0-9a-f]{64})$/m.exec(written)?.[1] as Hex | undefined
      if (requestId !== undefined) answered ??= settle(requestId, output)
    })
    await answered
    assert.match(out, new RegExp(`^answer: 0 ${output}$`, 'm'))
  })

  async function settle(requestId: Hex, output: Hex): Promise<void> {
    const logs = await world.publicClient.getLogs({ address: world.market.address, fromBlock: 0n })
    const events = parseEventLogs({ abi: computeMarketAbi, logs, eventName: 'RequestSubmitted' })
    const asked = events.find(({ args }) => args.requestId === requestId)
    assert(asked)
    await answer(world, asked.args, output)
  }
})
