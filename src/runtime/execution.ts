/**
 * A node's run of a function for a request: module by hash, grants, sandbox, evidence, outcome.
 *
 * A function that declares permissions runs only where the operator's grants cover them all, with a session of the host
 * that is recorded. The record is on disk before there is an outcome that could be signed. *Exact* functions never have a
 * session: what the outside says differs from node to node.
 * @module
 */
import { NO_EVIDENCE, type Outcome } from '../core/request/attestation.ts'
import { recordingSession } from '../core/transcript.ts'
import { fromHex } from '../crypto/bytes.ts'
import type { Clock } from '../ports/clock.ts'
import type { Evidence } from '../ports/evidence.ts'
import type { Host } from '../ports/host.ts'
import type { Log } from '../ports/log.ts'
import type { DeployedFunction } from '../ports/market.ts'
import type { Modules } from '../ports/modules.ts'
import { type Sandbox, SandboxFailure, type SandboxJob } from '../ports/sandbox.ts'
import type { Transport } from '../ports/transport.ts'
import { DikastError, InvalidInputError } from '../protocol/errors.ts'
import { MODULE_BYTES_MAX } from '../protocol/limits.ts'
import type { FunctionSpec, Hash, PeerId, Request } from '../protocol/types.ts'
import { FunctionDeclinedError } from './declined.ts'
import { fetchModule } from './module-exchange.ts'
import { RunawayError } from './runaway.ts'

/** A run never takes longer than this, however long its window. */
const WALL_CLOCK_MS_MAX = 60_000
/** Nor does fetching its module, which holds a place others could run in; it is tried again. */
const FETCH_MS_MAX = 30_000

export interface ExecutionDependencies {
  readonly sandbox: Sandbox
  readonly modules: Modules
  /** What the operator offers; it may be nothing. */
  readonly host: Host
  readonly evidence: Pick<Evidence, 'assertRoom' | 'keep'>
  readonly transport: Transport
  /** Seconds since 1970, as the pinned beacon has it: the guest's clock is not for the chain's node to set. */
  readonly timeOfRound: (round: bigint) => bigint
  readonly clock: Clock
  readonly log: Log
  readonly functionById: (functionId: Hash) => Promise<DeployedFunction | undefined>
  /** Who may have a module. */
  readonly moduleSources: () => readonly PeerId[]
}

/** What a run needs that reaches nothing outside. */
export type RunDependencies = Omit<ExecutionDependencies, 'host' | 'evidence'>

/** For which request, in which world, and until when. */
export interface RequestRun {
  readonly request: Request
  readonly seed: Uint8Array
  readonly firstRound: bigint
  readonly closesAtMs: number
}

/**
 * Throws for node-local failures only: they are never attested. They are retried, but for `FunctionDeclinedError`, which is
 * for good.
 */
export async function executeRequest(deps: ExecutionDependencies, run: RequestRun): Promise<Outcome> {
  const { request } = run
  const spec = await specOf(deps, request)
  const permissions = request.consensus === 'exact' ? [] : spec.permissions
  if (permissions.length > 0) {
    assertGranted(deps.host, permissions)
    deps.evidence.assertRoom()
  }
  const job = await jobOf(deps, run, spec, { entry: spec.entry, input: fromHex(request.input, 'input') })
  return orRunaway(job, () =>
    permissions.length > 0 ? runOutside(deps, job, permissions) : runAlone(deps, job),
  )
}

export async function specOf(
  deps: Pick<RunDependencies, 'functionById'>,
  { functionId }: Request,
): Promise<FunctionSpec> {
  const known = await deps.functionById(functionId)
  if (known === undefined) throw new InvalidInputError('functionId', `${functionId} was never deployed`)
  return known.spec
}

