/**
 * `blockless_s3`: objects and buckets of an S3-compatible service, with the credentials the guest gives.
 * @module
 */
import type { HostValue } from '../../../core/host-call.ts'
import { field, type Held, type JsonObject, type Outside, textField } from './outside.ts'
import { type Codes, problem } from './problems.ts'

const KIND = 's3'
const COMMANDS: Readonly<Record<number, string>> = { 1: 'create', 2: 'list', 3: 'get', 4: 'delete' }

export const S3_CODES: Codes = {
  permission: 12,
  invalid: 4,
  url: 4,
  method: 3,
  headers: 6,
  absent: 11,
  failed: 8,
  refused: 8,
  reset: 8,
  handle: 1,
  'too-many': 10,
  fault: 4,
  utf8: 2,
  json: 4,
}

export function s3Calls(outside: Outside) {
  const { memory, handles } = outside

  const command = (operation: string, json: number, length: number, handle: number) => {
    memory.check(handle, 4)
    const parameters = parametersOf(operation, outside.json(json, length))
    handles.checkRoom()
    const bytes = outside.askBytes('s3', operation, parameters)
    const held: Held = { bytes, at: 0 }
    memory.setU32(handle, handles.open(KIND, held, bytes.length))
  }

  return {
    bucket_command: (number: number, json: number, length: number, handle: number) =>
      command(COMMANDS[number] ?? problem('method'), json, length, handle),
    bucket_create: (json: number, length: number, handle: number) => command('create', json, length, handle),
    bucket_list: (json: number, length: number, handle: number) => command('list', json, length, handle),
    bucket_put_object(json: number, length: number, buffer: number, bufferLength: number) {
      const parameters = parametersOf('put', outside.json(json, length))
      outside.ask('s3', 'put', { ...parameters, body: outside.copy(buffer, bufferLength) })
    },
    s3_read(handle: number, buffer: number, length: number, result: number) {
      outside.read(handles.get<Held>(handle, KIND), buffer, length, result)
    },
    s3_close(handle: number) {
      handles.close(handle, KIND)
    },
  }
}

function parametersOf(operation: string, options: JsonObject): { readonly [key: string]: HostValue } {
  const region = field(options, 'region') ?? null
  if (region !== null && typeof region !== 'string') return problem('invalid')
  return {
    accessKey: textField(options, 'access_key'),
    secretKey: textField(options, 'secret_key'),
    endpoint: textField(options, 'endpoint'),
    region,
    bucket: textField(options, 'bucket_name'),
    ...(operation === 'list' ? { prefix: textField(options, 'prefix') } : {}),
    ...(['get', 'put', 'delete'].includes(operation) ? { path: textField(options, 'path') } : {}),
  }
}
