/** A thread of the kernel: takes the next step of a proof until there is none. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Kernel, kernelOn } from './kernel.ts'
import { type PlanOf, planOf, type Step, takeSteps } from './steps.ts'

export type ToThread =
  | {
      readonly type: 'key'
      readonly key: number
      readonly memory: WebAssembly.Memory
      readonly module: WebAssembly.Module
      readonly plan: PlanOf
    }
  | { readonly type: 'forget'; readonly key: number }
  | { readonly type: 'prove'; readonly key: number; readonly counters: Int32Array }

export type FromThread =
  /** Its first sum has begun. */
  | { readonly type: 'summing' }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly detail: string }

/** Null where it is loaded by something else than its process, to see that it can be. */
const number = (workerData as { readonly number: number } | null)?.number ?? 0
const keys = new Map<number, { readonly kernel: Kernel; readonly steps: readonly Step[] }>()

function send(message: FromThread): void {
  parentPort?.postMessage(message)
}

function prove(key: number, counters: Int32Array): void {
  const known = keys.get(key)
  if (known === undefined) throw new Error(`key ${key} is not known`)
  let isSumming = false
  takeSteps(known.steps, counters, (step) => {
    if (step.phase === 'sums' && !isSumming) send({ type: 'summing' })
    isSumming ||= step.phase === 'sums'
    step.run(known.kernel, number)
  })
  send({ type: 'ended' })
}

parentPort?.on('message', (message: ToThread) => {
  try {
    if (message.type === 'forget') keys.delete(message.key)
    else if (message.type === 'prove') prove(message.key, message.counters)
    else {
      const { plan, memory, module } = message
      const kernel = kernelOn(module, memory, plan.layout.stacks[number + 1] ?? 0)
      keys.set(message.key, { kernel, steps: planOf(plan).steps })
    }
  } catch (error) {
    send({ type: 'failed', detail: String(error).slice(0, 200) })
  }
})
