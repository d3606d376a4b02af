/**
 * BullMQ over Redis, or over an embedded PostgreSQL (PGlite) when there is no Redis: the queue of a coordinator.
 *
 * At least once: a handler that blocks the event loop longer than `lockMs` is taken for dead and its job runs again. A
 * job cut short by a crash runs again when its lock has run out; that is no failed attempt, but a job that takes its
 * process down over and over is dropped after `STALLS_MAX` times.
 * @module
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { JobsOptions, JobType } from 'bullmq'
import { type Log, silentLog } from '../../ports/log.ts'
import type { Job, Queue, QueueOptions } from '../../ports/queue.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { type AddOptions, asError, checkJob } from './job.ts'
import { PglitePool } from './pglite-pool.ts'
import { QueueBusyError, QueueClosedError, QueueUnreachableError } from './queue-errors.ts'

export type BullBackend =
  | { readonly redisUrl: string }
  | {
      /** Folder of the embedded database. */
      readonly dataDir: string
      /** Locks the folder against other processes, unless its owner has: a second one would lose writes. */
      readonly acquire?: (path: string) => { release(): void }
    }

export interface BullQueueOptions extends QueueOptions {
  readonly name: string
  readonly backend: BullBackend
  readonly log?: Log
  /** How long a process may be silent before its jobs are given to another. */
  readonly lockMs?: number
}

const LOCK_MS = 30_000
const STALLS_MAX = 20
/** How soon jobs left by a dead process are taken up: alone on its database, a process need not be patient. */
const PGLITE_STALLED_MS = 1_000
/** BullMQ refuses ids that are numbers. */
const ID_PREFIX = 'job-'
/** A producer's command fails after this many reconnections: `add` must not hang while Redis is away. */
const COMMAND_RETRIES_MAX = 3
const CONNECT_MS_MAX = 5_000
const COUNTED: JobType[] = ['waiting', 'active', 'delayed', 'prioritized']

interface Data {
  readonly payload: unknown
}

/** As much of BullMQ's `Queue` and `Worker` as is used; their own types differ between the two databases. */
interface BullProducer {
  add(name: string, data: Data, options: JobsOptions): Promise<unknown>
  getJobCounts(...types: JobType[]): Promise<Readonly<Record<string, number>>>
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
}

interface BullJob {
  readonly id?: string | undefined
  readonly name: string
  readonly data: Data
  readonly attemptsMade: number
  readonly finishedOn?: number | undefined
}

interface BullWorker {
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'failed', listener: (job: BullJob | undefined, error: Error) => void): unknown
}

type Processor = (job: BullJob) => Promise<void>

interface WorkerSettings {
  readonly concurrency: number
  readonly lockDuration: number
  readonly stalledInterval: number
  readonly maxStalledCount: number
}

/** What differs between the two databases. */
interface Backend {
  producer(name: string): BullProducer
  worker(name: string, processor: Processor, settings: WorkerSettings): BullWorker
  close(): Promise<void>
}

export async function createBullQueue(options: BullQueueOptions): Promise<Queue> {
  if (!/^[\w-]{1,100}$/.test(options.name))
    throw new InvalidInputError('name', 'letters, digits, "-" and "_" only')
  const backend =
    'redisUrl' in options.backend
      ? await openRedis(options.backend.redisUrl)
      : await openPglite(options.backend.dataDir, options.backend.acquire)
  try {
    const queue = new BullQueue(backend, options)
    await queue.ready()
    return queue
  } catch (error) {
    await backend.close()
    throw error
  }
}

async function openRedis(url: string): Promise<Backend> {
  const [bull, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')])
  // BullMQ would try for ever: what is wrong with the address or the password must be said at the start.
  const probe = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: CONNECT_MS_MAX,
  })
  probe.on('error', () => {})
  try {
    await probe.connect()
    await probe.ping()
  } catch (error) {
    throw new QueueUnreachableError(error)
  } finally {
    probe.disconnect()
  }
  return {
    producer: (name) =>
      new bull.Queue<Data>(name, { connection: { url, maxRetriesPerRequest: COMMAND_RETRIES_MAX } }),
    worker: (name, processor, settings) =>
      new bull.Worker<Data>(name, processor, {
        ...settings,
        connection: { url, maxRetriesPerRequest: null },
      }),
    close: async () => {},
  }
}

