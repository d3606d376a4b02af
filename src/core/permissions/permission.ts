/**
 * Permissions: what a function declares it needs, and what an operator grants. Each is a string that parses as a URL:
 *
 *   https://api.example.com/v1   that origin, that path and all below it; `http:` likewise
 *   ipfs:read  ipfs:write        the operator's IPFS node
 *   s3://endpoint-host/bucket    one bucket, or with no bucket all of that endpoint
 *   cgi:alias                    one of the operator's executables
 *   memcache://host:11211/x      what a driver of that scheme opens: that host, that path and all below it
 *   tcp://host:port              one TCP peer
 *   llm:model                    one model of the operator's provider
 *
 * A host of `*` stands for any host. What a guest asks for at run time is a *resource* of the same form, and a permission
 * covers it by parsed scheme, host, port and path segments, never by the beginning of a string. A permission covers another
 * permission by the same rule.
 * @module
 */
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Hex } from '../../protocol/types.ts'
import { type Capability, capabilitySet } from './capability.ts'
import { parseUrl, type UrlParts } from './url.ts'

/** Permissions of one function, or grants of one operator; every call is compared with each of them. */
export const PERMISSIONS_MAX = 64
export const PERMISSION_LENGTH_MAX = 256

const ANY_HOST = '*'
const ALIAS = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/
/** Schemes no driver may have: they mean something else to whoever reads the URL. */
const NO_DRIVER = /^(?:file|ftp|wss?|data|blob|about|javascript)$/
const FIX = 'docs/extensions.md lists the forms of permissions'

interface Place {
  readonly scheme: string
  readonly host: string
  readonly port: number
  readonly segments: readonly string[]
  readonly ambiguous: boolean
}

export type Resource =
  | ({ readonly capability: 'http' | 's3' | 'driver' | 'socket' } & Place)
  | { readonly capability: 'ipfs' | 'cgi' | 'llm'; readonly name: string }

/** Reads a permission. Throws `InvalidInputError`. */
export function parsePermission(text: string): Resource {
  if (text.length > PERMISSION_LENGTH_MAX)
    throw new LimitExceededError('permission length', text.length, PERMISSION_LENGTH_MAX)
  const named = /^(ipfs|cgi|llm):(.*)$/s.exec(text)
  if (named !== null) return namedPermission(text, named[1] as 'ipfs' | 'cgi' | 'llm', named[2] ?? '')
  const url = parseUrl(text, 'permission')
  if (url.hasQuery || url.ambiguous || text.includes('#'))
    throw new InvalidInputError('permission', `${text} has a query, a fragment or an encoded slash`, {
      fix: FIX,
    })
  const resource = resourceOf(url)
  if (resource.capability === 'socket' && resource.port === 0)
    throw new InvalidInputError('permission', `${text} names no port`, { fix: 'write tcp://host:port' })
  if (resource.capability === 's3' && resource.segments.length > 1)
    throw new InvalidInputError('permission', `${text} names more than a bucket`, { fix: FIX })
  if (resource.capability === 'socket' && resource.segments.length > 0)
    throw new InvalidInputError('permission', `${text} has a path`, { fix: 'write tcp://host:port' })
  return resource
}

function namedPermission(text: string, capability: 'ipfs' | 'cgi' | 'llm', name: string): Resource {
  const right = { ipfs: /^(?:read|write)$/, cgi: ALIAS, llm: MODEL }[capability]
  if (!right.test(name)) throw new InvalidInputError('permission', `${text} is malformed`, { fix: FIX })
  return { capability, name }
}

/** What a URL points to. Throws `InvalidInputError` for a scheme nothing answers. */
export function resourceOf(url: UrlParts): Resource {
  const { scheme, host, port, segments, ambiguous } = url
  const place = { scheme, host, port, segments, ambiguous }
  if (scheme === 'http' || scheme === 'https') return { capability: 'http', ...place }
  if (scheme === 's3') return { capability: 's3', ...place }
  if (scheme === 'tcp') return { capability: 'socket', ...place }
  if (NO_DRIVER.test(scheme))
    throw new InvalidInputError('permission', `${scheme} is no scheme of a driver`, { fix: FIX })
  return { capability: 'driver', ...place }
}

/** Whether a permission allows a resource, or all that another permission allows. */
export function covers(permission: Resource, resource: Resource): boolean {
  if (permission.capability !== resource.capability) return false
  if ('name' in permission) return 'name' in resource && permission.name === resource.name
  if ('name' in resource) return false
  if (permission.scheme !== resource.scheme || permission.port !== resource.port) return false
  if (permission.host !== ANY_HOST && permission.host !== resource.host) return false
  if (permission.segments.length === 0) return true
  if (resource.ambiguous || resource.segments.length < permission.segments.length) return false
  return permission.segments.every((segment, i) => segment === resource.segments[i])
}

/** Whether a permission names any host. It never opens private addresses. */
export function isAnyHost(permission: Resource): boolean {
  return 'host' in permission && permission.host === ANY_HOST
}

/** Reads a list, which must hold each permission once. */
export function parsePermissions(texts: readonly string[]): readonly Resource[] {
  if (texts.length > PERMISSIONS_MAX)
    throw new LimitExceededError('permissions', texts.length, PERMISSIONS_MAX)
  const twice = texts.find((text, i) => texts.indexOf(text) !== i)
  if (twice !== undefined) throw new InvalidInputError('permission', `${twice} is there twice`)
  return texts.map(parsePermission)
}

/** The capabilities a list of permissions is about, as 32 bytes. */
export function capabilitiesOf(texts: readonly string[]): Hex {
  const capabilities: Capability[] = parsePermissions(texts).map(({ capability }) => capability)
  return capabilitySet(capabilities)
}
