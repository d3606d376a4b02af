/**
 * Proofs of a committee's circuits by our own prover, under keys for development that are kept.
 * @module
 */
import { readFileSync } from 'node:fs'
import { CIRCUITS, compileCircuit } from '../../scripts/circuits.ts'
import { developmentKey } from '../../scripts/development-key.ts'
import { runCalculator } from '../../src/adapters/circuit/calculator.ts'
import { InProcessProver } from '../../src/adapters/prover/in-process.ts'
import { verificationKeyOf } from '../../src/adapters/prover/verification-key.ts'
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import type { VerificationKey } from '../../src/crypto/groth16-key.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'
import type { Proof } from '../../src/ports/prover.ts'

/** Of thirty members it takes 89 MB, laid out as the prover has it. */
const KEY_BYTES_MAX = 128 * 1024 * 1024

export interface ProvenCircuit {
  /** The proving key's file. */
  readonly zkey: Uint8Array
  readonly key: VerificationKey
  readonly made: Proof
}

/** Compiles, makes a key unless one is kept, computes the witness in the calculator's thread, and proves. */
export async function proveCircuit(
  name: string,
  inputs: CircuitInputs,
  outputs: number,
): Promise<ProvenCircuit> {
  const { r1cs, wasm } = await compileCircuit(CIRCUITS.get(name) ?? '')
  const zkey = new Uint8Array(readFileSync(await developmentKey(readFileSync(r1cs))))
  const key = verificationKeyOf(zkey, { isCeremony: false, isBound: false, outputs })
  const prover = new InProcessProver({ engine: 'kernel', threads: 1, keyBytesMax: KEY_BYTES_MAX })
  try {
    const made = await prover.prove({
      provingKey: { hash: sha256Hex(zkey), read: async () => zkey },
      witness: () => runCalculator(readFileSync(wasm), inputs),
    })
    return { zkey, key, made }
  } finally {
    await prover.close()
  }
}
