import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Protocol, Transport, TransportFailure } from '../../../src/ports/transport.ts'
import { TransportError } from '../../../src/ports/transport.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import type { PeerId } from '../../../src/protocol/types.ts'

export interface TransportHarness {
  readonly name: string
  /** A started transport of the identity numbered `seed`. A stopped one may be started again. */
  start(seed: number): Promise<Transport>
}

export const echoProtocol: Protocol = {
  id: '/dikast/test-echo/1.0.0',
  frameBytesMax: 4_096,
  timeoutMs: 15_000,
  inFlightMax: 8,
  access: 'registered',
}

export const bytes = (text: string) => new TextEncoder().encode(text)
export const text = (value: Uint8Array) => new TextDecoder().decode(value)

export function failsWith(reason: TransportFailure) {
  return (error: unknown) => {
    assert.ok(error instanceof TransportError, String(error))
    assert.equal(error.reason, reason, error.message)
    return true
  }
}

/** What every transport does. */
export function describeTransport(harness: TransportHarness): void {
  describe(`a ${harness.name} transport`, () => {
    let seed = 1
    const started: Transport[] = []
    const start = async (as = seed++) => {
      const transport = await harness.start(as)
      started.push(transport)
      transport.allow(() => true)
      return transport
    }
    /** A caller that knows where its peer is, and that peer. */
    const pair = async () => {
      const [caller, peer] = await Promise.all([start(), start()])
      await caller.learn(peer.self, peer.addresses())
      return { caller, peer }
    }
    after(() => Promise.all(started.map((transport) => transport.stop())))

    it('carries a frame to a peer and its answer back, and says who asked', async () => {
      const { caller, peer } = await pair()
      let from: PeerId | undefined
      await peer.handle(echoProtocol, async (who, payload) => {
        from = who
        return bytes(`${text(payload)}!`)
      })
      assert.equal(text(await caller.call(peer.self, echoProtocol, bytes('hello'))), 'hello!')
      assert.equal(from, caller.self)
      assert.equal((await caller.call(peer.self, { ...echoProtocol }, bytes(''))).length, 1)
    })

    it('calls back over the connection the other side opened', async () => {
      const { caller, peer } = await pair()
      for (const side of [caller, peer]) await side.handle(echoProtocol, async (_, payload) => payload)
      await peer.learn(caller.self, caller.addresses())
      await caller.call(peer.self, echoProtocol, bytes('there'))
      assert.equal(text(await peer.call(caller.self, echoProtocol, bytes('back'))), 'back')
    })

    it('gives each of many concurrent calls its own answer, in whatever order they come', async () => {
      const { caller, peer } = await pair()
      let running = 0
      let runningMost = 0
      await peer.handle(echoProtocol, async (_, payload) => {
        runningMost = Math.max(runningMost, ++running)
        await new Promise((resolve) => setTimeout(resolve, Number(text(payload)) % 7))
        running--
        return payload
      })
      const calls = Array.from({ length: 100 }, (_, i) => caller.call(peer.self, echoProtocol, bytes(`${i}`)))
      const answers = await Promise.all(calls)
      assert.deepEqual(
        answers.map(text),
        calls.map((_, i) => `${i}`),
      )
      assert.ok(runningMost > 1 && runningMost <= echoProtocol.inFlightMax, `${runningMost} ran at once`)
    })

    it('does not send an empty answer where silence is one, and tells every other', async () => {
      const { caller, peer } = await pair()
      const protocol = { ...echoProtocol, id: '/test/silence/1.0.0', silenceMs: 200 }
      await peer.handle(protocol, async (_, payload) => {
        if (text(payload) === 'fail') throw new Error('no')
        if (text(payload) === 'late') await new Promise((resolve) => setTimeout(resolve, 400))
        return text(payload) === 'take' ? new Uint8Array(0) : payload
      })
      const startedAtMs = performance.now()
      assert.equal((await caller.call(peer.self, protocol, bytes('take'))).length, 0)
      // Timers may be a millisecond early.
      assert.ok(performance.now() - startedAtMs >= 198, 'an answer was sent')
      assert.equal(text(await caller.call(peer.self, protocol, bytes('complain'))), 'complain')
      await assert.rejects(caller.call(peer.self, protocol, bytes('fail')), { reason: 'remote-error' })
      assert.equal((await caller.call(peer.self, protocol, bytes('late'))).length, 0)
      await new Promise((resolve) => setTimeout(resolve, 400))
      const together = ['take', 'complain', 'take'].map((it) => caller.call(peer.self, protocol, bytes(it)))
      assert.deepEqual((await Promise.all(together)).map(text), ['', 'complain', ''])
    })

    it('carries a frame of exactly the bound, and refuses one byte more either way', async () => {
      const { caller, peer } = await pair()
      const max = echoProtocol.frameBytesMax
      await peer.handle(
        echoProtocol,
        async (_, payload) => new Uint8Array(payload.length === 1 ? max + 1 : max),
      )
      assert.equal((await caller.call(peer.self, echoProtocol, new Uint8Array(max))).length, max)
      await assert.rejects(
        caller.call(peer.self, echoProtocol, new Uint8Array(max + 1)),
        failsWith('frame-too-large'),
      )
      await assert.rejects(
        caller.call(peer.self, echoProtocol, new Uint8Array(1)),
        failsWith('frame-too-large'),
      )
      assert.equal(
        (await caller.call(peer.self, echoProtocol, new Uint8Array(2))).length,
        max,
        'and goes on after',
      )
    })

    it('gives up a call at its deadline, and goes on with the next', async () => {
      const { caller, peer } = await pair()
      const quick = { ...echoProtocol, timeoutMs: 150 }
      await peer.handle(echoProtocol, async (_, payload) => {
        if (text(payload) === 'slow') await new Promise((resolve) => setTimeout(resolve, 400))
        return payload
      })
      await caller.call(peer.self, echoProtocol, bytes('warm up'))
      await assert.rejects(caller.call(peer.self, quick, bytes('slow')), failsWith('timeout'))
      assert.equal(text(await caller.call(peer.self, echoProtocol, bytes('quick'))), 'quick')
    })

    it('gives up a call when its caller does', async () => {
      const { caller, peer } = await pair()
      await peer.handle(echoProtocol, () => new Promise(() => {}))
      const controller = new AbortController()
      const call = caller.call(peer.self, echoProtocol, bytes('never'), { signal: controller.signal })
      setTimeout(() => controller.abort(), 50)
      await assert.rejects(call, failsWith('closed'))
      await assert.rejects(
        caller.call(peer.self, echoProtocol, bytes(''), { signal: AbortSignal.abort() }),
        failsWith('closed'),
      )
    })

    it("tells the caller a handler's error, cut to 200 characters and to one line", async () => {
      const { caller, peer } = await pair()
      await peer.handle(echoProtocol, async () => {
        throw new Error(`no such module\n${'x'.repeat(1_000)}`)
      })
      await assert.rejects(caller.call(peer.self, echoProtocol, bytes('')), (error) => {
        assert.ok(failsWith('remote-error')(error) && error instanceof Error)
        assert.match(error.message, /no such module x+$/)
        assert.ok(error.message.length < 400 && !error.message.includes('\n'))
        return true
      })
    })

    it('refuses an unregistered peer on a registered protocol, and serves it on one for anyone', async () => {
      const { caller, peer } = await pair()
      const open: Protocol = { ...echoProtocol, id: '/dikast/test-open/1.0.0', access: 'anyone' }
      let ran = 0
      await peer.handle(echoProtocol, async (_, payload) => {
        ran++
        return payload
      })
      await peer.handle(open, async (_, payload) => payload)
      peer.allow(() => false)
      await assert.rejects(caller.call(peer.self, echoProtocol, bytes('let me in')), failsWith('refused'))
      assert.equal(text(await caller.call(peer.self, open, bytes('hello'))), 'hello')
      peer.allow((who) => who === caller.self)
      assert.equal(text(await caller.call(peer.self, echoProtocol, bytes('now'))), 'now')
      peer.allow(() => false)
      await assert.rejects(caller.call(peer.self, echoProtocol, bytes('again')), failsWith('refused'))
      assert.equal(ran, 1)
    })

    it('refuses a protocol the peer does not serve', async () => {
      const { caller, peer } = await pair()
      await assert.rejects(caller.call(peer.self, echoProtocol, bytes('')), failsWith('refused'))
    })

    it('reaches nobody at an unknown address or a dead one', async () => {
      const { caller, peer } = await pair()
      const stranger = await start()
      await assert.rejects(caller.call(stranger.self, echoProtocol, bytes('')), failsWith('unreachable'))
      await peer.stop()
      await assert.rejects(caller.call(peer.self, echoProtocol, bytes('')), failsWith('unreachable'))
      await assert.rejects(caller.call(caller.self, echoProtocol, bytes('')), failsWith('unreachable'))
    })

    it('dials again after its peer restarted', async () => {
      const caller = await start()
      const as = seed++
      const first = await start(as)
      await first.handle(echoProtocol, async () => bytes('first'))
      await caller.learn(first.self, first.addresses())
      assert.equal(text(await caller.call(first.self, echoProtocol, bytes(''))), 'first')
      await first.stop()
      const second = await start(as)
      assert.equal(second.self, first.self)
      await second.handle(echoProtocol, async () => bytes('second'))
      await caller.learn(second.self, second.addresses())
      assert.equal(text(await caller.call(second.self, echoProtocol, bytes(''))), 'second')
    })

    it('fails calls in flight when its peer stops, and its own when it stops', async () => {
      const { caller, peer } = await pair()
      await peer.handle(echoProtocol, () => new Promise(() => {}))
      const toPeer = assert.rejects(caller.call(peer.self, echoProtocol, bytes('')), TransportError)
      await new Promise((resolve) => setTimeout(resolve, 150))
      await peer.stop()
      await toPeer
      const third = await start()
      await third.handle(echoProtocol, () => new Promise(() => {}))
      await caller.learn(third.self, third.addresses())
      const own = assert.rejects(caller.call(third.self, echoProtocol, bytes('')), failsWith('closed'))
      await new Promise((resolve) => setTimeout(resolve, 150))
      await caller.stop()
      await own
      await assert.rejects(caller.call(third.self, echoProtocol, bytes('')), failsWith('closed'))
      await caller.stop()
    })

    it('remembers at most eight addresses of a peer, the newest first, and only well-formed ones', async () => {
      const caller = await start()
      const { self } = await start()
      const address = (port: number) => `/ip4/10.0.0.1/tcp/${port}`
      for (let port = 1; port <= 12; port++) await caller.learn(self, [address(port)])
      const known = await caller.known(self)
      assert.equal(known.length, 8)
      assert.equal(known[0], `${address(12)}/p2p/${self}`)
      const malformed = [
        '',
        'nonsense',
        '/ip4/10.0.0.1',
        '/ip4/1.2.3.4/udp/1',
        `${address(1)}/p2p/${caller.self}`,
      ]
      for (const bad of malformed) await assert.rejects(caller.learn(self, [bad]), InvalidInputError, bad)
      await assert.rejects(caller.learn('not a peer', [address(1)]), InvalidInputError)
      await assert.rejects(caller.call('not a peer', echoProtocol, bytes('')), InvalidInputError)
      assert.deepEqual(await caller.known(self), known)
    })

    it('keeps what it learned and what answered, whatever third parties claim [RUN-61]', async () => {
      const { caller, peer } = await pair()
      await peer.handle(echoProtocol, async (_, payload) => payload)
      const address = (port: number) => `/ip4/127.0.0.1/tcp/${port}`
      const [real = ''] = peer.addresses()
      const claim = async (count: number) => {
        for (let port = 1; port <= count; port++)
          await caller.suggest(peer.self, ['no address', address(port)])
      }
      await caller.learn(
        peer.self,
        [1, 2, 3].map((port) => address(port + 60_000)),
      )
      await claim(12)
      const known = await caller.known(peer.self)
      assert.deepEqual([known.length, known[3]], [8, real], 'half of them are what was learned')
      assert.equal(text(await caller.call(peer.self, echoProtocol, bytes('there'))), 'there')
      assert.equal((await caller.known(peer.self))[0], real)
      await claim(12)
      assert.equal((await caller.known(peer.self))[0], real)
    })

    it('takes two addresses of a claim, so that two claims fit [RUN-61]', async () => {
      const caller = await start()
      const { self } = await start()
      const claim = (first: number) =>
        caller.suggest(
          self,
          Array.from({ length: 4 }, (_, i) => `/ip4/10.0.0.1/tcp/${first + i}`),
        )
      // One that lies goes on lying, another tells the same truth each time.
      for (let round = 1; round <= 6; round++) {
        await claim(100 * round)
        await claim(7)
        const known = await caller.known(self)
        assert.ok(known.length <= 8 && known.includes(`/ip4/10.0.0.1/tcp/7/p2p/${self}`), `${round}`)
      }
      assert.equal((await caller.known(self)).includes(`/ip4/10.0.0.1/tcp/9/p2p/${self}`), false)
    })

    it('handles a protocol once', async () => {
      const transport = await start()
      await transport.handle(echoProtocol, async () => bytes(''))
      await assert.rejects(
        transport.handle(echoProtocol, async () => bytes('')),
        InvalidInputError,
      )
    })

    it('serves twelve peers that arrive at once, over several protocols each', async () => {
      const hub = await start()
      const protocols = Array.from({ length: 4 }, (_, i) => ({
        ...echoProtocol,
        id: `/dikast/test-${i}/1.0.0`,
      }))
      for (const protocol of protocols) await hub.handle(protocol, async (_, payload) => payload)
      const callers = await Promise.all(Array.from({ length: 12 }, () => start()))
      const answers = await Promise.all(
        callers.flatMap((caller) =>
          protocols.map(async (protocol) => {
            await caller.learn(hub.self, hub.addresses())
            return text(await caller.call(hub.self, protocol, bytes(protocol.id)))
          }),
        ),
      )
      assert.equal(answers.length, 48)
      assert.deepEqual(new Set(answers), new Set(protocols.map((protocol) => protocol.id)))
    })
  })
}
