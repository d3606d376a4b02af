/**
 * Work that must be done at least once. Handlers are safe to repeat: every effect is keyed by the job's id.
 * @module
 */
export interface Job {
  /** De-duplicates while the job is waiting or running. Letters, digits, `-` and `_` only. */
  readonly id: string
  readonly name: string
  /** JSON-safe. */
  readonly payload: unknown
}

export interface QueueOptions {
  /** Jobs run side by side. */
  readonly concurrency: number
  /** After this many failures a job is dropped and `onDropped` told. */
  readonly attemptsMax: number
  /** Delay before the first retry; it doubles each time. */
  readonly backoffMs: number
  readonly onDropped?: (job: Job, error: Error) => void
}

export interface Queue {
  /** Resolves when the job is stored. Throws `QueueFullError` at a bounded queue's limit. */
  add(job: Job, options?: { readonly delayMs?: number }): Promise<void>
  /** Starts working; one handler a queue. A handler that throws is retried with back-off. */
  process(handler: (job: Job) => Promise<void>): Promise<void>
  /** Jobs waiting, delayed or running. */
  size(): Promise<number>
  /** Lets running jobs end, then releases everything. */
  close(): Promise<void>
}
