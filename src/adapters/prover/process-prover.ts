/**
 * A prover in a process of its own, started by the first job and kept: curve, threads and keys stay warm. What takes it down,
 * memory the machine does not have or a native crash, takes down nothing else.
 *
 * Jobs run one after another: each has all threads. The one that was running when the process died is tried once more, as a proof
 * leaves nothing behind; a second time it fails. The process ends with this one: its channel closes, whatever becomes of us.
 *
 * Memory: loaded keys up to `keyBytesMax`, while one more is loaded its file and its own bytes on top, a witness, and some
 * 150 MB of engine and code; snarkjs takes several times a key on top while it proves.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import type { Log } from '../../ports/log.ts'
import { type Proof, type ProofJob, type ProofOptions, type Prover, ProverError } from '../../ports/prover.ts'
import type { EngineName } from './engine.ts'
import type { FromProcess, ProcessOptions, ToProcess } from './messages.ts'

export interface ProcessProverOptions {
  readonly engine: EngineName
  readonly log: Log
  /** The kernel's; as many as the machine runs side by side unless told otherwise. snarkjs decides for itself. */
  readonly threads?: number
  readonly keyBytesMax?: number
  readonly waitingMax?: number
  /** A proof that takes longer is taken for one that never ends. */
  readonly proofMsMax?: number
  /** How long the process may take to let go of a proof that was given up. */
  readonly cancelMsMax?: number
}

/** Keys of some 200,000 constraints together, or one of half a million. */
export const KEY_BYTES_MAX = 1024 * 1024 * 1024
/** Each holds a witness: 2 MB for 65,000 constraints. */
export const WAITING_MAX = 64
/** Some two million constraints on one core. */
const PROOF_MS_MAX = 600_000
/** A step of the kernel takes a fraction of it. Others wait for theirs meanwhile. */
const CANCEL_MS_MAX = 5_000
const THREADS_MAX = 16
const TRIES_MAX = 2
/** What a dying process last wrote, for the error. */
const LAST_WORDS_CHARACTERS_MAX = 1_000
const FILE = new URL(
  import.meta.url.endsWith('.ts') ? './process.ts' : './prover-process.js',
  import.meta.url,
)

interface Pending {
  readonly id: number
  readonly job: ProofJob
  readonly options: ProofOptions
  readonly settle: (proof: Proof | Error) => void
  tries: number
  isOver: boolean
}

interface Running {
  readonly child: ChildProcess
  lastWords: string
}

export class ProcessProver implements Prover {
  readonly #options: ProcessProverOptions
  readonly #waiting: Pending[] = []
  #current: Pending | undefined
  #deadline: NodeJS.Timeout | undefined
  #running: Running | undefined
  #lastId = 0
  #isClosed = false

  constructor(options: ProcessProverOptions) {
    this.#options = options
  }

  /** Of the process, while there is one. */
  get pid(): number | undefined {
    return this.#running?.child.pid
  }

