/**
 * Keys and proofs by circom and snarkjs (scripts/proof-vectors.ts).
 * @module
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fromHex } from '../../src/crypto/bytes.ts'
import { decodeVerificationKey } from '../../src/crypto/groth16-key.ts'
import type { Hex } from '../../src/protocol/types.ts'

export interface ProofVector {
  readonly publicInputs: readonly string[]
  readonly proof: Hex
  readonly snarkjs: unknown
}

export interface KeyVector {
  readonly isCeremony: boolean
  readonly isBound: boolean
  readonly outputs: number
  readonly inputs: number
  readonly bytes: Hex
  readonly hash: Hex
  readonly snarkjs: { readonly IC: readonly unknown[] }
  /** The same circuit's before anybody contributed. */
  readonly uncontributed: unknown
  readonly proofs: readonly ProofVector[]
}

export const vectors = JSON.parse(
  readFileSync(new URL('../vectors/groth16.json', import.meta.url), 'utf8'),
) as Readonly<Record<'cube' | 'factors' | 'sum', KeyVector>>

/** A vector's key and its i-th proof, decoded. */
export function proven(name: keyof typeof vectors, index = 0) {
  const vector = vectors[name]
  const made = vector.proofs[index]
  assert(made)
  return {
    key: decodeVerificationKey(fromHex(vector.bytes)),
    publicInputs: made.publicInputs.map(BigInt),
    proof: fromHex(made.proof),
  }
}
