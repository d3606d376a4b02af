import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import type { SignedOutcome } from '../../src/core/request/attestation.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Store } from '../../src/ports/store.ts'
import { type Transport, TransportError } from '../../src/ports/transport.ts'
import type { PeerId } from '../../src/protocol/types.ts'
import { AttestationExchange, type Verdict } from '../../src/runtime/exchange.ts'
import { ATTEST, decodeVerdict, encodeOutcome } from '../../src/runtime/wire.ts'
import {
  entriesIn,
  failingStore,
  NODES,
  nodeOf,
  outputOf,
  promptly,
  recordingLog,
  requestOf,
  settled,
  signedBy,
} from './support.ts'

const [alice, bob, carol] = NODES as [(typeof NODES)[number], (typeof NODES)[number], (typeof NODES)[number]]
const request = requestOf(1)
const message = signedBy(alice, request)

/** Peers that know one another's addresses and accept the committee's. */
async function networkOf(...peers: readonly PeerId[]) {
  const network = new MemoryNetwork({ schedule: promptly })
  const transports = peers.map((peer) => network.join(peer))
  for (const one of transports) {
    one.allow((peer) => NODES.some((node) => node.peer === peer))
    for (const other of transports) await one.learn(other.self, other.addresses())
  }
  return { network, transports: transports as readonly Transport[] as [Transport, Transport, Transport] }
}

const exchangeOver = (transport: Transport, store: Store = createMemoryStore(), log = silentLog) =>
  new AttestationExchange({ transport, store, log })

describe('an exchange of attestations', () => {
  it('sends until the peer acknowledges, and not again [RUN-7]', async () => {
    const { network, transports } = await networkOf(alice.peer, bob.peer)
    const heard: SignedOutcome[] = []
    await exchangeOver(transports[1]).serve((_from, received) => {
      heard.push(received)
      return undefined
    })
    const sender = exchangeOver(transports[0])
    network.fault(bob.peer, alice.peer, { dropRate: 1 })
    // The answer is lost: as far as the sender knows, nothing arrived.
    sender.share(message, [bob.peer])
    sender.share(message, [bob.peer])
    await settled()
    assert.equal(heard.length, 1, 'one at a time')
    network.heal()
    await transports[0].stop()
    const again = network.join(alice.peer)
    await again.learn(bob.peer, transports[1].addresses())
    const second = exchangeOver(again)
    for (let i = 0; i < 3; i++) {
      second.share(message, [bob.peer])
      await settled()
    }
    assert.equal(heard.length, 2)
    assert.deepEqual(heard[1], message)
  })

  it('goes on after a verdict that time may change, and stops after one it cannot [RUN-7]', async () => {
    const { transports } = await networkOf(alice.peer, bob.peer)
    const verdicts: Verdict[] = ['request-unknown', 'committee-unknown', 'not-from-a-member', 'duplicate']
    let asked = 0
    await exchangeOver(transports[1]).serve(() => verdicts[asked++])
    const sender = exchangeOver(transports[0])
    for (let i = 0; i < 8; i++) {
      sender.share(message, [bob.peer])
      await settled()
    }
    assert.equal(asked, 4)
    for (const final of ['request-closed', 'attempt-over'] as const) {
      const other = signedBy(alice, requestOf(final.length))
      verdicts[asked] = final
      for (let i = 0; i < 3; i++) {
        sender.share(other, [bob.peer])
        await settled()
      }
    }
    assert.equal(asked, 6)
  })

  it('sends again what was acknowledged once the chain took something back [RUN-7]', async () => {
    const { transports } = await networkOf(alice.peer, bob.peer)
    let heard = 0
    await exchangeOver(transports[1]).serve(() => {
      heard++
      return undefined
    })
    const sender = exchangeOver(transports[0])
    sender.share(message, [bob.peer])
    await settled()
    sender.startOver()
    sender.share(message, [bob.peer])
    await settled()
    assert.equal(heard, 2)
  })

  it('waits for no peer to send to another [RUN-7]', async () => {
    const { network, transports } = await networkOf(alice.peer, bob.peer, carol.peer)
    await exchangeOver(transports[1]).serve(() => undefined)
    let heard = 0
    await exchangeOver(transports[2]).serve(() => {
      heard++
      return undefined
    })
    network.fault(alice.peer, bob.peer, { dropRate: 1 })
    exchangeOver(transports[0]).share(message, [nodeOf('unreachable').peer, bob.peer, carol.peer])
    await settled()
    assert.equal(heard, 1)
  })

  it('answers nothing but a failure when a message cannot be kept, and the peer sends it again [RUN-8]', async () => {
    const { transports } = await networkOf(alice.peer, bob.peer)
    const inner = createMemoryStore()
    let full = true
    const log = recordingLog()
    const receiver = exchangeOver(
      transports[1],
      failingStore(inner, () => full),
      log,
    )
    await receiver.serve((_from, received) => {
      receiver.keep(received, 0)
      return undefined
    })
    const call = () => transports[0].call(bob.peer, ATTEST, encodeOutcome(message))
    await assert.rejects(call(), (error) => {
      assert.ok(error instanceof TransportError && error.reason === 'remote-error')
      assert.doesNotMatch(error.message, /disk/, 'what ails this machine is not told to peers')
      return true
    })
    assert.match(String(log.lines[0]?.fields.reason), /disk/)
    assert.equal(entriesIn(inner, 'outcome'), 0)
    full = false
    assert.equal(decodeVerdict(await call()), undefined)
    assert.deepEqual(receiver.kept(message.requestId), [message])
  })

  it('refuses a peer the registry does not name, and bytes that are no message [RUN-9]', async () => {
    const stranger = nodeOf('stranger')
    const { transports } = await networkOf(stranger.peer, bob.peer)
    await exchangeOver(transports[1]).serve(() => assert.fail('a stranger was heard'))
    const call = transports[0].call(bob.peer, ATTEST, encodeOutcome(message))
    await assert.rejects(call, (error) => error instanceof TransportError && error.reason === 'refused')
    const known = await networkOf(alice.peer, bob.peer)
    await exchangeOver(known.transports[1]).serve(() => assert.fail('noise was heard'))
    await assert.rejects(known.transports[0].call(bob.peer, ATTEST, Uint8Array.of(1, 2, 3)), TransportError)
  })
})

