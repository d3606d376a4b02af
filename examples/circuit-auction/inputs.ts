/**
 * What bidders, and whoever closes the auction, put into the circuits of this example.
 * @module
 */

import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { concat, toBytesBE } from '../../src/crypto/bytes.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'

/** Places of the circuits. */
export const BIDS = 8
const SALT_BITS = 128n

export interface Bid {
  /** Below 2^96. */
  readonly amount: bigint
  /** 128 random bits: a commitment to an amount somebody can guess hides it by these alone. */
  readonly salt: bigint
}

export interface SealedBid {
  readonly commitment: bigint
  /** 0 when the bidder did not reveal it. */
  readonly opening: bigint
}

export function sealBid(auction: bigint, { amount, salt }: Bid): SealedBid {
  const opening = (amount << SALT_BITS) | salt
  return { commitment: poseidon([auction, opening]), opening }
}

function padded(values: readonly bigint[]): readonly bigint[] {
  return [...values, ...Array<bigint>(BIDS - values.length).fill(0n)]
}

export interface AuctionState {
  /** Names the auction in commitments: a word the contract gives, such as its address. */
  readonly auction: bigint
  readonly reserve: bigint
  readonly bids: readonly SealedBid[]
}

/** Inputs of `auction-open`, and of `auction-sealed` when a binding is given. */
export function auctionInputs({ auction, reserve, bids }: AuctionState, binding?: bigint): CircuitInputs {
  return {
    auction: [auction],
    reserve: [reserve],
    commitments: padded(bids.map(({ commitment }) => commitment)),
    openings: padded(bids.map(({ opening }) => opening)),
    ...(binding === undefined ? {} : { binding: [binding] }),
  }
}

/** What the contract sends as the request's input of `auction-open`: one word an element. */
export function openRequest(state: AuctionState): Uint8Array {
  const { auction = [], reserve = [], commitments = [], openings = [] } = auctionInputs(state)
  return concat(...[auction, reserve, commitments, openings].flat().map((word) => toBytesBE(word, 32)))
}
