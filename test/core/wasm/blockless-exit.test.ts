/** [EXIT-3] */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blocklessExitOf } from '../../../src/core/wasm/blockless-exit.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'

describe('a run in Blockless’s exit codes [EXIT-3]', () => {
  it('leaves success and the guest’s own codes as they are', () => {
    for (const code of [0, 1, 7, 16, 128, 255]) assert.equal(blocklessExitOf(code), code)
  })

  it('names each trap and limit by the code their runtime has for it, or by 255', () => {
    const told = Object.entries(EXIT)
      .filter(([, exit]) => exit >= 0x100)
      .map(([name, exit]) => `${name} ${blocklessExitOf(exit)}`)
    assert.deepEqual(told, [
      'unreachable 11',
      'memoryOutOfBounds 3',
      'tableOutOfBounds 5',
      'nullElement 6',
      'signatureMismatch 7',
      'integerOverflow 8',
      'divideByZero 9',
      'invalidConversion 10',
      'unalignedAtomic 4',
      'otherTrap 255',
      'outOfFuel 1',
      'stackExhausted 2',
      'outputTooLarge 255',
      'storageLimit 16',
      'exitCodeTooLarge 255',
      'moduleRejected 128',
    ])
  })
})