describe('what is kept of a request', () => {
  it('is one message a seat and attempt, whatever is kept for it [RUN-10]', async () => {
    const { transports } = await networkOf(alice.peer)
    const store = createMemoryStore()
    const exchange = exchangeOver(transports[0], store)
    for (let i = 0; i < 50; i++) exchange.keep(signedBy(alice, request, outputOf(i)), 0)
    exchange.keep(signedBy(alice, request, outputOf(1), 1), 0)
    exchange.keep(signedBy(bob, request), 1)
    assert.equal(entriesIn(store, 'outcome'), 3)
    assert.equal(exchange.kept(message.requestId).length, 3)
  })

  it('is that of the newest view: an older one, which anybody may bring, does not take its place [RUN-10]', async () => {
    const { transports } = await networkOf(alice.peer)
    const exchange = exchangeOver(transports[0], createMemoryStore())
    for (const view of [1, 3, 2, 0]) exchange.keep({ ...signedBy(alice, request), view }, 0)
    assert.deepEqual(
      exchange.kept(message.requestId).map(({ view }) => view),
      [3],
    )
  })

  it('is read without what is kept of others [RUN-10]', async () => {
    const { transports } = await networkOf(alice.peer)
    const inner = createMemoryStore()
    let read = 0
    const store: Store = {
      ...inner,
      list: (space, range) => {
        const entries = inner.list(space, range)
        read += entries.length
        return entries
      },
    }
    const exchange = exchangeOver(transports[0], store)
    for (let nonce = 1; nonce < 40; nonce++) exchange.keep(signedBy(alice, requestOf(nonce)), 0)
    assert.deepEqual(exchange.kept(message.requestId), [message])
    assert.equal(read, 1)
  })

  it('survives one entry that cannot be read [RUN-10]', async () => {
    const { transports } = await networkOf(alice.peer)
    const store = createMemoryStore()
    const log = recordingLog()
    const exchange = exchangeOver(transports[0], store, log)
    exchange.keep(message, 0)
    const key = `${message.requestId}:0:001`
    store.write([{ type: 'put', space: 'outcome', key, value: Uint8Array.of(1) }])
    assert.deepEqual(exchange.kept(message.requestId), [message])
    assert.equal(log.lines[0]?.event, 'kept attestation unreadable')
  })

  it('is one proof of equivocation an attestor, the first, over all requests [RUN-11]', async () => {
    const { transports } = await networkOf(alice.peer)
    const store = createMemoryStore()
    const exchange = exchangeOver(transports[0], store)
    const first = { first: message, second: signedBy(alice, request, outputOf(9)) }
    exchange.keepEvidence(alice.attestor, first)
    for (let nonce = 2; nonce < 30; nonce++) {
      const other = requestOf(nonce)
      const evidence = { first: signedBy(alice, other), second: signedBy(alice, other, outputOf(9)) }
      exchange.keepEvidence(alice.attestor, evidence)
    }
    assert.equal(entriesIn(store, 'evidence'), 1)
    assert.deepEqual(exchange.evidence(alice.attestor), first)
    assert.equal(exchange.evidence(bob.attestor), undefined)
  })

  it('goes when the request is forgotten, but for evidence and other requests [RUN-12]', async () => {
    const { transports } = await networkOf(alice.peer)
    const store = createMemoryStore()
    const exchange = exchangeOver(transports[0], store)
    const other = signedBy(alice, requestOf(2))
    for (const seat of [0, 1, 2]) exchange.keep(message, seat)
    exchange.keep(other, 0)
    exchange.keepEvidence(alice.attestor, { first: message, second: message })
    exchange.forget(message.requestId)
    exchange.forget(message.requestId)
    assert.deepEqual(exchange.kept(message.requestId), [])
    assert.deepEqual(exchange.kept(other.requestId), [other])
    assert.equal(entriesIn(store, 'evidence'), 1)
  })
})
