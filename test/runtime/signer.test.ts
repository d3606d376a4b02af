import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { openStore } from '../../src/adapters/store/sqlite.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { recoverSigner } from '../../src/crypto/signature.ts'
import type { Digest, RequestId } from '../../src/protocol/types.ts'
import { createSigner, type Leaf, type Signer, SigningRefusedError } from '../../src/runtime/signer.ts'
import { entriesIn, failingStore } from './support.ts'

const KEY = fromHex(tagHash('signing key'))
const requestId = tagHash('request') as RequestId
const leaf = (digest: string, patch: Partial<Leaf> = {}): Leaf => {
  return { requestId, attempt: 0, view: 0, digest: tagHash(digest) as Digest, ...patch }
}
const refused = (signer: Signer, asked: Leaf) =>
  assert.throws(
    () => signer.signLeaf(asked),
    (error) => error instanceof SigningRefusedError && error.code === 'SIGNING_REFUSED',
  )

describe('the signer', () => {
  it('signs a leaf with its key, and the same leaf again with the same signature [RUN-1]', () => {
    const signer = createSigner(KEY, createMemoryStore())
    const signature = signer.signLeaf(leaf('a'))
    assert.equal(recoverSigner(tagHash('a'), signature), signer.address)
    assert.equal(signer.signLeaf(leaf('a')), signature)
  })

  it('refuses another leaf of the same request, attempt and view [RUN-1]', () => {
    const signer = createSigner(KEY, createMemoryStore())
    signer.signLeaf(leaf('a'))
    refused(signer, leaf('b'))
    // The same request in other letters is the same request.
    refused(signer, leaf('b', { requestId: `0x${requestId.slice(2).toUpperCase()}` }))
    assert.doesNotThrow(() => signer.signLeaf(leaf('b', { attempt: 1 })))
    assert.doesNotThrow(() => signer.signLeaf(leaf('b', { requestId: tagHash('another') })))
  })

  it('signs the same report of a challenge again in another round, and no other [RUN-45]', () => {
    const signer = createSigner(KEY, createMemoryStore())
    const hearing = (digest: string, root: string): Leaf =>
      leaf(digest, { attempt: 255, root: tagHash(root) })
    signer.signLeaf(hearing('a', 'report'))
    assert.equal(recoverSigner(tagHash('b'), signer.signLeaf(hearing('b', 'report'))), signer.address)
    refused(signer, hearing('c', 'another report'))
    refused(signer, hearing('a', 'another report'))
  })

  it('goes on to a higher view and never back, not even for the leaf it signed there [RUN-1]', () => {
    const signer = createSigner(KEY, createMemoryStore())
    signer.signLeaf(leaf('a', { view: 1 }))
    signer.signLeaf(leaf('b', { view: 3 }))
    refused(signer, leaf('a', { view: 1 }))
    refused(signer, leaf('c', { view: 2 }))
    refused(signer, leaf('c', { view: 3 }))
  })

  it('refuses views and attempts that are no numbers of either [RUN-1]', () => {
    const signer = createSigner(KEY, createMemoryStore())
    for (const view of [Number.NaN, -1, 0.5, 2 ** 32]) refused(signer, leaf('a', { view }))
    for (const attempt of [Number.NaN, -1, 0.5, 3]) refused(signer, leaf('a', { attempt }))
  })

  it('never signs two leaves of one place, whatever it is asked in whatever order [RUN-1]', () => {
    const asked = fc.record({
      attempt: fc.integer({ min: 0, max: 1 }),
      view: fc.integer({ min: 0, max: 3 }),
      digest: fc.constantFrom('a', 'b', 'c'),
    })
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 12 }), (calls) => {
        const store = createMemoryStore()
        const signed = new Map<string, string>()
        const highest = new Map<number, number>()
        for (const { attempt, view, digest } of calls) {
          try {
            // A restart before every call.
            createSigner(KEY, store).signLeaf(leaf(digest, { attempt, view }))
          } catch {
            continue
          }
          const place = `${attempt}:${view}`
          assert.equal(signed.get(place) ?? digest, digest)
          assert.ok(view >= (highest.get(attempt) ?? 0))
          signed.set(place, digest)
          highest.set(attempt, view)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('has the digest on disk before there is a signature: a write that fails leaves none [RUN-2]', () => {
    const inner = createMemoryStore()
    const signer = createSigner(
      KEY,
      failingStore(inner, () => true),
    )
    assert.throws(() => signer.signLeaf(leaf('a')), /disk/)
    assert.equal(entriesIn(inner, 'signed'), 0)
    // Nothing was signed, so another leaf may be.
    assert.doesNotThrow(() => createSigner(KEY, inner).signLeaf(leaf('b')))
  })

  it('writes once for a leaf it is asked for often [RUN-2]', () => {
    let writes = 0
    const store = failingStore(createMemoryStore(), () => ++writes < 0)
    const signer = createSigner(KEY, store)
    for (let i = 0; i < 3; i++) signer.signLeaf(leaf('a'))
    assert.equal(writes, 1)
  })

  it('remembers across a restart, from disk [RUN-2]', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dikast-signer-'))
    try {
      const first = openStore(join(folder, 'store.sqlite'))
      const signature = createSigner(KEY, first).signLeaf(leaf('a', { view: 2 }))
      first.close()
      const second = openStore(join(folder, 'store.sqlite'))
      const signer = createSigner(KEY, second)
      refused(signer, leaf('b', { view: 2 }))
      refused(signer, leaf('a', { view: 1 }))
      assert.equal(signer.signLeaf(leaf('a', { view: 2 })), signature)
      second.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('refuses when its record cannot be read, rather than take it for none [RUN-2]', () => {
    for (const value of [Uint8Array.of(), Uint8Array.of(0xff), Uint8Array.of(0xa0), Uint8Array.of(0x01)]) {
      const store = createMemoryStore()
      store.write([{ type: 'put', space: 'signed', key: `${requestId}:0`, value }])
      refused(createSigner(KEY, store), leaf('a'))
    }
  })

  it('forgets one request and no other [RUN-3]', () => {
    const store = createMemoryStore()
    const signer = createSigner(KEY, store)
    const other = tagHash('another') as RequestId
    for (const attempt of [0, 1, 2]) {
      signer.signLeaf(leaf('a', { attempt }))
      signer.signLeaf(leaf('a', { attempt, requestId: other }))
    }
    signer.forget(requestId)
    assert.equal(entriesIn(store, 'signed'), 3)
    refused(signer, leaf('b', { requestId: other }))
  })
})