/** One run of an entry of the function's module, in the request's world and within its bounds. Fetches the module. */
export async function jobOf(
  deps: RunDependencies,
  run: RequestRun,
  spec: FunctionSpec,
  { entry, input }: Pick<SandboxJob, 'entry' | 'input'>,
): Promise<SandboxJob> {
  const module = await obtainModule(deps, spec.moduleHash, run.closesAtMs)
  const leftMs = run.closesAtMs - deps.clock.nowMs()
  if (leftMs <= 0) throw new WindowClosedError()
  return {
    moduleHash: spec.moduleHash,
    module,
    runtime: spec.runtime,
    fuelLimit: run.request.fuelLimit,
    entry,
    input,
    seed: run.seed,
    clockNs: deps.timeOfRound(run.firstRound) * 1_000_000_000n,
    memoryBytesMax: Number(spec.memoryBytesMax),
    outputBytesMax: run.request.outputBytesMax,
    wallClockMsMax: Math.min(WALL_CLOCK_MS_MAX, leftMs),
  }
}

/** Throws `RunawayError` for a run that had all the time one ever has, or took its executor down. */
export async function orRunaway<T>(job: SandboxJob, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const reason = error instanceof SandboxFailure ? error.reason : undefined
    const hadAllTime = job.wallClockMsMax === WALL_CLOCK_MS_MAX
    if ((reason === 'wall-clock' && hadAllTime) || reason === 'executor-crashed')
      throw new RunawayError(error)
    throw error
  }
}

async function runAlone({ sandbox }: RunDependencies, job: SandboxJob): Promise<Outcome> {
  const { exit, fuelUsed, output } = await sandbox.run(job)
  return { exit, fuelUsed, output, evidenceHash: NO_EVIDENCE }
}

/** A run with a session, which is recorded and closed whatever happens. Nothing is kept of a run that failed. */
async function runOutside(
  { sandbox, host, evidence }: ExecutionDependencies,
  job: SandboxJob,
  permissions: readonly string[],
): Promise<Outcome> {
  const session = recordingSession(host.open(permissions))
  try {
    const { exit, fuelUsed, output } = await sandbox.run({ ...job, host: session })
    const transcript = session.transcript()
    const evidenceHash = transcript.length === 0 ? NO_EVIDENCE : await evidence.keep(transcript)
    return { exit, fuelUsed, output, evidenceHash }
  } finally {
    await session.close()
  }
}

/** Throws `FunctionDeclinedError`: before anything is fetched or run. */
function assertGranted(host: Host, permissions: readonly string[]): void {
  let covered: boolean
  try {
    covered = host.grantsCover(permissions)
  } catch (cause) {
    throw new FunctionDeclinedError([], { cause })
  }
  if (!covered) throw new FunctionDeclinedError(permissions.filter((needed) => !host.grantsCover([needed])))
}

/** The window closed before the run could begin. */
export class WindowClosedError extends DikastError {
  readonly code = 'WINDOW_CLOSED'

  constructor() {
    super('the window closed before the function could run')
  }
}

/** A module, or a key. Throws when nobody served it before the run's window closed. */
export async function obtainModule(
  deps: Pick<RunDependencies, 'modules' | 'transport' | 'clock' | 'log' | 'moduleSources'>,
  moduleHash: Hash,
  closesAtMs: number,
  bytesMax = MODULE_BYTES_MAX,
): Promise<Uint8Array> {
  const { modules, transport, clock } = deps
  const kept = await modules.get(moduleHash)
  const leftMs = Math.max(0, Math.min(FETCH_MS_MAX, closesAtMs - clock.nowMs()))
  const signal = AbortSignal.timeout(leftMs)
  const module =
    kept ?? (await fetchModule(transport, moduleHash, shuffled(deps.moduleSources()), { signal, bytesMax }))
  try {
    if (kept === undefined) await modules.put(module, moduleHash)
    await modules.ran(moduleHash)
  } catch (error) {
    // Without room for it the module still runs, and is fetched again the next time.
    deps.log.warn('module not kept', { moduleHash, reason: String(error) })
  }
  return module
}

/** In another order each time: who stands first in the registry must not be able to delay every fetch. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item)
}
