/**
 * Runs the calculator circom compiles beside a circuit: as the sandbox does, without its metering, for measuring provers alone.
 *
 * A signal is named by the two halves of its FNV-1a-64; an array's values follow one another. Values are eight words, the lowest
 * first. The calculator works when it was given its last input.
 * @module
 */
import { toBytesBE } from '../../src/crypto/bytes.ts'

export type Inputs = Readonly<Record<string, string | number | readonly unknown[]>>

const WORDS = 8
const FNV_OFFSET = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n

interface Calculator {
  init(sanityCheck: number): void
  getInputSize(): number
  getWitnessSize(): number
  getFieldNumLen32(): number
  writeSharedRWMemory(word: number, value: number): void
  readSharedRWMemory(word: number): number
  setInputSignal(high: number, low: number, index: number): void
  getWitness(wire: number): void
}

export function calculateWitness(module: WebAssembly.Module, inputs: Inputs): Uint8Array {
  const nothing = () => {}
  const runtime = {
    exceptionHandler: (code: number) => {
      throw new Error(`the calculator stopped with ${code}`)
    },
    printErrorMessage: nothing,
    writeBufferMessage: nothing,
    showSharedRWMemory: nothing,
  }
  // What circom 2 exports.
  const calculator = new WebAssembly.Instance(module, { runtime }).exports as unknown as Calculator
  calculator.init(0)
  if (calculator.getFieldNumLen32() !== WORDS) throw new Error('the calculator is of another field')
  let given = 0
  for (const [name, value] of Object.entries(inputs)) {
    let hash = FNV_OFFSET
    for (const byte of Buffer.from(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME)
    for (const [index, each] of [value].flat(8).entries()) {
      const words = new DataView(toBytesBE(BigInt(String(each)), 4 * WORDS).buffer)
      for (let word = 0; word < WORDS; word++)
        calculator.writeSharedRWMemory(word, words.getUint32(4 * (WORDS - 1 - word)))
      calculator.setInputSignal(Number(hash >> 32n), Number(hash & 0xffffffffn), index)
      given++
    }
  }
  if (given !== calculator.getInputSize()) throw new Error(`${given} inputs of ${calculator.getInputSize()}`)
  const witness = new Uint32Array(calculator.getWitnessSize() * WORDS)
  for (let wire = 0; wire < witness.length / WORDS; wire++) {
    calculator.getWitness(wire)
    for (let word = 0; word < WORDS; word++)
      witness[wire * WORDS + word] = calculator.readSharedRWMemory(word)
  }
  return new Uint8Array(witness.buffer)
}
