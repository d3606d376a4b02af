/**
 * Attestations between peers. What counted is on disk before it is acknowledged; what is not acknowledged is sent again.
 * @module
 */
import type { DropReason, SignedOutcome } from '../core/request/attestation.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import type { Transport } from '../ports/transport.ts'
import type { PeerId, RequestId } from '../protocol/types.ts'
import { ATTEST, decodeOutcome, decodeVerdict, encodeOutcome, encodeVerdict } from './wire.ts'

const SPACE = 'outcome'
/** Members times attempts of one request. */
const OUTCOMES_PER_REQUEST_MAX = 768

/** Why a message is not even handed to the machine. */
export type Verdict = DropReason | 'request-unknown' | 'not-from-a-member' | undefined

/** Nothing better will come of sending it again. */
const FINAL_VERDICTS: ReadonlySet<string> = new Set<Exclude<Verdict, undefined>>([
  'duplicate',
  'request-closed',
  'attempt-over',
])

export class AttestationExchange {
  readonly #transport: Transport
  readonly #store: Store
  readonly #log: Log
  /** `request:attempt:peer` that need no more sending. */
  readonly #settled = new Set<string>()
  readonly #sending = new Set<string>()

  constructor(deps: { readonly transport: Transport; readonly store: Store; readonly log: Log }) {
    this.#transport = deps.transport
    this.#store = deps.store
    this.#log = deps.log
  }

  /** Hands every decoded message to `judge`, which says whether it counted. */
  async serve(judge: (from: PeerId, message: SignedOutcome) => Verdict): Promise<void> {
    await this.#transport.handle(ATTEST, async (from, payload) => {
      const message = decodeOutcome(payload)
      const verdict = judge(from, message)
      if (verdict !== undefined)
        this.#log.debug('attestation dropped', { from, requestId: message.requestId, verdict })
      return encodeVerdict(verdict)
    })
  }

  /** Keeps a message that counted. */
  keep(message: SignedOutcome): void {
    const key = `${message.requestId}:${message.attempt}:${message.signature}`
    this.#store.write([{ type: 'put', space: SPACE, key, value: encodeOutcome(message) }])
  }

  /** Every kept message of a request. */
  kept(requestId: RequestId): readonly SignedOutcome[] {
    const entries = this.#store.list(SPACE, { limit: OUTCOMES_PER_REQUEST_MAX, after: requestId })
    return entries.filter(({ key }) => key.startsWith(requestId)).map(({ value }) => decodeOutcome(value))
  }

  forget(requestId: RequestId): void {
    for (const key of this.#settled) if (key.startsWith(requestId)) this.#settled.delete(key)
    const entries = this.#store.list(SPACE, { limit: OUTCOMES_PER_REQUEST_MAX, after: requestId })
    const gone = entries.filter(({ key }) => key.startsWith(requestId))
    this.#store.write(gone.map(({ key }) => ({ type: 'delete', space: SPACE, key })))
  }

  /** Sends to every peer that has not acknowledged yet; returns at once. */
  share(message: SignedOutcome, peers: readonly PeerId[]): void {
    for (const peer of peers) {
      const key = `${message.requestId}:${message.attempt}:${peer}`
      if (this.#settled.has(key) || this.#sending.has(key)) continue
      this.#sending.add(key)
      this.#send(message, peer, key)
        .catch((error: unknown) =>
          this.#log.debug('attestation not delivered', { peer, error: String(error) }),
        )
        .finally(() => this.#sending.delete(key))
    }
  }

  async #send(message: SignedOutcome, peer: PeerId, key: string): Promise<void> {
    const verdict = decodeVerdict(await this.#transport.call(peer, ATTEST, encodeOutcome(message)))
    if (verdict === undefined || FINAL_VERDICTS.has(verdict)) this.#settled.add(key)
    else this.#log.debug('attestation refused', { peer, requestId: message.requestId, verdict })
  }
}
