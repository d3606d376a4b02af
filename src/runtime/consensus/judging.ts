/**
 * Whether a member finds another's result acceptable (PBFT-4, PBFT-15, PBFT-16).
 *
 * Two questions. Does the result follow from its evidence? The function is run again with the recorded answers, and must give
 * the same bytes and the same fuel: nobody is paid for fuel that was not used. And is what the leader was told true? That no
 * run can tell; the member compares with what its own gave, or asks the function.
 * @module
 */
import { sameObserved } from '../../core/consensus/aggregate/observation.ts'
import type { Agreement } from '../../core/consensus/agreement.ts'
import type { Proposal } from '../../core/consensus/core.ts'
import { NO_EVIDENCE, type Outcome } from '../../core/request/attestation.ts'
import { decodeTranscript, replaySession, TranscriptDivergedError } from '../../core/transcript.ts'
import { fromHex, sameBytes } from '../../crypto/bytes.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import { validateProposal } from '../entry-runs.ts'
import { jobOf, orRunaway, type RequestRun, type RunDependencies, specOf } from '../execution.ts'

/** Rejects for node-local failures only. */
export async function judgeProposal(
  deps: RunDependencies,
  run: RequestRun,
  agreement: Agreement,
  results: { readonly own: Outcome; readonly proposal: Proposal },
): Promise<boolean> {
  const { own, proposal } = results
  const { outcome } = proposal
  if (agreement.mode !== 'pbft' || !(await followsFromEvidence(deps, run, proposal, own))) return false
  if (agreement.check === 'validate') return validateProposal(deps, run, { own, proposed: outcome })
  return outcome.exit === own.exit && sameBytes(outcome.output, own.output)
}

async function followsFromEvidence(
  deps: RunDependencies,
  run: RequestRun,
  { outcome, evidence }: Proposal,
  own: Outcome,
): Promise<boolean> {
  // Without the outside there is one result, and this member has it.
  if (outcome.evidenceHash === NO_EVIDENCE && own.evidenceHash === NO_EVIDENCE)
    return sameObserved(outcome, own)
  const host = replaySession(outcome.evidenceHash === NO_EVIDENCE ? [] : decodeTranscript(evidence))
  const spec = await specOf(deps, run.request)
  const input = fromHex(run.request.input, 'input')
  const job = await jobOf(deps, run, spec, { entry: spec.entry, input })
  try {
    const { exit, fuelUsed, output } = await orRunaway(job, () => deps.sandbox.run({ ...job, host }))
    return sameObserved({ exit, fuelUsed, output }, outcome) && host.finished()
  } catch (error) {
    // It asks for other things than were recorded: the recording is of another run.
    if (error instanceof TranscriptDivergedError) return false
    if (error instanceof SandboxFailure && error.reason === 'host-session') return false
    throw error
  }
}
