/**
 * Makes a fulfilled request's result again on this machine and compares exit, bytes and fuel. What the run was told from outside
 * comes from the transcript its evidence hash names: nothing outside is asked. An aggregate is made of its members' signed
 * observations instead (`remake.ts`).
 * @module
 */
import type { AuditEvidence, AuditStep } from '../../core/audit/evidence.ts'
import { courseOf, type Result } from '../../core/audit/finality.ts'
import { type Agreement, parseAgreement } from '../../core/consensus/agreement.ts'
import { NO_EVIDENCE } from '../../core/request/attestation.ts'
import { decodeTranscript, type Transcript } from '../../core/transcript.ts'
import { fromHex, sameHex } from '../../crypto/bytes.ts'
import { functionIdOf } from '../../crypto/function-id.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Fulfillment } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { evidenceOf, Fetching, moduleOf } from './fetching.ts'
import type { ToldObservations } from './observations.ts'
import type { Output } from './output.ts'
import { remake } from './remake.ts'
import { describeDifference, describeSame, type Files, impossible, isSame, type Rerun } from './rerun.ts'
import { firstRound, Replay, runAgain } from './run-again.ts'

/** With what an aggregate is made of, if the result is one. */
export type Reexecution = AuditStep & Partial<ToldObservations>

/**
 * The step, passed or failed. Throws as `rerun`.
 */
export async function reexecute(
  chain: ChainAccess,
  evidence: AuditEvidence,
  files: Files,
  output: Output,
): Promise<Reexecution> {
  const ran = await rerun(chain, evidence, files, output)
  const observed = ran.type === 'impossible' ? undefined : ran.observed
  const verdict = ran.type === 'same' ? 'passed' : 'failed'
  return { id: 'reexecution', verdict, detail: ran.detail, ...observed }
}

/** What a repeated run must give: what was certified, or what a larger committee said instead. */
function standing({ submitted, fulfilled, finality }: AuditEvidence): Result | undefined {
  const certified = fulfilled?.fulfillment
  if (certified === undefined || finality === undefined) return certified
  return courseOf(finality, submitted.request.challengeWindow, certified).result
}

/**
 * Runs it here. Throws when this machine cannot tell: `ModuleUnavailableError`, `EvidenceUnavailableError`,
 * `ChainError`, `SandboxFailure`; and `InvalidInputError` for a file that is another's.
 */
export async function rerun(
  chain: ChainAccess,
  evidence: AuditEvidence,
  files: Files,
  output: Output,
): Promise<Rerun> {
  const { request } = evidence.submitted
  const { fulfilled } = evidence
  const certified = standing(evidence)
  const known = await chain.reads.functionById(request.functionId)
  if (fulfilled === undefined || certified === undefined || known === undefined)
    return impossible('there is no result or no function to compare with')
  // The request's digest holds the id, and the id is the specification's: another module would be caught here.
  if (!sameHex(functionIdOf(known.owner, known.spec), request.functionId))
    return impossible('the function as emitted is not the one the request names')
  const agreement = agreementIn(evidence, known)
  if (typeof agreement === 'string') return impossible(agreement)
  if (files.evidence !== undefined && fulfilled.fulfillment.evidenceHash === NO_EVIDENCE)
    throw new InvalidInputError('--evidence', 'this result rests on no evidence', { fix: 'leave it out' })
  const fetching = new Fetching(chain, output)
  try {
    if (agreement.mode === 'aggregate') {
      const { rule } = agreement
      return await remake({ chain, evidence, fulfilled, known, rule, files, fetching })
    }
    return await repeat(
      { chain, evidence, known, agreement, certified, files, fetching },
      fulfilled.fulfillment,
    )
  } finally {
    await fetching.stop()
  }
}

interface Repeating {
  readonly chain: ChainAccess
  readonly evidence: AuditEvidence
  readonly known: DeployedFunction
  readonly agreement: Agreement
  readonly certified: Result
  readonly files: Files
  readonly fetching: Fetching
}

/** The function's own run, once more. */
async function repeat(
  { chain, evidence, known, agreement, certified, files, fetching }: Repeating,
  fulfillment: Fulfillment,
): Promise<Rerun> {
  const first = await firstRound(chain, evidence)
  if (typeof first === 'string') return impossible(first)
  const problem = evidenceProblem(evidence, known, fulfillment)
  if (problem !== undefined) return impossible(problem)
  const transcript = await transcriptOf(fulfillment, files.evidence, fetching)
  if (transcript === undefined)
    return { type: 'different', detail: 'what it rests on is no transcript of a run' }
  const module = await moduleOf(known, files.module, fetching)
  const replay = outsideOf(evidence, known) ? new Replay(transcript) : undefined
  const input = fromHex(evidence.submitted.request.input, 'input')
  const asked = { module, entry: known.spec.entry, input }
  const result = await runAgain(evidence, known, first, asked, replay)
  if (typeof result === 'string') return { type: 'different', detail: result }
  if (replay !== undefined && !replay.finished())
    return {
      type: 'different',
      detail: 'this machine asks for less of the outside than the transcript holds',
    }
  const { exit, fuelUsed } = result
  const found = { exit, fuelUsed }
  if (!isSame(result, certified))
    return { type: 'different', found, detail: describeDifference(result, certified) }
  const detail = `${describeSame(result)} on this machine${toldOf(transcript)}${notRepeated(agreement)}`
  return { type: 'same', detail, found }
}

function toldOf({ length }: Transcript): string {
  if (length === 0) return ''
  return `, told what ${length} recorded ${length === 1 ? 'call' : 'calls'} answered`
}

/** What members asked the function's own `validate` about was the proposal and their own runs, of which no record is left. */
function notRepeated(agreement: Agreement): string {
  if (agreement.mode !== 'pbft' || agreement.check !== 'validate') return ''
  return '; the function’s validate is not asked again: what members’ own runs gave is not recorded'
}

/** As nodes read it; or in words why none can. */
function agreementIn({ submitted }: AuditEvidence, { spec }: DeployedFunction): Agreement | string {
  try {
    return parseAgreement(submitted.request.consensus, spec.agreement)
  } catch (error) {
    if (error instanceof InvalidInputError) return `no node can read how it agrees: ${error.message}`
    throw error
  }
}

/** Whether nodes ran it with a session (RUN-90). */
function outsideOf(evidence: AuditEvidence, { spec }: DeployedFunction): boolean {
  return evidence.submitted.request.consensus !== 'exact' && spec.permissions.length > 0
}

/** Evidence that no run of this function can have. */
function evidenceProblem(
  evidence: AuditEvidence,
  known: DeployedFunction,
  { evidenceHash }: Fulfillment,
): string | undefined {
  if (evidenceHash === NO_EVIDENCE || outsideOf(evidence, known)) return undefined
  return `evidence ${evidenceHash} is certified, and this function reaches nothing outside`
}

/** Empty when the run asked for nothing; undefined when the evidence that was certified is of another kind. */
async function transcriptOf(
  { evidenceHash }: Fulfillment,
  file: string | undefined,
  fetching: Fetching,
): Promise<Transcript | undefined> {
  if (evidenceHash === NO_EVIDENCE) return []
  const bytes = await evidenceOf(evidenceHash, file, fetching)
  try {
    return decodeTranscript(bytes)
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof LimitExceededError) return undefined
    throw error
  }
}
