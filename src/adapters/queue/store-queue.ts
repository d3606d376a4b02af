/**
 * A bounded queue in this process, kept in a store: the queue of a node.
 *
 * Every job is one entry `space/<id>`, written before `add` resolves and deleted when it is done, so what was waiting or
 * running when the process ended is there when it starts again. A run cut short by the end of the process is no failed
 * attempt.
 * @module
 */
import { type Log, silentLog } from '../../ports/log.ts'
import type { Job, Queue, QueueOptions } from '../../ports/queue.ts'
import type { Store } from '../../ports/store.ts'
import { type AddOptions, asError, checkJob } from './job.ts'
import { QueueBusyError, QueueClosedError, QueueFullError } from './queue-errors.ts'

export interface StoreQueueOptions extends QueueOptions {
  /** Outlives the queue; its owner closes it. */
  readonly store: Store
  /** The store's space this queue has for itself. */
  readonly space: string
  /** Jobs waiting, delayed or running; at most 10,000. */
  readonly sizeMax: number
  readonly log?: Log
}

const SIZE_MAX = 10_000
const BACKOFF_MS_MAX = 3_600_000
/** Longest a timer is set for; longer waits are set again. */
const TIMER_MS_MAX = 60_000

interface Entry {
  readonly job: Job
  readonly order: number
  readonly failures: number
  readonly readyAtMs: number
}

export function createStoreQueue(options: StoreQueueOptions): Queue {
  return new StoreQueue(options)
}

class StoreQueue implements Queue {
  readonly #options: StoreQueueOptions
  readonly #log: Log
  readonly #sizeMax: number
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Map<string, Promise<void>>()
  #handler: ((job: Job) => Promise<void>) | undefined
  #timer: NodeJS.Timeout | undefined
  #lastOrder = 0
  #closed = false

  constructor(options: StoreQueueOptions) {
    this.#options = options
    this.#log = options.log ?? silentLog
    this.#sizeMax = Math.min(options.sizeMax, SIZE_MAX)
    const stored = options.store.list(options.space, { limit: SIZE_MAX })
    const entries = stored
      .map(({ key, value }) => decodeEntry(key, value))
      .filter((entry) => entry !== undefined)
    for (const entry of entries.sort((a, b) => a.order - b.order)) this.#entries.set(entry.job.id, entry)
    this.#lastOrder = entries.at(-1)?.order ?? 0
  }

  async add(job: Job, options: AddOptions = {}): Promise<void> {
    const json = checkJob(job, options)
    if (this.#closed) throw new QueueClosedError()
    if (this.#entries.has(job.id)) return
    if (this.#entries.size >= this.#sizeMax) throw new QueueFullError(this.#sizeMax)
    const { id, name } = job
    this.#save({
      // A copy: what the caller does with its payload afterwards changes nothing.
      job: { id, name, payload: JSON.parse(json) },
      order: ++this.#lastOrder,
      failures: 0,
      readyAtMs: Date.now() + (options.delayMs ?? 0),
    })
    this.#work()
  }

  async process(handler: (job: Job) => Promise<void>): Promise<void> {
    if (this.#closed) throw new QueueClosedError()
    if (this.#handler !== undefined) throw new QueueBusyError()
    this.#handler = handler
    this.#work()
  }

  async size(): Promise<number> {
    return this.#entries.size
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await Promise.all(this.#running.values())
  }

  /** Starts what is ready, oldest first, and sets the timer for what is not. */
  #work(): void {
    clearTimeout(this.#timer)
    const handler = this.#handler
    if (this.#closed || handler === undefined) return
    const now = Date.now()
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values()) {
      if (this.#running.size >= this.#options.concurrency) return
      if (this.#running.has(entry.job.id)) continue
      if (entry.readyAtMs <= now) this.#running.set(entry.job.id, this.#run(entry, handler))
      else next = Math.min(next, entry.readyAtMs)
    }
    if (next === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.#work(), Math.min(next - now, TIMER_MS_MAX))
  }

  async #run(entry: Entry, handler: (job: Job) => Promise<void>): Promise<void> {
    let failure: Error | undefined
    try {
      // Never before `#running` knows the job, even when the handler is synchronous.
      await Promise.resolve()
      await handler(entry.job)
    } catch (error) {
      failure = asError(error)
    }
    try {
      if (failure === undefined) this.#remove(entry)
      else this.#failed(entry, failure)
    } catch (error) {
      this.#log.error('queue store failed', { id: entry.job.id, error: String(error) })
    }
    this.#running.delete(entry.job.id)
    this.#work()
  }

  #failed(entry: Entry, error: Error): void {
    const { attemptsMax, backoffMs, onDropped } = this.#options
    const failures = entry.failures + 1
    this.#log.debug('job failed', { id: entry.job.id, failures, error: error.message })
    if (failures < attemptsMax) {
      const delayMs = Math.min(backoffMs * 2 ** (failures - 1), BACKOFF_MS_MAX)
      this.#save({ ...entry, failures, readyAtMs: Date.now() + delayMs })
      return
    }
    this.#remove(entry)
    this.#log.warn('job dropped', { id: entry.job.id, failures, error: error.message })
    onDropped?.(entry.job, error)
  }

  #save(entry: Entry): void {
    const { store, space } = this.#options
    store.write([{ type: 'put', space, key: entry.job.id, value: encodeEntry(entry) }])
    this.#entries.set(entry.job.id, entry)
  }

  /** Forgotten here whether or not the store can: a job that stays stored runs again after a restart. */
  #remove({ job }: Entry): void {
    const { store, space } = this.#options
    this.#entries.delete(job.id)
    store.write([{ type: 'delete', space, key: job.id }])
  }
}

function encodeEntry({ job: { name, payload }, order, failures, readyAtMs }: Entry): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ name, payload, order, failures, readyAtMs }))
}

/** Undefined for what no queue of this version wrote: it is left where it is. */
function decodeEntry(id: string, value: Uint8Array): Entry | undefined {
  try {
    const stored: unknown = JSON.parse(new TextDecoder().decode(value))
    if (typeof stored !== 'object' || stored === null) return undefined
    const { name, payload, order, failures, readyAtMs } = stored as Readonly<Record<string, unknown>>
    if (typeof name !== 'string' || typeof order !== 'number') return undefined
    if (typeof failures !== 'number' || typeof readyAtMs !== 'number') return undefined
    return { job: { id, name, payload }, order, failures, readyAtMs }
  } catch {
    return undefined
  }
}
