/** The guest's side of the ABI: codes, bounds and fuel. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HANDLES_MAX, HELD_BYTES_MAX } from '../../../../src/adapters/sandbox/blockless/handles.ts'
import { JSON_DEPTH_MAX, TEXT_BYTES_MAX } from '../../../../src/adapters/sandbox/blockless/outside.ts'
import { HOST_CALL_FUEL } from '../../../../src/adapters/sandbox/wasi/meter.ts'
import { HOST_CALLS_MAX, type HostValue } from '../../../../src/core/host-call.ts'
import { decodeValue } from '../../../../src/core/host-codec.ts'
import { answering, Guest, MEMORY_BYTES, RESULT } from './support.ts'

const OUTSIDE = MEMORY_BYTES - 2
const HANDLE = 32
const response = (body = 'hello', headers: HostValue = [['Content-Type', 'text/plain']]) => ({
  value: { status: 200, headers, body: new TextEncoder().encode(body), url: 'https://a.com/' },
})
const request = (guest: Guest, options = '{"headers":"{}","method":"GET"}', url = 'https://a.com') =>
  guest.call('http_req', ...guest.put(url), ...guest.put(options), HANDLE, RESULT)
const payload = (call: { readonly payload: Uint8Array } | undefined) =>
  call && (decodeValue(call.payload, 'payload') as Record<string, HostValue>)

describe('without a host session', () => {
  it('every call to the outside is denied with the code of its namespace [HOST-6]', () => {
    const guest = new Guest()
    const s3 =
      '{"access_key":"a","secret_key":"s","endpoint":"https://s3","bucket_name":"b","path":"p","prefix":""}'
    const json = (text: string) => guest.put(text)
    const denied: readonly (readonly [string, number | string, number])[] = [
      ['http', request(guest), 14],
      ['ipfs', guest.call('ipfs_command', ...json('{"api":"files/ls","args":[]}'), HANDLE, RESULT), 10],
      [
        'ipfs write',
        guest.call('ipfs_command', ...json('{"api":"files/write","args":[]}'), HANDLE, RESULT),
        10,
      ],
      ['s3', guest.call('bucket_command', 3, ...json(s3), HANDLE), 12],
      ['s3 put', guest.call('bucket_put_object', ...json(s3), ...json('x')), 12],
      ['s3 create', guest.call('bucket_create', ...json(s3), HANDLE), 12],
      ['s3 list', guest.call('bucket_list', ...json(s3), HANDLE), 12],
      ['cgi list', guest.call('cgi_list_exec', HANDLE), 4],
      ['cgi', guest.call('cgi_open', ...json('{"command":"x"}'), HANDLE), 4],
      ['driver', guest.call('blockless_open', ...json('redis://h'), ...json('{}'), RESULT), 14],
      ['tcp', guest.call('tcp_connect', ...json('1.2.3.4:5'), RESULT), 2],
      ['listen', guest.call('create_tcp_bind_socket', ...json('0.0.0.0:80'), RESULT), 2],
      ['llm', guest.call('llm_set_model_request', HANDLE, ...json('m')), 10],
    ]
    for (const [what, code, expected] of denied) assert.equal(code, expected, what)
    guest.call(
      'rpc_call',
      ...json('{"jsonrpc":"2.0","id":1,"method":"http.request","params":{"url":"https://a.com"}}'),
      65_536,
      500,
      RESULT,
    )
    assert.equal(
      guest.text(65_536, guest.u32()),
      '{"jsonrpc":"2.0","result":{"success":false,"data":null,"error":"permission denied"},"id":1}',
    )
  })
})

describe('blockless_memory', () => {
  const run = {
    input: new TextEncoder().encode('the input'),
    env: [
      ['A', 'x"y'],
      ['B', ''],
    ] as const,
  }
  it('gives input and environment, each time from the beginning [HOST-7]', () => {
    const guest = new Guest(undefined, run)
    for (let i = 0; i < 2; i++) {
      assert.equal(guest.call('memory_read', 8192, 100, RESULT), 0)
      assert.equal(guest.text(8192, guest.u32()), 'the input')
      assert.equal(guest.call('env_var_read', 8192, 100, RESULT), 0)
      assert.deepEqual(JSON.parse(guest.text(8192, guest.u32())), { A: 'x"y', B: '' })
    }
    const bare = new Guest()
    assert.equal(bare.call('env_var_read', 8192, 100, RESULT), 0)
    assert.equal(bare.text(8192, bare.u32()), '{}')
    assert.equal(bare.call('memory_read', 8192, 100, RESULT), 0)
    assert.equal(bare.u32(), 0)
  })
  it('gives a buffer that is too small nothing but the length [HOST-7]', () => {
    const guest = new Guest(undefined, run)
    assert.equal(guest.call('memory_read', 8192, 8, RESULT), 3)
    assert.equal(guest.u32(), 9)
    assert.equal(guest.text(8192, 8), '\0'.repeat(8))
    assert.equal(guest.call('memory_read', 8192, 0, RESULT), 3)
    assert.equal(guest.call('memory_read', OUTSIDE, 100, RESULT), 3)
    assert.equal(guest.call('memory_read', 8192, 100, OUTSIDE), 3)
  })
})

describe('blockless_http', () => {
  it('asks with what the guest says, and what it leaves out is the default', () => {
    const { ask, asked } = answering(response())
    const guest = new Guest(ask)
    assert.equal(
      request(
        guest,
        '{"method":"post","headers":"{\\"a\\":\\"b\\"}","body":"x","connectTimeout":5,"readTimeout":0.5}',
      ),
      0,
    )
    assert.deepEqual(payload(asked[0]), {
      url: 'https://a.com',
      method: 'POST',
      headers: [['a', 'b']],
      body: new Uint8Array([120]),
      connectTimeoutMs: 5000,
      readTimeoutMs: 500,
    })
    assert.equal(request(guest, '{"body":null}'), 0)
    assert.deepEqual(payload(asked[1]), {
      url: 'https://a.com',
      method: 'GET',
      headers: [],
      body: new Uint8Array(),
      connectTimeoutMs: 30_000,
      readTimeoutMs: 30_000,
    })
  })

  it('gives status, headers whatever their case, and the body in pieces', () => {
    const { ask } = answering(
      response('hello', [
        ['Content-Type', 'text/plain'],
        ['Set-Cookie', 'a'],
        ['set-cookie', 'b'],
      ]),
    )
    const guest = new Guest(ask)
    request(guest)
    assert.equal(guest.u32(), 200)
    const handle = guest.u32(HANDLE)
    assert.equal(handle, 1)
    const header = (name: string, length = 100) => {
      const code = guest.call('http_read_header', handle, ...guest.put(name), 8192, length, RESULT)
      return code === 0 ? guest.text(8192, guest.u32()) : code
    }
    assert.equal(header('content-TYPE', 4), 'text')
    assert.equal(header('content-TYPE'), '/plain')
    assert.equal(header('content-TYPE'), '')
    assert.equal(header('content-TYPE'), 'text/plain')
    assert.equal(header('set-cookie'), 'a, b')
    assert.equal(header('x'), 4)
    const body = () => {
      assert.equal(guest.call('http_read_body', handle, 8192, 3, RESULT), 0)
      return guest.text(8192, guest.u32())
    }
    assert.deepEqual([body(), body(), body()], ['hel', 'lo', ''])
    assert.equal(guest.call('http_close', handle), 0)
    assert.equal(guest.call('http_close', handle), 1)
    assert.equal(guest.call('http_read_body', handle, 8192, 3, RESULT), 1)
  })

  it('answers the guest’s mistakes with its codes, and asks nobody [HOST-8]', () => {
    const { ask, asked } = answering(response())
    const guest = new Guest(ask)
    assert.equal(request(guest, 'no json'), 8)
    assert.equal(request(guest, '[]'), 8)
    assert.equal(request(guest, '{"body":1}'), 8)
    assert.equal(request(guest, '{"readTimeout":-1}'), 8)
    assert.equal(request(guest, '{"headers":"["}'), 15)
    assert.equal(request(guest, '{"headers":"[]"}'), 15)
    assert.equal(request(guest, `{"headers":"${'['.repeat(100)}"}`), 15)
    assert.equal(request(guest, '{"headers":{"a":[]}}'), 15)
    const bad = guest.put(new Uint8Array([0xff]))
    assert.equal(guest.call('http_req', ...bad, ...guest.put('{}'), HANDLE, RESULT), 5)
    assert.equal(guest.call('http_req', OUTSIDE, 10, ...guest.put('{}'), HANDLE, RESULT), 2)
    assert.equal(
      guest.call('http_req', ...guest.put('https://a.com'), ...guest.put('{}'), OUTSIDE, RESULT),
      2,
    )
    assert.equal(guest.call('http_req', ...guest.put('https://a.com'), ...guest.put('{}'), HANDLE, -1), 2)
    assert.equal(guest.call('http_read_body', 99, 8192, 3, RESULT), 1)
    assert.equal(asked.length, 0)
  })

  for (const [refused, code] of [
    ['permission', 14],
    ['url', 9],
    ['method', 7],
    ['headers', 15],
    ['failed', 10],
    ['absent', 13],
    ['invalid', 8],
  ] as const)
    it(`answers ${code} when the host says ${refused} [HOST-8]`, () => {
      assert.equal(request(new Guest(answering({ refused }).ask)), code)
    })
})

describe('a hostile guest', () => {
  it(`has ${HANDLES_MAX} handles at a time, of all namespaces together [HOST-8]`, () => {
    const { ask, asked } = answering(response(''))
    const guest = new Guest(ask)
    const codes = Array.from({ length: 1000 }, () => request(guest, '{}', 'x'))
    assert.deepEqual(codes.filter((code) => code === 0).length, HANDLES_MAX)
    assert.deepEqual(new Set(codes.slice(HANDLES_MAX)), new Set([12]))
    assert.equal(asked.length, HANDLES_MAX)
    assert.equal(guest.call('ipfs_command', ...guest.put('{"api":"files/ls"}'), HANDLE, RESULT), 8)
    assert.equal(guest.call('http_close', 1), 0)
    assert.equal(request(guest, '{}', 'x'), 0)
    assert.equal(guest.u32(HANDLE), HANDLES_MAX + 1)
  })

  it('has answers of a bounded size held for it [HOST-8]', () => {
    const body = new Uint8Array(1024 * 1024)
    const { ask } = answering({ value: { status: 200, headers: [], body, url: '' } })
    const guest = new Guest(ask)
    const count = HELD_BYTES_MAX / body.length
    for (let i = 0; i < count; i++) assert.equal(request(guest, '{}', 'x'), 0)
    assert.equal(request(guest, '{}', 'x'), 12)
    guest.call('http_close', 1)
    assert.equal(request(guest, '{}', 'x'), 0)
  })

  it('makes a bounded number of calls to the host [HOST-8]', () => {
    const { ask, asked } = answering({ refused: 'failed' })
    const guest = new Guest(ask)
    for (let i = 0; i < HOST_CALLS_MAX; i++) request(guest, '{}', '')
    assert.equal(request(guest, '{}', ''), 12)
    assert.equal(asked.length, HOST_CALLS_MAX)
  })

  it('sends texts of a bounded length and JSON of a bounded depth [HOST-8]', () => {
    const guest = new Guest(answering(response()).ask)
    guest.memory.grow(20)
    assert.equal(guest.call('http_req', 0, TEXT_BYTES_MAX + 1, ...guest.put('{}'), HANDLE, RESULT), 8)
    const nested = (depth: number) => `{"headers":"{}","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    assert.equal(request(guest, nested(JSON_DEPTH_MAX)), 0)
    assert.equal(request(guest, nested(JSON_DEPTH_MAX + 1)), 8)
    assert.equal(request(guest, `{"x":"${'['.repeat(1000)}\\"["}`), 0)
  })

  it('cannot be answered with nonsense [HOST-8]', () => {
    for (const value of [
      null,
      1,
      { status: 200 },
      { status: 'x', body: new Uint8Array(), headers: [] },
      { status: 200, body: new Uint8Array(), headers: [['a']] },
    ] as HostValue[])
      assert.equal(request(new Guest(answering({ value }).ask)), 10)
  })

  it('pays for each call, and for each byte both ways [HOST-9]', () => {
    const guest = new Guest(answering(response('x'.repeat(500), [])).ask)
    const cost = (run: () => void) => {
      const before = guest.fuel.value as bigint
      run()
      return Number(before - (guest.fuel.value as bigint))
    }
    const options = '{}'
    const url = 'https://a.com'
    assert.equal(
      cost(() => request(guest, options, url)),
      HOST_CALL_FUEL + options.length + url.length,
    )
    const handle = guest.u32(HANDLE)
    assert.equal(
      cost(() => guest.call('http_read_body', handle, 8192, 400, RESULT)),
      HOST_CALL_FUEL + 400,
    )
    assert.equal(
      cost(() => guest.call('http_read_body', handle, 8192, 400, RESULT)),
      HOST_CALL_FUEL + 100,
    )
    assert.equal(
      cost(() => guest.call('http_close', handle)),
      HOST_CALL_FUEL,
    )
    assert.equal(
      cost(() => guest.call('http_close', handle)),
      HOST_CALL_FUEL,
    )
  })

  it('ends when its fuel does not pay for a call, and stays ended [HOST-9]', () => {
    const { ask, asked } = answering(response())
    const guest = new Guest(ask)
    guest.fuel.value = BigInt(HOST_CALL_FUEL + 5)
    assert.equal(request(guest), 'end 0x110')
    assert.equal(asked.length, 0)
    guest.fuel.value = 1_000_000n
    assert.equal(guest.call('memory_read', 8192, 100, RESULT), 'end 0x110')
  })
})

describe('streams to the outside', () => {
  const host = () =>
    answering(({ operation }) => {
      if (operation === 'open') return { value: 7 }
      if (operation === 'read') return { value: new TextEncoder().encode('pong') }
      return { value: operation === 'write' ? 4 : null }
    })
  const open = (guest: Guest) =>
    guest.call('blockless_open', ...guest.put('redis://h'), ...guest.put('{}'), RESULT)

  it('are descriptors that fd_read, fd_write and fd_close know [HOST-17]', () => {
    const { ask, asked } = host()
    const guest = new Guest(ask)
    assert.equal(open(guest), 0)
    const fd = guest.u32()
    assert.ok(fd > 4096)
    assert.equal(guest.wasi('fd_write', fd, ...guest.vector(...guest.put('ping')), RESULT), 0)
    assert.equal(guest.u32(), 4)
    assert.equal(guest.wasi('fd_read', fd, ...guest.vector(8192, 100), RESULT), 0)
    assert.equal(guest.text(8192, guest.u32()), 'pong')
    assert.equal(guest.wasi('fd_fdstat_get', fd, 8192), 0)
    assert.equal(guest.wasi('fd_seek', fd, 0n, 0, 8192), 8)
    assert.equal(guest.wasi('fd_close', fd), 0)
    assert.equal(guest.wasi('fd_close', fd), 8)
    assert.deepEqual(
      asked.map(({ operation }) => operation),
      ['open', 'write', 'read', 'close'],
    )
    assert.deepEqual(payload(asked[2]), { stream: 7, bytesMax: 100 })
  })

  it('leave the guest’s own descriptors alone [HOST-17]', () => {
    const guest = new Guest(host().ask)
    open(guest)
    assert.equal(guest.wasi('fd_write', 1, ...guest.vector(...guest.put('ping')), RESULT), 0)
    assert.equal(guest.u32(), 4)
    assert.equal(guest.wasi('fd_close', 4096), 8)
    assert.equal(guest.wasi('fd_read', 3, ...guest.vector(8192, 1), RESULT), 31)
  })

  it('tell the guest what became of them by an errno [HOST-17]', () => {
    let refused = false
    const { ask } = answering(({ operation }) => {
      if (operation === 'open') return { value: 1 }
      return refused ? { refused: 'reset' } : { value: null }
    })
    const guest = new Guest(ask)
    open(guest)
    const fd = guest.u32()
    assert.equal(guest.wasi('fd_read', fd, ...guest.vector(8192, 100), RESULT), 29)
    refused = true
    assert.equal(guest.wasi('fd_read', fd, ...guest.vector(8192, 100), RESULT), 15)
    assert.equal(guest.wasi('fd_write', fd, ...guest.vector(OUTSIDE, 100), RESULT), 21)
  })
})

describe('bless.rpc_call', () => {
  const call = (guest: Guest, request: string, max = 4096) => {
    const code = guest.call('rpc_call', ...guest.put(request), 65_536, max, RESULT)
    return code === 0 ? JSON.parse(guest.text(65_536, guest.u32())) : code
  }
  const rpc = (method: string, params?: unknown) => JSON.stringify({ jsonrpc: '2.0', id: 7, method, params })

  it('answers ping, echo and version without a host [HOST-19]', () => {
    const guest = new Guest()
    assert.deepEqual(call(guest, rpc('ping')), { jsonrpc: '2.0', result: 'pong', id: 7 })
    assert.deepEqual(call(guest, rpc('echo', { a: [1, 'x'] })).result, { a: [1, 'x'] })
    assert.deepEqual(call(guest, rpc('echo')).result, null)
    assert.equal(call(guest, rpc('version')).result.rpc_version, '2.0')
  })
  it('answers what it does not know with an error of JSON-RPC [HOST-19]', () => {
    const guest = new Guest()
    assert.deepEqual(call(guest, rpc('nonexistent.method')).error, {
      code: -32601,
      message: 'Method not found',
      data: { method: 'nonexistent.method' },
    })
    for (const params of [undefined, {}, { url: 1 }, { url: 'x', options: { headers: 'y' } }])
      assert.equal(call(guest, rpc('http.request', params)).error.code, -32602)
  })
  it('makes a request with the query added, and gives the body as bytes [HOST-19]', () => {
    const { ask, asked } = answering(response('hi'))
    const guest = new Guest(ask)
    const options = {
      method: 'put',
      headers: { a: 'b' },
      body: 'x',
      timeout: 1500,
      query_params: { q: 'a b', r: '&' },
    }
    const { result } = call(guest, rpc('http.request', { url: 'https://a.com/?x=1#f', options }))
    assert.deepEqual(result, {
      success: true,
      data: {
        status: 200,
        headers: { 'Content-Type': 'text/plain' },
        body: [104, 105],
        url: 'https://a.com/',
      },
      error: null,
    })
    assert.deepEqual(payload(asked[0]), {
      url: 'https://a.com/?x=1&q=a+b&r=%26#f',
      method: 'PUT',
      headers: [['a', 'b']],
      body: new Uint8Array([120]),
      connectTimeoutMs: 1500,
      readTimeoutMs: 1500,
    })
  })
  it('refuses bad JSON with 1 and a buffer that is too small with 5 [HOST-19]', () => {
    const guest = new Guest(answering(response('x'.repeat(3000))).ask)
    for (const text of [
      '{',
      '[]',
      '{"jsonrpc":"2.0","method":"ping"}',
      '{"method":"ping","id":1}',
      rpc('echo', 1).replace('7', '-1'),
    ])
      assert.equal(call(guest, text), 1, text)
    assert.equal(call(guest, rpc('ping'), 10), 5)
    assert.equal(call(guest, rpc('http.request', { url: 'x' })), 5)
    assert.equal(guest.call('rpc_call', ...guest.put(rpc('ping')), OUTSIDE, 100, RESULT), 4)
  })
})
