import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { ModuleCache } from '../../../src/adapters/sandbox/module-cache.ts'
import { prepare } from '../../../src/adapters/sandbox/preparation.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import { guest, i32 } from '../../fixtures/wasm/assemble.ts'

const OPTIONS = { runtime: 'unmetered', entry: '_start', memoryBytesMax: 65_536 }
const hashOf = (bytes: Uint8Array): Hash => `0x${createHash('sha256').update(bytes).digest('hex')}`
/** Guests told apart by a constant. */
const guestOf = (mark: number) => guest({ start: [...i32(mark), 0x1a] })

describe('the cache of compiled modules', () => {
  const counting = (cache: ModuleCache) => {
    const loads: Hash[] = []
    const get = (bytes: Uint8Array, options = OPTIONS, hash = hashOf(bytes)) =>
      cache.get(
        hash,
        options,
        async () => {
          loads.push(hash)
          return bytes
        },
        async (request) => prepare(request),
      )
    return { loads, get }
  }

  it('asks for a module once, also when it is wanted twice at once', async () => {
    const { loads, get } = counting(new ModuleCache())
    const [first, second] = await Promise.all([get(guestOf(1)), get(guestOf(1))])
    assert.equal(first.type, 'compiled')
    assert.equal(first, second)
    assert.equal(await get(guestOf(1)), first)
    assert.equal(loads.length, 1)
  })

  it('compiles for an entry and a memory limit: another of either is another module', async () => {
    const { loads, get } = counting(new ModuleCache())
    await get(guestOf(1))
    assert.equal((await get(guestOf(1), { ...OPTIONS, entry: 'main' })).type, 'rejected')
    assert.equal((await get(guestOf(1), { ...OPTIONS, memoryBytesMax: 10 })).type, 'rejected')
    assert.equal((await get(guestOf(1))).type, 'compiled')
    assert.equal(loads.length, 3)
  })

  it('remembers a rejection, and forgets bytes that were not the ones asked for', async () => {
    const { loads, get } = counting(new ModuleCache())
    const garbage = new Uint8Array(100)
    assert.equal((await get(garbage)).type, 'rejected')
    assert.equal((await get(garbage)).type, 'rejected')
    assert.equal(loads.length, 1)
    assert.equal((await get(garbage, OPTIONS, hashOf(guestOf(1)))).type, 'mismatch')
    assert.equal((await get(guestOf(1))).type, 'compiled')
  })

  it('forgets a failure to load', async () => {
    const cache = new ModuleCache()
    const gone = () => Promise.reject(new Error('gone'))
    await assert.rejects(
      cache.get(hashOf(guestOf(1)), OPTIONS, gone, async (request) => prepare(request)),
      /gone/,
    )
    assert.equal((await counting(cache).get(guestOf(1))).type, 'compiled')
  })

  it('forgets that a module could not be prepared on this machine', async () => {
    const cache = new ModuleCache()
    const late = { type: 'failed', reason: 'wall-clock', detail: 'late' } as const
    const bytes = guestOf(1)
    assert.equal(
      await cache.get(
        hashOf(bytes),
        OPTIONS,
        async () => bytes,
        async () => late,
      ),
      late,
    )
    assert.equal((await counting(cache).get(bytes)).type, 'compiled')
  })

  it('tries again for a job that waited for another whose time was up', async () => {
    const cache = new ModuleCache()
    const bytes = guestOf(1)
    let end = () => {}
    const first = cache.get(
      hashOf(bytes),
      OPTIONS,
      async () => bytes,
      () =>
        new Promise((done) => (end = () => done({ type: 'failed', reason: 'wall-clock', detail: 'late' }))),
    )
    const second = counting(cache).get(bytes)
    await new Promise((resolve) => setImmediate(resolve))
    end()
    assert.equal((await first).type, 'failed')
    assert.equal((await second).type, 'compiled')
  })

  it('keeps 64 modules, the most recently used', async () => {
    const { loads, get } = counting(new ModuleCache())
    for (let i = 0; i < 64; i++) await get(guestOf(i))
    await get(guestOf(0))
    await get(guestOf(64))
    assert.equal(loads.length, 65)
    await get(guestOf(0))
    assert.equal(loads.length, 65)
    await get(guestOf(1))
    assert.equal(loads.length, 66)
  })
})
