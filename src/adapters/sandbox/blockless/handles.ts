import { ProblemError, problem } from './problems.ts'

/** Open handles of one run, of all namespaces together. */
export const HANDLES_MAX = 64
/** Bytes of answers held for a guest, of all handles together. */
export const HELD_BYTES_MAX = 32 * 1024 * 1024

interface Entry {
  readonly kind: string
  readonly item: unknown
  bytes: number
}

/** Numbers for what a guest has open. From 1 on, since 0 is "none" to guests, and never given twice in a run. */
export class Handles {
  readonly #open = new Map<number, Entry>()
  #last = 0
  #bytes = 0

  /** Throws when a handle more would be too many. To be asked before the host does anything for it. */
  checkRoom(): void {
    if (this.#open.size >= HANDLES_MAX) problem('too-many')
  }

  open<T>(kind: string, item: T, bytes = 0): number {
    this.checkRoom()
    const handle = ++this.#last
    this.#open.set(handle, { kind, item, bytes: 0 })
    this.hold(handle, bytes)
    return handle
  }

  /** Counts bytes kept for a handle; closes it and throws when they are too many. */
  hold(handle: number, bytes: number): void {
    const entry = this.#open.get(handle)
    if (entry === undefined) return
    entry.bytes += bytes
    this.#bytes += bytes
    if (this.#bytes <= HELD_BYTES_MAX) return
    this.close(handle, entry.kind)
    problem('too-many')
  }

  /** The kind says what the item is: whoever opened it under that kind put it there. */
  get<T>(handle: number, kind: string): T {
    const entry = this.#open.get(handle)
    return entry?.kind === kind ? (entry.item as T) : problem('handle')
  }

  has(handle: number, kind: string): boolean {
    return this.#open.get(handle)?.kind === kind
  }

  close(handle: number, kind: string): void {
    const entry = this.#open.get(handle)
    if (entry?.kind !== kind) throw new ProblemError('handle')
    this.#bytes -= entry.bytes
    this.#open.delete(handle)
  }
}
