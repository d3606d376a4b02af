import { EXIT } from '../../../core/wasm/exit.ts'
import type { GuestDirectory } from '../../../ports/sandbox.ts'
import {
  DIRECTORY_RIGHTS,
  ERRNO,
  FD_APPEND,
  FILE_RIGHTS,
  FILE_TYPE,
  fail,
  INPUT_RIGHTS,
  OUTPUT_RIGHTS,
  RunEnd,
} from './abi.ts'
import type { Directory, FileSystem, Inode, RegularFile } from './files.ts'
import { DESCRIPTORS_MAX } from './limits.ts'

const STREAMS = 3

interface DescriptorBase {
  rights: bigint
  inheriting: bigint
  flags: number
  /** The path it was opened for the guest at; only preopened directories have one. */
  readonly preopen?: string
}

export type Descriptor =
  | (DescriptorBase & {
      readonly kind: 'stream'
      readonly stream: 'input' | 'output' | 'error'
      readonly inode: Inode
    })
  | (DescriptorBase & { readonly kind: 'directory'; readonly inode: Directory })
  | (DescriptorBase & { readonly kind: 'file'; readonly inode: RegularFile; offset: number })

export type FileDescriptor = Extract<Descriptor, { kind: 'file' }>
export type DirectoryDescriptor = Extract<Descriptor, { kind: 'directory' }>

/** The descriptor table: 0 to 2 are the standard streams, the next are the directories the guest is given. */
export class Descriptors {
  readonly #files: FileSystem
  readonly #table: (Descriptor | undefined)[] = []

  constructor(files: FileSystem, directories: readonly GuestDirectory[]) {
    this.#files = files
    const stream = (name: 'input' | 'output' | 'error', rights: bigint, flags: number) =>
      this.open({ kind: 'stream', stream: name, inode: files.console, rights, inheriting: 0n, flags })
    stream('input', INPUT_RIGHTS, 0)
    stream('output', OUTPUT_RIGHTS, FD_APPEND)
    stream('error', OUTPUT_RIGHTS, FD_APPEND)
    for (const directory of directories) {
      this.open({
        kind: 'directory',
        inode: files.mount(directory),
        rights: DIRECTORY_RIGHTS,
        inheriting: DIRECTORY_RIGHTS | FILE_RIGHTS,
        flags: 0,
        preopen: directory.guestPath,
      })
    }
  }

  /** The descriptor, which must hold `rights`. */
  get(fd: number, rights = 0n): Descriptor {
    const descriptor = this.#table[fd] ?? fail(ERRNO.badf)
    if ((descriptor.rights & rights) !== rights) fail(ERRNO.notcapable)
    return descriptor
  }

  find(fd: number): Descriptor | undefined {
    return this.#table[fd]
  }

  directory(fd: number, rights: bigint): DirectoryDescriptor {
    const descriptor = this.get(fd)
    if (descriptor.kind !== 'directory') fail(ERRNO.notdir)
    if ((descriptor.rights & rights) !== rights) fail(ERRNO.notcapable)
    return descriptor
  }

  /** A regular file, for calls that need a position. */
  file(fd: number, rights: bigint): FileDescriptor {
    const descriptor = this.get(fd)
    if (descriptor.kind === 'directory') fail(ERRNO.isdir)
    if (descriptor.kind === 'stream') fail(ERRNO.spipe)
    if ((descriptor.rights & rights) !== rights) fail(ERRNO.notcapable)
    return descriptor
  }

  /** Enters a descriptor at the lowest free number above the standard streams, whose numbers are not reused. */
  open(descriptor: Descriptor): number {
    let fd = this.#table.indexOf(undefined, STREAMS)
    if (fd < 0) fd = this.#table.length
    if (fd >= DESCRIPTORS_MAX) throw new RunEnd(EXIT.storageLimit)
    descriptor.inode.openings++
    this.#table[fd] = descriptor
    return fd
  }

  close(fd: number): void {
    const { inode } = this.get(fd)
    this.#table[fd] = undefined
    inode.openings--
    if (inode.type !== FILE_TYPE.characterDevice) this.#files.release(inode)
  }

  /** Moves `from` to the number `to`, closing what was there. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from)
    this.get(to)
    if (from === to) return
    this.close(to)
    this.#table[to] = descriptor
    this.#table[from] = undefined
  }
}
