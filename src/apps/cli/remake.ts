/**
 * Makes an aggregate's report again from what its members signed that they saw, and compares it with the certified one. Only a rule
 * that is the function's own runs anything: its exported `aggregate`, which reaches nothing outside.
 *
 * It proves that the report follows from a quorum's signed observations. No run here can tell whether a member saw what it says.
 * @module
 */

import type { AuditEvidence, FulfilledEvidence } from '../../core/audit/evidence.ts'
import { Mismatch } from '../../core/audit/mismatch.ts'
import {
  checkObservations,
  committeeIn,
  observedBy,
  reportByFunction,
  reportByRule,
} from '../../core/audit/observations.ts'
import { encodeCombineInput } from '../../core/consensus/aggregate/custom.ts'
import type { Observation } from '../../core/consensus/aggregate/observation.ts'
import type { AggregateReport } from '../../core/consensus/aggregate/report.ts'
import type { AggregateRule } from '../../core/consensus/agreement.ts'
import { AGGREGATE_ENTRY } from '../../core/wasm/entries.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { evidenceOf, type Fetching, moduleOf } from './fetching.ts'
import { tellObserved } from './observations.ts'
import { describeDifference, describeSame, type Files, impossible, isSame, type Rerun } from './rerun.ts'
import { firstRound, runAgain } from './run-again.ts'

export interface Remaking {
  readonly chain: ChainAccess
  readonly evidence: AuditEvidence
  readonly fulfilled: FulfilledEvidence
  readonly known: DeployedFunction
  readonly rule: AggregateRule
  readonly files: Files
  readonly fetching: Fetching
}

/** Throws when this machine cannot tell, and `InvalidInputError` for a file that is not of this result. */
export async function remake(remaking: Remaking): Promise<Rerun> {
  const { evidence, fulfilled, rule, files, fetching } = remaking
  const { fulfillment } = fulfilled
  if (rule.kind !== 'custom' && files.module !== undefined)
    throw new InvalidInputError(
      '--module',
      `no module is run: the result is the ${rule.kind} of observations`,
      {
        fix: 'leave it out, and say --reexecute',
      },
    )
  const bytes = await evidenceOf(fulfillment.evidenceHash, files.evidence, fetching)
  const committee = committeeIn(evidence, fulfilled)
  const observations = checked(() => checkObservations(evidence, fulfilled, committee, rule, bytes))
  if (typeof observations === 'string') return { type: 'different', detail: observations }
  const observed = tellObserved(rule, observedBy(committee, rule, observations))
  const made =
    rule.kind === 'custom'
      ? await combineAgain(remaking, observations)
      : reportByRule(evidence, committee, rule, observations)
  if (typeof made === 'string') return impossible(made)
  if (made === undefined)
    return {
      type: 'different',
      observed,
      detail: 'its observations decide nothing, and a result was certified',
    }
  const { outcome } = made
  const { exit, fuelUsed } = outcome
  const found = { exit, fuelUsed }
  if (!isSame(outcome, fulfillment))
    return { type: 'different', observed, found, detail: describeDifference(outcome, fulfillment) }
  const by = rule.kind === 'custom' ? 'by the function’s own aggregate' : `by ${rule.kind}`
  const detail = `${describeSame(outcome)} ${by} of ${observations.length} signed observations: what each member saw is its own word`
  return { type: 'same', observed, found, detail }
}

/** What the function makes of them (AGG-7); or in words why it cannot be run. */
async function combineAgain(
  { chain, evidence, known, files, fetching }: Remaking,
  observations: readonly Observation[],
): Promise<AggregateReport | string> {
  const first = await firstRound(chain, evidence)
  if (typeof first === 'string') return first
  const module = await moduleOf(known, files.module, fetching)
  const input = encodeCombineInput(observations)
  const result = await runAgain(evidence, known, first, { module, entry: AGGREGATE_ENTRY, input })
  return typeof result === 'string' ? result : reportByFunction(evidence, observations, result)
}

/** In words what is wrong with the evidence that was certified: no file or peer could have given another. */
function checked<T>(check: () => T): T | string {
  try {
    return check()
  } catch (error) {
    if (error instanceof Mismatch || error instanceof InvalidInputError) return error.message
    throw error
  }
}
