/**
 * A small durable store: byte values under (space, key). Writes are atomic and on disk when the promise resolves.
 * @module
 */
export type StoreWrite =
  | { readonly type: 'put'; readonly space: string; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly space: string; readonly key: string }

export interface StoreEntry {
  readonly key: string
  readonly value: Uint8Array
}

export interface StoreRange {
  readonly limit: number
  readonly after?: string
  readonly before?: string
}

export interface Store {
  get(space: string, key: string): Uint8Array | undefined
  /** Entries in ascending key order (code units), at most `limit`, strictly after `after` and before `before`. */
  list(space: string, range: StoreRange): readonly StoreEntry[]
  /** All or nothing; durable on return. */
  write(writes: readonly StoreWrite[]): void
  close(): void
}
