/**
 * Warm worker threads of one kind: a request runs on a thread of its own for the time. Threads are started when none is
 * idle and ended after a time without work, so that their number follows the load; one is kept.
 * @module
 */
import { Worker } from 'node:worker_threads'

export interface WorkerPoolOptions {
  readonly stackMegabytes: number
  /** The host's own objects: linear memory is not part of it. */
  readonly heapMegabytesMax: number
  readonly idleMs: number
}

export type Ended<Reply> =
  | { readonly type: 'replied'; readonly reply: Reply }
  /** Killed: it took longer than it had. */
  | { readonly type: 'late' }
  | { readonly type: 'died'; readonly isOutOfMemory: boolean; readonly detail: string }

/** What every reply says: whether the thread holds too much to be used again. */
interface Spendable {
  readonly spent: boolean
}

const KEPT = 1
const DETAIL_CHARACTERS_MAX = 200

export class WorkerPool<Request, Reply extends Spendable> {
  readonly #file: URL
  readonly #options: WorkerPoolOptions
  readonly #idle: Worker[] = []

  constructor(file: URL, options: WorkerPoolOptions) {
    this.#file = file
    this.#options = options
  }

  /** Threads that wait for work. */
  get idle(): number {
    return this.#idle.length
  }

  /** Ends the threads that wait. */
  async end(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((worker) => worker.terminate()))
  }

  run(request: Request, msMax: number, transfer: readonly ArrayBuffer[] = []): Promise<Ended<Reply>> {
    const worker = this.#idle.pop() ?? this.#start()
    worker.removeAllListeners()
    return new Promise((resolve) => {
      const finish = (ended: Ended<Reply>, keep: boolean) => {
        clearTimeout(timer)
        worker.removeAllListeners()
        worker.on('error', () => {})
        if (keep) this.#rest(worker)
        else void worker.terminate()
        resolve(ended)
      }
      const died = (detail: string, isOutOfMemory = false) =>
        finish({ type: 'died', isOutOfMemory, detail: detail.slice(0, DETAIL_CHARACTERS_MAX) }, false)
      const timer = setTimeout(() => finish({ type: 'late' }, false), msMax)
      worker.on('message', (reply: Reply) => finish({ type: 'replied', reply }, !reply.spent))
      worker.on('error', (error: Error & { readonly code?: string }) =>
        died(String(error), error.code === 'ERR_WORKER_OUT_OF_MEMORY'),
      )
      worker.on('exit', (code) => died(`worker ended with ${code}`))
      worker.postMessage(request, [...transfer])
    })
  }

  #start(): Worker {
    const { stackMegabytes, heapMegabytesMax } = this.#options
    return new Worker(this.#file, {
      env: {},
      execArgv: [],
      resourceLimits: {
        stackSizeMb: stackMegabytes,
        maxOldGenerationSizeMb: heapMegabytesMax,
        maxYoungGenerationSizeMb: 4,
      },
    })
  }

  /** Keeps a worker for the next request, unless it ends by itself or there is none for long. */
  #rest(worker: Worker): void {
    this.#idle.push(worker)
    const forget = () => {
      const at = this.#idle.indexOf(worker)
      if (at >= 0) this.#idle.splice(at, 1)
    }
    worker.on('exit', forget)
    setTimeout(() => {
      if (this.#idle.length <= KEPT || !this.#idle.includes(worker)) return
      forget()
      void worker.terminate()
    }, this.#options.idleMs).unref()
  }
}