  async prove(job: ProofJob, options: ProofOptions = {}): Promise<Proof> {
    if (this.#isClosed) throw closed()
    if (options.signal?.aborted === true) throw cancelled(options.signal)
    const waitingMax = this.#options.waitingMax ?? WAITING_MAX
    if (this.#waiting.length >= waitingMax)
      throw new ProverError('overloaded', `${waitingMax} proofs wait already`, { fix: 'start more provers' })
    const proof = await new Promise<Proof>((resolve, reject) => {
      const pending: Pending = {
        id: ++this.#lastId,
        job,
        options,
        tries: 0,
        isOver: false,
        settle: (outcome) => {
          if (pending.isOver) return
          pending.isOver = true
          options.signal?.removeEventListener('abort', onAbort)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      const onAbort = () => this.#cancel(pending)
      options.signal?.addEventListener('abort', onAbort)
      this.#waiting.push(pending)
      this.#next()
    })
    options.onProgress?.('done')
    return proof
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const pending = [...this.#waiting.splice(0), ...(this.#current === undefined ? [] : [this.#current])]
    this.#done()
    for (const each of pending) each.settle(closed())
    await this.#kill()
  }

  #next(): void {
    if (this.#current !== undefined) return
    const next = this.#waiting.shift()
    if (next === undefined) return
    // Its own listener may come to hear of it after another's.
    if (next.options.signal?.aborted === true) {
      next.settle(cancelled(next.options.signal))
      this.#next()
      return
    }
    this.#current = next
    this.#start(next).catch((error: unknown) => {
      if (this.#current === next) this.#done()
      next.settle(error instanceof Error ? error : new Error(String(error)))
      this.#next()
    })
  }

  async #start(pending: Pending): Promise<void> {
    const { witness: given, provingKey } = pending.job
    pending.tries++
    if (typeof given === 'function') pending.options.onProgress?.('witness')
    const witness = typeof given === 'function' ? await given() : given
    if (pending.isOver) throw new ProverError('cancelled', 'whoever asked gave up')
    this.#running ??= this.#spawn()
    keepAlive(this.#running, true)
    const msMax = this.#options.proofMsMax ?? PROOF_MS_MAX
    this.#deadline = setTimeout(() => {
      pending.settle(new ProverError('died', `was killed: no proof after ${msMax} ms`))
      void this.#kill()
    }, msMax)
    this.#send({ type: 'prove', id: pending.id, keyHash: provingKey.hash, witness })
  }

  #spawn(): Running {
    const { engine, threads = Math.min(availableParallelism(), THREADS_MAX) } = this.#options
    const options: ProcessOptions = {
      engine,
      threads,
      keyBytesMax: this.#options.keyBytesMax ?? KEY_BYTES_MAX,
    }
    const child = fork(FILE, [JSON.stringify(options)], {
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const running: Running = { child, lastWords: '' }
    child.stderr?.on('data', (chunk: Buffer) => {
      running.lastWords = (running.lastWords + chunk.toString()).slice(-LAST_WORDS_CHARACTERS_MAX)
    })
    child.on('message', (message: FromProcess) => this.#hear(message))
    child.on('error', (error) => this.#died(running, String(error)))
    // After what it wrote has come through.
    child.on('close', (code, signal) => this.#died(running, `ended with ${signal ?? code}`))
    return running
  }

  #hear(message: FromProcess): void {
    const pending = this.#current
    if (pending?.id !== message.id) return
    switch (message.type) {
      case 'phase':
        if (!pending.isOver) pending.options.onProgress?.(message.phase)
        return
      case 'needKey':
        this.#giveKey(pending)
        return
      case 'proved':
      case 'failed': {
        this.#done()
        pending.settle(message.type === 'proved' ? proofOf(message) : failureOf(message))
        this.#next()
      }
    }
  }

  #giveKey(pending: Pending): void {
    pending.job.provingKey.read().then(
      (file) => this.#send({ type: 'key', id: pending.id, file }),
      (error: unknown) => {
        pending.settle(error instanceof Error ? error : new Error(String(error)))
        this.#stop(pending)
      },
    )
  }

  #cancel(pending: Pending): void {
    pending.settle(cancelled(pending.options.signal))
    const place = this.#waiting.indexOf(pending)
    if (place >= 0) this.#waiting.splice(place, 1)
    else if (this.#current === pending) {
      if (this.#deadline !== undefined) {
        // snarkjs does not stop for being told to.
        if (this.#options.engine === 'snarkjs') void this.#kill()
        else this.#stop(pending)
        return
      }
      // Its witness is still being made: nobody else has to wait for that.
      this.#done()
      this.#next()
    }
  }

  /** The process answers, and only then takes the next; or it is killed, and another takes it. */
  #stop(pending: Pending): void {
    if (this.#current !== pending) return
    this.#send({ type: 'cancel', id: pending.id })
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => void this.#kill(), this.#options.cancelMsMax ?? CANCEL_MS_MAX)
  }

  #send(message: ToProcess): void {
    // One that died meanwhile is seen to by `#died`.
    if (this.#running?.child.connected === true) this.#running.child.send(message, () => {})
  }

  /** Lets go of the current job; the process may rest. */
  #done(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    this.#current = undefined
    if (this.#running !== undefined) keepAlive(this.#running, false)
  }

  #died(running: Running, how: string): void {
    if (this.#running !== running) return
    this.#running = undefined
    const pending = this.#current
    this.#done()
    if (this.#isClosed) return
    const lastWords = running.lastWords.trim()
    if (pending !== undefined && !pending.isOver) {
      this.#options.log.warn('the prover died', { how, lastWords, tries: pending.tries })
      if (pending.tries < TRIES_MAX) {
        pending.options.onProgress?.('retry')
        this.#waiting.unshift(pending)
      } else if (/out of memory|allocation failed/i.test(lastWords))
        pending.settle(
          new ProverError('out-of-memory', lastWords, { fix: 'prove on a machine with more memory' }),
        )
      else pending.settle(new ProverError('died', `${how}. ${lastWords}`))
    }
    this.#next()
  }

  async #kill(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    const { child } = running
    // Also of one that has ended already: what it wrote is still to come.
    keepAlive(running, true)
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.kill('SIGKILL')
    await ended
  }
}

/** Whether this process waits for that one: for its end, its messages and what it writes. */
function keepAlive({ child }: Running, isWanted: boolean): void {
  const handles = [child, child.channel, child.stderr instanceof Socket ? child.stderr : undefined]
  for (const handle of handles) {
    if (isWanted) handle?.ref()
    else handle?.unref()
  }
}

function proofOf({ proof, publicSignals }: Extract<FromProcess, { type: 'proved' }>): Proof {
  return { proof, publicSignals }
}

function failureOf({ reason, detail, fix }: Extract<FromProcess, { type: 'failed' }>): ProverError {
  return new ProverError(reason, detail, fix === undefined ? {} : { fix })
}

function cancelled(signal: AbortSignal | undefined): ProverError {
  return new ProverError('cancelled', 'whoever asked gave up', { cause: signal?.reason })
}

function closed(): ProverError {
  return new ProverError('closed', 'this prover was closed')
}
