import type { Actor, Puppet } from '../mode.ts'

/** How long it lives at most: past the first elections of a quiet network, and into a run of the function. */
const LIFE_MS_MAX = 1_500

/** Keeps to the protocol until it stops for good, in the middle of whatever it does. */
export function mayfly<Message>(puppet: Puppet<Message>): Actor<Message> {
  const endsAtMs = puppet.nowMs() + puppet.random() * LIFE_MS_MAX
  const isAlive = () => puppet.nowMs() < endsAtMs
  const member = puppet.member({ send: (_, message) => (isAlive() ? message : undefined) })
  return {
    start: () => member.start(),
    deliver: (from, message) => {
      if (isAlive()) member.deliver(from, message)
    },
  }
}
