/**
 * How a run ended, in the words of Blockless's runtime, for callers of its API (EXIT-3).
 * @module
 */
import { EXIT } from './exit.ts'

/** Their code for what has none. */
const UNKNOWN = 255

const CODES: ReadonlyMap<number, number> = new Map([
  [EXIT.outOfFuel, 1],
  [EXIT.stackExhausted, 2],
  [EXIT.memoryOutOfBounds, 3],
  [EXIT.unalignedAtomic, 4],
  [EXIT.tableOutOfBounds, 5],
  [EXIT.nullElement, 6],
  [EXIT.signatureMismatch, 7],
  [EXIT.integerOverflow, 8],
  [EXIT.divideByZero, 9],
  [EXIT.invalidConversion, 10],
  [EXIT.unreachable, 11],
  // The files a guest keeps are memory.
  [EXIT.storageLimit, 16],
  [EXIT.moduleRejected, 128],
])

/** A guest's own code stands for itself, so 1 to 16 may be either: `exit` is what tells. */
export function blocklessExitOf(exit: number): number {
  if (exit <= UNKNOWN) return exit
  return CODES.get(exit) ?? UNKNOWN
}
