/**
 * Runs witness calculators, each on a thread of its own that ends with it: a calculator is code from outside, and what bounds
 * its time is that the thread can be ended.
 *
 * Memory: linear memory is clamped in the module, and the thread's own heap is bounded.
 * @module
 */
import { Worker } from 'node:worker_threads'
import type { CircuitInputs } from '../../core/circuit/witness.ts'
import { WitnessError } from '../../core/circuit/witness-error.ts'
import type { CalculatorReply, CalculatorTask } from './calculator-worker.ts'

export interface CalculationOptions {
  readonly msMax?: number
  readonly memoryBytesMax?: number
  readonly signal?: AbortSignal
}

const FILE = new URL(
  import.meta.url.endsWith('.ts') ? './calculator-worker.ts' : './calculator-worker.js',
  import.meta.url,
)
/** The witness of a million constraints takes seconds. */
export const CALCULATION_MS_MAX = 60_000
/** Linear memory of a calculator; one of sixty thousand constraints has 24 MB. */
export const CALCULATOR_MEMORY_BYTES_MAX = 512 * 1024 * 1024
/** The module, the compiled code and the witness are not in it; names and numbers of the inputs are. */
const HEAP_MEGABYTES_MAX = 256
const STACK_MEGABYTES = 4

/** The witness of `inputs`, 32 bytes an element, little-endian. Throws `WitnessError`. */
export async function runCalculator(
  module: Uint8Array,
  inputs: CircuitInputs,
  options: CalculationOptions = {},
): Promise<Uint8Array> {
  const { msMax = CALCULATION_MS_MAX, signal } = options
  const memoryBytesMax = Math.min(options.memoryBytesMax ?? Infinity, CALCULATOR_MEMORY_BYTES_MAX)
  if (signal?.aborted) throw new WitnessError('host', 'cancelled before it began')
  const task: CalculatorTask = { module, inputs, memoryBytesMax }
  const worker = new Worker(FILE, {
    env: {},
    execArgv: [],
    workerData: task,
    resourceLimits: {
      stackSizeMb: STACK_MEGABYTES,
      maxOldGenerationSizeMb: HEAP_MEGABYTES_MAX,
      maxYoungGenerationSizeMb: 16,
    },
  })
  try {
    return await answerOf(worker, msMax, signal)
  } finally {
    await worker.terminate()
  }
}

function answerOf(worker: Worker, msMax: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (error: WitnessError) => {
      settled()
      reject(error)
    }
    const timer = setTimeout(() => fail(new WitnessError('time-limit', `stopped after ${msMax} ms`)), msMax)
    const cancel = () => fail(new WitnessError('host', 'cancelled'))
    const settled = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    worker.on('message', (reply: CalculatorReply) => {
      if (reply.type === 'failed') return fail(new WitnessError(reply.reason, reply.detail))
      settled()
      resolve(reply.witness)
    })
    worker.on('error', (cause) => fail(new WitnessError('host', `the thread failed: ${cause}`, { cause })))
    worker.on('exit', (code) => fail(new WitnessError('host', `the thread ended with ${code}`)))
  })
}
