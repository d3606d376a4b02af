/**
 * Drives a witness calculator that circom 2 compiled to WebAssembly.
 *
 * The calculator is handed in as its exports, so nothing here needs an engine. It is not trusted: what it returns is checked,
 * what it says is cut off, and whoever runs it bounds its time and memory. Nor does it decide whether a witness is right:
 * the proof made from it does.
 *
 * A signal is named by the FNV-1a hash (64 bits) of its name. The last element that is set starts the computation, so a missing
 * one raises nothing: elements are counted first. A host whose `exceptionHandler` returned would get a witness of
 * garbage: ours throws.
 * @module
 */
import { FIELD_ELEMENT_BYTES, FIELD_ORDER, isFieldElement } from '../../crypto/scalar-field.ts'
import { WitnessError, type WitnessErrorReason } from './witness-error.ts'

/** What a calculator exports, beside its memory. Numbers are 32 bits. */
export interface CalculatorExports {
  init(checks: number): void
  getFieldNumLen32(): number
  getRawPrime(): void
  getInputSize(): number
  getInputSignalSize(hashHigh: number, hashLow: number): number
  getWitnessSize(): number
  readSharedRWMemory(word: number): number
  writeSharedRWMemory(word: number, value: number): void
  setInputSignal(hashHigh: number, hashLow: number, index: number): void
  getWitness(index: number): void
  getMessageChar(): number
}

export const CALCULATOR_NAMESPACE = 'runtime'

/** What a calculator imports, all of it functions in `CALCULATOR_NAMESPACE`. */
export interface CalculatorImports {
  exceptionHandler(code: number): void
  printErrorMessage(): void
  writeBufferMessage(): void
  showSharedRWMemory(): void
}

/** Elements of each input signal, in the order of the array it is. */
export type CircuitInputs = Readonly<Record<string, readonly bigint[]>>

/** Elements of a witness: the largest keys in use have a quarter of it. */
export const WITNESS_ELEMENTS_MAX = 1 << 22
const WORDS = FIELD_ELEMENT_BYTES / 4
const SAID_CHARACTERS_MAX = 1_000
const CHECKS_ON = 1

/** By the code the calculator calls its handler with. */
const EXCEPTIONS: Readonly<Record<number, readonly [WitnessErrorReason, string]>> = {
  1: ['unknown-input', 'signal not found'],
  2: ['too-many-inputs', 'too many signals set'],
  3: ['too-many-inputs', 'signal already set'],
  4: ['unsatisfied', 'a constraint or assertion does not hold'],
  5: ['malformed-module', 'the calculator has too little memory'],
  6: ['too-many-inputs', 'beyond the end of an input'],
  7: ['unsatisfied', 'an index is beyond the end of an array'],
}

/** The host's side of one calculator: what it imports, and what it said. */
export class CalculatorHost {
  #said = ''
  #exports: CalculatorExports | undefined

  readonly imports: CalculatorImports = {
    exceptionHandler: (code) => {
      const [reason, words] = EXCEPTIONS[code] ?? ['malformed-module', `exception ${code}`]
      throw new WitnessError(reason, this.#said === '' ? words : `${words}: ${this.#said}`)
    },
    printErrorMessage: () => {
      const separator = this.#said === '' ? '' : '; '
      this.#said = `${this.#said}${separator}${this.#message()}`.slice(0, SAID_CHARACTERS_MAX)
    },
    // What a circuit logs is for its author, who has circom's own tools.
    writeBufferMessage: () => {},
    showSharedRWMemory: () => {},
  }

  /** Before anything is called. */
  bind(exports: CalculatorExports): void {
    this.#exports = exports
  }

  #message(): string {
    let text = ''
    for (let left = SAID_CHARACTERS_MAX; left > 0; left--) {
      const character = this.#exports?.getMessageChar() ?? 0
      if (character === 0) break
      // Printable ASCII: it ends in logs.
      text += character >= 0x20 && character < 0x7f ? String.fromCharCode(character) : ' '
    }
    return text.trim()
  }
}

