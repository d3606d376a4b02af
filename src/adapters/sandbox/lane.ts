/**
 * A lane: jobs that wait, in order, and the executor process that runs them.
 *
 * The executor is started by the first job and ended after a time without one; its threads come and go with the jobs that
 * run at a time, up to a bound. When it dies, a job that was running alone fails with `executor-crashed`; jobs that were
 * running side by side are each run once more, alone, so that only the guilty one fails. Jobs have no side effects, so
 * running one twice changes nothing.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Log } from '../../ports/log.ts'
import { SandboxFailure, type SandboxJob } from '../../ports/sandbox.ts'
import type { FromExecutor, Outcome, ToExecutor } from './messages.ts'
import { unprivilegedIds } from './unprivileged.ts'

export interface LaneOptions {
  readonly name: string
  /** Jobs run side by side, each on a thread of its own. */
  readonly workers: number
  /** The executor ends after this time without a job. */
  readonly idleMs: number
  /** How V8 compiles. */
  readonly engineFlags: readonly string[]
  readonly log: Log
}

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
  readonly settle: (outcome: Outcome | SandboxFailure) => void
  /** Was running when an executor died, beside others. */
  suspect: boolean
  watchdog?: NodeJS.Timeout
}

interface Executor {
  readonly child: ChildProcess
  readonly running: Map<number, Pending>
  lastWords: string
}

export class Lane {
  readonly #options: LaneOptions
  readonly #log: Log
  readonly #queue: Pending[] = []
  #executor: Executor | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(options: LaneOptions) {
    this.#options = options
    this.#log = options.log
  }

  get waiting(): number {
    return this.#queue.length
  }

  run(job: SandboxJob, settle: (outcome: Outcome | SandboxFailure) => void): void {
    this.#queue.push({ job, settle, suspect: false })
    this.#dispatch()
  }

  /** Fails what waits and runs, and ends the executor. */
  async close(closed: SandboxFailure): Promise<void> {
    for (const { settle } of this.#queue.splice(0)) settle(closed)
    const executor = this.#executor
    if (executor === undefined) return
    for (const pending of executor.running.values()) settlePending(pending, closed)
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
      if (next === undefined || busy >= (alone ? 1 : this.#options.workers)) break
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
    this.#idleTimer = setTimeout(() => void this.#stop(executor), this.#options.idleMs).unref()
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
    const { engineFlags, name } = this.#options
    const child = fork(EXECUTOR_FILE, [], {
      ...unprivilegedIds(EXECUTOR_FILE, this.#log),
      // Nothing of the daemon's environment: it may hold keys.
      env: { UV_THREADPOOL_SIZE: '1' },
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--max-old-space-size=256',
        '--max-semi-space-size=1',
        ...engineFlags,
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
    this.#log.debug('executor started', { pid: child.pid, lane: name })
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
    settlePending(pending, message.outcome)
    this.#dispatch()
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
      for (const pending of casualties) settlePending(pending, new SandboxFailure('executor-crashed', detail))
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

function settlePending(pending: Pending, outcome: Outcome | SandboxFailure): void {
  clearTimeout(pending.watchdog)
  pending.settle(outcome)
}
