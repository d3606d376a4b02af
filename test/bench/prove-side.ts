/**
 * One side of a comparison: a process that keeps a prover warm, and makes a proof whenever it is told to. It tells the
 * processor time of all its threads, and the time by the clock.
 *
 *   node prove-side.ts kernel|snarkjs inputs.json calculator.wasm key.zkey
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import * as snarkjs from 'snarkjs'
import { InProcessProver } from '../../src/adapters/prover/in-process.ts'
import { inputsFrom, witnessOf } from './prove-circuit.ts'

const KEY_BYTES_MAX = 2 ** 31
const [engine, inputsFile = '', calculatorFile = '', keyFile = ''] = process.argv.slice(2)
const key = new Uint8Array(readFileSync(keyFile))
const calculator = new Uint8Array(readFileSync(calculatorFile))

async function kernel(): Promise<() => Promise<void>> {
  const module = new WebAssembly.Module(calculator)
  const inputs = inputsFrom(inputsFile)
  const prover = new InProcessProver({
    engine: 'kernel',
    threads: availableParallelism(),
    keyBytesMax: KEY_BYTES_MAX,
  })
  const hash = `0x${createHash('sha256').update(key).digest('hex')}` as const
  const provingKey = { hash, read: async () => key }
  return async () => {
    await prover.prove({ provingKey, witness: async () => witnessOf(module, inputs) })
  }
}

const prove =
  engine === 'kernel'
    ? await kernel()
    : async () => {
        const inputs = JSON.parse(readFileSync(inputsFile, 'utf8')) as Readonly<Record<string, unknown>>
        await snarkjs.groth16.fullProve(inputs, calculator, key)
      }

export interface Spent {
  readonly cpuMs: number
  readonly wallMs: number
}

process.on('message', async () => {
  const [cpu, started] = [process.cpuUsage(), performance.now()]
  await prove()
  const { user, system } = process.cpuUsage(cpu)
  const spent: Spent = { cpuMs: (user + system) / 1000, wallMs: performance.now() - started }
  process.send?.(spent)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
