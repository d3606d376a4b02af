import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from 'cborg'
import fc from 'fast-check'
import { TRANSCRIPT_FILE_BYTES_MAX } from '../../src/core/transcript.ts'
import { concat } from '../../src/crypto/bytes.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import { MODULE_CHUNK_BYTES_MAX, OUTPUT_BYTES_MAX, PROVING_KEY_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { Hex } from '../../src/protocol/types.ts'
import * as wire from '../../src/runtime/wire.ts'
import { FUZZ } from '../fixtures/fuzz.ts'
import { NODES } from './support.ts'

/** As a literal would make it. */
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(fields, { noNullPrototype: true })
const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(toHex)
const toHex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`
const peer = fc.constantFrom(...NODES.map((node) => node.peer))
const address = fc
  .string({ unit: fc.constantFrom('a', '/', '.', '1'), maxLength: 60 })
  .map((text) => `/${text}`)

const outcome = record({
  requestId: hex(32),
  attempt: fc.integer({ min: 0, max: 2 }),
  view: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  exit: fc.integer({ min: 0, max: 65_535 }),
  fuelUsed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  evidenceHash: hex(32),
  output: fc.uint8Array({ maxLength: 200 }),
  signature: hex(64),
})
const part = record({
  functionId: hex(32),
  moduleHash: hex(32),
  total: fc.integer({ min: 1, max: MODULE_CHUNK_BYTES_MAX }),
}).map((fields) => ({ ...fields, offset: 0, bytes: new Uint8Array(fields.total) }))
const receipt = record({
  attestor: hex(20),
  moduleHash: hex(32),
  bytes: fc.integer({ min: 0, max: PROVING_KEY_BYTES_MAX }),
  storedAt: fc.maxSafeNat(),
  signature: hex(64),
})
const peers = fc.array(record({ peer, addresses: fc.array(address, { maxLength: 4 }) }), { maxLength: 128 })

/** Every frame: what it carries, and how it is written and read. */
const FRAMES = {
  attestation: frame(outcome, wire.encodeOutcome, wire.decodeOutcome),
  verdict: frame(
    fc.option(fc.string({ minLength: 1, maxLength: 64 }), { nil: undefined }),
    wire.encodeVerdict,
    wire.decodeVerdict,
  ),
  'module query': frame(
    record({ moduleHash: hex(32), offset: fc.integer({ min: 0, max: PROVING_KEY_BYTES_MAX }) }),
    wire.encodeModuleQuery,
    wire.decodeModuleQuery,
  ),
  'module bytes': frame(
    record({
      total: fc.integer({ min: 0, max: PROVING_KEY_BYTES_MAX }),
      bytes: fc.uint8Array({ maxLength: 100 }),
    }),
    wire.encodeModuleBytes,
    wire.decodeModuleBytes,
  ),
  'evidence query': frame(
    record({ evidenceHash: hex(32), offset: fc.integer({ min: 0, max: TRANSCRIPT_FILE_BYTES_MAX }) }),
    wire.encodeEvidenceQuery,
    wire.decodeEvidenceQuery,
  ),
  'evidence bytes': frame(
    record({
      total: fc.integer({ min: 0, max: TRANSCRIPT_FILE_BYTES_MAX }),
      bytes: fc.uint8Array({ maxLength: 100 }),
    }),
    wire.encodeEvidenceBytes,
    wire.decodeEvidenceBytes,
  ),
  'module part': frame(part, wire.encodeModulePart, wire.decodeModulePart),
  receipt: frame(fc.option(receipt, { nil: undefined }), wire.encodeReceipt, wire.decodeReceipt),
  peers: frame(peers, wire.encodePeers, wire.decodePeers),
}

interface Frame {
  readonly roundTrips: () => void
  readonly sample: () => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown
}

function frame<T>(
  values: fc.Arbitrary<T>,
  encodeIt: (value: T) => Uint8Array,
  decodeIt: (bytes: Uint8Array) => unknown,
): Frame {
  return {
    roundTrips: () =>
      fc.assert(
        fc.property(values, (value) => assert.deepEqual(decodeIt(encodeIt(value)), value)),
        { numRuns: 60 * FUZZ },
      ),
    sample: () => encodeIt(fc.sample(values, { numRuns: 1, seed: 7 })[0] as T),
    decode: decodeIt,
  }
}

/** Reads well or throws `InvalidInputError`: nothing else. */
function survives(decodeIt: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decodeIt(bytes)
  } catch (error) {
    assert.ok(error instanceof InvalidInputError, String(error))
  }
}

const rejects = (decodeIt: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void =>
  assert.throws(() => decodeIt(bytes), InvalidInputError)

for (const [name, { roundTrips, sample, decode }] of Object.entries(FRAMES)) {
  describe(`a frame with a ${name}`, () => {
    it('is read as it was written [RUN-4]', roundTrips)

    it('survives random bytes with InvalidInputError and nothing else [RUN-5]', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(decode, bytes)),
        { numRuns: 500 * FUZZ },
      )
    })

    it('survives every single byte being another, and is refused when it is cut [RUN-5]', () => {
      const good = sample().slice(0, 400)
      const whole = sample()
      for (let at = 0; at < good.length; at++) {
        for (const flip of [0x01, 0x20, 0x80, 0xff]) {
          const bad = whole.slice()
          bad[at] = (bad[at] ?? 0) ^ flip
          survives(decode, bad)
        }
      }
      for (let length = 0; length < Math.min(whole.length, 400); length++)
        rejects(decode, whole.slice(0, length))
      rejects(decode, concat(whole, Uint8Array.of(0)))
    })

    it('refuses what is not a map, or not deterministic CBOR [RUN-5]', () => {
      const hostile: readonly Uint8Array[] = [
        Uint8Array.of(),
        ...[1, -1, 1.5, 'text', true, null, [], [1], Uint8Array.of(1)].map((value) => encode(value)),
        // An indefinite map, an indefinite byte string, a tag, undefined, NaN, a break, a reserved byte.
        Uint8Array.of(0xbf, 0xff),
        Uint8Array.of(0x5f, 0x41, 0x00, 0xff),
        Uint8Array.of(0xc1, 0x00),
        Uint8Array.of(0xf7),
        Uint8Array.of(0xf9, 0x7e, 0x00),
        Uint8Array.of(0xff),
        Uint8Array.of(0x1c),
        // Lengths far above what follows: 2^64 - 1 entries, 4 GiB of bytes, of text, of array.
        Uint8Array.of(0xbb, ...Array(8).fill(0xff)),
        Uint8Array.of(0xa1, 0x61, 0x61, 0x5a, 0xff, 0xff, 0xff, 0xff),
        Uint8Array.of(0xa1, 0x61, 0x61, 0x7a, 0xff, 0xff, 0xff, 0xff),
        Uint8Array.of(0xa1, 0x61, 0x61, 0x9a, 0xff, 0xff, 0xff, 0xff),
        // A number as a key, a key twice, a length in more bytes than it needs.
        Uint8Array.of(0xa1, 0x01, 0x01),
        Uint8Array.of(0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02),
        Uint8Array.of(0xb8, 0x00),
      ]
      for (const bytes of hostile) rejects(decode, bytes)
    })

    it('refuses its own fields when one comes twice, or without their number [RUN-5]', () => {
      const [head = 0, ...rest] = sample().slice(0, 1)
      assert.deepEqual([head >> 5, rest], [5, []], 'a map of fewer than 24 fields')
      const fields = sample().slice(1)
      // The first field once more: its key is a short text, its value is what follows it.
      const key = fields.slice(0, 1 + ((fields[0] ?? 0) & 31))
      rejects(decode, concat(Uint8Array.of(head + 1), key, Uint8Array.of(0), fields))
      rejects(decode, concat(Uint8Array.of(head + 1), fields, key, Uint8Array.of(0)))
      rejects(decode, concat(Uint8Array.of(0xbf), fields, Uint8Array.of(0xff)))
    })

    it('refuses nesting as deep as a frame is long, without running out of stack [RUN-5]', () => {
      rejects(decode, concat(Uint8Array.of(0xa1, 0x61, 0x61), new Uint8Array(60_000).fill(0x81)))
      rejects(decode, new Uint8Array(60_000).fill(0xa1))
    })

    it('is not fooled by fields of Object.prototype, and pollutes nothing [RUN-5]', () => {
      const proto = concat(Uint8Array.of(0xa1, 0x69), Buffer.from('__proto__'), sample())
      rejects(decode, proto)
      const inherited = Uint8Array.of(0xa1, 0x6b, ...Buffer.from('constructor'), 0x01)
      rejects(decode, inherited)
      assert.equal(({} as Record<string, unknown>).requestId, undefined)
      assert.equal(Object.getPrototypeOf({}), Object.prototype)
    })
  })
}

describe('a field of a frame', () => {
  const plain = {
    requestId: new Uint8Array(32),
    attempt: 0,
    view: 0,
    exit: 0,
    fuelUsed: 0,
    evidenceHash: new Uint8Array(32),
    output: new Uint8Array(0),
    signature: new Uint8Array(64),
  }
  const outcomeWith = (patch: Readonly<Record<string, unknown>>) =>
    rejects(wire.decodeOutcome, encode({ ...plain, ...patch }))

  it('of an attestation has its type, its width and its bound [RUN-6]', () => {
    assert.doesNotThrow(() => wire.decodeOutcome(encode(plain)))
    for (const key of Object.keys(plain)) {
      for (const value of [null, true, 'text', 1.5, -1, [], {}]) outcomeWith({ [key]: value })
    }
    outcomeWith({ requestId: new Uint8Array(31) })
    outcomeWith({ evidenceHash: new Uint8Array(33) })
    outcomeWith({ signature: new Uint8Array(65) })
    outcomeWith({ attempt: 3 })
    outcomeWith({ view: 2 ** 32 })
    outcomeWith({ exit: 65_536 })
    outcomeWith({ fuelUsed: -(2n ** 60n) })
    outcomeWith({ output: new Uint8Array(OUTPUT_BYTES_MAX + 1) })
    assert.equal(wire.decodeOutcome(encode({ ...plain, fuelUsed: 2n ** 64n - 1n })).fuelUsed, 2n ** 64n - 1n)
  })

  it('of a module part keeps to the module: full parts at their places, and a last one [RUN-6]', () => {
    const total = MODULE_CHUNK_BYTES_MAX + 10
    const partWith = (offset: number, length: number, ofTotal = total): Uint8Array =>
      encode({
        functionId: new Uint8Array(32),
        moduleHash: new Uint8Array(32),
        offset,
        total: ofTotal,
        bytes: new Uint8Array(length),
      })
    assert.doesNotThrow(() => wire.decodeModulePart(partWith(0, MODULE_CHUNK_BYTES_MAX)))
    assert.doesNotThrow(() => wire.decodeModulePart(partWith(MODULE_CHUNK_BYTES_MAX, 10)))
    for (const [offset, length] of [
      [0, 1],
      [0, 0],
      [1, MODULE_CHUNK_BYTES_MAX],
      [MODULE_CHUNK_BYTES_MAX, 9],
      [MODULE_CHUNK_BYTES_MAX, 11],
      [0, MODULE_CHUNK_BYTES_MAX + 1],
      [total, 1],
    ] as const)
      rejects(wire.decodeModulePart, partWith(offset, length))
    rejects(wire.decodeModulePart, partWith(0, 10, PROVING_KEY_BYTES_MAX + 1))
    rejects(wire.decodeModulePart, partWith(0, 0, 0))
  })

  it('of a list of peers is bounded in number and length, and never an object in disguise [RUN-6]', () => {
    const entry = { peer: NODES[0]?.peer, addresses: ['/ip4/127.0.0.1/tcp/1'] }
    const list = (entries: readonly unknown[]) => encode({ peers: entries })
    assert.equal(wire.decodePeers(list(Array(128).fill(entry))).length, 128)
    rejects(wire.decodePeers, list(Array(129).fill(entry)))
    rejects(wire.decodePeers, encode({ peers: {} }))
    for (const bad of [
      null,
      1,
      'text',
      [],
      {},
      { ...entry, peer: '' },
      { ...entry, peer: '0OIl'.repeat(13) },
      { ...entry, peer: 'x'.repeat(65) },
      { ...entry, addresses: 'text' },
      { ...entry, addresses: ['no slash'] },
      { ...entry, addresses: [`/${'a'.repeat(256)}`] },
      { ...entry, addresses: [1] },
      { ...entry, addresses: Array(5).fill('/a') },
    ])
      rejects(wire.decodePeers, list([bad]))
  })

  it('of a verdict or a receipt is what it says [RUN-6]', () => {
    rejects(wire.decodeVerdict, encode({ dropped: 'x'.repeat(65) }))
    rejects(wire.decodeVerdict, encode({ dropped: 1 }))
    rejects(wire.decodeReceipt, encode({ stored: 1 }))
    rejects(wire.decodeReceipt, encode({ stored: true }))
    rejects(wire.decodeReceipt, encode({}))
  })
})
