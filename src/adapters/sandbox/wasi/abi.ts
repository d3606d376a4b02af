/**
 * WASI preview 1's numbers.
 * @module
 */
export const ERRNO = {
  success: 0,
  acces: 2,
  badf: 8,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  isdir: 31,
  loop: 32,
  nametoolong: 37,
  noent: 44,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  perm: 63,
  spipe: 70,
  notcapable: 76,
} as const

/** A call fails and the guest is told why. */
export class WasiError extends Error {
  readonly errno: number

  constructor(errno: number) {
    super(`errno ${errno}`)
    this.errno = errno
  }
}

export function fail(errno: number): never {
  throw new WasiError(errno)
}

/** The run is over: the guest left, or reached a limit. `exit` is the attested value. */
export class RunEnd extends Error {
  readonly exit: number

  constructor(exit: number) {
    super(`run ended: ${exit}`)
    this.exit = exit
  }
}

export const FILE_TYPE = { characterDevice: 2, directory: 3, regularFile: 4, symbolicLink: 7 } as const
export type FileType = (typeof FILE_TYPE)[keyof typeof FILE_TYPE]

export const LOOKUP_FOLLOW = 1
export const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const
export const FD_APPEND = 1
export const FD_FLAGS_ALL = 31
export const SET_TIME = { accessed: 1, accessedNow: 2, modified: 4, modifiedNow: 8 } as const
export const CLOCK = { realtime: 0, monotonic: 1 } as const
export const EVENT = { clock: 0, read: 1, write: 2 } as const
export const CLOCK_ABSOLUTE = 1

export const RIGHT = {
  fdDatasync: 1n << 0n,
  fdRead: 1n << 1n,
  fdSeek: 1n << 2n,
  fdstatSetFlags: 1n << 3n,
  fdSync: 1n << 4n,
  fdTell: 1n << 5n,
  fdWrite: 1n << 6n,
  fdAdvise: 1n << 7n,
  fdAllocate: 1n << 8n,
  createDirectory: 1n << 9n,
  createFile: 1n << 10n,
  linkSource: 1n << 11n,
  linkTarget: 1n << 12n,
  open: 1n << 13n,
  readdir: 1n << 14n,
  readlink: 1n << 15n,
  renameSource: 1n << 16n,
  renameTarget: 1n << 17n,
  pathFilestatGet: 1n << 18n,
  pathFilestatSetSize: 1n << 19n,
  pathFilestatSetTimes: 1n << 20n,
  fdFilestatGet: 1n << 21n,
  fdFilestatSetSize: 1n << 22n,
  fdFilestatSetTimes: 1n << 23n,
  symlink: 1n << 24n,
  removeDirectory: 1n << 25n,
  unlink: 1n << 26n,
  poll: 1n << 27n,
} as const

const union = (rights: readonly bigint[]) => rights.reduce((sum, right) => sum | right, 0n)

export const DIRECTORY_RIGHTS = union([
  RIGHT.fdstatSetFlags,
  RIGHT.fdSync,
  RIGHT.fdAdvise,
  RIGHT.createDirectory,
  RIGHT.createFile,
  RIGHT.linkSource,
  RIGHT.linkTarget,
  RIGHT.open,
  RIGHT.readdir,
  RIGHT.readlink,
  RIGHT.renameSource,
  RIGHT.renameTarget,
  RIGHT.pathFilestatGet,
  RIGHT.pathFilestatSetSize,
  RIGHT.pathFilestatSetTimes,
  RIGHT.fdFilestatGet,
  RIGHT.fdFilestatSetTimes,
  RIGHT.symlink,
  RIGHT.removeDirectory,
  RIGHT.unlink,
  RIGHT.poll,
])

export const FILE_RIGHTS = union([
  RIGHT.fdDatasync,
  RIGHT.fdRead,
  RIGHT.fdSeek,
  RIGHT.fdstatSetFlags,
  RIGHT.fdSync,
  RIGHT.fdTell,
  RIGHT.fdWrite,
  RIGHT.fdAdvise,
  RIGHT.fdAllocate,
  RIGHT.fdFilestatGet,
  RIGHT.fdFilestatSetSize,
  RIGHT.fdFilestatSetTimes,
  RIGHT.poll,
])

const STREAM_RIGHTS = union([RIGHT.fdstatSetFlags, RIGHT.fdFilestatGet, RIGHT.poll])
export const INPUT_RIGHTS = STREAM_RIGHTS | RIGHT.fdRead
export const OUTPUT_RIGHTS = STREAM_RIGHTS | RIGHT.fdWrite
