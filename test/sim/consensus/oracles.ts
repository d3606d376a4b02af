/**
 * What must hold in every run, watched from outside: by someone who sees all that honest members sign.
 *
 * A report is *certified* as soon as the honest attestations of one view, with those that every faulty seat could add, are
 * a quorum; nobody needs to have put the certificate together.
 */
import type { Digest } from '../../../src/protocol/types.ts'

export class Violation extends Error {
  readonly oracle: string

  constructor(oracle: string, detail: string) {
    super(`${oracle}: ${detail}`)
    this.oracle = oracle
  }
}

export class Oracles {
  readonly #quorum: number
  readonly #faulty: ReadonlySet<number>
  readonly #votes = new Map<string, Digest>()
  readonly #attested = new Map<string, Digest>()
  readonly #newestView = new Map<number, number>()
  readonly #signers = new Map<string, Set<number>>()
  readonly #acceptable = new Set<Digest>()
  #certified: Digest | undefined

  constructor(quorum: number, faulty: ReadonlySet<number>) {
    this.#quorum = quorum
    this.#faulty = faulty
  }

  get certified(): Digest | undefined {
    return this.#certified
  }

  /** An honest member proposed it, or found it acceptable. */
  accepted(root: Digest): void {
    this.#acceptable.add(root)
  }

  /** At most one vote a view: what an honest member says once, it says again. */
  voted(seat: number, view: number, root: Digest): void {
    const key = `${seat}:${view}`
    const first = this.#votes.get(key)
    if (first !== undefined && first !== root)
      throw new Violation(
        'one-vote',
        `seat ${seat} voted for ${short(first)} and ${short(root)} in view ${view}`,
      )
    this.#votes.set(key, root)
  }

  /** At most one attestation a view, never in a lower one; and agreement and validity of what they certify. */
  attested(seat: number, view: number, root: Digest): void {
    const key = `${seat}:${view}`
    const first = this.#attested.get(key)
    if (first !== undefined && first !== root)
      throw new Violation(
        'slashable',
        `seat ${seat} attested ${short(first)} and ${short(root)} in view ${view}`,
      )
    if (view < (this.#newestView.get(seat) ?? 0))
      throw new Violation('lower-view', `seat ${seat} attested in view ${view} after a higher one`)
    this.#attested.set(key, root)
    this.#newestView.set(seat, view)
    const place = `${view}:${root}`
    const signers = this.#signers.get(place) ?? new Set()
    this.#signers.set(place, signers.add(seat))
    if (signers.size + this.#faulty.size >= this.#quorum) this.#certify(view, root)
  }

  /** An honest member holds a certificate of it. */
  decided(seat: number, view: number, root: Digest): void {
    const signers = this.#signers.get(`${view}:${root}`)?.size ?? 0
    if (signers + this.#faulty.size < this.#quorum)
      throw new Violation(
        'forged',
        `seat ${seat} decided on ${short(root)} of view ${view}: ${signers} honest signed`,
      )
    this.#certify(view, root)
  }

  convicted(by: number, seat: number): void {
    if (!this.#faulty.has(seat))
      throw new Violation('slashable', `seat ${by} holds evidence against honest seat ${seat}`)
  }

  /** Somebody honest holds two observations that this seat signed. */
  contradicted(by: number, seat: number): void {
    if (!this.#faulty.has(seat))
      throw new Violation('one-observation', `seat ${by} holds two observations of honest seat ${seat}`)
  }

  #certify(view: number, root: Digest): void {
    if (this.#certified !== undefined && this.#certified !== root)
      throw new Violation('agreement', `${short(root)} in view ${view} beside ${short(this.#certified)}`)
    if (!this.#acceptable.has(root))
      throw new Violation(
        'validity',
        `${short(root)} is certified, and no honest member proposed or accepted it`,
      )
    this.#certified = root
  }
}

function short(root: Digest): string {
  return root.slice(0, 10)
}