/** The witness: elements of 32 bytes, little-endian, the first of them 1. Throws `WitnessError`. */
export function calculateWitness(calculator: CalculatorExports, inputs: CircuitInputs): Uint8Array {
  checkField(calculator)
  const elements = Object.entries(inputs)
  checkInputs(calculator, elements)
  calculator.init(CHECKS_ON)
  for (const [name, values] of elements) {
    const [high, low] = signalHash(name)
    for (const [i, value] of values.entries()) {
      writeElement(calculator, value)
      calculator.setInputSignal(high, low, i)
    }
  }
  return readWitness(calculator)
}

function checkField(calculator: CalculatorExports): void {
  const words = calculator.getFieldNumLen32()
  if (words !== WORDS)
    throw new WitnessError('malformed-module', `elements of ${words} words, not of ${WORDS}`)
  calculator.getRawPrime()
  let prime = 0n
  for (let i = WORDS - 1; i >= 0; i--) prime = (prime << 32n) | BigInt(calculator.readSharedRWMemory(i) >>> 0)
  if (prime !== FIELD_ORDER)
    throw new WitnessError('malformed-module', 'it computes in another field than BN254')
}

function checkInputs(
  calculator: CalculatorExports,
  inputs: readonly (readonly [name: string, values: readonly bigint[]])[],
): void {
  const declared = calculator.getInputSize()
  let given = 0
  for (const [name, values] of inputs) {
    const size = calculator.getInputSignalSize(...signalHash(name))
    if (size <= 0) throw new WitnessError('unknown-input', `the circuit has no input ${name}`)
    if (values.length > size)
      throw new WitnessError('too-many-inputs', `${name} has ${size} elements, not ${values.length}`)
    if (values.length < size)
      throw new WitnessError('missing-input', `${name} has ${size} elements, not ${values.length}`)
    for (const [i, value] of values.entries()) {
      if (!isFieldElement(value))
        throw new WitnessError('input-out-of-range', `${name}[${i}] is not below the order of the field`)
    }
    given += values.length
  }
  if (given < declared) throw new WitnessError('missing-input', `${given} elements of ${declared} are given`)
  if (given > declared)
    throw new WitnessError('too-many-inputs', `${given} elements are given to ${declared}`)
}

function writeElement(calculator: CalculatorExports, value: bigint): void {
  for (let i = 0, rest = value; i < WORDS; i++, rest >>= 32n)
    calculator.writeSharedRWMemory(i, Number(rest & 0xffff_ffffn))
}

function readWitness(calculator: CalculatorExports): Uint8Array {
  const size = calculator.getWitnessSize()
  if (!Number.isInteger(size) || size < 1 || size > WITNESS_ELEMENTS_MAX)
    throw new WitnessError('malformed-module', `a witness of ${size} elements, above ${WITNESS_ELEMENTS_MAX}`)
  const bytes = new Uint8Array(size * FIELD_ELEMENT_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < size; i++) {
    calculator.getWitness(i)
    for (let word = 0; word < WORDS; word++)
      view.setUint32(FIELD_ELEMENT_BYTES * i + 4 * word, calculator.readSharedRWMemory(word), true)
  }
  // The constant of every constraint: a calculator that never computed has nought there.
  if (elementAt(bytes, 0) !== 1n)
    throw new WitnessError('malformed-module', 'the witness does not begin with 1')
  return bytes
}

/** Element `index` of a witness. */
export function elementAt(witness: Uint8Array, index: number): bigint {
  const view = new DataView(witness.buffer, witness.byteOffset, witness.byteLength)
  let value = 0n
  for (let at = FIELD_ELEMENT_BYTES * (index + 1) - 8; at >= FIELD_ELEMENT_BYTES * index; at -= 8)
    value = (value << 64n) | view.getBigUint64(at, true)
  return value
}

/** FNV-1a of the name's characters, 64 bits, as two signed words. */
export function signalHash(name: string): [high: number, low: number] {
  let hash = 0xcbf2_9ce4_8422_2325n
  for (const character of name) {
    hash ^= BigInt(character.codePointAt(0) ?? 0)
    hash = (hash * 0x100_0000_01b3n) & 0xffff_ffff_ffff_ffffn
  }
  return [Number(BigInt.asIntN(32, hash >> 32n)), Number(BigInt.asIntN(32, hash))]
}
