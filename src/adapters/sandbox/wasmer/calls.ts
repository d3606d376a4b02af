/**
 * What stands between a guest and @wasmer/wasi. Each call is charged and its pointers are checked here, so that the library
 * works on buffers that are there, at sizes that are paid for, and stores no more than a guest of `deterministic-1` may.
 * @module
 */
import type { WasiDialect, WasiFunction } from '../../../core/wasm/wasi.ts'
import { ERRNO, fail, OPEN, SET_TIME } from '../wasi/abi.ts'
import { type Call, createCalls } from '../wasi/imports.ts'
import { DIRECTORY_ENTRY_FUEL, PATH_PART_FUEL } from '../wasi/meter.ts'
import type { World } from '../wasi/world.ts'
import type { Quota } from './quota.ts'
import { FDSTAT_BYTES, type FileCall, type Library, STAT_BYTES } from './raw.ts'

const encoder = new TextEncoder()

/** Calls that close or move a descriptor, of whatever kind. */
const MOVES: ReadonlySet<string> = new Set<FileCall>(['fd_close', 'fd_renumber'])

export function wasmerCalls(
  world: World,
  dialect: WasiDialect,
  library: Library,
  quota: Quota,
): Record<WasiFunction, Call> {
  const ours = createCalls(world, dialect)
  const files = fileCalls(world, library, quota)
  /** Standard streams are ours, under whatever number the guest has moved them to. */
  const routed = (name: FileCall): Call => {
    if (!name.startsWith('fd_') || MOVES.has(name)) return files[name]
    return (fd: number, ...rest) => {
      const stream = library.streams.get(fd)
      return stream === undefined ? files[name](fd, ...rest) : ours[name](stream, ...rest)
    }
  }
  const names = Object.keys(files) as readonly FileCall[]
  return { ...ours, ...Object.fromEntries(names.map((name) => [name, routed(name)])) }
}

