import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { PeerId } from '../../src/protocol/types.ts'
import { askForPeers, startDiscovery } from '../../src/runtime/discovery.ts'
import { decodePeers, encodePeers, PEERS, type PeerAddresses } from '../../src/runtime/wire.ts'
import { nodeOf, promptly } from './support.ts'

const peerOf = (label: string): PeerId => nodeOf(`discovery ${label}`).peer
const at = (peer: PeerId, port = 4_000): PeerAddresses => {
  return { peer, addresses: [`/ip4/10.0.0.1/tcp/${port}/p2p/${peer}`] }
}

async function worldOf() {
  const network = new MemoryNetwork({ schedule: promptly })
  const coordinator = network.join(peerOf('coordinator'))
  const bootstrap = coordinator.addresses().map((address) => address)
  const nodes = ['a', 'b', 'c'].map((label) => network.join(peerOf(label)))
  const registered = nodes.map(({ self }) => self)
  await startDiscovery({
    transport: coordinator,
    bootstrap: [],
    registered: () => registered,
    log: silentLog,
  })
  const join = (transport: Transport, known: () => readonly PeerId[] = () => registered) =>
    startDiscovery({ transport, bootstrap, registered: known, log: silentLog })
  return {
    network,
    coordinator,
    bootstrap,
    nodes: nodes as [Transport, Transport, Transport],
    registered,
    join,
  }
}

