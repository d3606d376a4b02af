/**
 * Memories that guests of one thread are lent, one after another. An engine takes longer to make a memory and to give it
 * back than many a guest runs; to clear one of a usual size takes a few microseconds.
 * @module
 */

import { PAGE_BYTES } from '../../core/wasm/limits.ts'
import type { MemoryPages } from '../../core/wasm/meter.ts'

/** A larger one is made anew: the engine clears only the pages that a guest touches. */
const BYTES_KEPT_MAX = 2 * 1024 * 1024

export class LentMemories {
  #kept: { readonly memory: WebAssembly.Memory; readonly pages: MemoryPages } | undefined

  /** A memory of zeros. */
  take(pages: MemoryPages): WebAssembly.Memory {
    const kept = this.#kept
    this.#kept = undefined
    if (kept?.pages.initial === pages.initial && kept.pages.maximum === pages.maximum) return kept.memory
    return new WebAssembly.Memory(pages)
  }

  /** Clears a memory nobody uses any longer, for the next. One that was grown stays large, and is left to the engine. */
  giveBack(memory: WebAssembly.Memory, pages: MemoryPages): void {
    const bytes = pages.initial * PAGE_BYTES
    if (memory.buffer.byteLength !== bytes || bytes > BYTES_KEPT_MAX) return
    new Uint8Array(memory.buffer).fill(0)
    this.#kept = { memory, pages }
  }
}
