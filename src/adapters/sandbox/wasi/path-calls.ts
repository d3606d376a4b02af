import type { WasiDialect } from '../../../core/wasm/wasi.ts'
import {
  DIRECTORY_RIGHTS,
  ERRNO,
  FD_FLAGS_ALL,
  FILE_RIGHTS,
  FILE_TYPE,
  fail,
  LOOKUP_FOLLOW,
  OPEN,
  RIGHT,
} from './abi.ts'
import type { DirectoryDescriptor } from './descriptors.ts'
import type { Directory, Inode, RegularFile } from './files.ts'
import { DIRECTORY_ENTRY_FUEL, type HostMeter } from './meter.ts'
import { type Resolved, resolvePath } from './path.ts'
import { setTimes, writeStat } from './stat.ts'
import type { World } from './world.ts'

const encoder = new TextEncoder()
type Entry = Extract<Resolved, { type: 'entry' }>

/** An entry that is there. */
type Existing = Entry & { readonly inode: Inode }

function existing(resolved: Entry): Existing {
  const { inode } = resolved
  if (inode === undefined) fail(ERRNO.noent)
  return { ...resolved, inode }
}

/** A name free to be made; `.` and `..` always exist. */
function free(resolved: Resolved): Entry {
  if (resolved.type === 'dot' || resolved.inode !== undefined) fail(ERRNO.exist)
  return resolved
}

/** Calls on paths below an open directory. */
export function pathCalls(world: World, dialect: WasiDialect) {
  const { memory, clock, files, descriptors, meter } = world

  const resolve = (fd: number, right: bigint, path: number, length: number, follow: boolean) => {
    const directory = descriptors.directory(fd, right)
    return resolvePath(directory.inode, memory.path(path, length), follow, meter)
  }

  const inodeAt = (fd: number, right: bigint, flags: number, path: number, length: number): Inode =>
    resolve(fd, right, path, length, (flags & LOOKUP_FOLLOW) !== 0).inode ?? fail(ERRNO.noent)

  const entryAt = (fd: number, right: bigint, path: number, length: number, dotErrno: number): Existing => {
    const resolved = resolve(fd, right, path, length, false)
    if (resolved.type === 'dot') fail(dotErrno)
    return existing(resolved)
  }

  return {
    path_create_directory(fd: number, path: number, length: number) {
      const { parent, name } = free(resolve(fd, RIGHT.createDirectory, path, length, false))
      files.enter(parent, name, files.directory(parent))
    },
    path_filestat_get(fd: number, flags: number, path: number, length: number, result: number) {
      writeStat(world, dialect, result, inodeAt(fd, RIGHT.pathFilestatGet, flags, path, length))
    },
    path_filestat_set_times(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      accessedNs: bigint,
      modifiedNs: bigint,
      flags: number,
    ) {
      const inode = inodeAt(fd, RIGHT.pathFilestatSetTimes, lookup, path, length)
      setTimes(world, inode, accessedNs, modifiedNs, flags)
    },
    path_link(
      fromFd: number,
      lookup: number,
      from: number,
      fromLength: number,
      toFd: number,
      to: number,
      toLength: number,
    ) {
      const source = descriptors.directory(fromFd, RIGHT.linkSource)
      const target = descriptors.directory(toFd, RIGHT.linkTarget)
      if (lookup & LOOKUP_FOLLOW) fail(ERRNO.inval)
      const inode =
        resolvePath(source.inode, memory.path(from, fromLength), false, meter).inode ?? fail(ERRNO.noent)
      if (inode.type === FILE_TYPE.directory) fail(ERRNO.perm)
      const entry = free(resolvePath(target.inode, memory.path(to, toLength), false, meter))
      if (entry.trailingSlash) fail(ERRNO.noent)
      inode.links++
      files.enter(entry.parent, entry.name, inode)
      inode.changedNs = clock.realtime()
    },
    path_open(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      openFlags: number,
      rights: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ) {
      const directory = descriptors.directory(fd, RIGHT.open)
      memory.check(result, 4)
      const resolved = resolvePath(
        directory.inode,
        memory.path(path, length),
        (lookup & LOOKUP_FOLLOW) !== 0,
        meter,
      )
      const inode = findOrCreate(world, directory, resolved, openFlags)
      const own = directory.inheriting & (inode.type === FILE_TYPE.directory ? DIRECTORY_RIGHTS : FILE_RIGHTS)
      const kind = inode.type === FILE_TYPE.directory ? DIRECTORY_RIGHTS : FILE_RIGHTS
      if (inode.type === FILE_TYPE.directory) {
        if ((rights & RIGHT.fdWrite) !== 0n || openFlags & OPEN.truncate) fail(ERRNO.isdir)
      } else if (openFlags & OPEN.truncate) {
        if ((directory.rights & RIGHT.pathFilestatSetSize) === 0n) fail(ERRNO.notcapable)
        files.resize(inode, 0)
        inode.modifiedNs = clock.realtime()
      }
      if ((rights & kind & ~directory.inheriting) !== 0n) fail(ERRNO.notcapable)
      const base = { rights: rights & own, flags: flags & FD_FLAGS_ALL }
      memory.setU32(
        result,
        inode.type === FILE_TYPE.directory
          ? descriptors.open({
              kind: 'directory',
              inode,
              ...base,
              inheriting: inheriting & directory.inheriting,
            })
          : descriptors.open({ kind: 'file', inode, ...base, inheriting: 0n, offset: 0 }),
      )
    },
    path_readlink(fd: number, path: number, length: number, buffer: number, size: number, result: number) {
      const { inode } = resolve(fd, RIGHT.readlink, path, length, false)
      if (inode === undefined) fail(ERRNO.noent)
      if (inode.type !== FILE_TYPE.symbolicLink) fail(ERRNO.inval)
      const target = encoder.encode(inode.target).subarray(0, size)
      memory.setBytes(buffer, target)
      memory.setU32(result, target.length)
    },
    path_remove_directory(fd: number, path: number, length: number) {
      const { parent, name, inode } = entryAt(fd, RIGHT.removeDirectory, path, length, ERRNO.inval)
      if (inode.type !== FILE_TYPE.directory) fail(ERRNO.notdir)
      if (inode.entries.size > 0) fail(ERRNO.notempty)
      files.remove(parent, name, inode)
    },
    path_rename(
      fromFd: number,
      from: number,
      fromLength: number,
      toFd: number,
      to: number,
      toLength: number,
    ) {
      const fromDirectory = descriptors.directory(fromFd, RIGHT.renameSource)
      const toDirectory = descriptors.directory(toFd, RIGHT.renameTarget)
      const source = resolvePath(fromDirectory.inode, memory.path(from, fromLength), false, meter)
      const target = resolvePath(toDirectory.inode, memory.path(to, toLength), false, meter)
      if (source.type === 'dot' || target.type === 'dot') fail(ERRNO.inval)
      rename(world, existing(source), target)
    },
    path_symlink(text: number, textLength: number, fd: number, path: number, length: number) {
      const target = memory.path(text, textLength)
      const directory = descriptors.directory(fd, RIGHT.symlink)
      const name = memory.path(path, length)
      if (target === '') fail(ERRNO.noent)
      if (target.startsWith('/')) fail(ERRNO.perm)
      const entry = free(resolvePath(directory.inode, name, false, meter))
      if (entry.trailingSlash) fail(ERRNO.noent)
      files.enter(entry.parent, entry.name, files.symbolicLink(target))
    },
    path_unlink_file(fd: number, path: number, length: number) {
      const { parent, name, inode, trailingSlash } = entryAt(fd, RIGHT.unlink, path, length, ERRNO.isdir)
      if (inode.type === FILE_TYPE.directory) fail(ERRNO.isdir)
      if (trailingSlash) fail(ERRNO.notdir)
      files.remove(parent, name, inode)
    },
  }
}

