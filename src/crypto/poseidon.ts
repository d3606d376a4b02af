/**
 * Poseidon over the scalar field of BN254, as circomlib has it: x^5, 8 full rounds, constants of the Grain generator.
 *
 *   poseidon(x_1 … x_n)     = P_{n+1}(0, x_1 … x_n)[0]
 *   poseidonFrom(s, x_1 …)  = P_{n+1}(s, x_1 … x_n)[0]
 *
 * The first lane is the capacity; one element of it gives 127 bits of security against collisions. The number of inputs chooses the permutation, so
 * hashes of different lengths are of different functions.
 *
 * Source: https://eprint.iacr.org/2019/458, tables 2 and 8; partial rounds rounded up as circomlib does.
 * @module
 */
import { grainGenConstants, poseidon as permutationOf } from '@noble/curves/abstract/poseidon.js'
import { InvalidInputError } from '../protocol/errors.ts'
import { isFieldElement, ScalarField } from './scalar-field.ts'

const FULL_ROUNDS = 8
/** For 1 to 16 inputs. */
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68]
export const POSEIDON_INPUTS_MAX = PARTIAL_ROUNDS.length

type Permutation = (state: bigint[]) => bigint[]

/** By the number of inputs. Constants take tens of milliseconds to generate. */
const permutations = new Map<number, Permutation>()

/** What a permutation of `inputs + 1` lanes is made of. */
export function poseidonConstants(inputs: number) {
  const roundsPartial = PARTIAL_ROUNDS[inputs - 1]
  if (roundsPartial === undefined)
    throw new InvalidInputError('poseidon', `${inputs} inputs, not 1 to ${POSEIDON_INPUTS_MAX}`)
  const options = { Fp: ScalarField, t: inputs + 1, roundsFull: FULL_ROUNDS, roundsPartial, sboxPower: 5 }
  return { ...options, ...grainGenConstants(options) }
}

function permutation(inputs: number): Permutation {
  const known = permutations.get(inputs)
  if (known !== undefined) return known
  const made = permutationOf(poseidonConstants(inputs))
  permutations.set(inputs, made)
  return made
}

/** Of one to sixteen field elements. */
export function poseidon(inputs: readonly bigint[]): bigint {
  return poseidonFrom(0n, inputs)
}

/** With another element than 0 in the capacity: one step of a sponge, or a hash of a domain of its own. */
export function poseidonFrom(initial: bigint, inputs: readonly bigint[]): bigint {
  const state = [initial, ...inputs]
  if (!state.every(isFieldElement)) throw new InvalidInputError('poseidon', 'an input is no field element')
  return permutation(inputs.length)(state)[0] ?? 0n
}
