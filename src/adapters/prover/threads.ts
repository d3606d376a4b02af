/**
 * The kernel's threads: started once, kept for every proof. With one of them a proof's steps run one after another.
 *
 * They share a block of counters: the next step to take, whether the proof was cancelled, and which steps are done.
 * @module
 */
import { Worker } from 'node:worker_threads'
import { ProverError } from '../../ports/prover.ts'
import type { LoadedKey } from './loaded-key.ts'
import { CANCELLED, DONE, type Plan, planOf } from './steps.ts'
import type { FromThread, ToThread } from './thread.ts'

const FILE = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './prover-thread.js', import.meta.url)
export class Threads {
  readonly #workers: readonly Worker[]
  readonly #module: WebAssembly.Module
  readonly #known = new WeakMap<LoadedKey, number>()
  #numbers = 0
  #failed: ((error: Error) => void) | undefined
  #heard: ((message: FromThread) => void) | undefined

  constructor(module: WebAssembly.Module, count: number) {
    this.#module = module
    this.#workers = Array.from({ length: count }, (_, number) => {
      const worker = new Worker(FILE, { env: {}, execArgv: [], workerData: { number } })
      worker.on('message', (message: FromThread) => this.#heard?.(message))
      worker.on('error', (error) => this.#failed?.(error))
      worker.unref()
      return worker
    })
  }

  get count(): number {
    return this.#workers.length
  }

  /** One proof at a time. */
  async run(
    key: LoadedKey,
    options: { readonly signal: AbortSignal; readonly onPhase: (phase: 'quotient' | 'sums') => void },
  ): Promise<Plan> {
    const plan = planOf(key)
    const counters = new Int32Array(new SharedArrayBuffer(4 * (DONE + plan.steps.length)))
    const onAbort = () => Atomics.store(counters, CANCELLED, 1)
    options.signal.addEventListener('abort', onAbort)
    if (options.signal.aborted) onAbort()
    try {
      await new Promise<void>((resolve, reject) => {
        let ended = 0
        let isSumming = false
        options.onPhase('quotient')
        this.#failed = reject
        this.#heard = (message) => {
          if (message.type === 'ended' && ++ended === this.#workers.length) resolve()
          if (message.type === 'failed') reject(new Error(message.detail))
          if (message.type === 'summing' && !isSumming) {
            isSumming = true
            options.onPhase('sums')
          }
        }
        const prove: ToThread = { type: 'prove', key: this.#introduce(key), counters }
        for (const worker of this.#workers) {
          worker.ref()
          worker.postMessage(prove)
        }
      })
    } finally {
      this.#heard = undefined
      this.#failed = undefined
      options.signal.removeEventListener('abort', onAbort)
      for (const worker of this.#workers) worker.unref()
    }
    if (Atomics.load(counters, CANCELLED) === 1) throw new ProverError('cancelled', 'whoever asked gave up')
    return plan
  }

  /** Threads let go of a key's memory. */
  forget(key: LoadedKey): void {
    const number = this.#known.get(key)
    if (number === undefined) return
    this.#known.delete(key)
    const forget: ToThread = { type: 'forget', key: number }
    for (const worker of this.#workers) worker.postMessage(forget)
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #introduce(key: LoadedKey): number {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const number = this.#numbers++
    this.#known.set(key, number)
    const { shape, layout, counts, memory } = key
    const introduce: ToThread = {
      type: 'key',
      key: number,
      memory,
      module: this.#module,
      plan: { shape, layout, counts },
    }
    for (const worker of this.#workers) worker.postMessage(introduce)
    return number
  }
}
