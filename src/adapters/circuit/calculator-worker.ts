/** The thread of one calculation. */
import { parentPort, workerData } from 'node:worker_threads'
import { prepareCalculator } from '../../core/circuit/calculator-module.ts'
import {
  CALCULATOR_NAMESPACE,
  type CalculatorExports,
  CalculatorHost,
  type CircuitInputs,
  calculateWitness,
} from '../../core/circuit/witness.ts'
import { WitnessError, type WitnessErrorReason } from '../../core/circuit/witness-error.ts'

export interface CalculatorTask {
  readonly module: Uint8Array
  readonly inputs: CircuitInputs
  readonly memoryBytesMax: number
}

export type CalculatorReply =
  | { readonly type: 'calculated'; readonly witness: Uint8Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly reason: WitnessErrorReason; readonly detail: string }

function calculate({ module, inputs, memoryBytesMax }: CalculatorTask): Uint8Array {
  const prepared = Uint8Array.from(prepareCalculator(module, memoryBytesMax))
  const compiled = new WebAssembly.Module(prepared)
  const host = new CalculatorHost()
  const { exports } = new WebAssembly.Instance(compiled, {
    [CALCULATOR_NAMESPACE]: { ...host.imports },
  })
  // `prepareCalculator` has looked at every name and signature.
  const calculator = exports as unknown as CalculatorExports
  host.bind(calculator)
  return calculateWitness(calculator, inputs)
}

function replyTo(task: CalculatorTask): CalculatorReply {
  try {
    return { type: 'calculated', witness: Uint8Array.from(calculate(task)) }
  } catch (error) {
    if (error instanceof WitnessError) {
      const { reason, detail } = error
      return { type: 'failed', reason, detail }
    }
    // Invalid code, or a trap of it.
    const isTheirs =
      error instanceof WebAssembly.CompileError ||
      error instanceof WebAssembly.LinkError ||
      error instanceof WebAssembly.RuntimeError ||
      // Recursion without an end.
      (error instanceof RangeError && error.message.includes('call stack'))
    return {
      type: 'failed',
      reason: isTheirs ? 'malformed-module' : 'host',
      detail: String(error).slice(0, 200),
    }
  }
}

const reply = replyTo(workerData as CalculatorTask)
parentPort?.postMessage(reply, reply.type === 'calculated' ? [reply.witness.buffer] : [])
