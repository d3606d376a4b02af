import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tagHash } from '../../src/crypto/hash.ts'
import { InvalidInputError, LimitExceededError } from '../../src/protocol/errors.ts'
import { MODULE_CHUNK_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { Hash, PeerId } from '../../src/protocol/types.ts'
import { UPLOADS_BYTES_MAX, UPLOADS_MAX, Uploads } from '../../src/runtime/uploads.ts'

const HASH = tagHash('a module')

describe('uploads', () => {
  const total = 2 * MODULE_CHUNK_BYTES_MAX
  const part = (offset: number, moduleHash: Hash = HASH) => ({
    // Of a function of its own, unless a test says otherwise.
    functionId: moduleHash,
    moduleHash,
    offset,
    total,
    bytes: new Uint8Array(MODULE_CHUNK_BYTES_MAX),
  })
  const partOf = (i: number, offset: number) => part(offset, tagHash(`module ${i}`))
  const peer = (i: number): PeerId => `peer ${i}`

  it('are one a peer: a second takes the place of the first [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < 100; i++) uploads.add(peer(0), part(0, tagHash(`module ${i}`)), 0)
    assert.equal(uploads.size, 1)
    const stale = part(MODULE_CHUNK_BYTES_MAX, tagHash('module 0'))
    assert.throws(() => uploads.add(peer(0), stale, 0), InvalidInputError)
  })

  it('hold no more than came: a part out of place, or of another module, is refused [RUN-53]', () => {
    const uploads = new Uploads()
    assert.throws(() => uploads.add(peer(0), part(MODULE_CHUNK_BYTES_MAX), 0), InvalidInputError)
    uploads.add(peer(0), part(0), 0)
    const other = { ...part(MODULE_CHUNK_BYTES_MAX), total: 3 * MODULE_CHUNK_BYTES_MAX }
    assert.throws(() => uploads.add(peer(0), other, 0), InvalidInputError)
    assert.equal(uploads.add(peer(0), part(MODULE_CHUNK_BYTES_MAX), 0)?.length, total)
    assert.equal(uploads.size, 0)
  })

  it('make room for a newcomer when one pauses, and not while all go on [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < UPLOADS_MAX; i++) uploads.add(peer(i), partOf(i, 0), 1_000 + i)
    assert.throws(() => uploads.add('newcomer', part(0), 1_500), LimitExceededError)
    uploads.add('newcomer', part(0), 3_000)
    assert.equal(uploads.size, UPLOADS_MAX)
    assert.throws(() => uploads.add(peer(0), partOf(0, MODULE_CHUNK_BYTES_MAX), 3_000), InvalidInputError)
    assert.ok(uploads.add(peer(1), partOf(1, MODULE_CHUNK_BYTES_MAX), 3_000))
  })

  /** Goes on with every upload before it pauses. */
  const dripping = (uploads: Uploads, peers: number, untilMs: number): void => {
    const slow = (i: number, k: number) => {
      return {
        ...partOf(i, k * 10_000),
        total: UPLOADS_BYTES_MAX / UPLOADS_MAX,
        bytes: new Uint8Array(10_000),
      }
    }
    for (let k = 0; k * 1_500 <= untilMs; k++)
      for (let i = 0; i < peers; i++) uploads.add(peer(i), slow(i, k), k * 1_500)
  }

  it('make room for a newcomer when the first begun had its turn, though all go on [RUN-53]', () => {
    const uploads = new Uploads()
    dripping(uploads, UPLOADS_MAX, 13_500)
    assert.throws(() => uploads.add('newcomer', part(0), 14_999), LimitExceededError)
    uploads.add('newcomer', part(0), 15_000)
    assert.equal(uploads.size, UPLOADS_MAX)
    assert.ok(uploads.add('newcomer', part(MODULE_CHUNK_BYTES_MAX), 15_100))
  })

  it('end after a while, however steadily they go on [RUN-53]', () => {
    const uploads = new Uploads()
    dripping(uploads, 1, 150_000)
    assert.throws(() => dripping(uploads, 1, 151_500), InvalidInputError)
    const next = new Uploads()
    dripping(next, 4, 150_000)
    next.add('newcomer', part(0), 150_001)
    assert.equal(next.size, 1)
  })

  it('have room for the whole of each before a byte of it is taken: 96 MiB together [RUN-53]', () => {
    const uploads = new Uploads()
    const first = (i: number, bytes: number) => ({ ...partOf(i, 0), total: bytes })
    const mebibyte = 1024 * 1024
    uploads.add(peer(0), first(0, 64 * mebibyte), 0)
    uploads.add(peer(1), first(1, 32 * mebibyte), 0)
    assert.throws(() => uploads.add(peer(2), first(2, mebibyte), 1_000), LimitExceededError)
    assert.equal(uploads.size, 2)
    // Once they pause, as many go as make room.
    uploads.add(peer(2), first(2, 64 * mebibyte), 3_000)
    assert.equal(uploads.size, 2)
    uploads.add(peer(3), first(3, 64 * mebibyte), 6_000)
    assert.equal(uploads.size, 1)
    assert.throws(() => uploads.add(peer(4), first(4, UPLOADS_BYTES_MAX + 1), 60_000), LimitExceededError)
  })

  it('take no part that goes beyond what was told [RUN-53]', () => {
    const uploads = new Uploads()
    const short = { total: MODULE_CHUNK_BYTES_MAX + 1 }
    uploads.add(peer(0), { ...part(0), ...short }, 0)
    const beyond = { ...part(MODULE_CHUNK_BYTES_MAX), ...short }
    assert.throws(() => uploads.add(peer(0), beyond, 0), InvalidInputError)
  })

  it('are two of a function: the rest of the room is for others [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < 2; i++) uploads.add(peer(i), part(0), 0)
    for (let i = 2; i < 20; i++) assert.throws(() => uploads.add(peer(i), part(0), 0), LimitExceededError)
    uploads.add('newcomer', part(0, tagHash('another')), 0)
    assert.equal(uploads.size, 3)
    uploads.add(peer(2), part(0), 2_000)
    assert.equal(uploads.size, 3)
  })

  it('of one part need no room [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < UPLOADS_MAX; i++) uploads.add(peer(i), partOf(i, 0), 0)
    const small = { ...part(0), total: 5, bytes: new Uint8Array(5) }
    assert.equal(uploads.add('newcomer', small, 0)?.length, 5)
  })

  it('end when nobody goes on with them [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < 4; i++) uploads.add(peer(i), partOf(i, 0), 0)
    uploads.add('later', part(0), 31_000)
    assert.equal(uploads.size, 1)
  })
})
