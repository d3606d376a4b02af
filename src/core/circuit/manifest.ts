/**
 * What a circuit is given, written into its witness calculator (CIR-3).
 *
 * A calculator knows its inputs by hashes of their names only, so that nobody could call it who has just the module. The names,
 * sizes and kinds stand in a custom section `dikast.circuit`, which is under the module's hash as all of it is:
 * one line an input, in the order declared, public ones first, as `public amounts 8` or `private path 20`, and
 * before them the number of outputs as `outputs 1`.
 *
 * Public signals of a proof are the outputs, then the public inputs, each in this order.
 * @module
 */

import { fromBytesBE } from '../../crypto/bytes.ts'
import { FIELD_ELEMENT_BYTES, isFieldElement } from '../../crypto/scalar-field.ts'
import { Reader } from '../wasm/reader.ts'
import { Writer } from '../wasm/writer.ts'
import type { CircuitInputs } from './witness.ts'
import { WitnessError } from './witness-error.ts'

export interface CircuitSignal {
  readonly name: string
  /** Elements. */
  readonly size: number
  readonly isPublic: boolean
}

export interface CircuitManifest {
  /** Elements. */
  readonly outputs: number
  readonly inputs: readonly CircuitSignal[]
}

const SECTION_NAME = 'dikast.circuit'
const CUSTOM_SECTION = 0
const HEADER_BYTES = 8
/** Custom sections whose names are read: compilers write three or four, and five million empty ones would fit a module. */
const CUSTOM_SECTIONS_MAX = 64
/** Input signals of a circuit, and elements of all of them: a request's input is a thousand words at most. */
const SIGNALS_MAX = 256
const ELEMENTS_MAX = 1 << 16
const NAME_BYTES_MAX = 4096
const TEXT_BYTES_MAX = 32 * 1024
/** A public input of this name, the last one, is the network's to fill: it says who is paid for the proof. */
export const BINDING = 'binding'

/** The module with its manifest at its end. */
export function withManifest(module: Uint8Array, manifest: CircuitManifest): Uint8Array {
  const lines = manifest.inputs.map(
    ({ name, size, isPublic }) => `${isPublic ? 'public' : 'private'} ${name} ${size}`,
  )
  const text = [`outputs ${manifest.outputs}`, ...lines].join('\n')
  parseManifest(text)
  const content = new Writer(text.length + 32)
  content.name(SECTION_NAME)
  content.bytes(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  const writer = new Writer(module.length + text.length + 64)
  writer.bytes(module)
  writer.section(CUSTOM_SECTION, content.result())
  return writer.result()
}

/** The manifest in a module. Throws `WitnessError`, and `ModuleRejectedError` where it is no module. */
export function readManifest(module: Uint8Array): CircuitManifest {
  const reader = new Reader(module, HEADER_BYTES, module.length)
  let found: CircuitManifest | undefined
  let customs = 0
  while (reader.left > 0) {
    const id = reader.byte()
    const content = reader.slice(reader.u32())
    if (id !== CUSTOM_SECTION) continue
    if (++customs > CUSTOM_SECTIONS_MAX) throw malformed(`more than ${CUSTOM_SECTIONS_MAX} custom sections`)
    if (content.name(NAME_BYTES_MAX) !== SECTION_NAME) continue
    if (found !== undefined) throw malformed('two manifests')
    if (content.left > TEXT_BYTES_MAX) throw malformed(`a manifest of ${content.left} bytes`)
    found = parseManifest(String.fromCharCode(...module.subarray(content.at, content.end)))
  }
  if (found === undefined) throw malformed(`no section ${SECTION_NAME}`)
  return found
}

function parseManifest(text: string): CircuitManifest {
  const [first = '', ...lines] = text.split('\n')
  const outputs = /^outputs (0|[1-9]\d{0,5})$/.exec(first)?.[1]
  if (outputs === undefined) throw malformed('a manifest that does not begin with its outputs')
  if (lines.length > SIGNALS_MAX) throw malformed(`${lines.length} inputs, above ${SIGNALS_MAX}`)
  const inputs = lines.map((line) => {
    const [, kind, name, size] = /^(public|private) ([A-Za-z_$][\w$]{0,63}) ([1-9]\d{0,5})$/.exec(line) ?? []
    if (name === undefined) throw malformed('a line of the manifest that names no input')
    return { name, size: Number(size), isPublic: kind === 'public' }
  })
  const elements = inputs.reduce((sum, { size }) => sum + size, Number(outputs))
  if (elements > ELEMENTS_MAX) throw malformed(`${elements} elements, above ${ELEMENTS_MAX}`)
  if (new Set(inputs.map(({ name }) => name)).size !== inputs.length)
    throw malformed('an input named twice in the manifest')
  if (inputs.some(({ isPublic }, i) => isPublic && inputs[i - 1]?.isPublic === false))
    throw malformed('a public input behind a private one')
  return { outputs: Number(outputs), inputs }
}

function malformed(detail: string): WitnessError {
  return new WitnessError('malformed-module', detail)
}

/** Whether the last public input is the network's. */
export function hasBinding({ inputs }: CircuitManifest): boolean {
  const last = inputs.findLast(({ isPublic }) => isPublic)
  return last?.name === BINDING && last.size === 1
}

/** Elements of all public inputs, the binding among them. */
export function publicInputsOf({ inputs }: CircuitManifest): number {
  return inputs.reduce((sum, { size, isPublic }) => sum + (isPublic ? size : 0), 0)
}

/** Inputs as names, from what is known of them: the words of a request, what binds it, and what only the prover has. */
export function inputsOf(
  manifest: CircuitManifest,
  given: { readonly request: Uint8Array; readonly binding?: bigint; readonly private?: CircuitInputs },
): CircuitInputs {
  const isBound = hasBinding(manifest)
  const words = wordsOf(given.request)
  const named = new Map<string, readonly bigint[]>()
  let at = 0
  for (const { name, size, isPublic } of manifest.inputs) {
    if (!isPublic) continue
    if (isBound && name === BINDING) {
      if (given.binding === undefined)
        throw new WitnessError('missing-input', 'the circuit asks for a binding')
      named.set(name, [given.binding])
      continue
    }
    named.set(name, words.slice(at, at + size))
    at += size
  }
  if (words.length !== at)
    throw new WitnessError(
      words.length < at ? 'missing-input' : 'too-many-inputs',
      `the request has ${words.length} words, the circuit ${at} public inputs`,
    )
  for (const [name, values] of Object.entries(given.private ?? {})) {
    if (named.has(name))
      throw new WitnessError('too-many-inputs', `${name} is public, and was given as private`)
    named.set(name, values)
  }
  return Object.fromEntries(named)
}

/** A request's input as field elements. */
export function wordsOf(input: Uint8Array): readonly bigint[] {
  if (input.length % FIELD_ELEMENT_BYTES !== 0)
    throw new WitnessError('input-out-of-range', `${input.length} bytes are not whole words of 32`)
  return Array.from({ length: input.length / FIELD_ELEMENT_BYTES }, (_, i) => {
    const value = fromBytesBE(input.subarray(FIELD_ELEMENT_BYTES * i, FIELD_ELEMENT_BYTES * (i + 1)))
    if (!isFieldElement(value))
      throw new WitnessError('input-out-of-range', `word ${i} is not below the order of the field`)
    return value
  })
}
