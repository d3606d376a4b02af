/**
 * `blockless_ipfs`: commands to the files API of the operator's IPFS node. `files/write` takes its content by `ipfs_write`
 * and is carried out at the first read, or at the close.
 * @module
 */
import type { HostValue } from '../../../core/host-call.ts'
import {
  bytesOf,
  field,
  type Held,
  isObject,
  type JsonObject,
  listField,
  numberOf,
  type Outside,
  TEXT_BYTES_MAX,
  textField,
} from './outside.ts'
import { type Codes, problem } from './problems.ts'

const KIND = 'ipfs'
const ARGUMENTS_MAX = 16
const HTTP_OK = 200

export const IPFS_CODES: Codes = {
  permission: 10,
  invalid: 4,
  url: 4,
  method: 3,
  headers: 4,
  absent: 9,
  failed: 6,
  refused: 6,
  reset: 6,
  handle: 1,
  'too-many': 8,
  fault: 4,
  utf8: 2,
  json: 5,
}

interface Command {
  readonly api: string
  readonly args: readonly (readonly [string, string])[]
  /** While a write gathers its content. */
  parts: Uint8Array[] | undefined
  held: Held | undefined
}

export function ipfsCalls(outside: Outside) {
  const { memory, handles } = outside

  const ask = ({ api, args, parts }: Command): HostValue =>
    outside.ask('ipfs', 'command', { api, args, body: parts === undefined ? null : joined(parts) })

  /** A write that the node did not take has failed, whatever the answer says. */
  const finishWrite = (handle: number, command: Command) => {
    const answer = ask(command)
    command.parts = undefined
    if (numberOf(answer, 'status') !== HTTP_OK) problem('failed')
    const bytes = bytesOf(answer, 'body')
    command.held = { bytes, at: 0 }
    handles.hold(handle, bytes.length)
  }

  return {
    ipfs_command(json: number, length: number, handle: number, status: number) {
      memory.check(handle, 4)
      memory.check(status, 4)
      const options = outside.json(json, length)
      const command: Command = {
        api: textField(options, 'api'),
        args: argumentsOf(options),
        parts: undefined,
        held: undefined,
      }
      handles.checkRoom()
      if (command.api === 'files/write') {
        // Denied here and not at the end of the write.
        outside.ask('ipfs', 'allowed', { api: command.api })
        command.parts = []
        memory.setU32(handle, handles.open(KIND, command))
        memory.setU32(status, 0)
        return
      }
      const answer = ask(command)
      const bytes = bytesOf(answer, 'body')
      command.held = { bytes, at: 0 }
      memory.setU32(handle, handles.open(KIND, command, bytes.length))
      memory.setU32(status, numberOf(answer, 'status'))
    },
    ipfs_read(handle: number, buffer: number, length: number, result: number) {
      const command = handles.get<Command>(handle, KIND)
      if (command.parts !== undefined) finishWrite(handle, command)
      if (command.held === undefined) return problem('handle')
      outside.read(command.held, buffer, length, result)
    },
    ipfs_write(handle: number, buffer: number, length: number, result: number) {
      const { parts } = handles.get<Command>(handle, KIND)
      if (parts === undefined || length === 0) return problem('invalid')
      memory.check(result, 4)
      const size = parts.reduce((sum, part) => sum + part.length, 0)
      if (size + length > TEXT_BYTES_MAX) return problem('too-many')
      handles.hold(handle, length)
      parts.push(outside.copy(buffer, length))
      memory.setU32(result, length)
    },
    ipfs_close(handle: number) {
      const command = handles.get<Command>(handle, KIND)
      try {
        if (command.parts !== undefined && command.parts.length > 0) finishWrite(handle, command)
      } finally {
        if (handles.has(handle, KIND)) handles.close(handle, KIND)
      }
    },
  }
}

function argumentsOf(options: JsonObject): Command['args'] {
  const list = listField(options, 'args')
  if (list.length > ARGUMENTS_MAX) return problem('invalid')
  return list.map((item) => {
    if (!isObject(item)) return problem('invalid')
    const value = field(item, 'value')
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return problem('invalid')
    return [textField(item, 'name'), String(value)]
  })
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
