/** Which executor runs a job, as whom, on how many threads. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { NOBODY, unprivilegedIds } from '../../../src/adapters/sandbox/unprivileged.ts'
import { WorkerPool } from '../../../src/adapters/sandbox/worker-pool.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import type { Log } from '../../../src/ports/log.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { METERED, SandboxFailure, type SandboxJob } from '../../../src/ports/sandbox.ts'
import { END, guest, UNREACHABLE } from '../../fixtures/wasm/assemble.ts'

const ONLY_LINUX = { skip: process.platform !== 'linux' }
const SHORT = 1_000_000n
const LONG = 100_000_000n
const HELLO = guest({ start: [] })
const ENDLESS = guest({ start: [0x03, 0x40, 0x0c, 0, END, UNREACHABLE] })

function jobOf(module: Uint8Array, overrides: Partial<SandboxJob> = {}): SandboxJob {
  return {
    moduleHash: `0x${createHash('sha256').update(module).digest('hex')}`,
    module,
    runtime: METERED,
    fuelLimit: SHORT,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 4 * 1024 * 1024,
    outputBytesMax: 1024,
    wallClockMsMax: 60_000,
    ...overrides,
  }
}

/** Executors of this process: their ids and command lines. */
function executors(): { readonly pid: number; readonly command: string }[] {
  const { stdout } = spawnSync('pgrep', ['-f', '-P', String(process.pid), 'sandbox/executor'], {
    encoding: 'utf8',
  })
  const pids = stdout.split('\n').filter(Boolean).map(Number)
  return pids.map((pid) => ({
    pid,
    command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
  }))
}

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'still not so after 20 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('the lanes of a sandbox', ONLY_LINUX, () => {
  const open: ReturnType<typeof createSandbox>[] = []
  const sandboxOf = (options: Parameters<typeof createSandbox>[0]) => {
    const sandbox = createSandbox(options)
    open.push(sandbox)
    return sandbox
  }
  after(() => Promise.all(open.map((sandbox) => sandbox.close())))

  it('run what may be long where everything is optimised at once, and give the same', async () => {
    const sandbox = sandboxOf({ workers: 1 })
    const short = await sandbox.run(jobOf(HELLO, { fuelLimit: LONG - 1n }))
    assert.deepEqual(
      executors().map(({ command }) => command.includes('--no-liftoff')),
      [false],
    )
    const long = await sandbox.run(jobOf(HELLO, { fuelLimit: LONG }))
    assert.equal(executors().filter(({ command }) => command.includes('--no-liftoff')).length, 1)
    assert.deepEqual(long, short)
    await sandbox.close()
  })

  it('keep threads for short jobs, however many long ones wait', async () => {
    const sandbox = sandboxOf({ workers: 1, longWorkers: 1 })
    const endless = { fuelLimit: 2n ** 48n }
    const flood = Array.from({ length: 20 }, () => sandbox.run(jobOf(ENDLESS, endless)))
    const ends = Promise.allSettled(flood)
    assert.equal((await sandbox.run(jobOf(HELLO))).exit, EXIT.ok)
    await sandbox.close()
    for (const end of await ends)
      assert.ok(
        end.status === 'rejected' && end.reason instanceof SandboxFailure && end.reason.reason === 'closed',
      )
  })

  it('run as nobody when the daemon is root', { skip: process.getuid?.() !== 0 }, async () => {
    const sandbox = sandboxOf({ workers: 1 })
    await sandbox.run(jobOf(HELLO))
    for (const { pid } of executors()) {
      const [, uids = ''] = /^Uid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      assert.deepEqual(uids.split('\t').map(Number), [NOBODY, NOBODY, NOBODY, NOBODY])
    }
    await sandbox.close()
  })

  it('run as root where nobody could not read the program, and say so', {
    skip: process.getuid?.() !== 0,
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'dikast-closed-'))
    try {
      const program = join(folder, 'executor.js')
      writeFileSync(program, '')
      const warnings: unknown[] = []
      const log: Log = { ...silentLog, warn: (_, details) => warnings.push(details) }
      chmodSync(folder, 0o700)
      assert.deepEqual(unprivilegedIds(pathToFileURL(program), log), {})
      assert.equal((warnings[0] as { readonly path: string }).path, folder)
      chmodSync(folder, 0o711)
      assert.deepEqual(unprivilegedIds(pathToFileURL(program), log), { uid: NOBODY, gid: NOBODY })
      chmodSync(program, 0o600)
      assert.deepEqual(unprivilegedIds(pathToFileURL(program), log), {})
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('take another thread for each job that runs beside others, and give them back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dikast-pool-'))
    let end = async () => {}
    try {
      const file = join(folder, 'worker.mjs')
      writeFileSync(
        file,
        `import { parentPort, threadId } from 'node:worker_threads'
         parentPort.on('message', (ms) => setTimeout(() => parentPort.postMessage({ spent: false, threadId }), ms))`,
      )
      const pool = new WorkerPool<number, { readonly spent: boolean; readonly threadId: number }>(
        pathToFileURL(file),
        {
          stackMegabytes: 4,
          heapMegabytesMax: 32,
          idleMs: 300,
          endingMax: 9,
          onTooManyEnding: () => assert.fail(),
        },
      )
      end = () => pool.end()
      const threadOf = async (ms: number) => {
        const ended = await pool.run(ms, 10_000)
        assert.equal(ended.type, 'replied')
        return ended.type === 'replied' ? ended.reply.threadId : 0
      }
      const one = await threadOf(0)
      assert.equal(await threadOf(0), one, 'kept for the next')
      const four = await Promise.all([threadOf(50), threadOf(50), threadOf(50), threadOf(50)])
      assert.equal(new Set(four).size, 4)
      await eventually(() => pool.idle === 1)
      assert(four.includes(await threadOf(0)), 'one of them is kept')
    } finally {
      await end()
      rmSync(folder, { recursive: true })
    }
  })

  it('tell of threads that do not end when they are told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dikast-pool-'))
    try {
      const file = join(folder, 'worker.mjs')
      // Deaf for four seconds: no JavaScript runs that could be stopped.
      writeFileSync(
        file,
        `import { spawnSync } from 'node:child_process'
         import { parentPort } from 'node:worker_threads'
         parentPort.on('message', () => spawnSync('/bin/sleep', ['4']))`,
      )
      let told = 0
      const pool = new WorkerPool<number, { readonly spent: boolean }>(pathToFileURL(file), {
        stackMegabytes: 4,
        heapMegabytesMax: 32,
        idleMs: 300,
        endingMax: 1,
        onTooManyEnding: () => {
          told++
        },
      })
      // A thread that is ended while it starts is not deaf: on a busy machine it takes several.
      for (let tries = 0; told === 0 && tries < 20; tries++) {
        assert.ok(pool.ending <= 1)
        assert.equal((await pool.run(0, 700)).type, 'late')
      }
      assert.deepEqual([pool.ending, told], [2, 1])
      await eventually(() => pool.ending === 0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
