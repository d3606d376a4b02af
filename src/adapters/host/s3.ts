/**
 * S3-compatible storage with the credentials a guest gives: path-style requests, signed, through the same checks as HTTP. A
 * permission names the endpoint's host and the bucket. Redirects are not followed: the signature is for one host.
 * @module
 */
import { AwsV4Signer } from 'aws4fetch'
import type { HostValue } from '../../core/host-call.ts'
import { fieldsOf } from '../../core/host-codec.ts'
import type { HttpWorld } from './http.ts'
import { httpUrl } from './http.ts'
import { CONNECT_MS_MAX, EXCHANGE_MS_MAX, exchange, type Received } from './http-exchange.ts'
import { bytesField, textField } from './payload.ts'
import { RefusedError } from './refusal.ts'
import { addressOf } from './resolve.ts'
import { listingOf } from './s3-listing.ts'

const DEFAULT_REGION = 'us-east-1'
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,62}$/
/** What may stand in a header: the signer throws for the rest, and the run would end without a result. */
const CREDENTIAL = /^[!-~]{1,256}$/
const REGION = /^[a-z0-9-]{1,64}$/i
const encoder = new TextEncoder()
const NOTHING = new Uint8Array()

/** Operations `create`, `list`, `get`, `put` and `delete`; each gives bytes. */
export async function s3Call(world: HttpWorld, operation: string, payload: HostValue): Promise<HostValue> {
  switch (operation) {
    case 'create': {
      const { status, body } = await signed(world, payload, 'PUT', '')
      const response_text = new TextDecoder().decode(body)
      return encoder.encode(JSON.stringify({ code: status, response_text }))
    }
    case 'list': {
      const query = new URLSearchParams({ 'list-type': '2', prefix: textField(payload, 'prefix') })
      const { body } = okOf(await signed(world, payload, 'GET', '', query.toString()))
      return encoder.encode(JSON.stringify([listingOf(new TextDecoder().decode(body))]))
    }
    case 'get':
      return okOf(await signed(world, payload, 'GET', keyOf(payload))).body
    case 'put':
      okOf(await signed(world, payload, 'PUT', keyOf(payload), '', bytesField(payload, 'body')))
      return NOTHING
    case 'delete':
      okOf(await signed(world, payload, 'DELETE', keyOf(payload)))
      return NOTHING
    default:
      throw new RefusedError('method', `${operation} is no operation of S3`)
  }
}

/** Without its first slash; segments that a URL would resolve name no object here. */
function keyOf(payload: HostValue): string {
  const key = textField(payload, 'path').replace(/^\//, '')
  if (key === '' || key.split('/').some((part) => part === '.' || part === '..'))
    throw new RefusedError('invalid', 'the path is no key of an object')
  return key
}

async function signed(
  { gate, resolve, signal }: HttpWorld,
  payload: HostValue,
  method: string,
  key: string,
  query = '',
  body: Uint8Array = NOTHING,
): Promise<Received> {
  const bucket = textField(payload, 'bucket')
  if (!BUCKET.test(bucket) || bucket.includes('..'))
    throw new RefusedError('invalid', 'the bucket has no valid name')
  const { href } = httpUrl(textField(payload, 'endpoint'))
  const path = key === '' ? [bucket] : [bucket, ...key.split('/')]
  const encoded = path.map((part) => encodeURIComponent(part)).join('/')
  const base = new URL(href)
  if (base.pathname !== '/' || base.search !== '') throw new RefusedError('url', 'the endpoint has a path')
  const { url } = httpUrl(`${base.origin}/${encoded}${query === '' ? '' : `?${query}`}`)
  const { host, port } = url
  const leave = gate.check({
    capability: 's3',
    scheme: 's3',
    host,
    port,
    segments: [bucket],
    ambiguous: false,
  })
  const address = await addressOf(host, leave, resolve)
  const [accessKeyId, secretAccessKey] = [credential(payload, 'accessKey'), credential(payload, 'secretKey')]
  const given = fieldsOf(payload).region ?? ''
  const region = given === '' ? DEFAULT_REGION : given
  if (typeof region !== 'string' || !REGION.test(region))
    throw new RefusedError('invalid', 'the region has no valid name')
  const { headers } = await new AwsV4Signer({
    method,
    url: `${base.origin}${url.target}`,
    service: 's3',
    region,
    accessKeyId,
    secretAccessKey,
    body: Buffer.from(body),
  }).sign()
  return exchange({
    ...url,
    address,
    method,
    headers: [...(headers as Headers)].map(([name, value]) => [name, value] as const),
    body,
    connectMs: CONNECT_MS_MAX,
    wholeMs: EXCHANGE_MS_MAX,
    signal,
  })
}

/** Never told in a message: it is a secret. */
function credential(payload: HostValue, name: string): string {
  const text = textField(payload, name)
  if (!CREDENTIAL.test(text)) throw new RefusedError('invalid', `the field ${name} is no credential`)
  return text
}

function okOf(received: Received): Received {
  if (received.status >= 200 && received.status < 300) return received
  throw new RefusedError('failed', `the service answered with ${received.status}`)
}
