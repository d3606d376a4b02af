/** A committee's proof as numbers: what a contract composes, and what its circuit is given. Written by `scripts/vectors.ts`. */

import { fromHex } from '../src/crypto/bytes.ts'
import {
  committeeProofInputs,
  keyRoot,
  observationContext,
  packStatement,
} from '../src/crypto/committee-proof.ts'
import { tagHash } from '../src/crypto/hash.ts'
import { provePossession, schnorrKey, schnorrSecret, signSchnorr } from '../src/crypto/schnorr.ts'
import type { Hex } from '../src/protocol/types.ts'

const word = (label: string): Hex => tagHash(`vector:${label}`)
const address = (label: string): Hex => `0x${word(label).slice(-40)}`

export function committeeVectors(): unknown {
  const seeds = Array.from({ length: 30 }, (_, i) => word(`observer:${i}`))
  const secrets = seeds.map((seed) => schnorrSecret(fromHex(seed)))
  const keys = secrets.map(schnorrKey)
  const context = { chainId: 31_337, contract: address('consumer'), subject: word('subject') }
  const ctx = observationContext(context)
  const observations = [2_000n, undefined, 1_950n, 2_010n].map((value, i) =>
    value === undefined ? undefined : { value, signature: signSchnorr(secrets[i] ?? 0n, ctx, value) },
  )
  const { inputs, statement } = committeeProofInputs({ keys: keys.slice(0, 4), ctx, observations })
  const holder = { chainId: 31_337, registry: address('registry'), holder: address('operator') }
  return {
    seeds,
    secrets,
    keys,
    keyRoots: [1, 4, 15, 16, 30].map((count) => ({ keys: count, root: keyRoot(keys.slice(0, count)) })),
    context: { value: context, ctx },
    possession: { value: holder, ...provePossession(secrets[0] ?? 0n, holder) },
    observations: observations.map((one) => (one ? { value: one.value, ...one.signature } : null)),
    statement: { ...statement, packed: packStatement(statement) },
    publicInputs: [...(inputs.keyRoot ?? []), ctx, packStatement(statement)],
  }
}
