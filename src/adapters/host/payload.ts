/** Fields of a call's payload. The guest's side has written it, but it came through a process that ran a guest. */
import type { HostValue } from '../../core/host-call.ts'
import { fieldsOf } from '../../core/host-codec.ts'
import type { Headers } from './http-exchange.ts'
import { RefusedError } from './refusal.ts'

function bad(name: string): RefusedError {
  return new RefusedError('invalid', `the field ${name} is not what it must be`)
}

export function textField(value: HostValue, name: string): string {
  const found = fieldsOf(value)[name]
  if (typeof found !== 'string') throw bad(name)
  return found
}

export function numberField(value: HostValue, name: string): number {
  const found = fieldsOf(value)[name]
  if (typeof found !== 'number' || !Number.isSafeInteger(found) || found < 0) throw bad(name)
  return found
}

export function bytesField(value: HostValue, name: string): Uint8Array {
  const found = fieldsOf(value)[name]
  if (!(found instanceof Uint8Array)) throw bad(name)
  return found
}

export function textsField(value: HostValue, name: string): readonly string[] {
  const found = fieldsOf(value)[name]
  if (!Array.isArray(found) || !found.every((item) => typeof item === 'string')) throw bad(name)
  return found
}

/** A list of `[name, value]`. */
export function pairsField(value: HostValue, name: string): Headers {
  const found = fieldsOf(value)[name]
  if (!Array.isArray(found)) throw bad(name)
  return found.map((pair: HostValue) => {
    const [key, text] = Array.isArray(pair) && pair.length === 2 ? pair : []
    if (typeof key !== 'string' || typeof text !== 'string') throw bad(name)
    return [key, text]
  })
}

export function headersField(value: HostValue): Headers {
  return pairsField(value, 'headers')
}
