/** How a run ended, as attested (EXIT-1). 1–255 is the guest's own exit code. */
export const EXIT = {
  ok: 0,
  unreachable: 0x100,
  memoryOutOfBounds: 0x101,
  tableOutOfBounds: 0x102,
  nullElement: 0x103,
  signatureMismatch: 0x104,
  integerOverflow: 0x105,
  divideByZero: 0x106,
  invalidConversion: 0x107,
  unalignedAtomic: 0x108,
  otherTrap: 0x10f,
  outOfFuel: 0x110,
  stackExhausted: 0x111,
  outputTooLarge: 0x112,
  storageLimit: 0x113,
  exitCodeTooLarge: 0x120,
  moduleRejected: 0x130,
} as const

/** A guest's own exit code is at most this. */
export const EXIT_CODE_MAX = 255
/** And an exit, which is a uint16 (EXIT-1). */
export const EXIT_MAX = 65_535

const WORDS: ReadonlyMap<number, string> = new Map([
  [EXIT.ok, 'ok'],
  [EXIT.unreachable, 'trap: unreachable'],
  [EXIT.memoryOutOfBounds, 'trap: memory access out of bounds'],
  [EXIT.tableOutOfBounds, 'trap: table access out of bounds'],
  [EXIT.nullElement, 'trap: indirect call to a null element'],
  [EXIT.signatureMismatch, 'trap: indirect call signature mismatch'],
  [EXIT.integerOverflow, 'trap: integer overflow'],
  [EXIT.divideByZero, 'trap: integer divide by zero'],
  [EXIT.invalidConversion, 'trap: invalid conversion to integer'],
  [EXIT.unalignedAtomic, 'trap: unaligned atomic access'],
  [EXIT.otherTrap, 'trap'],
  [EXIT.outOfFuel, 'out of fuel'],
  [EXIT.stackExhausted, 'call stack exhausted'],
  [EXIT.outputTooLarge, 'output too large'],
  [EXIT.storageLimit, 'storage limit'],
  [EXIT.exitCodeTooLarge, 'exit code above 255'],
  [EXIT.moduleRejected, 'module rejected'],
])

/** A short description for people; `exit code 7`, `trap: unreachable`. */
export function describeExit(exit: number): string {
  return WORDS.get(exit) ?? (exit <= EXIT_CODE_MAX ? `exit code ${exit}` : `exit 0x${exit.toString(16)}`)
}
