/**
 * Attestations between peers. What counted is on disk before it is acknowledged; what is not acknowledged is sent again.
 *
 * Kept of a request: one message for each seat and attempt. Kept for good: one proof of equivocation for each attestor,
 * which is all it takes to slash it.
 * @module
 */
import { decode, encode } from 'cborg'
import type { DropReason, SignedOutcome } from '../core/request/attestation.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import type { Transport } from '../ports/transport.ts'
import { ATTEMPTS_MAX, COMMITTEE_SIZE_MAX } from '../protocol/limits.ts'
import type { Address, PeerId, RequestId } from '../protocol/types.ts'
import { NotTakenError } from './not-taken.ts'
import { ATTEST, decodeOutcome, decodeVerdict, encodeOutcome, encodeVerdict } from './wire.ts'

const SPACE = 'outcome'
const EVIDENCE_SPACE = 'evidence'
const OUTCOMES_PER_REQUEST_MAX = COMMITTEE_SIZE_MAX * (ATTEMPTS_MAX + 1)

/** Why a message does not count; those beside `DropReason` never reach the machine. */
export type Verdict = DropReason | 'request-unknown' | 'not-from-a-member' | 'peer-refused' | undefined

/** Nothing better will come of sending it again. */
const FINAL_VERDICTS: ReadonlySet<string> = new Set<Exclude<Verdict, undefined>>([
  'duplicate',
  'request-closed',
  'attempt-over',
])

export interface Evidence {
  readonly first: SignedOutcome
  readonly second: SignedOutcome
}

export class AttestationExchange {
  readonly #transport: Transport
  readonly #store: Store
  readonly #log: Log
  /** `attempt:peer` that need no more sending, by request. */
  readonly #settled = new Map<RequestId, Set<string>>()
  readonly #sending = new Set<string>()

  constructor(deps: { readonly transport: Transport; readonly store: Store; readonly log: Log }) {
    this.#transport = deps.transport
    this.#store = deps.store
    this.#log = deps.log
  }

  /** Hands every decoded message to `judge`, which says whether it counted, and keeps it first when it did. */
  async serve(judge: (from: PeerId, message: SignedOutcome) => Verdict): Promise<void> {
    await this.#transport.handle(ATTEST, async (from, payload) => {
      const message = decodeOutcome(payload)
      let verdict: Verdict
      try {
        verdict = judge(from, message)
      } catch (cause) {
        this.#log.error('attestation not taken', {
          from,
          requestId: message.requestId,
          reason: String(cause),
        })
        throw new NotTakenError(cause)
      }
      if (verdict !== undefined)
        this.#log.debug('attestation dropped', { from, requestId: message.requestId, verdict })
      return encodeVerdict(verdict)
    })
  }

  /** Keeps the message that counted for a seat, the newest view's. On disk when this returns. */
  keep(message: SignedOutcome, seat: number): void {
    const key = `${message.requestId}:${message.attempt}:${String(seat).padStart(3, '0')}`
    // Anybody may bring what a seat attested in an earlier view: it must not take the place of what decided.
    const before = this.#store.get(SPACE, key)
    if (before !== undefined && decodeOutcome(before).view > message.view) return
    this.#store.write([{ type: 'put', space: SPACE, key, value: encodeOutcome(message) }])
  }

  /** Every kept message of a request. */
  kept(requestId: RequestId): readonly SignedOutcome[] {
    return this.#entriesOf(requestId).flatMap(({ key, value }) => {
      try {
        return [decodeOutcome(value)]
      } catch (error) {
        this.#log.error('kept attestation unreadable', { key, reason: String(error) })
        return []
      }
    })
  }

  /** Keeps an attestor's first equivocation. */
  keepEvidence(attestor: Address, evidence: Evidence): void {
    const key = attestor.toLowerCase()
    if (this.#store.get(EVIDENCE_SPACE, key) !== undefined) return
    const value = encode({ first: encodeOutcome(evidence.first), second: encodeOutcome(evidence.second) })
    this.#store.write([{ type: 'put', space: EVIDENCE_SPACE, key, value }])
  }

  evidence(attestor: Address): Evidence | undefined {
    const kept = this.#store.get(EVIDENCE_SPACE, attestor.toLowerCase())
    if (kept === undefined) return undefined
    const { first, second } = decode(kept) as { first: Uint8Array; second: Uint8Array } // our own bytes, written above
    return { first: decodeOutcome(first), second: decodeOutcome(second) }
  }

  /** A request closed: nothing of it is sent any more. What is kept stays, in case the chain reopens it. */
  stop(requestId: RequestId): void {
    this.#settled.delete(requestId)
  }

  /** The chain took something back: what peers said of it may no longer hold, so everything due is sent again. */
  startOver(): void {
    this.#settled.clear()
  }

  /** Drops everything kept of a request but evidence. */
  forget(requestId: RequestId): void {
    this.stop(requestId)
    const gone = this.#entriesOf(requestId)
    if (gone.length === 0) return
    this.#store.write(gone.map(({ key }) => ({ type: 'delete', space: SPACE, key })))
  }

  /** Sends to every peer that has not acknowledged yet; returns at once. */
  share(message: SignedOutcome, peers: readonly PeerId[]): void {
    const { requestId, attempt } = message
    const settled = this.#settled.get(requestId) ?? new Set()
    this.#settled.set(requestId, settled)
    for (const peer of peers) {
      const place = `${attempt}:${peer}`
      const key = `${requestId}:${place}`
      if (settled.has(place) || this.#sending.has(key)) continue
      this.#sending.add(key)
      this.#send(message, peer, () => settled.add(place))
        .catch((error: unknown) =>
          this.#log.debug('attestation not delivered', { peer, requestId, reason: String(error) }),
        )
        .finally(() => this.#sending.delete(key))
    }
  }

  async #send(message: SignedOutcome, peer: PeerId, settle: () => void): Promise<void> {
    const verdict = decodeVerdict(await this.#transport.call(peer, ATTEST, encodeOutcome(message)))
    if (verdict === undefined || FINAL_VERDICTS.has(verdict)) settle()
    else this.#log.debug('attestation refused', { peer, requestId: message.requestId, verdict })
  }

  #entriesOf(requestId: RequestId) {
    // Keys are the id, a colon and more; a semicolon is the character after the colon.
    const [after, before] = [`${requestId}:`, `${requestId};`]
    return this.#store.list(SPACE, { limit: OUTCOMES_PER_REQUEST_MAX, after, before })
  }
}
