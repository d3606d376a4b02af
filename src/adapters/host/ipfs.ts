/**
 * The files API of the operator's IPFS node. Where the node is was the operator's decision, so its address is not checked; what may
 * be asked of it is `ipfs:read` and `ipfs:write`.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { HostValue } from '../../core/host-call.ts'
import { fieldsOf } from '../../core/host-codec.ts'
import type { Gate } from './gate.ts'
import { httpUrl } from './http.ts'
import { CONNECT_MS_MAX, EXCHANGE_MS_MAX, exchange } from './http-exchange.ts'
import { bytesField, pairsField, textField } from './payload.ts'
import { RefusedError } from './refusal.ts'
import { addressOf, type Resolve } from './resolve.ts'

const APIS: Readonly<Record<string, 'read' | 'write'>> = {
  'files/ls': 'read',
  'files/stat': 'read',
  'files/read': 'read',
  'files/mkdir': 'write',
  'files/rm': 'write',
  'files/cp': 'write',
  'files/write': 'write',
}
const ARGUMENTS =
  /^(?:arg|offset|count|length|create|parents|truncate|recursive|force|long|hash|size|format|flush|raw-leaves|cid-version)$/
const encoder = new TextEncoder()

export interface IpfsWorld {
  readonly apiUrl: string
  readonly gate: Gate
  readonly resolve: Resolve
  readonly signal: AbortSignal
}

/** Operations `allowed` and `command`. */
export async function ipfsCall(world: IpfsWorld, operation: string, payload: HostValue): Promise<HostValue> {
  const api = textField(payload, 'api')
  const access = Object.hasOwn(APIS, api) ? APIS[api] : undefined
  if (access === undefined) throw new RefusedError('method', `${api.slice(0, 40)} is not offered`)
  world.gate.check({ capability: 'ipfs', name: access })
  if (operation === 'allowed') return null
  const query = new URLSearchParams()
  for (const [name, value] of pairsField(payload, 'args')) {
    // One published SDK lists directories with `args`.
    const known = name === 'args' ? 'arg' : name
    if (!ARGUMENTS.test(known))
      throw new RefusedError('invalid', `${name.slice(0, 40)} is no argument of the files API`)
    query.append(known, value)
  }
  const content = fieldsOf(payload).body === null ? undefined : bytesField(payload, 'body')
  const { url } = httpUrl(`${world.apiUrl.replace(/\/+$/, '')}/api/v0/${api}?${query}`)
  const boundary = `dikast-${randomBytes(16).toString('hex')}`
  const { status, body } = await exchange({
    ...url,
    address: await addressOf(url.host, { allowPrivate: true }, world.resolve),
    method: 'POST',
    headers: content === undefined ? [] : [['content-type', `multipart/form-data; boundary=${boundary}`]],
    body: content === undefined ? new Uint8Array() : multipart(boundary, content),
    connectMs: CONNECT_MS_MAX,
    wholeMs: EXCHANGE_MS_MAX,
    signal: world.signal,
  })
  return { status, body }
}

/** RFC 7578: one part, named as the API wants it. */
function multipart(boundary: string, content: Uint8Array): Uint8Array {
  const disposition = 'content-disposition: form-data; name="file"; filename="file"'
  const head = encoder.encode(
    `--${boundary}\r\n${disposition}\r\ncontent-type: application/octet-stream\r\n\r\n`,
  )
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`)
  const all = new Uint8Array(head.length + content.length + tail.length)
  all.set(head, 0)
  all.set(content, head.length)
  all.set(tail, head.length + content.length)
  return all
}
