/** A folder as a guest's directory, and back. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  changesOf,
  type GuestFolder,
  readGuestFolder,
  writeBack,
} from '../../../src/apps/cli/guest-folder.ts'
import type { GuestDirectory } from '../../../src/ports/sandbox.ts'

let root = ''
let outside = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dikast-folder-'))
  outside = mkdtempSync(join(tmpdir(), 'dikast-outside-'))
})
afterEach(() => {
  for (const path of [root, outside]) rmSync(path, { recursive: true, force: true })
})

const encode = (text: string) => new TextEncoder().encode(text)

/** What a guest left, by path. */
function left(files: Readonly<Record<string, string>>): GuestDirectory {
  return {
    guestPath: '/',
    files: Object.entries(files).map(([path, content]) => ({ path, bytes: encode(content) })),
  }
}

function apply(folder: GuestFolder, files: Readonly<Record<string, string>>): readonly string[] {
  const after = left(files)
  const changes = changesOf(folder.given, after)
  writeBack(folder, after, changes)
  return changes.map(({ change, path }) => `${change} ${path}`)
}

function put(path: string, content: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), content)
}

describe('a folder as a guest’s directory', () => {
  it('has its files by relative path and its empty folders, in an order of their names', () => {
    put('b.txt', '2')
    put('a/x.txt', '1')
    mkdirSync(join(root, 'empty'))
    const { given } = readGuestFolder(`${root}::/data`)
    assert.equal(given.guestPath, '/data')
    assert.deepEqual(
      given.files.map(({ path, bytes }) => [path, bytes.length]),
      [
        ['b.txt', 1],
        ['empty/', 0],
        ['a/x.txt', 1],
      ],
    )
  })

  it('may be named by a link: whoever runs the guest chose it', () => {
    put('a.txt', '1')
    symlinkSync(root, join(outside, 'link'))
    assert.equal(readGuestFolder(`${join(outside, 'link')}::/`).given.files.length, 1)
  })

  it('is refused with a link in it, whatever it points to', () => {
    put('a.txt', '1')
    symlinkSync(join(root, 'a.txt'), join(root, 'inner'))
    assert.throws(() => readGuestFolder(`${root}::/`), { code: 'INVALID_INPUT', message: /inner is neither/ })
  })

  it('is refused when it is larger than a guest may be given, before its bytes are read', () => {
    put('large.bin', '')
    writeFileSync(join(root, 'large.bin'), Buffer.alloc(16 * 1024 * 1024 + 1))
    assert.throws(() => readGuestFolder(`${root}::/`), { code: 'LIMIT_EXCEEDED', limit: '--dir bytes' })
  })

  it('is refused when it has more files', () => {
    for (let i = 0; i <= 4096; i++) writeFileSync(join(root, `${i}`), '')
    assert.throws(() => readGuestFolder(`${root}::/`), { code: 'LIMIT_EXCEEDED', limit: '--dir files' })
  })
})

describe('what a guest left', () => {
  it('is written, changed, deleted and emptied, and nothing else is touched', () => {
    put('same.txt', 'same')
    put('changed.txt', 'old')
    put('deep/er/gone.txt', 'x')
    put('emptied/a.txt', 'x')
    const folder = readGuestFolder(`${root}::/`)
    const told = apply(folder, {
      'same.txt': 'same',
      'changed.txt': 'new',
      'emptied/': '',
      'made/deep/file.txt': 'made',
    })
    assert.deepEqual(told, [
      'changed changed.txt',
      'deleted deep/er/gone.txt',
      'deleted emptied/a.txt',
      'new made/deep/file.txt',
    ])
    assert.equal(readFileSync(join(root, 'changed.txt'), 'utf8'), 'new')
    assert.equal(readFileSync(join(root, 'made/deep/file.txt'), 'utf8'), 'made')
    assert.deepEqual(readdirSync(join(root, 'emptied')), [])
    assert.ok(!existsSync(join(root, 'deep')), 'folders the guest removed are removed')
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('.dikast-')),
      [],
    )
  })

  it('may be a file where a folder was, and a folder where a file was', () => {
    put('a/b.txt', 'x')
    put('c', 'x')
    apply(readGuestFolder(`${root}::/`), { a: 'file', 'c/d.txt': 'folder' })
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'file')
    assert.equal(readFileSync(join(root, 'c/d.txt'), 'utf8'), 'folder')
  })

  for (const path of [
    '../evil',
    'a/../../evil',
    '/evil',
    'a//b',
    '.',
    'a/..',
    'a\\b',
    'a\0b',
    `${'x'.repeat(256)}`,
  ]) {
    it(`is refused as ${JSON.stringify(path.slice(0, 20))}, and nothing is written at all`, () => {
      const folder = readGuestFolder(`${root}::/`)
      assert.throws(() => apply(folder, { 'good.txt': 'x', [path]: 'x' }), { code: 'INVALID_INPUT' })
      assert.deepEqual(readdirSync(root), [])
    })
  }

  it('does not go through a link that came to be while the guest ran', () => {
    put('sub/a.txt', 'old')
    const folder = readGuestFolder(`${root}::/`)
    rmSync(join(root, 'sub'), { recursive: true })
    symlinkSync(outside, join(root, 'sub'))
    assert.throws(() => apply(folder, { 'sub/a.txt': 'new' }), {
      code: 'INVALID_INPUT',
      message: /in the way/,
    })
    writeFileSync(join(outside, 'a.txt'), 'not the guest’s')
    assert.throws(() => apply(folder, {}), { code: 'INVALID_INPUT', message: /in the way/ })
    assert.equal(readFileSync(join(outside, 'a.txt'), 'utf8'), 'not the guest’s')
  })

  it('replaces a link in the place of a file, and leaves what it points to', () => {
    put('a.txt', 'old')
    const folder = readGuestFolder(`${root}::/`)
    writeFileSync(join(outside, 'target'), 'not the guest’s')
    rmSync(join(root, 'a.txt'))
    symlinkSync(join(outside, 'target'), join(root, 'a.txt'))
    apply(folder, { 'a.txt': 'new' })
    assert.ok(lstatSync(join(root, 'a.txt')).isFile())
    assert.equal(readFileSync(join(outside, 'target'), 'utf8'), 'not the guest’s')
  })

  it('lets nobody read a changed file who could not read it before', () => {
    put('secret.txt', 'old')
    chmodSync(join(root, 'secret.txt'), 0o600)
    apply(readGuestFolder(`${root}::/`), { 'secret.txt': 'new' })
    assert.equal(readFileSync(join(root, 'secret.txt'), 'utf8'), 'new')
    assert.equal(lstatSync(join(root, 'secret.txt')).mode & 0o777, 0o600)
  })
})
