/**
 * A prover within this process, for programs that make a proof and end: no second process to start.
 * @module
 */
import { type Proof, type ProofJob, type ProofOptions, type Prover, ProverError } from '../../ports/prover.ts'
import type { Engine, EngineName } from './engine.ts'
import { KeyCache } from './key-cache.ts'
import { openEngine } from './open-engine.ts'

export interface InProcessOptions {
  readonly engine: EngineName
  readonly threads: number
  readonly keyBytesMax: number
}

export class InProcessProver implements Prover {
  readonly #opened: Promise<{ readonly engine: Engine<unknown>; readonly keys: KeyCache<unknown> }>
  /** One proof at a time. */
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor({ engine, threads, keyBytesMax }: InProcessOptions) {
    this.#opened = openEngine(engine, threads).then((opened) => ({
      engine: opened,
      keys: new KeyCache(opened, keyBytesMax),
    }))
  }

  prove(job: ProofJob, options: ProofOptions = {}): Promise<Proof> {
    const proof = this.#last.then(() => this.#prove(job, options))
    this.#last = proof.catch(() => {})
    return proof
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
    await (await this.#opened).engine.close()
  }

  async #prove(
    { provingKey, witness }: ProofJob,
    { signal = new AbortController().signal, onProgress = () => {} }: ProofOptions,
  ): Promise<Proof> {
    if (this.#isClosed) throw new ProverError('closed', 'this prover was closed')
    const { engine, keys } = await this.#opened
    const refuseCancelled = () => {
      if (signal.aborted)
        throw new ProverError('cancelled', 'whoever asked gave up', { cause: signal.reason })
    }
    refuseCancelled()
    if (typeof witness === 'function') onProgress('witness')
    const values = typeof witness === 'function' ? await witness() : witness
    const key = await keys.get(provingKey.hash, () => {
      onProgress('key')
      return provingKey.read()
    })
    refuseCancelled()
    const proof = await engine.prove(key, values, { signal, onPhase: onProgress })
    onProgress('done')
    return proof
  }
}
