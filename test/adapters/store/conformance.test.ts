import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { createMemoryStore } from '../../../src/adapters/store/memory.ts'
import { openStore } from '../../../src/adapters/store/sqlite.ts'
import { StoreError, type StoreFailure } from '../../../src/adapters/store/store-error.ts'
import type { Store, StoreRange, StoreWrite } from '../../../src/ports/store.ts'
import { InvalidInputError, LimitExceededError } from '../../../src/protocol/errors.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-store-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
let files = 0
const freshPath = () => join(scratch, `${++files}`, 'store.db')

const value = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)
const put = (space: string, key: string, content: string): StoreWrite => ({
  type: 'put',
  space,
  key,
  value: value(content),
})
const remove = (space: string, key: string): StoreWrite => ({ type: 'delete', space, key })
const keys = (store: Store, options: StoreRange) => store.list('s', options).map(({ key }) => key)

function fails(reason: StoreFailure): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && error.code === 'STORE' && error.reason === reason
}

const stores: readonly (readonly [string, () => Store])[] = [
  ['in memory', createMemoryStore],
  ['in SQLite', () => openStore(freshPath())],
]

for (const [where, create] of stores) {
  describe(`a store ${where}`, () => {
    const withStore = (action: (store: Store) => void) => () => {
      const store = create()
      try {
        action(store)
      } finally {
        store.close()
      }
    }

    it(
      'gives back what was put, and undefined for what was not',
      withStore((store) => {
        store.write([put('s', 'a', 'one')])
        assert.equal(text(store.get('s', 'a')), 'one')
        assert.equal(store.get('s', 'b'), undefined)
        assert.equal(store.get('other', 'a'), undefined)
      }),
    )

    it(
      'replaces and deletes; deleting what is not there does nothing',
      withStore((store) => {
        store.write([put('s', 'a', 'one')])
        store.write([put('s', 'a', 'two')])
        assert.equal(text(store.get('s', 'a')), 'two')
        store.write([remove('s', 'a'), remove('s', 'never')])
        assert.equal(store.get('s', 'a'), undefined)
      }),
    )

    it(
      'applies writes in order',
      withStore((store) => {
        store.write([
          put('s', 'a', 'one'),
          remove('s', 'a'),
          put('s', 'a', 'two'),
          put('s', 'b', 'x'),
          remove('s', 'b'),
        ])
        assert.equal(text(store.get('s', 'a')), 'two')
        assert.equal(store.get('s', 'b'), undefined)
      }),
    )

    it(
      'keeps empty values, empty keys and every byte',
      withStore((store) => {
        const all = Uint8Array.from({ length: 256 }, (_, i) => i)
        store.write([put('s', '', ''), { type: 'put', space: '', key: 'all', value: all }])
        assert.deepEqual(store.get('s', ''), new Uint8Array())
        assert.deepEqual(Uint8Array.from(store.get('', 'all') ?? []), all)
      }),
    )

    it(
      'holds copies: changing bytes outside changes nothing inside',
      withStore((store) => {
        const bytes = value('one')
        store.write([{ type: 'put', space: 's', key: 'a', value: bytes }])
        bytes[0] = 0
        store.get('s', 'a')?.fill(0)
        assert.equal(text(store.get('s', 'a')), 'one')
      }),
    )

    it(
      'lists in ascending order of code units, strictly between two keys, at most limit',
      withStore((store) => {
        const ordered = [
          '',
          '\0',
          '0',
          '10',
          '9',
          'A',
          'a',
          'aa',
          'b',
          '\u00e9',
          '\ud83d\ude00',
          '\ue000',
          '\uffff',
        ]
        assert.deepEqual([...ordered].sort(), ordered)
        store.write([...ordered].reverse().map((key) => put('s', key, key)))
        store.write([put('t', 'other', 'other')])
        assert.deepEqual(keys(store, { limit: 100 }), ordered)
        assert.deepEqual(keys(store, { limit: 3 }), ordered.slice(0, 3))
        assert.deepEqual(keys(store, { limit: 100, after: '9' }), ordered.slice(5))
        assert.deepEqual(keys(store, { limit: 2, after: '99' }), ['A', 'a'])
        assert.deepEqual(keys(store, { limit: 100, after: '\uffff' }), [])
        assert.deepEqual(keys(store, { limit: 100, after: '' }), ordered.slice(1))
        assert.deepEqual(keys(store, { limit: 0 }), [])
        assert.deepEqual(keys(store, { limit: 100, before: '9' }), ordered.slice(0, 4))
        assert.deepEqual(keys(store, { limit: 2, before: '9' }), ordered.slice(0, 2))
        assert.deepEqual(keys(store, { limit: 100, before: '' }), [])
        assert.deepEqual(keys(store, { limit: 100, after: '0', before: 'aa' }), ordered.slice(3, 7))
        assert.deepEqual(keys(store, { limit: 1, after: '0', before: 'aa' }), ['10'])
        assert.deepEqual(keys(store, { limit: 100, after: 'a', before: 'a' }), [])
        assert.deepEqual(keys(store, { limit: 100, after: 'b', before: 'a' }), [])
      }),
    )

    it(
      'keeps unpaired surrogates apart',
      withStore((store) => {
        store.write([put('s', '\ud800', 'high'), put('s', '\udc00', 'low')])
        assert.deepEqual([text(store.get('s', '\ud800')), text(store.get('s', '\udc00'))], ['high', 'low'])
      }),
    )

    it(
      'bounds names, values and lists',
      withStore((store) => {
        store.write([put('s'.repeat(512), 'k'.repeat(512), 'x')])
        assert.throws(() => store.write([put('s'.repeat(513), 'k', 'x')]), LimitExceededError)
        assert.throws(() => store.write([put('s', 'k'.repeat(513), 'x')]), LimitExceededError)
        const large = new Uint8Array(16 * 1024 * 1024 + 1)
        const writes: StoreWrite[] = [put('s', 'a', 'x'), { type: 'put', space: 's', key: 'b', value: large }]
        assert.throws(() => store.write(writes), LimitExceededError)
        assert.equal(store.get('s', 'a'), undefined, 'all or nothing')
        assert.throws(() => store.list('s', { limit: 10_001 }), LimitExceededError)
        assert.throws(() => store.list('s', { limit: -1 }), InvalidInputError)
        assert.throws(() => store.list('s', { limit: 1.5 }), InvalidInputError)
      }),
    )

    it('refuses everything after close, which may be repeated', () => {
      const store = create()
      store.close()
      store.close()
      assert.throws(() => store.get('s', 'a'), fails('closed'))
      assert.throws(() => store.list('s', { limit: 1 }), fails('closed'))
      assert.throws(() => store.write([put('s', 'a', 'x')]), fails('closed'))
    })

    it('behaves like a sorted map, whatever is written', () => {
      const key = fc.string({ unit: 'binary', maxLength: 3 })
      const write = fc.record({
        type: fc.constantFrom('put', 'delete'),
        key,
        value: fc.uint8Array({ maxLength: 4 }),
      })
      const law = fc.property(
        fc.array(fc.array(write, { maxLength: 5 }), { maxLength: 6 }),
        fc.option(key, { nil: undefined }),
        fc.option(key, { nil: undefined }),
        (batches, after, before) => {
          const store = create()
          const model = new Map<string, Uint8Array>()
          for (const batch of batches) {
            store.write(batch.map((one) => ({ ...one, space: 's' }) as StoreWrite))
            for (const one of batch)
              one.type === 'put' ? model.set(one.key, one.value) : model.delete(one.key)
          }
          const expected = [...model]
            .filter(([k]) => (after === undefined || k > after) && (before === undefined || k < before))
            .sort(([a], [b]) => (a < b ? -1 : 1))
          const range = { ...(after !== undefined && { after }), ...(before !== undefined && { before }) }
          const actual = store
            .list('s', { limit: 100, ...range })
            .map(({ key: k, value: v }) => [k, Uint8Array.from(v)])
          store.close()
          assert.deepEqual(
            actual,
            expected.map(([k, v]) => [k, Uint8Array.from(v)]),
          )
        },
      )
      fc.assert(law, { numRuns: where === 'in memory' ? 200 : 25, seed: 1 })
    })
  })
}

