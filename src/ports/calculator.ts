import type { CircuitInputs } from '../core/circuit/witness.ts'

/** Computes a circuit's witness, which is code from outside: bounded in time and memory. */
export interface Calculator {
  /** Elements of 32 bytes, little-endian, the first of them 1. Throws `WitnessError`. */
  calculate(
    module: Uint8Array,
    inputs: CircuitInputs,
    options: {
      readonly msMax: number
      /** Linear memory, as the function was deployed with; no more than the calculator's own bound, whatever it says. */
      readonly memoryBytesMax: number
      readonly signal?: AbortSignal
    },
  ): Promise<Uint8Array>
}
