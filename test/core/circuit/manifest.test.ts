import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CircuitManifest,
  type CircuitSignal,
  hasBinding,
  inputsOf,
  readManifest,
  withManifest,
} from '../../../src/core/circuit/manifest.ts'
import { WitnessError } from '../../../src/core/circuit/witness-error.ts'
import { concat, toBytesBE } from '../../../src/crypto/bytes.ts'
import { FIELD_ORDER } from '../../../src/crypto/scalar-field.ts'

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const seen = (name: string, size = 1): CircuitSignal => ({ name, size, isPublic: true })
const hidden = (name: string, size = 1): CircuitSignal => ({ name, size, isPublic: false })
const manifest = (...inputs: readonly CircuitSignal[]): CircuitManifest => ({ outputs: 2, inputs })
const words = (...values: readonly bigint[]) => concat(...values.map((value) => toBytesBE(value, 32)))

function refused(reason: string, run: () => unknown): void {
  assert.throws(run, (error) => error instanceof WitnessError && error.reason === reason)
}

/** A module with this text as its manifest. */
function saying(text: string, times = 1): Uint8Array {
  const name = 'dikast.circuit'
  const content = [name.length, ...`${name}${text}`].map((one) =>
    typeof one === 'number' ? one : one.charCodeAt(0),
  )
  const section = [0, (content.length & 0x7f) | 0x80, content.length >> 7, ...content]
  return Uint8Array.from([...EMPTY, ...Array.from({ length: times }, () => section).flat()])
}

describe('the manifest of a circuit [CIR-3]', () => {
  it('is read back from the module it was written into', () => {
    const written = manifest(seen('root'), seen('amounts', 8), hidden('path', 20))
    assert.deepEqual(readManifest(withManifest(EMPTY, written)), written)
    assert.deepEqual(
      readManifest(saying('outputs 2\npublic root 1\npublic amounts 8\nprivate path 20')),
      written,
    )
  })

  it('is refused when it is missing, double, or says anything another way', () => {
    refused('malformed-module', () => readManifest(EMPTY))
    refused('malformed-module', () => readManifest(saying('outputs 1', 2)))
    for (const text of [
      '',
      'outputs 01',
      'outputs 1\n',
      'outputs 1\npublic a 0',
      'outputs 1\npublic a 01',
      'outputs 1\npublic a 1 ',
      'outputs 1\nsecret a 1',
      'outputs 1\npublic a-b 1',
      'outputs 1\npublic a 1\npublic a 1',
      'outputs 1\nprivate a 1\npublic b 1',
      'outputs 1\npublic a 65536',
    ])
      refused('malformed-module', () => readManifest(saying(text)))
  })

  it('is looked for in 64 custom sections at most', () => {
    // A section of a name of no bytes.
    const empty = (count: number) => Uint8Array.from({ length: 3 * count }, (_, i) => [0, 1, 0][i % 3] ?? 0)
    const module = (count: number) =>
      withManifest(Uint8Array.from([...EMPTY, ...empty(count)]), manifest(seen('a')))
    assert.equal(readManifest(module(63)).inputs.length, 1)
    refused('malformed-module', () => readManifest(module(64)))
  })

  it('bounds how much it says', () => {
    const many = Array.from({ length: 257 }, (_, i) => `public a${i} 1`).join('\n')
    refused('malformed-module', () => readManifest(saying(`outputs 1\n${many}`)))
    refused('malformed-module', () => withManifest(EMPTY, manifest(seen('a', 65_535))))
  })
})

describe('inputs by name from a request [CIR-1]', () => {
  it('are its words in the order of the public inputs, beside what only the prover has', () => {
    const inputs = inputsOf(manifest(seen('root'), seen('amounts', 2), hidden('path', 1)), {
      request: words(1n, 2n, 3n),
      private: { path: [4n] },
    })
    assert.deepEqual(inputs, { root: [1n], amounts: [2n, 3n], path: [4n] })
  })

  it('are as many words as the circuit has public inputs, the binding aside', () => {
    const bound = manifest(seen('root'), seen('binding'), hidden('path'))
    assert.equal(hasBinding(bound), true)
    assert.deepEqual(inputsOf(bound, { request: words(1n), binding: 9n }), { root: [1n], binding: [9n] })
    refused('missing-input', () => inputsOf(bound, { request: words(1n) }))
    refused('missing-input', () => inputsOf(bound, { request: words(), binding: 9n }))
    refused('too-many-inputs', () => inputsOf(bound, { request: words(1n, 2n), binding: 9n }))
  })

  it('take no binding that is not the last public input, or is more than one element', () => {
    assert.equal(hasBinding(manifest(seen('binding'), seen('root'))), false)
    assert.equal(hasBinding(manifest(seen('root'), seen('binding', 2))), false)
    assert.equal(hasBinding(manifest(hidden('binding'))), false)
  })

  it('are refused where a word is not below the order of the field, is cut off, or is given twice', () => {
    const one = manifest(seen('root'))
    refused('input-out-of-range', () => inputsOf(one, { request: words(FIELD_ORDER) }))
    refused('input-out-of-range', () => inputsOf(one, { request: new Uint8Array(31) }))
    refused('too-many-inputs', () => inputsOf(one, { request: words(1n), private: { root: [2n] } }))
  })
})
