/**
 * A proof in a process of its own, as a command makes one: `node prove-once.js inputs.json calculator.wasm key.zkey proof.bin`.
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { InProcessProver } from '../../src/adapters/prover/in-process.ts'
import { inputsFrom, witnessOf } from './prove-circuit.ts'

const KEY_BYTES_MAX = 2 ** 31
const [inputs = '', calculator = '', key = '', out = ''] = process.argv.slice(2)
const prover = new InProcessProver({
  engine: 'kernel',
  threads: availableParallelism(),
  keyBytesMax: KEY_BYTES_MAX,
})
const file = new Uint8Array(readFileSync(key))
const hash = `0x${createHash('sha256').update(file).digest('hex')}` as const
const { proof } = await prover.prove({
  provingKey: { hash, read: async () => file },
  witness: async () => witnessOf(new WebAssembly.Module(readFileSync(calculator)), inputsFrom(inputs)),
})
writeFileSync(out, proof)
await prover.close()
