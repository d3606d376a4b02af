import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tagHash } from '../../src/crypto/hash.ts'
import { Loads } from '../../src/runtime/loads.ts'

const MEBIBYTE = 1024 * 1024

describe('files held in memory for those who ask', () => {
  const world = () => {
    const reads: number[] = []
    const sizes = new Map<string, number>()
    const source = {
      has: () => true,
      get: async (hash: string) => {
        const mebibytes = sizes.get(hash) ?? 0
        reads.push(mebibytes)
        return new Uint8Array(mebibytes * MEBIBYTE)
      },
    }
    const loads = new Loads({ what: 'file', source, isRegistered: () => true })
    const load = async (name: string, mebibytes: number) => {
      sizes.set(tagHash(name), mebibytes)
      await loads.load(tagHash(name), 'a peer')
    }
    return { reads, load }
  }

  it('are as many as fit beside the largest there is, in 96 MiB [RUN-51]', async () => {
    const { reads, load } = world()
    for (const name of ['a', 'b', 'c']) await load(name, 16)
    for (const name of ['a', 'b', 'c']) await load(name, 16)
    assert.deepEqual(reads, [16, 16, 16])
    // 48 MiB leave no room for 64: the first goes before the next is read.
    await load('d', 16)
    for (const name of ['b', 'c', 'd']) await load(name, 16)
    assert.equal(reads.length, 4)
    await load('a', 16)
    assert.equal(reads.length, 5)
  })

  it('is one of the largest: it goes before another is read [RUN-51]', async () => {
    const { reads, load } = world()
    await load('key', 64)
    await load('another', 64)
    await load('another', 64)
    await load('key', 64)
    assert.deepEqual(reads, [64, 64, 64])
  })
})
