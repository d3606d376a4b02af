/**
 * What goes into a proof that a result is the median of, or has a quorum among, a standing committee's signed observations
 * (CIR-6 to CIR-16; circuits/lib/committee.circom), and what a contract puts into its public inputs: key root, context, and
 *
 *   packed = result + 2^128 count + 2^136 bitmap
 * @module
 */
import { InvalidInputError } from '../protocol/errors.ts'
import type { Address, Digest } from '../protocol/types.ts'
import { BASE, montgomeryU, montgomeryV, SUBGROUP_ORDER } from './babyjubjub.ts'
import { fromHex, toBytesBE } from './bytes.ts'
import { tagHash } from './hash.ts'
import { poseidonFrom } from './poseidon.ts'
import { accountWord, type SchnorrSignature, schnorrContext, signSchnorr } from './schnorr.ts'

const OBSERVATION_TYPE = tagHash('dikast.committee-observation.v1')
/** First of a list's sponge, above eight bits for how many keys it has. */
const KEYS_DOMAIN = BigInt(tagHash('dikast.committee-keys.v1')) >> 16n
const RATE_MAX = 15
export const COMMITTEE_KEYS_MAX = 30
export const RESULT_BITS = 128n
const COUNT_BITS = 8n
const BITMAP_AT = RESULT_BITS + COUNT_BITS
/** Digits of ±1, ±3, ±5, ±7 to base 8, below a last one of ±1, ±3. */
const DIGITS = 83n

/** What an observation is for: a request, or a round of a feed, of one contract. */
export interface ObservationSubject {
  readonly chainId: number
  readonly contract: Address
  readonly subject: Digest
}

/** `ctx`: `uint256(keccak256(abi.encode(OBSERVATION_TYPE, chainId, contract, subject))) >> 3` (CIR-9). */
export function observationContext({ chainId, contract, subject }: ObservationSubject): bigint {
  return schnorrContext(
    OBSERVATION_TYPE,
    toBytesBE(BigInt(chainId), 32),
    accountWord(contract),
    fromHex(subject, 'subject', 32),
  )
}

/** The root of a committee's keys in order: a sponge over all of them (CIR-13). */
export function keyRoot(keys: readonly bigint[]): bigint {
  if (keys.length === 0 || keys.length > COMMITTEE_KEYS_MAX)
    throw new InvalidInputError('keys', `${keys.length} keys, not 1 to ${COMMITTEE_KEYS_MAX}`)
  const rate = Math.min(keys.length, RATE_MAX)
  let state = (KEYS_DOMAIN << 8n) + BigInt(keys.length)
  for (let at = 0; at < keys.length; at += rate) {
    const block = keys.slice(at, at + rate)
    state = poseidonFrom(state, [...block, ...Array<bigint>(rate - block.length).fill(0n)])
  }
  return state
}

export interface CommitteeStatement {
  /** Below 2^128. */
  readonly result: bigint
  /** Members whose observations count. */
  readonly count: number
  /** Bit i is member i's. */
  readonly bitmap: bigint
}

export function packStatement({ result, count, bitmap }: CommitteeStatement): bigint {
  if (result < 0n || result >> RESULT_BITS !== 0n)
    throw new InvalidInputError('result', `is not below 2^${RESULT_BITS}`)
  return result | (BigInt(count) << RESULT_BITS) | (bitmap << BITMAP_AT)
}

/** The three of a packed statement of a committee of `size`. Throws `InvalidInputError` for what no proof says. */
export function unpackStatement(packed: bigint, size: number): CommitteeStatement {
  const [result, count, bitmap] = [
    packed & ((1n << RESULT_BITS) - 1n),
    Number((packed >> RESULT_BITS) & ((1n << COUNT_BITS) - 1n)),
    packed >> BITMAP_AT,
  ]
  const members = [...bitmap.toString(2)].filter((bit) => bit === '1').length
  if (packed < 0n || bitmap >> BigInt(size) !== 0n || members !== count)
    throw new InvalidInputError('packed', `is no statement of a committee of ${size}`)
  return { result, count, bitmap }
}

export interface SignedObservation {
  /** Below 2^128. */
  readonly value: bigint
  readonly signature: SchnorrSignature
}

export interface CommitteeObservations {
  /** Of all members, in the order of the key root. */
  readonly keys: readonly bigint[]
  readonly ctx: bigint
  /** A place for each member; undefined for one that is absent. */
  readonly observations: readonly (SignedObservation | undefined)[]
}

/** A circuit's inputs, by name. */
export type ProofInputs = Readonly<Record<string, readonly bigint[]>>

export interface CommitteeProof {
  readonly inputs: ProofInputs
  readonly statement: CommitteeStatement
}

/** The lower median: of k values in order, the one at place floor((k - 1) / 2) from 0 (CIR-14). */
export function lowerMedian(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  if (median === undefined) throw new InvalidInputError('observations', 'there is none')
  return median
}

