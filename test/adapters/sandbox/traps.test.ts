import assert from 'node:assert/strict'
import { it } from 'node:test'
import { exitOfTrap } from '../../../src/adapters/sandbox/traps.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'

it('a trap has the same exit in the words of every V8 there is [EXIT-1]', () => {
  const words: readonly (readonly [string, number])[] = [
    // Node 20 to 26, and V8 15, which tells the two apart.
    ['null function or function signature mismatch', EXIT.signatureMismatch],
    ['null function', EXIT.signatureMismatch],
    ['function signature mismatch', EXIT.signatureMismatch],
    ['unreachable', EXIT.unreachable],
    ['memory access out of bounds', EXIT.memoryOutOfBounds],
    ['table index is out of bounds', EXIT.tableOutOfBounds],
    ['divide by zero', EXIT.divideByZero],
    ['remainder by zero', EXIT.divideByZero],
    ['divide result unrepresentable', EXIT.integerOverflow],
    ['float unrepresentable in integer range', EXIT.invalidConversion],
  ]
  for (const [message, exit] of words) assert.equal(exitOfTrap(message), exit, message)
})