function fileCalls(world: World, library: Library, quota: Quota): Record<FileCall, Call> {
  const { memory, meter, clock } = world
  const plain =
    (name: FileCall): Call =>
    (...values) =>
      library.call(name, ...values.filter((value) => value !== undefined))

  const preopen = (fd: number) => encoder.encode(library.preopens.get(fd) ?? fail(ERRNO.badf))

  const answered =
    (name: FileCall, bytes: number, position: number): Call =>
    (...values) => {
      memory.check(values[position], bytes)
      plain(name)(...values)
    }

  /** Bytes asked for; the library takes memory for all of them, whatever it finds. */
  const buffers = (vectors: number, count: number, result: number): number => {
    memory.check(result, 4)
    let total = 0
    for (const { length } of memory.checkedVectors(vectors, count)) total += length
    meter.bytes(total)
    return total
  }

  /** Pays for the path at these parameters, and looks at it as the deterministic WASI does. */
  const path = (at: number, length: number): string => {
    const text = memory.path(at, length)
    if (text.startsWith('/')) fail(ERRNO.perm)
    meter.take((text.split('/').length + quota.linkParts) * PATH_PART_FUEL)
    return text
  }

  /** `time now` becomes a time of the guest's clock. */
  const times = (
    accessedNs: bigint,
    modifiedNs: bigint,
    flags: number,
  ): readonly [bigint, bigint, number] => {
    const both = (a: number, b: number) => (flags & a) !== 0 && (flags & b) !== 0
    if (flags > 15 || both(SET_TIME.accessed, SET_TIME.accessedNow)) fail(ERRNO.inval)
    if (both(SET_TIME.modified, SET_TIME.modifiedNow)) fail(ERRNO.inval)
    const now = BigInt.asIntN(64, clock.realtime())
    const accessed = (flags & (SET_TIME.accessed | SET_TIME.accessedNow)) !== 0 ? SET_TIME.accessed : 0
    const modified = (flags & (SET_TIME.modified | SET_TIME.modifiedNow)) !== 0 ? SET_TIME.modified : 0
    return [
      flags & SET_TIME.accessedNow ? now : accessedNs,
      flags & SET_TIME.modifiedNow ? now : modifiedNs,
      accessed | modified,
    ]
  }

  return {
    fd_advise: plain('fd_advise'),
    fd_allocate(fd: number, offset: bigint, length: bigint) {
      if (offset < 0n || length < 0n) fail(ERRNO.inval)
      library.reserve(fd, offset + length)
      library.call('fd_allocate', fd, offset, length)
    },
    fd_close(fd: number) {
      library.call('fd_close', fd)
      library.closed(fd)
      quota.closed()
    },
    fd_datasync: plain('fd_datasync'),
    fd_sync: plain('fd_sync'),
    fd_fdstat_get: answered('fd_fdstat_get', FDSTAT_BYTES, 1),
    fd_fdstat_set_flags: plain('fd_fdstat_set_flags'),
    fd_fdstat_set_rights: plain('fd_fdstat_set_rights'),
    fd_filestat_get: answered('fd_filestat_get', STAT_BYTES, 1),
    fd_filestat_set_size(fd: number, size: bigint) {
      if (size < 0n) fail(ERRNO.fbig)
      library.reserve(fd, size)
      library.call('fd_filestat_set_size', fd, size)
    },
    fd_filestat_set_times(fd: number, accessedNs: bigint, modifiedNs: bigint, flags: number) {
      library.call('fd_filestat_set_times', fd, ...times(accessedNs, modifiedNs, flags))
    },
    fd_pread(fd: number, vectors: number, count: number, offset: bigint, result: number) {
      if (offset < 0n) fail(ERRNO.inval)
      buffers(vectors, count, result)
      library.call('fd_pread', fd, vectors, count, offset, result)
    },
    fd_pwrite(fd: number, vectors: number, count: number, offset: bigint, result: number) {
      if (offset < 0n) fail(ERRNO.inval)
      library.reserve(fd, offset + BigInt(buffers(vectors, count, result)))
      library.call('fd_pwrite', fd, vectors, count, offset, result)
    },
    fd_read(fd: number, vectors: number, count: number, result: number) {
      buffers(vectors, count, result)
      library.call('fd_read', fd, vectors, count, result)
    },
    fd_write(fd: number, vectors: number, count: number, result: number) {
      library.reserveHere(fd, buffers(vectors, count, result))
      library.call('fd_write', fd, vectors, count, result)
    },
    fd_prestat_get(fd: number, result: number) {
      const { length } = preopen(fd)
      memory.setU32(result, 0)
      memory.setU32(result + 4, length)
    },
    fd_prestat_dir_name(fd: number, buffer: number, length: number) {
      const name = preopen(fd)
      if (name.length > length) fail(ERRNO.nametoolong)
      memory.setBytes(buffer, name)
    },
    fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, result: number) {
      memory.check(result, 4)
      memory.bytes(buffer, length)
      meter.take(quota.entries * DIRECTORY_ENTRY_FUEL)
      library.call('fd_readdir', fd, buffer, length, cookie, result)
    },
    fd_renumber(from: number, to: number) {
      library.call('fd_renumber', from, to)
      if (from === to) return
      library.moved(from, to)
      quota.closed()
    },
    fd_seek: answered('fd_seek', 8, 3),
    fd_tell: answered('fd_tell', 8, 1),
    path_create_directory(fd: number, at: number, length: number) {
      path(at, length)
      quota.addEntry()
      library.call('path_create_directory', fd, at, length)
    },
    path_filestat_get(fd: number, lookup: number, at: number, length: number, result: number) {
      memory.check(result, STAT_BYTES)
      path(at, length)
      library.call('path_filestat_get', fd, lookup, at, length, result)
    },
    path_filestat_set_times(
      fd: number,
      lookup: number,
      at: number,
      length: number,
      accessedNs: bigint,
      modifiedNs: bigint,
      flags: number,
    ) {
      path(at, length)
      library.call('path_filestat_set_times', fd, lookup, at, length, ...times(accessedNs, modifiedNs, flags))
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
      path(from, fromLength)
      path(to, toLength)
      quota.addEntry()
      library.call('path_link', fromFd, lookup, from, fromLength, toFd, to, toLength)
    },
    path_open(
      fd: number,
      lookup: number,
      at: number,
      length: number,
      openFlags: number,
      rights: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ) {
      memory.check(result, 4)
      path(at, length)
      if (openFlags & OPEN.create) quota.addEntry()
      library.call('path_open', fd, lookup, at, length, openFlags, rights, inheriting, flags, result)
      library.opened(memory.u32(result))
      quota.opened()
    },
    path_readlink(fd: number, at: number, length: number, buffer: number, size: number, result: number) {
      path(at, length)
      memory.check(result, 4)
      memory.bytes(buffer, size)
      library.call('path_readlink', fd, at, length, buffer, size, result)
    },
    path_remove_directory(fd: number, at: number, length: number) {
      path(at, length)
      library.call('path_remove_directory', fd, at, length)
    },
    path_rename(
      fromFd: number,
      from: number,
      fromLength: number,
      toFd: number,
      to: number,
      toLength: number,
    ) {
      path(from, fromLength)
      path(to, toLength)
      library.call('path_rename', fromFd, from, fromLength, toFd, to, toLength)
    },
    path_symlink(text: number, textLength: number, fd: number, at: number, length: number) {
      quota.addLink(path(text, textLength).split('/').length)
      path(at, length)
      quota.addEntry()
      library.call('path_symlink', text, textLength, fd, at, length)
    },
    path_unlink_file(fd: number, at: number, length: number) {
      path(at, length)
      library.call('path_unlink_file', fd, at, length)
    },
  }
}
