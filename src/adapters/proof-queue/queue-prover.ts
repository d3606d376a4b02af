/**
 * The node's side: a `Prover` whose proofs are made by whichever prover on the same Redis takes the job first.
 *
 * One loop a proof, every `beatMs`: it renews the sign that the proof is wanted, brings again what is gone (a Redis that was
 * started anew without its data, a key that made room for newer ones), and looks at the job. So nothing that was lost on the
 * way is waited for, and a Redis that is away is waited for `AWAY_MS_MAX`.
 *
 * What comes back is held to its shape here, and whether the proof holds is its caller's to check, as of every prover.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Queue as BullQueue } from 'bullmq'
import type { Redis } from 'ioredis'
import { sha256Hex } from '../../crypto/hash.ts'
import type { Log } from '../../ports/log.ts'
import {
  type Proof,
  type ProofJob,
  type ProofOptions,
  type ProofPhase,
  type Prover,
  ProverError,
  type ProvingKey,
} from '../../ports/prover.ts'
import { PROVING_KEY_BYTES_MAX } from '../../protocol/limits.ts'
import { connect } from './connection.ts'
import {
  decodeFailureText,
  decodeOutcome,
  decodePhases,
  JOBS_WAITING_MAX,
  type ProofOutcome,
  type ProofTask,
  QUEUE_NAME,
  WITNESS_BYTES_MAX,
} from './messages.ts'
import { type Kind, Shelf, sha256 } from './shelf.ts'
import { Wanted } from './wanted.ts'

export interface QueueProverOptions {
  readonly redisUrl: string
  /** Who asks, the same after a restart: it then finds the jobs it left. Nobody else's are taken for its own. */
  readonly asker: string
  readonly log: Log
  readonly name?: string
  readonly beatMs?: number
  readonly awayMsMax?: number
}

/** Beside the seconds of a proof it is nothing, and a hundred waiting proofs make 400 looks a second of it. */
const BEAT_MS = 250
/** Redis may be restarted meanwhile. */
const AWAY_MS_MAX = 60_000
/** Asked for and not made yet. Each holds its witness. */
const WAITING_MAX = 64
/** Times that one proof's job, key or witness is brought: more often, and something eats it. */
const BROUGHT_MAX = 5
const ATTEMPTS_MAX = 3
const BACKOFF_MS = 500
/** Outcomes nobody came for. */
const KEPT = { age: 600, count: 1_000 }

interface Asked {
  readonly id: string
  readonly task: ProofTask
  readonly witness: Uint8Array
  readonly provingKey: ProvingKey
  readonly onProgress: (phase: ProofPhase) => void
  /** Its asker gave up, or this prover was closed. */
  readonly over: AbortSignal
  readonly brought: Record<Kind | 'job', number>
}

/** As much of BullMQ's job as is looked at. Whoever may write to Redis wrote it. */
interface BullJob {
  readonly progress: unknown
  readonly finishedOn?: unknown
  readonly failedReason?: unknown
  readonly returnvalue?: unknown
}

interface Found {
  readonly outcome: ProofOutcome | undefined
  readonly phases: readonly ProofPhase[]
}

export async function openQueueProver(options: QueueProverOptions): Promise<QueueProver> {
  const redis = await connect(options.redisUrl)
  const { Queue } = await import('bullmq')
  const queue = new Queue(options.name ?? QUEUE_NAME, { connection: redis })
  queue.on('error', () => {})
  return new QueueProver(redis, queue, options)
}

export class QueueProver implements Prover {
  readonly #redis: Redis
  readonly #queue: BullQueue
  readonly #options: QueueProverOptions
  readonly #shelf: Shelf
  readonly #wanted: Wanted
  /** By job, until nothing of it is left to be done. */
  readonly #asked = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()

