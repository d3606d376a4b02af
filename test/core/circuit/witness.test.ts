import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CalculatorExports,
  CalculatorHost,
  calculateWitness,
  elementAt,
  signalHash,
} from '../../../src/core/circuit/witness.ts'
import { WitnessError, type WitnessErrorReason } from '../../../src/core/circuit/witness-error.ts'
import { FIELD_ORDER } from '../../../src/crypto/scalar-field.ts'

/** Inputs `a` (1) and `b` (2); the witness is 1 and what was set, in the order it was set. */
class Calculator implements CalculatorExports {
  readonly shared = new Uint32Array(8)
  readonly set: bigint[] = []
  isReady = false
  prime = FIELD_ORDER
  words = 8
  witnessSize = 4
  first = 1n

  #load(value: bigint): void {
    for (let i = 0; i < 8; i++) this.shared[i] = Number((value >> BigInt(32 * i)) & 0xffff_ffffn)
  }
  #store(): bigint {
    return this.shared.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n)
  }
  init(checks: number): void {
    this.isReady = checks === 1
  }
  getFieldNumLen32 = () => this.words
  getRawPrime = () => this.#load(this.prime)
  getInputSize = () => 3
  getInputSignalSize(high: number, low: number): number {
    const is = (name: string) => signalHash(name)[0] === high && signalHash(name)[1] === low
    return is('a') ? 1 : is('b') ? 2 : 0
  }
  getWitnessSize = () => this.witnessSize
  readSharedRWMemory = (word: number) => (this.shared[word] ?? 0) | 0
  writeSharedRWMemory(word: number, value: number): void {
    this.shared[word] = value
  }
  setInputSignal(): void {
    assert.ok(this.isReady, 'checks are on before anything is set')
    this.set.push(this.#store())
  }
  getWitness = (index: number) => this.#load(index === 0 ? this.first : (this.set[index - 1] ?? 0n))
  getMessageChar = () => 0
}

function refused(reason: WitnessErrorReason, run: () => unknown): WitnessError {
  let caught: unknown
  try {
    run()
  } catch (error) {
    caught = error
  }
  assert.ok(caught instanceof WitnessError, `not refused: ${String(caught)}`)
  assert.equal(caught.code, 'WITNESS')
  assert.equal(caught.reason, reason, caught.message)
  return caught
}

describe('a witness calculator that is driven [CIR-4]', () => {
  it('is given every element, and its witness is read as 32 bytes an element, little-endian', () => {
    const witness = calculateWitness(new Calculator(), { a: [5n], b: [FIELD_ORDER - 1n, 1n << 200n] })
    assert.equal(witness.length, 4 * 32)
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => elementAt(witness, i)),
      [1n, 5n, FIELD_ORDER - 1n, 1n << 200n],
    )
    assert.equal(witness[32], 5)
  })

  it('names signals by FNV-1a of 64 bits', () => {
    // From the algorithm's authors: the empty string, "a" and "foobar".
    const hex = (name: string) =>
      signalHash(name)
        .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
        .join('')
    assert.equal(hex(''), 'cbf29ce484222325')
    assert.equal(hex('a'), 'af63dc4c8601ec8c')
    assert.equal(hex('foobar'), '85944171f73967e8')
  })

  it('is not started when an input is missing, short, long, unknown or not below the order of the field', () => {
    const cases: readonly (readonly [WitnessErrorReason, Record<string, bigint[]>])[] = [
      ['missing-input', { b: [1n, 2n] }],
      ['missing-input', { a: [1n], b: [1n] }],
      ['too-many-inputs', { a: [1n, 2n], b: [1n, 2n] }],
      ['unknown-input', { a: [1n], b: [1n, 2n], c: [1n] }],
      ['input-out-of-range', { a: [FIELD_ORDER], b: [1n, 2n] }],
      ['input-out-of-range', { a: [-1n], b: [1n, 2n] }],
    ]
    for (const [reason, inputs] of cases) {
      const calculator = new Calculator()
      refused(reason, () => calculateWitness(calculator, inputs))
      assert.deepEqual(calculator.set, [])
    }
  })

  it('is refused when it computes in another field, in other words, or gives no witness', () => {
    const inputs = { a: [1n], b: [1n, 2n] }
    const broken: readonly Partial<Calculator>[] = [
      { prime: FIELD_ORDER - 2n },
      { words: 4 },
      { witnessSize: 0 },
      { witnessSize: -1 },
      { witnessSize: (1 << 22) + 1 },
      { first: 0n },
    ]
    for (const parts of broken)
      refused('malformed-module', () => calculateWitness(Object.assign(new Calculator(), parts), inputs))
  })
})

describe('what a calculator imports [CIR-4]', () => {
  /** Says `texts`, one after another, then raises `code`. */
  function raised(code: number, ...texts: readonly string[]): WitnessError {
    const host = new CalculatorHost()
    const characters = texts.flatMap((text) => [...text].map((one) => one.charCodeAt(0)).concat(0))
    host.bind(Object.assign(new Calculator(), { getMessageChar: () => characters.shift() ?? 0 }))
    for (const _ of texts) host.imports.printErrorMessage()
    let caught: unknown
    try {
      host.imports.exceptionHandler(code)
    } catch (error) {
      caught = error
    }
    assert.ok(caught instanceof WitnessError, 'the handler returned: a witness of garbage would follow')
    return caught
  }

  it('throws on every exception, whatever its code', () => {
    assert.equal(raised(4).reason, 'unsatisfied')
    assert.equal(raised(1).reason, 'unknown-input')
    assert.equal(raised(2).reason, 'too-many-inputs')
    for (const code of [0, 8, -1]) assert.equal(raised(code).reason, 'malformed-module')
  })

  it('says what circom said, printable and cut off', () => {
    assert.match(
      raised(4, 'Error in template Median_3 line: 4', 'second').detail,
      /Median_3 line: 4; second$/,
    )
    const { detail } = raised(4, `\u001b[31m${'x'.repeat(5_000)}`, 'y'.repeat(5_000))
    assert.ok(detail.length < 1_100)
    assert.ok(!detail.includes('\u001b'))
  })

  it('stops listening to a calculator whose message never ends', () => {
    const host = new CalculatorHost()
    let asked = 0
    host.bind(
      Object.assign(new Calculator(), {
        getMessageChar: () => {
          asked++
          return 120
        },
      }),
    )
    host.imports.printErrorMessage()
    assert.equal(asked, 1_000)
  })
})

describe('an error of a witness', () => {
  it('says what to do, whatever the reason, unless this machine could not run it', () => {
    const reasons = [
      'unsatisfied',
      'missing-input',
      'unknown-input',
      'too-many-inputs',
      'input-out-of-range',
      'malformed-module',
      'time-limit',
    ] as const
    for (const reason of reasons) assert.notEqual(new WitnessError(reason, 'x').fix, undefined, reason)
  })
})
