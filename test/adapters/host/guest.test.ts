/** Guests built with the Blockless SDK, unchanged, against a host of an operator: server, storage and programs are of the test. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import {
  decodeTranscript,
  encodeTranscript,
  recordingSession,
  replaySession,
} from '../../../src/core/transcript.ts'
import type { HostSession } from '../../../src/ports/host.ts'
import { METERED } from '../../../src/ports/sandbox.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import { compileGuest } from '../../fixtures/blockless/compile.ts'
import { type Local, serve, sessionWith, stop } from './support.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-guest-'))
// Where these tests run as root, the programs run as nobody.
chmodSync(scratch, 0o755)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

describe('a guest of the Blockless SDK', () => {
  const sandbox = createSandbox({ workers: 1 })
  let module: Uint8Array
  before(async () => {
    module = await compileGuest('guest')
  })
  after(async () => {
    await sandbox.close()
    rmSync(scratch, { recursive: true, force: true })
  })

  const run = async (host: HostSession, ...words: readonly string[]) => {
    const moduleHash: Hash = `0x${createHash('sha256').update(module).digest('hex')}`
    try {
      const { exit, output, stderr, fuelUsed } = await sandbox.run({
        moduleHash,
        module,
        runtime: METERED,
        fuelLimit: 1_000_000_000n,
        entry: '_start',
        input: new TextEncoder().encode(words.join('|')),
        seed: new Uint8Array(32),
        clockNs: 0n,
        memoryBytesMax: 16 * 1024 * 1024,
        outputBytesMax: 32_768,
        wallClockMsMax: 60_000,
        host,
      })
      assert.deepEqual([exit, text(stderr)], [0, ''])
      return { lines: text(output).trimEnd().split(/\r?\n/), fuelUsed }
    } finally {
      await host.close()
    }
  }
  const linesOf = async (config: Record<string, unknown>, ...words: readonly string[]) =>
    (await run(sessionWith(config).session, ...words)).lines

  describe('over HTTP', () => {
    let local: Local
    before(async () => {
      local = await serve(async (incoming, outgoing) => {
        const body = await bodyOf(incoming)
        if (incoming.url === '/to-loopback')
          return outgoing.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
        if (incoming.method === 'POST') return outgoing.end(JSON.stringify({ got: body.toString() }))
        outgoing
          .setHeader('content-type', 'text/plain')
          .end('x'.repeat(3000) + (incoming.headers['x-word'] ?? ''))
      })
    })
    after(() => stop(local))
    const granted = () => ({ grants: [{ permission: local.origin, allowPrivate: true }] })

    it('reads answers in pieces, and sends headers and bodies [HOST-12]', async () => {
      const [status, type, body] = await linesOf(granted(), 'get', `${local.origin}/x`, '{"X-Word":"end"}')
      assert.deepEqual([status, type, body], ['handle:1, code:200', 'text/plain', `${'x'.repeat(3000)}end`])
      assert.deepEqual(await linesOf(granted(), 'client', `${local.origin}/x`), ['{"got":"{\\"n\\":1}"}'])
    })

    it('gets no answer from where it may not go, nor by a redirect [HOST-12]', async () => {
      const before = local.asked.length
      assert.deepEqual(await linesOf({}, 'get', local.origin), ['no answer'])
      assert.deepEqual(await linesOf({ grants: ['https://a.com'] }, 'get', 'https://a.com.evil'), [
        'no answer',
      ])
      assert.equal(local.asked.length, before)
      assert.deepEqual(await linesOf(granted(), 'get', `${local.origin}/to-loopback`), ['no answer'])
    })

    it('by JSON-RPC as well [HOST-19]', async () => {
      const rpc = {
        jsonrpc: '2.0',
        id: 1,
        method: 'http.request',
        params: { url: local.origin, options: { method: 'POST', body: 'hi' } },
      }
      const [line] = await linesOf(granted(), 'rpc', JSON.stringify(rpc))
      const { data } = JSON.parse(line ?? '').result
      assert.deepEqual([data.status, Buffer.from(data.body).toString()], [200, '{"got":"hi"}'])
    })

    it('runs from its record without the server, to the same bytes and fuel [HOST-23]', async () => {
      const recording = recordingSession(sessionWith(granted()).session)
      const first = await run(recording, 'twice', `${local.origin}/1`, `${local.origin}/2`)
      const before = local.asked.length
      const replay = replaySession(decodeTranscript(encodeTranscript(recording.transcript())))
      const again = await run(replay, 'twice', `${local.origin}/1`, `${local.origin}/2`)
      assert.deepEqual(again, first)
      assert.equal(replay.finished(), true)
      assert.equal(local.asked.length, before)
    })
  })

  it('uses the operator’s IPFS node, reading and writing as granted [HOST-14]', async () => {
    const stat = { Hash: 'Qm', Size: 3, CumulativeSize: 9, Blocks: 1, Type: 'file' }
    let written = ''
    const node = await serve(async (incoming, outgoing) => {
      const body = await bodyOf(incoming)
      const { pathname } = new URL(incoming.url ?? '', 'http://x')
      if (pathname.endsWith('/write')) written = /\r\n\r\n([\s\S]*)\r\n--/.exec(body.toString())?.[1] ?? ''
      const answers: Readonly<Record<string, string>> = {
        ls: JSON.stringify({ Entries: [{ Name: '2.txt', Type: 0, Size: 3, Hash: 'Qm' }] }),
        stat: JSON.stringify(stat),
        read: written,
      }
      outgoing.end(answers[pathname.split('/').at(-1) ?? ''] ?? '')
    })
    try {
      const config = { grants: ['ipfs:read', 'ipfs:write'], ipfs: { apiUrl: node.origin } }
      const lines = await linesOf(config, 'files')
      assert.deepEqual(lines.slice(0, 3), ['true', 'true', 'ABC'])
      assert.match(lines[3] ?? '', /2\.txt/)
      assert.match(lines[4] ?? '', /size:3, blocks:1/)
      assert.equal(lines[5], 'true')
      assert.deepEqual(node.asked, [
        'POST /api/v0/files/mkdir?arg=%2F1&parents=true',
        'POST /api/v0/files/write?arg=%2F2.txt&offset=0&create=true&parents=false&truncate=false',
        'POST /api/v0/files/read?arg=%2F2.txt&offset=0&count=8',
        'POST /api/v0/files/ls?arg=%2F',
        'POST /api/v0/files/stat?arg=%2F2.txt',
        'POST /api/v0/files/rm?arg=%2F1&recursive=true&force=true',
      ])
      const before = node.asked.length
      const reading = await linesOf({ ...config, grants: ['ipfs:read'] }, 'files')
      assert.deepEqual([reading[0], reading[1], reading[5]], ['false', 'false', 'false'])
      assert.equal(
        node.asked.slice(before).some((line) => /mkdir|write|rm/.test(line)),
        false,
      )
    } finally {
      await stop(node)
    }
  })

  it('keeps objects in an S3 bucket it is granted, with signed requests [HOST-15]', async () => {
    const objects = new Map<string, string>()
    const signatures: string[] = []
    const store = await serve(async (incoming, outgoing) => {
      const body = (await bodyOf(incoming)).toString()
      signatures.push(incoming.headers.authorization ?? '')
      const [path = '', query] = (incoming.url ?? '').split('?')
      if (query !== undefined) {
        const contents = [...objects].map(
          ([, content]) =>
            `<Contents><Key>a &amp; b</Key><LastModified>now</LastModified><ETag>&#34;e&#34;</ETag><Size>${content.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
        )
        outgoing.end(
          `<ListBucketResult><Name>box</Name><Prefix>a</Prefix><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
        )
      } else if (incoming.method === 'PUT') outgoing.end(void objects.set(path, body))
      else if (incoming.method === 'DELETE') outgoing.writeHead(objects.delete(path) ? 204 : 404).end()
      else outgoing.writeHead(objects.has(path) ? 200 : 404).end(objects.get(path))
    })
    try {
      const permission = `s3://127.0.0.1:${store.port}/box`
      const config = { grants: [{ permission, allowPrivate: true }] }
      const lines = await linesOf(config, 'objects', store.origin, 'box')
      assert.deepEqual([lines[0], lines[1], lines[3]], ['true', 'Hi', 'true'])
      assert.match(
        lines[2] ?? '',
        /name:box, is_truncated:false.*key:a & b, size:2, e_tag:"e", storage_class:STANDARD/,
      )
      assert.deepEqual(store.asked, [
        'PUT /box/a%20file.txt',
        'GET /box/a%20file.txt',
        'GET /box?list-type=2&prefix=a',
        'DELETE /box/a%20file.txt',
      ])
      for (const signature of signatures)
        assert.match(
          signature,
          /^AWS4-HMAC-SHA256 Credential=the-access-key\/\d{8}\/us-east-1\/s3\/aws4_request, .*Signature=[0-9a-f]{64}$/,
        )
      assert.equal((await linesOf(config, 'objects', store.origin, 'boxes'))[0], 'false')
      assert.equal((await linesOf({ grants: [permission] }, 'objects', store.origin, 'box'))[0], 'false')
      assert.equal(store.asked.length, 4)
    } finally {
      await stop(store)
    }
  })

  it('calls a CGI extension; its variables come on standard input [HOST-16]', async () => {
    const directory = mkdtempSync(join(scratch, 'cgi-'))
    chmodSync(directory, 0o755)
    const script = `#!/bin/sh
if [ "$1" = --ext_verify ]; then echo '{"alias":"echo","description":"echoes","is_cgi":true}'; exit; fi
while read -r length; do read -r line; echo "[$GUEST] $line"; done
`
    writeFileSync(join(directory, 'echo.sh'), script)
    chmodSync(join(directory, 'echo.sh'), 0o755)
    const config = { grants: ['cgi:echo'], cgi: { directory } }
    const plain = await linesOf(config, 'extension', 'echo', 'say', 'hello')
    assert.match(plain[0] ?? '', /fileName:"?echo\.sh.*alias:"?echo/)
    assert.equal(plain[1], '[] {"method":"say","parameters":["hello"]}')
    const withVariable = await linesOf(config, 'extension', 'echo', 'say', 'hello', 'GUEST')
    assert.equal(withVariable[1], '[] {"envs":[{"name":"GUEST","value":"of the guest"}]}')
    assert.equal((await linesOf({}, 'extension', 'echo', 'say', 'hello')).at(-1), 'no extension')
  })

  describe('over TCP', () => {
    let server: Server
    before(async () => {
      server = createServer((socket) =>
        socket.on('error', () => {}).on('data', (data) => socket.write(`echo ${data}`)),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })
    after(() => new Promise<void>((resolve) => server.close(() => resolve())))

    it('reaches a peer that is granted, and no other [HOST-18]', async () => {
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
      const grants = [{ permission: `tcp://${address}`, allowPrivate: true }]
      assert.deepEqual(await linesOf({ grants }, 'socket', address, 'word'), [
        'wrote 0 4',
        'read 0 echo word',
        'closed 0 8',
      ])
      assert.deepEqual(await linesOf({ grants: [`tcp://${address}`] }, 'socket', address, 'word'), ['code 2'])
      assert.deepEqual(await linesOf({ grants }, 'socket', '127.0.0.1:1', 'word'), ['code 2'])
      assert.deepEqual(await linesOf({ grants }, 'socket', `${address}/x`, 'word'), ['code 1'])
    })
  })

  it('prompts a model of the operator’s provider [HOST-18]', async () => {
    let received = ''
    let key = ''
    const provider = await serve(async (incoming, outgoing) => {
      received = (await bodyOf(incoming)).toString()
      key = incoming.headers.authorization ?? ''
      outgoing.end(JSON.stringify({ choices: [{ message: { content: 'an answer' } }] }))
    })
    try {
      const llm = { url: `${provider.origin}/v1/chat/completions`, apiKey: 'k' }
      const config = { grants: ['llm:small'], llm }
      const options = '{"system_message":"be brief","temperature":0.5}'
      assert.deepEqual(await linesOf(config, 'prompt', 'small', options, 'why?'), ['0 0 an answer'])
      assert.equal(key, 'Bearer k')
      assert.deepEqual(JSON.parse(received), {
        model: 'small',
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'why?' },
        ],
        stream: false,
        temperature: 0.5,
      })
      assert.deepEqual(await linesOf(config, 'prompt', 'large', '{}', 'why?'), ['code 10'])
      assert.deepEqual(await linesOf(config, 'prompt', 'small', '{"tools_sse_urls":["http://x"]}', 'why?'), [
        'options 9',
      ])
      assert.equal(provider.asked.length, 1)
    } finally {
      await stop(provider)
    }
  })
})