describe('discovery', () => {
  it('lets registered peers find one another through a bootstrap peer [RUN-60]', async () => {
    const { nodes, join } = await worldOf()
    const [a, b] = nodes
    const first = await join(a)
    const second = await join(b)
    await first.exchange()
    await second.exchange()
    assert.deepEqual(await b.known(a.self), a.addresses())
  })

  it('believes a peer about itself only, and only a registered one [RUN-60]', async () => {
    const { network, coordinator, bootstrap, nodes } = await worldOf()
    const [a, b] = nodes
    const stranger = network.join(peerOf('stranger'))
    const say = async (from: Transport, ...told: readonly PeerAddresses[]) => {
      await from.learn(coordinator.self, bootstrap)
      return decodePeers(await from.call(coordinator.self, PEERS, encodePeers(told)))
    }
    await say(a, at(b.self), at(peerOf('made up')))
    await say(stranger, at(stranger.self))
    for (const peer of [a.self, b.self, stranger.self, peerOf('made up')])
      assert.deepEqual(await coordinator.known(peer), [])
    await say(a, at(a.self))
    assert.equal((await coordinator.known(a.self)).length, 1)
  })

  it('answers all the same when what a peer says of itself is no address [RUN-60]', async () => {
    const { coordinator, bootstrap, nodes } = await worldOf()
    const [a] = nodes
    await a.learn(coordinator.self, bootstrap)
    const told = { peer: a.self, addresses: ['/no/such/thing'] }
    const answer = decodePeers(await a.call(coordinator.self, PEERS, encodePeers([told])))
    assert.deepEqual(answer, [{ peer: coordinator.self, addresses: coordinator.addresses() }])
  })

  it('learns registered peers only from a bootstrap peer, and passes over what is malformed [RUN-61]', async () => {
    const network = new MemoryNetwork({ schedule: promptly })
    const liar = network.join(peerOf('liar'))
    const node = network.join(peerOf('a'))
    const good = peerOf('b')
    await liar.handle(PEERS, async () =>
      encodePeers([
        { peer: peerOf('c'), addresses: ['/not/an/address'] },
        at(peerOf('unregistered')),
        at(node.self),
        at(good),
      ]),
    )
    const registered = (): readonly PeerId[] => [good, peerOf('c')]
    const bootstrap = [...liar.addresses(), ...network.join(peerOf('silent')).addresses()]
    const discovery = await startDiscovery({ transport: node, bootstrap, registered, log: silentLog })
    await discovery.exchange()
    assert.equal((await node.known(good)).length, 1)
    assert.deepEqual(await node.known(peerOf('unregistered')), [])
    assert.deepEqual(await node.known(peerOf('c')), [])
    const asker = network.join(peerOf('asker'))
    const told = await askForPeers(asker, liar.addresses()[0] ?? '')
    assert.deepEqual(told.map(({ peer }) => peer).sort(), [peerOf('unregistered'), node.self, good].sort())
  })

  it('keeps what an honest bootstrap peer tells, whatever another one claims each time [RUN-61]', async () => {
    const network = new MemoryNetwork({ schedule: promptly })
    const other = peerOf('b')
    const { addresses } = at(other)
    const liar = network.join(peerOf('liar'))
    let port = 5_000
    await liar.handle(PEERS, async () =>
      encodePeers([{ peer: other, addresses: [0, 1, 2, 3].map(() => `/ip4/203.0.113.7/tcp/${port++}`) }]),
    )
    const honest = network.join(peerOf('honest'))
    await honest.learn(other, addresses)
    await startDiscovery({ transport: honest, bootstrap: [], registered: () => [other], log: silentLog })
    const node = network.join(peerOf('a'))
    const discovery = await startDiscovery({
      transport: node,
      bootstrap: [...liar.addresses(), ...honest.addresses()],
      registered: () => [other],
      log: silentLog,
    })
    for (let round = 0; round < 6; round++) {
      await discovery.exchange()
      assert.ok((await node.known(other)).includes(addresses[0] ?? ''), `round ${round}`)
    }
  })

  it('keeps what it learned of a peer when the only bootstrap peer lies [RUN-61]', async () => {
    const network = new MemoryNetwork({ schedule: promptly })
    const liar = network.join(peerOf('liar'))
    let port = 5_000
    await liar.handle(PEERS, async () =>
      encodePeers([{ peer: peerOf('b'), addresses: [`/ip4/203.0.113.7/tcp/${port++}`] }]),
    )
    const node = network.join(peerOf('a'))
    const { peer, addresses } = at(peerOf('b'))
    await node.learn(peer, addresses)
    const registered = () => [peer]
    const bootstrap = liar.addresses()
    const discovery = await startDiscovery({ transport: node, bootstrap, registered, log: silentLog })
    for (let round = 0; round < 10; round++) await discovery.exchange()
    assert.equal((await node.known(peer))[0], addresses[0])
  })

  it('survives a bootstrap peer that sends noise, and asks the others [RUN-61]', async () => {
    const network = new MemoryNetwork({ schedule: promptly })
    const noisy = network.join(peerOf('noisy'))
    await noisy.handle(PEERS, async () => Uint8Array.of(0xff, 0xff))
    const honest = network.join(peerOf('honest'))
    const other = peerOf('b')
    await honest.learn(other, at(other).addresses)
    await startDiscovery({ transport: honest, bootstrap: [], registered: () => [other], log: silentLog })
    const node = network.join(peerOf('a'))
    const bootstrap = [...noisy.addresses(), ...honest.addresses()]
    const discovery = await startDiscovery({
      transport: node,
      bootstrap,
      registered: () => [other],
      log: silentLog,
    })
    await discovery.exchange()
    assert.equal((await node.known(other)).length, 1)
  })

  it('fits its answer into a frame, and tells of everybody to who asks on [RUN-62]', async () => {
    const network = new MemoryNetwork({ schedule: promptly })
    const server = network.join(peerOf('server'))
    const many = Array.from({ length: 400 }, (_, i) => peerOf(`many ${i}`))
    // Names as long as an address may have, to fill the frame.
    const host = 'a'.repeat(60)
    for (const peer of many)
      await server.learn(
        peer,
        [1, 2, 3, 4].map((port) => `/dns4/${host}.${host}.example/tcp/${port}/p2p/${peer}`),
      )
    await startDiscovery({ transport: server, bootstrap: [], registered: () => many, log: silentLog })
    const asker = network.join(peerOf('asker'))
    const heard = new Set<PeerId>()
    let largest = 0
    for (let i = 0; i < 80; i++) {
      await asker.learn(server.self, server.addresses())
      const answer = await asker.call(server.self, PEERS, encodePeers([]))
      largest = Math.max(largest, answer.length)
      const told = decodePeers(answer)
      assert.equal(told[0]?.peer, server.self)
      assert.ok(told.length <= 128)
      for (const { peer } of told) heard.add(peer)
    }
    assert.ok(largest <= PEERS.frameBytesMax && largest > PEERS.frameBytesMax / 2)
    assert.ok(heard.size > 380, `${heard.size} of 400`)
  })
})
