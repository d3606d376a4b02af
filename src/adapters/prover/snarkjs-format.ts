/**
 * Witnesses and proofs as snarkjs, and those that follow it, have them.
 * @module
 */
import { toBytesBE } from '../../crypto/bytes.ts'
import { ProverError } from '../../ports/prover.ts'
import { PROOF_BYTES } from '../../protocol/limits.ts'
import { FIELD_BYTES, Q, R, writeField } from './bn254.ts'
import { PUBLIC_SIGNALS_MAX } from './r1cs.ts'
import { writeSections } from './sections.ts'

const WITNESS_VERSION = 2

/** Decimal numbers; B's coordinates the 1 first. */
export interface SnarkjsProof {
  readonly pi_a: readonly string[]
  readonly pi_b: readonly (readonly string[])[]
  readonly pi_c: readonly string[]
}

export function witnessFile(values: Uint8Array): Uint8Array {
  const header = new Uint8Array(8 + FIELD_BYTES)
  const view = new DataView(header.buffer)
  view.setUint32(0, FIELD_BYTES, true)
  writeField(header, 4, R)
  view.setUint32(4 + FIELD_BYTES, values.length / FIELD_BYTES, true)
  return writeSections('wtns', WITNESS_VERSION, [header, values])
}

/** Throws `ProverError`, `died`: whoever wrote it is no prover. */
export function encodeSnarkjsProof({ pi_a: a, pi_b: b, pi_c: c }: SnarkjsProof): Uint8Array {
  const [x, y] = b
  const coordinates = [a[0], a[1], x?.[1], x?.[0], y?.[1], y?.[0], c[0], c[1]]
  const proof = new Uint8Array(PROOF_BYTES)
  for (const [i, value] of coordinates.entries())
    proof.set(toBytesBE(numberBelow(Q, value), FIELD_BYTES), i * FIELD_BYTES)
  return proof
}

/** Of JSON from outside. Throws `ProverError`, `died`. */
export function decodeSnarkjsProof(
  proof: unknown,
  signals: unknown,
): { readonly proof: SnarkjsProof; readonly publicSignals: readonly bigint[] } {
  const { pi_a, pi_b, pi_c } = (proof ?? {}) as Partial<Record<keyof SnarkjsProof, unknown>>
  const lists = [pi_a, pi_b, pi_c, signals]
  if (!lists.every(Array.isArray) || !(pi_b as unknown[]).every(Array.isArray))
    throw new ProverError('died', 'wrote a proof of another form')
  const found = signals as unknown[]
  if (found.length > PUBLIC_SIGNALS_MAX) throw new ProverError('died', `wrote ${found.length} public signals`)
  // Their elements are looked at one by one where they are used.
  const shaped = { pi_a, pi_b, pi_c } as SnarkjsProof
  return { proof: shaped, publicSignals: found.map((signal) => numberBelow(R, signal)) }
}

function numberBelow(prime: bigint, text: unknown): bigint {
  if (typeof text === 'string' && /^\d{1,78}$/.test(text) && BigInt(text) < prime) return BigInt(text)
  throw new ProverError('died', 'wrote a proof of another form')
}
