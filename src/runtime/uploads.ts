/**
 * Modules being brought, part by part, in order. Anyone may bring one, so what that can hold here is bounded: a few
 * uploads at a time, fewer of one function, one a peer, and room for the whole of each is set aside before its first byte is
 * taken. One that pauses or has had its time makes room; a module of one part needs none.
 * @module
 */
import { InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import { MODULE_BYTES_MAX, PROVING_KEY_BYTES_MAX } from '../protocol/limits.ts'
import type { PeerId } from '../protocol/types.ts'
import type { ModulePart } from './wire.ts'

export const UPLOADS_MAX = 8
/** What all of them together may come to: one of the largest keys, and modules beside it. */
export const UPLOADS_BYTES_MAX = PROVING_KEY_BYTES_MAX + 2 * MODULE_BYTES_MAX
/** Of one function: a second in case the first is somebody's who means to be in the way. */
export const UPLOADS_PER_FUNCTION_MAX = 2
/** An upload nobody continued for this long is dropped. */
const UPLOAD_IDLE_MS = 30_000
/** No upload takes longer, however steadily it goes on: the largest module at a megabit a second. */
const UPLOAD_MS_MAX = 150_000
/** An upload begun this long ago makes room when there is none: an honest one is mostly done by then. */
const UPLOAD_TURN_MS = 15_000
/** An upload nobody continued for this long makes room when there is none. An honest one pauses for a round trip. */
const UPLOAD_PAUSE_MS = 2_000

interface Upload {
  readonly functionId: string
  readonly moduleHash: string
  readonly total: number
  /** Of the whole's length; pages nobody wrote to take no memory. */
  readonly whole: Uint8Array
  readonly begunMs: number
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
    if (part.bytes.length === part.total) return part.bytes
    this.#dropOver(nowMs)
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
    if (part.bytes.length > upload.total - upload.received)
      throw new InvalidInputError('bytes', 'are more than the upload has')
    upload.whole.set(part.bytes, upload.received)
    upload.received += part.bytes.length
    upload.touchedMs = nowMs
    if (upload.received < part.total) return undefined
    this.#uploads.delete(from)
    return upload.whole
  }

  #begin(from: PeerId, part: ModulePart, nowMs: number): void {
    // Beginning again gives no new turn: or two who did it for ever would be in everybody's way.
    const begunMs = this.#uploads.get(from)?.begunMs ?? nowMs
    this.#uploads.delete(from)
    const { functionId, moduleHash, total } = part
    const ofFunction = [...this.#uploads].filter(([, upload]) => upload.functionId === functionId)
    if (ofFunction.length >= UPLOADS_PER_FUNCTION_MAX) this.#makeRoom(ofFunction, nowMs)
    if (this.#uploads.size >= UPLOADS_MAX) this.#makeRoom([...this.#uploads], nowMs)
    if (total > UPLOADS_BYTES_MAX)
      throw new LimitExceededError('bytes of an upload', total, UPLOADS_BYTES_MAX)
    while (this.#reservedBytes() + total > UPLOADS_BYTES_MAX) this.#makeRoom([...this.#uploads], nowMs)
    this.#uploads.set(from, {
      functionId,
      moduleHash,
      total,
      whole: new Uint8Array(total),
      begunMs,
      received: 0,
      touchedMs: nowMs,
    })
  }

  #reservedBytes(): number {
    return [...this.#uploads.values()].reduce((sum, upload) => sum + upload.total, 0)
  }

  #dropOver(nowMs: number): void {
    for (const [peer, { begunMs, touchedMs }] of this.#uploads)
      if (nowMs - touchedMs > UPLOAD_IDLE_MS || nowMs - begunMs > UPLOAD_MS_MAX) this.#uploads.delete(peer)
  }

  /** One of these goes: the first begun of those that pause, or that had their turn. */
  #makeRoom(uploads: readonly (readonly [PeerId, Upload])[], nowMs: number): void {
    // In the order they were begun, as the map is.
    const gone = uploads.find(
      ([, { begunMs, touchedMs }]) =>
        nowMs - touchedMs >= UPLOAD_PAUSE_MS || nowMs - begunMs >= UPLOAD_TURN_MS,
    )
    if (gone === undefined)
      throw new LimitExceededError('uploads', uploads.length + 1, uploads.length, {
        fix: 'try again in a few seconds',
      })
    this.#uploads.delete(gone[0])
  }
}
