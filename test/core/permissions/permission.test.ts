import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { capabilitySet } from '../../../src/core/permissions/capability.ts'
import {
  capabilitiesOf,
  covers,
  PERMISSIONS_MAX,
  parsePermission,
  parsePermissions,
  resourceOf,
} from '../../../src/core/permissions/permission.ts'
import { parseUrl } from '../../../src/core/permissions/url.ts'
import { DikastError } from '../../../src/protocol/errors.ts'

/** As the host does it: the guest's text by WHATWG's rules, then ours. Text neither takes is covered by nothing. */
const allows = (permission: string, asked: string): boolean => {
  const rule = parsePermission(permission)
  try {
    return covers(rule, resourceOf(parseUrl(new URL(asked).href)))
  } catch (error) {
    if (error instanceof DikastError || error instanceof TypeError) return false
    throw error
  }
}

describe('a permission', () => {
  const covered = [
    ['https://a.com', 'https://a.com'],
    ['https://a.com', 'https://a.com/'],
    ['https://a.com', 'https://A.COM:443/any/path?query#fragment'],
    ['https://a.com/', 'https://a.com/x%2Fy'],
    // A backslash is a slash to everyone that follows WHATWG, so this is a path of a.com; it is also where we connect to.
    ['https://a.com', 'https://a.com\\@evil.com'],
    ['https://a.com/v1', 'https://a.com/v1'],
    ['https://a.com/v1', 'https://a.com/v1/'],
    ['https://a.com/v1', 'https://a.com/v1/users?x=../..'],
    ['https://a.com/v1/', 'https://a.com/v1/users'],
    ['https://a.com/v1', 'https://a.com/%76%31/x'],
    ['https://a.com/v1', 'https://a.com/x/../v1/y'],
    ['https://a.com:8443', 'https://a.com:8443/x'],
    ['http://127.0.0.1:8080', 'http://0x7f.1:8080/'],
    ['http://[::1]:80', 'http://[0:0:0:0:0:0:0:1]/'],
    ['https://*', 'https://anything.example/x'],
    ['https://*/v1', 'https://anything.example/v1/x'],
    ['memcache://cache.local:11211', 'memcache://cache.local:11211/key'],
    ['tcp://10.0.0.1:6379', 'tcp://10.0.0.1:6379'],
    ['s3://s3.example.com/bucket', 's3://s3.example.com/bucket'],
    ['s3://s3.example.com', 's3://s3.example.com:443/any'],
  ] as const
  for (const [permission, asked] of covered)
    it(`${permission} covers ${asked} [HOST-1]`, () => assert.equal(allows(permission, asked), true))

  const uncovered = [
    ['https://a.com', 'https://a.com.evil'],
    ['https://a.com', 'https://a.com@evil.com'],
    ['https://a.com', 'https://a.com:x@evil.com/'],
    ['https://a.com', 'https://user@a.com/'],
    ['https://a.com', 'https://evil.com/https://a.com'],
    ['https://a.com', 'https://evil.com#https://a.com'],
    ['https://a.com', 'https://sub.a.com'],
    ['https://a.com', 'https://xa.com'],
    ['https://a.com', 'https://a.co'],
    ['https://a.com', 'https://a.com.'],
    ['https://a.com', 'http://a.com'],
    ['https://a.com', 'https://a.com:8443'],
    ['https://a.com:8443', 'https://a.com'],
    ['https://a.com/v1', 'https://a.com/v10'],
    ['https://a.com/v1', 'https://a.com/'],
    ['https://a.com/v1', 'https://a.com/V1'],
    ['https://a.com/v1', 'https://a.com//v1'],
    ['https://a.com/v1', 'https://a.com/v1/../v2'],
    ['https://a.com/v1', 'https://a.com/v1/%2e%2e/v2'],
    ['https://a.com/v1', 'https://a.com/v1/.%2E/v2'],
    ['https://a.com/v1', 'https://a.com/v1/..%2fv2'],
    ['https://a.com/v1', 'https://a.com/v1%2f..%2fv2'],
    ['https://a.com/v1', 'https://a.com/v1/..%5cv2'],
    ['https://a.com/v1', 'https://a.com/v1/%252e%252e/v2'],
    ['https://a.com/v1', 'https://a.com/v1/..;/v2'],
    ['https://a.com/v1', 'https://a.com/v1/x%00'],
    ['https://a.com/v1', 'https://a.com/v1/%zz'],
    ['https://*', 'http://a.com'],
    ['https://*', 'https://a.com:8443'],
    ['memcache://cache.local:11211', 'memcache://cache.local/key'],
    ['memcache://cache.local', 'redis://cache.local'],
    ['tcp://10.0.0.1:6379', 'tcp://10.0.0.1:637'],
    ['tcp://10.0.0.1:6379', 'tcp://10.0.0.10:6379'],
    ['s3://s3.example.com/bucket', 's3://s3.example.com/bucket2'],
    ['s3://s3.example.com/bucket', 's3://s3.example.com/'],
  ] as const
  for (const [permission, asked] of uncovered)
    it(`${permission} does not cover ${asked} [HOST-1]`, () => assert.equal(allows(permission, asked), false))

  it('covers another permission by the same rule [HOST-1]', () => {
    const pair = (a: string, b: string) => covers(parsePermission(a), parsePermission(b))
    assert.equal(pair('https://a.com', 'https://a.com/v1'), true)
    assert.equal(pair('https://a.com/v1', 'https://a.com'), false)
    assert.equal(pair('https://*', 'https://a.com'), true)
    assert.equal(pair('https://a.com', 'https://*'), false)
    assert.equal(pair('ipfs:read', 'ipfs:read'), true)
    assert.equal(pair('ipfs:write', 'ipfs:read'), false)
    assert.equal(pair('cgi:a', 'llm:a'), false)
    assert.equal(pair('cgi:curl', 'cgi:curl2'), false)
  })

  const malformed = [
    '',
    'a.com',
    'https:a.com',
    'https://',
    'https://a.com?x',
    'https://a.com#x',
    'https://u@a.com',
    'https://a b',
    'https://a.com/x%2fy',
    'https://ä.de',
    'https://127.1',
    'https://0x7f000001',
    'https://2130706433',
    'https://a.com:0',
    'https://a.com:65536',
    'https://[::1',
    'https://-a.com',
    'https://a..com',
    'ipfs:delete',
    'ipfs:',
    'cgi:',
    'cgi:../x',
    'cgi:a/b',
    'llm:',
    'tcp://host',
    'tcp://host:1/x',
    's3://host/bucket/key',
    'file:///etc/passwd',
    'ws://a.com',
    `https://${'a'.repeat(64)}.com`,
    `https://a.com/${'x'.repeat(256)}`,
  ]
  for (const text of malformed)
    it(`is not ${JSON.stringify(text.slice(0, 40))} [HOST-2]`, () =>
      assert.throws(() => parsePermission(text), DikastError))

  it('is in a list once, and lists are short [HOST-2]', () => {
    assert.throws(() => parsePermissions(['cgi:a', 'cgi:a']), { code: 'INVALID_INPUT' })
    const many = Array.from({ length: PERMISSIONS_MAX + 1 }, (_, i) => `cgi:a${i}`)
    assert.equal(parsePermissions(many.slice(1)).length, PERMISSIONS_MAX)
    assert.throws(() => parsePermissions(many), { code: 'LIMIT_EXCEEDED' })
  })
})

describe('a capability set', () => {
  it('has a bit for each capability, from the least significant [HOST-4]', () => {
    const word = (bits: number) => `0x${bits.toString(16).padStart(64, '0')}`
    assert.equal(capabilitiesOf([]), word(0))
    assert.equal(capabilitiesOf(['https://a.com', 'http://b.com']), word(1))
    const all = ['https://a.com', 'ipfs:read', 's3://h/b', 'cgi:x', 'redis://h', 'tcp://h:1', 'llm:m']
    for (const [i, text] of all.entries()) assert.equal(capabilitiesOf([text]), word(1 << i), text)
    assert.equal(capabilitiesOf(all), word(127))
    assert.equal(capabilitySet(['llm', 'llm']), word(64))
  })
})
