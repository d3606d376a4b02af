import type { Store, StoreEntry, StoreWrite } from '../../ports/store.ts'
import { checkLimit, checkName, checkWrites } from './bounds.ts'
import { StoreError } from './store-error.ts'

/** A store in memory: for tests and for nodes that may forget. */
export function createMemoryStore(): Store {
  const spaces = new Map<string, Map<string, Uint8Array>>()
  let closed = false

  const space = (name: string) => {
    if (closed) throw new StoreError('closed', 'the store is closed')
    checkName('space', name)
    return spaces.get(name) ?? new Map<string, Uint8Array>()
  }

  return {
    get(name, key) {
      checkName('key', key)
      return space(name).get(key)?.slice()
    },
    list(name, { limit, after, before }): readonly StoreEntry[] {
      checkLimit(limit)
      // The default order of strings is by code unit.
      const keys = [...space(name).keys()]
        .filter((key) => (after === undefined || key > after) && (before === undefined || key < before))
        .sort()
      return keys
        .slice(0, limit)
        .map((key) => ({ key, value: space(name).get(key)?.slice() ?? new Uint8Array() }))
    },
    write(writes: readonly StoreWrite[]) {
      checkWrites(writes)
      for (const write of writes) {
        const entries = space(write.space)
        if (write.type === 'put') entries.set(write.key, Uint8Array.from(write.value))
        else entries.delete(write.key)
        spaces.set(write.space, entries)
      }
    },
    close() {
      closed = true
      spaces.clear()
    },
  }
}
