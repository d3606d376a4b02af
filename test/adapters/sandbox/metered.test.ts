/** The sandbox under `deterministic-1`: what a run costs, and how guests that spend too much end. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { HOST_CALL_FUEL } from '../../../src/adapters/sandbox/wasi/meter.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import { METERED, type SandboxJob } from '../../../src/ports/sandbox.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import {
  type Code,
  call,
  DROP,
  END,
  guest,
  i32,
  i64,
  localGet,
  localSet,
  store,
  UNREACHABLE,
} from '../../fixtures/wasm/assemble.ts'

const PRICE_FEED = new URL('../../../examples/price-feed/build/price-feed.wasm', import.meta.url)
const LIMIT = 1_000_000n

function jobOf(module: Uint8Array, overrides: Partial<SandboxJob> = {}): SandboxJob {
  const moduleHash: Hash = `0x${createHash('sha256').update(module).digest('hex')}`
  return {
    moduleHash,
    module,
    runtime: METERED,
    fuelLimit: LIMIT,
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

const loop = (body: Code): Code => [0x03, 0x40, ...body, END]
/** Function 0 is `fd_write`: 12 bytes from 100 to standard output. */
const WRITE: Code = [
  ...store(0, i32(100)),
  ...store(4, i32(12)),
  ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
]
const HELLO = guest({
  imports: ['fd_write'],
  data: [{ at: 100, bytes: 'hello, world' }],
  start: WRITE,
})

