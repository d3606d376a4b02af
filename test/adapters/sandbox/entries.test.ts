/** Other entries of a module than its own: whose instance they run on, what they read, and what happens without them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import { METERED, SandboxFailure, type SandboxJob, WASMER } from '../../../src/ports/sandbox.ts'
import { LimitExceededError } from '../../../src/protocol/errors.ts'
import { AGGREGATION_BYTES_MAX, INPUT_BYTES_MAX, VALIDATION_BYTES_MAX } from '../../../src/protocol/limits.ts'
import { AGREEING } from '../../fixtures/wasm/agreeing.ts'
import { assembled } from '../../fixtures/wasm/wat.ts'

const LIMIT = 20_000_000n
/** From here on a job runs in the lane of long ones, compiled another way. */
const LONG = 200_000_000n
/** An input, nothing of its own, and 1 proposed; then the other way round. */
const REFUSED = Uint8Array.from([0, 0, 0, 1, 5, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 1, 3, 0, 0])
const ACCEPTED = Uint8Array.from([0, 0, 0, 1, 5, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 1, 3, 0, 0])

const sandbox = createSandbox({ workers: 1 })
let agreeing: Uint8Array
before(async () => {
  agreeing = await assembled(AGREEING)
})
after(() => sandbox.close())

function jobOf(module: Uint8Array, entry: string, overrides: Partial<SandboxJob> = {}): SandboxJob {
  return {
    moduleHash: `0x${createHash('sha256').update(module).digest('hex')}`,
    module,
    runtime: METERED,
    fuelLimit: LIMIT,
    entry,
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 16 * 1024 * 1024,
    outputBytesMax: 32,
    wallClockMsMax: 20_000,
    ...overrides,
  }
}

const run = (entry: string, input: Uint8Array, overrides: Partial<SandboxJob> = {}) =>
  sandbox.run(jobOf(agreeing, entry, { input, ...overrides }))

describe('an entry beside the function’s own', () => {
  it('runs in its place, on an instance nothing else ran on, after the start function [ENV-7]', async () => {
    const order = ['_start', 'validate', 'aggregate', 'validate', '_start', 'validate']
    const exits: number[] = []
    for (const entry of order) exits.push((await run(entry, ACCEPTED)).exit)
    // `validate` and `aggregate` end with 9 where they find what another entry left.
    assert.deepEqual(exits, [0, 0, 0, 0, 0, 0])
    assert.equal((await run('validate', REFUSED)).exit, 1)
  })

  it('gives the same bytes for the same fuel, however it was compiled and under whose files [ENV-7]', async () => {
    const input = Uint8Array.of(0, 3, 9, 9, 9, 9, 9, 9, 9)
    const first = await run('aggregate', input)
    assert.deepEqual([first.exit, [...first.output]], [3, [0, 3, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0]])
    assert.deepEqual(await run('aggregate', input), first)
    assert.deepEqual(await run('aggregate', input, { fuelLimit: LONG }), first)
    assert.deepEqual(await run('aggregate', input, { runtime: WASMER }), first)
  })

  it('is bounded as every run: by fuel, traps and output [ENV-7]', async () => {
    const endless = ACCEPTED.with(16, 0xff)
    const { exit, fuelUsed } = await run('validate', endless)
    assert.deepEqual([exit, fuelUsed], [EXIT.outOfFuel, LIMIT])
    const nothing = Uint8Array.from([...ACCEPTED.slice(0, 12), 0, 0, 0, 0, 0, 0])
    assert.equal((await run('validate', nothing)).exit, EXIT.unreachable)
    const small = await run('aggregate', ACCEPTED, { outputBytesMax: 11 })
    assert.deepEqual([small.exit, small.output.length], [EXIT.outputTooLarge, 0])
  })

  it('that is missing, or takes or returns values, rejects the module, by name and whatever else it exports [ENV-7]', async () => {
    const module = await assembled(`(module (memory (export "memory") 1) (func (export "_start"))
      (func (export "validate") (result i32) (i32.const 0)) (global (export "aggregate") i32 (i32.const 0)))`)
    assert.equal((await sandbox.run(jobOf(module, '_start'))).exit, EXIT.ok)
    const cases = [
      ['validate', /"validate" takes or returns values/],
      ['aggregate', /no function "aggregate"/],
      ['other', /no function "other"/],
    ] as const
    for (const [entry, said] of cases) {
      const { exit, fuelUsed, output, stderr } = await sandbox.run(jobOf(module, entry))
      assert.deepEqual([exit, fuelUsed, output.length], [EXIT.moduleRejected, LIMIT, 0], entry)
      assert.match(new TextDecoder().decode(stderr), said)
    }
  })
})

describe('what an entry reads', () => {
  const lengthSeen = ({ output }: { readonly output: Uint8Array }) =>
    new DataView(output.buffer, output.byteOffset).getUint32(8, true)

  it('is a request’s input at most, more for validate and the most for aggregate [ENV-7]', async () => {
    const bounds = [
      ['_start', INPUT_BYTES_MAX],
      ['validate', VALIDATION_BYTES_MAX],
      ['aggregate', AGGREGATION_BYTES_MAX],
    ] as const
    for (const [entry, bytesMax] of bounds) {
      await assert.rejects(run(entry, new Uint8Array(bytesMax + 1)), LimitExceededError, entry)
      const { exit } = await run(entry, new Uint8Array(bytesMax))
      assert.notEqual(exit, EXIT.moduleRejected, entry)
    }
    const largest = await run('aggregate', new Uint8Array(AGGREGATION_BYTES_MAX))
    assert.deepEqual([largest.exit, lengthSeen(largest)], [0, AGGREGATION_BYTES_MAX])
  })

  it('is refused for now while others hold as much as the sandbox keeps, and taken when they ended', async () => {
    const large = () => run('aggregate', new Uint8Array(AGGREGATION_BYTES_MAX))
    const taken = [large(), large(), large()]
    await assert.rejects(large(), (error) => {
      assert.ok(error instanceof SandboxFailure)
      assert.equal(error.reason, 'overloaded')
      return true
    })
    // What a request may have is taken all the same.
    const small = run('_start', new Uint8Array(INPUT_BYTES_MAX))
    for (const ended of await Promise.all(taken)) assert.equal(ended.exit, 0)
    assert.equal((await small).exit, 0)
    assert.equal((await large()).exit, 0)
  })
})
