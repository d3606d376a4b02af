/**
 * The verification key in a .zkey: the few points of it that proofs are checked with.
 * @module
 */

import type { VerificationKey } from '../../crypto/groth16-key.ts'
import { type G1Point, type G2Point, g1Of, g2Of } from '../../crypto/groth16-points.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { FIELD_BYTES, G1_BYTES, inverse, MONTGOMERY, Q } from './bn254.ts'
import { readSections, sectionOf } from './sections.ts'
import { readZkey, ZKEY_BYTES_MAX } from './zkey.ts'

/** In section 2, behind two primes with their lengths and three counts. */
const POINTS_AT = 2 * (4 + FIELD_BYTES) + 3 * 4
const UN_MONTGOMERY = inverse(MONTGOMERY, Q)

/** Throws `ProverError` for what is no key, and `InvalidInputError` for a point that is none, or more outputs than it has. */
export function verificationKeyOf(
  zkey: Uint8Array,
  shape: { readonly isCeremony: boolean; readonly isBound: boolean; readonly outputs: number },
): VerificationKey {
  const { publicSignals } = readZkey(zkey)
  const inputs = publicSignals - shape.outputs - (shape.isBound ? 1 : 0)
  if (inputs < 0)
    throw new InvalidInputError('key', `has ${publicSignals} public signals, fewer than the circuit`)
  const sections = readSections(zkey, { magic: 'zkey', version: 1, bytesMax: ZKEY_BYTES_MAX })
  const header = new Points(sectionOf(sections, 2, 'zkey').subarray(POINTS_AT))
  const alpha = header.g1('alpha')
  header.g1('beta in G1')
  const beta = header.g2('beta')
  const gamma = header.g2('gamma')
  header.g1('delta in G1')
  const delta = header.g2('delta')
  const points = new Points(sectionOf(sections, 3, 'zkey').subarray(0, (publicSignals + 1) * G1_BYTES))
  const ic = Array.from({ length: publicSignals + 1 }, (_, i) => points.g1(`IC[${i}]`))
  return { ...shape, inputs, alpha, beta, gamma, delta, ic }
}

/** Coordinates are little-endian and in Montgomery's form. */
class Points {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  g1(name: string): G1Point {
    return pointOf(name, g1Of(this.#coordinate(), this.#coordinate()))
  }

  g2(name: string): G2Point {
    const x = { c0: this.#coordinate(), c1: this.#coordinate() }
    return pointOf(name, g2Of(x, { c0: this.#coordinate(), c1: this.#coordinate() }))
  }

  #coordinate(): bigint {
    let value = 0n
    for (let i = FIELD_BYTES - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[this.#at + i] ?? 0)
    this.#at += FIELD_BYTES
    return (value * UN_MONTGOMERY) % Q
  }
}

function pointOf<T extends object>(name: string, point: T | string): T {
  if (typeof point === 'string') throw new InvalidInputError(`key.${name}`, point)
  return point
}