  constructor(redis: Redis, queue: BullQueue, options: QueueProverOptions) {
    this.#redis = redis
    this.#queue = queue
    this.#options = options
    const { name = QUEUE_NAME } = options
    this.#shelf = new Shelf(redis, name)
    this.#wanted = new Wanted(redis, name)
  }

  async prove(job: ProofJob, options: ProofOptions = {}): Promise<Proof> {
    const { signal, onProgress = () => {} } = options
    this.#refuseOver(signal)
    if (this.#asked.size >= WAITING_MAX)
      throw new ProverError('overloaded', `${WAITING_MAX} proofs wait already`, { fix: 'start more provers' })
    const { witness: given, provingKey } = job
    if (typeof given === 'function') onProgress('witness')
    const witness = typeof given === 'function' ? await given() : given
    if (witness.length === 0) throw new ProverError('witness-length', 'the witness has no values')
    if (witness.length > WITNESS_BYTES_MAX)
      throw new ProverError(
        'out-of-memory',
        `the witness has ${witness.length} bytes, of ${WITNESS_BYTES_MAX} that go over a queue`,
        { fix: 'prove it on this machine' },
      )
    const task: ProofTask = { version: 1, keyHash: provingKey.hash, witnessHash: await sha256(witness) }
    this.#refuseOver(signal)
    const asked: Asked = {
      id: this.#idOf(task),
      task,
      witness,
      provingKey,
      onProgress,
      over: AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]),
      brought: { key: 0, witness: 0, job: 0 },
    }
    const making = this.#proofOf(asked)
    const end = making.then(
      () => this.#tidy(asked),
      () => this.#tidy(asked),
    )
    this.#asked.set(
      asked.id,
      // What cannot be tidied up has an end of its own.
      end.catch(() => {}).finally(() => this.#asked.delete(asked.id)),
    )
    try {
      const proof = await Promise.race([making, aborted(asked.over)])
      onProgress('done')
      return proof
    } catch (error) {
      this.#refuseOver(signal)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#asked.values())
    await this.#queue.close().catch(() => {})
    this.#redis.disconnect()
  }

