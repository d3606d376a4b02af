import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AddressBook } from '../../../src/adapters/transport/address-book.ts'
import {
  decodeMessage,
  encodeFrame,
  FrameReader,
  frameLengthMax,
  type Message,
} from '../../../src/adapters/transport/frames.ts'
import {
  ed25519PublicKeyFromPeerId,
  ed25519PublicKeyOf,
  peerIdFromEd25519PublicKey,
} from '../../../src/adapters/transport/identity.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import { FUZZ } from '../../fixtures/fuzz.ts'

const messages = fc.oneof(
  fc.record({
    kind: fc.constantFrom('request' as const, 'answer' as const),
    id: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    payload: fc.uint8Array({ maxLength: 9_000 }),
  }),
  fc.record({
    kind: fc.constantFrom('remote-error' as const, 'frame-too-large' as const, 'refused' as const),
    id: fc.nat(),
    text: fc.string({ maxLength: 50 }).map((value) => value.replace(/\P{L}/gu, ' ')),
  }),
)

describe('frames', () => {
  it('read back as they were written, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(messages, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 4_000 })),
        (sent, cuts) => {
          const wire = Buffer.concat(sent.map(encodeFrame))
          const reader = new FrameReader(frameLengthMax(9_000))
          const received: Message[] = []
          for (let at = 0, i = 0; at < wire.length; i++) {
            const size = cuts[i] ?? wire.length
            received.push(...reader.push(wire.subarray(at, at + size)).map(decodeMessage))
            at += size
          }
          const plain = (list: readonly Message[]) =>
            list.map((m) =>
              'payload' in m ? { ...m, payload: Buffer.from(m.payload).toString('hex') } : { ...m },
            )
          assert.deepEqual(plain(received), plain(sent))
          assert.equal(reader.partial, false)
        },
      ),
      { numRuns: 200 * FUZZ },
    )
  })

  it('that are arbitrary bytes decode or throw InvalidInputError, never anything else', () => {
    const nearMiss = fc.tuple(fc.constantFrom(0x83, 0x82, 0x9f, 0xa1), fc.uint8Array({ maxLength: 64 }))
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 512 }),
      nearMiss.map(([head, tail]) => new Uint8Array([head, ...tail])),
    )
    fc.assert(
      fc.property(hostile, (frame) => {
        try {
          decodeMessage(frame)
        } catch (error) {
          assert.ok(error instanceof InvalidInputError, String(error))
        }
      }),
      { numRuns: 2_000 * FUZZ },
    )
  })

  it('are refused by their length alone, before their bytes come', () => {
    assert.throws(() => new FrameReader(1_000).push(new Uint8Array([0, 0, 3, 0xe9])), InvalidInputError)
    assert.deepEqual(new FrameReader(1_000).push(new Uint8Array([0, 0, 3, 0xe8])), [])
  })

  it('at the bound of a payload fit the bound of a frame', () => {
    const payload = new Uint8Array(70_000)
    const frame = encodeFrame({ kind: 'request', id: Number.MAX_SAFE_INTEGER, payload })
    assert.ok(frame.length - 4 <= frameLengthMax(payload.length))
    const longest = encodeFrame({
      kind: 'remote-error',
      id: Number.MAX_SAFE_INTEGER,
      text: '\uffff'.repeat(999),
    })
    assert.ok(longest.length - 4 <= frameLengthMax(0))
  })
})

describe('an identity', () => {
  it('is the same key as a peer id and as the registry writes it', () => {
    const publicKey = ed25519PublicKeyOf(new Uint8Array(32).fill(7))
    const peer = peerIdFromEd25519PublicKey(publicKey)
    assert.match(peer, /^12D3KooW/)
    assert.equal(ed25519PublicKeyFromPeerId(peer), publicKey)
    assert.throws(() => peerIdFromEd25519PublicKey('0x1234'), InvalidInputError)
    assert.throws(() => ed25519PublicKeyOf(new Uint8Array(31)), InvalidInputError)
    assert.throws(
      () => ed25519PublicKeyFromPeerId('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'),
      InvalidInputError,
    )
  })
})

describe('an address book', () => {
  const peer = (n: number) => peerIdFromEd25519PublicKey(ed25519PublicKeyOf(new Uint8Array(32).fill(n)))

  it('forgets strangers before registered peers when it is full', () => {
    const book = new AddressBook({ peersKnownMax: 3, addressesPerPeerMax: 8 })
    const registered = (id: string) => id === peer(1)
    for (let n = 1; n <= 6; n++) book.learn(peer(n), ['/ip4/127.0.0.1/tcp/1'], registered)
    assert.equal(book.size, 3)
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((n) => book.get(peer(n)).length),
      [1, 0, 0, 0, 1, 1],
    )
  })

  it('keeps half of what it learnt however much a peer claims of itself', () => {
    const book = new AddressBook({ peersKnownMax: 3, addressesPerPeerMax: 8 })
    const learnt = Array.from({ length: 8 }, (_, i) => `/ip4/10.0.0.1/tcp/${i + 1}`)
    const claimed = ['junk', ...Array.from({ length: 20 }, (_, i) => `/ip4/10.0.0.2/tcp/${i + 1}`)]
    book.learn(peer(1), learnt, () => true)
    book.suggest(peer(1), claimed, () => true)
    const known = book.get(peer(1))
    assert.equal(known.length, 8)
    assert.equal(known.filter((address) => address.startsWith('/ip4/10.0.0.1/')).length, 4)
  })
})
