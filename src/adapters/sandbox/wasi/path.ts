import { ERRNO, FILE_TYPE, fail } from './abi.ts'
import type { Directory, Inode } from './files.ts'
import { LINKS_FOLLOWED_MAX, NAME_LENGTH_MAX } from './limits.ts'
import { type HostMeter, PATH_PART_FUEL } from './meter.ts'

export type Resolved =
  /** The last component names an entry of `parent`, which exists when `inode` is given. */
  | {
      readonly type: 'entry'
      readonly parent: Directory
      readonly name: string
      readonly inode: Inode | undefined
      readonly trailingSlash: boolean
    }
  /** The path ends in `.` or `..`: a directory, but no entry to make, rename or remove. */
  | { readonly type: 'dot'; readonly inode: Directory }

/**
 * Resolves a path below `top` and never above it: an absolute path, an absolute link or a `..` at the top is `perm`.
 * `followLast` says whether a link in the last component is followed.
 */
export function resolvePath(top: Directory, path: string, followLast: boolean, meter: HostMeter): Resolved {
  if (path === '') fail(ERRNO.noent)
  if (path.startsWith('/')) fail(ERRNO.perm)
  let trailingSlash = path.endsWith('/')
  const components = split(path)
  const trail: Directory[] = []
  let current = top
  for (let links = 0; ; ) {
    const name = components.pop()
    if (name === undefined) return { type: 'dot', inode: current }
    meter.take(PATH_PART_FUEL)
    if (name.length > NAME_LENGTH_MAX) fail(ERRNO.nametoolong)
    if (name === '.') continue
    if (name === '..') {
      current = trail.pop() ?? fail(ERRNO.perm)
      continue
    }
    const last = components.length === 0
    const inode = current.entries.get(name)
    if (inode?.type === FILE_TYPE.symbolicLink && (!last || followLast || trailingSlash)) {
      if (++links > LINKS_FOLLOWED_MAX) fail(ERRNO.loop)
      if (inode.target.startsWith('/')) fail(ERRNO.perm)
      trailingSlash ||= last && inode.target.endsWith('/')
      components.push(...split(inode.target))
      continue
    }
    if (last) {
      if (trailingSlash && inode !== undefined && inode.type !== FILE_TYPE.directory) fail(ERRNO.notdir)
      return { type: 'entry', parent: current, name, inode, trailingSlash }
    }
    if (inode === undefined) fail(ERRNO.noent)
    if (inode.type !== FILE_TYPE.directory) fail(ERRNO.notdir)
    trail.push(current)
    current = inode
  }
}

/** The last component first. */
const split = (path: string) =>
  path
    .split('/')
    .filter((component) => component !== '')
    .reverse()
