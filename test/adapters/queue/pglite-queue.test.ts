import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { acquireLock, LockedError } from '../../../src/adapters/lock/lock.ts'
import { createBullQueue } from '../../../src/adapters/queue/bull-queue.ts'
import type { Job, Queue } from '../../../src/ports/queue.ts'
import { describeQueue, eventually } from './conformance.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-queue-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
// Making a database takes seconds: one serves all, for one queue after another, each with a name of its own.
const dataDir = join(scratch, 'queue')

const OPTIONS = { name: 'killed', concurrency: 1, attemptsMax: 3, backoffMs: 50 }
const jobOf = (id: string): Job => ({ id, name: 'test', payload: id })

let last: Queue | undefined
let names = 0
describeQueue('BullMQ over PGlite', {
  create: async (options) => {
    await last?.close()
    last = await createBullQueue({ ...options, name: `conformance-${++names}`, backend: { dataDir } })
    return last
  },
})

describe('BullMQ over PGlite, besides', () => {
  const BULL = new URL('../../../src/adapters/queue/bull-queue.ts', import.meta.url).href
  const LOCK = new URL('../../../src/adapters/lock/lock.ts', import.meta.url).href

  /** A process that starts a job and never ends it; it says `running`. */
  function victim(): ChildProcess {
    const script = `
      import { createBullQueue } from ${JSON.stringify(BULL)}
      import { acquireLock } from ${JSON.stringify(LOCK)}
      const backend = { dataDir: ${JSON.stringify(dataDir)}, acquire: acquireLock }
      const queue = await createBullQueue({ ...${JSON.stringify(OPTIONS)}, backend })
      await queue.process(async () => {
        await queue.add({ id: 'waiting', name: 'test', payload: 'waiting' })
        process.stdout.write('running')
        return new Promise(() => {})
      })
      await queue.add({ id: 'interrupted', name: 'test', payload: 'interrupted' })`
    return spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  it('runs a job again that was running at SIGKILL, and what was waiting; its folder has one owner at a time', async () => {
    await last?.close()
    const child = victim()
    assert.ok(child.stdout)
    await once(child.stdout, 'data')
    const backend = { dataDir, acquire: acquireLock }
    await assert.rejects(createBullQueue({ ...OPTIONS, backend }), LockedError)
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited

    const queue = await createBullQueue({ ...OPTIONS, attemptsMax: 1, backend })
    const seen: unknown[] = []
    await queue.process(async ({ payload }) => void seen.push(payload))
    await eventually(async () => (await queue.size()) === 0, 'an empty queue')
    assert.deepEqual(seen.sort(), ['interrupted', 'waiting'])
    await queue.close()
    acquireLock(join(scratch, 'queue.lock')).release()
  })

  it('is made again when its making was cut short', async () => {
    const folder = join(scratch, 'cut', 'queue')
    mkdirSync(folder, { recursive: true })
    // As far as a process got that was killed while it unpacked.
    writeFileSync(join(folder, 'PG_VERSION'), '18\n')
    const queue = await createBullQueue({ ...OPTIONS, backend: { dataDir: folder } })
    await queue.add(jobOf('first'))
    assert.equal(await queue.size(), 1)
    await queue.close()
  })

  it('keeps what was waiting over a restart', async () => {
    const options = { ...OPTIONS, name: 'restarted', backend: { dataDir } }
    const first = await createBullQueue(options)
    for (const id of ['a', 'b', 'c']) await first.add(jobOf(id))
    await first.close()
    const second = await createBullQueue(options)
    assert.equal(await second.size(), 3)
    const seen: string[] = []
    await second.process(async ({ id }) => void seen.push(id))
    await eventually(() => seen.length === 3)
    assert.deepEqual(seen, ['a', 'b', 'c'])
    await second.close()
  })
})
