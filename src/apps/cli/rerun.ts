/**
 * How a result that is made again here compares with the one that stands.
 * @module
 */
import type { Result } from '../../core/audit/finality.ts'
import { toHex } from '../../crypto/bytes.ts'
import type { SandboxResult } from '../../ports/sandbox.ts'
import type { ToldObservations } from './observations.ts'

export interface Files {
  readonly module?: string | undefined
  /** What the result rests on: a transcript, or observations. */
  readonly evidence?: string | undefined
}

export type Rerun =
  /** There is nothing to run, or nothing to compare with; in words. */
  | { readonly type: 'impossible'; readonly detail: string }
  | {
      readonly type: 'same' | 'different'
      readonly detail: string
      /** What it gave; undefined when it did not come to an end. */
      readonly found?: Pick<Result, 'exit' | 'fuelUsed'>
      /** Of an aggregate: what its members signed that they saw. */
      readonly observed?: ToldObservations
    }

type Made = Pick<SandboxResult, 'exit' | 'fuelUsed' | 'output'>

export function impossible(detail: string): Rerun {
  return { type: 'impossible', detail }
}

export function isSame({ exit, fuelUsed, output }: Made, certified: Result): boolean {
  return exit === certified.exit && fuelUsed === certified.fuelUsed && toHex(output) === certified.output
}

export function describeSame({ exit, fuelUsed, output }: Made): string {
  return `exit ${exit}, the same ${output.length} bytes and the same ${fuelUsed} fuel`
}

export function describeDifference({ exit, fuelUsed, output }: Made, certified: Result): string {
  return `this machine gives exit ${exit}, ${fuelUsed} fuel, output ${toHex(output)}; certified was exit ${certified.exit}, ${certified.fuelUsed} fuel, ${certified.output}`
}
