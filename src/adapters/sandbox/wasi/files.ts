/**
 * An in-memory file system: at the start of every run it holds what the job gives and nothing else.
 *
 * Its bounds end the run (`storageLimit`) rather than fail a call: a guest that copes with a full disk would make
 * results depend on how full it is.
 * @module
 */
import { EXIT } from '../../../core/wasm/exit.ts'
import type { GuestDirectory } from '../../../ports/sandbox.ts'
import { FILE_TYPE, RunEnd } from './abi.ts'
import type { VirtualClock } from './clock.ts'
import { INODES_MAX, STORAGE_BYTES_MAX } from './limits.ts'
import type { HostMeter } from './meter.ts'

const CAPACITY_BYTES_MIN = 64

interface InodeBase {
  readonly number: bigint
  links: number
  /** Descriptors that refer to it. */
  openings: number
  accessedNs: bigint
  modifiedNs: bigint
  changedNs: bigint
}

export interface Directory extends InodeBase {
  readonly type: typeof FILE_TYPE.directory
  readonly entries: Map<string, Inode>
  /** Where each entry stands in a listing: the order of their entering, whatever is removed in between. */
  readonly places: Map<string, number>
  lastPlace: number
  parent: Directory | undefined
}

export interface RegularFile extends InodeBase {
  readonly type: typeof FILE_TYPE.regularFile
  /** Capacity; only the first `size` bytes count. */
  data: Uint8Array
  size: number
}

export interface SymbolicLink extends InodeBase {
  readonly type: typeof FILE_TYPE.symbolicLink
  readonly target: string
}

export interface CharacterDevice extends InodeBase {
  readonly type: typeof FILE_TYPE.characterDevice
}

export type Inode = Directory | RegularFile | SymbolicLink | CharacterDevice

const NO_BYTES = new Uint8Array()
/** `.` and `..` come first. */
const PLACES_BEFORE = 2

export class FileSystem {
  /** The directories the guest was given, by the name it knows them as. */
  readonly mounts = new Map<string, Directory>()
  /** What standard input, output and error are. */
  readonly console: CharacterDevice
  readonly #clock: VirtualClock
  readonly #meter: HostMeter
  #bytes = 0
  #inodes = 0
  #lastNumber = 0n

  constructor(clock: VirtualClock, meter: HostMeter) {
    this.#clock = clock
    this.#meter = meter
    this.console = { type: FILE_TYPE.characterDevice, ...this.#inode() }
  }

  /** A directory of the job's, with its files. Nothing stands above it. */
  mount({ guestPath, files }: GuestDirectory): Directory {
    const top = this.directory(undefined)
    this.mounts.set(guestPath, top)
    for (const { path, bytes } of files) {
      const parts = path.split('/')
      // Empty after a closing slash: then all parts are directories.
      const name = parts.pop() ?? ''
      const parent = parts.reduce((directory, part) => this.#directoryIn(directory, part), top)
      if (name === '') continue
      this.#charge(bytes.length)
      const file = this.file()
      file.data = bytes
      file.size = bytes.length
      this.enter(parent, name, file)
    }
    return top
  }

  #directoryIn(parent: Directory, name: string): Directory {
    const known = parent.entries.get(name)
    if (known?.type === FILE_TYPE.directory) return known
    const made = this.directory(parent)
    this.enter(parent, name, made)
    return made
  }

  /** A directory not yet in its parent. */
  directory(parent: Directory | undefined): Directory {
    return {
      type: FILE_TYPE.directory,
      ...this.#inode(),
      entries: new Map(),
      places: new Map(),
      lastPlace: PLACES_BEFORE,
      parent,
    }
  }

  file(): RegularFile {
    return { type: FILE_TYPE.regularFile, ...this.#inode(), data: NO_BYTES, size: 0 }
  }

  symbolicLink(target: string): SymbolicLink {
    this.#charge(target.length)
    return { type: FILE_TYPE.symbolicLink, ...this.#inode(), target }
  }

  enter(parent: Directory, name: string, inode: Inode): void {
    parent.entries.set(name, inode)
    parent.places.set(name, ++parent.lastPlace)
    parent.modifiedNs = this.#clock.realtime()
  }

  /** Takes an entry out of its directory; the inode goes with its last link and descriptor. */
  remove(parent: Directory, name: string, inode: Inode): void {
    this.leave(parent, name)
    inode.changedNs = parent.modifiedNs
    inode.links--
    this.release(inode)
  }

  /** Takes an entry out of its directory and leaves the inode as it is. */
  leave(parent: Directory, name: string): void {
    parent.entries.delete(name)
    parent.places.delete(name)
    parent.modifiedNs = this.#clock.realtime()
  }

  /** Gives back the storage of an inode nothing refers to any more. */
  release(inode: Inode): void {
    if (inode.links > 0 || inode.openings > 0) return
    this.#inodes--
    if (inode.type === FILE_TYPE.regularFile) this.resize(inode, 0)
    if (inode.type === FILE_TYPE.symbolicLink) this.#bytes -= inode.target.length
  }

  resize(file: RegularFile, size: number): void {
    this.#charge(size - file.size)
    if (size > file.data.length) {
      const capacity = Math.min(STORAGE_BYTES_MAX, Math.max(size, file.data.length * 2, CAPACITY_BYTES_MIN))
      this.#meter.moved(capacity)
      const data = new Uint8Array(capacity)
      data.set(file.data.subarray(0, file.size))
      file.data = data
    } else if (size > file.size) {
      this.#meter.moved(size - file.size)
      file.data.fill(0, file.size, size)
    }
    file.size = size
    // The charge is for the size: capacity kept beyond twice that would be memory of the host the guest is not charged.
    if (2 * size < file.data.length - CAPACITY_BYTES_MIN) {
      this.#meter.moved(size)
      file.data = file.data.slice(0, size)
    }
  }

  read(file: RegularFile, offset: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, file.size - offset))
    if (count > 0) target.set(file.data.subarray(offset, offset + count))
    return count
  }

  write(file: RegularFile, offset: number, bytes: Uint8Array): number {
    if (offset + bytes.length > file.size) this.resize(file, offset + bytes.length)
    file.data.set(bytes, offset)
    const now = this.#clock.realtime()
    file.modifiedNs = now
    file.changedNs = now
    return bytes.length
  }

  #inode(): InodeBase {
    if (++this.#inodes > INODES_MAX) throw new RunEnd(EXIT.storageLimit)
    const now = this.#clock.realtime()
    return {
      number: ++this.#lastNumber,
      links: 1,
      openings: 0,
      accessedNs: now,
      modifiedNs: now,
      changedNs: now,
    }
  }

  #charge(bytes: number): void {
    if (this.#bytes + bytes > STORAGE_BYTES_MAX) throw new RunEnd(EXIT.storageLimit)
    this.#bytes += bytes
  }
}
