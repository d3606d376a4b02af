/**
 * One run of a fulfilled request's function on this machine, in the world its nodes ran it in.
 * @module
 */
import { createSandbox } from '../../adapters/sandbox/sandbox.ts'
import { randomnessOfRound } from '../../core/audit/draw.ts'
import type { AuditEvidence } from '../../core/audit/evidence.ts'
import { replaySession, type Transcript, TranscriptDivergedError } from '../../core/transcript.ts'
import { guestSeed } from '../../crypto/seeds.ts'
import type { HostSession } from '../../ports/host.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { SandboxFailure, type SandboxJob, type SandboxResult } from '../../ports/sandbox.ts'
import type { Hash } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'

/** An auditor's machine may be slower than a node's: nothing depends on when it finishes. */
const WALL_CLOCK_MS_MAX = 300_000

export interface FirstRound {
  readonly round: bigint
  readonly randomness: Hash
}

/** The guest's seed hangs on attempt 0's round whichever attempt was fulfilled: check that one too, or say what is wrong. */
export async function firstRound(chain: ChainAccess, evidence: AuditEvidence): Promise<FirstRound | string> {
  const round = evidence.submitted.request.attempts[0]?.round
  if (round === undefined) return 'the request has no attempt 0'
  const posted = await chain.audits.postedRound(round)
  if (posted === undefined || posted.round !== round) return `round ${round} of attempt 0 was never posted`
  try {
    return { round, randomness: randomnessOfRound(evidence.beacon.publicKey, posted) }
  } catch (error) {
    return `attempt 0: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Answers from the transcript, and remembers whether the run asked for something else. */
export class Replay implements HostSession {
  readonly #session: ReturnType<typeof replaySession>
  diverged: TranscriptDivergedError | undefined

  constructor(transcript: Transcript) {
    this.#session = replaySession(transcript)
  }

  async call(call: Parameters<HostSession['call']>[0]): Promise<Uint8Array> {
    try {
      return await this.#session.call(call)
    } catch (error) {
      if (error instanceof TranscriptDivergedError) this.diverged ??= error
      throw error
    }
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  finished(): boolean {
    return this.#session.finished()
  }
}

/** The result; or in words how the run asked for what was not recorded: the certified one did not come of this transcript. */
export async function runAgain(
  { beacon, requestId, submitted: { request } }: AuditEvidence,
  { spec }: DeployedFunction,
  first: FirstRound,
  asked: Pick<SandboxJob, 'module' | 'entry' | 'input'>,
  replay?: Replay,
): Promise<SandboxResult | string> {
  const sandbox = createSandbox({ workers: 1 })
  try {
    return await sandbox.run({
      ...asked,
      moduleHash: spec.moduleHash,
      runtime: spec.runtime,
      fuelLimit: request.fuelLimit,
      seed: guestSeed(requestId, first.randomness),
      clockNs: (beacon.genesisTime + (first.round - 1n) * beacon.periodSeconds) * 1_000_000_000n,
      memoryBytesMax: Number(spec.memoryBytesMax),
      outputBytesMax: request.outputBytesMax,
      wallClockMsMax: WALL_CLOCK_MS_MAX,
      ...(replay === undefined ? {} : { host: replay }),
    })
  } catch (error) {
    if (error instanceof SandboxFailure && error.reason === 'host-session' && replay?.diverged !== undefined)
      return `this machine asks for something else outside: ${replay.diverged.message}`
    throw error
  } finally {
    await sandbox.close()
  }
}
