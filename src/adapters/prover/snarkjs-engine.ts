/**
 * The reference: iden3's snarkjs. It does not look at whether points are on their curve, and cannot be stopped in the middle.
 * @module
 */
import * as snarkjs from 'snarkjs'
import { type Proof, ProverError } from '../../ports/prover.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { encodeSnarkjsProof, witnessFile } from './snarkjs-format.ts'
import { checkWitness } from './witness.ts'
import { readZkey } from './zkey.ts'

interface Key {
  readonly file: Uint8Array
  readonly wires: number
}

export class SnarkjsEngine implements Engine<Key> {
  load(file: Uint8Array, bytesMax: number): Key {
    const { wires } = readZkey(file)
    if (file.length > bytesMax)
      throw new ProverError(
        'out-of-memory',
        `the key takes ${file.length} bytes, of ${bytesMax} it may take`,
        {
          fix: 'give the prover more memory',
        },
      )
    return { file, wires }
  }

  bytesOf({ file }: Key): number {
    return file.length
  }

  async prove({ file, wires }: Key, witness: Uint8Array, options: EngineOptions): Promise<Proof> {
    checkWitness(witness, wires)
    options.onPhase('quotient')
    const { proof, publicSignals } = await snarkjs.groth16.prove(file, witnessFile(witness))
    return { proof: encodeSnarkjsProof(proof), publicSignals: publicSignals.map(BigInt) }
  }

  forget(): void {}

  async close(): Promise<void> {
    await (await snarkjs.curves.getCurveFromName('bn128')).terminate()
  }
}
