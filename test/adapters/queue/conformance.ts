/**
 * What every queue does, whatever it is kept in.
 * @module
 */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Job, Queue, QueueOptions } from '../../../src/ports/queue.ts'
import { DikastError } from '../../../src/protocol/errors.ts'

export interface QueueFactory {
  /** A queue of its own, with nothing in it. */
  create(options: QueueOptions): Promise<Queue>
  /** Releases what the queues stood on. */
  close?(): Promise<void>
}

const DEFAULTS: QueueOptions = { concurrency: 4, attemptsMax: 3, backoffMs: 20 }
const jobOf = (id: string, payload: unknown = null): Job => ({ id, name: 'test', payload })
const ignore = async () => {}

export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `${what} does not hold after 20 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const empty = (queue: Queue) => eventually(async () => (await queue.size()) === 0, 'an empty queue')
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  const reason = await action.then(
    () => 'no error',
    (error: unknown) => error,
  )
  return reason instanceof DikastError ? reason.code : String(reason)
}

export function describeQueue(what: string, factory: QueueFactory): void {
  describe(what, () => {
    const open: Queue[] = []
    const create = async (options: Partial<QueueOptions> = {}) => {
      const queue = await factory.create({ ...DEFAULTS, ...options })
      open.push(queue)
      return queue
    }
    after(async () => {
      await Promise.all(open.map((queue) => queue.close()))
      await factory.close?.()
    })

    it('hands a job to the handler as it was added', async () => {
      const queue = await create()
      const payload = { text: 'é', list: [1, null, true], nested: { a: 'b' } }
      await queue.add({ id: '0xAb_c-1', name: 'fulfill', payload })
      const seen: Job[] = []
      await queue.process(async (job) => void seen.push(job))
      await empty(queue)
      assert.deepEqual(seen, [{ id: '0xAb_c-1', name: 'fulfill', payload }])
    })

    it('takes any JSON as payload, and ids that are numbers', async () => {
      const queue = await create()
      const seen = new Map<string, unknown>()
      await queue.process(async ({ id, payload }) => void seen.set(id, payload))
      const payloads: readonly unknown[] = [null, 0, '', false, [], {}, 'text']
      for (const [i, payload] of payloads.entries()) await queue.add(jobOf(`${i}`, payload))
      await eventually(() => seen.size === payloads.length)
      for (const [i, payload] of payloads.entries()) assert.deepEqual(seen.get(`${i}`), payload)
    })

    it('works on what was added before and after process was called', async () => {
      const queue = await create()
      const seen: string[] = []
      await queue.add(jobOf('before'))
      assert.equal(await queue.size(), 1)
      await queue.process(async ({ id }) => void seen.push(id))
      await queue.add(jobOf('after'))
      await empty(queue)
      assert.deepEqual(seen.sort(), ['after', 'before'])
    })

    it('runs one job for an id that is waiting or running, and another once it is done', async () => {
      const queue = await create()
      let runs = 0
      const running = gate()
      const finish = gate()
      await queue.add(jobOf('same'))
      await queue.add(jobOf('same'))
      assert.equal(await queue.size(), 1)
      await queue.process(async () => {
        runs++
        running.open()
        await finish.opened
      })
      await running.opened
      await queue.add(jobOf('same'))
      assert.equal(await queue.size(), 1)
      finish.open()
      await empty(queue)
      assert.equal(runs, 1)
      await queue.add(jobOf('same'))
      await eventually(() => runs === 2, 'a second run')
      await empty(queue)
    })

    it('waits for the delay', async () => {
      const queue = await create()
      const added = Date.now()
      let ranMs = 0
      await queue.process(async () => {
        ranMs = Date.now() - added
      })
      await queue.add(jobOf('later'), { delayMs: 300 })
      assert.equal(await queue.size(), 1)
      await eventually(() => ranMs > 0)
      assert.ok(ranMs >= 295, `after ${ranMs} ms`)
    })

    it('runs as many side by side as it may, and no more', async () => {
      const queue = await create({ concurrency: 3 })
      let running = 0
      let most = 0
      await queue.process(async () => {
        most = Math.max(most, ++running)
        await pause(30)
        running--
      })
      for (let i = 0; i < 9; i++) await queue.add(jobOf(`j${i}`))
      await empty(queue)
      assert.equal(most, 3)
    })

    it('tries again with growing delays, then drops the job and says so', async () => {
      const dropped: string[] = []
      const queue = await create({
        attemptsMax: 3,
        backoffMs: 100,
        onDropped: (job, error) => void dropped.push(`${job.id} ${job.payload} ${error.message}`),
      })
      const times: number[] = []
      await queue.process(async () => {
        times.push(Date.now())
        throw new Error(`failure ${times.length}`)
      })
      await queue.add(jobOf('bad', 'payload'))
      await eventually(() => dropped.length > 0, 'a dropped job')
      assert.deepEqual(dropped, ['bad payload failure 3'])
      const [first = 0, second = 0, third = 0] = times
      assert.equal(times.length, 3)
      assert.ok(
        second - first >= 95 && third - second >= 190,
        `delays of ${second - first} and ${third - second} ms`,
      )
      await empty(queue)
    })

    it('is done with a job once it succeeds', async () => {
      let attempts = 0
      const dropped: string[] = []
      const queue = await create({ onDropped: (job) => void dropped.push(job.id) })
      await queue.process(async () => {
        if (++attempts < 3) throw new Error('not yet')
      })
      await queue.add(jobOf('flaky'))
      await empty(queue)
      assert.deepEqual([attempts, dropped], [3, []])
    })

    it('survives handlers that throw at once, or something that is no error', async () => {
      const dropped: string[] = []
      const queue = await create({
        attemptsMax: 1,
        onDropped: (job, error) => void dropped.push(`${job.id} ${error.message}`),
      })
      await queue.process(({ id }) => {
        if (id === 'sync') throw new Error('sync')
        return Promise.reject('text')
      })
      await queue.add(jobOf('sync'))
      await queue.add(jobOf('async'))
      await eventually(() => dropped.length === 2)
      assert.deepEqual(dropped.sort(), ['async text', 'sync sync'])
    })

    it('has one handler', async () => {
      const queue = await create()
      await queue.process(ignore)
      assert.equal(await codeOf(queue.process(ignore)), 'QUEUE_BUSY')
    })

    it('refuses ids, payloads and delays it cannot keep', async () => {
      const queue = await create()
      for (const id of ['', 'a:b', 'a b', 'é', '../x'])
        assert.equal(await codeOf(queue.add(jobOf(id))), 'INVALID_INPUT')
      assert.equal(await codeOf(queue.add(jobOf('x'.repeat(201)))), 'LIMIT_EXCEEDED')
      assert.equal(await codeOf(queue.add({ ...jobOf('a'), payload: undefined })), 'INVALID_INPUT')
      assert.equal(await codeOf(queue.add(jobOf('a', 1n))), 'INVALID_INPUT')
      assert.equal(await codeOf(queue.add(jobOf('a', 'x'.repeat(1024 * 1024)))), 'LIMIT_EXCEEDED')
      assert.equal(await codeOf(queue.add(jobOf('a'), { delayMs: -1 })), 'INVALID_INPUT')
      assert.equal(await codeOf(queue.add(jobOf('a'), { delayMs: Number.NaN })), 'INVALID_INPUT')
      assert.equal(await queue.size(), 0)
    })

    it('lets running jobs end when it is closed, starts no others and takes no more', async () => {
      const queue = await create({ concurrency: 1 })
      const running = gate()
      const done: string[] = []
      await queue.process(async ({ id }) => {
        running.open()
        await pause(150)
        done.push(id)
      })
      await queue.add(jobOf('first'))
      await queue.add(jobOf('second'))
      await running.opened
      await queue.close()
      assert.deepEqual(done, ['first'])
      await pause(50)
      assert.deepEqual(done, ['first'])
      assert.equal(await codeOf(queue.add(jobOf('third'))), 'QUEUE_CLOSED')
      await queue.close()
    })
  })
}
