/**
 * A committee of four and what its members sign, for the fast circuit and for the reference.
 * @module
 */

import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { BASE, pointOfKey, SUBGROUP_ORDER } from '../../src/crypto/babyjubjub.ts'
import {
  type CommitteeObservations,
  type CommitteeStatement,
  keyRoot,
  observationContext,
  packStatement,
  type SignedObservation,
} from '../../src/crypto/committee-proof.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'
import { schnorrKey, schnorrSecret, signSchnorr } from '../../src/crypto/schnorr.ts'

export const SECRETS: readonly bigint[] = Array.from({ length: 30 }, (_, i) =>
  schnorrSecret(new Uint8Array(32).fill(i + 1)),
)
export const KEYS: readonly bigint[] = SECRETS.map(schnorrKey)
export const CTX: bigint = observationContext({
  chainId: 31_337,
  contract: `0x${'c0'.repeat(20)}`,
  subject: `0x${'5b'.repeat(32)}`,
})

export function observe(member: number, value: bigint, ctx = CTX): SignedObservation {
  return { value, signature: signSchnorr(SECRETS[member] ?? 0n, ctx, value) }
}

/** Members' values in their slots; undefined for one that is absent. */
export function observations(values: readonly (bigint | undefined)[], ctx = CTX): CommitteeObservations {
  return {
    keys: KEYS.slice(0, values.length),
    ctx,
    observations: values.map((value, member) =>
      value === undefined ? undefined : observe(member, value, ctx),
    ),
  }
}

/** What a committee of `size` observes, one in four of it absent: the second, the sixth and so on. */
export function observationsWithAbsent(size: number, ctx = CTX): CommitteeObservations {
  const values = Array.from({ length: size }, (_, i) => 2_000n + BigInt((i * 7) % size))
  return observations(
    values.map((value, i) => (i % 4 === 1 ? undefined : value)),
    ctx,
  )
}

/** EdDSA as circomlib's circuit checks it: S B = R + 8 h A. */
function signEdDsa(secret: bigint, message: bigint): readonly [s: bigint, rx: bigint, ry: bigint] {
  const nonce = 1n + (poseidon([secret, message]) % (SUBGROUP_ORDER - 1n))
  const R = BASE.multiply(nonce).toAffine()
  const A = BASE.multiply(secret).toAffine()
  const h = poseidon([R.x, R.y, A.x, A.y, message])
  return [(nonce + 8n * h * secret) % SUBGROUP_ORDER, R.x, R.y]
}

/** Inputs of the reference that say a statement of the same members, keys and values. */
export function referenceInputs(
  values: readonly (bigint | undefined)[],
  statement: CommitteeStatement,
): CircuitInputs {
  const points = values.map((_, i) => pointOfKey(KEYS[i] ?? 0n)?.toAffine() ?? { x: 0n, y: 0n })
  const signatures = values.map((value, i) =>
    value === undefined ? ([0n, 0n, 1n] as const) : signEdDsa(SECRETS[i] ?? 0n, poseidon([CTX, value])),
  )
  return {
    keyRoot: [keyRoot(KEYS.slice(0, values.length))],
    ctx: [CTX],
    packed: [packStatement(statement)],
    present: values.map((value) => (value === undefined ? 0n : 1n)),
    ax: points.map(({ x }) => x),
    ay: points.map(({ y }) => y),
    values: values.map((value) => value ?? 0n),
    s: signatures.map(([s]) => s),
    rx: signatures.map(([, x]) => x),
    ry: signatures.map(([, , y]) => y),
  }
}