/** Inputs of `committee-median-N`, for N keys. Signatures are not checked here: one that is wrong has no witness. */
export function committeeProofInputs(given: CommitteeObservations): CommitteeProof {
  const { observations } = given
  const ordered = observations
    .flatMap((one, slot) => (one === undefined ? [] : [{ slot, value: one.value }]))
    // Of equal values the order does not matter, but one is needed: that of the slots.
    .toSorted((a, b) => (a.value === b.value ? a.slot - b.slot : a.value < b.value ? -1 : 1))
  const middle = Math.floor((ordered.length - 1) / 2)
  const places = new Map(ordered.map(({ slot }, place) => [slot, place]))
  const flags = (is: (place: number) => boolean) =>
    observations.map((_, slot) => {
      const place = places.get(slot)
      return place !== undefined && is(place) ? 1n : 0n
    })
  const result = lowerMedian(ordered.map(({ value }) => value))
  const { inputs, statement } = signedInputs(given, result, 0n)
  return {
    statement,
    inputs: {
      ...inputs,
      values: observations.map((one) => one?.value ?? 0n),
      chosen: flags((place) => place === middle),
      above: flags((place) => place > middle),
    },
  }
}

/** What only the prover has of a `committee-feed-N`, whose statement is its output: key root and context stand in the request. */
export function committeeFeedInputs(given: CommitteeObservations): CommitteeProof {
  const { inputs, statement } = committeeProofInputs(given)
  const { keyRoot: _root, ctx: _ctx, packed: _packed, ...secret } = inputs
  return { statement, inputs: { result: [statement.result], ...secret } }
}

/** Inputs of `committee-quorum-N`: every member who is present signed the same value. */
export function quorumProofInputs(given: CommitteeObservations): CommitteeProof {
  const values = new Set(given.observations.flatMap((one) => (one === undefined ? [] : [one.value])))
  const [value] = values
  if (value === undefined || values.size > 1)
    throw new InvalidInputError('observations', `${values.size} values, not one`)
  const { inputs, statement } = signedInputs(given, value, value)
  return { statement, inputs: { ...inputs, value: [value] } }
}

/** What both circuits are given. `absentValue` is what is signed in place of members who are absent. */
function signedInputs(
  { keys, ctx, observations }: CommitteeObservations,
  result: bigint,
  absentValue: bigint,
): CommitteeProof {
  if (observations.length !== keys.length)
    throw new InvalidInputError('observations', `${observations.length} places for ${keys.length} keys`)
  const present = observations.map((one): bigint => (one === undefined ? 0n : 1n))
  const absent = absentSignature(ctx, absentValue)
  const signatures = observations.map((one) => one?.signature ?? absent)
  const signers = observations.map((one, slot) => (one === undefined ? BASE_KEY : (keys[slot] ?? 0n)))
  const statement = {
    result,
    count: present.filter((bit) => bit === 1n).length,
    bitmap: present.reduce((bits, bit, slot) => bits | (bit << BigInt(slot)), 0n),
  }
  const inputs = {
    keyRoot: [keyRoot(keys)],
    ctx: [ctx],
    packed: [packStatement(statement)],
    present,
    keys,
    // No point has such a key: the proof will say so.
    vs: signers.map((key) => montgomeryV(key) ?? 0n),
    challenges: signatures.map(({ e }) => e),
    digits: signatures.map(({ s }) => digitsOf(s)),
  }
  return { inputs, statement }
}

const BASE_KEY = montgomeryU(BASE)

/** By the base point as key, whose secret is 1: an absent member's place is filled by a signature anybody can make (CIR-15). */
function absentSignature(ctx: bigint, value: bigint): SchnorrSignature {
  return signSchnorr(1n, ctx, value)
}

/**
 * A scalar as the circuit takes it (CIR-10): the odd one of s and s - l, in digits of ±1, ±3, ±5, ±7 to base 8, the last of ±1, ±3. Each digit
 * is written as three bits, the last as two: the place of |d| among 1, 3, 5, 7, then 1 for plus.
 */
export function digitsOf(s: bigint): bigint {
  const odd = s % 2n === 1n ? s : s - SUBGROUP_ORDER
  // With digits d = 2x - 7, and 2x - 3 for the last, the x are the plain digits of this.
  let rest = (odd + (4n << (3n * DIGITS)) - 1n) / 2n
  let written = 0n
  for (let i = 0n; i <= DIGITS; i++) {
    const isLast = i === DIGITS
    const x = isLast ? rest : rest % 8n
    const digit = 2n * x - (isLast ? 3n : 7n)
    const place = ((digit < 0n ? -digit : digit) - 1n) / 2n
    written |= (place + (digit > 0n ? (isLast ? 2n : 4n) : 0n)) << (3n * i)
    rest >>= 3n
  }
  return written
}
