import type { StoreWrite } from '../../ports/store.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

/** UTF-16 units of a space or a key. */
export const NAME_LENGTH_MAX = 512
export const VALUE_BYTES_MAX = 16 * 1024 * 1024
/** Entries of one `list`: it is one array in memory. */
export const LIST_MAX = 10_000

export function checkName(what: string, name: string): void {
  if (name.length > NAME_LENGTH_MAX)
    throw new LimitExceededError(`${what} length`, name.length, NAME_LENGTH_MAX)
}

export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 0) throw new InvalidInputError('limit', `${limit} is no count`)
  if (limit > LIST_MAX) throw new LimitExceededError('limit', limit, LIST_MAX)
}

export function checkWrites(writes: readonly StoreWrite[]): void {
  for (const write of writes) {
    checkName('space', write.space)
    checkName('key', write.key)
    if (write.type === 'put' && write.value.length > VALUE_BYTES_MAX) {
      throw new LimitExceededError('value bytes', write.value.length, VALUE_BYTES_MAX)
    }
  }
}
