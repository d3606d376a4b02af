/**
 * A folder of this machine as a guest's directory, and what the guest made of it back in the folder.
 *
 * The guest sees a copy: regular files and folders. A link, a socket or a device is refused by its name, so that nothing is
 * given that stands outside the folder. Back come files the guest wrote, never through a link and never outside the folder,
 * each put in its place whole; what it deleted is deleted.
 * @module
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { GuestDirectory, GuestFile } from '../../ports/sandbox.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

/** As many as the sandbox gives a guest in all. */
const FILES_MAX = 4_096
const BYTES_MAX = 16 * 1024 * 1024
const DEPTH_MAX = 64
const NAME_BYTES_MAX = 255
const PERMISSIONS = 0o777
/** What a name may not hold on one system or another, and what makes a listing say something else. */
const HOSTILE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}/\\]/u

export interface GuestFolder {
  /** As named on the command line. */
  readonly path: string
  /** Without links. */
  readonly root: string
  readonly given: GuestDirectory
}

export interface FileChange {
  readonly guestPath: string
  readonly path: string
  readonly bytes: number
  readonly change: 'new' | 'changed' | 'deleted'
}

/** Reads `host::guest`. Throws `InvalidInputError` and `LimitExceededError` naming the file. */
export function readGuestFolder(text: string): GuestFolder {
  const at = text.lastIndexOf('::')
  const path = text.slice(0, at)
  const guestPath = text.slice(at + 2)
  if (at < 1 || guestPath === '')
    throw new InvalidInputError('--dir', `«${text.slice(0, 80)}» is not host::guest`, {
      fix: 'name a folder here and what the guest knows it as, such as ./data::/data',
    })
  let root: string
  try {
    root = realpathSync(path)
    if (!lstatSync(root).isDirectory()) throw new Error('not a folder')
  } catch (cause) {
    throw new InvalidInputError('--dir', `${path} is no folder that can be read`, {
      cause,
      fix: 'name a folder that exists',
    })
  }
  return { path, root, given: { guestPath, files: filesOf(root) } }
}

function filesOf(root: string): readonly GuestFile[] {
  const files: GuestFile[] = []
  let bytes = 0
  const add = (file: GuestFile) => {
    files.push(file)
    bytes += file.bytes.length + file.path.length
    if (files.length > FILES_MAX)
      throw new LimitExceededError('--dir files', files.length, FILES_MAX, { fix: 'name a smaller folder' })
    if (bytes > BYTES_MAX)
      throw new LimitExceededError('--dir bytes', bytes, BYTES_MAX, { fix: 'name a smaller folder' })
  }
  const waiting: string[][] = [[]]
  for (let parts = waiting.pop(); parts !== undefined; parts = waiting.pop()) {
    if (parts.length > DEPTH_MAX)
      throw new LimitExceededError('--dir depth', parts.length, DEPTH_MAX, { fix: 'name a smaller folder' })
    const entries = readdirSync(join(root, ...parts), { withFileTypes: true })
    if (entries.length === 0 && parts.length > 0)
      add({ path: `${parts.join('/')}/`, bytes: new Uint8Array() })
    // By name, so that what the guest sees does not hang on the order of the disk.
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = [...parts, entry.name]
      if (entry.isDirectory()) waiting.push(inner)
      else if (entry.isFile())
        add({ path: inner.join('/'), bytes: readRegular(join(root, ...inner), BYTES_MAX - bytes) })
      else throw refused(join(root, ...inner))
    }
  }
  return files
}

/** The file may have been replaced since it was listed: no link is followed, no more than the bound is read. */
function readRegular(file: string, bytesMax: number): Uint8Array {
  let descriptor: number
  try {
    descriptor = openSync(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    )
  } catch (cause) {
    throw new InvalidInputError('--dir', `${file} cannot be read`, { cause, fix: 'check its permissions' })
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) throw refused(file)
    if (stat.size > bytesMax)
      throw new LimitExceededError('--dir bytes', BYTES_MAX - bytesMax + stat.size, BYTES_MAX, {
        fix: `${file} is too large: name a smaller folder`,
      })
    return Uint8Array.from(readFileSync(descriptor))
  } finally {
    closeSync(descriptor)
  }
}

function refused(file: string): InvalidInputError {
  return new InvalidInputError('--dir', `${file} is neither a regular file nor a folder`, {
    fix: 'take links, sockets and devices out of the folder, or name another',
  })
}

