/**
 * Bounds of a guest's world. They are part of the runtime: a guest sees them, so every node must have the same.
 * @module
 */
/** Bytes of all files. */
export const STORAGE_BYTES_MAX = 64 * 1024 * 1024
export const INODES_MAX = 16_384
export const DESCRIPTORS_MAX = 1024
export const PATH_BYTES_MAX = 4096
/** UTF-16 units of one path component. */
export const NAME_LENGTH_MAX = 255
/** Symbolic links followed in one path. */
export const LINKS_FOLLOWED_MAX = 40
/** Buffers of one read or write. */
export const VECTORS_MAX = 1024
export const SUBSCRIPTIONS_MAX = 64
/** Arguments, and as many environment variables. */
export const TEXTS_MAX = 256
/** Arguments and environment together, with their ends. */
export const TEXT_BYTES_MAX = 65_536
export const DIRECTORIES_MAX = 16
/** Files a guest finds at its start; it may make more. */
export const FILES_MAX = 4096
/** Parts of such a file's path. */
export const PATH_PARTS_MAX = 64
/** A quarter of the storage: the rest is the guest's. They travel to the executor with every run. */
export const GIVEN_FILE_BYTES_MAX = 16 * 1024 * 1024
/** Bytes and paths of the files given back: a file linked twice counts twice. */
export const KEPT_BYTES_MAX = STORAGE_BYTES_MAX
