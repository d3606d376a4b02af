/**
 * Compiled modules of the executor, by what they were compiled from and for.
 * @module
 */
import { createHash } from 'node:crypto'
import { meterModule } from '../../core/wasm/meter.ts'
import { type PrepareOptions, prepareModule } from '../../core/wasm/prepare.ts'
import { ModuleRejectedError } from '../../core/wasm/reject.ts'
import { UNMETERED } from '../../ports/sandbox.ts'
import type { Hash } from '../../protocol/types.ts'

export type Compiled =
  | { readonly type: 'compiled'; readonly module: WebAssembly.Module }
  /** Outside the profile: a result, the same everywhere. */
  | { readonly type: 'rejected'; readonly detail: string }
  | { readonly type: 'mismatch' }

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

  /** The compiled module; `load` is asked for its bytes unless they are known or on their way. */
  async get(hash: Hash, options: CompileOptions, load: () => Promise<Uint8Array>): Promise<Compiled> {
    const key = JSON.stringify([hash, options.runtime, options.entry, options.memoryBytesMax])
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.compiled
    }
    const entry: Entry = {
      compiled: this.#compile(hash, options, load, (bytes) => (entry.bytes = bytes)),
      bytes: 0,
    }
    this.#entries.set(key, entry)
    try {
      const compiled = await entry.compiled
      if (compiled.type === 'mismatch') this.#entries.delete(key)
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
    onSize: (bytes: number) => void,
  ): Promise<Compiled> {
    const bytes = await load()
    if (`0x${createHash('sha256').update(bytes).digest('hex')}` !== hash) return { type: 'mismatch' }
    try {
      const module = await WebAssembly.compile(Uint8Array.from(await prepared(bytes, options)))
      onSize(bytes.length)
      return { type: 'compiled', module }
    } catch (error) {
      if (error instanceof ModuleRejectedError || error instanceof WebAssembly.CompileError) {
        return { type: 'rejected', detail: error.message.slice(0, 300) }
      }
      throw error
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

/** The bytes to compile. What is metered must be valid before anything is added to it. */
async function prepared(bytes: Uint8Array, options: CompileOptions): Promise<Uint8Array> {
  if (options.runtime === UNMETERED) return prepareModule(bytes, options)
  const metered = meterModule(bytes, options)
  await WebAssembly.compile(Uint8Array.from(bytes))
  return metered
}
