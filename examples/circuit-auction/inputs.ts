/**
 * What bidders, and whoever closes the auction, put into the circuits of this example.
 * @module
 */
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { BASE, montgomeryU, pointOfKey, SUBGROUP_ORDER } from '../../src/crypto/babyjubjub.ts'
import { concat, toBytesBE } from '../../src/crypto/bytes.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'
import { ScalarField } from '../../src/crypto/scalar-field.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'

/** Places of the circuits. */
export const BIDS = 8
const SECRET_BITS = 248n

/** The scalar of a secret, 248 random bits. */
function scalarOf(secret: bigint): bigint {
  return (1n << SECRET_BITS) + 2n * secret + 1n
}

/** The auction's key: what bids are encrypted to. */
export function auctionKey(secret: bigint): bigint {
  return montgomeryU(BASE.multiply(scalarOf(secret)))
}

export interface EncryptedBid {
  /** The bidder's account, as a number. */
  readonly bidder: bigint
  /** y of the point it is encrypted with. */
  readonly point: bigint
  readonly box: bigint
}

export interface Bid {
  readonly bidder: bigint
  /** Below 2^96. */
  readonly amount: bigint
}

/** `nonce`: a random scalar, of one bid only. */
export function encryptBid(
  auction: bigint,
  key: bigint,
  { bidder, amount }: Bid,
  nonce: bigint,
): EncryptedBid {
  const point = pointOfKey(key)
  if (point === undefined) throw new InvalidInputError('key', 'is no key of prime order')
  const shared = montgomeryU(point.multiply((8n * nonce) % SUBGROUP_ORDER))
  const box = ScalarField.add(amount, poseidon([auction, shared, bidder]))
  return { bidder, point: BASE.multiply(nonce).toAffine().y, box }
}

export interface AuctionState {
  /** Names the auction: a word the contract gives, such as its address and a number. */
  readonly auction: bigint
  readonly reserve: bigint
  readonly key: bigint
  readonly bids: readonly EncryptedBid[]
}

function padded(values: readonly bigint[]): readonly bigint[] {
  return [...values, ...Array<bigint>(BIDS - values.length).fill(0n)]
}

/** Inputs of `auction-open`, and of `auction-sealed` when a binding is given. */
export function auctionInputs(
  { auction, reserve, key, bids }: AuctionState,
  secret: bigint,
  binding?: bigint,
): CircuitInputs {
  return {
    auction: [auction],
    reserve: [reserve],
    key: [key],
    bidders: padded(bids.map(({ bidder }) => bidder)),
    points: padded(bids.map(({ point }) => point)),
    boxes: padded(bids.map(({ box }) => box)),
    secret: [secret],
    ...(binding === undefined ? {} : { binding: [binding] }),
  }
}

/** The request's input for `auction-sealed`, and with the revealed secret for `auction-open`: one word an element. */
export function auctionRequest({ auction, reserve, key, bids }: AuctionState, secret?: bigint): Uint8Array {
  const columns = [
    bids.map(({ bidder }) => bidder),
    bids.map(({ point }) => point),
    bids.map(({ box }) => box),
  ]
  const words = [auction, reserve, key, ...columns.flatMap(padded), ...(secret === undefined ? [] : [secret])]
  return concat(...words.map((word) => toBytesBE(word, 32)))
}
