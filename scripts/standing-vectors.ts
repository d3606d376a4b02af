/** What contracts compute of standing committees, as numbers. Written by `scripts/vectors.ts`. */

import { observedSubject } from '../src/core/circuit/observing.ts'
import { BASE, montgomeryU } from '../src/crypto/babyjubjub.ts'
import { fromHex } from '../src/crypto/bytes.ts'
import { keyRoot, observationContext, packStatement } from '../src/crypto/committee-proof.ts'
import { keccakHex, tagHash } from '../src/crypto/hash.ts'
import { proveKey } from '../src/crypto/key-proof.ts'
import { poseidonFrom } from '../src/crypto/poseidon.ts'
import { POSEIDON_WIDTH_MAX, POSEIDON_WIDTH_MIN, poseidonTable } from '../src/crypto/poseidon-table.ts'
import { FIELD_ORDER } from '../src/crypto/scalar-field.ts'
import { schnorrKey, schnorrSecret } from '../src/crypto/schnorr.ts'
import { standingCommitteeSeed } from '../src/crypto/standing-committee.ts'
import type { Hex } from '../src/protocol/types.ts'

const word = (label: string): Hex => tagHash(`vector:${label}`)
const address = (label: string): Hex => `0x${word(label).slice(-40)}`
const element = (label: string): bigint => BigInt(word(label)) % FIELD_ORDER

export function standingVectors(): unknown {
  const widths = Array.from(
    { length: POSEIDON_WIDTH_MAX - POSEIDON_WIDTH_MIN + 1 },
    (_, i) => POSEIDON_WIDTH_MIN + i,
  )
  const keys = Array.from({ length: 30 }, (_, i) => schnorrKey(schnorrSecret(fromHex(word(`member:${i}`)))))
  const feed = {
    chainId: 31_337,
    contract: address('feed'),
    functionId: word('feed'),
    askedAt: 1_790_000_001n,
  }
  const draw = {
    chainId: 31_337,
    contract: address('standing'),
    epoch: 7,
    round: 1_234n,
    randomness: word('randomness'),
  }
  const statement = { result: (1n << 128n) - 2n, count: 21, bitmap: 0x1f_ffffn }
  return {
    poseidon: widths.map((width) => {
      const state = Array.from({ length: width }, (_, lane) => element(`lane:${width}:${lane}`))
      const [capacity = 0n, ...inputs] = state
      return { width, table: keccakHex(poseidonTable(width)), state, first: poseidonFrom(capacity, inputs) }
    }),
    keyRoots: Array.from({ length: 27 }, (_, i) => ({ size: 4 + i, root: keyRoot(keys.slice(0, 4 + i)) })),
    keys,
    combinations: [
      { s: 5n, c: 3n },
      { s: element('s') >> 4n, c: (1n << 128n) + 2n * (element('e') >> 126n) + 1n },
    ].map(({ s, c }) => ({ s, c, u: montgomeryU(BASE.multiply(s).subtract(BASE.multiply(9n * c))) })),
    keyProofs: [0, 1, 2].map((i) => {
      const seed = word(`member:${i}`)
      const holder = { chainId: 31_337, registry: address('registry'), holder: address(`attestor:${i}`) }
      return { seed, holder, proof: proveKey(schnorrSecret(fromHex(seed)), holder) }
    }),
    feed: {
      ...feed,
      subject: observedSubject(feed.functionId, feed.askedAt),
      ctx: observationContext({ ...feed, subject: observedSubject(feed.functionId, feed.askedAt) }),
    },
    draw: { ...draw, seed: standingCommitteeSeed(draw) },
    statement: { ...statement, packed: packStatement(statement) },
  }
}