/** What the guest changed, by path. */
export function changesOf(given: GuestDirectory, left: GuestDirectory): readonly FileChange[] {
  const { guestPath } = given
  const before = new Map(given.files.map(({ path, bytes }) => [path, bytes]))
  const after = new Map(left.files.map(({ path, bytes }) => [path, bytes]))
  const changes: FileChange[] = []
  for (const [path, bytes] of after) {
    const old = before.get(path)
    if (old === undefined) {
      // A folder that was emptied is not new: its files are told as deleted.
      if (!isFolderOf(path, before)) changes.push({ guestPath, path, bytes: bytes.length, change: 'new' })
    } else if (Buffer.compare(old, bytes) !== 0)
      changes.push({ guestPath, path, bytes: bytes.length, change: 'changed' })
  }
  for (const path of before.keys()) {
    if (!after.has(path) && !isFolderOf(path, after))
      changes.push({ guestPath, path, bytes: 0, change: 'deleted' })
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Whether a path is that of a folder something stands in. */
function isFolderOf(path: string, files: ReadonlyMap<string, unknown>): boolean {
  return path.endsWith('/') && [...files.keys()].some((other) => other !== path && other.startsWith(path))
}

/** Makes the folder what the guest left. Throws `InvalidInputError` before anything is written when a name cannot be. */
export function writeBack(folder: GuestFolder, left: GuestDirectory, changes: readonly FileChange[]): void {
  const contents = new Map(left.files.map(({ path, bytes }) => [path, bytes]))
  for (const { path } of changes) checkPath(path)
  // Deletions first: a file may stand where a folder was. Deepest first, by their order backwards.
  for (const { path } of changes.filter(({ change }) => change === 'deleted').toReversed())
    remove(folder.root, path, contents)
  for (const { path, change } of changes) {
    if (change === 'deleted') continue
    if (path.endsWith('/')) makeFolder(folder.root, path.slice(0, -1))
    else {
      makeFolder(folder.root, dirname(path))
      replace(join(folder.root, path), contents.get(path) ?? new Uint8Array())
    }
  }
}

function checkPath(path: string): void {
  for (const part of (path.endsWith('/') ? path.slice(0, -1) : path).split('/')) {
    const plain = part !== '' && part !== '.' && part !== '..' && !HOSTILE.test(part)
    if (plain && Buffer.byteLength(part) <= NAME_BYTES_MAX) continue
    throw new InvalidInputError(
      '--write-back',
      `the guest left ${JSON.stringify(path.slice(0, 200))}, which is no name for a file here`,
      {
        fix: 'nothing was written: run it without --write-back, or name files plainly',
      },
    )
  }
}

/** Each folder on the way to `path`, none of which may be a link. */
function makeFolder(root: string, path: string): void {
  let folder = root
  for (const part of path.split('/')) {
    if (part === '.') continue
    folder = join(folder, part)
    if (!existsSync(folder)) mkdirSync(folder)
    if (!lstatSync(folder).isDirectory()) throw refusedToWrite(folder)
  }
}

/** A reader sees the old bytes or the new, and a link in its place is replaced and not followed. */
function replace(file: string, bytes: Uint8Array): void {
  const before = lstatSync(file, { throwIfNoEntry: false })
  if (before?.isDirectory()) throw refusedToWrite(file)
  // Whoever could not read it before cannot read it now.
  const mode = before?.isFile() ? { mode: before.mode & PERMISSIONS } : {}
  const fresh = join(dirname(file), `.dikast-${randomBytes(8).toString('hex')}`)
  try {
    writeFileSync(fresh, bytes, { flag: 'wx', ...mode })
    renameSync(fresh, file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

/** A file the guest deleted; and the folders it stood in, when it left none of them. */
function remove(root: string, path: string, left: ReadonlyMap<string, Uint8Array>): void {
  const parts = (path.endsWith('/') ? path.slice(0, -1) : path).split('/')
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = join(root, ...parts.slice(0, depth))
    if (!existsSync(folder)) return
    if (!lstatSync(folder).isDirectory()) throw refusedToWrite(folder)
  }
  if (!path.endsWith('/')) rmSync(join(root, path), { force: true })
  const last = path.endsWith('/') ? parts.length : parts.length - 1
  for (let depth = last; depth > 0; depth--) {
    const prefix = `${parts.slice(0, depth).join('/')}/`
    const folder = join(root, prefix)
    const stays = [...left.keys()].some((kept) => kept.startsWith(prefix))
    if (stays || !existsSync(folder) || readdirSync(folder).length > 0) return
    rmdirSync(folder)
  }
}

function refusedToWrite(path: string): InvalidInputError {
  return new InvalidInputError(
    '--write-back',
    `${path} is in the way: it is not what it was when the guest got it`,
    {
      fix: 'let nothing else change the folder while the guest runs',
    },
  )
}
