/**
 * snarkjs's word on a proof. Its workers never end by themselves: they are told to after all tests of a file.
 * @module
 */
import { after } from 'node:test'

interface Snarkjs {
  readonly groth16: {
    verify(key: unknown, publicInputs: readonly string[], proof: unknown): Promise<boolean>
  }
  readonly curves: { getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }> }
}

/** By a name the compiler does not follow: it ships no types. */
const NAME: string = 'snarkjs'
const snarkjs = (await import(NAME)) as Snarkjs

after(async () => await (await snarkjs.curves.getCurveFromName('bn128')).terminate())

export async function snarkjsVerifies(
  key: unknown,
  publicInputs: readonly string[],
  proof: unknown,
): Promise<boolean> {
  return await snarkjs.groth16.verify(key, publicInputs, proof)
}