describe('a store in SQLite, besides', () => {
  it('is there when opened again', () => {
    const path = freshPath()
    const first = openStore(path)
    first.write([put('s', 'a', 'kept')])
    first.close()
    const second = openStore(path)
    assert.equal(text(second.get('s', 'a')), 'kept')
    second.close()
  })

  it('is there after SIGKILL, without a word on stderr', () => {
    const path = freshPath()
    const source = new URL('../../../src/adapters/store/sqlite.ts', import.meta.url).href
    const script = `
      import { openStore } from ${JSON.stringify(source)}
      const store = openStore(${JSON.stringify(path)})
      for (let i = 0; i < 50; i++) store.write([{ type: 'put', space: 's', key: String(i), value: Uint8Array.of(i) }])
      process.kill(process.pid, 'SIGKILL')`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    assert.deepEqual([child.signal, child.stderr], ['SIGKILL', ''])
    const store = openStore(path)
    assert.equal(store.list('s', { limit: 100 }).length, 50)
    store.close()
  })

  it('syncs every write', () => {
    const path = freshPath()
    openStore(path).close()
    const database = new DatabaseSync(path)
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal')
    database.close()
  })

  it('refuses a file that is something else, and one of a later version', () => {
    const garbage = join(scratch, 'garbage')
    writeFileSync(garbage, 'this is not a database, and long enough to be taken for one'.repeat(50))
    assert.throws(() => openStore(garbage), fails('unreadable'))

    const foreign = join(scratch, 'foreign.db')
    const database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE entry (a)')
    database.close()
    assert.throws(() => openStore(foreign), fails('unreadable'))

    const later = freshPath()
    openStore(later).close()
    const raised = new DatabaseSync(later)
    raised.exec('PRAGMA user_version = 2')
    raised.close()
    assert.throws(() => openStore(later), fails('newer'))
    assert.throws(() => openStore(scratch), fails('unreadable'))
  })
})
