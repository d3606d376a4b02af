/**
 * The list as a Merkle tree of Poseidon hashes, and what one of those on it puts into the circuit.
 * @module
 */
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'

/** Of the circuit: about a million members. */
export const DEPTH = 20

/** What a member gives to whoever keeps the list. The secret is a random field element, and stays with the member. */
export function memberOf(secret: bigint): bigint {
  return poseidon([secret])
}

/** What the contract remembers, so that the member acts once in a scope. */
export function nullifierOf(scope: bigint, secret: bigint): bigint {
  return poseidon([1n, scope, secret])
}

/** Levels from the leaves to the root; places nobody has are 0, and nodes above only such places are not kept. */
export class AllowList {
  readonly #levels: readonly (readonly bigint[])[]
  /** Of each level: the node above nobody. */
  readonly #empty: readonly bigint[]

  constructor(members: readonly bigint[]) {
    const levels: (readonly bigint[])[] = [members]
    const empty = [0n]
    for (let level = 0; level < DEPTH; level++) {
      const below = levels[level] ?? []
      const none = empty[level] ?? 0n
      empty.push(poseidon([none, none]))
      levels.push(
        Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
          poseidon([below[2 * i] ?? none, below[2 * i + 1] ?? none]),
        ),
      )
    }
    this.#levels = levels
    this.#empty = empty
  }

  get root(): bigint {
    return this.#levels[DEPTH]?.[0] ?? this.#empty[DEPTH] ?? 0n
  }

  siblings(index: number): readonly bigint[] {
    return Array.from({ length: DEPTH }, (_, level) => {
      const sibling = (index >> level) ^ 1
      return this.#levels[level]?.[sibling] ?? this.#empty[level] ?? 0n
    })
  }

  /** What the member at a place puts into the circuit. `binding` is from the network: the request, and who is paid. */
  inputs(index: number, secret: bigint, scope: bigint, binding: bigint): CircuitInputs {
    return {
      root: [this.root],
      scope: [scope],
      binding: [binding],
      secret: [secret],
      index: [BigInt(index)],
      siblings: this.siblings(index),
    }
  }
}