async function openPglite(
  dataDir: string,
  acquire: (path: string) => { release(): void } = () => ({ release() {} }),
): Promise<Backend> {
  await mkdir(dirname(dataDir), { recursive: true })
  const lock = acquire(join(dirname(dataDir), `${basename(dataDir)}.lock`))
  try {
    const [bull, database] = await Promise.all([import('bullmq'), openDatabase(dataDir)])
    const pool = new PglitePool(database)
    await bull.runMigrations(await pool.connect())
    // This process is alone: whatever is active was left by one that died, and need not wait for its lock to run out.
    await database.exec("SET search_path = bullmq; UPDATE job SET locked_until_ms = 0 WHERE state = 'active'")
    const { Queue: PgQueue, Worker: PgWorker } = bull.withBackend(bull.createPostgresBackend)
    return {
      producer: (name) => new PgQueue<Data>(name, { connection: pool }),
      worker: (name, processor, settings) =>
        new PgWorker<Data>(name, processor, {
          ...settings,
          connection: pool,
          stalledInterval: PGLITE_STALLED_MS,
        }),
      close: async () => {
        await database.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * Opens the database, or makes it from the copy of a new one that PGlite's authors ship: `initdb` would take five times as
 * long. A database whose making was cut short is made again: it cannot have held a job.
 */
async function openDatabase(dataDir: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  const made = `${dataDir}.made`
  if (existsSync(made)) return PGlite.create(dataDir)
  rmSync(dataDir, { recursive: true, force: true })
  const { dataDir: newDatabase } = await import('@electric-sql/pglite-prepopulatedfs')
  const database = await PGlite.create({ dataDir, loadDataDir: await newDatabase() })
  writeFileSync(made, '')
  return database
}

class BullQueue implements Queue {
  readonly #backend: Backend
  readonly #options: BullQueueOptions
  readonly #log: Log
  readonly #producer: BullProducer
  #worker: BullWorker | undefined
  #closed = false

  constructor(backend: Backend, options: BullQueueOptions) {
    this.#backend = backend
    this.#options = options
    this.#log = options.log ?? silentLog
    this.#producer = backend.producer(options.name)
    this.#producer.on('error', (error) => this.#report(error))
  }

  async ready(): Promise<void> {
    await this.#producer.waitUntilReady()
  }

  async add(job: Job, options: AddOptions = {}): Promise<void> {
    const payload: unknown = JSON.parse(checkJob(job, options))
    if (this.#closed) throw new QueueClosedError()
    const { attemptsMax, backoffMs } = this.#options
    await this.#producer.add(
      job.name,
      { payload },
      {
        jobId: ID_PREFIX + job.id,
        delay: options.delayMs ?? 0,
        attempts: attemptsMax,
        backoff: { type: 'exponential', delay: backoffMs },
        // Nothing is kept of a job that has ended, so that its id can be used again.
        removeOnComplete: true,
        removeOnFail: true,
      },
    )
  }

  async process(handler: (job: Job) => Promise<void>): Promise<void> {
    if (this.#closed) throw new QueueClosedError()
    if (this.#worker !== undefined) throw new QueueBusyError()
    const { name, concurrency, lockMs = LOCK_MS } = this.#options
    const processor: Processor = async (job) => {
      try {
        await handler(fromBull(job))
      } catch (error) {
        throw asError(error)
      }
    }
    const settings = {
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: STALLS_MAX,
    }
    const worker = this.#backend.worker(name, processor, settings)
    this.#worker = worker
    worker.on('error', (error) => this.#report(error))
    worker.on('failed', (job, error) => this.#failed(job, error))
    await worker.waitUntilReady()
  }

  async size(): Promise<number> {
    const counts = await this.#producer.getJobCounts(...COUNTED)
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#worker?.close()
    await this.#producer.close()
    await this.#backend.close()
  }

  #failed(job: BullJob | undefined, error: Error): void {
    if (job === undefined) return
    const { id } = fromBull(job)
    const failures = job.attemptsMade
    this.#log.debug('job failed', { id, failures, error: error.message })
    // `finishedOn` is set when BullMQ will not try again.
    if (failures < this.#options.attemptsMax && job.finishedOn === undefined) return
    this.#log.warn('job dropped', { id, failures, error: error.message })
    this.#options.onDropped?.(fromBull(job), error)
  }

  #report(error: Error): void {
    if (!this.#closed) this.#log.warn('queue backend error', { error: error.message })
  }
}

function fromBull(job: BullJob): Job {
  return { id: (job.id ?? '').slice(ID_PREFIX.length), name: job.name, payload: job.data.payload }
}
