/**
 * Keys whose secret is known, and proofs made with it: of any public inputs, without a circuit.
 *
 * With alpha, beta, gamma, delta and IC as multiples of the generators that are written down, (a G1, b G2, c G1) holds when
 * c = (a b - alpha beta - L gamma) / delta. Such a proof is valid in every respect and proves nothing, which is why real
 * keys have ceremonies.
 * @module
 */
import { bn254 } from '@noble/curves/bn254.js'
import { concat, fromBytesBE, fromHex } from '../../src/crypto/bytes.ts'
import type { VerificationKey } from '../../src/crypto/groth16-key.ts'
import { encodeG1, encodeG2 } from '../../src/crypto/groth16-points.ts'
import { tagHash } from '../../src/crypto/hash.ts'

const { G1, G2 } = bn254
const { Fn } = G1.Point

/** A number that depends only on its label. */
const scalar = (label: string): bigint => Fn.create(fromBytesBE(fromHex(tagHash(`trapdoor:${label}`))))

export interface Trapdoor {
  readonly key: VerificationKey
  /** alpha beta + L gamma: what a b - c delta must be. */
  fixedBy(publicInputs: readonly bigint[]): bigint
  /** Another proof for each `a` and `b`, the multiples that its first points are. */
  prove(publicInputs: readonly bigint[], points?: { readonly a: bigint; readonly b: bigint }): Uint8Array
}

/** Infinity has no encoding but in a test. */
const g1 = (k: bigint) => (k === 0n ? new Uint8Array(64) : encodeG1(G1.Point.BASE.multiply(k)))

export function trapdoor(
  shape: {
    readonly outputs: number
    readonly inputs: number
    readonly isBound?: boolean
    /** Under such a key the public inputs 1, 0, 0, ... sum to infinity. */
    readonly cancels?: boolean
  },
  label = 'key',
): Trapdoor {
  const isBound = shape.isBound ?? false
  const [alpha, beta, gamma, delta] = ['alpha', 'beta', 'gamma', 'delta'].map((name) =>
    scalar(`${label}:${name}`),
  )
  if (alpha === undefined || beta === undefined || gamma === undefined || delta === undefined)
    throw new Error()
  const count = shape.outputs + shape.inputs + (isBound ? 1 : 0)
  const ic = Array.from({ length: count + 1 }, (_, i) => scalar(`${label}:ic:${i}`))
  if (shape.cancels) ic[1] = Fn.neg(ic[0] ?? 0n)
  const key: VerificationKey = {
    isCeremony: false,
    isBound,
    outputs: shape.outputs,
    inputs: shape.inputs,
    alpha: G1.Point.BASE.multiply(alpha),
    beta: G2.Point.BASE.multiply(beta),
    gamma: G2.Point.BASE.multiply(gamma),
    delta: G2.Point.BASE.multiply(delta),
    ic: ic.map((one) => G1.Point.BASE.multiply(one)),
  }
  const fixedBy = (publicInputs: readonly bigint[]) => {
    const sum = publicInputs.reduce(
      (all, x, j) => Fn.add(all, Fn.mul(Fn.create(x), ic[j + 1] ?? 0n)),
      ic[0] ?? 0n,
    )
    return Fn.add(Fn.mul(alpha, beta), Fn.mul(sum, gamma))
  }
  return {
    key,
    fixedBy,
    prove(publicInputs, { a, b } = { a: scalar('a'), b: scalar('b') }) {
      const c = Fn.mul(Fn.sub(Fn.mul(a, b), fixedBy(publicInputs)), Fn.inv(delta))
      return concat(g1(a), b === 0n ? new Uint8Array(128) : encodeG2(G2.Point.BASE.multiply(b)), g1(c))
    },
  }
}
