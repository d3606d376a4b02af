/**
 * A function's own rule: its exported `aggregate`, run by every member on the same bytes (AGG-7).
 *
 *   input = number of observations (2) ‖ for each, in ascending order of seat:
 *           seat (2) ‖ exit (2) ‖ fuelUsed (8) ‖ length of the output (4) ‖ output
 *
 * Numbers are big-endian. Signatures are not in it: what a signer could vary without changing what it saw is no input. What the
 * rule makes of liars and failures is the function's own affair: it is told of all observations there are.
 * @module
 */
import { concat, toBytesBE } from '../../../crypto/bytes.ts'
import { usesAllFuel } from '../../request/attestation.ts'
import type { Combined } from '../core.ts'
import type { Observation } from './observation.ts'
import { type AggregateReport, middle, reported } from './report.ts'

/** What `aggregate` reads on its standard input. Of seats that differ, in any order. */
export function encodeCombineInput(observations: readonly Omit<Observation, 'signature'>[]): Uint8Array {
  const inOrder = observations.toSorted((a, b) => a.seat - b.seat)
  return concat(
    toBytesBE(BigInt(inOrder.length), 2),
    ...inOrder.flatMap(({ seat, exit, fuelUsed, output }) => [
      toBytesBE(BigInt(seat), 2),
      toBytesBE(BigInt(exit), 2),
      toBytesBE(fuelUsed, 8),
      toBytesBE(BigInt(output.length), 4),
      output,
    ]),
  )
}

/** What it gave, as the report: its fuel is the observations', for each node bears that of putting them together. */
export function reportOfCombined(
  fuelLimit: bigint,
  observations: readonly Observation[],
  { exit, output }: Combined,
): AggregateReport {
  const fuelUsed = usesAllFuel(exit) ? fuelLimit : middle(observations.map(({ fuelUsed: used }) => used))
  return reported({ exit, fuelUsed, output }, observations)
}