describe('a metered run', () => {
  const sandbox = createSandbox({ workers: 2 })
  after(() => sandbox.close())
  const run = (module: Uint8Array, overrides: Partial<SandboxJob> = {}) =>
    sandbox.run(jobOf(module, overrides))
  const endOf = async (module: Uint8Array, overrides: Partial<SandboxJob> = {}) => {
    const { exit, fuelUsed } = await run(module, overrides)
    return [exit, fuelUsed]
  }

  it('costs its instructions, its host calls and the bytes they move, to the unit', async () => {
    const { exit, output, fuelUsed } = await run(HELLO)
    assert.equal(new TextDecoder().decode(output), 'hello, world')
    // Two stores of three instructions, four constants and a call; one iovec and twelve bytes.
    assert.deepEqual([exit, fuelUsed], [0, BigInt(6 + 5 + HOST_CALL_FUEL + 8 + 12)])
    assert.equal((await run(HELLO)).fuelUsed, fuelUsed)
  })

  it('needs no more than it costs, and fails with a unit less', async () => {
    const { fuelUsed } = await run(HELLO)
    assert.deepEqual(await endOf(HELLO, { fuelLimit: fuelUsed }), [EXIT.ok, fuelUsed])
    assert.deepEqual(await endOf(HELLO, { fuelLimit: fuelUsed - 1n }), [EXIT.outOfFuel, fuelUsed - 1n])
  })

  it('ends an endless loop, long before the clock', async () => {
    const { exit, fuelUsed, output } = await run(guest({ start: loop([0x0c, 0x00]) }))
    assert.deepEqual([exit, fuelUsed, output.length], [EXIT.outOfFuel, LIMIT, 0])
  })

  it('ends endless recursion as exhausted stack, never as this host’s failure', async () => {
    assert.deepEqual(await endOf(guest({ start: call(0) }), { fuelLimit: 1_000_000_000n }), [
      EXIT.stackExhausted,
      1_000_000_000n,
    ])
  })

  it('takes the whole limit for a trap: a loop that ends in one buys nothing', async () => {
    const trap = guest({ start: [...loop([]), UNREACHABLE] })
    assert.deepEqual(await endOf(trap), [EXIT.unreachable, LIMIT])
    const division = guest({ start: [...i32(1), ...i32(0), 0x6d, DROP] })
    assert.deepEqual(await endOf(division), [EXIT.divideByZero, LIMIT])
  })

  it('takes the whole limit for output beyond its bound, and for a module outside the profile', async () => {
    assert.deepEqual(await endOf(HELLO, { outputBytesMax: 11 }), [EXIT.outputTooLarge, LIMIT])
    assert.deepEqual(await endOf(guest({ start: [0x06] })), [EXIT.moduleRejected, LIMIT])
  })

  it('counts what the guest used when it exits by itself, with its code', async () => {
    const exits = guest({ imports: ['proc_exit'], start: [...i32(7), ...call(0)] })
    // And for the one frame, of one operand and one value: two units a byte.
    assert.deepEqual(await endOf(exits), [7, BigInt(2 + HOST_CALL_FUEL + 2 * (64 + 16 + 1))])
  })

  it('charges random bytes before it makes them', async () => {
    const greedy = guest({
      imports: ['random_get'],
      start: [...i32(0), ...i32(3 * 1024 * 1024), ...call(0), DROP],
      memory: { minimum: 64 },
    })
    assert.deepEqual(await endOf(greedy), [EXIT.outOfFuel, LIMIT])
    assert.equal((await endOf(greedy, { fuelLimit: 4_000_000n }))[0], EXIT.ok)
  })

  it('charges growth and filling by their size', async () => {
    const grows = guest({ start: [...i32(32), 0x40, 0, DROP] })
    assert.deepEqual(await endOf(grows), [EXIT.ok, 1n + 1024n + 32n * 64n])
    const fills = guest({ start: [...i32(0), ...i32(1), ...i32(65_536), 0xfc, 0x0b, 0] })
    assert.deepEqual(await endOf(fills), [EXIT.ok, 4n + 65_536n / 8n])
    assert.deepEqual(await endOf(fills, { fuelLimit: 8_000n }), [EXIT.outOfFuel, 8_000n])
  })

  it('gives a NaN the same bits whatever made it', async () => {
    // 0/0, and a signalling NaN plus one: both stored as they are.
    const nan = guest({
      imports: ['fd_write'],
      start: [
        ...[...i32(100), 0x44, ...Array(8).fill(0), 0x44, ...Array(8).fill(0), 0xa3, 0x39, 3, 0],
        ...[...i32(108), ...i64(0x7ff0_0000_0000_0001n), 0xbf, ...i64(0x3ff0_0000_0000_0000n), 0xbf, 0xa0],
        ...[0x39, 3, 0],
        ...store(0, i32(100)),
        ...store(4, i32(16)),
        ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
      ],
    })
    const { exit, output } = await run(nan)
    assert.equal(exit, EXIT.ok)
    const canonical = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
    assert.deepEqual([...output], [...canonical, ...canonical])
  })

  it('gives the price feed’s answer, and the same fuel on every machine', async () => {
    const module = new Uint8Array(readFileSync(PRICE_FEED))
    const sources = ['1', '5', '9'].map((price, i) => ({ name: `s${i}`, price }))
    const input = new TextEncoder().encode(JSON.stringify({ pair: 'ETH/USD', sources }))
    const job = { input, fuelLimit: 100_000_000n, outputBytesMax: 32 }
    const { exit, output, fuelUsed } = await run(module, job)
    assert.equal(exit, EXIT.ok)
    assert.equal(BigInt(`0x${Buffer.from(output).toString('hex')}`), 500_000_000n)
    assert.equal(fuelUsed, 23_711n)
  })

  it('survives locals and operands by the thousand at every depth', async () => {
    // Each call has 4,000 locals of 8 bytes and calls itself: the stack is bounded by bytes, not by calls.
    const deep = guest({
      locals: [[4_000, 'I']],
      start: [...localGet(0), ...i64(1n), 0x7c, ...localSet(0), ...call(0)],
    })
    assert.deepEqual(await endOf(deep), [EXIT.stackExhausted, LIMIT])
  })

  it('refuses a limit nobody can count to, and fuel where none is counted', async () => {
    await assert.rejects(run(HELLO, { fuelLimit: 2n ** 48n + 1n }), InvalidInputError)
    await assert.rejects(run(HELLO, { fuelLimit: -1n }), InvalidInputError)
    await assert.rejects(run(HELLO, { runtime: 'unmetered', fuelLimit: 1n }), InvalidInputError)
    await assert.rejects(run(HELLO, { runtime: 'deterministic-2' }), InvalidInputError)
  })
})
