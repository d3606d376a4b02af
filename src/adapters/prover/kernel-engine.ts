/**
 * Our own prover: sums of multiples by buckets and batches of affine additions, transforms, and the quotient, in C for
 * WebAssembly on threads that share a key's memory (docs/adr/0021).
 * @module
 */
import type { Proof } from '../../ports/prover.ts'
import { assemble } from './assemble.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { compileKernel } from './kernel.ts'
import { type LoadedKey, loadKey, loadWitness, wipe } from './loaded-key.ts'
import { Threads } from './threads.ts'

export class KernelEngine implements Engine<LoadedKey> {
  readonly #module = compileKernel()
  readonly #threads: Threads

  constructor(threads: number) {
    this.#threads = new Threads(this.#module, threads)
  }

  load(file: Uint8Array, bytesMax: number): LoadedKey {
    return loadKey(file, { module: this.#module, workers: this.#threads.count, bytesMax })
  }

  bytesOf({ layout }: LoadedKey): number {
    return layout.bytes
  }

  async prove(key: LoadedKey, witness: Uint8Array, options: EngineOptions): Promise<Proof> {
    try {
      loadWitness(key, witness)
      const { results } = await this.#threads.run(key, options)
      return assemble(key, results)
    } finally {
      wipe(key)
    }
  }

  forget(key: LoadedKey): void {
    this.#threads.forget(key)
  }

  close(): Promise<void> {
    return this.#threads.close()
  }
}
