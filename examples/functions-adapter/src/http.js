// `Functions.makeHttpRequest`, by Blockless's `bless.rpc_call`. It resolves to a failure with a code where the function has no
// permission, which in an *exact* function is always.
const REQUESTS_MAX = 5
const URL_CHARS_MAX = 2048
const TIMEOUT_MS = 3000
const TIMEOUT_MS_MAX = 9000
const BODY_BYTES_MAX = 2000
const STATUS_ERROR = 400
const RESPONSE_TYPES = ['json', 'text', 'arraybuffer']

/** @param call gives JSON-RPC to the host, and its answer; undefined when that does not fit. */
export function httpClient(call) {
  let requests = 0

  return async function makeHttpRequest(options) {
    const {
      url,
      method = 'GET',
      params = {},
      headers = {},
      data,
      timeout = TIMEOUT_MS,
      responseType = 'json',
    } = options
    if (requests === REQUESTS_MAX) throw new Error(`more than ${REQUESTS_MAX} HTTP requests`)
    requests++
    if (typeof url !== 'string' || url.length > URL_CHARS_MAX)
      throw new Error('not a URL of at most 2048 characters')
    if (!(timeout <= TIMEOUT_MS_MAX)) throw new Error('HTTP request timeout >9000')
    if (!RESPONSE_TYPES.includes(responseType))
      throw new Error(`responseType ${responseType} is not supported`)
    const isJson = data !== undefined && typeof data !== 'string'
    const body = isJson ? JSON.stringify(data) : (data ?? '')
    if (new TextEncoder().encode(body).length > BODY_BYTES_MAX)
      throw new Error('HTTP request body >2000 bytes')
    const sent = isJson ? { 'content-type': 'application/json', ...headers } : headers
    const rpc = {
      method: 'http.request',
      params: { url, options: { method, headers: sent, body, timeout, query_params: params } },
    }
    return answerOf(call(JSON.stringify({ jsonrpc: '2.0', id: 1, ...rpc })), responseType)
  }
}

function failure(code, message, response) {
  return { error: true, code, message, ...(response && { response }) }
}

function answerOf(text, responseType) {
  if (text === undefined) return failure('HTTP_FAILED', 'the answer is too large')
  const { result, error } = JSON.parse(text)
  if (error !== undefined) return failure('HTTP_FAILED', error.message)
  if (!result.success) {
    const isDenied = result.error === 'permission denied'
    return failure(isDenied ? 'HTTP_NOT_PERMITTED' : 'HTTP_FAILED', result.error)
  }
  const { status, headers, body } = result.data
  const response = { status, statusText: '', headers, data: dataOf(new Uint8Array(body), responseType) }
  if (status >= STATUS_ERROR)
    return failure('HTTP_STATUS', `Request failed with status code ${status}`, response)
  return { error: false, ...response }
}

function dataOf(bytes, responseType) {
  if (responseType === 'arraybuffer') return bytes.buffer
  const text = new TextDecoder().decode(bytes)
  if (responseType === 'text') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
