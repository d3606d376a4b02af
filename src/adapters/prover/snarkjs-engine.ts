/**
 * The reference: iden3's snarkjs. It does not look at whether points are on their curve, and cannot be stopped in the middle.
 * @module
 */
import * as snarkjs from 'snarkjs'
import { toBytesBE } from '../../crypto/bytes.ts'
import { PROOF_BYTES, type Proof, ProverError } from '../../ports/prover.ts'
import { FIELD_BYTES, R, readField, writeField } from './bn254.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { writeSections } from './sections.ts'
import { checkWitnessLength, outOfRange } from './witness.ts'
import { readZkey } from './zkey.ts'

const WITNESS_VERSION = 2

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
    checkWitnessLength(witness, wires)
    for (let wire = 0; wire < wires; wire++)
      if (readField(witness, wire * FIELD_BYTES) >= R) throw outOfRange(wire)
    options.onPhase('quotient')
    const { proof, publicSignals } = await snarkjs.groth16.prove(file, witnessFile(witness))
    return { proof: encode(proof), publicSignals: publicSignals.map(BigInt) }
  }

  forget(): void {}

  async close(): Promise<void> {
    await (await snarkjs.curves.getCurveFromName('bn128')).terminate()
  }
}

function witnessFile(values: Uint8Array): Uint8Array {
  const header = new Uint8Array(8 + FIELD_BYTES)
  const view = new DataView(header.buffer)
  view.setUint32(0, FIELD_BYTES, true)
  writeField(header, 4, R)
  view.setUint32(4 + FIELD_BYTES, values.length / FIELD_BYTES, true)
  return writeSections('wtns', WITNESS_VERSION, [header, values])
}

function encode({ pi_a: a, pi_b: b, pi_c: c }: snarkjs.Groth16Proof): Uint8Array {
  const [x, y] = b
  const coordinates = [a[0], a[1], x?.[1], x?.[0], y?.[1], y?.[0], c[0], c[1]]
  const proof = new Uint8Array(PROOF_BYTES)
  for (const [i, value] of coordinates.entries()) {
    if (value === undefined) throw new TypeError('snarkjs gave a proof of another form')
    proof.set(toBytesBE(BigInt(value), FIELD_BYTES), i * FIELD_BYTES)
  }
  return proof
}
