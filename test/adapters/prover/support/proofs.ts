/** Keys of small circuits, and what accepts their proofs. */
import { createHash } from 'node:crypto'
import * as snarkjs from 'snarkjs'
import { devSetup } from '../../../../src/adapters/prover/dev-setup.ts'
import { fromBytesBE } from '../../../../src/crypto/bytes.ts'
import type { Proof, ProvingKey } from '../../../../src/ports/prover.ts'
import { type Circuit, r1csOf } from './circuit.ts'

export interface TestKey {
  readonly file: Uint8Array
  readonly provingKey: ProvingKey
  /** How often it was read. */
  reads: number
}

export async function keyOf(circuit: Circuit): Promise<TestKey> {
  return keyFrom(await devSetup(r1csOf(circuit), 'a seed everybody knows'))
}

export function keyFrom(file: Uint8Array): TestKey {
  const hash = `0x${createHash('sha256').update(file).digest('hex')}` as const
  const key: TestKey = {
    file,
    reads: 0,
    provingKey: {
      hash,
      read: async () => {
        key.reads++
        return file
      },
    },
  }
  return key
}

/** Whether snarkjs accepts the proof. */
export async function accepts(file: Uint8Array, { proof, publicSignals }: Proof): Promise<boolean> {
  const word = (i: number) => fromBytesBE(proof.subarray(32 * i, 32 * i + 32)).toString()
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = [0, 1, 2, 3, 4, 5, 6, 7].map(word) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return snarkjs.groth16.verify(await snarkjs.zKey.exportVerificationKey(file), publicSignals.map(String), {
    pi_a: [ax, ay, '1'],
    pi_b: [
      [bx0, bx1],
      [by0, by1],
      ['1', '0'],
    ],
    pi_c: [cx, cy, '1'],
    ...{ protocol: 'groth16', curve: 'bn128' },
  })
}

export async function endSnarkjs(): Promise<void> {
  await (await snarkjs.curves.getCurveFromName('bn128')).terminate()
}
