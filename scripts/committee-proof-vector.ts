/**
 * Makes `test/vectors/committee-proof-30.json`: a committee of thirty, of whom twenty-one signed, proven under a key for development. The proof
 * is another each time it is made, so the file is made once and kept; `test/circuits/proof.test.ts` verifies it.
 *
 *   node scripts/committee-proof-vector.ts      (about a minute)
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { runCalculator } from '../src/adapters/circuit/calculator.ts'
import { InProcessProver } from '../src/adapters/prover/in-process.ts'
import { verificationKeyOf } from '../src/adapters/prover/verification-key.ts'
import { fromHex, toHex } from '../src/crypto/bytes.ts'
import { committeeProofInputs, keyRoot, observationContext } from '../src/crypto/committee-proof.ts'
import { encodeVerificationKey, verificationKeyHash } from '../src/crypto/groth16-key.ts'
import { sha256Hex, tagHash } from '../src/crypto/hash.ts'
import { schnorrKey, schnorrSecret, signSchnorr } from '../src/crypto/schnorr.ts'
import type { Hex } from '../src/protocol/types.ts'
import { CIRCUITS, compileCircuit } from './circuits.ts'
import { developmentKey } from './development-key.ts'

const NAME = 'committee-median-30'
const MEMBERS = 30
const SIGNERS = 21
const KEY_BYTES_MAX = 256 * 1024 * 1024

const word = (label: string): Hex => tagHash(`vector:${label}`)
const secrets = Array.from({ length: MEMBERS }, (_, i) => schnorrSecret(fromHex(word(`observer:${i}`))))
const keys = secrets.map(schnorrKey)
const context = {
  chainId: 31_337,
  contract: `0x${word('consumer').slice(-40)}`,
  subject: word('subject'),
} as const
const ctx = observationContext(context)
const observations = secrets.map((secret, i) => {
  const value = 2_000n + BigInt((i * 7) % 30)
  return i < SIGNERS ? { value, signature: signSchnorr(secret, ctx, value) } : undefined
})
const { inputs, statement } = committeeProofInputs({ keys, ctx, observations })

const { r1cs, wasm } = await compileCircuit(CIRCUITS.get(NAME) ?? '')
const zkey = readFileSync(await developmentKey(readFileSync(r1cs)))
const key = verificationKeyOf(zkey, { isCeremony: false, isBound: false, outputs: 0 })
const prover = new InProcessProver({ engine: 'kernel', threads: 1, keyBytesMax: KEY_BYTES_MAX })
const { proof, publicSignals } = await prover.prove({
  provingKey: { hash: sha256Hex(zkey), read: async () => zkey },
  witness: () => runCalculator(readFileSync(wasm), inputs),
})
await prover.close()

const vector = {
  circuit: NAME,
  bytes: toHex(encodeVerificationKey(key)),
  hash: verificationKeyHash(key),
  keyRoot: keyRoot(keys),
  context: { value: context, ctx },
  statement,
  publicInputs: publicSignals,
  proof: toHex(proof),
}
const text = JSON.stringify(
  vector,
  (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value),
  1,
)
writeFileSync(new URL('../test/vectors/committee-proof-30.json', import.meta.url), `${text}\n`)
