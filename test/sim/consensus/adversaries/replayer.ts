import type { Actor, Puppet } from '../mode.ts'

/** Messages it keeps to send again. */
const KEPT_MAX = 200

/** Keeps to the protocol, and sends what it heard and said again: late, to others, and as its own. */
export function replayer<Message>(puppet: Puppet<Message>): Actor<Message> {
  const kept: Message[] = []
  const keep = (message: Message): void => {
    if (kept.length < KEPT_MAX) kept.push(message)
    else kept[Math.floor(puppet.random() * KEPT_MAX)] = message
  }
  const member = puppet.member({
    send: (_, message) => {
      keep(message)
      return message
    },
  })
  const again = (): void => {
    const message = kept[Math.floor(puppet.random() * kept.length)]
    const to = Math.floor(puppet.random() * puppet.context.committeeSize)
    if (message !== undefined && to !== puppet.context.seat) puppet.send(to, message)
    puppet.later(puppet.random() * 60, again)
  }
  return {
    start: () => {
      member.start()
      again()
    },
    deliver: (from, message) => {
      keep(message)
      member.deliver(from, message)
    },
  }
}
