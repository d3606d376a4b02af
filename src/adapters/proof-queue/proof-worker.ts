/**
 * The prover's side: takes jobs one after another, fetches what they name, proves with any `Prover`, and gives the outcome
 * back.
 *
 * At least once: a prover that died holds its job until the lock runs out, and another begins it anew; a proof leaves nothing
 * behind, so two may even make it at a time. A job is begun `STARTS_MAX` times at most, however it ended.
 *
 * Nobody proves for nobody: whoever asks renews a sign that it still does. Where the sign says otherwise, or was missing for
 * `MISSED_MAX` looks, the proof is stopped.
 *
 * Memory: the prover's own bound, and one key (64 MiB) and one witness (8 MiB) on the way to it.
 * @module
 */
import type { Job as BullJob, Worker as BullWorker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Log } from '../../ports/log.ts'
import { type Prover, ProverError } from '../../ports/prover.ts'
import { connect } from './connection.ts'
import {
  decodePhases,
  decodeTask,
  encodeOutcome,
  failureText,
  type ProofTask,
  QUEUE_NAME,
  RETRIED,
  STARTS_MAX,
} from './messages.ts'
import { Shelf } from './shelf.ts'
import { Wanted } from './wanted.ts'

export interface ProofWorkerOptions {
  readonly redisUrl: string
  /** Closed by whoever made it. */
  readonly prover: Prover
  readonly log: Log
  readonly name?: string
  /** How long this process may be silent before its job is another's. It must not block its event loop for as long. */
  readonly lockMs?: number
  readonly lookMs?: number
}

const LOCK_MS = 10_000
/** How often is looked whether somebody still wants the proof. */
const LOOK_MS = 500
/** The sign was seen missing so often: its asker is gone, and Redis was not just away. */
const MISSED_MAX = 20
/** How soon a worker goes on after its Redis answered nothing. */
const RETRY_MS = 1_000

/** What was named is not there, or not any more: its asker brings it again. */
class NotThereError extends Error {}
/** Whoever asked gave up, or is gone. */
class NotWantedError extends Error {}

export async function startProofWorker(options: ProofWorkerOptions): Promise<ProofWorker> {
  const redis = await connect(options.redisUrl)
  const bull = await import('bullmq')
  const worker = new ProofWorker(redis, bull, options)
  await worker.ready()
  return worker
}

export class ProofWorker {
  readonly #redis: Redis
  readonly #bull: typeof import('bullmq')
  readonly #options: ProofWorkerOptions
  readonly #shelf: Shelf
  readonly #wanted: Wanted
  readonly #worker: BullWorker
  readonly #stopping = new AbortController()

  constructor(redis: Redis, bull: typeof import('bullmq'), options: ProofWorkerOptions) {
    const { redisUrl, name = QUEUE_NAME, lockMs = LOCK_MS } = options
    this.#redis = redis
    this.#bull = bull
    this.#options = options
    this.#shelf = new Shelf(redis, name)
    this.#wanted = new Wanted(redis, name)
    this.#worker = new bull.Worker(name, (job, token) => this.#perform(job, token), {
      connection: { url: redisUrl, maxRetriesPerRequest: null },
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: STARTS_MAX,
      maxStartedAttempts: STARTS_MAX,
      runRetryDelay: RETRY_MS,
    })
    this.#worker.on('error', (error) => {
      if (!this.#stopping.signal.aborted) options.log.warn('proof queue error', { error: error.message })
    })
    this.#worker.on('failed', (job, error) =>
      options.log.warn('proof not made here', { id: job?.id, reason: error.message }),
    )
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady()
  }

  /** Gives the job at hand back to the others. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#worker.close()
    this.#redis.disconnect()
  }

  async #perform(job: BullJob, token: string | undefined): Promise<unknown> {
    const { log } = this.#options
    let task: ProofTask
    try {
      task = decodeTask(job.data)
    } catch (error) {
      throw new this.#bull.UnrecoverableError(failureText('died', String(error)))
    }
    const asking = new AbortController()
    const watching = this.#watch(job.id ?? '', asking)
    try {
      const outcome = encodeOutcome({ type: 'proved', proof: await this.#prove(job, task, asking.signal) })
      log.info('proof made', { id: job.id, keyHash: task.keyHash })
      return outcome
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        await job.moveToWait(token)
        throw new this.#bull.WaitingError()
      }
      if (asking.signal.aborted || error instanceof NotWantedError)
        return encodeOutcome({ type: 'failed', reason: 'cancelled', detail: 'nobody asks for it' })
      if (error instanceof ProverError && !RETRIED.includes(error.reason))
        return encodeOutcome({ type: 'failed', reason: error.reason, detail: error.message })
      throw new Error(failureText(error instanceof ProverError ? error.reason : 'died', String(error)))
    } finally {
      clearInterval(watching)
    }
  }

  async #prove(job: BullJob, { keyHash, witnessHash }: ProofTask, asking: AbortSignal) {
    const signal = AbortSignal.any([asking, this.#stopping.signal])
    const phases = [...decodePhases(job.progress), ...(job.attemptsStarted > 1 ? (['retry'] as const) : [])]
    let told: Promise<unknown> = Promise.resolve()
    const tell = () => {
      const progress = [...phases]
      told = told.then(() => job.updateProgress(progress)).catch(() => {})
    }
    if ((await this.#wanted.look(job.id ?? '')) !== 'yes') throw new NotWantedError()
    this.#options.log.info('proof begun', { id: job.id, keyHash, start: job.attemptsStarted })
    const witness = await this.#fetch('witness', witnessHash)
    if (phases.length > 0) tell()
    const proof = await this.#options.prover.prove(
      { provingKey: { hash: keyHash, read: () => this.#fetch('key', keyHash) }, witness },
      {
        signal,
        onProgress: (phase) => {
          if (phase === 'witness' || phase === 'done') return
          phases.push(phase)
          tell()
        },
      },
    )
    await told
    return proof
  }

  /** Aborts when nobody asks any more. Where Redis does not answer, somebody may. */
  #watch(jobId: string, asking: AbortController): NodeJS.Timeout {
    let missed = 0
    let isLooking = false
    const look = async (): Promise<void> => {
      const found = await this.#wanted.look(jobId).catch(() => 'yes')
      missed = found === 'missing' ? missed + 1 : 0
      if (found === 'no' || missed >= MISSED_MAX) asking.abort(new NotWantedError())
    }
    return setInterval(() => {
      if (isLooking) return
      isLooking = true
      void look().finally(() => {
        isLooking = false
      })
    }, this.#options.lookMs ?? LOOK_MS)
  }

  async #fetch(kind: 'witness' | 'key', hash: ProofTask['keyHash']): Promise<Uint8Array> {
    const bytes = await this.#shelf.get(kind, hash)
    if (bytes === undefined) throw new NotThereError(`the ${kind} ${hash} is not there`)
    return bytes
  }
}
