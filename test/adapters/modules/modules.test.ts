import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type ModuleFolder, ModulesFullError, openModules } from '../../../src/adapters/modules/modules.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { InvalidInputError, LimitExceededError } from '../../../src/protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../../../src/protocol/limits.ts'
import type { Hash } from '../../../src/protocol/types.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-modules-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
let folders = 0
const freshDir = () => join(scratch, `${++folders}`)

const hashOf = (bytes: Uint8Array): Hash => `0x${createHash('sha256').update(bytes).digest('hex')}`
/** A module of `size` bytes told apart by `mark`. */
const moduleOf = (mark: number, size = 100) => new Uint8Array(size).fill(mark)
const fileOf = (dir: string, bytes: Uint8Array) => join(dir, `${hashOf(bytes).slice(2)}.wasm`)

const [a, b, c] = [moduleOf(1), moduleOf(2), moduleOf(3)] as const
const keep = async (modules: ModuleFolder, ...list: readonly Uint8Array[]) => {
  for (const bytes of list) await modules.put(bytes, hashOf(bytes))
}
const kept = (modules: ModuleFolder, ...list: readonly Uint8Array[]) =>
  Promise.all(list.map((bytes) => modules.has(hashOf(bytes))))

describe('modules on disk', () => {
  it('come back as they were put, also after a restart', async () => {
    const dir = freshDir()
    const modules = await openModules({ dir, quotaBytes: 1000 })
    await keep(modules, a)
    assert.deepEqual(await modules.get(hashOf(a)), a)
    assert.equal(await modules.get(hashOf(b)), undefined)
    const again = await openModules({ dir, quotaBytes: 1000 })
    assert.deepEqual(await again.get(hashOf(a)), a)
    assert.deepEqual(
      [again.usedBytes(), again.list()],
      [100, [{ hash: hashOf(a), bytes: 100, kind: 'brought' }]],
    )
  })

  it('are refused when they are not what the hash names, and above PROVING_KEY_BYTES_MAX', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: PROVING_KEY_BYTES_MAX * 2 })
    await assert.rejects(modules.put(a, hashOf(b)), InvalidInputError)
    await assert.rejects(modules.put(a, '0x../../etc/passwd'), InvalidInputError)
    const large = new Uint8Array(PROVING_KEY_BYTES_MAX + 1)
    await assert.rejects(modules.put(large, hashOf(large)), LimitExceededError)
    await keep(modules, large.subarray(1))
    assert.equal(modules.usedBytes(), PROVING_KEY_BYTES_MAX)
  })

  it('are digested off the event loop, which goes on meanwhile [RUN-51]', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: PROVING_KEY_BYTES_MAX * 2 })
    let turned = false
    setImmediate(() => {
      turned = true
    })
    // Refused before anything is written: nothing but the digest is waited for.
    await assert.rejects(modules.put(moduleOf(1, PROVING_KEY_BYTES_MAX), hashOf(a)), InvalidInputError)
    assert.equal(turned, true)
  })

  it('that were damaged on disk are removed and reported, never returned', async () => {
    const dir = freshDir()
    const reported: unknown[] = []
    const log = { ...silentLog, warn: (_event: string, fields?: unknown) => void reported.push(fields) }
    const modules = await openModules({ dir, quotaBytes: 1000, log })
    await keep(modules, a, b, c)
    writeFileSync(fileOf(dir, a), moduleOf(9))
    truncateSync(fileOf(dir, b), 10)
    rmSync(fileOf(dir, c))
    for (const bytes of [a, b, c]) assert.equal(await modules.get(hashOf(bytes)), undefined)
    assert.equal(reported.length, 3)
    assert.deepEqual([modules.usedBytes(), readdirSync(dir)], [0, []])
    await keep(modules, a)
    assert.deepEqual(await modules.get(hashOf(a)), a)
  })

  it('go in order of last use when their half of the quota is reached', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: 500 })
    await keep(modules, a, b)
    await modules.get(hashOf(a))
    await keep(modules, c)
    assert.deepEqual(await kept(modules, a, b, c), [true, false, true])
    assert.equal(modules.usedBytes(), 200)
  })

  it('that were run stay whatever is brought, also after a restart [RUN-55]', async () => {
    const dir = freshDir()
    const modules = await openModules({ dir, quotaBytes: 500 })
    await keep(modules, a, b)
    await modules.ran(hashOf(a))
    await modules.ran(hashOf(a))
    const junk = Array.from({ length: 10 }, (_, i) => moduleOf(50 + i))
    await keep(modules, ...junk.slice(0, 5))
    assert.deepEqual(await kept(modules, a, b), [true, false])
    const again = await openModules({ dir, quotaBytes: 500 })
    await keep(again, ...junk.slice(5))
    assert.deepEqual(await again.get(hashOf(a)), a)
    assert.deepEqual(await kept(again, ...junk.slice(7)), [false, true, true])
    assert.equal(again.usedBytes(), 300)
  })

  it('that were run leave the other half to what is brought, and go in order of last use [RUN-55]', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: 500 })
    for (const bytes of [a, b, c]) {
      await keep(modules, bytes)
      await modules.ran(hashOf(bytes))
      await modules.get(hashOf(a))
    }
    assert.deepEqual(await kept(modules, a, b, c), [true, false, true])
    await keep(modules, b, moduleOf(4))
    assert.deepEqual(await kept(modules, a, b, c, moduleOf(4)), [true, true, true, true])
  })

  it('can be run that are not kept: it changes nothing', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: 500 })
    await modules.ran(hashOf(a))
    assert.deepEqual(modules.list(), [])
  })

  it('are refused at once when they alone exceed half the quota, and nothing is evicted for them', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: 500 })
    await keep(modules, a)
    const large = moduleOf(7, 251)
    await assert.rejects(modules.put(large, hashOf(large)), ModulesFullError)
    assert.deepEqual(await kept(modules, a), [true])
  })

  it('keep to a quota lowered between runs, and remember last use', async () => {
    const dir = freshDir()
    const modules = await openModules({ dir, quotaBytes: 1000 })
    await keep(modules, a, b, c)
    for (const [i, bytes] of [b, c, a].entries()) utimesSync(fileOf(dir, bytes), 1000 + i, 1000 + i)
    const smaller = await openModules({ dir, quotaBytes: 400 })
    assert.deepEqual(await kept(smaller, a, b, c), [true, false, true])
    assert.equal(existsSync(fileOf(dir, b)), false)
  })

  it('hold the quota when many are put at once', async () => {
    const modules = await openModules({ dir: freshDir(), quotaBytes: 1000 })
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => moduleOf(i)).map((bytes) => modules.put(bytes, hashOf(bytes))),
    )
    assert.deepEqual([modules.usedBytes(), modules.list().length], [500, 5])
  })

  it('are deleted on demand; deleting what is not there does nothing', async () => {
    const dir = freshDir()
    const modules = await openModules({ dir, quotaBytes: 500 })
    await keep(modules, a)
    await modules.ran(hashOf(a))
    await modules.delete(hashOf(a))
    await modules.delete(hashOf(a))
    assert.deepEqual([await kept(modules, a), readdirSync(dir)], [[false], []])
  })

  it('leave other files alone, and remove what a crash left half written', async () => {
    const dir = freshDir()
    await openModules({ dir, quotaBytes: 500 })
    writeFileSync(join(dir, 'README'), 'mine')
    for (const half of ['.new-123', `${hashOf(a).slice(2)}.run`]) writeFileSync(join(dir, half), '')
    const modules = await openModules({ dir, quotaBytes: 500 })
    assert.deepEqual([readdirSync(dir), modules.list()], [['README'], []])
  })
})
