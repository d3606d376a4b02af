/**
 * Warm worker threads of one kind: a request runs on a thread of its own for the time. Threads are started when none is
 * idle and ended after a time without work, so that their number follows the load; one is kept.
 * @module
 */
import { type Transferable, Worker } from 'node:worker_threads'

export interface WorkerPoolOptions {
  readonly stackMegabytes: number
  /** The host's own objects: linear memory is not part of it. */
  readonly heapMegabytesMax: number
  readonly idleMs: number
  /** Threads that were told to end and have not: an engine that compiles does not listen. Called when there are more. */
  readonly endingMax: number
  readonly onTooManyEnding: () => void
}

export type Ended<Reply> =
  | { readonly type: 'replied'; readonly reply: Reply }
  /** Killed: it took longer than it had. */
  | { readonly type: 'late' }
  | { readonly type: 'died'; readonly isOutOfMemory: boolean; readonly detail: string }

export interface RequestOptions {
  readonly transfer?: readonly Transferable[]
  /** Ends the thread, and with it the request. */
  readonly signal?: AbortSignal
}

/** What every reply says: whether the thread holds too much to be used again. */
interface Spendable {
  readonly spent: boolean
}

const KEPT = 1
const DETAIL_CHARACTERS_MAX = 200

/** A thread, and what is done with what it says next. Listeners are set once: setting them costs more than a trivial job. */
class Thread<Reply> {
  readonly worker: Worker
  #finish: ((ended: Ended<Reply>) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  isOver = false
  restsSinceMs = 0

  constructor(worker: Worker) {
    this.worker = worker
    worker.on('message', (reply: Reply) => this.#end({ type: 'replied', reply }))
    worker.on('error', (error: Error & { readonly code?: string }) => {
      this.isOver = true
      this.#died(String(error), error.code === 'ERR_WORKER_OUT_OF_MEMORY')
    })
    worker.on('exit', (code) => {
      this.isOver = true
      this.#died(`worker ended with ${code}`)
    })
  }

  request(message: unknown, msMax: number, { transfer, signal }: RequestOptions): Promise<Ended<Reply>> {
    return new Promise((resolve) => {
      this.#finish = resolve
      signal?.addEventListener('abort', () => this.#died(String(signal.reason)), { once: true })
      this.#timer = setTimeout(() => this.#end({ type: 'late' }), msMax)
      this.worker.postMessage(message, transfer)
    })
  }

  #died(detail: string, isOutOfMemory = false): void {
    this.#end({ type: 'died', isOutOfMemory, detail: detail.slice(0, DETAIL_CHARACTERS_MAX) })
  }

  #end(ended: Ended<Reply>): void {
    clearTimeout(this.#timer)
    const finish = this.#finish
    this.#finish = undefined
    finish?.(ended)
  }
}

export class WorkerPool<Request, Reply extends Spendable> {
  readonly #file: URL
  readonly #options: WorkerPoolOptions
  #idle: Thread<Reply>[] = []
  #ending = 0
  #shrinking: NodeJS.Timeout | undefined

  constructor(file: URL, options: WorkerPoolOptions) {
    this.#file = file
    this.#options = options
  }

  /** Threads that wait for work. */
  get idle(): number {
    return this.#idle.length
  }

  /** Threads that were told to end and have not yet. */
  get ending(): number {
    return this.#ending
  }

  /** Ends the threads that wait. */
  async end(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => this.#end(thread)))
  }

  async #end({ worker }: Thread<Reply>): Promise<void> {
    this.#ending++
    if (this.#ending > this.#options.endingMax) this.#options.onTooManyEnding()
    await worker.terminate()
    this.#ending--
  }

  async run(request: Request, msMax: number, options: RequestOptions = {}): Promise<Ended<Reply>> {
    const thread = this.#take()
    const ended = await thread.request(request, msMax, options)
    if (ended.type === 'replied' && !ended.reply.spent) this.#rest(thread)
    else void this.#end(thread)
    return ended
  }

  #take(): Thread<Reply> {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop())
      if (!thread.isOver) return thread
    const { stackMegabytes, heapMegabytesMax } = this.#options
    const worker = new Worker(this.#file, {
      env: {},
      execArgv: [],
      resourceLimits: {
        stackSizeMb: stackMegabytes,
        maxOldGenerationSizeMb: heapMegabytesMax,
        maxYoungGenerationSizeMb: 4,
      },
    })
    return new Thread(worker)
  }

  /** Keeps a thread for the next request, and ends those that had none for long: the last to rest is the first taken. */
  #rest(thread: Thread<Reply>): void {
    thread.restsSinceMs = performance.now()
    this.#idle.push(thread)
    if (this.#idle.length > KEPT) this.#shrinking ??= this.#shrinkLater()
  }

  #shrinkLater(): NodeJS.Timeout {
    const { idleMs } = this.#options
    return setTimeout(() => {
      this.#shrinking = undefined
      const before = performance.now() - idleMs
      const surplus = this.#idle.slice(0, -KEPT).filter(({ restsSinceMs }) => restsSinceMs <= before)
      for (const idle of this.#idle.splice(0, surplus.length)) void this.#end(idle)
      if (this.#idle.length > KEPT) this.#shrinking = this.#shrinkLater()
    }, idleMs).unref()
  }
}
