import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QueueFullError } from '../../../src/adapters/queue/queue-errors.ts'
import { createStoreQueue } from '../../../src/adapters/queue/store-queue.ts'
import { createMemoryStore } from '../../../src/adapters/store/memory.ts'
import type { Job } from '../../../src/ports/queue.ts'
import { describeQueue, eventually } from './conformance.ts'

const OPTIONS = { concurrency: 1, attemptsMax: 3, backoffMs: 20, space: 'queue', sizeMax: 100 }
const jobOf = (id: string): Job => ({ id, name: 'test', payload: id })

describeQueue('a queue in a store', {
  create: async (options) =>
    createStoreQueue({ ...options, store: createMemoryStore(), space: 'queue', sizeMax: 100 }),
})

describe('a queue in a store, besides', () => {
  it('holds sizeMax jobs, waiting, delayed or running', async () => {
    const queue = createStoreQueue({ ...OPTIONS, store: createMemoryStore(), sizeMax: 2 })
    await queue.add(jobOf('a'))
    await queue.add(jobOf('b'), { delayMs: 1_000 })
    await assert.rejects(queue.add(jobOf('c')), QueueFullError)
    await queue.add(jobOf('a'))
    await queue.process(async () => {})
    await eventually(async () => (await queue.size()) === 1)
    await queue.add(jobOf('c'))
    await queue.close()
  })

  it('goes on after a restart: in order, with delays and failures as they were', async () => {
    const store = createMemoryStore()
    const dropped: string[] = []
    const first = createStoreQueue({ ...OPTIONS, attemptsMax: 2, backoffMs: 200, store })
    await first.add(jobOf('z'))
    await first.add(jobOf('a'))
    await first.add(jobOf('later'), { delayMs: 300 })
    let failures = 0
    await first.process(async ({ id }) => {
      failures++
      throw new Error(id)
    })
    await eventually(() => failures === 2)
    await first.close()

    const second = createStoreQueue({
      ...OPTIONS,
      attemptsMax: 2,
      store,
      onDropped: ({ id }) => void dropped.push(id),
    })
    assert.equal(await second.size(), 3)
    const seen: string[] = []
    await second.process(async ({ id, payload }) => {
      assert.equal(payload, id)
      seen.push(id)
      if (id !== 'later') throw new Error('again')
    })
    await eventually(async () => (await second.size()) === 0)
    assert.deepEqual(seen, ['z', 'a', 'later'])
    assert.deepEqual(dropped, ['z', 'a'], 'the failure before the restart counts')
    await second.close()
  })

  it('runs a job again that was running when its process ended, without counting a failure', async () => {
    const store = createMemoryStore()
    const first = createStoreQueue({ ...OPTIONS, attemptsMax: 1, store })
    await first.add(jobOf('a'))
    let started = false
    // Never ends: as if the process were killed here.
    await first.process(() => {
      started = true
      return new Promise(() => {})
    })
    await eventually(() => started)

    const second = createStoreQueue({ ...OPTIONS, attemptsMax: 1, store })
    let runs = 0
    await second.process(async () => void runs++)
    await eventually(async () => (await second.size()) === 0)
    assert.equal(runs, 1)
    await second.close()
  })

  it('keeps to its own space, and leaves alone what it does not understand', async () => {
    const store = createMemoryStore()
    const value = new TextEncoder().encode('not a job')
    store.write([
      { type: 'put', space: 'queue', key: 'strange', value },
      { type: 'put', space: 'other', key: 'x', value },
    ])
    const queue = createStoreQueue({ ...OPTIONS, store })
    assert.equal(await queue.size(), 0)
    await queue.process(async () => {})
    await queue.add(jobOf('a'))
    await eventually(async () => (await queue.size()) === 0)
    await queue.close()
    assert.ok(store.get('queue', 'strange') !== undefined && store.get('other', 'x') !== undefined)
  })

  it('goes on working when the store fails', async () => {
    const store = createMemoryStore()
    let broken = false
    const failing = {
      ...store,
      write: (writes: Parameters<typeof store.write>[0]) => {
        if (broken) throw new Error('disk full')
        store.write(writes)
      },
    }
    const queue = createStoreQueue({ ...OPTIONS, store: failing })
    const seen: string[] = []
    await queue.add(jobOf('a'))
    await queue.add(jobOf('b'))
    broken = true
    await queue.process(async ({ id }) => void seen.push(id))
    await eventually(() => seen.length === 2)
    await assert.rejects(queue.add(jobOf('c')), /disk full/)
    await queue.close()
    broken = false
    const again = createStoreQueue({ ...OPTIONS, store: failing })
    assert.equal(await again.size(), 2, 'what could not be deleted runs again')
  })
})
