/**
 * What the issuer of a score signs, and what the holder of it puts into the circuit.
 * @module
 */
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { montgomeryV } from '../../src/crypto/babyjubjub.ts'
import { digitsOf } from '../../src/crypto/committee-proof.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'
import { type SchnorrSignature, schnorrContext, schnorrKey, signSchnorr } from '../../src/crypto/schnorr.ts'

/** The context of these signatures. One issuer may have several, for scores that mean different things. */
export const SCHEME: bigint = schnorrContext(tagHash('dikast.example.score.v1'))

export interface Score {
  /** The account it is of, as a number. */
  readonly account: bigint
  /** Below 2^32. */
  readonly score: bigint
  /** Seconds since 1970. */
  readonly validUntil: bigint
}

export interface IssuedScore extends Score {
  readonly issuer: bigint
  readonly signature: SchnorrSignature
}

export function issueScore(secret: bigint, score: Score): IssuedScore {
  const statement = poseidon([score.account, score.score, score.validUntil])
  return { ...score, issuer: schnorrKey(secret), signature: signSchnorr(secret, SCHEME, statement) }
}

export interface ScoreQuestion {
  readonly threshold: bigint
  /** Seconds since 1970, such as the time of the request. */
  readonly time: bigint
  /** From the network: the request, and who is paid. */
  readonly binding: bigint
}

export function scoreInputs(issued: IssuedScore, { threshold, time, binding }: ScoreQuestion): CircuitInputs {
  return {
    issuer: [issued.issuer],
    scheme: [SCHEME],
    account: [issued.account],
    threshold: [threshold],
    time: [time],
    binding: [binding],
    score: [issued.score],
    validUntil: [issued.validUntil],
    v: [montgomeryV(issued.issuer) ?? 0n],
    e: [issued.signature.e],
    digits: [digitsOf(issued.signature.s)],
  }
}
