/** Jobs that go to a thread several at a time: nobody waits long for it, and none is lost. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { Claims, keyOf, Pace } from '../../../src/adapters/sandbox/batches.ts'
import type { RunMessage } from '../../../src/adapters/sandbox/messages.ts'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import { METERED, SandboxFailure, type SandboxJob, UNMETERED } from '../../../src/ports/sandbox.ts'
import { call, DROP, END, guest, i32, load, store } from '../../fixtures/wasm/assemble.ts'

describe('the jobs of a batch', () => {
  it('are begun in order, and not once taken back', () => {
    const claims = new Claims(Claims.sharedBy(4))
    assert.equal(claims.begin(0), true)
    assert.equal(claims.begin(1), true)
    assert.equal(claims.takeBack(), 2)
    assert.equal(claims.begin(2), false)
    assert.equal(claims.begin(3), false)
    assert.equal(claims.takeBack(), 2, 'the same when asked again')
  })

  it('are all taken back when none was begun, and none when all were', () => {
    const none = new Claims(Claims.sharedBy(3))
    assert.equal(none.takeBack(), 0)
    const all = new Claims(Claims.sharedBy(3))
    for (const i of [0, 1, 2]) all.begin(i)
    assert.equal(all.takeBack(), 3)
  })
})

describe('the size of a batch', () => {
  const runOf = (id: number, overrides: Partial<RunMessage> = {}): RunMessage => ({
    id,
    moduleHash: '0xaa',
    runtime: METERED,
    fuelLimit: 1n,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 1,
    outputBytesMax: 1,
    wallClockMsMax: 1,
    ...overrides,
  })
  const many = (count: number, overrides: Partial<RunMessage> = {}) =>
    Array.from({ length: count }, (_, i) => runOf(i, overrides))
  const paced = (msEach: number) => {
    const pace = new Pace()
    pace.note(keyOf(runOf(0)), msEach)
    return pace
  }

  it('is one for a module not known, or not known to be short', () => {
    assert.equal(new Pace().batchFrom(many(100), 1).length, 1)
    assert.equal(paced(6).batchFrom(many(100), 1).length, 1)
    assert.equal(paced(0.5).batchFrom(many(100), 1).length, 10)
    assert.equal(paced(0.001).batchFrom(many(100), 1).length, 32)
  })

  it('leaves each thread its share of what waits, in order', () => {
    const waiting = many(6)
    assert.deepEqual(
      paced(0.001)
        .batchFrom(waiting, 2)
        .map(({ id }) => id),
      [0, 1, 2],
    )
    assert.deepEqual(
      waiting.map(({ id }) => id),
      [3, 4, 5],
    )
    assert.deepEqual(paced(0.001).batchFrom([], 2), [])
  })

  it('ends before a job of another module, and one with a host session is alone', () => {
    const pace = paced(0.001)
    assert.equal(pace.batchFrom([...many(3), runOf(3, { entry: 'main' }), ...many(3)], 1).length, 3)
    assert.equal(pace.batchFrom([...many(3), runOf(3, { hasHost: true })], 1).length, 3)
    assert.equal(pace.batchFrom(many(5, { hasHost: true }), 1).length, 1)
  })
})

describe('a batch in the sandbox', () => {
  const sandbox = createSandbox({ workers: 1 })
  after(() => sandbox.close())
  /** Reads a byte: ends with it as its exit code, or never if it is 255. */
  const READER = guest({
    imports: ['fd_read', 'proc_exit'],
    start: [
      ...store(0, i32(100)),
      ...store(4, i32(1)),
      ...[...i32(0), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
      ...[...load(100), ...i32(255), 0x46, 0x04, 0x40, 0x03, 0x40, 0x0c, 0, END, END],
      ...[...load(100), ...call(1)],
    ],
  })
  const jobOf = (byte: number, overrides: Partial<SandboxJob> = {}): SandboxJob => ({
    moduleHash: `0x${createHash('sha256').update(READER).digest('hex')}`,
    module: READER,
    runtime: UNMETERED,
    fuelLimit: 0n,
    entry: '_start',
    input: Uint8Array.of(byte),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 4 * 1024 * 1024,
    outputBytesMax: 1024,
    wallClockMsMax: 8_000,
    ...overrides,
  })

  it('gives each job its own result, also when one of them never ends', async () => {
    // Short jobs first, so that the module is known to be short.
    const first = await Promise.all(Array.from({ length: 60 }, (_, i) => sandbox.run(jobOf(i))))
    assert.deepEqual(
      first.map(({ exit }) => exit),
      Array.from({ length: 60 }, (_, i) => i),
    )
    const bytes = Array.from({ length: 60 }, (_, i) => (i === 20 ? 255 : i))
    const ends = await Promise.allSettled(bytes.map((byte) => sandbox.run(jobOf(byte))))
    for (const [i, end] of ends.entries())
      if (i === 20)
        assert.ok(
          end.status === 'rejected' &&
            end.reason instanceof SandboxFailure &&
            end.reason.reason === 'wall-clock',
        )
      else assert.equal(end.status === 'fulfilled' ? end.value.exit : end.reason, i)
    assert.equal((await sandbox.run(jobOf(0))).exit, EXIT.ok)
  })
})
