import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { REDIRECTS_MAX } from '../../../src/adapters/host/http.ts'
import { BODY_BYTES_MAX, HEADER_BYTES_MAX } from '../../../src/adapters/host/http-exchange.ts'
import type { HostAnswer } from '../../../src/core/host-call.ts'
import { fieldsOf } from '../../../src/core/host-codec.ts'
import { ask, keepingLog, type Local, request, serve, sessionWith, stop } from './support.ts'

const value = (answer: HostAnswer) => {
  assert.ok('value' in answer, JSON.stringify(answer))
  return fieldsOf(answer.value)
}
const text = (answer: HostAnswer) => Buffer.from(value(answer).body as Uint8Array).toString()

describe('HTTP for guests', () => {
  let local: Local
  let grants: unknown[]
  let closed = 0
  const routes: Readonly<Record<string, (incoming: IncomingMessage, outgoing: ServerResponse) => void>> = {
    '/hello': (incoming, outgoing) =>
      outgoing.setHeader('x-a', 'b').end(`hello ${incoming.headers['x-word'] ?? ''}`),
    '/echo': (incoming, outgoing) => incoming.pipe(outgoing),
    '/headers': (incoming, outgoing) => outgoing.end(JSON.stringify(incoming.headers)),
    '/endless': (_, outgoing) => {
      const more = () => {
        while (!outgoing.destroyed && outgoing.write('x'.repeat(65_536)));
        outgoing.once('drain', more)
      }
      outgoing.on('close', () => closed++)
      more()
    },
    '/large': (incoming, outgoing) => outgoing.end(Buffer.alloc(Number(incoming.url?.split('?')[1]))),
    '/slow': (_, outgoing) => {
      const timer = setInterval(() => outgoing.write('x'), 20)
      outgoing.on('close', () => {
        clearInterval(timer)
        closed++
      })
    },
    '/silent': (_, outgoing) => outgoing.on('close', () => closed++),
    '/large-head': (_, outgoing) => outgoing.setHeader('x', 'y'.repeat(HEADER_BYTES_MAX)).end(),
    '/half': (_, outgoing) => {
      outgoing.setHeader('content-length', '100')
      outgoing.write('half')
      setTimeout(() => outgoing.destroy(), 50)
    },
    '/loop': (_, outgoing) => outgoing.writeHead(302, { location: '/loop' }).end(),
    '/moved': (_, outgoing) => outgoing.writeHead(301, { location: '/echo' }).end(),
    '/kept': (_, outgoing) => outgoing.writeHead(307, { location: '/echo' }).end(),
    '/away': (incoming, outgoing) =>
      outgoing
        .writeHead(302, { location: new URL(incoming.url ?? '', 'http://x').searchParams.get('to') ?? '' })
        .end(),
  }
  before(async () => {
    local = await serve((incoming, outgoing) => {
      const route = routes[(incoming.url ?? '').split('?')[0] ?? '']
      if (route === undefined) outgoing.writeHead(404).end('nothing here')
      else route(incoming, outgoing)
    })
    grants = [{ permission: local.origin, allowPrivate: true }]
  })
  after(() => stop(local))

  const get = (path: string, overrides = {}) => {
    const { session } = sessionWith({ grants })
    return ask(session, 'http', 'request', request(`${local.origin}${path}`, overrides))
  }

  it('gives status, headers, body and the URL it came from', async () => {
    const answer = await get('/hello?x=1#y', { headers: [['X-Word', 'there']] })
    assert.equal(text(answer), 'hello there')
    assert.equal(value(answer).status, 200)
    assert.equal(value(answer).url, `${local.origin}/hello?x=1`)
    assert.deepEqual(
      (value(answer).headers as string[][]).find(([name]) => name === 'x-a'),
      ['x-a', 'b'],
    )
    assert.equal(value(await get('/nothing')).status, 404)
  })

  it('sends methods and bodies', async () => {
    const body = new Uint8Array(100_000).fill(7)
    assert.deepEqual(value(await get('/echo', { method: 'POST', body })).body, body)
    assert.equal(text(await get('/hello', { method: 'HEAD' })), '')
    assert.deepEqual(await get('/hello', { method: 'TRACE' }), { refused: 'method' })
    assert.deepEqual(await get('/hello', { method: 'GET / HTTP/1.1\r\nx: y' }), { refused: 'method' })
  })

  it('sets what frames a message itself, and lets no header begin another [HOST-12]', async () => {
    const headers = JSON.parse(text(await get('/headers')))
    assert.deepEqual(headers, {
      host: `127.0.0.1:${local.port}`,
      connection: 'close',
      'accept-encoding': 'identity',
    })
    for (const header of [
      ['host', 'evil'],
      ['Content-Length', '1'],
      ['transfer-encoding', 'chunked'],
      ['connection', 'upgrade'],
      ['proxy-authorization', 'x'],
      ['a', 'b\r\nc: d'],
      ['a b', 'c'],
      ['', 'c'],
    ])
      assert.deepEqual(await get('/headers', { headers: [header] }), { refused: 'headers' }, String(header))
  })

  it('ends an endless body, a slow one and a silent server [HOST-12]', async () => {
    const before = closed
    assert.deepEqual(await get('/endless'), { refused: 'failed' })
    assert.deepEqual(await get('/slow', { readTimeoutMs: 300 }), { refused: 'failed' })
    assert.deepEqual(await get('/silent', { readTimeoutMs: 300 }), { refused: 'failed' })
    while (closed < before + 3) await new Promise((resolve) => setTimeout(resolve, 10))
  })

  it('takes a body up to its bound and not a byte more [HOST-12]', async () => {
    assert.equal((value(await get(`/large?${BODY_BYTES_MAX}`)).body as Uint8Array).length, BODY_BYTES_MAX)
    assert.equal('refused' in (await get(`/large?${BODY_BYTES_MAX + 1}`)), true)
  })

  it('takes no oversized headers and no half bodies [HOST-12]', async () => {
    assert.deepEqual(await get('/large-head'), { refused: 'failed' })
    assert.ok('refused' in (await get('/half')))
  })

  it('tells a refused connection apart', async () => {
    const gone = await serve(() => {})
    await stop(gone)
    const { session } = sessionWith({ grants: [{ permission: gone.origin, allowPrivate: true }] })
    assert.deepEqual(await ask(session, 'http', 'request', request(gone.origin)), { refused: 'refused' })
  })

  it('is ended with its session [HOST-12]', async () => {
    const { session } = sessionWith({ grants })
    const asked = once(local.server, 'request')
    const answer = ask(session, 'http', 'request', request(`${local.origin}/silent`))
    await asked
    await session.close()
    assert.deepEqual(await answer, { refused: 'failed' })
  })

  describe('redirects', () => {
    it('are followed by hand, at most five times [HOST-12]', async () => {
      const before = local.asked.length
      assert.deepEqual(await get('/loop'), { refused: 'failed' })
      assert.equal(local.asked.length - before, REDIRECTS_MAX + 1)
      const moved = await get('/moved', {
        method: 'POST',
        body: new Uint8Array([1]),
        headers: [['content-type', 'x/y']],
      })
      assert.deepEqual(value(moved).body, new Uint8Array())
      assert.equal(local.asked.at(-1), 'GET /echo')
      const kept = await get('/kept', { method: 'POST', body: new Uint8Array([1]) })
      assert.deepEqual(value(kept).body, new Uint8Array([1]))
    })

    it('lead nowhere a direct request would not [HOST-12]', async () => {
      const other = await serve((_, outgoing) => outgoing.end('secret'))
      try {
        const to = (target: string) => get(`/away?to=${encodeURIComponent(target)}`)
        assert.deepEqual(await to(`${other.origin}/`), { refused: 'permission' })
        assert.deepEqual(await to('file:///etc/passwd'), { refused: 'url' })
        assert.deepEqual(await to('http://[nonsense'), { refused: 'url' })
        assert.deepEqual(other.asked, [])
        const { session } = sessionWith({
          grants: [...grants, { permission: other.origin, allowPrivate: false }],
        })
        const url = `${local.origin}/away?to=${encodeURIComponent(other.origin)}`
        assert.deepEqual(await ask(session, 'http', 'request', request(url)), { refused: 'permission' })
        assert.deepEqual(other.asked, [])
      } finally {
        await stop(other)
      }
    })

    it('do not take credentials to another origin [HOST-12]', async () => {
      let seen: NodeJS.Dict<string | string[]> = {}
      const other = await serve((incoming, outgoing) => {
        seen = incoming.headers
        outgoing.end()
      })
      try {
        const granted = [...grants, { permission: other.origin, allowPrivate: true }]
        const { session } = sessionWith({ grants: granted })
        const secrets = ['authorization', 'cookie', 'x-api-key'].map((name) => [name, 'secret'])
        const url = `${local.origin}/away?to=${encodeURIComponent(other.origin)}`
        await ask(session, 'http', 'request', request(url, { headers: [...secrets, ['x-kept', 'yes']] }))
        assert.equal(seen['x-kept'], 'yes')
        assert.equal(JSON.stringify(seen).includes('secret'), false)
      } finally {
        await stop(other)
      }
    })
  })
})

