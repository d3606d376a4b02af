import type { Hash } from '../protocol/types.ts'

/**
 * Function modules by sha256. What `get` returns has been checked against its hash.
 *
 * There are those this node ran and those it was only brought, by anyone. Each kind has its own half of the room: what
 * strangers bring displaces what strangers brought.
 */
export interface Modules {
  get(hash: Hash): Promise<Uint8Array | undefined>
  has(hash: Hash): Promise<boolean>
  /** Throws when the bytes are not those of the hash, or more than half the quota. */
  put(bytes: Uint8Array, expectedHash: Hash): Promise<void>
  /** This node runs a module it keeps: from now on only others that it runs may displace it. */
  ran(hash: Hash): Promise<void>
}
