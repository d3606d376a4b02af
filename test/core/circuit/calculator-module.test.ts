import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALCULATOR_BYTES_MAX, prepareCalculator } from '../../../src/core/circuit/calculator-module.ts'
import { WitnessError } from '../../../src/core/circuit/witness-error.ts'
import { parseModule } from '../../../src/core/wasm/parse.ts'
import { type CalculatorParts, calculatorModule } from '../../fixtures/wasm/calculator.ts'

const PAGE = 65_536
const MEMORY = 16 * PAGE

function refused(module: Uint8Array): void {
  assert.throws(
    () => prepareCalculator(module, MEMORY),
    (error) => error instanceof WitnessError && error.reason === 'malformed-module',
  )
}

describe('a witness calculator as a module [CIR-2]', () => {
  it('is taken with its memory lowered to the bound', async () => {
    for (const memory of ['1', '1 1000', '16']) {
      const { memories } = parseModule(prepareCalculator(await calculatorModule({ memory }), MEMORY))
      assert.equal(memories[0]?.maximum, 16)
    }
    const small = parseModule(prepareCalculator(await calculatorModule({ memory: '1 3' }), MEMORY))
    assert.equal(small.memories[0]?.maximum, 3)
  })

  it('is refused when it is none: other imports, exports or signatures, a start function, too much memory', async () => {
    const exception = '(import "runtime" "exceptionHandler" (func $exception (param i32)))'
    const rest = ['printErrorMessage', 'writeBufferMessage', 'showSharedRWMemory']
      .map((name) => `(import "runtime" "${name}" (func))`)
      .join(' ')
    const cases: readonly CalculatorParts[] = [
      { imports: '' },
      { imports: rest },
      { imports: `${exception} ${rest} (import "env" "now" (func (result i32)))` },
      { imports: `${exception} ${exception.replace(' $exception', '')} ${rest}` },
      { imports: `(import "runtime" "exceptionHandler" (func $exception (param i64))) ${rest}` },
      { imports: `(import "wasi" "exceptionHandler" (func $exception (param i32))) ${rest}` },
      { functions: { getWitness: '' } },
      { functions: { getWitness: '(param i64)' } },
      { functions: { getInputSize: '(result i64) (i64.const 1)' } },
      { more: '(func $run) (start $run)' },
      { memory: '17' },
    ]
    for (const parts of cases) refused(await calculatorModule(parts))
  })

  it('is refused when it is no module, or is larger than one may be', async () => {
    const module = await calculatorModule()
    refused(new Uint8Array(8))
    refused(module.subarray(0, module.length - 1))
    refused(new Uint8Array(CALCULATOR_BYTES_MAX + 1))
    for (let end = 0; end < module.length; end += 7) refused(module.subarray(0, end))
  })
})
