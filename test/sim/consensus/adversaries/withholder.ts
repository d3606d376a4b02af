import type { Actor, Puppet } from '../mode.ts'

/** Keeps to the protocol, and tells some seats nothing, or tells them now and then. */
export function withholder<Message>(puppet: Puppet<Message>): Actor<Message> {
  const deaf = new Set(
    Array.from({ length: puppet.context.committeeSize }, (_, seat) => seat).filter(
      () => puppet.random() < 0.5,
    ),
  )
  const chance = puppet.random() < 0.5 ? 1 : puppet.random()
  return puppet.member({
    send: (to, message) => (deaf.has(to) && puppet.random() < chance ? undefined : message),
  })
}