/** The directory or file `path_open` opens, made when the flags say so. */
function findOrCreate(
  { files }: World,
  directory: DirectoryDescriptor,
  resolved: Resolved,
  flags: number,
): Directory | RegularFile {
  const wantsDirectory = (flags & OPEN.directory) !== 0
  const { inode } = resolved
  if (resolved.type === 'entry' && inode === undefined) {
    if (!(flags & OPEN.create)) fail(ERRNO.noent)
    if (wantsDirectory) fail(ERRNO.inval)
    if (resolved.trailingSlash) fail(ERRNO.isdir)
    if ((directory.rights & RIGHT.createFile) === 0n) fail(ERRNO.notcapable)
    const file = files.file()
    files.enter(resolved.parent, resolved.name, file)
    return file
  }
  if (inode?.type === FILE_TYPE.symbolicLink) fail(wantsDirectory ? ERRNO.notdir : ERRNO.loop)
  if (flags & OPEN.exclusive) fail(ERRNO.exist)
  if (inode?.type === FILE_TYPE.directory) return inode
  if (wantsDirectory || inode?.type !== FILE_TYPE.regularFile) fail(ERRNO.notdir)
  return inode
}

function rename({ files, clock, meter }: World, source: Existing, target: Entry): void {
  const moved = source.inode
  if (target.trailingSlash && moved.type !== FILE_TYPE.directory) fail(ERRNO.notdir)
  if (moved.type === FILE_TYPE.directory && isWithin(target.parent, moved, meter)) fail(ERRNO.inval)
  const replaced = target.inode
  if (replaced === moved) return
  if (replaced?.type === FILE_TYPE.directory) {
    if (moved.type !== FILE_TYPE.directory) fail(ERRNO.isdir)
    if (replaced.entries.size > 0) fail(ERRNO.notempty)
  } else if (replaced !== undefined && moved.type === FILE_TYPE.directory) {
    fail(ERRNO.notdir)
  }
  if (replaced !== undefined) files.remove(target.parent, target.name, replaced)
  files.leave(source.parent, source.name)
  files.enter(target.parent, target.name, moved)
  if (moved.type === FILE_TYPE.directory) moved.parent = target.parent
  moved.changedNs = clock.realtime()
}

/** Whether `directory` is `ancestor` or stands below it. */
function isWithin(directory: Directory, ancestor: Directory, meter: HostMeter): boolean {
  for (let at: Directory | undefined = directory; at !== undefined; at = at.parent) {
    meter.take(DIRECTORY_ENTRY_FUEL)
    if (at === ancestor) return true
  }
  return false
}
