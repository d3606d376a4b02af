/**
 * `bless.rpc_call`: JSON-RPC 2.0 with the methods `ping`, `echo`, `version` and `http.request`. The last is a request as by
 * `blockless_http`, under the same permissions; what the host refuses is told in the result.
 * @module
 */
import { type HostValue, REFUSALS, type Refusal } from '../../../core/host-call.ts'
import { fieldsOf } from '../../../core/host-codec.ts'
import { headerList } from './http.ts'
import { bytesOf, field, isObject, type JsonObject, numberOf, type Outside, parseJson } from './outside.ts'
import { CodeError, type Codes, ProblemError, problem } from './problems.ts'

const INVALID_JSON = 1
const BUFFER_TOO_SMALL = 5
const METHOD_NOT_FOUND = -32_601
const INVALID_PARAMS = -32_602
const ID_MAX = 2 ** 32 - 1
const TIMEOUT_MS = 30_000
const TIMEOUT_MS_MAX = 3_600_000
/** The same on every node of a profile: a guest sees it. */
const VERSION = { runtime: 'dikast', version: '1', rpc_version: '2.0' }
const encoder = new TextEncoder()

export const RPC_CODES: Codes = {
  permission: 4,
  invalid: 3,
  url: 3,
  method: 3,
  headers: 3,
  absent: 4,
  failed: 4,
  refused: 4,
  reset: 4,
  handle: 4,
  'too-many': 4,
  fault: 4,
  utf8: INVALID_JSON,
  json: INVALID_JSON,
}

const WORDS: Readonly<Record<Refusal, string>> = {
  permission: 'permission denied',
  invalid: 'invalid parameters',
  url: 'invalid url',
  method: 'invalid method',
  headers: 'invalid headers',
  absent: 'not offered',
  failed: 'request failed',
  refused: 'connection refused',
  reset: 'connection reset',
  handle: 'invalid handle',
  'too-many': 'too many calls',
}

export function rpcCalls(outside: Outside) {
  const { memory } = outside
  return {
    rpc_call(request: number, length: number, response: number, responseMax: number, result: number) {
      memory.check(result, 4)
      memory.check(response, responseMax)
      const text = encoder.encode(answer(outside, outside.text(request, length), responseMax))
      if (text.length > responseMax) throw new CodeError(BUFFER_TOO_SMALL)
      memory.setBytes(response, text)
      memory.setU32(result, text.length)
    },
  }
}

function answer(outside: Outside, text: string, bytesMax: number): string {
  const request = parseJson(text)
  if (!isObject(request)) return problem('json')
  const id = field(request, 'id')
  const method = field(request, 'method')
  if (typeof field(request, 'jsonrpc') !== 'string' || typeof method !== 'string') return problem('json')
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > ID_MAX) return problem('json')
  const result = (json: string) => `{"jsonrpc":"2.0","result":${json},"id":${id}}`
  const error = (code: number, message: string, data: JsonObject) =>
    `{"jsonrpc":"2.0","error":${JSON.stringify({ code, message, data })},"id":${id}}`
  const params = field(request, 'params') ?? null
  switch (method) {
    case 'ping':
      return result('"pong"')
    case 'echo':
      return result(JSON.stringify(params))
    case 'version':
      return result(JSON.stringify(VERSION))
    case 'http.request': {
      const call = httpRequest(params)
      if (call === undefined) return error(INVALID_PARAMS, 'Invalid params', { method })
      return result(httpResult(outside, call, bytesMax))
    }
    default:
      return error(METHOD_NOT_FOUND, 'Method not found', { method })
  }
}

/** Undefined when the parameters make no request. */
function httpRequest(params: unknown): HostValue | undefined {
  try {
    const url = isObject(params) ? field(params, 'url') : undefined
    const options = isObject(params) ? (field(params, 'options') ?? {}) : undefined
    if (typeof url !== 'string' || !isObject(options)) return undefined
    const method = field(options, 'method') ?? 'GET'
    const body = field(options, 'body') ?? ''
    const timeoutMs = field(options, 'timeout') ?? TIMEOUT_MS
    const query = field(options, 'query_params') ?? {}
    if (typeof method !== 'string' || typeof body !== 'string' || !isObject(query)) return undefined
    if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) return undefined
    const milliseconds = Math.ceil(Math.min(timeoutMs, TIMEOUT_MS_MAX))
    return {
      url: withQuery(url, query),
      method: method.toUpperCase(),
      headers: headerList(field(options, 'headers')),
      body: encoder.encode(body),
      connectTimeoutMs: milliseconds,
      readTimeoutMs: milliseconds,
    }
  } catch (error) {
    if (error instanceof ProblemError) return undefined
    throw error
  }
}

function withQuery(url: string, query: JsonObject): string {
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)])
  if (pairs.length === 0) return url
  const [base = '', ...fragment] = url.split('#')
  const joined = `${base}${base.includes('?') ? '&' : '?'}${new URLSearchParams(pairs)}`
  return [joined, ...fragment].join('#')
}

/** `data.body` is a list of bytes, written straight as text: as numbers it would take eight times its size. */
function httpResult(outside: Outside, call: HostValue, bytesMax: number): string {
  let response: HostValue
  try {
    response = outside.ask('http', 'request', call)
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const refusal = REFUSALS.find((candidate) => candidate === error.problem)
    if (refusal === undefined) throw error
    return JSON.stringify({ success: false, data: null, error: WORDS[refusal] })
  }
  const body = bytesOf(response, 'body')
  if (2 * body.length > bytesMax) throw new CodeError(BUFFER_TOO_SMALL)
  const { headers, url } = fieldsOf(response)
  const object = Object.fromEntries(Array.isArray(headers) ? (headers as readonly [string, string][]) : [])
  const [open, close] = ['{"success":true,"data":{', '},"error":null}']
  const fields = `"status":${numberOf(response, 'status')},"headers":${JSON.stringify(object)}`
  return `${open}${fields},"body":[${body.join(',')}],"url":${JSON.stringify(url ?? null)}${close}`
}
