import type { WasiDialect } from '../../../core/wasm/wasi.ts'
import { ERRNO, FD_APPEND, FD_FLAGS_ALL, fail, RIGHT } from './abi.ts'
import type { Descriptor, FileDescriptor } from './descriptors.ts'
import type { Inode } from './files.ts'
import { DIRECTORY_ENTRY_FUEL } from './meter.ts'
import { setTimes, writeStat } from './stat.ts'
import type { World } from './world.ts'

const encoder = new TextEncoder()
const DIRENT_BYTES = 24
const FILE_SIZE_MAX = 0xffff_ffffn
const OFFSET_MAX = BigInt(Number.MAX_SAFE_INTEGER)
/** What `whence` counts from, by its value. */
const WHENCE = {
  wasi_snapshot_preview1: ['start', 'current', 'end'],
  wasi_unstable: ['current', 'end', 'start'],
} as const

/** Calls on open descriptors. */
export function fdCalls(world: World, dialect: WasiDialect) {
  const { memory, clock, files, descriptors, meter } = world

  const writeStream = (stream: 'input' | 'output' | 'error') =>
    stream === 'output' ? world.output : stream === 'error' ? world.error : fail(ERRNO.notcapable)

  const readable = (descriptor: Descriptor, right: bigint) => {
    if (descriptor.kind === 'directory') fail(ERRNO.isdir)
    if ((descriptor.rights & right) === 0n) fail(ERRNO.notcapable)
    return descriptor
  }

  const position = (offset: bigint) =>
    offset < 0n || offset > OFFSET_MAX ? fail(ERRNO.inval) : Number(offset)

  const readAt = (descriptor: FileDescriptor, offset: number, vectors: number, count: number) => {
    let at = offset
    const total = memory.vectors(vectors, count, (buffer) => {
      const moved = files.read(descriptor.inode, at, buffer)
      at += moved
      return moved
    })
    descriptor.inode.accessedNs = clock.realtime()
    return total
  }

  const writeAt = (descriptor: FileDescriptor, offset: number, vectors: number, count: number) => {
    let at = offset
    return memory.vectors(vectors, count, (buffer) => {
      const moved = files.write(descriptor.inode, at, buffer)
      at += moved
      return moved
    })
  }

  const preopen = (fd: number) => encoder.encode(descriptors.find(fd)?.preopen ?? fail(ERRNO.badf))

  return {
    fd_advise(fd: number, offset: bigint, length: bigint, advice: number) {
      const descriptor = descriptors.get(fd, RIGHT.fdAdvise)
      if (advice > 5) fail(ERRNO.inval)
      if (descriptor.kind === 'directory') fail(ERRNO.badf)
      if (length < 0n || offset < 0n) fail(ERRNO.inval)
    },
    fd_allocate(fd: number) {
      if (descriptors.get(fd, RIGHT.fdAllocate).kind === 'directory') fail(ERRNO.isdir)
      fail(ERRNO.notsup)
    },
    fd_close(fd: number) {
      descriptors.close(fd)
    },
    fd_datasync(fd: number) {
      descriptors.get(fd)
    },
    fd_sync(fd: number) {
      descriptors.get(fd)
    },
    fd_fdstat_get(fd: number, result: number) {
      const { inode, flags, rights, inheriting } = descriptors.get(fd)
      memory.check(result, 24)
      memory.setU64(result, 0n)
      memory.setU8(result, inode.type)
      memory.setU16(result + 2, flags)
      memory.setU64(result + 8, rights)
      memory.setU64(result + 16, inheriting)
    },
    fd_fdstat_set_flags(fd: number, flags: number) {
      const descriptor = descriptors.get(fd, RIGHT.fdstatSetFlags)
      if (flags > FD_FLAGS_ALL) fail(ERRNO.inval)
      descriptor.flags = flags
    },
    fd_fdstat_set_rights(fd: number, rights: bigint, inheriting: bigint) {
      const descriptor = descriptors.get(fd)
      if ((rights & ~descriptor.rights) !== 0n || (inheriting & ~descriptor.inheriting) !== 0n) {
        fail(ERRNO.notcapable)
      }
      descriptor.rights = rights
      descriptor.inheriting = inheriting
    },
    fd_filestat_get(fd: number, result: number) {
      writeStat(world, dialect, result, descriptors.get(fd).inode)
    },
    fd_filestat_set_size(fd: number, size: bigint) {
      const descriptor = descriptors.get(fd)
      if (descriptor.kind === 'directory') fail(ERRNO.isdir)
      if (descriptor.kind !== 'file') fail(ERRNO.inval)
      const needed = RIGHT.fdFilestatSetSize | RIGHT.fdWrite
      if ((descriptor.rights & needed) !== needed) fail(ERRNO.inval)
      if (size < 0n || size > FILE_SIZE_MAX) fail(ERRNO.fbig)
      files.resize(descriptor.inode, Number(size))
      descriptor.inode.modifiedNs = clock.realtime()
    },
    fd_filestat_set_times(fd: number, accessedNs: bigint, modifiedNs: bigint, flags: number) {
      setTimes(world, descriptors.get(fd, RIGHT.fdFilestatSetTimes).inode, accessedNs, modifiedNs, flags)
    },
    fd_pread(fd: number, vectors: number, count: number, offset: bigint, result: number) {
      const descriptor = descriptors.file(fd, RIGHT.fdRead)
      memory.setU32(result, readAt(descriptor, position(offset), vectors, count))
    },
    fd_pwrite(fd: number, vectors: number, count: number, offset: bigint, result: number) {
      const descriptor = descriptors.file(fd, RIGHT.fdWrite)
      const at = position(offset)
      const start = descriptor.flags & FD_APPEND ? descriptor.inode.size : at
      memory.setU32(result, writeAt(descriptor, start, vectors, count))
    },
    fd_read(fd: number, vectors: number, count: number, result: number) {
      const descriptor = readable(descriptors.get(fd), RIGHT.fdRead)
      memory.check(result, 4)
      if (descriptor.kind === 'stream') {
        memory.setU32(
          result,
          memory.vectors(vectors, count, (buffer) => world.input.read(buffer)),
        )
        return
      }
      const total = readAt(descriptor, descriptor.offset, vectors, count)
      descriptor.offset += total
      memory.setU32(result, total)
    },
    fd_write(fd: number, vectors: number, count: number, result: number) {
      const descriptor = readable(descriptors.get(fd), RIGHT.fdWrite)
      memory.check(result, 4)
      if (descriptor.kind === 'stream') {
        const stream = writeStream(descriptor.stream)
        memory.setU32(
          result,
          memory.vectors(vectors, count, (buffer) => stream.write(buffer)),
        )
        return
      }
      if (descriptor.flags & FD_APPEND) descriptor.offset = descriptor.inode.size
      const total = writeAt(descriptor, descriptor.offset, vectors, count)
      descriptor.offset += total
      memory.setU32(result, total)
    },
    fd_prestat_get(fd: number, result: number) {
      const { length } = preopen(fd)
      memory.setU32(result, 0)
      memory.setU32(result + 4, length)
    },
    fd_prestat_dir_name(fd: number, buffer: number, length: number) {
      const path = preopen(fd)
      if (path.length > length) fail(ERRNO.nametoolong)
      memory.setBytes(buffer, path)
    },
    fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, result: number) {
      const { inode } = descriptors.directory(fd, RIGHT.readdir)
      const target = memory.bytes(buffer, length)
      const after = Number(BigInt.asUintN(64, cookie))
      let used = 0
      const give = (place: number, name: string, entry: Inode) => {
        if (place <= after || used >= length) return
        const kept = directoryEntry(place, name, entry).subarray(0, length - used)
        target.set(kept, used)
        used += kept.length
      }
      give(1, '.', inode)
      give(2, '..', inode.parent ?? inode)
      for (const [name, place] of inode.places) {
        if (used >= length) break
        meter.take(DIRECTORY_ENTRY_FUEL)
        const entry = inode.entries.get(name)
        if (entry !== undefined) give(place, name, entry)
      }
      memory.setU32(result, used)
    },
    fd_renumber(from: number, to: number) {
      descriptors.renumber(from, to)
    },
    fd_seek(fd: number, offset: bigint, whence: number, result: number) {
      const descriptor = seekable(descriptors.get(fd))
      if ((descriptor.rights & (RIGHT.fdSeek | RIGHT.fdTell)) === 0n) fail(ERRNO.notcapable)
      const from = WHENCE[dialect][whence] ?? fail(ERRNO.inval)
      const base = { start: 0, current: descriptor.offset, end: descriptor.inode.size }[from]
      const target = BigInt(base) + offset
      descriptor.offset = position(target)
      memory.setU64(result, target)
    },
    fd_tell(fd: number, result: number) {
      memory.setU64(result, BigInt(seekable(descriptors.get(fd)).offset))
    },
  }
}

function seekable(descriptor: Descriptor): FileDescriptor {
  if (descriptor.kind === 'directory') fail(ERRNO.badf)
  if (descriptor.kind === 'stream') fail(ERRNO.spipe)
  return descriptor
}

/** A `dirent` and its name. `cookie` is where reading continues after it. */
function directoryEntry(cookie: number, name: string, inode: Inode): Uint8Array {
  const text = encoder.encode(name)
  const entry = new Uint8Array(DIRENT_BYTES + text.length)
  const view = new DataView(entry.buffer)
  view.setBigUint64(0, BigInt(cookie), true)
  view.setBigUint64(8, inode.number, true)
  view.setUint32(16, text.length, true)
  view.setUint8(20, inode.type)
  entry.set(text, DIRENT_BYTES)
  return entry
}
