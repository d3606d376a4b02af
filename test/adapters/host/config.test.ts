import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseHostConfig, readHostConfig } from '../../../src/adapters/host/config.ts'
import { createHost } from '../../../src/adapters/host/host.ts'

const DOCS = new URL('../../../docs/extensions.md', import.meta.url)

describe('an extensions file', () => {
  it('is what docs/extensions.md shows [HOST-24]', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readFileSync(DOCS, 'utf8')) ?? []
    const config = parseHostConfig(JSON.parse(example))
    assert.equal(createHost(config).capabilities, `0x${(127).toString(16).padStart(64, '0')}`)
    assert.deepEqual(parseHostConfig({}), { grants: [], drivers: {} })
  })

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['an unknown field', { grant: [] }, /the whole/],
    ['a malformed grant', { grants: ['https://a.com?x'] }, /grants\.0/],
    [
      'a grant with an unknown field',
      { grants: [{ permission: 'https://a.com', private: true }] },
      /grants\.0/,
    ],
    ['a grant twice', { grants: ['https://a.com', 'https://a.com'] }, /twice/],
    [
      'private addresses for any host',
      { grants: [{ permission: 'https://*', allowPrivate: true }] },
      /name the host/,
    ],
    ['IPFS that is not configured', { grants: ['ipfs:read'] }, /no section ipfs/],
    ['extensions that are not configured', { grants: ['cgi:x'] }, /no section cgi/],
    ['models that are not configured', { grants: ['llm:x'] }, /no section llm/],
    ['a driver that is not configured', { grants: ['redis://h'] }, /no driver has the scheme redis/],
    ['a relative directory', { cgi: { directory: 'drivers' } }, /cgi\.directory/],
    ['a command looked for in PATH', { drivers: { redis: { command: ['redis'] } } }, /absolute/],
    ['an empty command', { drivers: { redis: { command: [] } } }, /drivers\.redis\.command/],
    ['a scheme that is none', { drivers: { 'Re dis': { command: ['x'] } } }, /drivers/],
    ['an API that is not HTTP', { ipfs: { apiUrl: 'file:///x' } }, /ipfs\.apiUrl/],
    ['65 grants', { grants: Array.from({ length: 65 }, (_, i) => `https://a${i}.com`) }, /grants/],
  ]
  for (const [what, json, message] of refused)
    it(`with ${what} is refused [HOST-24]`, () => {
      assert.throws(
        () => parseHostConfig(json),
        (error: Error & { readonly code?: string }) => {
          assert.equal(error.code, 'INVALID_INPUT')
          assert.match(error.message, message)
          return true
        },
      )
    })

  it('is read from a small file of JSON [HOST-24]', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dikast-config-'))
    try {
      const file = join(folder, 'extensions.json')
      writeFileSync(file, '{"grants":["https://a.com"]}')
      assert.equal(readHostConfig(file).grants[0]?.permission, 'https://a.com')
      writeFileSync(file, '{')
      assert.throws(() => readHostConfig(file), { code: 'INVALID_INPUT' })
      writeFileSync(file, ' '.repeat(70_000))
      assert.throws(() => readHostConfig(file), { code: 'LIMIT_EXCEEDED' })
      assert.throws(() => readHostConfig(join(folder, 'nothing')), { code: 'INVALID_INPUT' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