  #refuseOver(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted) throw new ProverError('closed', 'this prover was closed')
    if (signal?.aborted === true)
      throw new ProverError('cancelled', 'whoever asked gave up', { cause: signal.reason })
  }

  /** The same for the same proof, and another for one that is asked for twice at a time: its randomness is its own. */
  #idOf({ keyHash, witnessHash }: ProofTask): string {
    const text = new TextEncoder().encode(`${this.#options.asker} ${keyHash} ${witnessHash}`)
    const id = `proof-${sha256Hex(text).slice(2)}`
    for (let i = 0; ; i++) {
      const numbered = i === 0 ? id : `${id}-${i}`
      if (!this.#asked.has(numbered)) return numbered
    }
  }

  async #proofOf(asked: Asked): Promise<Proof> {
    const { beatMs = BEAT_MS, awayMsMax = AWAY_MS_MAX, log } = this.#options
    let told = 0
    let awayFromMs: number | undefined
    while (!asked.over.aborted) {
      try {
        const found = await this.#beat(asked)
        awayFromMs = undefined
        if (found === undefined && told > 0) {
          told = 0
          asked.onProgress('retry')
        }
        const { phases = [], outcome } = found ?? {}
        for (const phase of phases.slice(told)) asked.onProgress(phase)
        told = Math.max(told, phases.length)
        if (outcome?.type === 'proved') return outcome.proof
        if (outcome?.type === 'failed' && outcome.reason !== 'cancelled')
          throw new ProverError(outcome.reason, outcome.detail)
        // Not by us: the sign that we ask was gone while Redis was away.
        if (outcome !== undefined) await this.#queue.remove(asked.id)
      } catch (error) {
        if (error instanceof NotReadError) throw error.cause
        if (error instanceof ProverError) throw error
        const nowMs = Date.now()
        if (awayFromMs === undefined)
          log.warn('the provers’ Redis does not answer', { reason: String(error) })
        awayFromMs ??= nowMs
        if (nowMs - awayFromMs > awayMsMax)
          throw new ProverError('unreachable', `no answer for ${awayMsMax} ms: ${error}`, {
            fix: 'check that the Redis of the provers runs',
          })
      }
      await delay(beatMs, undefined, { signal: asked.over }).catch(() => {})
    }
    throw new ProverError('cancelled', 'whoever asked gave up')
  }

  /** Undefined when the job had to be brought. */
  async #beat(asked: Asked): Promise<Found | undefined> {
    const { id, task, provingKey, witness } = asked
    await this.#wanted.renew(id)
    if (!(await this.#shelf.renew('witness', task.witnessHash))) {
      this.#bring(asked, 'witness')
      await this.#shelf.put('witness', task.witnessHash, witness)
    }
    if (!(await this.#shelf.renew('key', task.keyHash))) {
      this.#bring(asked, 'key')
      await this.#shelf.put('key', task.keyHash, await readKey(provingKey))
    }
    const job = (await this.#queue.getJob(id)) as BullJob | undefined
    if (job !== undefined) return foundOf(job)
    const waiting = await this.#queue.getWaitingCount()
    if (waiting >= JOBS_WAITING_MAX)
      throw new ProverError('overloaded', `${waiting} proofs wait for these provers`, {
        fix: 'start more provers',
      })
    if (asked.over.aborted) return undefined
    this.#bring(asked, 'job')
    await this.#queue.add('prove', task, {
      jobId: id,
      attempts: ATTEMPTS_MAX,
      backoff: { type: 'fixed', delay: BACKOFF_MS },
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
    })
    return undefined
  }

  #bring({ brought }: Asked, what: Kind | 'job'): void {
    if (++brought[what] > BROUGHT_MAX)
      throw new ProverError('unreachable', `the provers’ Redis lost a ${what} ${BROUGHT_MAX} times`, {
        fix: 'give it more memory, with maxmemory-policy noeviction',
      })
  }

  /** Leaves nothing of the proof: one that runs is stopped by the sign, and its job goes with time. */
  async #tidy({ id, task, over }: Asked): Promise<void> {
    if (over.aborted) await this.#wanted.takeBack(id)
    else await this.#wanted.remove(id)
    await this.#shelf.remove('witness', task.witnessHash)
    await this.#queue.remove(id)
  }
}

/** Throws what `read` throws as a `NotReadError`, so that it is not taken for Redis's. */
async function readKey(key: ProvingKey): Promise<Uint8Array> {
  let file: Uint8Array
  try {
    file = await key.read()
  } catch (error) {
    throw new NotReadError(error)
  }
  if (file.length === 0) throw new ProverError('malformed-key', 'is empty')
  const found = await sha256(file)
  if (found !== key.hash) throw new ProverError('malformed-key', `has the SHA-256 ${found}, not ${key.hash}`)
  if (file.length > PROVING_KEY_BYTES_MAX)
    throw new ProverError('out-of-memory', `the key has ${file.length} bytes, of ${PROVING_KEY_BYTES_MAX}`)
  return file
}

class NotReadError extends Error {
  constructor(cause: unknown) {
    super('the key was not read', { cause })
  }
}

function foundOf({ progress, finishedOn, failedReason, returnvalue }: BullJob): Found {
  const phases = decodePhases(progress)
  if (finishedOn === undefined) return { phases, outcome: undefined }
  // The reason of an earlier failure stays where a later try succeeded.
  if (failedReason !== undefined && (returnvalue === undefined || returnvalue === null))
    return { phases, outcome: decodeFailureText(failedReason) }
  try {
    return { phases, outcome: decodeOutcome(returnvalue) }
  } catch (error) {
    return {
      phases,
      outcome: { type: 'failed', reason: 'died', detail: `a prover answered what is none: ${error}` },
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new ProverError('cancelled', 'whoever asked gave up'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
}
