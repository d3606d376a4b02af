import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ed25519PublicKeyOf, peerIdFromEd25519PublicKey } from '../../../src/adapters/transport/identity.ts'
import { MemoryNetwork } from '../../../src/adapters/transport/memory.ts'
import { bytes, describeTransport, echoProtocol, failsWith, text } from './conformance.ts'

const network = new MemoryNetwork()

describeTransport({
  name: 'memory',
  start: async (seed) =>
    network.join(peerIdFromEd25519PublicKey(ed25519PublicKeyOf(new Uint8Array(32).fill(seed)))),
})

describe('a memory network', () => {
  const peer = (seed: number) => peerIdFromEd25519PublicKey(ed25519PublicKeyOf(new Uint8Array(32).fill(seed)))
  const join = async () => {
    const network = new MemoryNetwork({ random: () => 0.5 })
    const [a, b] = [network.join(peer(201)), network.join(peer(202))]
    const quick = { ...echoProtocol, timeoutMs: 100 }
    b.allow(() => true)
    await b.handle(quick, async (_, payload) => payload)
    await a.learn(b.self, b.addresses())
    return { network, a, b, call: () => a.call(b.self, quick, bytes('hello')) }
  }

  it('loses messages at the rate asked for, in one direction', async () => {
    const { network, a, b, call } = await join()
    network.fault(a.self, b.self, { dropRate: 0.6 })
    await assert.rejects(call(), failsWith('timeout'))
    network.fault(a.self, b.self, { dropRate: 0.4 })
    assert.equal(text(await call()), 'hello')
    network.fault(b.self, a.self, { dropRate: 1 })
    await assert.rejects(call(), failsWith('timeout'))
  })

  it('delays messages', async () => {
    const { network, a, b, call } = await join()
    network.fault(a.self, b.self, { delayMs: 50, jitter: 0.2 })
    const start = performance.now()
    await call()
    assert.ok(performance.now() - start >= 45)
  })

  it('is parted and healed', async () => {
    const { network, a, b, call } = await join()
    network.partition([a.self], [b.self])
    await assert.rejects(call(), failsWith('timeout'))
    network.heal()
    assert.equal(text(await call()), 'hello')
  })
})
