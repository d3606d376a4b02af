/**
 * A proof from its sums: with r and s fresh and uniform, and the key's points written in capitals,
 *
 *   A = α + Σ wᵢ Aᵢ + r δ,   B = β + Σ wᵢ Bᵢ + s δ,   C = Σ wᵢ Lᵢ + Σ hⱼ Hⱼ + s A + r B − r s δ.
 *
 * @module
 */

import { type Proof, ProverError } from '../../ports/prover.ts'
import { FIELD_BYTES, mod, R, readField, writeField } from './bn254.ts'
import { type Group, JACOBIAN_BYTES, type ListName } from './layout.ts'
import type { LoadedKey } from './loaded-key.ts'
import type { Result } from './steps.ts'

const WORD_BYTES = 64

export function assemble(key: LoadedKey, results: readonly Result[]): Proof {
  const { kernel, layout, memory, shape } = key
  const bytes = new Uint8Array(memory.buffer)
  let free = layout.scratch
  const take = (length: number): number => {
    free += length
    return free - length
  }
  const scalar = (value: bigint): number => {
    const at = take(FIELD_BYTES)
    writeField(bytes, at, value)
    return at
  }
  const point = (group: Group, affine: number): number => {
    const at = take(JACOBIAN_BYTES[group])
    if (group === 'g1') kernel.widen_g1(at, affine)
    else kernel.widen_g2(at, affine)
    return at
  }
  const times = (group: Group, of: number, by: number): number => {
    const at = take(JACOBIAN_BYTES[group])
    if (group === 'g1') kernel.times_g1(at, of, by)
    else kernel.times_g2(at, of, by)
    return at
  }
  const addTo = (group: Group, sum: number, ...terms: readonly number[]): number => {
    for (const term of terms)
      if (group === 'g1') kernel.add_g1(sum, sum, term)
      else kernel.add_g2(sum, sum, term)
    return sum
  }
  const sums = (list: ListName): number[] =>
    results.flatMap((each) => (each.list === list ? [each.address] : []))
  const { alpha1, beta1, delta1, beta2, delta2 } = layout.constants
  const [r, s] = [randomScalar(), randomScalar()]
  const [rAt, sAt] = [scalar(r), scalar(s)]
  const delta = point('g1', delta1)
  const a = addTo('g1', point('g1', alpha1), ...sums('a'), times('g1', delta, rAt))
  const b1 = addTo('g1', point('g1', beta1), ...sums('b1'), times('g1', delta, sAt))
  const b = addTo('g2', point('g2', beta2), ...sums('b2'), times('g2', point('g2', delta2), sAt))
  const minusRs = scalar(mod(-r * s, R))
  const c = addTo(
    'g1',
    times('g1', delta, minusRs),
    ...sums('l'),
    ...sums('h'),
    times('g1', a, sAt),
    times('g1', b1, rAt),
  )
  const out = take(4 * FIELD_BYTES)
  const proof = new Uint8Array(4 * WORD_BYTES)
  const leave = (found: number, order: readonly number[], at: number): void => {
    // With r and s uniform, as unlikely as guessing one of them.
    if (found === 0) throw new ProverError('malformed-key', 'gives a proof at infinity')
    for (const [i, coordinate] of order.entries()) {
      const from = out + coordinate * FIELD_BYTES
      proof.set(bytes.slice(from, from + FIELD_BYTES).reverse(), at + i * FIELD_BYTES)
    }
  }
  leave(kernel.leave_g1(out, a), [0, 1], 0)
  leave(kernel.leave_g2(out, b), [1, 0, 3, 2], WORD_BYTES)
  leave(kernel.leave_g1(out, c), [0, 1], 3 * WORD_BYTES)
  // Neither may be known of a proof, which would tell of its witness.
  bytes.fill(0, layout.scratch, free)
  const publicSignals = Array.from({ length: shape.publicSignals }, (_, i) =>
    readField(bytes, layout.scalars + (i + 1) * FIELD_BYTES),
  )
  return { proof, publicSignals }
}

/** 512 bits, so that no value is likelier than another by more than 2^-256. */
function randomScalar(): bigint {
  const bytes = crypto.getRandomValues(new Uint8Array(2 * FIELD_BYTES))
  return mod((readField(bytes, FIELD_BYTES) << 256n) | readField(bytes, 0), R)
}
