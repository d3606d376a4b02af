import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { CANCELLED, DONE, NEXT, type Step, takeSteps } from '../../../src/adapters/prover/steps.ts'

const step = (after: readonly number[]): Step => ({ phase: 'sums', after, run: () => {} })
const countersFor = (steps: readonly Step[]) =>
  new Int32Array(new SharedArrayBuffer(4 * (DONE + steps.length + 1)))

describe('a thread that takes steps of a proof', () => {
  it('waits for those another thread is doing', async () => {
    const steps = [step([]), step([0])]
    const counters = countersFor(steps)
    // The other has taken step 0, and is at it for a while.
    counters[NEXT] = 1
    const written = DONE + steps.length
    const other = new Worker(
      `const { workerData: { counters, written, done } } = require('node:worker_threads')
       Atomics.wait(counters, written, 0, 200)
       Atomics.store(counters, written, 7)
       Atomics.store(counters, done, 1)
       Atomics.notify(counters, done)`,
      { eval: true, workerData: { counters, written, done: DONE } },
    )
    let found: number | undefined
    takeSteps(steps, counters, () => {
      found = Atomics.load(counters, written)
    })
    assert.equal(found, 7)
    await other.terminate()
  })

  it('does nothing of a proof that was cancelled, and lets those go on who wait for it', () => {
    const steps = [step([]), step([0]), step([0, 1])]
    const counters = countersFor(steps)
    let performed = 0
    takeSteps(steps, counters, () => {
      performed++
      Atomics.store(counters, CANCELLED, 1)
    })
    assert.equal(performed, 1)
    assert.deepEqual([...counters.subarray(DONE, DONE + steps.length)], [1, 1, 1])
  })
})
