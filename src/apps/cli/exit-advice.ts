/**
 * How `dikast run` and `dikast function test` tell how a guest ended: the process's exit code, and what to do about it.
 * @module
 */
import { describeExit, EXIT as GUEST_EXIT } from '../../core/wasm/exit.ts'

/** What `dikast run` ends with when the guest did not end by itself; its own codes are passed on. In docs/cli.md. */
export const RUN_EXIT = { trap: 250, limit: 251, exitCodeTooLarge: 252, rejected: 253 } as const

const LIMITS_FROM = 0x110
const OTHERS_FROM = 0x120

/** The process's exit code for a guest's. */
export function processExitOf(exit: number): number {
  if (exit < GUEST_EXIT.unreachable) return exit
  if (exit < LIMITS_FROM) return RUN_EXIT.trap
  if (exit < OTHERS_FROM) return RUN_EXIT.limit
  return exit === GUEST_EXIT.exitCodeTooLarge ? RUN_EXIT.exitCodeTooLarge : RUN_EXIT.rejected
}

const FIXES: ReadonlyMap<number, string> = new Map([
  [
    GUEST_EXIT.unreachable,
    'the guest gave itself up, as an abort, a panic or a failed assertion does: what it wrote to standard error says more; build with debug assertions to see where',
  ],
  [
    GUEST_EXIT.memoryOutOfBounds,
    'it read or wrote outside its memory: look for an index or a pointer without a check, or raise --memory when an allocation failed',
  ],
  [
    GUEST_EXIT.tableOutOfBounds,
    'it called through a table index that is none: look for a wrong function pointer',
  ],
  [
    GUEST_EXIT.signatureMismatch,
    'it called through a null function pointer, or one of another type: look for a wrong cast',
  ],
  [GUEST_EXIT.integerOverflow, 'it divided the least integer by -1, or made an integer of too large a float'],
  [GUEST_EXIT.divideByZero, 'it divided an integer by zero: check the divisor'],
  [GUEST_EXIT.invalidConversion, 'it made an integer of a NaN: check before converting'],
  [
    GUEST_EXIT.outOfFuel,
    'raise the fuel, or look for a loop that does not end; with --json fuelUsed of a smaller input says what one costs',
  ],
  [
    GUEST_EXIT.stackExhausted,
    'it calls too deep: look for recursion without an end, or use a loop and a list',
  ],
  [GUEST_EXIT.outputTooLarge, 'raise --output, to 32768 at most, or write less: output is stored on chain'],
  [GUEST_EXIT.storageLimit, 'it may keep 64 MiB in files, 16,384 files and 1,024 of them open'],
  [GUEST_EXIT.exitCodeTooLarge, 'end with a code of 0 to 255'],
])

/** One line on what happened and one on what to do; none when the guest ended by itself. */
export function adviceOn(
  exit: number,
): { readonly problem: string; readonly fix: string | undefined } | undefined {
  if (exit < GUEST_EXIT.unreachable) return undefined
  return { problem: describeExit(exit), fix: FIXES.get(exit) }
}
