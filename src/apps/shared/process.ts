/**
 * Running until told to stop, and stopping everything in order.
 * @module
 */
import type { Log } from '../../ports/log.ts'

/** How long an orderly stop may take before the process leaves anyway. */
const STOP_TIMEOUT_MS = 10_000

/** Things to undo, newest first; each is tried even when another fails. */
export class Closer {
  readonly #steps: (() => unknown)[] = []

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  async close(log: Log): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step()
      } catch (error) {
        log.warn('could not stop cleanly', { error: String(error) })
      }
    }
  }
}

export interface Running {
  /** Rejects when the process can no longer do its work. */
  readonly done: Promise<void>
  stop(): Promise<void>
}

/** Resolves when the service ends, or when this process is told to stop and has. */
export async function runUntilSignal(running: Running, log: Log): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      const timer = setTimeout(() => {
        log.error('did not stop in time', { timeoutMs: STOP_TIMEOUT_MS })
        process.exit(1)
      }, STOP_TIMEOUT_MS)
      running.stop().finally(() => {
        clearTimeout(timer)
        resolve()
      })
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    // A parent that started us with a channel and died: nobody will ever stop us otherwise.
    process.once('disconnect', stop)
  })
  try {
    await Promise.race([stopped, running.done])
  } finally {
    // Also when its work failed: what is open would keep the process.
    await running.stop()
  }
}
