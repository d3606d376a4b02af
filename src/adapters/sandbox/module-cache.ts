/**
 * Compiled modules of the executor, by what they were compiled from and for.
 * @module
 */
import type { PrepareOptions } from '../../core/wasm/prepare.ts'
import type { Hash } from '../../protocol/types.ts'
import type { CompiledModule, PrepareReply, PrepareRequest } from './messages.ts'

export type Compiled =
  | { readonly type: 'compiled'; readonly compiled: CompiledModule }
  /** Outside the profile: a result, the same everywhere. */
  | { readonly type: 'rejected'; readonly detail: string }
  | { readonly type: 'mismatch' }
  /** This machine's trouble: the next job tries again. */
  | {
      readonly type: 'failed'
      readonly reason: 'wall-clock' | 'host-memory' | 'executor-crashed'
      readonly detail: string
    }

/** Turns a module as published into the bytes to compile. */
export type Prepare = (
  request: PrepareRequest,
) => Promise<PrepareReply | Extract<Compiled, { type: 'failed' }>>

export interface CompileOptions extends PrepareOptions {
  /** The runtime profile. */
  readonly runtime: string
}

interface Entry {
  readonly compiled: Promise<Compiled>
  bytes: number
}

/** Rejections take an entry and no bytes. */
const ENTRIES_MAX = 64
const SOURCE_BYTES_MAX = 64 * 1024 * 1024

export class ModuleCache {
  readonly #entries = new Map<string, Entry>()

  /**
   * The compiled module; `load` is asked for its bytes, and `prepare` for what to compile, unless they are known or on their
   * way.
   */
  async get(
    hash: Hash,
    options: CompileOptions,
    load: () => Promise<Uint8Array>,
    prepare: Prepare,
  ): Promise<Compiled> {
    const key = JSON.stringify([hash, options.runtime, options.entry, options.memoryBytesMax])
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      const compiled = await known.compiled
      // Another job's time was up, not this one's: what had little left must not fail those beside it.
      if (compiled.type !== 'failed' || compiled.reason !== 'wall-clock') return compiled
      if (this.#entries.get(key) === known) this.#entries.delete(key)
      return this.get(hash, options, load, prepare)
    }
    const entry: Entry = {
      compiled: this.#compile(hash, options, load, prepare, (bytes) => (entry.bytes = bytes)),
      bytes: 0,
    }
    this.#entries.set(key, entry)
    try {
      const compiled = await entry.compiled
      if (compiled.type === 'mismatch' || compiled.type === 'failed') this.#entries.delete(key)
      return compiled
    } catch (error) {
      this.#entries.delete(key)
      throw error
    } finally {
      this.#evict()
    }
  }

  async #compile(
    hash: Hash,
    options: CompileOptions,
    load: () => Promise<Uint8Array>,
    prepare: Prepare,
    onSize: (bytes: number) => void,
  ): Promise<Compiled> {
    const { runtime, entry, memoryBytesMax } = options
    const bytes = await load()
    const prepared = await prepare({ hash, bytes, runtime, entry, memoryBytesMax })
    if (prepared.type !== 'prepared') return prepared
    try {
      const module = await WebAssembly.compile(prepared.bytes)
      onSize(prepared.bytes.length)
      const { memory } = prepared
      return { type: 'compiled', compiled: memory === undefined ? { module } : { module, memory } }
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError)) throw error
      return { type: 'rejected', detail: error.message.slice(0, 300) }
    }
  }

  /** Forgets the least recently used beyond the bounds, never the newest. */
  #evict(): void {
    let bytes = [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= 1 || (this.#entries.size <= ENTRIES_MAX && bytes <= SOURCE_BYTES_MAX)) return
      this.#entries.delete(key)
      bytes -= entry.bytes
    }
  }
}
