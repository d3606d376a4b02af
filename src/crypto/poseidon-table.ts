/**
 * What contracts compute Poseidon with (contracts/libraries/Poseidon.sol), as bytes: constants of the first four rounds, one for each
 * partial round, those of the last four, and the matrix row by row, 32 bytes each.
 *
 * A partial round raises one lane only. So of its constants those of other lanes may as well be added after the matrix: they
 * are carried through it to the next round's, and on to the last four rounds. That leaves one a round, a third of all.
 * @module
 */
import { InvalidInputError } from '../protocol/errors.ts'
import { concat, toBytesBE } from './bytes.ts'
import { poseidonConstants } from './poseidon.ts'
import { ScalarField as F } from './scalar-field.ts'

/** Lanes of a permutation: the capacity, and 4 to 15 of a list's keys. Key registration hashes four words too. */
export const POSEIDON_WIDTH_MIN = 5
export const POSEIDON_WIDTH_MAX = 16

/** Throws `InvalidInputError` for a width no contract needs. */
export function poseidonTable(width: number): Uint8Array {
  if (!Number.isInteger(width) || width < POSEIDON_WIDTH_MIN || width > POSEIDON_WIDTH_MAX)
    throw new InvalidInputError('width', `is not ${POSEIDON_WIDTH_MIN} to ${POSEIDON_WIDTH_MAX}`)
  const { roundConstants, mds, roundsFull, roundsPartial } = poseidonConstants(width - 1)
  const half = roundsFull / 2
  const words = roundConstants.slice(0, half).flat()
  let carried = Array<bigint>(width).fill(0n)
  const withCarried = (round: number) =>
    (roundConstants[round] ?? []).map((constant, lane) => F.add(constant, carried[lane] ?? 0n))
  for (let round = half; round < half + roundsPartial; round++) {
    const [first = 0n, ...rest] = withCarried(round)
    words.push(first)
    const pushed = [0n, ...rest]
    carried = mds.map((row) => row.reduce((sum, m, lane) => F.add(sum, F.mul(m, pushed[lane] ?? 0n)), 0n))
  }
  words.push(...withCarried(half + roundsPartial))
  words.push(...roundConstants.slice(half + roundsPartial + 1).flat(), ...mds.flat())
  return concat(...words.map((word) => toBytesBE(word, 32)))
}
