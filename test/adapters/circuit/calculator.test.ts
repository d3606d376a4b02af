import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CIRCUITS, compileCircuit } from '../../../scripts/circuits.ts'
import { type CalculationOptions, runCalculator } from '../../../src/adapters/circuit/calculator.ts'
import { type CircuitInputs, elementAt } from '../../../src/core/circuit/witness.ts'
import { WitnessError, type WitnessErrorReason } from '../../../src/core/circuit/witness-error.ts'
import { AUCTION } from '../../engines/witness.ts'
import { type CalculatorParts, calculatorModule } from '../../fixtures/wasm/calculator.ts'

const RUNNER = fileURLToPath(new URL('../../engines/runner.ts', import.meta.url))
const A: CircuitInputs = { a: [7n] }
const ENDLESS = '(param i32 i32 i32) (loop $again (br $again))'

async function refused(
  reason: WitnessErrorReason,
  parts: CalculatorParts,
  inputs = A,
  options: CalculationOptions = {},
): Promise<WitnessError> {
  const module = await calculatorModule(parts)
  try {
    await runCalculator(module, inputs, options)
  } catch (error) {
    assert.ok(error instanceof WitnessError, String(error))
    assert.equal(error.reason, reason, error.message)
    return error
  }
  return assert.fail('it gave a witness')
}

describe('a witness calculator on a thread of its own [CIR-5]', () => {
  it('gives its witness', async () => {
    const witness = await runCalculator(await calculatorModule(), A)
    assert.equal(witness.length, 64)
    assert.equal(elementAt(witness, 0), 1n)
  })

  it('is stopped when its time is over, or when it is cancelled', async () => {
    await refused('time-limit', { functions: { setInputSignal: ENDLESS } }, A, { msMax: 300 })
    const signal = AbortSignal.timeout(200)
    await refused('host', { functions: { setInputSignal: ENDLESS } }, A, { signal })
    await refused('host', {}, A, { signal })
  })

  it('fails by name when it is no calculator, traps, recurses without end or asks for more memory than it has', async () => {
    await refused('malformed-module', { functions: { getWitness: '' } })
    // Valid in form, but no code: a value is missing.
    await refused('malformed-module', { functions: { init: '(param i32) (unreachable)' } })
    await refused('malformed-module', { functions: { init: '(param i32) (call 4 (local.get 0))' } })
    const growth =
      '(param i32) (if (i32.eq (memory.grow (i32.const 20)) (i32.const -1)) (then (unreachable)))'
    await refused('malformed-module', { functions: { init: growth } }, A, { memoryBytesMax: 16 * 65_536 })
    assert.ok(await runCalculator(await calculatorModule({ functions: { init: growth } }), A))
  })

  it('hands on what circom says of constraints that do not hold, and of inputs', async () => {
    const unsatisfied = { setInputSignal: '(param i32 i32 i32) (call $exception (i32.const 4))' }
    await refused('unsatisfied', { functions: unsatisfied })
    await refused('missing-input', {}, {})
    await refused('unknown-input', {}, { a: [1n], b: [1n] })
  })
})

describe('a calculator circom made', () => {
  let wasm: string

  before(async () => {
    wasm = (await compileCircuit(CIRCUITS.get('auction-open') ?? '')).wasm
  })

  it('gives the same witness under both of V8’s compilers and on its thread [CIR-1]', async () => {
    const hashes = ['--liftoff-only', '--no-liftoff'].map((flag) =>
      JSON.parse(
        execFileSync(process.execPath, [flag, RUNNER, 'witness', 'auction-open', wasm], { encoding: 'utf8' }),
      ),
    )
    const witness = await runCalculator(readFileSync(wasm), AUCTION)
    hashes.push(createHash('sha256').update(witness).digest('hex'))
    assert.deepEqual(new Set(hashes).size, 1)
    // As outputs, the winner and the price.
    assert.deepEqual([elementAt(witness, 1), elementAt(witness, 2)], [1n, 60n])
  })

  it('is refused with what its template says', async () => {
    const wide = { ...AUCTION, secret: [1n << 248n] }
    await assert.rejects(runCalculator(readFileSync(wasm), wide), (error: WitnessError) => {
      assert.equal(error.reason, 'unsatisfied')
      assert.match(error.detail, /template \w+ line: \d+/)
      return true
    })
  })
})
