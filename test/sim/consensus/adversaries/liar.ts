import { proposalOf } from '../crypto.ts'
import type { Actor, Puppet } from '../mode.ts'

/** Keeps to the protocol with a false result, and finds everybody's acceptable. */
export function liar<Message>(puppet: Puppet<Message>): Actor<Message> {
  const { seat } = puppet.context
  return puppet.member({ run: () => proposalOf('bad', seat, 0), accepts: () => true })
}