describe('the gate', () => {
  it('needs the function’s permission and the operator’s grant, and logs which is missing [HOST-11]', async () => {
    const { log, lines } = keepingLog()
    const config = { grants: ['https://granted.example', 'https://both.example/v1'] }
    const declares = ['https://declared.example', 'https://both.example']
    const resolve = async () => []
    const { session } = sessionWith(config, { declares, log, resolve })
    const at = async (url: string) => {
      const answer = await ask(session, 'http', 'request', request(url))
      return 'refused' in answer ? answer.refused : 'done'
    }
    assert.equal(await at('https://granted.example/'), 'permission')
    assert.equal(await at('https://declared.example/'), 'permission')
    assert.equal(await at('https://both.example/v2'), 'permission')
    assert.equal(await at('https://both.example.evil/v1'), 'permission')
    assert.equal(await at('https://both.example@evil/v1'), 'url')
    // Past the gate: the name has no address.
    assert.equal(await at('https://both.example/v1/x'), 'failed')
    const reasons = lines.map(({ fields }) => String(fields.reason))
    assert.match(reasons[0] ?? '', /did not declare https:\/\/granted.example/)
    assert.match(reasons[1] ?? '', /no grant covers https:\/\/declared.example/)
    assert.equal(reasons.length, 6)
  })

  it('says which functions are worth running here [HOST-11]', () => {
    const { host } = sessionWith({ grants: ['https://a.com', 'https://b.com/v1'] })
    assert.equal(host.grantsCover([]), true)
    assert.equal(host.grantsCover(['https://a.com/x', 'https://b.com/v1']), true)
    assert.equal(host.grantsCover(['https://a.com', 'https://b.com']), false)
    assert.equal(host.capabilities, `0x${'1'.padStart(64, '0')}`)
  })

  it('grants nothing without a file [HOST-11]', async () => {
    const { session } = sessionWith(
      {},
      { declares: ['https://a.com', 'cgi:x', 'ipfs:read', 'llm:m', 'tcp://a.com:1', 's3://a.com'] },
    )
    assert.deepEqual(await ask(session, 'http', 'request', request('https://a.com')), {
      refused: 'permission',
    })
    assert.deepEqual(await ask(session, 'cgi', 'list', {}), { refused: 'permission' })
    assert.deepEqual(await ask(session, 'ipfs', 'allowed', { api: 'files/ls' }), { refused: 'permission' })
    assert.deepEqual(await ask(session, 'llm', 'model', { model: 'm' }), { refused: 'permission' })
    assert.deepEqual(await ask(session, 'socket', 'connect', { address: 'a.com:1' }), {
      refused: 'permission',
    })
  })
})

