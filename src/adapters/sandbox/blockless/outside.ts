/**
 * What the calls of the Blockless ABI share: asking the host, handles, texts of the guest, and codes.
 *
 * All that happens here is the same on every node given the same answers of the host: bounds, order of checks and codes are
 * part of the runtime.
 * @module
 */
import {
  HOST_CALLS_MAX,
  HOST_PAYLOAD_BYTES_MAX,
  type HostCall,
  type HostValue,
} from '../../../core/host-call.ts'
import { decodeAnswer, encodeValue, fieldsOf } from '../../../core/host-codec.ts'
import type { Capability } from '../../../core/permissions/capability.ts'
import type { GuestMemory } from '../wasi/guest-memory.ts'
import { Handles } from './handles.ts'
import { problem } from './problems.ts'

/** A text of the guest's: a request with a body of 1 MiB at the most. */
export const TEXT_BYTES_MAX = 1024 * 1024
/** Nesting of a guest's JSON: whoever walks it does so on the host's stack. */
export const JSON_DEPTH_MAX = 64

/** Answers a call while the guest waits. Absent without a session. */
export type AskHost = (call: HostCall) => Uint8Array

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One run's way out. */
export class Outside {
  readonly memory: GuestMemory
  readonly handles = new Handles()
  readonly #askHost: AskHost | undefined
  #calls = 0

  constructor(memory: GuestMemory, askHost: AskHost | undefined) {
    this.memory = memory
    this.#askHost = askHost
  }

  /** Throws `ProblemError` with the host's refusal; without a session that is `permission`. */
  ask(capability: Capability, operation: string, payload: HostValue): HostValue {
    if (this.#askHost === undefined) return problem('permission')
    if (++this.#calls > HOST_CALLS_MAX) return problem('too-many')
    const bytes = encodeValue(payload)
    if (bytes.length > HOST_PAYLOAD_BYTES_MAX) return problem('invalid')
    const answer = decodeAnswer(this.#askHost({ capability, operation, payload: bytes }))
    return 'refused' in answer ? problem(answer.refused) : answer.value
  }

  /** As `ask`, for an answer that is bytes. */
  askBytes(capability: Capability, operation: string, payload: HostValue): Uint8Array {
    const value = this.ask(capability, operation, payload)
    return value instanceof Uint8Array ? value : problem('failed')
  }

  /** As `ask`, for an answer that is a number: the host's name of a stream or process, or a count. */
  askNumber(capability: Capability, operation: string, payload: HostValue): number {
    const value = this.ask(capability, operation, payload)
    return typeof value === 'number' ? value : problem('failed')
  }

  text(pointer: number, length: number): string {
    if (length > TEXT_BYTES_MAX) return problem('invalid')
    const bytes = this.memory.bytes(pointer, length)
    try {
      return decoder.decode(bytes)
    } catch (error) {
      // Anything else is this host's trouble and not the guest's to see.
      if (!(error instanceof TypeError)) throw error
      return problem('utf8')
    }
  }

  /** A JSON object of the guest's; its own fields only. */
  json(pointer: number, length: number): JsonObject {
    const value = parseJson(this.text(pointer, length))
    return isObject(value) ? value : problem('invalid')
  }

  /** A copy: the guest may change the original while the host works. */
  copy(pointer: number, length: number): Uint8Array {
    if (length > TEXT_BYTES_MAX) return problem('invalid')
    return this.memory.bytes(pointer, length).slice()
  }

  /** Gives the guest what fits of the rest of a held answer. An empty buffer is the guest's mistake. */
  read(held: Held, buffer: number, length: number, result: number): void {
    this.memory.check(result, 4)
    this.memory.setU32(result, this.#move(held, buffer, length))
  }

  /** As `read`, with a count of 16 bits. */
  readShort(held: Held, buffer: number, length: number, result: number): void {
    this.memory.check(result, 2)
    this.memory.setU16(result, this.#move(held, buffer, Math.min(length, 0xffff)))
  }

  #move(held: Held, buffer: number, length: number): number {
    if (length === 0) return problem('invalid')
    this.memory.check(buffer, length)
    const part = held.bytes.subarray(held.at, held.at + length)
    this.memory.setBytes(buffer, part)
    held.at += part.length
    return part.length
  }
}

/** An answer the guest reads piece by piece. */
export interface Held {
  readonly bytes: Uint8Array
  at: number
}

export type JsonObject = { readonly [key: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The field of that name, never an inherited one. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function textField(object: JsonObject, name: string): string {
  const value = field(object, name)
  return typeof value === 'string' ? value : problem('invalid')
}

export function listField(object: JsonObject, name: string): readonly unknown[] {
  const value = field(object, name) ?? []
  return Array.isArray(value) ? value : problem('invalid')
}

/** Parses JSON nested at most `JSON_DEPTH_MAX` deep. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > JSON_DEPTH_MAX) return problem('json')
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return problem('json')
  }
}

/** Brackets open at a time, strings left aside. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++
    } else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}') depth--
  }
  return deepest
}

/** A number of a decoded answer. */
export function numberOf(value: HostValue, name: string): number {
  const found = fieldsOf(value)[name]
  return typeof found === 'number' ? found : problem('failed')
}

/** Bytes of a decoded answer. */
export function bytesOf(value: HostValue, name: string): Uint8Array {
  const found = fieldsOf(value)[name]
  return found instanceof Uint8Array ? found : problem('failed')
}
