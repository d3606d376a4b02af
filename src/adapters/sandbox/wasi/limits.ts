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
