import type { Job } from '../../ports/queue.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

const ID = /^[A-Za-z0-9_-]+$/
const ID_LENGTH_MAX = 200
const NAME_LENGTH_MAX = 100
/** JSON of a payload: requests and reports are far below it. */
const PAYLOAD_LENGTH_MAX = 1024 * 1024
const DELAY_MS_MAX = 30 * 86_400_000

export interface AddOptions {
  readonly delayMs?: number
}

/** Checks a job before it is stored; the JSON of its payload is returned. */
export function checkJob({ id, name, payload }: Job, { delayMs = 0 }: AddOptions): string {
  if (!ID.test(id)) throw new InvalidInputError('job.id', 'letters, digits, "-" and "_" only')
  if (id.length > ID_LENGTH_MAX) throw new LimitExceededError('job.id length', id.length, ID_LENGTH_MAX)
  if (name.length > NAME_LENGTH_MAX)
    throw new LimitExceededError('job.name length', name.length, NAME_LENGTH_MAX)
  if (!Number.isFinite(delayMs) || delayMs < 0)
    throw new InvalidInputError('delayMs', `${delayMs} is no delay`)
  if (delayMs > DELAY_MS_MAX) throw new LimitExceededError('delayMs', delayMs, DELAY_MS_MAX)
  const json = toJson(payload)
  if (json.length > PAYLOAD_LENGTH_MAX) {
    throw new LimitExceededError('job.payload length', json.length, PAYLOAD_LENGTH_MAX)
  }
  return json
}

function toJson(payload: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(payload)
  } catch (error) {
    throw new InvalidInputError('job.payload', 'not JSON', { cause: error })
  }
  if (json === undefined) throw new InvalidInputError('job.payload', 'not JSON')
  return json
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
