/**
 * Runs of a function's other entries for a request: its own `validate` and `aggregate` (ENV-7).
 *
 * They are asked about what members' runs gave, in the request's world and within its bounds, and reach nothing outside
 * whatever the function may: there is no session here to give them. So every honest node gets the same answer to the same
 * question. Whatever they end with is the answer; only what fails on this machine throws.
 * @module
 */
import { encodeValidation, type RunResult, saysYes } from '../core/consensus/validate.ts'
import { AGGREGATE_ENTRY, type AgreementEntry, VALIDATE_ENTRY } from '../core/wasm/entries.ts'
import { fromHex } from '../crypto/bytes.ts'
import { jobOf, orRunaway, type RequestRun, type RunDependencies, specOf } from './execution.ts'

/** Whether the function finds a member's proposal acceptable (PBFT-15). Throws for node-local failures only. */
export async function validateProposal(
  deps: RunDependencies,
  run: RequestRun,
  results: { readonly own: RunResult; readonly proposed: RunResult },
): Promise<boolean> {
  const input = fromHex(run.request.input, 'input')
  const { exit } = await runEntry(deps, run, VALIDATE_ENTRY, encodeValidation({ input, ...results }))
  return saysYes(exit)
}

/**
 * What the function makes of its members' observations, encoded as its `aggregate` reads them. Throws for node-local failures
 * only. Fuel is this node's own expense: it is no part of a report.
 */
export async function combineObservations(
  deps: RunDependencies,
  run: RequestRun,
  observations: Uint8Array,
): Promise<RunResult> {
  return runEntry(deps, run, AGGREGATE_ENTRY, observations)
}

async function runEntry(
  deps: RunDependencies,
  run: RequestRun,
  entry: AgreementEntry,
  input: Uint8Array,
): Promise<RunResult> {
  const job = await jobOf(deps, run, await specOf(deps, run.request), { entry, input })
  const { exit, output } = await orRunaway(job, () => deps.sandbox.run(job))
  return { exit, output }
}
