import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { grantsDiffer, readExtensions } from '../../src/apps/shared/extensions.ts'
import { capabilityNames, capabilitySet } from '../../src/core/permissions/capability.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-extensions-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const fileWith = (path: string, ...grants: readonly string[]): string => {
  writeFileSync(path, JSON.stringify({ grants }))
  return path
}

describe('a node’s extensions file', () => {
  it('is the one named, else extensions.json of the folder, else none; `none` is none [HOST-26]', () => {
    const folder = mkdtempSync(join(scratch, 'node-'))
    assert.deepEqual(readExtensions(folder, undefined).file, undefined)
    assert.equal(BigInt(readExtensions(folder, undefined).capabilities), 0n)
    const own = fileWith(join(folder, 'extensions.json'), 'https://a.example')
    const other = fileWith(join(scratch, 'other.json'), 'tcp://a.example:1')
    assert.equal(readExtensions(folder, undefined).file, own)
    assert.equal(readExtensions(folder, undefined).capabilities, capabilitySet(['http']))
    assert.equal(readExtensions(folder, other).capabilities, capabilitySet(['socket']))
    assert.deepEqual(readExtensions(folder, 'none').config.grants, [])
  })

  it('must be there when it is named, and right when it is there [HOST-26]', () => {
    const folder = mkdtempSync(join(scratch, 'node-'))
    assert.throws(() => readExtensions(folder, join(folder, 'missing.json')), { code: 'INVALID_INPUT' })
    writeFileSync(join(folder, 'extensions.json'), '{"grant": []}')
    assert.throws(() => readExtensions(folder, undefined), { code: 'INVALID_INPUT' })
  })

  it('is held against the registration: what is missing on either side is told, with a way out [HOST-26]', () => {
    const [http, both] = [capabilitySet(['http']), capabilitySet(['http', 'llm'])]
    assert.equal(grantsDiffer(both, both), undefined)
    const more = grantsDiffer(http, both)
    assert.match(more?.detail ?? '', /^granted and not registered: llm$/)
    assert.match(more?.fix ?? '', /nothing is lost/)
    const less = grantsDiffer(both, http)
    assert.match(less?.detail ?? '', /^registered and not granted: llm$/)
    assert.match(less?.fix ?? '', /declined here, unpaid/)
    const other = grantsDiffer(http, capabilitySet(['s3']))
    assert.equal(other?.detail, 'granted and not registered: s3; registered and not granted: http')
  })

  it('names every capability of a set, and bits it does not know by their number [HOST-26]', () => {
    assert.deepEqual(capabilityNames(capabilitySet(['llm', 'http'])), ['http', 'llm'])
    assert.deepEqual(capabilityNames(`0x${'00'.repeat(30)}0101`), ['http', 'bit 8'])
    assert.deepEqual(capabilityNames(`0x${'00'.repeat(32)}`), [])
  })
})
