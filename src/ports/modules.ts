import type { Hash } from '../protocol/types.ts'

/** Function modules by sha256. What `get` returns has been checked against its hash. */
export interface Modules {
  get(hash: Hash): Promise<Uint8Array | undefined>
  has(hash: Hash): Promise<boolean>
  /** Throws when the bytes are not those of the hash, too many, or the quota is full of pinned modules. */
  put(bytes: Uint8Array, expectedHash: Hash): Promise<void>
  /** Pinned modules are never evicted. */
  pin(hash: Hash): void
  unpin(hash: Hash): void
}
