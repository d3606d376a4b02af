/**
 * Modules being brought, part by part, in order. Anyone may bring one, so what that can hold here is bounded: a few
 * uploads at a time, one a peer, memory only for bytes that came, and an idle one makes room.
 * @module
 */
import { concat } from '../crypto/bytes.ts'
import { InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import type { PeerId } from '../protocol/types.ts'
import type { ModulePart } from './wire.ts'

/** Together at most this many times `MODULE_BYTES_MAX`. */
export const UPLOADS_MAX = 8
/** An upload nobody continued for this long is dropped. */
const UPLOAD_IDLE_MS = 30_000
/** An upload nobody continued for this long makes room when there is none. An honest one pauses for a round trip. */
const UPLOAD_PAUSE_MS = 2_000

interface Upload {
  readonly moduleHash: string
  readonly total: number
  readonly parts: Uint8Array[]
  received: number
  touchedMs: number
}

export class Uploads {
  readonly #uploads = new Map<PeerId, Upload>()

  get size(): number {
    return this.#uploads.size
  }

  /** Adds a part; the whole module once its last part is in. Throws when it does not fit. */
  add(from: PeerId, part: ModulePart, nowMs: number): Uint8Array | undefined {
    if (part.offset === 0) this.#begin(from, part, nowMs)
    const upload = this.#uploads.get(from)
    if (
      upload === undefined ||
      upload.moduleHash !== part.moduleHash ||
      upload.received !== part.offset ||
      upload.total !== part.total
    ) {
      throw new InvalidInputError('offset', `${part.offset} does not continue an upload`)
    }
    upload.parts.push(part.bytes)
    upload.received += part.bytes.length
    upload.touchedMs = nowMs
    if (upload.received < part.total) return undefined
    this.#uploads.delete(from)
    return concat(...upload.parts)
  }

  #begin(from: PeerId, part: ModulePart, nowMs: number): void {
    this.#uploads.delete(from)
    for (const [peer, { touchedMs }] of this.#uploads)
      if (nowMs - touchedMs > UPLOAD_IDLE_MS) this.#uploads.delete(peer)
    if (this.#uploads.size >= UPLOADS_MAX) {
      const [idlest] = [...this.#uploads].sort(([, a], [, b]) => a.touchedMs - b.touchedMs)
      if (idlest === undefined || nowMs - idlest[1].touchedMs < UPLOAD_PAUSE_MS)
        throw new LimitExceededError('uploads', this.#uploads.size + 1, UPLOADS_MAX, {
          fix: 'try again in a few seconds',
        })
      this.#uploads.delete(idlest[0])
    }
    const { moduleHash, total } = part
    this.#uploads.set(from, { moduleHash, total, parts: [], received: 0, touchedMs: nowMs })
  }
}
