/**
 * Runs a fulfilled request again on this machine and compares exit, bytes and fuel. What the run was told from outside comes
 * from the transcript its evidence hash names: nothing outside is asked.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createSandbox } from '../../adapters/sandbox/sandbox.ts'
import { createLibp2pTransport } from '../../adapters/transport/libp2p.ts'
import { randomnessOfRound } from '../../core/audit/draw.ts'
import type { AuditEvidence, AuditStep } from '../../core/audit/evidence.ts'
import { courseOf, type Result } from '../../core/audit/finality.ts'
import { NO_EVIDENCE } from '../../core/request/attestation.ts'
import { replaySession, type Transcript, TranscriptDivergedError } from '../../core/transcript.ts'
import { fromHex, sameHex, toHex } from '../../crypto/bytes.ts'
import { functionIdOf } from '../../crypto/function-id.ts'
import { guestSeed } from '../../crypto/seeds.ts'
import type { HostSession } from '../../ports/host.ts'
import { silentLog } from '../../ports/log.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import type { Transport } from '../../ports/transport.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Fulfillment, Hash, PeerId } from '../../protocol/types.ts'
import { fetchEvidence } from '../../runtime/evidence-exchange.ts'
import { fetchModule } from '../../runtime/module-exchange.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { readEvidence } from './evidence-file.ts'
import { readModule } from './module-file.ts'
import type { Output } from './output.ts'
import { findNodes } from './peers.ts'

/** An auditor's machine may be slower than a node's: nothing depends on when it finishes. */
const WALL_CLOCK_MS_MAX = 300_000
/** Enough that one of them has the module; more are asked when more are known. */
const NODES_WANTED = 4

export interface Files {
  readonly module?: string | undefined
  /** The transcript of the run. */
  readonly evidence?: string | undefined
}

/** How a run here compares with the result that stands. */
export type Rerun =
  /** There is nothing to run, or nothing to compare with; in words. */
  | { readonly type: 'impossible'; readonly detail: string }
  | {
      readonly type: 'same' | 'different'
      readonly detail: string
      /** What it gave; undefined when it did not come to an end. */
      readonly found?: Pick<Result, 'exit' | 'fuelUsed'>
    }

/**
 * The step, passed or failed. Throws as `rerun`.
 */
export async function reexecute(
  chain: ChainAccess,
  evidence: AuditEvidence,
  files: Files,
  output: Output,
): Promise<AuditStep> {
  const { type, detail } = await rerun(chain, evidence, files, output)
  return { id: 'reexecution', verdict: type === 'same' ? 'passed' : 'failed', detail }
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
  const fulfillment = evidence.fulfilled?.fulfillment
  const certified = standing(evidence)
  const known = await chain.reads.functionById(request.functionId)
  if (fulfillment === undefined || certified === undefined || known === undefined)
    return impossible('there is no result or no function to compare with')
  // The request's digest holds the id, and the id is the specification's: another module would be caught here.
  if (!sameHex(functionIdOf(known.owner, known.spec), request.functionId))
    return impossible('the function as emitted is not the one the request names')
  const first = await firstRound(chain, evidence)
  if (typeof first === 'string') return impossible(first)
  const problem = evidenceProblem(evidence, known, fulfillment)
  if (problem !== undefined) return impossible(problem)
  if (files.evidence !== undefined && fulfillment.evidenceHash === NO_EVIDENCE)
    throw new InvalidInputError('--evidence', 'this result rests on no evidence', { fix: 'leave it out' })
  const fetching = new Fetching(chain, output)
  let module: Uint8Array
  let transcript: Transcript
  try {
    transcript = await transcriptOf(fulfillment, files.evidence, fetching)
    module = await moduleOf(known, files.module, fetching)
  } finally {
    await fetching.stop()
  }
  const replay = outsideOf(evidence, known) ? new Replay(transcript) : undefined
  const result = await runAgain(evidence, known, first, module, replay)
  if (typeof result === 'string') return { type: 'different', detail: result }
  if (replay !== undefined && !replay.finished())
    return {
      type: 'different',
      detail: 'this machine asks for less of the outside than the transcript holds',
    }
  const same =
    result.exit === certified.exit &&
    result.fuelUsed === certified.fuelUsed &&
    toHex(result.output) === certified.output
  const { exit, fuelUsed } = result
  const found = { exit, fuelUsed }
  if (!same)
    return {
      type: 'different',
      found,
      detail: `this machine gives exit ${result.exit}, ${result.fuelUsed} fuel, output ${toHex(result.output)}; certified was exit ${certified.exit}, ${certified.fuelUsed} fuel, ${certified.output}`,
    }
  const told =
    transcript.length === 0
      ? ''
      : `, told what ${transcript.length} recorded ${transcript.length === 1 ? 'call' : 'calls'} answered`
  const detail = `exit ${result.exit}, the same ${result.output.length} bytes and the same ${result.fuelUsed} fuel on this machine${told}`
  return { type: 'same', detail, found }
}

