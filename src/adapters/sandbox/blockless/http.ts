/**
 * `blockless_http`: one request, whose answer is held for the guest until it closes the handle.
 * @module
 */
import type { HostValue } from '../../../core/host-call.ts'
import { fieldsOf } from '../../../core/host-codec.ts'
import {
  bytesOf,
  field,
  type Held,
  isObject,
  type JsonObject,
  numberOf,
  type Outside,
  parseJson,
} from './outside.ts'
import { CodeError, type Codes, ProblemError, problem } from './problems.ts'

const KIND = 'http'
const HEADER_NOT_FOUND = 4
/** What a guest that names no time gets, as Blockless's SDKs ask for. */
const TIMEOUT_SECONDS = 30
/** The host has bounds of its own. */
const TIMEOUT_SECONDS_MAX = 3_600
const HEADERS_MAX = 64
const encoder = new TextEncoder()

export const HTTP_CODES: Codes = {
  permission: 14,
  invalid: 8,
  url: 9,
  method: 7,
  headers: 15,
  absent: 13,
  failed: 10,
  refused: 10,
  reset: 10,
  handle: 1,
  'too-many': 12,
  fault: 2,
  utf8: 5,
  json: 8,
}

interface Response {
  readonly body: Held
  readonly headers: ReadonlyMap<string, Held>
}

export function httpCalls(outside: Outside) {
  const { memory, handles } = outside
  return {
    http_req(
      url: number,
      urlLength: number,
      opts: number,
      optsLength: number,
      handle: number,
      status: number,
    ) {
      memory.check(handle, 4)
      memory.check(status, 4)
      const options = outside.json(opts, optsLength)
      const request = requestOf(outside.text(url, urlLength), options)
      handles.checkRoom()
      const answer = outside.ask('http', 'request', request)
      const body = bytesOf(answer, 'body')
      const response: Response = { body: { bytes: body, at: 0 }, headers: headersOf(answer) }
      memory.setU32(handle, handles.open(KIND, response, body.length))
      memory.setU32(status, numberOf(answer, 'status'))
    },
    /** Reads on where the last call for this header stopped; after the end it gives 0 once and begins again. */
    http_read_header(
      handle: number,
      name: number,
      nameLength: number,
      buffer: number,
      length: number,
      result: number,
    ) {
      const { headers } = handles.get<Response>(handle, KIND)
      const header = headers.get(outside.text(name, nameLength).toLowerCase())
      if (header === undefined) throw new CodeError(HEADER_NOT_FOUND)
      outside.read(header, buffer, length, result)
      if (memory.u32(result) === 0) header.at = 0
    },
    http_read_body(handle: number, buffer: number, length: number, result: number) {
      outside.read(handles.get<Response>(handle, KIND).body, buffer, length, result)
    },
    http_close(handle: number) {
      handles.close(handle, KIND)
    },
  }
}

function requestOf(url: string, options: JsonObject): HostValue {
  const body = field(options, 'body') ?? ''
  const method = field(options, 'method') ?? 'GET'
  if (typeof body !== 'string' || typeof method !== 'string') return problem('invalid')
  return {
    url,
    method: method.toUpperCase(),
    headers: headerList(field(options, 'headers')),
    body: encoder.encode(body),
    connectTimeoutMs: milliseconds(field(options, 'connectTimeout')),
    readTimeoutMs: milliseconds(field(options, 'readTimeout')),
  }
}

function milliseconds(seconds: unknown = TIMEOUT_SECONDS): number {
  if (typeof seconds !== 'number' || !(seconds >= 0)) return problem('invalid')
  return Math.ceil(Math.min(seconds, TIMEOUT_SECONDS_MAX) * 1000)
}

/** Headers are a JSON object as text; an object itself, and nothing at all, are taken as well. */
export function headerList(headers: unknown): readonly (readonly [string, string])[] {
  const object = typeof headers === 'string' && headers !== '' ? headerJson(headers) : (headers ?? {})
  if (object === '') return []
  if (!isObject(object)) return problem('headers')
  const list = Object.entries(object)
  if (list.length > HEADERS_MAX) return problem('headers')
  return list.map(([name, value]) => {
    if (typeof value !== 'string' && typeof value !== 'number') return problem('headers')
    return [name, String(value)]
  })
}

function headerJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return problem('headers')
  }
}

/** By lower-case name; values of one name are joined as RFC 9110 has it. */
function headersOf(answer: HostValue): ReadonlyMap<string, Held> {
  const texts = new Map<string, string>()
  const headers = fieldsOf(answer).headers
  for (const header of Array.isArray(headers) ? headers : []) {
    const [name, value] = Array.isArray(header) ? header : []
    if (typeof name !== 'string' || typeof value !== 'string') return problem('failed')
    const before = texts.get(name.toLowerCase())
    texts.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
  }
  return new Map([...texts].map(([name, text]) => [name, { bytes: encoder.encode(text), at: 0 }]))
}
