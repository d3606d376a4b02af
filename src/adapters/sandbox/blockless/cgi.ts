/**
 * `blockless_cgi`: executables of the operator's, with their standard streams as pipes. Environment variables a guest names
 * never become the process's: the host hands them over on standard input (docs/extensions.md).
 * @module
 */
import { field, type Held, isObject, type JsonObject, listField, type Outside, textField } from './outside.ts'
import { type Codes, problem } from './problems.ts'

const LIST = 'cgi-list'
const PROCESS = 'cgi-process'
/** Arguments, and variables, of one process. */
const ITEMS_MAX = 64
/** Read at a time: an answer is held by the host until it is read. */
const READ_BYTES_MAX = 65_536

export const CGI_CODES: Codes = {
  permission: 4,
  invalid: 3,
  url: 3,
  method: 3,
  headers: 3,
  absent: 4,
  failed: 2,
  refused: 2,
  reset: 2,
  handle: 1,
  'too-many': 2,
  fault: 3,
  utf8: 3,
  json: 3,
}

export function cgiCalls(outside: Outside) {
  const { memory, handles } = outside

  const read = (stream: string) => (handle: number, buffer: number, length: number, result: number) => {
    const process = handles.get<number>(handle, PROCESS)
    memory.check(result, 4)
    memory.check(buffer, length)
    if (length === 0) return problem('invalid')
    const bytesMax = Math.min(length, READ_BYTES_MAX)
    const bytes = outside.askBytes('cgi', 'read', { process, stream, bytesMax })
    outside.read({ bytes: bytes.subarray(0, bytesMax), at: 0 }, buffer, length, result)
  }

  return {
    cgi_list_exec(handle: number) {
      memory.check(handle, 4)
      handles.checkRoom()
      const bytes = outside.askBytes('cgi', 'list', {})
      const held: Held = { bytes, at: 0 }
      memory.setU32(handle, handles.open(LIST, held, bytes.length))
    },
    cgi_list_read(handle: number, buffer: number, length: number, result: number) {
      outside.read(handles.get<Held>(handle, LIST), buffer, length, result)
    },
    cgi_open(json: number, length: number, handle: number) {
      memory.check(handle, 4)
      const options = outside.json(json, length)
      const request = {
        command: textField(options, 'command'),
        args: texts(listField(options, 'args')),
        envs: variables(listField(options, 'envs')),
      }
      handles.checkRoom()
      memory.setU32(handle, handles.open(PROCESS, outside.askNumber('cgi', 'open', request)))
    },
    cgi_stdout_read: read('stdout'),
    cgi_stderr_read: read('stderr'),
    cgi_stdin_write(handle: number, buffer: number, length: number, result: number) {
      const process = handles.get<number>(handle, PROCESS)
      memory.check(result, 4)
      const bytes = outside.copy(buffer, length)
      memory.setU32(result, outside.askNumber('cgi', 'write', { process, bytes }))
    },
    /** Closes processes and lists alike. */
    cgi_close(handle: number) {
      if (handles.has(handle, LIST)) return handles.close(handle, LIST)
      const process = handles.get<number>(handle, PROCESS)
      handles.close(handle, PROCESS)
      outside.ask('cgi', 'close', { process })
    },
  }
}

function texts(list: readonly unknown[]): readonly string[] {
  if (list.length > ITEMS_MAX) return problem('invalid')
  return list.map((item) => (typeof item === 'string' ? item : problem('invalid')))
}

/** `env_name` and `env_val`, or `name` and `value` as the SDKs send. */
function variables(list: readonly unknown[]): readonly (readonly [string, string])[] {
  if (list.length > ITEMS_MAX) return problem('invalid')
  return list.map((item) => {
    if (!isObject(item)) return problem('invalid')
    return [either(item, 'env_name', 'name'), either(item, 'env_val', 'value')]
  })
}

function either(object: JsonObject, name: string, other: string): string {
  return textField(object, field(object, name) === undefined ? other : name)
}