function impossible(detail: string): Rerun {
  return { type: 'impossible', detail }
}

interface FirstRound {
  readonly round: bigint
  readonly randomness: Hash
}

/** The guest's seed hangs on attempt 0's round whichever attempt was fulfilled: check that one too, or say what is wrong. */
async function firstRound(chain: ChainAccess, evidence: AuditEvidence): Promise<FirstRound | string> {
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

/** Answers from the transcript, and remembers whether the run asked for something else. */
class Replay implements HostSession {
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
async function runAgain(
  evidence: AuditEvidence,
  known: DeployedFunction,
  first: FirstRound,
  module: Uint8Array,
  replay: Replay | undefined,
) {
  const { beacon } = evidence
  const { request } = evidence.submitted
  const sandbox = createSandbox({ workers: 1 })
  try {
    return await sandbox.run({
      moduleHash: known.spec.moduleHash,
      module,
      runtime: known.spec.runtime,
      fuelLimit: request.fuelLimit,
      entry: known.spec.entry,
      input: fromHex(request.input, 'input'),
      seed: guestSeed(evidence.requestId, first.randomness),
      clockNs: (beacon.genesisTime + (first.round - 1n) * beacon.periodSeconds) * 1_000_000_000n,
      memoryBytesMax: Number(known.spec.memoryBytesMax),
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

/** Peers, looked for when something is to be fetched and not before. */
class Fetching {
  readonly #chain: ChainAccess
  readonly #output: Output
  #transport: Transport | undefined

  constructor(chain: ChainAccess, output: Output) {
    this.#chain = chain
    this.#output = output
  }

  async module(moduleHash: Hash): Promise<Uint8Array> {
    this.#output.progress(`fetching module ${moduleHash}`)
    const { transport, peers } = await this.#peers(NODES_WANTED)
    return fetchModule(transport, moduleHash, peers)
  }

  /** Only those who attested it need to have it, so all nodes are asked. */
  async evidence(evidenceHash: Hash): Promise<Transcript> {
    this.#output.progress(`fetching evidence ${evidenceHash}`)
    const { transport, peers } = await this.#peers(Number.POSITIVE_INFINITY)
    return fetchEvidence(transport, evidenceHash, peers)
  }

  async stop(): Promise<void> {
    await this.#transport?.stop()
  }

  async #peers(
    wantedMax: number,
  ): Promise<{ readonly transport: Transport; readonly peers: readonly PeerId[] }> {
    const { reads, network } = this.#chain
    this.#transport ??= await createLibp2pTransport({
      privateKey: randomBytes(32),
      listen: [],
      log: silentLog,
    })
    const wanted = Math.min(wantedMax, Number(await reads.nodeCount()))
    const peers = await findNodes(this.#transport, network.coordinators, wanted)
    return { transport: this.#transport, peers }
  }
}

/** From the file given, or from any peer: the hash decides. */
async function moduleOf(
  known: DeployedFunction,
  file: string | undefined,
  fetching: Fetching,
): Promise<Uint8Array> {
  const { moduleHash } = known.spec
  if (file === undefined) return fetching.module(moduleHash)
  const { bytes, moduleHash: found } = await readModule(file)
  if (found !== moduleHash) {
    throw new InvalidInputError('--module', `${file} is not module ${moduleHash}`, {
      fix: 'leave --module out to fetch it from peers',
    })
  }
  return bytes
}

/** Likewise; empty when the run asked for nothing. */
async function transcriptOf(
  { evidenceHash }: Fulfillment,
  file: string | undefined,
  fetching: Fetching,
): Promise<Transcript> {
  if (evidenceHash === NO_EVIDENCE) return []
  return file === undefined ? fetching.evidence(evidenceHash) : readEvidence(file, evidenceHash)
}