describe('addresses', () => {
  it('that are not public are refused unless the grant says otherwise [HOST-13]', async () => {
    const local = await serve((_, outgoing) => outgoing.end('inside'))
    try {
      const url = `http://name.example:${local.port}`
      for (const address of ['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1']) {
        const { session } = sessionWith({ grants: [url] }, { resolve: async () => [address] })
        assert.deepEqual(
          await ask(session, 'http', 'request', request(url)),
          { refused: 'permission' },
          address,
        )
      }
      const literal = sessionWith({ grants: [local.origin] })
      assert.deepEqual(await ask(literal.session, 'http', 'request', request(local.origin)), {
        refused: 'permission',
      })
      assert.deepEqual(local.asked, [])
      const grants = [{ permission: url, allowPrivate: true }]
      const { session } = sessionWith({ grants }, { resolve: async () => ['127.0.0.1'] })
      assert.equal(text(await ask(session, 'http', 'request', request(url))), 'inside')
    } finally {
      await stop(local)
    }
  })

  it('are resolved once: what was checked is what is connected to [HOST-13]', async () => {
    const local = await serve((incoming, outgoing) => outgoing.end(incoming.headers.host))
    try {
      const asked: string[] = []
      const resolve = async (host: string) => {
        asked.push(host)
        // A later look-up would lead elsewhere.
        return asked.length === 1 ? ['127.0.0.1'] : ['127.0.0.2']
      }
      const url = `http://rebinding.example:${local.port}`
      const { session } = sessionWith({ grants: [{ permission: url, allowPrivate: true }] }, { resolve })
      assert.equal(
        text(await ask(session, 'http', 'request', request(url))),
        `rebinding.example:${local.port}`,
      )
      assert.deepEqual(asked, ['rebinding.example'])
    } finally {
      await stop(local)
    }
  })

  it('of which one is private refuse the whole name [HOST-13]', async () => {
    const url = 'http://mixed.example'
    const { session } = sessionWith({ grants: [url] }, { resolve: async () => ['1.1.1.1', '127.0.0.1'] })
    assert.deepEqual(await ask(session, 'http', 'request', request(url)), { refused: 'permission' })
  })
})
