import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { createBullQueue } from '../../src/adapters/queue/bull-queue.ts'
import { QueueUnreachableError } from '../../src/adapters/queue/queue-errors.ts'
import { describeQueue, eventually } from '../adapters/queue/conformance.ts'

const redisUrl = process.env.REDIS_URL ?? ''
const freshName = () => `test-${randomUUID()}`
const OPTIONS = { concurrency: 1, attemptsMax: 3, backoffMs: 50 }

it('has a Redis to test against, in REDIS_URL', () => assert.notEqual(redisUrl, ''))

if (redisUrl !== '') {
  describeQueue('BullMQ over Redis', {
    create: (options) => createBullQueue({ ...options, name: freshName(), backend: { redisUrl } }),
  })

  describe('BullMQ over Redis, besides', () => {
    it('gives a job of a process that died to another, and shares the work between processes', async () => {
      const name = freshName()
      const source = new URL('../../src/adapters/queue/bull-queue.ts', import.meta.url).href
      const options = { ...OPTIONS, name, backend: { redisUrl }, lockMs: 1_000 }
      const script = `
        import { createBullQueue } from ${JSON.stringify(source)}
        const queue = await createBullQueue(${JSON.stringify(options)})
        await queue.process(() => { process.stdout.write('running'); return new Promise(() => {}) })
        await queue.add({ id: 'interrupted', name: 'test', payload: 'interrupted' })`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      assert.ok(child.stdout)
      await once(child.stdout, 'data')
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited

      const seen: unknown[] = []
      const queues = await Promise.all([1, 2].map(() => createBullQueue({ ...options, attemptsMax: 1 })))
      for (const queue of queues) await queue.process(async ({ payload }) => void seen.push(payload))
      const [first] = queues
      assert.ok(first)
      for (let i = 0; i < 20; i++) await first.add({ id: `j${i}`, name: 'test', payload: i })
      await eventually(async () => (await first.size()) === 0 && seen.length >= 21, 'all done')
      assert.equal(new Set(seen).size, 21)
      assert.ok(seen.includes('interrupted'))
      for (const queue of queues) await queue.close()
    })
  })

  it('fails rather than hangs when Redis cannot be reached', async () => {
    const backend = { redisUrl: 'redis://127.0.0.1:1' }
    await assert.rejects(createBullQueue({ ...OPTIONS, name: freshName(), backend }), QueueUnreachableError)
  })
}
