/**
 * Bytes by their hash from peers nobody trusts: several are asked side by side, and the first right ones count.
 * @module
 */
import type { PeerId } from '../protocol/types.ts'
import { type Part, partLength } from './wire.ts'

/** Peers asked side by side, beside those that dawdle. */
const FETCH_LANES = 3
/** One peer's time for the whole. */
const FETCH_MS_MAX = 30_000
/** A peer that sent no part for this long goes on, and another is asked beside it. A part takes a round trip. */
export const FETCH_LULL_MS = 2_000
/** So does one that is not done by then, however evenly its parts come. */
const FETCH_LANE_MS = 10_000
/** Dawdlers that may still come to an end, each with the whole's room in memory. One more, and the first is given up. */
const DAWDLERS_MAX = 8

export interface Wanted {
  /** Asks a peer for the part at an offset; a `total` of 0 says that the peer does not have it. */
  readonly ask: (peer: PeerId, offset: number, signal: AbortSignal) => Promise<Part>
  /** The whole at most. A peer that promises more is passed over. */
  readonly bytesMax: number
  /** Whether these are the bytes that are wanted. */
  readonly isRight: (bytes: Uint8Array) => boolean | Promise<boolean>
}

export interface Fetched {
  /** Undefined when nobody served the right ones. */
  readonly bytes: Uint8Array | undefined
  /** Peers asked. */
  readonly asked: number
}

/** Fetches from whichever of a few peers, asked side by side, first serves the right bytes. */
export async function fetchParts(
  wanted: Wanted,
  peers: readonly PeerId[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Fetched> {
  const end = new AbortController()
  const giveUp = (): void => end.abort()
  options.signal?.addEventListener('abort', giveUp, { once: true })
  if (options.signal?.aborted) giveUp()
  const waiting = [...peers]
  const asked: Promise<void>[] = []
  const dawdlers: AbortController[] = []
  let right: Uint8Array | undefined
  const ask = async (peer: PeerId, given: AbortSignal, onPart: () => void): Promise<void> => {
    const signal = AbortSignal.any([end.signal, given, AbortSignal.timeout(FETCH_MS_MAX)])
    const bytes = await fetchFrom(wanted, peer, { signal, onPart }).catch(() => undefined)
    if (right !== undefined || bytes === undefined || !(await wanted.isRight(bytes))) return
    // Another's were right meanwhile.
    if (right !== undefined) return
    right = bytes
    end.abort()
  }
  const lane = async (): Promise<void> => {
    for (let peer = waiting.shift(); peer !== undefined && !end.signal.aborted; peer = waiting.shift()) {
      const patience = new Patience()
      const given = new AbortController()
      const answer = ask(peer, given.signal, () => patience.renew())
      asked.push(answer)
      await Promise.race([answer, patience.over])
      if (patience.stop()) continue
      dawdlers.push(given)
      if (dawdlers.length > DAWDLERS_MAX) dawdlers.shift()?.abort()
    }
  }
  await Promise.all(Array.from({ length: FETCH_LANES }, lane))
  await Promise.all(asked)
  options.signal?.removeEventListener('abort', giveUp)
  return { bytes: right, asked: asked.length }
}

/** How long a lane waits for its peer before it asks another beside it. */
class Patience {
  readonly over: Promise<void>
  readonly #end: () => void
  readonly #whole: NodeJS.Timeout
  #lull: NodeJS.Timeout
  #isOver = false

  constructor() {
    let resolve = (): void => {}
    this.over = new Promise<void>((settle) => {
      resolve = settle
    })
    this.#end = () => {
      this.#isOver = true
      resolve()
    }
    this.#whole = setTimeout(this.#end, FETCH_LANE_MS)
    this.#lull = setTimeout(this.#end, FETCH_LULL_MS)
  }

  /** A part came. */
  renew(): void {
    clearTimeout(this.#lull)
    if (!this.#isOver) this.#lull = setTimeout(this.#end, FETCH_LULL_MS)
  }

  /** False when it was over before. */
  stop(): boolean {
    const inTime = !this.#isOver
    this.#isOver = true
    clearTimeout(this.#whole)
    clearTimeout(this.#lull)
    return inTime
  }
}

/** Every part but the last is full, so a peer cannot spin the whole out over more calls than it has parts. */
async function fetchFrom(
  wanted: Wanted,
  peer: PeerId,
  { signal, onPart }: { readonly signal: AbortSignal; readonly onPart: () => void },
): Promise<Uint8Array | undefined> {
  const ask = async (offset: number) => {
    const part = await wanted.ask(peer, offset, signal)
    onPart()
    return part
  }
  const first = await ask(0)
  if (first.total === 0 || first.total > wanted.bytesMax) return undefined
  const whole = new Uint8Array(first.total)
  for (let at = 0, part = first; ; part = await ask(at)) {
    if (part.total !== first.total || part.bytes.length !== partLength(first.total, at)) return undefined
    whole.set(part.bytes, at)
    at += part.bytes.length
    if (at === first.total) return whole
  }
}
