import { EXIT } from '../../core/wasm/exit.ts'

/**
 * Words in V8's trap messages. V8 up to 14 has one message for an indirect call to a null element and for one of another
 * signature, later ones have two, so both are `signatureMismatch` here; and one for a NaN and a too large float in a conversion.
 */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/^unreachable$/, EXIT.unreachable],
  [/memory access out of bounds|data segment .*out of bounds/, EXIT.memoryOutOfBounds],
  [
    /table index is out of bounds|table access out of bounds|table .*out of bounds|element segment .*out of bounds/,
    EXIT.tableOutOfBounds,
  ],
  [/null function|function signature mismatch/, EXIT.signatureMismatch],
  [/divide result unrepresentable/, EXIT.integerOverflow],
  [/divide by zero|remainder by zero/, EXIT.divideByZero],
  [/float unrepresentable in integer range/, EXIT.invalidConversion],
  [/unaligned/, EXIT.unalignedAtomic],
]

/** The attested value of a trap, from the engine's message. */
export function exitOfTrap(message: string): number {
  return WORDS.find(([words]) => words.test(message))?.[1] ?? EXIT.otherTrap
}
