/**
 * A lane: jobs that wait, in order, and the executor process that runs them.
 *
 * The executor is started by the first job and ended after a time without one; its threads come and go with the jobs that
 * run at a time, up to a bound. It is given more jobs than it runs at a time, and begins them about in order. When it dies, a
 * job it was given alone fails with `executor-crashed`; of several, the first are each run once more, alone, so that only the
 * guilty one fails, and the others wait again. Jobs have no side effects, so running one twice changes nothing; one that has
 * called its host session may have, and fails instead.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Log } from '../../ports/log.ts'
import { SandboxFailure, type SandboxJob } from '../../ports/sandbox.ts'
import { INPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { answerHostCall } from './host-bridge.ts'
import type { FromExecutor, Outcome, RunMessage, ToExecutor } from './messages.ts'
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
/** Jobs an executor is given for each it runs at a time. */
const GIVEN_PER_WORKER = 64
/** What a dying executor last wrote, for the log. */
const LAST_WORDS_CHARACTERS_MAX = 1_000

interface Pending {
  readonly job: SandboxJob
  readonly settle: (outcome: Outcome | SandboxFailure) => void
  /** Was running when an executor died, beside others. */
  suspect: boolean
  /** Called outside: what it did there may not be done twice. */
  hasAsked: boolean
  watchdog?: NodeJS.Timeout
}

interface Executor {
  readonly child: ChildProcess
  /** Jobs it was given, in that order. */
  readonly given: Map<number, Pending>
  /** To be sent in one message. */
  outbox: RunMessage[]
  lastWords: string
}

/** What a job's input holds beyond what a request's may. */
export function surplusOf({ input }: Pick<SandboxJob, 'input'>): number {
  return Math.max(0, input.length - INPUT_BYTES_MAX)
}

export class Lane {
  readonly #options: LaneOptions
  readonly #log: Log
  readonly #queue: Pending[] = []
  #executor: Executor | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #lastId = 0
  #surplusBytes = 0

  constructor(options: LaneOptions) {
    this.#options = options
    this.#log = options.log
  }

  /** Jobs that do not run yet. */
  get waiting(): number {
    const given = this.#executor?.given.size ?? 0
    return this.#queue.length + Math.max(0, given - this.#options.workers)
  }

  /** Of inputs beyond those of requests, which jobs hold until they end. */
  get surplusBytes(): number {
    return this.#surplusBytes
  }

  run(job: SandboxJob, onEnd: (outcome: Outcome | SandboxFailure) => void): void {
    const surplus = surplusOf(job)
    this.#surplusBytes += surplus
    const settle = (outcome: Outcome | SandboxFailure): void => {
      this.#surplusBytes -= surplus
      onEnd(outcome)
    }
    this.#queue.push({ job, settle, suspect: false, hasAsked: false })
    this.#dispatch()
  }

  /** Fails what waits and runs, and ends the executor. */
  async close(closed: SandboxFailure): Promise<void> {
    for (const { settle } of this.#queue.splice(0)) settle(closed)
    const executor = this.#executor
    if (executor === undefined) return
    for (const pending of executor.given.values()) settlePending(pending, closed)
    executor.given.clear()
    await this.#stop(executor)
  }

  /** Hands waiting jobs to the executor. A suspect runs alone. */
  #dispatch(): void {
    clearTimeout(this.#idleTimer)
    for (;;) {
      const given = this.#executor?.given
      const busy = given?.size ?? 0
      const [next] = this.#queue
      const [first] = given?.values() ?? []
      const alone = next?.suspect === true || first?.suspect === true
      const room = alone ? 1 : this.#options.workers * GIVEN_PER_WORKER
      if (next === undefined || busy >= room) break
      this.#queue.shift()
      this.#give(next)
    }
    const executor = this.#executor
    if (executor === undefined) return
    if (executor.given.size > 0) {
      executor.child.ref()
      executor.child.channel?.ref()
      return
    }
    executor.child.unref()
    executor.child.channel?.unref()
    this.#idleTimer = setTimeout(() => void this.#stop(executor), this.#options.idleMs).unref()
  }

  #give(pending: Pending): void {
    this.#executor ??= this.#spawn()
    const executor = this.#executor
    const id = ++this.#lastId
    const { module: _, host, ...run } = pending.job
    executor.given.set(id, pending)
    this.#watch(executor)
    if (executor.outbox.push({ id, ...run, hasHost: host !== undefined }) > 1) return
    setImmediate(() => this.#send(executor, { type: 'runs', runs: executor.outbox.splice(0) }))
  }

  /** Those that run: the first it was given. */
  #running(executor: Executor): Pending[] {
    const running: Pending[] = []
    for (const pending of executor.given.values()) {
      if (running.length === this.#options.workers) break
      running.push(pending)
    }
    return running
  }

  /** Sets a timer for each job that runs since the last time. */
  #watch(executor: Executor): void {
    for (const pending of this.#running(executor))
      pending.watchdog ??= setTimeout(() => {
        this.#log.warn('executor stuck', { pid: executor.child.pid })
        executor.child.kill('SIGKILL')
      }, pending.job.wallClockMsMax + ANSWER_GRACE_MS)
  }

  #spawn(): Executor {
    const { engineFlags, name, workers } = this.#options
    const child = fork(EXECUTOR_FILE, [String(workers)], {
      ...unprivilegedIds(EXECUTOR_FILE, this.#log),
      // Nothing of the daemon's environment: it may hold keys.
      env: { UV_THREADPOOL_SIZE: '1' },
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--max-old-space-size=256',
        '--max-semi-space-size=4',
        ...engineFlags,
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const executor: Executor = { child, given: new Map(), outbox: [], lastWords: '' }
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
    if (message.type === 'needModule') {
      const pending = executor.given.get(message.id)
      if (pending !== undefined)
        this.#send(executor, { type: 'module', id: message.id, module: pending.job.module })
      return
    }
    if (message.type === 'hostCall') {
      const pending = executor.given.get(message.id)
      if (pending !== undefined) pending.hasAsked = true
      void answerHostCall(pending?.job.host, message).then((answer) => this.#send(executor, answer))
      return
    }
    for (const { id, outcome } of message.outcomes) {
      const pending = executor.given.get(id)
      executor.given.delete(id)
      if (pending !== undefined) settlePending(pending, outcome)
    }
    this.#watch(executor)
    this.#dispatch()
  }

  #died(executor: Executor, detail: string): void {
    if (this.#executor !== executor) return
    this.#executor = undefined
    const given = [...executor.given.values()]
    const running = this.#running(executor)
    executor.given.clear()
    for (const pending of given) {
      clearTimeout(pending.watchdog)
      delete pending.watchdog
    }
    if (running.length > 0) this.#log.warn('executor crashed', { detail, lastWords: executor.lastWords })
    // Alone it is guilty. Which of several ran is known but roughly: a thread begins the next of its batch by itself.
    const again = given.length > 1 ? given.filter(({ hasAsked }) => !hasAsked) : []
    for (const pending of given) {
      if (!again.includes(pending)) settlePending(pending, new SandboxFailure('executor-crashed', detail))
      else if (running.includes(pending)) pending.suspect = true
    }
    this.#queue.unshift(...again)
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
