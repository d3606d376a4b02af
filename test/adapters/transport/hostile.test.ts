import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import net from 'node:net'
import { after, describe, it } from 'node:test'
import type { Connection, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { encodeFrame } from '../../../src/adapters/transport/frames.ts'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import type { TransportLimits } from '../../../src/adapters/transport/limits.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { Protocol, Transport } from '../../../src/ports/transport.ts'
import { bytes, echoProtocol, failsWith, text } from './conformance.ts'

const open: Protocol = { ...echoProtocol, access: 'anyone', frameBytesMax: 512 * 1024 }
/** The same, for peers that are meant to run out of time. */
const quick: Protocol = { ...open, timeoutMs: 300 }
const waitMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > end) assert.fail(`not within ${withinMs} ms: ${what}`)
    await waitMs(10)
  }
}

interface RawDialer {
  dial(address: Multiaddr, options: { readonly signal: AbortSignal }): Promise<Connection>
}

/** How many of the dials are connections still. */
function openOf(dials: readonly PromiseSettledResult<Connection>[]): number {
  return dials.filter((dial) => dial.status === 'fulfilled' && dial.value.status === 'open').length
}

describe('a libp2p transport among hostile peers', () => {
  const stops: (() => unknown)[] = []
  after(() => Promise.all(stops.map((stop) => stop())))
  let seed = 100

  const start = async (limits: Partial<TransportLimits> = {}) => {
    const cuts: string[] = []
    const refusals: unknown[] = []
    const log: Log = {
      debug() {},
      info: (event, fields) => event === 'peer-refused' && refusals.push(fields),
      error() {},
      warn: (event, fields) => event === 'peer-cut' && cuts.push(String(fields?.reason)),
      child: () => log,
    }
    const privateKey = new Uint8Array(32).fill(seed++)
    const listen = ['/ip4/127.0.0.1/tcp/0']
    const transport = await createLibp2pTransport({
      privateKey,
      listen,
      log,
      limits: { streamIdleMs: 4_000, ...limits },
    })
    stops.push(() => transport.stop())
    return { transport, cuts, refusals }
  }
  const raw = async () => {
    const node = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
    })
    stops.push(() => node.stop())
    return node
  }
  const dial = (node: Libp2p, transport: Transport) => node.dial(multiaddr(transport.addresses()[0]))
  const attack = async (node: Libp2p, transport: Transport) => {
    const connection = await dial(node, transport)
    return { connection, stream: await connection.newStream(quick.id) }
  }
  const assertServes = async (transport: Transport) => {
    const { transport: honest } = await start()
    await honest.learn(transport.self, transport.addresses())
    assert.equal(text(await honest.call(transport.self, open, bytes('still here'))), 'still here')
  }

  const frames: readonly [string, Uint8Array, RegExp][] = [
    ['a length above the bound', new Uint8Array([0xff, 0xff, 0xff, 0xff]), /length/],
    ['a length of zero', new Uint8Array(4), /length/],
    ['bytes that are no message', new Uint8Array([0, 0, 0, 3, 1, 2, 3]), /array/],
    ['a message with bytes after it', new Uint8Array([0, 0, 0, 5, 0x83, 0, 1, 0x40, 0]), /after/],
    ['an endless nesting', new Uint8Array([0, 0, 0x10, 0, ...new Uint8Array(4_096).fill(0x81)]), /three/],
    [
      'an answer nobody asked for',
      encodeFrame({ kind: 'answer', id: 1, payload: bytes('x') }),
      /asking side/,
    ],
  ]
  for (const [what, frame, reason] of frames) {
    it(`cuts the connection of a peer that sends ${what}, and goes on serving others`, async () => {
      const { transport, cuts } = await start()
      await transport.handle(open, async (_, payload) => payload)
      const { connection, stream } = await attack(await raw(), transport)
      stream.send(frame)
      await until('cut', () => connection.status !== 'open')
      assert.match(cuts[0] ?? '', reason)
      await assertServes(transport)
    })

    it(`fails the call to a peer that answers with ${what}`, async () => {
      const { transport, cuts } = await start()
      const node = await raw()
      await node.handle(open.id, (stream) => {
        stream.addEventListener('message', () => {
          const unasked = encodeFrame({ kind: 'answer', id: 77, payload: bytes('x') })
          if (stream.status === 'open') stream.send(what.startsWith('an answer') ? unasked : frame)
        })
      })
      const peer = node.peerId.toString()
      await transport.learn(peer, [String(node.getMultiaddrs()[0])])
      await assert.rejects(transport.call(peer, open, bytes('hi')), failsWith('closed'))
      assert.ok(cuts.length > 0)
    })
  }

  it('cuts a peer that has more calls in flight than allowed', async () => {
    const { transport, cuts } = await start()
    await transport.handle(open, () => new Promise(() => {}))
    const { connection, stream } = await attack(await raw(), transport)
    for (let id = 0; id <= quick.inFlightMax; id++)
      stream.send(encodeFrame({ kind: 'request', id, payload: bytes('x') }))
    await until('cut', () => connection.status !== 'open')
    assert.deepEqual(cuts, ['too many calls in flight'])
  })

  it('counts calls of a peer over all its streams and connections', async () => {
    const { transport, cuts } = await start()
    await transport.handle(open, () => new Promise(() => {}))
    const node = await raw()
    for (let round = 0; round < 2; round++) {
      const { connection, stream } = await attack(node, transport)
      for (let id = 0; id < quick.inFlightMax; id++)
        stream.send(encodeFrame({ kind: 'request', id, payload: bytes('x') }))
      await waitMs(100)
      await connection.close()
    }
    await until('cut', () => cuts.length > 0)
    assert.deepEqual(new Set(cuts), new Set(['too many calls in flight']))
  })

  it('cuts a refused peer that goes on asking, and logs it once [RUN-63]', async () => {
    const { transport, cuts, refusals } = await start()
    await transport.handle(echoProtocol, () => assert.fail('a stranger was heard'))
    const { connection, stream } = await attack(await raw(), transport)
    for (let id = 0; id < echoProtocol.inFlightMax; id++)
      stream.send(encodeFrame({ kind: 'request', id, payload: bytes('x') }))
    await until('refused', () => stream.remoteWriteStatus === 'closed')
    assert.deepEqual([cuts, refusals.length], [[], 1])
    stream.send(encodeFrame({ kind: 'request', id: 99, payload: bytes('x') }))
    await until('cut', () => connection.status !== 'open')
    assert.deepEqual([cuts, refusals.length], [['calls after a refusal'], 1])
  })

  it('cuts a peer that opens one refused stream after another, and logs it once [RUN-63]', async () => {
    const { transport, cuts, refusals } = await start()
    await transport.handle(echoProtocol, () => assert.fail('a stranger was heard'))
    const connection = await dial(await raw(), transport)
    let opened = 0
    while (connection.status === 'open' && opened < 100) {
      const stream = await connection.newStream(echoProtocol.id).catch(() => undefined)
      if (stream === undefined) break
      opened++
      await stream.close().catch(() => {})
    }
    await until('cut', () => connection.status !== 'open')
    assert.deepEqual([cuts, refusals.length], [['too many refused streams'], 1])
    assert.ok(opened > 2, 'an honest peer may ask more than once')
  })

  it('cuts a peer that never reads its answers', async () => {
    const { transport, cuts } = await start()
    await transport.handle(quick, async () => new Uint8Array(quick.frameBytesMax))
    const { connection, stream } = await attack(await raw(), transport)
    stream.addEventListener('message', () => {})
    stream.pause()
    for (let id = 0; id < quick.inFlightMax; id++)
      stream.send(encodeFrame({ kind: 'request', id, payload: bytes('x') }))
    await until('cut', () => connection.status !== 'open')
    assert.deepEqual(cuts, ['the peer stalled'])
  })

  it('cuts a peer that leaves a frame unfinished', async () => {
    const { transport, cuts } = await start()
    await transport.handle(quick, async (_, payload) => payload)
    const { connection, stream } = await attack(await raw(), transport)
    stream.send(new Uint8Array([0, 0, 1, 0, 0x83]))
    await until('cut', () => connection.status !== 'open')
    assert.deepEqual(cuts, ['the peer stalled'])
  })

  it('gives a peer two streams of a protocol and no more', async () => {
    const { transport } = await start()
    await transport.handle(open, async (_, payload) => payload)
    const connection = await dial(await raw(), transport)
    const opened = await Promise.allSettled(Array.from({ length: 10 }, () => connection.newStream(quick.id)))
    assert.ok(opened.filter((result) => result.status === 'fulfilled').length >= 2)
    await until('two', () => connection.streams.filter((stream) => stream.status === 'open').length === 2)
  })

  it('cuts a peer that announces a multiplexer frame of a gigabyte', async () => {
    const { transport } = await start()
    await transport.handle(open, async (_, payload) => payload)
    const { connection } = await attack(await raw(), transport)
    const { muxer } = connection as unknown as { muxer: { send(data: Uint8Array): boolean } }
    muxer.send(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1, 0x40, 0, 0, 0]))
    for (let i = 0; i < 64 && connection.status === 'open'; i++) {
      muxer.send(new Uint8Array(64 * 1024))
      await waitMs(5)
    }
    await until('cut', () => connection.status !== 'open')
    await assertServes(transport)
  })

  it('keeps room for registered peers when strangers crowd in', async () => {
    const { transport } = await start({ strangerConnectionsMax: 2, connectionsMax: 8 })
    await transport.handle(echoProtocol, async (_, payload) => payload)
    const { transport: member } = await start()
    transport.allow((peer) => peer === member.self)
    const strangers = await Promise.all(Array.from({ length: 6 }, raw))
    const connections = await Promise.allSettled(strangers.map((node) => dial(node, transport)))
    await until('the rest is gone', () => openOf(connections) === 2)
    await member.learn(transport.self, transport.addresses())
    assert.equal(text(await member.call(transport.self, echoProtocol, bytes('in'))), 'in')
  })

  it('holds at most four connections of one peer', async () => {
    const { transport } = await start()
    const node = await raw()
    // libp2p joins dials of one peer; its transport, asked directly, does not.
    const { transportManager } = (node as unknown as { components: { transportManager: RawDialer } })
      .components
    const address = multiaddr(transport.addresses()[0])
    const dials = Array.from({ length: 8 }, () =>
      transportManager.dial(address, { signal: AbortSignal.timeout(2_000) }),
    )
    const connections = await Promise.allSettled(dials)
    await until('the rest is gone', () => openOf(connections) === 4)
  })

  it('disconnects a peer that is no longer registered, and leaves strangers alone', async () => {
    const { transport } = await start()
    await transport.handle(echoProtocol, async (_, payload) => payload)
    const registered = new Set<string>()
    transport.allow((peer) => registered.has(peer))
    const { transport: member } = await start()
    registered.add(member.self)
    await member.learn(transport.self, transport.addresses())
    await member.call(transport.self, echoProtocol, bytes('in'))
    const stranger = await dial(await raw(), transport)
    registered.delete(member.self)
    transport.allow((peer) => registered.has(peer))
    await assert.rejects(member.call(transport.self, echoProtocol, bytes('out')), failsWith('refused'))
    assert.equal(stranger.status, 'open')
  })

  describe('left alone', () => {
    const never = 600_000
    /** A peer that echoes and closes nothing by itself, and every stream it was opened. */
    const patientPeer = async () => {
      const node = await raw()
      const streams: Stream[] = []
      await node.handle(open.id, (stream) => {
        streams.push(stream)
        stream.addEventListener('message', () => {
          const id = streams.length
          stream.send(encodeFrame({ kind: 'answer', id: 1, payload: bytes(`stream ${id}`) }))
        })
      })
      return { node, streams }
    }
    const callOf = async (transport: Transport, { node }: { readonly node: Libp2p }) => {
      const peer = node.peerId.toString()
      await transport.learn(peer, [String(node.getMultiaddrs()[0])])
      return async () => text(await transport.call(peer, open, bytes('hi')))
    }

    it('closes the stream it opened, not its connection, and opens another for the next call [RUN-64]', async () => {
      const { transport } = await start({ streamIdleMs: 100, connectionIdleMs: never })
      const peer = await patientPeer()
      const call = await callOf(transport, peer)
      assert.equal(await call(), 'stream 1')
      const [connection] = peer.node.getConnections()
      await until('closed', () => peer.streams[0]?.remoteWriteStatus === 'closed')
      assert.equal(await call(), 'stream 2')
      assert.deepEqual(peer.node.getConnections(), [connection])
    })

    it('closes a stream opened to it, not its connection [RUN-64]', async () => {
      const { transport, cuts } = await start({ streamIdleMs: 100, connectionIdleMs: never })
      await transport.handle(open, async (_, payload) => payload)
      const { connection, stream } = await attack(await raw(), transport)
      await until('closed', () => stream.status !== 'open')
      assert.deepEqual([connection.status, cuts], ['open', []])
    })

    it('closes a connection without streams, and opens another for the next call [RUN-64]', async () => {
      const { transport } = await start({ streamIdleMs: 100, connectionIdleMs: 200 })
      const peer = await patientPeer()
      const call = await callOf(transport, peer)
      assert.equal(await call(), 'stream 1')
      await peer.streams[0]?.close()
      await until('closed', () => peer.node.getConnections().length === 0)
      assert.equal(await call(), 'stream 2')
    })
  })

  it('gives up a connection that fell silent, and reaches the peer over another', {
    timeout: 60_000,
  }, async () => {
    const { transport } = await start({ dialTimeoutMs: 1_000 })
    const { transport: peer } = await start()
    const patient = { ...open, timeoutMs: 1_000 }
    await peer.handle(patient, async (_, payload) => payload)
    const port = Number(/tcp\/(\d+)/.exec(peer.addresses()[0] ?? '')?.[1])
    let silent = false
    let before = 0
    const sockets: net.Socket[] = []
    const proxy = net.createServer((client) => {
      const upstream = net.connect(port, '127.0.0.1')
      const silenced = () => silent && sockets.indexOf(client) < before
      sockets.push(client)
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on('data', (data) => silenced() || to.write(data))
        from.on('error', () => {})
        from.on('close', () => to.destroy())
      }
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    stops.push(() => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    })
    await transport.learn(peer.self, [`/ip4/127.0.0.1/tcp/${(proxy.address() as net.AddressInfo).port}`])
    const answered = () => transport.call(peer.self, patient, bytes('one')).then(text, () => undefined)
    await until('reached', async () => (await answered()) === 'one')
    silent = true
    before = sockets.length
    await assert.rejects(transport.call(peer.self, patient, bytes('two')), failsWith('timeout'))
    await until('reached again', async () => (await answered()) === 'one')
    assert.ok(sockets.length > before)
  })

  it('learns from a registered caller how to call it back', async () => {
    const { transport } = await start()
    const { transport: peer } = await start()
    for (const side of [transport, peer]) await side.handle(open, async (_, payload) => payload)
    peer.allow(() => true)
    await transport.learn(peer.self, peer.addresses())
    await transport.call(peer.self, open, bytes('there'))
    assert.equal(text(await peer.call(transport.self, open, bytes('and back'))), 'and back')
    const known = async () => (await peer.known(transport.self)).length
    await until('learnt', async () => (await known()) > 0)
    assert.deepEqual(await peer.known(transport.self), transport.addresses())
  })

  it('moves frames larger than a window, many at once', async () => {
    const { transport } = await start()
    const { transport: peer } = await start()
    const bulk = { ...open, timeoutMs: 30_000 }
    await peer.handle(bulk, async (_, payload) => payload.map((byte) => byte ^ 0xff))
    await transport.learn(peer.self, peer.addresses())
    const payloads = Array.from({ length: 24 }, (_, i) => new Uint8Array(bulk.frameBytesMax).fill(i))
    const answers = await Promise.all(payloads.map((payload) => transport.call(peer.self, bulk, payload)))
    assert.ok(answers.every((answer, i) => answer.every((byte) => byte === (i ^ 0xff))))
  })

  it('leaves the process able to exit once stopped', { timeout: 60_000 }, async () => {
    const script = `
      import { createLibp2pTransport } from './src/adapters/transport/libp2p.ts'
      import { silentLog as log } from './src/ports/log.ts'
      const listen = ['/ip4/127.0.0.1/tcp/0']
      const make = (n) => createLibp2pTransport({ privateKey: new Uint8Array(32).fill(n), listen, log })
      const [a, b] = await Promise.all([make(1), make(2)])
      const protocol = ${JSON.stringify(open)}
      await b.handle(protocol, (_, payload) => payload.length > 0 ? Promise.resolve(payload) : new Promise(() => {}))
      await a.learn(b.self, b.addresses())
      await a.call(b.self, protocol, new Uint8Array(3))
      a.call(b.self, protocol, new Uint8Array(0)).catch(() => {})
      await Promise.all([a.stop(), b.stop()])`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    assert.equal(code, 0, stderr)
  })
})
