/**
 * The sandbox: daemon → executor child process → worker threads.
 *
 * Jobs wait here, in order, until the executor has a free worker. The executor is started by the first job and ended
 * after a time without one. When it dies, a job that was running alone fails with `executor-crashed`; jobs that were
 * running side by side are each run once more, alone, so that only the guilty one fails. Jobs have no side effects, so
 * running one twice changes nothing.
 *
 * Under `deterministic-1` fuel and stack are counted and NaNs are canonical. Under `unmetered` they are not: an endless loop
 * ends at the wall clock. Not detected in either: a `memory.grow` below the module's limit that the host refuses gives
 * the guest -1, as if the limit were reached.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Log } from '../../ports/log.ts'
import { silentLog } from '../../ports/log.ts'
import {
  RUNTIMES,
  type Sandbox,
  SandboxFailure,
  type SandboxJob,
  type SandboxResult,
  UNMETERED,
} from '../../ports/sandbox.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import {
  INPUT_BYTES_MAX,
  MEMORY_BYTES_MAX,
  MODULE_BYTES_MAX,
  OUTPUT_BYTES_MAX,
} from '../../protocol/limits.ts'
import { checkGuestWorld, copiedDirectories } from './guest-world.ts'
import type { FromExecutor, Outcome, ToExecutor } from './messages.ts'

export interface SandboxOptions {
  /** Jobs run side by side, each on a thread of its own. */
  readonly workers?: number
  /** Jobs that may wait; beyond them `run` fails with `overloaded`. */
  readonly queuedMax?: number
  /** The executor ends after this time without a job. */
  readonly idleMs?: number
  readonly log?: Log
}

/** Fuel is counted in doubles while the host works for a guest: far below 2^53. */
const FUEL_MAX = 2n ** 48n
const ENTRY_LENGTH_MAX = 256
const WALL_CLOCK_MS_MAX = 2 ** 31 - 1
const SEED_BYTES = 32
const EXECUTOR_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './executor.ts' : './executor.js',
  import.meta.url,
)
/** An executor that has not answered this long after a job's own deadline is stuck, and killed. */
const ANSWER_GRACE_MS = 5_000
/** What a dying executor last wrote, for the log. */
const LAST_WORDS_CHARACTERS_MAX = 1_000

interface Pending {
  readonly job: SandboxJob
  readonly resolve: (result: SandboxResult) => void
  readonly reject: (error: Error) => void
  /** Was running when an executor died, beside others. */
  suspect: boolean
  watchdog?: NodeJS.Timeout
}

interface Executor {
  readonly child: ChildProcess
  readonly running: Map<number, Pending>
  lastWords: string
}

/** Throws for a job no executor should see. */
function checkJob(job: SandboxJob): void {
  const bounded = (name: string, value: number, max: number) => {
    if (value > max) throw new LimitExceededError(name, value, max)
    if (!Number.isSafeInteger(value) || value < 0) throw new InvalidInputError(name, 'not a whole number')
  }
  if (!RUNTIMES.includes(job.runtime))
    throw new InvalidInputError('job.runtime', `unknown profile; this sandbox runs ${RUNTIMES.join(', ')}`)
  if (job.fuelLimit < 0n || job.fuelLimit > (job.runtime === UNMETERED ? 0n : FUEL_MAX))
    throw new InvalidInputError('job.fuelLimit', `${job.fuelLimit} under ${job.runtime}`)
  if (!/^0x[0-9a-f]{64}$/.test(job.moduleHash))
    throw new InvalidInputError('job.moduleHash', 'not a lower-case hash')
  bounded('job.module bytes', job.module.length, MODULE_BYTES_MAX)
  bounded('job.input bytes', job.input.length, INPUT_BYTES_MAX)
  bounded('job.entry length', job.entry.length, ENTRY_LENGTH_MAX)
  bounded('job.memoryBytesMax', job.memoryBytesMax, MEMORY_BYTES_MAX)
  bounded('job.outputBytesMax', job.outputBytesMax, OUTPUT_BYTES_MAX)
  bounded('job.wallClockMsMax', job.wallClockMsMax, WALL_CLOCK_MS_MAX)
  if (job.seed.length !== SEED_BYTES) throw new InvalidInputError('job.seed', `not ${SEED_BYTES} bytes`)
  if (BigInt.asUintN(64, job.clockNs) !== job.clockNs)
    throw new InvalidInputError('job.clockNs', 'not a uint64')
  checkGuestWorld(job)
}

export function createSandbox(options: SandboxOptions = {}): Sandbox {
  return new ProcessSandbox(options)
}

class ProcessSandbox implements Sandbox {
  readonly #workers: number
  readonly #queuedMax: number
  readonly #idleMs: number
  readonly #log: Log
  readonly #queue: Pending[] = []
  #executor: Executor | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #lastId = 0
  #closed = false

  constructor({ workers = 2, queuedMax = 256, idleMs = 60_000, log = silentLog }: SandboxOptions) {
    this.#workers = workers
    this.#queuedMax = queuedMax
    this.#idleMs = idleMs
    this.#log = log
  }

