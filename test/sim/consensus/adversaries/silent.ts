import type { Actor } from '../mode.ts'

/** Never starts. */
export function silent<Message>(): Actor<Message> {
  return { start: () => {}, deliver: () => {} }
}
