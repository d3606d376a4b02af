/**
 * Frames on their way to peers. Nothing here is sent for ever: what is lost, the cores send again.
 *
 * A peer that has not opened the instance yet says so, and is sent the frame again a few times; in its memory nothing waits.
 * @module
 */
import type { Log } from '../../ports/log.ts'
import type { Transport } from '../../ports/transport.ts'
import type { PeerId } from '../../protocol/types.ts'
import { CONSENSUS, decodeAnswer } from './frames.ts'

/** Frames that wait for one peer, sent ones until their silence says that they were taken; a peer that is slower loses what is newer. */
const WAITING_MAX = 1_024
/** And their bytes: of proposals with evidence a few, of votes all of them. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024
/** Together they last longer than peers are apart in what they know of the chain. */
const EARLY_RETRIES_MAX = 12
const EARLY_RETRY_MS = 50
const EARLY_RETRY_MS_MAX = 1_000

export class Outbox {
  readonly #transport: Pick<Transport, 'call'>
  readonly #log: Log
  readonly #waiting = new Map<PeerId, { readonly frames: number; readonly bytes: number }>()

  constructor(transport: Pick<Transport, 'call'>, log: Log) {
    this.#transport = transport
    this.#log = log
  }

  /** Returns at once. */
  send(peer: PeerId, frame: Uint8Array, signal: AbortSignal): void {
    const { frames, bytes } = this.#waiting.get(peer) ?? { frames: 0, bytes: 0 }
    if (frames >= WAITING_MAX || bytes + frame.length > WAITING_BYTES_MAX) {
      this.#log.debug('consensus frame not sent: too many wait', { peer })
      return
    }
    this.#waiting.set(peer, { frames: frames + 1, bytes: bytes + frame.length })
    this.#deliver(peer, frame, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#log.debug('consensus frame not delivered', { peer, reason: String(error) })
      })
      .finally(() => {
        const left = this.#waiting.get(peer)
        if (left === undefined || left.frames <= 1) this.#waiting.delete(peer)
        else this.#waiting.set(peer, { frames: left.frames - 1, bytes: left.bytes - frame.length })
      })
  }

  async #deliver(peer: PeerId, frame: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let tries = 0; ; tries++) {
      const answer = decodeAnswer(await this.#transport.call(peer, CONSENSUS, frame, { signal }))
      if (answer === 'refused') this.#log.debug('consensus frame refused', { peer })
      if (answer !== 'early' || tries >= EARLY_RETRIES_MAX) return
      await pause(Math.min(EARLY_RETRY_MS * 1.5 ** tries, EARLY_RETRY_MS_MAX), signal)
    }
  }
}

/** Rejects with the signal's reason. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