  async run(job: SandboxJob): Promise<SandboxResult> {
    checkJob(job)
    if (this.#closed) throw new SandboxFailure('closed', 'the sandbox is closed')
    if (this.#queue.length >= this.#queuedMax) {
      throw new SandboxFailure('overloaded', `${this.#queuedMax} jobs are waiting`)
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject, suspect: false })
      this.#dispatch()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const closed = new SandboxFailure('closed', 'the sandbox was closed')
    for (const { reject } of this.#queue.splice(0)) reject(closed)
    const executor = this.#executor
    if (executor === undefined) return
    for (const pending of executor.running.values()) this.#settle(pending, closed)
    executor.running.clear()
    await this.#stop(executor)
  }

  /** Hands waiting jobs to free workers. A suspect runs alone. */
  #dispatch(): void {
    clearTimeout(this.#idleTimer)
    for (;;) {
      const running = this.#executor?.running
      const busy = running?.size ?? 0
      const [next] = this.#queue
      const alone = next?.suspect === true || [...(running?.values() ?? [])].some(({ suspect }) => suspect)
      if (next === undefined || busy >= (alone ? 1 : this.#workers)) break
      this.#queue.shift()
      this.#start(next)
    }
    const executor = this.#executor
    if (executor === undefined) return
    if (executor.running.size > 0) {
      executor.child.ref()
      executor.child.channel?.ref()
      return
    }
    executor.child.unref()
    executor.child.channel?.unref()
    this.#idleTimer = setTimeout(() => void this.#stop(executor), this.#idleMs).unref()
  }

  #start(pending: Pending): void {
    this.#executor ??= this.#spawn()
    const executor = this.#executor
    const id = ++this.#lastId
    const { module: _, ...run } = pending.job
    executor.running.set(id, pending)
    pending.watchdog = setTimeout(() => {
      this.#log.warn('executor stuck', { pid: executor.child.pid })
      executor.child.kill('SIGKILL')
    }, run.wallClockMsMax + ANSWER_GRACE_MS)
    this.#send(executor, { type: 'run', id, ...run })
  }

  #spawn(): Executor {
    const child = fork(EXECUTOR_FILE, [], {
      // Nothing of the daemon's environment: it may hold keys.
      env: { UV_THREADPOOL_SIZE: '1' },
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--max-old-space-size=256',
        '--max-semi-space-size=1',
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const executor: Executor = { child, running: new Map(), lastWords: '' }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      executor.lastWords = (executor.lastWords + text).slice(-LAST_WORDS_CHARACTERS_MAX)
    })
    child.stderr?.on('error', () => {})
    // The stream must not keep an idle daemon alive.
    if (child.stderr !== null && 'unref' in child.stderr) (child.stderr as { unref(): void }).unref()
    child.on('message', (message: FromExecutor) => this.#receive(executor, message))
    child.on('error', (error) => this.#died(executor, String(error)))
    child.on('exit', (code, signal) => this.#died(executor, `executor ended with ${signal ?? code}`))
    this.#log.debug('executor started', { pid: child.pid })
    return executor
  }

  #send(executor: Executor, message: ToExecutor): void {
    // A failed send means a dying executor; its exit settles the job.
    executor.child.send(message, () => {})
  }

  #receive(executor: Executor, message: FromExecutor): void {
    const pending = executor.running.get(message.id)
    if (pending === undefined) return
    if (message.type === 'needModule') {
      this.#send(executor, { type: 'module', id: message.id, module: pending.job.module })
      return
    }
    executor.running.delete(message.id)
    this.#settle(pending, message.outcome)
    this.#dispatch()
  }

  #settle(pending: Pending, outcome: Outcome | SandboxFailure): void {
    clearTimeout(pending.watchdog)
    if (outcome instanceof SandboxFailure) pending.reject(outcome)
    else if (outcome.type === 'failed') pending.reject(new SandboxFailure(outcome.reason, outcome.detail))
    else if (outcome.type === 'invalid') pending.reject(new InvalidInputError(outcome.field, outcome.problem))
    else {
      const { exit, fuelUsed, output, stderr } = outcome
      pending.resolve({
        exit,
        fuelUsed,
        output: Uint8Array.from(output),
        stderr: Uint8Array.from(stderr),
        ...copiedDirectories(outcome.directories),
      })
    }
  }

  #died(executor: Executor, detail: string): void {
    if (this.#executor !== executor) return
    this.#executor = undefined
    const casualties = [...executor.running.values()]
    executor.running.clear()
    for (const pending of casualties) clearTimeout(pending.watchdog)
    if (casualties.length > 0) this.#log.warn('executor crashed', { detail, lastWords: executor.lastWords })
    if (casualties.length > 1) {
      for (const pending of casualties) pending.suspect = true
      this.#queue.unshift(...casualties)
    } else {
      for (const pending of casualties) this.#settle(pending, new SandboxFailure('executor-crashed', detail))
    }
    this.#dispatch()
  }

  async #stop(executor: Executor): Promise<void> {
    if (this.#executor === executor) this.#executor = undefined
    clearTimeout(this.#idleTimer)
    const { child } = executor
    if (child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await exited
  }
}
